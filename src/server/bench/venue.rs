//! A server to measure: its own log on the disk that is measured, free ports of the loopback
//! address.

use super::BenchError;
use crate::{
    config::{Config, Https, ServerConfig},
    serve::Server,
};
use diemcau_agent::{Agent, AgentError, Microphone, Options, Source};
use diemcau_conference::{
    Command, ConferenceId, Role, Rules, Setup, SiteId, SiteKind, SiteSetup, Text,
};
use diemcau_media::Row;
use diemcau_protocol::{Answer, SignIn};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

/// The media plane's counters are as old as this, and a little older.
const COUNTED_EVERY: Duration = Duration::from_millis(400);

/// A server that runs, and the codes of its conference.
pub(super) struct Venue {
    pub(super) server: Server,
    pub(super) setup: Setup,
    folder: TempDir,
}

impl Venue {
    /// Starts a server for a conference of `sites` sites, with a folder of its own in `data`.
    pub(super) async fn start(data: &Path, sites: usize) -> Result<Self, BenchError> {
        let whole = ServerConfig::default().media_spread_from;
        Self::start_with(data, sites, 1, whole).await
    }

    /// The same with two shards: the first `near` who join are on one, the next `near` on the other.
    pub(super) async fn start_on_two_shards(
        data: &Path,
        sites: usize,
        near: usize,
    ) -> Result<Self, BenchError> {
        Self::start_with(data, sites, 2, near).await
    }

    async fn start_with(
        data: &Path,
        sites: usize,
        media_shards: u8,
        media_spread_from: usize,
    ) -> Result<Self, BenchError> {
        let folder = folder(data)?;
        let setup = setup(sites);
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = Config {
            setup: setup.clone(),
            server: ServerConfig {
                http: any_port,
                https: Https(None),
                media: any_port,
                media_shards,
                media_spread_from,
                data: folder.path().to_owned(),
                ..ServerConfig::default()
            },
        };
        let server = Server::start(config, None).await?;
        Ok(Self {
            server,
            setup,
            folder,
        })
    }

    /// Sees that so many devices are on each shard, and that media has crossed between them, where
    /// there are several.
    pub(super) async fn expect_shards(&self, peers: &[u64]) -> Result<(), BenchError> {
        tokio::time::sleep(COUNTED_EVERY).await;
        let shards = self.server.rooms().media_counters();
        let count = |rows: &Vec<Row>, wanted: &str| {
            let row = rows.iter().find(|(name, _, _)| *name == wanted);
            row.map_or(0, |(_, _, value)| *value)
        };
        let found: Vec<u64> = shards.iter().map(|rows| count(rows, "peers")).collect();
        let crossed: u64 = shards
            .iter()
            .map(|rows| count(rows, "packets_crossed"))
            .sum();
        if found == peers && (crossed > 0) == (peers.len() > 1) {
            Ok(())
        } else {
            Err(BenchError::Blind("what crosses between shards"))
        }
    }

    /// The folder with its log.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The id of a site, counted round.
    pub(super) fn site(&self, number: usize) -> SiteId {
        let sites = &self.setup.sites;
        sites[number % sites.len()].id.clone()
    }

    /// An agent that only receives. The chair sits at the first site.
    pub(super) fn receiver(&self, site: SiteId, role: Role) -> Options {
        let entries = self.server.entries().iter();
        let code = entries
            .filter(|entry| entry.site == site && entry.role == role)
            .find_map(|entry| entry.code.clone());
        Options {
            server: format!("http://{}", self.server.http()),
            sign_in: SignIn::new(site, code.unwrap_or_default()),
            microphone: Microphone::Off,
            camera: false,
            picture_interval: Options::PICTURE_INTERVAL,
            source: None,
        }
    }

    /// An agent that also shows and says something; 30 pictures a second.
    pub(super) fn speaker(&self, site: SiteId, role: Role, microphone: Microphone) -> Options {
        let source = Arc::new(Source::of_site(&site));
        Options {
            microphone,
            camera: true,
            picture_interval: Duration::from_secs(1) / 30,
            source: Some(source),
            ..self.receiver(site, role)
        }
    }

    /// Joins, with media connected, as whoever `options` says.
    pub(super) async fn join(options: Options) -> Result<Agent, AgentError> {
        let agent = Agent::join(options).await?;
        agent.wait_for_media().await?;
        Ok(agent)
    }

    /// Ends the server and removes its folder.
    pub(super) async fn stop(self) {
        self.server.stop().await;
    }
}

/// A new folder in `data`, which is made if it is not there.
pub(super) fn folder(data: &Path) -> Result<TempDir, BenchError> {
    std::fs::create_dir_all(data)?;
    Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(data)?)
}

/// A conference with the first site in the centre.
pub(super) fn setup(sites: usize) -> Setup {
    let text = |text: String| Text {
        vi: text.clone(),
        en: text,
    };
    let site = |number: usize| SiteSetup {
        id: SiteId::new(format!("diem-cau-{number}")),
        name: text(format!("Điểm cầu {number}")),
        kind: if number == 0 {
            SiteKind::Central
        } else {
            SiteKind::Member
        },
        parent: None,
        expected: 12,
    };
    Setup {
        id: ConferenceId::new("hoi-nghi"),
        title: text("Hội nghị trực tuyến".to_owned()),
        sites: (0..sites).map(site).collect(),
        rules: Rules {
            // Benches crowd a site more than people do.
            devices_per_site: 2_000,
            ..Rules::default()
        },
        deputies: Vec::new(),
        agenda: Vec::new(),
    }
}

/// Sends a command that must not be refused.
pub(super) async fn command(agent: &Agent, command: Command) -> Result<Answer, BenchError> {
    let answer = agent.command(command).await?;
    answer.map_err(|error| BenchError::Refused(error.message.en))
}

/// Opens a session, which speaking needs.
pub(super) async fn open_session(chair: &Agent) -> Result<(), BenchError> {
    let name = "sáng".to_owned();
    command(chair, Command::SessionOpen { name }).await?;
    Ok(())
}
