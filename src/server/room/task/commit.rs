//! From decided to done: the log first, then media, answers and everyone.

use super::Task;
use crate::{
    metrics,
    room::{
        Seat,
        batch::{Batch, count_append},
        fan_out::Scene,
        media::To,
        recent::Entry,
    },
    store::{NewRecord, Record},
};
use diemcau_conference::Event;
use diemcau_protocol::Hint;

impl Task {
    /// Appends, and only then sends the media plan, answers and tells everyone.
    pub(super) async fn commit(&mut self, mut batch: Batch) {
        let mut entries = Vec::new();
        if !batch.records.is_empty() {
            let records = batch.records.clone();
            let timing = metrics::APPEND.start();
            let stored = self
                .parts
                .store
                .append(&self.id, self.state.seq, records)
                .await;
            timing.end();
            count_append(stored.is_ok(), batch.records.len());
            match stored {
                Ok(_) => entries = self.committed(&mut batch),
                Err(error) => {
                    self.discard(&error);
                    batch.refuse();
                }
            }
        }
        // The gate first: it is what must be quick.
        self.parts.media.reconcile(&self.plan);
        let new = self
            .sessions
            .iter()
            .filter(|session| session.told.is_none());
        let new: Vec<Seat> = new.map(|session| session.seat.clone()).collect();
        if !new.is_empty() {
            self.tell(&[]);
        }
        batch.answer();
        self.tell(&entries);
        for seat in new {
            for hint in self.parts.media.greet(&seat.device, seat.role.is_host()) {
                self.hint(&To::Device(seat.device.clone()), hint);
            }
            if let Some(hint) = self.quality.greet(&seat.device, seat.role.is_host()) {
                self.hint(&To::Device(seat.device.clone()), hint);
            }
            if seat.role.is_host() {
                for line in self.lines.values() {
                    let hint = Hint::LineChecked(line.clone());
                    self.hint(&To::Device(seat.device.clone()), hint);
                }
            }
        }
    }

    /// Takes in what the log now has.
    pub(super) fn committed(&mut self, batch: &mut Batch) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(batch.records.len());
        let mut left = false;
        for new in batch.records.drain(..) {
            let NewRecord {
                at,
                audience,
                actor,
                key,
                event,
            } = new;
            let record = Record {
                seq: self.state.seq + 1,
                at,
                audience,
                actor,
                key,
                event,
            };
            if let Event::LinkEnded { device, .. } = &record.event {
                self.parts.media.leave(device);
                left = true;
            }
            self.expel(&record.event);
            self.stored.apply(record.at, &record.event);
            self.state.note(&record);
            let entry = Entry::new(&record);
            self.state.recent.push(entry.clone());
            entries.push(entry);
        }
        self.plan = self.state.conference.media_plan();
        self.parts.figures.note(&self.state.conference);
        if left {
            self.forget_lines();
        }
        entries
    }

    fn tell(&mut self, entries: &[Entry]) {
        let scene = Scene {
            conference: &self.state.conference,
            plan: &self.plan,
            recent: &self.state.recent,
            seq: self.state.seq,
            now: self.now(),
            instance: &self.parts.instance,
        };
        self.fan_out.tell(&mut self.sessions, entries, &scene);
    }
}
