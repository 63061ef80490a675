//! ICE-TCP, the passive side (RFC 6544), for offices whose firewall lets no UDP out: the same
//! datagrams, each behind its length (RFC 4571 §2).

use crate::outbox::{Path, Protocol};
use std::{
    collections::HashMap,
    io::{self, ErrorKind, Read, Write},
    net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    os::fd::{AsRawFd, RawFd},
    time::{Duration, Instant},
};

/// Connections at a time; more are closed at once.
const MAX_CONNECTIONS: usize = 2000;
/// Of these so many of one address that are not a peer's, or not yet. An office behind one address
/// may have more devices than that: each is a peer's with its first frame.
const MAX_STRANGERS: usize = 64;
/// Connections that are accepted before others have their turn.
const MAX_ACCEPTED: usize = 64;
/// When no connection can be accepted, mostly because the process has no descriptor left, the
/// listener is left alone for so long: it stays ready, and waiting for it would not wait.
const REST: Duration = Duration::from_millis(200);
/// A longer frame is nobody's datagram: the connection ends.
const MAX_DATAGRAM: usize = 2048;
/// Bytes read from a connection before others have their turn.
const MAX_READ: usize = 8 * 1024;
/// A connection is closed after so many frames that did not make it a peer's. A client begins with
/// a check, which does.
const MAX_STRANGE_FRAMES: usize = 32;
/// When so many bytes wait for a slow line, pictures are dropped: sound and checks still fit …
const PICTURES_UP_TO: usize = 64 * 1024;
/// … up to here.
const ALL_UP_TO: usize = 256 * 1024;
/// A connection that has not become a peer's by then is closed.
const PATIENCE: Duration = Duration::from_secs(15);

/// The listener and its connections.
pub(super) struct Tcp {
    listener: TcpListener,
    /// Nothing is accepted until then.
    rests_until: Option<Instant>,
    connections: HashMap<Path, Connection>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    accepted: u64,
    accept_failed: u64,
    refused_full: u64,
    refused_address: u64,
    refused_unframed: u64,
    refused_stranger: u64,
    dropped: u64,
}

struct Connection {
    stream: TcpStream,
    since: Instant,
    /// Whether it was a peer's when that was last asked.
    is_peers: bool,
    /// Frames that came since it was last a peer's.
    strange_frames: usize,
    input: Vec<u8>,
    output: Vec<u8>,
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The other end closed it, or it broke.
    Closed,
    /// What came is not framed.
    Unframed,
    /// Too many frames, and none of them a peer's.
    Stranger,
}

impl Tcp {
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            rests_until: None,
            connections: HashMap::new(),
            counts: Counts::default(),
        })
    }

    /// (name, help, value) of what only this part can count.
    pub(super) fn counters(&self) -> [(&'static str, &'static str, u64); 7] {
        let counts = &self.counts;
        [
            ("tcp_accepted", "TCP connections accepted", counts.accepted),
            (
                "tcp_accept_failed",
                "Times that no TCP connection could be accepted: mostly no file descriptor left",
                counts.accept_failed,
            ),
            (
                "tcp_refused_full",
                "TCP connections closed: as many as there may be",
                counts.refused_full,
            ),
            (
                "tcp_refused_address",
                "TCP connections closed: too many of one address that are no peer's",
                counts.refused_address,
            ),
            (
                "tcp_refused_unframed",
                "TCP connections closed: what came is not framed",
                counts.refused_unframed,
            ),
            (
                "tcp_refused_stranger",
                "TCP connections closed: no peer's, though they had the time or sent enough",
                counts.refused_stranger,
            ),
            (
                "tcp_dropped",
                "Datagrams dropped: a TCP connection was too slow",
                counts.dropped,
            ),
        ]
    }

    /// What to wait for: each descriptor, and whether it must also become writable.
    pub(super) fn interests(&self, now: Instant) -> impl Iterator<Item = (RawFd, bool)> {
        let listens = self.rests_until.is_none_or(|until| now >= until);
        let listener = listens.then_some((self.listener.as_raw_fd(), false));
        let connections = self.connections.values();
        listener.into_iter().chain(
            connections
                .map(|connection| (connection.stream.as_raw_fd(), !connection.output.is_empty())),
        )
    }

    /// When [`Self::interests`] will be others though nothing has come.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        self.rests_until.filter(|until| now < *until)
    }

    /// Accepts, reads and writes what is in `ready` (ascending); hands each datagram to `each`,
    /// which tells whether the path is a peer's now.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        ready: &[RawFd],
        mut each: impl FnMut(Path, &mut [u8]) -> bool,
    ) {
        let is_ready = |descriptor: RawFd| ready.binary_search(&descriptor).is_ok();
        if is_ready(self.listener.as_raw_fd()) {
            self.accept(now);
        }
        let counts = &mut self.counts;
        self.connections.retain(|path, connection| {
            if !is_ready(connection.stream.as_raw_fd()) {
                return true;
            }
            let outcome = match connection.flush() {
                Ok(()) => connection.read(|frame| each(*path, frame)),
                Err(_) => Err(End::Closed),
            };
            match outcome {
                Ok(()) | Err(End::Closed) => {}
                Err(End::Unframed) => counts.refused_unframed += 1,
                Err(End::Stranger) => counts.refused_stranger += 1,
            }
            outcome.is_ok()
        });
    }

    /// Sends a datagram behind those that wait. A `picture` is the first to be dropped.
    pub(super) fn send(&mut self, path: Path, datagram: &[u8], picture: bool) {
        // A connection that is gone: its peer will come again, or time ends it.
        let Some(connection) = self.connections.get_mut(&path) else {
            return;
        };
        let limit = if picture { PICTURES_UP_TO } else { ALL_UP_TO };
        let Ok(len) = u16::try_from(datagram.len()) else {
            return;
        };
        if connection.output.len() + datagram.len() > limit {
            self.counts.dropped += 1;
            return;
        }
        connection.output.extend(len.to_be_bytes());
        connection.output.extend_from_slice(datagram);
        if connection.flush().is_err() {
            self.connections.remove(&path);
        }
    }

    /// Closes connections that are no peer's though they had the time.
    pub(super) fn sweep(&mut self, now: Instant, is_peers: impl Fn(&Path) -> bool) {
        let before = self.connections.len();
        self.connections.retain(|path, connection| {
            connection.is_peers = is_peers(path);
            connection.is_peers || now < connection.since + PATIENCE
        });
        self.counts.refused_stranger += (before - self.connections.len()) as u64;
    }

    fn accept(&mut self, now: Instant) {
        for _ in 0..MAX_ACCEPTED {
            match self.listener.accept() {
                Ok((stream, remote)) => self.admit(now, stream, remote),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => self.accept_failed(now, &error),
            }
            if self.deadline(now).is_some() {
                break;
            }
        }
    }

    fn accept_failed(&mut self, now: Instant, error: &io::Error) {
        // Of one connection that is gone again; the next may be well.
        if matches!(
            error.kind(),
            ErrorKind::Interrupted | ErrorKind::ConnectionAborted
        ) {
            return;
        }
        self.counts.accept_failed += 1;
        self.rests_until = Some(now + REST);
        tracing::debug!(%error, "A TCP connection for media could not be accepted");
    }

    /// Keeps a connection that was accepted, or closes it.
    fn admit(&mut self, now: Instant, stream: TcpStream, remote: SocketAddr) {
        let ready = stream
            .set_nonblocking(true)
            .and_then(|()| stream.set_nodelay(true));
        let (Ok(()), Ok(local)) = (ready, stream.local_addr()) else {
            return;
        };
        if self.connections.len() >= MAX_CONNECTIONS {
            self.counts.refused_full += 1;
            return;
        }
        let line = line_of(remote.ip());
        let strangers = self
            .connections
            .iter()
            .filter(|(path, connection)| !connection.is_peers && line_of(path.remote.ip()) == line);
        if strangers.count() >= MAX_STRANGERS {
            self.counts.refused_address += 1;
            return;
        }
        self.counts.accepted += 1;
        let path = Path {
            protocol: Protocol::Tcp,
            local: local.ip(),
            remote,
        };
        self.connections.insert(
            path,
            Connection {
                stream,
                since: now,
                is_peers: false,
                strange_frames: 0,
                input: vec![],
                output: vec![],
            },
        );
    }
}

/// What one line has for an address: with IPv6, a network of 64 bits, of which it may use any.
fn line_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

impl Connection {
    /// Hands what has come to `each`, which tells whether this is a peer's connection now.
    fn read(&mut self, mut each: impl FnMut(&mut [u8]) -> bool) -> Result<(), End> {
        let mut buffer = [0; MAX_READ];
        let mut total = 0;
        while total < MAX_READ {
            match self.stream.read(&mut buffer[total..]) {
                Ok(0) => return Err(End::Closed),
                Ok(len) => {
                    self.input.extend_from_slice(&buffer[total..total + len]);
                    total += len;
                    self.take_frames(&mut each)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(End::Closed),
            }
        }
        Ok(())
    }

    fn take_frames(&mut self, mut each: impl FnMut(&mut [u8]) -> bool) -> Result<(), End> {
        let (is_peers, strange_frames) = (&mut self.is_peers, &mut self.strange_frames);
        let taken = frames(&mut self.input, |frame| {
            *is_peers = each(frame);
            *strange_frames = if *is_peers { 0 } else { *strange_frames + 1 };
            if *strange_frames >= MAX_STRANGE_FRAMES {
                return Err(End::Stranger);
            }
            Ok(())
        })?;
        self.input.drain(..taken);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut sent = 0;
        let outcome = loop {
            if sent == self.output.len() {
                break Ok(());
            }
            match self.stream.write(&self.output[sent..]) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(len) => sent += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.output.drain(..sent);
        outcome
    }
}

/// Hands every whole frame to `each`, until it finds an end. Returns how many bytes they took.
fn frames(
    input: &mut [u8],
    mut each: impl FnMut(&mut [u8]) -> Result<(), End>,
) -> Result<usize, End> {
    let mut taken = 0;
    while let Some((head, rest)) = input[taken..].split_first_chunk_mut() {
        let len = usize::from(u16::from_be_bytes(*head));
        if len > MAX_DATAGRAM {
            return Err(End::Unframed);
        }
        let Some(frame) = rest.get_mut(..len) else {
            break;
        };
        each(frame)?;
        taken += 2 + len;
    }
    Ok(taken)
}

#[cfg(test)]
mod tests;
