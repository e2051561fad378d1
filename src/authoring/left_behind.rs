//! What names a thing that is renamed, where the engine leaves the words of views, triggers and routines as they are.

use std::fmt;

use rungs_schema::{Definition, Schema};

use crate::diff::change::{Change, Delta, Edit};
use crate::diff::names_column;

/// A definition that no longer fits after a rename.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftBehind {
    /// `view totals`.
    pub definition: String,
    /// The former name: `users.mail`.
    pub names: String,
}

impl fmt::Display for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} names {}, which has another name afterwards", self.definition, self.names)
    }
}

/// `live` is the database before the changes.
pub(super) fn by<'a>(changes: impl Iterator<Item = &'a Change> + Clone, live: &Schema) -> Vec<LeftBehind> {
    let handled = |one: &&Definition| {
        changes.clone().any(|change| match change {
            Change::Definition(delta) => delta.previous().is_some_and(|it| it.kind == one.kind && it.name == one.name),
            _ => false,
        })
    };
    let standing: Vec<&Definition> = live.definitions.iter().filter(|one| !handled(one)).collect();
    let mut found = Vec::new();
    for change in changes.clone() {
        let Change::AlterTable(alter) = change else { continue };
        let (was, is) = (&alter.previous.name, &alter.next.name);
        for one in standing.iter().filter(|one| one.stands_on(was) || one.stands_on(is)) {
            let mut names = Vec::new();
            let is_own = one.table.as_ref() == Some(was);
            // A trigger goes with its table; its words do not.
            if alter.is_rename() && !is_own {
                names.push(was.to_string());
            }
            for edit in &alter.edits {
                if let Edit::Column { delta: Delta::Alter { previous, next }, .. } = edit
                    && previous.name != next.name
                    && names_column(&one.sql, &previous.name)
                {
                    names.push(format!("{was}.{}", previous.name));
                }
            }
            let definition = format!("{} {}", one.kind, one.name);
            found.extend(names.into_iter().map(|names| LeftBehind { definition: definition.clone(), names }));
        }
    }
    found
}
