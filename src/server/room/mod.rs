//! Rooms: each conference belongs to one task, and nothing else writes it.
//!
//! A room takes what its mailbox holds, decides it on its state, appends all the events in one
//! transaction, and only then answers, tells everyone and sends the media plan. A failed append
//! discards the state, which is replayed from the log.

mod batch;
mod clock;
mod fan_out;
mod figures;
mod hints;
mod media;
mod quality;
mod recent;
mod state;
mod supervise;
mod task;
mod view;
mod wire;

#[cfg(test)]
mod tests;

pub use clock::Clock;
pub(crate) use media::peer_id;
pub use state::OpenError;
#[cfg(feature = "bench")]
pub(crate) use state::State;
pub(crate) use wire::slot_info;

use crate::{
    documents::Sha256,
    metrics::Moment,
    signalling::Outbox,
    store::{CommandKey, Store},
};
use dashmap::DashMap;
use diemcau_conference::{
    Actor, Command, ConferenceId, DeviceId, DocumentFile, Rejection, Role, Setup, SiteId,
};
use diemcau_media::{JoinError, Joined, Media, MediaConfig, MediaEvent, PeerId, RoomId, Row};
use diemcau_protocol::{CheckedLine, Hint, MediaCommand, Outcome, SignedIn};
use figures::Figures;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::{mpsc, oneshot, watch};

/// Letters that may wait for a room; more wait in their own sessions.
const MAILBOX: usize = 1024;

/// Where somebody sits: the code that was entered, and on which device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) site: SiteId,
    pub(crate) role: Role,
    pub(crate) device: DeviceId,
}

impl Seat {
    /// Where one who signed in sits.
    pub(crate) fn of(who: &SignedIn) -> Self {
        Self {
            site: who.site.clone(),
            role: who.role,
            device: who.device.clone(),
        }
    }

    fn actor(&self) -> Actor {
        Actor::Person {
            site: self.site.clone(),
            role: self.role,
            device: self.device.clone(),
        }
    }
}

/// One WebSocket session, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionNo(u64);

/// What a session asks of the room.
#[allow(
    clippy::large_enum_variant,
    reason = "almost all that is asked is a command"
)]
#[derive(Debug)]
pub(crate) enum Ask {
    /// A command of the conference.
    Conference {
        /// Names it for ever.
        key: CommandKey,
        /// The newest event that was known when it was chosen.
        seen: Option<u64>,
        /// What is asked.
        command: Command,
    },
    /// Media, or the link itself.
    Media(MediaCommand),
}

/// How a device stands to the conference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// It has a WebSocket session.
    pub(crate) is_here: bool,
    /// A session of the conference is open.
    pub(crate) in_session: bool,
}

/// What the log says of a file.
#[derive(Debug, Clone)]
pub(crate) struct KnownDocument {
    /// As the first document that names it does; none if none does.
    pub(crate) file: Option<DocumentFile>,
    /// False while the log is read again after an append that failed.
    pub(crate) is_certain: bool,
}

/// A letter to a room.
enum Mail {
    Connect {
        session: SessionNo,
        seat: Seat,
        after: Option<u64>,
        outbox: Outbox,
    },
    Disconnect {
        session: SessionNo,
    },
    Ask {
        session: SessionNo,
        re: u64,
        ask: Ask,
    },
    /// A command of somebody who has no session, such as one over HTTP.
    Command {
        seat: Seat,
        key: Option<CommandKey>,
        command: Command,
        done: oneshot::Sender<Outcome>,
    },
    /// Does a document name this file?
    Document {
        sha256: Sha256,
        done: oneshot::Sender<KnownDocument>,
    },
    /// May this device come in?
    Admits {
        seat: Seat,
        done: oneshot::Sender<Result<(), Rejection>>,
    },
    /// The code of a (site, role) was changed at the server.
    CodeChanged {
        site: SiteId,
        role: Role,
    },
    /// Something for the host to know.
    Hint(Hint),
    /// Is this device here, and is a session open?
    Standing {
        device: DeviceId,
        done: oneshot::Sender<Standing>,
    },
    Stop {
        done: oneshot::Sender<()>,
    },
    /// What a defect would do.
    #[cfg(test)]
    Panic,
}

/// What the media plane says to a room.
enum MediaMail {
    Event(MediaEvent),
    Joined {
        session: SessionNo,
        re: u64,
        peer: PeerId,
        result: Result<Joined, JoinError>,
    },
}

/// A room, from outside.
#[derive(Clone)]
pub(crate) struct Room {
    mail: mpsc::Sender<Mail>,
    sessions: Arc<AtomicU64>,
    figures: Arc<Figures>,
}

impl Room {
    /// Adds a session; the welcome comes through its outbox. None when the room has stopped.
    pub(crate) async fn connect(
        &self,
        seat: Seat,
        after: Option<u64>,
        outbox: Outbox,
    ) -> Option<SessionNo> {
        let session = SessionNo(self.sessions.fetch_add(1, Ordering::Relaxed));
        self.mail
            .send(Mail::Connect {
                session,
                seat,
                after,
                outbox,
            })
            .await
            .ok()?;
        Some(session)
    }

    /// Ends a session. The device's link is lost unless another session has it.
    pub(crate) async fn disconnect(&self, session: SessionNo) {
        // A room that has stopped has forgotten the session already.
        let _ = self.mail.send(Mail::Disconnect { session }).await;
    }

    /// Asks for something; the reply comes through the outbox.
    pub(crate) async fn ask(&self, session: SessionNo, re: u64, ask: Ask) {
        // A room that has stopped has closed the session's outbox already.
        let _ = self.mail.send(Mail::Ask { session, re, ask }).await;
    }

    /// Decides a command for somebody who has no session. None when the room has stopped.
    pub(crate) async fn command(&self, seat: Seat, command: Command) -> Option<Outcome> {
        self.command_once(seat, None, command).await
    }

    /// The same with a key, so that a repeat gets the first answer.
    pub(crate) async fn command_once(
        &self,
        seat: Seat,
        key: Option<CommandKey>,
        command: Command,
    ) -> Option<Outcome> {
        let (done, outcome) = oneshot::channel();
        let mail = Mail::Command {
            seat,
            key,
            command,
            done,
        };
        self.mail.send(mail).await.ok()?;
        outcome.await.ok()
    }

    /// What the log says of a file. None when the room has stopped.
    pub(crate) async fn document(&self, sha256: Sha256) -> Option<KnownDocument> {
        let (done, known) = oneshot::channel();
        self.mail.send(Mail::Document { sha256, done }).await.ok()?;
        known.await.ok()
    }

    /// Whether a device may come in, by the rules. None when the room has stopped.
    pub(crate) async fn admits(&self, seat: Seat) -> Option<Result<(), Rejection>> {
        let (done, answer) = oneshot::channel();
        self.mail.send(Mail::Admits { seat, done }).await.ok()?;
        answer.await.ok()
    }

    /// A code was changed at the server: whoever came in with the old one is out.
    pub(crate) async fn code_changed(&self, site: SiteId, role: Role) {
        // A room that has stopped has nobody in it.
        let _ = self.mail.send(Mail::CodeChanged { site, role }).await;
    }

    /// Tells the host something that is not in the log; dropped when the room is busy.
    pub(crate) fn tell_host(&self, hint: Hint) {
        let _ = self.mail.try_send(Mail::Hint(hint));
    }

    /// How a device stands to the conference. None when the room has stopped.
    pub(crate) async fn standing(&self, device: DeviceId) -> Option<Standing> {
        let (done, answer) = oneshot::channel();
        self.mail.send(Mail::Standing { device, done }).await.ok()?;
        answer.await.ok()
    }

    /// Tells the host how a site's line was found, now and when a host comes later.
    pub(crate) async fn line_checked(&self, line: CheckedLine) {
        // A room that has stopped has no host to tell.
        let _ = self.mail.send(Mail::Hint(Hint::LineChecked(line))).await;
    }

    async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.mail.send(Mail::Stop { done }).await.is_ok() {
            let _ = stopped.await;
        }
    }
}

/// Who hears what happens in a room of the media plane. Called on the media thread.
type Listener = Box<dyn Fn(MediaEvent) + Send + Sync>;
type Listeners = Arc<DashMap<RoomId, Listener>>;

/// A room of the media plane that belongs to no conference.
pub(crate) struct MediaRoom {
    /// The media plane.
    pub(crate) media: Media,
    /// The room.
    pub(crate) number: RoomId,
    /// What happens in it.
    pub(crate) events: mpsc::UnboundedReceiver<MediaEvent>,
}

/// All rooms of this server, and the media plane that they share.
pub struct Rooms {
    shared: Arc<Shared>,
}

/// What a room needs to be opened, and where it is found then.
struct Shared {
    rooms: DashMap<ConferenceId, Room>,
    media: Media,
    listeners: Listeners,
    next_room: AtomicU64,
    store: Store,
    clock: Clock,
    instance: String,
    /// True once the server stops: no room is opened again.
    stopping: watch::Sender<bool>,
}

impl Shared {
    fn next_room(&self) -> RoomId {
        RoomId(self.next_room.fetch_add(1, Ordering::Relaxed))
    }

    fn listen(&self, room: RoomId, listener: impl Fn(MediaEvent) + Send + Sync + 'static) {
        self.listeners.insert(room, Box::new(listener));
    }
}

impl Rooms {
    /// Starts the media plane; there is no room yet. `instance` names this start of the server to
    /// clients.
    ///
    /// # Errors
    /// The media port cannot be bound.
    pub fn start(
        store: Store,
        clock: Clock,
        media: &MediaConfig,
        instance: String,
    ) -> io::Result<Self> {
        let listeners = Listeners::default();
        let heard = Arc::clone(&listeners);
        let media = Media::start(media, move |event| {
            let room = match &event {
                MediaEvent::Levels { room, .. } => *room,
                MediaEvent::Connected { peer }
                | MediaEvent::Link { peer, .. }
                | MediaEvent::Gone { peer }
                | MediaEvent::MicrophoneSeen { peer }
                | MediaEvent::OpenMicrophone { peer, .. }
                | MediaEvent::Quality { peer, .. }
                | MediaEvent::Slot { peer, .. }
                | MediaEvent::Layers { peer, .. } => media::room_of(*peer),
            };
            if let Some(listener) = heard.get(&room) {
                listener(event);
            }
        })?;
        let shared = Shared {
            rooms: DashMap::new(),
            media,
            listeners,
            next_room: AtomicU64::new(1),
            store,
            clock,
            instance,
            stopping: watch::Sender::new(false),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Opens the room of a conference: replays its log, gives back the time of an outage, and
    /// runs. Does nothing if it is open. A room that a defect ends is opened again.
    ///
    /// # Errors
    /// The log cannot be read or written, or the configuration contradicts it.
    pub async fn open(&self, setup: Setup) -> Result<(), OpenError> {
        if self.shared.rooms.contains_key(&setup.id) {
            return Ok(());
        }
        let running = supervise::start(&self.shared, setup.clone()).await?;
        tokio::spawn(supervise::keep(Arc::clone(&self.shared), setup, running));
        Ok(())
    }

    /// A new room of the media plane, beside those of conferences.
    pub(crate) fn open_media_room(&self) -> MediaRoom {
        let number = self.shared.next_room();
        let (sender, events) = mpsc::unbounded_channel();
        self.shared.listen(number, move |event| {
            // Whoever has let go of the room needs no news.
            let _ = sender.send(event);
        });
        MediaRoom {
            media: self.shared.media.clone(),
            number,
            events,
        }
    }

    /// The room of a conference, if it is open.
    pub(crate) fn get(&self, conference: &ConferenceId) -> Option<Room> {
        let room = self.shared.rooms.get(conference);
        room.map(|room| room.clone())
    }

    /// Counters of the media plane, shard by shard.
    #[must_use]
    pub fn media_counters(&self) -> Vec<Vec<Row>> {
        self.shared.media.counters()
    }

    /// How the rooms stand now, for `/metrics`.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let mut moment = Moment::default();
        for room in &self.shared.rooms {
            let (sites, linked, requests) = room.figures.read();
            for (sum, sites) in moment.sites_by_line.iter_mut().zip(room.figures.lines()) {
                *sum += sites;
            }
            moment.sites += sites;
            moment.sites_linked += linked;
            moment.floor_requests += requests;
            let waiting = room.mail.max_capacity() - room.mail.capacity();
            moment.mailbox_letters += waiting as u64;
        }
        moment
    }

    /// The clock of the conferences.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Ends all rooms, then the media plane. Links are lost, not left: whoever comes back after a
    /// restart goes on where they were.
    pub async fn stop(&self) {
        self.shared.stopping.send_replace(true);
        let rooms: Vec<Room> = self.shared.rooms.iter().map(|room| room.clone()).collect();
        for room in rooms {
            room.stop().await;
        }
        let media = self.shared.media.clone();
        // Waits for the media thread, so not on this one.
        let _ = tokio::task::spawn_blocking(move || media.stop()).await;
    }
}
