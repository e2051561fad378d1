//! Connections of a program that already has some: a pool, or one of its own.

use std::ops::{Deref, DerefMut};

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{ConnectOptions as _, Database};

use super::error::connect_error;
use super::{Connection, DatabaseUrl};
use crate::error::DbError;

/// A driver's connection, ours alone or lent by a pool.
#[derive(Debug)]
pub(super) enum Held<DB: Database> {
    Own(Box<DB::Connection>),
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "only pools of SQLite lend theirs"))]
    Lent(PoolConnection<DB>),
}

impl<DB: Database> Held<DB> {
    /// A new connection.
    pub(super) async fn open(
        url: &DatabaseUrl,
        options: &<DB::Connection as sqlx::Connection>::Options,
    ) -> Result<Self, DbError> {
        let opened = options.connect().await;
        opened.map(|connection| Self::Own(Box::new(connection))).map_err(|error| connect_error(url, error))
    }

    #[cfg(feature = "sqlite")]
    pub(super) async fn lent(url: &DatabaseUrl, pool: &sqlx::Pool<DB>) -> Result<Self, DbError> {
        pool.acquire().await.map(Self::Lent).map_err(|error| connect_error(url, error))
    }

    /// Ends it; one that was lent goes back.
    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Own(connection) => sqlx::Connection::close(*connection).await,
            Self::Lent(_) => Ok(()),
        }
    }
}

impl<DB: Database> Deref for Held<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match self {
            Self::Own(connection) => connection,
            Self::Lent(connection) => connection,
        }
    }
}

impl<DB: Database> DerefMut for Held<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match self {
            Self::Own(connection) => connection,
            Self::Lent(connection) => connection,
        }
    }
}

/// What a [`Migrator`](crate::Migrator) connects to: a pool of sqlx, or a URL.
pub trait Connect: Sync {
    /// A connection for one run.
    ///
    /// On servers it is a new one, with the options of the pool and outside of it: what revisions set in a session stays
    /// out of the pool, and neither its size nor its timeouts are in the way. On SQLite the pool lends one, so that a
    /// database in memory is the pool's; it is given back as it was.
    ///
    /// # Errors
    /// When nobody answers or turns us away.
    fn connect(&self) -> BoxFuture<'_, Result<Connection, DbError>>;
}

impl Connect for super::DatabaseUrl {
    fn connect(&self) -> BoxFuture<'_, Result<Connection, DbError>> {
        Box::pin(Connection::open_or_create(self))
    }
}

#[cfg(feature = "sqlite")]
impl Connect for sqlx::SqlitePool {
    fn connect(&self) -> BoxFuture<'_, Result<Connection, DbError>> {
        Box::pin(Connection::lent_by_sqlite(self))
    }
}

#[cfg(feature = "postgres")]
impl Connect for sqlx::PgPool {
    fn connect(&self) -> BoxFuture<'_, Result<Connection, DbError>> {
        Box::pin(async move { Connection::open_postgres((*self.connect_options()).clone()).await })
    }
}

#[cfg(feature = "mysql")]
impl Connect for sqlx::MySqlPool {
    fn connect(&self) -> BoxFuture<'_, Result<Connection, DbError>> {
        Box::pin(async move { Connection::open_mysql((*self.connect_options()).clone()).await })
    }
}
