//! The ways between shards: whole batches of what is said, handed over without a lock.
//!
//! Between two shards there is a bounded ring each way, and one each way for the batches that come
//! back empty: in the long run nothing is taken from the heap. They are the standard library's bounded
//! channels, which take a lock only to put a thread to sleep or to wake one, and here no thread ever
//! blocks on one.

use super::socket::Waker;
use crate::{
    crossing::{Crossings, ShardId},
    engine::Engine,
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering, fence},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

/// Batches under way to a shard. When it has taken none of them what is said waits in the engine,
/// which drops what is too much.
const UNDER_WAY: usize = 64;

/// How a shard's thread is woken.
pub(crate) struct Sleeper {
    pub(super) waker: Waker,
    asleep: AtomicBool,
}

impl Sleeper {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            waker: Waker::new()?,
            asleep: AtomicBool::new(false),
        })
    }

    /// The thread is about to sleep. It must look into its rings once more after this.
    pub(super) fn lie_down(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// The thread is awake.
    pub(super) fn get_up(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Something has been put into one of the thread's rings: a system call only if it sleeps.
    fn nudge(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.waker.wake();
        }
    }
}

/// The ways of one shard to and from each of the others.
pub(crate) struct Links {
    links: Vec<Link>,
    /// The link that is looked into next.
    next: usize,
    /// What came when it was last looked whether something did.
    found: Option<Batch>,
}

/// What another shard has said, to be given back.
pub(crate) struct Batch {
    link: usize,
    pub(crate) from: ShardId,
    pub(crate) crossings: Crossings,
}

struct Link {
    shard: ShardId,
    sleeper: Arc<Sleeper>,
    to: SyncSender<Crossings>,
    empties: Receiver<Crossings>,
    /// An empty batch for which there was no room.
    spare: Option<Crossings>,
    from: Receiver<Crossings>,
    give_back: SyncSender<Crossings>,
}

/// Links every shard with every other one. Element n is for shard n.
pub(crate) fn mesh(sleepers: &[Arc<Sleeper>]) -> Vec<Links> {
    let mut all: Vec<Links> = sleepers.iter().map(|_| Links::alone()).collect();
    let shards = || (0u8..).zip(sleepers);
    for (one, one_sleeper) in shards() {
        for (other, other_sleeper) in shards().filter(|(other, _)| *other > one) {
            let (there, from_one) = sync_channel(UNDER_WAY);
            let (one_empties, take_back) = sync_channel(UNDER_WAY);
            let (back, from_other) = sync_channel(UNDER_WAY);
            let (other_empties, other_take_back) = sync_channel(UNDER_WAY);
            all[usize::from(one)].links.push(Link {
                shard: ShardId(other),
                sleeper: other_sleeper.clone(),
                to: there,
                empties: take_back,
                spare: None,
                from: from_other,
                give_back: other_empties,
            });
            all[usize::from(other)].links.push(Link {
                shard: ShardId(one),
                sleeper: one_sleeper.clone(),
                to: back,
                empties: other_take_back,
                spare: None,
                from: from_one,
                give_back: one_empties,
            });
        }
    }
    all
}

impl Links {
    fn alone() -> Self {
        Self {
            links: vec![],
            next: 0,
            found: None,
        }
    }

    /// Hands over what the engine has to say, as far as there is room.
    pub(crate) fn hand_over(&mut self, engine: &mut Engine) {
        for link in &mut self.links {
            if let Some(outbox) = engine.crossings(link.shard) {
                link.hand_over(outbox);
            }
        }
    }

    /// What another shard has said, each in its turn.
    pub(crate) fn take(&mut self) -> Option<Batch> {
        if let Some(found) = self.found.take() {
            return Some(found);
        }
        for _ in 0..self.links.len() {
            let link = self.next;
            self.next = (link + 1) % self.links.len();
            if let Ok(crossings) = self.links[link].from.try_recv() {
                let from = self.links[link].shard;
                return Some(Batch {
                    link,
                    from,
                    crossings,
                });
            }
        }
        None
    }

    /// Whether something waits to be taken.
    pub(super) fn wait(&mut self) -> bool {
        self.found = self.take();
        self.found.is_some()
    }

    /// A batch has been read.
    pub(crate) fn give_back(&mut self, mut batch: Batch) {
        batch.crossings.clear();
        // With no room for it there are enough of them.
        let _enough = self.links[batch.link].give_back.try_send(batch.crossings);
    }
}

impl Link {
    fn hand_over(&mut self, outbox: &mut Crossings) {
        if outbox.is_empty() {
            return;
        }
        let empty = self.spare.take().or_else(|| self.empties.try_recv().ok());
        let full = std::mem::replace(outbox, empty.unwrap_or_default());
        match self.to.try_send(full) {
            Ok(()) => self.sleeper.nudge(),
            Err(TrySendError::Full(full)) => {
                self.spare = Some(std::mem::replace(outbox, full));
            }
            // The thread has ended, and nobody is there to be told anything.
            Err(TrySendError::Disconnected(mut full)) => {
                full.clear();
                self.spare = Some(full);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{allocations, api::PeerId, crossing::Message};

    fn pair() -> (Links, Links, Arc<Sleeper>) {
        let sleeper = || Arc::new(Sleeper::new().expect("an eventfd"));
        let sleepers = [sleeper(), sleeper()];
        let mut links = mesh(&sleepers).into_iter();
        let [one, other] = [links.next(), links.next()].map(|it| it.expect("a shard"));
        let [_, woken] = sleepers;
        (one, other, woken)
    }

    fn say(links: &mut Links, outbox: &mut Crossings, peer: u64) {
        outbox.say(Message::Gone(PeerId(peer)));
        links.links[0].hand_over(outbox);
    }

    #[test]
    fn what_is_said_comes_in_order_and_waits_when_there_is_no_room() {
        let (mut one, mut other, _) = pair();
        let mut outbox = Crossings::default();
        let count = UNDER_WAY as u64 + 10;
        for peer in 0..count {
            say(&mut one, &mut outbox, peer);
        }
        assert_eq!(outbox.len(), 10, "what has no room waits");
        let mut heard = vec![];
        assert!(other.wait());
        loop {
            one.links[0].hand_over(&mut outbox);
            let Some(batch) = other.take() else { break };
            assert_eq!(batch.from, ShardId(0));
            for nth in 0..batch.crossings.len() {
                let (message, _) = batch.crossings.get(nth).expect("said");
                heard.push(message.clone());
            }
            other.give_back(batch);
        }
        let expected: Vec<_> = (0..count).map(|peer| Message::Gone(PeerId(peer))).collect();
        assert_eq!(heard, expected);
        assert!(!other.wait());
    }

    #[test]
    fn a_thread_is_woken_only_when_it_sleeps() {
        let (mut one, _other, sleeper) = pair();
        let mut outbox = Crossings::default();
        say(&mut one, &mut outbox, 1);
        assert!(!sleeper.waker.is_woken());
        sleeper.lie_down();
        say(&mut one, &mut outbox, 2);
        say(&mut one, &mut outbox, 3);
        assert!(sleeper.waker.is_woken());
        sleeper.get_up();
    }

    #[test]
    fn a_batch_that_came_back_is_used_again() {
        let (mut one, mut other, _) = pair();
        let mut outbox = Crossings::default();
        let mut turn = || {
            say(&mut one, &mut outbox, 1);
            let batch = other.take().expect("it came");
            other.give_back(batch);
        };
        for _ in 0..4 {
            turn();
        }
        assert_eq!(allocations::of(turn), 0);
    }
}
