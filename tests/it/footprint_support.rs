//! Footprints of scripts, in words that a test can compare.

use rungs::footprint::{Footprint, Touch, Way};
use rungs::revision::{Revision, Section};
use rungs::schema::DialectName;

pub const SQLITE: DialectName = DialectName::Sqlite;
pub const POSTGRES: DialectName = DialectName::Postgres;
pub const MYSQL: DialectName = DialectName::Mysql;
pub const MARIADB: DialectName = DialectName::Mariadb;

/// The footprint of a revision that runs a script, whose first line is line 1.
pub fn footprint(dialect: DialectName, script: &str) -> Footprint {
    let mut revision = Revision::new("a", "a");
    revision.up = vec![Section::new(script)];
    Footprint::of(&revision, dialect)
}

/// `create table a`, `rename column a.x to y`, ... in the order of the script, which must be understood as a whole.
#[track_caller]
pub fn touched(dialect: DialectName, script: &str) -> Vec<String> {
    let footprint = footprint(dialect, script);
    assert_eq!(footprint.doubts(), [], "{script}");
    footprint.touches().iter().map(told).collect()
}

pub fn told(touch: &Touch) -> String {
    let object = &touch.object;
    match &touch.way {
        Way::RenamedTo(new) => format!("rename {object} to {new}"),
        Way::RenamedFrom(old) => format!("name {object} what was {old}"),
        way => format!("{} {object}", way.word()),
    }
}

/// Demands the touches of a script on some engines.
#[track_caller]
pub fn expect(dialects: &[DialectName], script: &str, expected: &[&str]) {
    for dialect in dialects {
        assert_eq!(touched(*dialect, script), expected, "{dialect}: {script}");
    }
}

/// Why a script is not understood, each with its line.
pub fn doubts(dialect: DialectName, script: &str) -> Vec<String> {
    let footprint = footprint(dialect, script);
    footprint.doubts().iter().map(|doubt| format!("{}: {}", doubt.line, doubt.reason)).collect()
}
