//! The Rust type nearest to a type that stands in the engine's own words.

use rungs_schema::DialectName;

/// What a driver is likely to give for it; `String` for all that is not known.
pub fn nearest(native: &str, dialect: DialectName) -> String {
    let native = native.to_ascii_lowercase();
    if let Some(inner) = native.strip_suffix("[]") {
        let inner = nearest(inner, dialect);
        return format!("Vec<{inner}>");
    }
    let known = match dialect {
        DialectName::Sqlite => of_sqlite(&native),
        DialectName::Postgres => of_postgres(&native),
        DialectName::Mysql | DialectName::Mariadb => of_mysql(&native),
    };
    known.unwrap_or("String").to_owned()
}

/// By [affinity](https://www.sqlite.org/datatype3.html#determination_of_column_affinity), but for what names more.
fn of_sqlite(native: &str) -> Option<&'static str> {
    Some(match word(native) {
        "bool" | "boolean" => "bool",
        "timestamp" => "chrono::NaiveDateTime",
        "decimal" | "numeric" => "rust_decimal::Decimal",
        _ if native.contains("int") => "i64",
        _ if native.contains("real") || native.contains("floa") || native.contains("doub") => "f64",
        _ if native.contains("blob") => "Vec<u8>",
        _ => return None,
    })
}

fn of_postgres(native: &str) -> Option<&'static str> {
    let zoned = native.contains("with time zone");
    Some(match word(native) {
        "timestamp" if zoned => "chrono::DateTime<chrono::Utc>",
        "timestamp" => "chrono::NaiveDateTime",
        "time" if !zoned => "chrono::NaiveTime",
        "numeric" => "rust_decimal::Decimal",
        "json" => "serde_json::Value",
        "cidr" => "ipnetwork::IpNetwork",
        _ => return None,
    })
}

fn of_mysql(native: &str) -> Option<&'static str> {
    let signed = |signed, unsigned| if native.contains("unsigned") { unsigned } else { signed };
    Some(match word(native) {
        "tinyint" => signed("i8", "u8"),
        "smallint" => signed("i16", "u16"),
        "mediumint" | "int" => signed("i32", "u32"),
        "bigint" => signed("i64", "u64"),
        "year" => "u16",
        "bit" if native == "bit(1)" => "bool",
        "bit" => "u64",
        "float" => "f32",
        "double" => "f64",
        "decimal" => "rust_decimal::Decimal",
        "datetime" => "chrono::NaiveDateTime",
        "timestamp" => "chrono::DateTime<chrono::Utc>",
        "time" => "chrono::NaiveTime",
        "tinyblob" | "blob" | "mediumblob" | "longblob" | "binary" | "varbinary" => "Vec<u8>",
        "uuid" => "uuid::Uuid",
        _ => return None,
    })
}

fn word(native: &str) -> &str {
    native.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default()
}
