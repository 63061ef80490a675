//! Holds the conference against the model: the same state, the same things told.

use crate::model::{Model, Turn as ModelTurn};
use diemcau_conference::{Conference, Epoch, Event, Floor, QueueList, RequestId, Timestamp, Turn};
use std::fmt::{self, Debug, Display, Formatter};

/// Everything in which the two differ.
#[derive(Default)]
pub(crate) struct Differences(pub(crate) Vec<String>);

impl Differences {
    fn same<T: PartialEq + Debug>(&mut self, what: impl Display, core: &T, model: &T) {
        if core != model {
            self.0
                .push(format!("{what}: is {core:?}, should be {model:?}"));
        }
    }
}

pub(crate) fn differences(core: &Conference, model: &Model, now: Timestamp) -> Differences {
    let mut differ = Differences::default();
    differ.same("closed", &core.is_closed(), &model.closed);
    let session = core.session().map(|session| session.id.0);
    differ.same("session", &session, &model.session);
    compare_requests(&mut differ, core, model);
    compare_turns(&mut differ, core, model, now);
    compare_next_up(&mut differ, core, model, now);
    compare_chair(&mut differ, core, model);
    compare_agenda(&mut differ, core, model);
    compare_accounts(&mut differ, core, model);
    if !model.closed {
        let links: Vec<_> = core
            .links()
            .iter()
            .map(|(device, link)| (device, &link.site, link.role, link.dropped.map(|d| d.until)))
            .collect();
        let expected: Vec<_> = model
            .links
            .iter()
            .map(|(device, link)| {
                (
                    device,
                    &link.site,
                    link.role,
                    link.lost.map(|(_, until)| until),
                )
            })
            .collect();
        differ.same("links", &links, &expected);
        let late = |at: Option<Timestamp>| at.map(|at| at.max(now));
        let (is, should) = (late(core.next_deadline()), late(model.next_deadline()));
        differ.same("next deadline", &is, &should);
    }
    differ
}

fn compare_requests(differ: &mut Differences, core: &Conference, model: &Model) {
    for floor in Floor::ALL {
        let queue: Vec<RequestId> = core.queue(floor).iter().map(|r| r.id).collect();
        differ.same("queue", &queue, &model.queue[&floor]);
        let pending: Vec<RequestId> = core.pending(floor).iter().map(|r| r.id).collect();
        differ.same("pending", &pending, &model.pending[&floor]);
    }
    let prepared: Vec<RequestId> = core.prepared().iter().map(|r| r.id).collect();
    differ.same("prepared", &prepared, &model.prepared());
    let lists = Floor::ALL.map(|floor| core.queue(floor).iter().chain(core.pending(floor)));
    for request in lists.into_iter().flatten().chain(core.prepared()) {
        let Some(expected) = model.requests.get(&request.id) else {
            continue;
        };
        let is = (
            &request.site,
            &request.words,
            &request.beneficiary,
            request.at,
            request.skipped,
        );
        let should = (
            &expected.site,
            &expected.words,
            &expected.beneficiary,
            expected.at,
            expected.skipped,
        );
        differ.same(format_args!("request {}", request.id), &is, &should);
        if expected.floor == Floor::Speech {
            differ.same("kind", &request.kind, &expected.kind);
        }
    }
}

fn compare_turns(differ: &mut Differences, core: &Conference, model: &Model, now: Timestamp) {
    for floor in Floor::ALL {
        let running = core.turns(floor);
        let expected: Vec<&ModelTurn> = model.turns.iter().filter(|t| t.floor == floor).collect();
        let epochs = |turns: Vec<u32>| turns;
        differ.same(
            format_args!("{floor:?} turns"),
            &epochs(running.iter().map(|turn| turn.epoch.0).collect()),
            &epochs(expected.iter().map(|turn| turn.epoch.0).collect()),
        );
        for (turn, expected) in running.iter().zip(expected) {
            compare_turn(differ, turn, expected, now);
        }
    }
    let is = core
        .interrupted()
        .map(|turn| (turn.epoch, turn.site.clone(), turn.spoken));
    let should = model
        .interrupted
        .as_ref()
        .map(|turn| (turn.epoch, turn.site.clone(), turn.spoken));
    differ.same("interrupted", &is, &should);
}

fn compare_turn(differ: &mut Differences, turn: &Turn, expected: &ModelTurn, now: Timestamp) {
    let name = |what: &'static str| Named(turn.epoch, what);
    differ.same(name("site"), &turn.site, &expected.site);
    differ.same(name("request"), &turn.request, &expected.request);
    differ.same(name("words"), &turn.words, &expected.words);
    differ.same(
        name("beneficiary"),
        &turn.beneficiary,
        &expected.beneficiary,
    );
    differ.same(name("granted"), &turn.granted, &expected.granted);
    differ.same(name("pauses"), &turn.pauses, &expected.pauses);
    differ.same(name("grace"), &turn.grace_until, &expected.until);
    if let Some(reason) = &expected.reason {
        differ.same(name("reason"), &turn.reason, reason);
    }
    if turn.floor == Floor::Presentation {
        let device = turn.device.as_ref();
        let allowed = device.is_some_and(|device| expected.devices.contains(device));
        differ.same(name("has a device that it may have"), &allowed, &true);
        return;
    }
    differ.same(name("kind"), &turn.kind, &expected.kind);
    differ.same(name("budget"), &turn.budget, &expected.budget);
    differ.same(name("limit"), &turn.limit, &expected.limit);
    differ.same(
        name("spoken"),
        &turn.spoken_at(now),
        &expected.spoken_at(now),
    );
    differ.same(
        name("runs"),
        &turn.running_since.is_some(),
        &expected.since.is_some(),
    );
    differ.same(name("overtime"), &turn.overtime, &expected.overtime);
    differ.same(
        name("awaiting media"),
        &turn.awaiting_media,
        &expected.awaiting,
    );
    differ.same(name("silent"), &turn.silent, &expected.silent);
    differ.same(name("item"), &turn.item, &expected.item);
}

/// A field of a turn, written out only where it differs.
struct Named(Epoch, &'static str);

impl Display for Named {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "turn {} {}", self.0, self.1)
    }
}

fn compare_next_up(differ: &mut Differences, core: &Conference, model: &Model, now: Timestamp) {
    if model.session.is_some() {
        let next = model.next(now, Floor::Speech).map(|(id, _)| id);
        differ.same("next", &core.next_request(), &next);
    }
    let is = core
        .called()
        .map(|called| (called.request, called.until, called.ready));
    let should = model.called.as_ref();
    let should = should.map(|called| (called.request, called.until, called.ready));
    differ.same("called", &is, &should);
    differ.same("policy", &core.policy(), &model.policy);
    let lists = [QueueList::Prepared, QueueList::Open].map(|list| core.list_open(list));
    differ.same(
        "lists open",
        &lists,
        &[model.prepared_open, model.queue_open],
    );
    differ.same("muted", &core.all_muted(), &model.muted);
    differ.same("override", &core.override_open(), &model.override_open);
    differ.same("locked", &core.presentation_locked(), &model.locked);
}

fn compare_chair(differ: &mut Differences, core: &Conference, model: &Model) {
    if model.closed {
        return;
    }
    let chair = core.chair();
    let is = (chair.term, &chair.site, chair.role, chair.away_since);
    let expected = &model.chair;
    let should = (
        expected.term,
        &expected.site,
        expected.role,
        expected.away_since,
    );
    differ.same("chair", &is, &should);
}

fn compare_agenda(differ: &mut Differences, core: &Conference, model: &Model) {
    let items = core.agenda().iter();
    let is: Vec<_> = items
        .map(|item| {
            (
                item.id,
                &item.draft,
                item.begun.is_some(),
                item.ended.is_some(),
            )
        })
        .collect();
    let items = model.items.iter();
    let should: Vec<_> = items
        .map(|item| (item.id, &item.draft, item.begun, item.ended))
        .collect();
    differ.same("agenda", &is, &should);
    differ.same("current item", &core.current_item(), &model.current);
}

fn compare_accounts(differ: &mut Differences, core: &Conference, model: &Model) {
    if model.session.is_none() {
        return;
    }
    for site in &model.setup.sites {
        let is = core.account(&site.id);
        let should = model.account(model.current, &site.id);
        let what = format_args!("account of {}", site.id);
        differ.same(what, &(is.turns, is.spoken), &(should.turns, should.spoken));
    }
}

/// What an event tells of the floor, in the model's words; none of what the state shows anyway.
pub(crate) fn label(event: &Event, floor_of: impl Fn(u32) -> Option<Floor>) -> Option<String> {
    let spoke = |epoch: u32, spoke: u64| match floor_of(epoch) {
        Some(Floor::Presentation) => 0,
        _ => spoke,
    };
    Some(match event {
        Event::FloorRequested {
            request,
            floor,
            site,
            ..
        } => {
            format!("requested {request} {floor:?} {site}")
        }
        Event::FloorPrepared { request, site, .. } => format!("prepared {request} {site}"),
        Event::FloorDenied { request, .. } => format!("denied {request}"),
        Event::FloorCancelled { request, .. } => format!("cancelled {request}"),
        Event::FloorGranted {
            floor,
            epoch,
            site,
            request,
            budget,
            limit,
            ..
        } => {
            format!(
                "granted {epoch} {floor:?} {site} {request:?} {} {limit:?}",
                budget.0
            )
        }
        Event::FloorReleased {
            epoch, spoke: for_, ..
        } => {
            format!("released {epoch} {}", spoke(epoch.0, for_.0))
        }
        Event::FloorRevoked {
            epoch,
            cause,
            spoke: for_,
            ..
        } => {
            format!("revoked {epoch} {cause:?} {}", spoke(epoch.0, for_.0))
        }
        Event::FloorExtended { epoch, added, .. } => format!("extended {epoch} {}", added.0),
        Event::FloorWarned { epoch, left, .. } => format!("warned {epoch} {}", left.0),
        Event::FloorOvertime { epoch, .. } => format!("overtime {epoch}"),
        Event::FloorPaused {
            epoch,
            until,
            cause,
            ..
        } => {
            let until = until.map(|until| until.0);
            format!("paused {epoch} {cause:?} {until:?}")
        }
        Event::FloorResumed { epoch, cause, .. } => format!("resumed {epoch} {cause:?}"),
        Event::FloorCalled { request, until, .. } => format!("called {request} {}", until.0),
        Event::FloorReady { request, .. } => format!("ready {request}"),
        Event::FloorSkipped { request, .. } => format!("skipped {request}"),
        Event::FloorMediaSeen { epoch, .. } => format!("seen {epoch}"),
        Event::FloorSilent { epoch, .. } => format!("silent {epoch}"),
        Event::FloorListChanged { list, open } => format!("list {list:?} {open}"),
        Event::FloorPolicyChanged { policy } => format!("policy {policy:?}"),
        Event::PresentationLocked { locked } => format!("locked {locked}"),
        Event::MicrophoneOverridden { open } => format!("override {open}"),
        Event::MicrophonesMuted { muted } => format!("muted {muted}"),
        Event::AgendaStarted { item } => format!("started {item}"),
        Event::AgendaFinished { item } => format!("finished {item}"),
        Event::ChairPassed { term, site, role } => format!("passed {term} {site} {role:?}"),
        _ => return None,
    })
}
