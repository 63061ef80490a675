//! Sound that is sent again, the gate before that, and what a publisher is told of losses.

use super::{
    client::{Client, MICROPHONE_SSRC},
    world::{GOOD, Line, World},
};
use crate::{
    api::SlotKind,
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
    world.change_offer = |offer| with_nack_of_sound(&offer);
    for _ in 0..=receivers {
        world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
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

/// Says six packets, the fourth and the fifth of which are lost on the line of one of them.
fn lose_two(world: &mut World, client: usize) {
    say(world, 0, 3);
    world.only = Some(client);
    world.line = DEAD;
    say(world, 3, 2);
    world.line = GOOD;
    say(world, 5, 1);
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
    lose_two(&mut world, RECEIVER);
    assert_eq!(got(&world), [0, 1, 2, 5]);
    ask(&mut world);
    assert_eq!(got(&world), [0, 1, 2, 5, 3, 4]);
    assert_eq!(world.clients[RECEIVER].not_authentic, 0);
    assert_eq!(world.counter("packets_retransmitted"), 2);
}

#[test]
fn nothing_comes_again_through_a_closed_gate() {
    let mut world = heard_by(1);
    lose_two(&mut world, RECEIVER);
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
        lose_two(&mut world, SOURCE);
        say(&mut world, 6, 49);
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
            report_loss(&mut world.clients[id], if id <= bad { 128 } else { 0 });
        }
    }
    say(&mut world, 150, 60);
    told_loss(&world.clients[SOURCE]).expect("a report")
}

/// A receiver says that it loses so much of the sound that it hears, in 256ths.
pub(super) fn report_loss(client: &mut Client, fraction_lost: u8) {
    let block = ReportBlock {
        ssrc: client.slot_ssrc(SlotKind::Audio, 0),
        fraction_lost,
        lost: 0,
        highest: 0,
        jitter: 0,
        last_sr: 0,
        since_last_sr: 0,
    };
    client.report(|out| rtcp::write_receiver_report(out, 1, &[block]));
}

/// What a source whose line loses nothing was last told of the loss of its sound, in 256ths.
pub(super) fn told_loss(client: &Client) -> Option<u8> {
    let mut told = None;
    for compound in &client.reports {
        rtcp::read(compound, |packet| {
            if let rtcp::Packet::Report(block) = packet
                && block.ssrc == MICROPHONE_SSRC
            {
                assert_eq!(block.lost, 0, "nothing was lost on its own line");
                told = Some(block.fraction_lost);
            }
        });
    }
    told
}

#[test]
fn a_publisher_is_told_what_its_hearers_lose_but_not_of_a_few_bad_lines() {
    assert_eq!(told(0), 0);
    assert_eq!(told(2), 0);
    assert_eq!(told(3), 64, "a quarter at most");
}
