//! How a column numbers itself: identity, serial, or a default that draws from a sequence. Whichever becomes which, the
//! counter goes on from where it was.

use rungs_schema::{AutoIncrement, Column, ObjectName, Sequence};

use super::column::Place;
use super::identity;
use super::position::Whole;
use super::sequence::{catch_up, serial_name};
use super::table::type_sql;
use crate::dialect::Statement;
use crate::dialect::postgres::{literal, qualified, quote};
use crate::diff::SERIAL_OWNER;
use crate::error::PlanError;

/// The sequence that goes and comes with a column.
pub(super) fn own_sequence(table: &ObjectName, column: &Column) -> Option<ObjectName> {
    match &column.auto_increment {
        Some(AutoIncrement::Identity(identity)) if !identity.sequence.name.name.is_empty() => {
            Some(identity.sequence.name.clone())
        }
        Some(_) => Some(serial_name(table, &column.name)),
        None => None,
    }
}

/// The sequence that a default draws from, as SQL names it.
fn drawn_sequence(column: &Column) -> Option<String> {
    let inside = column.default.as_deref()?.strip_prefix("nextval('")?.strip_suffix("'::regclass)")?;
    Some(inside.replace("''", "'"))
}

/// Under which name the former sequence is kept until the new one has taken over.
fn aside(sequence: &ObjectName) -> ObjectName {
    let mut end = sequence.name.len().min(50);
    while !sequence.name.is_char_boundary(end) {
        end -= 1;
    }
    sequence.sibling(format!("{}__previous", &sequence.name[..end]))
}

/// Whether the column has a sequence of another kind afterwards.
fn changes_kind(previous: &Column, next: &Column) -> bool {
    let kind = |column: &Column| column.auto_increment.as_ref().map(std::mem::discriminant);
    previous.auto_increment.is_some() && kind(previous) != kind(next)
}

/// Stops the former numbering. Where there is another one to take over, a sequence is kept [`aside`] that knows how far
/// the column has counted.
pub(super) fn let_go(place: &Place<'_>, previous: &Column, next: &Column, old_table: &ObjectName) -> Vec<Statement> {
    let old_table = place.name().sibling(&old_table.name);
    let Some(sequence) = own_sequence(&old_table, previous).filter(|_| changes_kind(previous, next)) else {
        return Vec::new();
    };
    let label = place.label(&next.name);
    let is_identity = matches!(previous.auto_increment, Some(AutoIncrement::Identity(_)));
    let stop = if is_identity { "DROP IDENTITY" } else { "DROP DEFAULT" };
    let stop = place.alter_column(&next.name, stop, format!("stops numbering {label}"));
    let goes_on = next.auto_increment.is_some() || drawn_sequence(next).is_some();
    let kept = aside(&sequence);
    match (is_identity, goes_on) {
        (true, false) => vec![stop],
        (false, false) => vec![stop, drop(&sequence, &label)],
        (false, true) => {
            let sql = format!("ALTER SEQUENCE {} RENAME TO {}", qualified(&sequence), quote(&kept.name));
            vec![stop, Statement::new(sql, format!("sets the sequence of {label} aside"))]
        }
        // The sequence of an identity goes with it: where it is has to be copied first.
        (true, true) => {
            let sql = format!("CREATE SEQUENCE {} MINVALUE {}", qualified(&kept), i64::MIN);
            let create = Statement::new(sql, format!("keeps in mind how far {label} has counted"));
            vec![create, copy(&kept, &qualified(&sequence), None, &label), stop]
        }
    }
}

/// Starts the numbering of its own that a column did not have, or had otherwise.
pub(super) fn take_up(
    place: &Place<'_>,
    previous: &Column,
    next: &Column,
    old_table: &ObjectName,
) -> Result<Vec<Statement>, PlanError> {
    let label = place.label(&next.name);
    let mut out = Vec::new();
    let options = match (&previous.auto_increment, &next.auto_increment) {
        (_, None | Some(AutoIncrement::Native)) => return Ok(out),
        (Some(AutoIncrement::Serial), Some(AutoIncrement::Serial)) => return Ok(out),
        (Some(AutoIncrement::Identity(a)), Some(AutoIncrement::Identity(b))) => {
            let sequence = own_sequence(place.name(), next).unwrap_or_default();
            return identity::alter(place, next, (a, b), &sequence);
        }
        (_, Some(AutoIncrement::Identity(next_identity))) => {
            let action = format!("ADD {}", identity::sql(next_identity));
            out.push(place.alter_column(&next.name, &action, format!("lets {label} number itself")));
            next_identity.sequence.clone()
        }
        (_, Some(AutoIncrement::Serial)) => {
            out.extend(make_serial(place, next)?);
            Sequence::default()
        }
    };
    let old_table = place.name().sibling(&old_table.name);
    let new = own_sequence(place.name(), next).unwrap_or_default();
    let bounds = Whole::of(&options, type_sql(place.table, next)?);
    match own_sequence(&old_table, previous).map(|sequence| aside(&sequence)) {
        Some(kept) => {
            out.push(copy(&new, &qualified(&kept), Some(&bounds), &label));
            out.push(drop(&kept, &label));
        }
        None => match drawn_sequence(previous) {
            Some(old) => out.push(copy(&new, &old, Some(&bounds), &label)),
            None => out.push(catch_up(place.name(), &next.name, &options)),
        },
    }
    Ok(out)
}

/// Lets the sequence that a new default draws from go on from where the column was: forward, never back, because others
/// may draw from it too.
pub(super) fn go_on(place: &Place<'_>, previous: &Column, next: &Column, old_table: &ObjectName) -> Vec<Statement> {
    let label = place.label(&next.name);
    let Some(new) = drawn_sequence(next).filter(|_| next.auto_increment.is_none()) else { return Vec::new() };
    let forward = |old: &str| {
        let sql = format!(
            "SELECT setval({}, former.last_value, former.is_called) FROM {old} AS former, {new} AS present \
             WHERE (former.last_value, former.is_called) > (present.last_value, present.is_called)",
            literal(&new)
        );
        Statement::new(sql, format!("lets {label} count on from where it was"))
    };
    let old_table = place.name().sibling(&old_table.name);
    match own_sequence(&old_table, previous).map(|sequence| aside(&sequence)) {
        Some(kept) => vec![forward(&qualified(&kept)), drop(&kept, &label)],
        None => drawn_sequence(previous).filter(|old| *old != new).map(|old| forward(&old)).into_iter().collect(),
    }
}

fn make_serial(place: &Place<'_>, next: &Column) -> Result<Vec<Statement>, PlanError> {
    let label = place.label(&next.name);
    let sequence = qualified(&serial_name(place.name(), &next.name));
    let ty = type_sql(place.table, next)?;
    let tie = format!("OWNED BY {}.{}", qualified(place.name()), quote(&next.name));
    let create = |rest: &str| {
        let sql = format!("CREATE SEQUENCE {sequence} AS {ty}{rest}");
        Statement::new(sql, format!("creates the sequence of {label}"))
    };
    let mut out = Vec::new();
    match next.options.get(SERIAL_OWNER) {
        Some(owner) => {
            let alter =
                |action: &str, what: String| Statement::new(format!("ALTER SEQUENCE {sequence} {action}"), what);
            out.push(create(""));
            let to = format!("OWNER TO {}", quote(owner));
            out.push(alter(&to, format!("gives the sequence of {label} to the table's owner")));
            out.push(alter(&tie, format!("ties the sequence of {label} to it")));
        }
        None => out.push(create(&format!(" {tie}"))),
    }
    let default = format!("SET DEFAULT nextval({}::regclass)", literal(&sequence));
    out.push(place.alter_column(&next.name, &default, format!("lets {label} number itself")));
    Ok(out)
}

fn drop(sequence: &ObjectName, label: &str) -> Statement {
    Statement::new(format!("DROP SEQUENCE {}", qualified(sequence)), format!("drops the former sequence of {label}"))
}

/// Moves a sequence to where another one is, unless its bounds, where given, leave that outside.
fn copy(sequence: &ObjectName, from: &str, bounds: Option<&Whole>, label: &str) -> Statement {
    let within = bounds
        .map_or_else(String::new, |bounds| format!(" WHERE last_value BETWEEN {} AND {}", bounds.min, bounds.max));
    let name = literal(&qualified(sequence));
    let sql = format!("SELECT setval({name}, last_value, is_called) FROM {from}{within}");
    Statement::new(sql, format!("lets {label} count on from where it was"))
}
