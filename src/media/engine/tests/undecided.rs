//! Plans and sizes that change again before what they asked for is here: in the end there is what was
//! wanted last, on the way nobody sees a mixture, and nothing is asked for that nobody waits for.

use super::{
    client::{Client, Got, LAYERS},
    world::World,
};
use crate::{api::SlotKind, publication::Layer, vp8::Descriptor};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
/// 30 pictures a second, in milliseconds.
const FRAME: u32 = 33;
/// A source that answers every request, and one that is deaf for so many milliseconds after an answer, as
/// Chromium is.
const DEAF: [u32; 2] = [0, 300];
/// From one change to the next, in milliseconds: a request is on its way for ten, and so is its answer.
const PAUSES: [u32; 6] = [0, 3, 12, 25, 45, 120];
/// All that was asked for has come by then, also from those that are deaf.
const SETTLED: u32 = 1500;
const MAIN: &str = "4";
/// They have no cameras of their own.
const WATCHERS: [usize; 2] = [2, 3];

/// Two cameras of three layers that show key frames in all of them when one is asked for, and two clients
/// that watch.
struct Scene {
    world: World,
    deaf: u32,
    /// A camera that answers no request.
    mute: Option<usize>,
    passed: u32,
    frame: u32,
    /// Requests for key frames.
    asked: usize,
    wanted: [bool; 2],
    answered: [Option<u32>; 2],
}

impl Scene {
    /// Both watchers have the large layer of the first camera.
    fn new(deaf: u32) -> Self {
        let mut world = World::new(27);
        for client in 0..4 {
            world.layers = client < 2;
            world.join(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
        }
        world.run(Duration::from_secs(1));
        assert!(world.clients.iter().all(Client::is_connected));
        world.plan(Some(0), &[]);
        let mut scene = Self {
            world,
            deaf,
            mute: None,
            passed: 0,
            frame: 0,
            asked: 0,
            wanted: [true; 2],
            answered: [None; 2],
        };
        scene.run(SETTLED);
        scene.assert_settled((0, 2));
        scene
    }

    fn run(&mut self, milliseconds: u32) {
        for _ in 0..milliseconds {
            if self.passed.is_multiple_of(FRAME) {
                self.show();
            }
            self.passed += 1;
            self.world.run(MS);
            if self.passed.is_multiple_of(1000) {
                self.world.clients.iter_mut().for_each(|it| it.check(true));
            }
            for source in 0..2 {
                let asked = self.take_asked(source);
                self.asked += asked;
                let hears = self.answered[source].is_none_or(|at| self.passed >= at + self.deaf);
                if asked > 0 && hears && self.mute != Some(source) {
                    self.wanted[source] = true;
                    self.answered[source] = Some(self.passed);
                }
            }
        }
    }

    fn show(&mut self) {
        for (source, wanted) in (0u32..).zip(&mut self.wanted) {
            let key = std::mem::take(wanted);
            let client = &mut self.world.clients[source as usize];
            for nth in 0..3 {
                let begin = source << 31 | (nth as u32) << 28;
                let (timestamp, id) = (begin + self.frame * 3000, self.frame & 0x7fff);
                client.show_layer(nth, timestamp, id as u16, key, nth + 1);
            }
        }
        self.frame += 1;
    }

    /// How often a camera was asked for a key frame since it was last looked.
    fn take_asked(&mut self, source: usize) -> usize {
        let client = &mut self.world.clients[source];
        let asked = |(_, ssrc, _)| client.picture_losses_of(ssrc);
        let count = LAYERS.map(asked).iter().sum();
        client.reports.clear();
        count
    }

    /// Both watchers have this layer of this camera and nothing else, and nothing is wanted any more.
    fn assert_settled(&mut self, (source, layer): (u32, u8)) {
        for watcher in WATCHERS {
            let got = self.world.clients[watcher].of_slot(SlotKind::Main, 0);
            assert_whole(&got);
            assert_eq!(got.last().map(|got| whose(got)), Some((source, layer)));
            self.world.clients[watcher].got.clear();
        }
        let asked = self.asked;
        let sinks = |layers: &[Layer]| layers.iter().map(|it| it.sinks.len()).collect::<Vec<_>>();
        for camera in 0..2 {
            let publisher = self.world.peer(camera as usize);
            let layers = &publisher.camera.as_ref().expect("a camera").layers;
            // The other camera's client sees it large.
            let sees = |nth| usize::from(nth == 2) + WATCHERS.len() * usize::from(nth == layer);
            let expected = [0, 1, 2].map(|nth| if camera == source { sees(nth) } else { 0 });
            assert_eq!(sinks(layers), expected, "of camera {camera}");
            assert!(layers.iter().all(|layer| layer.request_due().is_none()));
        }
        self.run(1000);
        assert_eq!(self.asked, asked);
    }
}

/// Camera and layer.
fn whose(got: &Got) -> (u32, u8) {
    let end = got.payload.len() - 4;
    (u32::from(got.payload[end] >> 7), got.payload[end - 1])
}

/// Nothing is missing, every picture is all of one kind, and each kind begins with a key frame.
fn assert_whole(got: &[&Got]) {
    let picture = |got: &Got| Descriptor::parse(&got.payload).expect("VP8");
    for pair in got.windows(2) {
        let [old, new] = [pair[0], pair[1]];
        assert_eq!(new.index, old.index + 1);
        assert_eq!(old.marker, new.timestamp != old.timestamp, "whole pictures");
        assert!(new.timestamp.wrapping_sub(old.timestamp) < 1 << 20);
        if whose(old) != whose(new) {
            assert!(old.marker && picture(new).starts_key_frame, "{pair:?}");
        }
    }
}

#[test]
fn of_sources_that_take_turns_faster_than_their_key_frames_the_last_is_shown() {
    for deaf in DEAF {
        let mut scene = Scene::new(deaf);
        for pause in PAUSES {
            for (last, answers) in [(1, true), (0, true), (1, false), (0, false)] {
                let other = 1 - last;
                // Whoever is not shown in the end may be asked for what never comes.
                scene.mute = (!answers).then_some(other as usize);
                for turn in [last, other, last, other, last] {
                    scene.world.plan(Some(turn), &[]);
                    scene.run(pause);
                }
                scene.run(SETTLED);
                scene.assert_settled((last as u32, 2));
            }
        }
    }
}

#[test]
fn of_layers_that_take_turns_faster_than_their_key_frames_the_last_is_shown() {
    let takes_turns = [
        ([180, 720, 180, 720, 180], 0),
        ([720, 180, 720, 180, 720], 2),
        ([360, 180, 720, 180, 360], 1),
    ];
    for deaf in DEAF {
        let mut scene = Scene::new(deaf);
        for pause in PAUSES {
            for (heights, last) in takes_turns {
                for height in heights {
                    for watcher in WATCHERS {
                        scene.world.size(watcher as u64, MAIN, Some(height));
                    }
                    scene.run(pause);
                }
                scene.run(SETTLED);
                scene.assert_settled((0, last));
            }
        }
    }
}
