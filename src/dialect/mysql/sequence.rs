//! Sequences (MariaDB).
//! See <https://mariadb.com/docs/server/reference/sql-structure/sequences/alter-sequence>.

use rungs_schema::Sequence;

use super::Mysql;
use super::ddl::outermost;
use super::render::rename;
use crate::dialect::{Dialect as _, Statement};
use crate::diff::change::Delta;
use crate::error::PlanError;

pub(super) fn render(dialect: &Mysql, delta: &Delta<Sequence>) -> Result<Vec<Statement>, PlanError> {
    if !dialect.abilities.sequences {
        let name = delta.next().or(delta.previous()).map(|one| one.name.to_string()).unwrap_or_default();
        let help = "use AUTO_INCREMENT, or keep the counter in a table";
        return Err(dialect.unsupported(format!("keep sequence {name}"), Some(help)));
    }
    Ok(match delta {
        Delta::Create { next } => {
            let sql = format!("CREATE SEQUENCE {}{}", dialect.object(&next.name), options(dialect, next, false));
            vec![Statement::new(sql, format!("creates sequence {}", next.name))]
        }
        Delta::Drop { previous } => {
            let sql = format!("DROP SEQUENCE {}", dialect.object(&previous.name));
            vec![
                Statement::new(sql, format!("drops sequence {}", previous.name))
                    .losing(format!("sequence {} and where it stands", previous.name)),
            ]
        }
        Delta::Alter { previous, next } => {
            let mut statements = Vec::new();
            if previous.name != next.name {
                statements.push(rename(dialect, &previous.name, &next.name, "sequence"));
            }
            statements.extend(altered(dialect, previous, next));
            statements
        }
    })
}

/// With `all`, what is the server's default is said too.
fn options(dialect: &Mysql, sequence: &Sequence, all: bool) -> String {
    let mut text = String::new();
    let mut add = |part: Option<String>, default: &str| match part {
        Some(part) => text.push_str(&format!(" {part}")),
        None if all && !default.is_empty() => text.push_str(&format!(" {default}")),
        None => {}
    };
    add(sequence.ty.as_ref().map(|ty| format!("AS {ty}")), "");
    add(sequence.increment.map(|step| format!("INCREMENT BY {step}")), "INCREMENT BY 1");
    // `NO MINVALUE` is measured by the direction that the sequence had before.
    let bounds = Bounds::of(sequence);
    let bound = |own: Option<i64>, bound: i64| own.or(all.then_some(bound));
    add(bound(sequence.min, bounds.min).map(|min| format!("MINVALUE {min}")), "");
    add(bound(sequence.max, bounds.max).map(|max| format!("MAXVALUE {max}")), "");
    add(sequence.start.map(|start| format!("START WITH {start}")), &format!("START WITH {}", bounds.first()));
    add(sequence.cache.map(|cache| format!("CACHE {cache}")), "CACHE 1000");
    add(sequence.cycle.then(|| "CYCLE".to_owned()), "NOCYCLE");
    // ALTER SEQUENCE takes no comment.
    add(sequence.comment.as_ref().filter(|_| !all).map(|text| format!("COMMENT={}", dialect.literal(text))), "");
    text
}

/// A sequence that stays goes on counting where it stands, as far as the new bounds have that place.
fn altered(dialect: &Mysql, previous: &Sequence, next: &Sequence) -> Vec<Statement> {
    let name = dialect.object(&next.name);
    let mut statements = Vec::new();
    let wanted = Sequence { name: next.name.clone(), comment: next.comment.clone(), ..previous.clone() };
    if wanted != *next {
        let (old, new) = (Bounds::of(previous), Bounds::of(next));
        let restart = if old.min > new.max || new.min > old.max { " RESTART" } else { "" };
        if restart.is_empty() && new.starts_after(&old) {
            let sql = format!("DO SETVAL({name}, {}, 0)", new.first());
            statements.push(Statement::new(sql, format!("moves sequence {} on, to where it may begin", next.name)));
        }
        let options = options(dialect, next, true);
        let sql = format!("ALTER SEQUENCE {name}{options}{restart}");
        statements.push(Statement::new(sql, format!("alters sequence {}", next.name)));
    }
    if previous.comment != next.comment {
        let comment = dialect.literal(next.comment.as_deref().unwrap_or_default());
        let sql = format!("ALTER TABLE {name} COMMENT={comment}");
        statements.push(Statement::new(sql, format!("sets the comment of sequence {}", next.name)));
    }
    statements
}

/// Between what a sequence counts.
struct Bounds {
    min: i64,
    max: i64,
    descending: bool,
}

impl Bounds {
    fn of(sequence: &Sequence) -> Self {
        let descending = sequence.increment.is_some_and(|step| step < 0);
        let (min, max) = outermost(descending);
        Self { min: sequence.min.unwrap_or(min), max: sequence.max.unwrap_or(max), descending }
    }

    fn first(&self) -> i64 {
        if self.descending { self.max } else { self.min }
    }

    /// Whether values that the other one may stand at come before these.
    fn starts_after(&self, other: &Self) -> bool {
        let before = if self.descending { self.max < other.max } else { self.min > other.min };
        before && self.descending == other.descending
    }
}
