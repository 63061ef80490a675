//! Rules 1 to 3: kinds and ranks, requests on behalf, and what the chair does with a request.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, NGHE_AN, Room, THAI_NGUYEN, TP_HCM, accept, accepted, cancel,
    cancelled, chair, changed, clear, defer, deferred, deny, draft, grant, move_to, moved, person,
    preempted, request, request_for, request_to_present, requested, requested_for,
    requested_to_present, room_of, site,
};
use diemcau_conference::{
    Command, Event, Floor, GrantReason, Policy, Rejection, RequestId, Role, SpeechKind,
};

const RANKS: [SpeechKind; 5] = [
    SpeechKind::PointOfOrder,
    SpeechKind::Explanation,
    SpeechKind::PreparedSpeech,
    SpeechKind::Proposal,
    SpeechKind::Discussion,
];

/// Cần Thơ, Đà Nẵng and Nghệ An in the queue, in this order.
fn three_in_the_queue() -> (Room, [RequestId; 3]) {
    let mut room = Room::in_session();
    let ids = [CAN_THO, DA_NANG, NGHE_AN].map(|from| room.queued(from, SpeechKind::Discussion));
    (room, ids)
}

#[test]
fn every_kind_stands_before_the_lower_ones() {
    for (rank, higher) in RANKS.into_iter().enumerate() {
        for lower in RANKS.into_iter().skip(rank + 1) {
            let mut room = Room::in_session();
            room.queued(CAN_THO, lower);
            room.queued(DA_NANG, higher);
            assert_eq!(room.queue(), [DA_NANG, CAN_THO], "{higher:?} {lower:?}");
        }
        let mut room = Room::in_session();
        room.queued(CAN_THO, higher);
        room.queued(DA_NANG, higher);
        assert_eq!(room.queue(), [CAN_THO, DA_NANG], "two of {higher:?}");
    }
}

#[test]
fn the_end_of_a_rank_is_behind_what_the_chair_put_there() {
    let (mut room, [_, _, last]) = three_in_the_queue();
    room.ok(&chair(), &move_to(last, 1));
    // A point of order comes before all of them, a discussion behind all of them.
    room.queued(TP_HCM, SpeechKind::PointOfOrder);
    room.queued(THAI_NGUYEN, SpeechKind::Discussion);
    assert_eq!(
        room.queue(),
        [TP_HCM, NGHE_AN, CAN_THO, DA_NANG, THAI_NGUYEN]
    );
}

#[test]
fn the_host_asks_for_a_site_and_names_who_would_speak() {
    for role in [Role::Secretary, Role::Technician] {
        let mut room = Room::in_session();
        let ask = request_for(CAN_THO, SpeechKind::Proposal, "Bà Lê Thị Hoa");
        assert_eq!(
            room.ok(&person(HA_NOI, role), &ask),
            [requested_for(
                1,
                CAN_THO,
                SpeechKind::Proposal,
                "Bà Lê Thị Hoa"
            )]
        );
        // It is the site's own: it may take it back, and may not ask the same again.
        assert_eq!(
            room.refused(&room_of(CAN_THO), &request(SpeechKind::Proposal)),
            Rejection::AlreadyRequested
        );
        let request = RequestId(1);
        assert_eq!(
            room.ok(&room_of(CAN_THO), &cancel(request)),
            [cancelled(1, CAN_THO)]
        );
    }
}

#[test]
fn a_site_asks_for_itself_alone() {
    let mut room = Room::in_session();
    let for_can_tho = request_for(CAN_THO, SpeechKind::Discussion, "");
    assert_eq!(
        room.refused(&room_of(DA_NANG), &for_can_tho),
        Rejection::NotYours
    );
    // The room of the centre is no desk.
    assert_eq!(
        room.refused(&room_of(HA_NOI), &for_can_tho),
        Rejection::NotYours
    );
    assert_eq!(
        room.ok(&room_of(CAN_THO), &for_can_tho),
        [requested(1, CAN_THO, SpeechKind::Discussion)]
    );
    let nowhere = request_for("hue", SpeechKind::Discussion, "");
    assert_eq!(
        room.refused(&person(HA_NOI, Role::Secretary), &nowhere),
        Rejection::UnknownSite
    );
}

#[test]
fn the_secretary_who_names_no_site_asks_for_the_centre() {
    let mut room = Room::in_session();
    let secretary = person(HA_NOI, Role::Secretary);
    assert_eq!(
        room.ok(&secretary, &request(SpeechKind::Explanation)),
        [requested(1, HA_NOI, SpeechKind::Explanation)]
    );
}

#[test]
fn a_delegate_has_a_name_of_at_most_100_characters_in_one_line() {
    let mut room = Room::in_session();
    let ask = |name: &str| request_for(CAN_THO, SpeechKind::Discussion, name);
    for name in ["Bà\nHoa", &"ữ".repeat(101)] {
        assert_eq!(
            room.refused(&room_of(CAN_THO), &ask(name)),
            Rejection::BadText
        );
    }
    room.ok(&room_of(CAN_THO), &ask(&"ữ".repeat(100)));
}

#[test]
fn whoever_speaks_is_named_in_the_turn() {
    let mut room = Room::in_session();
    let ask = request_for(CAN_THO, SpeechKind::Proposal, "Bà Lê Thị Hoa");
    room.ok(&room_of(CAN_THO), &ask);
    room.ok(&chair(), &grant(RequestId(1)));
    let turn = room.turn();
    assert_eq!(
        (turn.kind, turn.beneficiary.as_str()),
        (Some(SpeechKind::Proposal), "Bà Lê Thị Hoa")
    );
}

#[test]
fn the_chair_reorders() {
    let (mut room, [a, b, c]) = three_in_the_queue();
    assert_eq!(room.ok(&chair(), &move_to(c, 1)), [moved(3, NGHE_AN, 1)]);
    assert_eq!(room.queue(), [NGHE_AN, CAN_THO, DA_NANG]);
    // Behind the end means the end: the queue may be shorter than it was.
    assert_eq!(room.ok(&chair(), &move_to(a, 99)), [moved(1, CAN_THO, 3)]);
    assert_eq!(room.queue(), [NGHE_AN, DA_NANG, CAN_THO]);
    assert_eq!(room.refused(&chair(), &move_to(b, 2)), Rejection::NoChange);
    assert_eq!(room.refused(&chair(), &move_to(a, 9)), Rejection::NoChange);
    assert_eq!(room.refused(&chair(), &move_to(b, 0)), Rejection::BadNumber);
    let waits = room.ask(TP_HCM, SpeechKind::Discussion);
    assert_eq!(
        room.refused(&chair(), &move_to(waits, 1)),
        Rejection::NotInQueue
    );
}

#[test]
fn the_chair_defers_behind_all_ranks() {
    let mut room = Room::in_session();
    let first = room.queued(CAN_THO, SpeechKind::PointOfOrder);
    room.queued(DA_NANG, SpeechKind::Discussion);
    assert_eq!(room.ok(&chair(), &defer(first)), [deferred(1, CAN_THO, 2)]);
    assert_eq!(room.queue(), [DA_NANG, CAN_THO]);
    assert_eq!(room.refused(&chair(), &defer(first)), Rejection::NoChange);
    // One that waits for the chair has its place there.
    let waits = room.ask(NGHE_AN, SpeechKind::PointOfOrder);
    assert_eq!(room.ok(&chair(), &defer(waits)), [deferred(3, NGHE_AN, 3)]);
    // No policy takes it before others.
    let policy = Policy::FirstCome;
    room.ok(&chair(), &Command::FloorPolicy { policy });
    assert_eq!(room.conference.next_request(), Some(RequestId(2)));
    let (request, place) = (first, 1);
    room.ok(&chair(), &Command::FloorMove { request, place });
    assert_eq!(room.conference.next_request(), Some(first));
}

#[test]
fn the_chair_clears_what_was_asked_for_on_one_floor() {
    let mut room = Room::in_session();
    room.begin(draft("Tham luận", &[THAI_NGUYEN]));
    room.queued(CAN_THO, SpeechKind::Discussion);
    room.ask(DA_NANG, SpeechKind::Discussion);
    room.ok(&room_of(NGHE_AN), &request_to_present());
    assert_eq!(
        room.ok(&chair(), &clear(Floor::Speech)),
        [cancelled(2, CAN_THO), cancelled(3, DA_NANG)]
    );
    assert_eq!(
        room.refused(&chair(), &clear(Floor::Speech)),
        Rejection::NoChange,
        "prepared speakers did not ask"
    );
    assert_eq!(room.conference.prepared().len(), 1);
    assert_eq!(
        room.ok(&chair(), &clear(Floor::Presentation)),
        [cancelled(4, NGHE_AN)]
    );
}

#[test]
fn every_grant_has_a_higher_epoch_on_whichever_floor() {
    let mut room = Room::in_session();
    let mut last = 0;
    for _ in 0..3 {
        for (floor, to) in [
            (Floor::Speech, CAN_THO),
            (Floor::Presentation, DA_NANG),
            (Floor::Speech, NGHE_AN),
            (Floor::Presentation, TP_HCM),
        ] {
            let events = room.ok(&chair(), &crate::support::invite_on(floor, to));
            let Some(Event::FloorGranted { epoch, .. }) = events.last() else {
                panic!("an invitation gave {events:?}");
            };
            assert_eq!(epoch.0, last + 1);
            last = epoch.0;
        }
    }
}

#[test]
fn a_request_to_present_names_the_device_that_asked_and_has_no_rank() {
    let mut room = Room::in_session();
    assert_eq!(
        room.ok(&room_of(CAN_THO), &request_to_present()),
        [requested_to_present(1, CAN_THO, Some("can-tho-site"))]
    );
    assert_eq!(
        room.refused(&room_of(CAN_THO), &request_to_present()),
        Rejection::AlreadyRequested
    );
    room.ok(&chair(), &accept(RequestId(1)));
    let mut pushing = request_to_present();
    if let Command::FloorRequest { kind, .. } = &mut pushing {
        *kind = SpeechKind::PointOfOrder;
    }
    room.ok(&room_of(DA_NANG), &pushing);
    assert_eq!(
        room.ok(&chair(), &accept(RequestId(2))),
        [accepted(2, DA_NANG, 2)],
        "a kind is of no meaning there"
    );
}

#[test]
fn a_request_is_granted_out_of_turn_and_the_places_of_the_others_stay() {
    let (mut room, [_, second, _]) = three_in_the_queue();
    room.speaks(&chair(), &grant(RequestId(1)));
    room.jump(3);
    assert_eq!(
        room.ok(&chair(), &grant(RequestId(3))),
        [
            preempted(1, CAN_THO, 3),
            Grant::new(2, NGHE_AN)
                .of(RequestId(3), SpeechKind::Discussion)
                .because(GrantReason::Chair)
                .event()
        ]
    );
    assert_eq!(room.queue(), [DA_NANG]);
    let denied = room.ok(&chair(), &deny(second, "đã rõ"));
    assert_eq!(
        denied,
        [Event::FloorDenied {
            request: second,
            site: site(DA_NANG),
            reason: "đã rõ".to_owned()
        }]
    );
}

#[test]
fn who_may_present_is_asked_in_the_order_of_the_queue() {
    let mut room = Room::in_session_with(changed(|s| s.rules.accept_automatically = true));
    room.ok(&room_of(CAN_THO), &request_to_present());
    room.ok(&room_of(DA_NANG), &request_to_present());
    let next = Command::FloorNext {
        floor: Floor::Presentation,
    };
    assert_eq!(
        room.ok(&chair(), &next),
        [Grant::to_present(1, CAN_THO, "can-tho-site")
            .of(RequestId(1), SpeechKind::Discussion)
            .because(GrantReason::Place)
            .event()]
    );
}
