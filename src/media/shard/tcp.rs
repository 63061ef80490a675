//! ICE-TCP, the passive side (RFC 6544), for offices whose firewall lets no UDP out: the same
//! datagrams, each behind its length (RFC 4571 §2).

use crate::outbox::{Path, Protocol};
use std::{
    collections::HashMap,
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::fd::{AsRawFd, RawFd},
    time::{Duration, Instant},
};

/// Connections at a time; more are closed at once.
const MAX_CONNECTIONS: usize = 2000;
/// A longer frame is nobody's datagram: the connection ends.
const MAX_DATAGRAM: usize = 2048;
/// Bytes read from a connection before others have their turn.
const MAX_READ: usize = 64 * 1024;
/// When so many bytes wait for a slow line, pictures are dropped: sound and checks still fit …
const PICTURES_UP_TO: usize = 64 * 1024;
/// … up to here.
const ALL_UP_TO: usize = 256 * 1024;
/// A connection that has not become a peer's by then is closed.
const PATIENCE: Duration = Duration::from_secs(15);

/// The listener and its connections.
pub(super) struct Tcp {
    listener: TcpListener,
    connections: HashMap<Path, Connection>,
    accepted: u64,
    refused: u64,
    dropped: u64,
}

struct Connection {
    stream: TcpStream,
    since: Instant,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Tcp {
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            connections: HashMap::new(),
            accepted: 0,
            refused: 0,
            dropped: 0,
        })
    }

    /// (name, help, value) of what only this part can count.
    pub(super) fn counters(&self) -> [(&'static str, &'static str, u64); 3] {
        [
            ("tcp_accepted", "TCP connections accepted", self.accepted),
            (
                "tcp_refused",
                "TCP connections closed: too many, no peer's, or not framed",
                self.refused,
            ),
            (
                "tcp_dropped",
                "Datagrams dropped: a TCP connection was too slow",
                self.dropped,
            ),
        ]
    }

    /// What to wait for: each descriptor, and whether it must also become writable.
    pub(super) fn interests(&self) -> impl Iterator<Item = (RawFd, bool)> {
        let listener = (self.listener.as_raw_fd(), false);
        let connections = self.connections.values();
        std::iter::once(listener).chain(
            connections
                .map(|connection| (connection.stream.as_raw_fd(), !connection.output.is_empty())),
        )
    }

    /// Accepts, reads and writes what is in `ready` (ascending); hands each datagram to `each`.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        ready: &[RawFd],
        mut each: impl FnMut(Path, &mut [u8]),
    ) {
        let is_ready = |descriptor: RawFd| ready.binary_search(&descriptor).is_ok();
        if is_ready(self.listener.as_raw_fd()) {
            self.accept(now);
        }
        let refused = &mut self.refused;
        self.connections.retain(|path, connection| {
            if !is_ready(connection.stream.as_raw_fd()) {
                return true;
            }
            let goes_on =
                connection.flush().is_ok() && connection.read(|frame| each(*path, frame)).is_ok();
            *refused += u64::from(!goes_on && connection.is_unframed());
            goes_on
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
            self.dropped += 1;
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
        self.connections
            .retain(|path, connection| now < connection.since + PATIENCE || is_peers(path));
        self.refused += (before - self.connections.len()) as u64;
    }

    fn accept(&mut self, now: Instant) {
        while let Ok((stream, remote)) = self.listener.accept() {
            let ready = stream
                .set_nonblocking(true)
                .and_then(|()| stream.set_nodelay(true));
            let (Ok(()), Ok(local)) = (ready, stream.local_addr()) else {
                continue;
            };
            if self.connections.len() >= MAX_CONNECTIONS {
                self.refused += 1;
                continue;
            }
            self.accepted += 1;
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
                    input: vec![],
                    output: vec![],
                },
            );
        }
    }
}

impl Connection {
    fn read(&mut self, mut each: impl FnMut(&mut [u8])) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        let mut total = 0;
        while total < MAX_READ {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(len) => {
                    total += len;
                    self.input.extend_from_slice(&buffer[..len]);
                    let taken = frames(&mut self.input, &mut each).ok_or(ErrorKind::InvalidData)?;
                    self.input.drain(..taken);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
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

    fn is_unframed(&self) -> bool {
        frames(&mut self.input.clone(), |_| {}).is_none()
    }
}

/// Hands every whole frame to `each`. Returns how many bytes they took, or none where a frame
/// cannot be one.
fn frames(input: &mut [u8], mut each: impl FnMut(&mut [u8])) -> Option<usize> {
    let mut taken = 0;
    while let Some((head, rest)) = input[taken..].split_first_chunk_mut() {
        let len = usize::from(u16::from_be_bytes(*head));
        if len > MAX_DATAGRAM {
            return None;
        }
        let Some(frame) = rest.get_mut(..len) else {
            break;
        };
        each(frame);
        taken += 2 + len;
    }
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if everything were ready: what is not says so.
    fn look(tcp: &mut Tcp, each: impl FnMut(Path, &mut [u8])) {
        let mut ready: Vec<RawFd> = tcp.interests().map(|(descriptor, _)| descriptor).collect();
        ready.sort_unstable();
        tcp.handle(Instant::now(), &ready, each);
    }

    fn connected() -> (Tcp, TcpStream, Path) {
        let mut tcp = Tcp::bind(([127, 0, 0, 1], 0).into()).expect("a port");
        let address = tcp.listener.local_addr().expect("an address");
        let client = TcpStream::connect(address).expect("a connection");
        while tcp.connections.is_empty() {
            look(&mut tcp, |_, _| {});
        }
        let path = *tcp.connections.keys().next().expect("a connection");
        (tcp, client, path)
    }

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let stream = [0, 1, 7, 0, 0, 0, 3, 1, 2, 3];
        for cut in 0..stream.len() {
            let (mut input, mut found) = (stream[..cut].to_vec(), vec![]);
            let taken = frames(&mut input, |frame| found.push(frame.to_vec())).expect("framed");
            input.drain(..taken);
            input.extend_from_slice(&stream[cut..]);
            let taken = frames(&mut input, |frame| found.push(frame.to_vec())).expect("framed");
            assert_eq!(taken, input.len());
            assert_eq!(found, [vec![7], vec![], vec![1, 2, 3]], "cut at {cut}");
        }
        assert_eq!(
            frames(&mut [0xff, 0xff, 0], |_| {}),
            None,
            "what is no frame"
        );
    }

    #[test]
    fn datagrams_go_both_ways() {
        let (mut tcp, mut client, path) = connected();
        client.write_all(&[0, 2, 8, 9]).expect("sent");
        let mut got = vec![];
        while got.is_empty() {
            look(&mut tcp, |from, frame| got.push((from, frame.to_vec())));
        }
        assert_eq!(got, [(path, vec![8, 9])]);
        tcp.send(path, &[5, 6, 7], false);
        let mut back = [0; 5];
        client.read_exact(&mut back).expect("received");
        assert_eq!(back, [0, 3, 5, 6, 7]);
    }

    #[test]
    fn a_slow_line_loses_pictures_first_and_memory_stays_bounded() {
        let (mut tcp, client, path) = connected();
        while tcp.dropped == 0 {
            tcp.send(path, &[0; 1200], true);
        }
        let dropped = tcp.dropped;
        tcp.send(path, &[1; 100], false);
        assert_eq!(tcp.dropped, dropped, "sound still fits");
        for _ in 0..10_000 {
            tcp.send(path, &[1; 100], false);
        }
        assert!(tcp.dropped > dropped);
        assert!(tcp.connections[&path].output.len() <= ALL_UP_TO + 2);
        drop(client);
    }

    #[test]
    fn a_connection_that_is_no_peers_is_closed() {
        let (mut tcp, mut client, path) = connected();
        let later = Instant::now() + PATIENCE;
        tcp.sweep(later, |found| *found == path);
        assert_eq!(tcp.connections.len(), 1);
        tcp.sweep(later, |_| false);
        assert!(tcp.connections.is_empty());
        assert_eq!(client.read(&mut [0; 1]).expect("closed"), 0);
    }

    #[test]
    fn what_is_not_framed_is_closed_and_counted() {
        let (mut tcp, mut client, _) = connected();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("sent");
        while !tcp.connections.is_empty() {
            look(&mut tcp, |_, _| {});
        }
        assert_eq!(tcp.refused, 1);
    }
}
