//! What sessions ask of the room.

use super::Task;
use crate::{
    metrics,
    room::{
        Ask, MediaMail, Seat, SessionNo,
        batch::{Asker, Batch, reply},
        quality::Reported,
    },
    sentences::{self, Refusal},
    store::CommandKey,
};
use diemcau_conference::{Command, Rejection};
use diemcau_protocol::{Answer, MediaCommand, Outcome};

/// A command and how it came.
pub(super) struct Wish<'a> {
    /// Its key; none when nobody could repeat it.
    pub(super) key: Option<CommandKey>,
    /// The newest event that was known when it was chosen.
    pub(super) seen: Option<u64>,
    pub(super) command: &'a Command,
}

impl<'a> Wish<'a> {
    /// A command that is made here and now.
    pub(super) fn of(command: &'a Command) -> Self {
        Self {
            key: None,
            seen: None,
            command,
        }
    }
}

impl Task {
    pub(super) fn ask(&mut self, batch: &mut Batch, number: SessionNo, re: u64, ask: Ask) {
        // A session that was replaced has no say any more.
        let Some(session) = self.sessions.get(number) else {
            return;
        };
        let (seat, outbox) = (session.seat.clone(), session.outbox.clone());
        match ask {
            Ask::Conference { key, seen, command } => {
                let asker = Asker::Session(outbox, re);
                let wish = Wish {
                    key: Some(key),
                    seen,
                    command: &command,
                };
                self.command(batch, asker, &seat, &wish);
            }
            // A page offers before it is told how the conference stands, and then wants no answer: a peer
            // of its own would wait for a handshake that never comes.
            Ask::Media(MediaCommand::Join { .. }) if self.state.conference.is_closed() => {
                let closed = sentences::rejection(Rejection::ConferenceClosed);
                batch.reply(Asker::Session(outbox, re), Outcome::Error(closed));
            }
            Ask::Media(MediaCommand::Join { sdp }) => {
                let peer = self.parts.media.add(&seat.device, &seat.site);
                self.parts.media.reconcile(&self.plan);
                let mail = self.parts.media_mail.clone();
                self.parts.media.join(peer, sdp, move |result| {
                    // A room that has stopped needs no news.
                    let _ = mail.send(MediaMail::Joined {
                        session: number,
                        re,
                        peer,
                        result,
                    });
                });
            }
            Ask::Media(MediaCommand::Watch { sites }) => {
                self.parts.media.watch(&seat.device, sites);
                self.parts.media.reconcile(&self.plan);
                batch.reply(Asker::Session(outbox, re), Outcome::Ok(Answer::default()));
            }
            Ask::Media(MediaCommand::Quality { report }) => {
                batch.reports += 1;
                let outcome = match self.quality.reported(self.now(), &seat.device, &report) {
                    Reported::Impossible => Refusal::BadMessage.outcome(),
                    Reported::Ignored => Outcome::Ok(Answer::default()),
                    Reported::Taken => {
                        metrics::pictures_stood_still(&report);
                        Outcome::Ok(Answer::default())
                    }
                };
                reply(&outbox, re, outcome);
            }
            Ask::Media(MediaCommand::Sizes { sizes }) => {
                self.parts.media.show(&seat.device, sizes);
                self.parts.media.reconcile(&self.plan);
                batch.reply(Asker::Session(outbox, re), Outcome::Ok(Answer::default()));
            }
            Ask::Media(MediaCommand::Leave) => {
                self.parts.media.leave(&seat.device);
                self.parts.media.reconcile(&self.plan);
                self.forget_lines();
                batch.reply(Asker::Session(outbox, re), Outcome::Ok(Answer::default()));
            }
            Ask::Media(MediaCommand::LinkLeave) => {
                self.sessions.remove(number);
                self.link_down(batch, &seat.device, true);
                let asker = Asker::Session(outbox.clone(), re);
                batch.reply(asker, Outcome::Ok(Answer::default()));
                batch.leaving.push(outbox);
            }
            // Answered by the session itself, which keeps it off the room's path.
            Ask::Media(MediaCommand::Ping) => {
                batch.reply(Asker::Session(outbox, re), Outcome::Ok(Answer::default()));
            }
        }
    }

    /// Decides a command and has its answer sent when that is in the log. A key that was answered
    /// before gets the first answer.
    pub(super) fn command(
        &mut self,
        batch: &mut Batch,
        asker: Asker,
        seat: &Seat,
        wish: &Wish<'_>,
    ) {
        let first = wish.key.and_then(|key| {
            let name = (seat.device.clone(), key);
            let answers = [&self.state.answers, &batch.answers];
            answers.iter().find_map(|known| known.get(&name).copied())
        });
        let outcome = if let Some(seq) = first {
            metrics::COMMANDS_REPEATED.count();
            done(seq)
        } else if self.log.is_good() {
            self.decide_new(batch, seat, wish)
        } else {
            Refusal::StoreFailed.outcome()
        };
        batch.reply(asker, outcome);
    }

    fn decide_new(&mut self, batch: &mut Batch, seat: &Seat, wish: &Wish<'_>) -> Outcome {
        match self.decide(batch, &seat.actor(), wish) {
            Ok(seq) => {
                metrics::COMMANDS.count();
                if let Some(key) = wish.key {
                    batch.answers.insert((seat.device.clone(), key), seq);
                }
                done(seq)
            }
            Err(rejection) => {
                metrics::COMMANDS_REFUSED.count();
                tracing::debug!(%rejection, site = %seat.site, "A command is refused");
                Outcome::Error(sentences::rejection(rejection))
            }
        }
    }
}

fn done(seq: u64) -> Outcome {
    Outcome::Ok(Answer {
        seq: Some(seq),
        ..Answer::default()
    })
}
