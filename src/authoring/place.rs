//! Which model an engine's refusal is about.

use rungs_schema::{Hints, ObjectName};

use crate::error::{Error, PlanError};

/// Adds to the error of an engine that cannot do what models ask for where the model says it. Other errors, and those
/// that name nothing of a model, stay as they are.
pub fn with_place(error: Error, hints: &Hints) -> Error {
    match error {
        Error::Plan(PlanError::Unsupported { engine, action, help }) => {
            let help = match (place(&action, hints), help) {
                (Some(place), Some(help)) => Some(format!("look at {place}; {help}")),
                (Some(place), None) => Some(format!("look at {place}")),
                (None, help) => help,
            };
            PlanError::Unsupported { engine, action, help }.into()
        }
        other => other,
    }
}

/// The field, or else the model, that a text names.
fn place(text: &str, hints: &Hints) -> Option<String> {
    let fields = hints.tables.iter().flat_map(|(table, said)| {
        said.columns.iter().map(move |(column, of)| (table, said, column, of.location.as_ref()))
    });
    let field = fields
        .filter(|(table, _, column, _)| names(text, &format!("{table}.{column}")))
        .max_by_key(|(table, _, column, _)| table.to_string().len() + column.len());
    if let Some((_, said, column, Some(location))) = field {
        return Some(format!("`{column}` of the model {} at {location}", said.model));
    }
    let of_table = |table: &ObjectName| names(text, &table.to_string());
    let (_, said) =
        hints.tables.iter().filter(|(table, _)| of_table(table)).max_by_key(|(table, _)| table.to_string().len())?;
    Some(format!("the model {} at {}", said.model, said.location.as_ref()?))
}

/// Whether a text has a name in it as a word.
fn names(text: &str, name: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name)
        .any(|(at, _)| !inside(text[..at].chars().next_back()) && !inside(text[at + name.len()..].chars().next()))
}
