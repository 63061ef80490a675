//! An agent: a site's device without a person.

use crate::{
    AgentError, Media, Report, Source, State,
    connection::{Connection, Path},
    http::Server,
    link::{self, Link},
    present::Presenter,
    publish::Publisher,
    sign_in::{self, Session},
    tap::Shared,
};
use diemcau_protocol::{
    Answer, Ask, Command, ErrorBody, Floor, MediaCommand, ServerMessage, SignIn, SignedIn,
    SpeechKind,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{broadcast, watch},
    task::JoinSet,
};

/// When an agent's tone is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Microphone {
    /// No audio packets at all.
    Off,
    /// As a page does it: silence, and the tone while the site has the floor.
    #[default]
    WithFloor,
    /// The tone always: an open microphone without the floor is one that the server must stop.
    Open,
}

/// How to join.
#[derive(Clone)]
pub struct Options {
    /// The server: `http://127.0.0.1:8080`, or `https://…` with a certificate that this machine
    /// believes; for another one see [`SignedInAgent::sign_in_to`].
    pub server: String,
    /// The site and its code.
    pub sign_in: SignIn,
    /// When the tone is sent.
    pub microphone: Microphone,
    /// The picture is sent.
    pub camera: bool,
    /// Time from one picture to the next; [`Options::PICTURE_INTERVAL`] is what an agent needs.
    pub picture_interval: Duration,
    /// What is sent; none: [`Source::of_site`], made for this agent alone.
    pub source: Option<Arc<Source>>,
}

impl Options {
    /// 12.5 pictures a second: enough to see that a line carries them.
    pub const PICTURE_INTERVAL: Duration = Duration::from_millis(80);
}

/// An agent that is signed in and has not joined yet.
#[derive(Clone)]
pub struct SignedInAgent {
    options: Options,
    server: Server,
    session: Session,
    path: Path,
    screen: Option<Arc<Source>>,
}

impl SignedInAgent {
    /// Exchanges the site's code for a session.
    pub async fn sign_in(options: Options) -> Result<Self, AgentError> {
        let server = Server::new(&options.server, None)?;
        Self::sign_in_to(server, options).await
    }

    /// The same at a server that was read before, and with whom to believe about it;
    /// [`Options::server`] is not looked at.
    pub async fn sign_in_to(server: Server, options: Options) -> Result<Self, AgentError> {
        let session = sign_in::sign_in(&server, &options.sign_in).await?;
        Ok(Self {
            options,
            server,
            session,
            path: Path::Udp,
            screen: None,
        })
    }

    /// Media goes over TCP alone (RFC 6544), as from an office without UDP.
    #[must_use]
    pub fn over_tcp(self) -> Self {
        Self {
            path: Path::Tcp,
            ..self
        }
    }

    /// It has a screen to share, such as [`Source::of_screen`]: see [`Agent::share`].
    #[must_use]
    pub fn with_screen(self, screen: Arc<Source>) -> Self {
        Self {
            screen: Some(screen),
            ..self
        }
    }

    /// Opens the link and negotiates media: see [`Agent::join`].
    pub async fn join(self) -> Result<Agent, AgentError> {
        Agent::enter(self).await
    }
}

/// A site's device that joined. Dropped without [`Agent::leave`] its link breaks off, and to the
/// server it may yet be back.
pub struct Agent {
    signed_in: SignedIn,
    link: Link,
    connection: Connection,
    state: watch::Receiver<State>,
    started: Instant,
    sharing: watch::Sender<bool>,
    /// Ends with the agent.
    _tasks: JoinSet<()>,
}

impl Agent {
    /// Signs in, opens the link and negotiates media. Media may take a moment more to connect: see
    /// [`Agent::wait_for_media`].
    pub async fn join(options: Options) -> Result<Self, AgentError> {
        SignedInAgent::sign_in(options).await?.join().await
    }

    async fn enter(agent: SignedInAgent) -> Result<Self, AgentError> {
        let SignedInAgent {
            options,
            server,
            session,
            path,
            screen,
        } = agent;
        let source = options
            .source
            .unwrap_or_else(|| Arc::new(Source::of_site(&options.sign_in.site)));
        let started = Instant::now();
        let (link, driver, welcome) = link::open(&server, &session).await?;
        let rules = welcome.view.conference.rules.clone();
        // The address on the way to the server is the one to send media from.
        let local = driver.local_address();
        let (state, watched) = watch::channel(State::new(welcome));
        let shared = Shared::new(Arc::new(state), started);
        let mut tasks = JoinSet::new();
        tasks.spawn(driver.run(Arc::clone(&shared.state)));

        let presents = screen.is_some();
        let (connection, sdp) =
            Connection::offer(Arc::clone(&shared), local, &rules, path, presents).await?;
        let answer = link.ask(Ask::Media(MediaCommand::Join { sdp })).await?;
        let answer = answer.map_err(AgentError::Refused)?.sdp;
        let answer = answer.ok_or_else(|| AgentError::Protocol("no answer".to_owned()))?;
        let outlets = connection.answer(answer).await?;
        let (sharing, asked) = watch::channel(false);
        if let Some((source, (picture, sound))) = screen.zip(outlets.screen) {
            let presenter = Presenter {
                source,
                shared: Arc::clone(&shared),
                sharing: asked,
            };
            tasks.spawn(once_connected(watched.clone(), async move {
                presenter.run(picture, sound).await;
            }));
        }
        let publisher = Publisher {
            source,
            shared,
            microphone: options.microphone,
            camera: options.camera,
            picture_interval: options.picture_interval,
        };
        tasks.spawn(once_connected(watched.clone(), async move {
            publisher.run(outlets.microphone, outlets.camera).await;
        }));
        Ok(Self {
            signed_in: session.signed_in,
            link,
            connection,
            state: watched,
            started,
            sharing,
            _tasks: tasks,
        })
    }

    /// Who the server takes this agent for.
    #[must_use]
    pub fn signed_in(&self) -> &SignedIn {
        &self.signed_in
    }

    /// When the WebSocket was opened: times in [`State`] count from here.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// What the agent knows now.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// The state as it changes; it stays readable after the agent has left.
    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Waits until the state is as asked for, and gives it. It is looked at after every message and
    /// every packet. There is no limit: wrap it in a timeout.
    ///
    /// # Errors
    ///
    /// [`AgentError::Closed`] once nothing can change the state any more.
    pub async fn wait_until(
        &self,
        condition: impl FnMut(&State) -> bool,
    ) -> Result<State, AgentError> {
        let mut state = self.state.clone();
        let found = state
            .wait_for(condition)
            .await
            .map_err(|_| AgentError::Closed)?;
        Ok(found.clone())
    }

    /// Waits until media can flow.
    ///
    /// # Errors
    ///
    /// [`AgentError::Closed`] when the media connection failed instead.
    pub async fn wait_for_media(&self) -> Result<State, AgentError> {
        let state = self
            .wait_until(|state| state.media != Media::Connecting)
            .await?;
        if state.media == Media::Lost {
            Err(AgentError::Closed)
        } else {
            Ok(state)
        }
    }

    /// All messages of the server from now on. A reader that falls far behind loses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Arc<ServerMessage>> {
        self.link.messages()
    }

    /// Sends a command of the conference. The inner error is the server's refusal.
    pub async fn command(&self, command: Command) -> Result<Result<Answer, ErrorBody>, AgentError> {
        self.link.ask(Ask::Conference(command)).await
    }

    /// Sends what a page says of its media. The inner error is the server's refusal.
    pub async fn tell(
        &self,
        command: MediaCommand,
    ) -> Result<Result<Answer, ErrorBody>, AgentError> {
        self.link.ask(Ask::Media(command)).await
    }

    /// Asks for the speech floor.
    pub async fn request_floor(
        &self,
        kind: SpeechKind,
        words: impl Into<String>,
    ) -> Result<Result<Answer, ErrorBody>, AgentError> {
        let command = Command::FloorRequest {
            floor: Floor::Speech,
            kind,
            words: words.into(),
            beneficiary: String::new(),
            site: None,
        };
        self.command(command).await
    }

    /// Shares its screen with its sound, or stops. The server forwards it only while this site
    /// presents. Nothing happens without [`SignedInAgent::with_screen`].
    pub fn share(&self, sharing: bool) {
        self.sharing.send_if_modified(|now| {
            let before = std::mem::replace(now, sharing);
            before != sharing
        });
    }

    /// What was sent and received so far, and whose it was.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::new(&self.signed_in, &self.state.borrow())
    }

    /// Leaves on purpose: the attendance interval ends now.
    pub async fn leave(self) -> Result<(), AgentError> {
        let told = self.link.ask(Ask::Media(MediaCommand::LinkLeave)).await;
        self.connection.close().await?;
        told?.map_err(AgentError::Refused)?;
        Ok(())
    }
}

/// Sends once media can flow.
async fn once_connected(mut state: watch::Receiver<State>, send: impl Future<Output = ()>) {
    let up = |state: &State| matches!(state.media, Media::Connected { .. });
    if state.wait_for(up).await.is_ok() {
        send.await;
    }
}
