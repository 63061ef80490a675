//! Authentic compounds with any content, between packets that give them something to be about.

#![no_main]

use diemcau_fuzz::{OFFER, pause, steps};
use diemcau_media::fuzzing::Venue;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

thread_local! {
    static VENUE: RefCell<Venue> = RefCell::new(Venue::new(OFFER));
}

/// A packet of the lowest layer of the first client's camera: a frame of VP8 in one packet.
fn picture(sequence: u16, key: bool) -> Vec<u8> {
    let mut packet = vec![0x90, 0x80 | 96];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 3000).to_be_bytes());
    packet.extend(1002_u32.to_be_bytes());
    packet.extend([0xbe, 0xde, 0, 1, 0xa0, b'q', 0, 0]);
    packet.extend([0x90, 0x80, 0x80, sequence as u8, u8::from(!key), 1, 2, 3]);
    packet
}

/// 20 ms of the first client's microphone.
fn sound(sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 111];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 960).to_be_bytes());
    packet.extend(1001_u32.to_be_bytes());
    packet.extend([0xfc, 1, 2]);
    packet
}

fuzz_target!(|input: &[u8]| {
    VENUE.with_borrow_mut(|venue| {
        venue.reset(2);
        let mut sequence = 0;
        for n in 0..4 {
            venue.rtp(0, &picture(n, n == 0));
            venue.rtp(0, &sound(n));
            sequence = n;
        }
        for step in steps(input) {
            let client = usize::from(step.op >> 4 & 1);
            match step.op & 0x0f {
                0..=11 => venue.rtcp(client, step.bytes),
                12 => {
                    sequence = sequence.wrapping_add(1 + u16::from(step.op >> 5));
                    venue.rtp(0, &picture(sequence, step.op & 0x10 != 0));
                }
                13 => {
                    sequence = sequence.wrapping_add(1);
                    venue.rtp(0, &sound(sequence));
                }
                _ => venue.wait(pause(step.op >> 5)),
            }
        }
    });
});
