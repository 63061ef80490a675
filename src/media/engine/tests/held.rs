//! Whose an address is: a peer's own password does not get it another's.

use super::{
    client::Client,
    world::{LOCAL, World},
};
use crate::{
    api::{MediaEvent, PeerId, SlotKind},
    outbox::{Path, Protocol},
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{net::SocketAddr, time::Duration};

const MS: Duration = Duration::from_millis(1);

fn elsewhere(port: u16) -> SocketAddr {
    SocketAddr::from(([10, 3, 3, 3], port))
}

/// A check with this client's own password that comes from any address.
fn check_from(world: &mut World, client: usize, remote: SocketAddr) {
    world.clients[client].check(true);
    let check = world.clients[client].outgoing().pop().expect("a check");
    world.inject(remote, &check);
}

/// A client that joins behind the address of another, which is not there any more.
fn join_behind(world: &mut World, old: usize) -> usize {
    let new = world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
    world.clients[new].address = world.clients[old].address;
    world.clients[old].address = elsewhere(1);
    new
}

fn run_with_checks(world: &mut World, length: Duration, clients: &[usize]) {
    let end = world.now + length;
    while world.now < end {
        for client in clients {
            world.clients[*client].check(true);
        }
        world.run(500 * MS);
    }
}

/// The rounds of sound from one client that another hears.
fn heard(world: &mut World, from: usize, by: usize) -> usize {
    let before = world.clients[by].of_slot(SlotKind::Audio, 0).len();
    world.plan(None, &[from as u64]);
    for round in 0..10 {
        world.clients[from].speak(round * 960, 30);
        world.run(20 * MS);
    }
    world.run(100 * MS);
    world.clients[by].of_slot(SlotKind::Audio, 0).len() - before
}

#[test]
fn a_peer_with_its_own_password_cannot_take_anothers_address() {
    let mut world = World::with_clients(3, 41);
    world.plan(None, &[0]);
    let victim = world.clients[0].address;
    let (mut tried, rounds) = (0, 1000);
    for round in 0..rounds {
        world.clients[0].speak(round * 960, 30);
        if round % 100 == 0 {
            for client in &mut world.clients {
                client.check(true);
            }
        }
        check_from(&mut world, 1, victim);
        tried += 1;
        world.run(20 * MS);
    }
    world.run(100 * MS);
    let got = world.clients[2].of_slot(SlotKind::Audio, 0).len();
    assert_eq!(got, rounds as usize, "nothing of it is lost");
    assert_eq!(world.counter("dropped_stun_unauthenticated"), tried);
    assert_eq!(world.counter("dropped_unknown_address"), 0);
    assert_eq!(
        world.clients[0].not_authentic, 0,
        "nor does it get what is the other's"
    );
    assert_eq!(world.clients[1].of_slot(SlotKind::Audio, 0).len(), got);
}

#[test]
fn whoever_gets_the_address_of_a_peer_that_fell_silent_is_connected_in_time() {
    let mut world = World::with_clients(2, 42);
    let new = join_behind(&mut world, 0);
    run_with_checks(&mut world, 10_000 * MS, &[1, new]);
    assert!(world.clients[new].is_connected());
    // The end of the silent one takes nothing with it.
    run_with_checks(&mut world, 25_000 * MS, &[1, new]);
    assert!(world.events.contains(&MediaEvent::Gone { peer: PeerId(0) }));
    assert_eq!(heard(&mut world, new, 1), 10);
    assert_eq!(heard(&mut world, 1, new), 10);
}

/// As when a device joins again: its page ends the old connection.
#[test]
fn whoever_gets_the_address_of_a_peer_that_left_is_connected_at_once() {
    for hangs_up in [false, true] {
        let mut world = World::with_clients(2, 43);
        let now = world.now;
        if hangs_up {
            world.clients[0].hang_up(now);
            world.run(20 * MS);
        } else {
            world.engine.leave(now, PeerId(0));
        }
        let new = join_behind(&mut world, 0);
        world.run(500 * MS);
        assert!(world.clients[new].is_connected(), "hangs up: {hangs_up}");
        assert_eq!(world.counter("dropped_stun_unauthenticated"), 0);
    }
}

#[test]
fn an_address_that_a_peer_has_moved_away_from_is_the_next_ones() {
    let mut world = World::with_clients(2, 44);
    // Its line got another address, and goes on.
    let new = join_behind(&mut world, 0);
    run_with_checks(&mut world, 10_000 * MS, &[0, 1, new]);
    assert!(world.clients[new].is_connected());
    // So many others that the first is forgotten.
    for port in 2..20 {
        check_from(&mut world, 0, elsewhere(port));
    }
    assert_eq!(heard(&mut world, new, 1), 10);
    assert!(world.clients[0].is_connected());
}

#[test]
fn a_tcp_connection_is_its_clients_whoever_that_is() {
    let mut world = World::with_clients(2, 45);
    let path = Path {
        protocol: Protocol::Tcp,
        local: LOCAL,
        remote: elsewhere(1),
    };
    let check = |client: &mut Client| {
        client.check(true);
        client.outgoing().pop().expect("a check")
    };
    for client in [0, 1] {
        let mut check = check(&mut world.clients[client]);
        let now = world.now;
        world.engine.handle_datagram(now, path, &mut check);
        let outbox = world.engine.outbox();
        assert!(outbox.iter().any(|it| it.path == path), "it is answered");
        outbox.clear();
    }
    assert_eq!(world.counter("dropped_stun_unauthenticated"), 0);
}
