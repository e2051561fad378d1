//! Running revisions, and keeping the ledger of what was run.
//!
//! Invariant: the ledger describes the database truly, whatever happens. Where DDL is transactional, a revision and
//! its row commit together; where it is not, the row says beforehand that the revision has begun, and after each
//! statement how far it is.

mod ahead;
mod batch;
mod event;
mod executor;
mod failure;
mod ledger;
mod limits;
mod load;
mod lock;
mod log;
mod look;
mod marks;
mod offline;
mod pooler;
mod prepare;
mod program;
mod progress;
mod rebuild;
mod rehearsal;
mod resolve;
mod resume;
mod route;
mod session;
mod stamp;
mod statement;
mod stepwise;
mod stopped;
mod transactional;
mod whole;
mod work;

pub use ahead::{Edited, check_files, check_half_done, check_route, edited, explain, without_file};
pub use event::{Event, Options, Report, StepReport, Transaction};
pub use executor::run;
pub use ledger::{Entry, Ledger, LedgerRow, LogEntry, Logged, State, applied, applied_ids, heads, recorded_parents};
pub use limits::Limits;
pub use log::{LogFilter, LogRow, log};
pub use offline::script;
pub use program::{Program, StepError};
pub use rehearsal::{PlannedStatement, PlannedStep, Rehearsal, rehearse};
pub use resolve::{Resolved, resolve};
pub use route::route;
pub use stamp::{Stamp, accept_edits, ensure_version, stamp};
pub use work::check_loads;
