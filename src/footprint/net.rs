//! What the statements of one revision amount to.
//!
//! A revision is one step: what it creates and drops again was never there for anyone else, and what it sets aside,
//! creates anew and drops under its old name has only changed. So the statements are played on names alone: each name
//! stands for a thing, a rename moves it, and at the end every thing tells what became of it, by the name that it had
//! before the revision.

use std::collections::{HashMap, HashSet};

use rungs_schema::{DialectName, ObjectName};

use super::object::{Key, Kind, Object, Touch, Way, stands_alone};
use super::reading::{Copy, Step};

/// A thing in the database, while a revision runs.
#[derive(Debug)]
struct Thing {
    /// By the name that it was first seen under.
    object: Object,
    /// The name that it has at the end.
    now: ObjectName,
    /// The table that it is a part of.
    owner: Option<usize>,
    created: bool,
    temporary: bool,
    dropped: bool,
    renamed: Option<usize>,
    /// The thing that had its name before.
    replaces: Option<usize>,
    ways: Vec<(Way, usize)>,
    /// Its values are computed, so that they are never copied.
    computed: bool,
}

/// A table that was filled from another: each column with those that its values are made of.
#[derive(Debug)]
struct Filled {
    from: usize,
    to: usize,
    columns: Vec<(String, Vec<String>)>,
}

/// A name within its table, or one that stands on its own.
type Place = (Option<usize>, Key);

struct Play {
    dialect: DialectName,
    things: Vec<Thing>,
    /// What a name means at the moment.
    meaning: HashMap<Place, usize>,
    /// What a name meant that nothing has any more.
    former: HashMap<Place, usize>,
    copies: Vec<Filled>,
}

/// Plays the steps of a revision.
pub(super) fn touches(dialect: DialectName, steps: &[Step]) -> Vec<Touch> {
    let mut play =
        Play { dialect, things: Vec::new(), meaning: HashMap::new(), former: HashMap::new(), copies: Vec::new() };
    for step in steps {
        match step {
            Step::Touch { object, way, line } => play.touch(object, way, *line),
            Step::Temporary(name) => play.temporary(name),
            Step::Copy(copy) => play.copy(copy),
            Step::Computed(column) => {
                let thing = play.thing(column);
                play.things[thing].computed = true;
            }
        }
    }
    Ending::of(&play).told()
}

impl Play {
    fn table(&mut self, name: &ObjectName) -> usize {
        self.thing(&Object::table(name))
    }

    /// The thing that a name means now; it was there before, if nothing is known of it.
    fn thing(&mut self, object: &Object) -> usize {
        let place = self.place(object);
        match self.meaning.get(&place) {
            Some(known) => {
                let known = *known;
                self.specify(known, object);
                known
            }
            None => self.add(place, object, false),
        }
    }

    /// A statement may know more of a thing than the ones before: its table, or that it is a view.
    fn specify(&mut self, thing: usize, object: &Object) {
        let owner = object.table.as_ref().map(|table| self.table(table));
        let known = &mut self.things[thing];
        if known.object.kind == Kind::Table {
            known.object.kind = object.kind;
        }
        if known.owner.is_none() {
            known.owner = owner;
            known.object.table.clone_from(&object.table);
        }
    }

    fn place(&mut self, object: &Object) -> Place {
        let key = Key::of(object, self.dialect);
        match (&object.table, key.part.is_some()) {
            (Some(table), true) => {
                let owner = self.table(table);
                // The table has a name of its own, which may change.
                (Some(owner), Key::of(&Object { table: Some(ObjectName::bare("")), ..object.clone() }, self.dialect))
            }
            _ => (None, key),
        }
    }

    fn add(&mut self, place: Place, object: &Object, created: bool) -> usize {
        let owner = object.table.as_ref().map(|table| self.table(table));
        let replaces = self.former.get(&place).copied().filter(|_| created);
        self.things.push(Thing {
            object: object.clone(),
            now: object.name.clone(),
            owner,
            created,
            temporary: false,
            dropped: false,
            renamed: None,
            replaces,
            ways: Vec::new(),
            computed: false,
        });
        self.meaning.insert(place, self.things.len() - 1);
        self.things.len() - 1
    }

    fn touch(&mut self, object: &Object, way: &Way, line: usize) {
        let place = self.place(object);
        if *way == Way::Created && !self.meaning.contains_key(&place) {
            let thing = self.add(place, object, true);
            self.things[thing].ways.push((Way::Created, line));
            return;
        }
        let thing = self.thing(object);
        match way {
            Way::RenamedTo(new) => self.rename(thing, &place, object, new, line),
            Way::Created => {
                // A foreign key may name a table that only comes after it.
                let known = &mut self.things[thing];
                known.created |= known.ways.iter().all(|(way, _)| *way == Way::Referenced);
                known.ways.push((Way::Created, line));
            }
            Way::Dropped => {
                self.forget(&place);
                self.things[thing].dropped = true;
                self.things[thing].ways.push((Way::Dropped, line));
            }
            _ => self.things[thing].ways.push((way.clone(), line)),
        }
    }

    fn forget(&mut self, place: &Place) {
        if let Some(thing) = self.meaning.remove(place) {
            self.former.insert(place.clone(), thing);
        }
    }

    fn rename(&mut self, thing: usize, old_place: &Place, object: &Object, new: &ObjectName, line: usize) {
        self.forget(old_place);
        let new_place = self.place(&Object { name: new.clone(), ..object.clone() });
        // A name that becomes free and is taken by another thing is that thing's from now on.
        if let Some(former) = self.former.get(&new_place).copied().filter(|former| *former != thing) {
            self.things[thing].replaces = Some(former);
        }
        self.meaning.insert(new_place, thing);
        self.things[thing].now = new.clone();
        self.things[thing].renamed = Some(line);
    }

    fn temporary(&mut self, name: &ObjectName) {
        let object = Object::table(name);
        let place = self.place(&object);
        let thing = self.add(place, &object, true);
        self.things[thing].temporary = true;
    }

    fn copy(&mut self, copy: &Copy) {
        let (from, to) = (self.table(&copy.from), self.table(&copy.to));
        self.copies.push(Filled { from, to, columns: copy.columns.clone() });
    }
}

/// What became of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was never there for anyone else.
    Nothing,
    /// It is there and was not.
    New,
    /// It was there and is not.
    Gone,
    /// It was there and still is.
    Stays,
    /// It stands in the place of another, which has gone.
    InPlace,
    /// It has gone, and another stands in its place.
    Replaced,
}

/// The end of the play.
struct Ending<'a> {
    dialect: DialectName,
    things: &'a [Thing],
    copies: &'a [Filled],
    fates: Vec<Fate>,
    /// What was there before the revision in the place of each.
    originals: Vec<Option<usize>>,
    touches: Vec<Touch>,
}

impl<'a> Ending<'a> {
    fn of(play: &'a Play) -> Self {
        let things = &play.things;
        let originals: Vec<Option<usize>> = (0..things.len()).map(|index| original(things, index)).collect();
        let stands = |(index, thing): (usize, &Thing)| if thing.dropped { None } else { originals[index] };
        let replaced: HashSet<usize> = things.iter().enumerate().filter_map(stands).collect();
        let fate = |(index, thing): (usize, &Thing)| match (thing.created, thing.dropped) {
            _ if thing.temporary => Fate::Nothing,
            (true, true) => Fate::Nothing,
            (true, false) if originals[index].is_some() => Fate::InPlace,
            (true, false) => Fate::New,
            (false, true) if replaced.contains(&index) => Fate::Replaced,
            (false, true) => Fate::Gone,
            (false, false) => Fate::Stays,
        };
        let fates = things.iter().enumerate().map(fate).collect();
        Self { dialect: play.dialect, things, copies: &play.copies, fates, originals, touches: Vec::new() }
    }

    fn told(mut self) -> Vec<Touch> {
        for (index, thing) in self.things.iter().enumerate() {
            match thing.owner {
                Some(owner) => self.tell_part(index, thing, owner),
                None => self.tell(index, thing),
            }
        }
        self.touches.sort_by_key(|touch| touch.line);
        self.touches
    }

    fn say(&mut self, object: Object, way: Way, line: usize) {
        let touch = Touch::new(object, way, line, self.dialect);
        if self.touches.last() != Some(&touch) {
            self.touches.push(touch);
        }
    }

    /// A part of a table that is new, or has gone, concerns nobody else.
    fn tell_part(&mut self, index: usize, thing: &Thing, owner: usize) {
        match self.fates[owner] {
            Fate::Stays => self.tell(index, thing),
            // The values of the old table are read to fill the new one.
            Fate::Replaced if thing.does_more_than_refer() => self.tell(index, thing),
            // An index or trigger comes back with its table, under its own name.
            Fate::InPlace if thing.created && stands_alone(thing.object.kind, self.dialect) => {
                let table = Some(self.things[owner].now.clone());
                self.say(Object { table, ..thing.object.clone() }, Way::Altered, thing.line());
            }
            _ => {}
        }
    }

    fn tell(&mut self, index: usize, thing: &Thing) {
        let before = self.as_before(thing);
        let now = Object { name: thing.now.clone(), ..before.clone() };
        match self.fates[index] {
            Fate::Nothing => {}
            Fate::New => self.say(now, Way::Created, thing.line()),
            Fate::InPlace => self.tell_in_place(index, thing, now),
            Fate::Gone => self.say(before, Way::Dropped, thing.line()),
            Fate::Replaced => {
                for (way, line) in thing.ways.iter().filter(|(way, _)| way.changes_rows() || *way == Way::Altered) {
                    self.say(before.clone(), way.clone(), *line);
                }
            }
            Fate::Stays => self.tell_what_stays(index, thing, &before, &now),
        }
    }

    /// It is the one whose place it has, by the name that this had.
    fn tell_in_place(&mut self, index: usize, thing: &Thing, now: Object) {
        let former = self.originals[index].map_or(thing, |former| &self.things[former]);
        let before = Object { kind: thing.object.kind, ..self.as_before(former) };
        self.tell_rename(&before, &now, former.renamed.or(thing.renamed));
        if thing.object.kind == Kind::Table {
            self.say(before.clone(), Way::Rebuilt, thing.line());
            self.tell_columns_of_rebuilt(index, &before.name);
        } else {
            self.say(before, Way::Altered, thing.line());
        }
    }

    fn tell_rename(&mut self, before: &Object, now: &Object, line: Option<usize>) {
        let same = Key::of(before, self.dialect) == Key::of(now, self.dialect);
        if let Some(line) = line.filter(|_| !same) {
            self.say(before.clone(), Way::RenamedTo(now.name.clone()), line);
            self.say(now.clone(), Way::RenamedFrom(before.name.clone()), line);
        }
    }

    fn tell_what_stays(&mut self, index: usize, thing: &Thing, before: &Object, now: &Object) {
        self.tell_rename(before, now, thing.renamed);
        let mut said: Vec<&Way> = Vec::new();
        for (way, line) in &thing.ways {
            // To fill a column that is new changes no row that others know.
            let fills = *way == Way::Updated && before.kind == Kind::Table && self.only_fills(index);
            let goes_without_saying = *way == Way::Referenced && thing.does_more_than_refer();
            if !said.contains(&way) && !fills && !goes_without_saying {
                self.say(before.clone(), way.clone(), *line);
                said.push(way);
            }
        }
    }

    /// A thing by the name that its table had before the revision.
    fn as_before(&self, thing: &Thing) -> Object {
        let table = thing.owner.map(|owner| {
            let owner = &self.things[owner];
            if owner.created { owner.now.clone() } else { owner.object.name.clone() }
        });
        Object { table: table.or_else(|| thing.object.table.clone()), ..thing.object.clone() }
    }

    fn parts(&self, table: usize) -> impl Iterator<Item = &'a Thing> {
        self.things.iter().filter(move |thing| thing.owner == Some(table))
    }

    /// Whether all columns of a table that an UPDATE sets are new.
    fn only_fills(&self, table: usize) -> bool {
        let is_set = |thing: &&Thing| thing.ways.iter().any(|(way, _)| *way == Way::Updated);
        let mut set = self.parts(table).filter(is_set).peekable();
        set.peek().is_some() && set.all(|column| column.created)
    }

    /// What can be told of the columns of a table that is built anew: one that is filled from none of its name is new,
    /// or had another name.
    fn tell_columns_of_rebuilt(&mut self, index: usize, table: &ObjectName) {
        let former = self.things[index].replaces;
        let copied = self.copies.iter().find(|copy| copy.to == index && Some(copy.from) == former);
        let Some(Filled { columns: copied, .. }) = copied else { return };
        let columns: Vec<&Thing> = self.parts(index).filter(|part| part.object.kind == Kind::Column).collect();
        let has = |name: &str| columns.iter().any(|column| column.object.name.name.eq_ignore_ascii_case(name));
        for column in columns.iter().filter(|column| !column.computed) {
            let name = &column.object.name.name;
            let sources = copied.iter().find(|(filled, _)| filled.eq_ignore_ascii_case(name));
            let old = match sources.map(|(_, sources)| sources.as_slice()).unwrap_or_default() {
                sources if sources.iter().any(|source| source.eq_ignore_ascii_case(name)) => Some(name),
                [source] if !has(source) && !is_row_number(source) => Some(source),
                _ => None,
            };
            let now = Object::column(table, &column.now.name);
            match old {
                Some(old) => self.tell_rename(&Object::column(table, old), &now, Some(column.line())),
                None => self.say(now, Way::Created, column.line()),
            }
        }
    }
}

/// What was there before the revision and has gone, and in whose place a new thing stands; between them there may have
/// been others.
fn original(things: &[Thing], index: usize) -> Option<usize> {
    let thing = &things[index];
    let former = thing.replaces.filter(|_| thing.created)?;
    match (things[former].created, things[former].dropped) {
        (false, true) => Some(former),
        (true, true) => original(things, former),
        (_, false) => None,
    }
}

/// SQLite's names for what every row has.
fn is_row_number(name: &str) -> bool {
    ["rowid", "_rowid_", "oid"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

impl Thing {
    fn does_more_than_refer(&self) -> bool {
        self.renamed.is_some() || self.ways.iter().any(|(way, _)| *way != Way::Referenced)
    }

    /// Where it comes or goes, or else is first named.
    fn line(&self) -> usize {
        let decides = |(way, _): &&(Way, usize)| matches!(way, Way::Created | Way::Dropped);
        self.ways.iter().find(decides).or(self.ways.first()).map_or(0, |(_, line)| *line)
    }
}
