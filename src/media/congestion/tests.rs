use super::*;
use crate::{
    rtcp::{self, Packet},
    twcc::Recorder,
};
use std::collections::VecDeque;

const MS: Duration = Duration::from_millis(1);
/// Bytes of a packet on the line.
const SIZE: usize = 1000;

/// A receiver behind a line that keeps so much, and drops the rest.
struct Scene {
    now: Instant,
    estimator: Estimator,
    recorder: Recorder,
    /// Bit/s.
    rate: f64,
    deepest: Duration,
    free: Instant,
    under_way: VecDeque<(Instant, u16)>,
    sent: u32,
    lost: u32,
    credit: f64,
}

impl Scene {
    fn new(rate: f64, deepest: Duration) -> Self {
        let now = Instant::now();
        Self {
            now,
            estimator: Estimator::new(now),
            recorder: Recorder::new(now),
            rate,
            deepest,
            free: now,
            under_way: VecDeque::new(),
            sent: 0,
            lost: 0,
            credit: 0.0,
        }
    }

    /// Sends as much as is wanted, in bit/s, and no more than may be. Returns what share is lost.
    fn run(&mut self, seconds: u32, wanted: f64) -> f64 {
        (self.sent, self.lost) = (0, 0);
        for _ in 0..seconds * 1000 {
            self.now += MS;
            let budget = self.estimator.budget(self.now);
            let rate = budget.map_or(wanted, |budget| wanted.min(budget.rate as f64));
            self.credit += rate / 1000.0;
            while self.credit > 0.0 {
                self.credit -= SIZE as f64 * 8.0;
                self.send();
            }
            self.listen();
        }
        f64::from(self.lost) / f64::from(self.sent)
    }

    fn send(&mut self) {
        let number = self.estimator.number(Some(1)).expect("an extension");
        let bytes = SIZE - DATAGRAM_OVERHEAD;
        self.estimator.sent(self.now, Some(number), bytes, false);
        self.sent += 1;
        self.free = self.free.max(self.now);
        if self.free - self.now > self.deepest {
            self.lost += 1;
            return;
        }
        self.free += Duration::from_secs_f64(SIZE as f64 * 8.0 / self.rate);
        self.under_way.push_back((self.free, number.sequence));
    }

    fn listen(&mut self) {
        while let Some((at, number)) = self.under_way.front().copied()
            && at <= self.now
        {
            self.recorder.record(at, 1, number);
            self.under_way.pop_front();
        }
        if self.recorder.deadline().is_some_and(|due| due <= self.now) {
            let mut out = vec![];
            self.recorder.write(&mut out, 1);
            read(&out, |feedback| {
                self.estimator.hear(self.now, feedback);
            });
        }
    }
}

fn read(compound: &[u8], mut each: impl FnMut(TransportFeedback<'_>)) {
    let whole = rtcp::read(compound, |packet| {
        if let Packet::Arrivals(feedback) = packet {
            each(feedback);
        }
    });
    assert!(whole);
}

/// Feedback on packets from `first` on, of which all or none arrived, one each 250 µs from 64 ms on.
fn feedback(first: u16, count: u16, arrived: bool) -> Vec<u8> {
    let mut out = vec![];
    let start = rtcp::open_transport_feedback(&mut out);
    out.extend([0, 0, 0, 1, 0, 0, 0, 2]);
    out.extend(first.to_be_bytes());
    out.extend(count.to_be_bytes());
    out.extend([0, 0, 1, 9]);
    out.extend((u16::from(arrived) << 13 | count).to_be_bytes());
    out.resize(out.len() + usize::from(count) * usize::from(arrived), 1);
    while !out.len().is_multiple_of(4) {
        out.push(0);
    }
    rtcp::close(&mut out, start);
    out
}

#[test]
fn a_line_that_becomes_thin_and_keeps_nothing_is_found() {
    for keeps in [0, 10, 35] {
        let mut scene = Scene::new(3e6, 200 * MS);
        scene.run(5, 4e6);
        let before = scene.estimator.estimate().expect("it was full");
        assert!(before > 2_500_000, "{before}");
        (scene.rate, scene.deepest) = (1.2e6, keeps * MS);
        scene.run(10, 4e6);
        let lost = scene.run(10, 4e6);
        let found = scene.estimator.estimate().expect("limited");
        assert!(
            lost < 0.1 && found < 1_400_000,
            "{keeps} ms: {lost}, {found} bit/s"
        );
    }
}

#[test]
fn what_lost_feedback_told_of_is_counted_when_something_arrives() {
    let mut line = Line::new(0);
    for nth in 0..50 {
        line.sent.push(nth, SIZE, false);
    }
    let mut hear = |first, count, arrived| {
        let mut learnt = false;
        let compound = feedback(first, count, arrived);
        read(&compound, |feedback| learnt = line.hear(100_000, feedback));
        learnt
    };
    assert!(hear(0, 5, true));
    // Fifteen were told of by feedback that was lost, of four that came after them nothing arrived.
    assert!(!hear(20, 4, false));
    assert!(hear(24, 10, true));
    // The newest piece is not over; one behind it ends it.
    line.received.note(64_000 + 10 * 32_000, 1);
    let bytes = line.received.lately() * 10.0 * 32_000.0 / 8e6;
    let expected = 15_000.0 + 15_000.0 * 10.0 / 14.0;
    assert!((bytes - expected).abs() < 1.0, "{bytes}");
}
