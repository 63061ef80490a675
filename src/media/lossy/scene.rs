//! The engine, source and receiver, the lines between them, and the time.

use super::{
    Outcome, PICTURE_HOLD, SOUND_HOLD, Script,
    line::{Impairment, Way},
    receiver::{LOOKS_EVERY, Receiver},
    source::{FRAMES_A_SECOND, SOUND_EVERY, Source, read_sealed},
};
use crate::{
    api::{Joined, PeerId, Plan, Receives, RoomId},
    engine::Engine,
    far_end::{FarEnd, Identity, Sections, with_nack_of_sound},
    outbox::{Path, Protocol, Transmit},
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

const ROOM: RoomId = RoomId(1);
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
/// Places of the ends, which are their peers' ids too.
const SOURCE: usize = 0;
const RECEIVER: usize = 1;
/// Both are connected by then, since nothing is lost until then.
const CONNECTS_WITHIN: Duration = Duration::from_secs(3);
/// What is sent in the last part is not judged: nothing shows that the end of it is missing.
const UNJUDGED: Duration = Duration::from_secs(2);
const SECOND: Duration = Duration::from_secs(1);

/// Where a datagram goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    /// To the engine, from this end.
    Engine(usize),
    /// To this end.
    End(usize),
}

/// What happens by the clock.
#[derive(Debug)]
struct Clock {
    frame: Instant,
    sound: Instant,
    look: Instant,
    second: Instant,
}

/// All of it.
pub(super) struct Scene {
    script: Script,
    now: Instant,
    engine: Engine,
    source: Source,
    receiver: Receiver,
    /// Both directions of both lines.
    ways: BTreeMap<To, Way>,
    flying: BTreeMap<(Instant, u64), (To, Vec<u8>)>,
    sent: u64,
    random: u64,
    /// What went to the receiver under each SSRC and number.
    sealed: BTreeMap<(u32, u16), Vec<u8>>,
    repeated: u32,
    resealed: u32,
}

impl Scene {
    /// Source and receiver have their answers.
    pub(super) fn new(script: &Script) -> Result<Self, String> {
        let now = Instant::now();
        let mut engine = Engine::new(now, 1 << 40, vec![SocketAddr::new(SERVER, 8081)])
            .map_err(|error| error.to_string())?;
        let profiles = vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        let identity = Identity::generate(profiles).map_err(|error| error.to_string())?;
        let mut join = |id: usize| -> Result<(FarEnd, Joined), String> {
            let mut end = FarEnd::new(identity.clone());
            let mut offer = end.offer(Sections {
                audio: 1,
                presentation: false,
                thumbnails: 0,
            });
            if script.repairs_sound {
                offer = with_nack_of_sound(&offer);
            }
            let joined = engine
                .join(now, ROOM, PeerId(id as u64), &offer)
                .map_err(|error| error.to_string())?;
            end.set_answer(&joined.answer);
            end.check(true);
            Ok((end, joined))
        };
        let (source, _) = join(SOURCE)?;
        let (receiver, joined) = join(RECEIVER)?;
        let (round_trip, repairs_sound) = (script.round_trip, script.repairs_sound);
        Ok(Self {
            script: *script,
            now,
            source: Source::new(source, round_trip, repairs_sound),
            receiver: Receiver::new(receiver, &joined, round_trip, repairs_sound)
                .ok_or("the answer has no main picture with retransmissions")?,
            engine,
            ways: ways(Impairment::default(), round_trip),
            flying: BTreeMap::new(),
            sent: 0,
            random: 1,
            sealed: BTreeMap::new(),
            repeated: 0,
            resealed: 0,
        })
    }

    /// Lets both connect, over lines that lose nothing yet, and puts the source into the slots.
    pub(super) fn connect(&mut self) -> Result<(), String> {
        let idle = self.now + 2 * CONNECTS_WITHIN;
        let mut clock = Clock {
            frame: idle,
            sound: idle,
            look: idle,
            second: self.now + SECOND,
        };
        self.run(self.now + CONNECTS_WITHIN, &mut clock);
        if !(self.source.end.is_connected() && self.receiver.end.is_connected()) {
            return Err("source and receiver were not connected in time".to_owned());
        }
        let source = PeerId(SOURCE as u64);
        let receives = Receives {
            audio: vec![source],
            main: Some(source),
            ..Receives::default()
        };
        let plan = Plan {
            heard: [source].into(),
            presenting: None,
            receivers: [(PeerId(RECEIVER as u64), receives)].into(),
        };
        self.engine.reconcile(self.now, ROOM, plan);
        self.ways = ways(self.script.line, self.script.round_trip);
        // Only now: no two handshakes are the same. Small seeds alone would begin alike.
        self.random = self.script.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Ok(())
    }

    /// Plays, and judges what came of it.
    pub(super) fn play(mut self) -> Outcome {
        let start = self.now;
        let mut clock = Clock {
            frame: start,
            sound: start,
            look: start + LOOKS_EVERY,
            second: start + SECOND,
        };
        self.run(start + self.script.length - UNJUDGED, &mut clock);
        let (frames, sound) = self.source.sent();
        self.run(start + self.script.length, &mut clock);

        let decoded = self.receiver.frames.decoded();
        let judged = decoded.iter().filter(|(frame, _)| *frame < frames);
        // Half a round trip on each of the two lines.
        let undisturbed = start + self.script.round_trip;
        let in_time = |(frame, at): &&(u32, Instant)| {
            *at <= undisturbed + SECOND * *frame / FRAMES_A_SECOND + PICTURE_HOLD
        };
        let deadline = |number: u32| undisturbed + SOUND_EVERY * number + SOUND_HOLD;
        let (late, missing) = self.receiver.sound.judge(sound, deadline);
        let told = &self.source.told;
        let told_sum: u32 = told.iter().map(|told| u32::from(*told)).sum();
        Outcome {
            frames,
            decoded: judged.clone().filter(in_time).count() as u32,
            decoded_ever: judged.count() as u32,
            sound,
            late,
            missing,
            repeated: self.repeated,
            resealed: self.resealed,
            retransmitted: self.engine.counters().packets_retransmitted,
            asked: self.engine.counters().nacks_sent,
            key_frames: self.source.key_frames.saturating_sub(1),
            told_loss: told_sum / (told.len() as u32).max(1),
        }
    }

    fn run(&mut self, end: Instant, clock: &mut Clock) {
        loop {
            self.collect();
            let handshakes = [self.source.end.deadline(), self.receiver.end.deadline()];
            let next = [clock.frame, clock.sound, clock.look, clock.second]
                .into_iter()
                .chain(self.engine.poll_timeout())
                .chain(handshakes.into_iter().flatten())
                .chain(self.flying.keys().next().map(|(at, _)| *at))
                .min();
            let Some(next) = next.filter(|next| *next < end) else {
                break;
            };
            self.now = self.now.max(next);
            while let Some(entry) = self
                .flying
                .first_entry()
                .filter(|entry| entry.key().0 <= self.now)
            {
                let (to, datagram) = entry.remove();
                self.arrive(to, datagram);
            }
            self.engine.handle_timeout(self.now);
            self.source.end.handle_timeout(self.now);
            self.receiver.end.handle_timeout(self.now);
            self.tick(clock);
        }
        self.now = end;
    }

    fn tick(&mut self, clock: &mut Clock) {
        if self.now >= clock.frame {
            let random = self.random();
            self.source.show(random);
            clock.frame += SECOND / FRAMES_A_SECOND;
        }
        if self.now >= clock.sound {
            self.source.speak();
            clock.sound += SOUND_EVERY;
        }
        if self.now >= clock.look {
            self.receiver.look(self.now);
            clock.look += LOOKS_EVERY;
        }
        if self.now >= clock.second {
            self.source.end.check(true);
            self.receiver.end.check(true);
            self.receiver.report(self.now);
            clock.second += SECOND;
        }
    }

    fn arrive(&mut self, to: To, mut datagram: Vec<u8>) {
        match to {
            To::Engine(from) => {
                let (now, path) = (self.now, path_of(from));
                self.engine.handle_datagram(now, path, &mut datagram);
            }
            To::End(place) => {
                let end = if place == SOURCE {
                    &mut self.source.end
                } else {
                    &mut self.receiver.end
                };
                if datagram[0] < 64 {
                    end.receive_transport(self.now, &datagram);
                } else if !end.is_connected() {
                    // Media that overtook the handshake.
                } else if !(192..224).contains(&datagram[1]) {
                    self.receiver.receive(self.now, &mut datagram);
                } else if let Some(len) = end.open_rtcp(&mut datagram) {
                    let compound = &datagram[..len];
                    if place == SOURCE {
                        self.source.hear(self.now, compound);
                    } else {
                        self.receiver.hear(self.now, compound);
                    }
                }
            }
        }
    }

    /// Puts what everyone wants to send on the lines.
    fn collect(&mut self) {
        let mut datagrams = vec![];
        for Transmit { path, datagram, .. } in self.engine.outbox().iter() {
            let place = usize::from(path.remote == path_of(RECEIVER).remote);
            datagrams.push((To::End(place), datagram.to_vec()));
        }
        self.engine.outbox().clear();
        while self.engine.poll_event().is_some() {}
        for (place, end) in [
            (SOURCE, &mut self.source.end),
            (RECEIVER, &mut self.receiver.end),
        ] {
            let sent = end.outgoing.drain(..);
            datagrams.extend(sent.map(|datagram| (To::Engine(place), datagram)));
        }
        for (to, datagram) in datagrams {
            if matches!(to, To::End(RECEIVER)) {
                self.inspect(&datagram);
            }
            let random = self.random();
            let way = self.ways.get_mut(&to);
            if let Some(at) = way.and_then(|way| way.send(self.now, datagram.len(), random)) {
                self.sent += 1;
                self.flying.insert((at, self.sent), (to, datagram));
            }
        }
    }

    /// What has been sealed under a number may be sent again, but never anything else.
    fn inspect(&mut self, datagram: &[u8]) {
        let Some(number) = read_sealed(datagram) else {
            return;
        };
        match self.sealed.get(&number) {
            Some(before) if before == datagram => self.repeated += 1,
            Some(_) => self.resealed += 1,
            None => _ = self.sealed.insert(number, datagram.to_vec()),
        }
    }

    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 11
    }
}

/// Two lines, and four directions that know nothing of each other.
fn ways(line: Impairment, round_trip: Duration) -> BTreeMap<To, Way> {
    let all = [SOURCE, RECEIVER].map(|place| [To::Engine(place), To::End(place)]);
    let ways = all.into_iter().flatten();
    ways.map(|to| (to, Way::new(line, round_trip / 2)))
        .collect()
}

fn path_of(place: usize) -> Path {
    Path {
        protocol: Protocol::Udp,
        local: SERVER,
        remote: SocketAddr::from(([10, 0, 0, 2], 5000 + place as u16)),
    }
}
