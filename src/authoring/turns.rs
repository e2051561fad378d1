//! In which order the lines take their turns: each after those whose new tables, keys and types it needs.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{ForeignKey, ObjectName, Schema, Table};

use super::models::{Models, Whose};
use super::sides::{Turn, has_key, identity};
use super::uses;
use crate::error::PlanError;
use crate::revision::Line;

type Key = (ObjectName, Vec<String>, ObjectName);

/// What one line needs of another that is not in the database as it should be.
#[derive(Debug, Default)]
struct Needs {
    /// New foreign keys.
    keys: BTreeSet<Key>,
    /// Types and sequences that its tables use.
    objects: BTreeSet<ObjectName>,
}

/// Puts lines into an order that works. Where foreign keys go round in a circle, one line leaves its own to a second turn.
///
/// # Errors
/// When types or sequences go round in a circle.
pub(super) fn order(
    lines: &BTreeSet<Line>,
    models: &Models,
    whose: &Whose,
    live: &Schema,
    wanted: &Schema,
) -> Result<Vec<Turn>, PlanError> {
    let needs = needs(lines, models, whose, live, wanted);
    let mut waiting = lines.clone();
    let mut turns: Vec<Turn> = Vec::new();
    let mut again: Vec<Turn> = Vec::new();
    while !waiting.is_empty() {
        let blocked = |line: &Line| waiting.iter().any(|other| needs.contains_key(&(line.clone(), other.clone())));
        let turn = match waiting.iter().find(|line| !blocked(line)) {
            Some(line) => Turn::whole(line.clone()),
            None => {
                let turn = cut_circle(&waiting, &needs)?;
                again.push(Turn::whole(turn.line.clone()));
                turn
            }
        };
        waiting.remove(&turn.line);
        turns.push(turn);
    }
    turns.extend(again);
    Ok(turns)
}

/// The line of a circle that leaves the fewest foreign keys to a second turn.
fn cut_circle(waiting: &BTreeSet<Line>, needs: &BTreeMap<(Line, Line), Needs>) -> Result<Turn, PlanError> {
    let of = |line: &Line| {
        let line = line.clone();
        waiting.iter().filter_map(move |other| Some((other, needs.get(&(line.clone(), other.clone()))?)))
    };
    let in_circle: Vec<&Line> = waiting
        .iter()
        .filter(|line| {
            let mut reached: BTreeSet<&Line> = BTreeSet::new();
            let mut stack: Vec<&Line> = of(line).map(|(other, _)| other).collect();
            while let Some(next) = stack.pop() {
                if reached.insert(next) {
                    stack.extend(of(next).map(|(other, _)| other));
                }
            }
            reached.contains(line)
        })
        .collect();
    let keys = |line: &Line| -> Option<BTreeSet<Key>> {
        let mut keys = BTreeSet::new();
        for (_, needs) in of(line) {
            if !needs.objects.is_empty() {
                return None;
            }
            keys.extend(needs.keys.iter().cloned());
        }
        Some(keys)
    };
    let best = in_circle.iter().filter_map(|line| Some((keys(line)?, *line))).min_by_key(|(keys, _)| keys.len());
    if let Some((late, line)) = best {
        return Ok(Turn { line: line.clone(), late });
    }
    let names: Vec<String> = in_circle.iter().map(ToString::to_string).collect();
    let objects = in_circle.iter().flat_map(|line| of(line)).flat_map(|(_, needs)| &needs.objects);
    let objects: BTreeSet<String> = objects.map(ToString::to_string).collect();
    Err(PlanError::Invalid {
        reason: format!(
            "{} need each other's types or sequences ({}), so that no revision can come first",
            names.join(" and "),
            objects.into_iter().collect::<Vec<_>>().join(", ")
        ),
        help: Some(
            "declare the type or sequence that both use in the models of one of them, or of the main line".to_owned(),
        ),
    })
}

fn needs(
    lines: &BTreeSet<Line>,
    models: &Models,
    whose: &Whose,
    live: &Schema,
    wanted: &Schema,
) -> BTreeMap<(Line, Line), Needs> {
    let mut found: BTreeMap<(Line, Line), Needs> = BTreeMap::new();
    for table in &wanted.tables {
        let Some(line) = whose.of(&table.name).filter(|line| lines.contains(line)) else { continue };
        for key in &table.foreign_keys {
            let owner = whose.of(&key.references).filter(|owner| *owner != line && lines.contains(owner));
            if let Some(owner) = owner.filter(|_| !is_there(live, wanted, key)) {
                let needs = found.entry((line.clone(), owner.clone())).or_default();
                needs.keys.insert(identity(table, key));
            }
        }
        for (object, owner) in missing_objects(models, live, wanted, table, line) {
            if lines.contains(&owner) {
                found.entry((line.clone(), owner)).or_default().objects.insert(object);
            }
        }
    }
    found
}

/// Whether what a foreign key refers to is in the database as it should be.
fn is_there(live: &Schema, wanted: &Schema, key: &ForeignKey) -> bool {
    let Some(target) = live.table(&key.references) else { return false };
    let Some(wish) = wanted.table(&key.references) else { return true };
    let same = |name: &String| match (target.column(name), wish.column(name)) {
        (Some(is), Some(wish)) => is.ty == wish.ty,
        (is, wish) => is.is_some() || wish.is_none(),
    };
    key.referenced_columns.iter().all(same)
        && (has_key(target, &key.referenced_columns) || !has_key(wish, &key.referenced_columns))
}

/// The types and sequences of other lines that a table uses and that are not in the database as they should be, each
/// with a line that makes it.
fn missing_objects(
    models: &Models,
    live: &Schema,
    wanted: &Schema,
    table: &Table,
    line: &Line,
) -> Vec<(ObjectName, Line)> {
    let used = |name: &ObjectName| uses(std::slice::from_ref(table), &name.name);
    let enums = wanted.enums.iter().filter(|one| !live.enums.contains(one) && used(&one.name));
    let enums = enums.filter_map(|one| Some((one.name.clone(), models.of_enum(&one.name)?.clone())));
    let sequences = wanted.sequences.iter().filter(|one| !live.sequences.contains(one) && used(&one.name));
    let sequences = sequences.filter_map(|one| {
        let lines = models.of_sequence(&one.name, wanted);
        let first = lines.first()?.clone();
        (!lines.contains(line)).then_some((one.name.clone(), first))
    });
    enums.chain(sequences).filter(|(_, owner)| owner != line).collect()
}

/// Refuses tables that need something of a line that is not asked for, and that the database does not have.
pub(super) fn refuse_absent(
    asked: &BTreeSet<Line>,
    models: &Models,
    whose: &Whose,
    live: &Schema,
    wanted: &Schema,
) -> Result<(), PlanError> {
    for table in &wanted.tables {
        let Some(line) = whose.of(&table.name).filter(|line| asked.contains(line)) else { continue };
        for key in &table.foreign_keys {
            let Some(owner) = whose.of(&key.references).filter(|owner| !asked.contains(owner)) else { continue };
            let Some(what) = absent(live, wanted, key) else { continue };
            return Err(first_the_other(models, &table.name, line, &what, owner));
        }
        for (object, owner) in missing_objects(models, live, wanted, table, line) {
            let is_there =
                live.enums.iter().any(|one| one.name == object) || live.sequences.iter().any(|one| one.name == object);
            if !is_there && !asked.contains(&owner) {
                let kind = if wanted.enums.iter().any(|one| one.name == object) { "type" } else { "sequence" };
                return Err(first_the_other(models, &table.name, line, &format!("{kind} {object}"), &owner));
            }
        }
    }
    Ok(())
}

/// What of a foreign key's other end the database does not have.
fn absent(live: &Schema, wanted: &Schema, key: &ForeignKey) -> Option<String> {
    let Some(target) = live.table(&key.references) else { return Some(format!("table {}", key.references)) };
    if let Some(column) = key.referenced_columns.iter().find(|column| target.column(column).is_none()) {
        return Some(format!("column {}.{column}", key.references));
    }
    let wish = wanted.table(&key.references)?;
    let lacks = has_key(wish, &key.referenced_columns) && !has_key(target, &key.referenced_columns);
    lacks.then(|| format!("a key on {} ({})", key.references, key.referenced_columns.join(", ")))
}

fn first_the_other(models: &Models, table: &ObjectName, line: &Line, what: &str, owner: &Line) -> PlanError {
    let hints = models.declared.hints.tables.get(table);
    let model = hints.and_then(|hints| Some(format!("the model {} at {}", hints.model, hints.location.as_ref()?)));
    let model = model.unwrap_or_else(|| format!("table {table}"));
    let alone = match owner {
        Line::Main => "migrate autogenerate --main -m MESSAGE --apply".to_owned(),
        Line::Branch(label) => format!("migrate autogenerate --branch {label} -m MESSAGE --apply"),
    };
    PlanError::Invalid {
        reason: format!("{model} of {line} needs {what} of {owner}, which the database does not have yet"),
        help: Some(format!(
            "apply the revision that makes it, if there is one (`migrate upgrade heads`), else write it first: `{alone}`; \
             `migrate autogenerate -m MESSAGE` writes the revisions of all lines"
        )),
    }
}
