//! The form of events in the log.

use crate::support::{CAN_THO, at, device, secs, setup, site};
use diemcau_conference::{
    Epoch, Event, Floor, RequestId, RevokeCause, Role, SessionId, SpeechKind,
};
use serde_json::json;
use std::collections::BTreeSet;

/// One of every event, with the name it has in the log. A new event does not compile here until
/// it has a line.
fn name(event: &Event) -> &'static str {
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
        Event::FloorAccepted { .. } => "floor.accepted",
        Event::FloorDenied { .. } => "floor.denied",
        Event::FloorCancelled { .. } => "floor.cancelled",
        Event::FloorGranted { .. } => "floor.granted",
        Event::FloorReleased { .. } => "floor.released",
        Event::FloorRevoked { .. } => "floor.revoked",
        Event::FloorWarned { .. } => "floor.warned",
        Event::FloorOvertime { .. } => "floor.overtime",
        Event::FloorPaused { .. } => "floor.paused",
        Event::FloorResumed { .. } => "floor.resumed",
        Event::MicrophoneOverridden { .. } => "microphone.overridden",
        Event::PictureMainChosen { .. } => "picture.main-chosen",
        Event::HeadcountDeclared { .. } => "attendance.headcount-declared",
        Event::DeviceRemoved { .. } => "device.removed",
        Event::CodeChanged { .. } => "code.changed",
        Event::RoomLocked { .. } => "room.locked",
        Event::ServerOutage { .. } => "server.outage",
    }
}

fn one_of_each() -> Vec<Event> {
    let (device, site) = (device("d1"), site(CAN_THO));
    let (request, epoch, kind) = (RequestId(3), Epoch(4), SpeechKind::PreparedSpeech);
    let words = || "\"trích\" – 100 %\n".to_owned();
    vec![
        Event::ConferenceConfigured { setup: setup() },
        Event::ConferenceClosed,
        Event::SessionOpened {
            session: SessionId(1),
            name: words(),
        },
        Event::SessionClosed {
            session: SessionId(1),
        },
        Event::LinkUp {
            device: device.clone(),
            site: site.clone(),
            role: Role::Site,
        },
        Event::LinkDropped {
            device: device.clone(),
            site: site.clone(),
            until: at(1),
        },
        Event::LinkResumed {
            device: device.clone(),
            site: site.clone(),
        },
        Event::DeviceRemoved {
            device: device.clone(),
            site: site.clone(),
            role: Role::Site,
        },
        Event::CodeChanged {
            site: site.clone(),
            role: Role::Chair,
        },
        Event::RoomLocked { locked: true },
        Event::LinkEnded {
            device,
            site: site.clone(),
            end: at(2),
        },
        Event::FloorRequested {
            request,
            floor: Floor::Speech,
            site: site.clone(),
            kind,
            words: words(),
        },
        Event::FloorAccepted {
            request,
            site: site.clone(),
            place: 2,
        },
        Event::FloorDenied {
            request,
            site: site.clone(),
            reason: words(),
        },
        Event::FloorCancelled {
            request,
            site: site.clone(),
        },
        Event::FloorGranted {
            floor: Floor::Speech,
            epoch,
            site: site.clone(),
            request: Some(request),
            kind: None,
            budget: secs(300),
        },
        Event::FloorReleased {
            epoch,
            site: site.clone(),
            spoke: secs(9),
        },
        Event::FloorRevoked {
            epoch,
            site: site.clone(),
            cause: RevokeCause::LinkLost,
            reason: words(),
            spoke: secs(9),
        },
        Event::FloorWarned {
            epoch,
            site: site.clone(),
            left: secs(10),
        },
        Event::FloorOvertime {
            epoch,
            site: site.clone(),
        },
        Event::FloorPaused {
            epoch,
            site: site.clone(),
            until: Some(at(3)),
        },
        Event::FloorPaused {
            epoch,
            site: site.clone(),
            until: None,
        },
        Event::FloorResumed {
            epoch,
            site: site.clone(),
        },
        Event::MicrophoneOverridden { open: true },
        Event::PictureMainChosen {
            site: Some(site.clone()),
        },
        Event::PictureMainChosen { site: None },
        Event::HeadcountDeclared { site, present: 31 },
        Event::ServerOutage {
            from: at(4),
            to: at(5),
        },
    ]
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
    assert_eq!(names.len(), 26, "one of each");
}

/// Logs outlive versions: these lines must be readable for ever.
#[test]
fn the_form_of_events_does_not_change() {
    let granted = json!({
        "event": "floor.granted", "floor": "speech", "epoch": 4, "site": "can-tho",
        "request": 3, "kind": null, "budget": 300_000
    });
    let dropped = json!({
        "event": "link.dropped", "device": "d1", "site": "can-tho", "until": 1_001_000
    });
    let revoked = json!({
        "event": "floor.revoked", "epoch": 4, "site": "can-tho", "cause": "link-lost",
        "reason": "\"trích\" – 100 %\n", "spoke": 9_000
    });
    let written: Vec<_> = one_of_each()
        .iter()
        .map(|event| serde_json::to_value(event).expect("an event has JSON"))
        .collect();
    for expected in [granted, dropped, revoked] {
        assert!(written.contains(&expected), "{expected}");
    }
}
