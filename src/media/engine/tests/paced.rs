//! Pictures that wait for their turn on a line with a limit, and what does not wait.

use super::{
    bottleneck::Bottleneck,
    client::{Client, Got},
    world::World,
};
use crate::{
    api::{PeerId, SlotKind},
    far_end::RTX,
    paced::{Paced, Waiting},
    publication::Source,
    rtcp,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const TICK: Duration = Duration::from_millis(20);
/// There and back, where nothing stands in the way.
const WAY: Duration = Duration::from_millis(20);
const MAIN: (SlotKind, u32) = (SlotKind::Main, 0);

/// The line to a peer has shown a limit, and a quarter more than so many bit/s goes to it.
fn limit(world: &mut World, peer: u64, rate: u64) {
    let (now, carried) = (world.now, rate * 5 / 6);
    let place = world.engine.by_id[&PeerId(peer)] as usize;
    let peer = world.engine.places[place].as_deref_mut();
    peer.expect("it is there").paced = Some(Box::new(Paced::new(now, carried)));
}

/// As many packets of the first small picture wait for a peer as may.
fn fill(world: &mut World, peer: u64) {
    let place = world.engine.by_id[&PeerId(peer)] as usize;
    let peer = world.engine.places[place].as_deref_mut();
    let peer = peer.expect("it is there");
    let mut slots = peer.slots.iter();
    let small = slots.position(|slot| slot.kind == SlotKind::Thumbnail);
    let waiting = Waiting {
        slot: small.expect("a slot") as u32,
        source: Source {
            peer: PeerId(0),
            layer: 0,
        },
        index: 1,
        payload: 1000,
    };
    let paced = peer.paced.as_mut().expect("a limit");
    while paced.push(waiting) {}
}

fn is_paced(world: &World, peer: u64) -> bool {
    let place = world.engine.by_id[&PeerId(peer)] as usize;
    let peer = world.engine.places[place].as_deref();
    peer.expect("it is there").paced.is_some()
}

/// Sends a frame of `packets` with `size` bytes each; each says whose it is.
fn show(client: &mut Client, whose: u8, frame: u32, key: bool, (packets, size): (usize, usize)) {
    for part in 0..packets {
        let mut payload = vec![0x80 | u8::from(part == 0) << 4, 0x80];
        payload.extend((frame as u16 | 0x8000).to_be_bytes());
        payload.push(u8::from(!key));
        payload.resize(size, whose);
        client.show_part(frame * 3600, part + 1 == packets, &payload);
    }
}

fn whose(got: &Got) -> u8 {
    *got.payload.last().expect("a payload")
}

/// What came to a slot from a moment on.
fn since(world: &World, client: usize, slot: (SlotKind, u32), from: Instant) -> Vec<&Got> {
    let mut got = world.clients[client].of_slot(slot.0, slot.1);
    got.retain(|got| got.at >= from);
    got
}

/// What a line did to sound and pictures.
#[derive(Debug)]
struct Found {
    /// The longest that sound took beyond the way, and the longest queue in the line.
    sound: Duration,
    queue: Duration,
    /// Sound that came, in percent.
    heard: usize,
    /// The longest from a key frame's first packet, as it was sent, to its last one, as it came.
    key: Duration,
    keys: usize,
}

/// A picture of 150 kbit/s with a key frame of so many kB each four seconds, and sound, over a line
/// that has shown its limit and carries so many bit/s.
fn key_frames(rate: f64, kilobytes: usize) -> Found {
    let mut world = World::with_clients(2, 101);
    let start = world.now;
    world.plan(Some(0), &[0]);
    world.clients[1].give_feedback(start);
    let line = Bottleneck {
        deepest: 2000 * MS,
        ..Bottleneck::new(start, 100_000.0)
    };
    world.bottlenecks = vec![(line, vec![1])];
    let (mut key, mut queue) = (true, Duration::ZERO);
    let mut keys = vec![];
    for round in 0..50 * 60 {
        if round == 150 {
            world.bottlenecks[0].0.rate = rate;
        }
        let is_measured = round >= 50 * 30;
        world.clients[0].speak(round * 960, 30);
        if round % 2 == 0 {
            key |= round % 200 == 0 || world.clients[0].picture_losses() > 0;
            world.clients[0].reports.clear();
            let is_key = std::mem::take(&mut key);
            let packets = if is_key { (kilobytes, 1000) } else { (1, 650) };
            show(&mut world.clients[0], 0, round / 2, is_key, packets);
            if is_key && is_measured {
                keys.push((world.now, world.clients[1].got.len()));
            }
        }
        if round % 50 == 0 {
            world.clients.iter_mut().for_each(|it| it.check(true));
        }
        for _ in 0..4 {
            world.run(TICK / 4);
            let now = world.now;
            let waits = world.bottlenecks[0].0.queue(now);
            queue = queue.max(if is_measured { waits } else { Duration::ZERO });
        }
    }
    let audio = world.clients[1].slot_ssrc(SlotKind::Audio, 0);
    let from = start + 30 * 50 * TICK;
    let sound: Vec<Duration> = since(&world, 1, (SlotKind::Audio, 0), from + WAY)
        .iter()
        .map(|got| {
            let stamp = u32::from_be_bytes(*got.payload.last_chunk().expect("a time"));
            got.at.duration_since(start + TICK * (stamp / 960))
        })
        .collect();
    // The last packet of a key frame has its marker, and is as large as all of it.
    let took = keys.iter().filter_map(|(sent, before)| {
        let got = world.clients[1].got[*before..].iter();
        let mut of_key = got.filter(|got| got.ssrc != audio && got.payload.len() == 1000);
        let last = of_key.find(|got| got.marker)?;
        Some(last.at.duration_since(*sent))
    });
    let took: Vec<Duration> = took.collect();
    Found {
        sound: sound.iter().max().expect("sound").saturating_sub(WAY),
        queue,
        heard: sound.len() * 100 / (50 * 30),
        key: took.iter().copied().max().expect("key frames"),
        keys: took.len(),
    }
}

#[test]
fn sound_does_not_wait_behind_key_frames() {
    // The line alone takes 400, 400 and 480 ms for them.
    for (rate, kilobytes, most) in [(300e3, 15, 320), (400e3, 20, 320), (500e3, 30, 320)] {
        let found = key_frames(rate, kilobytes);
        assert!(found.heard >= 99, "{found:?}");
        assert!(found.sound < most * MS, "{found:?}");
        assert!(found.queue < most * MS, "{found:?}");
        assert!(found.keys >= 6, "the pictures are there: {found:?}");
        assert!(found.key < 1200 * MS, "{found:?}");
    }
}

#[test]
fn a_line_without_a_limit_lets_nothing_wait() {
    let mut world = World::with_clients(2, 102);
    world.plan(Some(0), &[0]);
    let now = world.now;
    world.clients[1].give_feedback(now);
    for frame in 0..100 {
        let packets = if frame % 25 == 0 { 30 } else { 2 };
        show(
            &mut world.clients[0],
            0,
            frame,
            frame % 25 == 0,
            (packets, 1000),
        );
        let sent = world.now;
        world.run(2 * TICK);
        let came = since(&world, 1, MAIN, sent);
        assert_eq!(came.len(), packets);
        assert!(came.iter().all(|got| got.at == sent + WAY));
    }
    assert!(!is_paced(&world, 1));
    assert_eq!(world.counter("packets_paced"), 0);
}

#[test]
fn what_is_lost_comes_before_what_waits_and_all_of_it_evenly() {
    let mut world = World::with_clients(2, 103);
    world.plan(Some(0), &[]);
    world.line.loss_percent = 30;
    world.only = Some(1);
    for frame in 0..40 {
        show(&mut world.clients[0], 0, frame, frame == 0, (1, 1000));
        world.run(2 * TICK);
    }
    world.line.loss_percent = 0;
    // Its last packet may be lost, and nobody knows of it until the next one.
    show(&mut world.clients[0], 0, 40, false, (1, 1000));
    world.run(2 * TICK);
    let before = world.clients[1].of_slot(MAIN.0, MAIN.1).len();
    let lost = 41 - before;
    assert!((5..20).contains(&lost), "{lost}");

    limit(&mut world, 1, 400_000);
    let from = world.now;
    show(&mut world.clients[0], 0, 41, false, (15, 1000));
    let main = world.clients[1].slot_ssrc(MAIN.0, MAIN.1);
    world.clients[1].nack_missing(main);
    world.run(1000 * MS);
    let came = since(&world, 1, MAIN, from);
    assert_eq!(came.len(), lost + 15, "all of it");
    let again: Vec<usize> = (0..came.len())
        .filter(|nth| came[*nth].payload_type == RTX)
        .collect();
    assert_eq!(again.len(), lost);
    // Those that were due before they were asked for went ahead of them.
    let ahead = again[0];
    assert!(ahead <= 3, "{again:?}");
    assert!(again.iter().copied().eq(ahead..ahead + lost), "{again:?}");
    let pictures = came.iter().filter(|got| got.payload_type != RTX);
    let indexes: Vec<u64> = pictures.map(|got| got.index).collect();
    assert!(indexes.windows(2).all(|pair| pair[1] == pair[0] + 1));
    // A packet each ten milliseconds.
    for five in came.windows(5) {
        assert!(five[4].at >= five[0].at + 40 * MS, "in a burst");
    }
    assert!(came.last().expect("packets").at <= from + 600 * MS);
    // Numbers of the line are in the order of sending.
    let numbers = &world.clients[1].numbers;
    assert!(
        numbers
            .windows(2)
            .all(|pair| pair[1].wrapping_sub(pair[0]) < 1 << 15)
    );
}

#[test]
fn what_waits_of_a_source_that_is_switched_away_never_goes_out() {
    let mut world = World::with_clients(3, 104);
    world.plan(Some(0), &[]);
    show(&mut world.clients[0], 10, 0, true, (1, 1000));
    world.run(2 * TICK);
    limit(&mut world, 2, 300_000);
    show(&mut world.clients[0], 10, 1, true, (20, 1000));
    world.run(3 * TICK);
    let from = world.now;
    world.plan(Some(1), &[]);
    world.run(2 * TICK);
    show(&mut world.clients[1], 11, 1, true, (3, 1000));
    show(&mut world.clients[0], 10, 2, false, (3, 1000));
    world.run(1000 * MS);
    let got = world.clients[2].of_slot(MAIN.0, MAIN.1);
    let old = got.iter().take_while(|got| whose(got) == 10).count();
    assert!((3..12).contains(&old), "some had not waited: {old}");
    assert_eq!(
        got.len(),
        old + 3,
        "nothing of the old one after the new one"
    );
    assert!(got[old..].iter().all(|got| whose(got) == 11));
    assert!(
        got.windows(2)
            .all(|pair| pair[1].index == pair[0].index + 1)
    );
    let last = got.last().expect("packets").at;
    assert!(
        last < from + 2 * TICK + 150 * MS,
        "it does not wait for the old one"
    );
    assert!(world.counter("paced_dropped") >= 8);
}

#[test]
fn a_switch_that_is_taken_back_while_its_beginning_waits_asks_for_a_key_frame() {
    let mut world = World::with_clients(3, 105);
    world.plan(Some(0), &[]);
    show(&mut world.clients[0], 10, 0, true, (1, 1000));
    world.run(2 * TICK);
    limit(&mut world, 2, 300_000);
    show(&mut world.clients[0], 10, 1, false, (5, 1000));
    world.plan(Some(1), &[]);
    world.run(TICK);
    show(&mut world.clients[0], 10, 2, false, (1, 1000));
    show(&mut world.clients[1], 11, 1, true, (3, 1000));
    world.run(TICK / 2);
    world.clients[0].reports.clear();
    world.plan(Some(0), &[]);
    show(&mut world.clients[0], 10, 3, false, (1, 1000));
    world.run(800 * MS);
    assert!(world.clients[0].picture_losses() > 0);
    let from = world.now;
    show(&mut world.clients[0], 10, 4, true, (2, 1000));
    world.run(500 * MS);
    assert_eq!(since(&world, 2, MAIN, from).len(), 2);
    let got = world.clients[2].of_slot(MAIN.0, MAIN.1);
    assert!(got.iter().all(|got| whose(got) == 10));
}

#[test]
fn a_beginning_for_which_there_is_no_room_is_asked_for_again() {
    let mut world = World::with_clients(3, 109);
    world.plan(Some(1), &[0]);
    show(&mut world.clients[0], 10, 0, true, (1, 1000));
    world.run(2 * TICK);
    limit(&mut world, 2, 300_000);
    fill(&mut world, 2);
    world.clients[1].reports.clear();
    show(&mut world.clients[1], 11, 1, true, (3, 1000));
    world.run(700 * MS);
    assert_eq!(world.clients[2].of_slot(MAIN.0, MAIN.1).len(), 0);
    assert!(world.clients[1].picture_losses() > 0);
    show(&mut world.clients[1], 11, 2, true, (3, 1000));
    world.run(1000 * MS);
    assert_eq!(world.clients[2].of_slot(MAIN.0, MAIN.1).len(), 3);
}

#[test]
fn what_waits_of_a_screen_never_goes_out_after_it_was_revoked() {
    let mut world = World::new(106);
    world.presentation = true;
    for _ in 0..2 {
        world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
    }
    world.run(Duration::from_secs(1));
    world.present(Some(0), Some(0));
    limit(&mut world, 1, 50_000);
    world.clients[0].share(0, 0, true, 50);
    world.run(200 * MS);
    let screen = (SlotKind::Presentation, 0);
    let start = world.now - 200 * MS;
    let count = |world: &World| since(world, 1, screen, start).len();
    let before = count(&world);
    assert!((5..45).contains(&before), "some wait: {before}");
    world.present(None, None);
    world.run(10 * MS);
    // What was under way.
    let before = count(&world);
    world.run(500 * MS);
    world.present(Some(0), Some(0));
    world.run(500 * MS);
    assert_eq!(count(&world), before);
    assert_eq!(world.counter("paced_dropped") as usize, 50 - before);
    // It goes on with a key frame.
    world.clients[0].share(9000, 1, true, 2);
    world.run(500 * MS);
    assert_eq!(count(&world), before + 2);
}

#[test]
fn another_path_gets_at_once_what_waited_for_the_old_one() {
    let mut world = World::with_clients(2, 107);
    world.plan(Some(0), &[]);
    limit(&mut world, 1, 100_000);
    show(&mut world.clients[0], 0, 0, true, (20, 1000));
    world.run(100 * MS);
    let before = world.clients[1].of_slot(MAIN.0, MAIN.1).len();
    assert!((2..15).contains(&before), "{before}");
    world.clients[1].address.set_port(7777);
    world.clients[1].check(true);
    world.run(WAY);
    assert!(!is_paced(&world, 1));
    let got = world.clients[1].of_slot(MAIN.0, MAIN.1);
    // One went to where the receiver was before.
    let came = got.len();
    assert!(came >= 18, "{came}");
    show(&mut world.clients[0], 0, 1, false, (10, 1000));
    world.run(WAY);
    assert_eq!(world.clients[1].of_slot(MAIN.0, MAIN.1).len(), came + 10);
}

#[test]
fn a_peer_that_sees_itself_is_paced_too() {
    let mut world = World::with_clients(1, 108);
    let mut plan = crate::api::Plan::default();
    let receives = plan.receivers.entry(PeerId(0)).or_default();
    receives.main = Some(PeerId(0));
    world.engine.reconcile(world.now, super::world::ROOM, plan);
    limit(&mut world, 0, 200_000);
    show(&mut world.clients[0], 0, 0, true, (10, 1000));
    world.run(100 * MS);
    let before = world.clients[0].of_slot(MAIN.0, MAIN.1).len();
    assert!((1..8).contains(&before), "{before}");
    world.run(600 * MS);
    assert_eq!(world.clients[0].of_slot(MAIN.0, MAIN.1).len(), 10);
}

/// A receiver that asks again and again for what waits already gets it once.
#[test]
fn what_waits_to_be_sent_again_is_not_asked_for_twice() {
    let mut world = World::with_clients(2, 109);
    world.plan(Some(0), &[]);
    for frame in 0..20 {
        show(&mut world.clients[0], 0, frame, frame == 0, (1, 1000));
        world.run(2 * TICK);
    }
    limit(&mut world, 1, 100_000);
    let main = world.clients[1].slot_ssrc(MAIN.0, MAIN.1);
    let indexes: Vec<u64> = world.clients[1].got.iter().map(|got| got.index).collect();
    for _ in 0..10 {
        world.clients[1].report(|out| rtcp::write_nack(out, 1, main, &indexes));
        world.run(45 * MS);
    }
    world.run(1000 * MS);
    let sent = world.counter("packets_retransmitted");
    assert!((20..=60).contains(&sent), "{sent}");
}
