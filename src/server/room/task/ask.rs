//! What sessions ask of the room.

use super::Task;
use crate::{
    metrics,
    room::{
        Ask, MediaMail, Seat, SessionNo,
        batch::{Asker, Batch},
    },
    sentences,
    store::CommandKey,
};
use diemcau_conference::{Command, Rejection};
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
                let asker = Asker::Session(outbox, re);
                self.command(batch, asker, &seat, Some(key), &command);
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

    /// Decides a command and has its answer sent when that is in the log.
    pub(super) fn command(
        &mut self,
        batch: &mut Batch,
        asker: Asker,
        seat: &Seat,
        key: Option<CommandKey>,
        command: &Command,
    ) {
        let outcome = match self.decide_once(batch, seat, key, command) {
            Ok(seq) => Outcome::Ok(Answer {
                seq: Some(seq),
                ..Answer::default()
            }),
            Err(rejection) => {
                metrics::COMMANDS_REFUSED.count();
                tracing::debug!(%rejection, site = %seat.site, "A command is refused");
                Outcome::Error(sentences::rejection(rejection))
            }
        };
        batch.reply(asker, outcome);
    }

    /// A key that was answered before gets the first answer.
    fn decide_once(
        &mut self,
        batch: &mut Batch,
        seat: &Seat,
        key: Option<CommandKey>,
        command: &Command,
    ) -> Result<u64, Rejection> {
        let Some(key) = key else {
            metrics::COMMANDS.count();
            return self.decide(batch, &seat.actor(), None, command);
        };
        let name = (seat.device.clone(), key);
        if let Some(seq) = self
            .state
            .answers
            .get(&name)
            .or_else(|| batch.answers.get(&name))
        {
            metrics::COMMANDS_REPEATED.count();
            return Ok(*seq);
        }
        let seq = self.decide(batch, &seat.actor(), Some(key), command)?;
        metrics::COMMANDS.count();
        batch.answers.insert(name, seq);
        Ok(seq)
    }
}
