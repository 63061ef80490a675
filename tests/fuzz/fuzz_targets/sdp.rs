//! An offer: read, answered or refused. Every answer is SDP with as many sections as the offer.

#![no_main]

use diemcau_fuzz::OFFER;
use diemcau_media::fuzzing::Venue;
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;

thread_local! {
    static VENUE: RefCell<Venue> = RefCell::new(Venue::new(OFFER));
}

fuzz_target!(|input: &[u8]| {
    VENUE.with_borrow_mut(|venue| venue.offer(&String::from_utf8_lossy(input)));
});
