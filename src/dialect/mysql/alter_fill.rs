//! Values for rows that are there, before a column becomes NOT NULL: the server would fill in zeros by itself.

use rungs_schema::{Column, Generated, Table};

use super::alter::{Alteration, Altered, Clauses};
use super::order::place;
use super::token::tokens;
use crate::dialect::{Dialect as _, Statement};

impl Alteration<'_> {
    /// What gives rows their values before a column becomes NOT NULL: the server would fill in zeros by itself.
    pub(super) fn fill(&mut self) -> Vec<Statement> {
        let added: Vec<_> =
            self.created.iter().copied().filter(|(column, backfill)| needs_filling(column, *backfill)).collect();
        let tightened: Vec<_> = self
            .altered
            .iter()
            .copied()
            .filter(|altered| altered.previous.nullable && !altered.next.nullable)
            .filter_map(|altered| Some((altered, filling(&altered)?)))
            .collect();
        if added.is_empty() && tightened.is_empty() && self.freed.is_empty() {
            return Vec::new();
        }
        let mut clauses = Clauses::default();
        self.rename_early(&mut clauses);
        let names: Vec<String> = added.iter().map(|(column, _)| column.name.clone()).collect();
        let target = self.target();
        let mut order = std::mem::take(&mut self.order);
        let placements = place(&mut order, &target, &names, false);
        self.order = order;
        for placement in &placements {
            let Some((column, _)) = added.iter().find(|(column, _)| column.name == placement.column) else { continue };
            let relaxed = Column { nullable: true, ..(*column).clone() };
            // Checks wait for the values too.
            let bare = Table { checks: Vec::new(), ..self.next().clone() };
            let definition = self.dialect.column_definition(&bare, &relaxed, self.collation_changes());
            clauses.add(
                format!("ADD COLUMN {} {definition}{}", self.dialect.quote(&column.name), self.position(placement)),
                format!("adds column {}", self.place_name(&column.name)),
            );
        }
        for (altered, name) in &self.freed {
            let relaxed = Column { nullable: true, default: None, on_update: None, ..altered.next.clone() };
            let bare = Table { checks: Vec::new(), ..self.next().clone() };
            let definition = self.dialect.column_definition(&bare, &relaxed, self.collation_changes());
            let comment = format!("adds a column for the values of {}", self.place_name(&altered.next.name));
            clauses.add(format!("ADD COLUMN {} {definition}", self.dialect.quote(name)), comment);
        }
        let mut statements: Vec<_> = self.statement(clauses).into_iter().collect();
        for (altered, name) in &self.freed {
            let column = self.dialect.quote(&altered.next.name);
            statements.push(self.update(name, Some(&column), false));
        }
        for (column, backfill) in &added {
            statements.push(self.update(&column.name, *backfill, false));
            if !column.nullable || self.has_check(&column.name) {
                self.rewritten.insert(column.name.clone());
            }
        }
        statements.extend(tightened.iter().map(|(altered, value)| self.update(&altered.next.name, Some(value), true)));
        self.created.retain(|(column, _)| !names.contains(&column.name));
        statements
    }

    fn has_check(&self, column: &str) -> bool {
        self.next().checks.iter().any(|check| check.column.as_deref() == Some(column))
    }

    /// A backfill speaks of columns by their new names.
    ///
    /// MySQL renames no column that a check or a generated column reads, unless the one goes and the other is written
    /// again in the same statement. <https://dev.mysql.com/doc/refman/en/create-table-check-constraints.html>
    fn rename_early(&mut self, clauses: &mut Clauses) {
        let renames: Vec<_> =
            self.altered.iter().filter(|altered| altered.previous.name != altered.next.name).copied().collect();
        let reading = if self.dialect.is_mariadb() { Vec::new() } else { self.drop_what_reads(&renames, clauses) };
        for altered in renames {
            if reading.contains(&altered.previous.name) {
                self.renamed.insert(altered.next.name.clone());
                continue;
            }
            let (old, new) = (self.dialect.quote(&altered.previous.name), self.dialect.quote(&altered.next.name));
            let clause = if self.dialect.abilities.rename_column {
                format!("RENAME COLUMN {old} TO {new}")
            } else {
                let bare = Table { checks: Vec::new(), ..(*self.change.previous).clone() };
                format!("CHANGE COLUMN {old} {new} {}", self.dialect.column_definition(&bare, altered.previous, false))
            };
            clauses.add(clause, self.rename_comment(&altered));
            self.renamed.insert(altered.next.name.clone());
        }
    }

    /// Drops checks that read a column of another name, and gives generated columns that do the new names. Gives back the
    /// names of these.
    fn drop_what_reads(&mut self, renames: &[Altered<'_>], clauses: &mut Clauses) -> Vec<String> {
        let mut reading = Vec::new();
        let previous = &self.change.previous;
        for check in previous.checks.iter().filter(|check| check.column.is_none()) {
            if let Some(name) = &check.name
                && self.renamed_in(&check.expression, renames) != check.expression
            {
                self.drop_check(clauses, name);
                self.early_checks.insert(name.clone());
            }
        }
        let bare = Table { checks: Vec::new(), ..(**previous).clone() };
        for column in &previous.columns {
            let Some(generated) = &column.generated else { continue };
            let mut moved = column.clone();
            let expression = self.renamed_in(&generated.expression, renames);
            if expression == generated.expression {
                continue;
            }
            moved.generated = Some(Generated { expression, ..generated.clone() });
            let definition = self.dialect.column_definition(&bare, &moved, false);
            let (old, new) = (&column.name, self.name_after(column));
            let clause = format!("CHANGE COLUMN {} {} {definition}", self.dialect.quote(old), self.dialect.quote(&new));
            clauses.add(clause, format!("lets {} read the new names", self.place_name(&new)));
            reading.push(old.clone());
        }
        reading
    }

    /// An expression in the server's words, by the new names.
    fn renamed_in(&self, expression: &str, renames: &[Altered<'_>]) -> String {
        let (mut text, mut at) = (String::new(), 0);
        for token in tokens(expression) {
            let renamed = renames.iter().find(|altered| self.dialect.quote(&altered.previous.name) == token.text);
            if let Some(altered) = renamed {
                text.push_str(&expression[at..token.start]);
                text.push_str(&self.dialect.quote(&altered.next.name));
                at = token.end();
            }
        }
        text.push_str(&expression[at..]);
        text
    }

    pub(super) fn rename_comment(&self, altered: &Altered<'_>) -> String {
        format!("renames column {} to {}", self.place_name(&altered.previous.name), altered.next.name)
    }

    fn update(&self, column: &str, backfill: Option<&str>, only_null: bool) -> Statement {
        let quoted = self.dialect.quote(column);
        let mut sql =
            format!("UPDATE {} SET {quoted} = {}", self.dialect.object(&self.next().name), backfill.unwrap_or("NULL"));
        // A column that notes the last update keeps what it says: nobody has edited the row.
        for noted in self.change.previous.columns.iter().filter(|noted| noted.on_update.is_some()) {
            let name = self.name_after(noted);
            if name != column && self.order.contains(&name) {
                let name = self.dialect.quote(&name);
                sql.push_str(&format!(", {name} = {name}"));
            }
        }
        if only_null {
            sql.push_str(&format!(" WHERE {quoted} IS NULL"));
        }
        let place = self.place_name(column);
        let statement = Statement::new(sql, format!("fills {place} in the rows that are there"));
        match backfill {
            Some(_) => statement,
            None => statement.needing_edit(format!(
                "{place} is NOT NULL and has no default: write the value for the rows that are there in place of NULL"
            )),
        }
    }
}

/// What rows without a value get in a column that takes no NULL any more: what is said, or its default.
fn filling(altered: &Altered<'_>) -> Option<String> {
    if altered.previous.generated.is_some() || altered.next.generated.is_some() {
        return None;
    }
    altered.backfill.map(ToOwned::to_owned).or_else(|| altered.next.default.as_ref().map(|text| format!("({text})")))
}

fn needs_filling(column: &Column, backfill: Option<&str>) -> bool {
    // A column that numbers or computes itself fills itself, and a number needs its key at once.
    if column.auto_increment.is_some() || column.generated.is_some() {
        return false;
    }
    backfill.is_some() || (!column.nullable && column.default.is_none())
}
