//! For the tests of a program that uses rungs.

use std::path::Path;

use crate::authoring::{Hooks, Models};
use crate::db::DatabaseUrl;
use crate::error::Error;
use crate::revision::Direction;
use crate::source::scratch::Scratch;
use crate::{Embedded, Migrator};

/// What the models of some files, folders or globs have and the revisions do not make, or the other way round; nothing
/// when they agree. The revisions are applied to a new scratch database on the server of the URL, which goes away again;
/// with `sqlite::memory:` there is no server.
///
/// Paths are relative to the folder of the crate, in which Cargo runs tests.
///
/// # Errors
/// When models or revisions have faults, the server is out of reach, or a revision fails.
pub async fn differences(embedded: &Embedded, models: &[&str], url: &str) -> Result<Vec<String>, Error> {
    let models = Models::read(models, Path::new("."), Hooks::new())?;
    let mut scratch = Scratch::on(&DatabaseUrl::parse(url)?).await?;
    let outcome = compared(&Migrator::new(embedded)?.without_steps(), &models, &mut scratch).await;
    let closed = scratch.close().await;
    let differences = outcome?;
    closed?;
    Ok(differences)
}

async fn compared(migrator: &Migrator, models: &Models, scratch: &mut Scratch) -> Result<Vec<String>, Error> {
    if !migrator.history().revisions().is_empty() {
        migrator.run_on(&mut scratch.connection, Direction::Up, "heads").await?;
    }
    let compared = models.compare(&mut scratch.connection, &scratch.url).await?;
    Ok(compared.differences().iter().map(ToString::to_string).collect())
}

/// Fails a test unless models and revisions [agree](differences):
///
/// ```no_run
/// static REVISIONS: rungs::Embedded = rungs::embed!("tests/it/embedded");
///
/// # async fn models_and_revisions_agree() {
/// rungs::testing::assert_agree(&REVISIONS, &["src/models"], "sqlite::memory:").await;
/// # }
/// ```
///
/// # Panics
/// When they do not agree, or cannot be compared; the message says what differs.
#[allow(clippy::panic, reason = "this is how a test fails")]
pub async fn assert_agree(embedded: &Embedded, models: &[&str], url: &str) {
    match differences(embedded, models, url).await {
        Ok(differences) if differences.is_empty() => {}
        Ok(differences) => panic!(
            "models and revisions do not agree: run `migrate autogenerate`\n{}",
            differences.iter().map(|difference| format!("  {difference}\n")).collect::<String>()
        ),
        Err(error) => panic!("models and revisions cannot be compared: {error}"),
    }
}
