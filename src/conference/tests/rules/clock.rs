//! The clock of a turn: warnings, overtime, and the times during which it stands still.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, Room, at, back, chair, changed, configure, dropped, ended, overtime,
    paused, release, released, resumed, revoked, room_of, secs, take, warned,
};
use diemcau_conference::{Actor, Epoch, Event, Millis, Overtime, RevokeCause, Role};

fn with_turn(turn: u64, overtime: Overtime) -> Room {
    Room::in_session_with(changed(|setup| {
        setup.rules.turn = secs(turn);
        setup.rules.overtime = overtime;
    }))
}

#[test]
fn a_holder_is_warned_and_then_in_overtime() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    assert_eq!(
        room.run(3600),
        [
            (240, warned(1, CAN_THO, 60)),
            (270, warned(1, CAN_THO, 30)),
            (290, warned(1, CAN_THO, 10)),
            (300, overtime(1, CAN_THO)),
        ]
    );
    assert_eq!(room.conference.next_deadline(), None);
    assert_eq!(
        room.ok(&room_of(CAN_THO), &release(Epoch(1))),
        [released(1, CAN_THO, 3600)]
    );
}

#[test]
fn hard_overtime_takes_the_floor_at_zero() {
    let mut room = with_turn(20, Overtime::Hard);
    room.invite(CAN_THO);
    let expected = [
        (10, warned(1, CAN_THO, 10)),
        (20, revoked(1, CAN_THO, RevokeCause::Overtime, 20)),
    ];
    assert_eq!(room.run(3600), expected);
    assert_eq!(room.holder(), None);
}

#[test]
fn only_warnings_shorter_than_the_turn_are_given() {
    for (turn, warnings) in [(61, 3), (60, 2), (31, 2), (30, 1), (11, 1), (10, 0), (1, 0)] {
        let mut room = with_turn(turn, Overtime::Soft);
        room.invite(CAN_THO);
        let told = room.run(100);
        let warned = told
            .iter()
            .filter(|(_, e)| matches!(e, Event::FloorWarned { .. }))
            .count();
        assert_eq!(warned, warnings, "a turn of {turn} s");
        assert_eq!(
            told.last(),
            Some(&(turn, overtime(1, CAN_THO))),
            "a turn of {turn} s"
        );
    }
}

#[test]
fn a_late_tick_says_only_what_is_still_true() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    room.jump(275);
    assert_eq!(room.tick(), [warned(1, CAN_THO, 30)]);
    room.jump(400);
    assert_eq!(room.tick(), [overtime(1, CAN_THO)]);
    assert_eq!(room.tick(), []);
}

#[test]
fn every_turn_has_a_new_clock() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    room.run(295);
    room.invite(DA_NANG);
    assert_eq!(room.conference.next_deadline(), Some(at(295 + 240)));
    let turn = room.turn();
    assert_eq!(
        (turn.spoken_at(room.now), turn.overtime),
        (Millis(0), false)
    );
}

#[test]
fn the_clock_stands_still_while_the_holder_is_lost() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    room.run(100);
    let events = room.down("can-tho-site");
    assert_eq!(
        events,
        [
            dropped("can-tho-site", CAN_THO, 120),
            paused(1, CAN_THO, Some(120))
        ]
    );
    room.run(115);
    let events = room.up("can-tho-site", CAN_THO, Role::Site);
    assert_eq!(events, [back("can-tho-site", CAN_THO), resumed(1, CAN_THO)]);
    // 15 seconds later than without the loss.
    assert_eq!(room.run(260), [(255, warned(1, CAN_THO, 60))]);
}

#[test]
fn a_holder_that_does_not_come_back_loses_the_floor_after_the_grace() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    room.run(100);
    room.down("can-tho-site");
    assert_eq!(room.conference.next_deadline(), Some(at(120)));
    assert_eq!(
        room.run(500),
        [
            (120, ended("can-tho-site", CAN_THO, 100)),
            (120, revoked(1, CAN_THO, RevokeCause::LinkLost, 100)),
        ]
    );
}

#[test]
fn a_site_is_lost_with_its_last_device_only() {
    let mut room = with_turn(300, Overtime::Soft);
    room.up("can-tho-lectern", CAN_THO, Role::Site);
    room.invite(CAN_THO);
    room.jump(5);
    assert_eq!(
        room.down("can-tho-site"),
        [dropped("can-tho-site", CAN_THO, 25)]
    );
    room.jump(10);
    assert_eq!(
        room.down("can-tho-lectern"),
        [
            dropped("can-tho-lectern", CAN_THO, 30),
            paused(1, CAN_THO, Some(30))
        ]
    );
    // Another device of the site will do.
    room.jump(20);
    let events = room.up("can-tho-phone", CAN_THO, Role::Site);
    assert_eq!(
        events,
        [
            crate::support::linked("can-tho-phone", CAN_THO, Role::Site),
            resumed(1, CAN_THO)
        ]
    );
}

#[test]
fn a_device_that_leaves_is_waited_for_too() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    room.jump(5);
    let events = room.leave("can-tho-site");
    assert_eq!(
        events,
        [
            ended("can-tho-site", CAN_THO, 5),
            paused(1, CAN_THO, Some(25))
        ]
    );
    assert_eq!(
        room.run(60),
        [(25, revoked(1, CAN_THO, RevokeCause::LinkLost, 5))]
    );
}

#[test]
fn the_chairs_own_turn_waits_for_the_chair_however_long() {
    let mut room = with_turn(300, Overtime::Hard);
    room.up("ha-noi-secretary", HA_NOI, Role::Secretary);
    room.speaks(&chair(), &take());
    room.jump(100);
    // The secretary is there, but does not speak for the chair.
    let events = room.down("ha-noi-chair");
    assert_eq!(
        events,
        [
            dropped("ha-noi-chair", HA_NOI, 120),
            paused(1, HA_NOI, None)
        ]
    );
    assert_eq!(room.run(5000), [(120, ended("ha-noi-chair", HA_NOI, 100))]);
    assert_eq!(room.holder(), Some(HA_NOI));
    assert_eq!(room.conference.next_deadline(), None);
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    assert_eq!(room.conference.next_deadline(), Some(at(5000 + 140)));
}

#[test]
fn an_outage_costs_no_time_and_the_grace_begins_after_it() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    room.run(100);
    room.jump(500);
    let events = room.outage(at(110), at(500));
    assert_eq!(
        events,
        [Event::ServerOutage {
            from: at(110),
            to: at(500)
        }]
    );
    assert_eq!(room.conference.next_deadline(), Some(at(520)));
    room.jump(505);
    let events = room.up("can-tho-site", CAN_THO, Role::Site);
    assert_eq!(events, [back("can-tho-site", CAN_THO), resumed(1, CAN_THO)]);
    let turn = room.turn();
    assert_eq!(turn.spoken_at(room.now), secs(110));
    let interval = room
        .conference
        .intervals()
        .iter()
        .filter(|i| i.site.as_str() == CAN_THO)
        .count();
    assert_eq!(interval, 1, "an outage does not cut an interval");
}

#[test]
fn after_an_outage_a_holder_that_stays_away_loses_the_floor() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    room.jump(500);
    room.outage(at(110), at(500));
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    let told = room.run(600);
    assert!(
        told.contains(&(520, revoked(1, CAN_THO, RevokeCause::LinkLost, 110))),
        "{told:?}"
    );
    assert!(
        told.contains(&(520, ended("can-tho-site", CAN_THO, 110))),
        "{told:?}"
    );
}

#[test]
fn a_grace_that_ran_when_the_server_went_begins_anew() {
    let mut room = with_turn(300, Overtime::Soft);
    room.invite(CAN_THO);
    room.jump(100);
    room.down("can-tho-site");
    room.jump(500);
    room.outage(at(110), at(500));
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    room.run(519);
    assert_eq!(room.holder(), Some(CAN_THO));
    let told = room.run(520);
    assert!(
        told.contains(&(520, ended("can-tho-site", CAN_THO, 100))),
        "{told:?}"
    );
    assert!(
        told.contains(&(520, revoked(1, CAN_THO, RevokeCause::LinkLost, 100))),
        "{told:?}"
    );
}

#[test]
fn what_was_due_before_an_outage_is_done_before_it() {
    let mut room = with_turn(100, Overtime::Hard);
    room.invite(CAN_THO);
    room.jump(500);
    assert_eq!(
        room.outage(at(100), at(500)),
        [
            revoked(1, CAN_THO, RevokeCause::Overtime, 100),
            Event::ServerOutage {
                from: at(100),
                to: at(500)
            },
        ]
    );
}

#[test]
fn rules_that_become_hard_end_a_turn_in_overtime() {
    let mut room = with_turn(100, Overtime::Soft);
    room.invite(CAN_THO);
    room.run(130);
    let mut hard = room.conference.setup().expect("a setup").clone();
    hard.rules.overtime = Overtime::Hard;
    room.ok(&Actor::Room, &configure(hard));
    assert_eq!(
        room.run(131),
        [(130, revoked(1, CAN_THO, RevokeCause::Overtime, 130))]
    );
}
