//! Names and limits as the server itself makes them.

use super::IDENTIFIER_BYTES;

/// The words that `quote_ident` puts in quotes although they look like plain identifiers: every keyword that is not
/// unreserved, up to PostgreSQL 18. Quoting one more than an older server would is settled by comparing as printed.
const KEYWORDS: &str = " all analyse analyze and any array as asc asymmetric authorization between bigint binary bit \
    boolean both case cast char character check coalesce collate collation column concurrently constraint create cross \
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal \
    default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full \
    grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull \
    join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize \
    json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national natural \
    nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing \
    position precision primary real references returning right row select session_user setof similar smallint some \
    substring symmetric system_user table tablesample then time timestamp to trailing treat trim true union unique user \
    using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest \
    xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable ";

/// The name that the server makes up for a constraint or sequence, as `makeObjectName` does: `table_column_label`,
/// where the longer of the first two is cut until the whole fits.
pub(super) fn made_name(table: &str, middle: &str, label: &str) -> String {
    let separators = if middle.is_empty() { 1 } else { 2 };
    let room = IDENTIFIER_BYTES.saturating_sub(label.len() + separators);
    let (mut first, mut second) = (table.len(), middle.len());
    while first + second > room {
        if first > second {
            first -= 1;
        } else {
            second -= 1;
        }
    }
    let (table, middle) = (cut(table, first), cut(middle, second));
    if middle.is_empty() { format!("{table}_{label}") } else { format!("{table}_{middle}_{label}") }
}

/// A name that the server takes whole.
pub(super) fn cut_to_fit(name: &str) -> String {
    crate::dialect::fit(name.to_owned(), IDENTIFIER_BYTES)
}

fn cut(text: &str, mut end: usize) -> &str {
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// An identifier as the server prints it: quoted only where it must be.
pub(super) fn printed(identifier: &str) -> String {
    let mut bytes = identifier.bytes();
    let plain = bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !KEYWORDS.contains(&format!(" {identifier} "));
    if plain { identifier.to_owned() } else { super::quote(identifier) }
}

/// The bounds that a sequence of a type has by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SequenceRange {
    pub(super) min: i64,
    pub(super) max: i64,
}

impl SequenceRange {
    /// By its type, and whether it counts up or down.
    pub(super) fn of(ty: &str, increment: i64) -> Self {
        let (lowest, highest) = match ty {
            "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        if increment < 0 { Self { min: lowest, max: -1 } } else { Self { min: 1, max: highest } }
    }

    /// Where it starts by itself.
    pub(super) fn start(self, increment: i64) -> i64 {
        if increment < 0 { self.max } else { self.min }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_where_the_server_cuts_it() {
        assert_eq!(made_name("users", "", "pkey"), "users_pkey");
        assert_eq!(made_name("users", "tenant_id", "fkey"), "users_tenant_id_fkey");
        let name = made_name(&"t".repeat(60), &"c".repeat(40), "seq");
        assert_eq!(name, format!("{}_{}_seq", "t".repeat(29), "c".repeat(29)));
        assert_eq!(made_name(&"é".repeat(31), "id", "seq").len(), 63);
    }

    #[test]
    fn only_what_must_be_is_quoted() {
        assert_eq!(printed("mood"), "mood");
        assert_eq!(printed("Mood"), "\"Mood\"");
        assert_eq!(printed("order"), "\"order\"");
        assert_eq!(printed("2nd"), "\"2nd\"");
        assert_eq!(printed("a\"b"), "\"a\"\"b\"");
    }
}
