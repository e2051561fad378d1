//! Revisions: the file ([`Revision`]), folders of them ([`directory`]), their graph ([`History`]) and the words that
//! point into it ([`Target`]). Nothing in here knows a database: what is applied comes in as a set of ids, and what is
//! to be done goes out as a list of [`Step`]s.

mod add_dialect;
mod build;
mod candidates;
mod circles;
mod data;
pub mod directory;
mod edit_distance;
mod file;
mod graph;
mod header;
mod label_line;
mod line;
mod missing;
mod name;
mod namesakes;
mod parse;
mod print;
mod range;
mod resolve;
mod route;
mod spread;
mod stamp;
mod target;
mod write;

pub use data::{Batch, DataMark, DataStep, Format, Load, Mode};
pub use file::{Direction, EditMark, HeaderLines, Revision, Section};
pub use graph::History;
pub use label_line::LabelLine;
pub use line::{Line, Lines};
pub use name::{DEFAULT_TEMPLATE, check_id, file_name, new_id};
pub use range::Range;
pub use route::Step;
pub use target::{Point, Target};
pub use write::{write_all, write_new};
