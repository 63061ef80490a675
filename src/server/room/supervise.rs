//! Opens rooms, and opens one again that a defect has ended. Other rooms notice nothing of it.

use super::{
    MAILBOX, MediaMail, OpenError, Room, Shared, figures::Figures, media::RoomMedia, task,
};
use crate::metrics;
use diemcau_conference::Setup;
use diemcau_media::RoomId;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinHandle};

/// A room is opened again after so long at first: pages are back soon after.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Each time it ends again it waits twice as long, up to this: a defect that comes back with the log
/// must not fill it with outages.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A room that ran so long is well; its next wait is the first again.
const WELL: Duration = Duration::from_secs(60);

/// A room that runs.
pub(super) struct Running {
    number: RoomId,
    task: JoinHandle<()>,
}

/// Opens the room of a conference and puts it where sessions find it.
pub(super) async fn start(shared: &Shared, setup: Setup) -> Result<Running, OpenError> {
    let id = setup.id.clone();
    let number = shared.next_room();
    let figures = Arc::new(Figures::default());
    let (mail, mailbox) = mpsc::channel(MAILBOX);
    let (media_mail, media_mailbox) = mpsc::unbounded_channel::<MediaMail>();
    let parts = task::Parts {
        store: shared.store.clone(),
        clock: shared.clock,
        instance: shared.instance.clone(),
        media: RoomMedia::new(shared.media.clone(), number),
        media_mail: media_mail.clone(),
        mailbox,
        media_mailbox,
        figures: Arc::clone(&figures),
    };
    let task = task::Task::open(setup, parts).await?;
    shared.listen(number, move |event| {
        // A room that has stopped needs no news.
        let _ = media_mail.send(MediaMail::Event(event));
    });
    let room = Room {
        mail,
        sessions: Arc::default(),
        figures,
    };
    shared.rooms.insert(id, room);
    Ok(Running {
        number,
        task: tokio::spawn(task.run()),
    })
}

/// Waits for a room to end. One that has not been stopped has panicked: its pages were told to come
/// back when it was dropped, and it is opened again from its log.
pub(super) async fn keep(shared: Arc<Shared>, setup: Setup, mut running: Running) {
    let mut wait = FIRST_WAIT;
    loop {
        let began = Instant::now();
        let ended = running.task.await;
        shared.listeners.remove(&running.number);
        let Err(error) = ended else {
            return;
        };
        metrics::ROOMS_PANICKED.count();
        tracing::error!(%error, conference = %setup.id, "A room has ended by a defect; it is opened again from its log");
        if began.elapsed() > WELL {
            wait = FIRST_WAIT;
        }
        let Some(again) = open_again(&shared, &setup, &mut wait).await else {
            return;
        };
        running = again;
    }
}

/// Tries until the room is open; none when the server stops.
async fn open_again(shared: &Arc<Shared>, setup: &Setup, wait: &mut Duration) -> Option<Running> {
    let mut stopping = shared.stopping.subscribe();
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return None,
            () = tokio::time::sleep(*wait) => {}
        }
        *wait = (*wait * 2).min(LONGEST_WAIT);
        let (with, conference) = (Arc::clone(shared), setup.clone());
        // In a task of its own: what ended the room may be in its log.
        let opened = tokio::spawn(async move { start(&with, conference).await }).await;
        match opened {
            Ok(Ok(running)) if *stopping.borrow() => {
                // It came while the others were being stopped.
                let room = shared.rooms.get(&setup.id).map(|room| room.clone());
                if let Some(room) = room {
                    room.stop().await;
                }
                let _ = running.task.await;
                return None;
            }
            Ok(Ok(running)) => return Some(running),
            Ok(Err(error)) => {
                tracing::error!(%error, conference = %setup.id, "A room could not be opened again; it is tried again");
            }
            Err(error) => {
                tracing::error!(%error, conference = %setup.id, "A room ended by a defect while it was opened; it is tried again");
            }
        }
    }
}
