//! Which revisions of other lines a new revision stands on: those that make what it refers to or edits.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{ForeignKey, ObjectName, Table};

use super::created::{Token, Words, tokens};
use super::uses;
use crate::diff::change::{Change, Edit};
use crate::revision::{Direction, History, Revision};

/// What a new revision that carries out some changes depends on, besides its parents and what these stand on already:
/// the revisions that make the tables, columns and keys that its foreign keys refer to, and the types and sequences that
/// its tables use; and the last that touched a table of another line which it edits. Oldest first.
///
/// `otherwise` gives the revisions to depend on for a table that no revision is seen to create.
pub fn dependencies(
    history: &History,
    parents: &[String],
    changes: &[Change],
    otherwise: impl Fn(&ObjectName) -> Vec<String>,
) -> Vec<String> {
    let trail = Trail::read(history.revisions());
    let mut found: BTreeSet<String> = BTreeSet::new();
    let needs = Needs::of(changes);
    for (table, columns) in &needs.referred {
        match trail.made(table, columns) {
            Some(places) => found.extend(places.into_iter().map(|place| history.revisions()[place].id.clone())),
            None => found.extend(otherwise(table)),
        }
    }
    let objects = trail.objects.iter().filter(|name| uses(&needs.tables, name)).map(|name| trail.last(name));
    let edited = needs.edited.iter().map(|name| trail.last(&name.name));
    found.extend(objects.chain(edited).flatten().map(|place| history.revisions()[place].id.clone()));
    without_needless(history, parents, found)
}

/// Takes out what is reached anyway, by way of a parent or of another dependency.
fn without_needless(history: &History, parents: &[String], found: BTreeSet<String>) -> Vec<String> {
    let below = |id: &String| history.ancestors(id).into_iter().map(|one| one.id.clone());
    let mut reached: BTreeSet<String> = parents.iter().flat_map(below).collect();
    reached.extend(parents.iter().cloned());
    reached.extend(found.iter().flat_map(below));
    let is_left = |revision: &&Revision| found.contains(&revision.id) && !reached.contains(&revision.id);
    history.revisions().iter().filter(is_left).map(|revision| revision.id.clone()).collect()
}

/// What a list of changes finds there.
#[derive(Debug, Default)]
struct Needs {
    /// The ends of new foreign keys, with the columns referred to.
    referred: BTreeMap<ObjectName, BTreeSet<String>>,
    /// Tables and other things that are edited or go.
    edited: BTreeSet<ObjectName>,
    /// Tables whose columns may use types and sequences.
    tables: Vec<Table>,
}

impl Needs {
    fn of(changes: &[Change]) -> Self {
        let mut needs = Self::default();
        for change in changes {
            match change {
                Change::CreateTable { next } => {
                    next.foreign_keys.iter().for_each(|key| needs.refer(&next.name, key));
                    needs.tables.push((**next).clone());
                }
                Change::DropTable { previous } => {
                    needs.edited.insert(previous.name.clone());
                }
                Change::AlterTable(alter) => {
                    needs.edited.insert(alter.previous.name.clone());
                    needs.tables.push((*alter.next).clone());
                    for edit in &alter.edits {
                        if let Edit::ForeignKey(delta) = edit {
                            delta.next().into_iter().for_each(|key| needs.refer(&alter.next.name, key));
                        }
                    }
                }
                Change::Enum { delta, columns } => {
                    needs.edited.extend(delta.previous().map(|one| one.name.clone()));
                    needs.edited.extend(columns.iter().map(|(table, _)| table.clone()));
                }
                Change::Sequence(delta) => needs.edited.extend(delta.previous().map(|one| one.name.clone())),
                Change::Domain { delta, .. } => needs.edited.extend(delta.previous().map(|one| one.name.clone())),
                Change::Composite { delta, .. } => needs.edited.extend(delta.previous().map(|one| one.name.clone())),
                Change::Definition(_) | Change::Access { .. } => {}
            }
        }
        needs
    }

    fn refer(&mut self, table: &ObjectName, key: &ForeignKey) {
        if key.references != *table {
            let columns = key.referenced_columns.iter().map(|column| column.to_lowercase());
            self.referred.entry(key.references.clone()).or_default().extend(columns);
        }
    }
}

/// What the statements of all revisions do to names, in the order of the history. Names count by their last part, in lower
/// case.
#[derive(Debug, Default)]
struct Trail {
    steps: BTreeMap<String, Vec<Step>>,
    /// Types and sequences.
    objects: BTreeSet<String>,
}

#[derive(Debug)]
struct Step {
    /// Where the revision stands in the history.
    place: usize,
    deed: Deed,
    /// The words of the statement, in lower case.
    words: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Makes,
    Edits,
    Drops,
}

impl Trail {
    fn read(revisions: &[Revision]) -> Self {
        let mut trail = Self::default();
        for (place, revision) in revisions.iter().enumerate() {
            for section in revision.sections(Direction::Up) {
                let tokens = tokens(&section.text);
                for statement in tokens.split(|token| *token == Token::Symbol(';')) {
                    trail.statement(place, statement);
                }
            }
        }
        trail
    }

    fn statement(&mut self, place: usize, tokens: &[Token]) {
        let mut words = Words { tokens, at: 0 };
        if words.take(&["CREATE"]) {
            while ["OR", "REPLACE", "UNLOGGED", "UNIQUE"].iter().any(|word| words.take(&[word])) {}
            if words.take(&["TABLE"]) {
                words.take(&["IF", "NOT", "EXISTS"]);
                self.add(place, words.name(), Deed::Makes, tokens);
            } else if words.take(&["TYPE"]) || words.take(&["SEQUENCE"]) {
                words.take(&["IF", "NOT", "EXISTS"]);
                let name = words.name();
                self.objects.extend(name.as_ref().map(|name| name.to_lowercase()));
                self.add(place, name, Deed::Makes, tokens);
            } else if words.take(&["INDEX"]) && words.rest_of_statement_from("ON") {
                words.take(&["ON"]);
                words.take(&["ONLY"]);
                self.add(place, words.name(), Deed::Edits, tokens);
            }
        } else if words.take(&["ALTER"]) {
            if ["TABLE", "TYPE", "SEQUENCE"].iter().any(|word| words.take(&[word])) {
                while ["IF", "EXISTS", "ONLY"].iter().any(|word| words.take(&[word])) {}
                let old = words.name();
                self.add(place, old.clone(), Deed::Edits, tokens);
                words.rest_of_statement_from("RENAME");
                if words.take(&["RENAME", "TO"]) || words.take(&["RENAME", "AS"]) {
                    let new = words.name();
                    self.add(place, new.clone(), Deed::Makes, tokens);
                    self.inherit(old, new);
                }
            }
        } else if words.take(&["RENAME", "TABLE"]) {
            while words.rest_of_statement_from("TO") && words.take(&["TO"]) {
                self.add(place, words.name(), Deed::Makes, tokens);
            }
        } else if words.take(&["DROP", "TABLE"]) {
            words.take(&["IF", "EXISTS"]);
            self.add(place, words.name(), Deed::Drops, tokens);
        }
    }

    fn add(&mut self, place: usize, name: Option<String>, deed: Deed, tokens: &[Token]) {
        let Some(name) = name else { return };
        // `ADD COLUMN b int AFTER a` says nothing of a.
        let is_place = |at: usize| at > 0 && matches!(&tokens[at - 1], Token::Word(word, _) if word == "AFTER");
        let names = tokens.iter().enumerate().filter(|(at, _)| !is_place(*at)).filter_map(|(_, token)| token.name());
        let words = names.map(str::to_lowercase).collect();
        self.steps.entry(name.to_lowercase()).or_default().push(Step { place, deed, words });
    }

    /// What was said of the old name is true of the new one.
    fn inherit(&mut self, old: Option<String>, new: Option<String>) {
        let (Some(old), Some(new)) = (old, new) else { return };
        let said = self.steps.get(&old.to_lowercase()).into_iter().flatten();
        let words: BTreeSet<String> = said.flat_map(|step| step.words.iter().cloned()).collect();
        if let Some(step) = self.steps.get_mut(&new.to_lowercase()).and_then(|steps| steps.last_mut()) {
            step.words.extend(words);
        }
    }

    /// The revisions that make a table and, where they come later, the columns or the key that is referred to. `None`
    /// where none is seen to make it.
    fn made(&self, table: &ObjectName, columns: &BTreeSet<String>) -> Option<BTreeSet<usize>> {
        let steps = self.steps.get(&table.name.to_lowercase())?;
        let (mut made, mut key, mut gone) = (None, None, None);
        let mut known: BTreeSet<&String> = BTreeSet::new();
        for step in steps {
            match step.deed {
                Deed::Drops => gone = Some(step.place),
                Deed::Makes if made.is_none() || gone != Some(step.place) => {
                    (made, key) = (Some(step.place), None);
                    known = step.words.iter().collect();
                }
                // Where the same revision drops and makes it, it is rebuilt, as SQLite needs it: with what is new?
                Deed::Makes => {
                    if columns.iter().any(|column| !known.contains(column) && step.words.contains(column)) {
                        key = Some(step.place);
                    }
                    known.extend(&step.words);
                }
                Deed::Edits => {
                    known.extend(&step.words);
                    let adds =
                        ["add", "rename", "change", "unique", "primary"].iter().any(|word| step.words.contains(*word));
                    if adds && columns.iter().any(|column| step.words.contains(column)) {
                        key = Some(step.place);
                    }
                }
            }
        }
        made.map(|made| std::iter::once(made).chain(key).collect())
    }

    /// The last revision that does anything to a name.
    fn last(&self, name: &str) -> Option<usize> {
        self.steps.get(&name.to_lowercase()).and_then(|steps| steps.last()).map(|step| step.place)
    }
}
