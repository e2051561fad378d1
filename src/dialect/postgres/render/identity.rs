//! Identity columns. <https://www.postgresql.org/docs/current/ddl-identity-columns.html>

use rungs_schema::{Column, Identity, ObjectName, Sequence};

use super::column::Place;
use super::position;
use super::sequence::{effective_start, options};
use super::table::type_sql;
use crate::dialect::Statement;
use crate::dialect::postgres::qualified;
use crate::error::PlanError;

/// `GENERATED ... AS IDENTITY` with the options that are not the type's defaults.
pub(super) fn sql(identity: &Identity) -> String {
    let when = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
    let sequence = &identity.sequence;
    let name = (!sequence.name.name.is_empty()).then(|| format!("SEQUENCE NAME {}", qualified(&sequence.name)));
    let options = Some(options(&Sequence::default(), sequence, false)).filter(|options| !options.is_empty());
    let options: Vec<String> = name.into_iter().chain(options).collect();
    let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) };
    format!("GENERATED {when} AS IDENTITY{options}")
}

/// Turns one identity into another; `sequence` is the name of the sequence behind both.
pub(super) fn alter(
    place: &Place<'_>,
    next: &Column,
    (previous, identity): (&Identity, &Identity),
    sequence: &ObjectName,
) -> Result<Vec<Statement>, PlanError> {
    // Another type of the column has changed the sequence's by now.
    let ty = type_sql(place.table, next)?;
    let room = position::make_room(sequence, &previous.sequence, &identity.sequence, (ty, ty));
    let now = room.as_ref().map_or(&previous.sequence, |room| &room.now);
    let words = changes((previous.always, now), (identity.always, &identity.sequence));
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut out = room.map(|room| room.statements).unwrap_or_default();
    out.push(place.alter_column(&next.name, &words, format!("changes how {} is numbered", place.label(&next.name))));
    Ok(out)
}

/// The clauses of ALTER COLUMN.
fn changes((was_always, a): (bool, &Sequence), (is_always, b): (bool, &Sequence)) -> String {
    let mut words = Vec::new();
    if was_always != is_always {
        words.push(format!("SET GENERATED {}", if is_always { "ALWAYS" } else { "BY DEFAULT" }));
    }
    if a.increment != b.increment {
        words.push(format!("SET INCREMENT BY {}", b.increment.unwrap_or(1)));
    }
    if a.min != b.min {
        words.push(b.min.map_or_else(|| "SET NO MINVALUE".to_owned(), |value| format!("SET MINVALUE {value}")));
    }
    if a.max != b.max {
        words.push(b.max.map_or_else(|| "SET NO MAXVALUE".to_owned(), |value| format!("SET MAXVALUE {value}")));
    }
    if (a.start, a.min, a.max, a.increment) != (b.start, b.min, b.max, b.increment) {
        words.push(format!("SET START WITH {}", effective_start(b)));
    }
    if a.cache != b.cache {
        words.push(format!("SET CACHE {}", b.cache.unwrap_or(1)));
    }
    if a.cycle != b.cycle {
        words.push(if b.cycle { "SET CYCLE" } else { "SET NO CYCLE" }.to_owned());
    }
    words.join(" ")
}
