//! Rule 6: how much a site may ask for.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, Room, at, cancel, chair, changed, deny, draft, invite, open, person,
    release, request, request_for, request_to_present, room_of, secs,
};
use diemcau_conference::{Command, Epoch, Rejection, Role, Rules, SpeechKind};

fn with(change: impl FnOnce(&mut Rules)) -> Room {
    Room::in_session_with(changed(|setup| change(&mut setup.rules)))
}

/// A site speaks for so long, and gives the floor back.
fn speaks(room: &mut Room, who: &str, seconds: u64) {
    let epoch = room.invite(who);
    room.now = room.now + secs(seconds);
    room.ok(&room_of(who), &release(epoch));
}

#[test]
fn a_site_has_a_second_request_of_another_kind_and_no_third() {
    let mut room = Room::in_session();
    room.ask(CAN_THO, SpeechKind::Discussion);
    let ask = |room: &mut Room, kind| room.say(&room_of(CAN_THO), &request(kind)).err();
    assert_eq!(
        ask(&mut room, SpeechKind::Discussion),
        Some(Rejection::AlreadyRequested)
    );
    let second = room.ask(CAN_THO, SpeechKind::PointOfOrder);
    assert_eq!(
        ask(&mut room, SpeechKind::Proposal),
        Some(Rejection::AlreadyRequested)
    );
    // Another floor is another matter, and so is another site.
    room.ok(&room_of(CAN_THO), &request_to_present());
    room.ask(DA_NANG, SpeechKind::Discussion);
    room.ok(&room_of(CAN_THO), &cancel(second));
    assert_eq!(ask(&mut room, SpeechKind::Proposal), None);
}

#[test]
fn a_site_has_so_many_turns_in_an_item() {
    let mut room = with(|rules| rules.turns_per_site = 2);
    room.begin(draft("Thảo luận", &[]));
    speaks(&mut room, CAN_THO, 5);
    room.ask(CAN_THO, SpeechKind::Discussion);
    room.ok(&chair(), &invite(CAN_THO));
    room.ok(&room_of(CAN_THO), &release(Epoch(2)));
    let ask = request(SpeechKind::Proposal);
    assert_eq!(
        room.refused(&room_of(CAN_THO), &ask),
        Rejection::NoTurnsLeft
    );
    // Who asks for the site has no more than it.
    let for_it = request_for(CAN_THO, SpeechKind::Proposal, "");
    assert_eq!(
        room.refused(&person(HA_NOI, Role::Secretary), &for_it),
        Rejection::NoTurnsLeft
    );
    room.ask(DA_NANG, SpeechKind::Proposal);
    // Order is restored at any time, and the chair calls up whom it will.
    room.ask(CAN_THO, SpeechKind::PointOfOrder);
    room.invite(CAN_THO);
    room.ok(&room_of(CAN_THO), &release(Epoch(3)));
    room.begin(draft("Kết luận", &[]));
    room.ok(&room_of(CAN_THO), &ask);
}

#[test]
fn a_turn_that_is_given_back_is_the_same_turn() {
    let mut room = with(|rules| rules.turns_per_site = 2);
    let first = room.invite(CAN_THO);
    room.ok(&chair(), &crate::support::take());
    room.speaks(&chair(), &crate::support::restore(first));
    assert_eq!(
        room.conference
            .account(&crate::support::site(CAN_THO))
            .turns,
        1
    );
}

#[test]
fn a_site_that_has_used_its_time_asks_for_no_more() {
    let mut room = with(|rules| rules.site_time = secs(60));
    room.begin(draft("Thảo luận", &[]));
    speaks(&mut room, CAN_THO, 59);
    room.ask(CAN_THO, SpeechKind::Discussion);
    room.invite(CAN_THO);
    room.now = room.now + secs(1);
    room.ok(&room_of(CAN_THO), &release(Epoch(2)));
    assert_eq!(
        room.refused(&room_of(CAN_THO), &request(SpeechKind::Proposal)),
        Rejection::NoTimeLeft
    );
    room.ask(CAN_THO, SpeechKind::PointOfOrder);
    room.begin(draft("Kết luận", &[]));
    room.ask(CAN_THO, SpeechKind::Proposal);
}

#[test]
fn after_a_turn_a_site_pauses_before_it_asks_again() {
    let mut room = with(|rules| rules.request_pause = secs(120));
    speaks(&mut room, CAN_THO, 10);
    let ask = request(SpeechKind::Discussion);
    room.now = diemcau_conference::Timestamp(at(130).0 - 1);
    assert_eq!(room.refused(&room_of(CAN_THO), &ask), Rejection::TooSoon);
    room.ok(&room_of(CAN_THO), &request(SpeechKind::PointOfOrder));
    room.jump(130);
    room.ok(&room_of(CAN_THO), &ask);
}

#[test]
fn after_a_denial_too_and_a_cancel_costs_nothing() {
    let mut room = with(|rules| rules.request_pause = secs(120));
    let ask = request(SpeechKind::Discussion);
    let taken_back = room.ask(CAN_THO, SpeechKind::Discussion);
    room.ok(&room_of(CAN_THO), &cancel(taken_back));
    let refused = room.ask(CAN_THO, SpeechKind::Discussion);
    room.ok(&chair(), &deny(refused, "để sau"));
    room.jump(119);
    assert_eq!(room.refused(&room_of(CAN_THO), &ask), Rejection::TooSoon);
    room.ask(DA_NANG, SpeechKind::Discussion);
    room.jump(120);
    room.ok(&room_of(CAN_THO), &ask);
}

#[test]
fn a_denial_on_the_presentation_floor_keeps_nobody_from_speaking() {
    let mut room = with(|rules| rules.request_pause = secs(120));
    room.ok(&room_of(CAN_THO), &request_to_present());
    let denied = room
        .conference
        .pending(diemcau_conference::Floor::Presentation)[0]
        .id;
    room.ok(&chair(), &deny(denied, ""));
    room.ask(CAN_THO, SpeechKind::Discussion);
    room.ok(&room_of(CAN_THO), &request_to_present());
}

#[test]
fn a_session_later_the_turns_are_counted_anew() {
    let mut room = with(|rules| rules.turns_per_site = 1);
    speaks(&mut room, CAN_THO, 5);
    assert_eq!(
        room.refused(&room_of(CAN_THO), &request(SpeechKind::Discussion)),
        Rejection::NoTurnsLeft
    );
    room.ok(&chair(), &Command::SessionClose);
    room.ok(&chair(), &open("chiều"));
    room.ask(CAN_THO, SpeechKind::Discussion);
}
