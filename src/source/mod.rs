//! Where schemas come from and go to.

pub mod models;
pub mod print;
