//! The form of events in the log.

use crate::support::{
    CAN_THO, Grant, accepted, at, back, called, cancelled, deferred, denied, device, draft,
    dropped, ended, extended, heard, is_ready, linked, moved, overtime, passed, paused, paused_by,
    released, requested_for, requested_to_present, resumed, resumed_by, revoked, secs, setup,
    silent, site, skipped, warned,
};
use diemcau_conference::{
    BudgetLimit, DocumentFile, DocumentId, DocumentSource, Epoch, Event, GrantReason, ItemId,
    Millis, PauseCause, Policy, QueueList, RequestId, RevokeCause, Role, SessionId, SpeechKind,
};
use serde_json::json;
use std::collections::BTreeSet;

/// Texts come back as they were written.
const WORDS: &str = "\"trích\" – 100 %\n";

/// The name that every event has in the log. A new event does not compile here until it has a line.
pub(crate) fn name(event: &Event) -> &'static str {
    match event {
        Event::ConferenceConfigured { .. } => "conference.configured",
        Event::ConferenceClosed => "conference.closed",
        Event::SessionOpened { .. } => "session.opened",
        Event::SessionClosed { .. } => "session.closed",
        Event::LinkUp { .. } => "link.up",
        Event::LinkDropped { .. } => "link.dropped",
        Event::LinkResumed { .. } => "link.resumed",
        Event::LinkEnded { .. } => "link.ended",
        Event::FloorRequested { .. } => "floor.requested",
        Event::FloorPrepared { .. } => "floor.prepared",
        Event::FloorAccepted { .. } => "floor.accepted",
        Event::FloorMoved { .. } => "floor.moved",
        Event::FloorDeferred { .. } => "floor.deferred",
        Event::FloorDenied { .. } => "floor.denied",
        Event::FloorCancelled { .. } => "floor.cancelled",
        Event::FloorGranted { .. } => "floor.granted",
        Event::FloorReleased { .. } => "floor.released",
        Event::FloorRevoked { .. } => "floor.revoked",
        Event::FloorExtended { .. } => "floor.extended",
        Event::FloorWarned { .. } => "floor.warned",
        Event::FloorOvertime { .. } => "floor.overtime",
        Event::FloorPaused { .. } => "floor.paused",
        Event::FloorResumed { .. } => "floor.resumed",
        Event::FloorCalled { .. } => "floor.called",
        Event::FloorReady { .. } => "floor.ready",
        Event::FloorSkipped { .. } => "floor.skipped",
        Event::FloorMediaSeen { .. } => "floor.media-seen",
        Event::FloorSilent { .. } => "floor.silent",
        Event::FloorListChanged { .. } => "floor.list-changed",
        Event::FloorPolicyChanged { .. } => "floor.policy-changed",
        Event::PresentationLocked { .. } => "presentation.locked",
        Event::MicrophoneOverridden { .. } => "microphone.overridden",
        Event::MicrophonesMuted { .. } => "microphone.all-muted",
        Event::PictureMainChosen { .. } => "picture.main-chosen",
        Event::AnnouncementSet { .. } => "announcement.set",
        Event::AgendaAdded { .. } => "agenda.added",
        Event::AgendaEdited { .. } => "agenda.edited",
        Event::AgendaRemoved { .. } => "agenda.removed",
        Event::AgendaMoved { .. } => "agenda.moved",
        Event::AgendaStarted { .. } => "agenda.started",
        Event::AgendaFinished { .. } => "agenda.finished",
        Event::DocumentAdded { .. } => "document.added",
        Event::DocumentRemoved { .. } => "document.removed",
        Event::ChairPassed { .. } => "chair.passed",
        Event::ChatSent { .. } => "chat.sent",
        Event::HeadcountDeclared { .. } => "attendance.headcount-declared",
        Event::DeviceRemoved { .. } => "device.removed",
        Event::CodeChanged { .. } => "code.changed",
        Event::RoomLocked { .. } => "room.locked",
        Event::ServerOutage { .. } => "server.outage",
    }
}

fn of_the_conference() -> Vec<Event> {
    let (device, role, site) = (device("d1"), Role::Site, site(CAN_THO));
    vec![
        Event::ConferenceConfigured { setup: setup() },
        Event::ConferenceClosed,
        Event::SessionOpened {
            session: SessionId(1),
            name: WORDS.to_owned(),
        },
        Event::SessionClosed {
            session: SessionId(1),
        },
        linked("d1", CAN_THO, role),
        dropped("d1", CAN_THO, 1),
        back("d1", CAN_THO),
        ended("d1", CAN_THO, 2),
        Event::DeviceRemoved {
            device,
            site: site.clone(),
            role,
        },
        Event::CodeChanged {
            site: site.clone(),
            role: Role::Chair,
        },
        Event::RoomLocked { locked: true },
        Event::MicrophoneOverridden { open: true },
        Event::MicrophonesMuted { muted: true },
        Event::PictureMainChosen {
            site: Some(site.clone()),
        },
        Event::PictureMainChosen { site: None },
        Event::AnnouncementSet {
            text: Some(WORDS.to_owned()),
        },
        Event::AnnouncementSet { text: None },
        Event::HeadcountDeclared { site, present: 31 },
        Event::ServerOutage {
            from: at(4),
            to: at(5),
        },
        passed(3, CAN_THO, Role::Deputy),
    ]
}

/// Why somebody has the floor, in every way.
fn reasons() -> Vec<GrantReason> {
    let (waited, spoken, of) = (secs(840), secs(7), Epoch(2));
    vec![
        GrantReason::Chair,
        GrantReason::Invited,
        GrantReason::Taken,
        GrantReason::Place,
        GrantReason::Prepared,
        GrantReason::FirstCome { waited },
        GrantReason::RoundRobin { turns: 0, waited },
        GrantReason::LeastTime { spoken, waited },
        GrantReason::Answer { to: of },
        GrantReason::Restored { of },
        GrantReason::SpeechHolder,
    ]
}

fn of_the_floor() -> Vec<Event> {
    let kind = SpeechKind::PreparedSpeech;
    let revocations = [
        RevokeCause::Chair,
        RevokeCause::Preempted,
        RevokeCause::Overtime,
        RevokeCause::LinkLost,
        RevokeCause::SessionClosed,
    ];
    let limits = [BudgetLimit::Turn, BudgetLimit::Site, BudgetLimit::Item];
    let grant = || Grant::new(4, CAN_THO).of(RequestId(3), kind);
    let mut events = vec![
        requested_for(3, CAN_THO, kind, "Bà Lê Thị Hoa"),
        requested_to_present(3, CAN_THO, Some("d1")),
        Event::FloorPrepared {
            request: RequestId(3),
            site: site(CAN_THO),
            words: WORDS.to_owned(),
            beneficiary: WORDS.to_owned(),
            budget: Some(secs(600)),
        },
        accepted(3, CAN_THO, 2),
        moved(3, CAN_THO, 2),
        deferred(3, CAN_THO, 2),
        denied(3, CAN_THO, WORDS),
        cancelled(3, CAN_THO),
        Grant::to_present(4, CAN_THO, "d1").event(),
        released(4, CAN_THO, 9),
        extended(4, CAN_THO, 60),
        warned(4, CAN_THO, 10),
        overtime(4, CAN_THO),
        paused(4, CAN_THO, Some(3)),
        paused_by(PauseCause::Chair, 4, CAN_THO),
        paused_by(PauseCause::Muted, 4, CAN_THO),
        resumed(4, CAN_THO),
        resumed_by(PauseCause::Chair, 4, CAN_THO),
        called(3, CAN_THO, 30, GrantReason::Place),
        is_ready(3, CAN_THO),
        skipped(3, CAN_THO),
        heard(4, CAN_THO),
        silent(4, CAN_THO),
        Event::FloorListChanged {
            list: QueueList::Prepared,
            open: false,
        },
        Event::FloorPolicyChanged {
            policy: Policy::LeastTime,
        },
        Event::PresentationLocked { locked: true },
    ];
    events.extend(
        reasons()
            .into_iter()
            .map(|why| grant().because(why).event()),
    );
    events.extend(limits.map(|limit| grant().cut_by(limit).lasting(Millis(1)).event()));
    events.extend(revocations.map(|cause| revoked(4, CAN_THO, cause, 9)));
    events
}

fn of_the_desk() -> Vec<Event> {
    let (item, document) = (ItemId(1), DocumentId(1));
    let title = || WORDS.to_owned();
    let added = |source| Event::DocumentAdded {
        document,
        item,
        title: title(),
        source,
    };
    let message = |to: Option<&str>| Event::ChatSent {
        site: to.map(site),
        from: site(CAN_THO),
        role: Role::Site,
        text: WORDS.to_owned(),
    };
    vec![
        Event::AgendaAdded {
            item,
            place: 1,
            draft: draft(WORDS, &[CAN_THO]),
        },
        Event::AgendaEdited {
            item,
            draft: draft(WORDS, &[]),
        },
        Event::AgendaRemoved { item },
        Event::AgendaMoved { item, place: 2 },
        Event::AgendaStarted { item },
        Event::AgendaFinished { item },
        added(DocumentSource::Link {
            url: "https://example.vn/1".to_owned(),
        }),
        added(DocumentSource::File(DocumentFile {
            sha256: "0".repeat(64),
            size: 20_000_000,
            name: WORDS.to_owned(),
        })),
        Event::DocumentRemoved { document, item },
        message(Some(CAN_THO)),
        message(None),
    ]
}

pub(crate) fn one_of_each() -> Vec<Event> {
    [of_the_conference(), of_the_floor(), of_the_desk()].concat()
}

#[test]
fn every_event_survives_the_log() {
    let mut names = BTreeSet::new();
    for event in one_of_each() {
        let text = serde_json::to_string(&event).expect("an event has JSON");
        let back: Event = serde_json::from_str(&text).expect("its JSON is an event");
        assert_eq!(back, event);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["event"], name(&event));
        names.insert(name(&event));
    }
    assert_eq!(names.len(), 50, "one of each");
}

/// Logs outlive versions: these lines must be readable for ever.
#[test]
fn the_form_of_events_does_not_change() {
    let lines = [
        json!({
            "event": "floor.granted", "floor": "speech", "epoch": 4, "site": "can-tho",
            "request": 3, "kind": "prepared-speech", "budget": 300_000, "limit": "turn",
            "reason": {"why": "round-robin", "turns": 0, "waited": 840_000}
        }),
        json!({
            "event": "floor.granted", "floor": "presentation", "epoch": 4, "site": "can-tho",
            "request": null, "kind": null, "budget": 0, "limit": "turn",
            "reason": {"why": "invited"}, "device": "d1"
        }),
        json!({
            "event": "link.dropped", "device": "d1", "site": "can-tho", "until": 1_001_000
        }),
        json!({
            "event": "floor.revoked", "epoch": 4, "site": "can-tho", "cause": "link-lost",
            "reason": "", "spoke": 9_000
        }),
        json!({
            "event": "floor.paused", "epoch": 4, "site": "can-tho", "until": null,
            "cause": "muted"
        }),
        json!({
            "event": "agenda.added", "item": 1, "place": 1, "title": WORDS, "kind": "report",
            "planned": "", "time": null, "speakers": [
                {"site": "can-tho", "name": "", "words": "về ngân sách", "budget": null}
            ]
        }),
        json!({
            "event": "document.added", "document": 1, "item": 1, "title": WORDS,
            "source": {"source": "file", "sha256": "0".repeat(64), "size": 20_000_000, "name": WORDS}
        }),
        json!({
            "event": "chat.sent", "site": null, "from": "can-tho", "role": "site", "text": WORDS
        }),
    ];
    let written: Vec<_> = one_of_each()
        .iter()
        .map(|event| serde_json::to_value(event).expect("an event has JSON"))
        .collect();
    for expected in lines {
        assert!(written.contains(&expected), "{expected}");
    }
}
