//! What a rebuild is for, in words.

use rungs_schema::Column;

use super::alter::Work;
use crate::diff::change::{Delta, Edit};

/// What is changed, joined by commas.
pub(super) fn reasons(work: &Work<'_>) -> String {
    let table = work.next.name.to_string();
    let mut reasons: Vec<String> = Vec::new();
    for edit in &work.edits {
        for reason in reasons_of(&table, edit, work) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    if reasons.is_empty() {
        reasons.push("gives its columns the wanted names".to_owned());
    }
    reasons.join(", ")
}

fn reasons_of(table: &str, edit: &Edit, work: &Work<'_>) -> Vec<String> {
    match edit {
        Edit::Column { delta: Delta::Create { next }, .. } => vec![format!("adds column {table}.{}", next.name)],
        Edit::Column { delta: Delta::Drop { previous }, .. } => vec![format!("drops column {table}.{}", previous.name)],
        Edit::Column { delta: Delta::Alter { previous, next }, .. } => {
            alterations(table, work.moved.column(&next.name).unwrap_or(previous), next)
        }
        Edit::Values { column, renamed } => {
            let pairs: Vec<String> = renamed.iter().map(|(old, new)| format!("{old} to {new}")).collect();
            vec![format!("renames values of {table}.{column}: {}", pairs.join(", "))]
        }
        Edit::PrimaryKey(delta) => vec![verb(delta, "the primary key")],
        Edit::Unique(delta) => {
            let name = delta.next().or(delta.previous()).and_then(|unique| unique.name.clone());
            vec![verb(delta, &named("unique constraint", name))]
        }
        Edit::ForeignKey(delta) => {
            let key = delta.next().or(delta.previous());
            let columns = key.map(|key| key.columns.join(", ")).unwrap_or_default();
            vec![verb(delta, &format!("the foreign key on {columns}"))]
        }
        Edit::Check(delta) => {
            let name = delta.next().or(delta.previous()).and_then(|check| check.name.clone());
            vec![verb(delta, &named("check", name))]
        }
        Edit::Options => vec!["changes its options".to_owned()],
        // An index is created again in any case; comments and order are not kept.
        // The last three are nothing that a table of SQLite has.
        Edit::Index(_) | Edit::Comment | Edit::ColumnOrder | Edit::Exclusion(_) | Edit::Inherits | Edit::Partition => {
            Vec::new()
        }
        Edit::Wording => vec!["gives it the wanted wording".to_owned()],
    }
}

fn named(what: &str, name: Option<String>) -> String {
    name.map_or_else(|| format!("a {what}"), |name| format!("{what} {name}"))
}

fn verb<T>(delta: &Delta<T>, what: &str) -> String {
    match delta {
        Delta::Create { .. } => format!("adds {what}"),
        Delta::Drop { .. } => format!("drops {what}"),
        Delta::Alter { .. } => format!("changes {what}"),
    }
}

fn alterations(table: &str, previous: &Column, next: &Column) -> Vec<String> {
    let name = format!("{table}.{}", next.name);
    let mut reasons = Vec::new();
    if previous.ty != next.ty {
        let text = |column: &Column| column.ty.native().filter(|ty| !ty.is_empty()).unwrap_or("none").to_owned();
        reasons.push(format!("changes the type of {name} from {} to {}", text(previous), text(next)));
    }
    if previous.nullable != next.nullable {
        let word = if next.nullable { "lets" } else { "keeps" };
        let rest = if next.nullable { "take NULL" } else { "from taking NULL" };
        reasons.push(format!("{word} {name} {rest}"));
    }
    if previous.default != next.default {
        reasons.push(match &next.default {
            Some(default) => format!("sets the default of {name} to {default}"),
            None => format!("drops the default of {name}"),
        });
    }
    if previous.generated != next.generated {
        reasons.push(format!("changes how {name} is computed"));
    }
    if previous.collation != next.collation {
        let collation = next.collation.as_deref().unwrap_or("BINARY");
        reasons.push(format!("changes the collation of {name} to {collation}"));
    }
    if previous.auto_increment != next.auto_increment {
        let verb = if next.auto_increment.is_some() { "adds" } else { "drops" };
        reasons.push(format!("{verb} AUTOINCREMENT on {name}"));
    }
    if previous.not_null_conflict != next.not_null_conflict {
        reasons.push(format!("changes what {name} does on a conflict"));
    }
    reasons
}
