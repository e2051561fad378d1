//! Views, routines, triggers and all else that is kept as a statement.

use std::collections::BTreeMap;

use rungs_schema::{Definition, DefinitionKind, ObjectName, Shape};

use super::{comment, operator, setting, subscription};
use crate::dialect::Statement;
use crate::dialect::postgres::introspect::EMPTY;
use crate::dialect::postgres::{Postgres, extension, qualified, quote};
use crate::diff::change::Delta;

pub(super) fn render(dialect: &Postgres, delta: &Delta<Definition>) -> Vec<Statement> {
    match delta {
        Delta::Create { next } => create(next),
        Delta::Drop { previous } => drop_whole(previous),
        Delta::Alter { previous, next } if previous.name != next.name && previous.kind == next.kind => {
            let object = object(previous);
            let sql = format!("ALTER {object} RENAME TO {}", quote(&next.name.name));
            vec![Statement::new(sql, format!("renames {} {} to {}", next.kind, previous.name, next.name))]
        }
        Delta::Alter { previous, next } if !dialect.replaces(previous, next) => {
            drop_whole(previous).into_iter().chain(create(next)).collect()
        }
        Delta::Alter { previous, next } => alter(previous, next),
    }
}

fn drop_whole(previous: &Definition) -> Vec<Statement> {
    let mut out = match previous.kind {
        DefinitionKind::Subscription => subscription::before_drop(previous),
        _ => Vec::new(),
    };
    out.push(drop(previous));
    out
}

fn alter(previous: &Definition, next: &Definition) -> Vec<Statement> {
    let mut out = Vec::new();
    let mut settings = previous.settings.clone();
    if next.kind == DefinitionKind::Extension {
        out.extend(extension::alter(previous, next));
    } else if previous.sql != next.sql {
        out.extend(replace(previous, next));
        if next.kind == DefinitionKind::Trigger {
            // A trigger that is replaced fires again as a new one would.
            settings = BTreeMap::new();
        }
    }
    out.extend(setting::change(&settings, next));
    if previous.comment != next.comment {
        out.push(set_comment(next));
    }
    out
}

fn replace(previous: &Definition, next: &Definition) -> Vec<Statement> {
    let what = format!("{} {}", next.kind, next.name);
    let sql = match next.kind {
        DefinitionKind::Policy => return vec![alter_policy(previous, next)],
        DefinitionKind::Publication => return alter_publication(previous, next),
        DefinitionKind::Subscription => return subscription::alter(previous, next),
        DefinitionKind::OperatorFamily => return operator::alter_family(previous, next),
        DefinitionKind::View | DefinitionKind::Trigger | DefinitionKind::Rule => {
            next.sql.replacen("CREATE ", "CREATE OR REPLACE ", 1)
        }
        _ => next.sql.clone(),
    };
    vec![Statement::new(sql, format!("replaces {what}"))]
}

pub(super) fn create(next: &Definition) -> Vec<Statement> {
    if is_everybodys(next) {
        return vec![set_comment(next)];
    }
    // The class of its name brings it.
    if next.shape.is_implied() {
        return Vec::new();
    }
    let no_rows = next.kind == DefinitionKind::MaterializedView && next.outline.part(EMPTY).is_some();
    let sql = if no_rows { format!("{}\n  WITH NO DATA", next.sql) } else { next.sql.clone() };
    let mut out = vec![Statement::new(sql, format!("creates {} {}", next.kind, next.name))];
    out.extend(setting::change(&BTreeMap::new(), next));
    if next.comment.is_some() {
        out.push(set_comment(next));
    }
    out
}

pub(super) fn drop(previous: &Definition) -> Statement {
    if is_everybodys(previous) {
        return comment::on(&object(previous), &format!("schema {}", previous.name), Some("standard public schema"));
    }
    Statement::new(format!("DROP {}", object(previous)), format!("drops {} {}", previous.kind, previous.name))
}

fn set_comment(next: &Definition) -> Statement {
    comment::on(&object(next), &format!("{} {}", next.kind, next.name), next.comment.as_deref())
}

/// Whether it is the namespace that every database has: of that one only the comment is ours.
fn is_everybodys(definition: &Definition) -> bool {
    definition.kind == DefinitionKind::Namespace && definition.name.name == "public"
}

/// The words by which DROP, ALTER and COMMENT ON know it.
pub(super) fn object(definition: &Definition) -> String {
    let word = definition.kind.word().to_ascii_uppercase();
    match (definition.kind, &definition.table) {
        (DefinitionKind::Function | DefinitionKind::Procedure, _) => {
            format!("{word} {}", routine_name(&definition.name))
        }
        // Aggregates have an order of arguments of their own, which ROUTINE does not ask for.
        (DefinitionKind::Aggregate, _) => format!("ROUTINE {}", routine_name(&definition.name)),
        (DefinitionKind::Operator, _) => format!("OPERATOR {}", operator::name(&definition.name)),
        (DefinitionKind::OperatorClass | DefinitionKind::OperatorFamily, _) => {
            format!("{word} {}", operator::with_method(&definition.name))
        }
        (DefinitionKind::Cast, _) => format!("CAST ({})", definition.name.name),
        (DefinitionKind::Transform, _) => format!("TRANSFORM FOR {}", definition.name.name),
        (DefinitionKind::Trigger | DefinitionKind::Rule | DefinitionKind::Policy, Some(table)) => {
            format!("{word} {} ON {}", quote(&definition.name.name), qualified(table))
        }
        (DefinitionKind::ShellType | DefinitionKind::Range, _) => format!("TYPE {}", qualified(&definition.name)),
        (DefinitionKind::UserMapping, _) => format!("USER MAPPING FOR {}", definition.name.name),
        _ => format!("{word} {}", qualified(&definition.name)),
    }
}

/// Whether the next one can take the place of the previous one; see [`Rules`](crate::diff::Rules).
pub(in crate::dialect::postgres) fn replaces(previous: &Definition, next: &Definition) -> bool {
    let is_same = previous.sql == next.sql && same_storage(previous, next);
    is_same || next.kind == DefinitionKind::Extension || replaceable(previous, next)
}

/// As [`replaces`], before PostgreSQL 14: there is no CREATE OR REPLACE TRIGGER.
/// <https://www.postgresql.org/docs/14/release-14.html>
pub(in crate::dialect::postgres) fn replaces_before_14(previous: &Definition, next: &Definition) -> bool {
    (previous.sql == next.sql || next.kind != DefinitionKind::Trigger) && replaces(previous, next)
}

/// A materialised view's access method can be changed since PostgreSQL 15; before it is made anew, which every version
/// can.
fn same_storage(previous: &Definition, next: &Definition) -> bool {
    previous.settings.get("access_method") == next.settings.get("access_method")
}

fn replaceable(previous: &Definition, next: &Definition) -> bool {
    match next.kind {
        DefinitionKind::Function | DefinitionKind::Procedure | DefinitionKind::Aggregate => {
            same_signature(previous, next)
        }
        DefinitionKind::View => next.outline.0.starts_with(&previous.outline.0) && !previous.outline.0.is_empty(),
        DefinitionKind::Trigger => {
            let plain = |one: &Definition| one.sql.starts_with("CREATE TRIGGER ");
            plain(previous) && plain(next)
        }
        DefinitionKind::Rule | DefinitionKind::Transform | DefinitionKind::OperatorFamily => true,
        // On a language that is not trusted nothing is granted or revoked.
        DefinitionKind::Language => {
            let is_trusted = |one: &Definition| one.sql.starts_with("CREATE OR REPLACE TRUSTED ");
            is_trusted(previous) == is_trusted(next)
        }
        DefinitionKind::Policy => {
            let head = |one: &Definition| one.sql.split_once("\n    TO ").map(|(head, _)| head.to_owned());
            // A clause can be changed, but not taken away.
            let keeps = |clause: &str| previous.outline.part(clause).is_none() || next.outline.part(clause).is_some();
            head(previous).is_some() && head(previous) == head(next) && keeps("USING") && keeps("WITH CHECK")
        }
        DefinitionKind::Publication => {
            let all = |one: &Definition| one.sql.contains("\n    FOR ALL TABLES");
            all(previous) == all(next)
        }
        DefinitionKind::Subscription => subscription::replaces(previous, next),
        _ => false,
    }
}

fn alter_policy(previous: &Definition, next: &Definition) -> Statement {
    let clauses = next.outline.0.iter().filter(|(word, text)| previous.outline.part(word) != Some(text));
    let clauses: String = clauses.map(|(word, text)| format!("\n    {word} {text}")).collect();
    Statement::new(format!("ALTER {}{clauses}", object(next)), format!("changes {} {}", next.kind, next.name))
}

fn alter_publication(previous: &Definition, next: &Definition) -> Vec<Statement> {
    let members = |one: &Definition| -> Vec<String> {
        one.outline.0.iter().filter(|(word, _)| word == "member").map(|(_, text)| text.clone()).collect()
    };
    let options = |one: &Definition| -> BTreeMap<String, String> {
        let options = one.outline.0.iter().filter_map(|(word, text)| Some((word.strip_prefix("option:")?, text)));
        options.map(|(word, text)| (word.to_owned(), text.clone())).collect()
    };
    let alter = |rest: String| {
        Statement::new(format!("ALTER {} {rest}", object(next)), format!("changes {} {}", next.kind, next.name))
    };
    let (was, is) = (members(previous), members(next));
    let mut out = Vec::new();
    if was != is {
        if is.is_empty() {
            // SET takes at least one member. What is dropped is named without columns and condition.
            out.extend(was.iter().map(|member| alter(format!("DROP {}", bare_member(member)))));
        } else {
            out.push(alter(format!("SET {}", is.join(", "))));
        }
    }
    let (was, is) = (options(previous), options(next));
    let mut words: Vec<&String> = was.keys().chain(is.keys()).collect();
    words.sort();
    words.dedup();
    let value = |word: &String| is.get(word).map_or_else(|| default_option(word).to_owned(), Clone::clone);
    let changed = words.into_iter().filter(|word| was.get(*word) != is.get(*word));
    let changed: Vec<String> = changed.map(|word| format!("{word} = {}", value(word))).collect();
    if !changed.is_empty() {
        out.push(alter(format!("SET ({})", changed.join(", "))));
    }
    out
}

/// What a publication has by itself.
fn default_option(word: &str) -> &'static str {
    match word {
        "publish" => "'insert, update, delete, truncate'",
        "publish_generated_columns" => "none",
        _ => "false",
    }
}

/// `TABLE ONLY name (columns) WHERE (...)` without what follows the name, which may be quoted and qualified.
fn bare_member(member: &str) -> &str {
    let mut is_quoted = false;
    let start = if member.starts_with("TABLES IN SCHEMA ") { "TABLES IN SCHEMA ".len() } else { "TABLE ONLY ".len() };
    let end = member.char_indices().skip(start).find(|(_, c)| {
        is_quoted ^= *c == '"';
        *c == ' ' && !is_quoted
    });
    end.map_or(member, |(at, _)| &member[..at])
}

/// CREATE OR REPLACE keeps what a routine gives back and how its arguments are called, and takes no default away.
/// <https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-NOTES>
fn same_signature(previous: &Definition, next: &Definition) -> bool {
    let (
        Shape::Routine { result: was, names: old, defaults: fewest },
        Shape::Routine { result: is, names: new, defaults: number },
    ) = (&previous.shape, &next.shape)
    else {
        return false;
    };
    let keeps_name = |(at, name): (usize, &String)| name.is_empty() || new.get(at) == Some(name);
    next.sql.starts_with("CREATE OR REPLACE ")
        && was == is
        && old.iter().enumerate().all(keeps_name)
        && fewest <= number
}

/// A routine's name and argument types. The name may hold a parenthesis itself, and so may the quoted name of a type.
pub(super) fn routine_name(whole: &ObjectName) -> String {
    let mut is_quoted = false;
    let open = whole.name.char_indices().rev().find(|(_, c)| {
        is_quoted ^= *c == '"';
        *c == '(' && !is_quoted
    });
    let (name, arguments) = whole.name.split_at(open.map_or(whole.name.len(), |(at, _)| at));
    let place = whole.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
    format!("{place}{}{arguments}", quote(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_routine_is_known_by_its_name_and_arguments() {
        let named = |name: &str| routine_name(&ObjectName::bare(name));
        assert_eq!(named("f(integer, text[])"), "\"f\"(integer, text[])");
        assert_eq!(named("odd (name(\"a (type)\")"), "\"odd (name\"(\"a (type)\")");
        assert_eq!(routine_name(&ObjectName::qualified("s", "f()")), "\"s\".\"f\"()");
    }
}
