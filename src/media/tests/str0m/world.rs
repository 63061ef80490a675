//! An engine, two str0m clients and the lines between them, in virtual time.

use crate::client::Client;
use diemcau_media::{Engine, MediaEvent, Path, PeerId, Plan, Protocol, Receives, RoomId, Transmit};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

const ROOM: RoomId = RoomId(1);
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
/// One way.
const DELAY: Duration = Duration::from_millis(10);

pub(crate) const A: PeerId = PeerId(0);
pub(crate) const B: PeerId = PeerId(1);

#[derive(Clone, Copy)]
enum To {
    Engine(Path),
    Client(usize),
}

/// One direction of a client's line.
#[derive(Default)]
pub(crate) struct Line {
    passed: u64,
    pub(crate) lost: u64,
}

pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) events: Vec<MediaEvent>,
    /// One datagram in so many is lost, on every line in both directions.
    pub(crate) loss: Option<u64>,
    /// By client: its lines towards the engine and from it.
    pub(crate) lines: Vec<[Line; 2]>,
    engine: Engine,
    clients: Vec<Client>,
    flying: BTreeMap<(Instant, u64), (To, Vec<u8>)>,
    sent: u64,
}

impl World {
    /// Two clients, connected.
    pub(crate) fn new() -> Self {
        Self::with(false)
    }

    /// The same; A may know no pictures but `h264`.
    pub(crate) fn with(h264: bool) -> Self {
        // The one look at the clock: where virtual time begins is of no matter.
        let now = Instant::now();
        let address = SocketAddr::new(LOCAL, 8081);
        let mut world = Self {
            now,
            clients: vec![],
            events: vec![],
            loss: None,
            lines: vec![],
            engine: Engine::new(now, 1 << 40, vec![address]).expect("an engine"),
            flying: BTreeMap::new(),
            sent: 0,
        };
        for peer in [A, B] {
            let own = SocketAddr::from(([10, 0, 0, 2], 5000 + peer.0 as u16));
            let (mut client, offer) = Client::new(now, own, address, h264 && peer == A);
            let joined = world.engine.join(now, ROOM, peer, &offer);
            client.accept(now, &joined.expect("an answer"));
            world.clients.push(client);
            world.lines.push(Default::default());
        }
        world.run(Duration::from_secs(2));
        for peer in [A, B] {
            assert!(world.client(peer).connected, "{peer:?} says so");
            let connected = MediaEvent::Connected { peer };
            assert!(world.events.contains(&connected), "and so does the engine");
        }
        world
    }

    /// Each is to receive the other's microphone and camera; who may be `heard` is another matter.
    pub(crate) fn plan(&mut self, heard: &[PeerId]) {
        let receives = |source| Receives {
            audio: vec![source],
            main: Some(source),
            ..Receives::default()
        };
        let plan = Plan {
            heard: heard.iter().copied().collect(),
            presenting: None,
            receivers: BTreeMap::from([(A, receives(B)), (B, receives(A))]),
        };
        self.engine.reconcile(self.now, ROOM, plan);
        self.collect();
    }

    /// Each is to receive the other's screen with its sound; who may be `presenting` is another
    /// matter.
    pub(crate) fn present(&mut self, presenting: Option<PeerId>) {
        let receives = |source| Receives {
            presentation: Some(source),
            presentation_audio: Some(source),
            ..Receives::default()
        };
        let plan = Plan {
            presenting,
            receivers: BTreeMap::from([(A, receives(B)), (B, receives(A))]),
            ..Plan::default()
        };
        self.engine.reconcile(self.now, ROOM, plan);
        self.collect();
    }

    pub(crate) fn client(&mut self, peer: PeerId) -> &mut Client {
        &mut self.clients[peer.0 as usize]
    }

    pub(crate) fn speak(&mut self, peer: PeerId, number: u32) {
        let now = self.now;
        self.client(peer).speak(now, number);
    }

    pub(crate) fn show(&mut self, peer: PeerId, number: u32) {
        let now = self.now;
        self.client(peer).show(now, number);
    }

    pub(crate) fn share(&mut self, peer: PeerId, number: u32) {
        let now = self.now;
        self.client(peer).share(now, number);
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, length: Duration) {
        let end = self.now + length;
        loop {
            self.collect();
            let timers = self.clients.iter().map(|client| client.deadline);
            let next = timers
                .chain(self.engine.poll_timeout())
                .chain(self.flying.keys().map(|(at, _)| *at).next())
                .min();
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.deliver();
            self.engine.handle_timeout(self.now);
            for client in &mut self.clients {
                if client.deadline <= self.now {
                    client.handle_timeout(self.now);
                }
            }
        }
        self.now = end;
    }

    fn deliver(&mut self) {
        let now = self.now;
        while let Some(entry) = self
            .flying
            .first_entry()
            .filter(|entry| entry.key().0 <= now)
        {
            let (to, mut datagram) = entry.remove();
            match to {
                To::Engine(path) => self.engine.handle_datagram(now, path, &mut datagram),
                To::Client(client) => self.clients[client].receive(now, &datagram),
            }
        }
    }

    /// Takes what engine and clients want to send, and the engine's events.
    fn collect(&mut self) {
        let mut datagrams = vec![];
        for Transmit { path, datagram, .. } in self.engine.outbox().iter() {
            let client = self
                .clients
                .iter()
                .position(|client| client.address == path.remote)
                .expect("the engine sends to clients only");
            datagrams.push((client, To::Client(client), datagram.to_vec()));
        }
        self.engine.outbox().clear();
        for (index, client) in self.clients.iter_mut().enumerate() {
            let path = Path {
                protocol: Protocol::Udp,
                local: LOCAL,
                remote: client.address,
            };
            for datagram in client.outgoing.drain(..) {
                datagrams.push((index, To::Engine(path), datagram));
            }
        }
        for (client, to, datagram) in datagrams {
            let line = &mut self.lines[client][usize::from(matches!(to, To::Client(_)))];
            line.passed += 1;
            if self
                .loss
                .is_some_and(|every| line.passed.is_multiple_of(every))
            {
                line.lost += 1;
                continue;
            }
            self.sent += 1;
            self.flying
                .insert((self.now + DELAY, self.sent), (to, datagram));
        }
        while let Some(event) = self.engine.poll_event() {
            self.events.push(event);
        }
    }
}
