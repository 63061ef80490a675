//! Rubbish and forgeries: dropped, counted, and nobody else notices.

use super::{
    client::CAMERA_SSRC,
    world::{ROOM, World},
};
use crate::{
    api::{JoinError, MediaEvent, PeerId, SlotKind},
    rtcp, rtp,
};
use std::{net::SocketAddr, time::Duration};

const MS: Duration = Duration::from_millis(1);

fn stranger(world: &mut World) -> SocketAddr {
    let port = 1024 + (world.random() % 60_000) as u16;
    SocketAddr::from(([172, 16, 0, 1], port))
}

#[test]
fn rubbish_from_strangers_and_from_a_peers_address_changes_nothing() {
    let mut world = World::with_clients(2, 1);
    world.plan(Some(0), &[0]);
    world.run(50 * MS);
    world.clients[0].show(0, 0, true, 1);
    world.run(50 * MS);
    world.events.clear();
    let tried = 20_000;
    for round in 0..tried {
        let len = (world.random() % 200) as usize;
        let mut datagram: Vec<u8> = (0..len).map(|_| world.random() as u8).collect();
        if let Some(first) = datagram.first_mut() {
            // Each protocol in turn, so that rubbish gets past the first look.
            *first = [0, 22, 128, 144][round % 4] | *first & 1;
        }
        let remote = if round % 2 == 0 {
            stranger(&mut world)
        } else {
            world.clients[0].address
        };
        world.inject(remote, &datagram);
    }
    world.clients[0].show(3000, 1, false, 1);
    world.clients[0].speak(960, 30);
    world.run(100 * MS);
    assert_eq!(world.clients[1].of_slot(SlotKind::Main, 0).len(), 2);
    assert_eq!(world.clients[1].of_slot(SlotKind::Audio, 0).len(), 1);
    assert!(
        !world
            .events
            .iter()
            .any(|event| matches!(event, MediaEvent::Gone { .. }))
    );
    let rows = world.engine.counters().rows();
    let dropped: u64 = rows
        .iter()
        .filter(|(name, _, _)| name.starts_with("dropped_"))
        .map(|row| row.2)
        .sum();
    assert!(
        dropped > tried as u64 / 2,
        "{dropped} of {tried} were counted as dropped"
    );
    println!("malformed datagrams tried: {tried}, panics: 0");
}

#[test]
fn mutated_packets_of_a_peer_are_not_authentic_and_make_no_state() {
    let mut world = World::with_clients(2, 2);
    world.plan(Some(0), &[0]);
    world.run(50 * MS);
    world.clients[0].show(0, 0, true, 1);
    world.clients[0].speak(0, 30);
    world.clients[0].report(|out| rtcp::write_picture_loss(out, 1, CAMERA_SSRC));
    let genuine = std::mem::take(world.clients[0].outgoing());
    let remote = world.clients[0].address;
    for round in 0..5000usize {
        let mut forged = genuine[round % genuine.len()].clone();
        let at = (world.random() as usize) % forged.len();
        forged[at] ^= 1 << (world.random() % 8);
        if round % 3 == 0 {
            forged.truncate(at);
        }
        world.inject(remote, &forged);
    }
    assert!(world.clients[1].got.is_empty());
    assert_eq!(world.counter("packets_forwarded"), 0);
    for datagram in &genuine {
        world.inject(remote, datagram);
    }
    world.run(100 * MS);
    assert_eq!(
        world.clients[1].got.len(),
        2,
        "the genuine ones are taken though forgeries came first"
    );
    for datagram in &genuine {
        world.inject(remote, datagram);
    }
    world.run(100 * MS);
    assert_eq!(world.clients[1].got.len(), 2, "a replay is not");
}

#[test]
fn forged_ssrcs_bind_nothing() {
    let mut world = World::with_clients(1, 3);
    let remote = world.clients[0].address;
    for ssrc in 0..100_000u32 {
        let mut packet = rtp::write_header(false, 96, 1, 1, ssrc).to_vec();
        packet[0] |= 0x10;
        packet.extend([0xbe, 0xde, 0, 1, 0x40, b'1', 0, 0]);
        packet.extend([0; 40]);
        world.inject(remote, &packet);
    }
    assert_eq!(world.counter("dropped_rtp_unauthenticated"), 100_000);
    world.clients[0].show(0, 0, true, 1);
    world.run(100 * MS);
    assert_eq!(
        world.counter("dropped_rtp_unauthenticated"),
        100_000,
        "the genuine SSRC could still be bound"
    );
}

#[test]
fn a_hello_from_an_address_that_was_not_checked_is_dropped() {
    let mut world = World::with_clients(1, 4);
    let mut hello = vec![22, 0xfe, 0xfd];
    hello.extend([0; 60]);
    let remote = stranger(&mut world);
    let before = world.counter("dropped_unknown_address");
    world.inject(remote, &hello);
    assert_eq!(world.counter("dropped_unknown_address"), before + 1);
}

#[test]
fn every_ssrc_of_a_client_counts_its_reports_by_itself() {
    let mut world = World::with_clients(1, 5);
    let remote = world.clients[0].address;
    let mut reports = vec![];
    for ssrc in [1, 2] {
        world.clients[0].restart_report_index();
        world.clients[0].report(|out| rtcp::write_picture_loss(out, ssrc, 9));
        reports.extend(world.clients[0].outgoing().pop());
    }
    for report in &reports {
        world.inject(remote, report);
    }
    assert_eq!(world.counter("dropped_rtcp_unauthenticated"), 0);
    for report in &reports {
        world.inject(remote, report);
    }
    assert_eq!(world.counter("dropped_rtcp_unauthenticated"), 2, "replayed");
}

#[test]
fn mangled_offers_are_answered_or_refused() {
    let mut world = World::with_clients(1, 6);
    let offer = world.clients[0].offer(true);
    let lines: Vec<&str> = offer.split_inclusive("\r\n").collect();
    let (mut answered, mut refused) = (0u64, 0u64);
    for id in 100..5100u64 {
        let mut mangled: Vec<u8> = vec![];
        for line in &lines {
            match world.random() % 60 {
                0 => {}
                1 => mangled.extend(line.repeat(2).bytes()),
                2 => {
                    let start = mangled.len();
                    mangled.extend(line.bytes());
                    let at = start + world.random() as usize % line.len();
                    mangled[at] = world.random() as u8;
                }
                3 => mangled.extend(line.replace(char::is_numeric, "99999999999").bytes()),
                _ => mangled.extend(line.bytes()),
            }
        }
        let text = String::from_utf8_lossy(&mangled);
        let peer = PeerId(id);
        match world.engine.join(world.now, ROOM, peer, &text) {
            Ok(joined) => {
                answered += 1;
                let sections =
                    |sdp: &str| sdp.lines().filter(|line| line.starts_with("m=")).count();
                assert_eq!(sections(&joined.answer), sections(&text), "{text}");
                world.engine.leave(world.now, peer);
            }
            Err(JoinError::BadOffer(_)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(
        answered > 100 && refused > 100,
        "{answered} answered, {refused} refused"
    );
    println!("mangled offers tried: {}, panics: 0", answered + refused);
}

#[test]
fn sound_that_is_replayed_much_later_is_not_heard_again() {
    let mut world = World::with_clients(2, 7);
    world.plan(None, &[0]);
    let remote = world.clients[0].address;
    let mut first = vec![];
    for round in 0..3000u32 {
        world.clients[0].speak(round * 960, 30);
        if round < 10 {
            first.extend(world.clients[0].outgoing().iter().cloned());
        }
        world.run(2 * MS);
        if round % 100 == 99 {
            world.clients[0].check(true);
            world.clients[1].check(true);
        }
    }
    world.run(100 * MS);
    assert_eq!(world.clients[1].of_slot(SlotKind::Audio, 0).len(), 3000);
    for datagram in &first {
        world.inject(remote, datagram);
    }
    world.run(100 * MS);
    assert_eq!(world.clients[1].of_slot(SlotKind::Audio, 0).len(), 3000);
    // They left the window long ago, so nobody knows whether they were there: refused all the same.
    assert_eq!(world.counter("dropped_rtp_duplicate"), first.len() as u64);
}

#[test]
fn a_report_that_asks_for_everything_is_answered_once() {
    let mut world = World::with_clients(2, 8);
    world.plan(Some(0), &[]);
    world.run(50 * MS);
    for frame in 0..200u16 {
        world.clients[0].show(u32::from(frame) * 3000, frame, frame == 0, 3);
        world.run(10 * MS);
    }
    let slot = world.clients[1].slot_ssrc(SlotKind::Main, 0);
    let all = world.clients[1].of_slot(SlotKind::Main, 0);
    let indexes: Vec<u64> = all.iter().map(|got| got.index).collect();
    // A compound as long as a datagram may be, with every packet asked for many times over.
    let remote = world.clients[1].address;
    for _ in 0..50 {
        world.clients[1].report(|out| {
            while out.len() < 1800 {
                let room = (1800 - out.len()) / 2;
                let some = indexes.len().min(room.max(20));
                rtcp::write_nack(out, 1, slot, &indexes[..some]);
            }
        });
        let report = world.clients[1].outgoing().pop().expect("a report");
        world.inject(remote, &report);
    }
    let sent = world.counter("packets_retransmitted");
    assert!(
        sent <= indexes.len() as u64 * 2,
        "{sent} retransmissions of {} packets",
        indexes.len()
    );
}
