//! A running server: from a configuration to rooms, pages and media, and back to nothing.

use crate::{
    config::Config,
    http::{self, App},
    room::{Clock, OpenError, Rooms},
    setup::{self, Codes, CodesError, CookieKey, Entry, KeyError},
    store::{Store, StoreError},
};
use axum::serve::ListenerExt;
use diemcau_conference::{ConferenceId, Event, Timestamp};
use diemcau_media::MediaConfig;
use ring::rand::{SecureRandom, SystemRandom};
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{net::TcpSocket, sync::oneshot, task::JoinHandle};

/// Bytes of a connection that the system keeps for a client that reads slowly. What waits there
/// is old by the time it is read, so it is little.
const SEND_BUFFER: u32 = 256 * 1024;
const BACKLOG: u32 = 1024;
/// How long rooms and open requests may take once the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error("the data folder {path} cannot be made: {reason}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The codes.
    #[error(transparent)]
    Codes(#[from] CodesError),
    /// The key of the cookies.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The log.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The conference.
    #[error(transparent)]
    Room(#[from] OpenError),
    /// A port.
    #[error("{what} {address} cannot be bound: {reason}; choose another with {flag}")]
    Bind {
        /// Of what.
        what: &'static str,
        /// Which.
        address: SocketAddr,
        /// Why.
        reason: io::Error,
        /// The flag that changes it.
        flag: &'static str,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// A server that runs.
pub struct Server {
    http: SocketAddr,
    entries: Vec<Entry>,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
    alive: JoinHandle<()>,
}

impl Server {
    /// Makes the data folder if it is missing, replays the conference, and serves it. `web` is a
    /// folder with a built web client instead of the one that is compiled in.
    ///
    /// # Errors
    /// Says what cannot be used, and the mend where there is one.
    pub async fn start(mut config: Config, web: Option<PathBuf>) -> Result<Self, StartError> {
        let data = config.server.data.clone();
        setup::make_folder(&data).map_err(|reason| StartError::Folder {
            path: data.clone(),
            reason,
        })?;
        let codes = Codes::open(&data, &config.setup)?;
        let key = CookieKey::open(&data)?;
        let store = Store::open(&data.join(setup::LOG))?;
        let (id, last) = next_conference(&store, &config.setup.id)?;
        config.setup.id = id;
        let clock = Clock::start(last.max(store.alive_at()?.unwrap_or_default()));

        let listener = listen(config.server.http).map_err(|reason| StartError::Bind {
            what: "the HTTP address",
            address: config.server.http,
            reason,
            flag: "--http",
        })?;
        let http = listener.local_addr().unwrap_or(config.server.http);
        let media = MediaConfig {
            bind: config.server.media,
            public_ips: config.server.public_ips.clone(),
        };
        let rooms = Rooms::start(store.clone(), clock, &media, instance()?).map_err(|reason| {
            let address = config.server.media;
            StartError::Bind {
                what: "the media address",
                address,
                reason,
                flag: "--media",
            }
        })?;
        rooms.open(config.setup.clone()).await?;
        let alive = tokio::spawn(keep_alive(store.clone(), clock));

        let entries = setup::entries(&config.setup, &codes, &base(http));
        let app = Arc::new(App::new(config, rooms, store, codes, key, web));
        let (stop, stopped) = oneshot::channel();
        let router = http::router(Arc::clone(&app));
        let listener = listener.tap_io(|connection| {
            // Small messages must not wait for each other; without it they are only slower.
            let _ = connection.set_nodelay(true);
        });
        let served = tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(async {
                let _ = stopped.await;
            });
            if let Err(error) = serving.await {
                tracing::error!(%error, "The HTTP server ended");
            }
        });
        tracing::info!(%http, conference = %app.conference, "The server is ready");
        Ok(Self {
            http,
            entries,
            app,
            stop,
            served,
            alive,
        })
    }

    /// The address that pages are served at.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Scheme, host and port for a browser on this machine.
    #[must_use]
    pub fn base(&self) -> String {
        base(self.http)
    }

    /// Sites, roles, links and codes.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The rooms, for who comes to them without a socket.
    #[cfg(feature = "bench")]
    pub(crate) fn rooms(&self) -> &Rooms {
        self.app.rooms()
    }

    /// Ends sessions, rooms, media and the HTTP server, in this order.
    pub async fn stop(self) {
        self.alive.abort();
        let by = tokio::time::Instant::now() + FAREWELL;
        // A room whose disk hangs does not end; what it has acknowledged is in the log.
        if tokio::time::timeout_at(by, self.app.rooms().stop())
            .await
            .is_err()
        {
            tracing::warn!("A room did not end; it is cut");
        }
        // The server may have ended already.
        let _ = self.stop.send(());
        if tokio::time::timeout_at(by, self.served).await.is_err() {
            tracing::warn!("Some requests did not end; they are cut");
        }
        tracing::info!("The server has stopped");
    }
}

/// The conference to serve and the time of its last event: the configured id, or while that one
/// is closed `<id>-2`, `<id>-3` and so on.
fn next_conference(
    store: &Store,
    configured: &ConferenceId,
) -> Result<(ConferenceId, Timestamp), StoreError> {
    let known = store.conferences()?;
    let mut id = configured.clone();
    for number in 2_u32.. {
        if !known.contains(&id) {
            return Ok((id, Timestamp::default()));
        }
        let records = store.load(&id)?;
        let last = records.last().map(|record| record.at).unwrap_or_default();
        if !records
            .iter()
            .any(|record| record.event == Event::ConferenceClosed)
        {
            return Ok((id, last));
        }
        id = ConferenceId::new(format!("{configured}-{number}"));
    }
    unreachable!("a log cannot hold four thousand million conferences")
}

/// Tells the next start until when this one lived.
async fn keep_alive(store: Store, clock: Clock) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        store.alive(clock.now());
    }
}

fn listen(address: SocketAddr) -> io::Result<tokio::net::TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Browsers give camera and microphone to `localhost` without https, so links name it.
fn base(http: SocketAddr) -> String {
    if http.ip().is_loopback() || http.ip().is_unspecified() {
        format!("http://localhost:{}", http.port())
    } else {
        format!("http://{http}")
    }
}

/// 64 random bits that name this start.
fn instance() -> Result<String, StartError> {
    let mut bytes = [0_u8; 8];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| StartError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
