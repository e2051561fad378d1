//! What a table's nouns are once its columns have other names: SQLite itself edits every text that names them.

use rungs_schema::{Index, IndexKey, IndexPart, Table};

use super::ddl::expression;
use super::ddl::token::{Kind, tokens};

/// New names by old ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Renames(pub Vec<(String, String)>);

impl Renames {
    /// The other way round.
    pub fn reversed(&self) -> Self {
        Self(self.0.iter().map(|(old, new)| (new.clone(), old.clone())).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name that a column has afterwards.
    pub fn column<'a>(&'a self, name: &'a str) -> &'a str {
        self.0.iter().find(|(old, _)| old == name).map_or(name, |(_, new)| new)
    }

    /// An expression afterwards.
    pub fn expression(&self, text: &str) -> String {
        let found = tokens(text);
        let mut renamed = String::with_capacity(text.len());
        let mut from = 0;
        for (index, token) in found.iter().enumerate() {
            let follows = |test: &dyn Fn(&super::ddl::token::Token<'_>) -> bool| {
                index.checked_sub(1).is_some_and(|previous| test(&found[previous]))
            };
            let call = token.kind == Kind::Word && found.get(index + 1).is_some_and(|next| next.is_mark("("));
            let other = call || follows(&|previous| previous.is_word("COLLATE"));
            let identifier = token.identifier();
            let new = self.0.iter().find(|(old, _)| old.eq_ignore_ascii_case(&identifier));
            if let Some((_, new)) = new.filter(|_| token.is_identifier() && !other) {
                renamed.push_str(&text[from..token.start]);
                renamed.push_str(&expression::name(new));
                from = token.end();
            }
        }
        renamed.push_str(&text[from..]);
        renamed
    }

    pub fn columns(&self, names: &[String]) -> Vec<String> {
        names.iter().map(|name| self.column(name).to_owned()).collect()
    }

    fn parts(&self, parts: &mut [IndexPart]) {
        for part in parts {
            match &mut part.key {
                IndexKey::Column(name) => *name = self.column(name).to_owned(),
                IndexKey::Expression(text) => *text = self.expression(text),
            }
        }
    }

    pub fn index(&self, index: &Index) -> Index {
        let mut index = index.clone();
        self.parts(&mut index.parts);
        index.predicate = index.predicate.as_deref().map(|text| self.expression(text));
        index
    }

    /// A table afterwards, under a name of its own. It has no words any more, where they would have changed.
    pub fn table(&self, table: &Table, name: &str) -> Table {
        let mut renamed = table.clone();
        if !self.is_empty() {
            renamed.verbatim = None;
        }
        for column in &mut renamed.columns {
            column.name = self.column(&column.name).to_owned();
            if let Some(generated) = &mut column.generated {
                generated.expression = self.expression(&generated.expression);
            }
        }
        let unique_parts = renamed.uniques.iter_mut().map(|unique| &mut unique.parts);
        for parts in renamed.primary_key.iter_mut().map(|key| &mut key.parts).chain(unique_parts) {
            self.parts(parts);
        }
        renamed.indexes = renamed.indexes.iter().map(|index| self.index(index)).collect();
        for check in &mut renamed.checks {
            check.expression = self.expression(&check.expression);
            check.column = check.column.as_deref().map(|column| self.column(column).to_owned());
        }
        for key in &mut renamed.foreign_keys {
            key.columns = self.columns(&key.columns);
            if key.references == table.name {
                key.references.name = name.to_owned();
                key.referenced_columns = self.columns(&key.referenced_columns);
            }
        }
        renamed.name.name = name.to_owned();
        renamed
    }
}

/// Names in an order in which one can be given after the other, none of them taken at its turn; `None` when there is no
/// such order.
pub(super) fn in_order(renames: &Renames, columns: &[String]) -> Option<Vec<(String, String)>> {
    let mut taken: Vec<String> = columns.iter().map(|column| column.to_ascii_lowercase()).collect();
    let mut waiting = renames.0.clone();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let free =
            |(old, new): &(String, String)| old.eq_ignore_ascii_case(new) || !taken.contains(&new.to_ascii_lowercase());
        let (old, new) = waiting.remove(waiting.iter().position(free)?);
        taken.retain(|column| *column != old.to_ascii_lowercase());
        taken.push(new.to_ascii_lowercase());
        ordered.push((old, new));
    }
    Some(ordered)
}
