//! An event with all that the log keeps of it.

use super::chain::Columns;
use super::{CommandKey, StoreError};
use diemcau_conference::{Actor, Audience, Event, Timestamp};
use serde::Serialize;

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in its conference, counted from 1 without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who may see it.
    pub audience: Audience,
    /// Who caused it.
    pub actor: Actor,
    /// The key of the command that caused it; all events of one command share it.
    pub key: Option<CommandKey>,
    /// What happened.
    pub event: Event,
}

/// An event that is to be appended; the append gives it its `seq`. The fields are those of
/// [`Record`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "said above")]
pub struct NewRecord {
    pub at: Timestamp,
    pub audience: Audience,
    pub actor: Actor,
    pub key: Option<CommandKey>,
    pub event: Event,
}

/// A new record as its columns hold it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) at: i64,
    pub(super) audience: String,
    pub(super) actor: String,
    pub(super) key: Option<CommandKey>,
    pub(super) event: String,
}

impl Row {
    pub(super) fn encode(record: &NewRecord) -> Result<Self, StoreError> {
        Ok(Self {
            at: i64::try_from(record.at.0).map_err(StoreError::value)?,
            audience: json(&record.audience)?,
            actor: json(&record.actor)?,
            key: record.key,
            event: json(&record.event)?,
        })
    }

    pub(super) fn columns(&self, seq: i64) -> Columns<'_> {
        Columns {
            seq,
            at: self.at,
            audience: self.audience.as_bytes(),
            actor: self.actor.as_bytes(),
            key: self.key.as_ref().map(|key| key.as_str().as_bytes()),
            event: self.event.as_bytes(),
        }
    }
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::value)
}
