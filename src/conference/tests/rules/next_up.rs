//! Rule 10: the site that is next is told, and says that it is ready.

use crate::support::{
    CAN_THO, DA_NANG, Grant, NGHE_AN, Room, at, call, call_next, called, cancel, cancelled, chair,
    changed, draft, grant, invite, is_ready, next, ready, request_to_present, room_of, secs,
    skipped,
};
use diemcau_conference::{
    Command, Floor, GrantReason, Policy, Rejection, RequestId, Rules, SpeechKind,
};

fn with(change: impl FnOnce(&mut Rules)) -> Room {
    Room::in_session_with(changed(|setup| change(&mut setup.rules)))
}

/// Cần Thơ, Đà Nẵng and Nghệ An in the queue, in this order, under a policy that goes on by itself.
fn three_wait() -> (Room, [RequestId; 3]) {
    let mut room = with(|rules| rules.policy = Policy::FirstCome);
    let ids = [CAN_THO, DA_NANG, NGHE_AN].map(|from| room.queued(from, SpeechKind::Discussion));
    (room, ids)
}

fn first_come(waited: u64) -> GrantReason {
    GrantReason::FirstCome {
        waited: secs(waited),
    }
}

#[test]
fn who_is_ready_is_next() {
    let (mut room, [_, second, _]) = three_wait();
    assert_eq!(
        room.ok(&chair(), &call(second)),
        [called(2, DA_NANG, 30, GrantReason::Chair)]
    );
    assert_eq!(room.conference.called().map(|c| c.ready), Some(false));
    room.jump(10);
    assert_eq!(
        room.ok(&room_of(DA_NANG), &ready(second)),
        [is_ready(2, DA_NANG)]
    );
    assert_eq!(room.run(60), [], "its time has been answered");
    assert_eq!(
        room.ok(&chair(), &next()),
        [Grant::new(1, DA_NANG)
            .of(second, SpeechKind::Discussion)
            .because(GrantReason::Chair)
            .event()]
    );
    assert_eq!(room.conference.called(), None);
}

#[test]
fn only_who_was_called_is_ready_and_says_so_once() {
    let (mut room, [first, second, _]) = three_wait();
    let refused = |room: &mut Room, who, id| room.refused(&room_of(who), &ready(id));
    assert_eq!(refused(&mut room, CAN_THO, first), Rejection::NotCalled);
    room.ok(&chair(), &call_next());
    assert_eq!(refused(&mut room, DA_NANG, second), Rejection::NotCalled);
    assert_eq!(refused(&mut room, DA_NANG, first), Rejection::NotYours);
    room.ok(&room_of(CAN_THO), &ready(first));
    assert_eq!(refused(&mut room, CAN_THO, first), Rejection::NoChange);
}

#[test]
fn an_answer_that_comes_too_late_is_none() {
    let (mut room, [first, ..]) = three_wait();
    room.ok(&chair(), &call(first));
    room.jump(30);
    assert_eq!(
        room.refused(&room_of(CAN_THO), &ready(first)),
        Rejection::NotCalled
    );
}

#[test]
fn no_answer_passes_a_site_over_once_and_its_place_stays() {
    let (mut room, [first, second, third]) = three_wait();
    assert_eq!(
        room.ok(&chair(), &call_next()),
        [called(1, CAN_THO, 30, first_come(0))]
    );
    // The policy's next is told in its stead; who was passed over is not called by itself again.
    assert_eq!(
        room.run(300),
        [
            (30, skipped(1, CAN_THO)),
            (30, called(2, DA_NANG, 60, first_come(30))),
            (60, skipped(2, DA_NANG)),
            (60, called(3, NGHE_AN, 90, first_come(60))),
            (90, skipped(3, NGHE_AN)),
        ]
    );
    assert_eq!(room.queue(), [CAN_THO, DA_NANG, NGHE_AN]);
    assert_eq!(room.conference.next_request(), Some(first));
    let order = [first, second, third].map(|_| {
        room.ok(&chair(), &next());
        room.holder().map(str::to_owned)
    });
    assert_eq!(order.map(Option::unwrap), [CAN_THO, DA_NANG, NGHE_AN]);
}

#[test]
fn who_was_passed_over_comes_next_but_one() {
    let (mut room, [first, second, _]) = three_wait();
    room.ok(&chair(), &call(first));
    assert_eq!(room.run(30), [(30, skipped(1, CAN_THO))]);
    assert_eq!(room.conference.next_request(), Some(second));
    room.ok(&chair(), &next());
    assert_eq!(room.holder(), Some(DA_NANG));
    assert_eq!(room.conference.next_request(), Some(first), "once");
}

#[test]
fn whom_the_chair_called_nobody_follows_by_itself() {
    let (mut room, [_, second, _]) = three_wait();
    room.ok(&chair(), &call(second));
    assert_eq!(room.run(300), [(30, skipped(2, DA_NANG))]);
    assert_eq!(room.conference.called(), None);
}

#[test]
fn another_call_gives_more_time_but_not_to_who_is_ready() {
    let (mut room, [first, ..]) = three_wait();
    room.ok(&chair(), &call_next());
    room.jump(20);
    assert_eq!(
        room.ok(&chair(), &call_next()),
        [called(1, CAN_THO, 50, first_come(20))]
    );
    room.ok(&room_of(CAN_THO), &ready(first));
    for again in [call_next(), call(first)] {
        assert_eq!(room.refused(&chair(), &again), Rejection::NoChange);
    }
    assert_eq!(room.run(300), []);
}

#[test]
fn another_call_takes_the_place_of_the_first() {
    let (mut room, [first, second, _]) = three_wait();
    room.ok(&chair(), &call(first));
    room.jump(5);
    room.ok(&chair(), &call(second));
    assert_eq!(
        room.refused(&room_of(CAN_THO), &ready(first)),
        Rejection::NotCalled
    );
    // Nobody was passed over by that.
    assert_eq!(room.run(300), [(35, skipped(2, DA_NANG))]);
    assert_eq!(room.conference.next_request(), Some(first));
}

#[test]
fn a_call_is_over_with_its_request() {
    let (mut room, [first, second, _]) = three_wait();
    room.ok(&chair(), &call(first));
    let told = room.ok(&room_of(CAN_THO), &cancel(first));
    assert_eq!(told, [cancelled(1, CAN_THO)]);
    assert_eq!(room.conference.called(), None);
    room.ok(&chair(), &call(second));
    room.ok(&chair(), &grant(second));
    assert_eq!(room.conference.called(), None);
    assert_eq!(room.conference.next_deadline(), Some(at(10)), "its silence");
}

#[test]
fn who_is_ready_and_loses_its_link_is_not_next() {
    let (mut room, [_, second, third]) = three_wait();
    room.ok(&chair(), &call(third));
    room.ok(&room_of(NGHE_AN), &ready(third));
    assert_eq!(room.conference.next_request(), Some(third));
    room.down("nghe-an-site");
    room.ok(&chair(), &invite(CAN_THO));
    assert_eq!(room.conference.next_request(), Some(second));
}

#[test]
fn only_who_has_a_place_and_is_linked_is_called() {
    let mut room = Room::in_session();
    assert_eq!(room.refused(&chair(), &call_next()), Rejection::NobodyWaits);
    let waits = room.ask(CAN_THO, SpeechKind::Discussion);
    assert_eq!(room.refused(&chair(), &call(waits)), Rejection::NotInQueue);
    assert_eq!(
        room.refused(&chair(), &call(RequestId(9))),
        Rejection::UnknownRequest
    );
    let queued = room.queued(DA_NANG, SpeechKind::Discussion);
    room.leave("da-nang-site");
    assert_eq!(room.refused(&chair(), &call(queued)), Rejection::SiteAbsent);
    assert_eq!(room.refused(&chair(), &call_next()), Rejection::NobodyWaits);
    room.ok(&room_of(NGHE_AN), &request_to_present());
    let shown = room.conference.pending(Floor::Presentation)[0].id;
    room.ok(&chair(), &crate::support::accept(shown));
    assert_eq!(room.refused(&chair(), &call(shown)), Rejection::NotInQueue);
}

#[test]
fn a_prepared_speaker_is_called_first() {
    let mut room = Room::in_session();
    room.begin(draft("Tham luận", &[DA_NANG]));
    room.queued(CAN_THO, SpeechKind::PointOfOrder);
    assert_eq!(
        room.ok(&chair(), &call_next()),
        [called(1, DA_NANG, 30, GrantReason::Prepared)]
    );
}

#[test]
fn the_time_to_answer_is_a_rule_and_an_outage_does_not_count() {
    let mut room = with(|rules| rules.ready = secs(60));
    let first = room.queued(CAN_THO, SpeechKind::Discussion);
    assert_eq!(
        room.ok(&chair(), &call(first)),
        [called(1, CAN_THO, 60, GrantReason::Chair)]
    );
    room.jump(110);
    room.outage(at(10), at(110));
    assert_eq!(room.conference.called().map(|c| c.until), Some(at(160)));
}

#[test]
fn a_session_that_ends_calls_nobody() {
    let (mut room, [first, ..]) = three_wait();
    room.ok(&chair(), &call(first));
    room.ok(&chair(), &Command::SessionClose);
    assert_eq!(room.conference.called(), None);
    assert_eq!(room.run(300), []);
}
