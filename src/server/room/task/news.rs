//! Takes in what the media plane says, and passes it on as hints.

use super::Task;
use crate::{
    room::{
        MediaMail,
        batch::{Batch, reply},
        media::To,
        wire,
    },
    signalling::session::encode,
};
use diemcau_conference::{DeviceId, RoomCommand, Timestamp};
use diemcau_media::MediaEvent;
use diemcau_protocol::{Hint, ServerMessage};
use std::mem::discriminant;

impl Task {
    /// Takes in all that the media plane has said, then tells each client once.
    pub(super) async fn media_news(&mut self, first: MediaMail) {
        let mut hints: Vec<(To, Hint)> = Vec::new();
        let mut seen = Vec::new();
        let mut next = Some(first);
        let now = self.now();
        // Figures of lines come often, and no peer comes or goes with them.
        let (mut changed, mut gone) = (false, false);
        while let Some(news) = next {
            match news {
                MediaMail::Event(event) => {
                    seen.extend(self.parts.media.microphone_seen(&event));
                    if let Some((device, site, quality, silent)) = self.parts.media.measured(&event)
                    {
                        self.quality.measured(now, device, site, &quality, silent);
                    } else {
                        changed = true;
                    }
                    gone |= matches!(event, MediaEvent::Gone { .. });
                    for (to, hint) in self.parts.media.event(event, &self.plan) {
                        // A later list says all that an earlier one did.
                        if matches!(hint, Hint::Slots { .. } | Hint::Layers { .. }) {
                            hints.retain(|(other, old)| {
                                *other != to || discriminant(old) != discriminant(&hint)
                            });
                        }
                        hints.push((to, hint));
                    }
                }
                MediaMail::Joined {
                    session,
                    re,
                    peer,
                    result,
                } => {
                    changed = true;
                    let slots = result.as_ref().ok().map(|joined| joined.slots.as_slice());
                    self.parts.media.joined(peer, slots);
                    if let Some(session) = self.sessions.get(session) {
                        reply(&session.outbox, re, wire::join_outcome(result));
                    }
                }
            }
            next = self.parts.media_mailbox.try_recv().ok();
        }
        if changed {
            self.parts.media.reconcile(&self.plan);
        }
        if gone {
            self.forget_lines();
        }
        for (to, hint) in hints {
            self.hint(&to, hint);
        }
        self.tell_lines(now);
        self.microphones_seen(seen).await;
    }

    /// Forgets the lines of devices that have no media any more. It cannot wait for news of other lines:
    /// there may be none.
    pub(super) fn forget_lines(&mut self) {
        let media = &self.parts.media;
        for (to, hint) in self.quality.keep(|device| media.has(device)) {
            self.hint(&to, hint);
        }
        self.parts.figures.note_lines(self.quality.by_grade());
    }

    /// Tells whom it concerns which lines have become better or worse.
    fn tell_lines(&mut self, now: Timestamp) {
        let mut hints = self.quality.tell_pages();
        if self.quality.hosts_are_due(now) {
            hints.extend(self.quality.tell_hosts(now));
            self.parts.figures.note_lines(self.quality.by_grade());
        }
        for (to, hint) in hints {
            self.hint(&to, hint);
        }
    }

    /// A turn that waited for its first sound has it.
    async fn microphones_seen(&mut self, devices: Vec<DeviceId>) {
        if devices.is_empty() || !self.log.is_good() {
            return;
        }
        let mut batch = Batch::default();
        self.tick(&mut batch);
        for device in devices {
            let seen = RoomCommand::MicrophoneSeen { device };
            if let Err(rejection) = self.decide_for_room(&mut batch, seen) {
                tracing::error!(%rejection, "The first sound of a turn could not be recorded");
            }
        }
        self.commit(batch).await;
    }

    pub(super) fn hint(&self, to: &To, hint: Hint) {
        let message = encode(&ServerMessage::Hint(hint));
        match to {
            To::Device(device) => {
                if let Some(session) = self.sessions.of_device(device) {
                    session.outbox.send(message);
                }
            }
            To::SitePage(device) => {
                let session = self.sessions.of_device(device);
                if let Some(session) = session.filter(|it| !it.seat.role.is_host()) {
                    session.outbox.send(message);
                }
            }
            To::Host => {
                for session in self
                    .sessions
                    .iter()
                    .filter(|session| session.seat.role.is_host())
                {
                    session.outbox.send(message.clone());
                }
            }
            To::EveryoneSoon => {
                for session in self.sessions.iter() {
                    session.outbox.send_droppable(message.clone());
                }
            }
        }
    }
}
