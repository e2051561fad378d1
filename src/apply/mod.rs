//! Running revisions, and keeping the ledger of what was run.
//!
//! Invariant: the ledger describes the database truly, whatever happens. Where DDL is transactional, a revision and
//! its row commit together; where it is not, the row says beforehand that the revision has begun, and after each
//! statement how far it is.

mod event;
mod executor;
mod failure;
mod ledger;
mod lock;
mod prepare;
mod session;
mod stepwise;
mod transactional;

pub use event::{Event, Options, Report, StepReport};
pub use executor::{check_half_done, forget, record, run};
pub use ledger::{Entry, Ledger, LedgerRow, LogEntry, State, applied, applied_ids, heads};
