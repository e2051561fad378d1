//! SQLite: what a rebuild would take along unseen.
//!
//! A rebuild puts a new table in the place of the old one. Whoever wrote it knew the table as it was then: a column, index
//! or trigger that another line of revisions has added since goes with the old table, without a word. So the table that is
//! about to go is looked at, and what it has and the file does not name stops the revision.
//! <https://www.sqlite.org/lang_altertable.html#otheralter>

use std::collections::BTreeSet;

use super::executor::Runner;
use super::prepare::Prepared;
use crate::db::Connection;
use crate::error::DbError;
use rungs_schema::DialectName;

/// A table that goes, and the one that takes its place; in upper case, as SQLite does not mind.
struct Rebuild {
    old: String,
    new: String,
}

impl Rebuild {
    /// The rebuild whose old table a statement drops: a later statement gives the new one its name, or an earlier one has
    /// taken the name from it.
    fn ended_by(step: &Prepared<'_>, index: usize) -> Option<Self> {
        let words = |index: usize| step.pieces[index].names(DialectName::Sqlite, 6);
        let dropped = words(index);
        let dropped: Vec<&str> = dropped.iter().map(String::as_str).collect();
        let old = match dropped.as_slice() {
            ["DROP", "TABLE", "IF", "EXISTS", name, ..] | ["DROP", "TABLE", name, ..] => (*name).to_owned(),
            _ => return None,
        };
        let renamed = |index: usize| match words(index).as_slice() {
            [alter, table, from, rename, to, name]
                if [alter, table, rename, to].map(String::as_str) == ["ALTER", "TABLE", "RENAME", "TO"] =>
            {
                Some((from.clone(), name.clone()))
            }
            _ => None,
        };
        let later = (index + 1..step.pieces.len()).filter_map(renamed).find(|(_, name)| *name == old);
        let earlier = || (0..index).rev().filter_map(renamed).find(|(_, name)| *name == old);
        let new = later.map(|(from, _)| from).or_else(|| earlier().map(|(from, _)| from))?;
        Some(Self { old, new })
    }
}

/// What a script has to look at before a statement drops an old table.
pub(super) struct Unseen {
    /// The table.
    pub(super) table: String,
    /// A query for what would be lost with it.
    pub(super) query: String,
}

/// The same look as [`Runner::look_before_drop`], for a script: which names the file has is known, which the table has is
/// not. What is a word to [`names`] is one here, but for names with blanks: those count where they are in quotes.
pub(super) fn unseen_sql(step: &Prepared<'_>, index: usize) -> Option<Unseen> {
    if step.pieces.is_empty() {
        return None;
    }
    let rebuild = Rebuild::ended_by(step, index)?;
    let text = text_of(step).to_ascii_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let words = text.split(|c| !is_part(c)).filter(|word| !word.is_empty());
    let in_quotes = ['"', '`', '\''].into_iter().flat_map(|quote| text.split(quote));
    let in_quotes = in_quotes.chain(text.split(['[', ']'])).filter(|part| part.contains(|c| !is_part(c)));
    let in_quotes = in_quotes.filter(|part| !part.contains(['\n', ',', '(', ';']));
    let known: BTreeSet<String> = words.chain(in_quotes).map(literal).collect();
    let known: Vec<String> = known.into_iter().collect();
    let query = format!(
        "SELECT kind || ' ' || name FROM ({}) WHERE lower(name) NOT IN ({})",
        there_sql(&rebuild),
        known.join(", ")
    );
    Some(Unseen { table: rebuild.old.to_lowercase(), query })
}

/// All SQL of a revision, in which a name counts as known.
fn text_of(step: &Prepared<'_>) -> String {
    let sections = step.revision.up.iter().chain(&step.revision.down);
    sections.map(|section| section.text.clone() + "\n").collect()
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Runner<'_> {
    /// Refuses a statement that drops more than its file knows.
    pub(super) async fn look_before_drop(&mut self, step: &Prepared<'_>, index: usize) -> Result<(), DbError> {
        if !self.is_sqlite() {
            return Ok(());
        }
        let Some(rebuild) = Rebuild::ended_by(step, index) else { return Ok(()) };
        let text = text_of(step).to_lowercase();
        let mut unseen = there(self.connection, &rebuild).await?;
        unseen.retain(|(_, name)| !names(&text, &name.to_lowercase()));
        let Some((_, first)) = unseen.first() else { return Ok(()) };
        let list: Vec<String> = unseen.iter().map(|(kind, name)| format!("{kind} {name}")).collect();
        Err(DbError::Statement {
            reason: format!(
                "table {} has what this revision does not know, and would lose it with the old table: {}",
                rebuild.old.to_lowercase(),
                list.join(", ")
            ),
            code: None,
            sql: step.pieces[index].sql.to_owned(),
            position: None,
            help: Some(format!(
                "write it into the new table; what is to be lost, name in a comment of the section (`-- without {first}`)"
            )),
        })
    }
}

/// What the old table has and the new one has not; indexes and triggers have yet to be created on it.
async fn there(connection: &mut Connection, rebuild: &Rebuild) -> Result<Vec<(String, String)>, DbError> {
    let rows = connection.query(&there_sql(rebuild)).await?;
    rows.iter().map(|row| Ok((row.text("kind")?.to_owned(), row.text("name")?.to_owned()))).collect()
}

fn there_sql(rebuild: &Rebuild) -> String {
    let (old, new) = (literal(&rebuild.old), literal(&rebuild.new));
    format!(
        "SELECT 'column' AS kind, name FROM pragma_table_xinfo({old}) \
         WHERE lower(name) NOT IN (SELECT lower(name) FROM pragma_table_xinfo({new})) \
         UNION ALL \
         SELECT type, name FROM sqlite_schema \
         WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND upper(tbl_name) = {old}"
    )
}

/// Whether a text has a name as a word of its own.
fn names(text: &str, name: &str) -> bool {
    let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name)
        .any(|(at, _)| !is_inside(text[..at].chars().next_back()) && !is_inside(text[at + name.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_is_a_word() {
        assert!(names("select \"nick name\", id", "nick name"));
        assert!(names("id, nick", "nick"));
        assert!(!names("nickname, nick_name", "nick"));
    }
}
