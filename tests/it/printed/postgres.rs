// Models do not hold everything; `migrate models --objects FOLDER` writes the rest as SQL files. Left out here:
// - function kept()
// - view strong
// - trigger beer_kept on beer

use rungs::{DbEnum, Model};

#[derive(Debug, Clone, Copy, PartialEq, Eq, DbEnum)]
#[db_enum(name = "Mixed Mood")]
pub enum MixedMood {
    Fine,
    #[db_enum(value = "so-so")]
    SoSo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, DbEnum)]
#[db_enum(name = "style", comment = "how it tastes")]
pub enum Style {
    Blonde,
    #[db_enum(value = "Dubbel")]
    Dubbel,
    #[db_enum(value = "it's odd")]
    ItSOdd,
    _1st,
}

#[derive(Debug, Clone, Model)]
#[model(table = "Order \"lines\"", rename_all = "camelCase")]
#[model(primary_key(name = "PK lines", columns(select, mixed_case)))]
#[model(index(name = "an \"index\"", columns(two_words, it_s desc)))]
#[model(check(name = "a \"check\"", expr = "\"two words\" <> 'x;y'::text"))]
pub struct OrderLines {
    #[model(auto_increment = "serial")]
    pub select: i64,
    #[model(references(Beer::id))]
    pub mixed_case: i64,
    #[model(column = "two words", comment = "both")]
    pub two_words: Option<String>,
    #[model(column = "it's", unique = "one \"only\"")]
    pub it_s: Option<String>,
    pub größe: Option<i32>,
    #[model(auto_increment = "serial")]
    pub _1st: i32,
    #[model(column = "back\\slash")]
    pub back_slash: Option<i32>,
    pub r#type: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "beer", comment = "what is drunk, and it's \"good\"")]
#[model(index(name = "beer_collated", columns(title collate "C")))]
#[model(index(name = "beer_like", columns(title opclass "varchar_pattern_ops")))]
#[model(index(name = "beer_once", columns(brewer, title), unique, include(strength)))]
#[model(index(
    name = "beer_shown",
    columns(expr("lower(title::text)"), expr("strength * 2::numeric") desc)
))]
#[model(index(name = "beer_title", columns(title desc nulls last, strength)))]
#[model(foreign_key(
    columns(malt_from, malt_code),
    references(Malt::maltster_id, Malt::code),
    on_delete = "set null",
    on_update = "cascade",
    match = "full"
))]
#[model(sequence(
    name = "Odd Seq",
    type = "integer",
    start = 20,
    increment = 5,
    min = 10,
    max = 1000,
    cache = 3,
    cycle
))]
pub struct Beer {
    #[model(primary_key, sequence = "all_id_seq")]
    pub id: i64,
    #[model(references(Brewer::id), fk_name = "brewed_by")]
    #[model(on_delete = "restrict", deferrable)]
    pub brewer: i32,
    pub malt_from: Option<i64>,
    #[model(length = 12)]
    pub malt_code: Option<String>,
    #[model(length = 80, comment = "a line\nand another \\ one")]
    pub title: String,
    #[model(default = "'it''s odd'")]
    pub style: Style,
    #[model(default = "'{blonde,\"it''s odd\"}'::style[]")]
    pub styles: Option<Vec<Style>>,
    #[model(precision = 4, scale = 1)]
    #[model(index(
        name = "beer_strong",
        where = "strength > 8::numeric AND active",
        comment = "strong ones"
    ))]
    pub strength: rust_decimal::Decimal,
    #[model(default = "true")]
    pub active: bool,
    #[model(default = "'it''s\n\"good\" \\ back'::text")]
    pub notes: Option<String>,
    #[model(type = "tstzrange", index(name = "beer_during", method = "gist"))]
    pub during: Option<String>,
    #[model(column = "externalId", sequence = "Odd Seq", index = "beer_external")]
    pub external_id: Option<i32>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "brewer")]
#[model(unique(columns(family_name, given_name), deferrable = "initially deferred"))]
pub struct Brewer {
    #[model(primary_key(include(given_name)))]
    #[model(identity(always, start = 100, increment = 5))]
    pub id: i32,
    #[model(identity)]
    pub number: i32,
    #[model(references(Brewer::id), on_delete = "set null")]
    pub taught_by: Option<i32>,
    #[model(references(Beer::id), deferrable = "initially deferred")]
    pub favourite: Option<i64>,
    pub given_name: String,
    pub family_name: String,
    #[model(default = "'so-so'")]
    pub mood: Option<MixedMood>,
    pub badge: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "cache")]
#[model(unlogged, options(autovacuum_enabled = "off", fillfactor = "70"))]
pub struct Cache {
    #[model(primary_key)]
    pub key: String,
    pub value: Vec<u8>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "keyless")]
pub struct Keyless {
    #[model(index(name = "keyless_once", unique, where = "b IS NULL"))]
    pub a: Option<i32>,
    pub b: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "malt")]
#[model(primary_key(maltster_id, code))]
#[model(check(
    name = "dark enough",
    expr = "ebc >= 0::numeric AND ebc < 2000::numeric"
))]
pub struct Malt {
    #[model(references(Maltster::id), on_delete = "cascade", on_update = "cascade")]
    pub maltster_id: i64,
    #[model(length = 12, collation = "C", index = "malt_code_idx")]
    pub code: String,
    #[model(precision = 6, scale = 2, default = "3.5")]
    pub ebc: rust_decimal::Decimal,
    pub price: Option<rust_decimal::Decimal>,
    #[model(generated = "code::text || ' malt'::text", stored)]
    pub label: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "maltster")]
#[model(index(
    name = "maltster_settings",
    columns(settings opclass "jsonb_path_ops"),
    method = "gin",
    options(fastupdate = "off")
))]
#[model(check(name = "maltster_country_check", expr = "length(country) = 2"))]
#[model(check(
    name = "rated",
    expr = "rating IS NULL OR rating >= 0::double precision AND rating <= 5::double precision",
    comment = "stars"
))]
pub struct Maltster {
    #[model(primary_key, auto_increment = "serial")]
    pub id: i64,
    #[model(unique = "one_name", index(name = "maltster_name", method = "hash"))]
    pub name: String,
    #[model(fixed, length = 2, default = "'BE'")]
    pub country: String,
    pub rating: Option<f64>,
    #[model(default = "'{}'::text[]")]
    #[model(index(name = "maltster_tags", method = "gin"))]
    pub tags: Vec<String>,
    pub grid: Option<Vec<i32>>,
    pub founded: Option<chrono::NaiveDate>,
    pub opens: Option<chrono::NaiveTime>,
    #[model(default = "now()", index(name = "maltster_since", method = "brin"))]
    pub since: chrono::DateTime<chrono::Utc>,
    #[model(type = "timestamp(3) without time zone")]
    pub until: Option<chrono::NaiveDateTime>,
    pub margin: Option<chrono::TimeDelta>,
    #[model(default = "'{\"a\": 1}'::jsonb")]
    pub settings: serde_json::Value,
    #[model(type = "json")]
    pub raw: Option<serde_json::Value>,
    pub address: Option<ipnetwork::IpNetwork>,
    pub mac: Option<mac_address::MacAddress>,
    #[model(default = "gen_random_uuid()")]
    pub outer_key: Option<uuid::Uuid>,
    #[model(default = "'-1'::integer")]
    pub small: Option<i16>,
    pub ratio: Option<f32>,
    #[model(type = "bit varying(8)")]
    pub flags: Option<String>,
}
