//! A shard: one thread, one UDP socket, one engine. recvmmsg → engine → sendmmsg.

mod interfaces;
mod links;
mod media;
mod placement;
mod segments;
mod socket;
mod system;
mod tcp;
#[cfg(test)]
mod tests;
mod turns;

use crate::{
    api::{JoinError, Joined, MediaEvent, PeerId, Plan, RoomId},
    engine::Engine,
    outbox::Protocol,
};
pub use interfaces::{offered_addresses, own_addresses};
#[cfg(feature = "bench")]
pub(crate) use links::mesh;
pub(crate) use links::{Links, Sleeper};
pub use media::Media;
pub use socket::SOCKET_BUFFER;
use socket::{BATCH, Socket};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::Receiver,
    },
    time::{Duration, Instant},
};
pub use system::clock_is_synchronised;
#[cfg(feature = "bench")]
pub(crate) use system::{UDP_SEGMENT, go_first, set_option, thread_cpu_nanoseconds};
use tcp::Tcp;
use turns::{Part, Watch};
#[cfg(feature = "bench")]
pub(crate) use turns::{Turns, take as take_turns};

/// Batches of datagrams between two looks at the commands.
const BATCHES: usize = 8;
/// More datagrams do not wait for others with which they might leave together.
const MOST_WAITING: usize = 1024;
/// Batches from other shards between two looks at the sockets.
const CROSSINGS: usize = 32;
/// Counters are copied out and connections looked at this often.
const UPKEEP_INTERVAL: Duration = Duration::from_millis(250);
/// The thread never sleeps longer.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

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
    counters: Mutex<Vec<Row>>,
    sleeper: Arc<Sleeper>,
    /// How busy the thread was of late, in thousandths of a core.
    work: AtomicU32,
}

/// Something that is counted: (name, help, value).
pub type Row = (&'static str, &'static str, u64);

impl Shared {
    fn new(sleeper: Arc<Sleeper>, counters: Vec<Row>) -> Self {
        Self {
            plans: Mutex::default(),
            plans_wait: AtomicBool::new(false),
            counters: Mutex::new(counters),
            sleeper,
            work: AtomicU32::new(0),
        }
    }

    fn wake(&self) {
        self.sleeper.waker.wake();
    }

    fn work(&self) -> u32 {
        self.work.load(Ordering::Relaxed)
    }
}

struct Shard {
    engine: Engine,
    socket: Socket,
    tcp: Tcp,
    links: Links,
    joins: Receiver<Join>,
    commands: Receiver<Command>,
    shared: Arc<Shared>,
    events: Box<dyn Fn(MediaEvent) + Send>,
    upkeep_due: Instant,
    /// When it was last asked how busy the thread is, and its processor time then in nanoseconds.
    work_since: (Instant, u64),
    /// Packets whose copies wait in the outbox.
    packets: usize,
    watch: Watch,
}

impl Shard {
    fn run(mut self) {
        // Sound that comes late is lost; a page or a sign-in that comes late is only late.
        let first = system::go_first();
        tracing::debug!(first, "The media thread runs");
        loop {
            self.watch.begin();
            if !self.obey() {
                break;
            }
            self.watch.end_of(Part::Commands);
            let more = self.receive();
            self.watch.end_of(Part::Datagrams);
            self.take_crossings();
            self.watch.end_of(Part::Crossings);
            let now = Instant::now();
            self.engine.guarded(|engine| engine.handle_timeout(now));
            self.engine.guarded(|engine| engine.settle_crossings(now));
            self.flush();
            self.watch.end_of(Part::Timeouts);
            self.keep_up();
            self.watch.end_of(Part::Upkeep);
            self.watch.end();
            // Whoever says something after this wakes the thread; what was said before is found.
            self.shared.sleeper.lie_down();
            let more = more || self.links.wait();
            let waited = self.wait(more);
            self.shared.sleeper.get_up();
            if !waited {
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
            self.shared.wake();
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
                let (len, before) = (datagram.len(), self.engine.counters().packets_forwarded);
                self.engine
                    .guarded(|engine| engine.handle_datagram(now, path, datagram));
                let copies = self.engine.counters().packets_forwarded - before;
                self.watch.received(len, copies);
                self.packets += usize::from(copies > 0);
                // A packet with many receivers fills a batch alone; it must not wait for others, but that of
                // a picture for those with which it can leave together. Sound waits for nothing: what a
                // closing gate finds copied goes out.
                let outbox = self.engine.outbox();
                let (waiting, is_picture) = (outbox.len(), outbox.has_pictures_alone());
                let may_wait =
                    is_picture && waiting < MOST_WAITING && self.socket.is_followed(index);
                if waiting >= BATCH && !may_wait {
                    self.flush();
                }
            }
            self.watch.batch_ends();
            self.flush();
            self.keep_up();
            if count < BATCH {
                return false;
            }
        }
        true
    }

    /// Takes what other shards have said.
    fn take_crossings(&mut self) {
        for _ in 0..CROSSINGS {
            let Some(batch) = self.links.take() else {
                return;
            };
            let now = Instant::now();
            for nth in 0..batch.crossings.len() {
                self.reconcile(now);
                let Some((message, payload)) = batch.crossings.get(nth) else {
                    continue;
                };
                self.engine.guarded(|engine| {
                    engine.handle_crossing(now, batch.from, message, payload);
                });
                if self.engine.outbox().len() >= BATCH {
                    self.flush();
                }
            }
            self.links.give_back(batch);
            self.flush();
        }
    }

    fn flush(&mut self) {
        // First what others wait for: they go on while this one sends.
        self.links.hand_over(&mut self.engine);
        let outbox = self.engine.outbox();
        let packets = std::mem::take(&mut self.packets);
        if !outbox.is_empty() {
            if packets > 1 {
                self.socket.send_together(outbox);
            } else {
                self.socket.send(outbox);
            }
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
            .wait(&self.shared.sleeper.waker, self.tcp.interests(now), timeout)
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
            let cpu = system::thread_cpu_nanoseconds();
            let rows = rows(&self.engine, &self.socket, &self.tcp, cpu);
            *lock(&self.shared.counters) = rows;
            self.tell_work(now, cpu);
        }
    }

    /// Tells how busy the thread is, by its processor time in nanoseconds.
    fn tell_work(&mut self, now: Instant, cpu: u64) {
        let (since, before) = self.work_since;
        let elapsed = now.duration_since(since);
        if elapsed < UPKEEP_INTERVAL {
            return;
        }
        self.work_since = (now, cpu);
        let work = u128::from(cpu.saturating_sub(before)) * 1000 / elapsed.as_nanos();
        // The mean of the newest and of all before: a moment is no load.
        let work = (self.shared.work() + work as u32) / 2;
        self.shared.work.store(work, Ordering::Relaxed);
    }
}

/// Everything that is counted: (name, help, value).
fn rows(engine: &Engine, socket: &Socket, tcp: &Tcp, cpu_nanoseconds: u64) -> Vec<Row> {
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

/// Locks a value that every holder leaves whole, so that a panic elsewhere does not spread.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
