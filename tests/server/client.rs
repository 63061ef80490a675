//! A browser, as far as HTTP and WebSocket go. Every message with a `seq` is checked to follow the
//! one before: nothing missed, nothing doubled, in every test.

use crate::harness::{Place, Server};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{collections::VecDeque, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, client::IntoClientRequest, http},
};

/// Long enough for a busy machine; a test never waits so long when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer over HTTP.
pub struct Http {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
}

impl Http {
    /// Reads a whole answer.
    pub fn parse(answer: &[u8]) -> Self {
        let end = answer
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .expect("a head");
        let head = String::from_utf8(answer[..end].to_vec()).expect("text");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .expect("a status");
        Self {
            status,
            headers: head,
            body: answer[end + 4..].to_vec(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// `diemcau=…` of the answer.
    pub fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").expect("a cookie");
        cookie.split(';').next().expect("a pair").to_owned()
    }
}

/// One request; `headers` are whole lines.
pub async fn http(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[String],
    body: Option<&Value>,
) -> Http {
    let stream = TcpStream::connect(address).await.expect("connect");
    exchange(stream, &address.to_string(), method, path, headers, body).await
}

/// One request over a stream that is open already, and its answer up to the stream's end.
pub async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    host: &str,
    method: &str,
    path: &str,
    headers: &[String],
    body: Option<&Value>,
) -> Http {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for header in headers {
        text.push_str(&format!("{header}\r\n"));
    }
    if !body.is_empty() {
        text.push_str("Content-Type: application/json\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(text.as_bytes()).await.expect("send");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("receive");
    Http::parse(&answer)
}

pub async fn get(server: &Server, path: &str, cookie: &str) -> Http {
    http(
        server.address,
        "GET",
        path,
        &[format!("Cookie: {cookie}")],
        None,
    )
    .await
}

pub async fn sign_in_with(server: &Server, site: &str, code: &str, headers: &[String]) -> Http {
    let body = json!({"site": site, "code": code});
    http(
        server.address,
        "POST",
        "/api/v1/sign-in",
        headers,
        Some(&body),
    )
    .await
}

/// Asks for another code as the one with this cookie.
pub async fn change_code(server: &Server, cookie: &str, site: &str, role: &str) -> Http {
    let headers = [format!("Cookie: {cookie}")];
    let body = json!({"site": site, "role": role});
    http(
        server.address,
        "POST",
        "/api/v1/codes",
        &headers,
        Some(&body),
    )
    .await
}

/// A counter of `/metrics`.
pub async fn counter(server: &Server, name: &str) -> u64 {
    let page = String::from_utf8(get(server, "/metrics", "").await.body).expect("text");
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")))
        .expect("the counter");
    line.rsplit(' ')
        .next()
        .and_then(|value| value.parse().ok())
        .expect("a number")
}

/// Waits until a counter has come to a value; it must not go past it.
pub async fn until_counted(server: &Server, name: &str, value: u64) {
    let reached = async {
        loop {
            let now = counter(server, name).await;
            assert!(now <= value, "{name} is {now}, more than {value}");
            if now == value {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, reached).await.expect(name);
}

/// Signs in with the right code; the cookie.
pub async fn sign_in(place: &Place, server: &Server, site: &str, role: &str) -> String {
    let answer = sign_in_with(server, site, &place.code(site, role), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.headers);
    answer.cookie()
}

/// How to open a WebSocket.
pub struct Open<'a> {
    pub cookie: &'a str,
    pub origin: Option<&'a str>,
    pub subprotocol: Option<&'a str>,
    pub after: Option<u64>,
    /// Bytes that this machine keeps for a page that does not read.
    pub receive_buffer: Option<u32>,
}

impl<'a> Open<'a> {
    pub fn new(cookie: &'a str) -> Self {
        Self {
            cookie,
            origin: None,
            subprotocol: Some("diemcau.v1"),
            after: None,
            receive_buffer: None,
        }
    }

    /// Connects; the status if it is refused.
    pub async fn try_connect(&self, server: &Server) -> Result<WebSocketStream<TcpStream>, u16> {
        match self.dial(server).await {
            Ok(socket) => Ok(socket),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects, or says what went wrong: the server may be gone.
    pub async fn dial(&self, server: &Server) -> Result<WebSocketStream<TcpStream>, Error> {
        let after = self
            .after
            .map(|seq| format!("?after={seq}"))
            .unwrap_or_default();
        let url = format!("ws://{}/api/v1/ws{after}", server.address);
        let mut request = url.into_client_request().expect("a URL");
        let mut set = |name: &'static str, value: Option<&str>| {
            if let Some(value) = value {
                let value = http::HeaderValue::from_str(value).expect("a header");
                request.headers_mut().insert(name, value);
            }
        };
        set("cookie", Some(self.cookie));
        set("origin", self.origin);
        set("sec-websocket-protocol", self.subprotocol);
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(size) = self.receive_buffer {
            socket.set_recv_buffer_size(size).expect("a small buffer");
        }
        let stream = socket.connect(server.address).await.map_err(Error::Io)?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(socket)
    }
}

/// A signed-in page with its WebSocket. That lives by itself, as in a browser: pings are answered however
/// long the test looks elsewhere.
pub struct Page {
    /// Messages as they came, and at the end the close code; 1006 where the connection just ended.
    incoming: UnboundedReceiver<Result<String, u16>>,
    outgoing: UnboundedSender<Message>,
    pub cookie: String,
    pub welcome: Value,
    /// The view of the welcome with every patch since.
    pub view: Value,
    /// The last event that it knows of.
    pub seq: u64,
    inbox: VecDeque<Value>,
    next_id: u64,
}

impl Page {
    /// Signs in and connects.
    pub async fn enter(place: &Place, server: &Server, site: &str, role: &str) -> Self {
        let cookie = sign_in(place, server, site, role).await;
        Self::connect(server, &cookie, None).await
    }

    /// Connects with a cookie, and with the last event that it has.
    pub async fn connect(server: &Server, cookie: &str, after: Option<u64>) -> Self {
        let open = Open {
            after,
            ..Open::new(cookie)
        };
        let socket = open
            .try_connect(server)
            .await
            .expect("the server accepts it");
        let page = Self::welcomed(socket, cookie).await;
        page.expect("a welcome")
    }

    /// Connects like [`Self::connect`] to a server that may be killed meanwhile; none if it was.
    #[allow(dead_code, reason = "for tests/soak")]
    pub async fn try_connect(server: &Server, cookie: &str, after: Option<u64>) -> Option<Self> {
        let open = Open {
            after,
            ..Open::new(cookie)
        };
        let socket = match open.dial(server).await {
            Ok(socket) => socket,
            Err(Error::Http(response)) => panic!("refused with {}", response.status()),
            Err(_) => return None,
        };
        Self::welcomed(socket, cookie).await.ok()
    }

    async fn welcomed(socket: WebSocketStream<TcpStream>, cookie: &str) -> Result<Self, u16> {
        let (tell, incoming) = unbounded_channel();
        let (outgoing, ask) = unbounded_channel();
        tokio::spawn(live(socket, ask, tell));
        let mut page = Self {
            incoming,
            outgoing,
            cookie: cookie.to_owned(),
            welcome: Value::Null,
            view: Value::Null,
            seq: 0,
            inbox: VecDeque::new(),
            next_id: 1,
        };
        let first = page.receive().await?;
        page.welcome = first["welcome"].clone();
        page.view = page.welcome["view"].clone();
        page.seq = page.welcome["seq"]
            .as_u64()
            .expect("the welcome comes first");
        Ok(page)
    }

    /// Connects with a cookie that is good while the room does not let it in; the close code.
    pub async fn refused(server: &Server, cookie: &str) -> u16 {
        let opened = Open::new(cookie).try_connect(server).await;
        let mut socket = opened.expect("the cookie is good");
        loop {
            let next = timeout(PATIENCE, socket.next()).await;
            match next.expect("the server says something") {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("the room let it in: {other:?}"),
            }
        }
    }

    /// The next message, or the close code; 1006 where the connection just ended.
    pub async fn receive(&mut self) -> Result<Value, u16> {
        let next = timeout(PATIENCE, self.incoming.recv()).await;
        let text = next
            .expect("the server says something")
            .unwrap_or(Err(1006))?;
        // Here and not where it is read: a panic over there would look like the end of the connection.
        let message =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        self.take_in(&message);
        Ok(message)
    }

    fn take_in(&mut self, message: &Value) {
        let Some(seq) = message["seq"].as_u64() else {
            return;
        };
        assert_eq!(
            seq,
            self.seq + 1,
            "an event is missing or doubled: {message}"
        );
        self.seq = seq;
        if let Some(patch) = message["view"].as_object() {
            for (part, value) in patch {
                self.view[part] = value.clone();
            }
        }
    }

    /// Sends to a server that may be gone; whoever reads on finds out.
    pub fn send(&mut self, message: Message) {
        let _ = self.outgoing.send(message);
    }

    /// Sends text that the server may not like, and reads the reply.
    pub async fn send_text(&mut self, text: &str) -> Value {
        self.send(Message::text(text));
        self.next_reply().await
    }

    /// The next reply.
    pub async fn next_reply(&mut self) -> Value {
        loop {
            let message = self.receive().await.expect("a reply");
            if message.get("re").is_some() {
                return message;
            }
            self.inbox.push_back(message);
        }
    }

    /// Asks with a key; the reply.
    pub async fn ask_with_key(&mut self, key: &str, mut command: Value) -> Value {
        command["id"] = json!(self.next_id);
        command["key"] = json!(key);
        self.next_id += 1;
        let reply = self.send_text(&command.to_string()).await;
        assert_eq!(reply["re"], json!(self.next_id - 1));
        reply
    }

    /// Asks with a new key; the reply.
    pub async fn ask(&mut self, command: Value) -> Value {
        self.ask_with_key(&new_key(), command).await
    }

    /// Asks for what must be done, and waits until it is in the view; the `seq` of its last event.
    pub async fn must(&mut self, command: Value) -> u64 {
        let reply = self.ask(command.clone()).await;
        let seq = reply["ok"]["seq"]
            .as_u64()
            .unwrap_or_else(|| panic!("{command} gave {reply}"));
        self.until(seq).await;
        seq
    }

    /// Waits until an event with this name came; the event.
    pub async fn event(&mut self, name: &str) -> Value {
        loop {
            let message = match self.inbox.pop_front() {
                Some(message) => message,
                None => self
                    .receive()
                    .await
                    .unwrap_or_else(|code| panic!("closed with {code}, no {name}")),
            };
            if message["event"] == name {
                return message;
            }
        }
    }

    /// Waits until a hint with this name came; the hint. Keeps what else comes.
    pub async fn hint(&mut self, name: &str) -> Value {
        if let Some(at) = self.inbox.iter().position(|it| it["hint"] == name) {
            return self.inbox.remove(at).expect("it is there");
        }
        loop {
            let message = self
                .receive()
                .await
                .unwrap_or_else(|code| panic!("closed with {code}, no {name}"));
            if message["hint"] == name {
                return message;
            }
            self.inbox.push_back(message);
        }
    }

    /// Reads on until it knows of an event.
    pub async fn until(&mut self, seq: u64) {
        while self.seq < seq {
            let message = self.receive().await.expect("an event");
            self.inbox.push_back(message);
        }
    }

    /// Reads on until the server closes; the code.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.receive().await {
                return code;
            }
        }
    }

    /// The row of a site in its view.
    pub fn site(&self, id: &str) -> &Value {
        let sites = self.view["sites"].as_array().expect("sites");
        sites
            .iter()
            .find(|site| site["id"] == id)
            .expect("the site")
    }
}

/// The life of a WebSocket until its end, or that of its page.
async fn live(
    mut socket: WebSocketStream<TcpStream>,
    mut asked: UnboundedReceiver<Message>,
    tell: UnboundedSender<Result<String, u16>>,
) {
    loop {
        let told = tokio::select! {
            message = asked.recv() => {
                let Some(message) = message else { return };
                // What went wrong is read.
                let _ = socket.send(message).await;
                continue;
            }
            next = socket.next() => match next {
                Some(Ok(Message::Text(text))) => Ok(text.to_string()),
                Some(Ok(Message::Close(frame))) => Err(frame.map_or(1005, |f| f.code.into())),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Err(1006),
            },
        };
        let over = told.is_err();
        if tell.send(told).is_err() || over {
            return;
        }
    }
}

/// A UUID that was not used before in this run.
pub fn new_key() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!(
        "00000000-0000-4000-8000-{:012x}",
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}
