//! Logs of the first version, as it wrote them: they are read as they were meant, for ever.

use crate::support::{
    CAN_THO, DA_NANG, Grant, Room, WORDS, accepted, at, back, cancelled, changed, denied, device,
    dropped, ended, link_up, linked, overtime, paused, released, requested, resumed, revoked, secs,
    site, warned,
};
use diemcau_conference::{
    Command, Conference, ConferenceId, Event, Floor, GrantReason, Millis, Policy, RequestId,
    RevokeCause, Role, Rules, SessionId, SpeechKind,
};

const CONFIGURED: &str = r#"{"event":"conference.configured","setup":{"id":"hoi-nghi",
    "title":{"vi":"Hội nghị","en":"Conference"},"sites":[
    {"id":"ha-noi","name":{"vi":"Hà Nội","en":"Hanoi"},"kind":"central","expected":10},
    {"id":"can-tho","name":{"vi":"Cần Thơ","en":"Can Tho"},"kind":"member","parent":"ha-noi","expected":10},
    {"id":"da-nang","name":{"vi":"Đà Nẵng","en":"Da Nang"},"kind":"member","expected":10}],
    "rules":{"accept_automatically":false,"turn":300000,"overtime":"soft","grace":20000,
    "audio_slots":4,"thumbnail_slots":12}}}"#;

/// Every other line that the first version could write, with what it meant.
fn lines() -> Vec<(&'static str, Event)> {
    vec![
        (
            r#"{"event":"session.opened","session":1,"name":"sáng"}"#,
            Event::SessionOpened {
                session: SessionId(1),
                name: "sáng".to_owned(),
            },
        ),
        (
            r#"{"event":"link.up","device":"can-tho-site","site":"can-tho","role":"site"}"#,
            linked("can-tho-site", CAN_THO, Role::Site),
        ),
        (
            r#"{"event":"link.up","device":"da-nang-site","site":"da-nang","role":"site"}"#,
            linked("da-nang-site", DA_NANG, Role::Site),
        ),
        (
            r#"{"event":"link.dropped","device":"can-tho-site","site":"can-tho","until":1001000}"#,
            dropped("can-tho-site", CAN_THO, 1),
        ),
        (
            r#"{"event":"link.resumed","device":"can-tho-site","site":"can-tho"}"#,
            back("can-tho-site", CAN_THO),
        ),
        (
            r#"{"event":"floor.requested","request":1,"floor":"speech","site":"can-tho","kind":"prepared-speech","words":"về ngân sách"}"#,
            requested(1, CAN_THO, SpeechKind::PreparedSpeech),
        ),
        (
            r#"{"event":"floor.accepted","request":1,"site":"can-tho","place":1}"#,
            accepted(1, CAN_THO, 1),
        ),
        (
            r#"{"event":"floor.granted","floor":"speech","epoch":1,"site":"can-tho","request":1,"kind":"prepared-speech","budget":300000}"#,
            Grant::new(1, CAN_THO)
                .of(RequestId(1), SpeechKind::PreparedSpeech)
                .because(GrantReason::Chair)
                .event(),
        ),
        (
            r#"{"event":"floor.warned","epoch":1,"site":"can-tho","left":60000}"#,
            warned(1, CAN_THO, 60),
        ),
        (
            r#"{"event":"floor.overtime","epoch":1,"site":"can-tho"}"#,
            overtime(1, CAN_THO),
        ),
        (
            r#"{"event":"floor.paused","epoch":1,"site":"can-tho","until":1003000}"#,
            paused(1, CAN_THO, Some(3)),
        ),
        (
            r#"{"event":"floor.paused","epoch":1,"site":"can-tho","until":null}"#,
            paused(1, CAN_THO, None),
        ),
        (
            r#"{"event":"floor.resumed","epoch":1,"site":"can-tho"}"#,
            resumed(1, CAN_THO),
        ),
        (
            r#"{"event":"floor.revoked","epoch":1,"site":"can-tho","cause":"preempted","reason":"","spoke":9000}"#,
            revoked(1, CAN_THO, RevokeCause::Preempted, 9),
        ),
        (
            r#"{"event":"floor.granted","floor":"speech","epoch":2,"site":"da-nang","request":null,"kind":null,"budget":300000}"#,
            Grant::new(2, DA_NANG).because(GrantReason::Chair).event(),
        ),
        (
            r#"{"event":"floor.released","epoch":2,"site":"da-nang","spoke":9000}"#,
            released(2, DA_NANG, 9),
        ),
        (
            r#"{"event":"floor.denied","request":1,"site":"can-tho","reason":"hết giờ"}"#,
            denied(1, CAN_THO, "hết giờ"),
        ),
        (
            r#"{"event":"floor.cancelled","request":1,"site":"can-tho"}"#,
            cancelled(1, CAN_THO),
        ),
        (
            r#"{"event":"microphone.overridden","open":true}"#,
            Event::MicrophoneOverridden { open: true },
        ),
        (
            r#"{"event":"picture.main-chosen","site":"can-tho"}"#,
            Event::PictureMainChosen {
                site: Some(site(CAN_THO)),
            },
        ),
        (
            r#"{"event":"picture.main-chosen","site":null}"#,
            Event::PictureMainChosen { site: None },
        ),
        (
            r#"{"event":"attendance.headcount-declared","site":"can-tho","present":31}"#,
            Event::HeadcountDeclared {
                site: site(CAN_THO),
                present: 31,
            },
        ),
        (
            r#"{"event":"device.removed","device":"d1","site":"can-tho","role":"site"}"#,
            Event::DeviceRemoved {
                device: device("d1"),
                site: site(CAN_THO),
                role: Role::Site,
            },
        ),
        (
            r#"{"event":"code.changed","site":"can-tho","role":"chair"}"#,
            Event::CodeChanged {
                site: site(CAN_THO),
                role: Role::Chair,
            },
        ),
        (
            r#"{"event":"room.locked","locked":true}"#,
            Event::RoomLocked { locked: true },
        ),
        (
            r#"{"event":"server.outage","from":1004000,"to":1005000}"#,
            Event::ServerOutage {
                from: at(4),
                to: at(5),
            },
        ),
        (
            r#"{"event":"link.ended","device":"da-nang-site","site":"da-nang","end":1002000}"#,
            ended("da-nang-site", DA_NANG, 2),
        ),
        (
            r#"{"event":"session.closed","session":1}"#,
            Event::SessionClosed {
                session: SessionId(1),
            },
        ),
        (r#"{"event":"conference.closed"}"#, Event::ConferenceClosed),
    ]
}

fn read(line: &str) -> Event {
    serde_json::from_str(line).expect("an old line is an event")
}

#[test]
fn every_old_line_means_what_it_meant() {
    for (line, event) in lines() {
        assert_eq!(read(line), event, "{line}");
    }
}

#[test]
fn what_an_old_configuration_does_not_name_is_as_usual() {
    let Event::ConferenceConfigured { setup } = read(CONFIGURED) else {
        panic!("it is a configuration");
    };
    assert_eq!(setup.check(), Ok(()));
    assert_eq!((setup.deputies, setup.agenda), (vec![], vec![]));
    let rules = Rules {
        accept_automatically: false,
        turn: secs(300),
        overtime: diemcau_conference::Overtime::Soft,
        grace: secs(20),
        audio_slots: 4,
        thumbnail_slots: 12,
        devices_per_site: 8,
        policy: Policy::Manual,
        requests_per_site: 2,
        turns_per_site: 0,
        site_time: Millis(0),
        request_pause: Millis(0),
        ready: secs(30),
        silence: secs(10),
        present_with_speech: true,
    };
    assert_eq!(setup.rules, rules);
}

/// A whole old log, up to the middle of a turn: the new version goes on with it.
#[test]
fn an_old_log_goes_on() {
    let mut conference = Conference::new(ConferenceId::new("hoi-nghi"));
    conference.apply(at(0), &read(CONFIGURED));
    for (line, _) in lines().iter().take(8) {
        conference.apply(at(0), &read(line));
    }
    let [turn] = conference.turns(Floor::Speech) else {
        panic!("Cần Thơ speaks");
    };
    assert_eq!(
        (turn.words.as_str(), turn.left_at(at(100))),
        (WORDS, secs(200))
    );
    let mut room = Room::configured(changed(|_| ()));
    (room.conference, room.now) = (conference, at(100));
    room.ok(
        &diemcau_conference::Actor::Room,
        &link_up("ha-noi-chair", "ha-noi", Role::Chair),
    );
    let events = room.ok(&crate::support::chair(), &crate::support::invite(DA_NANG));
    let expected = [
        revoked(1, CAN_THO, RevokeCause::Preempted, 100),
        Grant::new(2, DA_NANG).event(),
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_page_of_the_first_version_is_understood() {
    let cases = [
        (
            r#"{"cmd":"floor.request","floor":"speech","kind":"discussion","words":"về ngân sách"}"#,
            crate::support::request(SpeechKind::Discussion),
        ),
        (
            r#"{"cmd":"floor.invite","site":"can-tho"}"#,
            crate::support::invite(CAN_THO),
        ),
        (r#"{"cmd":"floor.take"}"#, crate::support::take()),
        (
            r#"{"cmd":"floor.accept","request":3}"#,
            crate::support::accept(RequestId(3)),
        ),
    ];
    for (line, command) in cases {
        let read: Command = serde_json::from_str(line).expect("an old command");
        assert_eq!(read, command, "{line}");
    }
}
