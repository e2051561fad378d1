//! Where a sequence is while its bounds change: the server refuses bounds that leave the position outside.
//!
//! A sequence that nobody has drawn from yet starts anew; one that stays behind its new bounds moves up to them, which
//! gives no number twice. One that is ahead of them cannot be saved: the server says so.

use rungs_schema::{ObjectName, Sequence};

use super::sequence::effective_start;
use crate::dialect::Statement;
use crate::dialect::postgres::names::SequenceRange;
use crate::dialect::postgres::{literal, qualified};

/// What has to be done before the options of a sequence are changed.
pub(super) struct Room {
    pub(super) statements: Vec<Statement>,
    /// The sequence as it then is.
    pub(super) now: Sequence,
}

/// A sequence's options with everything that it has by itself.
pub(super) struct Whole {
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) start: i64,
    descending: bool,
}

impl Whole {
    pub(super) fn of(sequence: &Sequence, ty: &str) -> Self {
        let increment = sequence.increment.unwrap_or(1);
        let range = SequenceRange::of(ty, increment);
        let (min, max) = (sequence.min.unwrap_or(range.min), sequence.max.unwrap_or(range.max));
        let start = effective_start(&Sequence { min: Some(min), max: Some(max), ..sequence.clone() });
        Self { min, max, start, descending: increment < 0 }
    }

    fn holds(&self, position: i64) -> bool {
        (self.min..=self.max).contains(&position)
    }
}

/// Brings a sequence to where its new bounds hold it, if they might not; `types` are those of the two sides.
pub(super) fn make_room(name: &ObjectName, previous: &Sequence, next: &Sequence, types: (&str, &str)) -> Option<Room> {
    let (old, new) = (Whole::of(previous, types.0), Whole::of(next, types.1));
    let stays_behind = if new.descending { new.max < old.max } else { new.min > old.min };
    if new.holds(old.start) && !stays_behind {
        return None;
    }
    let sequence = qualified(name);
    let mut statements = Vec::new();
    let mut now = previous.clone();
    if !old.holds(new.start) {
        let (min, max) = (old.min.min(new.min), old.max.max(new.max));
        let is_wider = SequenceRange::of(types.1, 1).max > SequenceRange::of(types.0, 1).max;
        let ty = if is_wider { format!("AS {} ", types.1) } else { String::new() };
        let kept = if is_wider { next.ty.clone() } else { now.ty };
        now = Sequence { ty: kept, min: Some(min), max: Some(max), ..now };
        let sql = format!("ALTER SEQUENCE {sequence} {ty}MINVALUE {min} MAXVALUE {max}");
        statements.push(Statement::new(sql, format!("makes room in sequence {name}")));
    }
    let behind = if new.descending { format!("last_value > {}", new.max) } else { format!("last_value < {}", new.min) };
    let sql = format!(
        "SELECT setval({}, {}, false) FROM {sequence} WHERE {behind} OR last_value = {} AND NOT is_called",
        literal(&sequence),
        new.start,
        old.start
    );
    statements.push(Statement::new(sql, format!("moves sequence {name} to its new start, if it has to")));
    Some(Room { statements, now })
}
