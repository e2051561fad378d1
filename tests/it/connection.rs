//! Connecting, and what a connection says of itself.

use crate::on_every_engine;

on_every_engine!(values_come_back_as_text, |db| async move {
    assert_eq!(db.rows("SELECT 1, 'a', NULL").await, [["1", "a", "NULL"]]);
});
