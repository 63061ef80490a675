//! Line checks: a device tries its real media path before it enters the conference.
//!
//! All checks share a room of the media plane that belongs to no conference. In its plan every peer
//! is its own and only source, so that nobody else hears or sees it, and nothing of it is in a log.
//! This is the owner of that room; it decides nothing about the conference.

mod board;
mod limits;
mod rates;
mod verdict;
mod words;

pub(crate) use limits::Limits;
pub(crate) use rates::{Direction, MAX_BYTES, PACE, Ticket};
pub(crate) use verdict::judge;
pub(crate) use words::Cause;

use crate::{
    room::{MediaRoom, Rooms, slot_info},
    sentences::Refusal,
    setup::random_hex,
};
use board::Board;
use diemcau_conference::{DeviceId, SiteId};
use diemcau_media::{JoinError, Media, MediaEvent, Ports, RoomId};
use diemcau_protocol::{LineCheckOpened, SignedIn};
use rates::Rates;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::sync::{Notify, mpsc, oneshot};

/// All line checks of this server.
pub(crate) struct LineChecks {
    shared: Arc<Shared>,
    rates: Arc<Mutex<Rates>>,
    media_port: Ports,
}

struct Shared {
    media: Media,
    room: RoomId,
    board: Mutex<Board>,
    /// There is a new check, with a new deadline.
    opened: Notify,
}

impl LineChecks {
    /// Opens the room. Must be called within the runtime that serves.
    pub(crate) fn start(rooms: &Rooms) -> Self {
        let MediaRoom {
            media,
            number,
            events,
        } = rooms.open_media_room();
        let media_port = media.ports();
        let shared = Arc::new(Shared {
            media,
            room: number,
            board: Mutex::new(Board::new(number)),
            opened: Notify::new(),
        });
        tokio::spawn(watch(Arc::clone(&shared), events));
        Self {
            shared,
            rates: Arc::new(Mutex::new(Rates::new())),
            media_port,
        }
    }

    /// The port that media is served on, by UDP and TCP, or the ports.
    pub(crate) fn media_port(&self) -> Ports {
        self.media_port
    }

    /// Opens a check of a device with its offer. An older check of the device ends.
    pub(crate) async fn open(
        &self,
        device: &DeviceId,
        site: &SiteId,
        sdp: String,
    ) -> Result<LineCheckOpened, Refusal> {
        // 128 bits.
        let check = random_hex::<16>()?;
        let (done, joined) = oneshot::channel();
        {
            let mut board = self.shared.board();
            let opened = board.open(Instant::now(), check.clone(), device, site)?;
            self.shared.apply(&board, opened.ended);
            self.shared
                .media
                .join(self.shared.room, opened.peer, sdp, move |result| {
                    // A request that was given up leaves a check that ends by itself.
                    let _ = done.send(result);
                });
        }
        self.shared.opened.notify_one();
        let refusal = match joined.await {
            Ok(Ok(joined)) => {
                return Ok(LineCheckOpened {
                    check,
                    sdp: joined.answer,
                    slots: joined.slots.into_iter().map(slot_info).collect(),
                });
            }
            Ok(Err(JoinError::BadOffer(why))) => {
                tracing::info!(why, "The offer of a line check cannot be used");
                Refusal::BadOffer
            }
            Ok(Err(JoinError::Full)) => Refusal::MediaFull,
            Ok(Err(JoinError::Stopped)) | Err(_) => Refusal::Stopping,
        };
        let mut board = self.shared.board();
        let ended = board.forget(&check);
        self.shared.apply(&board, ended);
        Err(refusal)
    }

    /// Ends a check of a device. Its result is still taken.
    pub(crate) fn end(&self, device: &DeviceId, check: &str) -> Result<(), Refusal> {
        let mut board = self.shared.board();
        let ended = board.end(device, check)?;
        self.shared.apply(&board, ended);
        Ok(())
    }

    /// Whether a device may tell the result of a check.
    pub(crate) fn admit_result(&self, device: &DeviceId, check: &str) -> Result<(), Refusal> {
        self.shared
            .board()
            .admit_result(Instant::now(), device, check)
    }

    /// Lets a device move so many bytes to measure its rate: one of a site at a time each way, and
    /// fewer in all while a session is open.
    pub(crate) fn measure(
        &self,
        direction: Direction,
        who: &SignedIn,
        bytes: u64,
        in_session: bool,
    ) -> Result<Ticket, Refusal> {
        Ticket::take(&self.rates, direction, who, bytes, in_session)
    }
}

impl Shared {
    fn board(&self) -> MutexGuard<'_, Board> {
        // Every holder leaves it whole, so that a panic elsewhere does not spread.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the media plane, under the board's lock so that no older plan comes after a newer.
    fn apply(&self, board: &Board, ended: Option<diemcau_media::PeerId>) {
        if let Some(peer) = ended {
            self.media.leave(peer);
        }
        self.media.reconcile(self.room, board.plan());
    }
}

/// Ends checks whose time is over or whose media is gone.
async fn watch(shared: Arc<Shared>, mut events: mpsc::UnboundedReceiver<MediaEvent>) {
    loop {
        let due = shared.board().next_deadline();
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = events.recv() => match event {
                Some(MediaEvent::Gone { peer }) => {
                    let mut board = shared.board();
                    board.gone(peer);
                    shared.apply(&board, None);
                }
                Some(_) => {}
                None => return,
            },
            () = shared.opened.notified() => {}
            () = sleep => {
                let mut board = shared.board();
                for peer in board.expire(Instant::now()) {
                    shared.apply(&board, Some(peer));
                }
            }
        }
    }
}
