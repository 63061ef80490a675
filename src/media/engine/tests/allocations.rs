//! Nothing is taken from the heap for a packet that goes to many, for the feedback of those who get it,
//! nor for what time asks for meanwhile: feedback to the publisher, reports to all.

use super::{
    h264::{CAMERA, Knows, join, send_frame},
    world::World,
};
use crate::{allocations, outbox::Transmit, paced::Paced};
use std::time::Duration;

const RECEIVERS: usize = 20;
/// Between two packets of the picture; sound comes with every second one.
const STEP: Duration = Duration::from_millis(10);
/// After so many steps all memory has been taken: the store of the newest packets is full, and
/// everyone has had reports.
const WARM_UP: u32 = 800;
const MEASURED: u32 = 300;
const STEPS_A_SECOND: u32 = 100;

/// How often memory was taken.
#[derive(Debug, Default, PartialEq, Eq)]
struct Taken {
    for_packets: u64,
    for_feedback: u64,
    for_time: u64,
}

/// What flows beside the picture.
#[derive(Debug, Clone, Copy, Default)]
struct Beside {
    sound: bool,
    /// Transport-wide feedback of every receiver.
    feedback: bool,
    /// Every receiver has a line that has shown so little that most packets wait, in bit/s.
    limit: Option<u64>,
}

/// Sends steadily, and counts once everything is warm. Returns also how many copies went out.
fn steady(source: Knows, beside: Beside) -> (Taken, usize) {
    let mut world = World::new(1);
    join(&mut world, source);
    for _ in 0..RECEIVERS {
        join(&mut world, Knows::Both);
    }
    world.run(Duration::from_secs(2));
    let heard: &[u64] = if beside.sound { &[0] } else { &[] };
    world.plan(Some(0), heard);
    for client in world.clients.iter_mut().skip(1).filter(|_| beside.feedback) {
        client.give_feedback(world.now);
    }
    for peer in world.engine.places.iter_mut().flatten() {
        let limit = beside.limit.map(|rate| Paced::new(world.now, rate));
        peer.paced = limit.map(Box::new);
    }
    let (mut taken, mut copies) = (Taken::default(), 0);
    for step in 0..WARM_UP + MEASURED {
        let measured = step >= WARM_UP;
        let note = |count| if measured { count } else { 0 };
        if step % STEPS_A_SECOND == 0 {
            refresh(&mut world);
        }
        let client = &mut world.clients[0];
        if source == Knows::H264 {
            send_frame(client, CAMERA, step * 900, step == 0, 1);
        } else {
            client.show(step * 900, (step & 0x7fff) as u16, step == 0, 1);
        }
        if beside.sound && step % 2 == 0 {
            client.speak(step / 2 * 960, 30);
        }
        let (now, path) = (world.now, world.path_of(0));
        for mut datagram in std::mem::take(world.clients[0].outgoing()) {
            let engine = &mut world.engine;
            let count = allocations::of(|| {
                engine.guarded(|engine| engine.handle_datagram(now, path, &mut datagram));
            });
            taken.for_packets += note(count);
            if measured {
                copies += engine.outbox().iter().count();
            }
            if beside.feedback {
                deliver(&mut world);
            }
            world.engine.outbox().clear();
            while world.engine.poll_event().is_some() {}
        }
        world.now += STEP;
        let now = world.now;
        for client in 1..=RECEIVERS {
            world.clients[client].handle_timeout(now);
            let path = world.path_of(client);
            for mut datagram in std::mem::take(world.clients[client].outgoing()) {
                let engine = &mut world.engine;
                let count = allocations::of(|| {
                    engine.guarded(|engine| engine.handle_datagram(now, path, &mut datagram));
                });
                taken.for_feedback += note(count);
            }
        }
        let engine = &mut world.engine;
        let count = allocations::of(|| {
            engine.guarded(|engine| engine.handle_timeout(now));
        });
        taken.for_time += note(count);
        if measured {
            copies += engine.outbox().iter().filter(|it| it.picture).count();
        }
        engine.outbox().clear();
        while engine.poll_event().is_some() {}
    }
    (taken, copies)
}

/// Gives the receivers what goes out.
fn deliver(world: &mut World) {
    let World {
        engine,
        clients,
        now,
        ..
    } = world;
    for Transmit { path, datagram, .. } in engine.outbox().iter() {
        let mut clients = clients.iter_mut();
        if let Some(client) = clients.find(|client| client.address == path.remote) {
            client.receive(*now, &mut datagram.to_vec());
        }
    }
}

/// Everyone's connectivity check: a link without one would be lost.
fn refresh(world: &mut World) {
    for client in 0..world.clients.len() {
        world.clients[client].check(true);
        let (now, path) = (world.now, world.path_of(client));
        for mut datagram in world.clients[client].outgoing().drain(..) {
            world.engine.handle_datagram(now, path, &mut datagram);
        }
    }
    world.engine.outbox().clear();
}

#[test]
fn a_picture_to_many_takes_no_memory_and_neither_do_its_reports() {
    for source in [Knows::Vp8, Knows::H264] {
        let (taken, copies) = steady(source, Beside::default());
        assert_eq!(copies, RECEIVERS * MEASURED as usize, "everyone had it all");
        assert_eq!(taken, Taken::default(), "{source:?}");
    }
}

#[test]
fn sound_with_the_picture_takes_none_either() {
    let beside = Beside {
        sound: true,
        ..Beside::default()
    };
    let (taken, copies) = steady(Knows::Vp8, beside);
    let packets = MEASURED as usize * 3 / 2;
    assert_eq!(copies, RECEIVERS * packets, "everyone had it all");
    // What tells the room how loud it is, five times a second, is a value of its own each time.
    assert_eq!(taken.for_packets, 0);
}

#[test]
fn nor_does_the_feedback_of_those_who_receive_it() {
    let beside = Beside {
        feedback: true,
        ..Beside::default()
    };
    let (taken, copies) = steady(Knows::H264, beside);
    assert_eq!(copies, RECEIVERS * MEASURED as usize, "everyone had it all");
    assert_eq!(taken, Taken::default());
}

#[test]
fn nor_does_what_waits_for_a_line_with_a_limit() {
    let beside = Beside {
        // As much as a packet each ten milliseconds is, on which it is just about late.
        limit: Some(40_000),
        ..Beside::default()
    };
    let (taken, copies) = steady(Knows::Vp8, beside);
    let all = RECEIVERS * MEASURED as usize;
    assert!(copies.abs_diff(all) < all / 20, "{copies} of {all}");
    assert_eq!(taken, Taken::default());
}
