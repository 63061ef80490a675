//! What shards tell each other: all that has changed, and nothing is compared that nobody has touched.
//!
//! After every step of every test with a [`Pair`] what was told is compared with what a walk over
//! everything would tell.

use super::{Camera, MS, main_of, pair::Pair};
use crate::{
    api::{PeerId, Plan, Receives},
    crossing::{Message, ShardId},
    engine::{
        Engine, POISONED,
        tests::{
            client::Client,
            world::{LOCAL, ROOM},
        },
    },
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{net::SocketAddr, time::Instant};

const STEPS: u32 = 150;
/// More devices than this do not come.
const MOST: usize = 14;
const THUMBNAILS: [&str; 3] = ["7", "10", "11"];

/// Random conferences on two shards, from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn peer(&mut self, pair: &Pair) -> PeerId {
        PeerId(self.below(pair.clients.len()) as u64)
    }

    /// Anybody sees, hears and shows anything.
    fn plan(&mut self, pair: &Pair) -> Plan {
        let mut plan = Plan {
            heard: (0..self.below(3)).map(|_| self.peer(pair)).collect(),
            presenting: (self.below(2) == 0).then(|| self.peer(pair)),
            ..Plan::default()
        };
        for receiver in (0..pair.clients.len() as u64).map(PeerId) {
            let some = |chance: &mut Self| (chance.below(3) > 0).then(|| chance.peer(pair));
            let mut receives = Receives {
                audio: plan.heard.iter().copied().collect(),
                main: some(self),
                presentation: plan.presenting.filter(|_| self.below(4) > 0),
                presentation_audio: plan.presenting.filter(|_| self.below(4) > 0),
                thumbnails: (0..self.below(4)).filter_map(|_| some(self)).collect(),
                ..Receives::default()
            };
            receives.thumbnails.dedup();
            for mid in [super::MAIN].into_iter().chain(THUMBNAILS) {
                let height = [90, 180, 360, 720][self.below(4)];
                receives.heights.insert(mid.to_owned(), height);
            }
            plan.receivers.insert(receiver, receives);
        }
        plan
    }

    fn step(&mut self, pair: &mut Pair, layered: &mut Vec<bool>, nth: u32) {
        match self.below(16) {
            0 => {
                let plan = self.plan(pair);
                pair.put(plan);
            }
            // One of them has it later, or never.
            1 => {
                let (plan, shard) = (self.plan(pair), self.below(2));
                pair.put_on(shard, plan);
            }
            2 if pair.clients.len() < MOST => {
                let id = PeerId(pair.clients.len() as u64);
                layered.push(self.below(2) == 0);
                pair.join(self.below(2), id, *layered.last().expect("pushed"));
            }
            3 if self.below(3) == 0 => pair.leave(self.peer(pair).0 as usize),
            4 if self.below(6) == 0 && pair.clients.len() < MOST => {
                layered.push(false);
                pair.join(self.below(2), POISONED, false);
            }
            // Pictures stall.
            5 => pair.run(2500 * MS),
            6 => pair.run(700 * MS),
            _ => {}
        }
        for (client, layered) in pair.clients.iter_mut().zip(&*layered) {
            // Some send nothing, some not all of their layers.
            let sends = self.below(8);
            if !client.is_connected() || sends == 0 {
                continue;
            }
            let (timestamp, id, key) = (nth * 3000, nth as u16, self.below(4) == 0);
            if *layered {
                (0..3.min(sends)).for_each(|it| client.show_layer(it, timestamp, id, key, 1));
            } else {
                client.show(timestamp, id, key, 1);
            }
            client.speak(nth * 960, 30);
            if sends < 4 {
                client.share(timestamp, id, key, 1);
                client.play(nth * 960);
            }
        }
        pair.run(33 * MS);
    }
}

#[test]
fn whatever_happens_what_was_told_is_what_a_walk_over_everything_would_tell() {
    let (mut crossed, mut compared, mut comparable) = (0, 0, 0);
    for seed in 1..=6 {
        let mut layered = vec![true, false, true, false];
        let mut pair = Pair::new(&[0, 0, 1, 1], &[0, 2]);
        let mut chance = Chance(seed * 0x9e37_79b9);
        for nth in 0..STEPS {
            chance.step(&mut pair, &mut layered, nth);
        }
        for shard in [0, 1] {
            crossed += pair.counter(shard, "packets_crossed");
            compared += pair.counter(shard, "crossing_compared");
        }
        comparable += pair.comparable as u64;
    }
    assert!(crossed > 1000, "{crossed} packets crossed");
    assert!(compared < comparable, "{compared} of {comparable}");
}

#[test]
fn nothing_is_compared_of_those_who_are_only_there() {
    const SITES: u64 = 24;
    let homes: Vec<usize> = (0..SITES as usize).map(|site| site % 2).collect();
    let mut pair = Pair::new(&homes, &[]);
    let mut plan = Plan::default();
    for site in 0..SITES {
        let receives = Receives {
            main: Some(PeerId(0)).filter(|_| site > 0),
            thumbnails: [1, 2, 3].map(|next| PeerId((site + next) % SITES)).into(),
            ..Receives::default()
        };
        plan.receivers.insert(PeerId(site), receives);
    }
    pair.put(plan);
    let mut camera = Camera::new(0, false);
    camera.run(&mut pair, 30);
    let before = [0, 1].map(|shard| pair.counter(shard, "crossing_compared"));
    pair.comparable = 0;
    let received = main_of(&pair, 1).len();
    camera.run(&mut pair, 60);
    assert!(main_of(&pair, 1).len() > received + 110);
    let after = [0, 1].map(|shard| pair.counter(shard, "crossing_compared"));
    let compared = after[0] + after[1] - before[0] - before[1];
    // Every packet once on each side, and every site's reports.
    assert!(compared > 2 * 60, "{compared}");
    assert!(
        compared * 20 < pair.comparable as u64,
        "{compared} of {}",
        pair.comparable
    );
}

#[test]
fn each_of_several_shards_is_told() {
    let now = Instant::now();
    let engine = Engine::new(now, 1 << 40, vec![SocketAddr::new(LOCAL, 8081)]);
    let mut engine = engine.expect("an engine").among(ShardId(1), 4);
    let seek = |sought| Message::Seek {
        peer: PeerId(7),
        sought,
    };
    for by in [0, 2, 3] {
        engine.handle_crossing(now, ShardId(by), &seek(true), &[]);
    }
    let said = |engine: &mut Engine| {
        engine.settle_crossings(now);
        assert_eq!(engine.compare_all().1, []);
        [0, 2, 3].map(|to| {
            let said = engine.crossings(ShardId(to)).expect("a shard");
            let all = (0..said.len()).filter_map(|nth| said.get(nth));
            let all: Vec<String> = all.map(|(message, _)| name(message)).collect();
            said.clear();
            all.join(" ")
        })
    };
    assert_eq!(said(&mut engine), [""; 3], "it is not here");
    let client = Client::new(5000, vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
    let joined = engine.join(now, ROOM, PeerId(7), &client.offer(true));
    joined.expect("an answer");
    assert_eq!(said(&mut engine), ["here layers layers"; 3]);
    assert_eq!(said(&mut engine), [""; 3], "nothing is said twice");
    engine.handle_crossing(now, ShardId(2), &seek(false), &[]);
    engine.leave(now, PeerId(7));
    assert_eq!(said(&mut engine), ["gone", "", "gone"]);
}

fn name(message: &Message) -> String {
    let name = match message {
        Message::Here(_) => "here",
        Message::Gone(_) => "gone",
        Message::Layers(..) => "layers",
        other => panic!("{other:?}"),
    };
    name.to_owned()
}
