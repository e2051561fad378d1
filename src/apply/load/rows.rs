//! The rows of a file, one after the other: no more than one of them is in memory.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::file::{Input, Source};
use crate::revision::{Format, Load};

/// What is wrong with a file, and on which line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: Option<u64>,
    pub(super) reason: String,
}

impl Fault {
    fn at(line: u64, reason: impl Into<String>) -> Self {
        Self { line: Some(line), reason: reason.into() }
    }
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'r> {
    Null,
    Text(&'r str),
    /// A number of JSON, as it is written.
    Number(&'r str),
    Bool(bool),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Null,
    Text,
    Number,
    Bool(bool),
}

/// A row; its memory serves for the next one too.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// The line on which it begins.
    pub(super) line: u64,
    text: String,
    /// Each with the place at which its text ends.
    fields: Vec<(Kind, usize)>,
}

impl Row {
    pub(super) fn values(&self) -> impl Iterator<Item = Value<'_>> {
        let mut start = 0;
        self.fields.iter().map(move |(kind, end)| {
            let text = &self.text[start..*end];
            start = *end;
            match kind {
                Kind::Null => Value::Null,
                Kind::Text => Value::Text(text),
                Kind::Number => Value::Number(text),
                Kind::Bool(is) => Value::Bool(*is),
            }
        })
    }

    fn begin(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.fields.clear();
    }

    fn push(&mut self, kind: Kind, text: &str) {
        self.text.push_str(text);
        self.fields.push((kind, self.text.len()));
    }
}

/// The rows of a file.
pub(super) struct Rows {
    pub(super) columns: Vec<String>,
    null: String,
    reader: Reader,
}

enum Reader {
    Separated { reader: csv::Reader<Counted>, record: csv::StringRecord, quotes: Arc<AtomicUsize> },
    Lines { lines: BufReader<Input>, number: u64, text: String, first: Option<Row> },
}

impl Rows {
    /// Opens the file, and reads what its columns are called.
    pub(super) fn open(source: &Source, load: &Load) -> Result<Self, Fault> {
        let input = source.open().map_err(|error| Fault { line: None, reason: error.to_string() })?;
        let separator = match load.format {
            Format::Csv => b',',
            Format::Tsv => b'\t',
            Format::JsonLines => return Self::of_lines(input),
        };
        let quotes = Arc::new(AtomicUsize::new(0));
        let input = Counted { input, quotes: Arc::clone(&quotes) };
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).buffer_capacity(1 << 16).from_reader(input);
        let columns: Vec<String> = reader.headers().map_err(of_csv)?.iter().map(str::to_owned).collect();
        let rows = Self {
            columns,
            null: load.null.clone(),
            reader: Reader::Separated { reader, record: csv::StringRecord::new(), quotes },
        };
        rows.check_columns(1)?;
        Ok(rows)
    }

    fn of_lines(input: Input) -> Result<Self, Fault> {
        let lines = BufReader::with_capacity(1 << 16, input);
        let mut reader = Reader::Lines { lines, number: 0, text: String::new(), first: None };
        let mut columns = Vec::new();
        let mut row = Row::default();
        let has_row = reader.object(&mut row, &mut columns, true)?;
        if let Reader::Lines { first, .. } = &mut reader {
            *first = has_row.then_some(row);
        }
        let rows = Self { columns, null: String::new(), reader };
        if has_row {
            rows.check_columns(1)?;
        }
        Ok(rows)
    }

    fn check_columns(&self, line: u64) -> Result<(), Fault> {
        if self.columns.is_empty() || self.columns.iter().any(String::is_empty) {
            return Err(Fault::at(line, "the first line gives a name to each column, and here one is missing"));
        }
        let twice = |(at, name): &(usize, &String)| self.columns[..*at].contains(name);
        match self.columns.iter().enumerate().find(twice) {
            Some((_, name)) => Err(Fault::at(line, format!("two columns are called `{name}`"))),
            None => Ok(()),
        }
    }

    /// Reads the next row. `false` at the end of the file.
    pub(super) fn next(&mut self, row: &mut Row) -> Result<bool, Fault> {
        let Self { columns, null, reader } = self;
        let has_row = match reader {
            Reader::Lines { first: Some(_), .. } => {
                if let Reader::Lines { first, .. } = reader {
                    *row = first.take().unwrap_or_default();
                }
                true
            }
            Reader::Lines { .. } => reader.object(row, columns, false)?,
            Reader::Separated { reader, record, quotes } => {
                let has_row = reader.read_record(record).map_err(of_csv)?;
                if has_row {
                    row.begin(record.position().map_or(0, csv::Position::line));
                    for field in record.iter() {
                        row.push(if field == null { Kind::Null } else { Kind::Text }, field);
                    }
                } else if quotes.load(Ordering::Relaxed) % 2 == 1 && row.text.contains('\n') {
                    // The reader takes all that follows for the text of the field.
                    return Err(Fault::at(row.line, "a field begins with a quote that nothing closes"));
                }
                has_row
            }
        };
        if has_row && row.text.contains('\0') {
            return Err(Fault::at(row.line, "it has a character NUL, which no text of a database holds"));
        }
        Ok(has_row)
    }
}

impl Reader {
    /// An object of the next line that has one. The first tells the columns.
    fn object(&mut self, row: &mut Row, columns: &mut Vec<String>, is_first: bool) -> Result<bool, Fault> {
        let Self::Lines { lines, number, text, .. } = self else { return Ok(false) };
        loop {
            text.clear();
            *number += 1;
            let read = lines.read_line(text).map_err(|error| Fault::at(*number, error.to_string()))?;
            if read == 0 {
                return Ok(false);
            }
            if *number == 1 && text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            if !text.trim().is_empty() {
                break;
            }
        }
        let Object(fields) = serde_json::from_str(text).map_err(|error| Fault::at(*number, of_json(&error)))?;
        if is_first {
            columns.extend(fields.iter().map(|(name, _)| name.to_string()));
        }
        row.begin(*number);
        for (at, column) in columns.iter().enumerate() {
            let same = fields.get(at).filter(|(name, _)| name == column);
            let (_, value) = same
                .or_else(|| fields.iter().find(|(name, _)| name == column))
                .ok_or_else(|| Fault::at(*number, format!("the object lacks `{column}`, which the first one has")))?;
            push_json(row, value.get());
        }
        if fields.len() > columns.len() {
            let unknown = fields.iter().find(|(name, _)| !columns.iter().any(|column| column == name));
            let reason = match unknown {
                Some((name, _)) => format!("the object has `{name}`, which the first one lacks"),
                None => "the object has a key twice".to_owned(),
            };
            return Err(Fault::at(*number, reason));
        }
        Ok(true)
    }
}

/// A value of JSON, as a database takes it.
fn push_json(row: &mut Row, value: &str) {
    match value.as_bytes().first() {
        Some(b'n') => row.push(Kind::Null, ""),
        Some(b't') => row.push(Kind::Bool(true), ""),
        Some(b'f') => row.push(Kind::Bool(false), ""),
        Some(b'"') => {
            // It was read as a value before.
            let text: Cow<'_, str> = serde_json::from_str::<Text<'_>>(value).map(|text| text.0).unwrap_or_default();
            row.push(Kind::Text, &text);
        }
        Some(b'{' | b'[') => row.push(Kind::Text, value),
        _ => row.push(Kind::Number, value),
    }
}

/// A text that is borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// The members of an object, in its order.
struct Object<'o>(Vec<(Cow<'o, str>, &'o RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, on one line")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((name, value));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

fn of_json(error: &serde_json::Error) -> String {
    // The line is always 1, and told apart.
    let text = error.to_string();
    text.replace(" at line 1 column ", ", at column ").replace(" at line 2 column 0", ", at its end")
}

fn of_csv(error: csv::Error) -> Fault {
    let line = error.position().map(csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let s = if *len == 1 { "" } else { "s" };
            format!("it has {len} field{s}, and the first line has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    };
    Fault { line, reason }
}

/// Counts quotes.
struct Counted {
    input: Input,
    quotes: Arc<AtomicUsize>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let found = buffer[..read].iter().filter(|byte| **byte == b'"').count();
        self.quotes.fetch_add(found, Ordering::Relaxed);
        Ok(read)
    }
}
