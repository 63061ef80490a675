//! The event log on disk: SQLite, one hash-chained sequence of events for each conference.
//!
//! What stands in the log is what happened; everything else is derived from it. An append is
//! acknowledged only when it is on the disk. This module never interprets an event, never
//! changes or removes one, and never makes a time of its own.
//!
//! One [`Store`] at a time may write a log; any number of [`LogReader`]s, in any process, may
//! read it meanwhile.

mod chain;
mod error;
mod key;
mod reader;
mod record;
mod schema;
mod stage;
mod writer;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;

pub use chain::Hash;
pub use error::{Fault, StoreError};
pub use key::{BadKey, CommandKey};
pub use reader::{LogReader, Verified};
pub use record::{NewRecord, Record};

use diemcau_conference::{ConferenceId, Timestamp};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};
use writer::{Append, Job, Writer};

/// Appends that may wait for the writer; more wait in their own tasks. All that wait are written
/// in one transaction, so this is also the most that share one sync.
const WAITING_APPENDS: usize = 1024;

/// The log, open for writing. Clones share one writer; when the last is dropped the log is closed
/// and its lock released before the drop returns.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    /// None only while it is being dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the log at `path` for writing, and makes it if there is none. Blocks.
    ///
    /// A file `<path>.lock` stands beside it for ever; whether it is there means nothing, only
    /// the lock that a running server holds on it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another server has it open, [`StoreError::Format`] if a newer
    /// version of the program wrote it, [`StoreError::NotALog`] if it is something else, or what
    /// the disk says.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let writer = Writer::open(path)?;
        let (jobs, queue) = mpsc::channel(WAITING_APPENDS);
        let thread = std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(|error| StoreError::io(path, error))?;
        Ok(Self {
            shared: Arc::new(Shared {
                path: path.to_owned(),
                jobs: Some(jobs),
                writer: Some(thread),
            }),
        })
    }

    /// Appends `records` after `expected_seq`, all or none, and answers with the last `seq` once
    /// they are on the disk. The first record gets `expected_seq + 1`.
    ///
    /// Appends that wait at the same time share one sync. To drop the future does not take the
    /// append back.
    ///
    /// # Errors
    /// [`StoreError::WrongSequence`] if the log does not end at `expected_seq`;
    /// [`StoreError::Full`] and others of the disk. After any error none of the records is
    /// readable, but after one of the disk a crash may still bring them back: replay the log and
    /// go on from what it says.
    pub async fn append(
        &self,
        conference: &ConferenceId,
        expected_seq: u64,
        records: Vec<NewRecord>,
    ) -> Result<u64, StoreError> {
        // Encoded here, on the asker's thread, so that the writer's only writes.
        let rows = records
            .iter()
            .map(record::Row::encode)
            .collect::<Result<Vec<_>, _>>()?;
        let (answer, answered) = oneshot::channel();
        let append = Append {
            conference: conference.clone(),
            expected_seq,
            rows,
            answer,
        };
        self.jobs()?
            .send(Job::Append(append))
            .await
            .map_err(|_| StoreError::Stopped)?;
        answered.await.map_err(|_| StoreError::Stopped)?
    }

    /// Every event of a conference in order, the chain verified. Blocks for as long as that takes
    /// (about 2 µs an event).
    ///
    /// # Errors
    /// See [`LogReader::load`].
    pub fn load(&self, conference: &ConferenceId) -> Result<Vec<Record>, StoreError> {
        self.reader()?.load(conference)
    }

    /// Gives every event of a conference to `visit`, in order. Blocks.
    ///
    /// # Errors
    /// See [`LogReader::read`].
    pub fn read(
        &self,
        conference: &ConferenceId,
        visit: impl FnMut(Record),
    ) -> Result<(), StoreError> {
        self.reader()?.read(conference, visit)
    }

    /// Walks the chain of a conference. Blocks.
    ///
    /// # Errors
    /// See [`LogReader::verify`].
    pub fn verify(&self, conference: &ConferenceId) -> Result<Verified, StoreError> {
        self.reader()?.verify(conference)
    }

    /// Writes a conference as JSON lines. Blocks.
    ///
    /// # Errors
    /// See [`LogReader::export_jsonl`].
    pub fn export_jsonl(
        &self,
        conference: &ConferenceId,
        to: &mut impl Write,
    ) -> Result<Verified, StoreError> {
        self.reader()?.export_jsonl(conference, to)
    }

    /// The conferences of the log, the oldest first.
    ///
    /// # Errors
    /// What the disk says.
    pub fn conferences(&self) -> Result<Vec<ConferenceId>, StoreError> {
        self.reader()?.conferences()
    }

    /// Notes that the server runs at `now`: one row, outside the chain. Never waits and is not
    /// synced, so it outlives the process at once but a power cut only after the next append; if
    /// the writer is far behind it is skipped. Call it every second.
    pub fn alive(&self, now: Timestamp) {
        if let Ok(jobs) = self.jobs() {
            // Full or closed: a later call or append says so louder.
            let _ = jobs.try_send(Job::Alive(now));
        }
    }

    /// The last time noted by [`Store::alive`], by this or an earlier process.
    ///
    /// # Errors
    /// What the disk says.
    pub fn alive_at(&self) -> Result<Option<Timestamp>, StoreError> {
        self.reader()?.alive_at()
    }

    fn reader(&self) -> Result<LogReader, StoreError> {
        LogReader::open(&self.shared.path)
    }

    fn jobs(&self) -> Result<&mpsc::Sender<Job>, StoreError> {
        self.shared.jobs.as_ref().ok_or(StoreError::Stopped)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The writer ends when the last sender is gone. It is waited for, so that whoever opens
        // the log next does not meet the old lock.
        self.jobs = None;
        if self
            .writer
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("The log's writer had panicked before the log was closed");
        }
    }
}
