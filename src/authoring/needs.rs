//! Which revisions of other lines a new revision stands on: those that make what it refers to or edits.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{DialectName, ForeignKey, ObjectName};

use super::Share;
use crate::diff::change::{Change, Edit, Standing};
use crate::footprint::{Footprint, Kind, Object, Touch, Way};
use crate::revision::{History, Revision};

/// What a new revision that carries out a share depends on, besides its parents and what these stand on already: the
/// revisions that make the tables, columns and keys that its foreign keys refer to, and the types and sequences that its
/// tables use; and the last that touched a table of another line which it edits. Oldest first.
///
/// `otherwise` gives the revisions to depend on for a table that no revision is seen to create.
pub fn dependencies(
    history: &History,
    parents: &[String],
    share: &Share,
    dialect: DialectName,
    otherwise: impl Fn(&ObjectName) -> Vec<String>,
) -> Vec<String> {
    let needs = Needs::of(&share.changes);
    let once = needs.edited.iter().chain(&share.uses);
    let trail = Trail::read(history, needs.referred.keys().chain(once.clone()), dialect);
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (table, columns) in &needs.referred {
        match trail.made(table, columns) {
            Some(makers) => found.extend(makers.into_iter().map(str::to_owned)),
            None => found.extend(otherwise(table)),
        }
    }
    found.extend(once.filter_map(|name| trail.last(name)).map(str::to_owned));
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
}

impl Needs {
    fn of(changes: &[Change]) -> Self {
        let mut needs = Self::default();
        for change in changes {
            match change {
                Change::CreateTable { next } => next.foreign_keys.iter().for_each(|key| needs.refer(&next.name, key)),
                Change::DropTable { previous } => {
                    needs.edited.insert(previous.name.clone());
                }
                Change::AlterTable(alter) => {
                    needs.edited.insert(alter.previous.name.clone());
                    for edit in &alter.edits {
                        if let Edit::ForeignKey(delta) = edit {
                            delta.next().into_iter().for_each(|key| needs.refer(&alter.next.name, key));
                        }
                    }
                }
                Change::Enum { delta, standing, .. } => {
                    needs.edited.extend(delta.previous().map(|one| one.name.clone()));
                    needs.stand(standing);
                }
                Change::Sequence(delta) => needs.edited.extend(delta.previous().map(|one| one.name.clone())),
                Change::Domain { delta, standing } => {
                    needs.edited.extend(delta.previous().map(|one| one.name.clone()));
                    needs.stand(standing);
                }
                Change::Composite { delta, standing } => {
                    needs.edited.extend(delta.previous().map(|one| one.name.clone()));
                    needs.stand(standing);
                }
                Change::Anew { previous, standing, .. } => {
                    needs.edited.insert(previous.name.clone());
                    needs.stand(standing);
                }
                Change::Rows(_) | Change::Definition(_) | Change::Access { .. } | Change::DefaultPrivileges { .. } => {}
            }
        }
        needs
    }

    /// What stands on a type may move along with it.
    fn stand(&mut self, standing: &Standing) {
        self.edited.extend(standing.tables.iter().map(|table| table.previous.name.clone()));
    }

    fn refer(&mut self, table: &ObjectName, key: &ForeignKey) {
        if key.references != *table {
            let columns = key.referenced_columns.iter().cloned();
            self.referred.entry(key.references.clone()).or_default().extend(columns);
        }
    }
}

/// What the revisions that mention some names touch, in the order of the history.
struct Trail<'a> {
    steps: Vec<(&'a str, Footprint)>,
}

impl<'a> Trail<'a> {
    fn read<'n>(history: &'a History, names: impl Iterator<Item = &'n ObjectName>, dialect: DialectName) -> Self {
        // A quote in a name is doubled in SQL.
        let longest =
            |name: &ObjectName| name.name.split(['"', '`']).max_by_key(|part| part.len()).map(str::to_lowercase);
        let words: BTreeSet<String> = names.filter_map(longest).collect();
        let mentions = |revision: &&Revision| {
            revision.up.iter().any(|section| {
                let text = section.text.to_lowercase();
                words.iter().any(|word| text.contains(word))
            })
        };
        let read = history.revisions().iter().filter(mentions);
        Self { steps: read.map(|revision| (revision.id.as_str(), Footprint::of(revision, dialect))).collect() }
    }

    /// The revisions that make a table and, where they come later, the columns or the key that is referred to. `None`
    /// where none is seen to make it.
    fn made(&self, table: &ObjectName, columns: &BTreeSet<String>) -> Option<BTreeSet<&'a str>> {
        let is_wanted = |object: &Object| {
            let is_column = object.kind == Kind::Column && is(object.table.as_ref(), table);
            is_column && columns.iter().any(|column| column.eq_ignore_ascii_case(&object.name.name))
        };
        let (mut made, mut key) = (None, None);
        for (id, footprint) in &self.steps {
            let names_column = footprint.touches().iter().any(|touch| is_wanted(&touch.object));
            for Touch { object, way, .. } in footprint.touches() {
                let is_new = matches!(way, Way::Created | Way::Replaced | Way::RenamedFrom(_));
                let keys = matches!(object.kind, Kind::PrimaryKey | Kind::Constraint | Kind::UniqueIndex);
                if object.kind == Kind::Table && is(Some(&object.name), table) {
                    match way {
                        _ if is_new => (made, key) = (Some(*id), None),
                        Way::Dropped | Way::RenamedTo(_) => (made, key) = (None, None),
                        _ => {}
                    }
                } else if is_new && (is_wanted(object) || keys && names_column && is(object.table.as_ref(), table)) {
                    key = Some(*id);
                }
            }
        }
        made.map(|made| std::iter::once(made).chain(key).collect())
    }

    /// The last revision that makes, edits or drops something, or a part of it.
    fn last(&self, name: &ObjectName) -> Option<&'a str> {
        let structural = |way: &Way| {
            use Way::{Commented, Deleted, Inserted, Read, Referenced, Updated};
            !matches!(way, Commented | Deleted | Inserted | Read | Referenced | Updated)
        };
        let touches = |touch: &Touch| {
            let whole = touch.object.table.as_ref().unwrap_or(&touch.object.name);
            structural(&touch.way) && is(Some(whole), name)
        };
        self.steps.iter().rev().find(|(_, footprint)| footprint.touches().iter().any(touches)).map(|(id, _)| *id)
    }
}

/// Whether two names are one. Letter case does not tell them apart, since for some engines it does not count.
fn is(one: Option<&ObjectName>, other: &ObjectName) -> bool {
    one.is_some_and(|one| one.to_string().eq_ignore_ascii_case(&other.to_string()))
}
