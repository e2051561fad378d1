//! The words that point into the history.

use std::fmt;
use std::str::FromStr;

use crate::error::RevisionError;

/// A place in the history, as a person writes it: `[label@](id|head|heads|base|current)[+n|-n]`, or a bare `+n` or `-n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The branch that it is restricted to: a label, or a revision on the line that is meant.
    pub branch: Option<String>,
    /// Where the steps are counted from.
    pub point: Point,
    /// Steps along one line: towards the heads where positive, towards the base where negative.
    pub steps: i64,
}

/// Where the steps of a target are counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// Where bare steps are counted from: what is applied now or, in a [`Range`](super::Range), its other end.
    Here,
    /// What is applied now (`current`).
    Current,
    /// The only head.
    Head,
    /// All heads.
    Heads,
    /// Before the first revision.
    Base,
    /// A revision: its id, the beginning of it, or a label that it carries.
    Revision(String),
}

impl Target {
    /// Understands a target.
    ///
    /// # Errors
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, RevisionError> {
        let fault = |reason: &str| RevisionError::Malformed { text: text.to_owned(), reason: reason.to_owned() };
        if text.is_empty() {
            return Err(fault("it is empty"));
        }
        if text.contains(':') {
            return Err(fault("a range has no place here"));
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(fault("it has a blank in it"));
        }
        let (branch, rest) = match text.split_once('@') {
            Some(("", _)) => return Err(fault("there is no label before the @")),
            Some((_, "")) => return Err(fault("nothing follows the @")),
            Some((_, rest)) if rest.contains('@') => return Err(fault("it has more than one @")),
            Some((branch, rest)) => (Some(branch.to_owned()), rest),
            None => (None, text),
        };
        let (word, steps) = split_steps(rest).ok_or_else(|| fault("the number of steps is too large"))?;
        if word.contains('+') {
            return Err(fault("after a + or - comes a number of steps"));
        }
        let point = match word {
            "" => Point::Here,
            "current" => Point::Current,
            "head" => Point::Head,
            "heads" => Point::Heads,
            "base" => Point::Base,
            other => Point::Revision(other.to_owned()),
        };
        Ok(Self { branch, point, steps })
    }

    /// All heads.
    pub fn heads() -> Self {
        Self { branch: None, point: Point::Heads, steps: 0 }
    }

    /// Before the first revision.
    pub fn base() -> Self {
        Self { branch: None, point: Point::Base, steps: 0 }
    }

    /// Whether what it means hangs on what is applied.
    pub fn reads_ledger(&self) -> bool {
        matches!(self.point, Point::Here | Point::Current)
    }

    /// A revision.
    pub fn revision(id: impl Into<String>) -> Self {
        Self { branch: None, point: Point::Revision(id.into()), steps: 0 }
    }
}

impl FromStr for Target {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, RevisionError> {
        Self::parse(text)
    }
}

/// Cuts `+2` or `-1` off the end. Labels may have a `-` in them, but never before a number alone. `None` when the
/// number is too large.
fn split_steps(text: &str) -> Option<(&str, i64)> {
    let digits = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (head, number) = text.split_at(text.len() - digits);
    match head.chars().next_back() {
        Some(sign @ ('+' | '-')) if digits > 0 => {
            let count: i64 = number.parse().ok().filter(|count| *count <= i64::from(u32::MAX))?;
            Some((&head[..head.len() - 1], if sign == '+' { count } else { -count }))
        }
        _ => Some((text, 0)),
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(branch) = &self.branch {
            write!(f, "{branch}@")?;
        }
        match &self.point {
            Point::Here if self.steps == 0 => write!(f, "+0")?,
            Point::Here => {}
            Point::Current => write!(f, "current")?,
            Point::Head => write!(f, "head")?,
            Point::Heads => write!(f, "heads")?,
            Point::Base => write!(f, "base")?,
            Point::Revision(id) => write!(f, "{id}")?,
        }
        if self.steps == 0 { Ok(()) } else { write!(f, "{:+}", self.steps) }
    }
}
