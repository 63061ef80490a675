//! Rules 11, 13 and 15: the holder's link, its sound, and the time that the server was away.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, NGHE_AN, Room, at, back, chair, changed, draft, dropped,
    ended, heard, invite, invite_on, linked, paused, resumed, revoked, secs, silent, sound_of,
    take,
};
use diemcau_conference::{
    Actor, BudgetLimit, Event, Floor, GrantReason, Policy, RevokeCause, Role, Rules, SpeechKind,
};

fn with(change: impl FnOnce(&mut Rules)) -> Room {
    Room::in_session_with(changed(|setup| change(&mut setup.rules)))
}

fn lost(epoch: u32, who: &str, spoke: u64) -> Event {
    revoked(epoch, who, RevokeCause::LinkLost, spoke)
}

#[test]
fn after_the_grace_the_policys_next_has_the_floor() {
    let mut room = with(|rules| rules.policy = Policy::RoundRobin);
    let waits = room.queued(DA_NANG, SpeechKind::Discussion);
    room.invite(CAN_THO);
    room.jump(5);
    room.down("can-tho-site");
    assert_eq!(
        room.run(30),
        [
            (25, ended("can-tho-site", CAN_THO, 5)),
            (25, lost(1, CAN_THO, 5)),
            (
                25,
                Grant::new(2, DA_NANG)
                    .of(waits, SpeechKind::Discussion)
                    .because(GrantReason::RoundRobin {
                        turns: 0,
                        waited: secs(25)
                    })
                    .event()
            ),
        ]
    );
}

#[test]
fn by_hand_the_chair_decides() {
    let mut room = Room::in_session();
    room.queued(DA_NANG, SpeechKind::Discussion);
    room.invite(CAN_THO);
    room.down("can-tho-site");
    assert_eq!(
        room.run(60),
        [
            (20, ended("can-tho-site", CAN_THO, 0)),
            (20, lost(1, CAN_THO, 0))
        ]
    );
    assert_eq!((room.holder(), room.queue()), (None, vec![DA_NANG]));
}

#[test]
fn where_nobody_waits_the_floor_is_free() {
    let mut room = with(|rules| rules.policy = Policy::FirstCome);
    room.invite(CAN_THO);
    room.down("can-tho-site");
    assert_eq!(room.run(60).last(), Some(&(20, lost(1, CAN_THO, 0))));
    assert_eq!(room.holder(), None);
}

#[test]
fn the_next_turn_is_cut_like_any_other() {
    let mut room = with(|rules| rules.policy = Policy::FirstCome);
    let mut item = draft("Thảo luận", &[]);
    item.time = Some(secs(100));
    room.begin(item);
    let waits = room.queued(DA_NANG, SpeechKind::Discussion);
    room.invite(CAN_THO);
    room.jump(30);
    room.down("can-tho-site");
    let next = Grant::new(2, DA_NANG)
        .of(waits, SpeechKind::Discussion)
        .because(GrantReason::FirstCome { waited: secs(50) })
        .lasting(secs(70))
        .cut_by(BudgetLimit::Item)
        .event();
    // The warnings of 30 s and more are no news to a turn of 70 s but that of 60 s.
    assert_eq!(room.run(50).last(), Some(&(50, next)));
}

#[test]
fn who_presents_and_is_lost_holds_up_no_speaker() {
    let mut room = with(|rules| rules.policy = Policy::FirstCome);
    room.queued(DA_NANG, SpeechKind::Discussion);
    room.ok(&chair(), &invite_on(Floor::Presentation, CAN_THO));
    room.down("can-tho-site");
    assert_eq!(
        room.run(60),
        [
            (20, ended("can-tho-site", CAN_THO, 0)),
            (20, lost(1, CAN_THO, 0))
        ]
    );
    assert_eq!(room.holder(), None, "the chair has called up nobody");
}

#[test]
fn the_device_that_presents_is_what_is_waited_for() {
    let mut room = Room::in_session();
    room.up("can-tho-lectern", CAN_THO, Role::Site);
    room.ok(&chair(), &invite_on(Floor::Presentation, CAN_THO));
    room.jump(5);
    // The other device is not where the screen is.
    assert_eq!(
        room.down("can-tho-site"),
        [
            dropped("can-tho-site", CAN_THO, 25),
            paused(1, CAN_THO, Some(25))
        ]
    );
    room.jump(9);
    assert_eq!(
        room.up("can-tho-site", CAN_THO, Role::Site),
        [back("can-tho-site", CAN_THO), resumed(1, CAN_THO)]
    );
}

#[test]
fn a_grace_of_its_own_length() {
    let mut room = with(|rules| rules.grace = secs(90));
    room.invite(CAN_THO);
    room.down("can-tho-site");
    assert_eq!(room.run(89), []);
    assert_eq!(room.run(90).last(), Some(&(90, lost(1, CAN_THO, 0))));
}

#[test]
fn a_holder_is_awaited_until_it_is_heard() {
    let mut room = Room::in_session();
    room.ok(&chair(), &invite(CAN_THO));
    assert!(room.turn().awaiting_media);
    let sound = sound_of("can-tho-site");
    for other in ["da-nang-site", "nobody"] {
        assert_eq!(room.ok(&Actor::Room, &sound_of(other)), [], "{other}");
    }
    room.jump(4);
    assert_eq!(room.ok(&Actor::Room, &sound), [heard(1, CAN_THO)]);
    assert!(!room.turn().awaiting_media);
    assert_eq!(room.ok(&Actor::Room, &sound), [], "once a turn");
    assert_eq!(room.run(60), []);
}

#[test]
fn a_silent_holder_is_told_once_and_so_is_the_chair() {
    let mut room = Room::in_session();
    room.ok(&chair(), &invite(CAN_THO));
    let told = room.run(60);
    assert_eq!(told, [(10, silent(1, CAN_THO))]);
    assert!(room.turn().silent);
    assert_eq!(
        room.conference.audience(&told[0].1),
        diemcau_conference::Audience::Site {
            site: crate::support::site(CAN_THO)
        }
    );
    room.ok(&Actor::Room, &sound_of("can-tho-site"));
    assert!(!room.turn().silent);
}

#[test]
fn nobody_is_silent_while_the_clock_stands_still() {
    let mut room = with(|rules| rules.silence = secs(15));
    room.ok(&chair(), &crate::support::mute_all(true));
    room.ok(&chair(), &invite(CAN_THO));
    assert_eq!(room.run(60), []);
    room.ok(&chair(), &crate::support::mute_all(false));
    room.jump(64);
    room.down("can-tho-site");
    room.jump(70);
    room.up("can-tho-site", CAN_THO, Role::Site);
    assert_eq!(room.run(90), [(81, silent(1, CAN_THO))]);
}

#[test]
fn another_device_of_the_site_is_heard_for_it() {
    let mut room = Room::in_session();
    room.up("can-tho-lectern", CAN_THO, Role::Site);
    room.ok(&chair(), &invite(CAN_THO));
    let lectern = sound_of("can-tho-lectern");
    room.down("can-tho-site");
    assert_eq!(room.ok(&Actor::Room, &lectern), [heard(1, CAN_THO)]);
}

#[test]
fn after_an_outage_every_clock_goes_on_where_it_was() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    room.jump(50);
    room.speaks(&chair(), &crate::support::answer(DA_NANG, question));
    room.ok(&chair(), &crate::support::pause(question));
    room.jump(600);
    assert_eq!(
        room.outage(at(80), at(600)),
        [Event::ServerOutage {
            from: at(80),
            to: at(600)
        }]
    );
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    room.jump(610);
    for (id, of, epoch) in [("can-tho-site", CAN_THO, 1), ("da-nang-site", DA_NANG, 2)] {
        let expected = [back(id, of), resumed(epoch, of)];
        assert_eq!(room.up(id, of, Role::Site), expected);
    }
    room.jump(620);
    let spoken = room.conference.turns(Floor::Speech).iter();
    let spoken: Vec<_> = spoken.map(|turn| turn.spoken_at(room.now)).collect();
    assert_eq!(spoken, [secs(50), secs(40)], "the chair stopped the first");
}

#[test]
fn a_site_that_was_called_up_while_it_had_two_devices_and_lost_both_comes_back_with_a_third() {
    let mut room = Room::in_session();
    room.invite(NGHE_AN);
    room.jump(5);
    room.leave("nghe-an-site");
    room.jump(10);
    assert_eq!(
        room.up("nghe-an-phone", NGHE_AN, Role::Site),
        [
            linked("nghe-an-phone", NGHE_AN, Role::Site),
            resumed(1, NGHE_AN)
        ]
    );
    assert_eq!(room.turn().spoken_at(at(20)), secs(15));
    room.ok(&chair(), &take());
}
