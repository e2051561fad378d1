//! A column as a field.

use rungs_schema::read::{nextval, written};
use rungs_schema::{AutoIncrement, Column, ColumnType, Identity, ObjectName, Sequence, Table};

use super::Printer;
use super::attribute::Node;
use super::rust_type::nearest;
use super::table::storage;

/// A field's type and what its attributes say of the column itself.
#[derive(Debug)]
pub struct Field {
    /// The type in Rust.
    pub ty: String,
    /// The attributes.
    pub nodes: Vec<Node>,
}

impl Printer<'_> {
    /// The field of a column, without the constraints beside it.
    pub(super) fn column(&self, table: &Table, column: &Column, field: &str) -> Field {
        let mut nodes = Vec::new();
        if let Some(how) = &column.auto_increment {
            nodes.push(self.auto_increment(table, how));
        }
        let field = field.trim_start_matches("r#");
        if self.names.case(&table.name).map_or_else(|| field.to_owned(), |(_, case)| case.apply(field)) != column.name {
            nodes.push(Node::pair("column", &column.name));
        }
        let (mut ty, mut of_type) = self.field_type(&column.ty);
        nodes.append(&mut of_type);
        if column.nullable {
            // SQLite has primary keys that take NULL.
            if table.primary_key_columns().contains(&column.name.as_str()) {
                nodes.push(Node::word("nullable"));
            } else {
                ty = format!("Option<{ty}>");
            }
        }
        if let Some(default) = &column.default {
            nodes.push(self.default(default));
        }
        if let Some(generated) = &column.generated {
            nodes.push(Node::pair("generated", &generated.expression));
            nodes.push(Node::word(if generated.stored { "stored" } else { "virtual" }));
        }
        let texts = [
            ("on_row_update", &column.on_update),
            ("charset", &column.charset),
            ("collation", &column.collation),
            ("comment", &column.comment),
        ];
        nodes.extend(texts.iter().filter_map(|(key, text)| text.as_ref().map(|text| Node::pair(key, text))));
        if let Some(conflict) = &column.not_null_conflict {
            nodes.push(Node::pair("not_null_conflict", &conflict.to_lowercase()));
        }
        if column.invisible {
            nodes.push(Node::word("invisible"));
        }
        nodes.extend(storage(&column.options));
        Field { ty, nodes }
    }

    /// `auto_increment` alone where the engine's own way is meant, and the table has no other such column.
    fn auto_increment(&self, table: &Table, how: &AutoIncrement) -> Node {
        let alone = table.columns.iter().filter(|column| column.auto_increment.is_some()).count() == 1;
        match how {
            AutoIncrement::Native => Node::word("auto_increment"),
            AutoIncrement::Serial => Node::pair("auto_increment", "serial"),
            AutoIncrement::Identity(identity) if *identity == Identity::default() && alone => {
                Node::word("auto_increment")
            }
            AutoIncrement::Identity(identity) => {
                let mut options = Vec::new();
                if identity.always {
                    options.push(Node::word("always"));
                }
                options.append(&mut sequence_options(&identity.sequence));
                if options.is_empty() { Node::word("identity") } else { Node::list("identity", options) }
            }
        }
    }

    fn default(&self, default: &str) -> Node {
        match self.schema.sequences.iter().find(|sequence| nextval(&sequence.name) == default) {
            Some(sequence) => Node::pair("sequence", &object(&sequence.name)),
            None => Node::pair("default", default),
        }
    }

    /// The Rust type, and what the attributes must say beside it.
    fn field_type(&self, ty: &ColumnType) -> (String, Vec<Node>) {
        let logical = match ty {
            ColumnType::Native(text) => match self.enumeration_of(text) {
                Some(found) => return (found, Vec::new()),
                None => self.dialect.logical(text),
            },
            other => other.clone(),
        };
        self.known_type(&logical).unwrap_or_else(|| {
            let node = match ty {
                ColumnType::PerDialect { by, default } => {
                    let pairs = by.iter().map(|(dialect, text)| Node::pair(dialect.word(), text));
                    let rest = default.iter().map(|text| Node::pair("default", text));
                    Node::list("type", pairs.chain(rest).collect())
                }
                other => Node::pair("type", other.native().unwrap_or_default()),
            };
            let ty = ty.native().map(|native| nearest(native, self.dialect.version().name));
            (ty.unwrap_or_else(|| String::from("String")), vec![node])
        })
    }

    fn known_type(&self, ty: &ColumnType) -> Option<(String, Vec<Node>)> {
        let mut nodes = Vec::new();
        let rust = match ty {
            // Attributes take no length of nothing.
            ColumnType::Varchar(0) | ColumnType::Char(0) | ColumnType::Binary(Some(0)) => return None,
            ColumnType::Boolean => "bool",
            ColumnType::Integer { bits, unsigned } => {
                return Some((format!("{}{bits}", if *unsigned { 'u' } else { 'i' }), nodes));
            }
            ColumnType::Real => "f32",
            ColumnType::Double => "f64",
            ColumnType::Decimal { precision, scale } => {
                nodes.extend(precision.map(|digits| Node::number("precision", digits)));
                nodes.extend(scale.map(|digits| Node::number("scale", digits)));
                "rust_decimal::Decimal"
            }
            ColumnType::Text => "String",
            ColumnType::Varchar(length) => {
                nodes.push(Node::number("length", length));
                "String"
            }
            ColumnType::Char(length) => {
                nodes.extend([Node::word("fixed"), Node::number("length", length)]);
                "String"
            }
            ColumnType::Binary(length) => {
                nodes.extend(length.map(|length| Node::number("length", length)));
                "Vec<u8>"
            }
            ColumnType::Date => "chrono::NaiveDate",
            ColumnType::Time => "chrono::NaiveTime",
            ColumnType::DateTime => "chrono::NaiveDateTime",
            ColumnType::Timestamp => "chrono::DateTime<chrono::Utc>",
            ColumnType::Interval => "chrono::TimeDelta",
            ColumnType::Uuid => "uuid::Uuid",
            ColumnType::Json => "serde_json::Value",
            ColumnType::Inet => "ipnetwork::IpNetwork",
            ColumnType::MacAddr => "mac_address::MacAddress",
            ColumnType::Array(inner) => return self.array(inner),
            ColumnType::Enum(name) => match self.names.enumeration(name) {
                "" => return None,
                found => return Some((format!("{}{found}", self.enums), nodes)),
            },
            ColumnType::PerDialect { .. } | ColumnType::Native(_) => return None,
        };
        Some((rust.to_owned(), nodes))
    }

    fn array(&self, inner: &ColumnType) -> Option<(String, Vec<Node>)> {
        // `Vec<u8>` is bytes, and an array has one dimension.
        if matches!(inner, ColumnType::Array(_) | ColumnType::Integer { bits: 8, unsigned: true }) {
            return None;
        }
        let (inner, nodes) = match inner {
            ColumnType::Native(text) => (self.enumeration_of(text)?, Vec::new()),
            other => self.known_type(other)?,
        };
        Some((format!("Vec<{inner}>"), nodes))
    }

    /// The enumeration whose type a native text names, also as an array of it.
    fn enumeration_of(&self, native: &str) -> Option<String> {
        if let Some(inner) = native.strip_suffix("[]") {
            return self.enumeration_of(inner).map(|found| format!("Vec<{found}>"));
        }
        let spelled = |name: &ObjectName, quote: &dyn Fn(&str) -> String| match &name.schema {
            Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
            None => quote(&name.name),
        };
        let bare = |text: &str| text.to_owned();
        let found = self.schema.enums.iter().find(|ty| {
            native == spelled(&ty.name, &bare) || native == spelled(&ty.name, &|text| self.dialect.quote(text))
        })?;
        Some(format!("{}{}", self.enums, self.names.enumeration(&found.name)))
    }
}

/// What a sequence has that is not its default.
pub(super) fn sequence_options(sequence: &Sequence) -> Vec<Node> {
    let numbers = [
        ("start", sequence.start),
        ("increment", sequence.increment),
        ("min", sequence.min),
        ("max", sequence.max),
        ("cache", sequence.cache),
    ];
    let mut nodes: Vec<Node> =
        numbers.iter().filter_map(|(key, number)| number.map(|number| Node::number(key, number))).collect();
    if sequence.cycle {
        nodes.push(Node::word("cycle"));
    }
    nodes
}

/// A name as attributes write it in a text.
pub(super) fn object(name: &ObjectName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", written(schema), written(&name.name)),
        None => written(&name.name),
    }
}
