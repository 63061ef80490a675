//! An engine, its clients and the lines between them, in virtual time from one seed.

use super::{bottleneck::Bottleneck, client::Client};
use crate::{
    api::{MediaEvent, PeerId, Plan, Receives, RoomId, SlotKind},
    engine::Engine,
    lossy::Way,
    outbox::{Path, Protocol, Transmit},
    peer::Peer,
    quality::Quality,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

pub(super) const ROOM: RoomId = RoomId(1);
pub(super) const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

/// What a line does to datagrams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) delay: Duration,
    /// Added at random: datagrams overtake each other.
    pub(super) jitter: Duration,
    pub(super) loss_percent: u64,
    pub(super) double_percent: u64,
}

pub(super) const GOOD: Line = Line {
    delay: Duration::from_millis(10),
    jitter: Duration::ZERO,
    loss_percent: 0,
    double_percent: 0,
};

#[derive(Clone, Copy)]
enum To {
    Engine(Path),
    Client(usize),
}

pub(super) struct World {
    pub(super) now: Instant,
    pub(super) engine: Engine,
    pub(super) clients: Vec<Client>,
    pub(super) events: Vec<MediaEvent>,
    /// The figures of the lines, which come by the clock.
    pub(super) figures: Vec<(PeerId, Quality)>,
    pub(super) line: Line,
    /// The line's faults are those of this client alone.
    pub(super) only: Option<usize>,
    /// What stands before clients, and which clients.
    pub(super) bottlenecks: Vec<(Bottleneck, Vec<usize>)>,
    /// The whole line of a client, in place of all that: there, and back to it.
    pub(super) ways: BTreeMap<usize, [Way; 2]>,
    /// Whoever joins offers what a presentation needs.
    pub(super) presentation: bool,
    /// Whoever joins offers a camera of three layers.
    pub(super) layers: bool,
    /// What whoever joins changes in its offer.
    pub(super) change_offer: fn(String) -> String,
    plan: Plan,
    flying: BTreeMap<(Instant, u64), (To, Vec<u8>)>,
    sent: u64,
    random: u64,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let now = Instant::now();
        Self {
            now,
            engine: Engine::new(now, 1 << 40, vec![SocketAddr::new(LOCAL, 8081)])
                .expect("an engine"),
            clients: vec![],
            events: vec![],
            figures: vec![],
            line: GOOD,
            only: None,
            bottlenecks: vec![],
            ways: BTreeMap::new(),
            presentation: false,
            layers: false,
            change_offer: std::convert::identity,
            plan: Plan::default(),
            flying: BTreeMap::new(),
            sent: 0,
            random: seed | 1,
        }
    }

    /// A world with `count` connected clients; client n is peer n.
    pub(super) fn with_clients(count: usize, seed: u64) -> Self {
        let mut world = Self::new(seed);
        for _ in 0..count {
            let both = vec![
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
            ];
            world.join(both);
        }
        world.run(Duration::from_secs(2));
        assert!(
            world.clients.iter().all(Client::is_connected),
            "all are connected"
        );
        world
    }

    pub(super) fn join(&mut self, profiles: Vec<SrtpProtectionProfile>) -> usize {
        let id = PeerId(self.clients.len() as u64);
        self.join_as(ROOM, id, profiles)
    }

    /// Joins any room as any peer.
    pub(super) fn join_as(
        &mut self,
        room: RoomId,
        id: PeerId,
        profiles: Vec<SrtpProtectionProfile>,
    ) -> usize {
        let n = self.clients.len();
        let mut client = Client::new(5000 + n as u16, profiles);
        let offer = if self.layers {
            client.offer_layers(self.presentation)
        } else {
            client.offer(self.presentation)
        };
        let offer = (self.change_offer)(offer);
        let joined = self.engine.join(self.now, room, id, &offer);
        let joined = joined.expect("an answer");
        client.set_answer(joined);
        client.check(true);
        self.clients.push(client);
        n
    }

    pub(super) fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// From now on chance has nothing to do with what came before: no two handshakes are the same.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    }

    pub(super) fn path_of(&self, client: usize) -> Path {
        Path {
            protocol: Protocol::Udp,
            local: LOCAL,
            remote: self.clients[client].address,
        }
    }

    /// See [`everyone`].
    pub(super) fn plan(&mut self, main: Option<u64>, heard: &[u64]) {
        let plan = everyone(&self.plan, self.clients.len(), main, heard);
        self.put(plan);
    }

    /// Lets a peer present, and puts screens with their sound into everyone's presentation slots.
    pub(super) fn present(&mut self, presenting: Option<u64>, shown: Option<u64>) {
        let mut plan = std::mem::take(&mut self.plan);
        plan.presenting = presenting.map(PeerId);
        for receiver in (0..self.clients.len() as u64).map(PeerId) {
            let shown = shown.map(PeerId);
            let shown = shown.filter(|source| *source != receiver);
            let receives = plan.receivers.entry(receiver).or_default();
            receives.presentation = shown;
            receives.presentation_audio = shown;
        }
        self.put(plan);
    }

    /// Says how tall a client shows a slot; none: it says nothing.
    pub(super) fn size(&mut self, receiver: u64, mid: &str, height: Option<u16>) {
        let mut plan = self.plan.clone();
        let receives = plan.receivers.entry(PeerId(receiver)).or_default();
        match height {
            Some(height) => _ = receives.heights.insert(mid.to_owned(), height),
            None => _ = receives.heights.remove(mid),
        }
        self.put(plan);
    }

    /// Puts cameras into a client's thumbnail slots.
    pub(super) fn thumbnails(&mut self, receiver: u64, sources: &[u64]) {
        let mut plan = self.plan.clone();
        let receives = plan.receivers.entry(PeerId(receiver)).or_default();
        receives.thumbnails = sources.iter().copied().map(PeerId).collect();
        self.put(plan);
    }

    fn put(&mut self, plan: Plan) {
        self.plan = plan.clone();
        self.engine.reconcile(self.now, ROOM, plan);
        self.collect();
    }

    /// Lets time pass, with a connectivity check a second.
    pub(super) fn run(&mut self, length: Duration) {
        let end = self.now + length;
        loop {
            self.collect();
            let timers = self
                .clients
                .iter()
                .filter_map(Client::deadline)
                .chain(self.engine.poll_timeout());
            let next = timers
                .chain(self.flying.keys().map(|(at, _)| *at).next())
                .min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            while let Some(entry) = self
                .flying
                .first_entry()
                .filter(|entry| entry.key().0 <= self.now)
            {
                let (to, mut datagram) = entry.remove();
                match to {
                    To::Engine(path) => {
                        let now = self.now;
                        self.engine
                            .guarded(|engine| engine.handle_datagram(now, path, &mut datagram));
                    }
                    To::Client(client) => self.clients[client].receive(self.now, &mut datagram),
                }
            }
            self.engine.handle_timeout(self.now);
            for client in &mut self.clients {
                client.handle_timeout(self.now);
            }
        }
        self.now = end;
    }

    /// Hands a datagram to the engine as if it came from `remote`.
    pub(super) fn inject(&mut self, remote: SocketAddr, datagram: &[u8]) {
        self.engine.handle_datagram(
            self.now,
            Path {
                protocol: Protocol::Udp,
                local: LOCAL,
                remote,
            },
            &mut datagram.to_vec(),
        );
        self.collect();
    }

    /// Takes what engine and clients want to send, and the engine's events.
    pub(super) fn collect(&mut self) {
        let mut datagrams = vec![];
        for Transmit { path, datagram, .. } in self.engine.outbox().iter() {
            if let Some(client) = self
                .clients
                .iter()
                .position(|client| client.address == path.remote)
            {
                datagrams.push((To::Client(client), datagram.to_vec()));
            }
        }
        self.engine.outbox().clear();
        for index in 0..self.clients.len() {
            let path = self.path_of(index);
            for datagram in self.clients[index].outgoing().drain(..) {
                datagrams.push((To::Engine(path), datagram));
            }
        }
        for (to, datagram) in datagrams {
            self.fly(to, &datagram);
        }
        while let Some(event) = self.engine.poll_event() {
            match event {
                MediaEvent::Quality { peer, quality } => self.figures.push((peer, quality)),
                event => self.events.push(event),
            }
        }
    }

    fn client_of(&self, to: To) -> Option<usize> {
        match to {
            To::Client(client) => Some(client),
            To::Engine(path) => {
                let mut clients = self.clients.iter();
                clients.position(|client| client.address == path.remote)
            }
        }
    }

    fn line_of(&self, to: To) -> Line {
        if self.only.is_some() && self.only != self.client_of(to) {
            return GOOD;
        }
        self.line
    }

    fn fly(&mut self, to: To, datagram: &[u8]) {
        let client = self.client_of(to).filter(|it| self.ways.contains_key(it));
        if let Some(client) = client {
            let (now, random) = (self.now, self.random() >> 11);
            let nth = usize::from(matches!(to, To::Client(_)));
            let way = self.ways.get_mut(&client).map(|ways| &mut ways[nth]);
            if let Some(at) = way.and_then(|way| way.send(now, datagram.len(), random)) {
                self.sent += 1;
                self.flying.insert((at, self.sent), (to, datagram.to_vec()));
            }
            return;
        }
        let line = self.line_of(to);
        if self.random() % 100 < line.loss_percent {
            return;
        }
        // Only towards the engine: the clients assert that it sends nothing twice.
        let doubled = self.random() % 100 < line.double_percent && matches!(to, To::Engine(_));
        let copies = if doubled { 2 } else { 1 };
        for _ in 0..copies {
            let jitter = line.jitter.mul_f64((self.random() % 1000) as f64 / 1000.0);
            let passed = match to {
                To::Client(client) if !self.bottlenecks.is_empty() => {
                    self.squeeze(client, datagram.len())
                }
                _ => Some(self.now),
            };
            let Some(passed) = passed else { continue };
            let at = passed + line.delay + jitter;
            self.sent += 1;
            self.flying.insert((at, self.sent), (to, datagram.to_vec()));
        }
    }

    /// When a datagram to a client is past the bottleneck before it; none: it is lost there.
    fn squeeze(&mut self, client: usize, bytes: usize) -> Option<Instant> {
        let (now, random) = (self.now, self.random());
        let mut all = self.bottlenecks.iter_mut();
        match all.find(|(_, behind)| behind.contains(&client)) {
            Some((bottleneck, _)) => bottleneck.pass(now, bytes, random),
            None => Some(now),
        }
    }

    /// See [`told_of`].
    pub(super) fn told_of_main(&self, receiver: usize) -> Vec<(Option<u64>, bool)> {
        let main = self.clients[receiver].mid_of(SlotKind::Main);
        told_of(&self.events, receiver as u64, &main)
    }

    pub(super) fn peer(&self, client: usize) -> &Peer {
        let place = self.engine.by_id[&PeerId(client as u64)] as usize;
        self.engine.places[place].as_deref().expect("it is there")
    }

    pub(super) fn counter(&self, name: &str) -> u64 {
        let rows = self.engine.counters().rows();
        rows.into_iter()
            .find(|(found, _, _)| *found == name)
            .expect("a counter")
            .2
    }
}

/// A plan in which everyone sees one camera and hears some microphones, but nobody themselves. What else
/// was in the plan before stays.
pub(super) fn everyone(before: &Plan, clients: usize, main: Option<u64>, heard: &[u64]) -> Plan {
    let receives = |receiver: PeerId| {
        let but_own = |source: &PeerId| *source != receiver;
        let before = before.receivers.get(&receiver).cloned();
        let receives = Receives {
            audio: heard.iter().copied().map(PeerId).filter(but_own).collect(),
            main: main.map(PeerId).filter(but_own),
            ..before.unwrap_or_default()
        };
        (receiver, receives)
    };
    Plan {
        heard: heard.iter().copied().map(PeerId).collect(),
        presenting: before.presenting,
        receivers: (0..clients as u64).map(PeerId).map(receives).collect(),
    }
}

/// What a receiver was told of a slot: the source, and whether it flows.
pub(super) fn told_of(
    events: &[MediaEvent],
    receiver: u64,
    slot: &str,
) -> Vec<(Option<u64>, bool)> {
    let of_slot = |event: &MediaEvent| match event {
        MediaEvent::Slot {
            peer,
            mid,
            source,
            rtp,
            ..
        } if *peer == PeerId(receiver) && mid == slot => {
            Some((source.map(|source| source.0), rtp.is_some()))
        }
        _ => None,
    };
    events.iter().filter_map(of_slot).collect()
}
