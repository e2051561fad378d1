//! Connections, over sqlx's native drivers.
//!
//! Everything is sent as text and read back as text: the same statement is what a person can run by hand, and what
//! an offline script holds. One call sends one statement (a multi-statement string would be one implicit
//! transaction on PostgreSQL), except [`Connection::query_many`].

mod connection;
#[cfg(feature = "postgres")]
mod copy;
mod database;
mod error;
#[cfg(feature = "fault-points")]
mod fault;
mod held;
mod limit;
mod row;
mod url;

pub(crate) use connection::MYSQL_SESSION;
pub use connection::{Connection, ServerVersion};
pub use database::{create, drop, exists};
pub(crate) use error::statement_error;
pub use held::Connect;
pub use row::{Row, Rows};
pub use url::{DatabaseUrl, without_passwords};
