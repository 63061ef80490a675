//! The one source: a client with camera and microphone, and the sender for the floor.

use super::{
    BenchError,
    floor::{self, Key},
    rounds::Kind,
};
use crate::{
    far_end::{FarEnd, OPUS, Outgoing, VP8},
    rtp,
};
use std::{
    net::{SocketAddr, UdpSocket},
    time::{SystemTime, UNIX_EPOCH},
};

pub(super) const CAMERA_SSRC: u32 = 0x2000;
const MICROPHONE_SSRC: u32 = 0x1000;
/// Louder than a quiet room, in −dBov.
const LEVEL: u8 = 20;

/// Where a source sends.
pub(super) struct Source {
    pub(super) end: FarEnd,
    pub(super) socket: UdpSocket,
    floor_key: Key,
    camera_index: u64,
    microphone_index: u64,
    floor_index: u64,
}

impl Source {
    pub(super) fn new(end: FarEnd, socket: UdpSocket) -> Result<Self, BenchError> {
        Ok(Self {
            end,
            socket,
            floor_key: Key::new(0)?,
            camera_index: 0,
            microphone_index: 0,
            floor_index: 0,
        })
    }

    /// Where it sends from, and the sequence number of its camera's newest packet.
    pub(super) fn camera(&self) -> (&UdpSocket, u16) {
        (&self.socket, self.camera_index as u16)
    }

    /// Sends one packet of media. `key`: it begins a key frame.
    pub(super) fn send_media(
        &mut self,
        kind: Kind,
        key: bool,
        to: SocketAddr,
    ) -> Result<(), BenchError> {
        self.send_sized(kind, key, kind.payload_len(), to)
    }

    /// Sends a frame of so many bytes as a browser does: in packets of about one length, the longer ones
    /// last, one right behind the other. Returns how many.
    pub(super) fn send_frame(
        &mut self,
        key: bool,
        len: usize,
        to: SocketAddr,
    ) -> Result<u64, BenchError> {
        let count = len.div_ceil(Kind::Camera.payload_len());
        for nth in 0..count {
            let longer = usize::from(nth >= count - len % count);
            self.send_sized(Kind::Camera, key && nth == 0, len / count + longer, to)?;
        }
        Ok(count as u64)
    }

    fn send_sized(
        &mut self,
        kind: Kind,
        key: bool,
        len: usize,
        to: SocketAddr,
    ) -> Result<(), BenchError> {
        let (mid, payload_type, ssrc, index, step) = match kind {
            Kind::Camera => (1, VP8, CAMERA_SSRC, &mut self.camera_index, 90),
            Kind::Microphone => (0, OPUS, MICROPHONE_SSRC, &mut self.microphone_index, 960),
        };
        *index += 1;
        let outgoing = Outgoing {
            mid,
            marker: kind == Kind::Camera,
            payload_type,
            index: *index,
            timestamp: (*index * step) as u32,
            ssrc,
            level: LEVEL,
        };
        let payload = payload_of(len, kind, *index, key);
        let mut packet = self.end.header(&outgoing);
        let header_len = packet.len();
        packet.extend_from_slice(&payload);
        self.end.send_rtp(packet, header_len, &outgoing);
        for datagram in self.end.outgoing.drain(..) {
            self.socket.send_to(&datagram, to)?;
        }
        Ok(())
    }

    /// Sends one packet for the floor.
    pub(super) fn send_floor(&mut self, kind: Kind, to: SocketAddr) -> Result<(), BenchError> {
        self.floor_index += 1;
        let sequence = self.floor_index as u16;
        let mut packet = rtp::write_header(true, VP8, sequence, 0, floor::SSRC).to_vec();
        packet.extend_from_slice(&payload(kind, self.floor_index, false));
        packet.extend_from_slice(&[0; 16]);
        if self.floor_key.seal(sequence.into(), &mut packet).is_some() {
            self.socket.send_to(&packet, to)?;
        }
        Ok(())
    }

    /// Tells the floor that no more comes.
    pub(super) fn end_floor(&self, to: SocketAddr) -> Result<(), BenchError> {
        self.socket.send_to(&[0], to)?;
        Ok(())
    }
}

/// A payload that ends with the time at which it was made.
pub(super) fn payload(kind: Kind, index: u64, key: bool) -> Vec<u8> {
    payload_of(kind.payload_len(), kind, index, key)
}

/// The same of so many bytes.
fn payload_of(len: usize, kind: Kind, index: u64, key: bool) -> Vec<u8> {
    let mut payload = match kind {
        Kind::Camera => {
            // RFC 7741 §4.2: the start of a partition, with a 15-bit picture id; then the frame.
            let mut descriptor = vec![0x90, 0x80];
            descriptor.extend((index as u16 | 0x8000).to_be_bytes());
            descriptor.push(u8::from(!key));
            descriptor
        }
        Kind::Microphone => vec![],
    };
    payload.resize(len - 8, 0);
    payload.extend(system_nanoseconds().to_be_bytes());
    payload
}

/// Nanoseconds since 1970, as the kernel stamps arrivals.
fn system_nanoseconds() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.unwrap_or_default().as_nanos() as u64
}

/// How long before `arrival` a payload was made.
pub(super) fn age(payload: &[u8], arrival: u64) -> Option<u64> {
    let made = u64::from_be_bytes(*payload.last_chunk()?);
    Some(arrival.saturating_sub(made))
}
