//! How long a new speaker's picture takes, with sources that answer every request for a key frame
//! and with sources that are deaf for a while, as Chromium is.

use super::world::World;
use crate::api::SlotKind;
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const GCM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
/// 30 pictures a second.
const FRAME: Duration = Duration::from_millis(33);
/// A source looks for requests so often.
const TICK: Duration = Duration::from_millis(11);
/// There and back, and the next picture.
const AT_ONCE: Duration = Duration::from_millis(20 + 33 + 2 * 11);
/// libwebrtc's `kMinKeyFrameSendInterval`.
const DEAF: Duration = Duration::from_millis(300);

/// A camera that shows 30 pictures a second, key frames when it is asked.
struct Source {
    client: usize,
    deaf: Duration,
    frames: u16,
    asked: usize,
    wanted: bool,
    taken: Option<Instant>,
    key_frames: usize,
}

impl Source {
    fn new(client: usize, deaf: Duration) -> Self {
        Self {
            client,
            deaf,
            frames: 0,
            asked: 0,
            wanted: false,
            taken: None,
            key_frames: 0,
        }
    }

    fn listen(&mut self, world: &World) {
        let asked = world.clients[self.client].picture_losses();
        let is_asked = std::mem::replace(&mut self.asked, asked) != asked;
        if is_asked && self.taken.is_none_or(|at| world.now >= at + self.deaf) {
            self.taken = Some(world.now);
            self.wanted = true;
        }
    }

    fn show(&mut self, world: &mut World) {
        let client = &mut world.clients[self.client];
        let key = std::mem::take(&mut self.wanted);
        self.key_frames += usize::from(key);
        client.show(u32::from(self.frames) * 3000, self.frames, key, 2);
        self.frames += 1;
    }
}

fn run(world: &mut World, sources: &mut [Source], length: Duration) {
    let end = world.now + length;
    while world.now < end {
        for source in &mut *sources {
            source.show(world);
        }
        for _ in 0..3 {
            world.run(TICK);
            sources.iter_mut().for_each(|source| source.listen(world));
        }
    }
}

/// Somebody joins who sees the first source, which goes on until the handshake is done.
fn come(world: &mut World, sources: &mut [Source]) -> usize {
    let late = world.join(vec![GCM]);
    world.plan(Some(0), &[]);
    while !world.clients[late].is_connected() {
        run(world, sources, FRAME);
    }
    late
}

/// Puts a source on everyone's main slot. Returns when the last receiver had a picture of it.
fn switch(world: &mut World, sources: &mut [Source], to: usize) -> Duration {
    let begun = world.now;
    world.plan(Some(sources[to].client as u64), &[]);
    let before: Vec<usize> = (0..world.clients.len())
        .map(|client| world.clients[client].of_slot(SlotKind::Main, 0).len())
        .collect();
    let waits = |world: &World| {
        let receivers = 0..world.clients.len();
        receivers
            .filter(|client| *client != to)
            .any(|client| world.clients[client].of_slot(SlotKind::Main, 0).len() == before[client])
    };
    // What of the old picture was still on its way would be taken for the new one.
    while waits(world) {
        assert!(world.now < begun + 2000 * MS, "the picture never came");
        run(world, sources, FRAME);
    }
    world.now - begun
}

/// The old source stops showing before each switch, so that what comes is the new one's.
fn switches(deaf: Duration, pause: Duration) -> (Vec<Duration>, Vec<Source>) {
    let mut world = World::with_clients(3, 21);
    let mut sources = [Source::new(0, deaf), Source::new(1, deaf)];
    let mut times = vec![];
    for round in 0..8 {
        let to = round % 2;
        times.push(switch(&mut world, &mut sources[..], to));
        run(&mut world, &mut sources, pause);
        world.plan(None, &[]);
        world.run(50 * MS);
    }
    (times, sources.into())
}

#[test]
fn sources_that_answer_are_never_waited_for() {
    for pause in [0, 40, 100, 250, 700] {
        let (times, _) = switches(Duration::ZERO, pause * MS);
        let longest = times.iter().max().expect("some");
        assert!(*longest <= AT_ONCE, "{longest:?} after {pause} ms");
    }
}

#[test]
fn a_deaf_source_is_asked_again_as_soon_as_it_hears() {
    for pause in [0, 40, 100, 250, 700] {
        let (times, _) = switches(DEAF, pause * MS);
        let longest = times.iter().max().expect("some");
        assert!(
            *longest <= DEAF + AT_ONCE,
            "{longest:?} after {pause} ms: {times:?}"
        );
    }
}

#[test]
fn who_comes_soon_after_a_key_frame_sees_the_picture_at_once() {
    let mut world = World::with_clients(2, 23);
    world.plan(Some(0), &[]);
    let mut sources = [Source::new(0, Duration::ZERO)];
    run(&mut world, &mut sources, 200 * MS);
    let before = sources[0].key_frames;
    // Two round trips for the handshake; a key frame of its own would take one more and a picture.
    let late = come(&mut world, &mut sources);
    let got = world.clients[late].of_slot(SlotKind::Main, 0);
    assert!(got.len() > 10, "{} packets", got.len());
    let indexes: Vec<u64> = got.iter().map(|got| got.index).collect();
    let whole: Vec<u64> = (indexes[0]..).take(indexes.len()).collect();
    assert_eq!(indexes, whole, "nothing is missing and nothing is doubled");
    assert_eq!(sources[0].key_frames, before, "nobody was asked");
}

#[test]
fn the_key_frame_for_a_newcomer_comes_while_it_shakes_hands() {
    let mut world = World::with_clients(2, 24);
    world.plan(Some(0), &[]);
    let mut sources = [Source::new(0, Duration::ZERO)];
    run(&mut world, &mut sources, 4000 * MS);
    let before = sources[0].key_frames;
    let late = come(&mut world, &mut sources);
    run(&mut world, &mut sources, FRAME);
    assert!(!world.clients[late].of_slot(SlotKind::Main, 0).is_empty());
    assert_eq!(sources[0].key_frames, before + 1);
    // One that never comes is not waited for with key frame after key frame.
    let never = world.join(vec![GCM]);
    world.clients[never].outgoing().clear();
    world.plan(Some(0), &[]);
    run(&mut world, &mut sources, 5000 * MS);
    assert!(sources[0].key_frames <= before + 2);
}

#[test]
fn a_crowd_that_comes_does_not_cost_a_key_frame_each() {
    let mut world = World::with_clients(2, 22);
    world.plan(Some(0), &[]);
    let mut sources = [Source::new(0, Duration::ZERO)];
    run(&mut world, &mut sources, 1000 * MS);
    let before = sources[0].key_frames;
    let begun = world.now;
    for _ in 0..30 {
        world.join(vec![GCM]);
        world.plan(Some(0), &[]);
        run(&mut world, &mut sources, FRAME);
    }
    run(&mut world, &mut sources, 1000 * MS);
    for client in 2..world.clients.len() {
        let got = world.clients[client].of_slot(SlotKind::Main, 0).len();
        assert!(got > 0, "client {client} sees nothing");
    }
    let asked = sources[0].key_frames - before;
    let most = (world.now - begun).as_millis() / 310 + 1;
    assert!(asked as u128 <= most, "{asked} key frames for thirty");
}
