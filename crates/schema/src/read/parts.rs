//! Keys, indexes and checks: what stands in their parentheses.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitInt, LitStr, token};

use super::entry::{Entry, Keys, Shape, entries};
use super::error::Fault;
use super::scope::Scope;
use super::words::advice;
use crate::{Action, Check, Deferrable, ForeignKey, Index, IndexKey, IndexPart, Options, PrimaryKey, Unique};

/// A field and the column it stands for.
#[derive(Debug, Clone)]
pub struct FieldColumn {
    /// The field's name, without `r#`.
    pub field: String,
    /// The column's name.
    pub column: String,
    /// Where the field stands.
    pub span: Span,
}

/// What a list of entries is read with.
#[derive(Debug)]
pub struct Reader<'a> {
    /// Where constants are looked up.
    pub scope: Scope<'a>,
    /// What went wrong so far.
    pub faults: Vec<Fault>,
    /// The fields that are columns.
    pub fields: Vec<FieldColumn>,
    /// The former names of keys, indexes and constraints, by the present one.
    pub renamed: BTreeMap<String, String>,
}

/// The words that a list of columns may have beside them.
const CONFLICTS: [&str; 5] = ["ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"];
const LISTS: [&str; 5] = ["columns", "include", "on_delete_columns", "options", "references"];

/// Which keys may stand alone in parentheses; a column of that name stands in `columns(...)`.
const FLAGS: [&str; 6] = ["unique", "nulls_not_distinct", "deferrable", "no_inherit", "not_valid", "not_enforced"];

impl Reader<'_> {
    /// Keeps the fault of what could not be read.
    pub fn keep<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.faults.push(fault)).ok()
    }

    /// The column that a word stands for: a field's, else one of that name; a text names the column itself.
    fn column(&mut self, name: &str, quoted: bool, span: Span) -> Option<String> {
        let by_field = self.fields.iter().find(|field| !quoted && field.field == name);
        let found = by_field.or_else(|| self.fields.iter().find(|field| field.column == name));
        if let Some(found) = found {
            return Some(found.column.clone());
        }
        let all: Vec<&str> =
            self.fields.iter().map(|field| if quoted { field.column.as_str() } else { field.field.as_str() }).collect();
        let fault = Fault::at(span, format!("there is no column `{name}`")).help(advice(
            name,
            "the columns are",
            all.iter().copied(),
        ));
        self.faults.push(fault);
        None
    }

    /// One key: `created_at desc`, `name(10)`, `expr("lower(email)")`, `tags opclass "gin_trgm_ops"`.
    fn part(&mut self, entry: &Entry) -> Option<IndexPart> {
        let parsed = parse_part.parse2(entry.tokens.clone()).map_err(|error| {
            Fault::from(error).help(
                "a key is a column or expr(\"...\"), then asc, desc, nulls first, nulls last, collate \"...\", opclass \"...\"; a prefix length stands in parentheses: name(10)",
            )
        });
        let (first, mut part) = self.keep(parsed)?;
        if let IndexKey::Column(name) = &part.key {
            let column = self.column(&name.clone(), entry.quoted, first)?;
            part.key = IndexKey::Column(column);
        }
        Some(part)
    }

    fn parts(&mut self, all: &[Entry]) -> Vec<IndexPart> {
        all.iter().filter_map(|entry| self.part(entry)).collect()
    }

    /// The keys of a constraint, which are columns and not expressions.
    fn constraint_parts(&mut self, all: &[Entry], what: &str) -> Vec<IndexPart> {
        let mut parts = Vec::new();
        for entry in all {
            let Some(part) = self.part(entry) else { continue };
            if part.column_name().is_none() {
                let fault = entry.fault(format!("{what} is made of columns, not of expressions"));
                self.faults.push(fault.help("an index takes expressions: index(unique, columns(expr(\"...\")))"));
            } else {
                parts.push(part);
            }
        }
        parts
    }

    pub(super) fn names(&mut self, all: &[Entry]) -> Vec<String> {
        let mut names = Vec::new();
        for entry in all {
            if !matches!(entry.shape, Shape::Word) {
                self.faults.push(entry.fault("only the column's name stands here"));
            } else if let Some(name) = self.column(&entry.key, entry.quoted, entry.span) {
                names.push(name);
            }
        }
        names
    }

    /// Options and columns apart, with the keys checked. `columns(...)` and bare columns may not be mixed.
    fn split(&mut self, all: Vec<Entry>, mut keys: Keys) -> (Vec<Entry>, Vec<Entry>) {
        let (mut options, mut columns) = (Vec::new(), Vec::new());
        for entry in all {
            let word = entry.key.as_str();
            let is_option = match &entry.shape {
                Shape::Equals(_) => true,
                Shape::List(_) => LISTS.contains(&word) && keys.knows(&entry),
                Shape::Word => FLAGS.contains(&word) && keys.knows(&entry),
                Shape::More => false,
            };
            if !is_option {
                columns.push(entry);
            } else if self.keep(keys.check(&entry)).is_none() {
            } else if entry.key == "columns" {
                let list = entry.list(&mut self.faults);
                columns.extend(self.keep(list).unwrap_or_default());
            } else {
                options.push(entry);
            }
        }
        (options, columns)
    }

    /// `renamed_from = "ix_old"` beside `name = "ix_new"`.
    fn former_name(&mut self, options: &[Entry], name: Option<&String>) {
        let Some(entry) = options.iter().find(|option| option.key == "renamed_from" && !option.quoted) else { return };
        let former = entry.name();
        let Some(former) = self.keep(former) else { return };
        match name {
            Some(name) if *name != former => _ = self.renamed.insert(name.clone(), former),
            Some(_) => {}
            None => {
                let fault = entry.fault("`renamed_from` stands beside the name that it has now");
                self.faults.push(fault.help("write `name = \"...\", renamed_from = \"...\"`"));
            }
        }
    }

    /// A primary key: `primary_key(a, b)`, or beside a field, whose column is given.
    pub fn primary_key(&mut self, entry: &Entry, of: Option<&str>) -> PrimaryKey {
        let keys = Keys::of(
            "a primary key",
            &[
                "name",
                "renamed_from",
                "columns",
                "include",
                "method",
                "options",
                "on_conflict",
                "deferrable",
                "comment",
            ],
            &[],
        );
        let mut key = PrimaryKey::default();
        let (options, columns) = self.open(entry, keys, &mut key.name);
        key.parts = self.columns_or(of, &columns, entry, "a primary key");
        for option in &options {
            let read = self.primary_key_option(option, &mut key);
            self.keep(read);
        }
        self.former_name(&options, key.name.as_ref());
        key
    }

    fn primary_key_option(&mut self, option: &Entry, key: &mut PrimaryKey) -> Result<(), Fault> {
        match option.key.as_str() {
            "name" => key.name = Some(option.name()?),
            "renamed_from" => {}
            "include" => {
                let list = option.list(&mut self.faults)?;
                key.include = self.names(&list);
            }
            "method" => key.method = Some(option.name()?.to_ascii_lowercase()),
            "options" => key.options = self.options(option)?,
            "on_conflict" => key.on_conflict = Some(self.conflict(option)?),
            "deferrable" => key.deferrable = self.deferrable(option)?,
            _ => key.comment = Some(option.text(self.scope)?),
        }
        Ok(())
    }

    /// A unique constraint.
    pub fn unique(&mut self, entry: &Entry, of: Option<&str>) -> Unique {
        let allowed = &[
            "name",
            "renamed_from",
            "columns",
            "include",
            "nulls_not_distinct",
            "on_conflict",
            "deferrable",
            "comment",
        ];
        let keys = Keys::of("a unique constraint", allowed, &[]);
        let mut unique = Unique::default();
        let (options, columns) = self.open(entry, keys, &mut unique.name);
        unique.parts = self.columns_or(of, &columns, entry, "a unique constraint");
        for option in &options {
            let read = self.unique_option(option, &mut unique);
            self.keep(read);
        }
        self.former_name(&options, unique.name.as_ref());
        unique
    }

    fn unique_option(&mut self, option: &Entry, unique: &mut Unique) -> Result<(), Fault> {
        match option.key.as_str() {
            "name" => unique.name = Some(option.name()?),
            "renamed_from" => {}
            "include" => {
                let list = option.list(&mut self.faults)?;
                unique.include = self.names(&list);
            }
            "nulls_not_distinct" => unique.nulls_not_distinct = option.switch()?,
            "on_conflict" => unique.on_conflict = Some(self.conflict(option)?),
            "deferrable" => unique.deferrable = self.deferrable(option)?,
            _ => unique.comment = Some(option.text(self.scope)?),
        }
        Ok(())
    }

    /// An index.
    pub fn index(&mut self, entry: &Entry, of: Option<&str>) -> Index {
        let allowed = &[
            "name",
            "renamed_from",
            "columns",
            "unique",
            "where",
            "method",
            "include",
            "nulls_not_distinct",
            "options",
            "comment",
        ];
        let mut index = Index::default();
        let (options, columns) = self.open(entry, Keys::of("an index", allowed, &[]), &mut index.name);
        index.parts = match of {
            Some(column) if columns.is_empty() => vec![IndexPart::column(column)],
            _ => self.parts(&columns),
        };
        self.beside_field(of, &columns);
        if index.parts.is_empty() && columns.is_empty() {
            self.faults.push(no_columns(entry, "an index"));
        }
        for option in &options {
            let read = self.index_option(option, &mut index);
            self.keep(read);
        }
        self.former_name(&options, index.name.as_ref());
        index
    }

    fn index_option(&mut self, option: &Entry, index: &mut Index) -> Result<(), Fault> {
        match option.key.as_str() {
            "name" => index.name = Some(option.name()?),
            "renamed_from" => {}
            "unique" => index.unique = option.switch()?,
            "where" => index.predicate = Some(option.sql(self.scope)?),
            "method" => index.method = Some(option.name()?.to_ascii_lowercase()),
            "include" => {
                let list = option.list(&mut self.faults)?;
                index.include = self.names(&list);
            }
            "nulls_not_distinct" => index.nulls_not_distinct = option.switch()?,
            "options" => index.options = self.options(option)?,
            _ => index.comment = Some(option.text(self.scope)?),
        }
        Ok(())
    }

    /// `options(fillfactor = "70")`.
    pub fn options(&mut self, entry: &Entry) -> Result<Options, Fault> {
        let mut options = Options::new();
        for option in entry.list(&mut self.faults)? {
            let value = match option.shape {
                Shape::Word => Ok(String::new()),
                _ => option.sql(self.scope).or_else(|_| option.text(self.scope)),
            };
            if let Some(value) = self.keep(value)
                && options.insert(option.key.to_lowercase(), value).is_some()
            {
                self.faults.push(option.fault(format!("`{}` is given twice", option.key)));
            }
        }
        Ok(options)
    }

    /// A check.
    pub fn check(&mut self, entry: &Entry, of: Option<&str>) -> Option<Check> {
        let mut check = Check { column: of.map(str::to_owned), ..Check::default() };
        if matches!(entry.shape, Shape::Equals(_)) {
            check.expression = self.keep(entry.sql(self.scope))?;
            return Some(check);
        }
        let allowed = &["name", "renamed_from", "expr", "no_inherit", "not_valid", "not_enforced", "comment"];
        let mut keys = Keys::of("a check", allowed, &[]);
        let list = entry.list(&mut self.faults);
        let options = self.keep(list)?;
        for option in &options {
            // check("age >= 0")
            if option.quoted && matches!(option.shape, Shape::Word) && check.expression.is_empty() {
                check.expression.clone_from(&option.key);
                continue;
            }
            let read = keys.check(option).and_then(|()| self.check_option(option, &mut check));
            self.keep(read);
        }
        self.former_name(&options, check.name.as_ref());
        if check.expression.is_empty() {
            let fault = entry.fault("a check wants an expression").help("write check(expr = \"age >= 0\")");
            self.faults.push(fault);
            return None;
        }
        Some(check)
    }

    fn check_option(&self, option: &Entry, check: &mut Check) -> Result<(), Fault> {
        match option.key.as_str() {
            "name" => check.name = Some(option.name()?),
            "renamed_from" => {}
            "expr" => check.expression = option.sql(self.scope)?,
            "no_inherit" => check.no_inherit = option.switch()?,
            "not_valid" => check.not_valid = option.switch()?,
            "not_enforced" => check.not_enforced = option.switch()?,
            _ => check.comment = Some(option.text(self.scope)?),
        }
        Ok(())
    }

    /// A foreign key of the table, and its entry `references`.
    pub fn foreign_key(&mut self, entry: &Entry) -> Option<(ForeignKey, Entry)> {
        let allowed = &[
            "name",
            "renamed_from",
            "columns",
            "references",
            "on_delete",
            "on_delete_columns",
            "on_update",
            "match",
            "deferrable",
            "not_valid",
            "not_enforced",
            "comment",
        ];
        let mut key = ForeignKey::default();
        let list = entry.list(&mut self.faults);
        let list = self.keep(list)?;
        let (options, columns) = self.split(list, Keys::of("a foreign key", allowed, &[]));
        key.columns = self.names(&columns);
        let mut references = None;
        for option in &options {
            if option.key == "references" {
                references = Some(option.clone());
            } else {
                let read = self.foreign_key_option(option, &mut key);
                self.keep(read);
            }
        }
        self.former_name(&options, key.name.as_ref());
        if columns.is_empty() {
            self.faults.push(no_columns(entry, "a foreign key"));
        }
        let Some(references) = references else {
            let fault = entry.fault("a foreign key wants `references`");
            self.faults.push(fault.help("write foreign_key(columns(a, b), references(Model::a, Model::b))"));
            return None;
        };
        (key.columns.len() == columns.len() && !columns.is_empty()).then_some((key, references))
    }

    fn foreign_key_option(&mut self, option: &Entry, key: &mut ForeignKey) -> Result<(), Fault> {
        match option.key.as_str() {
            "name" => key.name = Some(option.name()?),
            "renamed_from" => {}
            "on_delete" => key.on_delete = self.action(option)?,
            "on_delete_columns" => {
                let list = option.list(&mut self.faults)?;
                key.on_delete_columns = self.names(&list);
            }
            "on_update" => key.on_update = self.action(option)?,
            "match" => key.match_type = self.match_type(option)?,
            "deferrable" => key.deferrable = self.deferrable(option)?,
            "not_valid" => key.not_valid = option.switch()?,
            "not_enforced" => key.not_enforced = option.switch()?,
            _ => key.comment = Some(option.text(self.scope)?),
        }
        Ok(())
    }

    /// `on_delete = "cascade"`.
    pub fn action(&self, entry: &Entry) -> Result<Action, Fault> {
        let words = entry.name()?;
        Action::from_words(&words).ok_or_else(|| {
            entry
                .fault(format!("`{words}` is not what `{}` can do", entry.key))
                .help("allowed here: no action, restrict, cascade, set null, set default")
        })
    }

    /// `match = "full"`.
    pub fn match_type(&self, entry: &Entry) -> Result<Option<String>, Fault> {
        match entry.name()?.to_ascii_uppercase().as_str() {
            "SIMPLE" => Ok(None),
            word @ ("FULL" | "PARTIAL") => Ok(Some(word.to_owned())),
            word => {
                Err(entry.fault(format!("`{word}` is no way to match")).help("allowed here: simple, full, partial"))
            }
        }
    }

    /// `deferrable`, or `deferrable = "initially deferred"`.
    pub fn deferrable(&self, entry: &Entry) -> Result<Option<Deferrable>, Fault> {
        if let Ok(deferrable) = entry.switch() {
            return Ok(deferrable.then(Deferrable::default));
        }
        let words = entry.name()?.to_ascii_lowercase();
        match words.trim_start_matches("initially").trim() {
            "deferred" => Ok(Some(Deferrable { initially_deferred: true })),
            "immediate" | "" => Ok(Some(Deferrable::default())),
            _ => Err(entry
                .fault(format!("`{words}` is no way to be deferrable"))
                .help("write `deferrable`, or `deferrable = \"initially deferred\"`")),
        }
    }

    /// SQLite's `ON CONFLICT`.
    pub fn conflict(&self, entry: &Entry) -> Result<String, Fault> {
        let word = entry.name()?.to_ascii_uppercase();
        if CONFLICTS.contains(&word.as_str()) {
            return Ok(word);
        }
        Err(entry
            .fault(format!("`{}` is no answer to a conflict", word.to_lowercase()))
            .help("allowed here: rollback, abort, fail, ignore, replace"))
    }

    /// What is in an entry: nothing, `= "name"`, or a list.
    fn open(&mut self, entry: &Entry, keys: Keys, name: &mut Option<String>) -> (Vec<Entry>, Vec<Entry>) {
        match &entry.shape {
            Shape::List(group) => {
                let list = entries(group.stream(), &mut self.faults);
                self.split(list, keys)
            }
            Shape::Word => (Vec::new(), Vec::new()),
            _ => {
                *name = self.keep(entry.name());
                (Vec::new(), Vec::new())
            }
        }
    }

    fn columns_or(&mut self, of: Option<&str>, columns: &[Entry], entry: &Entry, what: &str) -> Vec<IndexPart> {
        self.beside_field(of, columns);
        match of {
            Some(column) => vec![IndexPart::column(column)],
            None if columns.is_empty() => {
                self.faults.push(no_columns(entry, what));
                Vec::new()
            }
            None => self.constraint_parts(columns, what),
        }
    }

    fn beside_field(&mut self, of: Option<&str>, columns: &[Entry]) {
        if let (Some(_), Some(first)) = (of, columns.first()) {
            let fault = first.fault(format!("`{}` does not belong here: the column is the field's own", first.key));
            self.faults.push(fault.help("what has several columns stands in the #[model(...)] of the struct"));
        }
    }
}

fn no_columns(entry: &Entry, what: &str) -> Fault {
    entry.fault(format!("{what} wants columns")).help(format!("write `{}(a, b)`", entry.key))
}

/// A key as it is written; its column is not looked up yet.
fn parse_part(input: ParseStream<'_>) -> syn::Result<(Span, IndexPart)> {
    let (first, name, quoted) = if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        (text.span(), text.value(), true)
    } else {
        let ident = Ident::parse_any(input)?;
        (ident.span(), ident.unraw().to_string(), false)
    };
    let mut part = IndexPart::column(name.clone());
    if input.peek(token::Paren) {
        let inner;
        syn::parenthesized!(inner in input);
        if name == "expr" && !quoted && inner.peek(LitStr) {
            part = IndexPart::expression(inner.parse::<LitStr>()?.value());
        } else {
            part.length = Some(inner.parse::<LitInt>()?.base10_parse()?);
        }
        if !inner.is_empty() {
            return Err(inner.error("nothing more is expected here"));
        }
    }
    while !input.is_empty() {
        modifier(input, &mut part)?;
    }
    Ok((first, part))
}

fn modifier(input: ParseStream<'_>, part: &mut IndexPart) -> syn::Result<()> {
    let word = Ident::parse_any(input)?;
    match word.to_string().as_str() {
        "asc" => part.descending = false,
        "desc" => part.descending = true,
        "nulls" => {
            let end = Ident::parse_any(input)?;
            part.nulls_first = match end.to_string().as_str() {
                "first" => Some(true),
                "last" => Some(false),
                other => return Err(syn::Error::new(end.span(), format!("nulls come first or last, not `{other}`"))),
            };
        }
        "collate" => part.collation = Some(input.parse::<LitStr>()?.value()),
        "opclass" => part.opclass = Some(input.parse::<LitStr>()?.value()),
        other => return Err(syn::Error::new(word.span(), format!("`{other}` says nothing about a key"))),
    }
    Ok(())
}
