//! A running server: from a configuration to rooms, pages and media, and back to nothing.

use crate::{
    config::{Config, Https},
    documents::Documents,
    edge::{self, Edge},
    http::{self, App, Data},
    room::{Clock, OpenError, Rooms},
    setup::{self, Codes, CodesError, CookieKey, Entry, KeyError, Links, NoRandom},
    store::{Store, StoreError},
    tls::{Certificates, TlsError},
};
use diemcau_conference::{ConferenceId, Event, Timestamp};
use diemcau_media::MediaConfig;
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};

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
    /// The folder of the documents.
    #[error(
        "the documents of the data folder cannot be used: {0}; look at the disk and at who owns the folder"
    )]
    Documents(io::Error),
    /// The codes.
    #[error(transparent)]
    Codes(#[from] CodesError),
    /// The key of the cookies.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
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
    #[error(transparent)]
    Random(#[from] NoRandom),
}

/// A server that runs.
pub struct Server {
    http: SocketAddr,
    links: Links,
    entries: Vec<Entry>,
    app: Arc<App>,
    edge: Edge,
    /// Work that goes on by itself until the server stops.
    chores: Vec<JoinHandle<()>>,
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
        let (codes, fresh) = Codes::open(&data, &config.setup)?;
        let key = CookieKey::open(&data)?;
        let store = Store::open(&data.join(setup::LOG))?;
        let documents = Documents::open(&config.server).map_err(StartError::Documents)?;
        let (id, last) = next_conference(&store, &config.setup.id)?;
        config.setup.id = id;
        let clock = Clock::start(last.max(store.alive_at()?.unwrap_or_default()));

        let (plain, http) = listen(config.server.http, "the HTTP address", "--http")?;
        let https = open_https(&config)?;
        let media = MediaConfig {
            bind: config.server.media,
            shards: config.server.media_shards,
            spread_from: config.server.media_spread_from,
            public_ips: config.server.public_ips.clone(),
        };
        // 64 bits that name this start.
        let instance = setup::random_hex::<8>()?;
        let rooms = Rooms::start(store.clone(), clock, &media, instance).map_err(|reason| {
            let address = config.server.media;
            StartError::Bind {
                what: "the media address",
                address,
                reason,
                flag: "--media",
            }
        })?;
        rooms.open(config.setup.clone()).await?;
        let links = links(http, https.as_ref(), &config);
        let entries = setup::entries(&config.setup, &fresh, links.best());
        let trusted = config.server.trusted_proxies.clone();
        let certificates = https.as_ref().map(|https| Arc::clone(&https.certificates));
        let codes = Arc::new(codes);
        let data = Data {
            store,
            documents,
            codes,
            key,
        };
        let app = App::new(config, rooms, data, web, certificates);
        let app = Arc::new(app);
        let mut chores = vec![tokio::spawn(keep_alive(Arc::clone(&app), clock))];
        let edge = Edge::new(http::router(Arc::clone(&app)), &trusted);
        edge.open(plain, None);
        tracing::info!(%http, conference = %app.conference, "The server is ready");
        if let Some(https) = https {
            chores.push(tokio::spawn(Arc::clone(&https.certificates).keep()));
            edge.open(https.listener, Some(https.certificates));
            tracing::info!(https = %https.address, "The server is ready for other machines");
            if let Some(sha256) = &links.ca {
                tracing::info!(%sha256, "Other machines must be told to trust the server's own CA");
            }
        }
        Ok(Self {
            http,
            links,
            entries,
            app,
            edge,
            chores,
        })
    }

    /// The address that pages are served at.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Scheme, host and port of every way to this server.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
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
        for chore in self.chores {
            chore.abort();
        }
        let by = tokio::time::Instant::now() + FAREWELL;
        // A room whose disk hangs does not end; what it has acknowledged is in the log.
        let rooms = self.app.rooms().stop();
        if tokio::time::timeout_at(by, rooms).await.is_err() {
            tracing::warn!("A room did not end; it is cut");
        }
        let left = by.saturating_duration_since(tokio::time::Instant::now());
        self.edge.stop(left).await;
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

/// Each second: tells the next start until when this one lived, and the conference whose codes
/// `diemcau code` has changed.
async fn keep_alive(app: Arc<App>, clock: Clock) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        app.store.alive(clock.now());
        let Some(room) = app.rooms().get(&app.conference) else {
            continue;
        };
        for (site, role) in app.codes.take_changed() {
            room.code_changed(site, role).await;
        }
    }
}

/// What https is served with.
struct HttpsPort {
    listener: TcpListener,
    address: SocketAddr,
    certificates: Arc<Certificates>,
}

fn open_https(config: &Config) -> Result<Option<HttpsPort>, StartError> {
    let Https(Some(address)) = config.server.https else {
        return Ok(None);
    };
    let certificates = Arc::new(Certificates::open(config)?);
    let (listener, address) = listen(address, "the HTTPS address", "--https")?;
    Ok(Some(HttpsPort {
        listener,
        address,
        certificates,
    }))
}

fn links(http: SocketAddr, https: Option<&HttpsPort>, config: &Config) -> Links {
    let https = https.map(|https| (https.address, &*https.certificates));
    Links::new(http, https, &config.server.public_ips)
}

/// Under which addresses a server with this configuration is reached.
///
/// # Errors
/// The certificate cannot be used.
pub(crate) fn links_of(config: &Config) -> Result<Links, StartError> {
    let https = match config.server.https {
        Https(Some(address)) => Some((address, Certificates::open(config)?)),
        Https(None) => None,
    };
    let https = https.as_ref().map(|(address, own)| (*address, own));
    Ok(Links::new(
        config.server.http,
        https,
        &config.server.public_ips,
    ))
}

/// A listener, and the address that it got.
fn listen(
    address: SocketAddr,
    what: &'static str,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let bind = |reason| StartError::Bind {
        what,
        address,
        reason,
        flag,
    };
    let listener = edge::listen(address).map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;
    Ok((listener, bound))
}
