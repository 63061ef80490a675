//! The certificates: readable, with their key, for the right names, and for how long.

use super::{Notes, text};
use crate::config::Config;
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};
use x509_parser::{extensions::GeneralName, prelude::X509Certificate};

/// Days before its end from which a certificate should be renewed.
const SOON: i64 = 21;

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    if config.server.https.0.is_none() {
        notes.good(text("không dùng https", "https is off"));
        return;
    }
    if let Some(files) = &config.server.tls {
        let keys = [files.key.clone()];
        look(&files.certificate, &keys, &hosts(config), notes);
        return;
    }
    let folder = config.server.data.join("tls");
    let certificates = certificates(&folder);
    if certificates.is_empty() {
        notes.good(text(
            format!(
                "{} chưa có chứng thư: lần chạy đầu sẽ tạo",
                folder.display()
            ),
            format!(
                "{} has no certificate yet: the first start makes it",
                folder.display()
            ),
        ));
    }
    for path in certificates {
        look(&path, &keys_beside(&path), &hosts(config), notes);
    }
}

/// Certificate files of a folder.
fn certificates(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| fs::read(path).is_ok_and(|text| chain(&text).is_ok_and(|c| !c.is_empty())))
        .collect();
    paths.sort();
    paths
}

/// Files in the folder of a certificate that may hold its key.
fn keys_beside(certificate: &Path) -> Vec<PathBuf> {
    let folder = certificate.parent().unwrap_or(Path::new("."));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Names by which pages are reached from elsewhere.
fn hosts(config: &Config) -> Vec<String> {
    let origins = config.server.origins.iter();
    let hosts = origins.filter_map(|origin| origin.strip_prefix("https://"));
    hosts
        .map(|host| host.split(':').next().unwrap_or(host).to_owned())
        .collect()
}

/// Examines a chain of certificates in PEM and the keys that may be the first one's.
fn look(path: &Path, keys: &[PathBuf], hosts: &[String], notes: &mut Notes) {
    let name = path.display().to_string();
    let unreadable = |notes: &mut Notes, why: String| {
        notes.bad(
            text(
                format!("{name} không đọc được: {why}"),
                format!("{name} cannot be read: {why}"),
            ),
            text(
                "đặt vào đó chứng thư dạng PEM, của máy chủ trước, của nơi cấp sau",
                "put certificates in PEM there, the server's first, its issuer's after it",
            ),
        );
    };
    let chain = match fs::read(path) {
        Ok(content) => chain(&content),
        Err(error) => Err(error.to_string()),
    };
    let chain = match chain {
        Ok(chain) if !chain.is_empty() => chain,
        Ok(_) => return unreadable(notes, "no certificate in it".to_owned()),
        Err(why) => return unreadable(notes, why),
    };
    let first = match x509_parser::parse_x509_certificate(&chain[0]) {
        Ok((_, first)) => first,
        Err(error) => return unreadable(notes, error.to_string()),
    };
    validity(&name, &first, notes);
    if !first.is_ca() {
        if !keys.iter().any(|key| fits(&chain, key)) {
            notes.bad(
                text(
                    format!("không có khóa nào vừa với {name}"),
                    format!("no key fits {name}"),
                ),
                text(
                    "đặt khóa riêng (PEM) cùng cấp với chứng thư đó",
                    "put the private key (PEM) that was made with this certificate beside it",
                ),
            );
        }
        names(&name, &first, hosts, notes);
    }
}

fn chain(content: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(content).collect();
    chain.map_err(|error| error.to_string())
}

/// Whether a file is the key of a chain, by the library that will use both.
fn fits(chain: &[CertificateDer<'static>], key: &Path) -> bool {
    let Ok(content) = fs::read(key) else {
        return false;
    };
    let provider = rustls::crypto::ring::default_provider();
    PrivateKeyDer::from_pem_slice(&content)
        .is_ok_and(|key| CertifiedKey::from_der(chain.to_vec(), key, &provider).is_ok())
}

fn validity(name: &str, certificate: &X509Certificate<'_>, notes: &mut Notes) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    let left = (validity.not_after.timestamp() - now).div_euclid(86_400);
    let renew = || {
        text(
            "xin cấp lại và thay tệp",
            "have it renewed and replace the file",
        )
    };
    if validity.not_before.timestamp() > now {
        notes.bad(
            text(
                format!("{name} chưa đến ngày dùng được"),
                format!("{name} is not valid yet"),
            ),
            text("xem đồng hồ của máy", "look at the machine's clock"),
        );
    } else if left < 0 {
        let ago = -left;
        notes.bad(
            text(
                format!("{name} đã hết hạn {ago} ngày"),
                format!("{name} ended {ago} days ago"),
            ),
            renew(),
        );
    } else if left < SOON {
        notes.warn(
            text(
                format!("{name} còn {left} ngày"),
                format!("{name} has {left} days left"),
            ),
            renew(),
        );
    } else {
        notes.good(text(
            format!("{name} còn {left} ngày"),
            format!("{name} has {left} days left"),
        ));
    }
}

fn names(file: &str, certificate: &X509Certificate<'_>, hosts: &[String], notes: &mut Notes) {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names: Vec<String> = extension
        .iter()
        .flat_map(|names| &names.value.general_names)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .collect();
    let list = names.join(", ");
    for host in hosts.iter().filter(|host| !covers(&names, host)) {
        notes.bad(
            text(
                format!("{file} không có tên {host} (có: {list})"),
                format!("{file} is not for {host} (it is for: {list})"),
            ),
            text(
                "xin chứng thư có tên đó, hoặc sửa server.origins",
                "have a certificate made for that name, or mend server.origins",
            ),
        );
    }
    notes.good(text(
        format!("{file} dành cho {list}"),
        format!("{file} is for {list}"),
    ));
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(bytes).to_string());
    }
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    Some(std::net::Ipv6Addr::from(bytes).to_string())
}

/// RFC 6125 §6.4.3: a star stands for one label, the first.
fn covers(names: &[String], host: &str) -> bool {
    let parent = host.split_once('.').map(|(_, parent)| parent);
    names.iter().any(|name| {
        name.eq_ignore_ascii_case(host)
            || name
                .strip_prefix("*.")
                .is_some_and(|rest| parent.is_some_and(|parent| parent.eq_ignore_ascii_case(rest)))
    })
}
