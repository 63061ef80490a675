//! Transport-wide numbers of what goes to a receiver.

use super::{
    client::Client,
    world::{ROOM, World},
};
use crate::{
    api::{PeerId, SlotKind},
    rtcp,
    sdp::TRANSPORT_CC_URI,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// A second of sound and pictures of client 0.
fn flow(world: &mut World) {
    for round in 0..50u32 {
        world.clients[0].speak(round * 960, 30);
        world.clients[0].show(round * 1800, round as u16, round == 0, 2);
        world.run(20 * MS);
    }
    world.run(50 * MS);
}

#[test]
fn every_packet_to_a_receiver_has_the_next_number_whatever_slot_it_is_for() {
    let mut world = World::with_clients(2, 71);
    world.plan(Some(0), &[0]);
    world.run(50 * MS);
    flow(&mut world);
    assert_eq!(world.clients[1].of_slot(SlotKind::Audio, 0).len(), 50);
    // A retransmission is numbered too.
    let main = world.clients[1].slot_ssrc(SlotKind::Main, 0);
    let index = world.clients[1].of_slot(SlotKind::Main, 0)[60].index;
    world.clients[1].report(|out| rtcp::write_nack(out, 1, main, &[index]));
    world.run(100 * MS);
    assert_eq!(world.counter("packets_retransmitted"), 1);
    let expected: Vec<u16> = (0..151).collect();
    assert_eq!(world.clients[1].numbers, expected);
}

/// Lets a client in that knows no numbers where it receives. Returns its answer.
fn join_unnumbered(world: &mut World) -> String {
    let id = world.clients.len();
    let gcm = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
    let mut client = Client::new(5000 + id as u16, vec![gcm]);
    let offer = client.offer(false);
    let (sent, received) = offer.split_at(offer.find("a=mid:2").expect("the first slot"));
    let kept = received
        .split_inclusive("\r\n")
        .filter(|line| !line.contains(TRANSPORT_CC_URI));
    let offer = kept.fold(sent.to_owned(), |offer, line| offer + line);
    let joined = world
        .engine
        .join(world.now, ROOM, PeerId(id as u64), &offer);
    let joined = joined.expect("an answer");
    let answer = joined.answer.clone();
    client.set_answer(joined);
    client.check(true);
    world.clients.push(client);
    world.run(1000 * MS);
    answer
}

#[test]
fn a_receiver_that_does_not_know_numbers_gets_none() {
    let mut world = World::with_clients(1, 72);
    let answer = join_unnumbered(&mut world);
    let (sending, slots): (Vec<_>, Vec<_>) = answer
        .split("m=")
        .skip(1)
        .partition(|section| section.contains("a=recvonly"));
    let numbered =
        |section: &&str| section.contains(TRANSPORT_CC_URI) && section.contains(" transport-cc");
    assert!(slots.iter().all(|section| !section.contains("transport")));
    assert!(
        sending.iter().all(numbered),
        "what it sends is numbered all the same"
    );
    world.plan(Some(0), &[0]);
    world.run(50 * MS);
    flow(&mut world);
    assert_eq!(world.clients[1].of_slot(SlotKind::Main, 0).len(), 100);
    assert!(world.clients[1].numbers.is_empty());
}
