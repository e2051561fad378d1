//! Batches and loads in a script.

use rungs_schema::DialectName;

use super::{Script, mysql, postgres, sqlite};
use crate::apply::load::script::script;
use crate::apply::prepare::Prepared;
use crate::apply::work::Work;
use crate::error::{ApplyError, Refusal};
use crate::revision::Load;

/// Where the engine has no loop, nothing is repeated until it touches no row.
pub(super) fn refuse(steps: &[Prepared<'_>], name: DialectName) -> Result<(), ApplyError> {
    if name != DialectName::Sqlite {
        return Ok(());
    }
    let reason = "a batch is repeated until it touches no row, and SQLite has no loops";
    let pieces = steps.iter().flat_map(|step| step.pieces.iter().zip(&step.works).map(move |piece| (step, piece)));
    let batches = pieces.filter(|(_, (_, work))| matches!(work, Work::Batch(_)));
    let refusals: Vec<Refusal> = batches
        .map(|(step, (piece, _))| Refusal::NotInScript {
            place: step.revision.place(step.line(piece)),
            revision: step.revision.id.clone(),
            reason: reason.to_owned(),
            help: "apply this revision online, and write scripts for those before and after it",
        })
        .collect();
    if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused { refusals }) }
}

impl Script<'_> {
    /// A statement in a loop, outside of any transaction.
    pub(super) fn batch(&mut self, step: &Prepared<'_>, index: usize, pause: std::time::Duration) {
        let sql = step.pieces[index].sql;
        let pause = pause.as_secs_f64();
        if self.name() == DialectName::Postgres {
            let mut tag = "$rungs$".to_owned();
            while sql.contains(&tag) {
                tag.insert(tag.len() - 1, '_');
            }
            self.statement(&format!(
                "DO {tag}\nDECLARE rungs_rows bigint;\nBEGIN\n  LOOP\n    {sql}\n    ;\n    GET DIAGNOSTICS rungs_rows = ROW_COUNT;\n    \
                 COMMIT;\n    EXIT WHEN rungs_rows = 0;\n    PERFORM pg_catalog.pg_sleep({pause});\n  END LOOP;\nEND\n{tag}"
            ));
            return;
        }
        let looped = format!(
            "  DECLARE rungs_rows BIGINT;\n  REPEAT\n    START TRANSACTION;\n    {sql}\n    ;\n    SET rungs_rows = ROW_COUNT();\n    \
             COMMIT;\n    DO SLEEP({pause});\n  UNTIL rungs_rows = 0 END REPEAT;\nEND"
        );
        if self.name() == DialectName::Mariadb {
            return self.line(&format!("DELIMITER ;;\nBEGIN NOT ATOMIC\n{looped};;\nDELIMITER ;"));
        }
        // MySQL has loops in stored routines alone. A script that stopped may have left this one.
        self.statement("DROP PROCEDURE IF EXISTS rungs_batch");
        self.line(&format!("DELIMITER ;;\nCREATE PROCEDURE rungs_batch()\nBEGIN\n{looped};;\nDELIMITER ;"));
        self.statement("CALL rungs_batch()");
        self.statement("DROP PROCEDURE rungs_batch");
    }

    /// The rows of a file.
    pub(super) fn load(&mut self, step: &Prepared<'_>, index: usize, load: &Load) {
        let place = step.revision.place(step.line(&step.pieces[index]));
        let written = match script(self.dialect, step.revision, load) {
            Ok(written) => written,
            Err(reason) => {
                let (revision, help) = (step.revision.id.clone(), "correct the file, and run the command again");
                self.refusals.push(Refusal::NotInScript { place, revision, reason, help });
                return;
            }
        };
        self.comment(step.pieces[index].sql.trim_start_matches("--").trim());
        self.statements(written.before.iter().map(String::as_str));
        for (query, reason) in written.checks {
            let found = format!("EXISTS ({query})");
            match self.name() {
                DialectName::Sqlite => sqlite::demand(self, &[(reason, format!("NOT {found}"))]),
                DialectName::Postgres => {
                    let reason = self.dialect.literal(&reason);
                    postgres::stop_if(self, &format!("CASE WHEN {found} THEN {reason} END"));
                }
                DialectName::Mysql | DialectName::Mariadb => {
                    let reason = self.dialect.literal(&reason);
                    mysql::stop_if(self, &format!("IF({found}, {reason}, NULL)"));
                }
            }
        }
        self.statements(written.after.iter().map(String::as_str));
    }
}
