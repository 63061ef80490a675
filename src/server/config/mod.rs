//! The configuration: a TOML file, then `DIEMCAU_…` variables, then flags.
//!
//! A start with a wrong configuration is refused with the file, the line and the mend.

mod environment;
mod file;
mod network;
mod problem;

pub use network::{Https, Network};
pub use problem::Problem;

use diemcau_conference::Setup;
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
    /// Addresses that media answers offer instead of this machine's own.
    pub public_ips: Vec<IpAddr>,
    /// Folder of the log, the keys and the codes.
    pub data: PathBuf,
    /// Origins beside the server's own that may open a session: `https://hop.example.vn`.
    pub origins: Vec<String>,
    /// Proxies that may say for whom they ask (`X-Forwarded-For`, `X-Forwarded-Proto`).
    pub trusted_proxies: Vec<Network>,
}

/// PEM files of a certificate that others made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, then those that lead from it to the root.
    pub certificate: PathBuf,
    /// Its key: PKCS#8, SEC1 or PKCS#1, without a password.
    pub key: PathBuf,
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
    /// The first thing that is wrong, with its place and its mend.
    pub fn read(path: &Path, flags: &Flags) -> Result<Self, Problem> {
        Self::read_with(path, flags, std::env::vars())
    }

    fn read_with(
        path: &Path,
        flags: &Flags,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Problem> {
        let mut config = file::read(path)?;
        environment::apply(&mut config, variables)?;
        if let Some(http) = flags.http {
            config.server.http = http;
        }
        if let Some(https) = flags.https {
            config.server.https = https;
        }
        if let Some(media) = flags.media {
            config.server.media = media;
        }
        if let Some(data) = &flags.data {
            config.server.data.clone_from(data);
        }
        // The file's lines were checked one by one; these are the core's own rules.
        config.setup.check().map_err(|error| {
            let mend = "see config/conference.toml of the project for what is possible";
            Problem::at(path.display().to_string(), error.to_string(), mend)
        })?;
        Ok(config)
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
mod tests {
    use super::*;

    const SITE: &str = "[[conference.sites]]\nid = \"ha-noi\"\nname = { vi = \"Hà Nội\", en = \"Hanoi\" }\nkind = \"central\"\nexpected = 12\n";
    const HEAD: &str = "[conference]\nid = \"h\"\ntitle = { vi = \"Họp\", en = \"Meeting\" }\n";

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Problem> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("c.toml");
        std::fs::write(&path, text).expect("write");
        let variables = variables
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::read_with(&path, &Flags::default(), variables)
    }

    /// What a person reads for a wrong file.
    fn complaint(text: &str) -> String {
        match read(text, &[]) {
            Ok(_) => panic!("accepted"),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn the_file_of_the_project_is_good() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_PATH);
        let config = Config::read_with(&path, &Flags::default(), std::iter::empty())
            .unwrap_or_else(|problem| panic!("{problem}"));
        let sites: Vec<&str> = config.setup.sites.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(
            sites,
            [
                "ha-noi",
                "da-nang",
                "tp-hcm",
                "can-tho",
                "thai-nguyen",
                "nghe-an"
            ]
        );
        assert_eq!(config.server.http.to_string(), "127.0.0.1:8080");
        assert_eq!(config.server.https.to_string(), "0.0.0.0:8443");
    }

    #[test]
    fn a_problem_names_file_line_and_mend() {
        let unknown = complaint(&format!("{HEAD}colour = \"red\"\n{SITE}"));
        assert!(unknown.contains("c.toml:4"), "{unknown}");
        assert!(unknown.contains("colour"), "{unknown}");

        let twice = complaint(&format!(
            "{HEAD}{SITE}{}",
            SITE.replace("central", "member")
        ));
        assert!(twice.contains("c.toml:10"), "{twice}");
        assert!(twice.contains("ha-noi"), "{twice}");

        let value = complaint(&format!("{HEAD}{SITE}\n[server]\nhttp = \"nowhere\"\n"));
        assert!(value.contains("c.toml:11"), "{value}");

        let parent = complaint(&format!("{HEAD}{SITE}parent = \"hue\"\n"));
        assert!(parent.contains("c.toml:9"), "{parent}");

        let id = complaint(&format!("{HEAD}{}", SITE.replace("ha-noi", "Ha Noi")));
        assert!(id.contains("c.toml:5"), "{id}");
    }

    #[test]
    fn the_environment_wins_over_the_file_and_is_checked() {
        let text = format!("{HEAD}{SITE}");
        let config = read(&text, &[("DIEMCAU_SERVER_HTTP", "127.0.0.1:9")])
            .unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(config.server.http.port(), 9);
        for (name, value) in [
            ("DIEMCAU_CONFERENCE_ID", "Họp"),
            ("DIEMCAU_SERVER_HTTPS", "on"),
            ("DIEMCAU_SERVER_TRUSTED_PROXIES", "10.0.0.0/33"),
            ("DIEMCAU_SERVER_TLS_KEY", "key.pem"),
            ("DIEMCAU_SERVER_HTTP", "x"),
            ("DIEMCAU_SERVR_HTTP", "127.0.0.1:9"),
        ] {
            let problem = read(&text, &[(name, value)]).expect_err("refused");
            assert!(problem.to_string().contains(name), "{problem}");
        }
    }

    #[test]
    fn https_is_on_until_it_is_turned_off_and_takes_a_certificate_of_others() {
        let text = format!("{HEAD}{SITE}");
        let read = |text: &str, variables: &[(&str, &str)]| {
            read(text, variables)
                .unwrap_or_else(|problem| panic!("{problem}"))
                .server
        };
        assert_eq!(read(&text, &[]).https.to_string(), "0.0.0.0:8443");
        assert_eq!(read(&text, &[]).tls, None);
        let off = read(&text, &[("DIEMCAU_SERVER_HTTPS", "off")]);
        assert_eq!(off.https, Https(None));
        let whole = format!(
            "{text}[server]\nhttps = \"off\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n\
             [server.tls]\ncertificate = \"a.pem\"\nkey = \"b.pem\"\n"
        );
        let server = read(&whole, &[("DIEMCAU_SERVER_TLS_KEY", "c.pem")]);
        assert_eq!(server.https, Https(None));
        assert_eq!(server.trusted_proxies.len(), 2);
        let files = server.tls.expect("files");
        assert_eq!(
            (files.certificate, files.key),
            (PathBuf::from("a.pem"), PathBuf::from("c.pem"))
        );

        for wrong in [
            "https = \"on\"",
            "trusted_proxies = [\"10.0.0.0/33\"]",
            "tls = { certificate = \"a.pem\" }",
        ] {
            let complaint = complaint(&format!("{text}[server]\n{wrong}\n"));
            assert!(complaint.contains("c.toml:10"), "{complaint}");
        }
    }
}
