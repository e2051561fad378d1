//! Drawing a graph of revisions in text, as `git log --graph` does. What stands beside each revision comes in as text.

use std::collections::HashMap;

use renderdag::{Ancestor, GraphRowRenderer, Renderer as _};

/// One revision of a drawing.
pub(super) struct Node<'a> {
    pub(super) id: &'a str,
    /// Those that are not in the drawing are hinted at.
    pub(super) parents: Vec<&'a str>,
    /// What stands in the lane.
    pub(super) glyph: char,
    /// What stands beside it, in one line or several.
    pub(super) text: String,
}

/// Draws the revisions, which come each before its parents.
pub(super) fn draw(nodes: &[Node<'_>]) -> String {
    let position: HashMap<&str, usize> = nodes.iter().enumerate().map(|(index, node)| (node.id, index)).collect();
    let mut renderer = GraphRowRenderer::new().output().with_min_row_height(1).build_ascii();
    let mut text = String::new();
    for (index, node) in nodes.iter().enumerate() {
        let mut parents: Vec<Ancestor<usize>> = Vec::with_capacity(node.parents.len());
        let drawn = node.parents.iter().filter_map(|parent| position.get(parent).copied());
        parents.extend(drawn.map(Ancestor::Parent));
        if parents.len() < node.parents.len() {
            parents.push(Ancestor::Anonymous);
        }
        let glyph = node.glyph.to_string();
        text.push_str(&renderer.next_row(index, parents, glyph, node.text.trim_end().to_owned()));
    }
    text
}
