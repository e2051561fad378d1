// Models do not hold everything; `migrate models --objects FOLDER` writes the rest as SQL files. Left out here:
// - view strong
// - trigger beer_title_kept on beer

use rungs::Model;

#[derive(Debug, Clone, Model)]
#[model(table = "Order \"lines\"", rename_all = "camelCase")]
#[model(primary_key(name = "PK lines", columns(select desc, mixed_case)))]
#[model(index(name = "an \"index\"", columns(two_words, it_s desc)))]
pub struct OrderLines {
    #[model(nullable)]
    pub select: i64,
    #[model(references(Beer::id))]
    pub mixed_case: i64,
    #[model(column = "two words")]
    pub two_words: Option<String>,
    pub brackets: Option<String>,
    #[model(column = "it's")]
    pub it_s: Option<String>,
    pub größe: Option<i64>,
    pub _1st: Option<i64>,
    pub r#type: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "beer")]
#[model(index(name = "beer_title", columns(title collate "NOCASE" desc, strength)))]
#[model(index(
    name = "beer_strong",
    columns(strength),
    where = "strength > 8 AND active"
))]
#[model(index(
    name = "beer_shown",
    columns(expr("lower(title)"), expr("length(notes)") desc)
))]
#[model(index(name = "beer_once", columns(brewer, title), unique))]
#[model(foreign_key(
    columns(malt_from, malt_code),
    references(Malt::maltster_id, Malt::code),
    on_delete = "set null",
    on_update = "cascade"
))]
pub struct Beer {
    #[model(primary_key)]
    pub id: i64,
    #[model(references(Brewer::id), fk_name = "brewed by", on_delete = "restrict")]
    pub brewer: i64,
    pub malt_from: Option<i64>,
    #[model(length = 12)]
    pub malt_code: Option<String>,
    pub title: String,
    #[model(type = "DECIMAL(4,1)")]
    pub strength: rust_decimal::Decimal,
    #[model(default = "1")]
    pub active: bool,
    #[model(default = "'it''s \"good\"'")]
    pub notes: Option<String>,
    #[model(default = "randomblob(4)")]
    pub hash: Option<Vec<u8>>,
    #[model(type = "BIGINT", default = "-1")]
    pub price: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "brewer")]
#[model(unique(family_name, given_name))]
pub struct Brewer {
    #[model(primary_key)]
    pub id: i64,
    #[model(references(Brewer::id), on_delete = "set null")]
    pub taught_by: Option<i64>,
    #[model(index = "brewer_favourite")]
    #[model(references(Beer::id), deferrable = "initially deferred")]
    pub favourite: Option<i64>,
    pub given_name: String,
    pub family_name: String,
    #[model(unique(on_conflict = "replace"))]
    pub badge: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "keyless")]
pub struct Keyless {
    #[model(type = "")]
    pub a: Option<String>,
    #[model(type = "INT")]
    pub b: Option<i64>,
    #[model(type = "\"odd type\"")]
    pub c: Option<String>,
    #[model(type = "UNSIGNED BIG INT")]
    pub d: Option<i64>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "malt", without_rowid)]
#[model(primary_key(maltster_id, code))]
#[model(check(name = "dark enough", expr = "ebc >= 0 AND ebc < 2000"))]
pub struct Malt {
    #[model(references(Maltster::id), on_delete = "cascade", on_update = "cascade")]
    pub maltster_id: i64,
    #[model(length = 12)]
    pub code: String,
    #[model(precision = 6, scale = 2, default = "3.5")]
    pub ebc: rust_decimal::Decimal,
    #[model(generated = "code || ' ' || ebc", stored)]
    pub label: Option<String>,
    #[model(generated = "upper(code)", virtual)]
    pub shout: Option<String>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "maltster")]
pub struct Maltster {
    #[model(primary_key, auto_increment)]
    pub id: i64,
    #[model(collation = "NOCASE", unique)]
    pub name: String,
    #[model(fixed, length = 2, default = "'BE'", check = "length(country) = 2")]
    pub country: String,
    pub rating: Option<f64>,
    pub founded: Option<chrono::NaiveDate>,
    #[model(column = "since when", default = "CURRENT_TIMESTAMP")]
    pub since_when: Option<chrono::NaiveDateTime>,
}

#[derive(Debug, Clone, Model)]
#[model(table = "sample_strict", strict)]
pub struct SampleStrict {
    #[model(primary_key)]
    pub id: i64,
    pub reading: f64,
    pub payload: Option<Vec<u8>>,
    #[model(type = "ANY")]
    pub anything: Option<String>,
}
