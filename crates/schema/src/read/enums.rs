//! `#[derive(DbEnum)]`.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Fields, ItemEnum};

use super::entry::{self, Entry, Keys};
use super::error::Fault;
use super::reference;
use super::scope::Scope;
use super::words::{Case, nearest, snake_case};
use crate::{EnumHints, EnumType, ObjectName};

/// The attributes.
pub const KEYS: &[&str] = &["name", "schema", "rename_all", "comment", "renamed_from"];

/// An enumeration as it is declared.
#[derive(Debug, Clone)]
pub struct DbEnum {
    /// The enumeration's name in Rust.
    pub ident: Ident,
    /// The type.
    pub ty: EnumType,
    /// Its variants, in the order of the values.
    pub variants: Vec<Ident>,
    /// What it says beyond the type; the place is filled in by whoever knows the file.
    pub hints: EnumHints,
}

struct Header {
    name: ObjectName,
    comment: Option<String>,
    renamed_from: Option<ObjectName>,
    case: Case,
}

/// The name of the type, for whoever refers to it; its faults are told where it is read.
pub fn name_of(item: &ItemEnum, scope: Scope<'_>) -> ObjectName {
    header(item, scope, &mut Vec::new()).name
}

fn header(item: &ItemEnum, scope: Scope<'_>, faults: &mut Vec<Fault>) -> Header {
    let mut header = Header {
        name: ObjectName::bare(snake_case(&item.ident.unraw().to_string())),
        comment: None,
        renamed_from: None,
        case: Case::Snake,
    };
    let mut keys = Keys::of("an enumeration", KEYS, &[]);
    for entry in entry::of_attributes(&item.attrs, "db_enum", faults) {
        if let Err(fault) = keys.check(&entry).and_then(|()| header_entry(&entry, scope, &mut header)) {
            faults.push(fault);
        }
    }
    if let Some(previous) = header.renamed_from.as_mut().filter(|previous| previous.schema.is_none()) {
        previous.schema.clone_from(&header.name.schema);
    }
    header
}

fn header_entry(entry: &Entry, scope: Scope<'_>, header: &mut Header) -> Result<(), Fault> {
    match entry.key.as_str() {
        "name" => header.name.name = entry.name()?,
        "schema" => header.name.schema = Some(entry.name()?),
        "comment" => header.comment = Some(entry.text(scope)?),
        "renamed_from" => {
            let text = entry.name()?;
            let name = reference::object_name(&text);
            header.renamed_from = Some(name.ok_or_else(|| entry.fault(format!("`{text}` is not a name")))?);
        }
        _ => header.case = case(entry)?,
    }
    Ok(())
}

/// What `rename_all` says.
pub fn case(entry: &Entry) -> Result<Case, Fault> {
    let word = entry.name()?;
    if let Some((_, case)) = Case::ALL.iter().find(|(name, _)| *name == word) {
        return Ok(*case);
    }
    let all: Vec<&str> = Case::ALL.iter().map(|(name, _)| *name).collect();
    let near = nearest(&word, all.iter().copied()).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    Err(entry.fault(format!("`{word}` is no letter case")).help(format!("{near}allowed here: {}", all.join(", "))))
}

/// Reads an enumeration.
pub fn read(item: &ItemEnum, scope: Scope<'_>, faults: &mut Vec<Fault>) -> DbEnum {
    let header = header(item, scope, faults);
    let mut values = Vec::new();
    let mut variants = Vec::new();
    let mut seen = BTreeSet::new();
    let mut hints = EnumHints { renamed_from: header.renamed_from, ..EnumHints::default() };
    if item.variants.is_empty() {
        faults.push(Fault::at(item.ident.span(), format!("the enumeration `{}` has no variants", item.ident)));
    }
    for variant in &item.variants {
        if !matches!(variant.fields, Fields::Unit) {
            faults.push(
                Fault::over(
                    &variant.fields,
                    format!("the variant `{}` holds data, which no enumerated type does", variant.ident),
                )
                .help("a DbEnum has only variants without fields"),
            );
        }
        let mut value = header.case.apply(&variant.ident.unraw().to_string());
        let mut previous = None;
        let mut keys = Keys::of("a variant", &["value", "renamed_from"], &[]);
        for entry in entry::of_attributes(&variant.attrs, "db_enum", faults) {
            match keys.check(&entry).and_then(|()| entry.literal()) {
                Ok(text) if entry.key == "renamed_from" => previous = Some(text),
                Ok(text) => value = text,
                Err(fault) => faults.push(fault),
            }
        }
        if let Some(previous) = previous {
            hints.values.insert(value.clone(), previous);
        }
        if !seen.insert(value.clone()) {
            faults.push(Fault::at(
                variant.ident.span(),
                format!("two variants of `{}` have the value `{value}`", item.ident),
            ));
        }
        values.push(value);
        variants.push(variant.ident.clone());
    }
    for (value, previous) in &hints.values {
        if values.contains(previous) {
            let text = format!("`{value}` cannot be renamed from `{previous}`, which is still a value");
            faults.push(Fault::at(item.ident.span(), text).help("take `renamed_from` away once the rename is done"));
        }
    }
    let ty = EnumType { name: header.name, values, comment: header.comment };
    DbEnum { ident: item.ident.clone(), ty, variants, hints }
}
