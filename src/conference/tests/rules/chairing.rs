//! Rule 12: the chair's link is lost, a deputy takes the chair, and the chair takes it back.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, NGHE_AN, Room, at, back, cancel, chair, changed, device,
    dropped, ended, headcount, invite, lock_presentation, mute_all, next, override_microphone,
    overtime, passed, paused, paused_by, person, preempted, release, released, resumed_by, revoked,
    room_of, secs, site, take, taken,
};
use diemcau_conference::{
    Actor, Chair, Command, Event, GrantReason, Overtime, PauseCause, Policy, Rejection,
    RevokeCause, Role, Setup, SpeechKind,
};

fn deputy(of: &str) -> Actor {
    person(of, Role::Deputy)
}

/// Đà Nẵng's deputy comes first, then Nghệ An's; both are there.
fn with(change: impl FnOnce(&mut Setup)) -> Room {
    let mut room = Room::in_session_with(changed(|setup| {
        setup.deputies = vec![site(DA_NANG), site(NGHE_AN)];
        change(setup);
    }));
    room.up("da-nang-deputy", DA_NANG, Role::Deputy);
    room.up("nghe-an-deputy", NGHE_AN, Role::Deputy);
    room
}

/// Nobody comes after the chair.
fn without_deputies(change: impl FnOnce(&mut Setup)) -> Room {
    Room::in_session_with(changed(change))
}

fn sits(room: &Room) -> (u32, String, Role) {
    let Chair {
        term, site, role, ..
    } = room.conference.chair();
    (term, site.to_string(), role)
}

#[test]
fn the_first_deputy_who_is_there_takes_the_chair_after_the_grace() {
    let mut room = with(|_| ());
    room.jump(5);
    assert_eq!(
        room.down("ha-noi-chair"),
        [dropped("ha-noi-chair", HA_NOI, 25)]
    );
    assert_eq!(room.conference.chair().away_since, Some(at(5)));
    assert_eq!(
        room.run(60),
        [
            (25, ended("ha-noi-chair", HA_NOI, 5)),
            (25, passed(1, DA_NANG, Role::Deputy))
        ]
    );
    assert_eq!(sits(&room), (1, DA_NANG.to_owned(), Role::Deputy));
    // The second after the first, with a higher term.
    room.leave("da-nang-deputy");
    assert_eq!(room.run(90), [(80, passed(2, NGHE_AN, Role::Deputy))]);
}

#[test]
fn a_deputy_who_is_not_there_is_passed_over_and_comes_when_it_is() {
    let mut room = with(|_| ());
    room.leave("da-nang-deputy");
    room.down("ha-noi-chair");
    assert_eq!(
        room.run(30).last(),
        Some(&(20, passed(1, NGHE_AN, Role::Deputy)))
    );
    let mut room = with(|_| ());
    room.leave("da-nang-deputy");
    room.leave("nghe-an-deputy");
    room.leave("ha-noi-chair");
    assert_eq!(room.run(100), [], "nobody is there");
    let told = room.up("nghe-an-deputy", NGHE_AN, Role::Deputy);
    assert_eq!(told.len(), 1);
    assert_eq!(room.tick(), [passed(1, NGHE_AN, Role::Deputy)]);
}

#[test]
fn a_chair_who_is_back_within_the_grace_sits_there_still() {
    let mut room = with(|_| ());
    room.down("ha-noi-chair");
    room.jump(19);
    assert_eq!(
        room.up("ha-noi-chair", HA_NOI, Role::Chair),
        [back("ha-noi-chair", HA_NOI)]
    );
    assert_eq!(room.run(300), []);
    assert_eq!(sits(&room), (0, HA_NOI.to_owned(), Role::Chair));
}

#[test]
fn a_chair_with_a_second_device_is_there() {
    let mut room = with(|_| ());
    room.up("laptop", HA_NOI, Role::Chair);
    room.down("ha-noi-chair");
    assert_eq!(room.run(60), [(20, ended("ha-noi-chair", HA_NOI, 0))]);
    assert_eq!(sits(&room).0, 0);
}

#[test]
fn outside_a_session_and_before_the_chair_came_nobody_takes_over_by_itself() {
    let mut room = Room::configured(changed(|s| s.deputies = vec![site(DA_NANG)]));
    room.up("da-nang-deputy", DA_NANG, Role::Deputy);
    assert_eq!(room.run(100), []);
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    room.down("ha-noi-chair");
    assert_eq!(room.run(200), [(120, ended("ha-noi-chair", HA_NOI, 100))]);
    // By hand it may, so that a session can be opened.
    assert_eq!(
        room.ok(&deputy(DA_NANG), &Command::ChairTake),
        [passed(1, DA_NANG, Role::Deputy)]
    );
}

#[test]
fn a_deputy_takes_the_chair_at_once_only_while_it_is_empty() {
    let mut room = with(|_| ());
    let take = Command::ChairTake;
    assert_eq!(
        room.refused(&deputy(NGHE_AN), &take),
        Rejection::ChairPresent
    );
    room.down("ha-noi-chair");
    assert_eq!(
        room.ok(&deputy(NGHE_AN), &take),
        [passed(1, NGHE_AN, Role::Deputy)]
    );
    assert_eq!(room.refused(&deputy(NGHE_AN), &take), Rejection::NoChange);
    assert_eq!(
        room.refused(&deputy(DA_NANG), &take),
        Rejection::ChairPresent
    );
}

#[test]
fn while_the_chair_is_away_nothing_is_taken_or_given() {
    let mut room = without_deputies(|setup| {
        setup.rules.policy = Policy::FirstCome;
        setup.rules.overtime = Overtime::Hard;
        setup.rules.turn = secs(100);
    });
    room.queued(NGHE_AN, SpeechKind::Discussion);
    let turn = room.invite(CAN_THO);
    room.run(95);
    room.down("ha-noi-chair");
    assert_eq!(
        room.run(200),
        [
            (100, overtime(1, CAN_THO)),
            (115, ended("ha-noi-chair", HA_NOI, 95)),
        ],
        "hard overtime waits for somebody to watch over it"
    );
    // The holder is lost too: nobody could be given the floor, so its turn stays.
    room.down("can-tho-site");
    assert_eq!(room.run(300), [(220, ended("can-tho-site", CAN_THO, 200))]);
    assert_eq!(room.turn().epoch, turn);
    room.up("can-tho-site", CAN_THO, Role::Site);
    assert_eq!(room.turn().spoken_at(room.now), secs(200));
    assert_eq!(
        room.up("ha-noi-chair", HA_NOI, Role::Chair).len(),
        1,
        "the link alone"
    );
    assert_eq!(
        room.tick(),
        [revoked(1, CAN_THO, RevokeCause::Overtime, 200)]
    );
}

#[test]
fn a_holder_that_is_waited_for_too_long_is_lost_when_somebody_is_on_the_chair() {
    let mut room = with(|setup| setup.rules.policy = Policy::FirstCome);
    room.queued(NGHE_AN, SpeechKind::Discussion);
    room.invite(CAN_THO);
    room.down("ha-noi-chair");
    room.down("can-tho-site");
    let told: Vec<Event> = room.run(30).into_iter().map(|(_, event)| event).collect();
    assert_eq!(told[2], passed(1, DA_NANG, Role::Deputy));
    assert_eq!(told[3], revoked(1, CAN_THO, RevokeCause::LinkLost, 0));
    assert_eq!(room.holder(), Some(NGHE_AN));
}

#[test]
fn the_deputy_is_the_chair_until_the_chair_reclaims_it() {
    let mut room = with(|_| ());
    room.ok(&chair(), &take());
    room.down("ha-noi-chair");
    room.run(20);
    // The deputy speaks now, and the turn of who sat there waits.
    let events = room.ok(&deputy(DA_NANG), &take());
    assert_eq!(events, [preempted(1, HA_NOI, 0), taken(2, DA_NANG)]);
    let heard = room.conference.media_plan().heard;
    assert_eq!(heard[0].device, device("da-nang-deputy"));
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    assert_eq!(sits(&room).0, 1, "coming back is not enough");
    for late in [
        take(),
        next(),
        invite(CAN_THO),
        mute_all(true),
        lock_presentation(true),
    ] {
        assert_eq!(room.refused(&chair(), &late), Rejection::NotChairing);
    }
    assert_eq!(
        room.ok(&chair(), &Command::ChairReclaim),
        [passed(2, HA_NOI, Role::Chair)]
    );
    assert_eq!(
        room.refused(&chair(), &Command::ChairReclaim),
        Rejection::NoChange
    );
    assert_eq!(
        room.refused(&deputy(DA_NANG), &mute_all(true)),
        Rejection::NotChairing
    );
    room.ok(&chair(), &mute_all(true));
}

#[test]
fn a_late_command_of_the_old_chair_is_refused() {
    let mut room = with(|_| ());
    let asked = room.queued(CAN_THO, SpeechKind::Discussion);
    let seen = room.conference.applied();
    room.down("ha-noi-chair");
    room.run(20);
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    room.ok(&chair(), &Command::ChairReclaim);
    // It sits there again, but it was another's meanwhile.
    let late = room
        .conference
        .decide_seen(room.now, &chair(), &invite(CAN_THO), Some(seen));
    assert_eq!(late, Err(Rejection::Changed));
    let pause = mute_all(true);
    let late = room
        .conference
        .decide_seen(room.now, &chair(), &pause, Some(seen));
    assert_eq!(late, Err(Rejection::Changed), "whatever it touches");
    // A site asks as it always did.
    let cancel = cancel(asked);
    let answer = room
        .conference
        .decide_seen(room.now, &room_of(CAN_THO), &cancel, Some(seen));
    assert_eq!(answer.map(|events| events.len()), Ok(1));
}

#[test]
fn who_is_off_the_chair_speaks_and_counts_for_the_centre_still() {
    let mut room = with(|_| ());
    room.down("ha-noi-chair");
    room.run(20);
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    let turn = room.speaks(&deputy(DA_NANG), &invite(HA_NOI));
    assert_eq!(room.ok(&chair(), &headcount(12)).len(), 1);
    assert_eq!(room.ok(&chair(), &release(turn)), [released(1, HA_NOI, 0)]);
    // A deputy speaks on the chair alone.
    assert_eq!(
        room.refused(&deputy(NGHE_AN), &release(turn)),
        Rejection::NotChairing
    );
}

#[test]
fn nobody_comes_onto_the_chair_with_an_open_microphone() {
    let mut room = with(|_| ());
    room.ok(&chair(), &override_microphone(true));
    room.down("ha-noi-chair");
    let told: Vec<Event> = room.run(20).into_iter().map(|(_, event)| event).collect();
    assert_eq!(
        told,
        [
            ended("ha-noi-chair", HA_NOI, 0),
            passed(1, DA_NANG, Role::Deputy),
            Event::MicrophoneOverridden { open: false }
        ]
    );
    assert!(room.conference.media_plan().heard.is_empty());
    room.ok(&deputy(DA_NANG), &override_microphone(true));
    let heard = room.conference.media_plan().heard;
    assert_eq!(heard[0].device, device("da-nang-deputy"));
}

#[test]
fn all_muted_means_all_but_who_sits_on_the_chair_now() {
    let mut room = with(|_| ());
    room.invite(DA_NANG);
    room.ok(&chair(), &mute_all(true));
    room.down("ha-noi-chair");
    assert_eq!(
        room.ok(&deputy(DA_NANG), &Command::ChairTake),
        [
            passed(1, DA_NANG, Role::Deputy),
            resumed_by(PauseCause::Muted, 1, DA_NANG)
        ]
    );
    room.up("ha-noi-chair", HA_NOI, Role::Chair);
    assert_eq!(
        room.ok(&chair(), &Command::ChairReclaim),
        [
            passed(2, HA_NOI, Role::Chair),
            paused_by(PauseCause::Muted, 1, DA_NANG)
        ]
    );
}

#[test]
fn after_an_outage_the_chair_has_the_grace_to_come_back() {
    let mut room = with(|_| ());
    room.invite(CAN_THO);
    room.jump(100);
    room.outage(at(40), at(100));
    room.up("da-nang-deputy", DA_NANG, Role::Deputy);
    room.up("can-tho-site", CAN_THO, Role::Site);
    assert_eq!(room.run(119), []);
    let told: Vec<Event> = room.run(120).into_iter().map(|(_, event)| event).collect();
    assert!(told.contains(&passed(1, DA_NANG, Role::Deputy)), "{told:?}");
    assert_eq!(room.turn().spoken_at(room.now), secs(60));
}

#[test]
fn the_chairs_own_turn_waits_without_end_while_it_is_away() {
    let mut room = without_deputies(|_| ());
    room.speaks(&chair(), &take());
    room.jump(7);
    assert_eq!(room.down("ha-noi-chair")[1..], [paused(1, HA_NOI, None)]);
    assert_eq!(room.run(900), [(27, ended("ha-noi-chair", HA_NOI, 7))]);
    assert_eq!(room.turn().spoken_at(room.now), secs(7));
}

#[test]
fn once_another_sits_there_the_turn_of_who_did_is_waited_for_like_any_other() {
    let mut room = with(|setup| setup.rules.policy = Policy::FirstCome);
    let waits = room.queued(NGHE_AN, SpeechKind::Discussion);
    room.speaks(&chair(), &take());
    room.jump(7);
    room.down("ha-noi-chair");
    assert_eq!(
        room.run(30),
        [
            (27, ended("ha-noi-chair", HA_NOI, 7)),
            (27, passed(1, DA_NANG, Role::Deputy)),
            (27, paused(1, HA_NOI, Some(47))),
        ]
    );
    assert_eq!(
        room.run(50),
        [
            (47, revoked(1, HA_NOI, RevokeCause::LinkLost, 7)),
            (
                47,
                Grant::new(2, NGHE_AN)
                    .of(waits, SpeechKind::Discussion)
                    .because(GrantReason::FirstCome { waited: secs(47) })
                    .event()
            ),
        ]
    );
}
