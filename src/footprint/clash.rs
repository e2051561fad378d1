//! What two lines do to one thing, and whether it matters which of them comes first.

use super::object::{Kind, Touch, Way};

/// How much two lines are in each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// They touch the same table in ways that bear each other. The order of columns may differ.
    SameTable,
    /// The outcome, or whether it works, depends on which comes first.
    OrderMatters,
    /// One takes away, or makes once more, what the other stands on.
    Conflict,
}

impl Level {
    /// The word in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::SameTable => "same table",
            Self::OrderMatters => "order matters",
            Self::Conflict => "conflict",
        }
    }

    /// The word in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::SameTable => "same_table",
            Self::OrderMatters => "order_matters",
            Self::Conflict => "conflict",
        }
    }
}

/// Two touches of the same object.
pub(super) fn on_same(one: &Touch, other: &Touch) -> Option<Level> {
    let kind = if one.object.kind == Kind::Table { other.object.kind } else { one.object.kind };
    ways_on_same(kind, &one.way, &other.way).max(ways_on_same(kind, &other.way, &one.way))
}

fn ways_on_same(kind: Kind, one: &Way, other: &Way) -> Option<Level> {
    use Level::{Conflict, OrderMatters, SameTable};
    use Way::{
        Altered, Commented, Deleted, Dropped, Inserted, Read, Rebuilt, Referenced, RenamedTo, Replaced, Updated,
    };
    match (one, other) {
        (one, other) if one.makes() && other.makes() => Some(Conflict),
        (Dropped, _) => Some(Conflict),
        (RenamedTo(_), other) if other.ends() => Some(Conflict),
        // What comes first goes along with the new name; what comes after does not find the old one.
        (RenamedTo(_), _) => Some(OrderMatters),
        (one, Replaced) if one.makes() => Some(Conflict),
        // It is not there without the other line.
        (one, _) if one.makes() => Some(OrderMatters),
        // The later one undoes what it does not know of.
        (Rebuilt, Rebuilt | Altered) => Some(Conflict),
        (Rebuilt, way) if way.changes_rows() => Some(OrderMatters),
        (Rebuilt, _) => None,
        (Replaced | Altered, Replaced | Altered) | (Commented, Commented) => Some(OrderMatters),
        // Options of a table change neither what refers to it nor its rows.
        (Altered, _) if kind == Kind::Table => None,
        (Replaced | Altered, Referenced | Read) => Some(OrderMatters),
        (Altered, way) if way.changes_rows() => Some(OrderMatters),
        (Updated, Updated) if kind == Kind::Column => Some(OrderMatters),
        // What is set and where, the columns tell.
        (Updated, Updated) | (Inserted, Inserted) => Some(SameTable),
        (Inserted | Updated | Deleted, Inserted | Updated | Deleted) if kind != Kind::Column => Some(OrderMatters),
        (Inserted | Updated | Deleted, Read) => Some(OrderMatters),
        _ => None,
    }
}

/// A touch of a table, and one of something that is a part of it.
pub(super) fn on_whole_and_part(whole: &Touch, part: &Touch) -> Option<Level> {
    let structural = part.way.is_structural();
    match &whole.way {
        Way::Dropped => Some(Level::Conflict),
        Way::RenamedTo(_) | Way::Created | Way::RenamedFrom(_) => Some(Level::OrderMatters),
        // The new table has no more than its revision knows.
        Way::Rebuilt if structural => Some(Level::Conflict),
        way if way.changes_rows() && structural && concerns_rows(part) => Some(Level::OrderMatters),
        _ => None,
    }
}

/// Whether rows look otherwise, or others are taken, or something else happens to them. An index only finds them.
fn concerns_rows(part: &Touch) -> bool {
    !matches!(part.object.kind, Kind::Index | Kind::Policy)
}
