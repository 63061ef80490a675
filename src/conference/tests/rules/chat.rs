//! What the centre and the sites write to each other, and the line that everyone reads.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, Room, announce, at, chair, changed, chat, person, room_of, site,
};
use diemcau_conference::{Actor, Audience, Event, Message, Rejection, Role};

fn sent(to: Option<&str>, from: &str, role: Role, text: &str) -> Event {
    Event::ChatSent {
        site: to.map(site),
        from: site(from),
        role,
        text: text.to_owned(),
    }
}

/// Who writes, to which thread, and what comes of it: the thread, or the refusal.
type Case = (
    Actor,
    Option<&'static str>,
    Result<Option<&'static str>, Rejection>,
);

#[test]
fn the_centre_writes_to_a_site_or_to_all_and_a_site_to_the_centre() {
    let technician = || person(HA_NOI, Role::Technician);
    let cases: [Case; 9] = [
        (technician(), Some(CAN_THO), Ok(Some(CAN_THO))),
        (technician(), None, Ok(None)),
        (person(HA_NOI, Role::Secretary), None, Ok(None)),
        (chair(), Some(DA_NANG), Ok(Some(DA_NANG))),
        (person(DA_NANG, Role::Deputy), None, Ok(None)),
        (room_of(CAN_THO), None, Ok(Some(CAN_THO))),
        (room_of(CAN_THO), Some(CAN_THO), Ok(Some(CAN_THO))),
        (room_of(CAN_THO), Some(DA_NANG), Err(Rejection::NotYours)),
        (technician(), Some("hue"), Err(Rejection::UnknownSite)),
    ];
    for (actor, to, expected) in cases {
        let mut room = Room::in_session_with(changed(|s| s.deputies = vec![site(DA_NANG)]));
        let Actor::Person {
            site: from, role, ..
        } = &actor
        else {
            panic!("a person");
        };
        let expected = expected.map(|thread| vec![sent(thread, from.as_str(), *role, "xin chào")]);
        let answer = room.say(&actor, &chat(to, "xin chào"));
        assert_eq!(answer, expected, "{actor:?} to {to:?}");
    }
}

#[test]
fn a_thread_is_read_by_its_site_and_the_host() {
    let conference = Room::in_session().conference;
    let of = |to| conference.audience(&sent(to, HA_NOI, Role::Technician, "xin chào"));
    let site = site(CAN_THO);
    assert_eq!(of(Some(CAN_THO)), Audience::Site { site });
    assert_eq!(of(None), Audience::Everyone);
}

#[test]
fn a_message_is_a_line_of_at_most_500_characters() {
    let mut room = Room::in_session();
    for text in ["", "  ", "hai\ndòng", "\u{202e}ngược", &"ữ".repeat(501)] {
        assert_eq!(
            room.refused(&room_of(CAN_THO), &chat(None, text)),
            Rejection::BadText,
            "{text:?}"
        );
    }
    room.ok(&room_of(CAN_THO), &chat(None, &"ữ".repeat(500)));
}

#[test]
fn people_write_before_the_session_too_and_the_last_400_are_shown() {
    let mut room = Room::configured(crate::support::setup());
    for number in 0..401 {
        room.jump(number);
        room.ok(&room_of(CAN_THO), &chat(None, &format!("tin {number}")));
    }
    let shown = room.conference.chat();
    assert_eq!(shown.len(), 400);
    let first = Message {
        at: at(1),
        from: site(CAN_THO),
        role: Role::Site,
        site: Some(site(CAN_THO)),
        text: "tin 1".to_owned(),
    };
    assert_eq!(shown[0], first);
    assert_eq!(shown[399].text, "tin 400");
}

#[test]
fn a_line_for_everyone_is_set_changed_and_taken_away() {
    let mut room = Room::in_session();
    let set = |text: Option<&str>| {
        let text = text.map(str::to_owned);
        [Event::AnnouncementSet { text }]
    };
    let say = |text| announce(Some(text));
    assert_eq!(room.ok(&chair(), &say("Giải lao")), set(Some("Giải lao")));
    assert_eq!(room.conference.announcement(), Some("Giải lao"));
    let secretary = person(HA_NOI, Role::Secretary);
    assert_eq!(
        room.refused(&secretary, &say("Giải lao")),
        Rejection::NoChange
    );
    for text in ["", " ", "hai\ndòng", &"ữ".repeat(201)] {
        assert_eq!(room.refused(&chair(), &say(text)), Rejection::BadText);
    }
    assert_eq!(room.ok(&secretary, &announce(None)), set(None));
    assert_eq!(
        room.refused(&secretary, &announce(None)),
        Rejection::NoChange
    );
}
