//! What one shard says to the other beside packets.

use super::{Camera, MAIN, MS, main_of, pair::Pair};
use crate::{
    api::PeerId,
    crossing::{Message, ShardId},
    engine::tests::{
        client::{H264, H264_RTX},
        h264::Knows,
        sound::{report_loss, told_loss},
        world::told_of,
    },
};

#[test]
fn a_shard_that_says_anew_what_is_there_is_told_anew_what_is_wanted() {
    let mut pair = Pair::new(&[0, 1], &[]);
    let mut camera = Camera::new(0, false);
    pair.plan(Some(0), &[]);
    camera.run(&mut pair, 10);
    let before = main_of(&pair, 1).len();
    // It forgets who watches its source, and hears at once that it is sought.
    for sought in [false, true] {
        let peer = PeerId(0);
        let seek = Message::Seek { peer, sought };
        pair.engines[0].handle_crossing(pair.now, ShardId(1), &seek, &[]);
    }
    camera.run(&mut pair, 30);
    let after = main_of(&pair, 1).len();
    assert!(after >= before + 55, "{before}, then {after}");
    assert_eq!(pair.engines[1].abroad.relayed(), 1);
}

#[test]
fn a_publisher_is_told_what_is_lost_on_the_way_from_the_other_shard() {
    let mut pair = Pair::new(&[0, 1, 1], &[]);
    pair.plan(None, &[0]);
    for (fraction_lost, expected) in [(40, 40), (0, 0), (128, 64)] {
        for _ in 0..4 {
            for _ in 0..50 {
                let index = pair.clients[0].audio_index as u32;
                pair.clients[0].speak(index * 960, 30);
                pair.run(20 * MS);
            }
            report_loss(&mut pair.clients[1], fraction_lost);
            report_loss(&mut pair.clients[2], 0);
        }
        assert_eq!(told_loss(&pair.clients[0]), Some(expected));
    }
}

#[test]
fn a_source_that_nobody_here_can_decode_is_sought_once_and_not_with_every_plan() {
    let mut pair = Pair::new(&[1], &[]);
    pair.change_offer = Knows::H264.change_offer();
    let source = pair.join(0, PeerId(1), false);
    pair.clients[source].payload_types = (H264, H264_RTX);
    pair.run(500 * MS);
    for _ in 0..3 {
        pair.plan(Some(1), &[]);
        pair.run(100 * MS);
    }
    let told = told_of(&pair.events[1], 0, MAIN);
    assert_eq!(told, [(Some(1), false), (None, false)], "a card, said once");
    assert_eq!(pair.engines[1].abroad.relayed(), 1, "its codec is known");
    pair.plan(None, &[]);
    pair.run(MS);
    assert_eq!(pair.engines[1].abroad.relayed(), 0, "nobody waits for it");
}
