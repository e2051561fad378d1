//! A serial column and a column with a sequence of its own say the same in two ways.

use rungs_schema::{AutoIncrement, Column, ObjectName, Schema, Sequence, Table};

use super::names::{made_name, printed};
use crate::diff::not_null;

/// Says in full (a sequence, its owner, a default) each serial column whose sequence is an object of its own on the
/// other side, so that one sequence is one thing on both.
pub(super) fn spell_out(schema: &mut Schema, other: &Schema) {
    let mut found: Vec<Sequence> = Vec::new();
    for table in &mut schema.tables {
        for column in table.columns.iter_mut().filter(|column| column.auto_increment == Some(AutoIncrement::Serial)) {
            let name = table.name.sibling(made_name(&table.name.name, &column.name, "seq"));
            if !other.sequences.iter().any(|sequence| sequence.name == name) {
                continue;
            }
            column.auto_increment = None;
            column.default = Some(nextval(&name));
            let owned_by = Some((table.name.clone(), column.name.clone()));
            let ty = column.ty.native().filter(|ty| *ty != "bigint").map(str::to_owned);
            found.push(Sequence { name, ty, owned_by, ..Sequence::default() });
        }
    }
    schema.sequences.extend(found);
    schema.sort();
}

/// As the server prints the default of a serial column.
fn nextval(name: &ObjectName) -> String {
    let text = match &name.schema {
        Some(schema) => format!("{}.{}", printed(schema), printed(&name.name)),
        None => printed(&name.name),
    };
    format!("nextval('{}'::regclass)", text.replace('\'', "''"))
}

/// What a child of a table has of one of its columns: the server copies the default of a serial column, and leaves an
/// identity, comments and settings behind. See [`Rules`](crate::diff::Rules).
pub(super) fn child_column(parent: &Table, column: &Column, _: &ObjectName) -> Column {
    let default = match column.auto_increment {
        Some(AutoIncrement::Serial) => {
            Some(nextval(&parent.name.sibling(made_name(&parent.name.name, &column.name, "seq"))))
        }
        _ => column.default.clone(),
    };
    let copied = ["storage", "compression"];
    let options = column.options.iter().filter(|(name, _)| copied.contains(&name.as_str()));
    let mut options: rungs_schema::Options = options.map(|(a, b)| (a.clone(), b.clone())).collect();
    options.insert("inherited".to_owned(), String::new());
    Column { auto_increment: None, default, comment: None, options, ..column.clone() }
}

/// The same from PostgreSQL 18 on, where NOT NULL has a name, which a child takes over.
pub(super) fn child_column_with_names(parent: &Table, column: &Column, child: &ObjectName) -> Column {
    let mut copy = child_column(parent, column, child);
    copy.nullable |= column.options.contains_key(not_null::NO_INHERIT);
    if copy.nullable {
        return copy;
    }
    let own = column.options.get(not_null::NAME).cloned();
    let name = own.unwrap_or_else(|| made_name(&parent.name.name, &column.name, "not_null"));
    if name != made_name(&child.name, &column.name, "not_null") {
        copy.options.insert(not_null::NAME.to_owned(), name);
    }
    if column.options.contains_key(not_null::NOT_VALID) {
        copy.options.insert(not_null::NOT_VALID.to_owned(), String::new());
    }
    copy.options.insert(not_null::FROM_PARENT.to_owned(), String::new());
    copy
}
