//! This machine's own addresses, and which of them answers offer.

use crate::api::MediaConfig;
use std::{
    cmp::Reverse,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
};

/// Beginnings of the names of interfaces that lead to containers, virtual machines and tunnels, not
/// to the network that people sit in.
const INNER: [&str; 9] = [
    "br-", "cni", "docker", "lxc", "podman", "tap", "tun", "veth", "virbr",
];

/// The addresses by which others may reach this machine, best first: the one that the default route
/// uses, then IPv4 before IPv6, then those of containers and tunnels. Neither loopback nor
/// link-local ones.
///
/// # Errors
/// The system does not list its interfaces.
pub fn own_addresses() -> io::Result<Vec<IpAddr>> {
    let outward = outward();
    let mut found: Vec<(IpAddr, bool)> = if_addrs::get_if_addrs()?
        .iter()
        .map(|interface| {
            let inner = INNER.iter().any(|begin| interface.name.starts_with(begin));
            (interface.ip(), inner)
        })
        .filter(|(ip, _)| match ip {
            IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
            IpAddr::V6(ip) => !ip.is_loopback() && !ip.is_unicast_link_local(),
        })
        .collect();
    found.sort_by_key(|(ip, inner)| (Reverse(Some(*ip) == outward), *inner, ip.is_ipv6()));
    Ok(found.into_iter().map(|(ip, _)| ip).collect())
}

/// The address that a packet to elsewhere would leave from. None is sent: connecting a UDP socket
/// only asks for the route.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // TEST-NET-1: nobody's address, so it takes the default route.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// The addresses that answers offer: the configured public ones, else the bound one, else this
/// machine's own, best first.
///
/// # Errors
/// The system does not list its interfaces.
pub fn offered_addresses(config: &MediaConfig) -> io::Result<Vec<IpAddr>> {
    let bound = config.bind.ip();
    if !config.public_ips.is_empty() {
        return Ok(config.public_ips.clone());
    }
    if !bound.is_unspecified() {
        return Ok(vec![bound]);
    }
    // One socket of one family; a second one is for later.
    let mut own = own_addresses()?;
    own.retain(IpAddr::is_ipv4);
    // A machine without a network still serves itself.
    if own.is_empty() {
        own.push(IpAddr::from([127, 0, 0, 1]));
    }
    Ok(own)
}

/// The same with the port that was bound.
pub(super) fn candidates(config: &MediaConfig, port: u16) -> io::Result<Vec<SocketAddr>> {
    let offered = offered_addresses(config)?.into_iter();
    Ok(offered.map(|ip| SocketAddr::new(ip, port)).collect())
}
