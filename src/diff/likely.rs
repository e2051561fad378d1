//! Finds drops and adds that look like renames, for somebody to be asked.
//!
//! A question costs attention, and a missed one costs rows. So it is asked wherever a thing of the same shape takes the
//! place of one that goes with what it holds, and nowhere else: not where nothing is lost (indexes and constraints of
//! one shape are renamed anyway, a computed column can be computed again), and not where the model says itself that the
//! column is new, by saying how rows that are there are filled.

use std::collections::BTreeMap;

use rungs_schema::{Column, EnumType, ObjectName, Table};

use super::change::{AlterTable, Change, Delta, Edit};

/// What can look like a rename.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LikelyKind {
    /// A table.
    Table,
    /// A column.
    Column,
    /// An enumerated type.
    Type,
    /// A value of an enumeration.
    Value,
}

impl LikelyKind {
    /// What it is called in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Type => "type",
            Self::Value => "value",
        }
    }
}

/// Something that goes, and what comes in a shape like its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likely {
    /// What it is.
    pub kind: LikelyKind,
    /// What goes, as a `--rename` names it: `users.mail`, `people`, `mood.sad`.
    pub previous: String,
    /// What it may have become, likeliest first.
    pub next: Vec<String>,
}

/// How many answers a question offers.
const MOST: usize = 5;

/// The drops of a list of changes that look like renames.
pub fn likely(changes: &[Change]) -> Vec<Likely> {
    let mut found = tables(changes);
    for change in changes {
        if let Change::AlterTable(alter) = change {
            found.extend(columns(alter, changes));
        }
    }
    found.extend(types(changes));
    found
}

/// Pairs what goes with what comes by how like they are, best first; nothing where they are not.
fn pairs<'a, T>(
    kind: LikelyKind,
    gone: &[(String, &'a T)],
    come: &[(String, &'a T)],
    likeness: impl Fn(&'a T, &'a T) -> Option<u32>,
) -> Vec<Likely> {
    let mut found = Vec::new();
    for (previous, old) in gone {
        let mut next: Vec<(u32, &String)> =
            come.iter().filter_map(|(name, new)| Some((likeness(old, new)?, name))).collect();
        next.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
        next.truncate(MOST);
        if !next.is_empty() {
            let next = next.into_iter().map(|(_, name)| name.clone()).collect();
            found.push(Likely { kind, previous: previous.clone(), next });
        }
    }
    found
}

fn tables(changes: &[Change]) -> Vec<Likely> {
    let gone = changes.iter().filter_map(|change| match change {
        Change::DropTable { previous } => Some((written(&previous.name, None), &**previous)),
        _ => None,
    });
    let come = changes.iter().filter_map(|change| match change {
        Change::CreateTable { next } => Some((written(&next.name, None), &**next)),
        _ => None,
    });
    pairs(LikelyKind::Table, &gone.collect::<Vec<_>>(), &come.collect::<Vec<_>>(), table_likeness)
}

/// In hundredths: how much of the larger table's columns both have, by name and type. A column of another type counts
/// half, and so does the primary key's, since most tables have an `id`; one that has another name and all else, in the
/// same place, a quarter. Nearly half of all make a likely rename, less where the names are alike too.
fn table_likeness(old: &Table, new: &Table) -> Option<u32> {
    let keys = old.primary_key_columns();
    let alike = |(at, column): (usize, &Column)| match new.column(&column.name) {
        Some(same) if same.ty == column.ty && !keys.contains(&column.name.as_str()) => 100,
        Some(_) => 50,
        None => {
            let other = new.columns.get(at).filter(|other| old.column(&other.name).is_none());
            let same = other.is_some_and(|other| Column { name: column.name.clone(), ..other.clone() } == *column);
            if same { 25 } else { 0 }
        }
    };
    let shared: u32 = old.columns.iter().enumerate().map(alike).sum();
    let larger = u32::try_from(old.columns.len().max(new.columns.len())).ok().filter(|larger| *larger > 0)?;
    let alike = names_alike(&old.name.name, &new.name.name);
    let likeness = shared / larger;
    if larger == 1 && !alike {
        // Every table has a key.
        return None;
    }
    (likeness >= 45 || alike && likeness >= 30).then_some(likeness + if alike { 50 } else { 0 })
}

fn columns(alter: &AlterTable, changes: &[Change]) -> Vec<Likely> {
    let name = |column: &Column| written(&alter.next.name, Some(&column.name));
    let gone = alter.edits.iter().filter_map(|edit| match edit {
        Edit::Column { delta: Delta::Drop { previous }, .. } => Some((name(previous), previous)),
        _ => None,
    });
    let come = alter.edits.iter().filter_map(|edit| match edit {
        Edit::Column { delta: Delta::Create { next }, backfill: None } => Some((name(next), next)),
        _ => None,
    });
    let likeness = |old: &Column, new: &Column| match (
        referred(alter, changes, &old.name, |alter| &alter.previous),
        referred(alter, changes, &new.name, |alter| &alter.next),
    ) {
        (Some(was), Some(is)) if was != is => None,
        _ => column_likeness(alter, old, new),
    };
    pairs(LikelyKind::Column, &gone.collect::<Vec<_>>(), &come.collect::<Vec<_>>(), likeness)
}

/// The table that a column refers to, before or after. A foreign key may have changes of its own.
fn referred<'a>(
    alter: &AlterTable,
    changes: &'a [Change],
    column: &str,
    side: fn(&AlterTable) -> &Table,
) -> Option<&'a ObjectName> {
    let of_table = changes.iter().filter_map(|change| match change {
        Change::AlterTable(other) if other.next.name == alter.next.name => Some(side(other)),
        _ => None,
    });
    of_table.flat_map(|table| &table.foreign_keys).find(|key| key.columns == [column]).map(|key| &key.references)
}

/// Points for what two columns have in common; the same type, nullability and default are enough, and so is a kindred
/// type with all else and the name alike.
fn column_likeness(alter: &AlterTable, old: &Column, new: &Column) -> Option<u32> {
    if old.generated.is_some() || new.generated.is_some() || old.auto_increment != new.auto_increment {
        return None;
    }
    let ty = match (old.ty.native(), new.ty.native()) {
        (Some(old), Some(new)) if old == new => 3,
        (Some(old), Some(new)) if family(old) == family(new) => 1,
        _ => return None,
    };
    let place = |table: &Table, name: &str| {
        let at = table.columns.iter().position(|column| column.name == name)?;
        Some(at.checked_sub(1).map(|before| table.columns[before].name.clone()))
    };
    let (was, is) = (place(&alter.previous, &old.name), place(&alter.next, &new.name));
    let points = ty
        + u32::from(old.nullable == new.nullable)
        + u32::from(old.default == new.default)
        + u32::from(was == is)
        + if names_alike(&old.name, &new.name) { 2 } else { 0 };
    (points >= 5).then_some(points)
}

/// Types that values move between when somebody thinks again.
fn family(ty: &str) -> &str {
    let base = ty.split(['(', '[']).next().unwrap_or(ty).trim();
    match base.to_ascii_lowercase().as_str() {
        "text" | "varchar" | "character varying" | "character" | "char" | "bpchar" | "citext" | "tinytext"
        | "mediumtext" | "longtext" => "text",
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" => "integer",
        "numeric" | "decimal" => "decimal",
        "real" | "double" | "double precision" | "float" => "float",
        "timestamp" | "timestamp without time zone" | "timestamp with time zone" | "datetime" | "date" => "moment",
        "json" | "jsonb" => "json",
        _ => base,
    }
}

/// Whether one name is in the other, they share a word, or most of their letters.
fn names_alike(old: &str, new: &str) -> bool {
    let (old, new) = (old.to_lowercase(), new.to_lowercase());
    let within = |short: &str, long: &str| short.chars().count() >= 3 && long.contains(short);
    let shares_word = || old.split('_').any(|word| word.chars().count() >= 3 && new.split('_').any(|w| w == word));
    within(&old, &new)
        || within(&new, &old)
        || shares_word()
        || old.len().min(new.len()) >= 4 && similar::TextDiff::from_chars(old.as_str(), new.as_str()).ratio() >= 0.6
}

/// Types whose values are the same under another name, and values that others have come in the places of.
fn types(changes: &[Change]) -> Vec<Likely> {
    let mut sides: BTreeMap<&ObjectName, (Option<&EnumType>, Option<&EnumType>)> = BTreeMap::new();
    for change in changes {
        let Change::Enum { delta, renamed, .. } = change else { continue };
        if let Delta::Alter { previous, next } = delta
            && (previous.name != next.name || !renamed.is_empty())
        {
            // Somebody has said so already.
            continue;
        }
        let Some(name) = delta.previous().or(delta.next()).map(|one| &one.name) else { continue };
        let sides = sides.entry(name).or_insert((delta.previous(), None));
        sides.1 = delta.next();
    }
    let side = |wanted: fn(&(Option<&EnumType>, Option<&EnumType>)) -> bool| {
        let whole = sides.values().filter(move |sides| wanted(sides)).filter_map(|(was, is)| was.or(*is));
        whole.map(|one| (written(&one.name, None), one)).collect::<Vec<_>>()
    };
    let (gone, come) = (side(|(_, is)| is.is_none()), side(|(was, _)| was.is_none()));
    let mut found =
        pairs(LikelyKind::Type, &gone, &come, |old: &EnumType, new: &EnumType| (old.values == new.values).then_some(1));
    for (was, is) in sides.values() {
        if let (Some(was), Some(is)) = (was, is) {
            found.extend(likely_values(&is.name, &was.values, &is.values));
        }
    }
    found
}

/// The values that others have taken the places of, as far as the list is the same otherwise: rows do not lose a value
/// unseen, since the server refuses to, so that less is asked here.
pub fn likely_values(name: &ObjectName, old: &[String], new: &[String]) -> Vec<Likely> {
    let mut found = Vec::new();
    for (was, is) in old.iter().zip(new) {
        match (new.contains(was), old.contains(is)) {
            (false, false) => found.push(Likely {
                kind: LikelyKind::Value,
                previous: written(name, Some(was)),
                next: vec![written(name, Some(is))],
            }),
            _ if was == is => {}
            _ => break,
        }
    }
    found
}

/// A name as `--rename` reads it; a part that could be taken for several is in quotes.
fn written(name: &ObjectName, part: Option<&str>) -> String {
    let quoted = |word: &str| {
        let plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || ".=\"`'\\$&|;<>()".contains(c));
        if plain { word.to_owned() } else { format!("\"{}\"", word.replace('"', "\"\"")) }
    };
    let words = name.schema.as_deref().into_iter().chain([name.name.as_str()]).chain(part);
    words.map(quoted).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_their_letters_or_words() {
        for (old, new) in [("mail", "email"), ("user_id", "account_user"), ("colour", "color"), ("people", "peoples")] {
            assert!(names_alike(old, new), "{old} {new}");
        }
        for (old, new) in [("nickname", "bio"), ("id", "uuid"), ("a", "b")] {
            assert!(!names_alike(old, new), "{old} {new}");
        }
    }

    #[test]
    fn a_value_may_have_become_the_one_in_its_place() {
        let of = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mood = ObjectName::bare("mood");
        let found = likely_values(&mood, &of("happy sad"), &of("happy blue"));
        assert_eq!(
            found.iter().map(|one| (one.previous.as_str(), one.next.join(" "))).collect::<Vec<_>>(),
            [("mood.sad", "mood.blue".to_owned())]
        );
        assert_eq!(likely_values(&mood, &of("a b"), &of("a b c")), []);
        assert_eq!(likely_values(&mood, &of("a b"), &of("b")), []);
        assert_eq!(likely_values(&mood, &of("a b c"), &of("c b d")), []);
    }
}
