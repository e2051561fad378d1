//! Steps for data: what the markers `-- migrate:batch` and `-- migrate:load` say.

use std::time::Duration;

/// A marker within a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataMark {
    /// The line in the file, from 1.
    pub line: usize,
    /// What it says.
    pub step: DataStep,
}

/// What a marker within a section asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataStep {
    /// The statement after the marker runs again and again, each time in its own transaction, until it touches no row.
    Batch(Batch),
    /// The marker stands for a statement: rows of a file go into a table.
    Load(Load),
}

/// `-- migrate:batch pause:100ms`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// How long to wait between two rounds.
    pub pause: Duration,
}

/// `-- migrate:load file:cities.csv table:cities key:name mode:insert`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The file, relative to the folder of the revision file.
    pub file: String,
    /// The table, with its schema where one is said.
    pub table: (Option<String>, String),
    /// The columns that tell one row from another.
    pub key: Vec<String>,
    /// What becomes of rows whose key is in the table, or is not.
    pub mode: Mode,
    /// How the file is written.
    pub format: Format,
    /// In CSV and TSV, the field that is NULL.
    pub null: String,
    /// The file's content, where a program carries it.
    pub content: Option<&'static [u8]>,
}

/// What a load does with its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Rows whose key is not in the table are inserted, the others left alone.
    Insert,
    /// They are inserted, the others updated.
    Upsert,
    /// All rows are in the table, and are updated.
    Update,
}

/// How the file of a load is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With commas.
    Csv,
    /// With tabs, else as CSV.
    Tsv,
    /// An object on each line.
    JsonLines,
}

/// A fault in a marker, and what to do about it.
pub(super) type Fault = (String, Option<&'static str>);

const BATCH_HELP: &str = "the option is pause:100ms, the time between two rounds";
const LOAD_HELP: &str = "the options are file:cities.csv table:cities key:name mode:insert|upsert|update, and where they are \
                         needed format:csv|tsv|jsonl and null:TEXT";

impl Batch {
    /// Reads what follows the word.
    pub(super) fn read(rest: &str, faults: &mut Vec<Fault>) -> Self {
        let mut batch = Self::default();
        for (option, value) in options(rest) {
            match (option.as_str(), humantime::parse_duration(&value)) {
                ("pause", Ok(pause)) => batch.pause = pause,
                ("pause", Err(error)) => {
                    let help = "write a number with its unit, without a space: 500ms, 5s";
                    faults.push((format!("`pause:{value}` is no time: {error}"), Some(help)));
                }
                _ => faults.push((format!("`migrate:batch` has no option `{option}`"), Some(BATCH_HELP))),
            }
        }
        batch
    }
}

impl Load {
    /// Reads what follows the word.
    pub(super) fn read(rest: &str, faults: &mut Vec<Fault>) -> Option<Self> {
        let (mut file, mut table, mut key, mut mode, mut format) = (None, None, Vec::new(), None, None);
        let mut null = String::new();
        let before = faults.len();
        let mut fault = |text: String| faults.push((text, Some(LOAD_HELP)));
        for (option, value) in options(rest) {
            match option.as_str() {
                "file" if !value.is_empty() => file = Some(value),
                "table" if !value.is_empty() => table = Some(value),
                "key" if value.split(',').all(|column| !column.trim().is_empty()) => {
                    key = value.split(',').map(|column| column.trim().to_owned()).collect();
                }
                "null" => null = value,
                "file" | "table" | "key" => fault(format!("`{option}:` names nothing")),
                "mode" => match value.as_str() {
                    "insert" => mode = Some(Mode::Insert),
                    "upsert" => mode = Some(Mode::Upsert),
                    "update" => mode = Some(Mode::Update),
                    other => fault(format!("`mode:{other}` is none of insert, upsert and update")),
                },
                "format" => match format_of(&value) {
                    Some(known) => format = Some(known),
                    None => fault(format!("`format:{value}` is none of csv, tsv and jsonl")),
                },
                _ => fault(format!("`migrate:load` has no option `{option}`")),
            }
        }
        if faults.len() > before {
            return None;
        }
        let missing =
            [("file", file.is_none()), ("table", table.is_none()), ("key", key.is_empty()), ("mode", mode.is_none())];
        for (option, _) in missing.iter().filter(|(_, is_missing)| *is_missing) {
            faults.push((format!("`migrate:load` lacks `{option}:`"), Some(LOAD_HELP)));
        }
        let (file, table, mode) = (file?, table?, mode?);
        let Some(format) = format.or_else(|| format_of(file.rsplit('.').next().unwrap_or_default())) else {
            faults.push((
                format!("how {file} is written is not known"),
                Some("add format:csv, format:tsv or format:jsonl"),
            ));
            return None;
        };
        let table = match table.split_once('.') {
            Some((schema, table)) => (Some(schema.to_owned()), table.to_owned()),
            None => (None, table),
        };
        (!key.is_empty()).then_some(Self { file, table, key, mode, format, null, content: None })
    }
}

fn format_of(word: &str) -> Option<Format> {
    match word.to_ascii_lowercase().as_str() {
        "csv" => Some(Format::Csv),
        "tsv" | "tab" => Some(Format::Tsv),
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        _ => None,
    }
}

/// Words between blanks, each with what stands behind its first colon; in double quotes, blanks belong to a word.
fn options(rest: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in rest.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(String::new()),
            c => words.last_mut().into_iter().for_each(|word| word.push(c)),
        }
    }
    let option = |word: &String| {
        let (option, value) = word.split_once(':').unwrap_or((word, ""));
        (option.to_owned(), value.to_owned())
    };
    words.iter().filter(|word| !word.is_empty()).map(option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_read_with_all_its_options() {
        let mut faults = Vec::new();
        let rest = "file:\"my cities.txt\" table:geo.cities key:country,name mode:upsert format:tsv null:\\N";
        let load = Load::read(rest, &mut faults).unwrap_or_else(|| panic!("{faults:?}"));
        assert_eq!(load.file, "my cities.txt");
        assert_eq!(load.table, (Some("geo".to_owned()), "cities".to_owned()));
        assert_eq!(load.key, ["country", "name"]);
        assert_eq!((load.mode, load.format, load.null.as_str()), (Mode::Upsert, Format::Tsv, "\\N"));
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let mut faults = Vec::new();
        assert_eq!(Load::read("file:a.csv", &mut faults), None);
        let told: Vec<_> = faults.iter().map(|(text, _)| text.as_str()).collect();
        let lacks = |option: &str| format!("`migrate:load` lacks `{option}:`");
        assert_eq!(told, [lacks("table"), lacks("key"), lacks("mode")]);
    }
}
