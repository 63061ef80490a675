//! Lips and voice after the floor has gone round: what sender reports say of when sound and picture were
//! captured, for sources whose clocks, numbers and encoders have nothing in common; and that they say the
//! same whoever speaks, as a receiver believes a mean of them.

use super::{
    client::{CAMERA_SSRC, Client, Got, MICROPHONE_SSRC},
    world::World,
};
use crate::{api::SlotKind, rtcp};
use std::time::Duration;

const RECEIVER: usize = 2;
/// 20 ms: a packet of sound, and a frame of 50 a second.
const TICK: Duration = Duration::from_millis(20);
const SECOND: u32 = 50;
/// How far sound and picture of one moment may be apart, in seconds.
const TOGETHER: f64 = 0.003;

/// Who speaks and shows: a camera's pictures come later than the sound of the same moment.
struct Source {
    client: usize,
    /// Its own clock, in seconds, when the test begins.
    clock: u64,
    /// Timestamps of sound and picture then.
    sound: u32,
    picture: u32,
    /// So many ticks a picture takes from the camera to the line.
    encodes: u32,
}

const SOURCES: [Source; 2] = [
    Source {
        client: 0,
        clock: 3_600,
        sound: 5_000,
        picture: 4_000_000_000,
        encodes: 2,
    },
    Source {
        client: 1,
        clock: 86_400,
        sound: 3_000_000_000,
        picture: 70_000,
        encodes: 7,
    },
];

impl Source {
    fn sound_of(&self, tick: u32) -> u32 {
        self.sound.wrapping_add(tick * 960)
    }

    fn picture_of(&self, tick: u32) -> u32 {
        self.picture.wrapping_add(tick * 1_800)
    }

    /// Sends what is ready at a tick, and says once a second how its timestamps belong together.
    fn send(&self, world: &mut World, tick: u32) {
        let client = &mut world.clients[self.client];
        client.speak(self.sound_of(tick), 30);
        if let Some(captured) = tick.checked_sub(self.encodes) {
            let key = captured.is_multiple_of(SECOND / 2);
            client.show(self.picture_of(captured), captured as u16, key, 1);
        }
        if tick % SECOND == self.encodes {
            let ntp = (self.clock << 32) + (u64::from(tick) << 32) / u64::from(SECOND);
            let rtps = [
                (MICROPHONE_SSRC, self.sound_of(tick)),
                (CAMERA_SSRC, self.picture_of(tick)),
            ];
            client.report(|out| {
                for (ssrc, rtp) in rtps {
                    rtcp::write_sender_report(out, ssrc, ntp, rtp, 1, 1, "x");
                }
            });
        }
    }
}

/// When a packet was captured, in seconds of the server's clock, as the newest report on its slot says;
/// `rate` is that of its timestamps.
fn captured(client: &Client, got: &Got, rate: f64) -> f64 {
    let clocks = client.sender_reports(got.ssrc);
    let (ntp, rtp) = *clocks.last().expect("a report on the slot");
    ntp as f64 / 2f64.powi(32) + f64::from(got.timestamp.wrapping_sub(rtp) as i32) / rate
}

/// The packet of a slot whose source gave it this timestamp, which stands at the end of each payload.
fn packet(client: &Client, kind: SlotKind, timestamp: u32) -> &Got {
    let of_slot = client.of_slot(kind, 0);
    let found = of_slot
        .into_iter()
        .find(|got| got.payload.ends_with(&timestamp.to_be_bytes()));
    found.expect("it came")
}

#[test]
fn after_every_switch_reports_put_sound_and_picture_of_a_moment_together() {
    let mut world = World::with_clients(3, 27);
    let mut tick = 0;
    for turn in [0, 1, 0, 1] {
        let source = &SOURCES[turn];
        let peer = source.client as u64;
        world.plan(Some(peer), &[peer]);
        // Long enough for a key frame and for a report that is later than that.
        let end = tick + 3 * SECOND;
        while tick < end {
            for source in &SOURCES {
                source.send(&mut world, tick);
            }
            world.run(TICK);
            tick += 1;
        }
        let receiver = &world.clients[RECEIVER];
        let moment = end - SECOND;
        let sound = packet(receiver, SlotKind::Audio, source.sound_of(moment));
        let picture = packet(receiver, SlotKind::Main, source.picture_of(moment));
        assert!(
            picture.at > sound.at + TICK,
            "they do not arrive together: {:?} {:?}",
            sound.at,
            picture.at
        );
        let apart = captured(receiver, picture, 90_000.0) - captured(receiver, sound, 48_000.0);
        assert!(
            apart.abs() < TOGETHER,
            "{apart} s apart while client {peer} speaks, at tick {end}"
        );
    }
}

/// Of all reports on a slot, by how much two of them disagree about when a packet was captured, in seconds.
fn disagree(client: &Client, ssrc: u32, rate: f64) -> f64 {
    let lines = client.sender_reports(ssrc);
    let (first_ntp, first_rtp) = lines[0];
    let offs = lines.iter().map(|(ntp, rtp)| {
        let passed = ntp.wrapping_sub(first_ntp) as f64 / 2f64.powi(32);
        f64::from(rtp.wrapping_sub(first_rtp)) / rate - passed
    });
    let (least, most) = offs.fold((f64::MAX, f64::MIN), |(least, most), off| {
        (off.min(least), off.max(most))
    });
    most - least
}

#[test]
fn a_switch_moves_no_slot_on_its_line_of_time() {
    let mut world = World::with_clients(3, 28);
    let mut tick = 0;
    // The second one's encoder is 100 ms slower: what it captures comes behind what went out.
    for turn in [0, 1, 0, 1, 1, 0] {
        let peer = SOURCES[turn].client as u64;
        world.plan(Some(peer), &[peer]);
        for _ in 0..2 * SECOND {
            for source in &SOURCES {
                source.send(&mut world, tick);
            }
            world.run(TICK);
            tick += 1;
        }
    }
    let receiver = &world.clients[RECEIVER];
    for (kind, rate) in [(SlotKind::Audio, 48_000.0), (SlotKind::Main, 90_000.0)] {
        let off = disagree(receiver, receiver.slot_ssrc(kind, 0), rate);
        assert!(off < TOGETHER, "{kind:?}: {off} s");
        let stamps = receiver.of_slot(kind, 0);
        let stamps: Vec<u32> = stamps.iter().map(|got| got.timestamp).collect();
        let goes_on = |pair: &[u32]| (pair[1].wrapping_sub(pair[0]) as i32) > 0;
        assert!(stamps.windows(2).all(goes_on), "{kind:?} goes back");
    }
}
