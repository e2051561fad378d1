//! How the values of a column get from one type to another.
//! <https://www.postgresql.org/docs/current/sql-createcast.html>

use super::types::{TypeName, parse};

/// Types among which the server converts by itself when it assigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Bits,
    Instant,
    TimeOfDay,
    Network,
    Json,
    Boolean,
    Other,
}

fn family(base: &str) -> Family {
    match base {
        "smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric" => Family::Number,
        "text" | "character varying" | "character" | "bpchar" | "name" => Family::Text,
        "bit" | "bit varying" => Family::Bits,
        "date" | "timestamp without time zone" | "timestamp with time zone" => Family::Instant,
        "time without time zone" | "time with time zone" => Family::TimeOfDay,
        "inet" | "cidr" => Family::Network,
        "json" | "jsonb" => Family::Json,
        "boolean" => Family::Boolean,
        _ => Family::Other,
    }
}

/// Whether values of two types can be compared, so that a foreign key can stand between them.
pub(super) fn compares(one: &str, other: &str) -> bool {
    let (a, b) = (parse(one), parse(other));
    let family = family(&a.base);
    one == other || (!a.array && !b.array && family != Family::Other && family == self::family(&b.base))
}

/// The expression of `USING` for a column (already quoted), where the server would not convert its values by itself.
/// Where it would, there is none: an assignment refuses a value that does not fit, and an explicit cast would cut it.
pub(super) fn using(column: &str, previous: &str, next: &str) -> Option<String> {
    let (from, to) = (parse(previous), parse(next));
    if from.array == to.array {
        return elementwise(column, &from, &to, next);
    }
    let (from_family, to_family) = (family(&from.base), family(&to.base));
    if to.array && from_family != Family::Text {
        let is_cast = to_family == Family::Text
            || from.base == to.base
            || (from_family == to_family && from_family != Family::Other);
        let element = if is_cast { column.to_owned() } else { format!("{column}::text") };
        return Some(format!("CASE WHEN {column} IS NOT NULL THEN ARRAY[{element}]::{next} END"));
    }
    if from.array && to_family == Family::Text {
        return None;
    }
    Some(by_text(column, from_family, next))
}

fn elementwise(column: &str, from: &TypeName, to: &TypeName, next: &str) -> Option<String> {
    let (from_family, to_family) = (family(&from.base), family(&to.base));
    let automatic = from.base == to.base
        || to_family == Family::Text
        || (from_family == to_family && from_family != Family::Other)
        || (from.base.starts_with("timestamp") && to.base == "time without time zone")
        || (from.base == "timestamp with time zone" && to.base == "time with time zone")
        || (from.base == "time without time zone" && to.base == "interval")
        || (from.base == "interval" && to.base == "time without time zone");
    if automatic {
        return None;
    }
    Some(match (from_family, to_family) {
        (Family::Boolean, Family::Number) if !to.array => format!("{column}::integer::{next}"),
        (Family::Number, Family::Boolean) if !to.array => format!("{column} <> 0"),
        (Family::Json, Family::Number | Family::Boolean) if !to.array && from.base == "jsonb" => {
            format!("{column}::{next}")
        }
        _ => by_text(column, from_family, next),
    })
}

/// Through the text of the value, which every type can be read from; there the server refuses what it cannot read.
fn by_text(column: &str, from: Family, next: &str) -> String {
    match from {
        Family::Text => format!("{column}::{next}"),
        _ => format!("{column}::text::{next}"),
    }
}

/// What the values may lose on the way, for the comment: only what the server does without an error.
pub(super) fn loss(previous: &str, next: &str) -> Option<&'static str> {
    let (from, to) = (parse(previous), parse(next));
    let scale =
        |name: &TypeName| name.arguments.as_deref().and_then(|list| list.split(',').nth(1)?.parse::<i32>().ok());
    let fractional = |name: &TypeName| match name.base.as_str() {
        "real" | "double precision" => true,
        "numeric" => scale(name) != Some(0),
        _ => false,
    };
    match (from.base.as_str(), to.base.as_str()) {
        (_, "smallint" | "integer" | "bigint") if fractional(&from) => Some("digits after the point"),
        (_, "numeric")
            if fractional(&from) && scale(&to).is_some_and(|to| scale(&from).is_none_or(|from| to < from)) =>
        {
            Some("digits after the point")
        }
        ("double precision" | "numeric" | "bigint" | "integer", "real") => Some("precision"),
        ("numeric" | "bigint", "double precision") => Some("precision"),
        (from, "date") if from.starts_with("timestamp") => Some("time of day"),
        (from, to) if from.starts_with("timestamp") && to.starts_with("time ") => Some("date"),
        (from, "boolean") if family(from) == Family::Number => Some("value apart from being 0 or not"),
        _ => None,
    }
}

/// What a reader of the statement should know.
pub(super) fn remark(previous: &str, next: &str) -> &'static str {
    let zoned = |ty: &str| match parse(ty).base.as_str() {
        "timestamp with time zone" => Some(true),
        "timestamp without time zone" => Some(false),
        _ => None,
    };
    match (zoned(previous), zoned(next)) {
        (Some(a), Some(b)) if a != b => ", reading the times in the session's time zone",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_assigns_by_itself_has_no_using() {
        for (from, to) in [
            ("integer", "bigint"),
            ("character varying(120)", "character varying(10)"),
            ("jsonb", "text"),
            ("timestamp without time zone", "timestamp(3) with time zone"),
            ("integer[]", "bigint[]"),
        ] {
            assert_eq!(using("\"c\"", from, to), None, "{from} -> {to}");
        }
    }

    #[test]
    fn everything_else_says_how() {
        for (from, to, expected) in [
            ("text", "integer", "\"c\"::integer"),
            ("boolean", "bigint", "\"c\"::integer::bigint"),
            ("bigint", "boolean", "\"c\" <> 0"),
            ("mood", "feeling", "\"c\"::text::feeling"),
            ("text", "mood", "\"c\"::mood"),
            ("integer", "integer[]", "CASE WHEN \"c\" IS NOT NULL THEN ARRAY[\"c\"]::integer[] END"),
            ("interval", "mood[]", "CASE WHEN \"c\" IS NOT NULL THEN ARRAY[\"c\"::text]::mood[] END"),
            ("timestamp without time zone", "time with time zone", "\"c\"::text::time with time zone"),
        ] {
            assert_eq!(using("\"c\"", from, to).as_deref(), Some(expected), "{from} -> {to}");
        }
    }
}
