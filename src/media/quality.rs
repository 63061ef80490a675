//! How a peer's line is, both ways: figures of the last two seconds, judged by nobody here.
//!
//! The way up is seen in the gaps of what arrives. The way down is seen in the peer's receiver
//! reports of its slots, less what we never had to send: a gap in a source stays a gap in its slots,
//! and is no fault of the receiver's line.

use crate::{api::SlotKind, outbox::Protocol, peer::Peer, rtcp::ReportBlock, slot::Slot};
use std::time::{Duration, Instant};

/// Figures are told when at least so much has passed: with every second report.
const AT_LEAST: Duration = Duration::from_millis(1500);
/// A share of fewer packets says nothing.
const FEW: i64 = 20;
/// RTP header and authentication tag of a packet that goes out.
const OVERHEAD: u32 = 12 + 16;
/// A receiver whose highest sequence number jumps further has begun anew.
const JUMP: u32 = 1 << 16;

/// The line of a peer over the last two seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Quality {
    /// From the peer to here.
    pub up: Way,
    /// From here to the peer.
    pub down: Way,
    /// There and back, by the peer's reports (RFC 3550 §6.4.1); less than 20 ms counts as that.
    /// None before the first report.
    pub round_trip: Option<Duration>,
    /// Media goes over TCP.
    pub over_tcp: bool,
    /// What the way down carries, in bit/s; none: it has shown no limit.
    pub carries: Option<u64>,
    /// What is wanted and not sent, since the way down does not carry it.
    pub held: Held,
}

/// What a way down is too narrow for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Held {
    /// It carries all pictures, if perhaps not at their best.
    #[default]
    Nothing,
    /// Some small pictures.
    Thumbnails,
    /// The main picture or the presentation.
    Large,
}

/// One direction of a line.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Way {
    /// Share of the media packets that did not arrive when they were first sent, 0 to 1. None when
    /// there were too few to tell.
    pub loss: Option<f64>,
    /// Share of the packets of pictures that repair has not brought either, 0 to 1. Never known of
    /// the way down.
    pub unrepaired: Option<f64>,
    /// Jitter of arrivals (RFC 3550 §6.4.1); of sound where there is some, since a picture's packets
    /// come in bursts on any line.
    pub jitter: Option<Duration>,
    /// Bytes of datagrams a second, without the headers of IP and UDP or TCP.
    pub bytes_per_second: u64,
}

/// What is counted of one stream in one direction, in packets.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    /// Sent, as the sequence numbers tell.
    pub(crate) expected: i64,
    /// Not arrived when first sent.
    pub(crate) missed: i64,
    /// Not arrived at all.
    pub(crate) lost: i64,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.expected += other.expected;
        self.missed += other.missed;
        self.lost += other.lost;
    }
}

/// Counts of one direction, and its jitter.
#[derive(Debug, Default)]
struct Sum {
    all: Count,
    /// Pictures, which can be repaired.
    repairable: Count,
    sound: Option<Duration>,
    picture: Option<Duration>,
}

impl Sum {
    fn add(&mut self, count: Count, is_audio: bool, jitter: Duration) {
        if count.expected <= 0 {
            return;
        }
        self.all += count;
        let slowest = if is_audio {
            &mut self.sound
        } else {
            self.repairable += count;
            &mut self.picture
        };
        *slowest = (*slowest).max(Some(jitter));
    }

    fn way(&self, bytes: u64, seconds: f64) -> Way {
        Way {
            loss: share(self.all.missed, self.all.expected),
            unrepaired: share(self.repairable.lost, self.repairable.expected),
            jitter: self.sound.or(self.picture),
            bytes_per_second: (bytes as f64 / seconds) as u64,
        }
    }
}

/// What came late may be more than what was missed meanwhile.
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole >= FEW).then(|| (part as f64 / whole as f64).clamp(0.0, 1.0))
}

/// Counts what a peer's figures are made of.
#[derive(Debug)]
pub(crate) struct Tally {
    since: Instant,
    bytes_in: u64,
    bytes_resent: u64,
    /// Bytes that the slots had sent when figures were last told; wraps.
    slots_sent: u32,
    round_trip: Option<Duration>,
    /// What the peer reported of its slots. None is here that is not a slot.
    reported: Vec<Reported>,
}

/// What a peer last reported of a slot, and the count since figures were told.
#[derive(Debug)]
struct Reported {
    ssrc: u32,
    highest: u32,
    lost: u32,
    skipped: u32,
    jitter: Duration,
    count: Count,
}

impl Tally {
    /// Nothing is counted yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            since: now,
            bytes_in: 0,
            bytes_resent: 0,
            slots_sent: 0,
            round_trip: None,
            reported: vec![],
        }
    }

    /// A datagram of media, reports or the handshake came.
    pub(crate) fn came(&mut self, bytes: usize) {
        self.bytes_in += bytes as u64;
    }

    /// A packet was sent again.
    pub(crate) fn resent(&mut self, bytes: usize) {
        self.bytes_resent += bytes as u64;
    }

    /// The peer has reported on one of its slots.
    fn note(&mut self, slot: &Slot, block: &ReportBlock) {
        let skipped = slot.skipped();
        let jitter = slot.time_of(block.jitter);
        let Some(known) = self.reported.iter_mut().find(|it| it.ssrc == slot.ssrc) else {
            self.reported.push(Reported {
                ssrc: slot.ssrc,
                highest: block.highest,
                lost: block.lost,
                skipped,
                jitter,
                count: Count::default(),
            });
            return;
        };
        let further = block.highest.wrapping_sub(known.highest);
        if further > u32::MAX / 2 {
            // Overtaken by a newer one.
            return;
        }
        if further < JUMP {
            // 24 bits with a sign, and what comes late makes it less.
            let lost = (block.lost.wrapping_sub(known.lost) << 8) as i32 >> 8;
            let skipped = skipped.wrapping_sub(known.skipped) as i32;
            let missed = i64::from(lost) - i64::from(skipped);
            known.count += Count {
                expected: i64::from(further) - i64::from(skipped),
                missed,
                lost: missed,
            };
        }
        known.highest = block.highest;
        known.lost = block.lost;
        known.skipped = skipped;
        known.jitter = jitter;
    }
}

impl Peer {
    /// Takes in what the peer reports of a stream that it receives.
    pub(crate) fn note_report(&mut self, block: &ReportBlock, round_trip: Option<Duration>) {
        self.tally.round_trip = round_trip.or(self.tally.round_trip);
        if let Some(slot) = self.slots.iter().find(|slot| slot.ssrc == block.ssrc) {
            self.tally.note(slot, block);
        }
    }

    /// The figures since the last time, once they are old enough.
    pub(crate) fn take_quality(&mut self, now: Instant) -> Option<Quality> {
        let passed = now.duration_since(self.tally.since);
        if passed < AT_LEAST {
            return None;
        }
        let seconds = passed.as_secs_f64();
        self.tally.since = now;
        let mut up = Sum::default();
        for stream in self.streams_mut() {
            let count = stream.take_count();
            up.add(count, stream.is_audio(), stream.jitter());
        }
        let sent = self
            .slots
            .iter()
            .fold(0, |sum: u32, slot| sum.wrapping_add(slot.sent(OVERHEAD)));
        let tally = &mut self.tally;
        let mut down = Sum::default();
        for reported in &mut tally.reported {
            let slot = self.slots.iter().find(|slot| slot.ssrc == reported.ssrc);
            let is_audio = slot.is_some_and(|slot| slot.kind.is_audio());
            down.add(
                std::mem::take(&mut reported.count),
                is_audio,
                reported.jitter,
            );
        }
        let went_out = u64::from(sent.wrapping_sub(tally.slots_sent)) + tally.bytes_resent;
        tally.slots_sent = sent;
        tally.bytes_resent = 0;
        let path = self.ice.selected();
        Some(Quality {
            up: up.way(std::mem::take(&mut tally.bytes_in), seconds),
            down: Way {
                unrepaired: None,
                ..down.way(went_out, seconds)
            },
            round_trip: tally.round_trip,
            over_tcp: path.is_some_and(|path| path.protocol == Protocol::Tcp),
            carries: self.estimator.estimate(),
            held: self.held(),
        })
    }

    /// The largest of what its line is too narrow for.
    fn held(&self) -> Held {
        let held = self.slots.iter().filter(|slot| slot.is_held());
        let size = |slot: &Slot| match slot.kind {
            SlotKind::Thumbnail => Held::Thumbnails,
            _ => Held::Large,
        };
        held.map(size).max().unwrap_or_default()
    }
}
