//! What GRANT and REVOKE say of what was built.
//!
//! What a statement changes is seen by looking before and after it. A REVOKE changes nothing where nothing is granted:
//! so the same is granted first.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{Access, DeclaredAccess, DialectName, Privilege, Reference, Schema};

use super::super::introspect::introspect_stand_ins;
use super::super::privileges::of_kind;
use super::super::stand_in::StandIns;
use super::super::{literal, quote};
use super::told;
use crate::db::Connection;
use crate::dialect::splitter;
use crate::error::DbError;

type Granted = BTreeMap<(Reference, String), (Access, BTreeSet<Privilege>)>;

/// What some statements grant and revoke on what stands in stand-ins.
pub(super) async fn declared(
    connection: &mut Connection,
    stand_ins: &StandIns,
    statements: &[String],
) -> Result<Vec<DeclaredAccess>, DbError> {
    if statements.is_empty() {
        return Ok(Vec::new());
    }
    let major = connection.version().major();
    let initial = |word: &str| of_kind(word, major);
    let (revokes, grants): (Vec<&String>, Vec<&String>) = statements.iter().partition(|sql| mirrored(sql).is_some());
    let mut found: BTreeMap<(Reference, String), DeclaredAccess> = BTreeMap::new();
    if !revokes.is_empty() {
        for revoke in revokes.iter().filter_map(|sql| mirrored(sql)) {
            // What can only be revoked (a grant option) has no mirror.
            super::attempt(connection, &stand_ins.apply(&revoke)).await?;
        }
        let before = granted(connection, stand_ins).await?;
        run(connection, stand_ins, &revokes).await?;
        let after = granted(connection, stand_ins).await?;
        gained(&mut found, (&before, &after), initial, |declared, gone| declared.revoked.extend(gone));
    }
    let before = granted(connection, stand_ins).await?;
    run(connection, stand_ins, &grants).await?;
    let after = granted(connection, stand_ins).await?;
    gained(&mut found, (&after, &before), initial, |declared, come| declared.granted.extend(come));
    Ok(found.into_values().collect())
}

/// Notes what some objects grant more than others. One that is not listed grants what the server does by itself.
fn gained(
    found: &mut BTreeMap<(Reference, String), DeclaredAccess>,
    (more, less): (&Granted, &Granted),
    initial: impl Fn(&str) -> BTreeSet<Privilege>,
    note: impl Fn(&mut DeclaredAccess, Vec<Privilege>),
) {
    let listed: BTreeMap<_, _> = more.iter().chain(less).map(|(key, (access, _))| (key, access)).collect();
    for (key, access) in listed {
        let all = |side: &Granted| side.get(key).map_or_else(|| initial(&key.1), |(_, all)| all.clone());
        let only: Vec<Privilege> = all(more).difference(&all(less)).cloned().collect();
        if !only.is_empty() {
            let object = Access { owner: None, privileges: None, ..access.clone() };
            let empty = DeclaredAccess { object, granted: BTreeSet::new(), revoked: BTreeSet::new() };
            note(found.entry(key.clone()).or_insert(empty), only);
        }
    }
}

/// Only what was built can be named without its namespace: what is there stays out of it.
async fn run(connection: &mut Connection, stand_ins: &StandIns, statements: &[&String]) -> Result<(), DbError> {
    if statements.is_empty() {
        return Ok(());
    }
    let rows = connection.query("SELECT current_setting('search_path') AS path").await?;
    let path = rows.first().map(|row| row.text("path").map(str::to_owned)).transpose()?.unwrap_or_default();
    let set = |path: &str| format!("SELECT set_config('search_path', {}, true)", literal(path));
    connection.execute(&set(&quote(stand_ins.default()))).await?;
    for sql in statements {
        let outcome = connection.execute(&stand_ins.apply(sql)).await;
        outcome.map_err(|error| told(error, stand_ins, sql))?;
    }
    connection.execute(&set(&path)).await?;
    Ok(())
}

async fn granted(connection: &mut Connection, stand_ins: &StandIns) -> Result<Granted, DbError> {
    let major = connection.version().major();
    let schema: Schema = introspect_stand_ins(connection, stand_ins, true).await?;
    let mut all: Granted = BTreeMap::new();
    for access in schema.access.into_iter().filter(|one| one.extension.is_none()) {
        let privileges = access.privileges.clone().unwrap_or_else(|| of_kind(&access.word, major));
        all.insert((access.object.clone(), access.word.clone()), (access, privileges));
    }
    Ok(all)
}

/// The GRANT of what a REVOKE takes away.
fn mirrored(sql: &str) -> Option<String> {
    let words = splitter::words(DialectName::Postgres, sql);
    let is = |index: usize, text: &str| words.get(index).is_some_and(|word| word.text().eq_ignore_ascii_case(text));
    if !is(0, "revoke") {
        return None;
    }
    let from = words.iter().position(|word| word.text().eq_ignore_ascii_case("from"))?;
    let ends = words.last().is_some_and(|word| ["cascade", "restrict"].contains(&word.text().to_lowercase().as_str()));
    let end = if ends { words.last().map_or(sql.len(), |word| word.start(sql)) } else { sql.len() };
    let (start, from_start) = (words.get(1)?.start(sql), words[from].start(sql));
    Some(format!("GRANT {}TO{}", &sql[start..from_start], sql[from_start + 4..end].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_revoked_can_be_granted() {
        let mirror = mirrored("REVOKE ALL ON TABLE t\nFROM app CASCADE");
        assert_eq!(mirror.as_deref(), Some("GRANT ALL ON TABLE t\nTO app"));
        assert_eq!(mirrored("GRANT SELECT ON t TO app"), None);
    }
}
