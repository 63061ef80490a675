//! Joining, roaming, leaving.

use super::{
    client::CAMERA_SSRC,
    world::{LOCAL, ROOM, World},
};
use crate::api::{JoinError, MediaEvent, PeerId, SlotKind};
use rtc::{
    dtls::extension::extension_use_srtp::SrtpProtectionProfile,
    srtp::protection_profile::ProtectionProfile,
};
use std::{net::SocketAddr, time::Duration};

const MS: Duration = Duration::from_millis(1);

#[test]
fn a_browser_gets_gcm_though_it_prefers_cm() {
    let world = World::with_clients(1, 1);
    assert!(matches!(
        world.clients[0].profile(),
        Some(ProtectionProfile::AeadAes128Gcm)
    ));
    assert_eq!(world.events, [MediaEvent::Connected { peer: PeerId(0) }]);
}

#[test]
fn a_client_that_has_only_cm_gets_cm_and_media_flows() {
    let mut world = World::with_clients(1, 2);
    let other = world.join(vec![SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80]);
    world.run(1000 * MS);
    assert!(matches!(
        world.clients[other].profile(),
        Some(ProtectionProfile::Aes128CmHmacSha1_80)
    ));
    world.plan(None, &[0, 1]);
    for round in 0..5 {
        world.clients[0].speak(round * 960, 30);
        world.clients[1].speak(round * 960, 30);
        world.run(20 * MS);
    }
    world.run(100 * MS);
    assert_eq!(world.clients[0].of_slot(SlotKind::Audio, 0).len(), 5);
    assert_eq!(world.clients[1].of_slot(SlotKind::Audio, 0).len(), 5);
}

/// `rtc::dtls` gives a handshake up after seven retransmissions without saying so: whoever is
/// caught by that is told to come again.
#[test]
fn on_a_bad_line_a_client_is_connected_or_told_to_come_again() {
    let mut came_again = 0;
    for seed in 1..=20 {
        let mut world = World::new(seed);
        world.line.loss_percent = 10;
        world.line.jitter = 20 * MS;
        let mut client = world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
        for _ in 0..1000 {
            if world.clients[client].is_connected() {
                break;
            }
            world.clients[client].check(true);
            world.run(100 * MS);
            if world.events.contains(&MediaEvent::Gone {
                peer: PeerId(client as u64),
            }) {
                came_again += 1;
                client = world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
            }
        }
        assert!(world.clients[client].is_connected(), "seed {seed}");
    }
    assert!(
        came_again < 10,
        "{came_again} second tries for twenty clients"
    );
}

#[test]
fn a_certificate_that_the_offer_did_not_name_is_refused() {
    let mut world = World::new(3);
    let n = world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
    // The same answer for a client with another certificate.
    let impostor = world.clients[n].take_over(5001);
    world.clients[n] = impostor;
    world.clients[n].check(true);
    world.run(2000 * MS);
    assert_eq!(world.events, [MediaEvent::Gone { peer: PeerId(0) }]);
    assert_eq!(world.counter("handshakes_failed"), 1);
}

#[test]
fn media_follows_a_client_that_changes_its_address() {
    let mut world = World::with_clients(2, 4);
    world.plan(None, &[0]);
    world.clients[0].speak(0, 30);
    world.run(100 * MS);
    let moved = SocketAddr::from(([10, 9, 9, 9], 777));
    world.clients[1].address = moved;
    world.clients[0].speak(960, 30);
    world.run(100 * MS);
    assert_eq!(
        world.clients[1].of_slot(SlotKind::Audio, 0).len(),
        1,
        "nothing to an address that was not checked"
    );
    world.clients[1].check(true);
    world.run(100 * MS);
    world.clients[0].speak(1920, 30);
    world.run(100 * MS);
    assert_eq!(world.clients[1].of_slot(SlotKind::Audio, 0).len(), 2);
    // And what it sends from there is taken.
    world.plan(None, &[0, 1]);
    world.clients[1].speak(0, 30);
    world.run(100 * MS);
    assert_eq!(world.clients[0].of_slot(SlotKind::Audio, 0).len(), 1);
}

#[test]
fn silence_is_told_and_then_ends_the_peer() {
    let mut world = World::with_clients(2, 5);
    world.events.clear();
    for _ in 0..40 {
        world.clients[1].check(true);
        world.run(1000 * MS);
    }
    assert_eq!(
        world.events,
        [
            MediaEvent::Link {
                peer: PeerId(0),
                weak: true
            },
            MediaEvent::Gone { peer: PeerId(0) }
        ]
    );
    world.clients[0].check(true);
    world.run(100 * MS);
    assert_eq!(
        world.counter("dropped_stun_unauthenticated"),
        1,
        "its credentials died with it"
    );
}

#[test]
fn a_link_that_comes_back_in_time_is_told() {
    let mut world = World::with_clients(1, 6);
    world.events.clear();
    world.run(6000 * MS);
    world.clients[0].check(true);
    world.run(100 * MS);
    let told = [true, false].map(|weak| MediaEvent::Link {
        peer: PeerId(0),
        weak,
    });
    assert_eq!(world.events, told);
}

#[test]
fn a_peer_that_hangs_up_empties_its_slots() {
    let mut world = World::with_clients(2, 7);
    world.plan(Some(0), &[]);
    world.run(50 * MS);
    world.clients[0].show(0, 1, true, 1);
    world.run(100 * MS);
    assert_eq!(world.clients[1].of_slot(SlotKind::Main, 0).len(), 1);
    world.events.clear();
    let now = world.now;
    world.clients[0].hang_up(now);
    world.run(100 * MS);
    let mid = "4".to_owned();
    assert_eq!(
        world.events,
        [
            MediaEvent::Slot {
                peer: PeerId(1),
                mid,
                source: None,
                held: false,
                rtp: None
            },
            MediaEvent::Gone { peer: PeerId(0) }
        ]
    );
}

#[test]
fn answers_name_one_way_in_and_fresh_ssrcs() {
    let mut world = World::new(8);
    world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
    let offer = world.clients[0].offer(true);
    let offer = offer.replacen(
        "a=mid:1\r\n",
        &format!("a=mid:1\r\na=ssrc:{CAMERA_SSRC} cname:x\r\n"),
        1,
    );
    let joined = world
        .engine
        .join(world.now, ROOM, PeerId(9), &offer)
        .expect("an answer");
    let lines = |prefix: &str| {
        joined
            .answer
            .lines()
            .filter(|line| line.starts_with(prefix))
            .count()
    };
    assert_eq!(lines("a=candidate:"), 2, "one by UDP, one by TCP");
    assert_eq!(lines("m="), 12);
    assert_eq!(lines("a=setup:passive"), 12);
    assert_eq!(lines("a=recvonly"), 4);
    assert_eq!(lines("a=sendonly"), 8);
    assert_eq!(lines("a=ice-lite"), 1);
    assert_eq!(lines("a=ssrc-group:FID "), 5);
    assert!(!joined.answer.contains(&format!("a=ssrc:{CAMERA_SSRC} ")));
    for end in ["typ host\r\n", "typ host tcptype passive\r\n"] {
        assert!(joined.answer.contains(&format!("{LOCAL} 8081 {end}")));
    }
    let kinds: Vec<_> = joined
        .slots
        .iter()
        .map(|slot| (slot.kind, slot.index))
        .collect();
    let thumbnails = (0..3).map(|index| (SlotKind::Thumbnail, index));
    let expected: Vec<_> = [
        (SlotKind::Audio, 0),
        (SlotKind::Audio, 1),
        (SlotKind::Main, 0),
        (SlotKind::Presentation, 0),
        (SlotKind::PresentationAudio, 0),
    ]
    .into_iter()
    .chain(thumbnails)
    .collect();
    assert_eq!(kinds, expected);
}

#[test]
fn an_offer_that_cannot_be_used_says_why() {
    let mut world = World::new(9);
    world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
    let good = world.clients[0].offer(true);
    let line = |prefix: &str| {
        good.lines()
            .find(|line| line.starts_with(prefix))
            .expect("a line")
            .to_owned()
            + "\r\n"
    };
    let cases = [
        ("rubbish".to_owned(), "not SDP"),
        (String::new(), "not SDP"),
        (good.replace(&line("a=fingerprint"), ""), "no fingerprint"),
        (good.replace("sha-256", "sha-1"), "SHA-256"),
        (good.replace(&line("a=ice-ufrag"), ""), "ice-ufrag"),
        (good.replace("actpass", "passive"), "setup"),
        (good.replace("a=mid:3", "a=mid:2"), "one mid"),
        (
            good.replace("VP8", "AV1").replace("opus", "PCMU"),
            "Opus, VP8 or baseline H.264",
        ),
    ];
    for (offer, why) in cases {
        let refused = world.engine.join(world.now, ROOM, PeerId(9), &offer);
        let Err(JoinError::BadOffer(text)) = refused else {
            panic!("{why}: {refused:?}")
        };
        assert!(text.contains(why), "{text}");
    }
}

#[test]
fn peers_that_a_pause_made_late_together_report_apart_again() {
    let mut world = World::new(17);
    for _ in 0..2 {
        world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
        world.run(300 * MS);
    }
    for pause in [0, 900, 2500] {
        // What was due meanwhile is attended to at one moment.
        world.now += pause * MS;
        world.run(1500 * MS);
        let mut due = |place| world.engine.peer_mut(place).map(|peer| peer.next_report);
        let (first, second) = (due(0).expect("a peer"), due(1).expect("a peer"));
        let apart = (second + 10_000 * MS - first).as_millis() % 1000;
        assert_eq!(apart, 300, "after a pause of {pause} ms");
    }
}
