//! Keeps the certificate good while the server runs: files that changed are read again, a
//! certificate of our own follows the machine's addresses and is renewed before its end.

use super::{Certificates, Source, files, own::Own};
use crate::{config::TlsFiles, metrics};
use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::time::{MissedTickBehavior, interval};

/// How long it is left alone after a failure: a full disk is not better in two seconds.
const REST: Duration = Duration::from_secs(60);
/// How often files and addresses are looked at.
const LOOK: Duration = Duration::from_secs(2);

impl Certificates {
    /// Looks after the certificate until it is dropped.
    pub(crate) async fn keep(self: Arc<Self>) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Read once more at first: they may have changed since the start read them.
        let mut known = Vec::new();
        let mut before = self.stamps();
        loop {
            ticks.tick().await;
            match &self.source {
                Source::Own(own) => {
                    if !self.follow_addresses(own) {
                        tokio::time::sleep(REST).await;
                    }
                }
                Source::Files(paths) => {
                    // Two files change one after the other: they are read once they rest.
                    let now = self.stamps();
                    if now != known && now == before {
                        self.reload(paths);
                        known.clone_from(&now);
                    }
                    before = now;
                }
            }
        }
    }

    /// False when it did not work.
    fn follow_addresses(&self, own: &Mutex<Own>) -> bool {
        let renewed = own.lock().unwrap_or_else(PoisonError::into_inner).renew();
        match renewed {
            Ok(Some(key)) => {
                self.served.set(key);
                metrics::CERTIFICATES_CHANGED.count();
                true
            }
            Ok(None) => true,
            Err(error) => {
                metrics::CERTIFICATES_REFUSED.count();
                tracing::error!(%error, "The server's certificate cannot be renewed; the old one stays in use");
                false
            }
        }
    }

    fn reload(&self, paths: &TlsFiles) {
        match files::read(paths) {
            // Touched, or written again as they were.
            Ok((key, _)) if key.cert == self.served.get().cert => {}
            Ok((key, names)) => {
                self.served.set(key);
                metrics::CERTIFICATES_CHANGED.count();
                tracing::info!(path = %paths.certificate.display(), %names, "A new certificate is in use");
            }
            Err(error) => {
                metrics::CERTIFICATES_REFUSED.count();
                tracing::error!(%error, "The new certificate cannot be used; the old one stays in use");
            }
        }
    }

    /// What tells one state of the files from another.
    fn stamps(&self) -> Vec<Option<(SystemTime, u64)>> {
        let stamp = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        match &self.source {
            Source::Files(paths) => vec![stamp(&paths.certificate), stamp(&paths.key)],
            Source::Own(_) => Vec::new(),
        }
    }
}
