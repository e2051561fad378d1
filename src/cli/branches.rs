//! `migrate branches`.

use serde_json::{Value, json};

use super::record::{Record, line, whole};
use super::{Context, Outcome};
use crate::error::Error;
use crate::revision::{History, Revision};

/// Show where the history branches, and the lines of the branch labels.
#[derive(Debug, clap::Args)]
pub(super) struct Branches {
    /// Show everything that is known of each branch point
    #[arg(short, long)]
    verbose: bool,
}

impl Branches {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let points = history.branch_points();
        let labels = labels(context, &history)?;
        let mut parts: Vec<String> = points.iter().map(|point| self.point(point, &history)).collect();
        if !labels.is_empty() {
            parts.push(labels.iter().map(Label::text).collect());
        }
        let points: Vec<_> = points.into_iter().map(|point| described(point, &history)).collect();
        let labels: Vec<_> = labels.iter().map(Label::value).collect();
        let is_empty = parts.is_empty();
        context.ui.data(parts.join("\n"), &json!({ "branch_points": points, "labels": labels }));
        if is_empty {
            context.ui.progress("the history has no branches and no labels");
        }
        Ok(Outcome::Fine)
    }

    fn point(&self, point: &Revision, history: &History) -> String {
        let mut text = if self.verbose { whole(point, history, None) } else { line(point, history) };
        text.truncate(text.trim_end().len());
        text.push('\n');
        for child in history.children(&point.id) {
            text.push_str(&format!("    -> {}\n", line(child, history)));
        }
        text
    }
}

/// A branch label, or a branch of the configuration that no revision has begun.
struct Label {
    label: String,
    carrier: Option<String>,
    base: Option<String>,
    heads: Vec<String>,
    folder: String,
}

impl Label {
    fn text(&self) -> String {
        let line = match &self.base {
            Some(base) => format!("from {base} to {}", self.heads.join(", ")),
            None => "no revision yet".to_owned(),
        };
        format!("[{}] {line}, in {}\n", self.label, self.folder)
    }

    fn value(&self) -> Value {
        let Self { label, carrier, base, heads, folder } = self;
        json!({ "label": label, "revision": carrier, "base": base, "heads": heads, "migrations": folder })
    }
}

fn labels(context: &Context, history: &History) -> Result<Vec<Label>, Error> {
    let branches = &context.config()?.branches;
    let mut labels: Vec<Label> = Vec::new();
    for line in history.lines() {
        let folder = match branches.get(line.label) {
            Some(branch) => context.shown(&branch.migrations),
            None => line.carrier.path.parent().map(|folder| context.shown(folder)).unwrap_or_default(),
        };
        labels.push(Label {
            label: line.label.to_owned(),
            carrier: Some(line.carrier.id.clone()),
            base: Some(line.base.id.clone()),
            heads: line.heads.iter().rev().map(|head| head.id.clone()).collect(),
            folder,
        });
    }
    for (label, branch) in
        branches.iter().filter(|(label, _)| labels.iter().all(|known| known.label != **label)).collect::<Vec<_>>()
    {
        let folder = context.shown(&branch.migrations);
        labels.push(Label { label: label.clone(), carrier: None, base: None, heads: Vec::new(), folder });
    }
    labels.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(labels)
}

fn described(point: &Revision, history: &History) -> Value {
    let mut value = serde_json::to_value(Record::new(point)).unwrap_or_default();
    value["children"] = history.children(&point.id).iter().map(|child| json!(child.id)).collect();
    value
}
