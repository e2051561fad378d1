//! Owners and privileges. <https://www.postgresql.org/docs/current/sql-grant.html>
//!
//! A role that is nobody in particular (the connection's own) is whoever runs the script: `CURRENT_USER`.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{Access, DefaultPrivileges, Grantee, Privilege};

use super::definition::routine_name;
use crate::dialect::Statement;
use crate::dialect::postgres::{Postgres, privileges, qualified, quote};
use crate::diff::change::Delta;

pub(super) fn render(dialect: &Postgres, delta: &Delta<Access>, given: Option<&Access>) -> Vec<Statement> {
    match (delta, given) {
        // It goes with its object.
        (Delta::Drop { .. }, Some(_)) => Vec::new(),
        (Delta::Drop { previous }, None) => turn(dialect, previous, &previous.taken_back()),
        (Delta::Create { next } | Delta::Alter { next, .. }, Some(given)) => turn(dialect, given, next),
        (Delta::Create { next }, None) => turn(dialect, &next.taken_back(), next),
        (Delta::Alter { previous, next }, None) => turn(dialect, previous, next),
    }
}

fn turn(dialect: &Postgres, from: &Access, to: &Access) -> Vec<Statement> {
    let label = format!("{} {}", to.word.to_lowercase(), to.name());
    let granted =
        |access: &Access| access.privileges.clone().unwrap_or_else(|| privileges::of_object(access, dialect.major()));
    let mut before = granted(from);
    let mut out = Vec::new();
    if from.owner != to.owner {
        let owner = owner_of(dialect, to);
        let sql = format!("ALTER {} {} OWNER TO {}", owner_word(&to.word), name_of(to), owner.sql);
        out.push(Statement::new(sql, format!("gives {label} to {}", owner.label)));
        before = handed_over(before, to.owner.as_deref());
    }
    let place = Place {
        before: String::new(),
        on: format!("{} {}", grant_word(&to.word), name_of(to)),
        label: format!("on {label}"),
        owner: owner_of(dialect, to),
        all: privileges::all(&to.word, dialect.major()),
    };
    out.extend(place.turn(&before, &granted(to)));
    out
}

pub(super) fn render_defaults(
    dialect: &Postgres,
    delta: &Delta<DefaultPrivileges>,
    with_namespace: bool,
) -> Vec<Statement> {
    let Some(any) = delta.next().or(delta.previous()) else { return Vec::new() };
    if with_namespace && delta.next().is_none() {
        return Vec::new();
    }
    let granted = |side: Option<&DefaultPrivileges>| match side {
        Some(defaults) => defaults.privileges.clone(),
        None if any.namespace.is_some() => BTreeSet::new(),
        None => privileges::of_kind(&any.word, dialect.major()),
    };
    let (mut before, mut label) =
        ("ALTER DEFAULT PRIVILEGES ".to_owned(), format!("on future {}", any.word.to_lowercase()));
    if let Some(role) = &any.role {
        before.push_str(&format!("FOR ROLE {} ", quote(role)));
        label.push_str(&format!(" of {role}"));
    }
    if let Some(namespace) = &any.namespace {
        before.push_str(&format!("IN SCHEMA {} ", quote(namespace)));
        label.push_str(&format!(" in schema {namespace}"));
    }
    let place = Place {
        before,
        on: any.word.clone(),
        label,
        owner: any.role.as_deref().map_or_else(RoleName::own, RoleName::of),
        all: privileges::all(&any.word, dialect.major()),
    };
    place.turn(&granted(delta.previous()), &granted(delta.next()))
}

/// A role as SQL and in comments.
#[derive(Debug, Clone)]
struct RoleName {
    sql: String,
    label: String,
}

/// Columns by privilege, and by whether it is one on columns: the same one may be granted on the whole too.
type Columns = BTreeMap<(String, bool), Vec<String>>;

impl RoleName {
    fn of(role: &str) -> Self {
        Self { sql: quote(role), label: role.to_owned() }
    }

    fn own() -> Self {
        Self { sql: "CURRENT_USER".to_owned(), label: "whoever runs this".to_owned() }
    }
}

fn owner_of(dialect: &Postgres, access: &Access) -> RoleName {
    match &access.owner {
        Some(owner) => RoleName::of(owner),
        None if access.word == "SCHEMA" && access.name().name == "public" && dialect.at_least(15) => {
            RoleName::of("pg_database_owner")
        }
        None => RoleName::own(),
    }
}

/// The server hands on what the old owner had and granted, and what the new owner was granted by others becomes part
/// of that.
fn handed_over(granted: BTreeSet<Privilege>, owner: Option<&str>) -> BTreeSet<Privilege> {
    let Some(owner) = owner else { return granted };
    let is_owner = |role: &String| role == owner;
    let hand_over = |one: Privilege| Privilege {
        grantor: one.grantor.filter(|role| !is_owner(role)),
        grantee: match one.grantee {
            Grantee::Role(role) if is_owner(&role) => Grantee::Owner,
            other => other,
        },
        ..one
    };
    granted.into_iter().map(hand_over).collect()
}

fn name_of(access: &Access) -> String {
    match access.word.as_str() {
        "FUNCTION" | "PROCEDURE" | "AGGREGATE" => routine_name(access.name()),
        "OPERATOR" => super::operator::name(access.name()),
        "OPERATOR CLASS" | "OPERATOR FAMILY" => super::operator::with_method(access.name()),
        _ => qualified(access.name()),
    }
}

/// Aggregates have an order of arguments of their own, which ROUTINE does not ask for.
fn owner_word(word: &str) -> &str {
    if word == "AGGREGATE" { "ROUTINE" } else { word }
}

fn grant_word(word: &str) -> &str {
    match word {
        "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" => "TABLE",
        "SERVER" => "FOREIGN SERVER",
        other => owner_word(other),
    }
}

/// One privilege, without its grant option.
type Right = (Option<String>, Grantee, Option<String>, String);

/// Where something is granted.
struct Place<'a> {
    /// What stands before GRANT and REVOKE.
    before: String,
    /// What stands after ON.
    on: String,
    label: String,
    owner: RoleName,
    /// All privileges that there are.
    all: &'a [&'a str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Revoke,
    RevokeOption,
    Grant,
    GrantWithOption,
}

impl Place<'_> {
    /// What is granted by somebody who was granted it goes before what that one was granted, and comes after.
    fn turn(&self, from: &BTreeSet<Privilege>, to: &BTreeSet<Privilege>) -> Vec<Statement> {
        let rights = |set: &BTreeSet<Privilege>| -> BTreeMap<Right, bool> {
            let mut found = BTreeMap::new();
            for one in set {
                let right = (one.grantor.clone(), one.grantee.clone(), one.column.clone(), one.privilege.clone());
                *found.entry(right).or_default() |= one.grantable;
            }
            found
        };
        let (mut now, wanted) = (rights(from), rights(to));
        let mut acts: BTreeMap<(Act, usize), BTreeSet<Right>> = BTreeMap::new();
        for (act, right) in revoked(&mut now, &wanted) {
            let depth = depth(&right, from);
            acts.entry((act, usize::MAX - depth)).or_default().insert(right);
        }
        for (right, with_option) in &wanted {
            let had = now.get(right);
            if had.is_none() || *with_option && had == Some(&false) {
                let act = if *with_option { Act::GrantWithOption } else { Act::Grant };
                acts.entry((act, depth(right, to))).or_default().insert(right.clone());
            }
        }
        let mut acts: Vec<_> = acts.into_iter().collect();
        // Revocations by depth, whatever they revoke; then grants.
        acts.sort_by_key(|((act, depth), _)| (*act >= Act::Grant, *depth, *act));
        acts.into_iter().flat_map(|((act, _), rights)| self.statements(act, rights)).collect()
    }

    fn statements(&self, act: Act, rights: BTreeSet<Right>) -> Vec<Statement> {
        let mut of: BTreeMap<(Option<String>, Grantee), Columns> = BTreeMap::new();
        for (grantor, grantee, column, privilege) in rights {
            let privileges = of.entry((grantor, grantee)).or_default();
            privileges.entry((privilege, column.is_some())).or_default().extend(column);
        }
        // Those who get the same get it together.
        let mut grouped: Vec<(Option<String>, Columns, Vec<RoleName>)> = Vec::new();
        for ((grantor, grantee), privileges) in of {
            let role = match grantee {
                Grantee::Owner => self.owner.clone(),
                Grantee::Public => RoleName { sql: "PUBLIC".to_owned(), label: "everybody".to_owned() },
                Grantee::Role(role) => RoleName::of(&role),
            };
            match grouped.iter_mut().find(|(by, same, _)| *by == grantor && *same == privileges) {
                Some((.., roles)) => roles.push(role),
                None => grouped.push((grantor, privileges, vec![role])),
            }
        }
        let mut out = Vec::new();
        for (grantor, privileges, roles) in grouped {
            let statement = self.statement(act, &self.list(&privileges), &roles);
            match grantor {
                None => out.push(statement),
                Some(role) => {
                    out.push(Statement::new(
                        format!("SET ROLE {}", quote(&role)),
                        format!("acts as {role}, who grants it"),
                    ));
                    out.push(statement);
                    out.push(Statement::new("RESET ROLE", format!("no longer acts as {role}")));
                }
            }
        }
        out
    }

    fn statement(&self, act: Act, list: &str, roles: &[RoleName]) -> Statement {
        let join = |word: fn(&RoleName) -> &str| roles.iter().map(word).collect::<Vec<_>>().join(", ");
        let (sql_roles, roles) = (join(|role| &role.sql), join(|role| &role.label));
        let Self { before, on, label, .. } = self;
        let what = if list == "ALL" { "everything".to_owned() } else { list.replace('"', "") };
        match act {
            Act::Revoke => Statement::new(
                format!("{before}REVOKE {list} ON {on} FROM {sql_roles}"),
                format!("revokes {what} {label} from {roles}"),
            ),
            Act::RevokeOption => Statement::new(
                format!("{before}REVOKE GRANT OPTION FOR {list} ON {on} FROM {sql_roles}"),
                format!("no longer lets {roles} grant {what} {label}"),
            ),
            Act::Grant => Statement::new(
                format!("{before}GRANT {list} ON {on} TO {sql_roles}"),
                format!("grants {what} {label} to {roles}"),
            ),
            Act::GrantWithOption => Statement::new(
                format!("{before}GRANT {list} ON {on} TO {sql_roles} WITH GRANT OPTION"),
                format!("grants {what} {label} to {roles}, who may grant it too"),
            ),
        }
    }

    /// Privileges with their columns, in the server's order.
    fn list(&self, privileges: &Columns) -> String {
        let is_all = self.all.len() > 1
            && self.all.iter().all(|one| privileges.contains_key(&((*one).to_owned(), false)))
            && privileges.len() == self.all.len();
        if is_all {
            return "ALL".to_owned();
        }
        let place = |name: &str| self.all.iter().position(|one| *one == name).unwrap_or(usize::MAX);
        let mut list: Vec<_> = privileges.iter().collect();
        list.sort_by_key(|((name, on_columns), _)| (place(name), name.clone(), *on_columns));
        let word = |((name, _), columns): (&(String, bool), &Vec<String>)| {
            let columns: Vec<String> = columns.iter().map(|column| quote(column)).collect();
            if columns.is_empty() { name.clone() } else { format!("{name} ({})", columns.join(", ")) }
        };
        list.into_iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

/// What has to be revoked. What that takes along leaves `now` too: to revoke a privilege on a table revokes it on its
/// columns.
fn revoked(now: &mut BTreeMap<Right, bool>, wanted: &BTreeMap<Right, bool>) -> Vec<(Act, Right)> {
    let mut acts = Vec::new();
    for on_columns in [false, true] {
        let rights: Vec<(Right, bool)> = now
            .iter()
            .filter(|(right, _)| right.2.is_some() == on_columns)
            .map(|(r, option)| (r.clone(), *option))
            .collect();
        for (right, with_option) in rights {
            let takes_along =
                |other: &Right| !on_columns && (&other.0, &other.1, &other.3) == (&right.0, &right.1, &right.3);
            match wanted.get(&right) {
                None => {
                    now.retain(|other, _| *other != right && !takes_along(other));
                    acts.push((Act::Revoke, right));
                }
                Some(false) if with_option => {
                    now.iter_mut()
                        .filter(|(other, _)| **other == right || takes_along(other))
                        .for_each(|(_, option)| *option = false);
                    acts.push((Act::RevokeOption, right));
                }
                Some(_) => {}
            }
        }
    }
    acts
}

/// How many grants lead from the owner to this one.
fn depth(right: &Right, set: &BTreeSet<Privilege>) -> usize {
    let mut grantor = right.0.clone();
    let mut depth = 0;
    while let Some(role) = grantor {
        depth += 1;
        if depth > set.len() {
            break;
        }
        let granted = set.iter().filter(|one| one.grantable && one.privilege == right.3);
        grantor = granted
            .filter(|one| one.grantee == Grantee::Role(role.clone()))
            .map(|one| one.grantor.clone())
            .min()
            .flatten();
    }
    depth
}
