//! The figures of a line, with one client whose line is bad.

use super::{
    client::Client,
    world::{Line, World},
};
use crate::{
    api::{PeerId, SlotKind},
    quality::Quality,
    rtcp::{self, ReportBlock},
};
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const SOURCE: usize = 0;
const RECEIVER: usize = 1;

/// Two clients, the first of which speaks and shows itself to the other.
fn scene(bad: usize, line: Line, seed: u64) -> World {
    let mut world = World::with_clients(2, seed);
    world.plan(Some(SOURCE as u64), &[SOURCE as u64]);
    world.only = Some(bad);
    world.line = line;
    world.figures.clear();
    world
}

fn lossy(percent: u64) -> Line {
    Line {
        delay: 60 * MS,
        jitter: Duration::ZERO,
        loss_percent: percent,
        double_percent: 0,
    }
}

/// Sound and picture for so many seconds; the receiver reports once a second.
fn run(world: &mut World, seconds: u32) {
    for round in 0..seconds * 50 {
        world.clients[SOURCE].speak(round * 960, 30);
        if round % 2 == 0 {
            world.clients[SOURCE].show(round * 1800, round as u16, round == 0, 4);
        }
        if round % 50 == 49 {
            for client in &mut world.clients {
                client.check(true);
            }
            let now = world.now;
            let client = &mut world.clients[RECEIVER];
            let blocks = [SlotKind::Audio, SlotKind::Main].map(|kind| block(client, kind, now));
            client.report(|out| rtcp::write_receiver_report(out, 1, &blocks));
        }
        world.run(20 * MS);
    }
}

/// What a receiver says of a slot (RFC 3550 §6.4.1). It asks for nothing again, so all that it has
/// got came at first.
fn block(client: &Client, kind: SlotKind, now: Instant) -> ReportBlock {
    let got = client.of_slot(kind, 0);
    let indexes = || got.iter().map(|got| got.index);
    let (first, highest) = (indexes().min(), indexes().max());
    let (first, highest) = first.zip(highest).expect("something came");
    let ssrc = client.slot_ssrc(kind, 0);
    let mut last_sr = (0, now);
    for (at, compound) in client.reported_at.iter().zip(&client.reports) {
        rtcp::read(compound, |packet| {
            if let rtcp::Packet::SenderReport { ssrc: of, ntp, .. } = packet
                && of == ssrc
            {
                last_sr = ((ntp >> 16) as u32, *at);
            }
        });
    }
    ReportBlock {
        ssrc,
        fraction_lost: 0,
        lost: (highest - first + 1 - got.len() as u64) as u32,
        highest: highest as u32,
        jitter: if kind.is_audio() { 48 * 7 } else { 90 * 33 },
        last_sr: last_sr.0,
        since_last_sr: (now.duration_since(last_sr.1).as_secs_f64() * 65_536.0) as u32,
    }
}

/// The figures of a client after the first, which are of a line that has just begun.
fn figures(world: &World, client: usize) -> Vec<Quality> {
    let peer = PeerId(client as u64);
    let of_client = world.figures.iter().filter(|(of, _)| *of == peer);
    of_client.map(|(_, quality)| *quality).skip(1).collect()
}

/// Of those that are known: a report may be lost too.
fn mean(values: impl Iterator<Item = Option<f64>>) -> f64 {
    let values: Vec<f64> = values.flatten().collect();
    assert!(values.len() >= 10, "{values:?}");
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn figures_come_every_two_seconds_and_a_good_line_has_nothing_lost() {
    let mut world = scene(SOURCE, lossy(0), 11);
    world.only = Some(usize::MAX);
    run(&mut world, 20);
    let source = figures(&world, SOURCE);
    assert!((8..=9).contains(&source.len()), "{}", source.len());
    for quality in &source {
        assert_eq!(quality.up.loss, Some(0.0));
        assert_eq!(quality.up.unrepaired, Some(0.0));
        assert_eq!(quality.down.loss, None, "it receives nothing");
        assert!(quality.up.jitter < Some(3 * MS), "{:?}", quality.up.jitter);
        assert!(!quality.over_tcp);
        // 50 packets of sound and 100 of the picture a second, each of some 40 bytes.
        let rate = quality.up.bytes_per_second;
        assert!((5_000..9_000).contains(&rate), "{rate}");
    }
    let receiver = figures(&world, RECEIVER);
    for quality in &receiver {
        assert_eq!(quality.up.loss, None, "it sends nothing");
        assert_eq!(quality.down.loss, Some(0.0));
        assert_eq!(quality.down.unrepaired, None, "nobody tells");
        assert_eq!(quality.down.jitter, Some(7 * MS), "that of the sound");
        assert!(quality.down.bytes_per_second > 4_000);
    }
}

#[test]
fn what_the_way_up_loses_is_told_of_the_source_alone() {
    let mut world = scene(SOURCE, lossy(8), 12);
    run(&mut world, 60);
    let source = figures(&world, SOURCE);
    let lost = mean(source.iter().map(|quality| quality.up.loss));
    assert!((0.065..0.095).contains(&lost), "{lost}");
    let unrepaired = mean(source.iter().map(|quality| quality.up.unrepaired));
    assert!(unrepaired < 0.01, "the picture is repaired: {unrepaired}");
    // The receiver misses the sound that never came to the server, and has a good line.
    let client = &world.clients[RECEIVER];
    let sound = block(client, SlotKind::Audio, world.now);
    assert!(sound.lost > 100, "{}", sound.lost);
    let receiver = figures(&world, RECEIVER);
    let lost = mean(receiver.iter().map(|quality| quality.down.loss));
    assert!(lost < 0.01, "{lost}");
}

#[test]
fn what_the_way_down_loses_and_how_long_it_takes_is_told_of_the_receiver_alone() {
    let mut world = scene(RECEIVER, lossy(8), 13);
    run(&mut world, 60);
    let receiver = figures(&world, RECEIVER);
    let lost = mean(receiver.iter().map(|quality| quality.down.loss));
    assert!((0.065..0.095).contains(&lost), "{lost}");
    let round_trips = receiver.iter().filter_map(|quality| quality.round_trip);
    let round_trips: Vec<Duration> = round_trips.collect();
    assert!(round_trips.len() > 20);
    for round_trip in round_trips {
        let ms = round_trip.as_millis();
        assert!((118..125).contains(&ms), "twice 60 ms: {ms}");
    }
    let source = figures(&world, SOURCE);
    assert_eq!(mean(source.iter().map(|quality| quality.up.loss)), 0.0);
}

#[test]
fn a_picture_that_nobody_repairs_is_told_as_lost_for_good() {
    let mut world = scene(SOURCE, lossy(8), 14);
    world.clients[SOURCE].repairs = false;
    run(&mut world, 30);
    let source = figures(&world, SOURCE);
    let unrepaired = mean(source.iter().map(|quality| quality.up.unrepaired));
    assert!((0.06..0.10).contains(&unrepaired), "{unrepaired}");
}

#[test]
fn an_uneven_line_shows_as_jitter_of_the_sound() {
    let uneven = Line {
        jitter: 80 * MS,
        ..lossy(0)
    };
    let mut world = scene(SOURCE, uneven, 15);
    run(&mut world, 20);
    for quality in figures(&world, SOURCE) {
        let jitter = quality.up.jitter.expect("known");
        assert!((15 * MS..50 * MS).contains(&jitter), "{jitter:?}");
        assert!(quality.up.unrepaired < Some(0.02), "{quality:?}");
    }
}
