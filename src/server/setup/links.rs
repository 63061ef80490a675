//! Under which addresses people reach the server, best first.

use crate::tls::{Certificates, Names};
use diemcau_media::own_addresses;
use std::net::{IpAddr, SocketAddr};

/// Scheme, host and port of every way to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// From a browser on this machine.
    pub here: Vec<String>,
    /// From other machines.
    pub elsewhere: Vec<String>,
    /// SHA-256 of the server's own CA, which other machines must be told to trust.
    pub ca: Option<String>,
}

impl Links {
    /// The ways to the addresses that the server is bound to.
    #[must_use]
    pub fn new(
        http: SocketAddr,
        https: Option<(SocketAddr, &Certificates)>,
        public_ips: &[IpAddr],
    ) -> Self {
        let own = own_addresses().unwrap_or_default();
        let mut links = Self {
            here: vec![http_base(http)],
            elsewhere: Vec::new(),
            ca: None,
        };
        let Some((address, certificates)) = https else {
            return links;
        };
        let ip = address.ip();
        if ip.is_loopback() || ip.is_unspecified() {
            links.here.push(base("localhost", address.port()));
        }
        let authority = certificates.authority();
        let names = authority.is_none().then(|| certificates.names());
        links.elsewhere = hosts(ip, names.as_ref(), public_ips, &own)
            .iter()
            .map(|host| base(host, address.port()))
            .collect();
        links.ca = authority.map(|authority| authority.fingerprint);
        links
    }

    /// The one that links and QR codes name: from elsewhere if that is possible.
    #[must_use]
    pub fn best(&self) -> &str {
        let best = self.elsewhere.first().or(self.here.first());
        best.map_or("", String::as_str)
    }
}

/// Hosts for https, best first: the names of a certificate that others made, since a browser takes
/// it under those only; else the public addresses, for they are said to be how others come; else
/// this machine's own.
fn hosts(
    bound: IpAddr,
    certificate: Option<&Names>,
    public_ips: &[IpAddr],
    own: &[IpAddr],
) -> Vec<String> {
    if bound.is_loopback() {
        return Vec::new();
    }
    let mut addresses = public_ips.to_vec();
    if bound.is_unspecified() {
        // A socket of IPv6 takes IPv4 too.
        addresses.extend(own.iter().filter(|ip| bound.is_ipv6() || ip.is_ipv4()));
    } else {
        addresses.push(bound);
    }
    let mut hosts: Vec<String> = Vec::new();
    if let Some(names) = certificate {
        let exact = names.dns.iter().filter(|name| !name.starts_with("*."));
        hosts.extend(exact.filter(|name| *name != "localhost").cloned());
        if addresses.iter().any(|ip| names.ips.contains(ip)) || !hosts.is_empty() {
            addresses.retain(|ip| names.ips.contains(ip));
        }
    }
    for ip in addresses {
        let host = match ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

fn base(host: &str, port: u16) -> String {
    match port {
        443 => format!("https://{host}"),
        port => format!("https://{host}:{port}"),
    }
}

/// Browsers give camera and microphone to `localhost` without https, so links name it.
fn http_base(http: SocketAddr) -> String {
    if http.ip().is_loopback() || http.ip().is_unspecified() {
        format!("http://localhost:{}", http.port())
    } else {
        format!("http://{http}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_get_an_address_that_their_browser_takes() {
        let ips = |texts: &[&str]| -> Vec<IpAddr> {
            texts
                .iter()
                .map(|ip| ip.parse().expect("an address"))
                .collect()
        };
        let own = ips(&["192.168.1.5", "10.8.0.1", "2001:db8::5"]);
        let names = |dns: &[&str], addresses: &[&str]| Names {
            dns: dns.iter().map(|name| (*name).to_owned()).collect(),
            ips: ips(addresses).into_iter().collect(),
        };
        let any = "0.0.0.0";
        let no_public: &[&str] = &[];
        for (bound, certificate, public, expected) in [
            (any, None, no_public, &["192.168.1.5", "10.8.0.1"][..]),
            (
                "::",
                None,
                no_public,
                &["192.168.1.5", "10.8.0.1", "[2001:db8::5]"],
            ),
            (
                any,
                None,
                &["203.0.113.7"],
                &["203.0.113.7", "192.168.1.5", "10.8.0.1"],
            ),
            ("10.8.0.1", None, no_public, &["10.8.0.1"]),
            ("127.0.0.1", None, &["203.0.113.7"], &[]),
            (
                any,
                Some(names(&["hop.example.vn", "*.example.vn"], &["10.8.0.1"])),
                no_public,
                &["hop.example.vn", "10.8.0.1"],
            ),
            (
                any,
                Some(names(&["hop.example.vn"], &[])),
                &["203.0.113.7"],
                &["hop.example.vn"],
            ),
            (
                any,
                Some(names(&["*.example.vn"], &[])),
                no_public,
                &["192.168.1.5", "10.8.0.1"],
            ),
        ] {
            let bound = bound.parse().expect("an address");
            let found = hosts(bound, certificate.as_ref(), &ips(public), &own);
            assert_eq!(found, expected, "{bound} {certificate:?} {public:?}");
        }
        assert_eq!(base("hop.example.vn", 443), "https://hop.example.vn");
    }
}
