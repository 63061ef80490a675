//! What is decided together and appended in one transaction.

use super::{Seat, SessionNo};
use crate::{
    metrics,
    sentences::Refusal,
    signalling::{Close, Outbox, session::encode},
    store::{CommandKey, NewRecord},
};
use diemcau_conference::DeviceId;
use diemcau_protocol::{Outcome, Reply, ServerMessage};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::oneshot;

/// Decided on the room's state, which has the events already; in the log only after the append.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) records: Vec<NewRecord>,
    /// Answers of this batch, by device and key.
    pub(super) answers: HashMap<(DeviceId, CommandKey), u64>,
    replies: Vec<(Asker, Outcome)>,
    /// How many letters are in it.
    pub(super) letters: usize,
    /// How many of them only told what a page sees.
    pub(super) reports: usize,
    /// Sessions that end once they have their answer.
    pub(super) leaving: Vec<Outbox>,
}

/// Who waits for a reply.
pub(super) enum Asker {
    /// A session, with the id of its request.
    Session(Outbox, u64),
    /// Somebody without a session.
    Caller(oneshot::Sender<Outcome>),
}

impl Batch {
    /// Nothing is to be stored, nobody waits and nobody is new: reports come too often to look at
    /// all that for each.
    pub(super) fn is_only_reports(&self) -> bool {
        self.reports > 0 && self.reports == self.letters && self.records.is_empty()
    }

    /// A reply that is sent once the batch is in the log. Refusals wait too: they were decided on
    /// events that are not yet there.
    pub(super) fn reply(&mut self, asker: Asker, outcome: Outcome) {
        self.replies.push((asker, outcome));
    }

    /// Sends the replies and ends the sessions that leave.
    pub(super) fn answer(self) {
        for (asker, outcome) in self.replies {
            match asker {
                Asker::Session(outbox, re) => reply(&outbox, re, outcome),
                // A caller who has gone needs no reply.
                Asker::Caller(done) => drop(done.send(outcome)),
            }
        }
        for outbox in self.leaving {
            outbox.close(Close::Left);
        }
    }

    /// Nothing could be stored: every reply says so.
    pub(super) fn refuse(&mut self) {
        for (_, outcome) in &mut self.replies {
            *outcome = Refusal::StoreFailed.outcome();
        }
    }
}

/// Sends a reply.
pub(super) fn reply(outbox: &Outbox, re: u64, outcome: Outcome) {
    outbox.send(encode(&ServerMessage::Reply(Reply { re, outcome })));
}

/// A session of the room.
pub(super) struct Session {
    pub(super) seat: Seat,
    pub(super) outbox: Outbox,
    /// The last event that its page had.
    pub(super) after: Option<u64>,
    /// The last event that it was told of; none before its welcome.
    pub(super) told: Option<u64>,
    /// What it was last told of its own microphone.
    pub(super) heard: bool,
}

/// The sessions of a room: at most one a device.
#[derive(Default)]
pub(super) struct Sessions {
    pub(super) by_number: BTreeMap<SessionNo, Session>,
    by_device: HashMap<DeviceId, SessionNo>,
}

impl Sessions {
    /// Adds a session; the one that the device had, if any, ends.
    pub(super) fn add(&mut self, number: SessionNo, session: Session) {
        let old = self.by_device.insert(session.seat.device.clone(), number);
        if let Some(old) = old.and_then(|old| self.by_number.remove(&old)) {
            tracing::info!(site = %old.seat.site, device = %old.seat.device, "A newer session replaces an older one");
            old.outbox.close(Close::Replaced);
        }
        self.by_number.insert(number, session);
    }

    /// Removes a session; none if it was replaced.
    pub(super) fn remove(&mut self, number: SessionNo) -> Option<Session> {
        let session = self.by_number.remove(&number)?;
        self.by_device.remove(&session.seat.device);
        Some(session)
    }

    /// Ends sessions that may not be here any longer.
    pub(super) fn expel(&mut self, reason: Close, who: impl Fn(&Seat) -> bool) {
        let numbers = self.by_number.iter();
        let out: Vec<SessionNo> = numbers
            .filter(|(_, session)| who(&session.seat))
            .map(|(number, _)| *number)
            .collect();
        for number in out {
            if let Some(session) = self.remove(number) {
                session.outbox.close(reason);
            }
        }
    }

    pub(super) fn get(&self, number: SessionNo) -> Option<&Session> {
        self.by_number.get(&number)
    }

    pub(super) fn of_device(&self, device: &DeviceId) -> Option<&Session> {
        self.by_number.get(self.by_device.get(device)?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.by_number.values()
    }

    /// Tells all pages to come back.
    pub(super) fn close_all(&self) {
        for session in self.iter() {
            session.outbox.close(Close::Stopping);
        }
    }
}

impl Drop for Sessions {
    /// However a room ends, also by a panic: nobody is left with a page that nothing answers.
    fn drop(&mut self) {
        self.close_all();
    }
}

/// Notes an append for `/metrics`.
pub(super) fn count_append(stored: bool, events: usize) {
    if stored {
        metrics::APPENDS.count();
        metrics::EVENTS.add(events as u64);
    } else {
        metrics::APPENDS_FAILED.count();
    }
}
