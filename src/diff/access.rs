//! Owners, privileges and default privileges.
//!
//! Default privileges come first, so that every object of the list, there and back, is made under those of the next
//! side. What an object has by itself from then on is thereby known, and only what differs is granted or revoked.
//! Privileges that go stand before the changes, because the way back has to bring them after the object; those that
//! come stand behind.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{
    Access, AutoIncrement, Class, Column, DeclaredAccess, DefaultPrivileges, Definition, DefinitionKind, ObjectName,
    Privilege, Reference, Schema, Table,
};

use super::Guide;
use super::access_declared;
use super::change::{Change, Delta, Edit};
use super::compare;
use super::sequence_owners::Retied;

/// What has an owner: an object, and the word for what it is, because a view may become a table of the same name.
type Key = (Reference, String);

/// The changes of owners and privileges, around the others.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// Default privileges; they may have to wait for their namespace.
    pub(super) defaults: Vec<Change>,
    /// Before everything: nothing stands on privileges.
    pub(super) first: Vec<Change>,
    /// After everything: until then whoever runs this owns what is made.
    pub(super) last: Vec<Change>,
}

pub(super) fn around(changes: &[Change], previous: &Schema, next: &Schema, guide: &Guide, retied: &Retied) -> Around {
    let wanted = if guide.access { next } else { previous };
    let mut sides = Sides {
        previous,
        next,
        defaults: &wanted.default_privileges,
        guide,
        retied,
        objects: Objects::of(changes, previous, next, guide),
        first: Vec::new(),
        last: Vec::new(),
    };
    let by_key = |schema: &'_ Schema| -> BTreeMap<Key, Access> {
        schema.access.iter().map(|one| ((one.object.clone(), one.word.clone()), one.clone())).collect()
    };
    let (mut before, mut after) = (by_key(previous), by_key(wanted));
    retied.settle(&mut before, &mut after);
    let mut keys: BTreeSet<Key> = before.keys().chain(after.keys()).cloned().collect();
    keys.extend(sides.objects.created.iter().chain(&sides.objects.dropped).cloned());
    keys.extend(guide.granted.iter().map(|one| (one.object.object.clone(), one.object.word.clone())));
    for key in keys {
        sides.object(&key, before.get(&key), after.get(&key));
    }
    let defaults = sides.default_privileges(&wanted.default_privileges);
    Around { defaults, first: sides.first, last: sides.last }
}

/// The objects that come and go as a whole.
#[derive(Debug, Default)]
struct Objects {
    created: BTreeSet<Key>,
    dropped: BTreeSet<Key>,
    /// The columns that leave tables which stay; some come back.
    columns: BTreeSet<(ObjectName, String)>,
}

impl Objects {
    fn of(changes: &[Change], previous: &Schema, next: &Schema, guide: &Guide) -> Self {
        let mut found = Self::default();
        for change in changes {
            match change {
                Change::CreateTable { next: table } => {
                    found.add(Delta::Create { next: (Reference::relation(&table.name), table_word(table)) });
                    found.created.extend(column_sequences(table, None, next, guide));
                }
                Change::DropTable { previous: table } => {
                    found.add(Delta::Drop { previous: (Reference::relation(&table.name), table_word(table)) });
                    found.dropped.extend(column_sequences(table, None, previous, guide));
                }
                Change::AlterTable(alter) => {
                    let (before, after) = (&alter.previous, &alter.next);
                    let gone = alter.edits.iter().filter_map(|edit| match edit {
                        Edit::Column { delta: Delta::Drop { previous }, .. } => Some(previous.name.clone()),
                        _ => None,
                    });
                    found.columns.extend(gone.map(|column| (after.name.clone(), column)));
                    found.created.extend(column_sequences(after, Some(before), next, guide));
                    found.dropped.extend(column_sequences(before, Some(after), previous, guide));
                }
                Change::Sequence(delta) => found.add(delta.map(|one| (Reference::relation(&one.name), "SEQUENCE"))),
                Change::Enum { delta, .. } => found.add(delta.map(|one| (Reference::ty(&one.name), "TYPE"))),
                Change::Domain { delta, .. } => found.add(delta.map(|one| (Reference::ty(&one.name), "DOMAIN"))),
                Change::Composite { delta, .. } => found.add(delta.map(|one| (Reference::ty(&one.name), "TYPE"))),
                Change::Definition(delta) => found.definition(delta),
                // It goes and comes with what was granted on it.
                Change::Anew { .. } => {}
                Change::Rows(_) | Change::Access { .. } | Change::DefaultPrivileges { .. } => {}
            }
        }
        found
    }

    /// Whether an object goes, and whether it comes.
    fn moved(&self, key: &Key) -> (bool, bool) {
        (self.dropped.contains(key), self.created.contains(key))
    }

    fn definition(&mut self, delta: &Delta<Definition>) {
        let word = |one: &Definition| owned_word(one.kind);
        if delta.previous().or(delta.next()).and_then(word).is_some() {
            self.add(delta.map(|one| (one.reference(), word(one).unwrap_or_default())));
        }
    }

    fn add(&mut self, delta: Delta<(Reference, &'static str)>) {
        match delta {
            Delta::Create { next: (object, word) } => self.created.insert((object, word.to_owned())),
            Delta::Drop { previous: (object, word) } => self.dropped.insert((object, word.to_owned())),
            Delta::Alter { .. } => false,
        };
    }
}

fn table_word(table: &Table) -> &'static str {
    if table.options.contains_key("server") { "FOREIGN TABLE" } else { "TABLE" }
}

/// The sequences of the columns that a table numbers, and another one does not.
fn column_sequences(table: &Table, without: Option<&Table>, schema: &Schema, guide: &Guide) -> Vec<Key> {
    let Some(name) = guide.rules.column_sequence else { return Vec::new() };
    let new = table.columns.iter().filter(|column| {
        has_sequence(column) && !without.and_then(|other| other.column(&column.name)).is_some_and(has_sequence)
    });
    let names = new.map(|column| name(&table.name, &column.name));
    // What has the name already is another one.
    let own = names.filter(|name| !schema.sequences.iter().any(|one| one.name == *name));
    own.map(|name| (Reference::relation(&name), "SEQUENCE".to_owned())).collect()
}

fn has_sequence(column: &Column) -> bool {
    !matches!(column.auto_increment, None | Some(AutoIncrement::Native))
}

/// The word that OWNER TO has for a kind; `None` for kinds that have no owner of their own. That of an extension counts
/// for nothing but its members.
fn owned_word(kind: DefinitionKind) -> Option<&'static str> {
    Some(match kind {
        DefinitionKind::Namespace => "SCHEMA",
        DefinitionKind::Collation => "COLLATION",
        DefinitionKind::ShellType | DefinitionKind::Range => "TYPE",
        DefinitionKind::Language => "LANGUAGE",
        DefinitionKind::Function => "FUNCTION",
        DefinitionKind::Procedure => "PROCEDURE",
        DefinitionKind::Aggregate => "AGGREGATE",
        DefinitionKind::Operator => "OPERATOR",
        DefinitionKind::OperatorFamily => "OPERATOR FAMILY",
        DefinitionKind::OperatorClass => "OPERATOR CLASS",
        DefinitionKind::Conversion => "CONVERSION",
        DefinitionKind::TextSearchDictionary => "TEXT SEARCH DICTIONARY",
        DefinitionKind::TextSearchConfiguration => "TEXT SEARCH CONFIGURATION",
        DefinitionKind::View => "VIEW",
        DefinitionKind::MaterializedView => "MATERIALIZED VIEW",
        DefinitionKind::Statistics => "STATISTICS",
        DefinitionKind::EventTrigger => "EVENT TRIGGER",
        DefinitionKind::Publication => "PUBLICATION",
        DefinitionKind::Subscription => "SUBSCRIPTION",
        DefinitionKind::Extension => "EXTENSION",
        DefinitionKind::ForeignDataWrapper => "FOREIGN DATA WRAPPER",
        DefinitionKind::Server => "SERVER",
        DefinitionKind::Cast
        | DefinitionKind::AccessMethod
        | DefinitionKind::Transform
        | DefinitionKind::TextSearchParser
        | DefinitionKind::TextSearchTemplate
        | DefinitionKind::VirtualTable
        | DefinitionKind::UserMapping
        | DefinitionKind::Index
        | DefinitionKind::Rule
        | DefinitionKind::Trigger
        | DefinitionKind::Policy
        | DefinitionKind::Event => return None,
    })
}

/// The word that ALTER DEFAULT PRIVILEGES has for a kind of object.
fn default_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "TABLE" | "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" => "TABLES",
        "SEQUENCE" => "SEQUENCES",
        "FUNCTION" | "PROCEDURE" | "AGGREGATE" => "FUNCTIONS",
        "TYPE" | "DOMAIN" => "TYPES",
        "SCHEMA" => "SCHEMAS",
        _ => return None,
    })
}

struct Sides<'a> {
    previous: &'a Schema,
    next: &'a Schema,
    /// Those under which objects are made.
    defaults: &'a [DefaultPrivileges],
    guide: &'a Guide,
    retied: &'a Retied,
    objects: Objects,
    first: Vec<Change>,
    last: Vec<Change>,
}

impl Sides<'_> {
    fn object(&mut self, key: &Key, before: Option<&Access>, after: Option<&Access>) {
        let declared = if self.guide.access { None } else { access_declared::find(&self.guide.granted, key) };
        let any = before.or(after).or(declared.map(|declared| &declared.object));
        let part = any.and_then(|access| access.part_of.clone());
        let extension = any.and_then(|access| access.extension.as_ref());
        let (goes, comes) = match (&part, extension) {
            (Some((table, column)), _) => self.part(table, column),
            (None, Some(extension)) => self.objects.moved(&(extension_called(extension), "EXTENSION".to_owned())),
            (None, None) => self.objects.moved(key),
        };
        if !goes && !comes {
            match declared {
                // What is declared of things that are not there is told elsewhere.
                Some(declared) if self.is_there(key, declared) => {
                    let before = before.cloned().unwrap_or_else(|| declared.object.taken_back());
                    let wanted = access_declared::with(declared, &before, &self.granted(&before));
                    self.standing(Some(&before), Some(&wanted), true);
                }
                _ => self.standing(before, after, self.guide.access),
            }
            return;
        }
        let given = match before.or(after).filter(|access| access.extension.is_some()) {
            Some(access) => access.taken_back(),
            None => self.given(key),
        };
        let or_default = |side: Option<&Access>| match (side, before.or(after)) {
            (Some(side), _) => side.clone(),
            (None, Some(other)) => other.taken_back(),
            (None, None) => Access::by_default(key.0.clone(), &key.1),
        };
        if goes {
            let previous = or_default(before);
            if !self.same(&previous, &given) {
                let delta = Delta::Drop { previous };
                self.first.push(Change::Access { delta, given: Some(given.clone()) });
            }
        }
        // What only comes and is not compared has what the engine gives.
        let is_retied = self.retied.has(&key.0);
        if comes && (goes || self.guide.access || is_retied || declared.is_some()) {
            let next = if goes || self.guide.access || is_retied { or_default(after) } else { given.clone() };
            let next = match declared {
                Some(declared) => access_declared::with(declared, &next, &self.granted(&next)),
                None => next,
            };
            if !self.same(&next, &given) {
                self.last.push(Change::Access { delta: Delta::Create { next }, given: Some(given) });
            }
        }
    }

    /// An object that stays where it is. What was granted on its columns goes with them.
    fn standing(&mut self, before: Option<&Access>, after: Option<&Access>, is_compared: bool) {
        let Some(any) = before.or(after) else { return };
        let table = (self.previous.table(any.name()), self.next.table(any.name()));
        let mut before = before.cloned();
        if let (Some(access), (Some(old), Some(new))) = (&before, table) {
            let kept = without_columns(access, |column| old.column(column).is_some() && new.column(column).is_none());
            if kept != *access {
                let delta = Delta::Alter { previous: access.clone(), next: kept.clone() };
                self.first.push(Change::Access { delta, given: Some(kept.clone()) });
                before = Some(kept);
            }
        }
        if !is_compared && !self.retied.has(&any.object) {
            // Nobody asked for more than to keep what is there, which a column that is made anew does not.
            self.granted_again(before.as_ref(), before.as_ref(), table);
            return;
        }
        let standing = before.clone();
        let delta = match (before, after.cloned()) {
            (None, None) => return,
            (Some(previous), Some(next)) if self.same(&previous, &next) => None,
            (Some(previous), None) if self.same(&previous, &previous.taken_back()) => None,
            (None, Some(next)) => Some(Delta::Create { next }),
            (Some(previous), None) => Some(Delta::Drop { previous }),
            (Some(previous), Some(next)) => Some(Delta::Alter { previous, next }),
        };
        self.last.extend(delta.map(|delta| Change::Access { delta, given: None }));
        self.granted_again(standing.as_ref(), after, table);
    }

    /// Whether an object is there after the changes.
    fn is_there(&self, (object, _): &Key, declared: &DeclaredAccess) -> bool {
        let name = declared.object.part_of.as_ref().map_or(&object.name, |(table, _)| table);
        let next = self.next;
        match object.class {
            Class::Relation => {
                next.table(name).is_some()
                    || next.sequences.iter().any(|one| one.name == *name)
                    || next.definitions.iter().any(|one| one.reference() == *object)
            }
            Class::Type => {
                let types = next.enums.iter().map(|one| &one.name).chain(next.domains.iter().map(|one| &one.name));
                let mut all = types.chain(next.composites.iter().map(|one| &one.name));
                all.any(|one| one == name) || next.definitions.iter().any(|one| one.reference() == *object)
            }
            Class::Namespace => true,
            _ => next.definitions.iter().any(|one| one.reference() == *object),
        }
    }

    /// A column that is made anew has lost what was granted on it, there and on the way back. To grant it once more does
    /// no harm.
    fn granted_again(
        &mut self,
        before: Option<&Access>,
        after: Option<&Access>,
        table: (Option<&Table>, Option<&Table>),
    ) {
        let (Some(old), Some(new)) = table else { return };
        let made_anew = |name: &str| {
            let sides = (old.column(name), new.column(name));
            let leaves = || self.objects.columns.contains(&(new.name.clone(), name.to_owned()));
            matches!(sides, (Some(a), Some(b)) if leaves() || a.generated != b.generated && b.generated.is_some())
        };
        let left = |access: &Access| Some(without_columns(access, made_anew)).filter(|left| left != access);
        let (left_before, left_after) = (before.and_then(left), after.and_then(left));
        if let (Some(access), Some(left)) = (before, left_before) {
            let delta = Delta::Alter { previous: access.clone(), next: left.clone() };
            self.first.push(Change::Access { delta, given: Some(left) });
        }
        if let (Some(access), Some(left)) = (after, left_after) {
            let delta = Delta::Alter { previous: left.clone(), next: access.clone() };
            self.last.push(Change::Access { delta, given: Some(left) });
        }
    }

    /// Whether the sequence of a column goes and comes.
    fn part(&self, table: &ObjectName, column: &str) -> (bool, bool) {
        let word = self.previous.table(table).or(self.next.table(table)).map_or("TABLE", table_word);
        let key = (Reference::relation(table), word.to_owned());
        let has =
            |schema: &Schema| schema.table(table).and_then(|table| table.column(column)).is_some_and(has_sequence);
        let (before, after) = (has(self.previous), has(self.next));
        let goes = before && (!after || self.objects.dropped.contains(&key));
        let comes = after && (!before || self.objects.created.contains(&key));
        (goes, comes)
    }

    /// What an object has by itself once it is made.
    fn given(&self, (object, word): &Key) -> Access {
        let mut given = Access::by_default(object.clone(), word);
        let Some(kind) = default_word(word) else { return given };
        let is_near = |defaults: &DefaultPrivileges| match &object.name.schema {
            _ if object.class == Class::Namespace => false,
            Some(schema) => defaults.namespace.as_ref() == Some(schema),
            None => defaults.in_default_namespace,
        };
        for defaults in self.defaults.iter().filter(|one| one.role.is_none() && one.word == kind) {
            // Those that are not restricted to a namespace come first.
            if defaults.namespace.is_none() {
                given.privileges = Some(defaults.privileges.clone());
            } else if is_near(defaults) {
                let general = given.privileges.take().unwrap_or_else(|| self.granted(&given.taken_back()));
                given.privileges = Some(defaults.privileges.union(&general).cloned().collect());
            }
        }
        given
    }

    fn same(&self, a: &Access, b: &Access) -> bool {
        a.owner == b.owner && self.granted(a) == self.granted(b)
    }

    /// All that is granted.
    fn granted(&self, access: &Access) -> BTreeSet<Privilege> {
        let initial = || self.guide.rules.initial_privileges.map(|initial| initial(access)).unwrap_or_default();
        access.privileges.clone().unwrap_or_else(initial)
    }

    fn default_privileges(&self, wanted: &[DefaultPrivileges]) -> Vec<Change> {
        let key = |one: &DefaultPrivileges| (one.role.clone(), one.namespace.clone(), one.word.clone());
        let deltas = compare::objects(&self.previous.default_privileges, wanted, key);
        let goes = |one: &DefaultPrivileges| {
            one.namespace.as_ref().is_some_and(|namespace| {
                let object = Reference { class: Class::Namespace, name: ObjectName::bare(namespace) };
                self.objects.dropped.contains(&(object, "SCHEMA".to_owned()))
            })
        };
        let changes = deltas.into_iter().map(|delta| {
            let with_namespace = matches!(&delta, Delta::Drop { previous } if goes(previous));
            Change::DefaultPrivileges { delta, with_namespace }
        });
        changes.collect()
    }
}

fn extension_called(name: &str) -> Reference {
    Reference { class: Class::Extension, name: ObjectName::bare(name) }
}

pub(super) fn without_columns(access: &Access, goes: impl Fn(&str) -> bool) -> Access {
    let mut kept = access.clone();
    if let Some(privileges) = &mut kept.privileges {
        privileges.retain(|one| !one.column.as_deref().is_some_and(&goes));
    }
    kept
}

/// The roles that a list of changes names, each with the first object that it is named for.
pub fn roles(changes: &[Change]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for change in changes {
        let named: Vec<&String> = match change {
            Change::Access { delta, .. } => delta.next().into_iter().flat_map(roles_of_access).collect(),
            Change::DefaultPrivileges { delta, .. } => {
                let next = delta.next().into_iter();
                next.flat_map(|one| one.role.iter().chain(roles_of(&one.privileges))).collect()
            }
            _ => Vec::new(),
        };
        for role in named {
            found.entry(role.clone()).or_insert_with(|| change.subject());
        }
    }
    found
}

fn roles_of_access(access: &Access) -> impl Iterator<Item = &String> {
    access.owner.iter().chain(access.privileges.iter().flat_map(roles_of))
}

fn roles_of(privileges: &BTreeSet<Privilege>) -> impl Iterator<Item = &String> {
    privileges.iter().flat_map(|one| {
        let grantee = match &one.grantee {
            rungs_schema::Grantee::Role(role) => Some(role),
            rungs_schema::Grantee::Owner | rungs_schema::Grantee::Public => None,
        };
        grantee.into_iter().chain(&one.grantor)
    })
}
