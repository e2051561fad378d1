//! Attributes in rustfmt's layout.

/// What stands in an attribute: a word or pair, or a list with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// `auto_increment`, `length = 120`, `a desc`.
    Leaf(String),
    /// `columns(a, b)`.
    List(String, Vec<Node>),
}

/// How wide the inside of a list may be before its parts stand on lines of their own: rustfmt's
/// `attr_fn_like_width`.
const LIST_WIDTH: usize = 70;

/// How wide a line may be: rustfmt's `max_width`.
const LINE_WIDTH: usize = 100;

impl Node {
    /// A word alone.
    pub fn word(word: &str) -> Self {
        Self::Leaf(word.to_owned())
    }

    /// A word and a text.
    pub fn pair(word: &str, text: &str) -> Self {
        Self::Leaf(format!("{word} = {}", quoted(text)))
    }

    /// A word and a number.
    pub fn number(word: &str, number: impl std::fmt::Display) -> Self {
        Self::Leaf(format!("{word} = {number}"))
    }

    /// A word and what stands in its parentheses.
    pub fn list(word: &str, parts: Vec<Self>) -> Self {
        Self::List(word.to_owned(), parts)
    }

    fn flat(&self) -> String {
        match self {
            Self::Leaf(text) => text.clone(),
            Self::List(name, parts) => format!("{name}({})", flat(parts)),
        }
    }

    fn write(&self, indent: usize, out: &mut String) {
        match self {
            Self::List(name, parts) if flat(parts).chars().count() > LIST_WIDTH => {
                out.push_str(name);
                out.push('(');
                write_lines(parts, indent, out);
                out.push(')');
            }
            _ => out.push_str(&self.flat()),
        }
    }
}

fn flat(parts: &[Node]) -> String {
    parts.iter().map(Node::flat).collect::<Vec<_>>().join(", ")
}

fn write_lines(parts: &[Node], indent: usize, out: &mut String) {
    for (at, part) in parts.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(indent + 4));
        part.write(indent + 4, out);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
}

/// Attributes of this name, in which what belongs together stands on one line where it can.
pub fn attributes(name: &str, groups: Vec<Vec<Node>>, indent: usize) -> String {
    let mut lines: Vec<Vec<Node>> = Vec::new();
    for group in groups.into_iter().filter(|group| !group.is_empty()) {
        match lines.last_mut() {
            Some(line) if fits(line.iter().chain(&group)) => line.extend(group),
            _ => lines.push(group),
        }
    }
    lines.into_iter().map(|line| attribute(name, line, indent)).collect()
}

/// Whether these stand on one line.
pub fn fits<'a>(nodes: impl Iterator<Item = &'a Node>) -> bool {
    nodes.map(|node| node.flat().chars().count() + 2).sum::<usize>() <= LIST_WIDTH + 2
}

/// Attributes of this name, as many as it takes for each to fit on a line where it can. Empty for no parts.
pub fn attribute(name: &str, parts: Vec<Node>, indent: usize) -> String {
    let mut groups: Vec<Vec<Node>> = Vec::new();
    let mut width = 0;
    for part in parts {
        let own = part.flat().chars().count();
        match groups.last_mut() {
            Some(group) if width + 2 + own <= LIST_WIDTH => {
                width += 2 + own;
                group.push(part);
            }
            _ => {
                width = own;
                groups.push(vec![part]);
            }
        }
    }
    let mut out = String::new();
    for group in groups {
        out.push_str(&" ".repeat(indent));
        out.push_str("#[");
        let line = format!("{name}({})", flat(&group));
        let fits = indent + line.chars().count() + 3 <= LINE_WIDTH;
        match group.as_slice() {
            // A list alone is not indented twice.
            [Node::List(inner, parts)] if !fits || flat(parts).chars().count() > LIST_WIDTH => {
                out.push_str(&format!("{name}({inner}("));
                write_lines(parts, indent, &mut out);
                out.push_str("))");
            }
            [_] if fits => out.push_str(&line),
            _ => Node::List(name.to_owned(), group).write(indent, &mut out),
        }
        out.push_str("]\n");
    }
    out
}

/// A text as a Rust literal.
pub fn quoted(text: &str) -> String {
    format!("{text:?}")
}
