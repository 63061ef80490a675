//! A slot: one stream that a receiver gets for life, whatever source is routed into it.

use crate::{
    api::{PeerId, SlotKind},
    rtp::{self, TransportNumber},
    sdp::Receiving,
    srtp::Outbound,
    stream::Packet,
    window::Window,
};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Sources whose packets may still be asked for.
const MAX_ERAS: usize = 4;
/// A packet is not sent again sooner than this: the first copy may still be on its way.
const RESEND_AFTER: Duration = Duration::from_millis(40);
/// RFC 3550 §5.1: the length of padding is one byte.
const PADDING: u8 = 255;
/// Retransmissions that are remembered for that, and the most in that time.
const MAX_RESENT: usize = 64;

/// One outgoing stream.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The section's id.
    pub(crate) mid: String,
    /// What it is for.
    pub(crate) kind: SlotKind,
    /// Which one of its kind.
    pub(crate) index: u32,
    /// SSRC of its media.
    pub(crate) ssrc: u32,
    /// Id of the extension for transport-wide numbers.
    pub(crate) transport_cc: Option<u8>,
    /// The receiver's line is too thin for it: nothing goes out, whatever is wanted.
    held: bool,
    rtx: Option<Rtx>,
    payload_type: u8,
    /// The source that the plan puts here.
    pub(crate) wanted: Option<PeerId>,
    /// The source whose packets go out now: the old one until the new one can be decoded.
    flowing: Option<PeerId>,
    eras: VecDeque<Era>,
    next_index: u64,
    sealed: Option<Window>,
    last: Option<Last>,
    packets: u32,
    octets: u32,
}

#[derive(Debug)]
struct Rtx {
    payload_type: u8,
    ssrc: u32,
    next_index: u64,
    resent: VecDeque<(u64, Instant)>,
}

/// The time during which one source flowed: what must be added to its numbers.
#[derive(Debug)]
struct Era {
    source: PeerId,
    first_in: u64,
    first_out: u64,
    timestamp: u32,
    picture_id: u16,
    tl0_picture_index: u8,
}

/// The newest packet that went out.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: Instant,
    timestamp: u32,
    picture_id: u16,
    tl0_picture_index: u8,
}

/// What became of a packet at a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forwarded {
    /// It is not for this slot, or not now.
    No,
    /// It went out.
    Sent,
    /// It went out as the first of its source.
    Started {
        /// The source that flowed until now.
        before: Option<PeerId>,
        /// Its timestamp in the slot.
        rtp: u32,
    },
}

/// What must be known of a moment to tell a receiver the time of a stream.
pub(crate) struct Clock {
    /// NTP now.
    pub(crate) ntp: u64,
    /// The source's (NTP, RTP), if it has said it.
    pub(crate) source: Option<(u64, u32)>,
    /// Now.
    pub(crate) now: Instant,
}

impl Slot {
    /// An empty slot.
    pub(crate) fn new(
        mid: String,
        section: &Receiving,
        ssrc: u32,
        rtx_ssrc: u32,
        random: u64,
    ) -> Self {
        Self {
            mid,
            kind: section.kind,
            index: section.index,
            ssrc,
            rtx: section.rtx_payload_type.map(|payload_type| Rtx {
                payload_type,
                ssrc: rtx_ssrc,
                next_index: random >> 16 & 0x3fff,
                resent: VecDeque::new(),
            }),
            payload_type: section.payload_type,
            transport_cc: section.transport_cc,
            held: false,
            wanted: None,
            flowing: None,
            eras: VecDeque::new(),
            // Well below a rollover: a receiver that missed the first packets still guesses zero.
            next_index: (random & 0x3fff) + 1,
            sealed: None,
            last: None,
            packets: 0,
            octets: 0,
        }
    }

    /// Whether packets of `source` have a way through this slot, now or soon.
    pub(crate) fn concerns(&self, source: PeerId) -> bool {
        self.wanted == Some(source) || self.flowing == Some(source)
    }

    /// The source whose packets go out now.
    pub(crate) fn flowing(&self) -> Option<PeerId> {
        self.flowing
    }

    /// Waits for a key frame of the source that it should have.
    pub(crate) fn waits_for(&self, source: PeerId) -> bool {
        self.wanted == Some(source) && self.flowing != Some(source) && !self.held
    }

    /// Whether nothing goes out because the line is too thin.
    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    /// Lets nothing out any more, or lets the next key frame begin. Returns whether that is news.
    pub(crate) fn hold(&mut self, held: bool) -> bool {
        if held {
            self.stop();
        }
        std::mem::replace(&mut self.held, held) != held
    }

    /// Nothing of the present source goes out any more. What it sends later is another beginning.
    pub(crate) fn stop(&mut self) {
        self.flowing = None;
    }

    /// Sends a packet of `source` if it has its way through this slot: appends the sealed datagram
    /// to `out`.
    pub(crate) fn forward(
        &mut self,
        now: Instant,
        source: PeerId,
        packet: &Packet<'_>,
        number: Option<TransportNumber>,
        seal: &mut Outbound,
        out: &mut Vec<u8>,
    ) -> Forwarded {
        let started = if self.flowing == Some(source) {
            None
        } else if self.waits_for(source) && self.can_start(packet) {
            Some(self.start(now, source, packet))
        } else {
            return Forwarded::No;
        };
        let Some(era) = self.eras.back() else {
            return Forwarded::No;
        };
        let Some(since) = packet.index.checked_sub(era.first_in) else {
            return Forwarded::No;
        };
        let index = era.first_out + since;
        if !self
            .sealed
            .get_or_insert_with(|| Window::starting_at(index - 1))
            .insert(index)
        {
            return Forwarded::No;
        }
        let timestamp = packet.timestamp.wrapping_add(era.timestamp);
        // A talk spurt begins where a microphone opens.
        let marker = packet.marker || (started.is_some() && self.kind.is_audio());
        let header = rtp::write_header(
            marker,
            self.payload_type,
            index as u16,
            timestamp,
            self.ssrc,
        );
        let start = out.len();
        let header_len = rtp::append_header(out, header, number);
        let numbers = append_payload(out, packet, era);
        seal.seal_rtp(out, start, header_len, self.ssrc, index);

        if index >= self.next_index {
            self.next_index = index + 1;
            let (picture_id, tl0_picture_index) = numbers.unwrap_or_else(|| {
                self.last
                    .map_or((0, 0), |last| (last.picture_id, last.tl0_picture_index))
            });
            self.last = Some(Last {
                at: now,
                timestamp,
                picture_id,
                tl0_picture_index,
            });
        }
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        started.map_or(Forwarded::Sent, |before| Forwarded::Started {
            before,
            rtp: timestamp,
        })
    }

    /// The source and the index of the packet that a receiver asks for, if it may have it again.
    pub(crate) fn resendable(&mut self, now: Instant, sequence: u16) -> Option<(PeerId, u64, u64)> {
        let index = rtp::extend(self.next_index.checked_sub(1)?, sequence);
        // What is repaired of a picture that nobody will see takes room from the others.
        if self.held || !self.sealed.as_ref()?.contains(index) {
            return None;
        }
        let era = self.eras.iter().rev().find(|era| era.first_out <= index)?;
        let rtx = self.rtx.as_mut()?;
        if rtx
            .resent
            .iter()
            .any(|(again, at)| *again == index && now < *at + RESEND_AFTER)
        {
            return None;
        }
        // Whoever asks for more than that in so short a time repairs nothing.
        if rtx.resent.len() == MAX_RESENT {
            let (_, oldest) = rtx.resent.front()?;
            if now < *oldest + RESEND_AFTER {
                return None;
            }
            rtx.resent.pop_front();
        }
        rtx.resent.push_back((index, now));
        Some((era.source, era.first_in + (index - era.first_out), index))
    }

    /// Sends a packet again (RFC 4588 §4) as `index` of this slot.
    pub(crate) fn resend(
        &mut self,
        packet: &Packet<'_>,
        index: u64,
        number: Option<TransportNumber>,
        seal: &mut Outbound,
        out: &mut Vec<u8>,
    ) -> bool {
        let era = self.eras.iter().rev().find(|era| era.first_out <= index);
        let (Some(era), Some(rtx)) = (era, &mut self.rtx) else {
            return false;
        };
        let timestamp = packet.timestamp.wrapping_add(era.timestamp);
        let header = rtp::write_header(
            packet.marker,
            rtx.payload_type,
            rtx.next_index as u16,
            timestamp,
            rtx.ssrc,
        );
        let start = out.len();
        let header_len = rtp::append_header(out, header, number);
        out.extend_from_slice(&(index as u16).to_be_bytes());
        append_payload(out, packet, era);
        seal.seal_rtp(out, start, header_len, rtx.ssrc, rtx.next_index);
        rtx.next_index += 1;
        true
    }

    /// Sends a packet that is nothing but padding, as a retransmission of nothing: it fills the line
    /// and reaches no decoder. Returns false if the receiver has no retransmissions.
    pub(crate) fn pad(
        &mut self,
        number: Option<TransportNumber>,
        seal: &mut Outbound,
        out: &mut Vec<u8>,
    ) -> bool {
        let timestamp = self.last.map_or(0, |last| last.timestamp);
        let Some(rtx) = &mut self.rtx else {
            return false;
        };
        let sequence = rtx.next_index as u16;
        let mut header = rtp::write_header(false, rtx.payload_type, sequence, timestamp, rtx.ssrc);
        header[0] |= 0x20;
        let start = out.len();
        let header_len = rtp::append_header(out, header, number);
        out.resize(out.len() + usize::from(PADDING) - 1, 0);
        out.push(PADDING);
        seal.seal_rtp(out, start, header_len, rtx.ssrc, rtx.next_index);
        rtx.next_index += 1;
        true
    }

    /// Whether [`Self::pad`] sends something.
    pub(crate) fn can_pad(&self) -> bool {
        self.rtx.is_some() && self.transport_cc.is_some()
    }

    /// What a sender report of this slot says: (NTP, RTP timestamp, packets, octets). None while
    /// nothing flows.
    pub(crate) fn sender_report(&self, clock: &Clock) -> Option<(u64, u32, u32, u32)> {
        let (Some(_), Some(era), Some(last)) = (self.flowing, self.eras.back(), self.last) else {
            return None;
        };
        let rtp = match clock.source {
            Some((ntp, rtp)) => {
                let elapsed = clock.ntp.wrapping_sub(ntp) as i64;
                let ticks = (i128::from(elapsed) * i128::from(self.clock_rate())) >> 32;
                rtp.wrapping_add(era.timestamp).wrapping_add(ticks as u32)
            }
            None => last
                .timestamp
                .wrapping_add(self.ticks(clock.now.duration_since(last.at))),
        };
        Some((clock.ntp, rtp, self.packets, self.octets))
    }

    fn can_start(&self, packet: &Packet<'_>) -> bool {
        if self.kind.is_audio() {
            return !packet.payload.is_empty();
        }
        packet
            .descriptor
            .is_some_and(|descriptor| descriptor.starts_key_frame)
    }

    /// Begins the era of `source` with `packet`. Returns the source before.
    fn start(&mut self, now: Instant, source: PeerId, packet: &Packet<'_>) -> Option<PeerId> {
        let (timestamp, picture_id, tl0) = match self.last {
            Some(last) => {
                let gap = self.ticks(now.duration_since(last.at)).max(1);
                (
                    last.timestamp.wrapping_add(gap),
                    last.picture_id.wrapping_add(1),
                    last.tl0_picture_index.wrapping_add(1),
                )
            }
            None => (packet.timestamp, 0, 0),
        };
        let numbers = packet.descriptor.as_ref();
        let theirs = numbers
            .and_then(|found| found.picture_id)
            .map_or(0, |(id, _)| id);
        let their_tl0 = numbers
            .and_then(|found| found.tl0_picture_index)
            .unwrap_or(0);
        if self.eras.len() == MAX_ERAS {
            self.eras.pop_front();
        }
        self.eras.push_back(Era {
            source,
            first_in: packet.index,
            first_out: self.next_index,
            timestamp: timestamp.wrapping_sub(packet.timestamp),
            picture_id: picture_id.wrapping_sub(theirs),
            tl0_picture_index: tl0.wrapping_sub(their_tl0),
        });
        self.flowing.replace(source)
    }

    fn clock_rate(&self) -> u32 {
        if self.kind.is_audio() { 48_000 } else { 90_000 }
    }

    fn ticks(&self, elapsed: Duration) -> u32 {
        (elapsed.as_micros() * u128::from(self.clock_rate()) / 1_000_000) as u32
    }
}

/// Appends the payload with the era's numbers. Returns the numbers written.
fn append_payload(out: &mut Vec<u8>, packet: &Packet<'_>, era: &Era) -> Option<(u16, u8)> {
    let start = out.len();
    out.extend_from_slice(packet.payload);
    let descriptor = packet.descriptor.as_ref()?;
    let (id, _) = descriptor.picture_id?;
    let picture_id = id.wrapping_add(era.picture_id) & 0x7fff;
    let tl0 = descriptor
        .tl0_picture_index
        .unwrap_or(0)
        .wrapping_add(era.tl0_picture_index);
    descriptor.rewrite(&mut out[start..], picture_id, tl0);
    Some((picture_id, tl0))
}
