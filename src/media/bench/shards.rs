//! What it costs that a conference is on more than one shard.

use super::{
    BenchError, Figure, LOAD, Options,
    field::Field,
    figure,
    rounds::{self, Kind, Load},
    source::{self, CAMERA_SSRC},
    wire::Server,
};
use crate::{
    api::{PeerId, Plan, Receives, RoomId},
    crossing::ShardId,
    engine::{Engine, NoIdentity},
    far_end::{FarEnd, Identity, Outgoing, Sections, VP8},
    outbox::{Path, Protocol},
    shard::{self, Links, Sleeper},
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

const ROOM: RoomId = RoomId(1);
const SOURCE: PeerId = PeerId(0);
const WATCHER: PeerId = PeerId(1);
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATH: Path = Path {
    protocol: Protocol::Udp,
    local: HOME,
    remote: SocketAddr::new(HOME, 9),
};
/// Packets of a round: more than a store keeps.
const PACKETS: u64 = 4_000;
/// Datagrams that a handshake may take.
const MOST_STEPS: usize = 200;

/// What a packet costs that crosses, and what a copy costs where the receivers are on two shards. The
/// shards share one core here: their times count, not how fast they are together.
pub(super) fn measure(options: &Options) -> Result<Vec<Figure>, BenchError> {
    let crossing = crossing_cost(options.rounds.max(1))?;
    let mut server = Server::start_with(&options.child, 2)?;
    let mut field = Field::new(&mut server)?;
    for _ in 0..options.receivers {
        field.join(&mut server)?;
    }
    server.plan(true, false, options.receivers)?;
    let trial = Load {
        kind: Kind::Camera,
        rate: 100.0,
        length: Duration::from_secs(1),
    };
    let (cost, _) = rounds::forwarded(&mut server, &mut field, trial)?;
    let mut load = Load {
        rate: rounds::rate(cost, options.receivers, LOAD),
        length: options.round,
        ..trial
    };
    let mut costs = vec![];
    for _ in 0..options.rounds.max(1) {
        let (cost, rate) = rounds::forwarded(&mut server, &mut field, load)?;
        load.rate = rate;
        costs.push(cost);
    }
    let crossed = server.counters()?.get("packets_crossed").copied();
    if crossed.unwrap_or(0) == 0 {
        return Err(BenchError::Silent("the other shard"));
    }
    Ok(vec![
        figure("crossing_cost", crossing, "ns"),
        figure("forward_cost_two_shards", rounds::median(costs), "ns"),
    ])
}

/// What a packet of 1,200 B takes more, on both shards together, when it crosses than when it goes
/// nowhere: kept here, copied, handed over, taken, looked at and kept there. Every packet is handed
/// over by itself, as when one comes at a time.
fn crossing_cost(rounds: usize) -> Result<f64, BenchError> {
    let mut bench = Crossing::new()?;
    let mut costs = vec![];
    for _ in 0..rounds {
        bench.watch(false);
        let alone = bench.round()?;
        bench.watch(true);
        // The stores fill up first.
        bench.round()?;
        let crossed = bench.crossed();
        let with = bench.round()?;
        if bench.crossed() - crossed != PACKETS {
            return Err(BenchError::Silent("the other shard"));
        }
        costs.push((with as f64 - alone as f64) / PACKETS as f64);
    }
    Ok(rounds::median(costs))
}

/// A source on one engine, and somebody on another who is still shaking hands: all is done for a
/// receiver but the sending.
struct Crossing {
    now: Instant,
    engines: [Engine; 2],
    links: [Links; 2],
    end: FarEnd,
    index: u64,
}

impl Crossing {
    fn new() -> Result<Self, BenchError> {
        let now = Instant::now();
        let engine = |shard: u8| {
            let engine = Engine::new(now, 1 << 40, vec![PATH.remote]);
            let engine = engine.map_err(|error: NoIdentity| io::Error::other(error))?;
            Ok::<_, io::Error>(engine.among(ShardId(shard), 2))
        };
        let sleepers = [Arc::new(Sleeper::new()?), Arc::new(Sleeper::new()?)];
        let links: Result<[Links; 2], _> = shard::mesh(&sleepers).try_into();
        let Ok(links) = links else {
            return Err(BenchError::Silent("a link"));
        };
        let identity = || Identity::generate(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
        let mut bench = Self {
            now,
            engines: [engine(0)?, engine(1)?],
            links,
            end: FarEnd::new(identity()?),
            index: 0,
        };
        let sections = Sections {
            audio: 1,
            presentation: false,
            thumbnails: 0,
        };
        let refused = |error: crate::JoinError| BenchError::Server(error.to_string());
        let offer = bench.end.offer(sections);
        let joined = bench.engines[0].join(now, ROOM, SOURCE, &offer);
        let connected = bench.end.set_answer(&joined.map_err(refused)?.answer);
        let offer = FarEnd::new(identity()?).offer(sections);
        let joined = bench.engines[1].join(now, ROOM, WATCHER, &offer);
        joined.map_err(refused)?;
        bench.end.check(true);
        for _ in 0..MOST_STEPS {
            if !connected || bench.end.is_connected() {
                break;
            }
            bench.shake_hands();
        }
        if bench.end.is_connected() {
            Ok(bench)
        } else {
            Err(BenchError::NotConnected(SOURCE.0))
        }
    }

    fn shake_hands(&mut self) {
        let engine = &mut self.engines[0];
        for mut datagram in self.end.outgoing.drain(..) {
            engine.handle_datagram(self.now, PATH, &mut datagram);
        }
        for transmit in engine.outbox().iter() {
            self.end.receive_transport(self.now, transmit.datagram);
        }
        engine.outbox().clear();
    }

    /// Lets the somebody look, or not.
    fn watch(&mut self, looks: bool) {
        let main = Receives {
            main: looks.then_some(SOURCE),
            ..Receives::default()
        };
        let plan = Plan {
            receivers: [(WATCHER, main)].into(),
            ..Plan::default()
        };
        for engine in &mut self.engines {
            engine.reconcile(self.now, ROOM, plan.clone());
        }
        // Sought, found, wanted.
        for _ in 0..4 {
            self.turn();
        }
    }

    /// Both shards do what they do in a turn.
    fn turn(&mut self) {
        for (engine, links) in self.engines.iter_mut().zip(&mut self.links) {
            while let Some(batch) = links.take() {
                for nth in 0..batch.crossings.len() {
                    if let Some((message, payload)) = batch.crossings.get(nth) {
                        engine.handle_crossing(self.now, batch.from, message, payload);
                    }
                }
                links.give_back(batch);
            }
            engine.settle_crossings(self.now);
            links.hand_over(engine);
            engine.outbox().clear();
            while engine.poll_event().is_some() {}
        }
    }

    /// Sends packets. Returns what they took, in nanoseconds.
    fn round(&mut self) -> Result<u64, BenchError> {
        let mut taken = 0;
        for nth in 0..PACKETS {
            self.index += 1;
            let outgoing = Outgoing {
                mid: 1,
                marker: true,
                payload_type: VP8,
                index: self.index,
                timestamp: (self.index * 90) as u32,
                ssrc: CAMERA_SSRC,
                level: 0,
            };
            let mut packet = self.end.header(&outgoing);
            let header_len = packet.len();
            packet.extend_from_slice(&source::payload(Kind::Camera, self.index, nth == 0));
            self.end.send_rtp(packet, header_len, &outgoing);
            let datagram = self.end.outgoing.pop();
            let mut datagram = datagram.ok_or(BenchError::Silent("the source"))?;
            let before = shard::thread_cpu_nanoseconds();
            self.engines[0].handle_datagram(self.now, PATH, &mut datagram);
            self.turn();
            taken += shard::thread_cpu_nanoseconds() - before;
        }
        Ok(taken)
    }

    fn crossed(&self) -> u64 {
        self.engines[0].counters().packets_crossed
    }
}
