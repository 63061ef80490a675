//! Rule 9: the chair takes the floor, and gives the interrupted turn its remaining time back.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, Room, chair, changed, grant, invite, overtime, preempted,
    release, request_for, restore, room_of, secs, silent, site, take, taken, warned,
};
use diemcau_conference::{Account, Command, Epoch, Event, GrantReason, Rejection, SpeechKind};

fn given_back(epoch: u32, to: &str, of: Epoch) -> Grant {
    Grant::new(epoch, to).because(GrantReason::Restored { of })
}

#[test]
fn the_interrupted_turn_keeps_its_remaining_time() {
    let mut room = Room::in_session();
    let ask = request_for(CAN_THO, SpeechKind::Proposal, "Bà Lê Thị Hoa");
    room.ok(&room_of(CAN_THO), &ask);
    let turn = room.speaks(&chair(), &grant(diemcau_conference::RequestId(1)));
    room.run(100);
    assert_eq!(
        room.ok(&chair(), &take()),
        [preempted(1, CAN_THO, 100), taken(2, HA_NOI)]
    );
    room.ok(
        &diemcau_conference::Actor::Room,
        &crate::support::sound_of("ha-noi-chair"),
    );
    assert_eq!(room.conference.interrupted().map(|t| t.epoch), Some(turn));
    room.run(150);
    assert_eq!(
        room.ok(&chair(), &restore(turn)),
        [
            preempted(2, HA_NOI, 50),
            given_back(3, CAN_THO, turn)
                .kind(SpeechKind::Proposal)
                .event()
        ]
    );
    let turn = room.turn();
    assert_eq!(turn.beneficiary, "Bà Lê Thị Hoa");
    assert_eq!(turn.left_at(room.now), secs(200));
    room.ok(
        &diemcau_conference::Actor::Room,
        &crate::support::sound_of("can-tho-site"),
    );
    assert_eq!(
        room.run(400),
        [
            (290, warned(3, CAN_THO, 60)),
            (320, warned(3, CAN_THO, 30)),
            (340, warned(3, CAN_THO, 10)),
            (350, overtime(3, CAN_THO)),
        ]
    );
}

#[test]
fn a_turn_that_is_interrupted_again_is_counted_once() {
    let mut room = Room::in_session();
    let mut turn = room.invite(CAN_THO);
    for round in 1..=3 {
        room.now = room.now + secs(50);
        room.ok(&chair(), &take());
        room.now = room.now + secs(9);
        turn = room.speaks(&chair(), &restore(turn));
        let spoken = room.turn().spoken_at(room.now);
        assert_eq!(spoken, secs(50 * round));
    }
    room.now = room.now + secs(10);
    room.ok(&room_of(CAN_THO), &release(turn));
    let account = room.conference.account(&site(CAN_THO));
    let expected = Account {
        turns: 1,
        spoken: secs(160),
    };
    assert_eq!(account, expected);
    let chairs = room.conference.account(&site(HA_NOI));
    assert_eq!((chairs.turns, chairs.spoken), (3, secs(27)));
}

#[test]
fn a_warning_that_was_given_is_not_given_again() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.run(275);
    room.speaks(&chair(), &take());
    room.speaks(&chair(), &restore(turn));
    assert_eq!(
        room.run(600),
        [(290, warned(3, CAN_THO, 10)), (300, overtime(3, CAN_THO))]
    );
}

#[test]
fn the_silence_of_a_turn_that_is_given_back_is_its_own() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.jump(100);
    room.speaks(&chair(), &take());
    room.jump(110);
    room.ok(&chair(), &restore(turn));
    assert_eq!(room.run(121), [(120, silent(3, CAN_THO))]);
}

#[test]
fn time_that_was_added_is_given_back_too() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.ok(&chair(), &crate::support::extend(turn, secs(60)));
    room.ok(&chair(), &take());
    assert_eq!(
        room.ok(&chair(), &restore(turn))[1],
        given_back(3, CAN_THO, turn).lasting(secs(360)).event()
    );
}

#[test]
fn any_grant_interrupts_and_what_was_taken_away_for_good_is_not_given_back() {
    let endings: [(&str, Command); 2] = [
        ("revoked", crate::support::revoke(Epoch(1), "quá giờ")),
        ("next", invite(DA_NANG)),
    ];
    for (name, ends) in endings {
        let mut room = Room::in_session();
        let turn = room.invite(CAN_THO);
        room.ok(&chair(), &ends);
        let answer = room.say(&chair(), &restore(turn));
        assert_eq!(answer.is_ok(), name == "next", "{name}: {answer:?}");
    }
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.ok(&room_of(CAN_THO), &release(turn));
    assert_eq!(
        room.refused(&chair(), &restore(turn)),
        Rejection::NotInterrupted
    );
}

#[test]
fn a_turn_is_given_back_once() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.ok(&chair(), &take());
    room.ok(&chair(), &restore(turn));
    assert_eq!(
        room.refused(&chair(), &restore(turn)),
        Rejection::NotInterrupted
    );
    // The chair's own turn was interrupted by that, and can be had again.
    let events = room.ok(&chair(), &restore(Epoch(2)));
    assert_eq!(events[1], given_back(4, HA_NOI, Epoch(2)).event());
}

#[test]
fn whoever_gets_a_new_turn_has_no_old_one() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.ok(&chair(), &take());
    room.ok(&chair(), &invite(CAN_THO));
    assert_eq!(
        room.refused(&chair(), &restore(turn)),
        Rejection::NotInterrupted
    );
}

#[test]
fn who_is_not_linked_gets_nothing_back_until_it_is() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.ok(&chair(), &take());
    room.leave("can-tho-site");
    assert_eq!(
        room.refused(&chair(), &restore(turn)),
        Rejection::SiteAbsent
    );
    room.up("can-tho-site", CAN_THO, diemcau_conference::Role::Site);
    room.ok(&chair(), &restore(turn));
}

#[test]
fn nothing_is_given_back_in_another_session() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.ok(&chair(), &take());
    room.ok(&chair(), &Command::SessionClose);
    room.ok(&chair(), &crate::support::open("chiều"));
    assert_eq!(room.conference.interrupted(), None);
    assert_eq!(
        room.refused(&chair(), &restore(turn)),
        Rejection::NotInterrupted
    );
}

#[test]
fn a_point_of_order_between_the_two_is_no_hindrance() {
    let mut room = Room::in_session_with(changed(|s| s.rules.requests_per_site = 2));
    let turn = room.invite(CAN_THO);
    room.jump(30);
    let order = room.ask(DA_NANG, SpeechKind::PointOfOrder);
    let order = room.speaks(&chair(), &grant(order));
    room.ok(&room_of(DA_NANG), &release(order));
    let events = room.ok(&chair(), &restore(turn));
    assert_eq!(events, [given_back(3, CAN_THO, turn).event()]);
    let granted = matches!(events[..], [Event::FloorGranted { .. }]);
    assert!(granted, "nobody had to stop");
}

#[test]
fn the_chair_who_asks_somebody_in_between_gives_the_turn_back_still() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.jump(30);
    room.speaks(&chair(), &take());
    let asked = room.invite(DA_NANG);
    room.ok(&room_of(DA_NANG), &release(asked));
    let events = room.ok(&chair(), &restore(turn));
    assert_eq!(events, [given_back(4, CAN_THO, turn).event()]);
}
