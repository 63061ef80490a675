//! What sessions ask of the room.

use super::Task;
use crate::{
    metrics,
    room::{Ask, MediaMail, Seat, SessionNo, batch::Batch},
    sentences::{self, Refusal},
    store::CommandKey,
};
use diemcau_conference::Command;
use diemcau_protocol::{Answer, MediaCommand, Outcome};

impl Task {
    pub(super) fn ask(&mut self, batch: &mut Batch, number: SessionNo, re: u64, ask: Ask) {
        // A session that was replaced has no say any more.
        let Some(session) = self.sessions.get(number) else {
            return;
        };
        let (seat, outbox) = (session.seat.clone(), session.outbox.clone());
        match ask {
            Ask::Conference(key, command) => {
                let outcome = self.command(batch, &seat, key, &command);
                batch.reply(&outbox, re, outcome);
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
            Ask::Media(MediaCommand::Leave) => {
                self.parts.media.leave(&seat.device);
                self.parts.media.reconcile(&self.plan);
                batch.reply(&outbox, re, Outcome::Ok(Answer::default()));
            }
            Ask::Media(MediaCommand::LinkLeave) => {
                self.sessions.remove(number);
                self.link_down(batch, &seat.device, true);
                batch.reply(&outbox, re, Outcome::Ok(Answer::default()));
                batch.leaving.push(outbox);
            }
            // Answered by the session itself, which keeps it off the room's path.
            Ask::Media(MediaCommand::Ping) => {
                batch.reply(&outbox, re, Outcome::Ok(Answer::default()));
            }
        }
    }

    fn command(
        &mut self,
        batch: &mut Batch,
        seat: &Seat,
        key: CommandKey,
        command: &Command,
    ) -> Outcome {
        let done = |seq| {
            Outcome::Ok(Answer {
                seq: Some(seq),
                ..Answer::default()
            })
        };
        let name = (seat.device.clone(), key);
        if let Some(seq) = self
            .state
            .answers
            .get(&name)
            .or_else(|| batch.answers.get(&name))
        {
            metrics::COMMANDS_REPEATED.count();
            return done(*seq);
        }
        if !self.log.is_good() {
            return Refusal::StoreFailed.outcome();
        }
        metrics::COMMANDS.count();
        match self.decide(batch, &seat.actor(), Some(key), command) {
            Ok(seq) => {
                batch.answers.insert(name, seq);
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
