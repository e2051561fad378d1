//! Leaves out what the dialect puts there by itself. What is left out is left out only where the dialect reads the same
//! from what is left.

use rungs_schema::{DialectName, EnumType, Schema, Table, Unique};

use crate::dialect::Dialect;

/// The schema with less to say and the same meaning.
pub fn spared(schema: &Schema, dialect: &dyn Dialect) -> Schema {
    let mut schema = schema.clone();
    let same =
        |one: &Table, other: &Table| meaning(one, &schema.enums, dialect) == meaning(other, &schema.enums, dialect);
    let mut tables = schema.tables.clone();
    for table in &mut tables {
        for at in 0..table.columns.len() {
            try_without(table, &same, |table| table.columns[at].charset = None);
            try_without(table, &same, |table| {
                let default = &mut table.columns[at].default;
                *default = default.as_deref().map(without_cast);
            });
        }
        try_without(table, &same, |table| _ = table.options.shift_remove("charset"));
        try_without(table, &same, unique_constraints);
        if matches!(dialect.version().name, DialectName::Mysql | DialectName::Mariadb) {
            // The engine of every server that nobody set up otherwise.
            table.options.retain(|key, value| key != "engine" || !value.eq_ignore_ascii_case("InnoDB"));
        }
    }
    schema.tables = tables;
    schema
}

fn try_without(table: &mut Table, same: &impl Fn(&Table, &Table) -> bool, edit: impl Fn(&mut Table)) {
    let mut edited = table.clone();
    edit(&mut edited);
    if edited != *table && same(&edited, table) {
        *table = edited;
    }
}

/// What the dialect takes a model for, apart from the order of indexes; `None` where it takes it for nothing.
fn meaning(table: &Table, enums: &[EnumType], dialect: &dyn Dialect) -> Option<Schema> {
    let alone = Schema { tables: vec![table.clone()], enums: enums.to_vec(), ..Schema::default() };
    let mut meaning = dialect.canonical(&alone).ok()?;
    meaning.tables.iter_mut().for_each(|table| table.indexes.sort_by(|one, other| one.name.cmp(&other.name)));
    Some(meaning)
}

/// `'a'::text` as `'a'`: the column has the type.
fn without_cast(default: &str) -> String {
    match default.rsplit_once("'::") {
        Some((literal, _)) if literal.starts_with('\'') => format!("{literal}'"),
        _ => default.to_owned(),
    }
}

/// Where unique indexes and constraints are one thing, they are constraints: all of them or, since they have an order,
/// none.
fn unique_constraints(table: &mut Table) {
    let (unique, others) = std::mem::take(&mut table.indexes).into_iter().partition(|index| index.unique);
    table.indexes = others;
    table.uniques.extend(Vec::into_iter(unique).map(|index| Unique {
        name: index.name,
        parts: index.parts,
        comment: index.comment,
        ..Unique::default()
    }));
}
