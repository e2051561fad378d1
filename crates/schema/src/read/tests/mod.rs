//! What the reader understands, and what it says of what it does not.

mod faults;
mod names;
mod roles;
mod tables;

use std::collections::BTreeMap;

use super::read_text;
use crate::*;

fn schema(text: &str) -> Schema {
    match read_text(text, "m.rs") {
        Ok(declared) => declared.schema,
        Err(errors) => panic!("{}", told(&errors)),
    }
}

fn told(errors: &[super::ReadError]) -> String {
    errors
        .iter()
        .map(|error| match &error.help {
            Some(help) => format!("{error}\n  help: {help}\n"),
            None => format!("{error}\n"),
        })
        .collect()
}

/// The errors of a text, each with its help below.
fn faults(text: &str) -> String {
    match read_text(text, "m.rs") {
        Ok(_) => String::from("no error"),
        Err(errors) => told(&errors),
    }
}

fn table(text: &str) -> Table {
    schema(text).tables.into_iter().next().expect("a table")
}

/// The column of a struct whose only field this is.
fn column(field: &str) -> Column {
    table(&format!("#[derive(Model)]\nstruct T {{\n    {field}\n}}")).columns.into_iter().next().expect("a column")
}

/// The errors of a struct whose only field this is; the field begins at line 3, column 5.
fn field_faults(field: &str) -> String {
    faults(&format!("#[derive(Model)]\nstruct T {{\n    {field}\n}}"))
}

#[test]
fn every_attribute_is_documented_in_both_places() {
    let page = include_str!("../../../../../docs/models.md");
    let of_derive =
        [include_str!("../../../../derive/src/model.md"), include_str!("../../../../derive/src/db_enum.md")];
    for part in of_derive {
        assert!(page.contains(part), "docs/models.md repeats what the derives say");
    }
    for key in super::field::KEYS.iter().chain(super::model::KEYS).chain(super::enums::KEYS) {
        let said = [" ", "`", "(", ","].iter().any(|after| page.contains(&format!("`{key}{after}")));
        assert!(said, "`{key}` is not in docs/models.md");
    }
}
