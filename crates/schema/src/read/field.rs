//! A field as a column.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::Field;
use syn::ext::IdentExt;

use super::entry::{self, Entry, Keys, Shape};
use super::error::Fault;
use super::model::{Builder, DeclaredSequence, Given};
use super::parts::FieldColumn;
use super::reference::{self, Reference};
use super::types;
use crate::{
    AutoIncrement, Column, ColumnHints, ColumnType, DialectName, ForeignKey, Generated, Identity, ObjectName, Sequence,
};

/// The attributes.
pub const KEYS: &[&str] = &[
    "auto_increment",
    "backfill",
    "charset",
    "check",
    "collation",
    "column",
    "comment",
    "default",
    "deferrable",
    "fixed",
    "fk_name",
    "generated",
    "identity",
    "index",
    "invisible",
    "length",
    "not_null_conflict",
    "nullable",
    "on_delete",
    "on_row_update",
    "on_update",
    "options",
    "precision",
    "primary_key",
    "references",
    "renamed_from",
    "scale",
    "sequence",
    "skip",
    "stored",
    "type",
    "unique",
    "unsigned",
    "virtual",
];
const REPEATABLE: &[&str] = &["unique", "index", "check"];

/// What only means something beside another attribute.
const COMPANIONS: [(&str, &str); 6] = [
    ("on_delete", "references"),
    ("on_update", "references"),
    ("deferrable", "references"),
    ("fk_name", "references"),
    ("stored", "generated"),
    ("virtual", "generated"),
];

/// What cannot stand beside another attribute.
const EXCLUDED: [(&str, &[&str]); 8] = [
    ("length", &["type"]),
    ("precision", &["type"]),
    ("scale", &["type"]),
    ("unsigned", &["type"]),
    ("fixed", &["type"]),
    ("default", &["auto_increment", "identity", "generated", "sequence"]),
    ("generated", &["auto_increment", "identity", "sequence"]),
    ("auto_increment", &["identity", "sequence"]),
];

/// A field that is a column, with its attributes.
#[derive(Debug)]
pub struct Open<'f> {
    field: &'f Field,
    given: Given,
    column: String,
}

/// Takes up a field's attributes and its column's name; `None` for a field that is skipped.
pub fn open<'f>(builder: &mut Builder<'_>, field: &'f Field) -> Option<Open<'f>> {
    let ident = field.ident.as_ref()?;
    let entries = entry::of_attributes(&field.attrs, "model", &mut builder.reader.faults);
    let given = Given::of(entries, Keys::of("a field", KEYS, REPEATABLE), REPEATABLE, &mut builder.reader.faults);
    let name = ident.unraw().to_string();
    if builder.flag(&given, "skip") {
        return None;
    }
    let own = builder.read(given.get("column"), Entry::literal);
    let column = own.unwrap_or_else(|| builder.case.map_or_else(|| name.clone(), |case| case.apply(&name)));
    builder.reader.fields.push(FieldColumn { field: name, column: column.clone(), span: ident.span() });
    Some(Open { field, given, column })
}

/// Reads what the attributes say of the column, and the constraints beside it.
pub fn read(builder: &mut Builder<'_>, open: &Open<'_>) {
    companions(builder, &open.given);
    builder.fits_role(&open.given);
    let column = column(builder, open);
    builder.table.columns.push(column);
    if let Some(entry) = open.given.get("primary_key") {
        builder.key_column(entry, &open.column);
    }
    if types::is_option(&open.field.ty, builder.reader.scope) && open.given.get("nullable").is_none() {
        builder.optional.insert(open.column.clone(), open.field.ty.to_token_stream());
    }
    for entry in &open.given.repeated {
        match entry.key.as_str() {
            "unique" => {
                let unique = builder.reader.unique(entry, Some(&open.column));
                builder.table.uniques.push(unique);
            }
            "index" => {
                let index = builder.reader.index(entry, Some(&open.column));
                builder.table.indexes.push(index);
            }
            _ => {
                let check = builder.reader.check(entry, Some(&open.column));
                builder.table.checks.extend(check);
            }
        }
    }
    foreign_key(builder, open);
    let hints = ColumnHints {
        renamed_from: builder.name(&open.given, "renamed_from"),
        backfill: builder.sql(&open.given, "backfill"),
        ..ColumnHints::default()
    };
    builder.hints.columns.insert(open.column.clone(), hints);
}

fn companions(builder: &mut Builder<'_>, given: &Given) {
    for (key, wants) in COMPANIONS {
        if let Some(entry) = given.get(key).filter(|_| given.get(wants).is_none()) {
            builder.reader.faults.push(entry.fault(format!("`{key}` means something only beside `{wants}`")));
        }
    }
    for (key, others) in EXCLUDED {
        let Some(entry) = given.get(key) else { continue };
        for other in others.iter().filter(|other| given.get(other).is_some()) {
            let mut fault = entry.fault(format!("`{key}` and `{other}` cannot stand together"));
            if *other == "type" {
                fault = fault.help("write the whole type: type = \"varchar(120)\"");
            }
            builder.reader.faults.push(fault);
        }
    }
}

fn column(builder: &mut Builder<'_>, open: &Open<'_>) -> Column {
    let given = &open.given;
    let (ty, nullable) = column_type(builder, open);
    let on_update = builder.sql(given, "on_row_update");
    let conflict = given.get("not_null_conflict").map(|entry| builder.reader.conflict(entry));
    let not_null_conflict = conflict.and_then(|read| builder.reader.keep(read));
    let mut default = builder.sql(given, "default");
    if let Some(text) = sequence_default(builder, given) {
        default = Some(text);
    }
    let options = given.get("options").map(|entry| builder.reader.options(entry));
    let options = options.and_then(|read| builder.reader.keep(read)).unwrap_or_default();
    let stored = !builder.flag(given, "virtual");
    if builder.flag(given, "stored")
        && !stored
        && let Some(entry) = given.get("virtual")
    {
        builder.reader.faults.push(entry.fault("`virtual` and `stored` cannot stand together"));
    }
    Column {
        name: open.column.clone(),
        ty,
        nullable,
        not_null_conflict,
        default,
        auto_increment: auto_increment(builder, given),
        generated: builder.sql(given, "generated").map(|expression| Generated { expression, stored }),
        on_update,
        charset: builder.name(given, "charset"),
        collation: builder.name(given, "collation"),
        comment: builder.text(given, "comment"),
        invisible: builder.flag(given, "invisible"),
        says_charset: false,
        options,
        needs: crate::Needs::default(),
    }
}

fn column_type(builder: &mut Builder<'_>, open: &Open<'_>) -> (ColumnType, bool) {
    let scope = builder.reader.scope;
    let (ty, nullable) = match open.given.get("type") {
        Some(entry) => {
            let ty = native_type(builder, entry);
            (builder.reader.keep(ty), types::is_option(&open.field.ty, scope))
        }
        None => match types::column_type(&open.field.ty, scope) {
            Ok(mapped) => (refined(builder, &open.given, mapped.ty), mapped.nullable),
            // Nobody creates the column, so that it does not matter which type it has.
            Err(_) if !builder.role.is_table() => (None, false),
            Err(fault) => {
                builder.reader.faults.push(fault);
                (None, false)
            }
        },
    };
    let own = builder.read(open.given.get("nullable"), Entry::switch);
    (ty.unwrap_or_default(), own.unwrap_or(nullable))
}

/// `type = "citext"`, or `type(postgres = "citext", default = "text")`.
fn native_type(builder: &mut Builder<'_>, entry: &Entry) -> Result<ColumnType, Fault> {
    let scope = builder.reader.scope;
    if !matches!(entry.shape, Shape::List(_)) {
        return Ok(ColumnType::PerDialect { by: BTreeMap::new(), default: Some(entry.text(scope)?) });
    }
    let mut by = BTreeMap::new();
    let mut default = None;
    let mut keys = Keys::of("a type", &["sqlite", "postgres", "mysql", "mariadb", "default"], &[]);
    for item in entry.list(&mut builder.reader.faults)? {
        match keys.check(&item).and_then(|()| item.text(scope)) {
            Ok(text) => match DialectName::from_word(&item.key) {
                Some(dialect) => _ = by.insert(dialect, text),
                None => default = Some(text),
            },
            Err(fault) => builder.reader.faults.push(fault),
        }
    }
    // The two speak one dialect: what is said for one holds for the other, unless that has its own.
    for (one, other) in [(DialectName::Mysql, DialectName::Mariadb), (DialectName::Mariadb, DialectName::Mysql)] {
        if let Some(text) = by.get(&one).cloned() {
            by.entry(other).or_insert(text);
        }
    }
    if by.is_empty() && default.is_none() {
        return Err(entry.fault("`type` is empty").help("write type(postgres = \"citext\", default = \"text\")"));
    }
    Ok(ColumnType::PerDialect { by, default })
}

/// The mapped type with length, precision, scale and sign.
fn refined(builder: &mut Builder<'_>, given: &Given, ty: Option<ColumnType>) -> Option<ColumnType> {
    let scope = builder.reader.scope;
    let mut number = |key: &str| builder.read(given.get(key), |entry| entry.count(scope));
    let (length, precision, scale) = (number("length"), number("precision"), number("scale"));
    let fixed = builder.flag(given, "fixed");
    let unsigned = builder.flag(given, "unsigned");
    let ty = ty?;
    if let Some(entry) = given.get("length").filter(|_| length == Some(0)) {
        builder.reader.faults.push(entry.fault("`length` is at least 1"));
    }
    let refine = |builder: &mut Builder<'_>, inner: ColumnType| {
        let (wants, refined): (&[&str], ColumnType) = match inner {
            ColumnType::Text | ColumnType::Char(_) if length.is_some() => {
                let length = length.unwrap_or(1);
                let fixed = fixed || matches!(inner, ColumnType::Char(_));
                (&["length", "fixed"], if fixed { ColumnType::Char(length) } else { ColumnType::Varchar(length) })
            }
            ColumnType::Text => (&["length"], ColumnType::Text),
            ColumnType::Binary(own) => (&["length"], ColumnType::Binary(length.or(own))),
            ColumnType::Decimal { precision: own, scale: own_scale } => {
                let (precision, scale) =
                    if precision.is_some() || scale.is_some() { (precision, scale) } else { (own, own_scale) };
                (&["precision", "scale"], ColumnType::Decimal { precision, scale })
            }
            ColumnType::Integer { bits, unsigned: own } => {
                (&["unsigned"], ColumnType::Integer { bits, unsigned: own || unsigned })
            }
            other => (&[], other),
        };
        for key in ["length", "fixed", "precision", "scale", "unsigned"] {
            if let Some(entry) = given.get(key).filter(|_| !wants.contains(&key)) {
                builder.reader.faults.push(misfit(entry, key));
            }
        }
        refined
    };
    Some(match ty {
        ColumnType::Array(inner) => ColumnType::Array(Box::new(refine(builder, *inner))),
        other => refine(builder, other),
    })
}

fn misfit(entry: &Entry, key: &str) -> Fault {
    let fits = match key {
        "length" => "texts and bytes have a length",
        "fixed" => "it makes a String with a `length` a text of exactly that length",
        "unsigned" => "integers have a sign",
        _ => "decimals have precision and scale",
    };
    entry
        .fault(format!("`{key}` does not fit this type"))
        .help(format!("{fits}; for anything else give the whole type with `type`"))
}

fn auto_increment(builder: &mut Builder<'_>, given: &Given) -> Option<AutoIncrement> {
    if let Some(entry) = given.get("identity") {
        builder.numbered.push(entry.tokens.clone());
        return Some(AutoIncrement::Identity(identity(builder, entry)));
    }
    let entry = given.get("auto_increment")?;
    builder.numbered.push(entry.tokens.clone());
    if let Ok(own) = entry.switch() {
        return own.then_some(AutoIncrement::Native);
    }
    let word = builder.reader.keep(entry.name())?;
    match word.as_str() {
        "identity" => Some(AutoIncrement::Identity(Identity::default())),
        "identity always" => Some(AutoIncrement::Identity(Identity { always: true, ..Identity::default() })),
        "serial" => Some(AutoIncrement::Serial),
        _ => {
            let fault = entry.fault(format!("`{word}` is no way to number rows"));
            builder.reader.faults.push(fault.help(
                "allowed here: `auto_increment` alone for the engine's own way, or identity, identity always, serial on PostgreSQL",
            ));
            None
        }
    }
}

/// `identity`, or `identity(always, start = 100)`.
fn identity(builder: &mut Builder<'_>, entry: &Entry) -> Identity {
    const KEYS: &[&str] = &["always", "start", "increment", "min", "max", "cache", "cycle"];
    if matches!(entry.shape, Shape::Word) {
        return Identity::default();
    }
    let list = entry.list(&mut builder.reader.faults);
    let list = builder.reader.keep(list).unwrap_or_default();
    let given = Given::of(list, Keys::of("an identity column", KEYS, &[]), &[], &mut builder.reader.faults);
    Identity { always: builder.flag(&given, "always"), sequence: builder.sequence_options(&given) }
}

/// The default of a column that takes its numbers from a sequence of its own name.
fn sequence_default(builder: &mut Builder<'_>, given: &Given) -> Option<String> {
    let name = builder.object(given, "sequence")?;
    let entry = given.get("sequence")?;
    let default = nextval(&name);
    builder.sequences.push(DeclaredSequence {
        sequence: Sequence { name, ..Sequence::default() },
        declared: false,
        tokens: entry.tokens.clone(),
    });
    Some(default)
}

/// The next value of a sequence, as PostgreSQL prints it.
pub fn nextval(name: &ObjectName) -> String {
    let quoted = |part: &str| {
        let mut letters = part.chars();
        let plain = letters.next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
            && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
        if plain { part.to_owned() } else { format!("\"{}\"", part.replace('"', "\"\"")) }
    };
    let mut text = quoted(&name.name);
    if let Some(schema) = &name.schema {
        text = format!("{}.{text}", quoted(schema));
    }
    format!("nextval('{}'::regclass)", text.replace('\'', "''"))
}

fn foreign_key(builder: &mut Builder<'_>, open: &Open<'_>) {
    let given = &open.given;
    let Some(entry) = given.get("references") else { return };
    let target = reference::target(entry, &mut builder.reader.faults);
    let target = builder.reader.keep(target);
    let mut key = ForeignKey {
        columns: vec![open.column.clone()],
        name: builder.name(given, "fk_name"),
        ..ForeignKey::default()
    };
    for (name, action) in [("on_delete", &mut key.on_delete), ("on_update", &mut key.on_update)] {
        let read = given.get(name).map(|entry| builder.reader.action(entry));
        *action = read.and_then(|read| builder.reader.keep(read)).unwrap_or_default();
    }
    let deferrable = given.get("deferrable").map(|entry| builder.reader.deferrable(entry));
    key.deferrable = deferrable.and_then(|read| builder.reader.keep(read)).flatten();
    if let Some((target, external)) = target {
        let tokens = entry.tokens.clone();
        builder.references.push(Reference { key: builder.table.foreign_keys.len(), target, external, tokens });
        builder.table.foreign_keys.push(key);
    }
}
