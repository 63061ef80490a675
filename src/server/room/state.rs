//! What a room's log adds up to: the conference, the answers that were given, the newest events.

use super::recent::{Entry, Recent};
use crate::store::{CommandKey, Record, Store, StoreError};
use diemcau_conference::{Actor, Conference, ConferenceId, DeviceId, Rejection, Timestamp};
use std::collections::{HashMap, VecDeque};
use tokio::sync::mpsc;

/// Events that are read before they are applied together …
const BATCH: usize = 1_000;
/// … and batches that may wait for it.
const BATCHES_AHEAD: usize = 4;

/// Why a room cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration contradicts the log.
    #[error(
        "the configuration contradicts the log of {conference} ({rejection}): a site that was in it is missing, or the central site is another one; put it back, or give the conference another id"
    )]
    Configuration {
        /// Which conference.
        conference: ConferenceId,
        /// What the rules say.
        rejection: Rejection,
    },
    /// Reading the log was cut short.
    #[error("reading the log was cut short")]
    Cut,
}

/// Derived from the log, and never from anything else.
pub(crate) struct State {
    pub(crate) conference: Conference,
    /// The last event.
    pub(crate) seq: u64,
    /// Its time.
    pub(super) at: Timestamp,
    /// The last event of each command that had any, so that a repeat gets the first answer. A key
    /// is its device's own.
    pub(super) answers: HashMap<(DeviceId, CommandKey), u64>,
    pub(super) recent: Recent,
}

impl State {
    /// Replays the log of a conference; an empty one gives the state before the first event. What has
    /// been read is applied while the rest is read.
    pub(crate) async fn replay(store: &Store, id: &ConferenceId) -> Result<Self, OpenError> {
        let (reader, conference) = (store.clone(), id.clone());
        let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
        let reading =
            tokio::task::spawn_blocking(move || read_in_batches(&reader, &conference, &sender));
        let mut state = Self {
            conference: Conference::new(id.clone()),
            seq: 0,
            at: Timestamp::default(),
            answers: HashMap::new(),
            recent: Recent::default(),
        };
        // Only these become entries: to make one costs more than to apply its event.
        let mut newest = VecDeque::with_capacity(Recent::LENGTH);
        while let Some(batch) = batches.recv().await {
            for record in batch {
                state.conference.apply(record.at, &record.event);
                state.note(&record);
                if newest.len() == Recent::LENGTH {
                    newest.pop_front();
                }
                newest.push_back(record);
            }
        }
        reading.await.map_err(|_| OpenError::Cut)??;
        for record in &newest {
            state.recent.push(Entry::new(record));
        }
        Ok(state)
    }

    /// Takes in where the log ends and which answer a command had. The conference's own state has
    /// the event from when it was decided, and `recent` its entry from whoever made that.
    pub(super) fn note(&mut self, record: &Record) {
        self.seq = record.seq;
        self.at = record.at;
        if let (Actor::Person { device, .. }, Some(key)) = (&record.actor, record.key) {
            self.answers.insert((device.clone(), key), record.seq);
        }
    }
}

/// Reads a whole log. Blocks; whoever wants the batches is told of the log's end by that of the channel.
fn read_in_batches(
    store: &Store,
    conference: &ConferenceId,
    batches: &mpsc::Sender<Vec<Record>>,
) -> Result<(), StoreError> {
    let mut batch = Vec::with_capacity(BATCH);
    store.read(conference, |record| {
        batch.push(record);
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            // Nobody waits for the rest if the server ends meanwhile.
            let _ = batches.blocking_send(full);
        }
    })?;
    let _ = batches.blocking_send(batch);
    Ok(())
}
