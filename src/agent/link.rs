//! The signalling link: the WebSocket and the requests that wait for their replies.

use crate::{
    AgentError, State,
    http::{Duplex, Server, within},
    sign_in::{self, Session},
};
use diemcau_protocol::{
    Answer, Ask, ErrorBody, MAX_MESSAGE, Outcome, Request, SUBPROTOCOL, ServerMessage, Welcome,
};
use futures_util::{SinkExt, StreamExt};
use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::WebSocketConfig,
    },
};
use uuid::Uuid;

/// Messages that a slow reader of [`Link::messages`] may be behind before it loses the oldest.
const BACKLOG: usize = 1024;

/// A link that takes longer to open, or a welcome that takes longer to come, is not there.
const OPEN_LIMIT: Duration = Duration::from_secs(20);

/// A request on its way, and who waits for its outcome.
struct Pending {
    ask: Ask,
    done: oneshot::Sender<Result<Answer, ErrorBody>>,
}

/// The agent's end of the link. The task that moves it is [`Driver::run`].
pub(crate) struct Link {
    requests: mpsc::UnboundedSender<Pending>,
    messages: broadcast::Sender<Arc<ServerMessage>>,
}

/// What moves the link until it closes.
pub(crate) struct Driver {
    socket: WebSocketStream<Box<dyn Duplex>>,
    /// This machine's address on the link.
    local: IpAddr,
    requests: mpsc::UnboundedReceiver<Pending>,
    messages: broadcast::Sender<Arc<ServerMessage>>,
}

/// Opens the WebSocket and reads the welcome.
pub(crate) async fn open(
    server: &Server,
    session: &Session,
) -> Result<(Link, Driver, Welcome), AgentError> {
    within("the WebSocket", OPEN_LIMIT, open_unhurried(server, session)).await
}

async fn open_unhurried(
    server: &Server,
    session: &Session,
) -> Result<(Link, Driver, Welcome), AgentError> {
    let mut request = server.web_socket().into_client_request()?;
    request.headers_mut().insert(
        SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    request
        .headers_mut()
        .extend(sign_in::headers(server, session));
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let stream = server.connect().await?;
    let local = stream.local;
    let (mut socket, _) = client_async_with_config(request, stream.io, Some(config)).await?;
    let welcome = loop {
        let message = socket.next().await.ok_or(AgentError::Closed)??;
        match read(&message)? {
            Some(ServerMessage::Welcome(message)) => break message.welcome,
            Some(_) => return Err(AgentError::Protocol("no welcome".to_owned())),
            None => {}
        }
    };
    let (requests, pending) = mpsc::unbounded_channel();
    let (messages, _) = broadcast::channel(BACKLOG);
    let driver = Driver {
        socket,
        local,
        requests: pending,
        messages: messages.clone(),
    };
    Ok((Link { requests, messages }, driver, welcome))
}

impl Link {
    /// Asks the server and waits for its reply; the inner error is the server's refusal.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Result<Answer, ErrorBody>, AgentError> {
        let (done, outcome) = oneshot::channel();
        self.requests
            .send(Pending { ask, done })
            .map_err(|_| AgentError::Closed)?;
        outcome.await.map_err(|_| AgentError::Closed)
    }

    /// All messages from now on.
    pub(crate) fn messages(&self) -> broadcast::Receiver<Arc<ServerMessage>> {
        self.messages.subscribe()
    }
}

impl Driver {
    /// This machine's address on the link.
    pub(crate) fn local_address(&self) -> IpAddr {
        self.local
    }

    /// Sends requests, hands out replies and keeps `state` up to date; ends when the link closes or
    /// the [`Link`] is dropped.
    pub(crate) async fn run(mut self, state: Arc<watch::Sender<State>>) {
        if let Err(error) = self.exchange(&state).await {
            tracing::debug!(%error, "The signalling link ended.");
        }
        state.send_modify(State::close_link);
    }

    async fn exchange(&mut self, state: &watch::Sender<State>) -> Result<(), AgentError> {
        let mut waiting = HashMap::new();
        let mut next_id = 1;
        loop {
            tokio::select! {
                pending = self.requests.recv() => {
                    let Some(Pending { ask, done }) = pending else {
                        return Ok(self.socket.close(None).await?);
                    };
                    let key = matches!(ask, Ask::Conference(_)).then(|| Uuid::new_v4().to_string());
                    let request = Request { id: next_id, key, seq: None, ask };
                    let text = serde_json::to_string(&request)
                        .map_err(|error| AgentError::Protocol(error.to_string()))?;
                    waiting.insert(next_id, done);
                    next_id += 1;
                    self.socket.send(Message::text(text)).await?;
                }
                message = self.socket.next() => {
                    let Some(message) = read(&message.ok_or(AgentError::Closed)??)? else {
                        continue;
                    };
                    state.send_if_modified(|state| state.hear(&message));
                    if let ServerMessage::Reply(reply) = &message
                        && let Some(done) = waiting.remove(&reply.re)
                    {
                        // Whoever asked may have gone; the reply is of no use then.
                        let _ = done.send(match reply.outcome.clone() {
                            Outcome::Ok(answer) => Ok(answer),
                            Outcome::Error(error) => Err(error),
                        });
                    }
                    // No reader is a normal state.
                    let _ = self.messages.send(Arc::new(message));
                }
            }
        }
    }
}

/// The protocol's message in a WebSocket message; none for pings and the like.
fn read(message: &Message) -> Result<Option<ServerMessage>, AgentError> {
    match message {
        Message::Text(text) => serde_json::from_str(text)
            .map(Some)
            .map_err(|error| AgentError::Protocol(error.to_string())),
        Message::Close(_) => Err(AgentError::Closed),
        _ => Ok(None),
    }
}
