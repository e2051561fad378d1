//! Names in Rust for names in the database.

use std::collections::BTreeMap;

use rungs_schema::read::{Case, field_identifier, type_identifier};
use rungs_schema::{ObjectName, Schema, Table};

/// What the printed file uses by itself, and a struct of the same name would hide.
const RESERVED: [&str; 9] = ["DbEnum", "Err", "Model", "None", "Ok", "Option", "Some", "String", "Vec"];

/// The letter case for `rename_all` that spares the most names of their own, where it spares more than one. The pairs are
/// identifiers and what they stand for; `otherwise` is how an identifier is spelled without it.
pub fn case_of_most<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    otherwise: impl Fn(&str) -> String,
) -> Option<(&'static str, Case)> {
    let met = |spell: &dyn Fn(&str) -> String| pairs.clone().filter(|(word, name)| spell(word) == *name).count();
    let without = met(&otherwise);
    let cases = Case::ALL.into_iter().map(|(word, case)| (met(&|name| case.apply(name)), word, case));
    // Of equals the first, which is the simplest.
    let best = cases.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(met, ..)| *met > without + 1).map(|(_, word, case)| (word, case))
}

/// The names of everything that is printed.
#[derive(Debug, Default)]
pub struct Names {
    tables: BTreeMap<ObjectName, String>,
    enums: BTreeMap<ObjectName, String>,
    fields: BTreeMap<ObjectName, BTreeMap<String, String>>,
    cases: BTreeMap<ObjectName, (&'static str, Case)>,
}

impl Names {
    /// Names for a schema; tables first, so that they keep theirs where an enumeration has the same.
    pub fn of(schema: &Schema) -> Self {
        let mut names = Self::default();
        let mut taken: Vec<String> = RESERVED.iter().map(|word| (*word).to_owned()).collect();
        for table in &schema.tables {
            names.tables.insert(table.name.clone(), distinct_type(type_identifier(&table.name.name), &mut taken));
            let fields = fields(table);
            let bare = fields.iter().map(|(column, field)| (field.trim_start_matches("r#"), column.as_str()));
            if let Some(case) = case_of_most(bare, str::to_owned) {
                names.cases.insert(table.name.clone(), case);
            }
            names.fields.insert(table.name.clone(), fields);
        }
        for ty in &schema.enums {
            names.enums.insert(ty.name.clone(), distinct_type(type_identifier(&ty.name.name), &mut taken));
        }
        names
    }

    /// The struct of a table.
    pub fn table(&self, name: &ObjectName) -> &str {
        self.tables.get(name).map_or("", String::as_str)
    }

    /// The enumeration of a type.
    pub fn enumeration(&self, name: &ObjectName) -> &str {
        self.enums.get(name).map_or("", String::as_str)
    }

    /// The letter case of the columns of a table, where they have one that its fields do not.
    pub fn case(&self, table: &ObjectName) -> Option<(&'static str, Case)> {
        self.cases.get(table).copied()
    }

    /// The field of a column, with `r#` where it needs it; `None` for a column that is not there.
    pub fn field(&self, table: &ObjectName, column: &str) -> Option<&str> {
        self.fields.get(table)?.get(column).map(String::as_str)
    }
}

fn fields(table: &Table) -> BTreeMap<String, String> {
    // Columns whose name is an identifier keep it, whatever comes before them.
    let mut taken: Vec<String> = Vec::new();
    let mut names = BTreeMap::new();
    let is_plain = |column: &str| field_identifier(column).trim_start_matches("r#") == column;
    let (plain, odd): (Vec<&str>, Vec<&str>) =
        table.columns.iter().map(|column| column.name.as_str()).partition(|column| is_plain(column));
    for column in plain.into_iter().chain(odd) {
        names.insert(column.to_owned(), distinct(field_identifier(column), &mut taken));
    }
    names
}

/// The name of a field or module, or the next one like it that is not taken; takes it.
pub fn distinct(name: String, taken: &mut Vec<String>) -> String {
    let stem = name.trim_start_matches("r#").to_owned();
    take(name, taken, |number| format!("{stem}_{number}"))
}

/// The name of a type or variant, or the next one like it that is not taken; takes it.
pub fn distinct_type(name: String, taken: &mut Vec<String>) -> String {
    let stem = name.clone();
    take(name, taken, |number| format!("{stem}{number}"))
}

fn take(name: String, taken: &mut Vec<String>, numbered: impl Fn(usize) -> String) -> String {
    let mut free = name;
    for number in 2.. {
        if !taken.contains(&free) {
            break;
        }
        free = numbered(number);
    }
    taken.push(free.clone());
    free
}
