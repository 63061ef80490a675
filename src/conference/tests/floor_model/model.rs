//! The floor as `design/conference.md` says it is, in the plainest words: lists are vectors, every
//! question is answered by looking through all there is, and nothing is kept that could be found.
//!
//! It is not told by events but by the commands themselves, so it says what *should* come of one; the
//! conference's own events play no part in it. Where several reasons refuse a command it names them all.

mod agenda;
mod asking;
mod chairing;
mod clock;
mod links;
mod persons;
mod turns;

use diemcau_conference::{
    AgendaDraft, BudgetLimit, DeviceId, Epoch, Floor, GrantReason, ItemId, Millis, PauseCause,
    Policy, Rejection, RequestId, Role, Setup, SiteId, SiteKind, SpeechKind, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// What should come of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is done.
    Done,
    /// It is refused, for one of these reasons.
    Refused(BTreeSet<Rejection>),
    /// It changes nothing, and may be refused for one of these reasons or be answered with nothing.
    Idle(BTreeSet<Rejection>),
}

/// Reasons against a command.
#[derive(Default)]
pub(crate) struct Against(BTreeSet<Rejection>);

impl Against {
    pub(crate) fn when(mut self, refused: bool, reason: Rejection) -> Self {
        if refused {
            self.0.insert(reason);
        }
        self
    }

    /// Does it, if there is no reason against it.
    pub(crate) fn or(self, act: impl FnOnce()) -> Verdict {
        if !self.0.is_empty() {
            return Verdict::Refused(self.0);
        }
        act();
        Verdict::Done
    }
}

pub(crate) fn refused(reasons: &[Rejection]) -> Verdict {
    Verdict::Refused(reasons.iter().copied().collect())
}

pub(crate) fn idle(reasons: &[Rejection]) -> Verdict {
    Verdict::Idle(reasons.iter().copied().collect())
}

/// A request's state (rule 2). All but the first two are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Accepted,
    Granted,
    Denied,
    Cancelled,
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) floor: Floor,
    pub(crate) site: SiteId,
    pub(crate) kind: SpeechKind,
    pub(crate) words: String,
    pub(crate) beneficiary: String,
    /// A prepared speaker's own.
    pub(crate) budget: Option<Millis>,
    pub(crate) at: Timestamp,
    pub(crate) state: State,
    pub(crate) skipped: bool,
    /// The device that asked, at the site itself.
    pub(crate) device: Option<DeviceId>,
}

#[derive(Debug, Clone)]
pub(crate) struct Turn {
    pub(crate) epoch: Epoch,
    pub(crate) floor: Floor,
    pub(crate) site: SiteId,
    /// The device that presents is one of these.
    pub(crate) devices: Vec<DeviceId>,
    pub(crate) request: Option<RequestId>,
    pub(crate) kind: Option<SpeechKind>,
    pub(crate) words: String,
    pub(crate) beneficiary: String,
    pub(crate) granted: Timestamp,
    pub(crate) budget: Millis,
    pub(crate) limit: BudgetLimit,
    pub(crate) spoken: Millis,
    pub(crate) since: Option<Timestamp>,
    pub(crate) pauses: BTreeSet<PauseCause>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) overtime: bool,
    pub(crate) awaiting: bool,
    pub(crate) silent: bool,
    /// None: the rules leave it open.
    pub(crate) reason: Option<GrantReason>,
    pub(crate) item: Option<ItemId>,
    /// Warnings that are still to come.
    pub(crate) warnings: BTreeSet<Millis>,
    /// Of `spoken`, what the account has already: a turn that was given back.
    pub(crate) counted: Millis,
}

#[derive(Debug, Clone)]
pub(crate) struct Called {
    pub(crate) request: RequestId,
    pub(crate) until: Timestamp,
    pub(crate) ready: bool,
    /// Nobody named the request.
    pub(crate) by_policy: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) site: SiteId,
    pub(crate) role: Role,
    /// Lost since, and waited for until.
    pub(crate) lost: Option<(Timestamp, Timestamp)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Chair {
    pub(crate) term: u32,
    pub(crate) site: SiteId,
    pub(crate) role: Role,
    pub(crate) away_since: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: ItemId,
    pub(crate) draft: AgendaDraft,
    pub(crate) begun: bool,
    pub(crate) ended: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) turns: u32,
    pub(crate) spoken: Millis,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) setup: Setup,
    pub(crate) closed: bool,
    pub(crate) session: Option<u32>,
    pub(crate) sessions: u32,
    pub(crate) links: BTreeMap<DeviceId, Link>,
    pub(crate) removed: BTreeSet<DeviceId>,
    /// Which device stands for a site: the links' own matter, and checked where it is asked for.
    pub(crate) speaking: BTreeMap<SiteId, DeviceId>,
    pub(crate) chair: Chair,
    /// Whoever chairs now was there at least once.
    pub(crate) chair_was_there: bool,
    pub(crate) requests: BTreeMap<RequestId, Request>,
    pub(crate) pending: BTreeMap<Floor, Vec<RequestId>>,
    pub(crate) queue: BTreeMap<Floor, Vec<RequestId>>,
    pub(crate) prepared: BTreeMap<ItemId, Vec<RequestId>>,
    /// Running turns of both floors, the newest last.
    pub(crate) turns: Vec<Turn>,
    pub(crate) interrupted: Option<Turn>,
    /// Requests that the chair put behind all others.
    deferred: BTreeSet<RequestId>,
    pub(crate) policy: Policy,
    pub(crate) prepared_open: bool,
    pub(crate) queue_open: bool,
    pub(crate) muted: bool,
    pub(crate) override_open: bool,
    pub(crate) locked: bool,
    pub(crate) called: Option<Called>,
    pub(crate) items: Vec<Item>,
    pub(crate) current: Option<ItemId>,
    pub(crate) last_item: u32,
    /// By session, item and site.
    pub(crate) accounts: BTreeMap<(u32, Option<ItemId>, SiteId), Account>,
    /// When the last speech turn of a site ended, or it was last denied the speech floor.
    pub(crate) waits_from: BTreeMap<SiteId, Timestamp>,
    pub(crate) last_request: u32,
    pub(crate) last_epoch: u32,
    /// What is said of it, in the words of [`crate::compare::label`].
    pub(crate) told: Vec<String>,
}

impl Model {
    pub(crate) fn new(setup: &Setup) -> Self {
        let central = setup
            .sites
            .iter()
            .find(|site| site.kind == SiteKind::Central)
            .expect("a setup has a central site");
        let items = setup.agenda.iter().zip(1..).map(|(draft, id)| Item {
            id: ItemId(id),
            draft: draft.clone(),
            begun: false,
            ended: false,
        });
        let both = || Floor::ALL.map(|floor| (floor, Vec::new())).into();
        Self {
            closed: false,
            session: None,
            sessions: 0,
            links: BTreeMap::new(),
            removed: BTreeSet::new(),
            speaking: BTreeMap::new(),
            chair: Chair {
                term: 0,
                site: central.id.clone(),
                role: Role::Chair,
                away_since: None,
            },
            chair_was_there: false,
            requests: BTreeMap::new(),
            pending: both(),
            queue: both(),
            prepared: BTreeMap::new(),
            turns: Vec::new(),
            interrupted: None,
            deferred: BTreeSet::new(),
            policy: setup.rules.policy,
            prepared_open: true,
            queue_open: true,
            muted: false,
            override_open: false,
            locked: false,
            called: None,
            items: items.collect(),
            current: None,
            last_item: u32::try_from(setup.agenda.len()).expect("a short agenda"),
            accounts: BTreeMap::new(),
            waits_from: BTreeMap::new(),
            last_request: 0,
            last_epoch: 0,
            told: Vec::new(),
            setup: setup.clone(),
        }
    }

    pub(crate) fn tell(&mut self, told: String) {
        self.told.push(told);
    }

    pub(crate) fn central(&self) -> SiteId {
        let central = self
            .setup
            .sites
            .iter()
            .find(|site| site.kind == SiteKind::Central);
        central.expect("a central site").id.clone()
    }

    pub(crate) fn speech_turns(&self) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(|turn| turn.floor == Floor::Speech)
    }

    pub(crate) fn holds(&self, floor: Floor, site: &SiteId) -> bool {
        self.turns
            .iter()
            .any(|turn| turn.floor == floor && turn.site == *site)
    }

    pub(crate) fn turn(&self, epoch: Epoch) -> Option<&Turn> {
        self.turns.iter().find(|turn| turn.epoch == epoch)
    }

    pub(crate) fn turn_mut(&mut self, epoch: Epoch) -> &mut Turn {
        let turn = self.turns.iter_mut().find(|turn| turn.epoch == epoch);
        turn.expect("a running turn")
    }

    /// The prepared list of the current item.
    pub(crate) fn prepared(&self) -> Vec<RequestId> {
        self.current
            .and_then(|item| self.prepared.get(&item))
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn account(&self, item: Option<ItemId>, site: &SiteId) -> Account {
        let session = self.sessions;
        let account = self.accounts.get(&(session, item, site.clone()));
        account.copied().unwrap_or_default()
    }

    /// Whether nobody sits on the chair: then nothing is given on by itself.
    pub(crate) fn is_away(&self) -> bool {
        self.chair.away_since.is_some()
    }
}

impl Turn {
    pub(crate) fn spoken_at(&self, now: Timestamp) -> Millis {
        self.since
            .map_or(self.spoken, |since| self.spoken + (now - since))
    }

    pub(crate) fn left_at(&self, now: Timestamp) -> Millis {
        self.budget.saturating_sub(self.spoken_at(now))
    }
}
