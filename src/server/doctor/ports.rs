//! The ports: free, or held by whom.

use super::{Notes, text};
use crate::config::Config;
use diemcau_media::Ports;
use std::{
    fs, io,
    net::{SocketAddr, TcpListener, UdpSocket},
};

#[derive(Clone, Copy)]
enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }

    /// Tables of the kernel, and the state of a socket that takes what comes.
    fn tables(self) -> ([&'static str; 2], &'static str) {
        match self {
            Self::Tcp => (["/proc/net/tcp", "/proc/net/tcp6"], "0A"),
            Self::Udp => (["/proc/net/udp", "/proc/net/udp6"], "07"),
        }
    }
}

pub(super) fn examine(config: &Config, notes: &mut Notes) {
    let server = &config.server;
    let mut ports = vec![("http", Protocol::Tcp, server.http)];
    // Of those that any free ones will do for, one says it all.
    let shards = if server.media.port() == 0 {
        1
    } else {
        server.media_shards
    };
    for port in Ports::new(server.media.port(), shards).iter() {
        let address = SocketAddr::new(server.media.ip(), port);
        ports.push(("media", Protocol::Udp, address));
        ports.push(("media", Protocol::Tcp, address));
    }
    ports.extend(server.https.0.map(|https| ("https", Protocol::Tcp, https)));
    for (key, protocol, address) in ports {
        look(key, protocol, address, notes);
    }
}

fn look(key: &str, protocol: Protocol, address: SocketAddr, notes: &mut Notes) {
    let name = format!("{key} {} {address}", protocol.name());
    let bound = match protocol {
        Protocol::Tcp => TcpListener::bind(address).map(drop),
        Protocol::Udp => UdpSocket::bind(address).map(drop),
    };
    let Err(error) = bound else {
        notes.good(text(format!("{name} còn trống"), format!("{name} is free")));
        return;
    };
    match error.kind() {
        io::ErrorKind::AddrInUse => held(&name, key, protocol, address.port(), notes),
        io::ErrorKind::PermissionDenied => notes.bad(
            text(
                format!("{name}: không được phép mở cổng dưới 1024"),
                format!("{name}: this user may not open a port below 1024"),
            ),
            text(
                "chạy bằng config/systemd/diemcau.service với CAP_NET_BIND_SERVICE trong CapabilityBoundingSet và AmbientCapabilities, cùng PrivateUsers=no, hoặc chọn cổng khác",
                "run it by config/systemd/diemcau.service with CAP_NET_BIND_SERVICE in CapabilityBoundingSet and AmbientCapabilities and with PrivateUsers=no, or choose another port",
            ),
        ),
        io::ErrorKind::AddrNotAvailable => notes.bad(
            text(
                format!("{name}: máy này không có địa chỉ đó"),
                format!("{name}: this machine does not have that address"),
            ),
            text(
                format!("sửa server.{key}: một địa chỉ của máy, hoặc 0.0.0.0"),
                format!("mend server.{key}: an address of this machine, or 0.0.0.0"),
            ),
        ),
        _ => notes.bad(
            text(
                format!("{name} không mở được: {error}"),
                format!("{name} cannot be opened: {error}"),
            ),
            text(format!("sửa server.{key}"), format!("mend server.{key}")),
        ),
    }
}

fn held(name: &str, key: &str, protocol: Protocol, port: u16, notes: &mut Notes) {
    let holder = holder(protocol, port);
    if let Some((process, program)) = &holder
        && program == "diemcau"
    {
        notes.good(text(
            format!("{name} do diemcau đang chạy giữ (tiến trình {process})"),
            format!("{name} is held by a diemcau that runs (process {process})"),
        ));
        return;
    }
    let (vi, en) = match holder {
        Some((process, program)) => (
            format!("{program} (tiến trình {process})"),
            format!("{program} (process {process})"),
        ),
        None => (
            "một tiến trình của người dùng khác".to_owned(),
            "a process of another user".to_owned(),
        ),
    };
    notes.bad(
        text(
            format!("{name} đang do {vi} giữ"),
            format!("{name} is held by {en}"),
        ),
        text(
            format!("dừng chương trình đó, hoặc đổi server.{key}"),
            format!("stop that program, or change server.{key}"),
        ),
    );
}

/// Number and name of the process that holds a port, if this user may see it.
fn holder(protocol: Protocol, port: u16) -> Option<(u32, String)> {
    let (tables, state) = protocol.tables();
    let inodes: Vec<String> = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| {
            let rows = table
                .lines()
                .skip(1)
                .filter_map(|line| inode(line, port, state));
            rows.collect::<Vec<_>>()
        })
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let processes = fs::read_dir("/proc").ok()?;
    let processes = processes.filter_map(|entry| {
        let number: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        Some(number)
    });
    for process in processes {
        let Ok(files) = fs::read_dir(format!("/proc/{process}/fd")) else {
            continue;
        };
        let holds = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        let mut holds = holds.filter_map(|link| link.to_str().map(str::to_owned));
        if holds.any(|link| inodes.contains(&link)) {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            return Some((process, name.trim().to_owned()));
        }
    }
    None
}

/// The inode of a row of the kernel's table, if it is of this port and state.
fn inode(line: &str, port: u16, state: &str) -> Option<String> {
    let mut columns = line.split_whitespace();
    let local = columns.nth(1)?;
    let (_, hex) = local.rsplit_once(':')?;
    if u16::from_str_radix(hex, 16).ok()? != port || columns.nth(1)? != state {
        return None;
    }
    columns.nth(5).map(str::to_owned)
}
