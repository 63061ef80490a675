//! Authentic packets with any content: headers, extensions, layers, VP8 descriptors, NAL units of
//! H.264, retransmissions, while time passes and the plan changes.

#![no_main]

use diemcau_fuzz::{OFFER, pause, steps};
use diemcau_media::fuzzing::Venue;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

thread_local! {
    static VENUE: RefCell<Venue> = RefCell::new(Venue::new(OFFER));
}

fuzz_target!(|input: &[u8]| {
    VENUE.with_borrow_mut(|venue| {
        venue.reset(2);
        for step in steps(input) {
            let client = usize::from(step.op >> 4 & 1);
            match step.op & 0x0f {
                0..=10 => venue.rtp(client, step.bytes),
                11 => venue.raw(client, step.bytes),
                12 => venue.rtcp(client, step.bytes),
                13 => venue.plan(step.op >> 4 & 3, step.op >> 6),
                _ => venue.wait(pause(step.op >> 5)),
            }
        }
    });
});
