//! What https shows of itself: a certificate of a CA of its own, or one that others made.
//!
//! Keys never leave the data folder or the files that were named; nothing of them is logged.

mod authority;
mod error;
pub(crate) mod files;
pub(crate) mod inspect;
pub(crate) mod own;
mod upkeep;

pub use error::TlsError;
pub use inspect::Names;

use crate::config::{Config, TlsFiles};
use own::Own;
use ring::digest;
use rustls::{
    crypto::{CryptoProvider, ring as provider},
    pki_types::CertificateDer,
    server::{ClientHello, ResolvesServerCert, ServerConfig},
    sign::CertifiedKey,
};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// The certificate in use, and how it is kept good while the server runs.
pub struct Certificates {
    served: Arc<Served>,
    tls: Arc<ServerConfig>,
    source: Source,
}

enum Source {
    /// Files that the configuration names.
    Files(TlsFiles),
    /// Made here.
    Own(Box<Mutex<Own>>),
}

/// The CA of this server, for whoever is to trust it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAuthority {
    /// The certificate, DER.
    pub certificate: CertificateDer<'static>,
    /// SHA-256 of it as browsers show it: `AB:CD:…`.
    pub fingerprint: String,
}

impl Certificates {
    /// Reads the configured files, or the folder `tls` in the data folder; makes there what is
    /// missing.
    ///
    /// # Errors
    /// A file cannot be used: which, why and the mend.
    pub fn open(config: &Config) -> Result<Self, TlsError> {
        let (source, first) = match &config.server.tls {
            Some(paths) => {
                let (first, names) = files::read(paths)?;
                warn_of_names(&names, config, &paths.certificate);
                (Source::Files(paths.clone()), first)
            }
            None => {
                let folder = config.server.data.join("tls");
                let (own, first) = Own::open(&folder, config.server.public_ips.clone())?;
                (Source::Own(Box::new(Mutex::new(own))), first)
            }
        };
        let served = Arc::new(Served(RwLock::new(Arc::new(first))));
        let tls = server_config(Arc::clone(&served))?;
        Ok(Self {
            served,
            tls: Arc::new(tls),
            source,
        })
    }

    /// For the TLS layer. The certificate in it changes by itself.
    pub(crate) fn tls(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.tls)
    }

    /// The server's own CA; none when the certificate is from others.
    #[must_use]
    pub fn authority(&self) -> Option<OwnAuthority> {
        let Source::Own(own) = &self.source else {
            return None;
        };
        let own = own.lock().unwrap_or_else(PoisonError::into_inner);
        let certificate = own.authority().certificate().clone();
        Some(OwnAuthority {
            fingerprint: fingerprint(&certificate),
            certificate,
        })
    }

    /// The names and addresses that the certificate in use speaks for.
    #[must_use]
    pub fn names(&self) -> Names {
        let served = self.served.get();
        let facts = served.cert.first().map(|leaf| inspect::read(leaf));
        match facts {
            Some(Ok(facts)) => facts.names,
            // It was read before it was served.
            _ => Names::default(),
        }
    }
}

/// The certificate that the next handshake gets.
#[derive(Debug)]
struct Served(RwLock<Arc<CertifiedKey>>);

impl Served {
    fn get(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, key: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

/// TLS 1.2 and 1.3, HTTP/1.1, tickets instead of a memory of sessions.
fn server_config(served: Arc<Served>) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(crypto()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(TlsError::Library)?
        .with_no_client_auth()
        .with_cert_resolver(served);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ticketer = provider::Ticketer::new().map_err(TlsError::Library)?;
    Ok(config)
}

/// Named wherever it is needed: a default for the process could be another one.
fn crypto() -> CryptoProvider {
    provider::default_provider()
}

/// A certificate that speaks for nothing that people will type is a mistake, but not ours to judge:
/// a name server may know better.
fn warn_of_names(names: &Names, config: &Config, path: &Path) {
    let mut wanted = own::wanted(&config.server.public_ips);
    for names in config
        .server
        .origins
        .iter()
        .filter_map(|o| Names::of_origin(o))
    {
        wanted.dns.extend(names.dns);
        wanted.ips.extend(names.ips);
    }
    if !names.speak_for_any(&wanted) {
        tracing::warn!(
            path = %path.display(),
            names = %names,
            "The certificate names neither this machine, nor its addresses, nor a host of [server] origins; \
             browsers accept it only under the names that it has"
        );
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let hash = digest::digest(&digest::SHA256, certificate);
    let pairs: Vec<String> = hash
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    pairs.join(":")
}
