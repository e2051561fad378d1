//! `#[derive(Model)]`: a struct as a table.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::{Fields, ItemStruct};

use super::entry::{self, Entry, Keys};
use super::enums;
use super::error::Fault;
use super::field;
use super::parts::{FieldColumn, Reader};
use super::reference::{self, Reference};
use super::role::Role;
use super::scope::Scope;
use super::words::{Case, snake_case};
use crate::{AutoIncrement, ObjectName, PrimaryKey, Sequence, Table, TableHints};

/// The attributes.
pub const KEYS: &[&str] = &[
    "table",
    "schema",
    "comment",
    "renamed_from",
    "rename_all",
    "primary_key",
    "unique",
    "index",
    "check",
    "foreign_key",
    "sequence",
    "engine",
    "charset",
    "collation",
    "row_format",
    "strict",
    "without_rowid",
    "unlogged",
    "options",
    "partition_by",
    "exclude",
    "row_security",
    "grant",
    "view",
    "view_file",
    "materialized",
    "managed",
];
const REPEATABLE: &[&str] = &["unique", "index", "check", "foreign_key", "sequence", "exclude", "grant"];

/// A struct as it is declared.
#[derive(Debug, Clone)]
pub struct Model {
    /// The struct's name.
    pub ident: Ident,
    /// Its table. Foreign keys that refer to a model have no table yet: see `references`.
    pub table: Table,
    /// What it says beyond the table; places are filled in by whoever knows the file.
    pub hints: TableHints,
    /// The fields that are columns, in order.
    pub fields: Vec<FieldColumn>,
    /// What its foreign keys refer to.
    pub references: Vec<Reference>,
    /// The sequences that it declares or uses.
    pub sequences: Vec<DeclaredSequence>,
    /// What it stands for, and what it grants.
    pub role: Role,
}

/// A sequence that a model declares, or only uses.
#[derive(Debug, Clone)]
pub struct DeclaredSequence {
    /// The sequence.
    pub sequence: Sequence,
    /// Whether it is declared with `sequence(...)`, and not only used by a column.
    pub declared: bool,
    /// Where.
    pub tokens: TokenStream,
}

/// The entries of one struct or field: those that come once by their key, the others in order.
#[derive(Debug, Default)]
pub struct Given {
    once: BTreeMap<String, Entry>,
    /// Those that may come more than once.
    pub repeated: Vec<Entry>,
}

impl Given {
    /// Sorts entries, and tells of those that do not belong.
    pub fn of(entries: Vec<Entry>, mut keys: Keys, repeatable: &[&str], faults: &mut Vec<Fault>) -> Self {
        let mut given = Self::default();
        for entry in entries {
            if let Err(fault) = keys.check(&entry) {
                faults.push(fault);
            } else if repeatable.contains(&entry.key.as_str()) {
                given.repeated.push(entry);
            } else {
                given.once.insert(entry.key.clone(), entry);
            }
        }
        given
    }

    /// The entry of this key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.once.get(key)
    }
}

/// What is read so far of a struct.
#[derive(Debug)]
pub struct Builder<'a> {
    /// Scope, faults and fields.
    pub reader: Reader<'a>,
    /// The table.
    pub table: Table,
    /// What it says beyond the table.
    pub hints: TableHints,
    /// What its foreign keys refer to.
    pub references: Vec<Reference>,
    /// Its sequences.
    pub sequences: Vec<DeclaredSequence>,
    /// The letter case of columns.
    pub case: Option<Case>,
    /// The types of the columns that are an `Option`, by column.
    pub optional: BTreeMap<String, TokenStream>,
    /// The columns that number themselves, with the place where they say so.
    pub numbered: Vec<TokenStream>,
    /// What the struct stands for.
    pub role: Role,
}

impl Builder<'_> {
    /// Reads an entry, if it is there, and keeps its fault.
    pub fn read<T>(&mut self, entry: Option<&Entry>, read: impl FnOnce(&Entry) -> Result<T, Fault>) -> Option<T> {
        let result = read(entry?);
        self.reader.keep(result)
    }

    /// A text, if it is there.
    pub fn text(&mut self, given: &Given, key: &str) -> Option<String> {
        let scope = self.reader.scope;
        self.read(given.get(key), |entry| entry.text(scope))
    }

    /// A name, if it is there.
    pub fn name(&mut self, given: &Given, key: &str) -> Option<String> {
        self.read(given.get(key), Entry::name)
    }

    /// An SQL expression, if it is there.
    pub fn sql(&mut self, given: &Given, key: &str) -> Option<String> {
        let scope = self.reader.scope;
        self.read(given.get(key), |entry| entry.sql(scope))
    }

    /// Whether a flag is there.
    pub fn flag(&mut self, given: &Given, key: &str) -> bool {
        self.read(given.get(key), Entry::switch).unwrap_or(false)
    }

    /// An object's name as SQL writes it, if it is there.
    pub fn object(&mut self, given: &Given, key: &str) -> Option<ObjectName> {
        self.read(given.get(key), |entry| {
            let text = entry.name()?;
            reference::object_name(&text).ok_or_else(|| entry.fault(format!("`{text}` is not a name")))
        })
    }
}

/// Reads a struct. The faults are complete; a model that has some is of no use but to read on with.
pub fn read(item: &ItemStruct, scope: Scope<'_>) -> (Model, Vec<Fault>) {
    let mut faults = Vec::new();
    let entries = entry::of_attributes(&item.attrs, "model", &mut faults);
    let given = Given::of(entries, Keys::of("a model", KEYS, REPEATABLE), REPEATABLE, &mut faults);
    let mut builder = Builder {
        reader: Reader { scope, faults, fields: Vec::new(), renamed: BTreeMap::new() },
        table: Table::default(),
        hints: TableHints { model: item.ident.unraw().to_string(), ..TableHints::default() },
        references: Vec::new(),
        sequences: Vec::new(),
        case: None,
        optional: BTreeMap::new(),
        numbered: Vec::new(),
        role: Role::default(),
    };
    builder.role(&given);
    builder.header(item, &given);
    builder.fields(item);
    builder.constraints(&given);
    builder.cross_check(item);
    builder.hints.parts = std::mem::take(&mut builder.reader.renamed);
    let model = Model {
        ident: item.ident.clone(),
        table: builder.table,
        hints: builder.hints,
        fields: builder.reader.fields,
        references: builder.references,
        sequences: builder.sequences,
        role: builder.role,
    };
    (model, builder.reader.faults)
}

impl Builder<'_> {
    fn header(&mut self, item: &ItemStruct, given: &Given) {
        let name = self.name(given, "table").unwrap_or_else(|| snake_case(&item.ident.unraw().to_string()));
        self.table.name = ObjectName { schema: self.name(given, "schema"), name };
        self.table.comment = self.text(given, "comment");
        let mut renamed_from = self.object(given, "renamed_from");
        if let Some(previous) = &mut renamed_from
            && previous.schema.is_none()
        {
            previous.schema.clone_from(&self.table.name.schema);
        }
        self.hints.renamed_from = renamed_from;
        self.case = self.read(given.get("rename_all"), enums::case);
        if let Some(entry) = given.get("options") {
            let options = self.reader.options(entry);
            self.table.options = self.reader.keep(options).unwrap_or_default();
        }
        for key in ["engine", "charset", "collation", "row_format"] {
            if let Some(text) = self.name(given, key) {
                self.table.options.insert(key.to_owned(), text);
            }
        }
        for key in ["strict", "without_rowid", "unlogged"] {
            if self.flag(given, key) {
                self.table.options.insert(key.to_owned(), String::new());
            }
        }
        self.table.partition_by = self.sql(given, "partition_by");
        self.row_security(given);
    }

    fn fields(&mut self, item: &ItemStruct) {
        let Fields::Named(fields) = &item.fields else {
            let fault = Fault::at(item.ident.span(), format!("`{}` has no named fields to be columns", item.ident));
            self.reader.faults.push(fault.help("a model is a struct with named fields"));
            return;
        };
        let mut all = Vec::new();
        for field in &fields.named {
            all.extend(field::open(self, field));
        }
        // Constraints name other columns, so that all of them are known before the first one is read.
        for field in &all {
            field::read(self, field);
        }
        if all.is_empty() && self.reader.faults.is_empty() {
            let fault = Fault::at(item.ident.span(), format!("`{}` has no column", item.ident));
            self.reader.faults.push(fault.help("a model has at least one field without #[model(skip)]"));
        }
    }

    fn constraints(&mut self, given: &Given) {
        if let Some(entry) = given.get("primary_key") {
            let key = self.reader.primary_key(entry, None);
            match &self.table.primary_key {
                None => self.table.primary_key = Some(key),
                Some(_) => {
                    let fault = entry.fault("the primary key is declared twice: here and beside a field");
                    self.reader.faults.push(fault.help("leave one of them out"));
                }
            }
        }
        for entry in &given.repeated {
            match entry.key.as_str() {
                "unique" => {
                    let unique = self.reader.unique(entry, None);
                    self.table.uniques.push(unique);
                }
                "index" => {
                    let index = self.reader.index(entry, None);
                    self.table.indexes.push(index);
                }
                "check" => {
                    let check = self.reader.check(entry, None);
                    self.table.checks.extend(check);
                }
                "foreign_key" => self.foreign_key(entry),
                "exclude" => self.exclude(entry),
                "grant" => self.grant(entry),
                _ => self.sequence(entry),
            }
        }
    }

    fn foreign_key(&mut self, entry: &Entry) {
        let Some((key, references)) = self.reader.foreign_key(entry) else { return };
        let target = reference::target(&references, &mut self.reader.faults);
        if let Some((target, external)) = self.reader.keep(target) {
            self.references.push(Reference {
                key: self.table.foreign_keys.len(),
                target,
                external,
                tokens: references.tokens.clone(),
            });
            self.table.foreign_keys.push(key);
        }
    }

    /// `sequence(name = "all_id_seq", start = 100)`.
    fn sequence(&mut self, entry: &Entry) {
        const KEYS: &[&str] =
            &["name", "schema", "type", "start", "increment", "min", "max", "cache", "cycle", "owned_by", "comment"];
        let list = entry.list(&mut self.reader.faults);
        let Some(list) = self.reader.keep(list) else { return };
        let given = Given::of(list, Keys::of("a sequence", KEYS, &[]), &[], &mut self.reader.faults);
        let Some(name) = given.get("name").is_some().then(|| self.name(&given, "name")) else {
            self.reader.faults.push(entry.fault("a sequence wants a name").help("write sequence(name = \"...\")"));
            return;
        };
        let mut sequence = self.sequence_options(&given);
        sequence.name = ObjectName { schema: self.name(&given, "schema"), name: name.unwrap_or_default() };
        sequence.ty = self.name(&given, "type");
        sequence.comment = self.text(&given, "comment");
        sequence.owned_by = self.read(given.get("owned_by"), |entry| {
            let text = entry.name()?;
            reference::column_of_table(&text)
                .ok_or_else(|| entry.fault(format!("`{text}` is not a column")).help("write \"table.column\""))
        });
        self.sequences.push(DeclaredSequence { sequence, declared: true, tokens: entry.tokens.clone() });
    }

    /// The numbers of a sequence.
    pub fn sequence_options(&mut self, given: &Given) -> Sequence {
        let scope = self.reader.scope;
        let mut number = |key: &str| self.read(given.get(key), |entry| entry.integer(scope));
        let (start, increment, min) = (number("start"), number("increment"), number("min"));
        let (max, cache) = (number("max"), number("cache"));
        let cycle = self.flag(given, "cycle");
        Sequence { start, increment, min, max, cache, cycle, ..Sequence::default() }
    }

    /// A column beside whose field `primary_key` stands.
    pub fn key_column(&mut self, entry: &Entry, column: &str) {
        let mut key = self.reader.primary_key(entry, Some(column));
        let Some(whole) = &mut self.table.primary_key else {
            self.table.primary_key = Some(key);
            return;
        };
        whole.parts.append(&mut key.parts);
        let rest = PrimaryKey { parts: Vec::new(), ..key };
        if rest != PrimaryKey::default() {
            let fault = entry.fault("the primary key's options stand beside its first column");
            self.reader.faults.push(fault.help("or write primary_key(...) once, in the #[model(...)] of the struct"));
        }
    }

    fn cross_check(&mut self, item: &ItemStruct) {
        let mut faults = Vec::new();
        for (at, field) in self.reader.fields.iter().enumerate() {
            if self.reader.fields[..at].iter().any(|other| other.column == field.column) {
                faults.push(
                    Fault::at(field.span, format!("two fields of `{}` are the column `{}`", item.ident, field.column))
                        .help("give one of them another name with #[model(column = \"...\")]"),
                );
            }
        }
        for column in self.table.primary_key_columns() {
            if let Some(ty) = self.optional.get(column) {
                let fault = Fault::over(ty, "a primary key cannot be NULL, and this is an Option");
                faults.push(fault.help("take the Option away"));
            }
        }
        let native = self.table.columns.iter().filter(|column| column.auto_increment == Some(AutoIncrement::Native));
        if self.numbered.len() > 1 && native.count() > 0 {
            for tokens in &self.numbered[1..] {
                faults.push(
                    Fault::over(tokens, format!("`{}` has more than one column that numbers itself", item.ident))
                        .help("a table has at most one auto_increment"),
                );
            }
        }
        self.reader.faults.append(&mut faults);
    }
}
