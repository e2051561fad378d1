//! Revisions: the file ([`Revision`]), folders of them ([`directory`]), their graph ([`History`]) and the words that
//! point into it ([`Target`]). Nothing in here knows a database: what is applied comes in as a set of ids, and what is
//! to be done goes out as a list of [`Step`]s.

mod circles;
pub mod directory;
mod edit_distance;
mod file;
mod graph;
mod header;
mod name;
mod parse;
mod print;
mod resolve;
mod route;
mod stamp;
mod target;

pub use directory::write_new;
pub use file::{Direction, EditMark, HeaderLines, Revision, Section};
pub use graph::History;
pub use name::{DEFAULT_TEMPLATE, file_name, new_id};
pub use route::Step;
pub use target::{Point, Range, Target};
