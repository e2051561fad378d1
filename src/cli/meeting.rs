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
            "no database is configured that says for which engine the SQL is: whether the lines touch the same things \
             is not told",
        );
    };
    let meeting = Meeting::of(history, heads, url.dialect_name());
    if meeting.is_empty() {
        context.ui.progress("the lines touch different things: their order does not matter");
    }
    tell(&context.ui, &meeting, |_| true);
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
    tell(ui, &meeting, |level| level > Level::SameTable);
}

/// What a check tells besides the conflicts, which it finds: of what is still to be applied all that matters, of the rest
/// that it is there, since here its order is settled.
pub(super) fn beside_conflicts(ui: &Ui, meeting: &Meeting<'_>, next: &Meeting<'_>) {
    tell(ui, next, |level| level == Level::OrderMatters);
    let settled = meeting.overlaps.iter().filter(|one| one.level > Level::SameTable && !next.overlaps.contains(one));
    let names: Vec<String> = settled.map(|overlap| overlap.object.to_string()).collect();
    if !names.is_empty() {
        let more = more(names.len(), "objects").map(|more| format!(", {more}")).unwrap_or_default();
        ui.progress(format!(
            "applied here, by lines that know nothing of each other: {}{more} (`migrate check --format json` says what)",
            names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ")
        ));
    }
}

/// Tells what of it is wanted: that lines only touch the same table is not worth it where nobody has asked.
fn tell(ui: &Ui, meeting: &Meeting<'_>, wanted: impl Fn(Level) -> bool) {
    let text = text(meeting, &wanted);
    let is_warning = meeting.overlaps.iter().any(|overlap| overlap.level > Level::SameTable && wanted(overlap.level));
    if is_warning {
        ui.warning(text);
    } else {
        ui.progress(text);
    }
    for line in advice(meeting) {
        ui.progress(format!("help: {line}"));
    }
}

/// How many objects, and how many revisions of one, are listed.
const MOST: usize = 12;

/// What is found, a line a revision.
fn text(meeting: &Meeting<'_>, wanted: &impl Fn(Level) -> bool) -> String {
    let shown: Vec<&Overlap<'_>> = meeting.overlaps.iter().filter(|overlap| wanted(overlap.level)).collect();
    let mut lines: Vec<String> = headline(&shown).into_iter().collect();
    for overlap in shown.iter().take(MOST) {
        lines.push(format!("  {}: {}", overlap.level.word(), overlap.object));
        let parties = overlap.parties.iter().take(MOST);
        lines.extend(parties.map(|party| format!("    {}", party_line(party, &overlap.object))));
        lines.extend(more(overlap.parties.len(), "touches").map(|line| format!("    {line}")));
    }
    lines.extend(more(shown.len(), "objects").map(|line| format!("  {line}")));
    if !meeting.unclear.is_empty() {
        lines.push("what these statements touch cannot be told".to_owned());
        lines.extend(meeting.unclear.iter().take(MOST).map(|unclear| format!("  {}", unclear_line(unclear))));
        lines.extend(more(meeting.unclear.len(), "statements").map(|line| format!("  {line}")));
    }
    lines.join("\n")
}

/// Whose lines they are.
fn headline(shown: &[&Overlap<'_>]) -> Option<String> {
    let mut heads: Vec<&str> = Vec::new();
    for party in shown.iter().flat_map(|overlap| &overlap.parties) {
        if !heads.contains(&party.head.id.as_str()) {
            heads.push(&party.head.id);
        }
    }
    let lines = match heads.as_slice() {
        [] => return None,
        [one, other] => format!("the lines of {one} and {other}"),
        several => format!("{} lines", several.len()),
    };
    Some(format!("{lines} know nothing of each other, and touch the same things"))
}

fn more(count: usize, what: &str) -> Option<String> {
    (count > MOST).then(|| format!("and {} more {what}", count - MOST))
}

/// `a1 adds it (migrations/a.sql:9)`
fn party_line(party: &Party<'_>, object: &Object) -> String {
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
        Way::RenamedFrom(old) if is_part => {
            format!("renames {} {old} to {}", touch.object.kind.word(), touch.object.name.name)
        }
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
fn advice(meeting: &Meeting<'_>) -> Vec<String> {
    let parties = || meeting.overlaps.iter().filter(|one| one.level > Level::SameTable).flat_map(|one| &one.parties);
    let mut lines = Vec::new();
    if let Some(rebuild) = parties().find(|party| party.touch.way == Way::Rebuilt) {
        lines.push(format!(
            "{} replaces {} by a new one: where another line has added columns or indexes by then, it is refused; \
             let it run first, or write them into its new table",
            rebuild.revision.id, rebuild.touch.object
        ));
    }
    if meeting.level() == Some(Level::Conflict) {
        lines.push(
            "a conflict has to be settled in the SQL of a revision that no shared database has applied yet".to_owned(),
        );
    }
    if meeting.level() > Some(Level::SameTable) {
        lines.push(
            "where one revision has to come first, name it in `depends_on` of the other: a merge sets no order between \
             its lines"
                .to_owned(),
        );
    }
    lines
}

/// The conflicts, each in a line, as a check finds them.
pub(super) fn conflicts<'a>(meeting: &'a Meeting<'_>) -> impl Iterator<Item = String> + 'a {
    let conflicts = meeting.overlaps.iter().filter(|overlap| overlap.level == Level::Conflict);
    conflicts.map(|overlap| {
        let parties: Vec<String> =
            overlap.parties.iter().take(MOST).map(|party| party_line(party, &overlap.object)).collect();
        let more = more(overlap.parties.len(), "touches").map(|more| format!(", {more}")).unwrap_or_default();
        format!("conflict: {}: {}{more}", overlap.object, parties.join(", "))
    })
}

/// The overlaps for programs.
pub(super) fn overlaps(meeting: &Meeting<'_>, applied: &BTreeSet<String>) -> Value {
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
            "applied": applied.contains(&revision.id),
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
