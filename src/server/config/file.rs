//! The shape of the configuration file, and its checks.

use super::{Config, Https, ID_MEND, Network, Problem, ServerConfig, TlsFiles, is_id};
use diemcau_conference::{
    ConferenceId, Millis, Overtime, Rules, Setup, SiteId, SiteKind, SiteSetup, Text,
};
use serde::Deserialize;
use std::{
    collections::BTreeSet,
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    conference: ConferenceTable,
    #[serde(default)]
    server: ServerTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConferenceTable {
    id: Spanned<String>,
    title: TextTable,
    #[serde(default)]
    rules: RulesTable,
    sites: Spanned<Vec<SiteTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextTable {
    vi: Spanned<String>,
    en: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteTable {
    id: Spanned<String>,
    name: TextTable,
    kind: SiteKind,
    parent: Option<Spanned<String>>,
    expected: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RulesTable {
    accept_automatically: bool,
    turn_seconds: Option<Spanned<u64>>,
    overtime: Overtime,
    grace_seconds: Option<Spanned<u64>>,
    audio_slots: Option<Spanned<u32>>,
    thumbnail_slots: Option<Spanned<u32>>,
}

impl Default for RulesTable {
    fn default() -> Self {
        Self {
            accept_automatically: true,
            turn_seconds: None,
            overtime: Overtime::Soft,
            grace_seconds: None,
            audio_slots: None,
            thumbnail_slots: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerTable {
    http: SocketAddr,
    https: Https,
    media: SocketAddr,
    public_ips: Vec<IpAddr>,
    data: PathBuf,
    origins: Vec<Spanned<String>>,
    trusted_proxies: Vec<Network>,
    tls: Option<TlsTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsTable {
    certificate: PathBuf,
    key: PathBuf,
}

impl Default for ServerTable {
    fn default() -> Self {
        Self {
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
            https: Https(Some(SocketAddr::from(([0, 0, 0, 0], 8443)))),
            media: SocketAddr::from(([0, 0, 0, 0], 8081)),
            public_ips: Vec::new(),
            data: PathBuf::from("var"),
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            tls: None,
        }
    }
}

/// Reads and checks a file.
pub(super) fn read(path: &Path) -> Result<Config, Problem> {
    let text = fs::read_to_string(path).map_err(|error| {
        Problem::at(
            path.display().to_string(),
            format!("the file cannot be read: {error}"),
            "name another file with --config, or copy config/conference.toml",
        )
    })?;
    let file: File = toml::from_str(&text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        Problem::in_file(
            path,
            &text,
            span,
            error.message(),
            "config/conference.toml of the project explains every key and its values",
        )
    })?;
    Checker { path, text: &text }.config(file)
}

struct Checker<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Checker<'_> {
    fn problem<T>(
        &self,
        at: &Spanned<T>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Problem {
        Problem::in_file(self.path, self.text, at.span(), what, mend)
    }

    fn config(&self, file: File) -> Result<Config, Problem> {
        let conference = file.conference;
        let id = self.id(&conference.id)?;
        let title = self.words(conference.title)?;
        let rules = self.rules(&conference.rules)?;
        let sites = self.sites(conference.sites)?;
        let setup = Setup {
            id: ConferenceId::new(id),
            title,
            sites,
            rules,
        };
        let mut origins = Vec::new();
        for origin in file.server.origins {
            origins.push(self.origin(&origin)?);
        }
        let server = ServerConfig {
            http: file.server.http,
            https: file.server.https,
            tls: file.server.tls.map(|tls| TlsFiles {
                certificate: tls.certificate,
                key: tls.key,
            }),
            media: file.server.media,
            public_ips: file.server.public_ips,
            data: file.server.data,
            origins,
            trusted_proxies: file.server.trusted_proxies,
        };
        Ok(Config { setup, server })
    }

    fn sites(&self, tables: Spanned<Vec<SiteTable>>) -> Result<Vec<SiteSetup>, Problem> {
        let ids: BTreeSet<String> = tables
            .get_ref()
            .iter()
            .map(|site| site.id.get_ref().clone())
            .collect();
        let centres: Vec<&SiteTable> = tables
            .get_ref()
            .iter()
            .filter(|site| site.kind == SiteKind::Central)
            .collect();
        match centres[..] {
            [_] => {}
            [] => {
                let mend = "give the host's site kind = \"central\"";
                return Err(self.problem(&tables, "no site is the central one", mend));
            }
            [_, second, ..] => {
                let mend = "leave kind = \"central\" at one site, give the others \"member\"";
                return Err(self.problem(&second.id, "a second site is central", mend));
            }
        }
        let mut seen = BTreeSet::new();
        let mut sites = Vec::new();
        for table in tables.into_inner() {
            let id = self.id(&table.id)?;
            if !seen.insert(id.clone()) {
                let what = format!("two sites have the id {id:?}");
                return Err(self.problem(&table.id, what, "give each site an id of its own"));
            }
            if let Some(parent) = &table.parent
                && (!ids.contains(parent.get_ref()) || *parent.get_ref() == id)
            {
                let what = format!("no other site has the id {:?}", parent.get_ref());
                return Err(self.problem(
                    parent,
                    what,
                    "name a site of this file, or leave parent out",
                ));
            }
            let expected = self.number(&table.expected, 0, 10_000)?;
            sites.push(SiteSetup {
                id: SiteId::new(id),
                name: self.words(table.name)?,
                kind: table.kind,
                parent: table.parent.map(|parent| SiteId::new(parent.into_inner())),
                expected,
            });
        }
        Ok(sites)
    }

    fn rules(&self, table: &RulesTable) -> Result<Rules, Problem> {
        let seconds = |value: &Option<Spanned<u64>>, default, most| match value {
            Some(value) => self.number(value, 1, most).map(Millis::from_secs),
            None => Ok(Millis::from_secs(default)),
        };
        let slots = |value: &Option<Spanned<u32>>, default, most| match value {
            Some(value) => self.number(value, 1, most),
            None => Ok(default),
        };
        Ok(Rules {
            accept_automatically: table.accept_automatically,
            turn: seconds(&table.turn_seconds, 300, 4 * 3600)?,
            overtime: table.overtime,
            grace: seconds(&table.grace_seconds, 20, 600)?,
            audio_slots: slots(&table.audio_slots, 4, 8)?,
            thumbnail_slots: slots(&table.thumbnail_slots, 12, 24)?,
        })
    }

    fn id(&self, value: &Spanned<String>) -> Result<String, Problem> {
        let id = value.get_ref();
        if is_id(id) {
            return Ok(id.clone());
        }
        Err(self.problem(value, format!("{id:?} is not an id"), ID_MEND))
    }

    fn words(&self, table: TextTable) -> Result<Text, Problem> {
        for value in [&table.vi, &table.en] {
            let length = value.get_ref().trim().chars().count();
            if !(1..=200).contains(&length) {
                return Err(self.problem(
                    value,
                    "this text is empty or too long",
                    "write 1 to 200 characters",
                ));
            }
        }
        Ok(Text {
            vi: table.vi.into_inner(),
            en: table.en.into_inner(),
        })
    }

    fn number<T: PartialOrd + Copy + std::fmt::Display>(
        &self,
        value: &Spanned<T>,
        least: T,
        most: T,
    ) -> Result<T, Problem> {
        let number = *value.get_ref();
        if (least..=most).contains(&number) {
            return Ok(number);
        }
        let mend = format!("write a number from {least} to {most}");
        Err(self.problem(value, format!("{number} is out of range"), mend))
    }

    fn origin(&self, value: &Spanned<String>) -> Result<String, Problem> {
        let origin = value.get_ref();
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        if host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' '])) {
            return Ok(origin.clone());
        }
        let mend = "write scheme and host, without a path: \"https://hop.example.vn\"";
        Err(self.problem(value, format!("{origin:?} is not an origin"), mend))
    }
}
