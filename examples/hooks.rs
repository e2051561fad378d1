//! A project's own `migrate`, which has a say in what is compared and written. It takes all of its commands:
//! `cargo run --example hooks -- autogenerate -m "Add users"`.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use rungs::Hooks;
use rungs::authoring::Object;
use rungs::diff::change::Change;
use rungs::schema::{ColumnType, DialectName};

fn main() -> ExitCode {
    let hooks = Hooks::new()
        .include(is_ours)
        .rewrite(without_drops)
        .column_type("Money", ColumnType::Decimal { precision: Some(12), scale: Some(2) })
        .after_write(note);
    rungs::cli::run_with(hooks)
}

/// Tables that a nightly job makes are nobody's business here.
fn is_ours(object: Object<'_>) -> bool {
    object.kind != "table" || !object.name.starts_with("report_")
}

/// Tables are dropped by hand alone.
fn without_drops(changes: Vec<Change>, _engine: DialectName) -> Vec<Change> {
    changes.into_iter().filter(|change| !matches!(change, Change::DropTable { .. })).collect()
}

/// Whoever writes the release notes reads this list.
fn note(path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut list = OpenOptions::new().create(true).append(true).open("NEW_REVISIONS")?;
    writeln!(list, "{}", path.file_name().unwrap_or_default().to_string_lossy())?;
    Ok(())
}
