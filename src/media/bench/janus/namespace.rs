//! A network namespace with one line to it, as if it were another machine. Made and removed by
//! `ip`, which only root may ask for that.

use std::{
    io,
    net::Ipv4Addr,
    path::Path,
    process::{Command, Stdio},
};

/// Networks of four addresses, from a range that is for documentation (RFC 5737): two benches on one
/// machine need not meet.
const NETWORKS: u32 = 64;
const FIRST_NETWORK: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 0);

/// A namespace. It is removed with this value; what runs there must have ended.
pub(in crate::bench) struct Namespace {
    name: String,
    link: String,
    network: u32,
}

impl Namespace {
    /// Makes it, with a line from this side's address to the other side's.
    pub(in crate::bench) fn new() -> io::Result<Self> {
        let number = std::process::id();
        let namespace = Self {
            name: format!("diemcau-bench-{number}"),
            // A name of a device has 15 letters at most.
            link: format!("dcb{number}"),
            network: u32::from(FIRST_NETWORK) + number % NETWORKS * 4,
        };
        let Self { name, link, .. } = &namespace;
        let (near, far) = (
            format!("{}/30", namespace.near()),
            format!("{}/30", namespace.far()),
        );
        // From here on what was made is removed when a later step fails.
        ip(&["netns", "add", name])?;
        ip(&[
            "link", "add", link, "type", "veth", "peer", "name", "line", "netns", name,
        ])?;
        ip(&["address", "add", &near, "dev", link])?;
        ip(&["link", "set", link, "up"])?;
        ip(&["-n", name, "address", "add", &far, "dev", "line"])?;
        ip(&["-n", name, "link", "set", "line", "up"])?;
        ip(&["-n", name, "link", "set", "lo", "up"])?;
        Ok(namespace)
    }

    /// This side's address.
    pub(in crate::bench) fn near(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.network + 1)
    }

    /// The address of what runs in the namespace.
    pub(in crate::bench) fn far(&self) -> Ipv4Addr {
        Ipv4Addr::from(self.network + 2)
    }

    /// A program that runs there. `ip` becomes that program: its process is the one that is started.
    pub(in crate::bench) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.name])
            .arg(program.as_os_str());
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The line's other end goes with it.
        for words in [
            ["link", "delete", &self.link],
            ["netns", "delete", &self.name],
        ] {
            if let Err(error) = ip(&words) {
                tracing::debug!(%error, "A part of the namespace was not there");
            }
        }
    }
}

fn ip(words: &[&str]) -> io::Result<()> {
    let done = Command::new("ip")
        .args(words)
        .stdin(Stdio::null())
        .output()?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let what = format!("ip {}: {}", words.join(" "), said.trim());
    Err(io::Error::other(what))
}
