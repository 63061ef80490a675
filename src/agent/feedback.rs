//! What the server says of what it got: receiver reports and requests for what it misses.
//!
//! The round trip of media is told by the reports: they name the sender report that they answer and
//! how long they kept it (RFC 3550 §6.4.1).

use rtc::{
    interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket},
    rtcp::{
        Packet as Rtcp, receiver_report::ReceiverReport, reception_report::ReceptionReport,
        sender_report::SenderReport, transport_feedbacks::transport_layer_nack::TransportLayerNack,
    },
    sansio::Protocol,
    shared::error::Error,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Sender reports that may still be answered.
const KEPT: usize = 64;

/// Round trips that a median is taken of.
const SAMPLES: usize = 512;

/// What was reported so far. Cheap to clone: all clones are one.
#[derive(Clone, Default)]
pub(crate) struct Feedback(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    /// The middle 32 bits of the NTP time of each sender report, and when it was sent.
    sent: VecDeque<(u32, Instant)>,
    round_trips: VecDeque<Duration>,
    streams: BTreeMap<u32, Stream>,
}

/// A stream of ours as the server sees it.
#[derive(Default)]
struct Stream {
    total_lost: u32,
    /// Sequence numbers that it asked for.
    asked: BTreeSet<u16>,
}

impl Feedback {
    /// Middle of the round trips so far.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<Duration> = heard.round_trips.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }

    /// Packets of a stream that did not reach the server when they were first sent; none: it has
    /// said nothing of the stream.
    pub(crate) fn missed(&self, ssrc: u32) -> Option<u64> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = heard.streams.get(&ssrc)?;
        Some(u64::from(stream.total_lost).max(stream.asked.len() as u64))
    }

    /// Packets of a stream that never reached the server.
    pub(crate) fn lost(&self, ssrc: u32) -> u64 {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = heard.streams.get(&ssrc);
        stream.map_or(0, |stream| u64::from(stream.total_lost))
    }

    /// Takes in a packet of the server.
    pub(crate) fn hear(&self, packet: &dyn Rtcp, now: Instant) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let packet = packet.as_any();
        let reports: &[ReceptionReport] =
            if let Some(report) = packet.downcast_ref::<ReceiverReport>() {
                &report.reports
            } else if let Some(report) = packet.downcast_ref::<SenderReport>() {
                &report.reports
            } else {
                &[]
            };
        for report in reports {
            heard.report(report, now);
        }
        if let Some(nack) = packet.downcast_ref::<TransportLayerNack>() {
            let stream = heard.streams.entry(nack.media_ssrc).or_default();
            for pair in &nack.nacks {
                stream.asked.extend(pair.packet_list());
            }
        }
    }

    fn say(&self, packets: &[Box<dyn Rtcp>], now: Instant) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for packet in packets {
            if let Some(report) = packet.as_any().downcast_ref::<SenderReport>() {
                if heard.sent.len() == KEPT {
                    heard.sent.pop_front();
                }
                heard.sent.push_back((middle(report.ntp_time), now));
            }
        }
    }
}

impl Heard {
    fn report(&mut self, report: &ReceptionReport, now: Instant) {
        let stream = self.streams.entry(report.ssrc).or_default();
        // 24 bits with a sign (RFC 3550 §6.4.1): doubled packets count below zero.
        stream.total_lost = if report.total_lost & 0x80_0000 == 0 {
            report.total_lost
        } else {
            0
        };
        let answered = self
            .sent
            .iter()
            .find(|(time, _)| report.last_sender_report != 0 && *time == report.last_sender_report);
        if let Some((_, at)) = answered {
            let kept = Duration::from_secs_f64(f64::from(report.delay) / 65_536.0);
            let round_trip = now.saturating_duration_since(*at).saturating_sub(kept);
            if self.round_trips.len() == SAMPLES {
                self.round_trips.pop_front();
            }
            self.round_trips.push_back(round_trip);
        }
    }
}

fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// The interceptor next to the wire that notes when sender reports leave.
pub(crate) struct Departures {
    feedback: Feedback,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Departures {
    pub(crate) fn new(feedback: Feedback) -> Self {
        Self {
            feedback,
            inbound: VecDeque::new(),
            outbound: VecDeque::new(),
        }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Departures {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.inbound.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &message.message.packet {
            self.feedback.say(packets, Instant::now());
        }
        self.outbound.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Departures {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::rtcp::transport_feedbacks::transport_layer_nack::NackPair;

    #[test]
    fn a_report_tells_the_round_trip_and_the_loss() {
        let feedback = Feedback::default();
        let start = Instant::now();
        let sent = SenderReport {
            ntp_time: 0x0000_1111_2222_0000,
            ..Default::default()
        };
        feedback.say(&[Box::new(sent)], start);
        let mut block = ReceptionReport {
            ssrc: 7,
            total_lost: 3,
            last_sender_report: 0x1111_2222,
            delay: 65_536,
            ..Default::default()
        };
        let report = |block: &ReceptionReport| ReceiverReport {
            reports: vec![block.clone()],
            ..Default::default()
        };
        feedback.hear(&report(&block), start + Duration::from_millis(1040));
        assert_eq!(feedback.round_trip(), Some(Duration::from_millis(40)));
        assert_eq!((feedback.missed(7), feedback.lost(7)), (Some(3), 3));
        assert_eq!(feedback.missed(8), None);

        // What was asked for again and came was missed, but is not lost.
        let nack = TransportLayerNack {
            media_ssrc: 7,
            nacks: [10, 11, 10, 40, 50].map(NackPair::new).to_vec(),
            ..Default::default()
        };
        feedback.hear(&nack, start);
        assert_eq!((feedback.missed(7), feedback.lost(7)), (Some(4), 3));

        block.total_lost = 0xff_ffff;
        feedback.hear(&report(&block), start);
        assert_eq!(feedback.lost(7), 0, "one packet came twice");
    }
}
