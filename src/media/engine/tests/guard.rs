//! A panic in one conference is not felt in another.

use super::world::World;
use crate::{
    api::{MediaEvent, PeerId, RoomId, SlotKind},
    engine::POISONED,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const OTHER: RoomId = RoomId(2);

fn gcm() -> Vec<SrtpProtectionProfile> {
    vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]
}

#[test]
fn a_defect_ends_the_conference_that_met_it_and_no_other() {
    let mut world = World::with_clients(2, 1);
    world.plan(None, &[0]);
    let neighbour = world.join_as(OTHER, PeerId(50), gcm());
    world.run(500 * MS);
    assert!(world.clients[neighbour].is_connected());
    world.events.clear();

    world.join_as(OTHER, POISONED, gcm());
    for round in 0..50 {
        world.clients[0].speak(round * 960, 30);
        world.run(20 * MS);
    }
    assert_eq!(world.counter("panics_contained"), 1);
    let gone: Vec<_> = world
        .events
        .iter()
        .filter(|event| matches!(event, MediaEvent::Gone { .. }))
        .collect();
    let expected = [PeerId(50), POISONED].map(|peer| MediaEvent::Gone { peer });
    assert_eq!(gone, expected.iter().collect::<Vec<_>>());
    let heard = world.clients[1].of_slot(SlotKind::Audio, 0);
    assert_eq!(heard.len(), 50, "the other conference has lost nothing");
}

#[test]
fn whoever_was_thrown_out_can_join_again() {
    let mut world = World::with_clients(1, 2);
    let neighbour = world.join_as(OTHER, PeerId(50), gcm());
    world.run(500 * MS);
    world.join_as(OTHER, POISONED, gcm());
    world.run(500 * MS);
    assert_eq!(world.counter("panics_contained"), 1);
    let again = world.join_as(OTHER, PeerId(51), gcm());
    world.run(500 * MS);
    assert!(world.clients[again].is_connected());
    // What the one that was thrown out still sends is a stranger's.
    let before = world.counter("dropped_unknown_address");
    world.clients[neighbour].speak(0, 30);
    world.run(100 * MS);
    assert!(world.counter("dropped_unknown_address") > before);
    // And time passes over the places that are free again.
    world.run(40_000 * MS);
}
