//! The server's own CA: made once, kept ten years, signs the server's certificate and nothing else.
//!
//! Whoever trusts it must not have to trust this machine for the rest of the web: it may speak for
//! `localhost` and this machine's name only (name constraints), and only for servers. Addresses are
//! not constrained: a network may change, and a new CA would have to be trusted on every device.

use super::{TlsError, inspect};
use crate::setup::write_secret;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{collections::BTreeSet, fs, io, path::Path};
use time::{Duration, OffsetDateTime};

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca.key";
const LIFE: Duration = Duration::days(3653);
/// Devices with a clock that is late must take a new certificate too.
const LATE_CLOCKS: Duration = Duration::days(2);
/// What browsers accept of a server at most is 398.
const LEAF_LIFE: Duration = Duration::days(397);

/// The CA, ready to sign.
pub(super) struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    not_after: OffsetDateTime,
    /// DNS names that it may speak for.
    permitted: Option<BTreeSet<String>>,
}

impl Authority {
    /// Reads the CA of the folder; makes it when there is none, and anew when it has ended.
    pub(super) fn open(folder: &Path, names: &BTreeSet<String>) -> Result<Self, TlsError> {
        let Some(known) = Self::find(folder)? else {
            make(folder, names)?;
            tracing::info!(folder = %folder.display(), "A CA of this server's own is made");
            return read(folder);
        };
        if known.not_after > OffsetDateTime::now_utc() {
            return Ok(known);
        }
        make(folder, names)?;
        tracing::warn!(
            "The server's own CA had ended; there is a new one, to be trusted on every device"
        );
        read(folder)
    }

    /// Reads the CA of the folder, if there is one.
    pub(super) fn find(folder: &Path) -> Result<Option<Self>, TlsError> {
        let exists = folder.join(CERTIFICATE).exists() || folder.join(KEY).exists();
        exists.then(|| read(folder)).transpose()
    }

    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    pub(super) fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Whether it may speak for a DNS name.
    pub(super) fn permits(&self, name: &str) -> bool {
        self.permitted.as_ref().is_none_or(|permitted| {
            permitted.iter().any(|base| {
                name.strip_suffix(base.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
        })
    }

    /// A new certificate for the server: certificate and key, PEM.
    pub(super) fn issue(&self, names: &inspect::Names) -> Result<(String, String), TlsError> {
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::default();
        params.distinguished_name = subject("Điểm Cầu");
        for name in &names.dns {
            params
                .subject_alt_names
                .push(SanType::DnsName(name.as_str().try_into()?));
        }
        let addresses = names.ips.iter().copied().map(SanType::IpAddress);
        params.subject_alt_names.extend(addresses);
        params.not_before = now - LATE_CLOCKS;
        params.not_after = (params.not_before + LEAF_LIFE).min(self.not_after);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

fn make(folder: &Path, names: &BTreeSet<String>) -> Result<(), TlsError> {
    let key = KeyPair::generate()?;
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    // Two CAs of one name but two keys confuse browsers: each start of a new one has its own.
    let tag: String = params.key_identifier(&key)[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let host = names.iter().find(|name| *name != "localhost");
    let host = host.map_or("localhost", String::as_str);
    params.distinguished_name = subject(&format!("Điểm Cầu CA {host} {tag}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.iter().cloned().map(GeneralSubtree::DnsName).collect(),
        excluded_subtrees: Vec::new(),
    });
    params.not_before = now - LATE_CLOCKS;
    params.not_after = params.not_before + LIFE;
    let certificate = params.self_signed(&key)?;
    write(&folder.join(KEY), &key.serialize_pem())?;
    write(&folder.join(CERTIFICATE), &certificate.pem())
}

fn read(folder: &Path) -> Result<Authority, TlsError> {
    let damaged = |what: String| TlsError::Damaged {
        folder: folder.to_owned(),
        what,
    };
    let text = |name: &str| {
        let path = folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(damaged(format!("{name} is missing")))
            }
            Err(reason) => Err(TlsError::Folder { path, reason }),
        }
    };
    let certificate = CertificateDer::from_pem_slice(text(CERTIFICATE)?.as_bytes())
        .map_err(|error| damaged(format!("{CERTIFICATE}: {error}")))?;
    let facts =
        inspect::read(&certificate).map_err(|error| damaged(format!("{CERTIFICATE}: {error}")))?;
    let permitted = inspect::permitted(&certificate)
        .map_err(|error| damaged(format!("{CERTIFICATE}: {error}")))?;
    let key = KeyPair::from_pem(&text(KEY)?).map_err(|error| damaged(format!("{KEY}: {error}")))?;
    if !inspect::has_key(&certificate, &key) {
        return Err(damaged(format!("{KEY} is not the key of {CERTIFICATE}")));
    }
    let issuer = Issuer::from_ca_cert_der(&certificate, key)
        .map_err(|error| damaged(format!("{CERTIFICATE}: {error}")))?;
    Ok(Authority {
        certificate,
        issuer,
        not_after: facts.not_after,
        permitted,
    })
}

fn subject(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "Điểm Cầu");
    subject.push(DnType::CommonName, name);
    subject
}

/// Writes a file that is its owner's alone.
pub(super) fn write(path: &Path, text: &str) -> Result<(), TlsError> {
    write_secret(path, text.as_bytes()).map_err(|reason| TlsError::Folder {
        path: path.to_owned(),
        reason,
    })
}
