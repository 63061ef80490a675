//! Padding, which fills a line to find out what it carries.

use super::Slot;
use crate::{
    rtp::{self, TransportNumber},
    srtp::Outbound,
};

/// RFC 3550 §5.1: the length of padding is one byte.
const PADDING: u8 = 255;

impl Slot {
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
}
