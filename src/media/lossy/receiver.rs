//! Who looks and listens, and asks for what is missing.

use super::{
    SOUND_HOLD,
    frames::Frames,
    sound::Sound,
    source::{SOUND_EVERY, read_part, read_sound},
};
use crate::{
    api::{Joined, SlotKind},
    far_end::FarEnd,
    rtcp::{self, ReportBlock},
    rtp,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// What is missing is looked through this often.
pub(super) const LOOKS_EVERY: Duration = Duration::from_millis(20);
/// A packet of the picture is asked for this often.
const MOST_ASKS: u8 = 10;
/// Beside one and a half round trips, between two requests for a packet of sound.
const SOUND_PAUSE: Duration = Duration::from_millis(5);
/// Our SSRC in reports.
const OWN_SSRC: u32 = 1;

/// The receiver.
pub(super) struct Receiver {
    pub(super) end: FarEnd,
    round_trip: Duration,
    asks_for_sound: bool,
    main: Stream,
    /// Retransmissions of the main picture.
    rtx: Stream,
    audio: Stream,
    /// The newest report on the sound, and when it came.
    sender_report: Option<(u64, Instant)>,
    pub(super) frames: Frames,
    pub(super) sound: Sound,
}

/// What came of an SSRC, and what did not.
#[derive(Debug, Default)]
struct Stream {
    ssrc: u32,
    highest: Option<u64>,
    first: u64,
    received: u64,
    told: (u64, u64),
    missing: BTreeMap<u64, Missing>,
}

#[derive(Debug)]
struct Missing {
    since: Instant,
    asked: Instant,
    asks: u8,
}

impl Receiver {
    /// One that knows the round trip, and looks at the main picture and listens to the first sound of
    /// its answer.
    pub(super) fn new(
        end: FarEnd,
        joined: &Joined,
        round_trip: Duration,
        asks_for_sound: bool,
    ) -> Option<Self> {
        let stream = |kind, nth| {
            let slot = joined.slots.iter().find(|slot| slot.kind == kind)?;
            Some(Stream {
                ssrc: *ssrcs(&joined.answer, &slot.mid).get(nth)?,
                ..Stream::default()
            })
        };
        Some(Self {
            end,
            round_trip,
            asks_for_sound,
            main: stream(SlotKind::Main, 0)?,
            rtx: stream(SlotKind::Main, 1)?,
            audio: stream(SlotKind::Audio, 0)?,
            sender_report: None,
            frames: Frames::new(),
            sound: Sound::default(),
        })
    }

    /// Takes a packet of media.
    pub(super) fn receive(&mut self, now: Instant, datagram: &mut [u8]) -> Option<()> {
        let header = rtp::Header::parse(datagram)?;
        let of = [&self.main, &self.rtx, &self.audio];
        let stream = of.into_iter().find(|stream| stream.ssrc == header.ssrc)?;
        let index = stream.index(header.sequence);
        let len = self.end.open_rtp(datagram, &header, index)?;
        let content = &datagram[header.len..len];
        if header.ssrc == self.audio.ssrc {
            let asked = self.audio.receive(now, index);
            self.sound.take(now, read_sound(content)?);
            if self.asks_for_sound {
                self.ask(self.audio.ssrc, &asked);
            }
            return Some(());
        }
        let (index, content) = if header.ssrc == self.rtx.ssrc {
            self.rtx.receive(now, index);
            let (original, content) = content.split_first_chunk()?;
            (self.main.index(u16::from_be_bytes(*original)), content)
        } else {
            (index, content)
        };
        let asked = self.main.receive(now, index);
        self.frames
            .take(now, index, read_part(header.marker, content)?);
        self.ask(self.main.ssrc, &asked);
        Some(())
    }

    /// Takes what the engine says of its streams.
    pub(super) fn hear(&mut self, now: Instant, compound: &[u8]) {
        let audio = self.audio.ssrc;
        rtcp::read(compound, |packet| match packet {
            rtcp::Packet::SenderReport { ssrc, ntp, .. } if ssrc == audio => {
                self.sender_report = Some((ntp, now));
            }
            _ => {}
        });
    }

    /// Asks again for what is missing.
    pub(super) fn look(&mut self, now: Instant) {
        let mut asked = vec![];
        let mut given_up = vec![];
        for (index, missing) in &mut self.main.missing {
            if now < missing.asked + self.round_trip {
                continue;
            }
            if missing.asks == MOST_ASKS {
                given_up.push(*index);
            } else {
                missing.asks += 1;
                missing.asked = now;
                asked.push(*index);
            }
        }
        self.ask(self.main.ssrc, &asked);
        for index in given_up {
            self.main.missing.remove(&index);
            self.frames.give_up(index);
        }
        if self.main.highest.is_some() && self.frames.asks_for_key(now) {
            let ssrc = self.main.ssrc;
            self.end
                .report(|out| rtcp::write_picture_loss(out, OWN_SSRC, ssrc));
        }
        if self.asks_for_sound {
            self.look_for_sound(now);
        }
    }

    /// Tells what became of the sound since the last time, as a browser counts it: what was repaired is
    /// not lost.
    pub(super) fn report(&mut self, now: Instant) {
        let Some(mut block) = self.audio.block() else {
            return;
        };
        if let Some((ntp, at)) = self.sender_report {
            block.last_sr = (ntp >> 16) as u32;
            block.since_last_sr = (now.duration_since(at).as_secs_f64() * 65_536.0) as u32;
        }
        self.end
            .report(|out| rtcp::write_receiver_report(out, OWN_SSRC, &[block]));
    }

    fn look_for_sound(&mut self, now: Instant) {
        let (round_trip, pause) = (self.round_trip, self.round_trip * 3 / 2 + SOUND_PAUSE);
        // What cannot be here in time is not asked for. It was due when the gap was seen, or before.
        self.audio
            .missing
            .retain(|_, missing| now + round_trip < missing.since + SOUND_HOLD - SOUND_EVERY);
        let mut asked = vec![];
        for (index, missing) in &mut self.audio.missing {
            if now >= missing.asked + pause {
                missing.asked = now;
                asked.push(*index);
            }
        }
        self.ask(self.audio.ssrc, &asked);
    }

    fn ask(&mut self, ssrc: u32, missing: &[u64]) {
        if !missing.is_empty() {
            self.end
                .report(|out| rtcp::write_nack(out, OWN_SSRC, ssrc, missing));
        }
    }
}

impl Stream {
    fn index(&self, sequence: u16) -> u64 {
        let highest = self.highest;
        highest.map_or(sequence.into(), |highest| rtp::extend(highest, sequence))
    }

    /// Notes a packet. Returns those before it that were not missed until now.
    fn receive(&mut self, now: Instant, index: u64) -> Vec<u64> {
        let Some(highest) = self.highest else {
            self.highest = Some(index);
            self.first = index;
            self.received = 1;
            return vec![];
        };
        if index <= highest {
            self.received += u64::from(self.missing.remove(&index).is_some());
            return vec![];
        }
        self.received += 1;
        self.highest = Some(index);
        let gap: Vec<u64> = (highest + 1..index).collect();
        for index in &gap {
            let missing = Missing {
                since: now,
                asked: now,
                asks: 1,
            };
            self.missing.insert(*index, missing);
        }
        gap
    }

    fn block(&mut self) -> Option<ReportBlock> {
        let highest = self.highest?;
        let (expected, received) = (highest - self.first + 1, self.received);
        let (expected_now, received_now) = (expected - self.told.0, received - self.told.1);
        self.told = (expected, received);
        let lost_now = expected_now.saturating_sub(received_now);
        Some(ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: (lost_now * 256).checked_div(expected_now).unwrap_or(0) as u8,
            lost: expected.saturating_sub(received) as u32,
            highest: highest as u32,
            jitter: 0,
            last_sr: 0,
            since_last_sr: 0,
        })
    }
}

/// The SSRCs of a section, in their order.
fn ssrcs(answer: &str, mid: &str) -> Vec<u32> {
    let line = format!("a=mid:{mid}\r");
    let section = answer.split("m=").find(|section| section.contains(&line));
    let lines = section.unwrap_or_default().lines();
    lines
        .filter_map(|line| line.strip_prefix("a=ssrc:")?.split(' ').next())
        .filter_map(|ssrc| ssrc.parse().ok())
        .collect()
}
