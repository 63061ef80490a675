//! Two engines as two shards, their clients and the way between them, in virtual time.

use crate::{
    api::{MediaEvent, PeerId, Plan, RoomId},
    crossing::{Crossings, ShardId},
    engine::{
        Engine,
        tests::{
            bottleneck::Bottleneck,
            client::Client,
            world::{LOCAL, ROOM, everyone},
        },
    },
    outbox::{Path, Protocol, Transmit},
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Of the lines between clients and shards, each way.
pub(super) const LINE: Duration = Duration::from_millis(10);

#[derive(Clone, Copy)]
enum To {
    Engine(usize, Path),
    Client(usize),
}

pub(super) struct Pair {
    pub(super) now: Instant,
    pub(super) engines: [Engine; 2],
    pub(super) clients: Vec<Client>,
    /// The shard of each client.
    pub(super) homes: Vec<usize>,
    /// Of each shard, figures of lines aside.
    pub(super) events: [Vec<MediaEvent>; 2],
    /// How long what one shard says is on its way to the other.
    pub(super) crossing: Duration,
    /// Nothing that is said to this shard is taken.
    pub(super) stuck: Option<usize>,
    /// Every tenth packet to this client is lost.
    pub(super) lossy: Option<usize>,
    /// What stands before a client.
    pub(super) bottleneck: Option<(usize, Bottleneck)>,
    /// What whoever joins changes in its offer.
    pub(super) change_offer: fn(String) -> String,
    pub(super) plan: Plan,
    /// What a comparison of everything would have compared, each time that a shard was settled.
    pub(super) comparable: usize,
    flying: BTreeMap<(Instant, u64), (To, Vec<u8>)>,
    said: VecDeque<(Instant, usize, Crossings)>,
    sent: u64,
}

impl Pair {
    /// Client n is peer n, on the shard that `homes` says; those in `layered` have a camera of three
    /// layers.
    pub(super) fn new(homes: &[usize], layered: &[usize]) -> Self {
        let now = Instant::now();
        let engine = |shard: u8| {
            let candidates = vec![SocketAddr::new(LOCAL, 8081 + u16::from(shard))];
            let engine = Engine::new(now, 1 << 40, candidates).expect("an engine");
            engine.among(ShardId(shard), 2)
        };
        let mut pair = Self {
            now,
            engines: [engine(0), engine(1)],
            clients: vec![],
            homes: vec![],
            events: [vec![], vec![]],
            crossing: Duration::from_micros(100),
            stuck: None,
            lossy: None,
            bottleneck: None,
            change_offer: std::convert::identity,
            plan: Plan::default(),
            comparable: 0,
            flying: BTreeMap::new(),
            said: VecDeque::new(),
            sent: 0,
        };
        for (n, home) in homes.iter().enumerate() {
            pair.join(*home, PeerId(n as u64), layered.contains(&n));
        }
        pair.run(Duration::from_secs(1));
        assert!(pair.clients.iter().all(Client::is_connected));
        pair
    }

    pub(super) fn join(&mut self, home: usize, id: PeerId, layers: bool) -> usize {
        self.join_room(home, ROOM, id, layers)
    }

    pub(super) fn join_room(
        &mut self,
        home: usize,
        room: RoomId,
        id: PeerId,
        layers: bool,
    ) -> usize {
        let n = self.clients.len();
        let gcm = vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        let mut client = Client::new(5000 + n as u16, gcm);
        let offer = if layers {
            client.offer_layers(true)
        } else {
            client.offer(true)
        };
        let offer = (self.change_offer)(offer);
        let joined = self.engines[home].join(self.now, room, id, &offer);
        client.set_answer(joined.expect("an answer"));
        client.check(true);
        self.clients.push(client);
        self.homes.push(home);
        n
    }

    /// See [`everyone`].
    pub(super) fn plan(&mut self, main: Option<u64>, heard: &[u64]) {
        self.put(everyone(&self.plan, self.clients.len(), main, heard));
    }

    /// Gives both shards a plan.
    pub(super) fn put(&mut self, plan: Plan) {
        for shard in 0..2 {
            self.put_on(shard, plan.clone());
        }
        self.plan = plan;
    }

    /// Gives one shard a plan that the other has not got yet.
    pub(super) fn put_on(&mut self, shard: usize, plan: Plan) {
        self.engines[shard].reconcile(self.now, ROOM, plan);
        self.collect();
    }

    /// Says how tall a client shows its main picture.
    pub(super) fn size(&mut self, receiver: u64, mid: &str, height: u16) {
        let mut plan = self.plan.clone();
        let receives = plan.receivers.entry(PeerId(receiver)).or_default();
        receives.heights.insert(mid.to_owned(), height);
        self.put(plan);
    }

    pub(super) fn leave(&mut self, client: usize) {
        let home = self.homes[client];
        self.engines[home].leave(self.now, PeerId(client as u64));
        self.collect();
    }

    pub(super) fn run(&mut self, length: Duration) {
        let end = self.now + length;
        loop {
            self.collect();
            let clients = self.clients.iter().filter_map(Client::deadline);
            let engines = self.engines.iter().filter_map(Engine::poll_timeout);
            let flying = self.flying.keys().map(|(at, _)| *at).next();
            let said = self.said.front().map(|(at, _, _)| *at);
            let next = clients.chain(engines).chain(flying).chain(said).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.deliver();
            for engine in &mut self.engines {
                engine.handle_timeout(self.now);
            }
            for client in &mut self.clients {
                client.handle_timeout(self.now);
            }
        }
        self.now = end;
    }

    fn deliver(&mut self) {
        let now = self.now;
        while let Some(entry) = self.flying.first_entry().filter(|it| it.key().0 <= now) {
            let (to, mut datagram) = entry.remove();
            match to {
                To::Engine(shard, path) => {
                    self.engines[shard]
                        .guarded(|engine| engine.handle_datagram(now, path, &mut datagram));
                }
                To::Client(client) => self.clients[client].receive(now, &mut datagram),
            }
        }
        while self.said.front().is_some_and(|(at, _, _)| *at <= now) {
            let Some((_, to, crossings)) = self.said.pop_front() else {
                break;
            };
            for nth in 0..crossings.len() {
                let (message, payload) = crossings.get(nth).expect("said");
                let from = ShardId(1 - to as u8);
                self.engines[to]
                    .guarded(|engine| engine.handle_crossing(now, from, message, payload));
            }
        }
    }

    fn collect(&mut self) {
        for shard in 0..2 {
            let other = 1 - shard;
            let engine = &mut self.engines[shard];
            engine.settle_crossings(self.now);
            let (comparable, untold) = engine.compare_all();
            assert_eq!(untold, [], "shard {shard} has not said everything");
            self.comparable += comparable;
            let outbox = engine.crossings(ShardId(other as u8)).expect("a shard");
            if !outbox.is_empty() && self.stuck != Some(other) {
                let said = std::mem::take(outbox);
                self.said.push_back((self.now + self.crossing, other, said));
            }
            while let Some(event) = engine.poll_event() {
                if !matches!(event, MediaEvent::Quality { .. }) {
                    self.events[shard].push(event);
                }
            }
            for Transmit { path, datagram, .. } in engine.outbox().iter() {
                let mut clients = self.clients.iter();
                let to = clients.position(|client| client.address == path.remote);
                let to = to.expect("a client's address");
                assert_eq!(self.homes[to], shard, "its transport is on its own shard");
                self.sent += 1;
                let is_media = datagram[0] >= 128 && !(192..224).contains(&datagram[1]);
                if self.lossy == Some(to) && is_media && self.sent.is_multiple_of(10) {
                    continue;
                }
                let mut passed = Some(self.now);
                if let Some((_, it)) = self.bottleneck.as_mut().filter(|(it, _)| *it == to) {
                    passed = it.pass(self.now, datagram.len(), 0);
                }
                if let Some(passed) = passed {
                    let key = (passed + LINE, self.sent);
                    self.flying.insert(key, (To::Client(to), datagram.to_vec()));
                }
            }
            engine.outbox().clear();
        }
        for n in 0..self.clients.len() {
            let path = Path {
                protocol: Protocol::Udp,
                local: LOCAL,
                remote: self.clients[n].address,
            };
            for datagram in self.clients[n].outgoing().drain(..) {
                self.sent += 1;
                let to = To::Engine(self.homes[n], path);
                self.flying
                    .insert((self.now + LINE, self.sent), (to, datagram));
            }
        }
    }

    pub(super) fn counter(&self, shard: usize, name: &str) -> u64 {
        let rows = self.engines[shard].counters().rows();
        let found = rows.into_iter().find(|(found, _, _)| *found == name);
        found.expect("a counter").2
    }
}
