//! What a list of changes amounts to, a line a difference, for people and for JSON.

use std::fmt;

use rungs_schema::{AutoIncrement, Column, Deferrable, Definition, EnumType, ForeignKey, IndexKey, IndexPart, Table};
use serde::Serialize;

use super::change::{AlterTable, Change, Delta, Edit};
use super::parts::Named;

/// One difference in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `create`, `drop`, `alter` or `rename`.
    pub action: &'static str,
    /// `table`, `column`, `index`, ...
    pub kind: &'static str,
    /// The thing: `users`, `users.age`, `users.ix_users_name`.
    pub name: String,
    /// What exactly changes, where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.action {
            "create" => '+',
            "drop" => '-',
            _ => '~',
        };
        write!(f, "{sign} {} {}", self.kind, self.name)?;
        if let Some(detail) = &self.detail {
            let space = if detail.starts_with('\n') { "" } else { " " };
            write!(f, ":{space}{detail}")?;
        }
        Ok(())
    }
}

/// The differences that a list of changes carries out. A foreign key that is only out of the way for a while is none.
pub fn summary(changes: &[Change]) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut taken_down = Vec::new();
    for change in changes {
        match change {
            Change::CreateTable { next } => {
                found.push(one("create", "table", next.name.to_string(), Some(counted(next))))
            }
            Change::DropTable { previous } => found.push(one("drop", "table", previous.name.to_string(), None)),
            Change::AlterTable(alter) => table(alter, &mut found),
            // The table that they are in says it.
            Change::Rows(_) => {}
            Change::Sequence(delta) => found.push(object("sequence", delta, |sequence| sequence.name.to_string())),
            Change::Enum { delta, renamed, .. } => found.extend(enumeration(delta, renamed)),
            Change::Domain { delta, .. } => found.push(object("domain", delta, |domain| domain.name.to_string())),
            Change::Composite { delta, .. } => found.push(object("type", delta, |ty| ty.name.to_string())),
            Change::Definition(delta) => found.extend(definition(delta, &mut taken_down)),
            Change::Anew { next, .. } => found.push(one("alter", next.kind.word(), next.name.to_string(), None)),
            // What is only granted again is none.
            Change::Access { delta, .. } if delta.previous() == delta.next() => {}
            // It goes and comes with a column.
            Change::Access { delta: Delta::Alter { previous, next }, given: Some(given) }
                if given == previous || given == next => {}
            Change::Access { delta, .. } => {
                found.push(object("privileges", delta, |one| format!("{} {}", one.word.to_lowercase(), one.name())));
            }
            Change::DefaultPrivileges { delta, .. } => {
                found.push(object("default privileges", delta, |one| one.word.to_lowercase()));
            }
        }
    }
    let mut found = without_detours(found);
    let gone: Vec<String> =
        found.iter().filter(|one| one.action == "drop").map(|one| format!("{} {}", one.kind, one.name)).collect();
    // They go with their object.
    found.retain(|one| one.kind != "privileges" || one.action != "drop" || !gone.contains(&one.name));
    found
}

fn one(action: &'static str, kind: &'static str, name: String, detail: Option<String>) -> Difference {
    Difference { action, kind, name, detail }
}

/// What goes and comes back unchanged has only been out of the way; what goes and comes back changed is one alteration.
fn without_detours(found: Vec<Difference>) -> Vec<Difference> {
    let mut kept: Vec<Difference> = Vec::new();
    for difference in found {
        let earlier = kept.iter().position(|other| {
            other.action == "drop"
                && ["create", "alter"].contains(&difference.action)
                && (other.kind, &other.name) == (difference.kind, &difference.name)
        });
        match earlier {
            Some(index) if kept[index].detail == difference.detail => {
                kept.remove(index);
            }
            Some(index) => kept[index] = Difference { action: "alter", ..difference },
            None => kept.push(difference),
        }
    }
    kept
}

fn counted(table: &Table) -> String {
    let count = table.columns.len();
    format!("{count} column{}", if count == 1 { "" } else { "s" })
}

fn object<T>(kind: &'static str, delta: &Delta<T>, name: impl Fn(&T) -> String) -> Difference {
    match delta {
        Delta::Create { next } => one("create", kind, name(next), None),
        Delta::Drop { previous } => one("drop", kind, name(previous), None),
        Delta::Alter { next, .. } => one("alter", kind, name(next), None),
    }
}

fn enumeration(delta: &Delta<EnumType>, renamed: &[(String, String)]) -> Vec<Difference> {
    let Delta::Alter { previous, next } = delta else {
        return vec![object("type", delta, |enum_type| enum_type.name.to_string())];
    };
    let was = |former: &dyn fmt::Display| Some(format!("was {former}"));
    let mut found = Vec::new();
    if previous.name != next.name {
        found.push(one("rename", "type", next.name.to_string(), was(&previous.name)));
    }
    found.extend(renamed.iter().map(|(old, new)| one("rename", "value", format!("{}.{new}", next.name), was(old))));
    if found.is_empty() {
        found.push(one("alter", "type", next.name.to_string(), None));
    }
    found
}

/// A definition that is dropped and comes back in the same words has only been out of the way; in other words it is
/// altered. `taken_down` are those that were dropped so far.
fn definition(delta: &Delta<Definition>, taken_down: &mut Vec<Definition>) -> Option<Difference> {
    let name = |definition: &Definition| definition.name.to_string();
    let altered = |previous: &Definition, next: &Definition| {
        one("alter", next.kind.word(), name(next), Some(text_change(&previous.sql, &next.sql)))
    };
    match delta {
        // What creates the other one creates it too.
        Delta::Drop { previous: one } | Delta::Create { next: one } if one.shape.is_implied() => None,
        Delta::Drop { previous } => {
            taken_down.push(previous.clone());
            Some(one("drop", previous.kind.word(), name(previous), None))
        }
        Delta::Create { next } => {
            let same = |one: &Definition| (one.kind, &one.name, &one.table) == (next.kind, &next.name, &next.table);
            match taken_down.iter().position(same).map(|index| taken_down.remove(index)) {
                Some(previous) if previous.sql != next.sql => Some(altered(&previous, next)),
                _ => Some(one("create", next.kind.word(), name(next), None)),
            }
        }
        Delta::Alter { previous, next } if previous.name != next.name => {
            Some(one("rename", next.kind.word(), name(next), Some(format!("was {}", previous.name))))
        }
        Delta::Alter { previous, next } => Some(altered(previous, next)),
    }
}

/// What differs between two texts, a line a difference, under the thing's own line.
fn text_change(previous: &str, next: &str) -> String {
    let diff = similar::TextDiff::from_lines(previous, next);
    let lines = diff.iter_all_changes().filter_map(|change| {
        let sign = match change.tag() {
            similar::ChangeTag::Equal => return None,
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
        };
        Some(format!("\n    {sign} {}", change.value().trim_end()))
    });
    lines.collect()
}

fn wording(alter: &AlterTable) -> Option<String> {
    Some(text_change(alter.previous.verbatim.as_ref()?, alter.next.verbatim.as_ref()?))
}

fn table(alter: &AlterTable, found: &mut Vec<Difference>) {
    let table = alter.next.name.to_string();
    if alter.is_rename() {
        found.push(one("rename", "table", table.clone(), Some(format!("was {}", alter.previous.name))));
    }
    for edit in &alter.edits {
        found.push(match edit {
            Edit::Column { delta, .. } => column(&table, delta),
            Edit::Values { column, renamed } => {
                let pairs: Vec<String> = renamed.iter().map(|(old, new)| format!("{old} → {new}")).collect();
                one("rename", "value", format!("{table}.{column}"), Some(pairs.join(", ")))
            }
            Edit::PrimaryKey(delta) => part(&table, "primary key", delta, |key| parts(&key.parts)),
            Edit::Unique(delta) => part(&table, "unique constraint", delta, |unique| parts(&unique.parts)),
            Edit::ForeignKey(delta) => part(&table, "foreign key", delta, reference),
            Edit::Check(delta) => part(&table, "check", delta, |check| check.expression.clone()),
            Edit::Index(delta) => part(&table, "index", delta, |index| parts(&index.parts)),
            Edit::Exclusion(delta) => part(&table, "exclusion constraint", delta, |one| one.definition.clone()),
            Edit::Inherits => one("alter", "inheritance", table.clone(), None),
            Edit::Partition => one("alter", "partition", table.clone(), None),
            Edit::Comment => {
                one("alter", "comment", table.clone(), Some(changed(&alter.previous.comment, &alter.next.comment)))
            }
            Edit::Options => one("alter", "options", table.clone(), Some(options(alter))),
            Edit::ColumnOrder => one("alter", "column order", table.clone(), None),
            Edit::Wording => one("alter", "wording", table.clone(), wording(alter)),
        });
    }
}

fn part<T: Named>(table: &str, kind: &'static str, delta: &Delta<T>, describe: impl Fn(&T) -> String) -> Difference {
    let name = |part: &T| match part.name() {
        Some(name) => format!("{table}.{name}"),
        None => format!("{table} ({})", describe(part)),
    };
    match delta {
        Delta::Create { next } => one("create", kind, name(next), next.name().map(|_| describe(next))),
        Delta::Drop { previous } => one("drop", kind, name(previous), previous.name().map(|_| describe(previous))),
        Delta::Alter { previous, next } if previous.same_but_name(next) => {
            one("rename", kind, name(next), Some(format!("was {}", name(previous))))
        }
        Delta::Alter { previous, next } => {
            let (was, is) = (describe(previous), describe(next));
            let detail = if was == is { "other options".to_owned() } else { format!("{was} → {is}") };
            one("alter", kind, name(next), Some(detail))
        }
    }
}

fn column(table: &str, delta: &Delta<Column>) -> Difference {
    let name = |column: &Column| format!("{table}.{}", column.name);
    match delta {
        Delta::Create { next } => one("create", "column", name(next), Some(type_words(next))),
        Delta::Drop { previous } => one("drop", "column", name(previous), None),
        Delta::Alter { previous, next } if previous.name != next.name => {
            one("rename", "column", name(next), Some(format!("was {}", previous.name)))
        }
        Delta::Alter { previous, next } => {
            one("alter", "column", name(next), Some(column_changes(previous, next).join(", ")))
        }
    }
}

fn type_words(column: &Column) -> String {
    let ty = column.ty.native().unwrap_or("?");
    if column.nullable { ty.to_owned() } else { format!("{ty} not null") }
}

/// What differs between two sides of a column, each in a few words: `type integer → bigint`, `not null`.
pub(crate) fn column_changes(previous: &Column, next: &Column) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |what: &str, was: &Option<String>, is: &Option<String>| {
        if was != is {
            found.push(format!("{what} {}", changed(was, is)));
        }
    };
    say("type", &previous.ty.native().map(str::to_owned), &next.ty.native().map(str::to_owned));
    say("default", &previous.default, &next.default);
    say("charset", &previous.charset, &next.charset);
    say("collation", &previous.collation, &next.collation);
    say("comment", &previous.comment, &next.comment);
    say("on update", &previous.on_update, &next.on_update);
    let generated = |column: &Column| {
        column.generated.as_ref().map(|g| format!("{} {}", g.expression, if g.stored { "stored" } else { "virtual" }))
    };
    say("generated as", &generated(previous), &generated(next));
    say("numbering", &previous.auto_increment.as_ref().map(numbering), &next.auto_increment.as_ref().map(numbering));
    if previous.nullable != next.nullable {
        found.push(if next.nullable { "takes null" } else { "not null" }.to_owned());
    }
    if previous.says_charset != next.says_charset {
        found.push(if next.says_charset { "names its charset" } else { "names no charset" }.to_owned());
    }
    if found.is_empty() {
        found.push("other options".to_owned());
    }
    found
}

fn numbering(auto: &AutoIncrement) -> String {
    match auto {
        AutoIncrement::Native => "auto-increment".to_owned(),
        AutoIncrement::Serial => "serial".to_owned(),
        AutoIncrement::Identity(identity) => {
            format!("identity {}", if identity.always { "always" } else { "by default" })
        }
    }
}

fn changed(was: &Option<String>, is: &Option<String>) -> String {
    let word = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
    format!("{} → {}", word(was), word(is))
}

fn options(alter: &AlterTable) -> String {
    let (was, is) = (&alter.previous.options, &alter.next.options);
    let names: std::collections::BTreeSet<_> =
        was.keys().chain(is.keys()).filter(|name| was.get(*name) != is.get(*name)).collect();
    names
        .into_iter()
        .map(|name| format!("{name} {}", changed(&was.get(name).cloned(), &is.get(name).cloned())))
        .collect::<Vec<_>>()
        .join(", ")
}

fn parts(parts: &[IndexPart]) -> String {
    let word = |part: &IndexPart| {
        let key = match &part.key {
            IndexKey::Column(name) => name.clone(),
            IndexKey::Expression(text) => format!("({text})"),
        };
        if part.descending { format!("{key} desc") } else { key }
    };
    parts.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn reference(key: &ForeignKey) -> String {
    let mut text = format!("{} → {}", key.columns.join(", "), key.references);
    if !key.referenced_columns.is_empty() {
        text.push_str(&format!(" ({})", key.referenced_columns.join(", ")));
    }
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        if action != rungs_schema::Action::NoAction {
            text.push_str(&format!(" on {event} {}", action.sql().to_lowercase()));
        }
    }
    match key.deferrable {
        Some(Deferrable { initially_deferred: true }) => text.push_str(" initially deferred"),
        Some(Deferrable { initially_deferred: false }) => text.push_str(" deferrable"),
        None => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rungs_schema::DefinitionKind;

    #[test]
    fn a_changed_view_shows_the_lines_that_changed() {
        let view = |sql: &str| Definition::new(DefinitionKind::View, "v".into(), sql);
        let (previous, next) = (view("CREATE VIEW v AS\n SELECT 1"), view("CREATE VIEW v AS\n SELECT 2"));
        let there = Change::Definition(Delta::Drop { previous: previous.clone() });
        let back = |next: &Definition| Change::Definition(Delta::Create { next: next.clone() });
        let found = summary(&[there.clone(), back(&next)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "~ view v:\n    -  SELECT 1\n    +  SELECT 2");
        assert_eq!(summary(&[there, back(&previous)]), []);
    }
}
