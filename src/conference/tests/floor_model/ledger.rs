//! The invariants of `design/conference.md`, held against every event and every state. This account is
//! kept from the events alone; the model has no part in it.

use diemcau_conference::{
    Conference, DeviceId, Epoch, Event, Floor, GrantReason, LinkInterval, Millis, PauseCause,
    RequestId, Role, SiteId, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// A running turn.
struct Holder {
    floor: Floor,
    site: SiteId,
    spoken: Millis,
    since: Option<Timestamp>,
    pauses: BTreeSet<PauseCause>,
    warned: Option<Millis>,
}

#[derive(Default)]
pub(crate) struct Ledger {
    /// All requests there ever were; true: open.
    requests: BTreeMap<RequestId, (Floor, bool)>,
    prepared: BTreeSet<RequestId>,
    queues: BTreeMap<Floor, Vec<RequestId>>,
    holders: BTreeMap<Epoch, Holder>,
    floors: BTreeMap<u32, Floor>,
    /// What turns had spoken when they ended.
    ended: BTreeMap<Epoch, Millis>,
    last_epoch: Epoch,
    term: u32,
    in_session: bool,
}

impl Ledger {
    pub(crate) fn floor_of(&self, epoch: u32) -> Option<Floor> {
        self.floors.get(&epoch).copied()
    }

    /// Follows one event, and fails where no conference may go. `slots` are audio slots.
    pub(crate) fn follow(&mut self, at: Timestamp, event: &Event, slots: u32) {
        match event {
            Event::SessionOpened { .. } => self.in_session = true,
            Event::SessionClosed { .. } => self.in_session = false,
            Event::ChairPassed { term, .. } => {
                assert_eq!(*term, self.term + 1, "terms of the chair count up by one");
                self.term = *term;
            }
            Event::ServerOutage { from, .. } => {
                for holder in self.holders.values_mut() {
                    holder.stop(*from);
                    holder.pauses.insert(PauseCause::Link);
                }
            }
            _ => {
                self.follow_request(event);
                self.follow_turn(at, event, slots);
            }
        }
    }

    fn follow_request(&mut self, event: &Event) {
        match event {
            Event::FloorRequested { request, floor, .. } => {
                assert!(self.in_session, "requests are of a session");
                let before = self.requests.insert(*request, (*floor, true));
                assert_eq!(before, None, "a request's number is used once");
            }
            Event::FloorPrepared { request, .. } => {
                let before = self.requests.insert(*request, (Floor::Speech, true));
                assert_eq!(before, None, "a request's number is used once");
                self.prepared.insert(*request);
            }
            Event::FloorAccepted { request, place, .. }
            | Event::FloorMoved { request, place, .. }
            | Event::FloorDeferred { request, place, .. } => {
                let (floor, open) = self.requests[request];
                assert!(open, "a final state never changes");
                if !self.prepared.contains(request) {
                    let queue = self.queues.entry(floor).or_default();
                    queue.retain(|queued| queued != request);
                    let index = *place as usize - 1;
                    assert!(index <= queue.len(), "a place is in the queue");
                    queue.insert(index, *request);
                }
            }
            Event::FloorDenied { request, .. } | Event::FloorCancelled { request, .. } => {
                self.close(*request);
            }
            Event::FloorGranted {
                request: Some(request),
                reason,
                ..
            } if !matches!(reason, GrantReason::Restored { .. }) => {
                self.close(*request);
            }
            _ => {}
        }
    }

    fn close(&mut self, request: RequestId) {
        let (floor, open) = self.requests.get_mut(&request).expect("it was made");
        assert!(*open, "a final state never changes");
        *open = false;
        let queue = self.queues.entry(*floor).or_default();
        queue.retain(|queued| *queued != request);
    }

    fn follow_turn(&mut self, at: Timestamp, event: &Event, slots: u32) {
        match event {
            Event::FloorGranted {
                floor,
                epoch,
                site,
                reason,
                ..
            } => {
                assert!(self.in_session, "the floor is held in a session");
                assert!(*epoch > self.last_epoch, "epochs only rise");
                self.last_epoch = *epoch;
                self.check_room_for_one(*floor, site, reason, slots);
                let spoken = match reason {
                    GrantReason::Restored { of } => self.ended[of],
                    _ => Millis(0),
                };
                self.floors.insert(epoch.0, *floor);
                let holder = Holder {
                    floor: *floor,
                    site: site.clone(),
                    spoken,
                    since: Some(at),
                    pauses: BTreeSet::new(),
                    warned: None,
                };
                self.holders.insert(*epoch, holder);
            }
            Event::FloorReleased { epoch, site, spoke } => self.end(at, *epoch, site, *spoke),
            Event::FloorRevoked {
                epoch, site, spoke, ..
            } => self.end(at, *epoch, site, *spoke),
            Event::FloorPaused {
                epoch,
                cause,
                until,
                ..
            } => {
                let holder = self.holder(*epoch);
                holder.stop(at);
                // Only of whom the pass of the chair makes one who is waited for no longer than others
                // it is told again.
                let again = !holder.pauses.insert(*cause);
                let bounded = *cause == PauseCause::Link && until.is_some();
                assert!(!again || bounded, "a cause pauses a turn once");
            }
            Event::FloorResumed { epoch, cause, .. } => {
                let holder = self.holder(*epoch);
                assert!(holder.pauses.remove(cause), "what resumes was paused");
                if holder.pauses.is_empty() {
                    holder.since = Some(at);
                }
            }
            Event::FloorExtended { epoch, .. } => self.holder(*epoch).warned = None,
            Event::FloorWarned { epoch, left, .. } => {
                let holder = self.holder(*epoch);
                let falls = holder.warned.is_none_or(|before| *left < before);
                assert!(falls, "warnings come once each, on the way down");
                holder.warned = Some(*left);
            }
            Event::FloorOvertime { epoch, .. }
            | Event::FloorSilent { epoch, .. }
            | Event::FloorMediaSeen { epoch, .. } => {
                self.holder(*epoch);
            }
            _ => {}
        }
    }

    /// One holder a floor; an answer stands beside others, as many as may be heard.
    fn check_room_for_one(&self, floor: Floor, site: &SiteId, reason: &GrantReason, slots: u32) {
        let holders: Vec<_> = self.holders.values().filter(|h| h.floor == floor).collect();
        let most = match reason {
            GrantReason::Answer { .. } => slots.saturating_sub(1).max(2) as usize,
            _ => 1,
        };
        assert!(
            holders.len() < most,
            "no more holders than may be: {floor:?}"
        );
        let twice = holders.iter().any(|holder| holder.site == *site);
        assert!(!twice, "a site holds a floor once");
    }

    fn holder(&mut self, epoch: Epoch) -> &mut Holder {
        let holder = self.holders.get_mut(&epoch);
        holder.expect("what is told of a turn is told while it runs")
    }

    fn end(&mut self, at: Timestamp, epoch: Epoch, site: &SiteId, spoke: Millis) {
        let mut holder = self
            .holders
            .remove(&epoch)
            .expect("a turn that ends was running");
        assert_eq!(holder.site, *site, "a turn is its holder's");
        holder.stop(at);
        if holder.floor == Floor::Speech {
            // A turn that ended before an outage was decided spoke no longer than until then.
            assert!(spoke <= holder.spoken, "no time is spoken twice");
        }
        self.ended.insert(epoch, spoke);
    }

    /// Compares with the conference.
    pub(crate) fn agrees_with(&self, core: &Conference) {
        for floor in Floor::ALL {
            let queue: Vec<RequestId> = core.queue(floor).iter().map(|r| r.id).collect();
            let told = self.queues.get(&floor).cloned().unwrap_or_default();
            assert_eq!(queue, told, "places change by events alone: {floor:?}");
            let turns: Vec<Epoch> = core.turns(floor).iter().map(|turn| turn.epoch).collect();
            let of_floor = self.holders.iter().filter(|(_, h)| h.floor == floor);
            let told: Vec<Epoch> = of_floor.map(|(epoch, _)| *epoch).collect();
            assert_eq!(turns, told, "who holds the floor: {floor:?}");
        }
        if core.session().is_none() {
            assert!(
                self.holders.is_empty(),
                "nobody holds a floor outside a session"
            );
            let open = Floor::ALL.map(|f| core.queue(f).len() + core.pending(f).len());
            assert_eq!(open, [0, 0], "nobody waits outside a session");
        }
    }
}

impl Holder {
    fn stop(&mut self, at: Timestamp) {
        if let Some(since) = self.since.take() {
            self.spoken = self.spoken + (at - since);
        }
    }
}

/// Whether the requests that are in both stand in the same order.
pub(crate) fn same_order(before: &[RequestId], after: &[RequestId]) -> bool {
    let both = |list: &[RequestId], other: &[RequestId]| -> Vec<RequestId> {
        list.iter()
            .copied()
            .filter(|id| other.contains(id))
            .collect()
    };
    both(before, after) == both(after, before)
}

/// What holds of the media of every conference.
pub(crate) fn check_media(core: &Conference) {
    let Some(setup) = core.setup() else { return };
    let plan = core.media_plan();
    let chair = core.chair().site.clone();
    let mut sites = BTreeSet::new();
    for source in &plan.heard {
        let holds = core
            .turns(Floor::Speech)
            .iter()
            .any(|t| t.site == source.site);
        let overrides = core.override_open() && source.site == chair;
        assert!(
            holds || overrides,
            "no source is heard without a grant or an override: {source:?}"
        );
        assert!(
            !core.all_muted() || source.site == chair,
            "when all are muted nobody but the chair's site is heard: {source:?}"
        );
        assert!(sites.insert(&source.site), "one speaking device a site");
        let link = core
            .links()
            .get(&source.device)
            .expect("a source has a link");
        assert_eq!(link.site, source.site, "a source is of its site");
        let role = link.role;
        let speaks = matches!(role, Role::Chair | Role::Deputy | Role::Site);
        assert!(speaks, "a {role:?} does not speak for a site");
    }
    let slots = setup.rules.audio_slots as usize;
    assert!(
        plan.heard.len() <= slots,
        "never more heard sources than audio slots"
    );
    let mut may: BTreeSet<&SiteId> = BTreeSet::new();
    may.extend(core.turns(Floor::Speech).iter().map(|turn| &turn.site));
    may.retain(|site| !core.all_muted() || **site == chair);
    may.retain(|site| core.speaking_device(site).is_some());
    if may.len() + usize::from(core.override_open()) <= slots {
        let all = may.iter().all(|site| sites.contains(*site));
        assert!(
            all,
            "who holds the floor is heard: {may:?} of {:?}",
            plan.heard
        );
    }
    let chair_linked = core
        .links()
        .values()
        .any(|link| link.role == core.chair().role && link.site == chair && link.dropped.is_none());
    if core.override_open() && chair_linked {
        assert!(
            sites.contains(&chair),
            "the chair is heard before all others"
        );
    }
    for (device, receives) in &plan.receivers {
        let own = &core.links()[device].site;
        let sources = receives
            .audio
            .iter()
            .chain(&receives.main)
            .chain(&receives.thumbnails);
        for source in sources {
            assert_ne!(source.site, *own, "a site never receives its own devices");
        }
    }
}

/// Link intervals of a device never overlap.
pub(crate) fn check_attendance(core: &Conference) {
    let mut of_device: BTreeMap<&DeviceId, Vec<&LinkInterval>> = BTreeMap::new();
    for interval in core.intervals() {
        of_device
            .entry(&interval.device)
            .or_default()
            .push(interval);
    }
    for (device, intervals) in of_device {
        for pair in intervals.windows(2) {
            let end = pair[0]
                .to
                .expect("only the last interval of a device is open");
            let in_order = pair[0].from <= end && end <= pair[1].from;
            assert!(in_order, "intervals of {device} never overlap");
        }
    }
}
