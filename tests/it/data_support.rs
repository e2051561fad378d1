//! Projects with steps for data.

use crate::command::Project;
use crate::harness::TestDb;

/// A project without models on a database.
pub fn project(db: &TestDb) -> Project {
    Project::with_models(db.url_text(), crate::bad_input::USERS)
}

/// A revision `id` after `parent`, which is empty for the first one. The sections' options stand before their text.
pub fn revision(project: &Project, id: &str, parent: &str, up: &str, down: &str) {
    let parents = if parent.is_empty() { String::new() } else { format!("{parent:?}") };
    let text = format!(
        "-- About {id}\n--\n-- revision = {id:?}\n-- down_revision = [{parents}]\n\n-- migrate:up {up}\n-- migrate:down {down}\n"
    );
    project.write(&format!("migrations/{id}.sql"), &text);
}

/// What the ledger says of each revision.
pub async fn ledger(db: &TestDb) -> Vec<String> {
    let sql = "SELECT revision, state, statements_done, statements_total FROM rungs_ledger ORDER BY revision";
    db.rows(sql).await.into_iter().map(|row| row.join(" ")).collect()
}

/// The first value of the first row.
pub async fn one(db: &TestDb, sql: &str) -> String {
    db.rows(sql).await.remove(0).remove(0)
}
