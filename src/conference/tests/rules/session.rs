//! Sessions and the end of the conference.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, NGHE_AN, Room, accept, cancelled, chair, changed, configure, ended,
    invite, link_down, open, request, revoked, room_of, setup, take,
};
use diemcau_conference::{
    Actor, Command, Event, Rejection, RequestId, RevokeCause, Role, SessionId, SpeechKind,
};

#[test]
fn sessions_are_numbered_and_do_not_overlap() {
    let mut room = Room::configured(setup());
    let opened = |session, name: &str| {
        vec![Event::SessionOpened {
            session: SessionId(session),
            name: name.to_owned(),
        }]
    };
    assert_eq!(
        room.refused(&chair(), &Command::SessionClose),
        Rejection::NoSession
    );
    assert_eq!(room.ok(&chair(), &open("sáng")), opened(1, "sáng"));
    assert_eq!(
        room.refused(&chair(), &open("chiều")),
        Rejection::SessionOpen
    );
    let closed = vec![Event::SessionClosed {
        session: SessionId(1),
    }];
    assert_eq!(room.ok(&chair(), &Command::SessionClose), closed);
    assert_eq!(room.ok(&chair(), &open("chiều")), opened(2, "chiều"));
}

#[test]
fn a_session_has_a_name_of_at_most_60_characters() {
    let mut room = Room::configured(setup());
    for name in ["", " ", &"ữ".repeat(61)] {
        assert_eq!(
            room.refused(&chair(), &open(name)),
            Rejection::BadText,
            "{name:?}"
        );
    }
    room.ok(&chair(), &open(&"ữ".repeat(60)));
}

#[test]
fn a_closing_session_ends_the_turn_and_all_requests() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    let pending = room.ask(DA_NANG, SpeechKind::Discussion);
    let queued = room.ask(NGHE_AN, SpeechKind::Discussion);
    room.ok(&chair(), &accept(queued));
    room.jump(7);
    assert_eq!(
        room.ok(&chair(), &Command::SessionClose),
        [
            revoked(1, CAN_THO, RevokeCause::SessionClosed, 7),
            cancelled(queued.0, NGHE_AN),
            cancelled(pending.0, DA_NANG),
            Event::SessionClosed {
                session: SessionId(1)
            },
        ]
    );
    assert_eq!(
        (room.holder(), room.queue(), room.pending()),
        (None, vec![], vec![])
    );
    let late = room.refused(&chair(), &Command::FloorGrant { request: queued });
    assert_eq!(late, Rejection::RequestClosed);
}

#[test]
fn without_a_session_nobody_asks_and_nobody_gets_the_floor() {
    let mut room = Room::in_session();
    room.ok(&chair(), &Command::SessionClose);
    let ask = request(SpeechKind::PointOfOrder);
    assert_eq!(room.refused(&room_of(CAN_THO), &ask), Rejection::NoSession);
    assert_eq!(
        room.refused(&chair(), &invite(CAN_THO)),
        Rejection::NoSession
    );
    assert_eq!(room.refused(&chair(), &take()), Rejection::NoSession);
}

#[test]
fn a_closed_conference_ends_everything_and_stays_closed() {
    let mut room = Room::configured(setup());
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    room.up("can-tho-site", CAN_THO, Role::Site);
    room.up("da-nang-site", DA_NANG, Role::Site);
    room.ok(&chair(), &open("sáng"));
    room.ok(&chair(), &Command::MicrophoneOverride { open: true });
    room.invite(CAN_THO);
    room.jump(5);
    room.down("da-nang-site");
    room.jump(9);
    assert_eq!(
        room.ok(&chair(), &Command::ConferenceClose),
        [
            revoked(1, CAN_THO, RevokeCause::SessionClosed, 9),
            Event::SessionClosed {
                session: SessionId(1)
            },
            Event::MicrophoneOverridden { open: false },
            ended("can-tho-site", CAN_THO, 9),
            ended("da-nang-site", DA_NANG, 5),
            ended("ha-noi-chair", HA_NOI, 9),
            Event::ConferenceClosed,
        ]
    );
    assert!(room.conference.is_closed());
    assert_eq!(room.conference.next_deadline(), None);
    assert_eq!(
        room.refused(&chair(), &open("tối")),
        Rejection::ConferenceClosed
    );
    let again = room.refused(&chair(), &Command::ConferenceClose);
    assert_eq!(again, Rejection::ConferenceClosed);

    // Pages that still look at it are no longer part of the record.
    assert_eq!(room.up("can-tho-site", CAN_THO, Role::Site), []);
    assert_eq!(room.ok(&Actor::Room, &link_down("can-tho-site", false)), []);
    assert_eq!(room.tick(), []);
    assert!(room.conference.media_plan().receivers.is_empty());
    let change = configure(changed(|setup| setup.rules.turn.0 += 1));
    assert_eq!(
        room.refused(&Actor::Room, &change),
        Rejection::ConferenceClosed
    );
    assert_eq!(room.ok(&Actor::Room, &configure(setup())), []);
}

#[test]
fn requests_are_numbered_through_all_sessions() {
    let mut room = Room::in_session();
    assert_eq!(room.ask(CAN_THO, SpeechKind::Proposal), RequestId(1));
    room.ok(&chair(), &Command::SessionClose);
    room.ok(&chair(), &open("chiều"));
    assert_eq!(room.ask(CAN_THO, SpeechKind::Proposal), RequestId(2));
}
