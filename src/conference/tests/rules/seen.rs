//! Rule 14: a command that was decided on what has changed since is refused.

use crate::support::{
    CAN_THO, DA_NANG, NGHE_AN, Room, accept, announce, answer, call_next, chair, clear, defer,
    deny, draft, extend, grant, invite, invite_on, lock, move_to, mute_all, next, pause, release,
    restore, revoke, room_of, secs, take,
};
use diemcau_conference::{
    Actor, Command, Epoch, Event, Floor, ItemId, Rejection, RequestId, SpeechKind,
};

fn decided_at(
    room: &Room,
    actor: &Actor,
    command: &Command,
    seen: u64,
) -> Result<Vec<Event>, Rejection> {
    let conference = &room.conference;
    conference.decide_seen(room.now, actor, command, Some(seen))
}

/// Cần Thơ speaks; Đà Nẵng and Nghệ An are in the queue; two items, the second under way.
fn busy() -> Room {
    let mut room = Room::in_session();
    for title in ["Báo cáo", "Thảo luận"] {
        room.begin(draft(title, &[]));
    }
    room.queued(DA_NANG, SpeechKind::Discussion);
    room.queued(NGHE_AN, SpeechKind::Discussion);
    room.invite(CAN_THO);
    room
}

#[test]
fn what_has_not_changed_is_decided() {
    let room = busy();
    let seen = room.conference.applied();
    assert_eq!(seen, room.log.len() as u64);
    let plain = room.conference.decide(room.now, &chair(), &next());
    assert_eq!(decided_at(&room, &chair(), &next(), seen), plain);
    assert_eq!(decided_at(&room, &chair(), &next(), u64::MAX), plain);
}

#[test]
fn what_touches_the_whole_floor_is_refused_when_that_has_changed() {
    let mut room = busy();
    let seen = room.conference.applied();
    room.ok(&chair(), &move_to(RequestId(2), 1));
    let touching = [
        next(),
        invite(DA_NANG),
        take(),
        clear(Floor::Speech),
        answer(DA_NANG, Epoch(1)),
        grant(RequestId(1)),
        accept(RequestId(1)),
        move_to(RequestId(1), 1),
        defer(RequestId(2)),
        call_next(),
        restore(Epoch(1)),
    ];
    for command in touching {
        assert_eq!(
            decided_at(&room, &chair(), &command, seen),
            Err(Rejection::Changed),
            "{command:?}"
        );
    }
}

#[test]
fn what_names_one_turn_or_one_request_is_safe_by_its_number() {
    let mut room = busy();
    let seen = room.conference.applied();
    room.ok(&chair(), &move_to(RequestId(2), 1));
    let safe = [
        (chair(), revoke(Epoch(1), "")),
        (chair(), deny(RequestId(1), "")),
        (room_of(CAN_THO), release(Epoch(1))),
        (chair(), mute_all(true)),
        (chair(), announce(Some("Giải lao"))),
        (chair(), lock(true)),
    ];
    for (actor, command) in safe {
        let answer = decided_at(&room, &actor, &command, seen);
        assert!(answer.is_ok(), "{command:?}: {answer:?}");
    }
}

#[test]
fn one_floor_is_not_the_other_and_the_agenda_is_neither() {
    let mut room = busy();
    let seen = room.conference.applied();
    room.ok(&chair(), &invite_on(Floor::Presentation, DA_NANG));
    assert!(decided_at(&room, &chair(), &next(), seen).is_ok());
    let shown = invite_on(Floor::Presentation, NGHE_AN);
    assert_eq!(
        decided_at(&room, &chair(), &shown, seen),
        Err(Rejection::Changed)
    );
    let mut room = busy();
    let seen = room.conference.applied();
    let start = Command::AgendaStart { item: ItemId(1) };
    assert!(decided_at(&room, &chair(), &start, seen).is_ok());
    let place = 1;
    let item = ItemId(2);
    room.ok(&chair(), &Command::AgendaMove { item, place });
    assert!(decided_at(&room, &chair(), &next(), seen).is_ok());
    assert_eq!(
        decided_at(&room, &chair(), &start, seen),
        Err(Rejection::Changed)
    );
}

#[test]
fn what_a_role_may_not_do_is_said_first() {
    let mut room = busy();
    let seen = room.conference.applied();
    room.ok(&chair(), &move_to(RequestId(2), 1));
    assert_eq!(
        decided_at(&room, &room_of(CAN_THO), &next(), seen),
        Err(Rejection::NotChair)
    );
}

#[test]
fn the_clock_alone_changes_nothing_of_that() {
    let mut room = busy();
    let seen = room.conference.applied();
    assert_eq!(room.run(250).len(), 1, "a warning");
    assert!(decided_at(&room, &chair(), &next(), seen).is_ok());
}

#[test]
fn a_link_that_goes_may_change_who_is_next_and_nothing_else() {
    let mut room = busy();
    let seen = room.conference.applied();
    room.down("da-nang-site");
    assert_eq!(
        decided_at(&room, &chair(), &next(), seen),
        Err(Rejection::Changed)
    );
    let named = invite(NGHE_AN);
    assert!(decided_at(&room, &chair(), &named, seen).is_ok());
}

#[test]
fn a_turn_and_a_request_are_touched_by_what_is_done_to_them() {
    let mut room = busy();
    let seen = room.conference.applied();
    room.ok(&chair(), &extend(Epoch(1), secs(60)));
    room.ok(&chair(), &move_to(RequestId(2), 1));
    for command in [
        revoke(Epoch(1), "quá giờ"),
        extend(Epoch(1), secs(60)),
        pause(Epoch(1)),
        deny(RequestId(2), ""),
    ] {
        assert_eq!(
            decided_at(&room, &chair(), &command, seen),
            Err(Rejection::Changed),
            "{command:?}"
        );
    }
    // Of what is over the number says enough.
    room.ok(&chair(), &deny(RequestId(2), ""));
    room.ok(&chair(), &revoke(Epoch(1), ""));
    for (command, refusal) in [
        (deny(RequestId(2), ""), Rejection::RequestClosed),
        (revoke(Epoch(1), ""), Rejection::StaleEpoch),
    ] {
        assert_eq!(decided_at(&room, &chair(), &command, seen), Err(refusal));
    }
}

#[test]
fn another_item_is_another_list_of_speakers() {
    for command in [
        Command::AgendaStart { item: ItemId(1) },
        Command::AgendaFinish,
    ] {
        let mut room = busy();
        let seen = room.conference.applied();
        room.ok(&chair(), &command);
        assert_eq!(
            decided_at(&room, &chair(), &next(), seen),
            Err(Rejection::Changed),
            "{command:?}"
        );
    }
}
