//! What waits to be sent to one client: bounded in messages and in bytes. Who does not keep up is
//! dropped and comes back to a whole view; nobody else waits for them.

use crate::metrics;
use axum::extract::ws::Utf8Bytes;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    watch,
};

const MAX_MESSAGES: usize = 1024;
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Why the server ends a session. The codes are part of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    /// The device left on purpose.
    Left,
    /// Another tab of this browser took over.
    Replaced,
    /// The chair removed the device.
    Removed,
    /// The room is locked and the device is new.
    Locked,
    /// The code that it signed in with was changed.
    CodeChanged,
    /// As many devices as the rules allow are linked with its code.
    Full,
    /// The client reads too slowly; it should come back.
    Slow,
    /// Too many messages could not be read, or came too fast.
    Abuse,
    /// A message was too large, or was not WebSocket.
    Unreadable,
    /// The server stops; the client should come back.
    Stopping,
}

impl Close {
    /// Close code (RFC 6455 §7.4; 4000 to 4999 are ours) and reason.
    pub(crate) fn code(self) -> (u16, &'static str) {
        match self {
            Self::Left => (4000, "left"),
            Self::Replaced => (4001, "replaced"),
            Self::Removed => (4003, "removed"),
            Self::Locked => (4004, "locked"),
            Self::CodeChanged => (4005, "code-changed"),
            Self::Full => (4006, "full"),
            Self::Slow => (4008, "slow"),
            Self::Abuse => (1008, "abuse"),
            Self::Unreadable => (1009, "unreadable"),
            Self::Stopping => (1012, "stopping"),
        }
    }
}

/// The room's end.
#[derive(Clone)]
pub(crate) struct Outbox {
    queue: mpsc::Sender<Utf8Bytes>,
    waiting: Arc<AtomicUsize>,
    close: watch::Sender<Option<Close>>,
}

/// The socket's end.
pub(crate) struct Queue {
    queue: mpsc::Receiver<Utf8Bytes>,
    waiting: Arc<AtomicUsize>,
    close: watch::Receiver<Option<Close>>,
}

/// A new, empty outbox.
pub(crate) fn channel() -> (Outbox, Queue) {
    let (sender, receiver) = mpsc::channel(MAX_MESSAGES);
    let waiting = Arc::new(AtomicUsize::new(0));
    let (close, closed) = watch::channel(None);
    let outbox = Outbox {
        queue: sender,
        waiting: Arc::clone(&waiting),
        close,
    };
    (
        outbox,
        Queue {
            queue: receiver,
            waiting,
            close: closed,
        },
    )
}

impl Outbox {
    /// Queues a message that must arrive. If there is no room the session ends, so that the client
    /// comes back and gets the whole state.
    pub(crate) fn send(&self, message: Utf8Bytes) {
        let size = message.len();
        let waiting = self.waiting.fetch_add(size, Ordering::Relaxed) + size;
        let full = match self.queue.try_send(message) {
            Ok(()) => waiting > MAX_BYTES,
            Err(TrySendError::Full(_)) => true,
            // The session has ended and the room will soon hear of it.
            Err(TrySendError::Closed(_)) => false,
        };
        if full {
            self.close(Close::Slow);
        }
    }

    /// Queues a message that the next one of its kind makes good; dropped when half the room is
    /// taken.
    pub(crate) fn send_droppable(&self, message: Utf8Bytes) {
        let busy = self.waiting.load(Ordering::Relaxed) > MAX_BYTES / 2;
        if !busy && self.queue.capacity() > MAX_MESSAGES / 2 {
            self.send(message);
        }
    }

    /// Ends the session; the first reason stays.
    pub(crate) fn close(&self, reason: Close) {
        self.close.send_if_modified(|close| {
            let first = close.is_none();
            if first {
                *close = Some(reason);
                if reason == Close::Slow {
                    metrics::SESSIONS_SLOW.count();
                }
            }
            first
        });
    }
}

impl Queue {
    /// The next message; none when the room has let go of the session.
    pub(crate) async fn next(&mut self) -> Option<Utf8Bytes> {
        let message = self.queue.recv().await?;
        self.waiting.fetch_sub(message.len(), Ordering::Relaxed);
        Some(message)
    }

    /// A message that is there already.
    pub(super) fn try_next(&mut self) -> Option<Utf8Bytes> {
        self.queue.try_recv().ok()
    }

    /// Waits until the session is to end.
    pub(crate) fn closing(&self) -> impl Future<Output = Close> + use<> {
        let mut close = self.close.clone();
        async move {
            match close.wait_for(Option::is_some).await {
                Ok(reason) => reason.unwrap_or(Close::Stopping),
                Err(_) => Close::Stopping,
            }
        }
    }
}
