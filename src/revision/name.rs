//! Ids and file names of new revisions.

use chrono::{DateTime, Utc};

use super::header::{ID_HELP, fault_of_id};
use crate::error::RevisionError;

/// How new files are named where the configuration says nothing.
pub const DEFAULT_TEMPLATE: &str = "{date}_{slug}_{id}";

/// The longest slug, in characters.
const SLUG: usize = 40;

/// A new id: 12 hex digits at random.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_id() -> Result<String, RevisionError> {
    let mut bytes = [0_u8; 6];
    getrandom::fill(&mut bytes)
        .map_err(|error| RevisionError::Write { path: "a new revision".to_owned(), reason: error.to_string() })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Checks an id that somebody chose.
///
/// # Errors
/// When a target could not name it, or no file could have it in its name.
pub fn check_id(id: &str) -> Result<(), RevisionError> {
    let in_names = || id.contains(['/', '\\']).then(|| "a revision id stands in the file's name".to_owned());
    match fault_of_id("a revision id", id).or_else(in_names) {
        Some(reason) => Err(RevisionError::Unusable { text: id.to_owned(), reason, help: ID_HELP.to_owned() }),
        None => Ok(()),
    }
}

/// The name of a new file, with `.sql` at its end.
///
/// # Errors
/// When the template has an unknown token, or what comes out is no file name.
pub fn file_name(template: &str, id: &str, message: &str, created: DateTime<Utc>) -> Result<String, RevisionError> {
    let fault = |reason: String| RevisionError::Template { template: template.to_owned(), reason };
    let mut name = String::new();
    let mut rest = template.strip_suffix(".sql").unwrap_or(template);
    while let Some(open) = rest.find('{') {
        name.push_str(&rest[..open]);
        let close = rest[open..].find('}').ok_or_else(|| fault("a `{` is not closed".to_owned()))?;
        match &rest[open + 1..open + close] {
            "date" => name.push_str(&created.format("%Y%m%d").to_string()),
            "time" => name.push_str(&created.format("%H%M%S").to_string()),
            "epoch" => name.push_str(&created.timestamp().to_string()),
            "slug" => name.push_str(&slug(message)),
            "id" => name.push_str(id),
            other => return Err(fault(format!("there is no token {{{other}}}"))),
        }
        rest = &rest[open + close + 1..];
    }
    name.push_str(rest);
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0', '\n']) {
        return Err(fault(format!("`{name}` is no file name")));
    }
    Ok(format!("{name}.sql"))
}

/// A message as part of a file name: lower-case ASCII letters and digits, words joined by `_`.
fn slug(message: &str) -> String {
    let mut slug = String::new();
    for word in message.lines().next().unwrap_or_default().split(|c: char| !c.is_ascii_alphanumeric()) {
        let separator = usize::from(!slug.is_empty());
        if word.is_empty() {
            continue;
        }
        if slug.len() + separator + word.len() > SLUG {
            if slug.is_empty() {
                slug.push_str(&word[..SLUG]);
            }
            break;
        }
        if separator == 1 {
            slug.push('_');
        }
        slug.push_str(word);
    }
    if slug.is_empty() { "revision".to_owned() } else { slug.to_ascii_lowercase() }
}
