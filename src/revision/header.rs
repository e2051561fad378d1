//! The header: TOML behind `-- `.

use chrono::{DateTime, NaiveDateTime, Utc};
use toml::{Table, Value};

use super::edit_distance::did_you_mean;
use super::file::{HeaderLines, Revision};
use super::parse::Faults;

const KEYS: [&str; 5] = ["revision", "down_revision", "branch_labels", "depends_on", "created"];

/// Words that a target gives a meaning of their own.
const RESERVED: [&str; 4] = ["head", "heads", "base", "current"];

/// Reads the comment block that a file begins with, and returns how many lines it has. `lines` ends before the first
/// marker.
pub(super) fn read(revision: &mut Revision, lines: &[&str], faults: &mut Faults<'_>) -> usize {
    let start = lines.iter().position(|line| !line.trim().is_empty()).unwrap_or(lines.len());
    let length = lines[start..].iter().take_while(|line| line.trim_start().starts_with("--")).count();
    let block = &lines[start..start + length];
    let known = |line: &str| key_of(line).is_some_and(|key| KEYS.contains(&key));
    let first_key = block.iter().position(|line| known(line));
    match first_key {
        Some(_) => {
            // An unknown key before the first known one is a key all the same, not a message.
            let keys = block.iter().skip(1).position(|line| key_of(line).is_some()).map(|index| index + 1);
            let keys = first_key.min(keys).unwrap_or_default();
            read_words(revision, &block[..keys]);
            read_keys(revision, block, keys, start, faults);
        }
        None => read_without_header(revision, block, faults),
    }
    // Without a header the comments stay where they are.
    if first_key.is_some() { start + length } else { start }
}

fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.trim_start().strip_prefix("--")?.split_once('=')?;
    let key = key.trim();
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_key.then_some(key)
}

fn comment(line: &str) -> &str {
    let line = line.trim_start();
    let text = line.strip_prefix("--").unwrap_or(line);
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}

fn read_words(revision: &mut Revision, block: &[&str]) {
    let mut words = block.iter().map(|line| comment(line));
    revision.message = words.next().unwrap_or_default().trim().to_owned();
    let description = words.collect::<Vec<_>>().join("\n");
    revision.description = description.trim_matches('\n').to_owned();
}

/// A file of dbmate's: its id is the number that its name begins with.
fn read_without_header(revision: &mut Revision, block: &[&str], faults: &mut Faults<'_>) {
    let stem = revision.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let digits = stem.len() - stem.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 {
        let help = "begin the file with its message, `--`, and `-- revision = \"<id>\"`; or, as dbmate does, begin its name with a number";
        faults.add(1, "the header is missing", Some(help));
    }
    let words = stem[digits..].trim_matches(['_', '-', '.']).replace('_', " ");
    stem[..digits].clone_into(&mut revision.id);
    revision.message =
        block.first().map(|line| comment(line).to_owned()).filter(|line| !line.is_empty()).unwrap_or(words);
    revision.ordered_by_name = true;
}

fn read_keys(revision: &mut Revision, block: &[&str], keys: usize, start: usize, faults: &mut Faults<'_>) {
    // Lines that are no TOML become empty ones, so that TOML's line numbers are the block's.
    let toml: Vec<&str> =
        block.iter().enumerate().map(|(index, line)| if index < keys { "" } else { comment(line) }).collect();
    let toml = toml.join("\n");
    let table = toml.parse().unwrap_or_else(|error: toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start.min(toml.len()));
        let line = start + toml[..offset].matches('\n').count() + 1;
        faults.add(line, format!("the header is not TOML: {}", error.message()), None);
        key_by_key(&toml, faults)
    });
    let line_of = |wanted: &str| {
        let found = block.iter().skip(keys).position(|line| key_of(line) == Some(wanted));
        start + found.map_or(keys, |index| keys + index) + 1
    };
    for key in table.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        let help = did_you_mean(
            key,
            KEYS.into_iter(),
            "the keys are revision, down_revision, branch_labels, depends_on and created",
        );
        faults.add(line_of(key), format!("the header has no key `{key}`"), Some(&help));
    }
    revision.lines = HeaderLines {
        revision: line_of("revision"),
        down_revision: line_of("down_revision"),
        branch_labels: line_of("branch_labels"),
        depends_on: line_of("depends_on"),
    };
    match table.get("revision") {
        Some(Value::String(id)) => {
            check_id("a revision id", id, line_of("revision"), faults);
            revision.id.clone_from(id);
        }
        Some(other) => {
            // A number without quotes is meant as an id.
            let id = if matches!(other, Value::Array(_) | Value::Table(_)) { String::new() } else { other.to_string() };
            let help = format!("write it in quotes: revision = \"{}\"", if id.is_empty() { "<id>" } else { &id });
            faults.add(line_of("revision"), format!("`revision` is a text, not {}", kind(other)), Some(&help));
            revision.id = id;
        }
        // Its line is the one that cannot be read.
        None if block.iter().skip(keys).any(|line| key_of(line) == Some("revision")) => {}
        None => faults.add(start + keys + 1, "the header has no `revision`", Some("add `-- revision = \"<id>\"`")),
    }
    revision.down_revision = texts(&table, "down_revision", line_of("down_revision"), faults);
    revision.depends_on = texts(&table, "depends_on", line_of("depends_on"), faults);
    revision.branch_labels = texts(&table, "branch_labels", line_of("branch_labels"), faults);
    // What is no id is told here, and cannot be missing as well.
    revision.down_revision.retain(|id| {
        let known = faults.found.len();
        check_id("a parent's id", id, line_of("down_revision"), faults);
        faults.found.len() == known
    });
    for label in &revision.branch_labels {
        check_label(label, line_of("branch_labels"), faults);
    }
    if let Some(value) = table.get("created") {
        revision.created = created(value);
        if revision.created.is_none() {
            let help = "write it like 2026-11-20T12:00:00Z";
            faults.add(line_of("created"), format!("`created` is no moment: {value}"), Some(help));
        }
    }
}

/// What can be understood of a header that is not TOML as a whole: each key with its value, by itself. The rest is
/// kept as words, since the revision or label that another file names may be in there.
fn key_by_key(toml: &str, faults: &mut Faults<'_>) -> Table {
    let is_key = |line: &str| key_of(&format!("--{line}")).is_some_and(|key| KEYS.contains(&key));
    let mut parts: Vec<String> = Vec::new();
    for line in toml.lines() {
        match parts.last_mut() {
            Some(part) if !is_key(line) => part.push_str(&format!("\n{line}")),
            _ => parts.push(line.to_owned()),
        }
    }
    let mut table = Table::new();
    for part in parts {
        match part.parse::<Table>() {
            Ok(read) => table = read.into_iter().chain(table).collect(),
            Err(_) => {
                faults.unread.push_str(&part);
                faults.unread.push('\n');
                // An id without quotes, or with one of them, is an id all the same.
                let id = part.split_once('=').map(|(_, id)| id.trim().trim_matches(['"', '\'']).to_owned());
                let id = id.filter(|id| part.trim_start().starts_with("revision") && fault_of_id("", id).is_none());
                if let Some(id) = id {
                    table.entry("revision").or_insert(Value::String(id));
                }
            }
        }
    }
    table
}

/// A text, or a list of texts without one that is there twice.
fn texts(table: &Table, key: &str, line: usize, faults: &mut Faults<'_>) -> Vec<String> {
    let values = match table.get(key) {
        None => return Vec::new(),
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
    };
    let mut texts: Vec<String> = Vec::new();
    for value in values {
        match value {
            Value::String(text) if texts.contains(text) => {
                faults.add(line, format!("`{key}` has {text} twice"), Some("take one of them away"));
            }
            Value::String(text) => texts.push(text.clone()),
            other => faults.add(line, format!("`{key}` is a list of texts, and has {} in it", kind(other)), None),
        }
    }
    texts
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "a truth value",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

/// A date and time; one without an offset is taken as UTC.
fn created(value: &Value) -> Option<DateTime<Utc>> {
    let text = match value {
        Value::Datetime(moment) => moment.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    if let Ok(moment) = DateTime::parse_from_rfc3339(&text) {
        return Some(moment.with_timezone(&Utc));
    }
    let text = text.replacen(' ', "T", 1);
    text.parse::<NaiveDateTime>().ok().map(|moment| moment.and_utc())
}

/// What a target could not name is no id.
fn check_id(what: &str, id: &str, line: usize, faults: &mut Faults<'_>) {
    if let Some(reason) = fault_of_id(what, id) {
        faults.add(line, reason, Some(ID_HELP));
    }
}

pub(super) const ID_HELP: &str = "use letters and digits; @ + - : have a meaning in targets";

/// Why something is no id.
pub(super) fn fault_of_id(what: &str, id: &str) -> Option<String> {
    if id.is_empty() {
        return Some(format!("{what} is empty"));
    }
    if let Some(c) = id.chars().find(|c| "@+-:".contains(*c) || c.is_whitespace() || c.is_control()) {
        return Some(format!("{what} cannot have `{}` in it: {id}", c.escape_default()));
    }
    RESERVED.contains(&id).then(|| format!("{what} cannot be `{id}`, which is a target of its own"))
}

/// As for ids, but words may be joined by `-`, where what follows is not a number (`label-2` is two steps back).
fn check_label(label: &str, line: usize, faults: &mut Faults<'_>) {
    let help = "use letters, digits, `.` and `_`";
    let steps =
        label.rsplit_once('-').is_some_and(|(_, rest)| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    if label.is_empty() {
        faults.add(line, "a branch label is empty", Some(help));
    } else if let Some(c) = label.chars().find(|c| "@+:".contains(*c) || c.is_whitespace() || c.is_control()) {
        faults.add(line, format!("a branch label cannot have `{}` in it: {label}", c.escape_default()), Some(help));
    } else if steps || label.starts_with('-') || RESERVED.contains(&label) {
        faults.add(line, format!("a branch label cannot be `{label}`, which is a target of its own"), Some(help));
    }
}
