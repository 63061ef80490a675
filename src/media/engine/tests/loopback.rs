//! A peer that is its own source, as in a line check: what it sends comes back to it, and to nobody
//! else.

use super::world::{GOOD, LOCAL, Line, ROOM, World};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives, SlotKind},
    rtcp,
    vp8::Descriptor,
};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// Every client hears and sees itself.
fn mirror(world: &mut World) {
    let peers = (0..world.clients.len() as u64).map(PeerId);
    let own = |peer: PeerId| Receives {
        audio: vec![peer],
        main: Some(peer),
        ..Receives::default()
    };
    let plan = Plan {
        heard: peers.clone().collect(),
        presenting: None,
        receivers: peers.map(|peer| (peer, own(peer))).collect(),
    };
    world.engine.reconcile(world.now, ROOM, plan);
    world.collect();
}

/// Sends `frames` pictures of two packets, thirty a second, and sound; picture ids and timestamps
/// begin at `first`. Only the frames in `keys` are key frames.
fn send(world: &mut World, client: usize, first: u16, frames: u16, keys: &[u16]) {
    for frame in first..first + frames {
        let time = u32::from(frame);
        world.clients[client].show(time * 3000, frame, keys.contains(&frame), 2);
        world.clients[client].speak(time * 960, 30);
        world.run(33 * MS);
    }
}

fn pictures(world: &World, client: usize) -> Vec<u16> {
    let mut got = world.clients[client].of_slot(SlotKind::Main, 0);
    got.sort_by_key(|got| got.index);
    let id = |payload: &[u8]| Descriptor::parse(payload).and_then(|it| it.picture_id);
    let ids = got.iter().map(|got| id(&got.payload).expect("an id").0);
    let mut ids: Vec<u16> = ids.collect();
    ids.dedup();
    ids
}

#[test]
fn each_gets_its_own_back_and_nothing_of_others() {
    let mut world = World::with_clients(2, 31);
    mirror(&mut world);
    // Interleaved: what is taken out for one must not be lost for the other.
    for frame in 0..20u16 {
        let time = u32::from(frame);
        for client in 0..2 {
            let mark = 0x4000_0000 * client as u32;
            world.clients[client].show(mark + time * 3000, frame, frame == 0, 2);
            world.clients[client].speak(mark + time * 960, 30);
        }
        world.run(33 * MS);
    }
    world.run(100 * MS);
    for client in 0..2 {
        let sound = world.clients[client].of_slot(SlotKind::Audio, 0);
        let picture = world.clients[client].of_slot(SlotKind::Main, 0);
        assert_eq!((sound.len(), picture.len()), (20, 40));
        assert_eq!(world.clients[client].got.len(), 60, "and nothing else");
        for got in sound.into_iter().chain(picture) {
            let source = u32::from_be_bytes(*got.payload.last_chunk().expect("a timestamp"));
            assert_eq!(source >> 30, client as u32, "its own");
        }
    }
}

#[test]
fn a_key_frame_is_asked_for_at_the_start_and_until_it_comes() {
    let mut world = World::new(32);
    // The plan is there before the peer, as in the product.
    let me = PeerId(0);
    let receives = Receives {
        audio: vec![me],
        main: Some(me),
        ..Receives::default()
    };
    let plan = Plan {
        heard: [me].into(),
        presenting: None,
        receivers: [(me, receives)].into(),
    };
    world.engine.reconcile(world.now, ROOM, plan);
    world.join(vec![
        rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
    ]);
    world.run(Duration::from_secs(1));
    send(&mut world, 0, 0, 40, &[]);
    let asked = world.clients[0].picture_losses();
    assert!(asked >= 3, "asked {asked} times in 1.3 s");
    assert_eq!(pictures(&world, 0), [] as [u16; 0]);
    send(&mut world, 0, 40, 10, &[40]);
    world.run(100 * MS);
    assert_eq!(pictures(&world, 0).len(), 10, "from the key frame on");
    let asked = world.clients[0].picture_losses();
    send(&mut world, 0, 50, 20, &[]);
    assert_eq!(world.clients[0].picture_losses(), asked, "it flows");
    // The receiver's own wish reaches its own camera.
    let main = world.clients[0].slot_ssrc(SlotKind::Main, 0);
    world.clients[0].report(|out| rtcp::write_picture_loss(out, 1, main));
    world.run(600 * MS);
    assert_eq!(world.clients[0].picture_losses(), asked + 1);
}

#[test]
fn a_line_that_loses_is_repaired_both_ways() {
    let mut world = World::with_clients(1, 33);
    mirror(&mut world);
    send(&mut world, 0, 0, 2, &[0]);
    world.line = Line {
        loss_percent: 10,
        ..GOOD
    };
    let main = world.clients[0].slot_ssrc(SlotKind::Main, 0);
    for frame in 2..100 {
        send(&mut world, 0, frame, 1, &[]);
        world.clients[0].nack_missing(main);
    }
    world.line = GOOD;
    for frame in 100..130 {
        send(&mut world, 0, frame, 1, &[]);
        world.clients[0].nack_missing(main);
    }
    world.run(300 * MS);
    let got = world.clients[0].of_slot(SlotKind::Main, 0).len();
    assert!(world.counter("packets_retransmitted") > 5);
    assert!(got >= 255, "{got} of 260 packets came back");
}

#[test]
fn a_camera_that_stops_leaves_its_own_slot_and_comes_back_with_a_key_frame() {
    let mut world = World::with_clients(1, 34);
    mirror(&mut world);
    send(&mut world, 0, 0, 10, &[0]);
    for _ in 0..4 {
        world.run(Duration::from_secs(1));
        world.clients[0].check(true);
    }
    let emptied = |event: &&MediaEvent| matches!(event, MediaEvent::Slot { source: None, .. });
    assert_eq!(world.events.iter().filter(emptied).count(), 1);
    send(&mut world, 0, 100, 5, &[]);
    assert_eq!(pictures(&world, 0).len(), 10, "nothing to decode yet");
    send(&mut world, 0, 105, 5, &[105]);
    world.run(100 * MS);
    assert_eq!(pictures(&world, 0).len(), 15);
}

#[test]
fn it_is_told_the_time_of_what_comes_back_and_can_leave() {
    let mut world = World::with_clients(2, 35);
    mirror(&mut world);
    send(&mut world, 0, 0, 50, &[0]);
    let main = world.clients[0].slot_ssrc(SlotKind::Main, 0);
    let mut told = 0;
    for compound in &world.clients[0].reports {
        rtcp::read(compound, |packet| {
            told += usize::from(
                matches!(packet, rtcp::Packet::SenderReport { ssrc, .. } if ssrc == main),
            );
        });
    }
    assert!(told > 0, "sender reports of its own slot");
    world.engine.leave(world.now, PeerId(0));
    send(&mut world, 1, 0, 5, &[0]);
    world.run(100 * MS);
    assert_eq!(pictures(&world, 1).len(), 5, "the other goes on");
    let path = world.path_of(0);
    assert_eq!(path.local, LOCAL);
    assert!(!world.engine.is_peers(&path), "its address is forgotten");
}
