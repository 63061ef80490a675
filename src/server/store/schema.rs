//! What the database holds, and how its connections are set.

use super::StoreError;
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior};
use std::io;
use std::path::Path;
use std::time::Duration;

/// Marks the file as a log of this program (`file` and other tools read it): "DCau".
const APPLICATION_ID: i64 = 0x4443_6175;

/// The format that this version writes, and the newest that it reads.
pub(super) const FORMAT: i64 = 1;

/// Only a person with a database tool holds a lock for long; then an append waits this long.
const BUSY: Duration = Duration::from_secs(5);

/// Texts are JSON but `conference.id` and `event.key`. An event's place on disk is its place in
/// its conference, so that replay reads straight on.
const TABLES: &str = "
    CREATE TABLE meta (
        name TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE alive (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE conference (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE event (
        conference INTEGER NOT NULL REFERENCES conference (number),
        seq INTEGER NOT NULL CHECK (seq > 0),
        at INTEGER NOT NULL,
        audience TEXT NOT NULL,
        actor TEXT NOT NULL,
        key TEXT,
        event TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (conference, seq)
    ) STRICT, WITHOUT ROWID;
";

/// How much a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Synced {
    /// Every commit is on the disk before it is done.
    EveryCommit,
    /// Commits outlive the process at once, a power cut only with the next synced one.
    Later,
}

/// Makes the tables in an empty database, or checks that they are ours and not too new. Nothing
/// is written to a database that is refused.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    if application_id(connection, path)? != 0 || objects(connection)? > 0 {
        return check(connection, path);
    }
    write_ahead(connection, path)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute(
        "INSERT INTO meta (name, value) VALUES ('format', ?1)",
        [FORMAT],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}

/// Refuses what is no log or a log of a newer format.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    if application_id(connection, path)? != APPLICATION_ID {
        return Err(StoreError::NotALog(path.to_owned()));
    }
    let found: Option<i64> = connection
        .query_row("SELECT value FROM meta WHERE name = 'format'", [], |row| {
            row.get(0)
        })
        .optional()?;
    match found {
        Some(FORMAT) => Ok(()),
        Some(found) => Err(StoreError::Format {
            found,
            supported: FORMAT,
        }),
        None => Err(StoreError::NotALog(path.to_owned())),
    }
}

/// Sets a connection up to write.
pub(super) fn for_writing(
    connection: &Connection,
    path: &Path,
    synced: Synced,
) -> Result<(), StoreError> {
    write_ahead(connection, path)?;
    let synchronous = match synced {
        Synced::EveryCommit => "FULL",
        Synced::Later => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

fn write_ahead(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    let why = "SQLite cannot keep a write-ahead log here: put the log on a local disk";
    Err(StoreError::io(
        path,
        io::Error::new(io::ErrorKind::Unsupported, why),
    ))
}

fn objects(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?)
}

fn application_id(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => StoreError::NotALog(path.to_owned()),
            _ => error.into(),
        })
}
