//! The one thread that writes the log.
//!
//! Appends that wait while it syncs are written together in the next transaction and share its
//! sync. Whoever asked is answered only after the commit.

use super::StoreError;
use super::record::Row;
use super::schema::{self, Synced};
use super::stage::{Head, stage};
use crate::limits::Spared;
use diemcau_conference::{ConferenceId, Timestamp};
use rusqlite::{Connection, TransactionBehavior};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// A disk stays full for many appends.
static FAILURES: Spared = Spared::new();

/// After so many commits the write-ahead log is copied into the database as soon as nobody waits.
const CHECKPOINT_COMMITS: u32 = 500;

/// If somebody always waits, SQLite copies it at this many pages (16 MB) within a commit.
const CHECKPOINT_PAGES: u32 = 4096;

/// What the writer is asked.
#[derive(Debug)]
pub(super) enum Job {
    Append(Append),
    Alive(Timestamp),
}

/// Events of one conference, all or none.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) conference: ConferenceId,
    pub(super) expected_seq: u64,
    pub(super) rows: Vec<Row>,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// The last `seq` of the append.
pub(super) type Answer = Result<u64, StoreError>;

/// Where a transaction failed.
#[derive(Debug)]
enum Failure {
    /// Before the commit: what was staged is gone, the log is as it was.
    Staging(StoreError),
    /// In the commit: the log is as it was for all who read it, but a crash may show otherwise.
    Commit(StoreError),
}

/// The write connections and what they know. Field order is drop order: the lock goes last.
#[derive(Debug)]
pub(super) struct Writer {
    appends: Connection,
    /// Commits without a sync. A connection of its own, because a sync setting that is switched
    /// to and fro is one that is wrong one day.
    alive: Connection,
    /// The ends of the logs, as far as committed.
    heads: BTreeMap<ConferenceId, Head>,
    commits_since_checkpoint: u32,
    /// The last `alive` failed; said once, not every second.
    alive_failed: bool,
    _lock: File,
}

impl Writer {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let io = |error| StoreError::io(path, error);
        // Made here, not by SQLite, so that its real name can be known before it is locked, and
        // so that only its owner can read it.
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(io)?;
        let path = &path.canonicalize().map_err(io)?;
        let lock = lock(path)?;

        let mut appends = Connection::open(path)?;
        schema::prepare(&mut appends, path)?;
        schema::for_writing(&appends, path, Synced::EveryCommit)?;
        appends.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        let alive = Connection::open(path)?;
        schema::check(&alive, path)?;
        schema::for_writing(&alive, path, Synced::Later)?;
        alive.pragma_update(None, "wal_autocheckpoint", 0)?;
        Ok(Self {
            appends,
            alive,
            heads: BTreeMap::new(),
            commits_since_checkpoint: 0,
            alive_failed: false,
            _lock: lock,
        })
    }

    /// Works until every sender is gone.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut waiting = Vec::new();
            let mut alive = None;
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Append(append) => waiting.push(append),
                    Job::Alive(now) => alive = Some(now),
                }
                next = jobs.try_recv().ok();
            }
            let answers = self.append(&waiting);
            for (append, answer) in waiting.into_iter().zip(answers) {
                // Who no longer listens finds the events in the log.
                let _ = append.answer.send(answer);
            }
            if let Some(now) = alive {
                self.note_alive(now);
            }
            if jobs.is_empty() {
                self.rest();
            }
        }
    }

    /// Appends all in one transaction; the answers are in the order of the appends.
    fn append(&mut self, appends: &[Append]) -> Vec<Answer> {
        if appends.is_empty() {
            return Vec::new();
        }
        match self.transaction(appends) {
            Ok(answers) => answers,
            // One that cannot be staged must not fail the others: each on its own.
            Err(Failure::Staging(_)) if appends.len() > 1 => appends
                .iter()
                .flat_map(|append| self.append(std::slice::from_ref(append)))
                .collect(),
            Err(Failure::Staging(error) | Failure::Commit(error)) => {
                if let Some(unsaid) = FAILURES.may_say(Instant::now()) {
                    tracing::error!(%error, appends = appends.len(), unsaid, "The log could not be appended to");
                }
                if matches!(error, StoreError::Full) {
                    // The database needs far less room than the write-ahead log, whose room is
                    // used again once it has been copied.
                    self.commits_since_checkpoint = CHECKPOINT_COMMITS;
                }
                vec![Err(error); appends.len()]
            }
        }
    }

    fn transaction(&mut self, appends: &[Append]) -> Result<Vec<Answer>, Failure> {
        // Taken out: if anything fails the heads are read anew.
        let mut heads = std::mem::take(&mut self.heads);
        let staging = |error: rusqlite::Error| Failure::Staging(error.into());
        let transaction = self
            .appends
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(staging)?;
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            match stage(&transaction, &mut heads, append) {
                Err(error) if !matches!(error, StoreError::WrongSequence { .. }) => {
                    return Err(Failure::Staging(error));
                }
                answer => answers.push(answer),
            }
        }
        transaction
            .commit()
            .map_err(|error| Failure::Commit(error.into()))?;
        self.heads = heads;
        self.commits_since_checkpoint += 1;
        Ok(answers)
    }

    fn note_alive(&mut self, now: Timestamp) {
        let noted = i64::try_from(now.0)
            .map_err(StoreError::value)
            .and_then(|at| {
                let mut statement = self.alive.prepare_cached(
                    "INSERT INTO alive (one, at) VALUES (1, ?1)
                     ON CONFLICT (one) DO UPDATE SET at = excluded.at",
                )?;
                Ok(statement.execute([at])?)
            });
        match noted {
            Ok(_) => self.alive_failed = false,
            Err(error) if !self.alive_failed => {
                tracing::warn!(%error, "The time of the last sign of life could not be noted");
                self.alive_failed = true;
            }
            Err(_) => {}
        }
    }

    /// Nobody waits: copies the write-ahead log into the database if it has grown, as far as no
    /// reader still needs it.
    fn rest(&mut self) {
        if self.commits_since_checkpoint < CHECKPOINT_COMMITS {
            return;
        }
        let done = self
            .appends
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        match done {
            Ok(()) => self.commits_since_checkpoint = 0,
            // Nothing is lost: the events stay in the write-ahead log, and the next rest tries
            // again.
            Err(error) => {
                tracing::warn!(%error, "The write-ahead log could not be copied into the log");
            }
        }
    }
}

/// Holds `<path>.lock`. A file of its own: to close any handle of the database would drop the
/// locks that SQLite holds on it (POSIX advisory locks belong to the process).
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = OsString::from(path);
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|error| StoreError::io(&name, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(StoreError::io(&name, error)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::LogReader;
    use super::super::tests::records;
    use super::*;

    fn writer() -> (tempfile::TempDir, PathBuf, Writer) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let writer = Writer::open(&path).unwrap();
        (folder, path, writer)
    }

    fn append(conference: &str, expected_seq: u64, count: u32) -> Append {
        Append {
            conference: ConferenceId::new(conference),
            expected_seq,
            rows: records(1..=count)
                .iter()
                .map(|record| Row::encode(record).unwrap())
                .collect(),
            answer: oneshot::channel().0,
        }
    }

    fn wal_length(path: &Path) -> u64 {
        let mut wal = OsString::from(path);
        wal.push("-wal");
        std::fs::metadata(wal).unwrap().len()
    }

    fn events(path: &Path, conference: &str) -> u64 {
        let reader = LogReader::open(path).unwrap();
        reader
            .verify(&ConferenceId::new(conference))
            .unwrap()
            .events
    }

    #[test]
    fn appends_that_wait_share_one_commit_and_fail_alone() {
        let (_folder, path, mut writer) = writer();
        let answers = writer.append(&[
            append("a", 0, 2),
            append("b", 0, 3),
            append("a", 0, 1),
            append("a", 2, 1),
            append("b", 4, 1),
        ]);
        assert_eq!(writer.commits_since_checkpoint, 1);
        assert!(
            matches!(
                answers[..],
                [
                    Ok(2),
                    Ok(3),
                    Err(StoreError::WrongSequence {
                        expected: 0,
                        found: 2
                    }),
                    Ok(3),
                    Err(StoreError::WrongSequence {
                        expected: 4,
                        found: 3
                    }),
                ]
            ),
            "{answers:?}"
        );
        assert_eq!((events(&path, "a"), events(&path, "b")), (3, 3));
    }

    #[test]
    fn every_append_is_synced() {
        let (_folder, _path, writer) = writer();
        let full: i64 = writer
            .appends
            .pragma_query_value(None, "synchronous", |row| row.get(0))
            .unwrap();
        assert_eq!(full, 2, "no test can cut the power, so the setting is read");
    }

    /// Lets the database grow no further than `pages` from now on; a full disk at will.
    fn limit(writer: &Writer, pages: i64) {
        writer
            .appends
            .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .unwrap();
    }

    #[test]
    fn a_full_disk_refuses_what_does_not_fit_and_loses_nothing() {
        let (_folder, path, mut writer) = writer();
        let mut acknowledged = 0;
        for answer in writer.append(&[append("a", 0, 5), append("b", 0, 5)]) {
            assert_eq!(answer.unwrap(), 5);
            acknowledged += 5;
        }
        let pages: i64 = writer
            .appends
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        limit(&writer, pages + 1);

        // The large one does not fit; those that wait with it do.
        let answers = writer.append(&[append("b", 5, 1), append("a", 5, 500), append("b", 6, 1)]);
        assert!(
            matches!(answers[..], [Ok(6), Err(StoreError::Full), Ok(7)]),
            "{answers:?}"
        );
        acknowledged += 2;
        assert_eq!(events(&path, "a") + events(&path, "b"), acknowledged);

        // Until nothing at all fits.
        let mut seq = 7;
        while let Ok(last) = writer.append(&[append("b", seq, 1)]).remove(0) {
            seq = last;
        }
        let answers = writer.append(&[append("b", seq, 2), append("b", seq, 40)]);
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Err(StoreError::Full))),
            "{answers:?}"
        );
        assert_eq!(events(&path, "b"), seq);

        limit(&writer, 1_000_000);
        let before = wal_length(&path);
        writer.rest();
        seq = writer.append(&[append("b", seq, 1)]).remove(0).unwrap();
        assert_eq!(wal_length(&path), before, "its room is used again");
        let answers = writer.append(&[append("a", 5, 500), append("b", seq, 40)]);
        assert!(
            matches!(answers[..], [Ok(505), Ok(last)] if last == seq + 40),
            "{answers:?}"
        );
        drop(writer);
        assert_eq!((events(&path, "a"), events(&path, "b")), (505, seq + 40));
    }

    #[test]
    fn the_write_ahead_log_does_not_grow_for_ever() {
        let (_folder, path, mut writer) = writer();
        for seq in 0..20 {
            writer.append(&[append("a", seq, 1)]).remove(0).unwrap();
        }
        let before = wal_length(&path);
        for round in 1..10 {
            // As if there had been many more.
            writer.commits_since_checkpoint += CHECKPOINT_COMMITS;
            writer.rest();
            for seq in 20 * round..20 * (round + 1) {
                writer.append(&[append("a", seq, 1)]).remove(0).unwrap();
            }
        }
        let after = wal_length(&path);
        assert!(after < 2 * before, "{after} after {before}");
        assert_eq!(events(&path, "a"), 200);
    }
}
