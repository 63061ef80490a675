//! The certificate that the own CA gives this server, kept over restarts so that who accepted it
//! once is not asked again, and made anew when it no longer fits.

use super::{
    TlsError,
    authority::{Authority, write},
    crypto,
    inspect::{self, Names},
};
use crate::setup::make_folder;
use diemcau_media::own_addresses;
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
};
use time::{Duration, OffsetDateTime};

const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server.key";
/// How long before its end a certificate is replaced.
const RENEWAL: Duration = Duration::days(30);

/// The CA, and the certificate that it gave.
pub(super) struct Own {
    folder: PathBuf,
    public_ips: Vec<IpAddr>,
    authority: Authority,
    current: inspect::Facts,
}

impl Own {
    /// Opens the folder of the CA; the certificate to serve.
    pub(super) fn open(
        folder: &Path,
        public_ips: Vec<IpAddr>,
    ) -> Result<(Self, CertifiedKey), TlsError> {
        make_folder(folder).map_err(|reason| TlsError::Folder {
            path: folder.to_owned(),
            reason,
        })?;
        let authority = Authority::open(folder, &wanted(&[]).dns)?;
        let (key, current) = match read(folder, &authority) {
            Some(found) => found,
            None => issue(folder, &authority, &speakable(&authority, &public_ips))?,
        };
        let mut own = Self {
            folder: folder.to_owned(),
            public_ips,
            authority,
            current,
        };
        let renewed = own.renew()?;
        Ok((own, renewed.unwrap_or(key)))
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A new certificate, when the addresses of this machine are no longer those of the current
    /// one, or it nears its end.
    pub(super) fn renew(&mut self) -> Result<Option<CertifiedKey>, TlsError> {
        let now = OffsetDateTime::now_utc();
        let mut names = speakable(&self.authority, &self.public_ips);
        let end = self.current.not_after;
        // Near the end of the CA itself a new one would not last longer.
        let renewable = end - now < RENEWAL && end < self.authority.not_after();
        let over = end <= now;
        if !renewable && !over && self.current.names.speak_for(&names) {
            return Ok(None);
        }
        if over && self.authority.not_after() <= now {
            self.authority = Authority::open(&self.folder, &wanted(&[]).dns)?;
            names = speakable(&self.authority, &self.public_ips);
        }
        let (key, facts) = issue(&self.folder, &self.authority, &names)?;
        tracing::info!(names = %facts.names, until = %facts.not_after.date(), "The server has a new certificate from its own CA");
        self.current = facts;
        Ok(Some(key))
    }
}

/// What stands in a folder of an own CA.
pub(crate) struct Found {
    /// The end of the CA.
    pub(crate) authority_until: OffsetDateTime,
    /// What the server's certificate says, if it can be used.
    pub(crate) current: Option<inspect::Facts>,
}

/// Looks into the folder and makes nothing; none when the next start makes a CA.
pub(crate) fn find(folder: &Path) -> Result<Option<Found>, TlsError> {
    let authority = Authority::find(folder)?;
    Ok(authority.map(|authority| Found {
        authority_until: authority.not_after(),
        current: read(folder, &authority).map(|(_, facts)| facts),
    }))
}

/// What a certificate of this machine should speak for.
pub(super) fn wanted(public_ips: &[IpAddr]) -> Names {
    let mut names = Names::default();
    names.dns.insert("localhost".to_owned());
    names.dns.extend(host_names());
    names.ips = BTreeSet::from([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    names.ips.extend(public_ips);
    match own_addresses() {
        Ok(addresses) => names.ips.extend(addresses),
        Err(error) => tracing::warn!(%error, "The addresses of this machine cannot be listed"),
    }
    names
}

/// Those of them that the CA may speak for.
fn speakable(authority: &Authority, public_ips: &[IpAddr]) -> Names {
    let mut names = wanted(public_ips);
    names.dns.retain(|name| authority.permits(name));
    names
}

/// The name of this machine, and the one that its neighbours know it by (mDNS).
fn host_names() -> Vec<String> {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy().to_ascii_lowercase();
    let label = |label: &str| {
        let inner = label
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    if !name.split('.').all(label) {
        return Vec::new();
    }
    if name.contains('.') {
        vec![name]
    } else {
        vec![format!("{name}.local"), name]
    }
}

/// The certificate of the last start, if it can be used.
fn read(folder: &Path, authority: &Authority) -> Option<(CertifiedKey, inspect::Facts)> {
    let certificate = CertificateDer::from_pem_file(folder.join(CERTIFICATE)).ok()?;
    let key = PrivateKeyDer::from_pem_file(folder.join(KEY)).ok()?;
    if !inspect::is_signed_by(&certificate, authority.certificate()) {
        return None;
    }
    let facts = inspect::read(&certificate).ok()?;
    let key = CertifiedKey::from_der(vec![certificate], key, &crypto()).ok()?;
    Some((key, facts))
}

fn issue(
    folder: &Path,
    authority: &Authority,
    names: &Names,
) -> Result<(CertifiedKey, inspect::Facts), TlsError> {
    let (certificate, key) = authority.issue(names)?;
    write(&folder.join(KEY), &key)?;
    write(&folder.join(CERTIFICATE), &certificate)?;
    read(folder, authority).ok_or_else(|| TlsError::Damaged {
        folder: folder.to_owned(),
        what: format!("{CERTIFICATE} cannot be read back"),
    })
}
