//! Who looks at a picture as Chromium does: asks for what is missing at once and then each round trip, ten
//! times; and asks for a key frame only when nothing could be decoded for three seconds, or, before the
//! first one, each fifth of a second (libwebrtc's `NackRequester` and `VideoReceiveStream2`).

use super::client::{Client, Got};
use crate::rtcp;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A packet is asked for this often.
const MOST_ASKS: u8 = 10;
/// Without a picture that can be decoded a key frame is asked for after so long, …
const WAITS: Duration = Duration::from_secs(3);
/// … and before the first one after so long.
const WAITS_FOR_FIRST: Duration = Duration::from_millis(200);

/// Who looks at one slot.
#[derive(Debug)]
pub(super) struct Viewer {
    pub(super) ssrc: u32,
    highest: Option<u64>,
    missing: BTreeMap<u64, Missing>,
    parts: BTreeMap<u64, Part>,
    /// The packet behind the newest frame that was shown.
    next: Option<u64>,
    /// Since when nothing could be decoded, or when a key frame was last asked for.
    since: Instant,
    key_came: Option<Instant>,
    pub(super) shown: Vec<Instant>,
}

#[derive(Debug)]
struct Missing {
    asked: Instant,
    asks: u8,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    first: bool,
    last: bool,
    key: bool,
}

impl Viewer {
    pub(super) fn new(now: Instant, ssrc: u32) -> Self {
        Self {
            ssrc,
            highest: None,
            missing: BTreeMap::new(),
            parts: BTreeMap::new(),
            next: None,
            since: now,
            key_came: None,
            shown: vec![],
        }
    }

    /// Takes a packet, and asks for those before it.
    pub(super) fn take(&mut self, client: &mut Client, got: &Got) {
        let highest = *self.highest.get_or_insert(got.index);
        self.missing.remove(&got.index);
        if got.index > highest {
            let gap: Vec<u64> = (highest + 1..got.index).collect();
            let missing = |index: &u64| {
                (
                    *index,
                    Missing {
                        asked: got.at,
                        asks: 1,
                    },
                )
            };
            self.missing.extend(gap.iter().map(missing));
            self.ask(client, &gap);
            self.highest = Some(got.index);
        }
        let part = Part {
            first: got.payload[0] & 0x10 != 0,
            last: got.marker,
            key: got.payload[4] & 1 == 0,
        };
        if part.key {
            self.key_came = Some(got.at);
        }
        if self.next.is_none_or(|next| got.index >= next) {
            self.parts.insert(got.index, part);
        }
        while let Some(last) = self.decodable() {
            self.next = Some(last + 1);
            self.parts = self.parts.split_off(&(last + 1));
            self.missing = self.missing.split_off(&(last + 1));
            self.since = got.at;
            self.shown.push(got.at);
        }
    }

    /// Asks again for what is missing, and for a key frame where nothing can be decoded.
    pub(super) fn look(&mut self, client: &mut Client, now: Instant, round_trip: Duration) {
        let mut asked = vec![];
        let is_due = |missing: &Missing| now >= missing.asked + round_trip;
        self.missing
            .retain(|_, missing| missing.asks < MOST_ASKS || !is_due(missing));
        for (index, missing) in &mut self.missing {
            if is_due(missing) {
                (missing.asked, missing.asks) = (now, missing.asks + 1);
                asked.push(*index);
            }
        }
        self.ask(client, &asked);
        let waits = self.next.map_or(WAITS_FOR_FIRST, |_| WAITS);
        let comes = self.key_came.is_some_and(|at| now < at + WAITS_FOR_FIRST);
        if self.highest.is_some() && now >= self.since + waits {
            self.since = now;
            if !comes {
                client.report(|out| rtcp::write_picture_loss(out, 1, self.ssrc));
            }
        }
    }

    fn ask(&self, client: &mut Client, missing: &[u64]) {
        if !missing.is_empty() {
            client.report(|out| rtcp::write_nack(out, 1, self.ssrc, missing));
        }
    }

    /// The last packet of the next frame that can be decoded: the one behind the last, or any key frame.
    fn decodable(&self) -> Option<u64> {
        let next = self.next.and_then(|next| self.whole(next));
        let keys = self.parts.iter().filter(|(_, part)| part.first && part.key);
        next.or_else(|| keys.into_iter().find_map(|(first, _)| self.whole(*first)))
    }

    fn whole(&self, first: u64) -> Option<u64> {
        self.parts.get(&first).filter(|part| part.first)?;
        let mut last = first;
        while !self.parts.get(&last)?.last {
            last += 1;
        }
        Some(last)
    }
}
