//! The media plane as the rest of the server sees it: one, however many shards there are.

use super::{
    Command, Done, Join, Row, Shard, Shared, interfaces,
    links::{Sleeper, mesh},
    lock,
    placement::Placement,
    rows,
    socket::Socket,
    tcp::Tcp,
    turns::Watch,
};
use crate::{
    api::{JoinError, Joined, MediaConfig, MediaEvent, PeerId, Plan, Ports, RoomId},
    crossing::ShardId,
    engine::Engine,
};
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::Ordering,
        mpsc::{Sender, SyncSender, TrySendError, channel, sync_channel},
    },
    thread::JoinHandle,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Joins that wait for a shard; more are refused.
const MAX_WAITING_JOINS: usize = 1024;
/// Seconds between 1900 and 1970.
const NTP_UNIX_OFFSET: u64 = 2_208_988_800;
/// Tries to find ports that are free for UDP and TCP, where any will do.
const PORT_TRIES: usize = 20;

/// The running media plane. Cheap to clone; its threads end with [`Media::stop`].
#[derive(Clone)]
pub struct Media {
    shards: Arc<[Handle]>,
    placement: Arc<Mutex<Placement>>,
}

/// A shard, from outside of its thread.
struct Handle {
    local: SocketAddr,
    joins: SyncSender<Join>,
    commands: Sender<Command>,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Media {
    /// Binds and starts the shards' threads. `events` is called on them and must not block.
    ///
    /// # Errors
    /// When an address cannot be bound or the machine has no randomness.
    pub fn start(
        config: &MediaConfig,
        events: impl Fn(MediaEvent) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let sockets = bind_all(config)?;
        let count = sockets.len();
        let sleepers = (0..count).map(|_| Sleeper::new().map(Arc::new));
        let sleepers = sleepers.collect::<io::Result<Vec<_>>>()?;
        let placement = Arc::new(Mutex::new(Placement::new(count, config.spread_from)));
        let forget = placement.clone();
        let events = Arc::new(move |event: MediaEvent| {
            if let MediaEvent::Gone { peer } = &event {
                lock(&forget).leave(*peer);
            }
            events(event);
        });
        // One moment for all: what crosses tells the time by it.
        let (now, ntp) = (Instant::now(), ntp_now());
        let mut shards = vec![];
        let parts = sockets.into_iter().zip(mesh(&sleepers)).zip(sleepers);
        for (id, (((socket, tcp), links), sleeper)) in (0u8..).zip(parts) {
            let local = socket.local_addr()?;
            let candidates = interfaces::candidates(config, local.port())?;
            tracing::info!(address = %local, ?candidates, "Media is served");
            let engine = Engine::new(now, ntp, candidates).map_err(io::Error::other)?;
            let engine = engine.among(ShardId(id), count as u8);
            let (joins, waiting_joins) = sync_channel(MAX_WAITING_JOINS);
            let (commands, waiting_commands) = channel();
            let shared = Arc::new(Shared::new(sleeper, rows(&engine, &socket, &tcp, 0)));
            let events = events.clone();
            let shard = Shard {
                engine,
                socket,
                tcp,
                links,
                joins: waiting_joins,
                commands: waiting_commands,
                shared: shared.clone(),
                events: Box::new(move |event| events(event)),
                upkeep_due: now,
                work_since: (now, 0),
                packets: 0,
                watch: Watch::default(),
            };
            let name = if id == 0 {
                "media".to_owned()
            } else {
                format!("media-{id}")
            };
            let thread = std::thread::Builder::new()
                .name(name)
                .spawn(move || shard.run())?;
            shards.push(Handle {
                local,
                joins,
                commands,
                shared,
                thread: Mutex::new(Some(thread)),
            });
        }
        Ok(Self {
            shards: shards.into(),
            placement,
        })
    }

    /// The UDP address that is bound, or the first of them.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.shards[0].local
    }

    /// The ports that media is served on, by UDP and TCP.
    #[must_use]
    pub fn ports(&self) -> Ports {
        Ports::new(self.local_addr().port(), self.shards.len() as u8)
    }

    /// Answers an offer. `done` is called on a shard's thread and must not block.
    pub fn join(
        &self,
        room: RoomId,
        peer: PeerId,
        offer: String,
        done: impl FnOnce(Result<Joined, JoinError>) + Send + 'static,
    ) {
        let work = self.shards.iter().map(|it| it.shared.work());
        let shard = lock(&self.placement).join(room, peer, work);
        let shard = &self.shards[shard];
        let placement = self.placement.clone();
        let done: Done = Box::new(move |outcome| {
            if outcome.is_err() {
                lock(&placement).leave(peer);
            }
            done(outcome);
        });
        let join = Join {
            room,
            peer,
            offer,
            done,
        };
        match shard.joins.try_send(join) {
            Ok(()) => shard.shared.wake(),
            Err(TrySendError::Full(join)) => (join.done)(Err(JoinError::Full)),
            Err(TrySendError::Disconnected(join)) => (join.done)(Err(JoinError::Stopped)),
        }
    }

    /// Ends a peer at once.
    pub fn leave(&self, peer: PeerId) {
        // One that is nowhere is gone.
        let shard = lock(&self.placement).leave(peer);
        if let Some(shard) = shard.and_then(|shard| self.shards.get(shard)) {
            shard.command(Command::Leave(peer));
        }
    }

    /// Replaces what a room forwards.
    pub fn reconcile(&self, room: RoomId, plan: Plan) {
        if let Some((last, others)) = self.shards.split_last() {
            for shard in others {
                shard.reconcile(room, plan.clone());
            }
            last.reconcile(room, plan);
        }
    }

    /// Counters of each shard as (name, help, value), not older than a second; and `peers`, which is
    /// no counter but how many there are.
    #[must_use]
    pub fn counters(&self) -> Vec<Vec<Row>> {
        let shards = self.shards.iter();
        shards
            .map(|shard| lock(&shard.shared.counters).clone())
            .collect()
    }

    /// Ends all peers and the shards' threads, and waits for them.
    pub fn stop(&self) {
        for shard in self.shards.iter() {
            shard.command(Command::Stop);
        }
        for shard in self.shards.iter() {
            let thread = lock(&shard.thread).take();
            if thread.is_some_and(|thread| thread.join().is_err()) {
                tracing::error!("A media thread ended by a panic");
            }
        }
    }
}

impl Handle {
    fn reconcile(&self, room: RoomId, plan: Plan) {
        lock(&self.shared.plans).insert(room, plan);
        self.shared.plans_wait.store(true, Ordering::Release);
        self.shared.wake();
    }

    fn command(&self, command: Command) {
        // A thread that has ended has nothing left to end.
        if self.commands.send(command).is_ok() {
            self.shared.wake();
        }
    }
}

/// A port for each shard, one after the other.
fn bind_all(config: &MediaConfig) -> io::Result<Vec<(Socket, Tcp)>> {
    let any = config.bind.port() == 0;
    let mut tries = PORT_TRIES;
    loop {
        match bind_row(config.bind, config.shards.max(1)) {
            // Some free port may have neighbours that are not, and free for UDP is not free for TCP.
            Err(_) if any && tries > 1 => tries -= 1,
            outcome => return outcome,
        }
    }
}

fn bind_row(first: SocketAddr, count: u8) -> io::Result<Vec<(Socket, Tcp)>> {
    let mut row: Vec<(Socket, Tcp)> = vec![];
    let mut address = first;
    for nth in 0..u16::from(count) {
        if nth > 0 {
            let base = row[0].0.local_addr()?.port();
            let port = base.checked_add(nth);
            let port = port.ok_or_else(|| io::Error::other("there are not so many ports"))?;
            address.set_port(port);
        }
        let named = |error: io::Error| {
            let port = address.port();
            if nth == 0 {
                return error;
            }
            io::Error::new(
                error.kind(),
                format!("port {port} of a further shard: {error}"),
            )
        };
        let socket = Socket::bind(address).map_err(named)?;
        let tcp = Tcp::bind(socket.local_addr()?).map_err(named)?;
        row.push((socket, tcp));
    }
    Ok(row)
}

fn ntp_now() -> u64 {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    (since_1970.as_secs() + NTP_UNIX_OFFSET) << 32 | fraction
}
