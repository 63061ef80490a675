//! A shard: one thread, one UDP socket, one engine. recvmmsg → engine → sendmmsg.

mod interfaces;
mod socket;
mod tcp;
#[cfg(test)]
mod tests;

use crate::{
    api::{JoinError, Joined, MediaConfig, MediaEvent, PeerId, Plan, RoomId},
    engine::Engine,
    outbox::Protocol,
};
pub use interfaces::{offered_addresses, own_addresses};
use socket::{BATCH, Socket, Waker};
pub use socket::{SOCKET_BUFFER, clock_is_synchronised};
#[cfg(feature = "bench")]
pub(crate) use socket::{go_first, thread_cpu_nanoseconds};
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tcp::Tcp;

/// Joins that wait for the shard; more are refused.
const MAX_WAITING_JOINS: usize = 1024;
/// Batches of datagrams between two looks at the commands.
const BATCHES: usize = 8;
/// Seconds between 1900 and 1970.
const NTP_UNIX_OFFSET: u64 = 2_208_988_800;
/// Counters are copied out and connections looked at this often.
const UPKEEP_INTERVAL: Duration = Duration::from_millis(250);
/// The thread never sleeps longer.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// Tries to find a port that is free for UDP and TCP, where any will do.
const PORT_TRIES: usize = 20;

type Done = Box<dyn FnOnce(Result<Joined, JoinError>) + Send>;

struct Join {
    room: RoomId,
    peer: PeerId,
    offer: String,
    done: Done,
}

enum Command {
    Leave(PeerId),
    Stop,
}

/// What both sides of the thread's border see.
struct Shared {
    /// The newest plan of each room: a cell, not a queue.
    plans: Mutex<HashMap<RoomId, Plan>>,
    /// There are some: looked at before every datagram, so that a gate closes at once however many
    /// datagrams wait.
    plans_wait: AtomicBool,
    counters: Mutex<Vec<(&'static str, &'static str, u64)>>,
    waker: Waker,
}

/// The running media plane. Cheap to clone; the thread ends with [`Media::stop`].
#[derive(Clone)]
pub struct Media {
    local: SocketAddr,
    joins: SyncSender<Join>,
    commands: Sender<Command>,
    shared: Arc<Shared>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Media {
    /// Binds and starts the shard thread. `events` is called on that thread and must not block.
    ///
    /// # Errors
    /// When the address cannot be bound or the machine has no randomness.
    pub fn start(
        config: &MediaConfig,
        events: impl Fn(MediaEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let (socket, tcp) = bind(config.bind)?;
        let local = socket.local_addr()?;
        let candidates = interfaces::candidates(config, local.port())?;
        tracing::info!(address = %local, ?candidates, "Media is served");
        let engine =
            Engine::new(Instant::now(), ntp_now(), candidates).map_err(io::Error::other)?;
        let (joins, waiting_joins) = sync_channel(MAX_WAITING_JOINS);
        let (commands, waiting_commands) = channel();
        let shared = Arc::new(Shared {
            plans: Mutex::default(),
            plans_wait: AtomicBool::new(false),
            counters: Mutex::new(rows(&engine, &socket, &tcp, 0)),
            waker: Waker::new()?,
        });
        let shard = Shard {
            engine,
            socket,
            tcp,
            joins: waiting_joins,
            commands: waiting_commands,
            shared: shared.clone(),
            events: Box::new(events),
            upkeep_due: Instant::now(),
        };
        let thread = std::thread::Builder::new()
            .name("media".to_owned())
            .spawn(move || shard.run())?;
        Ok(Self {
            local,
            joins,
            commands,
            shared,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    /// The UDP address that is bound.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Answers an offer. `done` is called on the shard thread and must not block.
    pub fn join(
        &self,
        room: RoomId,
        peer: PeerId,
        offer: String,
        done: impl FnOnce(Result<Joined, JoinError>) + Send + 'static,
    ) {
        match self.joins.try_send(Join {
            room,
            peer,
            offer,
            done: Box::new(done),
        }) {
            Ok(()) => self.shared.waker.wake(),
            Err(TrySendError::Full(join)) => (join.done)(Err(JoinError::Full)),
            Err(TrySendError::Disconnected(join)) => (join.done)(Err(JoinError::Stopped)),
        }
    }

    /// Ends a peer at once.
    pub fn leave(&self, peer: PeerId) {
        self.command(Command::Leave(peer));
    }

    /// Replaces what a room forwards.
    pub fn reconcile(&self, room: RoomId, plan: Plan) {
        lock(&self.shared.plans).insert(room, plan);
        self.shared.plans_wait.store(true, Ordering::Release);
        self.shared.waker.wake();
    }

    /// Counters as (name, help, value), not older than a second; and `peers`, which is no counter but
    /// how many there are.
    #[must_use]
    pub fn counters(&self) -> Vec<(&'static str, &'static str, u64)> {
        lock(&self.shared.counters).clone()
    }

    /// Ends all peers and the shard thread, and waits for it.
    pub fn stop(&self) {
        self.command(Command::Stop);
        let thread = lock(&self.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("The media thread ended by a panic");
        }
    }

    fn command(&self, command: Command) {
        // A thread that has ended has nothing left to end.
        if self.commands.send(command).is_ok() {
            self.shared.waker.wake();
        }
    }
}

struct Shard {
    engine: Engine,
    socket: Socket,
    tcp: Tcp,
    joins: Receiver<Join>,
    commands: Receiver<Command>,
    shared: Arc<Shared>,
    events: Box<dyn Fn(MediaEvent) + Send>,
    upkeep_due: Instant,
}

impl Shard {
    fn run(mut self) {
        // Sound that comes late is lost; a page or a sign-in that comes late is only late.
        let first = socket::go_first();
        tracing::debug!(first, "The media thread runs");
        loop {
            if !self.obey() {
                break;
            }
            let more = self.receive();
            let now = Instant::now();
            self.engine.guarded(|engine| engine.handle_timeout(now));
            self.flush();
            self.keep_up();
            if !self.wait(more) {
                break;
            }
        }
        self.flush();
    }

    /// Does what was asked for. Returns false when the thread shall end.
    fn obey(&mut self) -> bool {
        let now = Instant::now();
        let mut goes_on = true;
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Leave(peer) => {
                    self.engine.guarded(|engine| engine.leave(now, peer));
                }
                Command::Stop => goes_on = false,
            }
        }
        self.reconcile(now);
        // One a round: making certificates' answers must not keep packets waiting.
        if let Ok(Join {
            room,
            peer,
            offer,
            done,
        }) = self.joins.try_recv()
        {
            let joined = self
                .engine
                .guarded(|engine| engine.join(now, room, peer, &offer));
            let defect = || JoinError::BadOffer("it could not be worked on".to_owned());
            done(joined.unwrap_or_else(|| Err(defect())));
            self.shared.waker.wake();
        }
        if !goes_on {
            self.engine.guarded(|engine| engine.leave_all(now));
        }
        goes_on
    }

    /// Hands over the newest plans, if there are any.
    fn reconcile(&mut self, now: Instant) {
        if !self.shared.plans_wait.swap(false, Ordering::Acquire) {
            return;
        }
        let plans = std::mem::take(&mut *lock(&self.shared.plans));
        for (room, plan) in plans {
            self.engine
                .guarded(|engine| engine.reconcile(now, room, plan));
        }
    }

    /// Takes what has come. Returns whether there may be more: a batch that is not full was the last
    /// one, and to ask for another would be a system call for nothing.
    fn receive(&mut self) -> bool {
        for _ in 0..BATCHES {
            let now = Instant::now();
            let count = self.socket.receive();
            for index in 0..count {
                self.reconcile(now);
                let Some((path, datagram)) = self.socket.datagram(index) else {
                    continue;
                };
                self.engine
                    .guarded(|engine| engine.handle_datagram(now, path, datagram));
                // A packet with many receivers fills a batch alone; it must not wait for others.
                if self.engine.outbox().len() >= BATCH {
                    self.flush();
                }
            }
            self.flush();
            self.keep_up();
            if count < BATCH {
                return false;
            }
        }
        true
    }

    fn flush(&mut self) {
        let outbox = self.engine.outbox();
        if !outbox.is_empty() {
            self.socket.send(outbox);
            for transmit in outbox.iter() {
                if transmit.path.protocol == Protocol::Tcp {
                    self.tcp
                        .send(transmit.path, transmit.datagram, transmit.picture);
                }
            }
            outbox.clear();
        }
        while let Some(event) = self.engine.poll_event() {
            (self.events)(event);
        }
    }

    /// Takes what has come over TCP, after sleeping until there is something to do unless it is
    /// `busy`. Returns false if that is impossible.
    fn wait(&mut self, busy: bool) -> bool {
        let now = Instant::now();
        let due = [self.engine.poll_timeout(), self.tcp.deadline(now)];
        let sleeps = due
            .into_iter()
            .flatten()
            .map(|due| due.saturating_duration_since(now));
        let timeout = if busy {
            Duration::ZERO
        } else {
            sleeps.fold(LONGEST_SLEEP, Duration::min)
        };
        match self
            .socket
            .wait(&self.shared.waker, self.tcp.interests(now), timeout)
        {
            Ok(ready) => {
                if !ready.is_empty() {
                    let (engine, now) = (&mut self.engine, Instant::now());
                    self.tcp.handle(now, &ready, |path, datagram| {
                        engine.guarded(|engine| engine.handle_datagram(now, path, datagram));
                        engine.is_peers(&path)
                    });
                }
                true
            }
            Err(error) => {
                tracing::error!(%error, "The media thread cannot wait for its socket");
                false
            }
        }
    }

    /// What is done now and then: counters are copied out, strangers' connections closed.
    fn keep_up(&mut self) {
        let now = Instant::now();
        if now >= self.upkeep_due {
            self.upkeep_due = now + UPKEEP_INTERVAL;
            self.tcp.sweep(now, |path| self.engine.is_peers(path));
            let cpu = socket::thread_cpu_nanoseconds();
            let rows = rows(&self.engine, &self.socket, &self.tcp, cpu);
            *lock(&self.shared.counters) = rows;
        }
    }
}

/// Everything that is counted: (name, help, value).
fn rows(
    engine: &Engine,
    socket: &Socket,
    tcp: &Tcp,
    cpu_nanoseconds: u64,
) -> Vec<(&'static str, &'static str, u64)> {
    let mut rows = engine.counters().rows();
    rows.extend(socket.counters());
    rows.extend(tcp.counters());
    rows.push((
        "thread_cpu_nanoseconds",
        "Processor time of the media thread, in nanoseconds",
        cpu_nanoseconds,
    ));
    let peers = engine.peers() as u64;
    rows.push(("peers", "Media connections, being made or made", peers));
    rows
}

/// UDP and TCP on one port.
fn bind(address: SocketAddr) -> io::Result<(Socket, Tcp)> {
    let mut tries = PORT_TRIES;
    loop {
        let socket = Socket::bind(address)?;
        match Tcp::bind(socket.local_addr()?) {
            Ok(tcp) => return Ok((socket, tcp)),
            // Free for UDP does not mean free for TCP.
            Err(_) if address.port() == 0 && tries > 1 => tries -= 1,
            Err(error) => return Err(error),
        }
    }
}

/// Locks a value that every holder leaves whole, so that a panic elsewhere does not spread.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ntp_now() -> u64 {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    (since_1970.as_secs() + NTP_UNIX_OFFSET) << 32 | fraction
}
