//! Another WebRTC stack than ours, str0m, joins the engine: what the two make of the standards is
//! the same. Its own ICE agent, DTLS, SRTP, packetiser, jitter buffer and repair, in virtual time.

mod client;
mod world;

use client::{PICTURE_TICKS, SOUND_BYTES, SOUND_TICKS, h264_picture, picture, sound};
use diemcau_media::MediaEvent;
use std::{ops::Range, time::Duration};
use str0m::{
    format::Codec,
    media::{KeyframeRequestKind, MediaData},
};
use world::{A, B, World};

/// Between two packets of sound.
const SOUND: Duration = Duration::from_millis(20);
/// Between two frames.
const PICTURE: Duration = Duration::from_millis(33);

/// Bytes of an RTP header (RFC 3550 §5.1) with a transport-wide number (RFC 8285 §4.2).
const RTP_HEADER: usize = 12 + 8;
/// Bytes of a tag of AEAD_AES_128_GCM (RFC 7714 §14.2); HMAC-SHA1 would add ten.
const GCM_TAG: usize = 16;

/// What was received is what was sent under these numbers, once each, in order, without a gap and
/// `step` ticks of the RTP clock apart.
fn assert_same(got: &[&MediaData], numbers: Range<u32>, step: u32, sent: impl Fn(u32) -> Vec<u8>) {
    assert_eq!(got.len(), numbers.len());
    let start = got[0].time.numer();
    for (n, (number, got)) in numbers.zip(got).enumerate() {
        assert!(*got.data == *sent(number), "{number} came altered or late");
        assert!(got.contiguous, "there is a gap before {number}");
        assert_eq!(got.time.numer() - start, n as u64 * u64::from(step));
    }
}

/// The same of what came over lines that lose a tenth: of a hundred frames two may be missing, since
/// this stack asks for a packet five times within 165 ms and then gives it up.
fn assert_nearly_same(
    got: &[&MediaData],
    numbers: Range<u32>,
    step: u32,
    sent: impl Fn(u32) -> Vec<u8>,
) {
    assert!(got.len() * 100 >= numbers.len() * 98, "{} came", got.len());
    let start = got[0].time.numer();
    let number = |got: &MediaData| {
        let nth = (got.time.numer() - start) / u64::from(step);
        numbers.start + u32::try_from(nth).expect("a frame")
    };
    let came: Vec<u32> = got.iter().map(|got| number(got)).collect();
    assert!(came.is_sorted_by(|one, next| one < next), "{came:?}");
    for (number, got) in came.iter().zip(got) {
        assert!(*got.data == *sent(*number), "{number} came altered");
    }
}

#[test]
fn two_clients_hear_and_see_each_other() {
    let mut world = World::new();
    world.plan(&[A, B]);
    for number in 0..50 {
        for (peer, base) in [(A, 0), (B, 1000)] {
            world.speak(peer, base + number);
            world.show(peer, base + number);
        }
        world.run(SOUND);
    }
    world.run(10 * SOUND);
    for (peer, other, numbers) in [(A, B, 1000..1050), (B, A, 0..50)] {
        let client = world.client(peer);
        let slots = [client.audio_slot, client.main_slot];
        assert_same(&client.of(slots[0]), numbers.clone(), SOUND_TICKS, sound);
        assert_same(&client.of(slots[1]), numbers, PICTURE_TICKS, picture);
        assert_eq!(client.got.len(), 100, "and nothing else came");
        let protected = RTP_HEADER + SOUND_BYTES + GCM_TAG;
        let of_sound = client.rtp_sizes.iter().filter(|size| **size == protected);
        assert_eq!(of_sound.count(), 50, "{:?}", client.rtp_sizes);
        for slot in slots {
            let filled = |event: &&MediaEvent| {
                matches!(event, MediaEvent::Slot { peer: to, mid, source, rtp: Some(_), .. }
                    if *to == peer && **mid == *slot && *source == Some(other))
            };
            assert_eq!(world.events.iter().filter(filled).count(), 1);
        }
    }
}

#[test]
fn a_revoked_microphone_falls_silent_and_the_picture_goes_on() {
    let mut world = World::new();
    world.plan(&[A]);
    for number in 0..50 {
        world.speak(A, number);
        world.show(A, number);
        if number == 25 {
            // Packet 25 is on its way to the engine, and B's slot still waits for A.
            world.plan(&[]);
        }
        world.run(SOUND);
    }
    world.run(10 * SOUND);
    let client = world.client(B);
    assert_same(&client.of(client.audio_slot), 0..25, SOUND_TICKS, sound);
    assert_same(&client.of(client.main_slot), 0..50, PICTURE_TICKS, picture);
    let open = MediaEvent::OpenMicrophone {
        peer: A,
        open: true,
    };
    assert!(
        world.events.contains(&open),
        "its level is read all the same"
    );
}

#[test]
fn a_screen_comes_with_its_sound_from_who_presents_and_from_nobody_else() {
    let mut world = World::new();
    world.present(Some(A));
    for number in 0..50 {
        world.share(A, number);
        world.share(B, 1000 + number);
        world.run(PICTURE);
    }
    world.run(10 * PICTURE);
    let client = world.client(B);
    let slots = [client.presentation, client.presentation_audio];
    assert_same(&client.of(slots[0]), 0..50, PICTURE_TICKS, picture);
    assert_same(&client.of(slots[1]), 0..50, SOUND_TICKS, sound);
    assert_eq!(client.got.len(), 100, "and nothing else came");
    assert!(world.client(A).got.is_empty());

    // The other one's turn begins with the next frame that stands for itself.
    world.present(Some(B));
    let asked = world.client(B).screen;
    for number in 2000..2050 {
        world.share(A, number);
        world.share(B, number);
        world.run(PICTURE);
    }
    world.run(10 * PICTURE);
    let asks = &world.client(B).key_frame_requests;
    assert!(asks.iter().any(|request| request.mid == asked), "{asks:?}");
    let client = world.client(A);
    let shown = client.of(client.presentation);
    assert_same(&shown, 2000..2050, PICTURE_TICKS, picture);
    assert_eq!(world.client(B).got.len(), 100, "and of A no more");
}

/// What B got of the camera of A over lines that lose one datagram in ten.
fn over_bad_lines(mut world: World) -> World {
    world.plan(&[]);
    world.show(A, 0);
    world.run(PICTURE);
    world.loss = Some(10);
    for number in 1..300 {
        if number == 290 {
            // Nobody would miss what is lost at the very end.
            world.loss = None;
        }
        world.show(A, number);
        world.run(PICTURE);
    }
    world.run(Duration::from_secs(1));
    let [up, down] = [world.lines[0][0].lost, world.lines[1][1].lost];
    assert!(up > 80 && down > 80, "{up} and {down} datagrams were lost");
    world
}

#[test]
fn what_is_lost_on_either_line_is_repaired() {
    let mut world = over_bad_lines(World::new());
    let client = world.client(B);
    assert_nearly_same(&client.of(client.main_slot), 0..300, PICTURE_TICKS, picture);
}

#[test]
fn who_knows_nothing_but_h264_is_seen_and_repaired_as_well() {
    let mut world = over_bad_lines(World::with(true));
    world.show(B, 0);
    world.run(PICTURE);
    let client = world.client(B);
    let got = client.of(client.main_slot);
    assert_nearly_same(&got, 0..300, PICTURE_TICKS, h264_picture);
    let is_h264 = |got: &&MediaData| got.params.spec().codec == Codec::H264;
    assert!(got.iter().all(is_h264));
    // It could not decode what pages send.
    assert!(world.client(A).got.is_empty());
    assert!(world.client(B).key_frame_requests.is_empty());
}

#[test]
fn a_request_for_a_key_frame_reaches_the_camera() {
    let mut world = World::new();
    world.plan(&[]);
    for number in 0..90 {
        if number == 30 {
            // The slot had to begin with a key frame: that was asked for, and it came.
            world.client(A).key_frame_requests.clear();
        } else if number == 60 {
            assert!(world.client(A).key_frame_requests.is_empty());
            let now = world.now;
            world.client(B).ask_for_a_key_frame(now);
        }
        world.show(A, number);
        world.run(PICTURE);
    }
    let client = world.client(A);
    let requests = client.key_frame_requests.iter();
    let requests: Vec<_> = requests
        .map(|request| (request.mid, request.kind))
        .collect();
    assert_eq!(requests, [(client.camera, KeyframeRequestKind::Pli)]);
}
