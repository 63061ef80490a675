//! One inbound stream (an SSRC that a publisher sends): what came, what is missing, what can be
//! sent again.

mod count;
mod store;

use crate::{
    codec::Descriptor,
    meter::Meter,
    rtcp::ReportBlock,
    rtp,
    window::{self, Window},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use store::Store;

/// A missing packet is asked for this often …
const MAX_ASKS: u8 = 10;
/// … and given up when it is this old.
const GIVE_UP: Duration = Duration::from_secs(1);
/// Sound is played sooner, and to ask for it a fourth time brought nothing more.
const MAX_ASKS_FOR_SOUND: u8 = 3;
/// The same of what is waited for.
const GIVE_UP_SOUND: Duration = Duration::from_millis(400);
/// What comes so soon after a later packet was only overtaken, and is not asked for.
const OVERTAKEN: Duration = Duration::from_millis(5);
/// An answer may be so much later than a round trip: a browser paces what it sends, and sends nothing
/// again within the round trip that it has found itself.
const LATE: Duration = Duration::from_millis(10);
/// Each request goes out once more after this, as requests are lost too. A browser answers it once.
const ECHO: Duration = Duration::from_millis(10);
/// Clock rate of Opus; everything else is a picture.
pub(crate) const SOUND_RATE: u32 = 48_000;
/// More than this many missing at once is an outage, not a loss.
const MAX_MISSING: usize = 300;
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
    /// Of a picture.
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
    /// When it was asked for the time before.
    before: Option<Instant>,
    asks: u8,
    /// The request goes out once more.
    echoes: bool,
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
            store: Store::new(clock_rate == SOUND_RATE),
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
        let missed = self.missing.remove(&index);
        // Sound has no stream of its own for what is sent again.
        if self.is_audio() && missed.is_some_and(|missing| missing.asks > 0) {
            self.note_repaired();
        }
        if self.repairs && index > highest + 1 {
            if index - highest < window::SIZE && self.missing.len() < MAX_MISSING {
                for lost in highest + 1..index {
                    self.missing.insert(
                        lost,
                        Missing {
                            since: now,
                            asked: None,
                            before: None,
                            asks: 0,
                            echoes: false,
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
        self.store.forget();
    }

    /// A packet that was kept.
    pub(crate) fn kept(&self, index: u64) -> Option<Packet<'_>> {
        self.store.get(index)
    }

    /// Everything since the newest key frame began, if that is whole and no more than `most`
    /// packets: whoever gets them sees the picture as it is now.
    pub(crate) fn since_key_frame(&self, most: usize) -> Option<Vec<Packet<'_>>> {
        self.store.since_key_frame(self.window.highest(), most)
    }

    /// Notes the publisher's clock: `ntp` already in this machine's time.
    pub(crate) fn set_clock(&mut self, now: Instant, sent_ntp: u64, ntp: u64, rtp: u32) {
        self.last_sr = Some((sent_ntp, now));
        self.clock = Some((ntp, rtp));
    }

    /// What was taken for this machine's time was off by so much.
    pub(crate) fn move_clock(&mut self, more: u64) {
        if let Some((ntp, _)) = &mut self.clock {
            *ntp = ntp.wrapping_add(more);
        }
    }

    /// The publisher has another clock now.
    pub(crate) fn forget_clock(&mut self) {
        self.clock = None;
    }

    /// (NTP in this machine's time, RTP timestamp) of one moment, once the publisher has said it.
    pub(crate) fn clock(&self) -> Option<(u64, u32)> {
        self.clock
    }

    /// The report for the publisher. What of the sound was sent again is among its losses, as by them
    /// the publisher decides on FEC.
    pub(crate) fn report(&mut self, now: Instant) -> ReportBlock {
        let highest = self.window.highest();
        let expected = highest - self.first + 1;
        let lost = expected.saturating_sub(self.received);
        let expected_now = expected - self.reported_expected;
        let at_first = self.received - self.repaired_sound();
        let lost_now = (expected_now + self.reported_received).saturating_sub(at_first);
        (self.reported_expected, self.reported_received) = (expected, at_first);
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
        let (most, give_up) = self.patience();
        self.missing
            .retain(|_, missing| now < missing.since + give_up);
        let mut due = vec![];
        for (index, missing) in &mut self.missing {
            if missing.is_over(most) || now < missing.due(round_trip) {
                continue;
            }
            due.push(*index);
            if !std::mem::take(&mut missing.echoes) {
                missing.before = missing.asked.replace(now);
                missing.asks += 1;
                missing.echoes = true;
            }
        }
        due
    }

    /// When [`Self::due`] has something.
    pub(crate) fn deadline(&self, round_trip: Duration) -> Option<Instant> {
        let (most, _) = self.patience();
        self.missing
            .values()
            .filter(|missing| !missing.is_over(most))
            .map(|missing| missing.due(round_trip))
            .min()
    }

    /// How long a packet that was asked for, and comes now as a retransmission, has taken, given the
    /// round trip that was believed in. What comes sooner than half of that after it was asked for
    /// again answers the request before.
    pub(crate) fn answered_within(
        &self,
        now: Instant,
        index: u64,
        round_trip: Duration,
    ) -> Option<Duration> {
        let missing = self.missing.get(&index)?;
        let asked = missing.asked?;
        let is_prompt = now < asked + round_trip / 2;
        let answered = missing.before.filter(|_| is_prompt).unwrap_or(asked);
        Some(now.duration_since(answered))
    }

    /// How often a packet is asked for, and how long.
    fn patience(&self) -> (u8, Duration) {
        if self.is_audio() {
            (MAX_ASKS_FOR_SOUND, GIVE_UP_SOUND)
        } else {
            (MAX_ASKS, GIVE_UP)
        }
    }
}

impl Missing {
    /// It was asked for often enough.
    fn is_over(&self, most: u8) -> bool {
        self.asks >= most && !self.echoes
    }

    /// When it is to be asked for, unless that was often enough.
    fn due(&self, round_trip: Duration) -> Instant {
        let pause = if self.echoes { ECHO } else { round_trip + LATE };
        self.asked
            .map_or(self.since + OVERTAKEN, |asked| asked + pause)
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
        assert!(
            stream.due(now, ROUND_TRIP).is_empty(),
            "it may be overtaken"
        );
        assert_eq!(stream.deadline(ROUND_TRIP), Some(now + OVERTAKEN));
        let asked = now + OVERTAKEN;
        assert_eq!(stream.due(asked, ROUND_TRIP), [101, 102]);
        assert!(stream.due(asked, ROUND_TRIP).is_empty());
        assert_eq!(stream.deadline(ROUND_TRIP), Some(asked + ECHO));
        assert_eq!(stream.due(asked + ECHO, ROUND_TRIP), [101, 102]);
        let again = asked + ROUND_TRIP + LATE;
        assert_eq!(stream.deadline(ROUND_TRIP), Some(again));
        assert!(stream.receive(now, 101, 0));
        assert_eq!(stream.due(again, ROUND_TRIP), [102]);
        assert!(stream.due(now + GIVE_UP, ROUND_TRIP).is_empty());
        assert_eq!(stream.deadline(ROUND_TRIP), None);
    }

    #[test]
    fn an_answer_tells_the_round_trip_whichever_request_it_answers() {
        let now = Instant::now();
        let mut stream = stream(now);
        assert!(stream.receive(now, 102, 0));
        let within = |stream: &Stream, after| stream.answered_within(now + after, 101, ROUND_TRIP);
        assert_eq!(within(&stream, ROUND_TRIP), None, "it was not asked for");
        assert_eq!(stream.due(now + OVERTAKEN, ROUND_TRIP), [101]);
        let first = OVERTAKEN + 3 * ROUND_TRIP / 4;
        assert_eq!(within(&stream, first), Some(3 * ROUND_TRIP / 4));
        assert_eq!(stream.due(now + OVERTAKEN + ECHO, ROUND_TRIP), [101]);
        assert_eq!(within(&stream, first), Some(3 * ROUND_TRIP / 4), "an echo");
        let again = OVERTAKEN + ROUND_TRIP + LATE;
        assert_eq!(stream.due(now + again, ROUND_TRIP), [101]);
        let soon = again + ROUND_TRIP / 4;
        assert_eq!(within(&stream, soon), Some(LATE + ROUND_TRIP * 5 / 4));
        assert_eq!(within(&stream, again + ROUND_TRIP), Some(ROUND_TRIP));
    }

    #[test]
    fn sound_is_asked_for_three_times_and_what_comes_again_was_lost() {
        let now = Instant::now();
        let mut stream = Stream::new(now, 1, SOUND_RATE, 100, true);
        assert!(stream.receive(now, 103, 0));
        let mut asked = 0;
        let mut then = now;
        while let Some(due) = stream.deadline(ROUND_TRIP) {
            then = due;
            asked += stream.due(then, ROUND_TRIP).len();
        }
        assert_eq!(asked, 12, "two packets three times, with the echo of each");
        assert!(stream.receive(then, 102, 0));
        let report = stream.report(then);
        assert_eq!((report.lost, report.fraction_lost), (1, 128));
        let count = stream.take_count();
        assert_eq!((count.expected, count.missed, count.lost), (4, 2, 1));
        assert!(stream.receive(then, 104, 0));
        assert_eq!(stream.report(then).fraction_lost, 0);
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
}
