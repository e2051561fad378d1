//! What a table is a part of: a partitioned table, or the tables that it inherits from.

use rungs_schema::{ObjectName, Table};

use crate::dialect::Statement;
use crate::dialect::postgres::qualified;

/// Takes the table out of what it was a partition of, and into what it will be one of.
pub(super) fn partition(previous: &Table, next: &Table) -> Vec<Statement> {
    let name = &next.name;
    let mut out = Vec::new();
    if let Some((parent, _)) = &previous.partition_of {
        let sql = format!("ALTER TABLE {} DETACH PARTITION {}", qualified(parent), qualified(name));
        out.push(Statement::new(sql, format!("takes {name} out of {parent}, with its rows")));
    }
    if let Some((parent, bound)) = &next.partition_of {
        let sql = format!("ALTER TABLE {} ATTACH PARTITION {} {bound}", qualified(parent), qualified(name));
        out.push(Statement::new(sql, format!("makes {name} a partition of {parent}, with its rows")));
    }
    out
}

/// The order of the parents counts: those behind the first that differs go, and come in their new order.
pub(super) fn inheritance(previous: &Table, next: &Table) -> Vec<Statement> {
    let kept = previous.inherits.iter().zip(&next.inherits).take_while(|(a, b)| a == b).count();
    let alter = |word: &str, parent: &ObjectName, comment: String| {
        Statement::new(format!("ALTER TABLE {} {word} {}", qualified(&next.name), qualified(parent)), comment)
    };
    let gone = previous.inherits[kept..].iter();
    let gone = gone.map(|parent| alter("NO INHERIT", parent, format!("cuts {} off from {parent}", next.name)));
    let come = next.inherits[kept..].iter();
    gone.chain(come.map(|parent| alter("INHERIT", parent, format!("lets {} inherit from {parent}", next.name))))
        .collect()
}
