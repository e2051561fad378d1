//! Domains. <https://www.postgresql.org/docs/current/sql-alterdomain.html>

use rungs_schema::{Check, Domain, ObjectName};

use super::comment;
use super::rebuild::{Conversion, Root, rebuild};
use super::sequence::rename;
use crate::dialect::Statement;
use crate::dialect::postgres::names::made_name;
use crate::dialect::postgres::{Postgres, collation_sql, qualified, quote};
use crate::diff::change::{Delta, Standing};
use crate::diff::{Way, part_deltas};
use crate::error::PlanError;

pub(super) fn render(
    dialect: &Postgres,
    delta: &Delta<Domain>,
    standing: &Standing,
) -> Result<Vec<Statement>, PlanError> {
    match delta {
        Delta::Create { next } => Ok(create(next)),
        Delta::Drop { previous } => {
            let sql = format!("DROP DOMAIN {}", qualified(&previous.name));
            Ok(vec![Statement::new(sql, format!("drops domain {}", previous.name))])
        }
        Delta::Alter { previous, next } => alter(dialect, previous, next, standing),
    }
}

pub(super) fn create(next: &Domain) -> Vec<Statement> {
    let (mut out, later) = create_in_two(next);
    out.extend(later);
    out
}

/// What creates it while a former one keeps its constraints, and what has to wait until the values are there: a check that
/// is not valid looks at every value that comes.
pub(super) fn create_beside(next: &Domain) -> (Vec<Statement>, Vec<Statement>) {
    // Left to itself, the server would give NOT NULL a name that the former domain does not have.
    create_in_two(&Domain { not_null_name: Some(not_null_name(next)), ..next.clone() })
}

fn create_in_two(next: &Domain) -> (Vec<Statement>, Vec<Statement>) {
    let mut sql = format!("CREATE DOMAIN {} AS {}", qualified(&next.name), next.base);
    if let Some(collation) = &next.collation {
        sql.push_str(&format!(" COLLATE {}", collation_sql(collation)));
    }
    if let Some(default) = &next.default {
        sql.push_str(&format!(" DEFAULT {}", super::table::default_sql(default)));
    }
    if next.not_null {
        sql.push_str(&format!(" {}", not_null(next)));
    }
    // What CREATE DOMAIN adds is valid at once.
    let (later, inside): (Vec<&Check>, Vec<&Check>) = next.checks.iter().partition(|check| check.not_valid);
    for check in inside {
        sql.push_str(&format!(" {}", clause(check)));
    }
    let mut out = vec![Statement::new(sql, format!("creates domain {}", next.name))];
    if next.comment.is_some() {
        out.push(set_comment(next));
    }
    let mut added: Vec<Statement> = later.into_iter().map(|check| add(&next.name, check)).collect();
    added.extend(next.checks.iter().filter(|check| check.comment.is_some()).map(|check| comment_on(&next.name, check)));
    added.extend(next.not_null_comment.is_some().then(|| comment_on_not_null(next)));
    (out, added)
}

fn not_null_name(domain: &Domain) -> String {
    domain.not_null_name.clone().unwrap_or_else(|| made_name(&domain.name.name, "", "not_null"))
}

fn comment_on_not_null(domain: &Domain) -> Statement {
    let name = not_null_name(domain);
    let object = format!("CONSTRAINT {} ON DOMAIN {}", quote(&name), qualified(&domain.name));
    comment::on(&object, &format!("constraint {name} of domain {}", domain.name), domain.not_null_comment.as_deref())
}

fn not_null(domain: &Domain) -> String {
    let name = domain.not_null_name.as_ref();
    let name = name.map_or_else(String::new, |name| format!("CONSTRAINT {} ", quote(name)));
    format!("{name}NOT NULL")
}

fn clause(check: &Check) -> String {
    let name = check.name.as_ref().map_or_else(String::new, |name| format!("CONSTRAINT {} ", quote(name)));
    let validity = if check.not_valid { " NOT VALID" } else { "" };
    format!("{name}CHECK ({}){validity}", check.expression)
}

fn action(name: &ObjectName, action: &str, what: String) -> Statement {
    Statement::new(format!("ALTER DOMAIN {} {action}", qualified(name)), what)
}

fn name_of(check: &Check) -> &str {
    check.name.as_deref().unwrap_or_default()
}

fn add(name: &ObjectName, check: &Check) -> Statement {
    action(name, &format!("ADD {}", clause(check)), format!("adds check {} to domain {name}", name_of(check)))
}

fn drop_constraint(name: &ObjectName, check: &Check) -> Statement {
    let sql = format!("DROP CONSTRAINT {}", quote(name_of(check)));
    action(name, &sql, format!("drops check {} of domain {name}", name_of(check)))
}

fn rename_constraint(name: &ObjectName, old: &str, new: &str) -> Statement {
    let sql = format!("RENAME CONSTRAINT {} TO {}", quote(old), quote(new));
    action(name, &sql, format!("renames constraint {old} of domain {name} to {new}"))
}

fn set_comment(next: &Domain) -> Statement {
    let object = format!("DOMAIN {}", qualified(&next.name));
    comment::on(&object, &format!("domain {}", next.name), next.comment.as_deref())
}

fn comment_on(name: &ObjectName, check: &Check) -> Statement {
    let object = format!("CONSTRAINT {} ON DOMAIN {}", quote(name_of(check)), qualified(name));
    comment::on(&object, &format!("check {} of domain {name}", name_of(check)), check.comment.as_deref())
}

fn alter(
    dialect: &Postgres,
    previous: &Domain,
    next: &Domain,
    standing: &Standing,
) -> Result<Vec<Statement>, PlanError> {
    let mut out = rename(dialect, "DOMAIN", "domain", &previous.name, &next.name)?;
    if Way::of_domain(previous, next, standing) == Way::Anew {
        let is_same = previous.base == next.base;
        let base = || Conversion::Base(previous.base.clone(), next.base.clone());
        let conversion = if is_same { Conversion::Text } else { base() };
        let (create, finish) = create_beside(next);
        let root = Root { name: &next.name, word: "DOMAIN", range: None, create, conversion, finish };
        out.extend(rebuild(dialect, root, standing)?);
        return Ok(out);
    }
    let checks = Checks::of(previous, next);
    out.extend(checks.drops.iter().map(|check| drop_constraint(&next.name, check)));
    out.extend(default(previous, next));
    out.extend(nullability(previous, next));
    let kept = previous.not_null_comment.as_ref().filter(|_| previous.not_null);
    if next.not_null && kept != next.not_null_comment.as_ref() {
        out.push(comment_on_not_null(next));
    }
    out.extend(checks.renames.iter().map(|(old, new)| rename_constraint(&next.name, old, new)));
    out.extend(checks.validations.iter().map(|check| {
        let what = format!("checks existing rows against check {} of domain {}", name_of(check), next.name);
        action(&next.name, &format!("VALIDATE CONSTRAINT {}", quote(name_of(check))), what)
    }));
    out.extend(checks.creates.iter().map(|check| add(&next.name, check)));
    out.extend(checks.comments.iter().map(|check| comment_on(&next.name, check)));
    if previous.comment != next.comment {
        out.push(set_comment(next));
    }
    Ok(out)
}

fn default(previous: &Domain, next: &Domain) -> Option<Statement> {
    let name = &next.name;
    match &next.default {
        same if *same == previous.default => None,
        Some(default) => {
            Some(action(name, &format!("SET DEFAULT {default}"), format!("sets the default of domain {name}")))
        }
        None => Some(action(name, "DROP DEFAULT", format!("drops the default of domain {name}"))),
    }
}

fn nullability(previous: &Domain, next: &Domain) -> Option<Statement> {
    let name = &next.name;
    match (previous.not_null, next.not_null) {
        (true, false) => Some(action(name, "DROP NOT NULL", format!("lets domain {name} be NULL"))),
        (false, true) => {
            let what = format!("makes domain {name} NOT NULL; it fails while there are NULLs of it");
            let sql = if next.not_null_name.is_some() {
                format!("ADD {}", not_null(next))
            } else {
                "SET NOT NULL".to_owned()
            };
            Some(action(name, &sql, what))
        }
        (true, true) if previous.not_null_name != next.not_null_name => {
            Some(rename_constraint(name, &not_null_name(previous), &not_null_name(next)))
        }
        _ => None,
    }
}

/// What happens to the checks.
#[derive(Default)]
struct Checks<'a> {
    drops: Vec<&'a Check>,
    creates: Vec<&'a Check>,
    renames: Vec<(&'a str, &'a str)>,
    validations: Vec<&'a Check>,
    comments: Vec<&'a Check>,
}

impl<'a> Checks<'a> {
    fn of(previous: &'a Domain, next: &'a Domain) -> Self {
        let mut checks = Self::default();
        let find = |domain: &'a Domain, check: &Check| domain.checks.iter().find(|one| one.name == check.name);
        for delta in part_deltas(&previous.checks, &next.checks) {
            match (delta.previous().and_then(|old| find(previous, old)), delta.next().and_then(|new| find(next, new))) {
                (Some(old), Some(new)) => checks.alter(old, new),
                (old, new) => {
                    checks.drops.extend(old);
                    checks.creates.extend(new);
                }
            }
        }
        checks
    }

    fn alter(&mut self, old: &'a Check, new: &'a Check) {
        if old.expression != new.expression || new.not_valid && !old.not_valid {
            self.drops.push(old);
            self.creates.push(new);
            return;
        }
        if old.name != new.name {
            self.renames.push((name_of(old), name_of(new)));
        }
        if old.not_valid && !new.not_valid {
            self.validations.push(new);
        }
        if old.comment != new.comment {
            self.comments.push(new);
        }
    }
}
