//! Ids and labels that are there more than once.

use std::collections::{BTreeMap, HashSet};

use petgraph::Direction as Towards;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use super::build::{Names, Ties, named};
use super::graph::Tie;
use crate::error::{RevisionFault, and};

pub(super) fn faults(names: &Names<'_>, graph: &Ties) -> Vec<RevisionFault> {
    let mut faults = ids(names);
    faults.extend(names.labels.keys().filter_map(|label| label_fault(names, graph, label)));
    faults
}

fn ids(names: &Names<'_>) -> Vec<RevisionFault> {
    if names.same_id.is_empty() {
        return Vec::new();
    }
    let mut named_in: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for revision in names.revisions {
        for tie in [Tie::Parent, Tie::Dependency] {
            let (_, wanted, line) = named(revision, tie);
            for name in wanted.iter().filter(|name| names.same_id.contains_key(name.as_str())) {
                named_in.entry(name).or_default().push(revision.place(line));
            }
        }
    }
    let fault = |(id, nodes): (&&str, &Vec<NodeIndex>)| {
        let mut others: Vec<String> = nodes.iter().map(|node| place_of_id(names, *node)).collect();
        let mut checksums = nodes.iter().map(|node| names.revision(*node).checksum());
        let first = checksums.next();
        let help = if checksums.all(|checksum| Some(checksum) == first) {
            "their SQL is the same: delete all files but one".to_owned()
        } else {
            let mut places = named_in.get(*id).cloned().unwrap_or_default();
            places.sort();
            let who = if places.is_empty() { String::new() } else { format!("; {id} is named in {}", and(&places)) };
            let rest = if nodes.len() == 2 { "the other one" } else { "each of the others" };
            format!("leave it to the one that databases have applied, and give {rest} a new id{who}")
        };
        RevisionFault::Duplicate { place: others.pop().unwrap_or_default(), id: (*id).to_owned(), others, help }
    };
    names.same_id.iter().map(fault).collect()
}

fn label_fault(names: &Names<'_>, graph: &Ties, label: &str) -> Option<RevisionFault> {
    let only = names.labels.get(label).map(std::slice::from_ref);
    let carriers = names.same_label.get(label).map(Vec::as_slice).or(only)?;
    let owner = names.ids.get(label);
    let (newest, older) = carriers.split_last()?;
    if owner.is_none() && older.is_empty() {
        return None;
    }
    let who = |node: &NodeIndex, place: String| format!("revision {} ({place})", names.revision(*node).id);
    let owned = owner.map(|node| who(node, place_of_id(names, *node)));
    let places: Vec<String> = carriers.iter().map(|node| place_of_labels(names, *node)).collect();
    let others = owned.into_iter().chain(older.iter().zip(&places).map(|(node, place)| who(node, place.clone())));
    let help = if owner.is_some() {
        format!("what is an id cannot be a label: call it differently in {}", and(&places))
    } else if descend_from_first(graph, carriers) {
        let first = &names.revision(carriers[0]).id;
        format!("all that descends from {first} has its labels: take `{label}` out of {}", and(&places[1..]))
    } else {
        format!(
            "one revision carries a label, for all that descend from it: leave `{label}` in one of {}",
            and(&places)
        )
    };
    Some(RevisionFault::DuplicateLabel {
        place: place_of_labels(names, *newest),
        label: label.to_owned(),
        others: others.collect(),
        help,
    })
}

fn descend_from_first(graph: &Ties, nodes: &[NodeIndex]) -> bool {
    let Some((first, others)) = nodes.split_first() else { return false };
    let mut seen: HashSet<NodeIndex> = HashSet::new();
    let mut stack = vec![*first];
    while let Some(node) = stack.pop() {
        if seen.insert(node) {
            let children = graph.edges_directed(node, Towards::Outgoing);
            stack.extend(children.filter(|edge| *edge.weight() == Tie::Parent).map(|edge| edge.target()));
        }
    }
    others.iter().all(|node| node != first && seen.contains(node))
}

fn place_of_id(names: &Names<'_>, node: NodeIndex) -> String {
    let revision = names.revision(node);
    revision.place(revision.lines.revision)
}

fn place_of_labels(names: &Names<'_>, node: NodeIndex) -> String {
    let revision = names.revision(node);
    revision.place(revision.lines.branch_labels)
}
