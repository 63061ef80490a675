//! Cameras that come in three sizes: which one a slot gets, how it changes, what the publisher is
//! told, and what a client can do wrong with them.

use super::{
    client::{Client, Got, LAYERS, layer},
    world::{GOOD, Line, World},
};
use crate::{
    api::{MediaEvent, PeerId, SlotKind},
    rtcp,
    vp8::Descriptor,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
/// 30 pictures a second.
const FRAME: Duration = Duration::from_millis(33);
/// Where the timestamps of each layer begin.
const BASES: [u32; 3] = [0x1000_0000, 0x7fff_f000, 0xffff_f000];
const MAIN: &str = "4";
const GCM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;

/// Client 0 has layers, the others watch.
fn world(clients: usize, seed: u64) -> World {
    let mut world = World::new(seed);
    world.layers = true;
    world.join(vec![GCM]);
    world.layers = false;
    for _ in 1..clients {
        world.join(vec![GCM]);
    }
    world.run(Duration::from_secs(1));
    assert!(world.clients.iter().all(Client::is_connected));
    world
}

/// The camera of client 0: key frames in all layers when one is asked for, as Chromium.
struct Camera {
    frame: u32,
    sends: [bool; 3],
    key: bool,
    asked: usize,
    obeys: bool,
    told: usize,
}

impl Camera {
    fn new() -> Self {
        Self {
            frame: 0,
            sends: [true; 3],
            key: true,
            asked: 0,
            obeys: false,
            told: 0,
        }
    }

    fn show(&mut self, world: &mut World) {
        let key = std::mem::take(&mut self.key);
        for nth in (0..3).filter(|nth| self.sends[*nth]) {
            let timestamp = BASES[nth].wrapping_add(self.frame * 3000);
            let id = (self.frame & 0x7fff) as u16;
            world.clients[0].show_layer(nth, timestamp, id, key, nth + 1);
        }
        self.frame += 1;
    }

    fn run(&mut self, world: &mut World, frames: u32) {
        for _ in 0..frames {
            self.show(world);
            world.run(FRAME);
            self.listen(world);
        }
    }

    fn listen(&mut self, world: &World) {
        let asks = |(_, ssrc, _): (u8, u32, u16)| world.clients[0].picture_losses_of(ssrc);
        let asked = LAYERS.map(asks).iter().sum();
        self.key |= std::mem::replace(&mut self.asked, asked) != asked;
        let told = told(world);
        if self.obeys && told.len() > self.told {
            let active = told.last().expect("some");
            let sends = LAYERS.map(|(rid, _, _)| active.contains(char::from(rid)));
            // Whatever comes back begins with a key frame.
            self.key |= (0..3).any(|nth| sends[nth] && !self.sends[nth]);
            self.sends = sends;
        }
        self.told = told.len();
    }
}

/// What the publisher was told to send, as in `qf`.
fn told(world: &World) -> Vec<String> {
    let layers = |event: &MediaEvent| match event {
        MediaEvent::Layers { peer, active } => {
            assert_eq!(*peer, PeerId(0));
            Some(active.concat())
        }
        _ => None,
    };
    world.events.iter().filter_map(layers).collect()
}

fn main_of(world: &World, client: usize) -> Vec<&Got> {
    world.clients[client].of_slot(SlotKind::Main, 0)
}

/// Whose packet: the layer stands before the source's timestamp.
fn layer_of(got: &Got) -> u8 {
    got.payload[got.payload.len() - 5]
}

fn frame_of(got: &Got) -> u32 {
    let stamp = u32::from_be_bytes(*got.payload.last_chunk().expect("a timestamp"));
    stamp.wrapping_sub(BASES[usize::from(layer_of(got))]) / 3000
}

fn newest_layer(world: &World, client: usize) -> u8 {
    layer_of(main_of(world, client).last().expect("a packet"))
}

/// The layers in the order in which they came.
fn layers(got: &[&Got]) -> Vec<u8> {
    let mut layers: Vec<u8> = got.iter().map(|got| layer_of(got)).collect();
    layers.dedup();
    layers
}

/// Numbers, time and pictures go on without a gap, and every layer begins with a key frame.
fn assert_continuous(got: &[&Got]) {
    let descriptor = |got: &Got| Descriptor::parse(&got.payload).expect("VP8");
    assert!(descriptor(got[0]).starts_key_frame);
    for pair in got.windows(2) {
        let [old, new] = [pair[0], pair[1]];
        assert_eq!(new.index, old.index + 1);
        let is_same = (layer_of(new), frame_of(new)) == (layer_of(old), frame_of(old));
        let step = new.timestamp.wrapping_sub(old.timestamp);
        let goes_on = if is_same {
            step == 0
        } else {
            (1..1 << 20).contains(&step)
        };
        assert!(goes_on, "{pair:?}");
        let id = |got: &Got| descriptor(got).picture_id.expect("an id").0;
        assert_eq!(
            id(new),
            (id(old) + u16::from(!is_same)) & 0x7fff,
            "{pair:?}"
        );
        if layer_of(new) != layer_of(old) {
            assert!(descriptor(new).starts_key_frame);
        }
    }
}

#[test]
fn a_slot_gets_the_layer_that_it_can_use_and_goes_over_on_a_key_frame() {
    let mut world = world(3, 81);
    let mut camera = Camera::new();
    world.plan(Some(0), &[]);
    world.thumbnails(2, &[0]);
    camera.run(&mut world, 30);
    assert_eq!(
        layers(&main_of(&world, 1)),
        [0, 1, 2],
        "the first there is, then better"
    );
    let thumbnails = world.clients[2].of_slot(SlotKind::Thumbnail, 0);
    assert_eq!(layers(&thumbnails), [0]);
    assert_eq!(thumbnails.len(), 30);

    for (height, expected) in [(360, 1), (100, 0), (361, 2), (180, 0), (2000, 2)] {
        let asked = camera.asked;
        world.size(1, MAIN, Some(height));
        camera.run(&mut world, 20);
        assert_eq!(newest_layer(&world, 1), expected, "{height}");
        assert!(camera.asked > asked);
    }
    world.size(1, MAIN, None);
    let asked = camera.asked;
    camera.run(&mut world, 20);
    assert_eq!(
        (newest_layer(&world, 1), camera.asked),
        (2, asked),
        "as before"
    );

    let got = main_of(&world, 1);
    assert_continuous(&got);
    assert_eq!(layers(&got), [0, 1, 2, 1, 0, 2, 0, 2]);
    // Time in the slot is time on the wall.
    let time = got[got.len() - 1].timestamp.wrapping_sub(got[0].timestamp);
    assert!(time.abs_diff(149 * 2970) < 9000, "{time}");
    assert_eq!(
        layers(&main_of(&world, 2)),
        [0, 1, 2],
        "others are as before"
    );
    let told = world.told_of_main(1);
    assert_eq!(
        told,
        [(Some(0), false), (Some(0), true)],
        "the site is the same"
    );
    assert_eq!(world.counter("switches"), 3);
    assert_eq!(world.counter("layer_switches"), 2 * 2 + 5);
}

#[test]
fn each_layer_goes_to_those_alone_that_have_it() {
    let mut world = world(4, 82);
    let mut camera = Camera::new();
    world.plan(Some(0), &[]);
    world.thumbnails(3, &[0]);
    camera.run(&mut world, 10);
    let mut expect = |world: &mut World, packets: u64| {
        let before = world.counter("packets_forwarded");
        camera.run(world, 10);
        assert_eq!(world.counter("packets_forwarded") - before, 10 * packets);
    };
    // A frame of layer n has n + 1 packets.
    expect(&mut world, 3 + 3 + 3 + 1);
    world.size(2, MAIN, Some(360));
    world.size(3, MAIN, Some(180));
    let mut settle = Camera {
        key: true,
        frame: 1000,
        ..Camera::new()
    };
    settle.run(&mut world, 5);
    settle.key = true;
    settle.run(&mut world, 5);
    let before = world.counter("packets_forwarded");
    settle.run(&mut world, 10);
    let forwarded = world.counter("packets_forwarded") - before;
    assert_eq!(forwarded, 10 * (3 + 2 + 1 + 1));
    world.plan(None, &[]);
    let before = world.counter("packets_forwarded");
    settle.run(&mut world, 10);
    assert_eq!(world.counter("packets_forwarded") - before, 10);
}

#[test]
fn another_layer_stands_in_for_one_that_stops() {
    for comes_back_with_key in [true, false] {
        let mut world = world(2, 83);
        let mut camera = Camera::new();
        world.plan(Some(0), &[]);
        camera.run(&mut world, 30);
        for (sends, expected) in [
            ([true, true, false], 1),
            ([true, false, false], 0),
            ([false, true, false], 1),
            ([true, true, true], 2),
        ] {
            camera.sends = sends;
            camera.key = comes_back_with_key;
            camera.run(&mut world, 45);
            assert_eq!(newest_layer(&world, 1), expected, "{sends:?}");
            let stamp = main_of(&world, 1).last().expect("a packet").at;
            assert!(world.now - stamp < 2 * FRAME, "it moves");
        }
        assert_continuous(&main_of(&world, 1));
        let told = world.told_of_main(1);
        assert_eq!(told.len(), 2, "the same picture all the time: {told:?}");

        camera.sends = [false; 3];
        camera.run(&mut world, 90);
        let told = world.told_of_main(1);
        assert_eq!(told.last(), Some(&(None, false)), "nothing is left of it");
        camera.sends = [true; 3];
        camera.key = comes_back_with_key;
        camera.run(&mut world, 30);
        assert_eq!(newest_layer(&world, 1), 2);
        assert_continuous(&main_of(&world, 1));
        let told = world.told_of_main(1);
        assert_eq!(told.last(), Some(&(Some(0), true)));
    }
}

#[test]
fn layers_that_nobody_watches_rest_and_come_back_at_once() {
    let mut world = world(3, 84);
    let mut camera = Camera::new();
    camera.obeys = true;
    world.thumbnails(1, &[0]);
    camera.run(&mut world, 100);
    assert!(told(&world).is_empty(), "not before a while");
    camera.run(&mut world, 80);
    assert_eq!(told(&world), ["q"]);
    assert_eq!(camera.sends, [true, false, false]);
    camera.run(&mut world, 40);
    let small = world.clients[1].of_slot(SlotKind::Thumbnail, 0);
    assert_eq!((layers(&small), small.len()), (vec![0], 220), "and go on");

    // Somebody shows it large: at first with what there is.
    world.plan(Some(0), &[]);
    assert_eq!(told(&world), ["q", "qhf"]);
    camera.run(&mut world, 20);
    assert_eq!(newest_layer(&world, 2), 2);
    let got = main_of(&world, 2);
    assert_eq!(layer_of(got[0]), 0);
    assert_continuous(&got);
    // The floor goes back and forth: what was sent is sent on.
    for round in 0..6 {
        let main = (round % 2 == 1).then_some(0);
        world.plan(main, &[]);
        camera.run(&mut world, 20);
    }
    camera.run(&mut world, 100);
    assert_eq!(
        told(&world),
        ["q", "qhf", "qf"],
        "what only stood in goes again"
    );
    world.plan(None, &[]);
    camera.run(&mut world, 180);
    assert_eq!(told(&world), ["q", "qhf", "qf", "q"]);
    assert_eq!(world.told_of_main(1).last(), Some(&(None, false)));
}

#[test]
fn what_is_lost_of_any_layer_is_repaired_also_across_switches() {
    let mut world = world(2, 85);
    let mut camera = Camera::new();
    world.plan(Some(0), &[]);
    camera.run(&mut world, 10);
    world.line = Line {
        loss_percent: 15,
        jitter: 5 * MS,
        ..GOOD
    };
    let main = world.clients[1].slot_ssrc(SlotKind::Main, 0);
    for height in [100, 300, 700, 300, 100, 700] {
        world.size(1, MAIN, Some(height));
        for _ in 0..40 {
            camera.show(&mut world);
            world.run(FRAME / 2);
            world.clients[1].nack_missing(main);
            world.run(FRAME / 2);
            camera.listen(&world);
        }
    }
    world.line = GOOD;
    for _ in 0..10 {
        world.clients[1].nack_missing(main);
        world.run(100 * MS);
    }
    let mut got = main_of(&world, 1);
    got.sort_unstable_by_key(|got| got.index);
    assert_eq!(layers(&got), [0, 1, 2, 0, 1, 2, 1, 0, 2]);
    let whole = got[got.len() - 1].index - got[0].index + 1;
    // What is missing of a layer when it is left stays missing: the key frame needs none of it.
    assert!(
        got.len() as u64 * 100 >= whole * 97,
        "{} of {whole}",
        got.len()
    );
    assert!(world.counter("packets_retransmitted") > 50);
    for pair in got
        .windows(2)
        .filter(|pair| layer_of(pair[0]) == layer_of(pair[1]))
    {
        let frames = (frame_of(pair[0]), frame_of(pair[1]));
        assert!(
            frames.0 <= frames.1,
            "a packet of another place: {frames:?}"
        );
    }
}

#[test]
fn time_goes_on_as_it_was_captured_however_late_a_layer_comes() {
    let mut world = world(2, 86);
    world.plan(Some(0), &[]);
    let late = |nth: usize| if nth == 2 { 6 } else { 0 };
    let show = |world: &mut World, frame: u32, key: bool| {
        for (nth, base) in BASES.into_iter().enumerate() {
            let captured = frame - late(nth);
            let timestamp = base.wrapping_add(captured * 3000);
            world.clients[0].show_layer(nth, timestamp, captured as u16, key, 1);
        }
        world.run(FRAME);
    };
    for frame in 10..40 {
        show(&mut world, frame, frame == 10);
        if frame == 20 {
            let ntp = 77 << 32;
            world.clients[0].report(|out| {
                for (nth, (_, ssrc, _)) in LAYERS.into_iter().enumerate() {
                    // Each says it of another moment, as it comes.
                    let second = nth as u64;
                    let rtp = BASES[nth].wrapping_add(nth as u32 * 90_000);
                    let ntp = ntp + (second << 32);
                    rtcp::write_sender_report(out, ssrc, ntp, rtp, 1, 1, "x");
                }
            });
        }
    }
    world.size(1, MAIN, Some(180));
    show(&mut world, 40, false);
    for frame in 41..60 {
        show(&mut world, frame, frame == 45);
    }
    world.size(1, MAIN, Some(720));
    for frame in 60..80 {
        show(&mut world, frame, frame == 70);
    }
    let got = main_of(&world, 1);
    assert_eq!(layers(&got), [0, 1, 2, 0, 2]);
    let first = got
        .iter()
        .find(|got| layer_of(got) == 2)
        .expect("a large one");
    let mut newest = 0;
    for got in got.iter().skip_while(|got| layer_of(got) < 2) {
        let ticks = got.timestamp.wrapping_sub(first.timestamp);
        let captured = (frame_of(got) - frame_of(first)) * 3000;
        // What was captured before the newest that was shown comes right behind that.
        let expected = if captured > newest {
            captured
        } else {
            newest + 1
        };
        if layer_of(got) == 0 {
            assert_eq!(ticks, expected);
        } else {
            assert!(ticks >= captured, "{ticks} {captured}");
        }
        newest = ticks;
    }
}

#[test]
fn a_layer_is_known_for_good_once_it_has_said_its_name() {
    let mut world = world(2, 87);
    let mut camera = Camera::new();
    world.plan(Some(0), &[]);
    camera.run(&mut world, 5);
    world.clients[0].says_rid = false;
    camera.run(&mut world, 20);
    let got = main_of(&world, 1);
    assert_eq!(got.len(), 1 + 2 + 25 * 3);
    assert_eq!(world.counter("dropped_rtp_unknown_source"), 0);
}

#[test]
fn retransmissions_that_come_before_their_layer_do_no_harm() {
    let mut world = world(2, 88);
    world.plan(Some(0), &[]);
    for nth in 0..3 {
        world.clients[0].probe(layer(nth));
    }
    world.run(50 * MS);
    let mut camera = Camera::new();
    camera.run(&mut world, 10);
    assert_eq!(newest_layer(&world, 1), 2);
    assert_continuous(&main_of(&world, 1));
}

#[test]
fn what_a_client_makes_up_about_layers_costs_nobody_anything() {
    let mut world = world(2, 89);
    let mut camera = Camera::new();
    world.plan(Some(0), &[]);
    camera.run(&mut world, 5);
    let long = b"seventeen-letters";
    for (ssrc, rid) in (0x9000..0x9200).zip([&long[..], b"z", b"", b"qq"].into_iter().cycle()) {
        world.clients[0].show_as(ssrc, rid);
    }
    world.run(50 * MS);
    assert_eq!(world.counter("dropped_rtp_unknown_source"), 0x200);
    camera.run(&mut world, 5);
    // Names that are its own, on more streams than anyone has.
    for ssrc in 0xa000..0xa200 {
        world.clients[0].show_as(ssrc, b"q");
    }
    world.run(50 * MS);
    // Sixteen are known: three of them were its own before.
    let dropped = world.counter("dropped_rtp_unknown_source") - 0x200;
    assert_eq!(dropped, 0x200 - 13);
    camera.run(&mut world, 20);
    let got = main_of(&world, 1);
    assert_eq!(newest_layer(&world, 1), 2);
    assert_continuous(&got);
    assert_eq!(got.len(), 1 + 2 + 30 * 3);
}

#[test]
fn a_camera_without_layers_and_one_with_them_take_turns() {
    let mut world = world(3, 90);
    let mut camera = Camera::new();
    let mut show = |world: &mut World, frames: u32| {
        for frame in 0..frames {
            world.clients[1].show(frame * 3000, frame as u16, frame % 10 == 5, 1);
            camera.run(world, 1);
        }
    };
    for round in 0..4 {
        world.plan(Some(round % 2), &[]);
        show(&mut world, 20);
        let newest = main_of(&world, 2).last().map(|got| got.payload.len());
        let alone = 2 + 2 + 1 + 4;
        assert_eq!(newest == Some(alone), round % 2 == 1);
    }
    let told = world.told_of_main(2);
    let sources: Vec<_> = told.iter().map(|(source, _)| *source).collect();
    assert_eq!(sources, [0, 0, 1, 1, 0, 0, 1, 1].map(Some));
    let got = main_of(&world, 2);
    let indexes: Vec<u64> = got.iter().map(|got| got.index).collect();
    let whole: Vec<u64> = (indexes[0]..).take(indexes.len()).collect();
    assert_eq!(indexes, whole);
}

#[test]
fn a_source_that_is_wanted_again_before_another_came_is_said_to_be_there() {
    let mut world = world(3, 91);
    let mut camera = Camera::new();
    world.plan(Some(0), &[]);
    camera.run(&mut world, 10);
    world.plan(Some(1), &[]);
    camera.run(&mut world, 10);
    world.plan(Some(0), &[]);
    camera.run(&mut world, 10);
    let told = world.told_of_main(2);
    let (old, new) = (Some(0), Some(1));
    assert_eq!(told, [(old, false), (old, true), (new, false), (old, true)]);
    assert_eq!(newest_layer(&world, 2), 2);
    assert_continuous(&main_of(&world, 2));
}
