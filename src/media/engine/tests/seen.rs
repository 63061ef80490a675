//! When the first sound of a microphone that is heard is told.

use super::world::World;
use crate::api::{MediaEvent, PeerId};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const SILENCE: u8 = 127;
const NOBODY: [u64; 0] = [];

/// Half a second of sound of every client.
fn speak(world: &mut World, levels: &[u8]) {
    for _ in 0..25 {
        for (client, level) in levels.iter().enumerate() {
            let timestamp = world.clients[client].audio_index as u32 * 960;
            world.clients[client].speak(timestamp, *level);
        }
        world.run(20 * MS);
    }
}

/// The clients whose sound was told since the last time.
fn seen(world: &mut World) -> Vec<u64> {
    let events = std::mem::take(&mut world.events);
    let seen = events.into_iter().filter_map(|event| match event {
        MediaEvent::MicrophoneSeen { peer } => Some(peer.0),
        _ => None,
    });
    seen.collect()
}

#[test]
fn the_first_sound_is_told_each_time_that_a_microphone_becomes_heard() {
    let mut world = World::with_clients(3, 51);
    speak(&mut world, &[30, 30]);
    assert_eq!(seen(&mut world), NOBODY, "nobody is heard");
    for _ in 0..2 {
        world.plan(None, &[1]);
        speak(&mut world, &[30, 30]);
        assert_eq!(seen(&mut world), [1], "once");
        // The same plan, and another for others: nothing begins for it.
        world.plan(Some(0), &[1]);
        world.plan(Some(0), &[1, 0]);
        speak(&mut world, &[30, 30]);
        assert_eq!(seen(&mut world), [0], "only who came");
        world.plan(None, &[]);
        speak(&mut world, &[30, 30]);
        assert_eq!(seen(&mut world), NOBODY);
    }
}

#[test]
fn a_microphone_that_is_muted_by_hand_is_not_told_until_it_is_opened() {
    let mut world = World::with_clients(2, 52);
    world.plan(None, &[0]);
    speak(&mut world, &[SILENCE]);
    assert_eq!(seen(&mut world), NOBODY);
    assert!(!world.clients[1].got.is_empty(), "its silence goes out");
    speak(&mut world, &[SILENCE - 1]);
    assert_eq!(seen(&mut world), [0]);
}

#[test]
fn who_joins_again_while_it_is_heard_is_told_again() {
    let mut world = World::with_clients(2, 53);
    world.plan(None, &[0]);
    speak(&mut world, &[30]);
    assert_eq!(seen(&mut world), [0]);
    world.engine.leave(world.now, PeerId(0));
    let again = world.join(vec![
        rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
    ]);
    world.run(Duration::from_secs(1));
    world.plan(None, &[again as u64]);
    for round in 0..5 {
        world.clients[again].speak(round * 960, 30);
        world.run(20 * MS);
    }
    assert_eq!(seen(&mut world), [again as u64]);
}
