//! How much the line to a receiver carries, found by the receiver's transport-wide feedback
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01) as draft-ietf-rmcat-gcc-02 does it: by delay
//! and by loss, with probes. Time is an argument, and nothing is allocated for a packet.
//!
//! `rtc_interceptor::Gcc` takes time as an argument too, but is not used. What it believes of a line rises
//! without end while little is sent, and an SFU sends what there is, not what it may: nothing would ever
//! be too much. Its filter compares the growth of the delay from one group to the next with a threshold
//! of 6 ms at least, so that an overload of a tenth fills any queue unseen. Its history has three hash
//! maps for a peer and a `Vec` for each feedback.

mod delay;
mod loss;
mod pacer;
mod probe;
mod rate;
mod received;
mod repair;
mod sent;
#[cfg(test)]
mod tests;

use crate::{allocator::Budget, rtcp::TransportFeedback, rtp::TransportNumber};
use delay::{Delay, Signal};
use loss::{Loss, Verdict};
pub(crate) use pacer::Pacer;
use probe::Prober;
use rate::Rate;
use received::Received;
use repair::Repair;
pub(crate) use sent::CAPACITY;
use sent::Sent;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// What the line carries beside a datagram: headers of IPv4 and UDP.
pub(crate) const DATAGRAM_OVERHEAD: usize = 28;

/// While a queue is longer than this, in microseconds, less is sent than the line carries …
const DRAINED_FROM: f64 = 500_000.0;
/// … until it is no longer than this.
const DRAINED_TO: f64 = 100_000.0;
/// A probe does not make a longer queue than this, in microseconds.
const PROBED: f64 = 200_000.0;
/// How much less.
const WHILE_DRAINING: f64 = 0.5;
/// Feedback is waited for no longer than this, in microseconds: after that nothing more comes.
const FEEDBACK_WITHIN: i64 = 1_000_000;
/// What a line counts as, in bit/s, that has shown no limit: whoever asks for everything again, and tells
/// nothing of what comes, gets no more than a share of it.
const UNSHOWN: f64 = 50e6;

/// The line to one receiver.
#[derive(Debug)]
pub(crate) struct Estimator {
    epoch: Instant,
    next: u64,
    /// Begins with the first feedback. A receiver without feedback costs nothing and is not limited.
    line: Option<Box<Line>>,
    repair: Repair,
}

#[derive(Debug)]
struct Line {
    sent: Sent,
    received: Received,
    delay: Delay,
    loss: Loss,
    rate: Rate,
    probe: Prober,
    /// When the last packet was sent.
    last_sent: i64,
    /// The newest arrival, on the receiver's clock.
    clock: Option<i64>,
    /// From sending a packet to the feedback on it, in seconds.
    response: f64,
    drains: bool,
    /// What feedback that was lost told of, and no arrival has been told since.
    untold: Untold,
}

/// Bytes whose feedback was lost, and how many packets the feedback after that told of.
#[derive(Debug, Default)]
struct Untold {
    bytes: u64,
    told: u64,
}

impl Estimator {
    /// Nothing is known; times are counted from `epoch`.
    pub(crate) fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            next: 0,
            line: None,
            repair: Repair::default(),
        }
    }

    /// The transport-wide number of the next packet, if it goes to a section with the extension `id`.
    pub(crate) fn number(&self, id: Option<u8>) -> Option<TransportNumber> {
        let sequence = self.next as u16;
        id.map(|id| TransportNumber { id, sequence })
    }

    /// Notes that a packet with that number was sent as a datagram of so many bytes. One without a
    /// number is not told of by the receiver. It may have waited for its turn here, or gone ahead of
    /// others that did: it then belongs to those before it.
    pub(crate) fn sent(
        &mut self,
        now: Instant,
        number: Option<TransportNumber>,
        bytes: usize,
        waited: bool,
    ) {
        if number.is_none() {
            return;
        }
        self.next += 1;
        if let Some(line) = &mut self.line {
            let at = now.duration_since(self.epoch).as_micros() as i64;
            line.last_sent = at;
            line.sent.push(at, bytes + DATAGRAM_OVERHEAD, waited);
            line.probe.sent(bytes + DATAGRAM_OVERHEAD);
        }
    }

    /// Notes that the packet with that number was sent again as it was: it is lost, and when it comes says
    /// nothing of the line.
    pub(crate) fn sent_again(&mut self, number: Option<TransportNumber>) {
        if let (Some(line), Some(number)) = (&mut self.line, number) {
            line.sent.push_again(number.sequence);
        }
    }

    /// Whether a packet may be sent again now: while there is no queue, nearly always. Where something
    /// `waits` for its turn here, the queue is ours.
    pub(crate) fn may_repair(&mut self, now: Instant, waits: bool, is_small: bool) -> bool {
        let now = self.micros(now);
        let line = self.line.as_ref();
        let full = line.filter(|line| waits || !line.delay.is_short());
        let rate = full.and_then(|line| line.rate.estimate());
        self.repair.is_due(now, rate.unwrap_or(UNSHOWN), is_small)
    }

    /// Notes that one was, in so many bytes.
    pub(crate) fn repaired(&mut self, bytes: usize) {
        self.repair.sent(bytes + DATAGRAM_OVERHEAD);
    }

    /// Reads where [`Self::sent`] will write, to no end but that: as near as the peer itself, …
    pub(crate) fn touch(&self) {
        black_box((self.next, self.line.is_some()));
    }

    /// … one step further, …
    pub(crate) fn touch_line(&self) {
        if let Some(line) = &self.line {
            black_box((line.sent.next(), line.probe.is_on()));
        }
    }

    /// … and two.
    pub(crate) fn touch_entry(&self) {
        if let Some(line) = &self.line {
            line.sent.touch();
        }
    }

    /// The receiver is reached on another path: that line has not shown anything yet.
    pub(crate) fn moved(&mut self) {
        self.line = None;
    }

    /// Takes in what the receiver says of no more than [`CAPACITY`] packets. Returns whether something was
    /// learnt.
    pub(crate) fn hear(&mut self, now: Instant, feedback: TransportFeedback<'_>) -> bool {
        let now = self.micros(now);
        let next = self.next;
        let line = self.line.get_or_insert_with(|| Box::new(Line::new(next)));
        line.hear(now, feedback)
    }

    /// What may be sent; none: the line has shown no limit.
    pub(crate) fn budget(&self, now: Instant) -> Option<Budget> {
        let line = self.line.as_ref()?;
        let factor = if line.drains { WHILE_DRAINING } else { 1.0 };
        Some(Budget {
            rate: (line.rate.estimate()? * factor) as u64,
            is_quiet: line.is_quiet(self.micros(now)),
        })
    }

    /// Whether a queue stands before it.
    pub(crate) fn is_queued(&self) -> bool {
        self.line
            .as_ref()
            .is_some_and(|line| !line.delay.is_short())
    }

    /// What the line carries, in bit/s; none: it has shown no limit.
    pub(crate) fn estimate(&self) -> Option<u64> {
        self.line.as_ref()?.rate.estimate().map(|rate| rate as u64)
    }

    /// Looks whether the line carries more, up to `wanted` bit/s, unless it is too soon. The padding
    /// for that is then asked for by [`Self::padding`].
    pub(crate) fn probe(&mut self, now: Instant, wanted: u64) {
        let now = self.micros(now);
        let Some(line) = &mut self.line else {
            return;
        };
        let wanted = wanted as f64;
        if let Some(estimate) = line.rate.estimate().filter(|it| *it < wanted)
            && line.is_quiet(now)
        {
            let first = line.sent.next();
            line.probe.begin(now, first, estimate, wanted);
        }
    }

    /// How many bytes of padding are to be sent now.
    pub(crate) fn padding(&mut self, now: Instant) -> u64 {
        let now = self.micros(now);
        self.line.as_mut().map_or(0, |line| {
            let next = line.sent.next();
            line.probe.owed(now, next)
        })
    }

    /// When [`Self::padding`] is to be asked.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let due = self.line.as_ref()?.probe.due()?;
        Some(self.epoch + Duration::from_micros(due.max(0) as u64))
    }

    fn micros(&self, now: Instant) -> i64 {
        now.duration_since(self.epoch).as_micros() as i64
    }
}

impl Line {
    fn new(next: u64) -> Self {
        Self {
            sent: Sent::new(next),
            received: Received::default(),
            delay: Delay::default(),
            loss: Loss::default(),
            rate: Rate::default(),
            probe: Prober::default(),
            last_sent: 0,
            clock: None,
            response: 0.1,
            drains: false,
            untold: Untold::default(),
        }
    }

    fn hear(&mut self, now: i64, feedback: TransportFeedback<'_>) -> bool {
        self.untold.bytes += u64::from(self.sent.skip_to(feedback.first));
        let (mut arrived, mut first) = (0, None);
        let mut newest = None;
        for (sequence, arrival) in feedback.arrivals() {
            self.untold.told += 1;
            let Some(packet) = self.sent.tell(now, sequence, arrival.is_some()) else {
                continue;
            };
            let Some(arrival) = arrival.map(|arrival| self.unwound(arrival)) else {
                continue;
            };
            arrived += 1;
            first.get_or_insert(arrival);
            self.received.note(arrival, packet.size);
            self.delay.arrived(packet.at, arrival, packet.waited);
            self.probe.arrived(packet.index, arrival, packet.size);
            newest = newest.max(Some(packet.at));
        }
        let (Some(newest), Some(first)) = (newest, first) else {
            return false;
        };
        // Packets whose feedback was lost arrived about as these do, and as many of them did.
        let Untold { bytes, told } = std::mem::take(&mut self.untold);
        let bytes = bytes * arrived / told;
        self.received
            .note(first, u32::try_from(bytes).unwrap_or(u32::MAX));
        self.response += 0.2 * ((now - newest) as f64 / 1e6 - self.response);
        self.decide(now);
        true
    }

    /// There is no queue, and the last decrease has been seen to work; or nothing has been sent for so long
    /// that nothing more will be told.
    fn is_quiet(&self, now: i64) -> bool {
        now > self.last_sent + FEEDBACK_WITHIN
            || self.delay.is_short() && self.rate.is_answered(self.sent.newest_arrived())
    }

    fn decide(&mut self, now: i64) {
        let fates = self.sent.judge(now);
        let signal = self.delay.judge();
        let losses = self.loss.note(now, fates, !self.delay.is_short());
        let queue = self.delay.queue();
        self.drains = queue
            > if self.drains {
                DRAINED_TO
            } else {
                DRAINED_FROM
            };
        // The queue that a probe makes ends by itself.
        let is_probe = self.probe.is_on() && queue < PROBED;
        let answered = self.rate.is_answered(self.sent.newest_arrived());
        if signal == Signal::Full && answered && !is_probe {
            self.rate.is_full(now, self.received.now());
            self.loss.is_explained();
            self.probe.stop(now);
        } else if losses == Verdict::TooMuch {
            let is_queued = !self.delay.is_short();
            self.rate.loses(now, self.received.lately(), is_queued);
            self.probe.stop(now);
        } else if losses == Verdict::Usual && self.rate.has_spared() && self.loss.is_heavy() {
            // A line that drops what it does not carry keeps no queue, and what arrives is little by that.
            self.loss.try_less();
            self.rate.loses(now, self.received.lately(), true);
            self.probe.stop(now);
        } else if losses == Verdict::Usual {
            self.rate.loses_always();
        } else if signal == Signal::Normal && self.delay.is_short() {
            self.rate
                .is_well(now, self.received.lately(), self.response);
        }
        let estimate = self.rate.estimate().unwrap_or_default();
        if let Some(carried) = self.probe.judge(now, self.sent.told(), estimate) {
            self.rate.is_shown(carried);
        }
    }

    /// The receiver's clock comes round; the nearer way decides.
    fn unwound(&mut self, arrival: i64) -> i64 {
        let newest = self.clock.unwrap_or(arrival);
        let ahead = (arrival - newest).rem_euclid(TransportFeedback::TURN);
        let unwound = if ahead < TransportFeedback::TURN / 2 {
            newest + ahead
        } else {
            newest + ahead - TransportFeedback::TURN
        };
        self.clock = Some(newest.max(unwound));
        unwound
    }
}
