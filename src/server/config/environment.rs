//! `DIEMCAU_…` variables: they win over the file.

use super::{Config, ID_MEND, Problem, TlsFiles, is_id};
use diemcau_conference::ConferenceId;
use std::{path::PathBuf, str::FromStr};

/// Read elsewhere: the log filter, and the path of the configuration file.
const ELSEWHERE: [&str; 2] = ["DIEMCAU_LOG", "DIEMCAU_CONFIG"];

const KNOWN: &str = "known are DIEMCAU_CONFERENCE_ID, DIEMCAU_SERVER_HTTP, DIEMCAU_SERVER_HTTPS, \
    DIEMCAU_SERVER_MEDIA, DIEMCAU_SERVER_PUBLIC_IPS, DIEMCAU_SERVER_DATA, DIEMCAU_SERVER_ORIGINS, \
    DIEMCAU_SERVER_TRUSTED_PROXIES, DIEMCAU_SERVER_TLS_CERTIFICATE, DIEMCAU_SERVER_TLS_KEY, \
    DIEMCAU_LOG and DIEMCAU_CONFIG; lists are separated by commas";

/// Puts the variables over what the file said.
pub(super) fn apply(
    config: &mut Config,
    variables: impl Iterator<Item = (String, String)>,
) -> Result<(), Problem> {
    let (mut certificate, mut key) = (None, None);
    for (name, value) in variables {
        if !name.starts_with("DIEMCAU_") || ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        let server = &mut config.server;
        match name.as_str() {
            "DIEMCAU_CONFERENCE_ID" if is_id(&value) => config.setup.id = ConferenceId::new(value),
            "DIEMCAU_CONFERENCE_ID" => {
                return Err(Problem::at(
                    name,
                    format!("{value:?} is not an id"),
                    ID_MEND,
                ));
            }
            "DIEMCAU_SERVER_HTTP" => server.http = parse(&name, &value)?,
            "DIEMCAU_SERVER_HTTPS" => server.https = parse(&name, &value)?,
            "DIEMCAU_SERVER_TLS_CERTIFICATE" => certificate = Some(PathBuf::from(value)),
            "DIEMCAU_SERVER_TLS_KEY" => key = Some(PathBuf::from(value)),
            "DIEMCAU_SERVER_TRUSTED_PROXIES" => server.trusted_proxies = list(&name, &value)?,
            "DIEMCAU_SERVER_MEDIA" => server.media = parse(&name, &value)?,
            "DIEMCAU_SERVER_DATA" => server.data = PathBuf::from(value),
            "DIEMCAU_SERVER_PUBLIC_IPS" => server.public_ips = list(&name, &value)?,
            "DIEMCAU_SERVER_ORIGINS" => server.origins = list(&name, &value)?,
            _ => return Err(Problem::at(name, "no such variable", KNOWN)),
        }
    }
    tls_files(config, certificate, key)
}

/// Certificate and key come together, each from a variable or from the file.
fn tls_files(
    config: &mut Config,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<(), Problem> {
    let files = config.server.tls.take();
    let (old_certificate, old_key) = files.map(|files| (files.certificate, files.key)).unzip();
    config.server.tls = match (certificate.or(old_certificate), key.or(old_key)) {
        (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
        (None, None) => None,
        (certificate, _) => {
            let (is, lacks) = if certificate.is_some() {
                ("CERTIFICATE", "KEY")
            } else {
                ("KEY", "CERTIFICATE")
            };
            return Err(Problem::at(
                format!("DIEMCAU_SERVER_TLS_{is}"),
                "a certificate and its key come together",
                format!("set DIEMCAU_SERVER_TLS_{lacks} too"),
            ));
        }
    };
    Ok(())
}

fn parse<T: FromStr>(name: &str, value: &str) -> Result<T, Problem> {
    value.trim().parse().map_err(|_| {
        Problem::at(
            name,
            format!("{value:?} cannot be used"),
            match name {
                "DIEMCAU_SERVER_HTTPS" => "write an address, as in 0.0.0.0:8443, or off",
                "DIEMCAU_SERVER_PUBLIC_IPS" => "write addresses, as in 203.0.113.7",
                "DIEMCAU_SERVER_TRUSTED_PROXIES" => {
                    "write addresses or networks, as in 10.0.0.5,192.168.0.0/16"
                }
                _ => "write an address, as in 127.0.0.1:8080",
            },
        )
    })
}

fn list<T: FromStr>(name: &str, value: &str) -> Result<Vec<T>, Problem> {
    value
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| parse(name, part))
        .collect()
}
