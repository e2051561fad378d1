//! Which module may use which: the arrows of the design, read off the `use` lines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each module of `src/` with those that it may use. Errors may be used by all.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("error", &[]),
    ("config", &[]),
    ("db", &[]),
    ("diff", &[]),
    ("dialect", &["db", "diff"]),
    ("plan", &["diff", "dialect"]),
    ("source", &["db", "diff", "dialect", "plan"]),
    ("authoring", &["db", "diff", "dialect", "footprint", "plan", "source", "revision"]),
    ("revision", &[]),
    ("footprint", &["dialect", "revision"]),
    ("apply", &["revision", "dialect", "db"]),
    ("migrator", &["apply", "db", "dialect", "revision"]),
    ("testing", &["authoring", "db", "migrator", "revision", "source"]),
    ("cli", &["apply", "authoring", "config", "db", "dialect", "diff", "footprint", "plan", "revision", "source"]),
];

#[test]
fn modules_use_only_what_the_design_lets_them_use() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    for (module, allowed) in ALLOWED {
        for file in files_of(&source, module) {
            let text = std::fs::read_to_string(&file).expect("a readable file");
            for used in used_modules(&text) {
                if used != module && used != "error" && !allowed.contains(&used.as_str()) {
                    faults.push(format!("{} uses {used}", file.strip_prefix(&source).unwrap().display()));
                }
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn files_stay_under_five_hundred_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let long = ["src", "crates", "tests"].iter().flat_map(|folder| rust_files(&root.join(folder))).filter_map(|file| {
        let lines = std::fs::read_to_string(&file).expect("a readable file").lines().count();
        (lines > 550).then(|| format!("{} has {lines} lines", file.strip_prefix(root).unwrap().display()))
    });
    assert_eq!(long.collect::<Vec<_>>(), Vec::<String>::new());
}

fn files_of(source: &Path, module: &str) -> Vec<PathBuf> {
    let mut files = rust_files(&source.join(module));
    let single = source.join(format!("{module}.rs"));
    if single.is_file() {
        files.push(single);
    }
    assert!(!files.is_empty(), "there is no module {module}");
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The first-level modules after `crate::`, wherever the text names one.
fn used_modules(text: &str) -> BTreeSet<String> {
    let word =
        |rest: &str| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default().to_owned();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    code.match_indices("crate::")
        .map(|(at, found)| word(&code[at + found.len()..]))
        .filter(|word| !word.is_empty())
        .collect()
}
