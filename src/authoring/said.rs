//! Renames that somebody tells of besides the models: `users.mail=users.email`.

use std::collections::BTreeSet;
use std::fmt;

use rungs_schema::{ColumnType, Declared, DefinitionKind, EnumType, Hints, ObjectName, Schema, Table};

use super::models::Models;
use crate::diff::Named;
use crate::error::PlanError;

/// A rename as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    previous: Vec<String>,
    next: Vec<String>,
    text: String,
}

impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Rename {
    type Err = String;

    /// Reads `people=users`, `users.mail=users.email`, `app.users.mail=app.users.email`, `mood.sad=mood.blue`. A name
    /// with a dot, an equals sign or a space in it stands in double quotes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "write OLD=NEW: users.mail=users.email, people=users, mood.sad=mood.blue".to_owned();
        let mut sides: Vec<Vec<String>> = vec![vec![String::new()]];
        let mut letters = text.chars().peekable();
        let mut quoted = false;
        while let Some(letter) = letters.next() {
            let side = sides.last_mut().ok_or_else(wrong)?;
            match letter {
                '"' if quoted && letters.peek() == Some(&'"') => {
                    letters.next();
                    side.last_mut().ok_or_else(wrong)?.push('"');
                }
                '"' => quoted = !quoted,
                '.' if !quoted => side.push(String::new()),
                '=' if !quoted => sides.push(vec![String::new()]),
                letter => side.last_mut().ok_or_else(wrong)?.push(letter),
            }
        }
        let is_fine = |side: &Vec<String>| side.len() <= 3 && side.iter().all(|word| !word.trim().is_empty());
        match <[Vec<String>; 2]>::try_from(sides) {
            Ok([previous, next]) if !quoted && is_fine(&previous) && is_fine(&next) => {
                Ok(Self { previous, next, text: text.to_owned() })
            }
            _ => Err(wrong()),
        }
    }
}

/// What both sides of a comparison hold.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The database.
    pub live: &'a Schema,
    /// What is wanted, in the engine's words.
    pub wanted: &'a Schema,
    /// The enumerations that are wanted, also where the engine has no such types.
    pub enums: &'a [EnumType],
    /// The views that are wanted.
    pub views: &'a BTreeSet<ObjectName>,
}

/// The models with what is told of renames, and with the values of enumerations where rows hold them as they stand.
///
/// # Errors
/// As [`say`].
pub(super) fn with_renames(models: &Models, live: &Schema, wanted: &Schema) -> Result<Models, PlanError> {
    let mut said = models.clone();
    let declared = &mut said.declared;
    let views = declared.views.iter().map(|view| view.name.clone()).collect();
    let known = Known { live, wanted, enums: &declared.schema.enums, views: &views };
    say(&models.settings.renames, known, &mut declared.hints)?;
    declared.hints = with_values(declared, wanted.enums.is_empty());
    Ok(said)
}

/// What models say, with the values of enumerations where these are no types of their own, so that rows hold them as
/// they stand.
pub fn with_values(declared: &Declared, in_rows: bool) -> Hints {
    let mut hints = declared.hints.clone();
    for table in declared.schema.tables.iter().filter(|_| in_rows) {
        for column in &table.columns {
            let ColumnType::Enum(name) = &column.ty else { continue };
            let values = hints.enums.get(name).map(|said| said.values.clone()).filter(|values| !values.is_empty());
            if let Some(values) = values {
                let said = hints.tables.entry(table.name.clone()).or_default();
                said.columns.entry(column.name.clone()).or_default().values = values;
            }
        }
    }
    hints
}

/// Adds renames to what models say. One that is true already is harmless.
///
/// # Errors
/// When one names nothing that is there, or something that both sides have.
pub fn say(renames: &[Rename], known: Known<'_>, hints: &mut Hints) -> Result<(), PlanError> {
    // A column is looked up in a table that may have another name, so that tables come first.
    let (tables, others): (Vec<_>, Vec<_>) = renames.iter().partition(|rename| known.table(rename, hints).is_some());
    for rename in tables {
        if let Some((old, new)) = known.table(rename, hints) {
            hints.tables.entry(new).or_default().renamed_from = Some(old);
        }
    }
    for rename in others {
        let is_said = known.column(rename, hints)
            || known.part(rename, hints)
            || known.type_or_value(rename, hints)
            || known.view(rename, hints);
        if !is_said && !known.is_done(rename) {
            return Err(known.unknown(rename));
        }
    }
    Ok(())
}

/// A name of one or two words.
fn object(words: &[String]) -> Option<ObjectName> {
    match words {
        [name] => Some(ObjectName::bare(name.as_str())),
        [schema, name] => Some(ObjectName::qualified(schema.as_str(), name.as_str())),
        _ => None,
    }
}

/// The words before the last, and the last.
fn within(words: &[String]) -> Option<(&[String], &str)> {
    let (last, rest) = words.split_last()?;
    Some((rest, last))
}

impl Known<'_> {
    fn table(&self, rename: &Rename, hints: &Hints) -> Option<(ObjectName, ObjectName)> {
        let (old, new) = (object(&rename.previous)?, object(&rename.next)?);
        let said = hints.tables.get(&new).and_then(|said| said.renamed_from.as_ref()) == Some(&old);
        let fits = self.live.table(&old).is_some()
            && self.wanted.table(&old).is_none()
            && self.wanted.table(&new).is_some()
            && (said || self.live.table(&new).is_none());
        fits.then_some((old, new))
    }

    /// A table of what is wanted, with what it was in the database. The new side may leave the table out; the old one may
    /// call it by either name.
    fn tables(&self, rename: &Rename, hints: &Hints) -> Option<(&Table, &Table)> {
        let (old, _) = within(&rename.previous)?;
        let (new, _) = within(&rename.next)?;
        let old = object(old)?;
        let new = if new.is_empty() { None } else { Some(object(new)?) };
        let former = |name: &ObjectName| {
            let said = hints.tables.get(name).and_then(|said| said.renamed_from.clone());
            said.filter(|old| self.live.table(old).is_some()).unwrap_or_else(|| name.clone())
        };
        let wanted = self.wanted.tables.iter().find(|table| match &new {
            Some(new) => table.name == *new,
            None => table.name == old || former(&table.name) == old,
        })?;
        let was = former(&wanted.name);
        let live = self.live.table(&was).filter(|_| old == was || old == wanted.name)?;
        Some((live, wanted))
    }

    fn column(&self, rename: &Rename, hints: &mut Hints) -> bool {
        let Some((live, wanted)) = self.tables(rename, hints) else { return false };
        let (Some(old), Some(new)) = (rename.previous.last(), rename.next.last()) else { return false };
        if live.column(old).is_none() || wanted.column(old).is_some() || wanted.column(new).is_none() {
            return false;
        }
        let said = hints.tables.entry(wanted.name.clone()).or_default();
        said.columns.entry(new.clone()).or_default().renamed_from = Some(old.clone());
        true
    }

    /// A key, index or constraint; alone, or within its table.
    fn part(&self, rename: &Rename, hints: &mut Hints) -> bool {
        let (Some(old), Some(new)) = (rename.previous.last(), rename.next.last()) else { return false };
        let table = match self.tables(rename, hints) {
            Some((live, wanted)) => Some(wanted).filter(|_| names(live).contains(old.as_str())),
            None if rename.previous.len() == 1 => {
                let holds = |table: &&Table| names(table).contains(new.as_str());
                self.wanted
                    .tables
                    .iter()
                    .find(holds)
                    .filter(|_| self.live.tables.iter().any(|t| names(t).contains(old.as_str())))
            }
            None => None,
        };
        let Some(table) = table.filter(|table| names(table).contains(new.as_str())) else { return false };
        hints.tables.entry(table.name.clone()).or_default().parts.insert(new.clone(), old.clone());
        true
    }

    fn type_or_value(&self, rename: &Rename, hints: &mut Hints) -> bool {
        let wanted = |name: &ObjectName| self.enums.iter().find(|one| one.name == *name);
        let live = |name: &ObjectName| self.live.enums.iter().find(|one| one.name == *name);
        if let (Some(old), Some(new)) = (object(&rename.previous), object(&rename.next))
            && live(&old).is_some()
            && wanted(&old).is_none()
            && wanted(&new).is_some()
        {
            hints.enums.entry(new).or_default().renamed_from = Some(old);
            return true;
        }
        let (Some((_, old)), Some((ty, new))) = (within(&rename.previous), within(&rename.next)) else { return false };
        let ty = if ty.is_empty() { within(&rename.previous).map_or(ty, |(ty, _)| ty) } else { ty };
        let Some(ty) = object(ty).and_then(|name| wanted(&name)) else { return false };
        let was =
            hints.enums.get(&ty.name).and_then(|said| said.renamed_from.clone()).unwrap_or_else(|| ty.name.clone());
        // Where an enumeration is no type of its own, its rows are looked at later.
        let is_there =
            self.live.enums.is_empty() || live(&was).is_some_and(|live| live.values.iter().any(|v| v == old));
        let has = |value: &str| ty.values.iter().any(|one| one == value);
        if !is_there || has(old) || !has(new) {
            return false;
        }
        hints.enums.entry(ty.name.clone()).or_default().values.insert(new.to_owned(), old.to_owned());
        true
    }

    fn view(&self, rename: &Rename, hints: &mut Hints) -> bool {
        let (Some(old), Some(new)) = (object(&rename.previous), object(&rename.next)) else { return false };
        let fits = self.has_view(&old) && !self.views.contains(&old) && self.views.contains(&new);
        if fits {
            hints.views.insert(new, old);
        }
        fits
    }

    fn has_view(&self, name: &ObjectName) -> bool {
        let is_view = |kind| matches!(kind, DefinitionKind::View | DefinitionKind::MaterializedView);
        self.live.definitions.iter().any(|one| is_view(one.kind) && one.name == *name)
    }

    /// Whether a schema has something of this name.
    fn has(&self, schema: &Schema, words: &[String]) -> bool {
        let is_object = |name: &ObjectName| {
            schema.table(name).is_some()
                || schema.enums.iter().any(|one| one.name == *name)
                || schema.definitions.iter().any(|one| one.name == *name)
                || name.schema.is_none() && schema.tables.iter().any(|table| names(table).contains(name.name.as_str()))
        };
        let is_part = |(whole, part): (&[String], &str)| {
            let Some(whole) = object(whole) else { return false };
            let table = schema.table(&whole);
            table.is_some_and(|table| table.column(part).is_some() || names(table).contains(part))
                || schema.enums.iter().any(|one| one.name == whole && one.values.iter().any(|value| value == part))
        };
        object(words).is_some_and(|name| is_object(&name)) || within(words).is_some_and(is_part)
    }

    fn is_done(&self, rename: &Rename) -> bool {
        let next = match (within(&rename.previous), rename.next.as_slice()) {
            (Some((table, _)), [alone]) if !table.is_empty() => [table, std::slice::from_ref(alone)].concat(),
            _ => rename.next.clone(),
        };
        self.has(self.live, &next) && !self.has(self.live, &rename.previous)
    }

    fn unknown(&self, rename: &Rename) -> PlanError {
        let (old, new) = (rename.previous.join("."), rename.next.join("."));
        let reason = if !self.has(self.live, &rename.previous) {
            format!("the database has no {old}")
        } else if self.has(self.wanted, &rename.previous) {
            format!("{old} is there before and after")
        } else {
            format!("there will be no {new}")
        };
        PlanError::Invalid {
            reason: format!("--rename {rename}: {reason}"),
            help: Some(
                "name a table, column, type, value, view, index or constraint as it is in the database, and then as it \
                 is in the models: users.mail=users.email; what stands in another schema with its schema"
                    .to_owned(),
            ),
        }
    }
}

/// The names of a table's keys, indexes and constraints.
fn names(table: &Table) -> BTreeSet<&str> {
    fn of<T: Named>(parts: &[T]) -> impl Iterator<Item = &str> {
        parts.iter().filter_map(Named::name)
    }
    of(table.primary_key.as_slice())
        .chain(of(&table.uniques))
        .chain(of(&table.indexes))
        .chain(of(&table.foreign_keys))
        .chain(of(&table.checks))
        .chain(of(&table.exclusions))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_is_read_by_its_words() {
        let read = |text: &str| text.parse::<Rename>().map(|rename| (rename.previous.join("|"), rename.next.join("|")));
        assert_eq!(read("users.mail=users.email"), Ok(("users|mail".to_owned(), "users|email".to_owned())));
        assert_eq!(read("a.\"b.c\".d=\"x=\"\"y\""), Ok(("a|b.c|d".to_owned(), "x=\"y".to_owned())));
        for wrong in ["users", "a=b=c", "a.=b", "=b", "a.b.c.d=e", "\"a=b"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
