//! A table as a struct.

use std::fmt::Write;

use rungs_schema::read::written;
use rungs_schema::{
    Action, Check, Deferrable, DialectName, Exclusion, ForeignKey, Index, IndexKey, IndexPart, Options, PrimaryKey,
    Sequence, Table, Unique,
};

use super::attribute::{Node, attribute, attributes, fits, quoted};
use super::column::{object, sequence_options};
use super::{Printer, home_of_sequence, uses_sequence};
use crate::dialect::{Limits, Part};
use crate::source::default_name;

/// Options of a table that have a word of their own: with a value, and alone.
const VALUES: [&str; 4] = ["engine", "charset", "collation", "row_format"];
const FLAGS: [&str; 3] = ["strict", "without_rowid", "unlogged"];

/// Options of a table that one attribute of their own says.
const ROW_SECURITY: [&str; 2] = ["row_security", "force_row_security"];

/// Words that mean an option in the parentheses of a constraint, so that a column of that name needs `columns(...)`.
const OPTIONS: [&str; 13] = [
    "columns",
    "comment",
    "deferrable",
    "expr",
    "include",
    "method",
    "name",
    "nulls_not_distinct",
    "on_conflict",
    "options",
    "references",
    "unique",
    "where",
];

/// Which constraints of a table stand beside a field.
struct Beside {
    uniques: Vec<Option<usize>>,
    indexes: Vec<Option<usize>>,
    checks: Vec<Option<usize>>,
    foreign_keys: Vec<Option<usize>>,
}

impl Printer<'_> {
    /// The struct of a table.
    pub(super) fn table(&self, table: &Table) -> String {
        let beside = self.beside(table);
        let mut text = String::from("#[derive(Debug, Clone, Model)]\n");
        text.push_str(&attributes("model", self.header(table), 0));
        for node in self.of_struct(table, &beside) {
            text.push_str(&attribute("model", vec![node], 0));
        }
        _ = writeln!(text, "pub struct {} {{", self.names.table(&table.name));
        for (at, column) in table.columns.iter().enumerate() {
            let name = self.names.field(&table.name, &column.name).unwrap_or_default();
            let field = self.column(table, column, name);
            let mut nodes = Vec::new();
            if let Some(key) = key_beside_field(table).filter(|key| key.parts[0].column_name() == Some(&column.name)) {
                nodes.push(self.primary_key(table, key, None));
            }
            nodes.extend(field.nodes);
            let mut groups = vec![nodes];
            groups.extend(self.of_field(table, &beside, at));
            text.push_str(&attributes("model", groups, 4));
            _ = writeln!(text, "    pub {name}: {},", field.ty);
        }
        text.push_str("}\n");
        text
    }

    /// The name and what is said of it, then how it is stored.
    fn header(&self, table: &Table) -> Vec<Vec<Node>> {
        let mut nodes = vec![Node::pair("table", &table.name.name)];
        nodes.extend(table.name.schema.as_ref().map(|schema| Node::pair("schema", schema)));
        nodes.extend(table.comment.as_ref().map(|comment| Node::pair("comment", comment)));
        nodes.extend(self.names.case(&table.name).map(|(word, _)| Node::pair("rename_all", word)));
        let mut stored = Vec::new();
        let mut others = Vec::new();
        stored.extend(table.partition_by.as_ref().map(|by| Node::pair("partition_by", by)));
        match (table.options.contains_key("row_security"), table.options.contains_key("force_row_security")) {
            (_, true) => stored.push(Node::pair("row_security", "force")),
            (true, false) => stored.push(Node::word("row_security")),
            (false, false) => {}
        }
        for (key, value) in table.options.iter().filter(|(key, _)| !ROW_SECURITY.contains(&key.as_str())) {
            if VALUES.contains(&key.as_str()) && !value.is_empty() {
                stored.push(Node::pair(key, value));
            } else if FLAGS.contains(&key.as_str()) && value.is_empty() {
                stored.push(Node::word(key));
            } else {
                others.push(option(key, value));
            }
        }
        if !others.is_empty() {
            stored.push(Node::list("options", others));
        }
        vec![nodes, stored]
    }

    /// What stands in the attributes of the struct, in the order in which it is read.
    fn of_struct(&self, table: &Table, beside: &Beside) -> Vec<Node> {
        let mut nodes = Vec::new();
        if let Some(key) = table.primary_key.as_ref().filter(|_| key_beside_field(table).is_none()) {
            nodes.push(self.primary_key(table, key, Some(&key.parts)));
        }
        let apart = |at: &[Option<usize>], position: usize| at.get(position).is_none_or(Option::is_none);
        for (_, unique) in table.uniques.iter().enumerate().filter(|(at, _)| apart(&beside.uniques, *at)) {
            nodes.push(self.unique(table, unique, Some(&unique.parts)));
        }
        for (_, index) in table.indexes.iter().enumerate().filter(|(at, _)| apart(&beside.indexes, *at)) {
            nodes.push(self.index(table, index, Some(&index.parts)));
        }
        for (_, check) in table.checks.iter().enumerate().filter(|(at, _)| apart(&beside.checks, *at)) {
            nodes.push(self.check(table, check));
        }
        for (_, key) in table.foreign_keys.iter().enumerate().filter(|(at, _)| apart(&beside.foreign_keys, *at)) {
            nodes.push(self.foreign_key(table, key));
        }
        nodes.extend(table.exclusions.iter().map(|exclusion| self.exclusion(table, exclusion)));
        nodes.extend(self.sequences(table));
        nodes.extend(self.grants(table));
        nodes
    }

    fn exclusion(&self, table: &Table, exclusion: &Exclusion) -> Node {
        let name = self.name(table, Part::Exclusion(exclusion), exclusion.name.as_ref());
        let definition = exclusion.definition.strip_prefix("EXCLUDE ").unwrap_or(&exclusion.definition);
        if name.is_none() && exclusion.comment.is_none() {
            return Node::pair("exclude", definition);
        }
        let mut nodes: Vec<Node> = name.iter().map(|name| Node::pair("name", name)).collect();
        nodes.push(Node::pair("expr", definition));
        nodes.extend(exclusion.comment.as_ref().map(|comment| Node::pair("comment", comment)));
        Node::list("exclude", nodes)
    }

    /// The constraints beside a field.
    fn of_field(&self, table: &Table, beside: &Beside, field: usize) -> Vec<Vec<Node>> {
        let here = |at: &[Option<usize>], position: usize| at.get(position) == Some(&Some(field));
        let mut groups = Vec::new();
        for (_, unique) in table.uniques.iter().enumerate().filter(|(at, _)| here(&beside.uniques, *at)) {
            groups.push(vec![self.unique(table, unique, None)]);
        }
        for (_, index) in table.indexes.iter().enumerate().filter(|(at, _)| here(&beside.indexes, *at)) {
            groups.push(vec![self.index(table, index, None)]);
        }
        for (_, check) in table.checks.iter().enumerate().filter(|(at, _)| here(&beside.checks, *at)) {
            groups.push(vec![self.check(table, check)]);
        }
        for (_, key) in table.foreign_keys.iter().enumerate().filter(|(at, _)| here(&beside.foreign_keys, *at)) {
            let mut reference = vec![self.references(key)];
            let name = self.name(table, Part::ForeignKey(key), key.name.as_ref());
            reference.extend(name.map(|name| Node::pair("fk_name", &name)));
            let mut rules = actions(key);
            rules.extend(deferrable(key.deferrable));
            if fits(reference.iter().chain(&rules)) {
                reference.append(&mut rules);
            }
            groups.extend([reference, rules]);
        }
        groups
    }

    fn beside(&self, table: &Table) -> Beside {
        // What the server keeps in an order of its own has none here; elsewhere the order is the one of the
        // declaration, and fields come before the struct.
        let ordered = self.dialect.version().name != DialectName::Postgres;
        let ordered_keys = self.dialect.version().name == DialectName::Sqlite;
        let position = |name: &str| table.columns.iter().position(|column| column.name == name);
        let single = |parts: &[IndexPart]| match parts {
            [only] if only.is_plain() => only.column_name().and_then(position),
            _ => None,
        };
        let key_position = |key: &ForeignKey| {
            let plain = key.on_delete_columns.is_empty()
                && key.match_type.is_none()
                && !key.not_valid
                && !key.not_enforced
                && key.comment.is_none();
            match key.columns.as_slice() {
                [only] if plain => position(only),
                _ => None,
            }
        };
        Beside {
            uniques: places(table.uniques.iter().map(|unique| single(&unique.parts)), ordered, false),
            indexes: places(table.indexes.iter().map(|index| single(&index.parts)), ordered, false),
            checks: table.checks.iter().map(|check| check.column.as_deref().and_then(position)).collect(),
            foreign_keys: places(table.foreign_keys.iter().map(key_position), ordered_keys, true),
        }
    }

    /// The name, where it is not the one that the dialect gives by itself.
    fn name(&self, table: &Table, part: Part<'_>, name: Option<&String>) -> Option<String> {
        let name = name?;
        if !self.naming.is_empty()
            && let Some(given) = self.naming.given(table, part, name, Limits::of(self.dialect))
        {
            return Some(given);
        }
        let by_itself = default_name(table, part, self.naming, self.dialect).ok().flatten();
        (by_itself.as_ref() != Some(name)).then(|| name.clone())
    }

    fn primary_key(&self, table: &Table, key: &PrimaryKey, parts: Option<&[IndexPart]>) -> Node {
        let name = self.name(table, Part::PrimaryKey(key), key.name.as_ref());
        let mut options = self.include(table, &key.include);
        options.extend(key.method.as_ref().map(|method| Node::pair("method", method)));
        options.extend(storage(&key.options));
        options.extend(key.on_conflict.as_ref().map(|word| Node::pair("on_conflict", &word.to_lowercase())));
        options.extend(deferrable(key.deferrable));
        options.extend(key.comment.as_ref().map(|comment| Node::pair("comment", comment)));
        self.constraint(table, "primary_key", name, parts, options)
    }

    fn unique(&self, table: &Table, unique: &Unique, parts: Option<&[IndexPart]>) -> Node {
        let name = self.name(table, Part::Unique(unique), unique.name.as_ref());
        let mut options = self.include(table, &unique.include);
        if unique.nulls_not_distinct {
            options.push(Node::word("nulls_not_distinct"));
        }
        options.extend(unique.on_conflict.as_ref().map(|word| Node::pair("on_conflict", &word.to_lowercase())));
        options.extend(deferrable(unique.deferrable));
        options.extend(unique.comment.as_ref().map(|comment| Node::pair("comment", comment)));
        self.constraint(table, "unique", name, parts, options)
    }

    fn index(&self, table: &Table, index: &Index, parts: Option<&[IndexPart]>) -> Node {
        let name = self.name(table, Part::Index(index), index.name.as_ref());
        let mut options = Vec::new();
        if index.unique {
            options.push(Node::word("unique"));
        }
        options.extend(index.method.as_ref().map(|method| Node::pair("method", method)));
        options.extend(index.predicate.as_ref().map(|predicate| Node::pair("where", predicate)));
        options.append(&mut self.include(table, &index.include));
        if index.nulls_not_distinct {
            options.push(Node::word("nulls_not_distinct"));
        }
        options.extend(storage(&index.options));
        options.extend(index.comment.as_ref().map(|comment| Node::pair("comment", comment)));
        self.constraint(table, "index", name, parts, options)
    }

    /// A key or index in its shortest form. Beside a field there are no parts.
    fn constraint(
        &self,
        table: &Table,
        word: &str,
        name: Option<String>,
        parts: Option<&[IndexPart]>,
        options: Vec<Node>,
    ) -> Node {
        let parts: Option<Vec<Node>> = parts.map(|parts| parts.iter().map(|part| self.part(table, part)).collect());
        match (name, parts) {
            (None, None) if options.is_empty() => Node::word(word),
            (Some(name), None) if options.is_empty() => Node::pair(word, &name),
            (None, Some(parts)) if options.is_empty() && !parts.iter().any(is_option) => Node::list(word, parts),
            (name, parts) => {
                let mut nodes: Vec<Node> = name.iter().map(|name| Node::pair("name", name)).collect();
                nodes.extend(parts.map(|parts| Node::list("columns", parts)));
                nodes.extend(options);
                Node::list(word, nodes)
            }
        }
    }

    fn part(&self, table: &Table, part: &IndexPart) -> Node {
        let mut text = match &part.key {
            IndexKey::Column(name) => self.column_word(table, name),
            IndexKey::Expression(expression) => format!("expr({})", quoted(expression)),
        };
        if let Some(length) = part.length {
            _ = write!(text, "({length})");
        }
        if let Some(collation) = &part.collation {
            _ = write!(text, " collate {}", quoted(collation));
        }
        if let Some(opclass) = &part.opclass {
            _ = write!(text, " opclass {}", quoted(opclass));
        }
        if part.descending {
            text.push_str(" desc");
        }
        match part.nulls_first {
            Some(true) => text.push_str(" nulls first"),
            Some(false) => text.push_str(" nulls last"),
            None => {}
        }
        Node::Leaf(text)
    }

    /// A column in a list: its field, or its own name in quotes.
    pub(super) fn column_word(&self, table: &Table, column: &str) -> String {
        self.names.field(&table.name, column).map_or_else(|| quoted(column), str::to_owned)
    }

    fn include(&self, table: &Table, columns: &[String]) -> Vec<Node> {
        if columns.is_empty() { Vec::new() } else { vec![Node::list("include", self.columns(table, columns))] }
    }

    fn columns(&self, table: &Table, columns: &[String]) -> Vec<Node> {
        columns.iter().map(|column| Node::Leaf(self.column_word(table, column))).collect()
    }

    fn check(&self, table: &Table, check: &Check) -> Node {
        let mut options = Vec::new();
        for (set, word) in
            [(check.no_inherit, "no_inherit"), (check.not_valid, "not_valid"), (check.not_enforced, "not_enforced")]
        {
            if set {
                options.push(Node::word(word));
            }
        }
        options.extend(check.comment.as_ref().map(|comment| Node::pair("comment", comment)));
        let name = self.name(table, Part::Check(check), check.name.as_ref());
        if name.is_none() && options.is_empty() {
            return Node::pair("check", &check.expression);
        }
        let mut nodes: Vec<Node> = name.iter().map(|name| Node::pair("name", name)).collect();
        nodes.push(Node::pair("expr", &check.expression));
        nodes.extend(options);
        Node::list("check", nodes)
    }

    fn foreign_key(&self, table: &Table, key: &ForeignKey) -> Node {
        let name = self.name(table, Part::ForeignKey(key), key.name.as_ref());
        let mut nodes: Vec<Node> = name.iter().map(|name| Node::pair("name", name)).collect();
        nodes.push(Node::list("columns", self.columns(table, &key.columns)));
        nodes.push(self.references(key));
        nodes.extend(actions(key));
        if !key.on_delete_columns.is_empty() {
            nodes.push(Node::list("on_delete_columns", self.columns(table, &key.on_delete_columns)));
        }
        nodes.extend(key.match_type.as_ref().map(|word| Node::pair("match", &word.to_lowercase())));
        nodes.extend(deferrable(key.deferrable));
        if key.not_valid {
            nodes.push(Node::word("not_valid"));
        }
        if key.not_enforced {
            nodes.push(Node::word("not_enforced"));
        }
        nodes.extend(key.comment.as_ref().map(|comment| Node::pair("comment", comment)));
        Node::list("foreign_key", nodes)
    }

    /// The fields of a model where they are known, else the table by its name.
    fn references(&self, key: &ForeignKey) -> Node {
        let model = self.names.table(&key.references);
        let fields: Option<Vec<Node>> = key
            .referenced_columns
            .iter()
            .map(|column| {
                let field = self.names.field(&key.references, column)?;
                Some(Node::Leaf(format!("{model}::{field}")))
            })
            .collect();
        match fields.filter(|fields| !fields.is_empty() && !model.is_empty()) {
            Some(fields) => Node::list("references", fields),
            None => {
                let columns: Vec<String> = key.referenced_columns.iter().map(|column| written(column)).collect();
                let mut nodes =
                    vec![Node::Leaf(quoted(&format!("{}({})", object(&key.references), columns.join(", "))))];
                if !self.is_known(key) {
                    nodes.push(Node::word("external"));
                }
                Node::list("references", nodes)
            }
        }
    }

    /// Whether a model stands for the table and has the columns, whatever their letter case.
    fn is_known(&self, key: &ForeignKey) -> bool {
        let name = key.references.to_string();
        self.schema.tables.iter().any(|table| {
            table.name.to_string().eq_ignore_ascii_case(&name)
                && key
                    .referenced_columns
                    .iter()
                    .all(|column| table.columns.iter().any(|other| other.name.eq_ignore_ascii_case(column)))
        })
    }

    /// The sequences that this struct declares.
    fn sequences(&self, table: &Table) -> Vec<Node> {
        let mut nodes = Vec::new();
        for sequence in &self.schema.sequences {
            let Some(home) = home_of_sequence(self.schema, sequence, self.dialect) else { continue };
            let plain = Sequence { name: sequence.name.clone(), ..Sequence::default() };
            let goes_unsaid = *sequence == plain && uses_sequence(home, sequence, self.dialect);
            if home.name != table.name || goes_unsaid {
                continue;
            }
            let mut options = vec![Node::pair("name", &sequence.name.name)];
            options.extend(sequence.name.schema.as_ref().map(|schema| Node::pair("schema", schema)));
            options.extend(sequence.ty.as_ref().map(|ty| Node::pair("type", ty)));
            options.append(&mut sequence_options(sequence));
            if let Some((owner, column)) = &sequence.owned_by {
                options.push(Node::pair("owned_by", &format!("{}.{}", object(owner), written(column))));
            }
            options.extend(sequence.comment.as_ref().map(|comment| Node::pair("comment", comment)));
            nodes.push(Node::list("sequence", options));
        }
        nodes
    }
}

/// The primary key, where it is one plain column of the table.
fn key_beside_field(table: &Table) -> Option<&PrimaryKey> {
    let key = table.primary_key.as_ref()?;
    match key.parts.as_slice() {
        [only] if only.is_plain() && table.column(only.column_name()?).is_some() => Some(key),
        _ => None,
    }
}

/// Which parts stand beside which field. Where order counts these are the first ones, as long as their fields come in
/// order; `once` allows one for each field.
fn places(wanted: impl Iterator<Item = Option<usize>>, ordered: bool, once: bool) -> Vec<Option<usize>> {
    let mut taken: Vec<usize> = Vec::new();
    let mut open = true;
    wanted
        .map(|place| {
            let place = place.filter(|field| !once || !taken.contains(field));
            let place = place.filter(|field| !ordered || (open && taken.last().is_none_or(|last| last <= field)));
            match place {
                Some(field) => taken.push(field),
                None => open = false,
            }
            place
        })
        .collect()
}

/// Whether a part would be taken for an option.
fn is_option(node: &Node) -> bool {
    matches!(node, Node::Leaf(text) if OPTIONS.contains(&text.split(['(', ' ']).next().unwrap_or_default()))
}

pub(super) fn storage(options: &Options) -> Option<Node> {
    let nodes: Vec<Node> = options.iter().map(|(key, value)| option(key, value)).collect();
    (!nodes.is_empty()).then(|| Node::list("options", nodes))
}

fn option(key: &str, value: &str) -> Node {
    let mut letters = key.chars();
    let plain = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let key = if plain { key.to_owned() } else { quoted(key) };
    Node::Leaf(format!("{key} = {}", quoted(value)))
}

fn actions(key: &ForeignKey) -> Vec<Node> {
    [("on_delete", key.on_delete), ("on_update", key.on_update)]
        .into_iter()
        .filter(|(_, action)| *action != Action::NoAction)
        .map(|(word, action)| Node::pair(word, &action.sql().to_lowercase()))
        .collect()
}

fn deferrable(deferrable: Option<Deferrable>) -> Option<Node> {
    deferrable.map(|deferrable| {
        if deferrable.initially_deferred {
            Node::pair("deferrable", "initially deferred")
        } else {
            Node::word("deferrable")
        }
    })
}
