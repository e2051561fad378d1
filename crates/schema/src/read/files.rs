//! Which files are read: paths, folders, globs, and the modules that files declare.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta};

use super::error::{Fault, ReadError};
use super::scope::{Module, OwnTypes, World, only_in_tests};

/// A file that was read.
#[derive(Debug)]
pub struct File {
    /// As it was reached.
    pub shown: String,
    /// Its text.
    pub text: Arc<str>,
}

/// Everything that was read, with what went wrong on the way.
#[derive(Debug, Default)]
pub struct Reading {
    /// The files, in the order in which they were reached.
    pub files: Vec<File>,
    /// Their modules.
    pub world: World,
    /// What went wrong.
    pub errors: Vec<ReadError>,
    /// What paths are relative to.
    pub base: PathBuf,
    /// The module of each file by its real path; `None` for a file that could not be read.
    modules: BTreeMap<PathBuf, Option<usize>>,
    /// The group of each file that a path of the caller's leads to, by its real path.
    listed: BTreeMap<PathBuf, usize>,
    /// The group of the file that is being read.
    group: usize,
}

/// Paths whose models belong together, as those of a branch do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What messages call it: `branch shop`.
    pub name: String,
    /// Files, folders and globs.
    pub paths: Vec<String>,
}

impl Reading {
    /// Reads everything that the paths lead to.
    pub fn of(paths: &[String], base: &Path) -> Self {
        Self::of_groups(&[Group { name: String::new(), paths: paths.to_vec() }], base, &OwnTypes::new())
    }

    /// Reads several groups of paths as one. A file that several of them lead to belongs to the one with the innermost
    /// path; a file that only a `mod` leads to, to the group of who declares it.
    pub fn of_groups(groups: &[Group], base: &Path, own_types: &OwnTypes) -> Self {
        let mut reading = Self { base: base.to_owned(), ..Self::default() };
        reading.world.own_types.clone_from(own_types);
        let mut files = Vec::new();
        let mut claims: BTreeMap<PathBuf, Vec<(usize, usize)>> = BTreeMap::new();
        for (group, Group { paths, .. }) in groups.iter().enumerate() {
            for path in paths {
                let depth = reading.depth(path);
                for file in reading.expand(path) {
                    let real = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
                    claims.entry(real).or_default().push((depth, group));
                    files.push(file);
                }
            }
        }
        for (file, claims) in claims {
            let Some((deepest, owner)) = claims.iter().max() else { continue };
            if let Some((_, other)) = claims.iter().find(|(depth, group)| depth == deepest && group != owner) {
                let shown = reading.shown(&file);
                let message = format!("{shown} belongs to {} and to {}", groups[*other].name, groups[*owner].name);
                let help = "list it under `models` of one of them, or write a longer path in one: that wins";
                reading.errors.push(ReadError::whole(shown, message, Some(help)));
            }
            reading.listed.insert(file, *owner);
        }
        for file in files {
            reading.file(&file);
        }
        reading
    }

    /// How far in a path leads, up to where a glob begins.
    fn depth(&self, path: &str) -> usize {
        let literal = Path::new(path).components().take_while(|part| {
            self.base.join(path).exists() || !part.as_os_str().to_string_lossy().contains(['*', '?', '['])
        });
        let whole = self.base.join(literal.collect::<PathBuf>());
        fs::canonicalize(&whole).unwrap_or(whole).components().count()
    }

    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.base).unwrap_or(path).display().to_string()
    }

    /// The files that one of the configured paths stands for, sorted.
    fn expand(&mut self, path: &str) -> Vec<PathBuf> {
        let whole = self.base.join(path);
        if whole.is_file() {
            return vec![whole];
        }
        if whole.is_dir() {
            return self.folder(&whole);
        }
        if !path.contains(['*', '?', '[']) {
            let error = ReadError::whole(
                path,
                format!("there is no file or folder `{path}`"),
                Some("`models` in migrate.toml lists files, folders and globs, relative to it"),
            );
            self.errors.push(error);
            return Vec::new();
        }
        self.glob(path)
    }

    fn glob(&mut self, pattern: &str) -> Vec<PathBuf> {
        let whole = Path::new(&glob::Pattern::escape(&self.base.to_string_lossy())).join(pattern);
        let found = match glob::glob(&whole.to_string_lossy()) {
            Ok(found) => found,
            Err(error) => {
                self.errors.push(ReadError::whole(pattern, format!("`{pattern}` is not a glob: {}", error.msg), None));
                return Vec::new();
            }
        };
        let mut files = Vec::new();
        for entry in found {
            match entry {
                Ok(path) if path.is_dir() => files.extend(self.folder(&path)),
                Ok(path) => files.push(path),
                Err(error) => {
                    let shown = self.shown(error.path());
                    let message = format!("cannot read {shown}: {}", error.error());
                    self.errors.push(ReadError::whole(shown, message, None));
                }
            }
        }
        if files.is_empty() {
            let error = ReadError::whole(
                pattern,
                format!("no file matches `{pattern}`"),
                Some("`models` in migrate.toml lists files, folders and globs, relative to it"),
            );
            self.errors.push(error);
        }
        files
    }

    /// Every `.rs` file in a folder and the folders in it.
    fn folder(&mut self, folder: &Path) -> Vec<PathBuf> {
        let mut seen = BTreeSet::new();
        let mut files = Vec::new();
        self.folder_into(folder, &mut seen, &mut files);
        files.sort();
        files
    }

    fn folder_into(&mut self, folder: &Path, seen: &mut BTreeSet<PathBuf>, files: &mut Vec<PathBuf>) {
        // A link to a folder above would lead round in a circle.
        if !seen.insert(fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())) {
            return;
        }
        let entries = match fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => entries,
            Err(error) => {
                let shown = self.shown(folder);
                let message = format!("cannot read {shown}: {error}");
                self.errors.push(ReadError::whole(shown, message, None));
                return;
            }
        };
        for entry in entries {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                // What Cargo builds is not source.
                if !path.join("CACHEDIR.TAG").exists() {
                    self.folder_into(&path, seen, files);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }

    /// Reads a file, once, and the modules it declares; its module.
    fn file(&mut self, path: &Path) -> Option<usize> {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Some(module) = self.modules.get(&real) {
            return *module;
        }
        self.modules.insert(real.clone(), None);
        let shown = self.shown(path);
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot read {shown}: {error}");
                self.errors.push(ReadError::whole(shown, message, None));
                return None;
            }
        };
        // The parser drops it, and columns would be off by one.
        let text: Arc<str> = Arc::from(text.strip_prefix('\u{feff}').unwrap_or(&text));
        let declared_by = self.group;
        self.group = self.listed.get(&real).copied().unwrap_or(declared_by);
        let parsed = self.parsed(module_name(path), shown, text).map(|(module, items)| {
            self.modules.insert(real, Some(module));
            self.declared(module, &items, &Place::of(path));
            module
        });
        self.group = declared_by;
        parsed
    }

    /// Reads models from a text. Modules in files of their own are not looked for.
    pub fn of_text(text: &str, shown: &str) -> Self {
        let mut reading = Self::default();
        if let Some((module, items)) = reading.parsed(String::new(), shown.to_owned(), Arc::from(text)) {
            reading.declared(module, &items, &Place { folders: Vec::new(), for_path_attribute: PathBuf::new() });
        }
        reading
    }

    fn parsed(&mut self, name: String, shown: String, text: Arc<str>) -> Option<(usize, Vec<Item>)> {
        let parsed = match syn::parse_file(&text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let mut fault = Fault::from(error).help("the file is not valid Rust at this place");
                // What the lexer says of anything that it cannot take apart.
                if fault.message.contains("token stream") {
                    fault.message = String::from("a bracket is not closed, or a character does not belong here");
                }
                self.errors.push(ReadError::in_text(fault, &shown, &text));
                return None;
            }
        };
        self.files.push(File { shown, text });
        let file = self.files.len() - 1;
        let module = self.module(name, None, file, &parsed.items);
        Some((module, parsed.items))
    }

    fn module(&mut self, name: String, parent: Option<usize>, file: usize, items: &[Item]) -> usize {
        let mut module = Module::new(name, parent, file, self.group);
        module.take(items);
        self.world.modules.push(module);
        self.world.modules.len() - 1
    }

    /// Follows the `mod` declarations among the items of a module.
    fn declared(&mut self, parent: usize, items: &[Item], place: &Place) {
        for item in items {
            let Item::Mod(item) = item else { continue };
            if only_in_tests(item) {
                continue;
            }
            let name = item.ident.unraw().to_string();
            let child = match &item.content {
                Some((_, items)) => {
                    let file = self.world.modules[parent].file;
                    let child = self.module(name.clone(), Some(parent), file, items);
                    self.declared(child, items, &place.inline(&name, path_attribute(&item.attrs)));
                    Some(child)
                }
                None => self.outline(parent, item, &name, place),
            };
            if let Some(child) = child {
                self.world.modules[parent].children.insert(name, child);
            }
        }
    }

    /// The file of `mod name;`.
    fn outline(&mut self, parent: usize, item: &ItemMod, name: &str, place: &Place) -> Option<usize> {
        let candidates = match path_attribute(&item.attrs) {
            Some(path) => vec![place.for_path_attribute.join(path)],
            None => place.candidates(name),
        };
        let Some(path) = candidates.iter().find(|path| path.is_file()) else {
            // A module for another platform or feature need not be there.
            if !item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr"))
            {
                let looked: Vec<String> = candidates.iter().map(|path| self.shown(path)).collect();
                let fault = Fault::at(item.ident.span(), format!("there is no file for the module `{name}`"))
                    .help(format!("looked for {}", looked.join(", ")));
                let file = &self.files[self.world.modules[parent].file];
                self.errors.push(ReadError::in_text(fault, &file.shown, &file.text));
            }
            return None;
        };
        let child = self.file(&path.clone())?;
        let module = &mut self.world.modules[child];
        // A file reached first by its own path belongs to whoever declares it; a second declaration changes nothing.
        if child != parent && module.parent.is_none() {
            module.parent = Some(parent);
            name.clone_into(&mut module.name);
        }
        Some(child)
    }
}

/// The name of a file's module.
fn module_name(path: &Path) -> String {
    let stem = |path: &Path| path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    match stem(path) {
        name if name == "mod" => path.parent().map(stem).unwrap_or_default(),
        name => name,
    }
}

/// Where the modules of a module are looked for.
#[derive(Debug)]
struct Place {
    /// Folders of `mod x;`, the likelier first.
    folders: Vec<PathBuf>,
    /// What `#[path]` is relative to.
    for_path_attribute: PathBuf,
}

impl Place {
    /// Of a file. The modules of `a/b.rs` are in `a/b/`; of a crate's root, and of `mod.rs`, they are beside it. Any
    /// file may be a crate's root, so both are looked at.
    fn of(path: &Path) -> Self {
        let beside = path.parent().map(Path::to_owned).unwrap_or_default();
        let below = path.with_extension("");
        let owns_folder =
            path.file_name().is_some_and(|name| ["mod.rs", "lib.rs", "main.rs"].iter().any(|owner| name == *owner));
        let folders = if owns_folder { vec![beside.clone()] } else { vec![below, beside.clone()] };
        Self { folders, for_path_attribute: beside }
    }

    fn inline(&self, name: &str, path: Option<String>) -> Self {
        let folders: Vec<PathBuf> = match path {
            Some(path) => vec![self.for_path_attribute.join(path)],
            None => self.folders.iter().map(|folder| folder.join(name)).collect(),
        };
        let for_path_attribute = folders.first().cloned().unwrap_or_default();
        Self { folders, for_path_attribute }
    }

    fn candidates(&self, name: &str) -> Vec<PathBuf> {
        self.folders
            .iter()
            .flat_map(|folder| [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")])
            .collect()
    }
}

/// What `#[path = "..."]` says.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}
