//! Which addresses answers offer.

use crate::api::MediaConfig;
use std::{
    io,
    net::{IpAddr, SocketAddr},
};

/// The configured public addresses, else the bound one, else this machine's own, best first.
pub(super) fn candidates(config: &MediaConfig, port: u16) -> io::Result<Vec<SocketAddr>> {
    let bound = config.bind.ip();
    let addresses = if !config.public_ips.is_empty() {
        config.public_ips.clone()
    } else if !bound.is_unspecified() {
        vec![bound]
    } else {
        let interfaces = if_addrs::get_if_addrs()?;
        let usable = |ip: &IpAddr| match ip {
            IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
            // One socket of one family; a second one is for later.
            IpAddr::V6(_) => false,
        };
        let own: Vec<IpAddr> = interfaces
            .iter()
            .map(if_addrs::Interface::ip)
            .filter(usable)
            .collect();
        // A machine without a network still serves itself.
        if own.is_empty() {
            vec![IpAddr::from([127, 0, 0, 1])]
        } else {
            own
        }
    };
    Ok(addresses
        .into_iter()
        .map(|ip| SocketAddr::new(ip, port))
        .collect())
}
