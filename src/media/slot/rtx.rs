//! Pictures are sent again in a stream of their own (RFC 4588).

use super::{Slot, append_payload, repair::Repair};
use crate::{
    publication::Source,
    round_trip::RoundTrip,
    rtp::{self, TransportNumber},
    srtp::Outbound,
    stream::Packet,
};
use std::time::Instant;

/// The stream of what is sent again (RFC 4588).
#[derive(Debug)]
pub(super) struct Rtx {
    pub(super) ssrc: u32,
    pub(super) next_index: u64,
    pub(super) repair: Repair,
}

impl Rtx {
    /// Nothing was sent yet; the first has `next_index`.
    pub(super) fn new(ssrc: u32, next_index: u64) -> Self {
        Self {
            ssrc,
            next_index,
            repair: Repair::default(),
        }
    }
}

impl Slot {
    /// The index here of the packet with this number that a receiver asks for, if it went out. What we wait for
    /// ourselves goes out when it comes.
    pub(crate) fn sent_as(&self, sequence: u16) -> Option<u64> {
        let index = rtp::extend(self.next_index.checked_sub(1)?, sequence);
        self.sealed.as_ref()?.contains(index).then_some(index)
    }

    /// Whether a receiver that asks for what went out as `index` may have it again; and whether it is to be
    /// sent once more a little later.
    pub(crate) fn resendable(&mut self, now: Instant, index: u64, line: RoundTrip) -> Option<bool> {
        self.origin(index)?;
        self.rtx.as_mut()?.repair.take(now, index, line)
    }

    /// A receiver asks for what went out as `index`. Returns whether it has done so in vain for so long that
    /// it needs a key frame.
    pub(crate) fn gives_up(&mut self, now: Instant, index: u64, line: RoundTrip) -> bool {
        if self.is_held() || self.is_passed(index) {
            return false;
        }
        let oldest = self.key_frame.unwrap_or(0);
        self.rtx
            .as_mut()
            .is_some_and(|rtx| rtx.repair.gives_up(now, index, oldest, line))
    }

    /// Whether what went out as `index` stands before the newest key frame, from which on its receiver can
    /// go on.
    pub(crate) fn is_passed(&self, index: u64) -> bool {
        self.key_frame.is_some_and(|key| index < key)
    }

    /// The source of what went out as `index`, and the index that it had there; none if that is not to be
    /// sent again.
    pub(crate) fn origin(&self, index: u64) -> Option<(Source, u64)> {
        // What is repaired of a picture that nobody will see takes room from the others.
        if self.is_held() {
            return None;
        }
        let era = self.eras.iter().rev().find(|era| era.first_out <= index)?;
        era.rtx_payload_type?;
        Some((era.source, era.first_in + (index - era.first_out)))
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
        let Some(payload_type) = era.rtx_payload_type else {
            return false;
        };
        let timestamp = era.timeline.at(packet.timestamp, index - era.first_out);
        let header = rtp::write_header(
            packet.marker,
            payload_type,
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
}
