//! Tables that foreign keys refer to although no model declares them: somebody else makes them, or they are ignored. A
//! scratch place needs something in their stead, or the server does not take the key, or prints it otherwise.

use rungs_schema::{Column, Index, IndexPart, ObjectName, Schema, Table};

/// The schema with a stub for each such table that the database has: the columns that are referred to, and a key on them.
pub(super) fn with_referred(mut schema: Schema, live: &Schema) -> Schema {
    let mut stubs: Vec<Table> = Vec::new();
    for key in schema.tables.iter().flat_map(|table| &table.foreign_keys) {
        let Some(there) = live.table(&key.references).filter(|there| schema.table(&there.name).is_none()) else {
            continue;
        };
        let at = stubs.iter().position(|stub| stub.name == there.name).unwrap_or_else(|| {
            stubs.push(stub(there, &there.name));
            stubs.len() - 1
        });
        refer(&mut stubs, at, there, &key.referenced_columns);
    }
    schema.tables.extend(stubs);
    schema.sort();
    schema
}

fn stub(there: &Table, name: &ObjectName) -> Table {
    let words = ["engine", "charset", "collation"];
    let options = there.options.iter().filter(|(word, _)| words.contains(&word.as_str()));
    let options = options.map(|(word, value)| (word.clone(), value.clone())).collect();
    Table { name: name.clone(), options, ..Table::default() }
}

fn refer(stubs: &mut [Table], at: usize, there: &Table, columns: &[String]) {
    let Some(stub) = stubs.get_mut(at) else { return };
    // Where a script names none, the primary key is meant.
    let columns: Vec<String> = match columns {
        [] => there.primary_key_columns().into_iter().map(str::to_owned).collect(),
        named => named.to_vec(),
    };
    for column in columns.iter().filter_map(|name| there.column(name)) {
        if stub.column(&column.name).is_none() {
            let Column { name, ty, charset, collation, .. } = column.clone();
            stub.columns.push(Column { name, ty, charset, collation, ..Column::default() });
        }
    }
    let parts: Vec<IndexPart> = columns.iter().map(IndexPart::column).collect();
    if !stub.indexes.iter().any(|index| index.parts == parts) {
        // On every engine a unique index is enough for a key to refer to.
        let name = format!("rungs_stub_{at}_{}", stub.indexes.len());
        stub.indexes.push(Index { name: Some(name), parts, unique: true, ..Index::default() });
    }
}
