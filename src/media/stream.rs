//! One inbound stream (an SSRC that a publisher sends): what came, what is missing, what can be
//! sent again.

mod count;

use crate::{
    meter::Meter,
    rtcp::ReportBlock,
    rtp,
    vp8::Descriptor,
    window::{self, Window},
};
use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

/// A missing packet is asked for this often …
const MAX_ASKS: u8 = 10;
/// … and given up when it is this old.
const GIVE_UP: Duration = Duration::from_secs(1);
/// More than this many missing at once is an outage, not a loss.
const MAX_MISSING: usize = 300;
/// Packets kept for retransmission: at 1.5 Mbit/s about four seconds.
const STORED: usize = 600;

/// A packet after decryption, as it is forwarded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet<'a> {
    /// Sequence number with its rollovers.
    pub(crate) index: u64,
    /// The publisher's timestamp.
    pub(crate) timestamp: u32,
    /// Last packet of a frame, or first of a talk spurt.
    pub(crate) marker: bool,
    /// Content without padding; empty for a packet that only probes the line.
    pub(crate) payload: &'a [u8],
    /// For VP8.
    pub(crate) descriptor: Option<Descriptor>,
    /// The stream's (NTP in this machine's time, RTP) of one moment, where it is known and matters.
    pub(crate) clock: Option<(u64, u32)>,
}

/// Reception of one SSRC.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The SSRC.
    pub(crate) ssrc: u32,
    clock_rate: u32,
    window: Window,
    first: u64,
    received: u64,
    reported_expected: u64,
    reported_received: u64,
    jitter: f64,
    transit: Option<f64>,
    epoch: Instant,
    last_sr: Option<(u64, Instant)>,
    clock: Option<(u64, u32)>,
    missing: BTreeMap<u64, Missing>,
    repairs: bool,
    store: Store,
    counted: count::Counted,
    meter: Meter,
}

#[derive(Debug)]
struct Missing {
    since: Instant,
    asked: Option<Instant>,
    asks: u8,
}

impl Stream {
    /// A stream whose first authenticated packet has `index`. `repairs`: losses are asked for.
    pub(crate) fn new(now: Instant, ssrc: u32, clock_rate: u32, index: u64, repairs: bool) -> Self {
        Self {
            ssrc,
            clock_rate,
            window: Window::starting_at(index),
            first: index,
            received: 1,
            reported_expected: 0,
            reported_received: 0,
            jitter: 0.0,
            transit: None,
            epoch: now,
            last_sr: None,
            clock: None,
            missing: BTreeMap::new(),
            repairs,
            store: Store::default(),
            counted: count::Counted::default(),
            meter: Meter::new(now),
        }
    }

    /// The index that a packet with this sequence number has.
    pub(crate) fn index(&self, sequence: u16) -> u64 {
        rtp::extend(self.window.highest(), sequence)
    }

    /// Whether the index was not here before.
    pub(crate) fn is_new(&self, index: u64) -> bool {
        self.window.is_new(index)
    }

    /// Notes an authenticated packet. Returns false if it was here before.
    pub(crate) fn receive(&mut self, now: Instant, index: u64, timestamp: u32) -> bool {
        let highest = self.window.highest();
        if !self.window.insert(index) {
            return false;
        }
        self.received += 1;
        self.missing.remove(&index);
        if self.repairs && index > highest + 1 {
            if index - highest < window::SIZE && self.missing.len() < MAX_MISSING {
                for lost in highest + 1..index {
                    self.missing.insert(
                        lost,
                        Missing {
                            since: now,
                            asked: None,
                            asks: 0,
                        },
                    );
                }
            } else {
                self.missing.clear();
            }
        }
        // RFC 3550 §6.4.1.
        let arrival = now.duration_since(self.epoch).as_secs_f64() * f64::from(self.clock_rate);
        let transit = arrival - f64::from(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = (transit - before).abs();
            // A wrapped timestamp is not jitter.
            if difference < f64::from(u32::MAX / 2) {
                self.jitter += (difference - self.jitter) / 16.0;
            }
        }
        true
    }

    /// Notes how much a packet carries.
    pub(crate) fn weigh(&mut self, now: Instant, payload: usize) {
        self.meter.note(now, payload);
    }

    /// What it takes of a receiver's line, in bit/s; nothing while nothing comes.
    pub(crate) fn rate(&self, now: Instant) -> u64 {
        self.meter.rate(now)
    }

    /// The same when it was last known, if it ever was.
    pub(crate) fn last_rate(&self) -> Option<u64> {
        self.meter.last_rate()
    }

    /// Keeps a packet for retransmission.
    pub(crate) fn keep(&mut self, packet: &Packet<'_>) {
        self.store.keep(packet);
    }

    /// Keeps nothing of what came so far.
    pub(crate) fn forget_kept(&mut self) {
        self.store = Store::default();
    }

    /// A packet that was kept.
    pub(crate) fn kept(&self, index: u64) -> Option<Packet<'_>> {
        self.store.get(index)
    }

    /// Everything since the newest key frame began, if that is whole and no more than `most`
    /// packets: whoever gets them sees the picture as it is now.
    pub(crate) fn since_key_frame(&self, most: usize) -> Option<Vec<Packet<'_>>> {
        let newest = self.store.packets.back()?.index;
        let begins = |stored: &Stored| {
            stored
                .descriptor
                .is_some_and(|descriptor| descriptor.starts_key_frame)
        };
        let recent = self.store.packets.iter().rev().take(most);
        let first = recent.clone().find(|stored| begins(stored))?.index;
        let found: Vec<Packet<'_>> = recent
            .take_while(|stored| stored.index >= first)
            .map(Stored::packet)
            .collect();
        let is_whole = newest == self.window.highest() && found.len() as u64 == newest - first + 1;
        is_whole.then(|| found.into_iter().rev().collect())
    }

    /// Notes the publisher's clock: `ntp` already in this machine's time.
    pub(crate) fn set_clock(&mut self, now: Instant, sent_ntp: u64, ntp: u64, rtp: u32) {
        self.last_sr = Some((sent_ntp, now));
        self.clock = Some((ntp, rtp));
    }

    /// (NTP in this machine's time, RTP timestamp) of one moment, once the publisher has said it.
    pub(crate) fn clock(&self) -> Option<(u64, u32)> {
        self.clock
    }

    /// The report for the publisher.
    pub(crate) fn report(&mut self, now: Instant) -> ReportBlock {
        let highest = self.window.highest();
        let expected = highest - self.first + 1;
        let lost = expected.saturating_sub(self.received);
        let expected_now = expected - self.reported_expected;
        let lost_now = expected_now.saturating_sub(self.received - self.reported_received);
        (self.reported_expected, self.reported_received) = (expected, self.received);
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: (lost_now * 256)
                .checked_div(expected_now)
                .unwrap_or(0)
                .min(255) as u8,
            lost: lost.min(0x007f_ffff) as u32,
            highest: highest as u32,
            jitter: self.jitter as u32,
            last_sr: self.last_sr.map_or(0, |(ntp, _)| (ntp >> 16) as u32),
            since_last_sr: self.last_sr.map_or(0, |(_, at)| {
                (now.duration_since(at).as_secs_f64() * 65_536.0) as u32
            }),
        }
    }

    /// What to ask for now, ascending, given the round trip to the publisher.
    pub(crate) fn due(&mut self, now: Instant, round_trip: Duration) -> Vec<u64> {
        self.missing
            .retain(|_, missing| missing.asks < MAX_ASKS && now < missing.since + GIVE_UP);
        let mut due = vec![];
        for (index, missing) in &mut self.missing {
            if missing.asked.is_none_or(|asked| now >= asked + round_trip) {
                missing.asked = Some(now);
                missing.asks += 1;
                due.push(*index);
            }
        }
        due
    }

    /// When [`Self::due`] has something.
    pub(crate) fn deadline(&self, round_trip: Duration) -> Option<Instant> {
        self.missing
            .values()
            .map(|missing| {
                missing
                    .asked
                    .map_or(missing.since, |asked| asked + round_trip)
            })
            .min()
    }
}

/// The newest packets of a stream. Memory of packets that left is used again.
#[derive(Debug, Default)]
struct Store {
    packets: VecDeque<Stored>,
}

#[derive(Debug)]
struct Stored {
    index: u64,
    timestamp: u32,
    marker: bool,
    descriptor: Option<Descriptor>,
    payload: Vec<u8>,
}

impl Stored {
    fn packet(&self) -> Packet<'_> {
        Packet {
            index: self.index,
            timestamp: self.timestamp,
            marker: self.marker,
            payload: &self.payload,
            descriptor: self.descriptor,
            clock: None,
        }
    }
}

impl Store {
    fn keep(&mut self, packet: &Packet<'_>) {
        let mut payload = if self.packets.len() >= STORED {
            self.packets
                .pop_front()
                .map(|oldest| oldest.payload)
                .unwrap_or_default()
        } else {
            Vec::with_capacity(1200)
        };
        payload.clear();
        payload.extend_from_slice(packet.payload);
        let stored = Stored {
            index: packet.index,
            timestamp: packet.timestamp,
            marker: packet.marker,
            descriptor: packet.descriptor,
            payload,
        };
        // Nearly always at the end; a repaired packet goes where it belongs.
        let at = self
            .packets
            .iter()
            .rposition(|other| other.index < packet.index)
            .map_or(0, |at| at + 1);
        self.packets.insert(at, stored);
    }

    fn get(&self, index: u64) -> Option<Packet<'_>> {
        let at = self
            .packets
            .binary_search_by_key(&index, |stored| stored.index)
            .ok()?;
        Some(self.packets[at].packet())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(100);

    fn stream(now: Instant) -> Stream {
        Stream::new(now, 1, 90_000, 100, true)
    }

    #[test]
    fn a_loss_is_asked_for_once_a_round_trip_until_it_comes() {
        let now = Instant::now();
        let mut stream = stream(now);
        assert!(stream.receive(now, 103, 0));
        assert_eq!(stream.due(now, ROUND_TRIP), [101, 102]);
        assert!(stream.due(now, ROUND_TRIP).is_empty());
        assert_eq!(stream.deadline(ROUND_TRIP), Some(now + ROUND_TRIP));
        assert!(stream.receive(now, 101, 0));
        assert_eq!(stream.due(now + ROUND_TRIP, ROUND_TRIP), [102]);
        assert!(stream.due(now + GIVE_UP, ROUND_TRIP).is_empty());
        assert_eq!(stream.deadline(ROUND_TRIP), None);
    }

    #[test]
    fn an_outage_is_not_asked_for() {
        let now = Instant::now();
        let mut stream = stream(now);
        assert!(stream.receive(now, 100 + 2 * window::SIZE, 0));
        assert!(stream.due(now, ROUND_TRIP).is_empty());
    }

    #[test]
    fn the_report_counts_losses_since_the_last() {
        let now = Instant::now();
        let mut stream = stream(now);
        for index in [101, 103] {
            stream.receive(now, index, 0);
        }
        let report = stream.report(now);
        assert_eq!(
            (report.lost, report.fraction_lost, report.highest),
            (1, 64, 103)
        );
        stream.receive(now, 104, 0);
        assert_eq!(stream.report(now).fraction_lost, 0);
    }

    #[test]
    fn the_newest_packets_can_be_had_again() {
        let now = Instant::now();
        let mut stream = stream(now);
        let keep = |stream: &mut Stream, index: u64| {
            stream.keep(&Packet {
                index,
                timestamp: index as u32,
                marker: false,
                payload: &index.to_be_bytes(),
                descriptor: None,
                clock: None,
            });
        };
        for index in (0..2000).filter(|index| *index != 1500) {
            keep(&mut stream, index);
        }
        keep(&mut stream, 1500);
        assert_eq!(
            stream.kept(1500).expect("repaired late").payload,
            1500u64.to_be_bytes()
        );
        assert_eq!(stream.kept(1999).expect("newest").timestamp, 1999);
        assert!(stream.kept(100).is_none(), "too old");
    }
}
