//! What can go wrong with the log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the log could not be opened, read or appended to. Cheap to clone: one failed sync is the
/// answer to all who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Somebody else appended first, or the asker's state is not the log's.
    #[error("the log ends at event {found}, not at {expected} as the append expected")]
    WrongSequence {
        /// Where the asker thought that the log ends.
        expected: u64,
        /// Where it ends.
        found: u64,
    },
    /// No room; nothing that was acknowledged is lost, and appends work again once there is room.
    #[error("the disk of the log is full: free some space")]
    Full,
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: Arc<io::Error>,
    },
    /// SQLite refused.
    #[error("the log's database: {0}")]
    Sqlite(#[source] Arc<rusqlite::Error>),
    /// The log is not as it was written.
    #[error("the log is broken at event {seq}: {why}")]
    Broken {
        /// The first event that is not as it was written.
        seq: u64,
        /// What is wrong with it.
        why: Fault,
    },
    /// A newer version wrote the log.
    #[error(
        "the log has format {found} and this program knows formats up to {supported}: \
         start the newer diemcau that wrote it, or open a copy from before the upgrade"
    )]
    Format {
        /// The log's.
        found: i64,
        /// The newest that can be read.
        supported: i64,
    },
    /// The file is something else.
    #[error("{} is not a log of diemcau: name another file", .0.display())]
    NotALog(PathBuf),
    /// Another server writes this log.
    #[error("{} is open in another diemcau: stop it first, or name another file", .0.display())]
    Locked(PathBuf),
    /// Where an export went to refused it.
    #[error("the export could not be written: {0}")]
    Export(#[source] Arc<io::Error>),
    /// The log's writer is gone; only a restart brings it back.
    #[error("the log's writer has stopped: restart the server")]
    Stopped,
}

/// What is wrong with an event of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not there although a later one is.
    #[error("it is missing")]
    Missing,
    /// It, or the id of its conference, was changed after it was written.
    #[error("its hash does not fit its content and the event before it")]
    Altered,
    /// It is as it was written, but this program cannot read it.
    #[error("its {column} cannot be read: {reason}")]
    Unreadable {
        /// Which part.
        column: &'static str,
        /// What the parser says.
        reason: String,
    },
}

impl StoreError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::StorageFull {
            return Self::Full;
        }
        Self::Io {
            path: path.to_owned(),
            source: Arc::new(source),
        }
    }

    /// A value that no column can hold.
    pub(super) fn value(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        rusqlite::Error::ToSqlConversionFailure(Box::new(error)).into()
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let full = error.sqlite_error().is_some_and(|sqlite| {
            // The shared-memory index of the WAL is allocated ahead of its use, and that
            // allocation failing is how a full disk can show itself first.
            sqlite.code == rusqlite::ErrorCode::DiskFull
                || sqlite.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
        });
        if full {
            Self::Full
        } else {
            Self::Sqlite(Arc::new(error))
        }
    }
}
