//! Which files the models are read from.

use std::fs;
use std::path::Path;

use rungs::error::SourceError;
use rungs::schema::Declared;
use rungs::source::models;

/// A folder of source files.
struct Source {
    folder: tempfile::TempDir,
}

impl Source {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
            fs::write(path, text).expect("a new file");
        }
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn read(&self, paths: &[&str]) -> Result<Declared, SourceError> {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        models::read(&paths, self.path())
    }

    /// The tables that are found, in order.
    fn tables(&self, paths: &[&str]) -> Vec<String> {
        let declared = self.read(paths).unwrap_or_else(|error| panic!("{error}: {:?}", faults(&error)));
        declared.schema.tables.iter().map(|table| table.name.to_string()).collect()
    }

    /// Each fault as `place: message`, with its help.
    fn faults(&self, paths: &[&str]) -> Vec<String> {
        faults(&self.read(paths).expect_err("faults"))
    }
}

fn faults(error: &SourceError) -> Vec<String> {
    let SourceError::Models { faults } = error else { panic!("{error}") };
    faults.iter().map(|fault| format!("{}: {}", fault.place, fault.message)).collect()
}

fn model(name: &str) -> String {
    format!("#[derive(Model)]\npub struct {name} {{\n    #[model(primary_key)]\n    pub id: i64,\n}}\n")
}

#[test]
fn a_file_a_folder_and_a_glob() {
    let source = Source::new(&[
        ("src/user.rs", &model("User")),
        ("src/models/a.rs", &model("A")),
        ("src/models/deep/b.rs", &model("B")),
        ("src/models/.hidden/c.rs", &model("C")),
        ("src/models/notes.txt", "not Rust"),
        ("src/target/CACHEDIR.TAG", ""),
        ("src/target/d.rs", &model("D")),
    ]);
    assert_eq!(source.tables(&["src/user.rs"]), ["user"]);
    assert_eq!(source.tables(&["src/models"]), ["a", "b"]);
    assert_eq!(source.tables(&["src/*.rs", "src/models/**/b.rs"]), ["b", "user"]);
    assert_eq!(source.tables(&["src"]), ["a", "b", "user"]);
    let absolute = source.path().join("src/user.rs").display().to_string();
    assert_eq!(source.tables(&[&absolute]), ["user"]);
}

#[test]
fn a_file_is_read_once_whichever_way_it_is_reached() {
    let source = Source::new(&[
        ("src/models/mod.rs", "mod a;\nmod b;"),
        ("src/models/a.rs", &model("A")),
        ("src/models/b/mod.rs", &format!("use super::a::A;\n{}", model("B"))),
    ]);
    assert_eq!(source.tables(&["src/models", "src/models/*.rs", "src/models/a.rs"]), ["a", "b"]);
}

#[test]
fn modules_are_followed_wherever_rust_looks_for_them() {
    let source = Source::new(&[
        (
            "src/lib.rs",
            "mod beside;\nmod folder;\n#[path = \"elsewhere/x.rs\"]\nmod odd;\nmod inline {\n    mod inner;\n    #[path = \"y.rs\"]\n    mod pathed;\n}\n#[cfg(feature = \"never\")]\nmod missing;\n#[cfg(test)]\nmod tests;",
        ),
        ("src/beside.rs", &format!("mod child;\n{}", model("Beside"))),
        ("src/beside/child.rs", &model("Child")),
        ("src/folder/mod.rs", &model("Folder")),
        ("src/elsewhere/x.rs", &model("Odd")),
        ("src/inline/inner.rs", &model("Inner")),
        ("src/inline/y.rs", &model("Pathed")),
        ("src/tests.rs", &model("OnlyInTests")),
    ]);
    assert_eq!(source.tables(&["src/lib.rs"]), ["beside", "child", "folder", "inner", "odd", "pathed"]);
}

#[test]
fn aliases_and_constants_come_from_other_files() {
    let source = Source::new(&[
        ("src/types.rs", "pub type Id = u32;\npub const LEN: usize = 40;\n#[derive(DbEnum)]\npub enum Mood { Good }"),
        (
            "src/user.rs",
            "use crate::types::{Id, LEN, Mood};\n#[derive(Model)]\nstruct User {\n    #[model(primary_key)]\n    id: Id,\n    #[model(length = LEN)]\n    name: String,\n    mood: Mood,\n}",
        ),
    ]);
    let declared = source.read(&["src"]).expect("models");
    let types: Vec<_> = declared.schema.tables[0].columns.iter().map(|column| format!("{:?}", column.ty)).collect();
    assert_eq!(
        types,
        ["Integer { bits: 32, unsigned: true }", "Varchar(40)", "Enum(ObjectName { schema: None, name: \"mood\" })"]
    );
}

#[test]
fn every_fault_of_every_file_comes_in_one_run() {
    let source = Source::new(&[
        ("src/a.rs", "#[derive(Model)]\nstruct A {\n    #[model(primary_ky)]\n    id: i64,\n}"),
        ("src/b.rs", "struct B {"),
        (
            "src/c.rs",
            "mod nowhere;\n#[derive(Model)]\nstruct C {\n    #[model(references(Nobody::id))]\n    id: i64,\n}",
        ),
        ("src/d.rs", &model("D")),
    ]);
    assert_eq!(
        source.faults(&["src", "absent", "src/*.nothing"]),
        [
            "absent: there is no file or folder `absent`",
            "src/*.nothing: no file matches `src/*.nothing`",
            "src/a.rs:3:13: unknown attribute `primary_ky` of a field",
            "src/b.rs:1:10: a bracket is not closed, or a character does not belong here",
            "src/c.rs:1:5: there is no file for the module `nowhere`",
            "src/c.rs:4:13: there is no model `Nobody` in the files read",
        ]
    );
}

#[test]
fn a_fault_shows_the_line_it_stands_on() {
    let source =
        Source::new(&[("m.rs", "#[derive(Model)]\nstruct A {\n    #[model(lenght = 3)]\n    name: String,\n}")]);
    let error = source.read(&["m.rs"]).expect_err("a fault");
    let SourceError::Models { faults } = &error else { panic!("{error}") };
    let text = faults[0].source_code.inner();
    let start = faults[0].span.offset();
    assert_eq!(&text[start..start + faults[0].span.len()], "lenght");
    assert!(faults[0].help.as_deref().is_some_and(|help| help.starts_with("did you mean `length`?")), "{faults:?}");
}
