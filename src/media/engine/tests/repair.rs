//! When what a receiver has lost goes out again.

use super::world::World;
use crate::{api::SlotKind, rtcp};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const RECEIVER: usize = 1;

/// How often a packet was sent again, each millisecond after it was asked for.
fn sent_again(round_trip: Duration) -> Vec<u64> {
    let mut world = World::with_clients(2, 41);
    world.plan(Some(0), &[]);
    world.run(50 * MS);
    world.clients[0].show(0, 0, true, 3);
    world.run(50 * MS);
    let receiver = world.engine.places[RECEIVER].as_deref_mut();
    receiver.expect("a peer").round_trip.note(round_trip);
    let client = &mut world.clients[RECEIVER];
    let ssrc = client.slot_ssrc(SlotKind::Main, 0);
    let newest = client
        .of_slot(SlotKind::Main, 0)
        .last()
        .expect("it came")
        .index;
    client.report(|out| rtcp::write_nack(out, 1, ssrc, &[newest]));
    world.run(9 * MS);
    let count = (0..200).map(|_| {
        world.run(MS);
        world.counter("packets_retransmitted")
    });
    count.collect()
}

#[test]
fn on_a_long_line_it_goes_out_once_more_when_a_burst_of_losses_is_over() {
    let count = sent_again(120 * MS);
    assert_eq!(count[..30], [1; 30], "the first at once");
    assert_eq!(count[30..], [2; 170], "the second behind it, and no third");
}

#[test]
fn on_a_short_line_it_goes_out_once() {
    assert_eq!(sent_again(40 * MS), [1; 200]);
}
