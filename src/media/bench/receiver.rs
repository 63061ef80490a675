//! One receiver: after its handshake it counts, and authenticates a sample.

use super::{
    SAMPLE,
    floor::{self, Key},
    rounds::Kind,
    source,
    system::Batch,
};
use crate::{far_end::FarEnd, far_end::OPUS, rtp};
use std::{
    io,
    net::{SocketAddr, UdpSocket},
    time::Instant,
};

/// What came of one stream.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Packets.
    pub(super) count: u64,
    /// The newest one's arrival in nanoseconds since 1970, where arrivals are stamped.
    pub(super) last: u64,
    highest: Option<u64>,
}

impl Tally {
    /// Counts a packet. Returns its index.
    fn count(&mut self, sequence: u16, arrival: u64) -> u64 {
        self.count += 1;
        self.last = self.last.max(arrival);
        let index = self
            .highest
            .map_or(sequence.into(), |highest| rtp::extend(highest, sequence));
        self.highest = Some(self.highest.map_or(index, |highest| highest.max(index)));
        index
    }
}

/// What all receivers have found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    seen: u64,
    /// Packets of the sample that were not authentic.
    pub(super) not_authentic: u64,
    /// Nanoseconds from source to arrival, of the sample.
    pub(super) delays: Vec<u64>,
}

/// A receiver.
pub(super) struct Receiver {
    pub(super) end: FarEnd,
    pub(super) socket: UdpSocket,
    /// Where its shard is.
    server: SocketAddr,
    pub(super) camera: Tally,
    pub(super) microphone: Tally,
    pub(super) floor: Tally,
    floor_key: Key,
}

impl Receiver {
    pub(super) fn new(end: FarEnd, socket: UdpSocket, server: SocketAddr, floor_key: Key) -> Self {
        Self {
            end,
            socket,
            server,
            camera: Tally::default(),
            microphone: Tally::default(),
            floor: Tally::default(),
            floor_key,
        }
    }

    /// What came of a kind of media.
    pub(super) fn tally(&self, kind: Kind) -> &Tally {
        match kind {
            Kind::Camera => &self.camera,
            Kind::Microphone => &self.microphone,
        }
    }

    /// Counts from zero again.
    pub(super) fn reset(&mut self) {
        for tally in [&mut self.camera, &mut self.microphone, &mut self.floor] {
            tally.count = 0;
        }
    }

    /// Takes a batch of what has come. Returns how much it was without reports: those never end, and
    /// when many receivers get them each at its own time there is no moment without one.
    pub(super) fn drain(
        &mut self,
        batch: &mut Batch,
        findings: &mut Findings,
    ) -> io::Result<usize> {
        let Self {
            end,
            socket,
            server,
            camera,
            microphone,
            floor,
            floor_key,
        } = self;
        let server = *server;
        let mut reports = 0;
        let count = batch.receive(socket, false, |datagram, arrival| match datagram {
            // A check, which our own server never sends.
            [0, 1, ..] => end.answer_check(datagram, server),
            [0..=63, ..] => end.receive_transport(Instant::now(), datagram),
            // Reports need no answer.
            [_, 192..=223, ..] => reports += 1,
            _ => {
                let Some(header) = rtp::Header::parse(datagram) else {
                    findings.not_authentic += 1;
                    return;
                };
                let of_floor = header.ssrc == floor::SSRC;
                let tally = match header.payload_type {
                    _ if of_floor => &mut *floor,
                    OPUS => &mut *microphone,
                    _ => &mut *camera,
                };
                let index = tally.count(header.sequence, arrival);
                findings.seen += 1;
                if !findings.seen.is_multiple_of(SAMPLE) {
                    return;
                }
                let opened = if of_floor {
                    floor_key
                        .open(header.sequence.into(), datagram)
                        .map(|payload| rtp::HEADER_LEN + payload.len())
                } else {
                    end.open_rtp(datagram, &header, index)
                };
                match opened.and_then(|len| source::age(&datagram[..len], arrival)) {
                    Some(delay) if arrival > 0 => findings.delays.push(delay),
                    Some(_) => {}
                    None => findings.not_authentic += 1,
                }
            }
        });
        for datagram in end.outgoing.drain(..) {
            socket.send_to(&datagram, server)?;
        }
        Ok(count - reports)
    }
}
