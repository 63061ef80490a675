//! Sound that is sent again. There is no stream for retransmissions of sound: a receiver that misses a
//! packet gets the very same one, under the number that it had.
//!
//! A nonce must never be used for two different packets, so what goes out again must be the first packet
//! bit by bit. It is made anew from what the source said, in the same way, and compared by its tag, which
//! covers header and content: one that differs does not go out.

use super::{Slot, append_payload};
use crate::{
    publication::Source,
    rtp::{self, TransportNumber},
    srtp::Outbound,
    stream::Packet,
};
use std::time::{Duration, Instant};

/// So many of the newest packets may be asked for: more than a second.
const REMEMBERED: usize = 64;
/// A packet is sent again so often at most.
const MOST_TIMES: u8 = 3;
/// The last bytes of a packet, which are of its tag with either cipher.
const TAG: usize = 8;
/// But not sooner than this: the first copy may still be on its way.
const RESEND_AFTER: Duration = Duration::from_millis(40);
/// What a receiver said of its losses counts so long.
const TOLD_FOR: Duration = Duration::from_secs(5);

/// What must be known of the newest packets to send them again.
#[derive(Debug)]
pub(super) struct Again {
    newest: [Sealed; REMEMBERED],
    /// Packets that were asked for and sent again.
    repeated: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sealed {
    index: u64,
    number: Option<TransportNumber>,
    tag: [u8; TAG],
    times: u8,
    last: Option<Instant>,
}

/// What a receiver said of a slot's losses.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    at: Option<Instant>,
    fraction: u8,
    packets: u32,
    repeated: u32,
}

impl Again {
    /// Nothing went out yet.
    pub(super) fn new() -> Box<Self> {
        Box::new(Self {
            newest: [Sealed::default(); REMEMBERED],
            repeated: 0,
        })
    }

    /// Notes what went out as `index`.
    pub(super) fn note(&mut self, index: u64, number: Option<TransportNumber>, sealed: &[u8]) {
        if let Some(tag) = sealed.last_chunk() {
            *self.at(index) = Sealed {
                index,
                number,
                tag: *tag,
                times: 0,
                last: None,
            };
        }
    }

    fn at(&mut self, index: u64) -> &mut Sealed {
        &mut self.newest[(index % REMEMBERED as u64) as usize]
    }
}

impl Slot {
    /// The source and the index of the packet of sound that a receiver asks for, if it may have it
    /// again; and the index that it had here.
    pub(crate) fn repeatable(&mut self, now: Instant, sequence: u16) -> Option<(Source, u64, u64)> {
        let index = rtp::extend(self.next_index.checked_sub(1)?, sequence);
        if !self.sealed.as_ref()?.contains(index) {
            return None;
        }
        let era = self.eras.iter().rev().find(|era| era.first_out <= index)?;
        let again = self.again.as_mut()?;
        let sealed = again.at(index);
        let is_soon = |last: Instant| now < last + RESEND_AFTER;
        if sealed.index != index || sealed.times == MOST_TIMES || sealed.last.is_some_and(is_soon) {
            return None;
        }
        let is_first = sealed.times == 0;
        sealed.times += 1;
        sealed.last = Some(now);
        again.repeated = again.repeated.wrapping_add(u32::from(is_first));
        Some((era.source, era.first_in + (index - era.first_out), index))
    }

    /// Appends the packet that went out as `index`, as it was, and returns the transport-wide number that
    /// is in it. Where that cannot be done it appends nothing, and returns none.
    pub(crate) fn repeat(
        &mut self,
        packet: &Packet<'_>,
        index: u64,
        seal: &mut Outbound,
        out: &mut Vec<u8>,
    ) -> Option<Option<TransportNumber>> {
        let era = self.eras.iter().rev().find(|era| era.first_out <= index);
        let (Some(era), Some(again)) = (era, &mut self.again) else {
            return None;
        };
        let sealed = *again.at(index);
        // The marker is that of a talk spurt, which begins where the source does.
        let header = rtp::write_header(
            packet.marker || index == era.first_out,
            era.payload_type,
            index as u16,
            era.timeline.at(packet.timestamp, index - era.first_out),
            self.ssrc,
        );
        let start = out.len();
        let header_len = rtp::append_header(out, header, sealed.number);
        append_payload(out, packet, era);
        seal.seal_rtp(out, start, header_len, self.ssrc, index);
        let is_same = sealed.index == index && out[start..].ends_with(&sealed.tag);
        if !is_same {
            out.truncate(start);
        }
        is_same.then_some(sealed.number)
    }

    /// Packets that were asked for and sent again under their own number. Wraps.
    pub(crate) fn repeated(&self) -> u32 {
        self.again.as_ref().map_or(0, |again| again.repeated)
    }

    /// Notes what a receiver says of its losses, in 256ths. It does not count what came again; we do.
    pub(crate) fn note_loss(&mut self, now: Instant, fraction: u8) {
        let repeated = self.repeated();
        let sent = self.packets.wrapping_sub(self.told.packets);
        let again = repeated.wrapping_sub(self.told.repeated);
        let again = again.saturating_mul(256).checked_div(sent).unwrap_or(0);
        self.told = Told {
            at: Some(now),
            fraction: u8::try_from(u32::from(fraction) + again).unwrap_or(u8::MAX),
            packets: self.packets,
            repeated,
        };
    }

    /// The share of the packets that the receiver missed at first, in 256ths; none if it has not said
    /// so lately.
    pub(crate) fn told_loss(&self, now: Instant) -> Option<u8> {
        let at = self.told.at?;
        (now < at + TOLD_FOR).then_some(self.told.fraction)
    }
}
