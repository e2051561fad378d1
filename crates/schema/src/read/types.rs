//! Rust types as column types.

use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, Type};

use super::enums;
use super::error::Fault;
use super::scope::{Constant, Lookup, Scope, TypeItem, parts};
use crate::ColumnType;

/// How many aliases may lead to one another before they are taken to go round in a circle.
const DEPTH: usize = 32;

/// What a field's type says of its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The column's type; `None` where only one item can be seen and the name may be an alias or an enumeration.
    pub ty: Option<ColumnType>,
    /// Whether it is an `Option`.
    pub nullable: bool,
}

/// The column type of a field's type.
///
/// # Errors
/// When the type has none.
pub fn column_type(ty: &Type, scope: Scope<'_>) -> Result<Mapped, Fault> {
    map(ty, scope, DEPTH).map_err(|why| {
        let fault = Fault::over(ty, why.message);
        match why.help {
            Some(help) => fault.help(help),
            None => fault,
        }
    })
}

/// Whether a type is an `Option`, whatever is in it.
pub fn is_option(ty: &Type, scope: Scope<'_>) -> bool {
    outer_option(ty, scope, DEPTH)
}

fn outer_option(ty: &Type, scope: Scope<'_>, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match ty {
        Type::Paren(inner) => outer_option(&inner.elem, scope, depth),
        Type::Group(inner) => outer_option(&inner.elem, scope, depth),
        Type::Path(path) => match scope.type_item(&parts(&path.path), known, |item| !matches!(item, TypeItem::Other)) {
            Lookup::Found(found) => match found.item {
                TypeItem::Alias(alias) => outer_option(alias, scope.at(found.module), depth),
                _ => false,
            },
            Lookup::Outside(names) => names.last().is_some_and(|name| name == "Option"),
            Lookup::Ambiguous(_) => false,
        },
        _ => false,
    }
}

/// Why a type has no column type.
struct Why {
    message: String,
    help: Option<String>,
}

impl Why {
    fn none(shown: &str) -> Self {
        Self {
            message: format!("`{shown}` has no column type of its own"),
            help: Some(String::from(
                "give the column's type with #[model(type = \"...\")], or leave the field out with #[model(skip)]",
            )),
        }
    }
}

fn map(ty: &Type, scope: Scope<'_>, depth: usize) -> Result<Mapped, Why> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Why { message: String::from("this type alias is made from itself"), help: None });
    };
    let shown = || ty.to_token_stream().to_string().replace(' ', "");
    match ty {
        Type::Paren(inner) => map(&inner.elem, scope, depth),
        Type::Group(inner) => map(&inner.elem, scope, depth),
        Type::Reference(inner) => map(&inner.elem, scope, depth),
        Type::Slice(inner) if is_byte(&inner.elem) => Ok(plain(ColumnType::Binary(None))),
        Type::Array(inner) if is_byte(&inner.elem) => match scope.evaluate(&inner.len) {
            Ok(Constant::Integer(length)) => match u32::try_from(length) {
                Ok(length) => Ok(plain(ColumnType::Binary(Some(length)))),
                Err(_) => Err(Why::none(&shown())),
            },
            Ok(_) => Ok(plain(ColumnType::Binary(None))),
            Err(message) => Err(Why { message, help: None }),
        },
        Type::Path(path) if path.qself.is_none() => map_path(&path.path, scope, depth, &shown()),
        // A macro may give any type.
        Type::Macro(_) if scope.is_alone() => Ok(Mapped { ty: None, nullable: false }),
        _ => Err(Why::none(&shown())),
    }
}

fn plain(ty: ColumnType) -> Mapped {
    Mapped { ty: Some(ty), nullable: false }
}

fn is_byte(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("u8"))
}

fn map_path(path: &Path, scope: Scope<'_>, depth: usize, shown: &str) -> Result<Mapped, Why> {
    if let Some(ty) = scope.own_type(&parts(path)) {
        return Ok(plain(ty.clone()));
    }
    let names = match scope.type_item(&parts(path), known, |item| !matches!(item, TypeItem::Other)) {
        Lookup::Found(found) => {
            return match found.item {
                TypeItem::Alias(alias) => map(alias, scope.at(found.module), depth),
                TypeItem::Enum(item) => Ok(plain(ColumnType::Enum(enums::name_of(item, scope.at(found.module))))),
                TypeItem::Model(_) => Err(Why {
                    message: format!("`{shown}` is a model, not the type of a column"),
                    help: Some(String::from(
                        "refer to it with a column of its key's type and #[model(references(...))], or leave the field out with #[model(skip)]",
                    )),
                }),
                TypeItem::Other => Err(Why::none(shown)),
            };
        }
        Lookup::Outside(names) => names,
        Lookup::Ambiguous(found) => {
            return Err(Why {
                message: format!("`{shown}` is declared in several modules: {}", scope.places(&found)),
                help: Some(String::from("import the one that is meant with `use`, or write its path")),
            });
        }
    };
    let name = names.last().map_or("", String::as_str);
    let arguments = arguments(path);
    match (name, arguments.as_slice()) {
        ("Option", [inner]) => {
            let inner = map(inner, scope, depth)?;
            Ok(Mapped { nullable: true, ..inner })
        }
        ("Box" | "Rc" | "Arc" | "Cow", [inner]) => map(inner, scope, depth),
        ("Vec", [inner]) if is_byte(inner) => Ok(plain(ColumnType::Binary(None))),
        ("Vec", [inner]) => {
            let inner = map(inner, scope, depth)?;
            match inner.ty {
                Some(ColumnType::Array(_)) => Err(Why {
                    message: String::from("an array of arrays has no column type of its own"),
                    help: Some(String::from("give the column's type with #[model(type = \"...\")]")),
                }),
                ty => Ok(Mapped { ty: ty.map(|ty| ColumnType::Array(Box::new(ty))), nullable: false }),
            }
        }
        (_, arguments) => match simple(name, !arguments.is_empty()) {
            Some(ty) => Ok(plain(ty)),
            None if scope.is_alone() && !never(name) => Ok(Mapped { ty: None, nullable: false }),
            None => Err(Why::none(shown)),
        },
    }
}

/// The types among a path's last generic arguments.
fn arguments(path: &Path) -> Vec<&Type> {
    match path.segments.last().map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(list)) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a name has a meaning of its own as a field's type.
fn known(name: &str) -> bool {
    matches!(name, "Option" | "Box" | "Rc" | "Arc" | "Cow" | "Vec")
        || never(name)
        || simple(name, true).is_some()
        || simple(name, false).is_some()
}

/// Types of the language that no column holds: no alias can be meant.
fn never(name: &str) -> bool {
    matches!(name, "i128" | "u128" | "isize" | "usize")
}

fn simple(name: &str, generic: bool) -> Option<ColumnType> {
    let integer = |bits, unsigned| ColumnType::Integer { bits, unsigned };
    Some(match name {
        "bool" => ColumnType::Boolean,
        "i8" | "NonZeroI8" => integer(8, false),
        "i16" | "NonZeroI16" => integer(16, false),
        "i32" | "NonZeroI32" => integer(32, false),
        "i64" | "NonZeroI64" => integer(64, false),
        "u8" | "NonZeroU8" => integer(8, true),
        "u16" | "NonZeroU16" => integer(16, true),
        "u32" | "NonZeroU32" => integer(32, true),
        "u64" | "NonZeroU64" => integer(64, true),
        "f32" => ColumnType::Real,
        "f64" => ColumnType::Double,
        "String" | "str" => ColumnType::Text,
        "char" => ColumnType::Char(1),
        "Bytes" | "BytesMut" => ColumnType::Binary(None),
        "NaiveDate" | "Date" => ColumnType::Date,
        "NaiveTime" | "Time" => ColumnType::Time,
        "NaiveDateTime" | "PrimitiveDateTime" => ColumnType::DateTime,
        // chrono's has a time zone among its arguments.
        "DateTime" if generic => ColumnType::Timestamp,
        "OffsetDateTime" | "UtcDateTime" | "SystemTime" => ColumnType::Timestamp,
        "Duration" | "TimeDelta" | "PgInterval" => ColumnType::Interval,
        "Uuid" | "Hyphenated" | "Simple" => ColumnType::Uuid,
        "Value" | "JsonValue" | "Json" | "RawValue" => ColumnType::Json,
        "Decimal" | "BigDecimal" => ColumnType::Decimal { precision: None, scale: None },
        "IpNetwork" | "Ipv4Network" | "Ipv6Network" | "IpNet" | "Ipv4Net" | "Ipv6Net" | "IpAddr" | "Ipv4Addr"
        | "Ipv6Addr" => ColumnType::Inet,
        "MacAddress" => ColumnType::MacAddr,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(text: &str) -> Option<(ColumnType, bool)> {
        let ty: Type = syn::parse_str(text).expect("a type");
        column_type(&ty, Scope::alone()).ok().and_then(|mapped| mapped.ty.map(|ty| (ty, mapped.nullable)))
    }

    #[test]
    fn types_of_the_field_map_without_an_attribute() {
        let not_null = |text| mapped(text).filter(|(_, nullable)| !nullable).map(|(ty, _)| ty);
        assert_eq!(not_null("bool"), Some(ColumnType::Boolean));
        assert_eq!(not_null("u64"), Some(ColumnType::Integer { bits: 64, unsigned: true }));
        assert_eq!(not_null("&'static str"), Some(ColumnType::Text));
        assert_eq!(not_null("std::borrow::Cow<'a, str>"), Some(ColumnType::Text));
        assert_eq!(not_null("Box<str>"), Some(ColumnType::Text));
        assert_eq!(not_null("char"), Some(ColumnType::Char(1)));
        assert_eq!(not_null("Vec<u8>"), Some(ColumnType::Binary(None)));
        assert_eq!(not_null("[u8; 16]"), Some(ColumnType::Binary(Some(16))));
        assert_eq!(
            not_null("Vec<Option<i32>>"),
            Some(ColumnType::Array(Box::new(ColumnType::Integer { bits: 32, unsigned: false })))
        );
        assert_eq!(not_null("chrono::DateTime<chrono::Utc>"), Some(ColumnType::Timestamp));
        assert_eq!(not_null("time::PrimitiveDateTime"), Some(ColumnType::DateTime));
        assert_eq!(not_null("sqlx::types::Json<Settings>"), Some(ColumnType::Json));
        assert_eq!(not_null("serde_json::Value"), Some(ColumnType::Json));
        assert_eq!(not_null("rust_decimal::Decimal"), Some(ColumnType::Decimal { precision: None, scale: None }));
        assert_eq!(not_null("ipnetwork::IpNetwork"), Some(ColumnType::Inet));
        assert_eq!(mapped("Option<Box<Uuid>>"), Some((ColumnType::Uuid, true)));
    }

    #[test]
    fn what_no_column_holds_is_an_error_even_where_aliases_cannot_be_seen() {
        for text in ["i128", "usize", "(i32, i32)", "fn()", "Vec<Vec<i32>>"] {
            let ty: Type = syn::parse_str(text).expect("a type");
            assert!(column_type(&ty, Scope::alone()).is_err(), "{text}");
        }
    }
}
