//! Where other machines find the pages, the sound and the picture.

use super::{Notes, text};
use crate::config::Config;
use diemcau_media::{MediaConfig, Ports, offered_addresses, own_addresses};
use std::net::IpAddr;

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    let server = &config.server;
    let own = own_addresses().unwrap_or_default();
    if own.is_empty() {
        notes.warn(
            text("máy này không có mạng", "this machine has no network"),
            text(
                "cắm mạng, hoặc chỉ thử trên máy này",
                "connect it, or only try things out on it",
            ),
        );
    } else {
        let list: Vec<String> = own.iter().map(IpAddr::to_string).collect();
        let list = list.join(", ");
        notes.good(text(
            format!("máy này có {list}"),
            format!("this machine has {list}"),
        ));
    }
    let pages = [Some(server.http), server.https.0];
    let pages_local = pages.iter().flatten().all(|at| at.ip().is_loopback());
    if server.media.ip().is_loopback() && server.public_ips.is_empty() {
        media_local(pages_local, notes);
    } else if server.public_ips.is_empty() {
        behind_nat(config, notes);
    } else {
        let ports = Ports::new(server.media.port(), server.media_shards);
        let list: Vec<String> = server.public_ips.iter().map(IpAddr::to_string).collect();
        let list = list.join(", ");
        notes.good(text(
            format!("hình và tiếng được mời tới {list}, cổng {ports} UDP và TCP"),
            format!("media is asked to {list}, port {ports} UDP and TCP"),
        ));
    }
    families(config, notes);
}

fn media_local(pages_local: bool, notes: &mut Notes) {
    let finding = text(
        "hình và tiếng chỉ dùng được trên chính máy này",
        "media can be used on this machine alone",
    );
    let mend = text(
        "đặt server.media = \"0.0.0.0:8081\"",
        "set server.media = \"0.0.0.0:8081\"",
    );
    if pages_local {
        notes.warn(finding, mend);
    } else {
        // People would sign in and see and hear nothing.
        notes.bad(finding, mend);
    }
}

/// Without public addresses clients are sent to this machine's own.
fn behind_nat(config: &Config, notes: &mut Notes) {
    let public = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_private() && !ip.is_link_local() && !ip.is_loopback(),
        IpAddr::V6(ip) => !ip.is_unique_local() && !ip.is_loopback(),
    };
    let media = MediaConfig {
        bind: config.server.media,
        shards: config.server.media_shards,
        spread_from: config.server.media_spread_from,
        public_ips: Vec::new(),
    };
    let offered = offered_addresses(&media).unwrap_or_default();
    if offered.iter().any(public) {
        notes.good(text(
            "hình và tiếng được mời tới địa chỉ công cộng của máy",
            "media is asked to this machine's public address",
        ));
    } else {
        notes.warn(
            text(
                "máy chỉ có địa chỉ riêng: điểm cầu ngoài mạng này không gửi được hình và tiếng tới",
                "this machine has private addresses only: sites outside this network cannot send media here",
            ),
            text(
                "nếu có điểm cầu ở ngoài: đặt server.public_ips là địa chỉ ngoài của tường lửa và chuyển cổng media (UDP và TCP) vào máy này",
                "if there are sites outside: set server.public_ips to the firewall's outside address and forward the media port (UDP and TCP) to this machine",
            ),
        );
    }
}

/// One socket carries one family.
fn families(config: &Config, notes: &mut Notes) {
    let server = &config.server;
    let fits = |ip: &IpAddr| ip.is_ipv4() == server.media.is_ipv4();
    for ip in server.public_ips.iter().filter(|ip| !fits(ip)) {
        notes.bad(
            text(
                format!(
                    "server.public_ips có {ip}, khác họ địa chỉ với server.media {}",
                    server.media
                ),
                format!(
                    "server.public_ips has {ip}, which is not of the family of server.media {}",
                    server.media
                ),
            ),
            text(
                "dùng cùng IPv4 hoặc cùng IPv6",
                "use IPv4 for both or IPv6 for both",
            ),
        );
    }
}
