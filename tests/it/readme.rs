//! The tours in the documentation are played, and their output is true.
//!
//! In a block ```` ```console ````, lines that begin with `$ ` are commands and the lines below are what they print.
//! Ids, dates and durations are different each time, so they are compared by their shape. `cat FILE` prints a file,
//! with `*` for what varies in its name; `cat >> FILE <<END` appends the lines up to `END`; `> FILE` after a command keeps
//! what it prints; `sqlite3 FILE.db < FILE` runs a script. Blocks of one document share a folder.

use std::path::Path;

use crate::command::Project;

#[test]
fn the_readme_is_true() {
    play("README.md");
}

#[test]
fn the_tour_of_branches_is_true() {
    play("docs/branches.md");
}

#[test]
fn the_tour_of_renames_is_true() {
    play("docs/renames.md");
}

#[test]
fn the_tour_of_applying_is_true() {
    play("docs/applying.md");
}

#[test]
fn the_tour_of_data_steps_is_true() {
    play("docs/data-steps.md");
}

#[test]
fn the_documented_configuration_is_read() {
    let project = Project::empty();
    project.write("migrate.toml", &blocks(&read("docs/configuration.md"), "toml")[0]);
    project.write("plugins/data_reduction/migrations/.gitkeep", "");
    project.run("--env production heads").ok();
    project.run("--env production current").code(2).complains("PRODUCTION_URL is not set");
    project.run("heads").ok();
}

#[test]
fn the_documented_revision_is_read_and_applied() {
    let project = Project::empty();
    project.run("init").ok();
    let revision = blocks(&read("docs/revisions.md"), "sql").remove(0).replace("[\"1975ea83b712\"]", "[]");
    project.write("migrations/first.sql", &revision);
    project.run("upgrade heads").ok();
    project.run("downgrade base").ok();
}

pub fn read(document: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).expect("the document")
}

fn play(document: &str) {
    let text = read(document);
    let project = Project::empty();
    let mut played = 0;
    for block in blocks(&text, "console") {
        for (command, expected) in commands(&block) {
            if let Some(path) = heredoc(&command) {
                append(&project, path, expected.trim_end_matches("END\n"));
                continue;
            }
            let printed = run(&project, &command);
            assert_eq!(shape(&printed), shape(&expected), "{document}: $ {command}\nprints:\n{printed}");
            played += 1;
        }
    }
    assert!(played > 0, "{document} has no console blocks");
}

/// The file of `cat >> FILE <<END`.
fn heredoc(command: &str) -> Option<&str> {
    command.strip_prefix("cat >> ")?.strip_suffix(" <<END")
}

fn append(project: &Project, path: &str, text: &str) {
    let before = std::fs::read_to_string(project.path().join(path)).unwrap_or_default();
    project.write(path, &format!("{before}{text}"));
}

fn run(project: &Project, command: &str) -> String {
    if let Some(pattern) = command.strip_prefix("cat ") {
        let found = glob::glob(&project.path().join(pattern).display().to_string()).expect("a pattern").next();
        let path = found.unwrap_or_else(|| panic!("no file {pattern}")).expect("a path");
        return std::fs::read_to_string(path).expect("a readable file");
    }
    if let Some(edit) = command.strip_prefix("sed -i ") {
        let words = crate::command::words(edit);
        let parts: Vec<_> = words[0].split('|').collect();
        let path = project.path().join(&words[1]);
        let text = std::fs::read_to_string(&path).expect("a readable file");
        assert!(text.contains(parts[1]), "{text}\nlacks {}", parts[1]);
        std::fs::write(path, text.replacen(parts[1], &parts[2].replace("\\n", "\n"), 1)).expect("a written file");
        return String::new();
    }
    if let Some((db, script)) = command.strip_prefix("sqlite3 ").and_then(|words| words.split_once(" < ")) {
        let script = std::fs::File::open(project.path().join(script)).expect("a script");
        let mut client = std::process::Command::new("sqlite3");
        let output = client.arg(project.path().join(db)).stdin(script).output().expect("sqlite3 is there");
        return [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    }
    if let Some((command, path)) = command.split_once(" > ") {
        let ran = project.run(command.strip_prefix("migrate ").expect("our command")).ok();
        project.write(path, &ran.stdout);
        return ran.stderr;
    }
    let line = command.strip_prefix("migrate ").unwrap_or_else(|| panic!("cannot play: {command}"));
    let ran = project.run(line);
    format!("{}{}", ran.stdout, ran.stderr)
}

/// The blocks of a language.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match &mut block {
            None if line.strip_prefix("```") == Some(language) => block = Some(String::new()),
            None => {}
            Some(_) if line == "```" => blocks.extend(block.take()),
            Some(lines) => lines.push_str(&format!("{line}\n")),
        }
    }
    blocks
}

pub fn commands(block: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => found.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
            (None, None) => panic!("output before a command: {line}"),
        }
    }
    found
}

/// Ids become `ID`, digits of dates and durations `0`, and runs of white space one.
pub fn shape(text: &str) -> String {
    let mut words = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut out = String::new();
        let mut rest = line.trim_end();
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end.max(rest.chars().next().map_or(1, char::len_utf8)));
            let is_id = word.len() == 12 && word.chars().all(|c| c.is_ascii_hexdigit());
            let is_date = word.len() == 8 && word.chars().all(|c| c.is_ascii_digit());
            let is_number = word.chars().all(|c| c.is_ascii_digit()) && tail.starts_with(" ms");
            out.push_str(if is_id {
                "ID"
            } else if is_date {
                "DATE"
            } else if is_number {
                "0"
            } else {
                word
            });
            rest = tail;
        }
        if out.starts_with("-- created = ") {
            out = "-- created = TIME".to_owned();
        }
        words.push(out);
    }
    words.join("\n")
}
