//! The floors: requests, queues, and who holds them (RFC 8855 §4).
//!
//! A request is Pending, then Accepted (it has a queue place), then Granted; or it ends as Denied
//! or Cancelled. The end is final because nothing is kept that could be reopened: of a request
//! that is over only its number is known.

mod account;
mod apply;
mod call;
mod clock;
mod grant;
mod policy;
mod request;

pub use account::Account;
pub(crate) use account::Accounts;
pub use call::Called;
pub use request::FloorRequest;
pub(crate) use request::Wish;

use crate::{
    AgendaItem, DeviceId, Epoch, Event, Floor, ItemId, Policy, Rejection, RequestId, Role,
    SessionId, SiteId, Turn,
};
use std::collections::{BTreeMap, BTreeSet};

/// A person whose role has the command.
pub(crate) struct Asker<'a> {
    pub(crate) site: &'a SiteId,
    pub(crate) role: Role,
    pub(crate) device: &'a DeviceId,
}

/// One of the floors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OneFloor {
    /// Requests that wait for the chair, oldest first.
    pub(crate) pending: Vec<FloorRequest>,
    /// Accepted requests; the place of the first is 1.
    pub(crate) queue: Vec<FloorRequest>,
    /// Who holds it, the newest last: more than one in a dialogue.
    pub(crate) turns: Vec<Turn>,
}

/// The state of both floors. Requests and epochs are numbered over both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Floors {
    speech: OneFloor,
    presentation: OneFloor,
    /// The prepared lists of items that were begun: those who have not spoken.
    prepared: BTreeMap<ItemId, Vec<FloorRequest>>,
    /// Requests that ever had a queue place, and so are known to everyone.
    pub(crate) public: BTreeSet<RequestId>,
    last_request: RequestId,
    last_epoch: Epoch,
    pub(crate) called: Option<Called>,
    /// The speech turn that was interrupted last and was not given back; between the end of turns
    /// and the grant that ended them also those before it.
    interrupted: Vec<Turn>,
    /// The chair's choice; none: that of the rules.
    pub(crate) policy: Option<Policy>,
    pub(crate) prepared_open: bool,
    pub(crate) queue_open: bool,
    pub(crate) all_muted: bool,
    pub(crate) presentation_locked: bool,
    pub(crate) accounts: Accounts,
}

impl Default for Floors {
    fn default() -> Self {
        Self {
            speech: OneFloor::default(),
            presentation: OneFloor::default(),
            prepared: BTreeMap::new(),
            public: BTreeSet::new(),
            last_request: RequestId::default(),
            last_epoch: Epoch::default(),
            called: None,
            interrupted: Vec::new(),
            policy: None,
            prepared_open: true,
            queue_open: true,
            all_muted: false,
            presentation_locked: false,
            accounts: Accounts::default(),
        }
    }
}

/// Where in the conference something happens: what a grant is accounted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Scope {
    pub(crate) session: SessionId,
    pub(crate) item: Option<ItemId>,
}

impl Floors {
    pub(crate) fn of(&self, floor: Floor) -> &OneFloor {
        match floor {
            Floor::Speech => &self.speech,
            Floor::Presentation => &self.presentation,
        }
    }

    fn of_mut(&mut self, floor: Floor) -> &mut OneFloor {
        match floor {
            Floor::Speech => &mut self.speech,
            Floor::Presentation => &mut self.presentation,
        }
    }

    /// The prepared list of an item.
    pub(crate) fn prepared_for(&self, item: Option<ItemId>) -> &[FloorRequest] {
        item.and_then(|item| self.prepared.get(&item))
            .map_or(&[], Vec::as_slice)
    }

    /// Open requests of a floor that somebody made: those with a place first.
    pub(crate) fn open_requests(&self, floor: Floor) -> impl Iterator<Item = &FloorRequest> {
        let floor = self.of(floor);
        floor.queue.iter().chain(&floor.pending)
    }

    /// Every open request, prepared or made.
    pub(crate) fn all_requests(&self) -> impl Iterator<Item = &FloorRequest> {
        let made = Floor::ALL.into_iter();
        let made = made.flat_map(|floor| self.open_requests(floor));
        self.prepared.values().flatten().chain(made)
    }

    pub(crate) fn find(&self, id: RequestId) -> Result<&FloorRequest, Rejection> {
        let known = id > RequestId::default() && id <= self.last_request;
        let missing = if known {
            Rejection::RequestClosed
        } else {
            Rejection::UnknownRequest
        };
        self.all_requests()
            .find(|request| request.id == id)
            .ok_or(missing)
    }

    /// Running turns of both floors.
    pub(crate) fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.speech.turns.iter().chain(&self.presentation.turns)
    }

    pub(crate) fn turn(&self, epoch: Epoch) -> Result<&Turn, Rejection> {
        self.turns()
            .find(|turn| turn.epoch == epoch)
            .ok_or(Rejection::StaleEpoch)
    }

    pub(crate) fn is_held_by(&self, floor: Floor, site: &SiteId) -> bool {
        self.of(floor).turns.iter().any(|turn| turn.site == *site)
    }

    /// Whether a site has a turn, a request, or speaks by a prepared list.
    pub(crate) fn names(&self, site: &SiteId) -> bool {
        self.turns().any(|turn| turn.site == *site)
            || self.all_requests().any(|request| request.site == *site)
            || self.accounts.names(site)
    }

    /// The speakers of an item come onto its prepared list.
    pub(crate) fn prepare(&self, item: &AgendaItem) -> Vec<Event> {
        let mut request = self.last_request;
        let speakers = item.draft.speakers.iter();
        speakers
            .map(|speaker| {
                request = request.next();
                Event::FloorPrepared {
                    request,
                    site: speaker.site.clone(),
                    words: speaker.words.clone(),
                    beneficiary: speaker.name.clone(),
                    budget: speaker.budget,
                }
            })
            .collect()
    }

    /// What was asked for and who spoke is over with a session; prepared lists wait for their item.
    pub(crate) fn end_session(&mut self) {
        self.called = None;
        self.interrupted.clear();
        self.all_muted = false;
        self.open_lists();
    }

    /// An item is over: a speaker of its prepared list who was called is called no more.
    pub(crate) fn rest_prepared(&mut self, item: ItemId) {
        let list = self.prepared.get(&item).map_or(&[][..], Vec::as_slice);
        self.called
            .take_if(|called| list.iter().any(|request| request.id == called.request));
    }

    /// A new item begins with both of its lists open.
    pub(crate) fn open_lists(&mut self) {
        self.prepared_open = true;
        self.queue_open = true;
    }

    /// The speech turn that was interrupted last and can be given back.
    pub(crate) fn interrupted(&self) -> Option<&Turn> {
        self.interrupted.last()
    }
}
