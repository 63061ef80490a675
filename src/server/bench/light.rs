//! Many sessions at a time: a task and a WebSocket each, no media, and of every message its kind
//! alone is read.

use super::{BenchError, venue::Venue};
use diemcau_protocol::{SUBPROTOCOL, SignIn};
use futures_util::{SinkExt, StreamExt, future::try_join_all};
use serde::{Deserialize, de::IgnoredAny};
use std::{
    borrow::Cow,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    task::JoinSet,
    time::{timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::header::{COOKIE, SEC_WEBSOCKET_PROTOCOL},
    },
};

/// Sessions that sign in and open at the same time.
const AT_ONCE: usize = 4;
/// A session that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a session heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// It is in the conference.
    Welcome,
    /// An event that it may see.
    Event(String),
    /// An answer.
    Reply {
        /// To which request.
        id: u64,
        /// It was refused.
        error: bool,
    },
    /// Its WebSocket was closed.
    Closed,
}

type News = (usize, Instant, Heard);

/// Sessions, numbered as they entered.
pub(super) struct Crowd {
    requests: Vec<(mpsc::UnboundedSender<String>, u64)>,
    news: mpsc::UnboundedReceiver<News>,
    teller: mpsc::UnboundedSender<News>,
    tasks: JoinSet<()>,
}

impl Default for Crowd {
    fn default() -> Self {
        let (teller, news) = mpsc::unbounded_channel();
        Self {
            requests: vec![],
            news,
            teller,
            tasks: JoinSet::new(),
        }
    }
}

impl Crowd {
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    /// Signs these in, a device each, and waits until they are in the conference.
    pub(super) async fn enter(&mut self, venue: &Venue, who: &[SignIn]) -> Result<(), BenchError> {
        let server = venue.server.http();
        for some in who.chunks(AT_ONCE) {
            let sockets = some.iter().map(|sign_in| open(server, sign_in));
            for socket in try_join_all(sockets).await? {
                let (requests, asked) = mpsc::unbounded_channel();
                let number = self.requests.len();
                self.requests.push((requests, 0));
                let teller = self.teller.clone();
                self.tasks.spawn(live(number, socket, asked, teller));
            }
            let mut waiting = some.len();
            while waiting > 0 {
                waiting -= usize::from(matches!(self.next().await?.2, Heard::Welcome));
            }
        }
        Ok(())
    }

    /// Sends a command: what stands behind `"cmd":` in its JSON. Returns its id.
    pub(super) fn send(
        &mut self,
        session: usize,
        key: &str,
        command: &str,
    ) -> Result<u64, BenchError> {
        let (requests, sent) = &mut self.requests[session];
        *sent += 1;
        let text = format!(r#"{{"id":{sent},"key":"{key}","cmd":{command}}}"#);
        requests.send(text).map_err(|_| closed(session))?;
        Ok(*sent)
    }

    /// What is heard next, by whom, and when. A session that is closed is an error.
    pub(super) async fn next(&mut self) -> Result<News, BenchError> {
        let news = timeout(PATIENCE, self.news.recv()).await;
        match news.map_err(|_| BenchError::Late(PATIENCE))? {
            Some((session, _, Heard::Closed)) => Err(closed(session)),
            Some(news) => Ok(news),
            None => Err(BenchError::Late(PATIENCE)),
        }
    }

    /// The same; none if nothing is heard until then.
    pub(super) async fn next_until(&mut self, due: Instant) -> Result<Option<News>, BenchError> {
        match timeout_at(due.into(), self.next()).await {
            Ok(news) => news.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Waits until nobody has heard anything for `quiet`. Returns what was heard until then.
    pub(super) async fn settle(
        &mut self,
        quiet: Duration,
    ) -> Result<Vec<(usize, Heard)>, BenchError> {
        let mut all = vec![];
        while let Some((session, _, heard)) = self.next_until(Instant::now() + quiet).await? {
            all.push((session, heard));
        }
        Ok(all)
    }
}

fn closed(session: usize) -> BenchError {
    BenchError::Refused(format!("session {session} was closed"))
}

/// Signs in and opens the WebSocket.
async fn open(
    server: SocketAddr,
    sign_in: &SignIn,
) -> Result<WebSocketStream<TcpStream>, BenchError> {
    const PATH: &str = "/api/v1/sign-in";
    let wrong = |what: String| BenchError::Http {
        path: PATH.to_owned(),
        what,
    };
    let body = serde_json::to_string(sign_in).map_err(|error| wrong(error.to_string()))?;
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let cookie = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        let pair = value.split(';').next()?;
        name.eq_ignore_ascii_case("set-cookie").then_some(pair)
    });
    let cookie = cookie.ok_or_else(|| wrong(answer.lines().next().unwrap_or("").to_owned()))?;

    let refused = |error: String| BenchError::Http {
        path: "/api/v1/ws".to_owned(),
        what: error,
    };
    let mut request = format!("ws://{server}/api/v1/ws")
        .into_client_request()
        .map_err(|error| refused(error.to_string()))?;
    for (name, value) in [(COOKIE, cookie), (SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL)] {
        let value = value.parse().map_err(|_| refused(value.to_owned()))?;
        request.headers_mut().insert(name, value);
    }
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let opened = client_async(request, stream).await;
    let (socket, _) = opened.map_err(|error| refused(error.to_string()))?;
    Ok(socket)
}

/// Moves one session until its WebSocket or the crowd ends.
async fn live(
    number: usize,
    mut socket: WebSocketStream<TcpStream>,
    mut asked: mpsc::UnboundedReceiver<String>,
    teller: mpsc::UnboundedSender<News>,
) {
    loop {
        let heard = tokio::select! {
            request = asked.recv() => {
                let Some(text) = request else { return };
                let sent = socket.send(Message::text(text)).await;
                sent.is_err().then_some(Heard::Closed)
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => kind(&text),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => None,
                _ => Some(Heard::Closed),
            },
        };
        let Some(heard) = heard else { continue };
        let over = matches!(heard, Heard::Closed);
        if teller.send((number, Instant::now(), heard)).is_err() || over {
            return;
        }
    }
}

/// What a message is; none for what nobody waits for.
fn kind(text: &str) -> Option<Heard> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        welcome: Option<IgnoredAny>,
        re: Option<u64>,
        error: Option<IgnoredAny>,
        #[serde(borrow)]
        event: Option<Cow<'a, str>>,
    }
    let kind: Kind<'_> = serde_json::from_str(text).ok()?;
    match kind {
        Kind {
            welcome: Some(_), ..
        } => Some(Heard::Welcome),
        Kind {
            re: Some(id),
            error,
            ..
        } => Some(Heard::Reply {
            id,
            error: error.is_some(),
        }),
        Kind {
            event: Some(event), ..
        } => Some(Heard::Event(event.into_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_by_the_key_that_is_there() {
        let of = |text| kind(text).map(|heard| format!("{heard:?}"));
        let expect = |text: &str| Some(text.to_owned());
        assert_eq!(of(r#"{"welcome":{"seq":1}}"#), expect("Welcome"));
        let reply = of(r#"{"re":7,"ok":null}"#);
        assert_eq!(reply, expect("Reply { id: 7, error: false }"));
        let refusal = of(r#"{"re":8,"error":{"code":"x"}}"#);
        assert_eq!(refusal, expect("Reply { id: 8, error: true }"));
        let event = of(r#"{"seq":3,"at":1,"event":"session.opened","name":"a","view":{}}"#);
        assert_eq!(event, expect(r#"Event("session.opened")"#));
        assert_eq!(of(r#"{"seq":3}"#), None);
    }
}
