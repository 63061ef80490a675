//! A server that a test plays: sign-in, the WebSocket, and a media peer that answers the offer.

pub(crate) mod line;
pub(crate) mod peer;

use diemcau_protocol::{
    AgendaView, Answer, Ask, ChairView, Command, ConferenceId, ConferenceView, DeviceId, EventBody,
    EventMessage, FloorView, Me, MediaCommand, Outcome, Phase, PictureView, PresentationView,
    Reply, Request, Role, Rules, SUBPROTOCOL, ServerMessage, SignIn, SignedIn, SiteId, Text,
    Timestamp, View, Welcome, WelcomeMessage,
};
use futures_util::{SinkExt, StreamExt};
use peer::Peer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use std::sync::Arc;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request as Opening, Response},
    },
};

pub(crate) const CODE: &str = "ABCD-EFGH";

/// Two audio slots, the main picture and one thumbnail.
pub(crate) const AUDIO_SLOTS: u32 = 2;
pub(crate) const THUMBNAIL_SLOTS: u32 = 1;

/// Bytes both ways.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

pub(crate) type Stream = Box<dyn Duplex>;

pub(crate) struct Server {
    pub(crate) url: String,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// A certification authority of the test's own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// What a server for a name says that it is.
    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Server {
    pub(crate) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self {
            url,
            listener,
            tls: None,
        }
    }

    /// One that speaks TLS with a certificate for `name`.
    pub(crate) async fn bind_tls(authority: &Authority, name: &str) -> Self {
        let plain = Self::bind().await;
        Self {
            url: plain.url.replace("http:", "https:"),
            tls: Some(authority.acceptor(name)),
            ..plain
        }
    }

    /// The next connection; none: the agent did not want it after the handshake.
    pub(crate) async fn accept(&self) -> Option<Stream> {
        let (stream, _) = self.listener.accept().await.unwrap();
        match &self.tls {
            None => Some(Box::new(stream)),
            Some(tls) => Some(Box::new(tls.accept(stream).await.ok()?)),
        }
    }

    /// Serves one agent until its media is negotiated.
    pub(crate) async fn serve(&self) -> Session {
        self.sign_in().await;
        self.serve_signed_in().await
    }

    async fn serve_signed_in(&self) -> Session {
        let mut socket = self.welcome().await;
        let (request, sdp) = match next(&mut socket).await {
            Request {
                id,
                ask: Ask::Media(MediaCommand::Join { sdp }),
                ..
            } => (id, sdp),
            other => panic!("the first request is {other:?}"),
        };
        let (peer, answer) = Peer::answer(sdp).await;
        let slots = peer.slots();
        let answer = Answer {
            sdp: Some(answer),
            slots,
            ..Answer::default()
        };
        send(&mut socket, &reply(request, answer)).await;
        let (messages, outgoing) = mpsc::unbounded_channel();
        let (incoming, requests) = mpsc::unbounded_channel();
        tokio::spawn(pump(socket, outgoing, incoming));
        Session {
            peer,
            messages,
            requests,
        }
    }

    /// Answers the sign-in request with 200 or, for a wrong code, 401.
    pub(crate) async fn sign_in(&self) {
        let mut stream = self.accept().await.unwrap();
        let (head, body) = read_request(&mut stream).await;
        assert!(head.starts_with("POST /api/v1/sign-in HTTP/1.1"), "{head}");
        assert!(
            head.to_lowercase()
                .contains(&format!("origin: {}", self.url)),
            "{head}"
        );
        let request: SignIn = serde_json::from_slice(&body).unwrap();
        let (status, body) = if request.code == CODE {
            (
                "200 OK",
                serde_json::to_string(&signed_in(request.site)).unwrap(),
            )
        } else {
            let refused =
                r#"{"error":{"code":"wrong-code","message":{"vi":"Sai mã","en":"Wrong code"}}}"#;
            ("401 Unauthorized", refused.to_owned())
        };
        let response = format!(
            "HTTP/1.1 {status}\r\nSet-Cookie: diemcau=secret; Path=/; HttpOnly\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        write(&mut stream, response.as_bytes()).await;
    }

    /// Opens the signalling link.
    async fn welcome(&self) -> WebSocketStream<Stream> {
        let mut socket = self.web_socket().await;
        let welcome = WelcomeMessage { welcome: welcome() };
        send(&mut socket, &ServerMessage::Welcome(welcome)).await;
        socket
    }

    async fn web_socket(&self) -> WebSocketStream<Stream> {
        let stream = self.accept().await.unwrap();
        let origin = self.url.clone();
        #[allow(
            clippy::result_large_err,
            reason = "the shape that the handshake asks for"
        )]
        let check = |request: &Opening, mut response: Response| {
            let headers = request.headers();
            assert_eq!(request.uri().path(), "/api/v1/ws");
            assert_eq!(headers["cookie"], "diemcau=secret");
            assert_eq!(headers["origin"], origin);
            assert_eq!(headers["sec-websocket-protocol"], SUBPROTOCOL);
            let protocol = headers["sec-websocket-protocol"].clone();
            response
                .headers_mut()
                .insert("sec-websocket-protocol", protocol);
            Ok(response)
        };
        accept_hdr_async(stream, check).await.unwrap()
    }
}

/// The server's side of a joined agent.
pub(crate) struct Session {
    pub(crate) peer: Peer,
    messages: mpsc::UnboundedSender<ServerMessage>,
    requests: mpsc::UnboundedReceiver<Request>,
}

impl Session {
    pub(crate) fn say(&self, message: ServerMessage) {
        self.messages.send(message).unwrap();
    }

    /// The agent's next command; answered with `seq`.
    pub(crate) async fn command(&mut self, seq: u64) -> (Option<String>, Command) {
        match self.requests.recv().await.unwrap() {
            Request {
                id,
                key,
                ask: Ask::Conference(command),
                ..
            } => {
                self.say(reply(
                    id,
                    Answer {
                        seq: Some(seq),
                        ..Answer::default()
                    },
                ));
                (key, command)
            }
            other => panic!("not a command: {other:?}"),
        }
    }

    /// Drops the signalling link and keeps media.
    pub(crate) fn cut(self) -> Peer {
        self.peer
    }

    /// Waits for the agent's farewell.
    pub(crate) async fn farewell(&mut self) {
        match self.requests.recv().await.unwrap() {
            Request {
                id,
                ask: Ask::Media(MediaCommand::LinkLeave),
                ..
            } => {
                self.say(reply(id, Answer::default()));
            }
            other => panic!("not a farewell: {other:?}"),
        }
    }

    /// Tells the agent that its microphone is heard.
    pub(crate) fn hear(&self, seq: u64) {
        let mut me = view().me;
        me.heard = true;
        let patch = diemcau_protocol::ViewPatch {
            me: Some(me),
            ..Default::default()
        };
        self.say(ServerMessage::Event(EventMessage {
            seq,
            body: EventBody {
                at: Timestamp(1),
                by: None,
                event: diemcau_protocol::Event::MicrophoneOverridden { open: true },
            },
            view: Some(patch),
        }));
    }
}

async fn pump(
    mut socket: WebSocketStream<Stream>,
    mut outgoing: mpsc::UnboundedReceiver<ServerMessage>,
    incoming: mpsc::UnboundedSender<Request>,
) {
    loop {
        tokio::select! {
            message = outgoing.recv() => match message {
                Some(message) => send(&mut socket, &message).await,
                None => return,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let _ = incoming.send(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}

/// Writes all of it, through TLS too.
pub(crate) async fn write(stream: &mut Stream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
}

pub(crate) async fn read_request(stream: &mut Stream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    loop {
        assert_ne!(
            stream.read_buf(&mut bytes).await.unwrap(),
            0,
            "a whole request"
        );
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head
            .lines()
            .find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            return (head, bytes[end + 4..].to_vec());
        }
    }
}

async fn next(socket: &mut WebSocketStream<Stream>) -> Request {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

async fn send(socket: &mut WebSocketStream<Stream>, message: &ServerMessage) {
    let text = serde_json::to_string(message).unwrap();
    socket.send(Message::text(text)).await.unwrap();
}

fn reply(re: u64, answer: Answer) -> ServerMessage {
    ServerMessage::Reply(Reply {
        re,
        outcome: Outcome::Ok(answer),
    })
}

fn signed_in(site: SiteId) -> SignedIn {
    SignedIn {
        conference: ConferenceId::new("hop"),
        site,
        role: Role::Site,
        device: DeviceId::new("d1"),
    }
}

fn welcome() -> Welcome {
    Welcome {
        instance: "one".to_owned(),
        at: Timestamp(0),
        seq: 3,
        view: view(),
        log: Vec::new(),
    }
}

fn view() -> View {
    View {
        conference: ConferenceView {
            id: ConferenceId::new("hop"),
            title: Text {
                vi: "Họp".to_owned(),
                en: "Meeting".to_owned(),
            },
            phase: Phase::Session,
            session: None,
            locked: false,
            rules: Rules {
                audio_slots: AUDIO_SLOTS,
                thumbnail_slots: THUMBNAIL_SLOTS,
                ..Rules::default()
            },
            chair: ChairView {
                term: 0,
                site: SiteId::new("ha-noi"),
                role: Role::Chair,
                away_since: None,
            },
            announcement: None,
        },
        me: Me {
            site: SiteId::new("can-tho"),
            role: Role::Site,
            device: DeviceId::new("d1"),
            heard: false,
            chairs: false,
            may: Vec::new(),
        },
        sites: Vec::new(),
        devices: Vec::new(),
        floor: FloorView::default(),
        presentation: PresentationView::default(),
        picture: PictureView::default(),
        agenda: AgendaView::default(),
        speaking: Vec::new(),
        chat: Vec::new(),
    }
}
