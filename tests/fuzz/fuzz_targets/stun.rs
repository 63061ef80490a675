//! Connectivity checks: any bytes, and requests with a right password around any attributes.

#![no_main]

use diemcau_fuzz::{OFFER, pause, steps};
use diemcau_media::fuzzing::Venue;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

thread_local! {
    static VENUE: RefCell<Venue> = RefCell::new(Venue::new(OFFER));
}

/// Attributes: type as two bytes, length as one, value; those before a type of 0xffff are
/// covered by the integrity.
fn attributes(mut bytes: &[u8]) -> (Vec<(u16, &[u8])>, Vec<(u16, &[u8])>) {
    let (mut before, mut after, mut ended) = (vec![], vec![], false);
    while let [high, low, len, rest @ ..] = bytes {
        let kind = u16::from_be_bytes([*high, *low]);
        let (value, tail) = rest.split_at(usize::from(*len).min(rest.len()));
        bytes = tail;
        if kind == 0xffff {
            ended = true;
        } else if ended {
            after.push((kind, value));
        } else {
            before.push((kind, value));
        }
    }
    (before, after)
}

fuzz_target!(|input: &[u8]| {
    VENUE.with_borrow_mut(|venue| {
        venue.reset(2);
        for step in steps(input) {
            let client = usize::from(step.op >> 4 & 1);
            match step.op & 0x0f {
                0..=5 => venue.raw(client, step.bytes),
                6..=9 => {
                    let (before, after) = attributes(step.bytes);
                    venue.check(client, None, &before, &after);
                }
                10..=12 => {
                    let (before, after) = attributes(step.bytes);
                    let port = step
                        .bytes
                        .first()
                        .map_or(7000, |byte| 7000 + u16::from(*byte));
                    venue.check(client, Some(port), &before, &after);
                }
                _ => venue.wait(pause(step.op >> 5)),
            }
        }
    });
});
