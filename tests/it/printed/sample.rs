// Models do not hold everything; `migrate models --objects FOLDER` writes the rest as SQL files. Left out here:
// - view active_users

use rungs::{DbEnum, Model};

#[derive(Debug, Clone, Copy, PartialEq, Eq, DbEnum)]
#[db_enum(name = "mood", comment = "how it goes")]
pub enum Mood {
    Happy,
    #[db_enum(value = "so-so")]
    SoSo,
    #[db_enum(value = "So So")]
    SoSo2,
    _1,
    Self_,
}

#[derive(Debug, Clone, Model)]
#[model(table = "memberships")]
#[model(primary_key(user_id, group_id))]
#[model(foreign_key(
    columns(parent_user, parent_group),
    references(Memberships::user_id, Memberships::group_id),
    on_delete = "set null",
    on_delete_columns(parent_group),
    match = "full",
    not_valid,
    not_enforced,
    comment = "the parent"
))]
pub struct Memberships {
    #[model(references(Users::id))]
    #[model(on_delete = "cascade", deferrable = "initially deferred")]
    pub user_id: i64,
    #[model(references(_1stGroup::id_2), fk_name = "to_group")]
    #[model(on_update = "set null")]
    pub group_id: i64,
    #[model(references("other.people(\"a,b\")", external), fk_name = "elsewhere")]
    pub parent_user: Option<i64>,
    #[model(references("users()"), fk_name = "implied")]
    pub parent_group: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "users")]
#[model(check = "email <> ''")]
pub struct Users {
    #[model(primary_key, sequence = "all_id_seq")]
    pub id: i64,
    #[model(length = 120, comment = "say \"hi\"\n", unique)]
    pub email: String,
    #[model(column = "externalId", index = "external")]
    pub external_id: Option<u32>,
    pub r#type: String,
    #[model(default = "now()")]
    pub created_at: chrono::DateTime<chrono::Utc>,
    pub settings: Option<serde_json::Value>,
    pub mood: Option<Mood>,
    pub moods: Vec<Mood>,
    pub tags: Vec<String>,
    #[model(type = "point")]
    pub r#where: String,
    #[model(type = "tinyint unsigned[]")]
    pub bytes: Option<Vec<String>>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "1st \"group\"", schema = "odd schema", comment = "a table")]
#[model(charset = "utf8mb4", engine = "InnoDB", strict, unlogged)]
#[model(options("autovacuum.x" = "off", fillfactor = "50"))]
#[model(primary_key(
    name = "the key",
    columns(id_2 desc, unique(4) collate "C"),
    include(a_b),
    method = "hash",
    options(key_block_size = "4"),
    on_conflict = "replace",
    deferrable,
    comment = "k"
))]
#[model(unique(columns(unique, a_b), include(id)))]
#[model(index(
    name = "i1",
    columns(
        expr("lower(\"a b\")") nulls first,
        a_b_2 opclass "text_pattern_ops" desc nulls last
    ),
    unique,
    method = "gin",
    where = "id > 0 and \"a b\" is not null",
    include(id, column),
    nulls_not_distinct,
    options(fillfactor = "70", "odd.key" = "x"),
    comment = "i"
))]
#[model(check(
    name = "c2",
    expr = "id > 1",
    no_inherit,
    not_valid,
    not_enforced,
    comment = "c"
))]
#[model(sequence(
    name = "Other.Seq",
    schema = "odd schema",
    type = "integer",
    start = 5,
    increment = -1,
    min = -10,
    max = 10,
    cache = 2,
    cycle,
    owned_by = "odd schema.\"1st \"\"group\"\"\".Id",
    comment = "c"
))]
pub struct _1stGroup {
    #[model(identity(always, start = 7), column = "Id")]
    pub id_2: i64,
    #[model(auto_increment = "serial", index, check(name = "c", expr = "id > 0"))]
    pub id: i64,
    #[model(column = "self", fixed, length = 2, charset = "latin1")]
    #[model(collation = "latin1_bin", invisible)]
    #[model(unique(
        name = "u",
        include(id),
        nulls_not_distinct,
        on_conflict = "fail",
        deferrable = "initially deferred",
        comment = "u"
    ))]
    pub self_: String,
    #[model(column = "a b", generated = "a || '\\'", virtual)]
    pub a_b: Option<String>,
    #[model(column = "a-b", on_row_update = "current_timestamp()")]
    #[model(not_null_conflict = "ignore")]
    pub a_b_2: chrono::NaiveDateTime,
    #[model(length = 16)]
    pub unique: Vec<u8>,
    #[model(column = "")]
    pub column: Vec<u8>,
    #[model(type = "")]
    pub untyped: String,
}

#[derive(Debug, Clone, Model)]
#[model(table = "string")]
pub struct String2 {
    #[model(primary_key, nullable)]
    pub id: String,
}
