//! Revision files: reading, printing, naming, writing.

use std::path::{Path, PathBuf};

use chrono::{TimeZone as _, Utc};
use rungs::error::{RevisionError, RevisionFault};
use rungs::revision::{DEFAULT_TEMPLATE, Direction, Revision, Section, directory, file_name, new_id, write_new};

const FILE: &str = "\
-- Add computation_result
--
-- revision = \"a0d8cd78f167\"
-- down_revision = [\"1975ea83b712\"]
-- branch_labels = [\"tuto.data_reduction\"]
-- depends_on = []
-- created = 2026-11-20T12:00:00Z

-- migrate:up
CREATE TABLE \"computation_result\" (id INT);

-- migrate:down
DROP TABLE \"computation_result\";
";

fn parse(text: &str) -> Revision {
    Revision::parse(Path::new("migrations/1_x.sql"), text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn faults(text: &str) -> Vec<String> {
    faults_of("x.sql", text)
}

fn faults_of(path: &str, text: &str) -> Vec<String> {
    let faults = Revision::parse(Path::new(path), text).expect_err("a file with faults");
    faults.iter().map(ToString::to_string).collect()
}

fn read_one(path: &Path) -> Revision {
    Revision::parse(path, &std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A file whose header has these further lines.
fn with_header(lines: &str) -> String {
    format!("-- m\n--\n-- revision = \"a\"\n{lines}\n-- migrate:up\n-- migrate:down\n")
}

#[test]
fn a_file_is_read_as_the_contract_says() {
    let revision = parse(FILE);
    assert_eq!(revision.id, "a0d8cd78f167");
    assert_eq!(revision.message, "Add computation_result");
    assert_eq!(revision.down_revision, ["1975ea83b712"]);
    assert_eq!(revision.branch_labels, ["tuto.data_reduction"]);
    assert!(revision.depends_on.is_empty());
    assert_eq!(revision.created, Some(Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).unwrap()));
    assert_eq!(revision.up[0].line, 9);
    assert_eq!(revision.up[0].text.trim(), "CREATE TABLE \"computation_result\" (id INT);");
    assert_eq!(revision.down[0].line, 12);
    assert_eq!(revision.down[0].text, "DROP TABLE \"computation_result\";\n");
}

#[test]
fn what_is_read_is_printed_as_it_was() {
    assert_eq!(parse(FILE).to_string(), FILE);
}

#[test]
fn printing_is_stable() {
    let untidy = "\u{feff}-- A message  \r\n-- that goes on\r\n--\r\n-- revision='x'\r\n-- depends_on = [ 'l',\r\n--   'm' ]\r\n\r\n\
                  -- a note\r\n\r\n-- migrate:up transaction:false dialect:postgres\r\n\r\nSELECT 1;  \r\n\r\n\r\n\
                  -- migrate:up\r\nSELECT 2;\r\n-- migrate:down irreversible\r\n-- the rows\r\n-- are gone\r\n";
    let revision = parse(untidy);
    assert_eq!((revision.message.as_str(), revision.description.as_str()), ("A message", "that goes on"));
    assert_eq!(revision.depends_on, ["l", "m"]);
    assert_eq!(revision.down[0].irreversible.as_deref(), Some("the rows\nare gone"));
    let once = revision.to_string();
    assert_eq!(parse(&once).to_string(), once);
    assert_eq!(parse(&once).checksum(), revision.checksum());
}

#[test]
fn the_section_of_an_engine_is_its_own_before_that_for_all() {
    let text =
        "-- m\n--\n-- revision = \"a\"\n\n-- migrate:up\nany\n-- migrate:up dialect:mysql\nmine\n-- migrate:down\n";
    let revision = parse(text);
    let text = |dialect: &str| revision.section(Direction::Up, dialect).unwrap().text.trim().to_owned();
    assert_eq!(["mysql", "mariadb", "sqlite"].map(text), ["mine", "mine", "any"]);
}

#[test]
fn line_endings_trailing_blanks_and_the_header_leave_the_checksum() {
    let sum = parse(FILE).checksum();
    assert_eq!(sum.len(), 64);
    assert_eq!(parse(&FILE.replace('\n', "\r\n")).checksum(), sum);
    assert_eq!(parse(&FILE.replace(";\n", ";  \t\n\n")).checksum(), sum);
    assert_eq!(parse(&FILE.replace("1975ea83b712", "2975ea83b712")).checksum(), sum);
    assert_ne!(parse(&FILE.replace("id INT", "id  INT")).checksum(), sum);
    assert_ne!(parse(&FILE.replace("DROP TABLE", "DELETE FROM")).checksum(), sum);
}

#[test]
fn an_edit_marker_gives_its_line_and_reason() {
    let revision = parse(&FILE.replace("CREATE", "-- migrate:edit name a value for old rows\nCREATE"));
    assert_eq!(revision.up[0].edits[0].line, 10);
    assert_eq!(revision.up[0].edits[0].reason, "name a value for old rows");
}

#[test]
fn a_file_of_dbmate_has_its_id_in_its_name() {
    let text = "-- migrate:up\nSELECT 1;\n-- migrate:down\n";
    let revision = Revision::parse(Path::new("db/20150101120000_create_users.sql"), text).unwrap();
    assert_eq!((revision.id.as_str(), revision.message.as_str()), ("20150101120000", "create users"));
    assert!(revision.ordered_by_name);
}

#[test]
fn every_fault_of_a_header_names_its_line() {
    assert_eq!(faults(&with_header("-- dwon_revision = []")), ["x.sql:4: the header has no key `dwon_revision`"]);
    let faults_found = Revision::parse(Path::new("x.sql"), &with_header("-- dwon_revision = []")).unwrap_err();
    assert!(
        matches!(&faults_found[0], RevisionFault::Malformed { help: Some(help), .. } if help == "did you mean down_revision?")
    );
    assert_eq!(
        faults(&with_header("-- down_revision = 3")),
        ["x.sql:4: `down_revision` is a list of texts, and has a whole number in it"]
    );
    assert_eq!(faults(&with_header("-- created = \"today\"")), ["x.sql:4: `created` is no moment: \"today\""]);
    assert_eq!(
        faults(&with_header("-- branch_labels = [\"a@b\"]")),
        ["x.sql:4: a branch label cannot have `@` in it: a@b"]
    );
    assert_eq!(
        faults(&with_header("-- branch_labels = [\"heads\"]")),
        ["x.sql:4: a branch label cannot be `heads`, which is a target of its own"]
    );
    assert_eq!(faults(&with_header("-- depends_on = [\"a\", \"a\"]")), ["x.sql:4: `depends_on` has a twice"]);
    let bad = faults(&with_header("-- depends_on = ["));
    assert!(bad[0].starts_with("x.sql:4: the header is not TOML: "), "{bad:?}");
    for id in ["a@b", "a+b", "a-b", "a:b", "a b"] {
        let text = with_header("").replace("\"a\"", &format!("\"{id}\""));
        let c = id.chars().nth(1).unwrap();
        assert_eq!(faults(&text), [format!("x.sql:3: a revision id cannot have `{c}` in it: {id}")]);
    }
    let no_id = "-- m\n--\n-- down_revision = []\n\n-- migrate:up\n-- migrate:down\n";
    assert_eq!(faults(no_id), ["x.sql:3: the header has no `revision`"]);
    assert_eq!(faults("-- migrate:up\n-- migrate:down\n"), ["x.sql:1: the header is missing"]);
}

#[test]
fn every_fault_of_a_section_names_its_line() {
    let file = |sections: &str| format!("-- m\n--\n-- revision = \"a\"\n{sections}");
    let found = |sections: &str| faults(&file(sections));
    assert_eq!(found("-- migrate:up\nSELECT 1;\n"), ["x.sql:5: the marker `-- migrate:down` is missing"]);
    assert_eq!(found("-- migrate:down\n"), ["x.sql:4: the marker `-- migrate:up` is missing"]);
    assert_eq!(
        found("-- migrate:up\n-- migrate:down\n-- migrate:up\n"),
        ["x.sql:6: a second `migrate:up`; the first is on line 4"]
    );
    assert_eq!(
        found("-- migrate:up dialect:mysql\n-- migrate:up dialect:mysql\n-- migrate:down\n"),
        ["x.sql:5: a second `migrate:up` for mysql; the first is on line 4"]
    );
    assert_eq!(found("-- migrate:up fast\n-- migrate:down\n"), ["x.sql:4: `migrate:up` has no option `fast`"]);
    assert_eq!(
        found("-- migrate:up transaction:no\n-- migrate:down\n"),
        ["x.sql:4: `transaction:no` is neither true nor false"]
    );
    assert_eq!(found("-- migrate:up dialect:oracle\n-- migrate:down\n"), ["x.sql:4: there is no engine `oracle`"]);
    assert_eq!(
        found("-- migrate:up\n-- migrate:wait\n-- migrate:down\n"),
        ["x.sql:5: there is no marker `migrate:wait`"]
    );
    assert_eq!(
        found("\nSELECT 1;\n-- migrate:up\n-- migrate:down\n"),
        ["x.sql:5: what stands before `-- migrate:up` would never run"]
    );
    assert_eq!(
        found("-- migrate:up\n-- migrate:down irreversible\n"),
        ["x.sql:5: `migrate:down irreversible` gives no reason"]
    );
    assert_eq!(
        found("-- migrate:up\n-- migrate:down irreversible gone\nDROP TABLE t;\n"),
        ["x.sql:6: SQL in a section that is marked irreversible"]
    );
    // Indented, it is still a marker: its SQL must not run with the other half.
    assert_eq!(parse(&file("-- migrate:up\n  -- migrate:down\nDROP TABLE t;\n")).up[0].text, "");
}

#[test]
fn names_of_new_files_are_safe() {
    let at = Utc.with_ymd_and_hms(2026, 11, 20, 12, 3, 4).unwrap();
    let name = |template: &str, message: &str| file_name(template, "a0", message, at).unwrap();
    assert_eq!(name(DEFAULT_TEMPLATE, "Add `users`, & more!"), "20261120_add_users_more_a0.sql");
    assert_eq!(name(DEFAULT_TEMPLATE, "../../etc/passwd"), "20261120_etc_passwd_a0.sql");
    assert_eq!(name(DEFAULT_TEMPLATE, "größer"), "20261120_gr_er_a0.sql");
    assert_eq!(name(DEFAULT_TEMPLATE, "数据"), "20261120_revision_a0.sql");
    assert_eq!(name("{id}-{time}.sql", "x"), "a0-120304.sql");
    assert!(name("{slug}", &"word ".repeat(50)).len() <= 44);
    assert_eq!(name("{slug}", &"w".repeat(300)).len(), 44);
    let wrong = |template: &str| file_name(template, "a0", "m", at).unwrap_err().to_string();
    assert_eq!(wrong("{when}"), "file_template `{when}`: there is no token {when}");
    assert_eq!(wrong("{date"), "file_template `{date`: a `{` is not closed");
    assert_eq!(wrong("../{id}"), "file_template `../{id}`: `../a0` is no file name");
}

#[test]
fn new_ids_are_12_hex_digits() {
    let (one, other) = (new_id().unwrap(), new_id().unwrap());
    assert!(one.len() == 12 && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
    assert_ne!(one, other);
}

#[test]
fn writing_never_takes_the_place_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("a/b");
    let mut revision = Revision::new("a", "m");
    revision.up = vec![Section::new("SELECT 1;")];
    let path = write_new(&nested, "a.sql", &revision).unwrap();
    let read = directory::read(&[folder.path().to_path_buf()]).unwrap();
    assert_eq!(read[0].up[0].text.trim(), "SELECT 1;");
    let error = write_new(&nested, "a.sql", &Revision::new("b", "m")).unwrap_err();
    assert_eq!(error.to_string(), format!("{} is there already", path.display()));
    assert_eq!(std::fs::read_dir(&nested).unwrap().count(), 1, "no temporary file stays");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o044, 0o044, "others may read it");
    }
}

#[test]
fn all_faults_of_all_files_come_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::fs::write(folder.path().join("a.sql"), with_header("-- x = 1\n-- y = 2")).unwrap();
    std::fs::write(folder.path().join("sub/b.sql"), "-- migrate:up\n").unwrap();
    std::fs::write(folder.path().join(".hidden.sql"), "nothing of ours").unwrap();
    let Err(RevisionError::Invalid { faults }) = directory::read(&[folder.path().to_path_buf()]) else {
        panic!("faults")
    };
    assert_eq!(faults.len(), 4, "{faults:?}");
    let missing = directory::read(&[PathBuf::from("no/such")]).unwrap_err();
    assert_eq!(missing.to_string(), "there is no folder no/such");
}

#[test]
fn files_without_header_revise_the_one_before_in_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["one/2_b.sql", "one/1_a.sql", "one/3_c.sql", "two/7_x.sql"] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "-- migrate:up\n-- migrate:down\n").unwrap();
    }
    // A folder that is named twice is read once.
    let folders = [folder.path().to_path_buf(), folder.path().join("one")];
    let read = directory::read(&folders).unwrap();
    let parents: Vec<(&str, String)> = read.iter().map(|r| (r.id.as_str(), r.down_revision.join(","))).collect();
    assert_eq!(parents, [("1", "".into()), ("2", "1".into()), ("3", "2".into()), ("7", "".into())]);
}

#[test]
fn a_message_cannot_smuggle_anything_into_the_file() {
    let folder = tempfile::tempdir().unwrap();
    for message in ["migrate:up", "revision = \"x\"", "first\n-- migrate:up\nDROP TABLE users;", "first\nmigrate:down"]
    {
        let mut revision = Revision::new("a", message);
        revision.up = vec![Section::new("SELECT 1;")];
        match write_new(folder.path(), "a.sql", &revision) {
            Ok(path) => {
                let written = read_one(&path);
                assert_eq!(written.up[0].text.trim(), "SELECT 1;");
                std::fs::remove_file(written.path).unwrap();
            }
            Err(error) => assert!(!folder.path().join("a.sql").exists(), "{error}"),
        }
    }
    let mut revision = Revision::new("a", "one\ntwo");
    revision.down = vec![Section::irreversible("the rows\nare gone")];
    let written = read_one(&write_new(folder.path(), "a.sql", &revision).unwrap());
    assert_eq!((written.message.as_str(), written.description.as_str()), ("one", "two"));
    assert_eq!(written.down[0].irreversible.as_deref(), Some("the rows\nare gone"));
}
