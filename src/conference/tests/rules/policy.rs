//! Rule 5: who is next, and why; the reason is in the event.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, NGHE_AN, Room, TP_HCM, accept_at, chair, changed, draft,
    grant, invite, next, open, policy, preempted, release, released, room_of, secs,
};
use diemcau_conference::{
    Command, Event, GrantReason, Millis, Policy, Rejection, RequestId, SpeechKind,
};

fn with(policy: Policy) -> Room {
    Room::in_session_with(changed(|setup| setup.rules.policy = policy))
}

/// A site asks at a second, and has its place.
fn asks(room: &mut Room, second: u64, from: &str, kind: SpeechKind) -> RequestId {
    room.jump(second);
    room.queued(from, kind)
}

/// A site speaks for so long, and gives the floor back.
fn speaks(room: &mut Room, who: &str, seconds: u64) {
    let epoch = room.invite(who);
    room.now = room.now + Millis::from_secs(seconds);
    room.ok(&room_of(who), &release(epoch));
}

#[track_caller]
fn next_is(room: &mut Room, epoch: u32, who: &str, id: RequestId, reason: GrantReason) {
    let granted = Grant::new(epoch, who)
        .of(id, SpeechKind::Discussion)
        .because(reason)
        .event();
    assert_eq!(room.conference.next_request(), Some(id));
    assert_eq!(room.ok(&chair(), &next()), [granted]);
}

#[test]
fn by_hand_the_queue_is_as_the_chair_arranged_it() {
    let mut room = with(Policy::Manual);
    asks(&mut room, 1, CAN_THO, SpeechKind::PointOfOrder);
    let asked = room.ask(DA_NANG, SpeechKind::Discussion);
    room.ok(&chair(), &accept_at(asked, 1));
    next_is(&mut room, 1, DA_NANG, asked, GrantReason::Place);
}

#[test]
fn first_come_is_by_rank_then_by_the_time_of_asking() {
    let mut room = with(Policy::FirstCome);
    let late = asks(&mut room, 10, CAN_THO, SpeechKind::Discussion);
    let later = asks(&mut room, 20, DA_NANG, SpeechKind::Discussion);
    room.ok(&chair(), &crate::support::move_to(later, 1));
    room.jump(100);
    let waited = secs(90);
    next_is(
        &mut room,
        1,
        CAN_THO,
        late,
        GrantReason::FirstCome { waited },
    );
    let order = asks(&mut room, 110, NGHE_AN, SpeechKind::PointOfOrder);
    room.jump(120);
    assert_eq!(
        room.ok(&chair(), &next()),
        [
            preempted(1, CAN_THO, 20),
            Grant::new(2, NGHE_AN)
                .of(order, SpeechKind::PointOfOrder)
                .because(GrantReason::FirstCome { waited: secs(10) })
                .event()
        ]
    );
}

#[test]
fn of_two_that_asked_at_once_the_first_request_comes_first() {
    let mut room = with(Policy::FirstCome);
    let first = room.ask(CAN_THO, SpeechKind::Discussion);
    let second = room.ask(DA_NANG, SpeechKind::Discussion);
    room.ok(&chair(), &accept_at(second, 1));
    room.ok(&chair(), &accept_at(first, 2));
    let waited = Millis(0);
    next_is(
        &mut room,
        1,
        CAN_THO,
        first,
        GrantReason::FirstCome { waited },
    );
}

#[test]
fn round_robin_is_the_site_with_the_fewest_turns() {
    let mut room = with(Policy::RoundRobin);
    speaks(&mut room, CAN_THO, 5);
    speaks(&mut room, DA_NANG, 5);
    speaks(&mut room, CAN_THO, 5);
    let often = asks(&mut room, 20, CAN_THO, SpeechKind::Discussion);
    let once = asks(&mut room, 30, DA_NANG, SpeechKind::Discussion);
    let never = asks(&mut room, 40, NGHE_AN, SpeechKind::Discussion);
    room.jump(40 + 14 * 60);
    // "Nghệ An: 0 turns, waited 14 min".
    let reason = |turns, waited| GrantReason::RoundRobin { turns, waited };
    next_is(&mut room, 4, NGHE_AN, never, reason(0, secs(840)));
    room.ok(&room_of(NGHE_AN), &release(diemcau_conference::Epoch(4)));
    next_is(&mut room, 5, DA_NANG, once, reason(1, secs(850)));
    room.ok(&room_of(DA_NANG), &release(diemcau_conference::Epoch(5)));
    next_is(&mut room, 6, CAN_THO, often, reason(2, secs(860)));
}

#[test]
fn least_time_is_the_site_that_spoke_least() {
    let mut room = with(Policy::LeastTime);
    speaks(&mut room, CAN_THO, 9);
    speaks(&mut room, DA_NANG, 8);
    let long = asks(&mut room, 20, CAN_THO, SpeechKind::Discussion);
    let short = asks(&mut room, 30, DA_NANG, SpeechKind::Discussion);
    let reason = |spoken, waited| GrantReason::LeastTime { spoken, waited };
    next_is(&mut room, 3, DA_NANG, short, reason(secs(8), secs(0)));
    room.ok(&room_of(DA_NANG), &release(diemcau_conference::Epoch(3)));
    next_is(&mut room, 4, CAN_THO, long, reason(secs(9), secs(10)));
}

#[test]
fn a_higher_rank_comes_first_under_every_policy_but_by_hand() {
    for policy in [Policy::FirstCome, Policy::RoundRobin, Policy::LeastTime] {
        let mut room = with(policy);
        speaks(&mut room, CAN_THO, 60);
        asks(&mut room, 70, DA_NANG, SpeechKind::Discussion);
        let order = asks(&mut room, 80, CAN_THO, SpeechKind::PointOfOrder);
        assert_eq!(room.conference.next_request(), Some(order), "{policy:?}");
    }
}

#[test]
fn a_new_item_and_a_new_session_count_from_nothing() {
    for begins in ["item", "session"] {
        let mut room = with(Policy::RoundRobin);
        speaks(&mut room, CAN_THO, 60);
        if begins == "item" {
            room.begin(draft("Thảo luận", &[]));
        } else {
            room.ok(&chair(), &Command::SessionClose);
            room.ok(&chair(), &open("chiều"));
        }
        let first = asks(&mut room, 70, CAN_THO, SpeechKind::Discussion);
        asks(&mut room, 80, DA_NANG, SpeechKind::Discussion);
        assert_eq!(room.conference.next_request(), Some(first), "{begins}");
    }
}

#[test]
fn who_is_not_linked_or_has_the_floor_is_passed_over_and_keeps_its_place() {
    let mut room = with(Policy::FirstCome);
    asks(&mut room, 1, CAN_THO, SpeechKind::Discussion);
    asks(&mut room, 2, DA_NANG, SpeechKind::Discussion);
    asks(&mut room, 3, NGHE_AN, SpeechKind::Discussion);
    asks(&mut room, 4, DA_NANG, SpeechKind::Proposal);
    room.down("can-tho-site");
    room.invite(TP_HCM);
    room.ok(&chair(), &next());
    assert_eq!(room.holder(), Some(DA_NANG));
    room.ok(&chair(), &next());
    assert_eq!(room.holder(), Some(NGHE_AN));
    assert_eq!(room.queue(), [CAN_THO, DA_NANG]);
}

#[test]
fn the_chair_chooses_the_policy_and_overrides_it() {
    let mut room = with(Policy::Manual);
    let first = asks(&mut room, 1, CAN_THO, SpeechKind::Discussion);
    let second = asks(&mut room, 2, DA_NANG, SpeechKind::Discussion);
    let chosen = Event::FloorPolicyChanged {
        policy: Policy::FirstCome,
    };
    assert_eq!(room.ok(&chair(), &policy(Policy::FirstCome)), [chosen]);
    assert_eq!(
        room.refused(&chair(), &policy(Policy::FirstCome)),
        Rejection::NoChange
    );
    assert_eq!(room.conference.next_request(), Some(first));
    assert_eq!(
        room.ok(&chair(), &grant(second)),
        [Grant::new(1, DA_NANG)
            .of(second, SpeechKind::Discussion)
            .because(GrantReason::Chair)
            .event()]
    );
    room.jump(9);
    assert_eq!(
        room.ok(&chair(), &invite(HA_NOI)),
        [preempted(1, DA_NANG, 7), Grant::new(2, HA_NOI).event()]
    );
    // The chair's choice outlives a change of the configuration.
    let longer = changed(|setup| setup.rules.turn = secs(600));
    room.ok(
        &diemcau_conference::Actor::Room,
        &crate::support::configure(longer),
    );
    assert_eq!(room.conference.policy(), Policy::FirstCome);
    let given_back = room.ok(&chair(), &release(diemcau_conference::Epoch(2)));
    assert_eq!(given_back, [released(2, HA_NOI, 0)]);
}
