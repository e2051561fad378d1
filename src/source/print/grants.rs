//! What a table grants, as attributes of its struct.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{Grantee, ObjectName, Privilege, Schema, Table};

use super::Printer;
use super::attribute::{Node, quoted};
use super::objects::beyond_owner;
use crate::dialect::Dialect;

/// Who may do it, and whether they may pass it on.
type Terms = (Grantee, bool);

/// What a struct can say of a table's privileges: by column, all that somebody else than the owner has. `None` where
/// there is nothing to say, or more than attributes can.
pub(super) fn of_table(
    schema: &Schema,
    table: &ObjectName,
    dialect: &dyn Dialect,
) -> Option<BTreeMap<Terms, BTreeSet<Privilege>>> {
    let is_its = |access: &&rungs_schema::Access| access.word == "TABLE" && access.name() == table;
    let access = schema.access.iter().find(is_its)?;
    let mut found: BTreeMap<Terms, BTreeSet<Privilege>> = BTreeMap::new();
    for one in beyond_owner(access, dialect)? {
        // A model takes a role of this name for everybody.
        if matches!(&one.grantee, Grantee::Role(role) if role.eq_ignore_ascii_case("public")) {
            return None;
        }
        found.entry((one.grantee.clone(), one.grantable)).or_default().insert(one);
    }
    Some(found)
}

impl Printer<'_> {
    /// `grant(select, update(email); to = "app")`, for each role.
    pub(super) fn grants(&self, table: &Table) -> Vec<Node> {
        let grants = of_table(self.whole, &table.name, self.dialect).unwrap_or_default();
        let node = |((grantee, grantable), privileges): (Terms, BTreeSet<Privilege>)| {
            let to = match &grantee {
                Grantee::Role(role) => role.as_str(),
                Grantee::Owner | Grantee::Public => "public",
            };
            let mut nodes = self.privileges(table, &privileges);
            // The list is parted by a semicolon here.
            if let Some(Node::Leaf(last)) = nodes.last_mut() {
                last.push_str(&format!("; to = {}", quoted(to)));
            }
            if grantable {
                nodes.push(Node::word("with_grant_option"));
            }
            Node::list("grant", nodes)
        };
        grants.into_iter().map(node).collect()
    }

    fn privileges(&self, table: &Table, privileges: &BTreeSet<Privilege>) -> Vec<Node> {
        let mut whole: Vec<&str> = Vec::new();
        let mut parts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        // In the order of the columns.
        for one in privileges.iter().filter(|one| one.column.is_none()) {
            whole.push(&one.privilege);
        }
        for column in &table.columns {
            for one in privileges.iter().filter(|one| one.column.as_deref() == Some(&column.name)) {
                parts.entry(&one.privilege).or_default().push(self.column_word(table, &column.name));
            }
        }
        let words = whole.iter().map(|word| Node::word(&word.to_lowercase()));
        let lists =
            parts.iter().map(|(word, columns)| Node::Leaf(format!("{}({})", word.to_lowercase(), columns.join(", "))));
        words.chain(lists).collect()
    }
}
