//! What the server grants by itself. <https://www.postgresql.org/docs/current/ddl-priv.html>

use std::collections::BTreeSet;

use rungs_schema::{Access, Grantee, Privilege};

/// All privileges that there are on a kind of object (`TABLE`, `VIEW`, ... and `TABLES`, ...), in the order in which
/// the server lists them.
pub(super) fn all(word: &str, major: u32) -> &'static [&'static str] {
    match word {
        "TABLE" | "TABLES" | "VIEW" | "MATERIALIZED VIEW" | "FOREIGN TABLE" => {
            const TABLE: [&str; 8] =
                ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"];
            if major >= 17 { &TABLE } else { &TABLE[..7] }
        }
        "SEQUENCE" | "SEQUENCES" => &["SELECT", "UPDATE", "USAGE"],
        "FUNCTION" | "PROCEDURE" | "AGGREGATE" | "FUNCTIONS" => &["EXECUTE"],
        "TYPE" | "DOMAIN" | "TYPES" | "SERVER" | "FOREIGN DATA WRAPPER" | "LANGUAGE" => &["USAGE"],
        "SCHEMA" | "SCHEMAS" => &["USAGE", "CREATE"],
        "LARGE OBJECTS" => &["SELECT", "UPDATE"],
        _ => &[],
    }
}

/// What is granted on a new object of a kind: everything to its owner, and the use of routines, types and languages to
/// everybody.
pub(super) fn of_kind(word: &str, major: u32) -> BTreeSet<Privilege> {
    let all = all(word, major);
    let everybody = match word {
        "FUNCTION" | "PROCEDURE" | "AGGREGATE" | "FUNCTIONS" | "TYPE" | "DOMAIN" | "TYPES" | "LANGUAGE" => all,
        _ => &[],
    };
    let to = |grantee: Grantee| move |privilege: &&str| Privilege::new(grantee.clone(), *privilege);
    all.iter().map(to(Grantee::Owner)).chain(everybody.iter().map(to(Grantee::Public))).collect()
}

/// The same of one object. Extensions may grant otherwise, and the schema `public` is there from the start, with rights
/// of its own.
pub(super) fn of_object(access: &Access, major: u32) -> BTreeSet<Privilege> {
    if let Some(initial) = &access.initial {
        return initial.clone();
    }
    let mut initial = of_kind(&access.word, major);
    if access.word == "SCHEMA" && access.name().name == "public" {
        initial.insert(Privilege::new(Grantee::Public, "USAGE"));
        if major < 15 {
            initial.insert(Privilege::new(Grantee::Public, "CREATE"));
        }
    }
    initial
}

/// [`of_object`] for a server of some version, as a plain function.
pub(super) fn initial(major: u32) -> fn(&Access) -> BTreeSet<Privilege> {
    match major {
        ..=14 => |access| of_object(access, 14),
        15..=16 => |access| of_object(access, 15),
        17.. => |access| of_object(access, 17),
    }
}
