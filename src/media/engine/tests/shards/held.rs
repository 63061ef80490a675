//! A picture that a line is too thin for, where it comes from another shard.

use super::{FRAME, MAIN, main_of, pair::Pair};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives},
    engine::tests::{bottleneck::Bottleneck, client::Client},
};

/// A picture of about 500 kbit/s.
fn show(client: &mut Client, frame: u32, key: bool) {
    for part in 0..2 {
        let mut payload = vec![0x80 | u8::from(part == 0) << 4, 0x80];
        payload.extend((frame as u16 | 0x8000).to_be_bytes());
        payload.push(u8::from(!key));
        payload.resize(1000, 0);
        client.show_part(frame * 3000, part == 1, &payload);
    }
}

/// Both cameras go on; the second one shows key frames when `key` says so, and at no other time.
fn run(pair: &mut Pair, frames: std::ops::Range<u32>, key: bool) {
    for frame in frames {
        show(&mut pair.clients[0], frame, frame == 0);
        show(&mut pair.clients[1], frame, frame == 0 && key);
        if frame.is_multiple_of(30) {
            pair.clients.iter_mut().for_each(|it| it.check(true));
        }
        pair.run(FRAME);
    }
}

#[test]
fn an_old_picture_that_ends_because_the_line_is_too_thin_is_not_sought_any_more() {
    let mut pair = Pair::new(&[0, 0, 1, 1], &[]);
    let now = pair.now;
    pair.clients[2].give_feedback(now);
    pair.bottleneck = Some((2, Bottleneck::new(now, 2e6)));
    let sees = |source: u64| Receives {
        main: Some(PeerId(source)),
        ..Receives::default()
    };
    let mut plan = Plan {
        receivers: [(PeerId(2), sees(0)), (PeerId(3), sees(1))].into(),
        ..Plan::default()
    };
    pair.put(plan.clone());
    run(&mut pair, 0..60, true);
    // Another speaker, of whom no key frame comes: the old picture stays.
    plan.receivers.insert(PeerId(2), sees(1));
    pair.put(plan);
    run(&mut pair, 60..120, false);
    assert!(main_of(&pair, 2).len() > 200);
    assert_eq!(
        pair.engines[1].abroad.relayed(),
        2,
        "the old one and the new one"
    );

    if let Some((_, line)) = &mut pair.bottleneck {
        line.rate = 60e3;
    }
    run(&mut pair, 120..300, false);
    let held = |event: &MediaEvent| matches!(event, MediaEvent::Slot { peer: PeerId(2), mid, held: true, .. } if mid == MAIN);
    assert!(pair.events[1].iter().any(held), "it is too thin");
    assert_eq!(
        pair.engines[1].abroad.relayed(),
        1,
        "nobody sees the old one"
    );
    let crossed = pair.counter(0, "packets_crossed");
    run(&mut pair, 300..310, false);
    assert_eq!(pair.counter(0, "packets_crossed") - crossed, 10 * 2);
}
