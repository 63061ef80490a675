//! The machine's floor: receive, open, copy for every receiver, rewrite the header, seal, send.
//! Nothing is looked up, nothing is remembered.

use super::{
    BenchError,
    clocks::Clocks,
    rounds::Kind,
    system::{self, BATCH, Batch, Fan},
};
use crate::{
    rtp::{self, HEADER_LEN},
    shard,
};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    thread::JoinHandle,
    time::Duration,
};

/// SSRC of everything that the floor receives and sends.
pub(super) const SSRC: u32 = 0x464c_4f52;
const TAG_LEN: usize = 16;
const THREAD: &str = "floor";
/// A source that has fallen silent for so long has gone.
const PATIENCE: Duration = Duration::from_secs(3);

/// A key for AES-128-GCM. The nonce is the packet's sequence number, as nobody's secret is sealed.
pub(super) struct Key(LessSafeKey);

impl Key {
    /// The key number `number`.
    pub(super) fn new(number: u64) -> Result<Self, BenchError> {
        let mut bytes = [7; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        let key = UnboundKey::new(&AES_128_GCM, &bytes);
        let key = key.map_err(|_| BenchError::Identity("no AES-128-GCM".to_owned()))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a datagram of header, payload and room for the tag.
    pub(super) fn seal(&self, sequence: u64, datagram: &mut [u8]) -> Option<()> {
        let (header, rest) = datagram.split_at_mut_checked(HEADER_LEN)?;
        let (payload, room) = rest.split_at_mut_checked(rest.len().checked_sub(TAG_LEN)?)?;
        let aad = Aad::from(&*header);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce(sequence), aad, payload)
            .ok()?;
        room.copy_from_slice(tag.as_ref());
        Some(())
    }

    /// Opens a datagram. Returns its payload if it is authentic.
    pub(super) fn open<'a>(&self, sequence: u64, datagram: &'a mut [u8]) -> Option<&'a mut [u8]> {
        let (header, sealed) = datagram.split_at_mut_checked(HEADER_LEN)?;
        self.0
            .open_in_place(nonce(sequence), Aad::from(&*header), sealed)
            .ok()
    }
}

fn nonce(sequence: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&sequence.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

/// A running floor.
pub(super) struct Floor {
    address: SocketAddr,
    thread: JoinHandle<Option<(u64, u64)>>,
}

impl Floor {
    /// Starts it on the server's core. The receiver with number n opens with key n + 1; the source
    /// seals with key 0.
    pub(super) fn start(receivers: Vec<SocketAddrV4>, kind: Kind) -> Result<Self, BenchError> {
        let socket = system::socket(Ipv4Addr::LOCALHOST)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let address = socket.local_addr()?;
        let open = Key::new(0)?;
        let keys = (1..=receivers.len() as u64).map(Key::new);
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let thread = std::thread::Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || {
                system::pin(system::SERVER);
                shard::go_first();
                let mut fan = Fan::new(&receivers, HEADER_LEN + kind.payload_len() + TAG_LEN);
                let mut batch = Batch::new();
                let (mut packets, mut ended) = (0, false);
                let begun = shard::thread_cpu_nanoseconds();
                while !ended {
                    let received = batch.receive(&socket, true, |datagram, _| {
                        let Some(header) = rtp::Header::parse(datagram) else {
                            ended = true;
                            return;
                        };
                        if let Some(payload) = open.open(header.sequence.into(), datagram) {
                            packets += forward(&socket, &mut fan, &keys, &header, payload);
                        }
                    });
                    if received == 0 {
                        return None;
                    }
                }
                Some((shard::thread_cpu_nanoseconds() - begun, packets))
            })?;
        Ok(Self { address, thread })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The clocks of its thread.
    pub(super) fn clocks(&self) -> io::Result<Clocks> {
        Clocks::of(std::process::id(), THREAD)
    }

    /// Waits until the source has ended. Returns nanoseconds of processor time and packets sent.
    pub(super) fn stop(self) -> Result<(u64, u64), BenchError> {
        let result = self.thread.join();
        let result = result.map_err(|_| io::Error::other("the floor's thread has ended"))?;
        result.ok_or(BenchError::Silent("the source of the floor"))
    }
}

fn forward(
    socket: &std::net::UdpSocket,
    fan: &mut Fan,
    keys: &[Key],
    header: &rtp::Header,
    payload: &[u8],
) -> u64 {
    let rewritten = rtp::write_header(
        header.marker,
        header.payload_type,
        header.sequence,
        header.timestamp,
        SSRC,
    );
    let mut sent = 0;
    for start in (0..keys.len()).step_by(BATCH) {
        let end = keys.len().min(start + BATCH);
        for (index, key) in (start..end).zip(&keys[start..end]) {
            let datagram = fan.datagram_mut(index);
            datagram[..HEADER_LEN].copy_from_slice(&rewritten);
            datagram[HEADER_LEN..][..payload.len()].copy_from_slice(payload);
            // A payload of another length than the fan's is no packet of this round.
            if key.seal(header.sequence.into(), datagram).is_none() {
                return sent;
            }
        }
        sent += fan.send(socket, start..end) as u64;
    }
    sent
}
