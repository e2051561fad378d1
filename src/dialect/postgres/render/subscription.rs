//! Subscriptions, which this side alone is asked about: the other server may be out of reach.
//! <https://www.postgresql.org/docs/current/sql-altersubscription.html>

use rungs_schema::Definition;

use super::definition::object;
use crate::dialect::Statement;

const CONNECTION: &str = "CONNECTION";
const PUBLICATION: &str = "PUBLICATION";
const SLOT: &str = "slot_name";

/// Whether it can become another one where it stands. Two-phase commit, and whether its slot outlives the other server's
/// failure, are agreed on with that server.
pub(super) fn replaces(previous: &Definition, next: &Definition) -> bool {
    ["two_phase", "failover"].iter().all(|word| previous.outline.part(word) == next.outline.part(word))
}

/// A subscription that goes would take its slot on the other server with it, and could not go where that is out of reach
/// or inside a transaction.
pub(super) fn before_drop(previous: &Definition) -> Vec<Statement> {
    let thing = object(previous);
    let slot = match previous.outline.part(SLOT) {
        Some("NONE") => return Vec::new(),
        Some(name) => name.trim_matches('\'').to_owned(),
        None => previous.name.name.clone(),
    };
    vec![
        Statement::new(format!("ALTER {thing} DISABLE"), format!("disables {} {}", previous.kind, previous.name)),
        Statement::new(
            format!("ALTER {thing} SET (slot_name = NONE)"),
            format!("leaves slot {slot} to the other server: drop it there with pg_drop_replication_slot"),
        ),
    ]
}

pub(super) fn alter(previous: &Definition, next: &Definition) -> Vec<Statement> {
    let mut out = Vec::new();
    let alter = |action: String| {
        Statement::new(format!("ALTER {} {action}", object(next)), format!("changes {} {}", next.kind, next.name))
    };
    let part = |one: &Definition, word: &str| one.outline.part(word).unwrap_or_default().to_owned();
    if part(previous, CONNECTION) != part(next, CONNECTION) {
        out.push(alter(format!("CONNECTION {}", part(next, CONNECTION))));
    }
    if part(previous, PUBLICATION) != part(next, PUBLICATION) {
        let action = format!("SET PUBLICATION {} WITH (refresh = false)", part(next, PUBLICATION));
        out.push(alter(action));
    }
    let options = |one: &Definition| -> Vec<(String, String)> {
        let all = one.outline.0.iter().filter(|(word, _)| word != CONNECTION && word != PUBLICATION);
        all.cloned().collect()
    };
    let (was, is) = (options(previous), options(next));
    let mut changed: Vec<String> =
        is.iter().filter(|one| !was.contains(one)).map(|(word, value)| format!("{word} = {value}")).collect();
    let gone = was.iter().filter(|(word, _)| !is.iter().any(|(other, _)| other == word));
    changed.extend(gone.map(|(word, _)| format!("{word} = {}", initial(word, next))));
    if !changed.is_empty() {
        out.push(alter(format!("SET ({})", changed.join(", "))));
    }
    out
}

/// What a subscription has by itself.
fn initial(word: &str, next: &Definition) -> String {
    match word {
        SLOT => format!("'{}'", next.name.name.replace('\'', "''")),
        "synchronous_commit" | "streaming" => "off".to_owned(),
        "password_required" => "true".to_owned(),
        "origin" => "any".to_owned(),
        _ => "false".to_owned(),
    }
}
