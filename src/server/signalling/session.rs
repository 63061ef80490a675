//! One WebSocket session: reads requests for the room, writes what the room says.

use super::outbox::{self, Close, Outbox, Queue};
use crate::{
    limits::Bucket,
    metrics,
    room::{Ask, Room, Seat, SessionNo},
    sentences::Refusal,
};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use diemcau_protocol::{Answer, MediaCommand, Outcome, Reply, Request, ServerMessage, SignedIn};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde::Deserialize;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, timeout};

const PING: Duration = Duration::from_secs(5);
/// A client from which nothing came for so long is gone: it answers a ping every five seconds.
const DEAD: Duration = Duration::from_secs(15);
/// How long a close frame may take to a client that does not read.
const CLOSING: Duration = Duration::from_secs(1);
/// Requests at once, and requests a second.
const RATE: (f64, f64) = (40.0, 20.0);
const BAD_MESSAGES: u32 = 10;
const FAST_MESSAGES: u32 = 200;

/// Runs a session to its end. `still_good` is asked once the room knows of it: does the cookie hold?
pub(super) async fn run(
    socket: WebSocket,
    room: Room,
    who: SignedIn,
    after: Option<u64>,
    still_good: impl Fn() -> bool,
) {
    let (outbox, queue) = outbox::channel();
    let (sink, stream) = socket.split();
    let seat = Seat::of(&who);
    tracing::info!(site = %seat.site, role = seat.role.as_str(), device = %seat.device, "A session is opened");
    metrics::SESSIONS_OPENED.count();
    let _counted = metrics::sessions(seat.role).hold();
    let Some(session) = room.connect(seat.clone(), after, outbox.clone()).await else {
        outbox.close(Close::Stopping);
        write(sink, queue).await;
        return;
    };
    // A code that was changed between the request and the room's taking note of the session has put
    // out all who were noted, and this one was not yet.
    if !still_good() {
        outbox.close(Close::CodeChanged);
    }
    let reader = Reader {
        room: &room,
        session,
        outbox: outbox.clone(),
        rate: Bucket::new(RATE.0, RATE.1, Instant::now()),
        bad: 0,
        fast: 0,
    };
    let writing = write(sink, queue);
    tokio::pin!(writing);
    tokio::select! {
        reason = reader.read(stream) => {
            // A reason means that the client should be told; let the writer say it.
            if let Some(reason) = reason {
                outbox.close(reason);
                writing.await;
            }
        }
        () = &mut writing => {}
    }
    room.disconnect(session).await;
    metrics::SESSIONS_CLOSED.count();
    tracing::info!(site = %seat.site, device = %seat.device, "A session is closed");
}

struct Reader<'a> {
    room: &'a Room,
    session: SessionNo,
    outbox: Outbox,
    rate: Bucket,
    bad: u32,
    fast: u32,
}

impl Reader<'_> {
    /// Reads until the client goes, or until the server must end the session for a reason.
    async fn read(mut self, mut stream: SplitStream<WebSocket>) -> Option<Close> {
        loop {
            let Ok(next) = timeout(DEAD, stream.next()).await else {
                metrics::SESSIONS_DEAD.count();
                tracing::info!("Nothing came from a client; its session is dropped");
                return None;
            };
            let bad = match next {
                None | Some(Ok(Message::Close(_))) => return None,
                Some(Err(error)) => {
                    tracing::debug!(%error, "A session cannot be read");
                    return Some(Close::Unreadable);
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(Message::Text(text))) => !self.message(&text).await,
                Some(Ok(Message::Binary(_))) => !self.bad_message(0),
            };
            if bad {
                metrics::SESSIONS_ABUSE.count();
                return Some(Close::Abuse);
            }
        }
    }

    /// Handles a message; false when there were too many that cannot be handled.
    async fn message(&mut self, text: &Utf8Bytes) -> bool {
        let request: Request = match serde_json::from_str(text) {
            Ok(request) => request,
            Err(error) => {
                // The error's own text repeats what was sent, and that may be a person's words.
                let (kind, column) = (error.classify(), error.column());
                tracing::debug!(?kind, column, "A message cannot be read");
                return self.bad_message(id_of(text));
            }
        };
        if !self.rate.take(Instant::now()) {
            metrics::MESSAGES_TOO_FAST.count();
            self.fast += 1;
            self.reply(request.id, Refusal::TooFast.outcome());
            return self.fast < FAST_MESSAGES;
        }
        let ask = match request.ask {
            diemcau_protocol::Ask::Media(MediaCommand::Ping) => {
                self.reply(request.id, Outcome::Ok(Answer::default()));
                return true;
            }
            diemcau_protocol::Ask::Media(command) => Ask::Media(command),
            diemcau_protocol::Ask::Conference(command) => {
                let Some(key) = request.key.as_deref().and_then(|key| key.parse().ok()) else {
                    metrics::MESSAGES_BAD.count();
                    self.bad += 1;
                    self.reply(request.id, Refusal::MissingKey.outcome());
                    return self.bad < BAD_MESSAGES;
                };
                Ask::Conference {
                    key,
                    seen: request.seq,
                    command,
                }
            }
        };
        self.room.ask(self.session, request.id, ask).await;
        true
    }

    fn bad_message(&mut self, id: u64) -> bool {
        metrics::MESSAGES_BAD.count();
        self.bad += 1;
        self.reply(id, Refusal::BadMessage.outcome());
        self.bad < BAD_MESSAGES
    }

    fn reply(&self, re: u64, outcome: Outcome) {
        self.outbox
            .send(encode(&ServerMessage::Reply(Reply { re, outcome })));
    }
}

/// The id of a message whose rest cannot be read, so that the client knows which one it was.
fn id_of(text: &str) -> u64 {
    #[derive(Deserialize)]
    struct Id {
        id: u64,
    }
    serde_json::from_str::<Id>(text).map_or(0, |found| found.id)
}

/// A message as it goes over the wire.
pub(crate) fn encode(message: &ServerMessage) -> Utf8Bytes {
    let text = serde_json::to_string(message)
        .expect("every message has text keys and finite numbers, so it is JSON");
    Utf8Bytes::from(text)
}

/// Writes until the session is to end or the client is gone.
async fn write(mut sink: SplitSink<WebSocket, Message>, mut queue: Queue) {
    let closing = queue.closing();
    tokio::pin!(closing);
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reason = loop {
        let message = tokio::select! {
            biased;
            reason = &mut closing => break reason,
            message = queue.next() => match message {
                Some(text) => Message::Text(text),
                None => break Close::Stopping,
            },
            _ = pings.tick() => Message::Ping(axum::body::Bytes::new()),
        };
        // A client that does not read holds this up, but not the end of its session.
        tokio::select! {
            sent = sink.send(message) => if sent.is_err() { return },
            reason = &mut closing => break reason,
        }
    };
    let (code, text) = reason.code();
    let goodbye = async {
        if reason != Close::Slow {
            // What was queued before the end still matters: the answer to `link.leave`.
            while let Some(text) = queue.try_next() {
                sink.send(Message::Text(text)).await?;
            }
        }
        sink.send(Message::Close(Some(CloseFrame {
            code,
            reason: text.into(),
        })))
        .await
    };
    if timeout(CLOSING, goodbye).await.is_err() {
        tracing::debug!(?reason, "A client does not read; its connection is cut");
    }
}
