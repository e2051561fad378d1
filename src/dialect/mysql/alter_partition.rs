//! Partitions of a table that stays. Adding, splitting and merging some of them touches only their rows; everything else
//! builds the whole table again, and keeps its rows too: the server refuses when one would have no partition.
//! See <https://dev.mysql.com/doc/refman/9.4/en/alter-table-partition-operations.html>.

use super::alter::{Alteration, Clauses};
use super::token::{Kind, Token, tokens};
use crate::dialect::Statement;
use crate::diff::change::Edit;

impl Alteration<'_> {
    fn partitions_change(&self) -> bool {
        let (previous, next) = self.option("partition");
        previous != next && self.change.edits.contains(&Edit::Options) && !self.settled.contains("partition")
    }

    fn partition_steps(&self) -> Option<Vec<String>> {
        match self.option("partition") {
            (Some(previous), Some(next)) => Partitions::read(previous).steps_to(&Partitions::read(next)),
            _ => None,
        }
    }

    /// The main statement. Where the whole table is partitioned anew it says so itself: the key, say, may change in a way
    /// that fits only the new partitions.
    pub(super) fn with_partitions(&self, clauses: Clauses) -> Option<Statement> {
        if !self.partitions_change() || self.partition_steps().is_some() {
            return self.statement(clauses);
        }
        let mut clauses = clauses;
        let clause = self.option("partition").1.unwrap_or("REMOVE PARTITIONING");
        clauses.comment(format!("changes the partitions of {}", self.next().name));
        self.statement_with(clauses, Some(clause))
    }

    /// Steps that change some partitions; the server takes none of them together with anything else.
    pub(super) fn partitions_in_place(&self) -> Vec<Statement> {
        let steps = if self.partitions_change() { self.partition_steps() } else { None };
        let statement = |step: String| {
            let mut clauses = Clauses::default();
            clauses.add(step, format!("changes partitions of {}", self.next().name));
            self.statement(clauses)
        };
        steps.into_iter().flatten().filter_map(statement).collect()
    }
}

/// How a table is partitioned.
#[derive(Debug)]
struct Partitions<'a> {
    /// By what: all up to the list of partitions, word by word.
    header: Vec<&'a str>,
    /// The partitions, as they are written.
    list: Vec<&'a str>,
}

impl<'a> Partitions<'a> {
    fn read(text: &'a str) -> Self {
        let found = tokens(text);
        let opens = |index: usize| {
            found[index].is_symbol("(") && found.get(index + 1).is_some_and(|next| next.is_word("PARTITION"))
        };
        let start = (0..found.len()).find(|index| opens(*index)).unwrap_or(found.len());
        let header = found[..start].iter().map(|token| token.text).collect();
        let list = found.get(start + 1..).map(|inside| split(text, inside)).unwrap_or_default();
        Self { header, list }
    }

    /// What to do one after the other, where not the whole table has to be partitioned anew.
    fn steps_to(&self, next: &Self) -> Option<Vec<String>> {
        let is = |word: &str| self.header.get(2).is_some_and(|found| found.eq_ignore_ascii_case(word));
        let (ranges, lists) = (is("RANGE"), is("LIST"));
        if self.header != next.header || self.list.is_empty() || next.list.is_empty() || !(ranges || lists) {
            return None;
        }
        let (old, new) = (&self.list, &next.list);
        let mut first = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let rest = old.len().min(new.len()) - first;
        let mut last = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        if first == old.len() {
            return Some(vec![format!("ADD PARTITION ({})", new[first..].join(",\n  "))]);
        }
        let same_end = |last: usize| {
            let end = |list: &[&'a str]| list.get(list.len() - last - 1).and_then(|one| bound(one));
            end(old) == end(new)
        };
        // A neighbour lends its place where there is nothing on one side, or where the last bound is another one.
        let is_empty = |first: usize, last: usize| first + last == old.len() || first + last == new.len();
        if is_empty(first, last) || (ranges && !same_end(last)) {
            if last > 0 {
                last -= 1;
            } else if lists && first > 0 {
                first -= 1;
            } else {
                return None;
            }
        }
        let names: Option<Vec<&str>> = old[first..old.len() - last].iter().map(|one| name(one)).collect();
        let into = new[first..new.len() - last].join(",\n  ");
        Some(vec![format!("REORGANIZE PARTITION {} INTO (\n  {into})", names?.join(", "))])
    }
}

/// The parts between the commas outside of parentheses, up to the parenthesis that closes.
fn split<'a>(text: &'a str, inside: &[Token<'a>]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, inside.first().map(|token| token.start));
    let mut end = start.unwrap_or_default();
    for token in inside {
        let closes = depth == 0 && token.is_symbol(")");
        if closes || (depth == 0 && token.is_symbol(",")) {
            parts.extend(start.map(|start| &text[start..end]));
            start = None;
            if closes {
                break;
            }
            continue;
        }
        start = start.or(Some(token.start));
        end = token.end();
        match token.text {
            "(" if token.kind == Kind::Symbol => depth += 1,
            ")" if token.kind == Kind::Symbol => depth -= 1,
            _ => {}
        }
    }
    parts
}

/// The name of a partition, as it is written.
fn name(partition: &str) -> Option<&str> {
    tokens(partition).get(1).map(|token| token.text)
}

/// Where a range ends.
fn bound(partition: &str) -> Option<Vec<String>> {
    let found = tokens(partition);
    let start = found.iter().position(|token| token.is_word("THAN"))?;
    let words =
        found[start + 1..].iter().take_while(|token| !["ENGINE", "COMMENT"].iter().any(|word| token.is_word(word)));
    Some(words.map(|token| token.text.to_ascii_lowercase()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(previous: &str, next: &str) -> Option<Vec<String>> {
        let text = |list: &str| format!("PARTITION BY RANGE (`a`)\n({list})");
        Partitions::read(&text(previous)).steps_to(&Partitions::read(&text(next)))
    }

    #[test]
    fn a_partition_at_the_end_is_added() {
        let (a, b) = ("PARTITION a VALUES LESS THAN (1) ENGINE = InnoDB", "PARTITION b VALUES LESS THAN (2)");
        assert_eq!(steps(a, &format!("{a},\n {b}")), Some(vec![format!("ADD PARTITION ({b})")]));
    }

    #[test]
    fn one_that_goes_leaves_its_rows_to_the_next() {
        let (a, b, c) = (
            "PARTITION a VALUES LESS THAN (1)",
            "PARTITION b VALUES LESS THAN (2)",
            "PARTITION c VALUES LESS THAN (3)",
        );
        let wanted = format!("REORGANIZE PARTITION a, b INTO (\n  {b})");
        assert_eq!(steps(&format!("{a}, {b}, {c}"), &format!("{b}, {c}")), Some(vec![wanted]));
        assert_eq!(steps(&format!("{a}, {b}, {c}"), &format!("{a}, {b}")), None);
    }
}
