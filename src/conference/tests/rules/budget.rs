//! Rule 7: time. What a turn, a site and an item have; warnings, overtime, pause and extension.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, NGHE_AN, Room, chair, changed, draft, extend, extended,
    invite, next, overtime, pause, paused_by, preempted, release, released, resume, resumed_by,
    revoked, room_of, secs, warned,
};
use diemcau_conference::{
    AgendaDraft, BudgetLimit, Epoch, Event, GrantReason, Millis, Overtime, PauseCause, Rejection,
    RevokeCause, Rules, SpeechKind,
};

fn with(change: impl FnOnce(&mut Rules)) -> Room {
    Room::in_session_with(changed(|setup| change(&mut setup.rules)))
}

/// An item that may take so long.
fn item_of(seconds: u64) -> AgendaDraft {
    AgendaDraft {
        time: Some(secs(seconds)),
        ..draft("Thảo luận", &[])
    }
}

fn granted(epoch: u32, to: &str, seconds: u64, limit: BudgetLimit) -> Event {
    Grant::new(epoch, to)
        .lasting(secs(seconds))
        .cut_by(limit)
        .event()
}

#[test]
fn a_turn_is_cut_to_what_its_site_has_left() {
    let mut room = with(|rules| rules.site_time = secs(400));
    room.begin(draft("Thảo luận", &[]));
    let first = room.ok(&chair(), &invite(CAN_THO));
    assert_eq!(first, [granted(1, CAN_THO, 300, BudgetLimit::Turn)]);
    room.jump(150);
    room.ok(&room_of(CAN_THO), &release(Epoch(1)));
    assert_eq!(
        room.ok(&chair(), &invite(CAN_THO)),
        [granted(2, CAN_THO, 250, BudgetLimit::Site)]
    );
    room.ok(&room_of(CAN_THO), &release(Epoch(2)));
    assert_eq!(
        room.ok(&chair(), &invite(DA_NANG)),
        [granted(3, DA_NANG, 300, BudgetLimit::Turn)],
        "another site has its own"
    );
    // What is used up limits nothing: the chair gives the floor knowing it.
    room.ok(&room_of(DA_NANG), &release(Epoch(3)));
    room.ok(&chair(), &invite(CAN_THO));
    room.jump(150 + 250);
    room.ok(&room_of(CAN_THO), &release(Epoch(4)));
    assert_eq!(
        room.ok(&chair(), &invite(CAN_THO)),
        [granted(5, CAN_THO, 300, BudgetLimit::Turn)]
    );
}

#[test]
fn a_turn_is_cut_to_what_the_item_has_left() {
    let mut room = Room::in_session();
    room.begin(item_of(500));
    room.ok(&chair(), &invite(CAN_THO));
    room.jump(280);
    // The turn that ends here is counted too.
    assert_eq!(
        room.ok(&chair(), &invite(DA_NANG)),
        [
            preempted(1, CAN_THO, 280),
            granted(2, DA_NANG, 220, BudgetLimit::Item)
        ]
    );
    room.jump(290);
    room.begin(item_of(100));
    // Đà Nẵng's turn is of the item before.
    assert_eq!(
        room.ok(&chair(), &invite(NGHE_AN)),
        [
            preempted(2, DA_NANG, 10),
            granted(3, NGHE_AN, 100, BudgetLimit::Item)
        ]
    );
}

#[test]
fn the_shortest_of_the_three_holds() {
    let mut room = with(|rules| rules.site_time = secs(90));
    room.begin(item_of(80));
    assert_eq!(
        room.ok(&chair(), &invite(CAN_THO)),
        [granted(1, CAN_THO, 80, BudgetLimit::Item)]
    );
    let mut room = with(|rules| rules.site_time = secs(70));
    room.begin(item_of(80));
    assert_eq!(
        room.ok(&chair(), &invite(CAN_THO)),
        [granted(1, CAN_THO, 70, BudgetLimit::Site)]
    );
}

#[test]
fn a_prepared_speakers_own_time_is_cut_too() {
    let mut room = Room::in_session();
    let mut item = item_of(500);
    item.speakers = draft("", &[CAN_THO]).speakers;
    item.speakers[0].budget = Some(secs(600));
    room.begin(item);
    assert_eq!(
        room.ok(&chair(), &next()),
        [Grant::new(1, CAN_THO)
            .of(diemcau_conference::RequestId(1), SpeechKind::PreparedSpeech)
            .because(GrantReason::Prepared)
            .lasting(secs(500))
            .cut_by(BudgetLimit::Item)
            .event()]
    );
}

#[test]
fn the_three_overtimes() {
    let up = [(10, warned(1, CAN_THO, 10)), (20, overtime(1, CAN_THO))];
    let hard = [
        (10, warned(1, CAN_THO, 10)),
        (20, revoked(1, CAN_THO, RevokeCause::Overtime, 20)),
    ];
    for (rule, expected) in [
        (Overtime::Soft, up.to_vec()),
        (Overtime::ChairDecides, up.to_vec()),
        (Overtime::Hard, hard.to_vec()),
    ] {
        let mut room = with(|rules| (rules.turn, rules.overtime) = (secs(20), rule));
        room.invite(CAN_THO);
        assert_eq!(room.run(600), expected, "{rule:?}");
        let spoken = room.conference.turns(diemcau_conference::Floor::Speech);
        let spoken: Vec<Millis> = spoken.iter().map(|turn| turn.spoken_at(room.now)).collect();
        let goes_on = rule != Overtime::Hard;
        assert_eq!(spoken, vec![secs(600); usize::from(goes_on)], "{rule:?}");
    }
}

#[test]
fn the_chair_stops_the_clock_and_lets_it_run() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.run(200);
    let stopped = [paused_by(PauseCause::Chair, 1, CAN_THO)];
    assert_eq!(room.ok(&chair(), &pause(turn)), stopped);
    assert_eq!(room.refused(&chair(), &pause(turn)), Rejection::NoChange);
    assert_eq!(room.run(500), [], "nothing is due while it stands still");
    assert_eq!(room.conference.media_plan().heard.len(), 1, "it is heard");
    let goes_on = [resumed_by(PauseCause::Chair, 1, CAN_THO)];
    assert_eq!(room.ok(&chair(), &resume(turn)), goes_on);
    assert_eq!(room.refused(&chair(), &resume(turn)), Rejection::NoChange);
    assert_eq!(room.run(550), [(540, warned(1, CAN_THO, 60))]);
    assert_eq!(
        room.ok(&room_of(CAN_THO), &release(turn)),
        [released(1, CAN_THO, 250)]
    );
}

#[test]
fn the_clock_runs_when_the_last_cause_is_gone() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    room.ok(&chair(), &pause(turn));
    room.jump(5);
    room.down("can-tho-site");
    room.jump(9);
    room.up("can-tho-site", CAN_THO, diemcau_conference::Role::Site);
    assert_eq!(room.turn().running_since, None, "the chair has stopped it");
    room.ok(&chair(), &crate::support::mute_all(true));
    room.ok(&chair(), &resume(turn));
    assert_eq!(
        room.turn().running_since,
        None,
        "all microphones are closed"
    );
    room.ok(&chair(), &crate::support::mute_all(false));
    assert_eq!(room.turn().running_since, Some(room.now));
    assert_eq!(room.turn().spoken, Millis(0));
}

#[test]
fn more_time_brings_its_warnings_again() {
    let mut room = with(|rules| rules.turn = secs(60));
    let turn = room.invite(CAN_THO);
    assert_eq!(
        room.run(55),
        [(30, warned(1, CAN_THO, 30)), (50, warned(1, CAN_THO, 10))]
    );
    assert_eq!(
        room.ok(&chair(), &extend(turn, secs(60))),
        [extended(1, CAN_THO, 60)]
    );
    assert_eq!(
        room.run(200),
        [
            (60, warned(1, CAN_THO, 60)),
            (90, warned(1, CAN_THO, 30)),
            (110, warned(1, CAN_THO, 10)),
            (120, overtime(1, CAN_THO)),
        ]
    );
    // Out of overtime, as far as it goes: 80 s over, 90 s more.
    room.ok(&chair(), &extend(turn, secs(90)));
    assert!(!room.turn().overtime);
    assert_eq!(room.run(300), [(210, overtime(1, CAN_THO))]);
    room.ok(&chair(), &extend(turn, secs(60)));
    assert!(room.turn().overtime, "it is still over its time");
    assert_eq!(room.run(400), []);
}

#[test]
fn an_extension_is_from_a_second_to_four_hours() {
    let mut room = Room::in_session();
    let turn = room.invite(CAN_THO);
    for by in [Millis(0), Millis(999), secs(4 * 3600 + 1)] {
        assert_eq!(
            room.refused(&chair(), &extend(turn, by)),
            Rejection::BadNumber
        );
    }
    room.ok(&chair(), &extend(turn, secs(1)));
    room.ok(&chair(), &extend(turn, secs(4 * 3600)));
}

#[test]
fn time_given_to_the_chairs_own_turn_counts_alike() {
    let mut room = with(|rules| rules.turn = secs(60));
    let turn = room.speaks(&chair(), &crate::support::take());
    room.ok(&chair(), &extend(turn, secs(60)));
    let told = room.run(130);
    assert_eq!(told.last(), Some(&(120, overtime(1, HA_NOI))));
}
