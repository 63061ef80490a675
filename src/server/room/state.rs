//! What a room's log adds up to: the conference, the answers that were given, the newest events.

use super::recent::{Entry, Recent};
use crate::store::{CommandKey, Record, Store, StoreError};
use diemcau_conference::{Actor, Conference, ConferenceId, DeviceId, Rejection, Timestamp};
use std::collections::HashMap;

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
    /// Replays the log of a conference; an empty one gives the state before the first event.
    pub(crate) async fn replay(store: &Store, id: &ConferenceId) -> Result<Self, OpenError> {
        let (reader, conference) = (store.clone(), id.clone());
        let records = tokio::task::spawn_blocking(move || reader.load(&conference))
            .await
            .map_err(|_| OpenError::Cut)??;
        let mut state = Self {
            conference: Conference::new(id.clone()),
            seq: 0,
            at: Timestamp::default(),
            answers: HashMap::new(),
            recent: Recent::default(),
        };
        for record in &records {
            state.conference.apply(record.at, &record.event);
            state.note(record);
        }
        // Only what will be kept: to make an entry costs more than to apply its event.
        let newest = records.len().saturating_sub(Recent::LENGTH);
        for record in &records[newest..] {
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
