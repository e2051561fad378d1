//! The derives, for real.

use rungs::{DbEnum, Model};

#[allow(dead_code, reason = "only an attribute names it")]
const LEN: usize = 120;
type Id = i64;

mod tenants {
    use rungs::Model;

    #[derive(Model)]
    #[allow(dead_code, reason = "only its columns are of interest")]
    pub struct Tenant<'a> {
        #[model(primary_key)]
        pub id: i64,
        pub name: std::borrow::Cow<'a, str>,
    }
}

/// Names that only the reader of all files can follow (`Tenant`, `LEN`, `Id`, `Mood`) are fine here.
#[derive(Model)]
#[model(schema = "app", primary_key(tenant_id, id), unique(tenant_id, email), check(expr = "age >= 0"))]
#[allow(dead_code, reason = "only its columns are of interest")]
struct User {
    #[model(auto_increment)]
    id: Id,
    #[model(references(Tenant::id), on_delete = "cascade", index)]
    tenant_id: Id,
    #[model(length = LEN, column = "eMail")]
    email: String,
    #[model(default = "0")]
    age: i32,
    r#type: Option<Mood>,
    #[model(skip)]
    cached: std::collections::HashMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, DbEnum)]
#[db_enum(name = "user_mood", rename_all = "kebab-case")]
enum Mood {
    VeryHappy,
    #[db_enum(value = "meh")]
    SoSo,
}

#[test]
fn a_model_knows_its_table_and_columns() {
    assert_eq!(User::TABLE, "user");
    assert_eq!(User::SCHEMA, Some("app"));
    assert_eq!(User::COLUMNS, ["id", "tenant_id", "eMail", "age", "type"]);
    assert_eq!(User::PRIMARY_KEY, ["tenant_id", "id"]);
    assert_eq!(tenants::Tenant::TABLE, "tenant");
    assert_eq!(tenants::Tenant::SCHEMA, None);
}

#[test]
fn an_enumeration_knows_its_values() {
    assert_eq!(Mood::TYPE_NAME, "user_mood");
    assert_eq!(Mood::VALUES, ["very-happy", "meh"]);
    assert_eq!(Mood::SoSo.as_str(), "meh");
    assert_eq!(Mood::from_value("very-happy"), Some(Mood::VeryHappy));
    assert_eq!(Mood::from_value("VeryHappy"), None);
}
