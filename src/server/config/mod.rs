//! The configuration: a TOML file, then `DIEMCAU_…` variables, then flags.
//!
//! A start with a wrong configuration is refused with everything that is wrong: the file, the line
//! and the mend, in plain words. A key of `[server]` is a row of `server.rs` and a field of
//! [`ServerConfig`]; one of the conference is a line of `conference.rs`.

mod agenda;
mod conference;
mod environment;
mod file;
mod network;
mod plain;
mod problem;
mod server;
mod table;
mod templates;

pub(crate) use network::neighbourhood;
pub use network::{Https, Network};
use problem::Place;
pub use problem::{Problem, Problems};
pub use templates::{TEMPLATES, Template};

use diemcau_conference::Setup;
use diemcau_media::MediaConfig;
use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

/// Where the configuration is when nothing else is said.
pub const DEFAULT_PATH: &str = "config/conference.toml";

/// How an id must be written.
const ID_MEND: &str = "write a to z, 0 to 9 and single hyphens, as in \"can-tho\"";

/// A configuration that was read and checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The conference.
    pub setup: Setup,
    /// How and where it is served.
    pub server: ServerConfig,
}

/// How and where the conference is served.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// TCP address of pages, HTTP and WebSocket; port 0 takes a free one.
    pub http: SocketAddr,
    /// TCP address of the same over https; none when it is off.
    pub https: Https,
    /// Certificate and key for https; without them the server makes its own.
    pub tls: Option<TlsFiles>,
    /// UDP address of media; port 0 takes a free one.
    pub media: SocketAddr,
    /// Threads of media, each on a port of its own: that of `media` and those after it.
    pub media_shards: u8,
    /// A thread of media with so many devices takes no more of a conference while another has fewer.
    pub media_spread_from: usize,
    /// Addresses that media answers offer instead of this machine's own.
    pub public_ips: Vec<IpAddr>,
    /// Folder of the log, the keys, the codes and the documents.
    pub data: PathBuf,
    /// Origins beside the server's own that may open a session: `https://hop.example.vn`.
    pub origins: Vec<String>,
    /// Proxies that may say for whom they ask (`X-Forwarded-For`, `X-Forwarded-Proto`).
    pub trusted_proxies: Vec<Network>,
    /// Who may read `/metrics`.
    pub metrics: MetricsReaders,
    /// Megabytes (2²⁰ bytes) of a document that is uploaded, at most.
    pub document_mb: u64,
    /// Megabytes of all uploaded documents, at most.
    pub documents_mb: u64,
}

/// What a file without `[server]` means.
impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
            https: Https(Some(SocketAddr::from(([0, 0, 0, 0], 8443)))),
            tls: None,
            media: SocketAddr::from(([0, 0, 0, 0], 8081)),
            media_shards: 1,
            media_spread_from: MediaConfig::SPREAD_FROM,
            public_ips: Vec::new(),
            data: PathBuf::from("var"),
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics: MetricsReaders::Private,
            document_mb: 20,
            documents_mb: 2_000,
        }
    }
}

/// PEM files of a certificate that others made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, then those that lead from it to the root.
    pub certificate: PathBuf,
    /// Its key: PKCS#8, SEC1 or PKCS#1, without a password.
    pub key: PathBuf,
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsReaders {
    /// This machine and machines of private networks, not through a proxy.
    Private,
    /// Everyone.
    Public,
    /// Nobody.
    Off,
}

impl MetricsReaders {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "private" => Some(Self::Private),
            "public" => Some(Self::Public),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

/// What the command line says; it wins over file and environment.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--http`.
    pub http: Option<SocketAddr>,
    /// `--https`.
    pub https: Option<Https>,
    /// `--media`.
    pub media: Option<SocketAddr>,
    /// `--data`.
    pub data: Option<PathBuf>,
}

impl Config {
    /// Reads the file, the environment of this process and the flags.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place and its mend.
    pub fn read(path: &Path, flags: &Flags) -> Result<Self, Problems> {
        Self::read_with(path, flags, std::env::vars())
    }

    fn read_with(
        path: &Path,
        flags: &Flags,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Problems> {
        let mut read = match file::read(path) {
            Ok(read) => read,
            Err(problem) => return Err(Problems::from(problem)),
        };
        environment::apply(&mut read, variables);
        let (server, places) = (&mut read.server, &mut read.places);
        if let Some(http) = flags.http {
            server.http = http;
            places.insert("http", Place::named("--http"));
        }
        if let Some(https) = flags.https {
            server.https = https;
            places.insert("https", Place::named("--https"));
        }
        if let Some(media) = flags.media {
            server.media = media;
            places.insert("media", Place::named("--media"));
        }
        if let Some(data) = &flags.data {
            server.data.clone_from(data);
        }
        let contradictions = server::contradictions(server, places);
        read.problems.extend(contradictions);
        match Problems::of(read.problems) {
            Some(problems) => Err(problems),
            None => Ok(Self {
                setup: read.setup,
                server: read.server,
            }),
        }
    }
}

/// An id stands in links, file names and logs: lower-case words joined by hyphens.
fn is_id(id: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    id.len() <= 60 && id.split('-').all(word)
}

#[cfg(test)]
mod tests;
