//! What a peer's RTCP says: clocks, losses, packets and pictures that are missing, arrivals.

use super::Engine;
use crate::{
    congestion::CAPACITY,
    peer::Peer,
    publication::{Feed, Wish},
    publisher_clock::Moved,
    rtcp::{self, NackPairs, ReportBlock},
    stream::Stream,
};
use std::time::{Duration, Instant};

/// A datagram that asks for more packets than this repairs nothing: the rest of it is dropped.
const MOST_ASKED: usize = 400;

impl Engine {
    pub(super) fn handle_rtcp(&mut self, now: Instant, peer: &mut Peer, datagram: &mut [u8]) {
        let Some((open, _)) = &mut peer.keys else {
            self.counters.dropped_before_handshake += 1;
            return;
        };
        let Some(len) = open.open_rtcp(datagram) else {
            self.counters.dropped_rtcp_unauthenticated += 1;
            return;
        };
        let mut heard = false;
        // What one datagram may still ask for, and tell of: none takes long.
        let (mut asks, mut tells) = (MOST_ASKED, CAPACITY);
        let mut is_modest = true;
        let is_whole = rtcp::read(&datagram[..len], |packet| match packet {
            rtcp::Packet::SenderReport { ssrc, ntp, rtp } => {
                note_clock(now, self.ntp(now), peer, (ssrc, ntp, rtp));
            }
            rtcp::Packet::Report(block) => {
                let found = round_trip(self.ntp(now), &block);
                if let Some(found) = found {
                    peer.round_trip.note(found);
                }
                peer.note_report(now, &block, found);
            }
            rtcp::Packet::Nack { ssrc, pairs } => {
                is_modest &= self.resend_all(now, peer, ssrc, &pairs, &mut asks);
            }
            rtcp::Packet::PictureLoss { ssrc } => self.note_picture_loss(now, peer, ssrc),
            rtcp::Packet::Arrivals(feedback) => {
                match tells.checked_sub(u64::from(feedback.count)) {
                    Some(left) => {
                        tells = left;
                        heard |= peer.estimator.hear(now, feedback);
                    }
                    // Nobody who tells the truth tells of more packets than are remembered.
                    None => is_modest = false,
                }
            }
            rtcp::Packet::Bye { .. } => {}
        });
        if heard {
            self.allot(now, peer);
            self.pace(now, peer);
        }
        if !is_whole || !is_modest {
            self.counters.dropped_rtcp_malformed += 1;
        }
    }

    /// Sends what a receiver has not got, no more than `most` packets, which it counts down. Returns
    /// whether that was all.
    fn resend_all(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        ssrc: u32,
        pairs: &NackPairs<'_>,
        most: &mut usize,
    ) -> bool {
        for sequence in pairs.sequences() {
            let Some(left) = most.checked_sub(1) else {
                return false;
            };
            *most = left;
            self.counters.nacks_received += 1;
            self.resend(now, peer, ssrc, sequence);
        }
        true
    }

    /// A receiver cannot decode what is in one of its slots.
    fn note_picture_loss(&mut self, now: Instant, peer: &mut Peer, ssrc: u32) {
        self.counters.picture_losses_received += 1;
        let slot = peer.slots.iter().find(|slot| slot.ssrc == ssrc);
        let slot = slot.filter(|slot| !slot.is_held());
        if let Some((Feed::Video(kind), source)) =
            slot.and_then(|slot| Some((slot.kind.feed(), slot.flowing().or(slot.aimed())?)))
        {
            self.want_key_frame_of(now, peer, source, kind, Wish::Repair);
        }
    }
}

/// A publisher says what time it is for it, and what timestamp one of its streams has then. A source that
/// knows no time says zero.
fn note_clock(now: Instant, ntp_now: u64, peer: &mut Peer, (ssrc, ntp, rtp): (u32, u64, u32)) {
    if ntp == 0 || !peer.streams_mut().any(|stream| stream.ssrc == ssrc) {
        return;
    }
    match peer.clock.note(ntp_now, ntp) {
        Moved::By(more) => peer.streams_mut().for_each(|it| it.move_clock(more)),
        Moved::Anew => peer.streams_mut().for_each(Stream::forget_clock),
    }
    let ours = peer.clock.ours(ntp);
    for stream in peer.streams_mut().filter(|stream| stream.ssrc == ssrc) {
        stream.set_clock(now, ntp, ours, rtp);
    }
}

/// RFC 3550 §6.4.1: now less the time of our report less the time that the peer kept it.
fn round_trip(ntp: u64, block: &ReportBlock) -> Option<Duration> {
    if block.last_sr == 0 {
        return None;
    }
    let units = ((ntp >> 16) as u32)
        .wrapping_sub(block.last_sr)
        .wrapping_sub(block.since_last_sr);
    // More than half the range is a clock that runs backwards; more than two seconds is no line.
    (units < 2 << 16)
        .then(|| Duration::from_micros(u64::from(units) * 1_000_000 / 65_536))
        .map(|found| found.max(Duration::from_millis(20)))
}
