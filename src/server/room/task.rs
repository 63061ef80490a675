//! The task that owns a conference.

mod ask;
mod commit;
mod links;
mod news;
mod recovery;

use super::{
    Clock, KnownDocument, Mail, MediaMail, Seat, SessionNo, Standing,
    batch::{Asker, Batch, Session, Sessions},
    fan_out::FanOut,
    figures::Figures,
    media::{RoomMedia, To},
    quality::Lines,
    state::{OpenError, State},
};
use crate::{
    documents::Sha256,
    signalling::Outbox,
    store::{NewRecord, Store},
};
use ask::Wish;
use diemcau_conference::{
    Actor, Command, Conference, ConferenceId, DocumentSource, MediaPlan, Rejection, RoomCommand,
    Setup, SiteId, Timestamp,
};
use diemcau_protocol::{CheckedLine, Hint};
use recovery::Log;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// Letters that are decided together at most.
const BATCH: usize = 1024;
/// After a failed append the room's own decisions wait so long: the disk is not back at once.
const RETRY: Duration = Duration::from_secs(1);

/// What a room is made of, beside its log.
pub(super) struct Parts {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) instance: String,
    pub(super) media: RoomMedia,
    /// The room's own end of `media_mailbox`, for the outcomes of joins.
    pub(super) media_mail: mpsc::UnboundedSender<MediaMail>,
    pub(super) mailbox: mpsc::Receiver<Mail>,
    pub(super) media_mailbox: mpsc::UnboundedReceiver<MediaMail>,
    pub(super) figures: Arc<Figures>,
}

/// The owner of a conference.
pub(super) struct Task {
    id: ConferenceId,
    parts: Parts,
    state: State,
    /// The conference as the log has it. That of `state` is ahead of it while a batch is under
    /// way, and goes back to it when an append fails.
    stored: Conference,
    plan: MediaPlan,
    sessions: Sessions,
    fan_out: FanOut,
    /// How each site's line was found when it was last checked.
    lines: BTreeMap<SiteId, CheckedLine>,
    /// How lines are now.
    quality: Lines,
    log: Log,
    /// Set after a failed append: when the room may decide for itself again, and must compare the
    /// links of the state with the sessions that are there.
    retry: Option<Instant>,
}

impl Task {
    /// Replays the log, then brings it up to date: the outage that a running conference had, and
    /// the configuration.
    pub(super) async fn open(setup: Setup, parts: Parts) -> Result<Self, OpenError> {
        let id = setup.id.clone();
        let state = State::replay(&parts.store, &id).await?;
        let plan = state.conference.media_plan();
        parts.figures.note(&state.conference);
        let (sessions, fan_out) = (Sessions::default(), FanOut::default());
        let quality = Lines::new(parts.media.port());
        let mut task = Self {
            id,
            parts,
            stored: state.conference.clone(),
            state,
            plan,
            sessions,
            fan_out,
            lines: BTreeMap::new(),
            quality,
            log: Log::Good,
            retry: None,
        };
        tracing::info!(conference = %task.id, events = task.state.seq, "A conference is replayed");
        if task.state.conference.is_closed() {
            return Ok(task);
        }
        let mut batch = Batch::default();
        let contradiction = |rejection| OpenError::Configuration {
            conference: setup.id.clone(),
            rejection,
        };
        if task.state.seq > 0 {
            let from = task
                .parts
                .store
                .alive_at()?
                .unwrap_or_default()
                .max(task.state.at);
            let to = task.now();
            tracing::warn!(
                away = (to - from).0,
                "The server was away; running clocks get the time back"
            );
            let outage = RoomCommand::Outage { from, to };
            task.decide_for_room(&mut batch, outage)
                .map_err(contradiction)?;
        }
        let configure = RoomCommand::Configure(setup.clone());
        task.decide_for_room(&mut batch, configure)
            .map_err(contradiction)?;
        if !batch.records.is_empty() {
            let records = batch.records.clone();
            task.parts
                .store
                .append(&task.id, task.state.seq, records)
                .await?;
            task.committed(&mut batch);
        }
        Ok(task)
    }

    /// Runs until it is told to stop, or nobody holds its mailbox any more.
    pub(super) async fn run(mut self) {
        loop {
            let wake = self.wake();
            let first = tokio::select! {
                mail = self.parts.mailbox.recv() => match mail {
                    Some(mail) => Some(mail),
                    None => return,
                },
                Some(news) = self.parts.media_mailbox.recv() => {
                    self.media_news(news).await;
                    continue;
                }
                read = self.log.read() => {
                    self.recover(read);
                    continue;
                }
                () = tokio::time::sleep(wake) => None,
            };
            if let Some(done) = self.take_batch(first).await {
                self.sessions.close_all();
                tracing::info!(conference = %self.id, seq = self.state.seq, "A room is stopped");
                // Whoever asked may have gone; the room stops all the same.
                let _ = done.send(());
                return;
            }
        }
    }

    /// Never before the last event: the log's times do not go back.
    fn now(&self) -> Timestamp {
        self.parts.clock.now().max(self.state.at)
    }

    fn wake(&self) -> Duration {
        // A room without a deadline is woken by its mailboxes alone.
        const LONG: Duration = Duration::from_secs(3600);
        if let Log::Reading(_) = self.log {
            return LONG;
        }
        if let Some(retry) = self.retry {
            return retry.saturating_duration_since(Instant::now());
        }
        self.state
            .conference
            .next_deadline()
            .map_or(LONG, |at| self.parts.clock.until(at))
    }

    /// Decides all that waits, appends it and tells everyone. The answer is set when the room is
    /// to stop.
    async fn take_batch(&mut self, first: Option<Mail>) -> Option<oneshot::Sender<()>> {
        let mut batch = Batch::default();
        let mut stop = None;
        if self.retry.is_some_and(|retry| retry <= Instant::now()) {
            self.retry = None;
            match self.log {
                Log::Good => self.mend_links(&mut batch),
                Log::Unreadable => self.read_again(),
                Log::Reading(_) => {}
            }
        }
        let mut next = first;
        loop {
            self.tick(&mut batch);
            match next {
                None => break,
                Some(Mail::Connect {
                    session,
                    seat,
                    after,
                    outbox,
                }) => {
                    self.connect(&mut batch, session, seat, after, outbox);
                }
                Some(Mail::Disconnect { session }) => {
                    if let Some(gone) = self.sessions.remove(session) {
                        self.link_down(&mut batch, &gone.seat.device, false);
                    }
                }
                Some(Mail::Ask { session, re, ask }) => self.ask(&mut batch, session, re, ask),
                Some(Mail::Command {
                    seat,
                    key,
                    command,
                    done,
                }) => {
                    let wish = Wish {
                        key,
                        ..Wish::of(&command)
                    };
                    self.command(&mut batch, Asker::Caller(done), &seat, &wish);
                }
                Some(Mail::Document { sha256, done }) => {
                    // Whoever asked may have gone.
                    let _ = done.send(self.known_document(&sha256));
                }
                Some(Mail::Admits { seat, done }) => {
                    let conference = &self.state.conference;
                    // Whoever asked may have gone.
                    let _ = done.send(conference.admits(&seat.device, &seat.site, seat.role));
                }
                Some(Mail::CodeChanged { site, role }) => {
                    self.code_changed(&mut batch, &site, role);
                }
                Some(Mail::Hint(hint)) => {
                    if let Hint::LineChecked(line) = &hint {
                        self.lines.insert(line.site.clone(), line.clone());
                    }
                    self.hint(&To::Host, hint);
                }
                Some(Mail::Standing { device, done }) => {
                    // Whoever asked may have gone.
                    let _ = done.send(Standing {
                        is_here: self.sessions.of_device(&device).is_some(),
                        in_session: self.state.conference.session().is_some(),
                    });
                }
                Some(Mail::Stop { done }) => {
                    stop = Some(done);
                    break;
                }
                #[cfg(test)]
                Some(Mail::Panic) => panic!("a test asked for it"),
            }
            batch.letters += 1;
            next = if batch.letters < BATCH {
                self.parts.mailbox.try_recv().ok()
            } else {
                None
            };
        }
        if !batch.is_only_reports() {
            self.commit(batch).await;
        }
        stop
    }

    /// What the log says of a file, not what is about to be written there.
    fn known_document(&self, sha256: &Sha256) -> KnownDocument {
        let documents = self.stored.agenda().iter().flat_map(|item| &item.documents);
        let mut files = documents.filter_map(|document| match &document.source {
            DocumentSource::File(file) => Some(file),
            DocumentSource::Link { .. } => None,
        });
        KnownDocument {
            file: files.find(|file| file.sha256 == sha256.as_str()).cloned(),
            is_certain: self.log.is_good(),
        }
    }

    /// What is due is decided before what is asked, so that nobody is blamed for it.
    fn tick(&mut self, batch: &mut Batch) {
        let due = self
            .state
            .conference
            .next_deadline()
            .is_some_and(|at| at <= self.now());
        if due
            && self.log.is_good()
            && self.retry.is_none()
            && let Err(rejection) = self.decide_for_room(batch, RoomCommand::Tick)
        {
            tracing::error!(%rejection, "What was due could not be decided");
        }
    }

    fn connect(
        &mut self,
        batch: &mut Batch,
        number: SessionNo,
        seat: Seat,
        after: Option<u64>,
        outbox: Outbox,
    ) {
        if let Err(reason) = self.link_up(batch, &seat) {
            outbox.close(reason);
            return;
        }
        let session = Session {
            seat,
            outbox,
            after,
            told: None,
            heard: false,
        };
        self.sessions.add(number, session);
    }

    fn decide_for_room(
        &mut self,
        batch: &mut Batch,
        command: RoomCommand,
    ) -> Result<u64, Rejection> {
        self.decide(batch, &Actor::Room, &Wish::of(&Command::Room(command)))
    }

    /// Decides and applies; the answer is the `seq` that the last event will have.
    fn decide(
        &mut self,
        batch: &mut Batch,
        actor: &Actor,
        wish: &Wish<'_>,
    ) -> Result<u64, Rejection> {
        let now = self.now();
        let key = wish.key;
        let conference = &mut self.state.conference;
        for event in conference.decide_seen(now, actor, wish.command, wish.seen)? {
            let audience = conference.audience(&event);
            conference.apply(now, &event);
            let actor = actor.clone();
            batch.records.push(NewRecord {
                at: now,
                audience,
                actor,
                key,
                event,
            });
        }
        Ok(self.state.seq + batch.records.len() as u64)
    }
}
