//! Splits an SQL script into statements.
