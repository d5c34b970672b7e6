//! Units of work: the one way to change the database.

mod postgres;
mod sqlite;
mod standing;
mod together;

use std::future::Future;
use std::pin::Pin;

use sea_orm::{DatabaseTransaction, TransactionTrait};

pub(crate) use self::sqlite::SqliteWriter;
pub(crate) use self::standing::Standing;
pub(crate) use self::together::Gatherings;
pub use self::together::{Answers, Together};
use crate::connect::Store;
use crate::error::StoreError;

/// What a unit of work does, as a boxed future that may borrow the transaction.
pub type Work<'tx, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'tx>>;

/// A unit of work: a closure from the transaction to its [`Work`].
pub trait Unit<T, E>: for<'tx> Fn(&'tx DatabaseTransaction) -> Work<'tx, T, E> + Send + Sync + 'static {}

impl<F, T, E> Unit<T, E> for F where F: for<'tx> Fn(&'tx DatabaseTransaction) -> Work<'tx, T, E> + Send + Sync + 'static {}

impl Store {
    /// Runs a unit of work. What it wrote is durable when this returns `Ok`, and gone when it returns `Err`.
    ///
    /// A unit only touches the database: no HTTP, no waiting for anything else. It may run more than once (PostgreSQL
    /// repeats it after a serialization failure or deadlock, SQLite when another unit of its group failed), so it takes
    /// copies of what it needs. It does not go on after a statement that failed. On SQLite the units of
    /// a process run one after another on one connection, many of them to one `fsync`; a unit that fails is undone
    /// alone. A unit whose caller has gone before it began does not run; one that has begun is finished.
    ///
    /// # Errors
    /// What the unit returns; [`StoreError`] when the transaction could not be begun or committed.
    pub async fn write<F, T, E>(&self, work: F) -> Result<T, E>
    where
        F: for<'tx> Fn(&'tx DatabaseTransaction) -> Work<'tx, T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.inner.writer {
            Some(writer) => writer.run(work).await,
            None => {
                let standing = &self.inner.standing;
                let done = standing.watch(postgres::run(&self.inner.write, &work)).await;
                if done.is_ok() {
                    standing.written();
                    self.inner.commits.send_modify(|commits| *commits = commits.wrapping_add(1));
                }
                done
            }
        }
    }
}

/// Does `work` inside of a unit and undoes it: what would come of it. Whatever it answers, nothing of it stays.
///
/// # Errors
/// What `work` answers; [`StoreError`] when the savepoint could not be set or undone.
pub async fn rehearse<F, T, E>(tx: &DatabaseTransaction, work: F) -> Result<T, E>
where
    F: for<'tx> FnOnce(&'tx DatabaseTransaction) -> Work<'tx, T, E> + Send,
    E: From<StoreError>,
{
    let savepoint = tx.begin().await.map_err(StoreError::from)?;
    let outcome = work(&savepoint).await;
    savepoint.rollback().await.map_err(StoreError::from)?;
    outcome
}
