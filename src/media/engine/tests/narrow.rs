//! Sites that all send three layers, one of them on a narrow line: it gets a lower layer before it gets
//! none, and nobody else notices.

use super::{
    bottleneck::Bottleneck,
    client::{Client, Got, LAYERS},
    world::World,
};
use crate::api::{MediaEvent, PeerId, SlotKind};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

const MS: Duration = Duration::from_millis(1);
/// 25 pictures a second.
const FRAME: Duration = Duration::from_millis(40);
/// Packets of a frame of each layer, and what is added to each: 157, 471 and 1,256 kbit/s with all
/// headers.
const PACKETS: [usize; 3] = [1, 3, 8];
const FILL: usize = 700;
/// How much more a key frame is.
const KEY_FRAME: usize = 3;
const GCM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;

/// The sites, the last of which may have a narrow line.
struct Scene {
    world: World,
    start: Instant,
    main: usize,
    speaks: bool,
    frame: u32,
    keys: Vec<bool>,
    sends: Vec<[bool; 3]>,
    /// What each site was told of its main slot: who is there.
    told: Vec<Vec<Option<PeerId>>>,
}

/// A picture as it came: layer, frame, and when it was whole.
type Shown = (u8, u32, Duration);

impl Scene {
    fn new(sites: usize, seed: u64, narrow: impl FnOnce(&World) -> Option<Bottleneck>) -> Self {
        let mut world = World::new(seed);
        world.layers = true;
        for _ in 0..sites {
            world.join(vec![GCM]);
        }
        world.run(Duration::from_secs(1));
        assert!(world.clients.iter().all(Client::is_connected));
        let now = world.now;
        for client in &mut world.clients {
            client.fill = FILL;
            client.give_feedback(now);
        }
        let line = narrow(&world);
        world.bottlenecks = line.into_iter().map(|it| (it, vec![sites - 1])).collect();
        let mut scene = Self {
            world,
            start: now,
            main: 0,
            speaks: true,
            frame: 0,
            keys: vec![true; sites],
            sends: vec![[true; 3]; sites],
            told: vec![vec![]; sites],
        };
        scene.show_main(0);
        scene
    }

    /// One site is the main picture of all others, who see each other small.
    fn show_main(&mut self, main: u64) {
        self.main = main as usize;
        self.world.plan(Some(main), &[main]);
        let sites = self.keys.len() as u64;
        for site in 0..sites {
            let others = (0..sites).filter(|other| ![site, main].contains(other));
            let others: Vec<u64> = others.take(3).collect();
            self.world.thumbnails(site, &others);
        }
    }

    fn run(&mut self, seconds: u32) {
        for _ in 0..seconds * 25 {
            self.send();
            self.world.run(FRAME / 2);
            self.speak(960);
            self.world.run(FRAME / 2);
            self.listen();
            if self.frame.is_multiple_of(3) {
                for client in &mut self.world.clients {
                    let main = client.slot_ssrc(SlotKind::Main, 0);
                    client.nack_missing(main);
                }
            }
            if self.frame.is_multiple_of(25) {
                for client in &mut self.world.clients {
                    client.check(true);
                }
            }
        }
    }

    fn speak(&mut self, since_frame: u32) {
        if self.speaks {
            let timestamp = self.frame * 1920 + since_frame;
            self.world.clients[self.main].speak(timestamp, 30);
        }
    }

    fn send(&mut self) {
        self.speak(0);
        let sites = self.world.clients.iter_mut().zip(&mut self.keys);
        for ((client, key), sends) in sites.zip(&self.sends) {
            let key = std::mem::take(key);
            for nth in (0..3).filter(|nth| sends[*nth]) {
                let packets = PACKETS[nth] * if key { KEY_FRAME } else { 1 };
                let id = (self.frame & 0x7fff) as u16;
                client.show_layer(nth, self.frame * 3600, id, key, packets);
            }
        }
        self.frame += 1;
    }

    /// Key frames in all layers when one is asked for, as Chromium; only the layers that are to be sent.
    fn listen(&mut self) {
        for (client, key) in self.world.clients.iter_mut().zip(&mut self.keys) {
            let asked = |(_, ssrc, _): (u8, u32, u16)| client.picture_losses_of(ssrc) > 0;
            *key |= LAYERS.into_iter().any(asked);
            client.reports.clear();
        }
        for event in self.world.events.drain(..) {
            match event {
                MediaEvent::Layers { peer, active } => {
                    let site = peer.0 as usize;
                    let active = active.concat();
                    let sends = LAYERS.map(|(rid, _, _)| active.contains(char::from(rid)));
                    self.keys[site] |= (0..3).any(|nth| sends[nth] && !self.sends[site][nth]);
                    self.sends[site] = sends;
                }
                MediaEvent::Slot {
                    peer,
                    mid,
                    source,
                    held,
                    ..
                } => {
                    let site = peer.0 as usize;
                    if mid == self.world.clients[site].mid_of(SlotKind::Main) {
                        self.told[site].push(source.filter(|_| !held));
                    }
                }
                _ => {}
            }
        }
    }

    /// The pictures of a slot that were whole within some seconds, in the order of their frames.
    fn shown(&self, site: usize, slot: (SlotKind, u32), from: u64, to: u64) -> Vec<Shown> {
        let of_slot = self.world.clients[site].of_slot(slot.0, slot.1);
        let mut frames: BTreeMap<u32, Vec<&Got>> = BTreeMap::new();
        for got in of_slot {
            frames.entry(frame_of(got)).or_default().push(got);
        }
        let (from, to) = (from as u32 * 25, to as u32 * 25);
        let whole = frames.range(from..to).filter_map(|(frame, packets)| {
            let layer = layer_of(packets[0]);
            let is_whole = packets.len() >= PACKETS[usize::from(layer)];
            let at = packets.iter().map(|got| got.at).max()?;
            is_whole.then(|| (layer, *frame, at.duration_since(self.start)))
        });
        whole.collect()
    }
}

/// The layer stands before the source's timestamp.
fn layer_of(got: &Got) -> u8 {
    got.payload[got.payload.len() - 5]
}

fn frame_of(got: &Got) -> u32 {
    u32::from_be_bytes(*got.payload.last_chunk().expect("a timestamp")) / 3600
}

fn layers(shown: &[Shown]) -> BTreeSet<u8> {
    shown.iter().map(|(layer, _, _)| *layer).collect()
}

/// The longest time between two pictures.
fn longest_pause(shown: &[Shown]) -> Duration {
    let pauses = shown
        .windows(2)
        .map(|pair| pair[1].2.saturating_sub(pair[0].2));
    pauses.max().expect("pictures")
}

/// Six sites for 30 seconds; after 15 another one is the main picture.
fn six_sites(narrow: bool) -> Scene {
    let mut scene = Scene::new(6, 91, |world| {
        narrow.then(|| Bottleneck {
            loss_percent: 10,
            ..Bottleneck::new(world.now, 1e6)
        })
    });
    scene.run(15);
    scene.show_main(1);
    scene.run(15);
    scene
}

#[test]
fn one_of_six_sites_on_a_megabit_that_loses_a_tenth() {
    let scene = six_sites(true);
    let main = (SlotKind::Main, 0);
    for (from, to) in [(4, 15), (18, 30)] {
        let shown = scene.shown(5, main, from, to);
        let expected = (to - from) as usize * 25;
        assert!(
            shown.len() * 100 >= expected * 95,
            "{} of {expected}",
            shown.len()
        );
        assert!(
            longest_pause(&shown) < 500 * MS,
            "{:?}",
            longest_pause(&shown)
        );
        let layers = layers(&shown);
        assert!(!layers.contains(&2) && layers.len() == 1, "{layers:?}");
    }
    assert!(
        scene.told[5].iter().all(Option::is_some),
        "{:?}",
        scene.told[5]
    );

    let other = six_sites(false);
    for site in 0..5 {
        let slots = (0..3).map(|nth| (SlotKind::Thumbnail, nth)).chain([main]);
        for slot in slots {
            for (from, to) in [(3, 15), (18, 30)] {
                let [with, without] = [&scene, &other].map(|it| it.shown(site, slot, from, to));
                assert!(
                    !with.is_empty() || slot == main && site < 2,
                    "{site} {slot:?}"
                );
                assert_eq!(with, without, "site {site}, {slot:?}");
            }
        }
    }
    // The good line gets the large picture.
    assert_eq!(layers(&other.shown(5, main, 4, 15)), [2].into());
}

#[test]
fn a_layer_that_rests_comes_back_when_the_line_carries_it() {
    let mut scene = Scene::new(2, 92, |world| Some(Bottleneck::new(world.now, 700e3)));
    scene.run(15);
    let main = (SlotKind::Main, 0);
    let shown = scene.shown(1, main, 5, 15);
    assert_eq!(layers(&shown), [1].into(), "the best that it carries");
    assert!(shown.len() >= 245, "{}", shown.len());
    assert_eq!(
        scene.sends[0],
        [true, true, false],
        "nobody watches the largest"
    );
    scene.world.bottlenecks[0].0.rate = 5e6;
    scene.run(20);
    let shown = scene.shown(1, main, 30, 35);
    assert_eq!(layers(&shown), [2].into());
    assert_eq!(shown.len(), 125);
    assert_eq!(
        scene.sends[0],
        [true, false, true],
        "what only stood in rests"
    );
    assert!(scene.told[1].iter().all(Option::is_some));
    assert!(longest_pause(&scene.shown(1, main, 5, 35)) < 200 * MS);
}

#[test]
fn a_picture_goes_only_where_not_even_its_lowest_layer_fits() {
    let mut scene = Scene::new(2, 93, |world| Some(Bottleneck::new(world.now, 2e6)));
    scene.run(8);
    let main = (SlotKind::Main, 0);
    assert_eq!(layers(&scene.shown(1, main, 4, 8)), [2].into());
    scene.world.bottlenecks[0].0.rate = 300e3;
    scene.run(12);
    let shown = scene.shown(1, main, 13, 20);
    assert_eq!(layers(&shown), [0].into());
    assert!(shown.len() >= 170, "{}", shown.len());
    assert!(scene.told[1].iter().all(Option::is_some), "never held");
    scene.world.bottlenecks[0].0.rate = 60e3;
    scene.run(8);
    assert_eq!(scene.told[1].last(), Some(&None), "sound alone");
    scene.world.bottlenecks[0].0.rate = 2e6;
    scene.run(30);
    assert_eq!(scene.told[1].last(), Some(&Some(PeerId(0))));
    assert_eq!(layers(&scene.shown(1, main, 55, 58)), [2].into());
}

/// No feedback tells then that the line is better.
#[test]
fn whoever_gets_nothing_at_all_gets_its_picture_back_when_the_line_carries_it() {
    let mut scene = Scene::new(2, 94, |world| Some(Bottleneck::new(world.now, 2e6)));
    scene.speaks = false;
    scene.run(8);
    scene.world.bottlenecks[0].0.rate = 60e3;
    scene.run(12);
    assert_eq!(scene.told[1].last(), Some(&None), "not even sound");
    scene.world.bottlenecks[0].0.rate = 2e6;
    scene.run(30);
    assert_eq!(scene.told[1].last(), Some(&Some(PeerId(0))));
    assert_eq!(
        layers(&scene.shown(1, (SlotKind::Main, 0), 45, 50)),
        [2].into()
    );
}
