//! One conference on two shards: every source crosses once, and nobody sees a difference.

mod failures;
mod held;
mod pair;
mod said;
mod told;

use super::client::{Got, LAYERS};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives, SlotKind},
    paced::Paced,
    rtcp,
    vp8::Descriptor,
};
use pair::{LINE, Pair};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
/// 30 pictures a second.
const FRAME: Duration = Duration::from_millis(33);
const MAIN: &str = "6";

/// A camera that shows 30 pictures a second, key frames when it is asked: in one size two packets each,
/// in three sizes one, two and three.
struct Camera {
    client: usize,
    layers: bool,
    frame: u32,
    asked: usize,
    key: bool,
}

impl Camera {
    fn new(client: usize, layers: bool) -> Self {
        Self {
            client,
            layers,
            frame: 0,
            asked: 0,
            key: true,
        }
    }

    fn run(&mut self, pair: &mut Pair, frames: u32) {
        for _ in 0..frames {
            let key = std::mem::take(&mut self.key);
            let (timestamp, id) = (self.frame * 3000, (self.frame & 0x7fff) as u16);
            let client = &mut pair.clients[self.client];
            if self.layers {
                (0..3).for_each(|nth| client.show_layer(nth, timestamp, id, key, nth + 1));
            } else {
                client.show(timestamp, id, key, 2);
            }
            self.frame += 1;
            pair.run(FRAME);
            let asked = self.count(pair);
            self.key |= std::mem::replace(&mut self.asked, asked) != asked;
        }
    }

    /// How often it was asked for a key frame.
    fn count(&self, pair: &Pair) -> usize {
        let client = &pair.clients[self.client];
        let layers = LAYERS.map(|(_, ssrc, _)| client.picture_losses_of(ssrc));
        client.picture_losses() + layers.iter().sum::<usize>()
    }
}

fn main_of(pair: &Pair, client: usize) -> Vec<&Got> {
    pair.clients[client].of_slot(SlotKind::Main, 0)
}

fn heard_by(pair: &Pair, client: usize) -> usize {
    pair.clients[client].of_slot(SlotKind::Audio, 0).len()
}

/// It begins with a key frame and goes on without a gap.
fn assert_whole(got: &[&Got]) {
    let first = got.first().expect("a packet");
    let descriptor = Descriptor::parse(&first.payload).expect("VP8");
    assert!(descriptor.starts_key_frame);
    for pair in got.windows(2) {
        assert_eq!(pair[1].index, pair[0].index + 1);
    }
}

/// What publishers were told to send, as in `qf`.
fn told(events: &[MediaEvent]) -> Vec<String> {
    let layers = |event: &MediaEvent| match event {
        MediaEvent::Layers { active, .. } => Some(active.concat()),
        _ => None,
    };
    events.iter().filter_map(layers).collect()
}

#[test]
fn a_source_crosses_once_and_is_seen_and_heard_on_both_shards() {
    let mut pair = Pair::new(&[0, 0, 1, 1, 1], &[]);
    pair.plan(Some(0), &[0, 2]);
    let mut camera = Camera::new(0, false);
    let begun = [0, 1].map(|shard| pair.counter(shard, "packets_crossed"));
    assert_eq!(begun, [0, 0]);
    for round in 0..60 {
        pair.clients[0].speak(round * 960, 30);
        pair.clients[2].speak(round * 960, 30);
        camera.run(&mut pair, 1);
    }
    pair.run(100 * MS);
    for watcher in 1..5 {
        let got = main_of(&pair, watcher);
        assert_whole(&got);
        assert!(got.len() > 110, "{} packets", got.len());
        assert!(heard_by(&pair, watcher) > 55, "{watcher}");
    }
    assert!(heard_by(&pair, 0) > 55, "from the other shard");
    // Three receivers over there, each packet crossed once; and one microphone each way.
    let crossed = pair.counter(0, "packets_crossed");
    assert!((110 + 55..=120 + 60).contains(&crossed), "{crossed}");
    let crossed = pair.counter(1, "packets_crossed");
    assert!((55..=60).contains(&crossed), "{crossed}");
    let peers = [0, 1].map(|shard| pair.engines[shard].peers());
    assert_eq!(peers, [2, 3], "each is counted where it is");
}

#[test]
fn an_old_picture_from_another_shard_stays_until_the_new_one_is_there() {
    let mut pair = Pair::new(&[0, 0, 1], &[]);
    let mut cameras = [Camera::new(0, false), Camera::new(1, false)];
    pair.plan(Some(0), &[]);
    cameras[0].run(&mut pair, 30);
    let before = main_of(&pair, 2).len();
    assert!(before > 50, "{before}");
    // The new speaker's camera says nothing yet.
    pair.plan(Some(1), &[]);
    cameras[0].run(&mut pair, 30);
    let after = main_of(&pair, 2).len();
    assert!(after > before + 50, "{before}, then {after}");
    cameras[1].run(&mut pair, 30);
    let begun = main_of(&pair, 2).len();
    assert!(begun > after + 40, "{after}, then {begun}");
    // Nobody over there has the old one any more, and it does not cross.
    let crossed = pair.counter(0, "packets_crossed");
    cameras[0].run(&mut pair, 10);
    assert_eq!(pair.counter(0, "packets_crossed"), crossed);
    assert_eq!(pair.engines[1].abroad.relayed(), 1, "nor is it sought");
}

#[test]
fn a_picture_from_another_shard_waits_for_its_turn_on_a_line_with_a_limit() {
    let mut pair = Pair::new(&[0, 1], &[]);
    pair.plan(Some(0), &[0]);
    let mut camera = Camera::new(0, false);
    camera.run(&mut pair, 10);
    let place = pair.engines[1].by_id[&PeerId(1)] as usize;
    let receiver = pair.engines[1].places[place].as_deref_mut();
    receiver.expect("it is there").paced = Some(Box::new(Paced::new(pair.now, 50_000)));
    let before = main_of(&pair, 1).len();
    // A key frame of half a second.
    pair.clients[0].show(30_000, 10, true, 40);
    pair.clients[0].speak(960, 30);
    pair.run(100 * MS);
    let come = main_of(&pair, 1).len() - before;
    assert!((2..30).contains(&come), "{come}");
    assert_eq!(heard_by(&pair, 1), 1, "sound does not wait");
    pair.run(600 * MS);
    let got = main_of(&pair, 1);
    assert_eq!(got.len(), before + 40);
    assert_whole(&got);
    assert!(pair.counter(1, "packets_paced") >= 30);
    assert_eq!(pair.counter(1, "paced_dropped"), 0);
}

#[test]
fn nothing_crosses_for_nobody() {
    let mut pair = Pair::new(&[0, 0, 1], &[]);
    let mut camera = Camera::new(0, false);
    let mut plan = Plan::default();
    let main = Receives {
        main: Some(PeerId(0)),
        ..Receives::default()
    };
    plan.receivers.insert(PeerId(1), main.clone());
    pair.put(plan.clone());
    camera.run(&mut pair, 30);
    assert!(!main_of(&pair, 1).is_empty());
    assert_eq!(pair.counter(0, "packets_crossed"), 0);
    // Somebody over there looks, and looks away again.
    plan.receivers.insert(PeerId(2), main);
    pair.put(plan.clone());
    camera.run(&mut pair, 30);
    assert_whole(&main_of(&pair, 2));
    plan.receivers.remove(&PeerId(2));
    pair.put(plan);
    pair.run(10 * MS);
    let crossed = pair.counter(0, "packets_crossed");
    assert!(crossed > 50, "{crossed}");
    camera.run(&mut pair, 30);
    assert_eq!(pair.counter(0, "packets_crossed"), crossed);
    // The last one leaves.
    pair.plan(Some(0), &[]);
    camera.run(&mut pair, 10);
    pair.leave(2);
    pair.run(10 * MS);
    let crossed = pair.counter(0, "packets_crossed");
    camera.run(&mut pair, 10);
    assert_eq!(pair.counter(0, "packets_crossed"), crossed);
}

#[test]
fn a_gate_that_is_closed_at_either_end_is_closed() {
    for first in [0, 1] {
        let mut pair = Pair::new(&[0, 1], &[]);
        pair.plan(None, &[0]);
        let mut round = 0;
        let mut speak = |pair: &mut Pair, rounds| {
            for _ in 0..rounds {
                pair.clients[0].speak(round * 960, 30);
                round += 1;
                pair.run(20 * MS);
            }
        };
        speak(&mut pair, 50);
        assert!(heard_by(&pair, 1) > 45);
        // One shard has the new plan, the other not yet.
        let closed = Plan {
            heard: [].into(),
            ..pair.plan.clone()
        };
        pair.put_on(first, closed.clone());
        pair.run(2 * LINE);
        let heard = heard_by(&pair, 1);
        speak(&mut pair, 20);
        assert_eq!(heard_by(&pair, 1), heard, "closed on {first} alone");
        pair.put(closed);
        speak(&mut pair, 20);
        assert_eq!(heard_by(&pair, 1), heard);
        let seen = |shard: usize| {
            let events = pair.events[shard].iter();
            let open = events.filter(|event| {
                matches!(
                    event,
                    MediaEvent::OpenMicrophone {
                        peer: PeerId(0),
                        ..
                    }
                )
            });
            open.count()
        };
        assert_eq!((seen(0), seen(1)), (1, 0), "its own shard sees it");
    }
}

#[test]
fn a_screen_meets_both_gates_too() {
    let mut pair = Pair::new(&[0, 1], &[]);
    let mut plan = Plan {
        presenting: Some(PeerId(0)),
        ..Plan::default()
    };
    let presentation = Receives {
        presentation: Some(PeerId(0)),
        presentation_audio: Some(PeerId(0)),
        ..Receives::default()
    };
    plan.receivers.insert(PeerId(1), presentation);
    pair.put(plan.clone());
    let mut round = 0;
    let mut share = |pair: &mut Pair| {
        for _ in 0..20 {
            pair.clients[0].share(round * 3000, round as u16, true, 2);
            pair.clients[0].play(round * 960);
            round += 1;
            pair.run(FRAME);
        }
        [SlotKind::Presentation, SlotKind::PresentationAudio]
            .map(|kind| pair.clients[1].of_slot(kind, 0).len())
    };
    let [picture, sound] = share(&mut pair);
    assert!(picture > 34 && sound > 16, "{picture} {sound}");
    plan.presenting = None;
    pair.put_on(1, plan);
    pair.run(2 * LINE);
    let closed = share(&mut pair);
    assert!(closed[0] <= picture + 2 && closed[1] <= sound + 1);
    assert_eq!(share(&mut pair), closed);
}

#[test]
fn a_key_frame_is_asked_for_across() {
    let mut pair = Pair::new(&[0, 1, 1], &[]);
    let mut camera = Camera::new(0, false);
    camera.run(&mut pair, 30);
    let asked = camera.asked;
    pair.plan(Some(0), &[]);
    let begun = pair.now;
    camera.run(&mut pair, 10);
    assert_eq!(camera.asked, asked + 1, "both wait for one");
    let first = main_of(&pair, 2)[0].at;
    assert!(first - begun <= 3 * LINE + 2 * FRAME, "{:?}", first - begun);
    // A receiver that has lost something asks by its own shard.
    pair.run(500 * MS);
    let asked = camera.count(&pair);
    let slot = pair.clients[1].slot_ssrc(SlotKind::Main, 0);
    pair.clients[1].report(|out| rtcp::write_picture_loss(out, 1, slot));
    pair.run(100 * MS);
    assert_eq!(camera.count(&pair), asked + 1);
    assert_eq!(pair.counter(0, "picture_losses_received"), 0);
}

#[test]
fn a_source_that_joins_after_it_was_sought_is_found() {
    let mut pair = Pair::new(&[1], &[]);
    let mut plan = Plan::default();
    let main = Receives {
        main: Some(PeerId(1)),
        ..Receives::default()
    };
    plan.receivers.insert(PeerId(0), main);
    pair.put(plan);
    pair.run(100 * MS);
    pair.join(0, PeerId(1), false);
    pair.run(1000 * MS);
    Camera::new(1, false).run(&mut pair, 20);
    assert_whole(&main_of(&pair, 0));
}

#[test]
fn the_largest_watcher_anywhere_decides_which_layers_are_sent() {
    let mut pair = Pair::new(&[0, 0, 1], &[0]);
    let mut camera = Camera::new(0, true);
    pair.plan(Some(0), &[]);
    pair.size(1, MAIN, 180);
    pair.size(2, MAIN, 720);
    camera.run(&mut pair, 240);
    assert_eq!(told(&pair.events[0]).last().map(String::as_str), Some("qf"));
    let crossed = pair.counter(0, "packets_crossed");
    camera.run(&mut pair, 30);
    let large = pair.counter(0, "packets_crossed") - crossed;
    assert_eq!(large, 30 * 3, "the large layer alone");
    // Over there they make it small: nobody needs more than the smallest.
    pair.size(2, MAIN, 100);
    camera.run(&mut pair, 300);
    assert_eq!(told(&pair.events[0]).last().map(String::as_str), Some("q"));
    let crossed = pair.counter(0, "packets_crossed");
    camera.run(&mut pair, 30);
    assert_eq!(pair.counter(0, "packets_crossed") - crossed, 30);
    // And large again: it is sent at once.
    pair.size(2, MAIN, 360);
    pair.run(MS);
    assert_eq!(told(&pair.events[0]).last().map(String::as_str), Some("qh"));
    camera.run(&mut pair, 10);
    let newest = main_of(&pair, 2).last().expect("a packet").payload.clone();
    assert_eq!(
        newest[newest.len() - 5],
        1,
        "the layer stands before the time"
    );
    assert_eq!(
        told(&pair.events[1]),
        [""; 0],
        "its own shard alone tells it"
    );
    for watcher in [1, 2] {
        assert_whole(&main_of(&pair, watcher));
    }
}

#[test]
fn a_layer_that_stops_is_stood_in_for_over_there_too() {
    let mut pair = Pair::new(&[0, 1], &[0]);
    let mut camera = Camera::new(0, true);
    pair.plan(Some(0), &[]);
    camera.run(&mut pair, 60);
    let newest = |pair: &Pair| {
        let payload = &main_of(pair, 1).last().expect("a packet").payload;
        payload[payload.len() - 5]
    };
    assert_eq!(newest(&pair), 2);
    // The camera sends its lower layers alone.
    for frame in 60..150u32 {
        let asked = camera.count(&pair);
        let key = std::mem::replace(&mut camera.asked, asked) != asked;
        for nth in 0..2 {
            pair.clients[0].show_layer(nth, frame * 3000, frame as u16, key, nth + 1);
        }
        pair.run(FRAME);
    }
    assert_eq!(newest(&pair), 1);
    // It stops altogether: a card is better than a frozen picture.
    pair.events[1].clear();
    pair.run(3000 * MS);
    let emptied = |event: &MediaEvent| matches!(event, MediaEvent::Slot { mid, source: None, .. } if mid == MAIN);
    assert_eq!(pair.events[1].iter().filter(|it| emptied(it)).count(), 1);
}

#[test]
fn a_loss_is_repaired_by_the_shard_of_the_receiver() {
    let mut pair = Pair::new(&[0, 1], &[]);
    let mut camera = Camera::new(0, false);
    pair.plan(Some(0), &[]);
    camera.run(&mut pair, 10);
    pair.lossy = Some(1);
    let slot = pair.clients[1].slot_ssrc(SlotKind::Main, 0);
    for _ in 0..60 {
        camera.run(&mut pair, 1);
        pair.clients[1].nack_missing(slot);
    }
    pair.lossy = None;
    for _ in 0..3 {
        pair.run(100 * MS);
        pair.clients[1].nack_missing(slot);
    }
    pair.run(100 * MS);
    assert!(pair.counter(1, "packets_retransmitted") > 5);
    assert_eq!(pair.counter(0, "packets_retransmitted"), 0);
    assert_eq!(pair.counter(0, "nacks_sent"), 0, "its line lost nothing");
    let mut indexes: Vec<u64> = main_of(&pair, 1).iter().map(|got| got.index).collect();
    indexes.sort_unstable();
    let gaps = indexes.windows(2).filter(|two| two[1] != two[0] + 1);
    assert_eq!(gaps.count(), 0);
}

#[test]
fn a_moment_has_the_same_time_on_both_shards() {
    let mut pair = Pair::new(&[0, 0, 1], &[]);
    let mut camera = Camera::new(0, false);
    pair.plan(Some(0), &[]);
    camera.run(&mut pair, 5);
    let newest = (camera.frame - 1) * 3000;
    pair.clients[0].report(|out| {
        rtcp::write_sender_report(out, super::client::CAMERA_SSRC, 7 << 32, newest, 1, 1, "c");
    });
    camera.run(&mut pair, 60);
    // When the first frame was taken, in 2^-32 seconds, as each receiver is told.
    let taken = |client: usize| {
        let slot = pair.clients[client].slot_ssrc(SlotKind::Main, 0);
        let frame = main_of(&pair, client).last().expect("a packet").timestamp;
        let mut found = None;
        for compound in &pair.clients[client].reports {
            rtcp::read(compound, |packet| {
                if let rtcp::Packet::SenderReport { ssrc, ntp, rtp } = packet
                    && ssrc == slot
                {
                    let ticks = i64::from(frame.wrapping_sub(rtp) as i32);
                    found = Some(ntp as i64 + (ticks << 32) / 90_000);
                }
            });
        }
        found.expect("a report")
    };
    let apart = (taken(1) - taken(2)).unsigned_abs();
    assert!(apart < (1 << 32) / 1000, "less than a millisecond: {apart}");
}
