//! What a peer's RTCP may ask for and tell of, however much it is.

use super::{bottleneck::Bottleneck, client::Client, world::World};
use crate::{api::SlotKind, rtcp, twcc::Recorder};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
/// 25 pictures a second.
const FRAME: Duration = Duration::from_millis(40);
/// What is in each packet of a picture.
const PAYLOAD: usize = 1100;

/// Sends a picture of so many packets, the first of which is a key frame.
fn show(client: &mut Client, frame: u16, packets: usize) {
    for part in 0..packets {
        let mut payload = vec![0x80 | u8::from(part == 0) << 4, 0x80];
        payload.extend((frame | 0x8000).to_be_bytes());
        payload.push(u8::from(frame > 0));
        payload.resize(PAYLOAD, 0);
        client.show_part(u32::from(frame) * 3600, part + 1 == packets, &payload);
    }
}

#[test]
fn of_a_datagram_that_asks_for_too_much_the_rest_is_dropped_and_counted() {
    let cases: [(&[u64], u64, u64); 4] = [
        (&[400], 400, 0),
        (&[300, 101], 400, 1),
        (&[1000], 400, 1),
        (&[1000, 1000], 400, 1),
    ];
    for (requests, taken, dropped) in cases {
        let mut world = World::with_clients(2, 121);
        world.plan(Some(0), &[]);
        let main = world.clients[1].slot_ssrc(SlotKind::Main, 0);
        world.clients[1].report(|out| {
            for count in requests {
                let missing: Vec<u64> = (0..*count).collect();
                rtcp::write_nack(out, 1, main, &missing);
            }
        });
        world.run(50 * MS);
        let found = ["nacks_received", "dropped_rtcp_malformed"].map(|name| world.counter(name));
        assert_eq!(found, [taken, dropped], "{requests:?}");
    }
}

/// Writes feedback that tells of so many packets that were never sent.
fn write_lie(out: &mut Vec<u8>, count: u16) {
    let start = rtcp::open_transport_feedback(out);
    out.extend([0; 8]);
    out.extend(20_000u16.to_be_bytes());
    out.extend(count.to_be_bytes());
    out.extend([0; 4]);
    // One run: none of them came.
    out.extend(count.to_be_bytes());
    rtcp::close(out, start);
}

/// What is believed of a line of 300 kbit/s, and how many datagrams were dropped in part, when each that
/// tells of its packets tells so often of a thousand others before.
fn believed(lies: usize) -> (Option<u64>, u64) {
    let mut world = World::with_clients(2, 122);
    world.bottlenecks = vec![(Bottleneck::new(world.now, 300e3), vec![1])];
    world.plan(Some(0), &[]);
    let mut recorder = Recorder::new(world.now);
    for frame in 0..75 {
        show(&mut world.clients[0], frame, 4);
        world.run(FRAME);
        let client = &mut world.clients[1];
        let got = client.got.drain(..).zip(client.numbers.drain(..));
        got.for_each(|(got, number)| recorder.record(got.at, got.ssrc, number));
        client.report(|out| {
            (0..lies).for_each(|_| write_lie(out, 1024));
            recorder.write(out, 1);
        });
    }
    let estimate = world.peer(1).estimator.estimate();
    (estimate, world.counter("dropped_rtcp_malformed"))
}

#[test]
fn of_a_datagram_that_tells_of_more_packets_than_are_remembered_the_rest_is_not_heard() {
    let (estimate, dropped) = believed(1);
    assert!(estimate.is_some_and(|it| it < 400_000), "{estimate:?}");
    assert_eq!(dropped, 0);
    let (estimate, dropped) = believed(2);
    assert_eq!(estimate, None);
    assert!(dropped > 50, "{dropped}");
}

#[test]
fn whoever_asks_for_everything_and_tells_nothing_gets_a_share_of_a_large_line() {
    const RECEIVER: usize = 4;
    let mut world = World::with_clients(RECEIVER + 1, 123);
    world.plan(Some(0), &[]);
    world.thumbnails(RECEIVER as u64, &[1, 2, 3]);
    world.run(50 * MS);
    for source in &mut world.clients[..RECEIVER] {
        show(source, 0, 100);
    }
    world.run(50 * MS);
    let thumbnails = (0..3).map(|nth| (SlotKind::Thumbnail, nth));
    let slots = std::iter::once((SlotKind::Main, 0)).chain(thumbnails);
    let client = &world.clients[RECEIVER];
    let asked = slots.map(|(kind, nth)| {
        let got = client.of_slot(kind, nth);
        let indexes: Vec<u64> = got.iter().map(|got| got.index).collect();
        assert_eq!(indexes.len(), 100);
        (client.slot_ssrc(kind, nth), indexes)
    });
    let asked: Vec<(u32, Vec<u64>)> = asked.collect();
    for _ in 0..40 {
        world.clients[RECEIVER].report(|out| {
            for (slot, indexes) in &asked {
                rtcp::write_nack(out, 1, *slot, indexes);
            }
        });
        world.run(40 * MS);
    }
    // 15 Mbit/s for 1.6 s, and what was kept of a quarter of a second.
    let sent = world.counter("packets_retransmitted") * PAYLOAD as u64 * 8;
    assert!((20_000_000..27_750_000).contains(&sent), "{sent} bits");
}
