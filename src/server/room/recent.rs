//! The newest events, kept for sessions that come back.

use super::view;
use crate::{signalling::session::encode, store::Record};
use diemcau_conference::{Audience, Role, SiteId};
use diemcau_protocol::{By, EventBody, EventMessage, ServerMessage};
use std::collections::VecDeque;

/// A session that missed no more than this gets what it missed.
const GAP: usize = 500;
/// Any other session gets the newest of those that it may see.
const NEWEST: usize = 200;
/// A welcome's log is no longer than this, in bytes, so that the welcome with its view stays well
/// under the size of a message.
const LOG_BYTES: usize = diemcau_protocol::MAX_MESSAGE / 2;

/// An event without its key, as it goes to clients.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) seq: u64,
    pub(super) audience: Audience,
    body: EventBody,
    /// Bytes of its message.
    size: usize,
}

impl Entry {
    pub(super) fn new(record: &Record) -> Self {
        let body = EventBody {
            at: record.at,
            by: By::actor(&record.actor),
            event: record.event.clone(),
        };
        let mut entry = Self {
            seq: record.seq,
            audience: record.audience.clone(),
            body,
            size: 0,
        };
        entry.size = encode(&ServerMessage::Event(entry.message())).len();
        entry
    }

    pub(super) fn message(&self) -> EventMessage {
        EventMessage {
            seq: self.seq,
            body: self.body.clone(),
            view: None,
        }
    }
}

/// The newest events of a room, oldest first.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Entry>);

impl Recent {
    /// Events that are kept at most.
    pub(super) const LENGTH: usize = GAP + 1;

    pub(super) fn push(&mut self, entry: Entry) {
        if self.0.len() == Self::LENGTH {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// The log of a welcome.
    pub(super) fn since(
        &self,
        after: Option<u64>,
        last: u64,
        site: &SiteId,
        role: Role,
    ) -> Vec<EventMessage> {
        let (least, most) = match after {
            Some(after) if after <= last && last - after <= GAP as u64 => (after + 1, usize::MAX),
            _ => (0, NEWEST),
        };
        let mut bytes = 0;
        let mut newest: Vec<EventMessage> = self
            .0
            .iter()
            .rev()
            .take_while(|entry| entry.seq >= least)
            .filter(|entry| view::may_see(&entry.audience, site, role))
            .take(most)
            .take_while(|entry| {
                bytes += entry.size;
                bytes <= LOG_BYTES
            })
            .map(Entry::message)
            .collect();
        newest.reverse();
        newest
    }
}
