//! Rooms: each conference belongs to one task, and nothing else writes it.
//!
//! A room takes what its mailbox holds, decides it on its state, appends all the events in one
//! transaction, and only then answers, tells everyone and sends the media plan. A failed append
//! discards the state, which is replayed from the log.

mod batch;
mod clock;
mod fan_out;
mod hints;
mod media;
mod recent;
mod state;
mod supervise;
mod task;
mod view;
mod wire;

#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use state::OpenError;
#[cfg(feature = "bench")]
pub(crate) use state::State;

use crate::{
    signalling::Outbox,
    store::{CommandKey, Store},
};
use dashmap::DashMap;
use diemcau_conference::{Actor, Command, ConferenceId, DeviceId, Role, Setup, SiteId};
use diemcau_media::{JoinError, Joined, Media, MediaConfig, MediaEvent, PeerId, RoomId};
use diemcau_protocol::MediaCommand;
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
#[derive(Debug)]
pub(crate) enum Ask {
    /// A command of the conference, with its key.
    Conference(CommandKey, Command),
    /// Media, or the link itself.
    Media(MediaCommand),
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

    async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.mail.send(Mail::Stop { done }).await.is_ok() {
            let _ = stopped.await;
        }
    }
}

type MediaMailboxes = Arc<DashMap<RoomId, mpsc::UnboundedSender<MediaMail>>>;

/// All rooms of this server, and the media plane that they share.
pub struct Rooms {
    shared: Arc<Shared>,
}

/// What a room needs to be opened, and where it is found then.
struct Shared {
    rooms: DashMap<ConferenceId, Room>,
    media: Media,
    media_mail: MediaMailboxes,
    next_room: AtomicU64,
    store: Store,
    clock: Clock,
    instance: String,
    /// True once the server stops: no room is opened again.
    stopping: watch::Sender<bool>,
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
        let media_mail = MediaMailboxes::default();
        let mailboxes = Arc::clone(&media_mail);
        let media = Media::start(media, move |event| {
            let room = match &event {
                MediaEvent::Levels { room, .. } => *room,
                MediaEvent::Connected { peer }
                | MediaEvent::Link { peer, .. }
                | MediaEvent::Gone { peer }
                | MediaEvent::MicrophoneSeen { peer }
                | MediaEvent::OpenMicrophone { peer, .. }
                | MediaEvent::Slot { peer, .. } => media::room_of(*peer),
            };
            if let Some(mailbox) = mailboxes.get(&room) {
                // A room that has stopped needs no news.
                let _ = mailbox.send(MediaMail::Event(event));
            }
        })?;
        let shared = Shared {
            rooms: DashMap::new(),
            media,
            media_mail,
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

    /// The room of a conference, if it is open.
    pub(crate) fn get(&self, conference: &ConferenceId) -> Option<Room> {
        let room = self.shared.rooms.get(conference);
        room.map(|room| room.clone())
    }

    /// Counters of the media plane.
    #[must_use]
    pub fn media_counters(&self) -> Vec<(&'static str, &'static str, u64)> {
        self.shared.media.counters()
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
