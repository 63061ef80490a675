//! A site behind a line that carries 1 Mbit/s and loses a tenth, each way: what people see and hear there.

use super::{
    client::{Client, LAYERS},
    viewer::Viewer,
    world::{ROOM, World},
};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives, SlotKind},
    far_end::with_nack_of_sound,
    lossy::{BURST, Impairment, Way},
    rtcp::{self, ReportBlock},
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const STEP: Duration = Duration::from_millis(5);
const SECOND: Duration = Duration::from_secs(1);
const GCM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;
const SPEAKER: usize = 0;
const AFFLICTED: usize = 1;
const CAMERAS: [usize; 3] = [2, 3, 4];
/// Bit/s of the layers.
const RATES: [f64; 3] = [130e3, 450e3, 1.3e6];
const PACKET: usize = 1000;
/// How long it may take until sound does not wait for what stood in the line before its limit was known.
const SETTLES: Duration = Duration::from_secs(4);
/// The line is bad for so long, in seconds.
const LENGTH: u32 = 40;
/// Chromium takes no notice of a request for a key frame that comes so soon after another.
const DEAF_FOR: Duration = Duration::from_millis(300);
const DELAY: Duration = Duration::from_millis(20);

/// What is played.
#[derive(Debug, Clone, Copy)]
struct Case {
    seed: u64,
    frames_a_second: u32,
    /// So many times a frame is a key frame.
    key_frame: f64,
    /// So many packets in a row are lost, on average.
    burst: Option<u64>,
}

/// A camera: the next frame is a key frame, when a request for one was heard, and which layers it sends.
struct Camera {
    key: bool,
    heard: Option<Instant>,
    frame: u32,
    due: Instant,
    sends: [bool; 3],
}

/// A speaker, the afflicted site, and three more that everyone sees small.
struct Scene {
    case: Case,
    world: World,
    start: Instant,
    cameras: Vec<Camera>,
    viewers: Vec<Viewer>,
    /// When each packet of sound was sent and came.
    sound: Vec<(Duration, Duration)>,
    spoken: u32,
    random: u64,
    round_trip: Duration,
    sender_report: Option<(u64, Instant)>,
    audio: u32,
}

impl Scene {
    fn new(case: Case) -> Self {
        let mut world = World::new(case.seed);
        world.layers = true;
        world.change_offer = |offer| with_nack_of_sound(&offer);
        for _ in 0..5 {
            world.join(vec![GCM]);
        }
        world.run(SECOND);
        assert!(world.clients.iter().all(Client::is_connected));
        let now = world.now;
        for client in &mut world.clients {
            client.give_feedback(now);
        }
        let small = CAMERAS.map(|camera| PeerId(camera as u64));
        let receives = Receives {
            audio: vec![PeerId(SPEAKER as u64)],
            main: Some(PeerId(SPEAKER as u64)),
            thumbnails: small.to_vec(),
            ..Receives::default()
        };
        let other = Receives {
            thumbnails: vec![],
            ..receives.clone()
        };
        let plan = Plan {
            heard: [PeerId(SPEAKER as u64)].into(),
            presenting: None,
            receivers: [(PeerId(AFFLICTED as u64), receives), (PeerId(2), other)].into(),
        };
        world.engine.reconcile(now, ROOM, plan);
        world.collect();
        let camera = |nth: u32| Camera {
            key: true,
            heard: None,
            frame: 0,
            due: now + SECOND / case.frames_a_second * nth / 5,
            sends: [true; 3],
        };
        let client = &world.clients[AFFLICTED];
        let main = client.slot_ssrc(SlotKind::Main, 0);
        let small = (0..3).map(|nth| client.slot_ssrc(SlotKind::Thumbnail, nth));
        let viewers = [main].into_iter().chain(small);
        Self {
            case,
            start: now,
            cameras: (0..5).map(camera).collect(),
            viewers: viewers.map(|ssrc| Viewer::new(now, ssrc)).collect(),
            sound: vec![],
            spoken: 0,
            random: case.seed | 1,
            round_trip: 100 * MS,
            sender_report: None,
            audio: client.slot_ssrc(SlotKind::Audio, 0),
            world,
        }
    }

    fn impair(&mut self) {
        let impairment = Impairment {
            loss_percent: 10,
            burst: self.case.burst,
            rate: Some(1_000_000),
            queue: 200 * MS,
            ..Impairment::default()
        };
        self.world.reseed(self.case.seed);
        let way = || Way::new(impairment, DELAY);
        self.world.ways = [(AFFLICTED, [way(), way()])].into();
    }

    fn random(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    fn run(&mut self, seconds: u32) {
        for step in 0..seconds * 200 {
            self.speak();
            self.show();
            self.world.run(STEP);
            self.listen();
            self.look(step % 4 == 0);
            if step % 200 == 0 {
                for client in &mut self.world.clients {
                    client.check(true);
                }
                self.report();
            }
        }
    }

    fn speak(&mut self) {
        let now = self.world.now.duration_since(self.start);
        if now >= 20 * MS * self.spoken {
            self.world.clients[SPEAKER].speak(self.spoken * 960, 30);
            self.spoken += 1;
        }
    }

    fn show(&mut self) {
        let now = self.world.now;
        for site in 0..self.cameras.len() {
            if now < self.cameras[site].due {
                continue;
            }
            let vary = 0.7 + 0.6 * self.random();
            let Case {
                frames_a_second,
                key_frame,
                ..
            } = self.case;
            let camera = &mut self.cameras[site];
            camera.due += SECOND / frames_a_second;
            let key = std::mem::take(&mut camera.key);
            let layers = match site {
                SPEAKER => 3,
                AFFLICTED => 2,
                _ => 1,
            };
            for nth in (0..layers).filter(|nth| camera.sends[*nth]) {
                let mean = RATES[nth] / 8.0 / f64::from(frames_a_second);
                let bytes = mean * if key { key_frame } else { vary };
                let packets = (bytes / PACKET as f64).ceil() as usize;
                let client = &mut self.world.clients[site];
                client.fill = (bytes as usize / packets).saturating_sub(60).max(10);
                let id = (camera.frame & 0x7fff) as u16;
                client.show_layer(nth, camera.frame * 3000, id, key, packets);
            }
            camera.frame += 1;
        }
    }

    fn listen(&mut self) {
        let now = self.world.now;
        let sites = self.world.clients.iter_mut().zip(&mut self.cameras);
        for (site, (client, camera)) in sites.enumerate() {
            let asked = |(_, ssrc, _): (u8, u32, u16)| client.picture_losses_of(ssrc) > 0;
            if LAYERS.into_iter().any(asked) && camera.heard.is_none_or(|at| now >= at + DEAF_FOR) {
                camera.heard = Some(now);
                camera.key = true;
            }
            if site == AFFLICTED {
                let reports = client.reports.iter().zip(&client.reported_at);
                for (compound, at) in reports {
                    rtcp::read(compound, |packet| match packet {
                        rtcp::Packet::SenderReport { ssrc, ntp, .. }
                            if ssrc == self.viewers[0].ssrc =>
                        {
                            self.sender_report = Some((ntp, *at));
                        }
                        _ => {}
                    });
                }
            }
            client.reports.clear();
            client.reported_at.clear();
        }
        for event in self.world.events.drain(..) {
            if let MediaEvent::Layers { peer, active } = event {
                let active = active.concat();
                let sends = LAYERS.map(|(rid, _, _)| active.contains(char::from(rid)));
                let camera = &mut self.cameras[peer.0 as usize];
                camera.key |= (0..3).any(|nth| sends[nth] && !camera.sends[nth]);
                camera.sends = sends;
            }
        }
    }

    fn look(&mut self, looks: bool) {
        let now = self.world.now;
        for site in 0..self.world.clients.len() {
            let client = &mut self.world.clients[site];
            let got = std::mem::take(&mut client.got);
            if site != AFFLICTED {
                continue;
            }
            for got in got {
                if got.ssrc == self.audio {
                    let stamp = u32::from_be_bytes(*got.payload.last_chunk().expect("a time"));
                    let sent = 20 * MS * (stamp / 960);
                    self.sound.push((sent, got.at.duration_since(self.start)));
                } else if let Some(viewer) = self.viewers.iter_mut().find(|it| it.ssrc == got.ssrc)
                {
                    viewer.take(client, &got);
                }
            }
            if looks {
                for viewer in &mut self.viewers {
                    viewer.look(client, now, self.round_trip);
                }
            }
        }
    }

    fn report(&mut self) {
        let now = self.world.now;
        if let Some(ways) = self.world.ways.get(&AFFLICTED) {
            let found = 2 * DELAY + ways[0].waits(now) + ways[1].waits(now);
            self.round_trip = self.round_trip.mul_f64(0.7) + found.mul_f64(0.3);
        }
        let Some((ntp, at)) = self.sender_report else {
            return;
        };
        let block = ReportBlock {
            ssrc: self.viewers[0].ssrc,
            fraction_lost: 0,
            lost: 0,
            highest: 0,
            jitter: 0,
            last_sr: (ntp >> 16) as u32,
            since_last_sr: (now.duration_since(at).as_secs_f64() * 65_536.0) as u32,
        };
        self.world.clients[AFFLICTED].report(|out| rtcp::write_receiver_report(out, 1, &[block]));
    }

    /// What people see and hear while the line is bad.
    fn play(case: Case) -> Seen {
        let mut scene = Self::new(case);
        scene.run(4);
        let from = scene.world.now;
        scene.impair();
        scene.run(LENGTH);
        let shown = scene.viewers[0].shown.iter().copied();
        let shown: Vec<Instant> = shown.filter(|at| *at >= from).collect();
        let moments: Vec<Instant> = [&[from], &shown[..], &[scene.world.now]].concat();
        let pauses = moments.windows(2).map(|pair| pair[1] - pair[0]);
        let settled = from.duration_since(scene.start) + SETTLES;
        let sound = scene.sound.iter().filter(|(sent, _)| *sent >= settled);
        let mut waits: Vec<Duration> = sound.map(|(sent, at)| *at - *sent).collect();
        waits.sort_unstable();
        Seen {
            case,
            frames: shown.len() * 100 / (LENGTH * case.frames_a_second) as usize,
            freeze: pauses.max().expect("a pause"),
            heard: waits.len() * 100 / (50 * (LENGTH as usize - 4)),
            sound: waits[waits.len() * 95 / 100] - waits[0],
        }
    }
}

/// What people see and hear.
#[derive(Debug)]
#[expect(dead_code, reason = "the case is told where a bound is broken")]
struct Seen {
    case: Case,
    /// Share of the frames that were shown, in percent.
    frames: usize,
    /// The longest time without a new picture.
    freeze: Duration,
    /// Share of the sound that came, in percent; nobody asks for it again here.
    heard: usize,
    /// How long all but a twentieth of it waited, beside the way.
    sound: Duration,
}

/// What must be reached, of five seeds: one has bad luck at times, all together have not.
struct Bounds {
    /// Share of the frames of each, in percent.
    frames: usize,
    /// The longest freeze of each, and their mean.
    freeze: Duration,
    mean: Duration,
}

/// Lost one by one and in bursts.
fn is_borne(frames_a_second: u32, key_frame: f64, bounds: &Bounds) {
    for burst in [None, Some(BURST)] {
        let case = |seed| Case {
            seed,
            frames_a_second,
            key_frame,
            burst,
        };
        let seen: Vec<Seen> = (1..=5).map(|seed| Scene::play(case(seed))).collect();
        for one in &seen {
            println!("{one:?}");
        }
        for one in &seen {
            assert!(
                one.frames >= bounds.frames && one.freeze < bounds.freeze,
                "{one:?}"
            );
            assert!(one.heard >= 80, "{one:?}");
        }
        let mean = |of: fn(&Seen) -> Duration| seen.iter().map(of).sum::<Duration>() / 5;
        let (freeze, sound) = (mean(|one| one.freeze), mean(|one| one.sound));
        assert!(freeze < bounds.mean, "{burst:?}: {freeze:?}");
        assert!(sound < 150 * MS, "{burst:?}: {sound:?}");
    }
}

#[test]
fn thirty_frames_a_second() {
    let bounds = Bounds {
        frames: 93,
        freeze: 2000 * MS,
        mean: 1000 * MS,
    };
    is_borne(30, 8.0, &bounds);
}

#[test]
fn ten_frames_a_second() {
    let bounds = Bounds {
        frames: 89,
        freeze: 2400 * MS,
        mean: 1200 * MS,
    };
    is_borne(10, 6.0, &bounds);
}

/// As the browsers' test on a busy machine: a key frame of the middle layer takes the line half a second.
#[test]
fn five_frames_a_second() {
    let bounds = Bounds {
        frames: 82,
        freeze: 3000 * MS,
        mean: 2200 * MS,
    };
    is_borne(5, 5.0, &bounds);
}
