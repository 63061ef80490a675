//! Sound that is sent again, the gate before that, and what a publisher is told of losses.

use super::{
    client::{Client, MICROPHONE_SSRC},
    world::{GOOD, Line, ROOM, World},
};
use crate::{
    api::{PeerId, SlotKind},
    far_end::with_nack_of_sound,
    rtcp::{self, ReportBlock},
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const SOURCE: usize = 0;
const RECEIVER: usize = 1;
const DEAD: Line = Line {
    loss_percent: 100,
    ..GOOD
};

/// A source that is heard, and so many receivers, all of which have NACK for sound.
fn heard_by(receivers: usize) -> World {
    let mut world = World::new(1);
    for id in 0..=receivers {
        let profiles = vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        let mut client = Client::new(5000 + id as u16, profiles);
        let offer = with_nack_of_sound(&client.offer(false));
        let joined = world
            .engine
            .join(world.now, ROOM, PeerId(id as u64), &offer);
        client.set_answer(joined.expect("an answer"));
        client.check(true);
        world.clients.push(client);
    }
    world.run(2000 * MS);
    assert!(world.clients.iter().all(Client::is_connected));
    world.plan(None, &[SOURCE as u64]);
    world
}

/// Says so many packets, from the `first` on.
fn say(world: &mut World, first: u32, count: u32) {
    for number in first..first + count {
        world.clients[SOURCE].speak(number * 960, 30);
        world.run(20 * MS);
    }
}

/// Which packets a receiver has, in the order in which they came.
fn got(world: &World) -> Vec<u32> {
    let got = world.clients[RECEIVER].of_slot(SlotKind::Audio, 0);
    got.iter().map(|got| got.timestamp / 960).collect()
}

fn ask(world: &mut World) {
    let receiver = &mut world.clients[RECEIVER];
    let slot = receiver.slot_ssrc(SlotKind::Audio, 0);
    receiver.nack_missing(slot);
    world.run(100 * MS);
}

#[test]
fn what_a_receiver_has_lost_comes_again_under_its_own_number() {
    let mut world = heard_by(1);
    say(&mut world, 0, 3);
    world.only = Some(RECEIVER);
    world.line = DEAD;
    say(&mut world, 3, 2);
    world.line = GOOD;
    say(&mut world, 5, 1);
    assert_eq!(got(&world), [0, 1, 2, 5]);
    ask(&mut world);
    assert_eq!(got(&world), [0, 1, 2, 5, 3, 4]);
    assert_eq!(world.clients[RECEIVER].not_authentic, 0);
    assert_eq!(world.counter("packets_retransmitted"), 2);
}

#[test]
fn nothing_comes_again_through_a_closed_gate() {
    let mut world = heard_by(1);
    say(&mut world, 0, 3);
    world.only = Some(RECEIVER);
    world.line = DEAD;
    say(&mut world, 3, 2);
    world.line = GOOD;
    say(&mut world, 5, 1);
    world.plan(None, &[]);
    ask(&mut world);
    world.plan(None, &[SOURCE as u64]);
    ask(&mut world);
    assert_eq!(got(&world), [0, 1, 2, 5]);
    assert_eq!(world.counter("packets_retransmitted"), 0);
}

#[test]
fn a_publisher_is_asked_for_what_is_heard_and_only_for_that() {
    for heard in [true, false] {
        let mut world = heard_by(1);
        if !heard {
            world.plan(None, &[]);
        }
        say(&mut world, 0, 3);
        world.only = Some(SOURCE);
        world.line = DEAD;
        say(&mut world, 3, 2);
        world.line = GOOD;
        say(&mut world, 5, 50);
        let asked = world.counter("nacks_sent");
        // Each of the two is asked for three times, with an echo, as this client does not answer.
        assert_eq!(asked, if heard { 12 } else { 0 });
    }
}

/// What the source was last told of the loss of its sound, in 256ths, when so many of twenty receivers
/// say that they lose half of it.
fn told(bad: usize) -> u8 {
    let mut world = heard_by(20);
    for second in 0..3 {
        say(&mut world, second * 50, 50);
        for id in RECEIVER..=20 {
            let client = &mut world.clients[id];
            let block = ReportBlock {
                ssrc: client.slot_ssrc(SlotKind::Audio, 0),
                fraction_lost: if id <= bad { 128 } else { 0 },
                lost: 0,
                highest: 0,
                jitter: 0,
                last_sr: 0,
                since_last_sr: 0,
            };
            client.report(|out| rtcp::write_receiver_report(out, 1, &[block]));
        }
    }
    say(&mut world, 150, 60);
    let mut told = None;
    for compound in &world.clients[SOURCE].reports {
        rtcp::read(compound, |packet| {
            if let rtcp::Packet::Report(block) = packet
                && block.ssrc == MICROPHONE_SSRC
            {
                assert_eq!(block.lost, 0, "nothing was lost on its own line");
                told = Some(block.fraction_lost);
            }
        });
    }
    told.expect("a report")
}

#[test]
fn a_publisher_is_told_what_its_hearers_lose_but_not_of_a_few_bad_lines() {
    assert_eq!(told(0), 0);
    assert_eq!(told(2), 0);
    assert_eq!(told(3), 64, "a quarter at most");
}
