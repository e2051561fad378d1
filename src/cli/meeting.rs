//! What is told where lines of revisions meet that know nothing of each other: by `merge`, `upgrade` and `check`.

use std::collections::BTreeSet;

use rungs_schema::DialectName;
use serde_json::{Value, json};

use super::Context;
use super::ui::Ui;
use crate::footprint::{Kind, Level, Meeting, Object, Overlap, Party, Touch, Unclear, Way};
use crate::revision::{History, Revision, Step};

/// Before lines are merged: everything that they both touch, since this is when someone decides. The SQL is for the
/// engine of the configured database; a merge itself needs none.
pub(super) fn before_merge(context: &Context, history: &History, heads: &[&Revision]) {
    let Ok(url) = context.url() else {
        return context.ui.progress(
            "no database is configured, so that it is not known for which engine the SQL is: whether the lines touch \
             the same tables is not told",
        );
    };
    let meeting = Meeting::of(history, heads, url.dialect_name());
    match meeting.level() {
        None if meeting.unclear.is_empty() => {
            context.ui.progress("the lines touch different tables: their order does not matter")
        }
        None | Some(Level::SameTable) => context.ui.progress(text(&meeting, Level::SameTable)),
        Some(_) => context.ui.warning(format!("{}\n{}", text(&meeting, Level::SameTable), advice(&meeting))),
    }
}

/// Before revisions are applied: what one of them has to do with another, applied or not, that it knows nothing of.
pub(super) fn before_upgrade(
    ui: &Ui,
    history: &History,
    applied: &BTreeSet<String>,
    steps: &[Step<'_>],
    dialect: DialectName,
) {
    let next: BTreeSet<&str> = steps.iter().map(|step| step.revision.id.as_str()).collect();
    if next.is_empty() {
        return;
    }
    let mut there = applied.clone();
    there.extend(next.iter().map(|id| (*id).to_owned()));
    let heads = history.applied_heads(&there);
    let heads: Vec<&Revision> = heads.iter().filter_map(|id| history.find(id)).collect();
    if heads.len() < 2 {
        return;
    }
    let meeting = Meeting::about(history, &heads, dialect, |revision| next.contains(revision.id.as_str()));
    tell(ui, &meeting);
}

/// Tells what matters, where nobody has asked: that two lines touch the same table is not worth it.
pub(super) fn tell(ui: &Ui, meeting: &Meeting<'_>) {
    match meeting.level() {
        Some(Level::OrderMatters | Level::Conflict) => {
            ui.warning(format!("{}\n{}", text(meeting, Level::OrderMatters), advice(meeting)));
        }
        _ if !meeting.unclear.is_empty() => ui.progress(text(meeting, Level::OrderMatters)),
        _ => {}
    }
}

/// How many objects, and how many revisions of one, are listed.
const MOST: usize = 12;

/// What is found, from a level on, a line a revision.
fn text(meeting: &Meeting<'_>, least: Level) -> String {
    let shown: Vec<&Overlap<'_>> = meeting.overlaps.iter().filter(|overlap| overlap.level >= least).collect();
    let mut lines = Vec::new();
    if !shown.is_empty() {
        lines.push("lines of revisions that know nothing of each other touch the same things".to_owned());
    }
    for overlap in shown.iter().take(MOST) {
        lines.push(format!("  {}: {}", overlap.level.word(), overlap.object));
        lines.extend(
            overlap.parties.iter().take(MOST).map(|party| format!("    {}", party_line(party, &overlap.object))),
        );
        lines.extend(more(overlap.parties.len(), "revisions").map(|line| format!("    {line}")));
    }
    lines.extend(more(shown.len(), "objects").map(|line| format!("  {line}")));
    if !meeting.unclear.is_empty() {
        lines.push("what else these lines touch cannot be told, because of".to_owned());
        lines.extend(meeting.unclear.iter().take(MOST).map(|unclear| format!("  {}", unclear_line(unclear))));
        lines.extend(more(meeting.unclear.len(), "statements").map(|line| format!("  {line}")));
    }
    lines.join("\n")
}

fn more(count: usize, what: &str) -> Option<String> {
    (count > MOST).then(|| format!("and {} more {what}", count - MOST))
}

/// `a1 adds it (migrations/a.sql:9)`
pub(super) fn party_line(party: &Party<'_>, object: &Object) -> String {
    let Party { revision, touch, .. } = party;
    format!("{} {} ({})", revision.id, deed(touch, object), revision.place(touch.line))
}

fn unclear_line(unclear: &Unclear<'_>) -> String {
    let Unclear { revision, doubt, .. } = unclear;
    let statement = if doubt.statement.is_empty() { String::new() } else { format!("`{}`: ", doubt.statement) };
    format!("{} ({}): {statement}{}", revision.id, revision.place(doubt.line), doubt.reason)
}

/// What a revision does, of an object that was just named or of a part of it.
fn deed(touch: &Touch, named: &Object) -> String {
    let is_part = touch.object.table.is_some() && named.table.is_none() && named.kind == Kind::Table;
    let (it, its) = if is_part {
        let what = touch.object.short();
        (what.clone(), format!("of {what}"))
    } else {
        ("it".to_owned(), String::new())
    };
    let rows = |verb: &str| match (is_part, touch.object.kind) {
        (false, Kind::Column) => format!("{verb} its values"),
        (false, _) => format!("{verb} its rows"),
        (true, _) => format!("{verb} the values {its}"),
    };
    let is_part_of_table = touch.object.table.is_some();
    match &touch.way {
        Way::Created if is_part_of_table => format!("adds {it}"),
        Way::Created => format!("creates {it}"),
        Way::Replaced => format!("replaces {it}"),
        Way::Dropped => format!("drops {it}"),
        Way::RenamedTo(new) => format!("renames {it} to {new}"),
        Way::RenamedFrom(old) if is_part => format!("renames {old} to {}", touch.object.name.name),
        Way::RenamedFrom(old) => format!("gives {old} this name"),
        Way::Altered => format!("alters {it}"),
        Way::Rebuilt => format!("builds {it} anew, with the columns and indexes that it knows"),
        Way::Commented => format!("comments on {it}"),
        Way::Referenced => format!("refers to {it}"),
        Way::Read => rows("reads"),
        Way::Inserted => format!("puts rows into {it}"),
        Way::Updated => rows("changes"),
        Way::Deleted => format!("deletes rows of {it}"),
    }
}

/// What to do.
fn advice(meeting: &Meeting<'_>) -> String {
    let has = |level: Level| meeting.overlaps.iter().any(|overlap| overlap.level == level);
    let mut lines = Vec::new();
    if has(Level::Conflict) {
        lines.push(
            "a conflict is solved in the SQL: edit the revision that no shared database has applied, or write one that \
             settles it",
        );
    }
    if has(Level::Conflict) || has(Level::OrderMatters) {
        lines.push(
            "where one revision has to come first, name it in `depends_on` of the other; a merge alone sets no order \
             between the lines",
        );
    }
    lines.iter().map(|line| format!("help: {line}")).collect::<Vec<_>>().join("\n")
}

/// The conflicts, each in a line, as a check finds them.
pub(super) fn conflicts<'a>(meeting: &'a Meeting<'_>) -> impl Iterator<Item = String> + 'a {
    let conflicts = meeting.overlaps.iter().filter(|overlap| overlap.level == Level::Conflict);
    conflicts.map(|overlap| {
        let parties: Vec<String> =
            overlap.parties.iter().take(MOST).map(|party| party_line(party, &overlap.object)).collect();
        let more = more(overlap.parties.len(), "revisions").map(|more| format!(", {more}")).unwrap_or_default();
        format!("conflict: {}: {}{more}", overlap.object, parties.join(", "))
    })
}

/// The overlaps for programs.
pub(super) fn overlaps(meeting: &Meeting<'_>) -> Value {
    let party = |party: &Party<'_>| {
        let Party { head, revision, touch } = party;
        json!({
            "head": head.id,
            "revision": revision.id,
            "path": revision.path,
            "line": touch.line,
            "action": touch.way.word(),
            "kind": touch.object.kind.word(),
            "name": touch.object.full_name(),
        })
    };
    let overlaps = meeting.overlaps.iter().map(|overlap| {
        json!({
            "level": overlap.level.code(),
            "kind": overlap.object.kind.word(),
            "name": overlap.object.full_name(),
            "touches": overlap.parties.iter().map(party).collect::<Vec<_>>(),
        })
    });
    overlaps.collect()
}

/// The statements that are not understood, for programs.
pub(super) fn doubts(meeting: &Meeting<'_>) -> Value {
    let doubts = meeting.unclear.iter().map(|unclear| {
        let Unclear { head, revision, doubt } = unclear;
        json!({
            "head": head.id,
            "revision": revision.id,
            "path": revision.path,
            "line": doubt.line,
            "statement": doubt.statement,
            "reason": doubt.reason,
        })
    });
    doubts.collect()
}
