//! Writing new revisions' files.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use rungs_schema::DialectName;

use super::placement::Place;
use super::{Context, hooks};
use crate::error::Error;
use crate::revision::{self, DEFAULT_TEMPLATE, History, Revision, Section};

/// What a new revision does: nothing by itself, or up and down SQL for each engine.
pub(super) type Scripts = Vec<(Option<DialectName>, String, String)>;

/// A new revision, with the file that it will have.
pub(super) fn draft(
    context: &Context,
    history: &History,
    message: &str,
    place: Place,
    scripts: Scripts,
    beside: &[Revision],
) -> Result<Revision, Error> {
    let Place { id, parents, branch_labels, depends_on, folder } = place;
    let section = |dialect: Option<DialectName>, text: String| Section {
        dialect: dialect.map(|name| name.word().to_owned()),
        ..Section::new(text)
    };
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for (dialect, up, down) in scripts {
        ups.push(section(dialect, up));
        downs.push(section(dialect, down));
    }
    if ups.is_empty() {
        (ups, downs) = (vec![Section::new("")], vec![Section::new("")]);
    }
    let created = Some(created(history, beside));
    let revision = Revision {
        down_revision: parents,
        branch_labels,
        depends_on,
        created,
        up: ups,
        down: downs,
        ..Revision::new(id, message)
    };
    let path = free_path(context, folder, &revision, beside)?;
    Ok(Revision { path, ..revision })
}

/// Now, in whole seconds as the file keeps them, and later than all that is there: where nothing else orders two
/// revisions, the older comes first, and whoever writes one has seen those before it. A clock that is more than a
/// little ahead somewhere is not followed.
fn created(history: &History, beside: &[Revision]) -> DateTime<Utc> {
    const AHEAD: i64 = 60;
    let now = Utc::now().timestamp();
    let there = history.revisions().iter().chain(beside).filter_map(|revision| revision.created);
    let newest = there.map(|created| created.timestamp()).filter(|created| created - now < AHEAD).max();
    DateTime::from_timestamp(newest.map_or(now, |newest| now.max(newest + 1)), 0).unwrap_or_default()
}

/// Where a template leaves room for two files of one name, the id tells them apart.
fn free_path(context: &Context, folder: PathBuf, revision: &Revision, beside: &[Revision]) -> Result<PathBuf, Error> {
    let template = context.config()?.file_template.as_deref().unwrap_or(DEFAULT_TEMPLATE);
    let name = |template: &str| {
        revision::file_name(template, &revision.id, &revision.message, revision.created.unwrap_or_default())
    };
    let folder = PathBuf::from(context.shown(&folder));
    let path = folder.join(name(template)?);
    let is_taken = beside.iter().any(|other| other.path == path) || !matches!(path.try_exists(), Ok(false));
    if !is_taken {
        return Ok(path);
    }
    Ok(folder.join(name(&format!("{}_{{id}}", template.trim_end_matches(".sql")))?))
}

/// Writes all of them or none, and only what leaves the history whole; then the commands of `[hooks]` have them.
pub(super) fn write(context: &Context, history: &History, revisions: &[Revision]) -> Result<(), Error> {
    history.with(revisions)?;
    revision::write_all(revisions)?;
    hooks::after_write(context, revisions)
}
