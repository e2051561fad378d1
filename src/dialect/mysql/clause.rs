//! The parts of which CREATE TABLE and ALTER TABLE are made.

use rungs_schema::{Action, Check, Column, ForeignKey, Index, IndexKey, IndexPart, ObjectName, PrimaryKey, Table};

use super::Mysql;
use super::ddl_column::{ROW_BOUND, split_extras};
use super::ddl_key::WITHOUT_OVERLAPS;
use super::types;
use crate::dialect::Dialect as _;

impl Mysql {
    pub(super) fn object(&self, name: &ObjectName) -> String {
        match &name.schema {
            Some(schema) => format!("{}.{}", self.quote(schema), self.quote(&name.name)),
            None => self.quote(&name.name),
        }
    }

    /// Everything of a column that stands after its name, with the check that MariaDB keeps on it. With `collated`,
    /// a column that has the table's character set says so itself.
    pub(super) fn column_definition(&self, table: &Table, column: &Column, collated: bool) -> String {
        let native = column.ty.native().unwrap_or_default();
        let (ty, extras) = split_extras(native);
        let mut text = ty.to_owned();
        let mut add = |part: &str| {
            text.push(' ');
            text.push_str(part);
        };
        let is_said = collated || column.says_charset;
        let inherited = |key: &str| {
            table.options.get(key).filter(|_| {
                is_said && types::is_character(ty) && column.charset.is_none() && column.collation.is_none()
            })
        };
        if let Some(charset) = column.charset.as_ref().or_else(|| inherited("charset")) {
            add(&format!("CHARACTER SET {charset}"));
        }
        if let Some(collation) = column.collation.as_ref().or_else(|| inherited("collation")) {
            add(&format!("COLLATE {collation}"));
        }
        // The bounds of a row's life (MariaDB) are said where an expression would be, and take nothing more.
        let (bound, extras) = match extras.strip_prefix(ROW_BOUND) {
            Some(_) => (extras, ""),
            None => ("", extras),
        };
        if !bound.is_empty() {
            add(bound);
        }
        if let Some(generated) = &column.generated {
            let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
            add(&format!("GENERATED ALWAYS AS ({}) {kind}", generated.expression));
        }
        if !column.nullable {
            add("NOT NULL");
        } else if types::name(native) == "timestamp" && column.generated.is_none() && bound.is_empty() {
            // Older servers, and servers that are told so, make a timestamp NOT NULL by themselves.
            add("NULL");
        }
        if let Some(default) = &column.default {
            add(&format!("DEFAULT {default}"));
        }
        if let Some(on_update) = &column.on_update {
            add(&format!("ON UPDATE {on_update}"));
        }
        if column.auto_increment.is_some() {
            add("AUTO_INCREMENT");
        }
        if column.invisible {
            add("INVISIBLE");
        }
        if let Some(comment) = &column.comment {
            add(&format!("COMMENT {}", self.literal(comment)));
        }
        if !extras.is_empty() {
            add(extras);
        }
        for check in table.checks.iter().filter(|check| check.column.as_deref() == Some(&column.name)) {
            add(&format!("CHECK ({})", check.expression));
        }
        text
    }

    pub(super) fn primary_key(&self, key: &PrimaryKey) -> String {
        let index = Index {
            parts: key.parts.clone(),
            method: key.method.clone(),
            options: key.options.clone(),
            comment: key.comment.clone(),
            ..Index::default()
        };
        format!("PRIMARY KEY ({}){}", self.parts(&key.parts), self.index_tail(&index))
    }

    pub(super) fn index(&self, index: &Index) -> String {
        let kind = match index.method.as_deref() {
            Some("fulltext") => "FULLTEXT KEY",
            Some("spatial") => "SPATIAL KEY",
            Some("vector") => "VECTOR KEY",
            _ if index.unique => "UNIQUE KEY",
            _ => "KEY",
        };
        let name = index.name.as_ref().map(|name| format!(" {}", self.quote(name))).unwrap_or_default();
        format!("{kind}{name} ({}){}", self.parts(&index.parts), self.index_tail(index))
    }

    fn parts(&self, parts: &[IndexPart]) -> String {
        parts.iter().map(|part| self.part(part)).collect::<Vec<_>>().join(", ")
    }

    fn part(&self, part: &IndexPart) -> String {
        let mut text = match &part.key {
            IndexKey::Column(name) => self.quote(name),
            IndexKey::Expression(expression) => format!("({expression})"),
        };
        if let Some(length) = part.length {
            text.push_str(&format!("({length})"));
        }
        if part.descending {
            text.push_str(" DESC");
        }
        if part.opclass.as_deref() == Some(WITHOUT_OVERLAPS) {
            text.push_str(" WITHOUT OVERLAPS");
        }
        text
    }

    fn index_tail(&self, index: &Index) -> String {
        let mut text = String::new();
        if let Some(method) =
            index.method.as_deref().filter(|method| !matches!(*method, "fulltext" | "spatial" | "vector"))
        {
            text.push_str(&format!(" USING {}", method.to_ascii_uppercase()));
        }
        for (key, value) in &index.options {
            match key.as_str() {
                "parser" => text.push_str(&format!(" WITH PARSER {}", self.quote(value))),
                _ if value.is_empty() => text.push_str(&format!(" {}", key.to_ascii_uppercase())),
                _ if key.starts_with('`') => text.push_str(&format!(" {key}={value}")),
                _ => text.push_str(&format!(" {}={value}", key.to_ascii_uppercase())),
            }
        }
        if let Some(comment) = &index.comment {
            text.push_str(&format!(" COMMENT {}", self.literal(comment)));
        }
        text
    }

    pub(super) fn foreign_key(&self, key: &ForeignKey) -> String {
        let list = |names: &[String]| names.iter().map(|name| self.quote(name)).collect::<Vec<_>>().join(", ");
        let mut text = self.constraint(key.name.as_deref());
        text.push_str(&format!(
            "FOREIGN KEY ({}) REFERENCES {} ({})",
            list(&key.columns),
            self.object(&key.references),
            list(&key.referenced_columns),
        ));
        let silent = if self.abilities.no_action_is_silent { Action::NoAction } else { Action::Restrict };
        for (word, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
            if action != silent {
                text.push_str(&format!(" ON {word} {}", action.sql()));
            }
        }
        text
    }

    pub(super) fn check(&self, check: &Check) -> String {
        let enforced = if check.not_enforced { " NOT ENFORCED" } else { "" };
        format!("{}CHECK ({}){enforced}", self.constraint(check.name.as_deref()), check.expression)
    }

    fn constraint(&self, name: Option<&str>) -> String {
        name.map(|name| format!("CONSTRAINT {} ", self.quote(name))).unwrap_or_default()
    }

    /// A storage option as it stands after the parentheses of CREATE TABLE.
    pub(super) fn table_option(key: &str, value: &str) -> String {
        match key {
            "charset" => format!("DEFAULT CHARSET={value}"),
            "collation" => format!("COLLATE={value}"),
            "tablespace" => format!("TABLESPACE {value}"),
            _ if key.starts_with('`') => format!("{key}={value}"),
            _ if value.is_empty() => key.to_ascii_uppercase(),
            _ => format!("{}={value}", key.to_ascii_uppercase()),
        }
    }
}
