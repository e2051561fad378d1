//! Names by a project's own convention, in the words that SQLAlchemy and Alembic have for one:
//! <https://docs.sqlalchemy.org/en/20/core/constraints.html#configuring-a-naming-convention-for-a-metadata-collection>

use md5::{Digest, Md5};
use rungs_schema::{Column, DialectName, IndexKey, IndexPart, Table};

use super::Dialect;
use super::naming::Part;

/// What a name depends on besides the convention.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest name; 0 is no limit.
    pub most: usize,
    /// Whether that is counted in bytes, and not in characters.
    pub in_bytes: bool,
    /// Whether a unique index is a unique constraint.
    pub unique_is_index: bool,
}

impl Limits {
    /// Those of a dialect.
    pub fn of(dialect: &dyn Dialect) -> Self {
        let name = dialect.version().name;
        Self {
            most: dialect.features().identifier_length,
            in_bytes: name == DialectName::Postgres,
            unique_is_index: matches!(name, DialectName::Mysql | DialectName::Mariadb),
        }
    }
}

/// What a name is for, as a convention calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noun {
    /// `ix`: an index.
    Index,
    /// `uq`: a unique constraint; on MySQL and MariaDB a unique index, which is the same there.
    Unique,
    /// `ck`: a check.
    Check,
    /// `fk`: a foreign key.
    ForeignKey,
    /// `pk`: a primary key.
    PrimaryKey,
    /// `ex`: an exclusion constraint.
    Exclusion,
}

impl Noun {
    /// All of them, by their words.
    pub const ALL: [(&'static str, Self); 6] = [
        ("ix", Self::Index),
        ("uq", Self::Unique),
        ("ck", Self::Check),
        ("fk", Self::ForeignKey),
        ("pk", Self::PrimaryKey),
        ("ex", Self::Exclusion),
    ];

    fn of(part: Part<'_>, limits: Limits) -> Self {
        match part {
            Part::Index(index) if index.unique && limits.unique_is_index => Self::Unique,
            Part::PrimaryKey(_) => Self::PrimaryKey,
            Part::Unique(_) => Self::Unique,
            Part::ForeignKey(_) => Self::ForeignKey,
            Part::Check(_) => Self::Check,
            Part::Exclusion(_) => Self::Exclusion,
            Part::Index(_) => Self::Index,
        }
    }
}

/// A project's naming convention.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    templates: Vec<(Noun, Vec<Piece>)>,
    /// Whether what is in the database gets the convention's names too, where the models leave it unnamed.
    pub enforce: bool,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Table,
    ReferredTable,
    /// The name that the model gives.
    Given,
    Column {
        referred: bool,
        which: Which,
        what: What,
    },
}

/// Which columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// `column_1`.
    One(usize),
    /// `column_0N`.
    All,
    /// `column_0_N`.
    AllApart,
}

/// What of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Its name; `key` is the same here.
    Name,
    /// The table's name, `_`, and its own.
    Label,
}

/// Whether a part with this name, or without one, is named by the convention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The convention has nothing for it.
    No,
    /// The name.
    Yes(String),
    /// The convention builds on the name that a model gives, and there is none.
    WantsName,
}

impl Naming {
    /// Adds a template.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn add(&mut self, noun: Noun, template: &str) -> Result<(), String> {
        let pieces = pieces(template, noun)?;
        self.templates.retain(|(known, _)| *known != noun);
        self.templates.push((noun, pieces));
        Ok(())
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    fn of(&self, part: Part<'_>, limits: Limits) -> Option<&[Piece]> {
        let noun = Noun::of(part, limits);
        self.templates.iter().find(|(known, _)| *known == noun).map(|(_, pieces)| pieces.as_slice())
    }

    /// The name of a part of a table. `given` is what a model calls it.
    pub fn name(&self, table: &Table, part: Part<'_>, given: Option<&str>, limits: Limits) -> Named {
        let Some(pieces) = self.of(part, limits) else { return Named::No };
        let builds = pieces.contains(&Piece::Given);
        if builds && given.is_none() {
            return Named::WantsName;
        }
        if given.is_some() && !builds {
            return Named::No;
        }
        let given = given.unwrap_or_default();
        if builds && is_by(pieces, table, part, given) {
            return Named::Yes(given.to_owned());
        }
        let name = pieces.iter().map(|piece| piece.text(table, part, given)).collect();
        Named::Yes(truncated(name, limits))
    }

    /// The shortest name for a model to give, so that it is called `name` in the database.
    pub fn given(&self, table: &Table, part: Part<'_>, name: &str, limits: Limits) -> Option<String> {
        let pieces = self.of(part, limits)?;
        let (before, after) = around(pieces, table, part)?;
        let given = name.strip_prefix(&before)?.strip_suffix(&after)?;
        (!given.is_empty() && !is_by(pieces, table, part, given)).then(|| given.to_owned())
    }
}

/// What a template has before and after the given name.
fn around(pieces: &[Piece], table: &Table, part: Part<'_>) -> Option<(String, String)> {
    let at = pieces.iter().position(|piece| *piece == Piece::Given)?;
    let text = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text(table, part, "")).collect();
    Some((text(&pieces[..at]), text(&pieces[at + 1..])))
}

/// Whether a name that a model gives is whole already, so that it is not put into itself.
fn is_by(pieces: &[Piece], table: &Table, part: Part<'_>, given: &str) -> bool {
    around(pieces, table, part).is_some_and(|(before, after)| {
        let is_whole = !before.is_empty() || !after.is_empty();
        is_whole && given.len() > before.len() + after.len() && given.starts_with(&before) && given.ends_with(&after)
    })
}

impl Piece {
    fn text(&self, table: &Table, part: Part<'_>, given: &str) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Table => table.name.name.clone(),
            Self::Given => given.to_owned(),
            Self::ReferredTable => match part {
                Part::ForeignKey(key) => key.references.name.clone(),
                _ => String::new(),
            },
            Self::Column { referred, which, what } => {
                let (table, columns) = match (part, referred) {
                    (Part::ForeignKey(key), true) => (key.references.name.as_str(), key.referenced_columns.clone()),
                    _ => (table.name.name.as_str(), columns_of(table, part)),
                };
                let label = |column: &String| match what {
                    What::Name => column.clone(),
                    What::Label => format!("{table}_{column}"),
                };
                let labels: Vec<String> = columns.iter().map(label).collect();
                match which {
                    Which::One(at) => labels.get(*at).cloned().unwrap_or_default(),
                    Which::All => labels.concat(),
                    Which::AllApart => labels.join("_"),
                }
            }
        }
    }
}

/// The columns that a part is about. Those of a check are the ones that it names.
fn columns_of(table: &Table, part: Part<'_>) -> Vec<String> {
    let of = |parts: &[IndexPart]| -> Vec<String> {
        let name = |part: &IndexPart| match &part.key {
            IndexKey::Column(name) => vec![name.clone()],
            IndexKey::Expression(text) => {
                let named = named_in(table, text);
                if named.is_empty() { vec!["expr".to_owned()] } else { named }
            }
        };
        parts.iter().flat_map(name).collect()
    };
    match part {
        Part::PrimaryKey(key) => of(&key.parts),
        Part::Unique(unique) => of(&unique.parts),
        Part::Index(index) => of(&index.parts),
        Part::ForeignKey(key) => key.columns.clone(),
        Part::Exclusion(exclusion) => exclusion.columns.clone(),
        Part::Check(check) => match &check.column {
            Some(column) => vec![column.clone()],
            None => named_in(table, &check.expression),
        },
    }
}

fn named_in(table: &Table, expression: &str) -> Vec<String> {
    let names = table.columns.iter().map(|column: &Column| &column.name);
    names.filter(|name| crate::diff::names_column(expression, name)).cloned().collect()
}

/// Cuts a name as SQLAlchemy does, so that whoever comes from there keeps the names that are in the database: eight
/// characters go, and four digits of the whole name's MD5 come. Where the engine counts bytes it is cut to these.
fn truncated(name: String, limits: Limits) -> String {
    let Limits { most, in_bytes, .. } = limits;
    let length = if in_bytes { name.len() } else { name.chars().count() };
    if most == 0 || length <= most {
        return name;
    }
    let digest = Md5::digest(name.as_bytes());
    let tail: String = digest.iter().rev().take(2).rev().map(|byte| format!("{byte:02x}")).collect();
    let mut head: String = name.chars().take(most - 8).collect();
    while in_bytes && head.len() > most - 5 {
        head.pop();
    }
    format!("{head}_{tail}")
}

const TOKENS: &str = "table_name, referred_table_name, column_0_name, column_0_label, column_0_key, referred_column_0_name, \
     constraint_name; the number may be another, and 0N or 0_N for all columns together";

fn pieces(template: &str, noun: Noun) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('%') {
            text.push('%');
            rest = tail;
            continue;
        }
        let inside = after.strip_prefix('(').and_then(|inside| inside.split_once(")s"));
        let Some((token, tail)) = inside else {
            return Err(format!("`{template}`: a token is written %(table_name)s, and a percent sign %%"));
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        let piece =
            piece(token).ok_or_else(|| format!("`{template}`: there is no token `{token}`; there are {TOKENS}"))?;
        let is_referred = matches!(piece, Piece::ReferredTable | Piece::Column { referred: true, .. });
        if is_referred && noun != Noun::ForeignKey {
            return Err(format!(
                "`{template}`: only a foreign key refers to another table, so that `{token}` stands in fk alone"
            ));
        }
        pieces.push(piece);
        rest = tail;
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    if pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) {
        return Err(format!("`{template}` gives all of them one name; there are the tokens {TOKENS}"));
    }
    Ok(pieces)
}

fn piece(token: &str) -> Option<Piece> {
    match token {
        "table_name" => return Some(Piece::Table),
        "referred_table_name" => return Some(Piece::ReferredTable),
        "constraint_name" => return Some(Piece::Given),
        _ => {}
    }
    let (referred, rest) = match token.strip_prefix("referred_") {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    let rest = rest.strip_prefix("column_")?;
    let (which, what) = match (rest.strip_prefix("0_N_"), rest.strip_prefix("0N_")) {
        (Some(what), _) => (Which::AllApart, what),
        (_, Some(what)) => (Which::All, what),
        _ => {
            let (number, what) = rest.split_once('_')?;
            (Which::One(number.parse().ok()?), what)
        }
    };
    let what = match what {
        "name" | "key" => What::Name,
        "label" => What::Label,
        _ => return None,
    };
    Some(Piece::Column { referred, which, what })
}

#[cfg(test)]
mod tests {
    use rungs_schema::{Check, ForeignKey, Index};

    use super::*;

    const LIMITS: Limits = Limits { most: 63, in_bytes: true, unique_is_index: false };

    fn naming(noun: Noun, template: &str) -> Naming {
        let mut naming = Naming::default();
        naming.add(noun, template).unwrap_or_else(|wrong| panic!("{wrong}"));
        naming
    }

    fn table() -> Table {
        let columns = ["id", "age", "name"].map(|name| Column { name: name.to_owned(), ..Column::default() });
        Table { name: "users".into(), columns: columns.into(), ..Table::default() }
    }

    fn index(columns: &[&str]) -> Index {
        Index { parts: columns.iter().map(|name| IndexPart::column(*name)).collect(), ..Index::default() }
    }

    #[test]
    fn every_token_has_its_meaning() {
        let name = |template: &str| {
            naming(Noun::Index, template).name(&table(), Part::Index(&index(&["age", "name"])), None, LIMITS)
        };
        for (template, expected) in [
            ("ix_%(table_name)s_%(column_0_N_name)s", "ix_users_age_name"),
            ("ix_%(table_name)s_%(column_0N_name)s", "ix_users_agename"),
            ("ix_%(column_0_label)s", "ix_users_age"),
            ("ix_%(column_0_N_label)s", "ix_users_age_users_name"),
            ("%(column_1_key)s_%(column_5_name)s100%%", "name_100%"),
        ] {
            assert_eq!(name(template), Named::Yes(expected.to_owned()), "{template}");
        }
        let key = ForeignKey {
            columns: vec!["age".to_owned()],
            references: "ages".into(),
            referenced_columns: vec!["id".to_owned()],
            ..ForeignKey::default()
        };
        let fk = naming(
            Noun::ForeignKey,
            "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s_%(referred_column_0_name)s",
        );
        let found = fk.name(&table(), Part::ForeignKey(&key), None, LIMITS);
        assert_eq!(found, Named::Yes("fk_users_age_ages_id".to_owned()));
        let check = Check { expression: "\"age\" > length(name)".to_owned(), ..Check::default() };
        let ck = naming(Noun::Check, "ck_%(column_0_N_name)s");
        assert_eq!(ck.name(&table(), Part::Check(&check), None, LIMITS), Named::Yes("ck_age_name".to_owned()));
    }

    #[test]
    fn a_given_name_is_put_in_once() {
        let ck = naming(Noun::Check, "ck_%(table_name)s_%(constraint_name)s");
        let check = Check { expression: "age > 0".to_owned(), ..Check::default() };
        let name = |given| ck.name(&table(), Part::Check(&check), given, LIMITS);
        assert_eq!(name(None), Named::WantsName);
        assert_eq!(name(Some("age")), Named::Yes("ck_users_age".to_owned()));
        assert_eq!(name(Some("ck_users_age")), Named::Yes("ck_users_age".to_owned()));
        assert_eq!(ck.given(&table(), Part::Check(&check), "ck_users_age", LIMITS).as_deref(), Some("age"));
        assert_eq!(ck.given(&table(), Part::Check(&check), "positive", LIMITS), None);
    }

    /// The expected names are SQLAlchemy's.
    #[test]
    fn a_long_name_is_cut_as_sqlalchemy_does() {
        let long = truncated(format!("ix_{}_{}", "t".repeat(40), "c".repeat(40)), LIMITS);
        assert_eq!(long, format!("ix_{}_{}_f9ac", "t".repeat(40), "c".repeat(11)));
        assert_eq!(truncated("é".repeat(40), LIMITS).len(), 63);
        assert_eq!(truncated("a".repeat(63), LIMITS), "a".repeat(63));
    }

    #[test]
    fn what_is_no_template_is_told() {
        let wrong = |noun, template: &str| Naming::default().add(noun, template).is_err();
        assert!(wrong(Noun::Index, "ix_%(tabel_name)s"));
        assert!(wrong(Noun::Index, "ix_%(table_name)"));
        assert!(wrong(Noun::Index, "ix"));
        assert!(wrong(Noun::Index, "ix_%(referred_table_name)s"));
        assert!(wrong(Noun::Index, "%(column_name)s"));
    }
}
