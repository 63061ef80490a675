//! What happens to one shard when something goes wrong on the other, or between them.

use super::{Camera, MAIN, MS, assert_whole, heard_by, main_of, pair::Pair};
use crate::{
    allocations,
    api::{MediaEvent, PeerId, RoomId, SlotKind},
    crossing::ShardId,
    engine::{POISONED, tests::world::LOCAL},
    outbox::{Path, Protocol},
    rtcp,
};

fn gone(events: &[MediaEvent]) -> Vec<PeerId> {
    let gone = |event: &MediaEvent| match event {
        MediaEvent::Gone { peer } => Some(*peer),
        _ => None,
    };
    events.iter().filter_map(gone).collect()
}

fn emptied(events: &[MediaEvent], receiver: u64) -> usize {
    let is_it = |event: &&MediaEvent| {
        matches!(event, MediaEvent::Slot { peer, mid, source: None, .. }
            if *peer == PeerId(receiver) && mid == MAIN)
    };
    events.iter().filter(is_it).count()
}

#[test]
fn a_publisher_that_leaves_leaves_the_slots_of_both_shards() {
    let mut pair = Pair::new(&[0, 0, 1], &[]);
    pair.plan(Some(0), &[0]);
    Camera::new(0, false).run(&mut pair, 20);
    assert!(!main_of(&pair, 2).is_empty());
    pair.leave(0);
    pair.run(MS);
    assert_eq!(emptied(&pair.events[0], 1), 1);
    assert_eq!(emptied(&pair.events[1], 2), 1);
    let peers = [0, 1].map(|shard| pair.engines[shard].peers());
    assert_eq!(peers, [1, 1]);
    assert_eq!(gone(&pair.events[1]), [], "only its own shard may say so");
}

#[test]
fn a_defect_on_one_shard_leaves_the_other_alone() {
    let mut pair = Pair::new(&[0, 0, 1], &[]);
    pair.plan(Some(0), &[]);
    let mut camera = Camera::new(0, false);
    camera.run(&mut pair, 20);
    // The conference goes down on the receivers' shard.
    pair.join(1, POISONED, false);
    camera.run(&mut pair, 20);
    assert_eq!(pair.counter(1, "panics_contained"), 1);
    assert_eq!(pair.counter(0, "panics_contained"), 0);
    assert_eq!(gone(&pair.events[1]), [PeerId(2), POISONED]);
    assert_eq!(gone(&pair.events[0]), []);
    assert_whole(&main_of(&pair, 1));
    assert!(main_of(&pair, 1).len() > 70, "it has missed nothing");
    let crossed = pair.counter(0, "packets_crossed");
    camera.run(&mut pair, 20);
    assert_eq!(
        pair.counter(0, "packets_crossed"),
        crossed,
        "nobody is there"
    );
    // Whoever was thrown out comes again.
    let again = pair.join(1, PeerId(4), false);
    pair.plan(Some(0), &[]);
    pair.run(500 * MS);
    camera.run(&mut pair, 20);
    assert_whole(&main_of(&pair, again));
}

#[test]
fn a_defect_on_the_shard_of_the_source_empties_the_slots_over_there() {
    let mut pair = Pair::new(&[0, 1, 1], &[]);
    pair.plan(Some(0), &[2]);
    Camera::new(0, false).run(&mut pair, 20);
    pair.join(0, POISONED, false);
    pair.run(500 * MS);
    assert_eq!(pair.counter(0, "panics_contained"), 1);
    assert_eq!(gone(&pair.events[0]), [PeerId(0), POISONED]);
    assert_eq!(gone(&pair.events[1]), []);
    assert_eq!(emptied(&pair.events[1], 1), 1);
    for round in 0..20 {
        pair.clients[2].speak(round * 960, 30);
        pair.run(20 * MS);
    }
    assert!(heard_by(&pair, 1) > 15, "they still hear each other");
}

#[test]
fn another_conference_on_the_same_shards_feels_nothing_of_it() {
    let mut pair = Pair::new(&[0, 1], &[]);
    pair.plan(Some(0), &[]);
    let mut camera = Camera::new(0, false);
    camera.run(&mut pair, 10);
    pair.join_room(1, RoomId(2), POISONED, false);
    camera.run(&mut pair, 20);
    assert_eq!(pair.counter(1, "panics_contained"), 1);
    assert_eq!(gone(&pair.events[1]), [POISONED]);
    assert_whole(&main_of(&pair, 1));
    assert!(main_of(&pair, 1).len() > 50);
}

#[test]
fn a_shard_that_does_not_keep_up_loses_pictures_before_sound() {
    let mut pair = Pair::new(&[0, 0, 1], &[]);
    pair.plan(Some(0), &[0]);
    let mut camera = Camera::new(0, false);
    camera.run(&mut pair, 10);
    let (before, mut round) = (heard_by(&pair, 2), 0);
    pair.stuck = Some(1);
    for _ in 0..2000u32 {
        if round % 10 == 0 {
            pair.clients[0].speak(round / 10 * 960, 30);
        }
        let big = [&[0x90, 0x80, 0x80, 1, 1][..], &[0; 1000]].concat();
        pair.clients[0].show_part(30_000 + round, true, &big);
        round += 1;
        pair.run(2 * MS);
    }
    assert!(pair.counter(0, "crossing_dropped_pictures") > 1000);
    assert_eq!(pair.counter(0, "crossing_dropped_sound"), 0);
    assert!(
        main_of(&pair, 1).len() > 1900,
        "its own receivers miss nothing"
    );
    pair.stuck = None;
    pair.run(100 * MS);
    assert_eq!(heard_by(&pair, 2), before + 200, "all the sound is there");
    // The receiver asks for a key frame, and goes on.
    let slot = pair.clients[2].slot_ssrc(SlotKind::Main, 0);
    pair.clients[2].report(|out| rtcp::write_picture_loss(out, 1, slot));
    pair.run(100 * MS);
    assert!(camera.count(&pair) > camera.asked);
}

#[test]
fn to_cross_takes_no_memory() {
    let mut pair = Pair::new(&[0, 1, 1], &[]);
    pair.plan(Some(0), &[0]);
    Camera::new(0, false).run(&mut pair, 5);
    let path = Path {
        protocol: Protocol::Udp,
        local: LOCAL,
        remote: pair.clients[0].address,
    };
    let (mut taken, mut copies) = (0, 0);
    // The store of the newest packets fills up first.
    for step in 0..1000u32 {
        pair.clients[0].show(15_000 + step * 900, (5 + step) as u16, false, 1);
        let now = pair.now;
        let [home, other] = &mut pair.engines;
        for mut datagram in pair.clients[0].outgoing().drain(..) {
            let count = allocations::of(|| {
                home.handle_datagram(now, path, &mut datagram);
                home.settle_crossings(now);
                let said = home.crossings(ShardId(1)).expect("a shard");
                for nth in 0..said.len() {
                    let (message, payload) = said.get(nth).expect("said");
                    other.handle_crossing(now, ShardId(0), message, payload);
                }
                said.clear();
                other.settle_crossings(now);
            });
            if step >= 700 {
                taken += count;
                copies += other.outbox().iter().count();
            }
            home.outbox().clear();
            other.outbox().clear();
        }
        pair.now += MS;
    }
    assert_eq!(copies, 600, "two receivers over there");
    assert_eq!(taken, 0);
}
