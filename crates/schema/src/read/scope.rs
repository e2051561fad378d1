//! What a name means at a place in the source: constants, type aliases, enumerations and models of the files read.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{BinOp, Expr, ExprLit, Item, ItemEnum, ItemMod, ItemStruct, Lit, Path, UnOp, UseTree};

use super::words::nearest;
use crate::ColumnType;

/// How far aliases and constants may lead before they are taken to go round in a circle.
const DEPTH: usize = 32;

/// Everything that was read.
#[derive(Debug, Default)]
pub struct World {
    /// The modules: of each file, and the inline ones inside.
    pub modules: Vec<Module>,
    /// The column types of Rust types that the project says itself.
    pub own_types: OwnTypes,
}

/// Column types of Rust types, by the end of their path: `Money`, or `currency::Money`.
pub type OwnTypes = BTreeMap<String, ColumnType>;

/// A module: a file's, or an inline one.
#[derive(Debug, Default)]
pub struct Module {
    /// Its name: the last part of its path, or the file's.
    pub name: String,
    /// The module it is in, where that is known.
    pub parent: Option<usize>,
    /// The file it stands in.
    pub file: usize,
    /// The group of paths that led to it.
    pub group: usize,
    /// Its modules.
    pub children: BTreeMap<String, usize>,
    types: BTreeMap<String, TypeItem>,
    constants: BTreeMap<String, Expr>,
    imports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

/// A type that a module declares.
#[derive(Debug, Clone)]
pub enum TypeItem {
    /// `type Id = i64;`
    Alias(syn::Type),
    /// An enumeration with `#[derive(DbEnum)]`.
    Enum(ItemEnum),
    /// A struct with `#[derive(Model)]`.
    Model(ItemStruct),
    /// Any other type: it hides a type of the same name from elsewhere.
    Other,
}

/// Where a name was found.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a, T> {
    /// The module that declares it.
    pub module: usize,
    /// What it is.
    pub item: &'a T,
}

/// What a path leads to.
#[derive(Debug)]
pub enum Lookup<'a, T> {
    /// An item of the files read.
    Found(Found<'a, T>),
    /// Nothing in the files read: the path with its imports replaced.
    Outside(Vec<String>),
    /// Several items, none nearer than the others.
    Ambiguous(Vec<Found<'a, T>>),
}

/// The value of a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// A whole number.
    Integer(i128),
    /// A number with a point, as it is written.
    Float(String),
    /// A text.
    Text(String),
    /// A truth value.
    Boolean(bool),
    /// A constant of another item, when only one item can be seen (in the derive).
    Unseen,
}

/// A place from which names are looked up; without a world only one item can be seen.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    world: Option<(&'a World, usize)>,
}

impl Module {
    /// An empty module.
    pub fn new(name: String, parent: Option<usize>, file: usize, group: usize) -> Self {
        Self { name, parent, file, group, ..Self::default() }
    }

    /// Takes up the items of a module, apart from the modules in it.
    pub fn take(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Const(item) => {
                    self.constants.insert(item.ident.unraw().to_string(), (*item.expr).clone());
                }
                Item::Static(item) => {
                    self.constants.insert(item.ident.unraw().to_string(), (*item.expr).clone());
                }
                Item::Type(item) if item.generics.params.is_empty() => {
                    self.types.insert(item.ident.unraw().to_string(), TypeItem::Alias((*item.ty).clone()));
                }
                Item::Type(item) => {
                    self.types.insert(item.ident.unraw().to_string(), TypeItem::Other);
                }
                Item::Enum(item) => {
                    let kind = if super::derives(&item.attrs, "DbEnum") {
                        TypeItem::Enum(item.clone())
                    } else {
                        TypeItem::Other
                    };
                    self.types.insert(item.ident.unraw().to_string(), kind);
                }
                Item::Struct(item) => {
                    let kind = if super::derives(&item.attrs, "Model") {
                        TypeItem::Model(item.clone())
                    } else {
                        TypeItem::Other
                    };
                    self.types.insert(item.ident.unraw().to_string(), kind);
                }
                Item::Use(item) => self.import(&item.tree, &mut Vec::new()),
                _ => {}
            }
        }
    }

    fn import(&mut self, tree: &UseTree, path: &mut Vec<String>) {
        match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.unraw().to_string());
                self.import(&tree.tree, path);
                path.pop();
            }
            UseTree::Name(tree) => {
                let name = tree.ident.unraw().to_string();
                let whole: Vec<String> =
                    if name == "self" { path.clone() } else { path.iter().cloned().chain([name]).collect() };
                if let Some(last) = whole.last() {
                    self.imports.insert(last.clone(), whole);
                }
            }
            UseTree::Rename(tree) => {
                let whole = path.iter().cloned().chain([tree.ident.unraw().to_string()]).collect();
                self.imports.insert(tree.rename.unraw().to_string(), whole);
            }
            UseTree::Glob(_) => self.globs.push(path.clone()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, path);
                }
            }
        }
    }
}

impl World {
    /// Every type, with its module.
    pub fn items(&self) -> impl Iterator<Item = (usize, &TypeItem)> {
        self.modules.iter().enumerate().flat_map(|(at, module)| module.types.values().map(move |item| (at, item)))
    }

    fn group(&self, module: usize) -> Option<usize> {
        self.modules.get(module).map(|module| module.group)
    }

    fn root(&self, mut module: usize) -> usize {
        let mut seen = BTreeSet::new();
        while let Some(parent) = self.modules.get(module).and_then(|module| module.parent) {
            if !seen.insert(module) {
                break;
            }
            module = parent;
        }
        module
    }

    /// Walks from a module along `self`, `super`, `crate` and names of modules.
    fn walk(&self, from: usize, path: &[String], depth: usize) -> Option<usize> {
        let mut module = from;
        for (at, part) in path.iter().enumerate() {
            module = match part.as_str() {
                "self" => module,
                "super" => self.modules.get(module)?.parent?,
                "crate" if at == 0 => self.root(module),
                name => match self.modules.get(module)?.children.get(name) {
                    Some(child) => *child,
                    None => {
                        let import = self.modules.get(module)?.imports.get(name)?;
                        if depth == 0 {
                            return None;
                        }
                        self.walk(module, import, depth - 1)?
                    }
                },
            };
        }
        Some(module)
    }

    /// Follows a path as the compiler does, as far as the files read go.
    fn exact<'a, T>(
        &'a self,
        from: usize,
        path: &[String],
        space: Space<T>,
        depth: usize,
    ) -> Result<Found<'a, T>, Vec<String>> {
        let outside = || path.to_vec();
        let (Some((name, modules)), Some(depth)) = (path.split_last(), depth.checked_sub(1)) else {
            return Err(outside());
        };
        let module = self.walk(from, modules, depth).ok_or_else(outside)?;
        let here = self.modules.get(module).ok_or_else(outside)?;
        if let Some(item) = space(here).get(name) {
            return Ok(Found { module, item });
        }
        if let Some(import) = here.imports.get(name) {
            // `use x::x` would lead to itself.
            return if import.as_slice() == path { Err(outside()) } else { self.exact(module, import, space, depth) };
        }
        for glob in &here.globs {
            if let Some(other) = self.walk(module, glob, depth).filter(|other| *other != module)
                && let Ok(found) = self.exact(other, std::slice::from_ref(name), space, depth)
            {
                return Ok(found);
            }
        }
        Err(outside())
    }

    /// A path with the import in place of its first part.
    fn imported(&self, module: usize, path: &[String]) -> Vec<String> {
        let import = path.first().and_then(|first| self.modules.get(module)?.imports.get(first));
        match (import, path) {
            (Some(import), [_, rest @ ..]) => import.iter().chain(rest).cloned().collect(),
            _ => path.to_vec(),
        }
    }

    /// Every item of this name in the files read; where the path names a module, only those in one of that name,
    /// when there are any.
    fn anywhere<'a, T>(&'a self, path: &[String], space: Space<T>) -> Vec<Found<'a, T>> {
        let Some((name, modules)) = path.split_last() else { return Vec::new() };
        let all: Vec<_> = self
            .modules
            .iter()
            .enumerate()
            .filter_map(|(module, here)| space(here).get(name).map(|item| Found { module, item }))
            .collect();
        let Some(parent) = modules.last() else { return all };
        let near: Vec<_> = all
            .iter()
            .filter(|found| self.modules.get(found.module).is_some_and(|module| module.name == *parent))
            .map(|found| Found { module: found.module, item: found.item })
            .collect();
        if near.is_empty() { all } else { near }
    }
}

/// The names that a module declares, of one kind.
type Space<T> = fn(&Module) -> &BTreeMap<String, T>;

fn types(module: &Module) -> &BTreeMap<String, TypeItem> {
    &module.types
}

fn constants(module: &Module) -> &BTreeMap<String, Expr> {
    &module.constants
}

/// The parts of a path, without generic arguments.
pub fn parts(path: &Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect()
}

impl<'a> Scope<'a> {
    /// Only one item can be seen.
    pub fn alone() -> Self {
        Self { world: None }
    }

    /// A module of what was read.
    pub fn of(world: &'a World, module: usize) -> Self {
        Self { world: Some((world, module)) }
    }

    /// Whether only one item can be seen, so that a name that leads nowhere may still be right.
    pub fn is_alone(self) -> bool {
        self.world.is_none()
    }

    /// The same world from another module.
    pub fn at(self, module: usize) -> Self {
        Self { world: self.world.map(|(world, _)| (world, module)) }
    }

    /// The type that a path leads to. `known` says which names outside the files read have a meaning, so that a
    /// name from elsewhere in the files read does not take its place.
    /// Where a path leads nowhere by itself, `counts` says which items elsewhere may be meant.
    pub fn type_item(
        self,
        path: &[String],
        known: impl Fn(&str) -> bool,
        counts: impl Fn(&TypeItem) -> bool,
    ) -> Lookup<'a, TypeItem> {
        let has_meaning = |path: &[String]| {
            let ours = path.first().is_some_and(|first| matches!(first.as_str(), "crate" | "self" | "super"));
            !ours && path.last().is_some_and(|last| known(last))
        };
        self.lookup(path, types, has_meaning, counts, same_type)
    }

    fn lookup<T>(
        self,
        path: &[String],
        space: Space<T>,
        known: impl Fn(&[String]) -> bool,
        counts: impl Fn(&T) -> bool,
        same: impl Fn(&T, &T) -> bool,
    ) -> Lookup<'a, T> {
        let Some((world, module)) = self.world else { return Lookup::Outside(path.to_vec()) };
        let path = match world.exact(module, path, space, DEPTH) {
            Ok(found) => return Lookup::Found(found),
            Err(path) => path,
        };
        if known(&path) {
            return Lookup::Outside(path);
        }
        let mut all = world.anywhere(&path, space);
        all.retain(|found| counts(found.item));
        let own = |found: &Found<'_, T>| world.group(found.module) == world.group(module);
        if all.iter().any(own) {
            all.retain(own);
        }
        match all.split_first() {
            None => Lookup::Outside(path),
            Some((first, rest)) if rest.iter().all(|other| same(first.item, other.item)) => {
                Lookup::Found(Found { module: first.module, item: first.item })
            }
            Some(_) => Lookup::Ambiguous(all),
        }
    }

    /// Where the modules of an ambiguous name stand, for a message.
    pub fn places<T>(self, found: &[Found<'_, T>]) -> String {
        let Some((world, _)) = self.world else { return String::new() };
        let mut names: Vec<&str> = found
            .iter()
            .filter_map(|found| world.modules.get(found.module))
            .map(|module| module.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names.join(", ")
    }

    /// What the project says of a type, by its path as it is written or as its imports make it.
    pub fn own_type(self, path: &[String]) -> Option<&'a ColumnType> {
        let (world, module) = self.world?;
        let whole = world.imported(module, path);
        let ends = |path: &[String], end: &str| path.ends_with(&end.split("::").map(str::to_owned).collect::<Vec<_>>());
        let fits = world.own_types.iter().filter(|(end, _)| ends(path, end) || ends(&whole, end));
        // The longest is the most exact.
        fits.max_by_key(|(end, _)| end.len()).map(|(_, ty)| ty)
    }

    /// The value of a constant expression.
    ///
    /// # Errors
    /// What cannot be evaluated, as a message.
    pub fn evaluate(self, expression: &Expr) -> Result<Constant, String> {
        self.evaluate_within(expression, DEPTH)
    }

    fn evaluate_within(self, expression: &Expr, depth: usize) -> Result<Constant, String> {
        let too_much = || format!("`{}` cannot be evaluated here", expression.to_token_stream());
        let depth = depth.checked_sub(1).ok_or_else(|| String::from("this constant is made from itself"))?;
        match expression {
            Expr::Lit(ExprLit { lit, .. }) => match lit {
                Lit::Str(text) => Ok(Constant::Text(text.value())),
                Lit::Int(number) => number.base10_parse().map(Constant::Integer).map_err(|error| error.to_string()),
                Lit::Float(number) => Ok(Constant::Float(number.base10_digits().to_owned())),
                Lit::Bool(value) => Ok(Constant::Boolean(value.value)),
                Lit::Char(letter) => Ok(Constant::Text(letter.value().to_string())),
                _ => Err(too_much()),
            },
            Expr::Paren(inner) => self.evaluate_within(&inner.expr, depth),
            Expr::Group(inner) => self.evaluate_within(&inner.expr, depth),
            Expr::Cast(inner) => self.evaluate_within(&inner.expr, depth),
            Expr::Reference(inner) => self.evaluate_within(&inner.expr, depth),
            Expr::Unary(inner) if matches!(inner.op, UnOp::Neg(_)) => {
                match self.evaluate_within(&inner.expr, depth)? {
                    Constant::Integer(number) => Ok(Constant::Integer(-number)),
                    Constant::Float(text) => Ok(Constant::Float(format!("-{text}"))),
                    Constant::Unseen => Ok(Constant::Unseen),
                    _ => Err(too_much()),
                }
            }
            Expr::Binary(inner) => {
                let left = self.evaluate_within(&inner.left, depth)?;
                let right = self.evaluate_within(&inner.right, depth)?;
                calculate(&left, &inner.op, &right).ok_or_else(too_much)
            }
            Expr::Path(inner) if inner.qself.is_none() => self.constant(&inner.path, depth),
            _ => Err(too_much()),
        }
    }

    fn constant(self, path: &Path, depth: usize) -> Result<Constant, String> {
        let parts = parts(path);
        let shown = parts.join("::");
        let Some((world, _)) = self.world else { return Ok(Constant::Unseen) };
        match self.lookup(&parts, constants, |_| false, |_| true, same_expression) {
            Lookup::Found(found) => self.at(found.module).evaluate_within(found.item, depth),
            Lookup::Ambiguous(all) => Err(format!(
                "the constant `{shown}` is declared in several modules with different values: {}",
                self.places(&all)
            )),
            Lookup::Outside(_) => {
                let all = world.modules.iter().flat_map(|module| module.constants.keys().map(String::as_str));
                let last = parts.last().map_or("", String::as_str);
                Err(match nearest(last, all) {
                    Some(near) => {
                        format!("there is no constant `{shown}` in the files read; did you mean `{near}`?")
                    }
                    None => format!("there is no constant `{shown}` in the files read"),
                })
            }
        }
    }

    /// The names of all models, for advice.
    pub fn model_names(self) -> Vec<&'a str> {
        let Some((world, _)) = self.world else { return Vec::new() };
        world
            .modules
            .iter()
            .flat_map(|module| &module.types)
            .filter(|(_, item)| matches!(item, TypeItem::Model(_)))
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

fn same_expression(a: &Expr, b: &Expr) -> bool {
    a.to_token_stream().to_string() == b.to_token_stream().to_string()
}

fn same_type(a: &TypeItem, b: &TypeItem) -> bool {
    match (a, b) {
        (TypeItem::Alias(a), TypeItem::Alias(b)) => a.to_token_stream().to_string() == b.to_token_stream().to_string(),
        _ => false,
    }
}

fn calculate(left: &Constant, op: &BinOp, right: &Constant) -> Option<Constant> {
    let (Constant::Integer(left), Constant::Integer(right)) = (left, right) else {
        let unseen = *left == Constant::Unseen || *right == Constant::Unseen;
        return unseen.then_some(Constant::Unseen);
    };
    let value = match op {
        BinOp::Add(_) => left.checked_add(*right),
        BinOp::Sub(_) => left.checked_sub(*right),
        BinOp::Mul(_) => left.checked_mul(*right),
        BinOp::Div(_) => left.checked_div(*right),
        BinOp::Rem(_) => left.checked_rem(*right),
        BinOp::Shl(_) => u32::try_from(*right).ok().and_then(|right| left.checked_shl(right)),
        _ => None,
    };
    value.map(Constant::Integer)
}

/// Whether an item exists only under `cargo test`.
pub fn only_in_tests(item: &ItemMod) -> bool {
    item.attrs.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}
