use super::*;
use crate::rtcp::{self, Packet};

/// Bytes of a packet on the line.
const SIZE: usize = 1000;

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
