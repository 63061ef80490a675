//! What becomes of pictures and sound on bad lines, on scripts in virtual time. With `PLOTS=1` each
//! leaves a table and a picture of it in `var/lines/`.

use super::{
    bottleneck::Bottleneck,
    plot::{Plot, Sample},
    world::{ROOM, World},
};
use crate::api::{MediaEvent, PeerId, Plan, Receives, SlotKind};
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const TICK: Duration = Duration::from_millis(20);
/// Who sends: the first is the main picture and speaks, the others are thumbnails.
const SOURCES: usize = 4;
/// Packets of a frame of the main picture, 25 a second, and their payload: 1.06 Mbit/s with all headers.
const MAIN: (usize, usize) = (5, 1000);
/// The same of thumbnails: 425 kbit/s each, all together 2.4 Mbit/s.
const LARGE: (usize, usize) = (2, 1000);
/// Or 153 kbit/s each, all together 1.5 Mbit/s.
const SMALL: (usize, usize) = (1, 700);
/// How much more a key frame is.
const KEY_FRAME: usize = 4;

/// Sources, receivers behind one bottleneck, and what was seen of them.
struct Show {
    world: World,
    receivers: Vec<usize>,
    thumbnail: (usize, usize),
    start: Instant,
    round: u32,
    asked: [bool; SOURCES],
    /// For each receiver: when each packet of sound was sent and came.
    sound: Vec<Vec<(Duration, Duration)>>,
    plots: Vec<Plot>,
    before: (u64, u64),
}

impl Show {
    fn new(
        receivers: usize,
        seed: u64,
        thumbnail: (usize, usize),
        line: impl FnOnce(Instant) -> Bottleneck,
    ) -> Self {
        let mut world = World::with_clients(SOURCES + receivers, seed);
        let receivers: Vec<usize> = (SOURCES..SOURCES + receivers).collect();
        let now = world.now;
        world.bottlenecks = vec![(line(now), receivers.clone())];
        for receiver in &receivers {
            world.clients[*receiver].give_feedback(now);
        }
        let receives = Receives {
            audio: vec![PeerId(0)],
            main: Some(PeerId(0)),
            thumbnails: (1..SOURCES as u64).map(PeerId).collect(),
            ..Receives::default()
        };
        let plan = Plan {
            heard: [PeerId(0)].into(),
            presenting: None,
            receivers: receivers
                .iter()
                .map(|id| (PeerId(*id as u64), receives.clone()))
                .collect(),
        };
        world.engine.reconcile(now, ROOM, plan);
        world.collect();
        Self {
            thumbnail,
            start: now,
            round: 0,
            asked: [true; SOURCES],
            sound: vec![vec![]; receivers.len()],
            plots: receivers.iter().map(|_| Plot::default()).collect(),
            before: (0, 0),
            world,
            receivers,
        }
    }

    fn line(&mut self) -> &mut Bottleneck {
        &mut self.world.bottlenecks[0].0
    }

    /// Lets the show go on for so many seconds.
    fn run(&mut self, seconds: u32) {
        for _ in 0..seconds * 50 {
            self.send();
            self.world.run(TICK);
            self.round += 1;
            if self.round.is_multiple_of(5) {
                self.look();
            }
            if self.round.is_multiple_of(50) {
                for client in &mut self.world.clients {
                    client.check(true);
                }
            }
        }
    }

    /// Sound each 20 ms, frames each 40 ms, key frames where they are asked for.
    fn send(&mut self) {
        let (round, world) = (self.round, &mut self.world);
        world.clients[0].speak(round * 960, 30);
        for (source, asked) in self.asked.iter_mut().enumerate() {
            let client = &mut world.clients[source];
            *asked |= client.picture_losses() > 0;
            client.reports.clear();
            if !(round as usize + source).is_multiple_of(2) {
                continue;
            }
            let key = std::mem::take(asked);
            let (packets, size) = if source == 0 { MAIN } else { self.thumbnail };
            let packets = packets * if key { KEY_FRAME } else { 1 };
            for part in 0..packets {
                let mut payload = vec![0x80 | u8::from(part == 0) << 4, 0x80];
                payload.extend((round as u16 | 0x8000).to_be_bytes());
                payload.push(u8::from(!key));
                payload.resize(size, 0);
                client.show_part(round * 1800, part + 1 == packets, &payload);
            }
        }
        // Losses of the main picture are repaired.
        if round.is_multiple_of(20) && world.bottlenecks[0].0.loss_percent > 0 {
            for receiver in self.receivers.clone() {
                let main = world.clients[receiver].slot_ssrc(SlotKind::Main, 0);
                world.clients[receiver].nack_missing(main);
            }
        }
    }

    /// Notes how things are, ten times a second.
    fn look(&mut self) {
        let now = self.world.now;
        let at = now.duration_since(self.start);
        let start = self.start;
        let line = &mut self.world.bottlenecks[0].0;
        let (offered, lost) = (line.offered - self.before.0, line.lost - self.before.1);
        self.before = (line.offered, line.lost);
        let (rate, queue) = (line.rate, line.queue(now));
        for (nth, receiver) in self.receivers.iter().enumerate() {
            let peer = self.world.peer(*receiver);
            let shown =
                |slot: &&crate::slot::Slot| !slot.kind.is_audio() && slot.flowing().is_some();
            let sample = Sample {
                at,
                line: rate,
                estimate: peer.estimator.estimate().map(|it| it as f64),
                sent: offered as f64 * 80.0,
                lost,
                queue,
                main: peer
                    .slots
                    .iter()
                    .filter(shown)
                    .any(|slot| slot.kind == SlotKind::Main),
                pictures: peer.slots.iter().filter(shown).count(),
            };
            self.plots[nth].samples.push(sample);
            let client = &mut self.world.clients[*receiver];
            let audio = client.slot_ssrc(SlotKind::Audio, 0);
            let sound = client
                .got
                .iter()
                .filter(|got| got.ssrc == audio)
                .map(|got| {
                    let stamp = u32::from_be_bytes(*got.payload.last_chunk().expect("a time"));
                    (TICK * (stamp / 960), got.at.duration_since(start))
                });
            self.sound[nth].extend(sound);
            client.got.clear();
        }
    }

    /// What was seen of a receiver between two moments.
    fn seen(&self, nth: usize, from: u64, to: u64) -> Seen<'_> {
        let (from, to) = (Duration::from_secs(from), Duration::from_secs(to));
        let samples = self.plots[nth].samples.iter();
        let sound = self.sound[nth].iter();
        Seen {
            samples: samples.filter(|it| (from..to).contains(&it.at)).collect(),
            sound: sound
                .filter(|(sent, _)| (from..to).contains(sent))
                .copied()
                .collect(),
            expected: (to - from).as_millis() as usize / 20,
        }
    }

    /// How often the first receiver was told that a picture is left out, and that one begins.
    fn told(&self) -> (usize, usize) {
        let receiver = PeerId(self.receivers[0] as u64);
        let slots = self.world.events.iter().filter_map(|event| match event {
            MediaEvent::Slot {
                peer, held, rtp, ..
            } if *peer == receiver => Some((*held, rtp)),
            _ => None,
        });
        let left_out = slots.clone().filter(|(held, _)| *held).count();
        (left_out, slots.filter(|(_, rtp)| rtp.is_some()).count())
    }

    fn save(&self, name: &str) {
        for (nth, plot) in self.plots.iter().enumerate() {
            plot.save(&format!("{name}{}", if nth == 0 { "" } else { "-second" }));
        }
    }
}

/// A stretch of time.
struct Seen<'a> {
    samples: Vec<&'a Sample>,
    sound: Vec<(Duration, Duration)>,
    expected: usize,
}

impl Seen<'_> {
    /// The least and the greatest estimate, in kbit/s; an unlimited line counts as none.
    fn estimates(&self) -> (u64, u64) {
        let found = self.samples.iter().filter_map(|it| it.estimate);
        let found: Vec<u64> = found.map(|it| it as u64 / 1000).collect();
        let (least, most) = (found.iter().min(), found.iter().max());
        (*least.expect("limited"), *most.expect("limited"))
    }

    /// Whether the line was not limited at the end.
    fn is_unlimited(&self) -> bool {
        self.samples.last().is_some_and(|it| it.estimate.is_none())
    }

    /// The share of the time in which a main picture was there, in percent.
    fn main(&self) -> usize {
        self.samples.iter().filter(|it| it.main).count() * 100 / self.samples.len()
    }

    /// Packets that were lost.
    fn lost(&self) -> u64 {
        self.samples.iter().map(|it| it.lost).sum()
    }

    /// The mean of the pictures that were there, in tenths.
    fn pictures(&self) -> usize {
        self.samples
            .iter()
            .map(|it| it.pictures * 10)
            .sum::<usize>()
            / self.samples.len()
    }

    /// The longest queue.
    fn queue(&self) -> Duration {
        self.samples
            .iter()
            .map(|it| it.queue)
            .max()
            .expect("samples")
    }

    /// The share of the sound that came, in percent, and how long all but a twentieth of it took.
    fn sound(&self) -> (usize, Duration) {
        let mut delays: Vec<Duration> = self.sound.iter().map(|(sent, at)| *at - *sent).collect();
        delays.sort_unstable();
        (
            delays.len() * 100 / self.expected,
            delays[delays.len() * 95 / 100],
        )
    }
}

/// Pictures for 2.4 Mbit/s are wanted.
#[test]
fn two_megabits() {
    let mut show = Show::new(1, 81, LARGE, |now| Bottleneck::new(now, 2e6));
    show.run(40);
    show.save("two-megabits");
    let settled = show.seen(0, 3, 40);
    assert_eq!(settled.lost(), 0, "it settles within three seconds");
    assert_eq!(settled.main(), 100);
    assert!(
        settled.pictures() >= 18,
        "the main picture and a thumbnail: {}",
        settled.pictures()
    );
    let (least, most) = settled.estimates();
    assert!(least > 1500 && most < 2500, "{least} to {most} kbit/s");
    let (sound, delay) = settled.sound();
    assert!(
        sound >= 99 && delay < 100 * MS,
        "{sound} % of the sound after {delay:?}"
    );
}

#[test]
fn a_drop_to_300_kilobits_and_back() {
    let mut show = Show::new(1, 82, SMALL, |now| Bottleneck {
        deepest: 1000 * MS,
        ..Bottleneck::new(now, 5e6)
    });
    show.run(10);
    show.world.events.clear();
    show.line().rate = 300_000.0;
    show.run(20);
    let (told, begun) = show.told();
    assert_eq!(told, 4, "each picture was taken away");
    assert!(begun >= 1, "and a thumbnail came back");
    show.line().rate = 5e6;
    show.run(30);
    show.save("drop");

    let before = show.seen(0, 1, 10);
    assert!(before.is_unlimited() && before.pictures() == 40);
    let thin = show.seen(0, 12, 30);
    assert_eq!(thin.lost(), 0, "it settles within two seconds");
    assert!(thin.queue() < 200 * MS, "{:?}", thin.queue());
    let (least, most) = thin.estimates();
    assert!(least >= 200 && most <= 375, "{least} to {most} kbit/s");
    assert!(
        thin.main() == 0 && thin.pictures() >= 7,
        "{}",
        thin.pictures()
    );
    let (sound, delay) = thin.sound();
    assert!(
        sound >= 99 && delay < 150 * MS,
        "{sound} % of the sound after {delay:?}"
    );
    let back = show.seen(0, 42, 60);
    assert_eq!(back.pictures(), 40, "all are back after twelve seconds");
}

#[test]
fn ten_percent_loss() {
    let mut show = Show::new(1, 83, LARGE, |now| Bottleneck {
        loss_percent: 10,
        ..Bottleneck::new(now, 10e6)
    });
    show.run(40);
    show.save("loss");
    let all = show.seen(0, 1, 40);
    assert_eq!(all.main(), 100);
    // One trial shows that sending less does not help.
    let after = show.seen(0, 15, 40);
    assert_eq!(after.pictures(), 40);
    let (sound, delay) = after.sound();
    assert!(
        sound >= 88 && delay < 30 * MS,
        "{sound} % of the sound after {delay:?}"
    );
}

#[test]
fn jitter_of_200_milliseconds() {
    let mut show = Show::new(1, 84, LARGE, |now| Bottleneck {
        jitter: 200 * MS,
        ..Bottleneck::new(now, 10e6)
    });
    show.run(40);
    show.save("jitter");
    let all = show.seen(0, 1, 40);
    assert!(all.is_unlimited(), "jitter is no queue");
    assert_eq!(all.pictures(), 40);
    assert_eq!(show.world.counter("slots_held"), 0);
    let (sound, delay) = all.sound();
    assert!(
        sound >= 99 && delay < 250 * MS,
        "{sound} % of the sound after {delay:?}"
    );
}

/// As a browser beside five others on two cores.
#[test]
fn a_busy_receiver() {
    for (away, looks, name) in [
        (100, 20, "busy"),
        (250, 15, "very-busy"),
        (700, 150, "away"),
    ] {
        let mut show = Show::new(1, 88, LARGE, |now| Bottleneck {
            busy: Some((away * MS, looks * MS)),
            ..Bottleneck::new(now, 100e6)
        });
        show.run(40);
        show.save(name);
        let all = show.seen(0, 0, 40);
        assert_eq!(show.world.counter("slots_held"), 0, "{name}");
        assert_eq!(all.lost(), 0);
        let settled = show.seen(0, 1, 40);
        assert_eq!(settled.pictures(), 40, "{name}");
    }
}

/// Nor does that hide what its line carries.
#[test]
fn a_busy_receiver_on_two_megabits() {
    let mut show = Show::new(1, 89, LARGE, |now| Bottleneck {
        busy: Some((100 * MS, 20 * MS)),
        ..Bottleneck::new(now, 2e6)
    });
    show.run(40);
    show.save("busy-two-megabits");
    let settled = show.seen(0, 3, 40);
    assert_eq!(settled.lost(), 0, "it settles within three seconds");
    assert_eq!(settled.main(), 100);
    assert!(settled.pictures() >= 16, "{}", settled.pictures());
    let (least, most) = settled.estimates();
    assert!(least > 1200 && most < 2500, "{least} to {most} kbit/s");
}

/// It would hold three seconds, and none of it is ever lost.
#[test]
fn a_queue_that_bloats() {
    let mut show = Show::new(1, 85, LARGE, |now| Bottleneck {
        deepest: 3000 * MS,
        ..Bottleneck::new(now, 1.5e6)
    });
    show.run(40);
    show.save("bloat");
    let all = show.seen(0, 0, 40);
    assert!(all.queue() < 1000 * MS, "{:?}", all.queue());
    let settled = show.seen(0, 4, 40);
    assert!(settled.queue() < 250 * MS, "{:?}", settled.queue());
    let (least, most) = settled.estimates();
    assert!(least > 1100 && most < 1900, "{least} to {most} kbit/s");
    assert_eq!(settled.main(), 100);
    let (sound, delay) = settled.sound();
    assert!(
        sound >= 99 && delay < 150 * MS,
        "{sound} % of the sound after {delay:?}"
    );
}

#[test]
fn two_receivers_behind_one_line() {
    let mut show = Show::new(2, 86, LARGE, |now| Bottleneck {
        deepest: 500 * MS,
        ..Bottleneck::new(now, 3e6)
    });
    show.run(60);
    show.save("two-receivers");
    let both = [0, 1].map(|nth| show.seen(nth, 5, 60));
    for seen in &both {
        assert!(seen.main() >= 95, "the main picture for {} %", seen.main());
        assert_eq!(seen.lost(), 0);
        assert!(seen.queue() < 400 * MS, "{:?}", seen.queue());
        let (sound, delay) = seen.sound();
        assert!(
            sound >= 99 && delay < 300 * MS,
            "{sound} % of the sound after {delay:?}"
        );
    }
    let shares = both.map(|seen| seen.pictures());
    assert!(
        shares[0].abs_diff(shares[1]) <= 5,
        "tenths of pictures: {shares:?}"
    );
    assert!(shares.iter().sum::<usize>() >= 22, "{shares:?}");
}

/// What its old line was too thin for it gets on a new one.
#[test]
fn a_receiver_that_moves_to_another_line_gets_everything() {
    let mut show = Show::new(1, 87, SMALL, |now| Bottleneck::new(now, 300_000.0));
    show.run(10);
    assert!(show.seen(0, 5, 10).pictures() < 20);
    show.line().rate = 5e6;
    let receiver = show.receivers[0];
    show.world.clients[receiver].address.set_port(7777);
    show.world.clients[receiver].check(true);
    show.run(10);
    let moved = show.seen(0, 17, 20);
    assert!(
        moved.is_unlimited() && moved.pictures() == 40,
        "{}",
        moved.pictures()
    );
}
