//! The handshake on bad lines and under attack.

use super::{
    client::Client,
    world::{ROOM, World},
};
use crate::api::{MediaEvent, PeerId};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

const MS: Duration = Duration::from_millis(1);

fn gcm() -> Vec<SrtpProtectionProfile> {
    vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]
}

/// How twenty clients fared, each alone on a line of its own.
#[derive(Debug, Default)]
struct Fates {
    at_first: usize,
    /// Milliseconds, of those that were connected at the first try, ascending.
    times: Vec<u128>,
}

fn join_on(loss_percent: u64) -> Fates {
    let mut fates = Fates::default();
    for seed in 1..=20 {
        let mut world = World::new(seed * 7919);
        world.line.loss_percent = loss_percent;
        world.line.jitter = 20 * MS;
        let begun = world.now;
        let client = world.join(gcm());
        while !world.clients[client].is_connected() && world.now < begun + 15_000 * MS {
            world.clients[client].check(true);
            world.run(50 * MS);
        }
        if world.clients[client].is_connected() {
            fates.at_first += 1;
            fates.times.push((world.now - begun).as_millis());
        }
    }
    fates.times.sort_unstable();
    fates
}

#[test]
fn nearly_everyone_is_connected_at_the_first_try_on_a_bad_line() {
    for (loss, at_least) in [(0, 20), (10, 20), (20, 19)] {
        let fates = join_on(loss);
        println!("handshakes at {loss} % loss each way: {fates:?}");
        assert!(fates.at_first >= at_least, "{loss} %: {fates:?}");
    }
}

/// A genuine hello of somebody else.
fn hello_of_a_stranger() -> Vec<u8> {
    let mut stranger = Client::new(9999, gcm());
    // Any answer to a check begins the handshake.
    stranger.receive(Instant::now(), &mut [0; 20]);
    stranger.outgoing().pop().expect("a hello")
}

#[test]
fn a_hello_in_the_peers_name_before_its_own_does_not_keep_it_out() {
    let hello = hello_of_a_stranger();
    let mut world = World::new(1);
    let client = world.join(gcm());
    // The check is there, its answer is on the way back: the peer has said no hello yet, and takes
    // no notice of the cookie that the stranger's brings it.
    world.run(15 * MS);
    let remote = world.clients[client].address;
    world.line.loss_percent = 100;
    world.inject(remote, &hello);
    world.line.loss_percent = 0;
    world.run(3000 * MS);
    assert!(world.clients[client].is_connected());
    assert_eq!(world.events, [MediaEvent::Connected { peer: PeerId(0) }]);
}

/// The peer takes the cookie that it is sent for its own, and returns it with its own random. Nobody
/// can tell the two hellos apart any more, but this costs one join and not the device.
#[test]
fn a_hello_in_the_peers_name_in_the_one_round_trip_costs_that_join() {
    let hello = hello_of_a_stranger();
    let mut world = World::new(1);
    let client = world.join(gcm());
    world.run(15 * MS);
    let remote = world.clients[client].address;
    world.inject(remote, &hello);
    for _ in 0..13 {
        world.clients[client].check(true);
        world.run(1000 * MS);
    }
    assert_eq!(world.events, [MediaEvent::Gone { peer: PeerId(0) }]);
    let again = world.join(gcm());
    world.run(1000 * MS);
    assert!(world.clients[again].is_connected());
}

#[test]
fn hellos_in_the_peers_name_after_its_own_change_nothing() {
    let hello = hello_of_a_stranger();
    for after in [45, 55, 65, 75, 85] {
        let mut world = World::new(after);
        let client = world.join(gcm());
        world.run(after as u32 * MS);
        let remote = world.clients[client].address;
        for _ in 0..10 {
            world.inject(remote, &hello);
        }
        world.run(5000 * MS);
        assert!(
            world.clients[client].is_connected(),
            "{after} ms after the join"
        );
    }
}

#[test]
fn a_hello_to_an_association_that_is_made_is_counted_and_nothing_else() {
    let hello = hello_of_a_stranger();
    let mut world = World::with_clients(1, 46);
    let remote = world.clients[0].address;
    let before = world.counter("dropped_dtls_unexpected");
    for _ in 0..100 {
        world.inject(remote, &hello);
    }
    assert_eq!(world.counter("dropped_dtls_unexpected"), before + 100);
}

/// Otherwise whoever has seen one could have a kilobyte sent to the peer with every copy of it.
#[test]
fn a_hello_that_is_repeated_brings_one_flight_at_a_time() {
    let mut world = World::new(5);
    let client = world.join(gcm());
    let path = world.path_of(client);
    let answers = |world: &mut World, datagram: &[u8]| {
        let now = world.now;
        let mut datagram = datagram.to_vec();
        world.engine.handle_datagram(now, path, &mut datagram);
        let outbox = world.engine.outbox();
        let answers: Vec<Vec<u8>> = outbox.iter().map(|it| it.datagram.to_vec()).collect();
        outbox.clear();
        answers
    };
    // A check and its answer, a hello and its cookie.
    for _ in 0..2 {
        let datagram = world.clients[client].outgoing().pop().expect("its turn");
        for mut answer in answers(&mut world, &datagram) {
            let now = world.now;
            world.clients[client].receive(now, &mut answer);
        }
    }
    let hello = world.clients[client].outgoing().pop().expect("a hello");
    let flight = answers(&mut world, &hello);
    let is_longer = |flight: &[Vec<u8>]| flight.concat().len() > 2 * hello.len();
    assert!(is_longer(&flight));
    for _ in 0..3 {
        for _ in 0..100 {
            assert!(answers(&mut world, &hello).is_empty());
        }
        world.now += 250 * MS;
        assert_eq!(answers(&mut world, &hello), flight, "it was lost");
    }
    assert_eq!(world.counter("dropped_dtls_unexpected"), 300);
}

#[test]
fn an_alert_that_nothing_protects_ends_nothing() {
    // close_notify and a fatal handshake_failure, in epoch 0.
    for body in [[1, 0], [2, 40]] {
        let mut alert = vec![21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 77, 0, 2];
        alert.extend(body);
        let mut world = World::new(2);
        let client = world.join(gcm());
        let remote = world.clients[client].address;
        for _ in 0..200 {
            world.inject(remote, &alert);
            world.run(10 * MS);
        }
        assert!(world.clients[client].is_connected());
        world.inject(remote, &alert);
        world.run(1000 * MS);
        assert_eq!(world.events, [MediaEvent::Connected { peer: PeerId(0) }]);
        assert!(world.counter("dropped_dtls_unexpected") > 100);
    }
}

#[test]
fn fragments_that_never_end_are_not_kept() {
    let mut world = World::with_clients(1, 3);
    let remote = world.clients[0].address;
    // A handshake message of 16 MB, a kilobyte at a time, none of them the first.
    for part in 1..5000u32 {
        let mut datagram = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0];
        datagram.extend((part as u16).to_be_bytes());
        datagram.extend(1012u16.to_be_bytes());
        datagram.extend([11, 0xff, 0xff, 0xff, 0, 9]);
        datagram.extend(&(part * 1000).to_be_bytes()[1..]);
        datagram.extend([0, 3, 0xe8]);
        datagram.resize(13 + 1012, 0);
        world.inject(remote, &datagram);
    }
    let dropped = world.counter("dropped_dtls_unexpected");
    assert!(dropped > 4900, "{dropped} of 4999 were dropped");
    world.clients[0].check(true);
    world.run(1000 * MS);
    assert_eq!(world.events, [MediaEvent::Connected { peer: PeerId(0) }]);
}

#[test]
fn a_thousand_handshakes_that_never_end_keep_nobody_out_and_leave_nothing_behind() {
    let mut world = World::new(4);
    let hello = hello_of_a_stranger();
    let offer = {
        let client = world.join(gcm());
        world.clients[client].offer(false)
    };
    world.run(1000 * MS);
    assert!(world.clients[0].is_connected());
    for number in 0..1000u64 {
        let id = PeerId(1000 + number);
        let now = world.now;
        let joined = world.engine.join(now, ROOM, id, &offer);
        let mut half = Client::new(20_000 + number as u16, gcm());
        half.set_answer(joined.expect("an answer"));
        half.check(true);
        let check = half.outgoing().pop().expect("a check");
        let remote = SocketAddr::from(([10, 0, 7, 7], 20_000 + number as u16));
        world.inject(remote, &check);
        world.inject(remote, &hello);
    }
    assert_eq!(world.counter("handshakes"), 1);
    let late = world.join(gcm());
    world.run(1000 * MS);
    assert!(world.clients[late].is_connected(), "nobody is kept out");
    for _ in 0..14 {
        for client in [0, late] {
            world.clients[client].check(true);
        }
        world.run(1000 * MS);
    }
    let gone = world
        .events
        .iter()
        .filter(|event| matches!(event, MediaEvent::Gone { .. }))
        .count();
    assert_eq!(gone, 1000, "they are forgotten");
    assert_eq!(world.counter("handshakes_failed"), 1000);
}
