//! The statements that sea-query renders right, so that we don't: dropping a table or a type.
//!
//! What it gets wrong or does not have is ours: see the table in ARCHITECTURE.md.

use rungs_schema::ObjectName;
use sea_query::{Alias, IntoTableRef, SchemaBuilder, Table, TableRef};

/// `DROP TABLE name`.
pub(super) fn drop_table(name: &ObjectName, builder: impl SchemaBuilder) -> String {
    Table::drop().table(table_ref(name)).to_string(builder)
}

fn table_ref(name: &ObjectName) -> TableRef {
    match &name.schema {
        None => Alias::new(&name.name).into_table_ref(),
        Some(schema) => (Alias::new(schema), Alias::new(&name.name)).into_table_ref(),
    }
}

/// PostgreSQL's `DROP TYPE name`.
#[cfg(feature = "postgres")]
pub(super) fn drop_type(name: &ObjectName) -> String {
    use sea_query::extension::postgres::{IntoTypeRef, Type};
    let name = match &name.schema {
        None => Alias::new(&name.name).into_type_ref(),
        Some(schema) => (Alias::new(schema), Alias::new(&name.name)).into_type_ref(),
    };
    Type::drop().name(name).to_string(sea_query::PostgresQueryBuilder)
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        let name = ObjectName::qualified("a\"b", "mood");
        assert_eq!(drop_table(&name, sea_query::PostgresQueryBuilder), "DROP TABLE \"a\"\"b\".\"mood\"");
        assert_eq!(drop_type(&name), "DROP TYPE \"a\"\"b\".\"mood\"");
    }
}
