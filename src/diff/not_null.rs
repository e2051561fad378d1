//! NOT NULL as a constraint with a name, which PostgreSQL 18 made of it, in tables with parents.
//!
//! A parent hands its constraint on. A child that has none gets it under the parent's name; one that has its own keeps that
//! one. Under which name a child has it cannot be changed while a parent requires it, and a parent's constraint can be
//! renamed only where all children have it under that name.
//! <https://www.postgresql.org/docs/18/ddl-inherit.html>

use rungs_schema::{Column, ObjectName, Table};

/// Its name, where it is not the one that the server makes up.
pub(crate) const NAME: &str = "not_null";
/// Children do not get it.
pub(crate) const NO_INHERIT: &str = "not_null_no_inherit";
/// Rows that were there before it are not checked.
pub(crate) const NOT_VALID: &str = "not_null_not_valid";
/// Its comment.
pub(crate) const COMMENT: &str = "not_null_comment";
/// A child has it from its parents alone.
pub(crate) const FROM_PARENT: &str = "not_null_from_parent";

/// A table below has it under another name, which keeps the server from giving the column another type meanwhile, or would
/// keep it as its own when it is no longer handed on. Said of both sides of a column that changes.
pub(crate) const OTHERWISE_BELOW: &str = "required otherwise below";

/// All words that an option of a column has for it.
pub(crate) const WORDS: [&str; 5] = [NAME, NO_INHERIT, NOT_VALID, COMMENT, FROM_PARENT];

fn has(column: &Column, word: &str) -> bool {
    column.options.contains_key(word)
}

/// Whether a child's column has the constraint of its parent, as [`Rules::child_column`](super::Rules) tells it.
pub(super) fn is_handed_on(column: &Column) -> bool {
    has(column, FROM_PARENT)
}

/// Takes the constraint off a column.
fn lift(column: &mut Column) {
    column.nullable = true;
    column.options.retain(|word, _| !WORDS.contains(&word.as_str()));
}

/// Gives a column the constraint of another.
fn take(column: &mut Column, from: &Column) {
    lift(column);
    column.nullable = from.nullable;
    let words = from.options.iter().filter(|(word, _)| WORDS.contains(&word.as_str()));
    column.options.extend(words.map(|(word, value)| (word.clone(), value.clone())));
}

/// A column that no parent requires.
pub(super) fn free(column: &Column) -> Column {
    let mut free = column.clone();
    lift(&mut free);
    free
}

/// What a parent's change from `was` to `is` does to its child's column. `elsewhere`: another parent requires it too.
pub(super) fn follow(column: &mut Column, was: &Column, is: &Column, elsewhere: bool) {
    let is_anew = has(is, NOT_VALID) && !has(was, NOT_VALID);
    match (is_handed_on(was), is_handed_on(is)) {
        (false, true) if column.nullable => take(column, is),
        (true, false) if is_handed_on(column) && !elsewhere => lift(column),
        (true, true) if is_anew && is_handed_on(column) && !elsewhere => take(column, is),
        (true, true) if !is_anew => {
            if was.options.get(NAME) != is.options.get(NAME) && column.options.get(NAME) == was.options.get(NAME) {
                match is.options.get(NAME) {
                    Some(name) => _ = column.options.insert(NAME.to_owned(), name.clone()),
                    None => _ = column.options.shift_remove(NAME),
                }
            }
            if !has(is, NOT_VALID) {
                column.options.shift_remove(NOT_VALID);
            }
        }
        _ => {}
    }
}

/// Gives a child what it is to have of its own before its parent's change hands it the parent's. Not under the name that
/// the parent's is to have: that would have to take another one.
pub(super) fn anticipate(column: &mut Column, wanted: &Column, was: &Column, is: &Column) {
    let comes = !is_handed_on(was) && is_handed_on(is) && wanted.options.get(NAME) != is.options.get(NAME);
    if comes && column.nullable && !wanted.nullable && !is_handed_on(wanted) {
        take(column, wanted);
        column.options.shift_remove(COMMENT);
    }
}

/// Whether a child must leave its parent while its column becomes `next` and the parent's goes from `was` to `is`.
pub(super) fn obstructs(column: &Column, next: Option<&Column>, was: &Column, is: &Column, one_way: bool) -> bool {
    let name = |column: &Column| column.options.get(NAME).cloned();
    let is_anew = has(is, NOT_VALID) && !has(was, NOT_VALID);
    let has_other_name = !column.nullable && name(column) != name(was);
    match (is_handed_on(was), is_handed_on(is)) {
        (true, true) if name(was) != name(is) && !is_anew && has_other_name => return true,
        // Another type takes it off and puts it on again, and then it has the parent's name.
        (true, true) if was.ty != is.ty && has(column, FROM_PARENT) && has_other_name => return true,
        // On the way back it would get the parent's name.
        (true, false) if is_handed_on(column) && has_other_name && !one_way => return true,
        _ => {}
    }
    let mut carried = column.clone();
    if let Some(next) = next {
        anticipate(&mut carried, next, was, is);
    }
    follow(&mut carried, was, is, false);
    let Some(next) = next.filter(|next| !next.nullable && is_handed_on(is)) else { return false };
    name(&carried) != name(next) || has(next, NOT_VALID) && !has(&carried, NOT_VALID)
}

/// What a column of a new child has, from its parents' columns as children have them: the first parent's constraint, or
/// its own in its place.
pub(super) fn at_birth(column: &mut Column, wanted: &Column, parents: &[Column]) {
    let Some(given) = parents.iter().find(|parent| is_handed_on(parent)) else { return };
    let own = !wanted.nullable && !is_handed_on(wanted);
    take(column, if own { wanted } else { given });
    column.options.shift_remove(NOT_VALID);
}

/// Whether a new child would not get the constraint that it is to have from its parents.
pub(super) fn is_born_otherwise(wanted: &Column, parents: &[Column]) -> bool {
    let given = parents.iter().find(|parent| is_handed_on(parent));
    is_handed_on(wanted)
        && given.is_some_and(|given| wanted.options.get(NAME) != given.options.get(NAME) || has(wanted, NOT_VALID))
}

/// A column of a table that leaves parents: the constraint becomes its own where no other parent requires it.
pub(super) fn leave(column: &mut Column, stays: &[&Table]) {
    let requires = |parent: &&Table| {
        parent.column(&column.name).is_some_and(|column| !column.nullable && !has(column, NO_INHERIT))
    };
    if !stays.iter().any(requires) {
        column.options.shift_remove(FROM_PARENT);
    }
}

/// A column that its parent loses and the child keeps: before, the parent lets go of the constraint, since the server would
/// take it for handed on ever after.
pub(super) fn outlive(column: &mut Column) {
    if is_handed_on(column) {
        lift(column);
    }
}

/// Whether a child has the constraint, and not under the name that its parent gives it.
pub(super) fn is_named_otherwise(column: &Column, given: &Column) -> bool {
    let is_own = !column.nullable && !has(column, FROM_PARENT);
    is_own && is_handed_on(given) && column.options.get(NAME) != given.options.get(NAME)
}

/// Whether children no longer get the constraint, or get it now, though it stays.
pub(super) fn is_handed_on_otherwise(previous: &Column, next: &Column) -> bool {
    !previous.nullable && !next.nullable && has(next, NO_INHERIT) != has(previous, NO_INHERIT)
}

/// What was handed on cannot become the child's own by being compared, nor the other way about, except by being said again.
pub(super) fn settle(next: &mut Column, carried: &Column) {
    if !carried.nullable && !next.nullable && !is_handed_on(carried) {
        next.options.shift_remove(FROM_PARENT);
    }
}

/// A parent under another name has its constraint renamed with it, for all children that have it under that name.
pub(super) fn rename_parent(column: &mut Column, old: &ObjectName, new: &ObjectName) {
    let made = |table: &ObjectName| format!("{}_{}_not_null", table.name, column.name);
    if column.options.get(NAME) == Some(&made(old)) {
        let name = made(new);
        column.options.insert(NAME.to_owned(), name);
    }
}
