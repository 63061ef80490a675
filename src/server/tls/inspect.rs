//! What a certificate says: for whom it speaks, and from when to when.

use axum::http::Uri;
use rustls::pki_types::CertificateDer;
use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};
use time::OffsetDateTime;
use x509_parser::{extensions::GeneralName, prelude::X509Certificate};

/// Names and addresses that a certificate speaks for (its subject alternative names).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// DNS names in small letters; `*.` may stand for one label.
    pub dns: BTreeSet<String>,
    /// Addresses.
    pub ips: BTreeSet<IpAddr>,
}

impl Names {
    /// What a certificate must speak for to be taken at an origin (`https://hop.example.vn:8443`).
    pub(crate) fn of_origin(origin: &str) -> Option<Self> {
        let origin: Uri = origin.parse().ok()?;
        let host = origin.host()?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let mut names = Self::default();
        match bare.parse() {
            Ok(ip) => names.ips.insert(ip),
            Err(_) => names.dns.insert(host.to_ascii_lowercase()),
        };
        Some(names)
    }

    /// Whether it speaks for everything that is wanted.
    #[must_use]
    pub fn speak_for(&self, wanted: &Self) -> bool {
        wanted.dns.iter().all(|name| self.speaks_for(name)) && self.ips.is_superset(&wanted.ips)
    }

    /// Whether it speaks for anything that is wanted.
    #[must_use]
    pub fn speak_for_any(&self, wanted: &Self) -> bool {
        wanted.dns.iter().any(|name| self.speaks_for(name))
            || wanted.ips.iter().any(|ip| self.ips.contains(ip))
    }

    fn speaks_for(&self, name: &str) -> bool {
        let wildcard = name.split_once('.').map(|(_, rest)| format!("*.{rest}"));
        self.dns.contains(name) || wildcard.is_some_and(|name| self.dns.contains(&name))
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ips = self.ips.iter().map(ToString::to_string);
        let all: Vec<String> = self.dns.iter().cloned().chain(ips).collect();
        f.write_str(&all.join(", "))
    }
}

/// What a certificate says.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) names: Names,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

/// Reads a certificate.
///
/// # Errors
/// It is none.
pub(crate) fn read(certificate: &CertificateDer<'_>) -> Result<Facts, String> {
    let parsed = parse(certificate)?;
    let mut names = Names::default();
    let extension = parsed
        .subject_alternative_name()
        .map_err(|error| error.to_string())?;
    for name in extension
        .iter()
        .flat_map(|extension| &extension.value.general_names)
    {
        match name {
            GeneralName::DNSName(name) => {
                names.dns.insert(name.to_ascii_lowercase());
            }
            GeneralName::IPAddress(bytes) => names.ips.extend(address(bytes)),
            _ => {}
        }
    }
    let validity = parsed.validity();
    Ok(Facts {
        names,
        not_before: validity.not_before.to_datetime(),
        not_after: validity.not_after.to_datetime(),
    })
}

/// Whether `ca` signed it.
pub(super) fn is_signed_by(certificate: &CertificateDer<'_>, ca: &CertificateDer<'_>) -> bool {
    let (Ok(certificate), Ok(ca)) = (parse(certificate), parse(ca)) else {
        return false;
    };
    certificate.issuer() == ca.subject()
        && certificate.verify_signature(Some(ca.public_key())).is_ok()
}

/// The DNS names that a CA may speak for; none when it may speak for all.
pub(super) fn permitted(ca: &CertificateDer<'_>) -> Result<Option<BTreeSet<String>>, String> {
    let parsed = parse(ca)?;
    let constraints = parsed
        .name_constraints()
        .map_err(|error| error.to_string())?;
    let subtrees = constraints.and_then(|found| found.value.permitted_subtrees.as_ref());
    Ok(subtrees.map(|subtrees| {
        let dns = subtrees.iter().filter_map(|subtree| match subtree.base {
            GeneralName::DNSName(name) => Some(name.to_owned()),
            _ => None,
        });
        dns.collect()
    }))
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, String> {
    x509_parser::parse_x509_certificate(certificate)
        .map(|(_, parsed)| parsed)
        .map_err(|error| error.to_string())
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| IpAddr::from(Ipv4Addr::from(bytes)));
    let v6 = <[u8; 16]>::try_from(bytes).map(|bytes| IpAddr::from(Ipv6Addr::from(bytes)));
    v4.or(v6).ok()
}

/// Whether a key is the one that the certificate is for.
pub(super) fn has_key(certificate: &CertificateDer<'_>, key: &impl rcgen::PublicKeyData) -> bool {
    parse(certificate).is_ok_and(|parsed| parsed.public_key().raw == key.subject_public_key_info())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_name_or_an_address() {
        let shown = |origin| Names::of_origin(origin).map(|names| names.to_string());
        for (origin, expected) in [
            ("https://Hop.example.vn", "hop.example.vn"),
            ("https://hop.example.vn:8443", "hop.example.vn"),
            ("https://10.0.0.5:8443", "10.0.0.5"),
            ("https://[2001:db8::5]:8443", "2001:db8::5"),
            ("https://[2001:db8::5]", "2001:db8::5"),
        ] {
            assert_eq!(shown(origin).as_deref(), Some(expected), "{origin}");
        }
        assert_eq!(shown("/nowhere"), None);
    }
}
