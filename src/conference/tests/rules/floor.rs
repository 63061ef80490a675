//! Requests, the queue, and who holds the floor.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, NGHE_AN, Room, THAI_NGUYEN, TP_HCM, WORDS, accept, accept_at,
    accepted, cancel, cancelled, chair, changed, denied, deny, grant, granted, invite,
    main_picture, open, override_microphone, paused, person, preempted, release, released, request,
    request_words, requested, revoke, revoked, room_of, site, take, taken, warned,
};
use diemcau_conference::{
    Command, Epoch, Event, Floor, GrantReason, Millis, Rejection, RequestId, RevokeCause, Role,
    SpeechKind,
};

#[test]
fn a_request_waits_for_the_chair() {
    let mut room = Room::in_session();
    let events = room.ok(&room_of(CAN_THO), &request(SpeechKind::Proposal));
    assert_eq!(events, [requested(1, CAN_THO, SpeechKind::Proposal)]);
    assert_eq!((room.pending(), room.queue()), (vec![CAN_THO], vec![]));
    assert_eq!(
        room.ok(&chair(), &accept(RequestId(1))),
        [accepted(1, CAN_THO, 1)]
    );
    assert_eq!((room.pending(), room.queue()), (vec![], vec![CAN_THO]));
}

#[test]
fn where_the_rules_say_so_a_request_has_its_place_at_once() {
    let mut room = Room::in_session_with(changed(|s| s.rules.accept_automatically = true));
    room.ask(CAN_THO, SpeechKind::Discussion);
    let events = room.ok(&room_of(DA_NANG), &request(SpeechKind::Explanation));
    let expected = [
        requested(2, DA_NANG, SpeechKind::Explanation),
        accepted(2, DA_NANG, 1),
    ];
    assert_eq!(events, expected);
    assert_eq!(room.queue(), [DA_NANG, CAN_THO]);
}

#[test]
fn the_queue_is_in_order_of_rank_then_of_coming() {
    let mut room = Room::in_session();
    for (from, kind) in [
        (CAN_THO, SpeechKind::Discussion),
        (DA_NANG, SpeechKind::Proposal),
        (NGHE_AN, SpeechKind::Discussion),
        (TP_HCM, SpeechKind::PointOfOrder),
        (THAI_NGUYEN, SpeechKind::Proposal),
        (HA_NOI, SpeechKind::PreparedSpeech),
    ] {
        let request = room.ask(from, kind);
        room.ok(&chair(), &accept(request));
    }
    assert_eq!(
        room.queue(),
        [TP_HCM, HA_NOI, DA_NANG, THAI_NGUYEN, CAN_THO, NGHE_AN]
    );
}

#[test]
fn the_chair_accepts_at_a_place() {
    let mut room = Room::in_session();
    let sites = [CAN_THO, DA_NANG, NGHE_AN, TP_HCM];
    let [a, b, c, d] = sites.map(|from| room.ask(from, SpeechKind::Discussion));
    assert_eq!(
        room.ok(&chair(), &accept_at(a, 1)),
        [accepted(1, CAN_THO, 1)]
    );
    assert_eq!(
        room.ok(&chair(), &accept_at(b, 1)),
        [accepted(2, DA_NANG, 1)]
    );
    assert_eq!(
        room.ok(&chair(), &accept_at(c, 2)),
        [accepted(3, NGHE_AN, 2)]
    );
    assert_eq!(
        room.refused(&chair(), &accept_at(d, 0)),
        Rejection::BadNumber
    );
    assert_eq!(
        room.ok(&chair(), &accept_at(d, 99)),
        [accepted(4, TP_HCM, 4)]
    );
    assert_eq!(room.queue(), [DA_NANG, NGHE_AN, CAN_THO, TP_HCM]);
    assert_eq!(
        room.refused(&chair(), &accept_at(d, 1)),
        Rejection::AlreadyAccepted
    );
}

#[test]
fn a_site_has_one_open_request_of_a_kind() {
    let mut room = Room::in_session_with(changed(|s| s.rules.requests_per_site = 1));
    let ask = request(SpeechKind::Proposal);
    let first = room.ask(CAN_THO, SpeechKind::Discussion);
    assert_eq!(
        room.refused(&room_of(CAN_THO), &ask),
        Rejection::AlreadyRequested
    );
    room.ok(&chair(), &accept(first));
    assert_eq!(
        room.refused(&room_of(CAN_THO), &ask),
        Rejection::AlreadyRequested
    );
    room.ok(&chair(), &grant(first));
    assert_eq!(room.refused(&room_of(CAN_THO), &ask), Rejection::HoldsFloor);
    room.ok(&room_of(CAN_THO), &release(Epoch(1)));
    room.ok(&room_of(CAN_THO), &ask);
}

#[test]
fn a_final_state_is_final() {
    let deny = |request| deny(request, "hết giờ");
    let endings: [(&str, Vec<Command>); 4] = [
        ("denied", vec![deny(RequestId(1))]),
        ("cancelled", vec![cancel(RequestId(1))]),
        ("granted", vec![grant(RequestId(1))]),
        (
            "denied in the queue",
            vec![accept(RequestId(1)), deny(RequestId(1))],
        ),
    ];
    for (name, commands) in endings {
        let mut room = Room::in_session();
        let id = room.ask(CAN_THO, SpeechKind::Discussion);
        for command in &commands {
            room.ok(&chair(), command);
        }
        for late in [accept(id), deny(id), grant(id), cancel(id)] {
            let answer = room.refused(&chair(), &late);
            assert_eq!(answer, Rejection::RequestClosed, "{name}, then {late:?}");
        }
        assert_eq!((room.pending(), room.queue()), (vec![], vec![]), "{name}");
    }
}

#[test]
fn a_request_that_never_was_is_unknown() {
    let mut room = Room::in_session();
    room.ask(CAN_THO, SpeechKind::Discussion);
    for id in [RequestId(0), RequestId(2), RequestId(u32::MAX)] {
        assert_eq!(
            room.refused(&chair(), &accept(id)),
            Rejection::UnknownRequest
        );
        assert_eq!(
            room.refused(&chair(), &grant(id)),
            Rejection::UnknownRequest
        );
    }
}

#[test]
fn a_site_cancels_its_own_and_the_host_any() {
    let cases = [
        (room_of(CAN_THO), None),
        (room_of(DA_NANG), Some(Rejection::NotYours)),
        (room_of(HA_NOI), Some(Rejection::NotYours)),
        (person(HA_NOI, Role::Secretary), None),
        (chair(), None),
    ];
    for (actor, refusal) in cases {
        let mut room = Room::in_session();
        let request = room.ask(CAN_THO, SpeechKind::Discussion);
        let answer = room.say(&actor, &cancel(request));
        let done = vec![cancelled(1, CAN_THO)];
        assert_eq!(answer, refusal.map_or(Ok(done), Err), "{actor:?}");
    }
}

#[test]
fn a_denial_carries_its_reason() {
    let mut room = Room::in_session();
    let request = room.ask(CAN_THO, SpeechKind::Discussion);
    let reason = "đã có ý kiến này";
    assert_eq!(
        room.ok(&chair(), &deny(request, reason)),
        [denied(1, CAN_THO, reason)]
    );
}

#[test]
fn a_grant_out_of_turn_interrupts_and_leaves_the_queue() {
    let mut room = Room::in_session();
    let [first, second, third] = [CAN_THO, DA_NANG, NGHE_AN].map(|from| {
        let request = room.ask(from, SpeechKind::Discussion);
        room.ok(&chair(), &accept(request));
        request
    });
    room.ok(&chair(), &grant(first));
    room.jump(12);
    assert_eq!(
        room.ok(&chair(), &grant(third)),
        [
            preempted(1, CAN_THO, 12),
            Grant::new(2, NGHE_AN)
                .of(third, SpeechKind::Discussion)
                .because(GrantReason::Chair)
                .event(),
        ]
    );
    assert_eq!(
        (room.holder(), room.queue()),
        (Some(NGHE_AN), vec![DA_NANG])
    );
    assert_eq!(room.turn().words, WORDS);
    room.ok(&chair(), &grant(second));
}

#[test]
fn a_pending_request_may_be_granted_directly() {
    let mut room = Room::in_session();
    let request = room.ask(CAN_THO, SpeechKind::Discussion);
    room.ok(&chair(), &grant(request));
    assert_eq!((room.holder(), room.pending()), (Some(CAN_THO), vec![]));
}

#[test]
fn the_chair_invites_takes_and_gets_the_next_epoch_each_time() {
    let mut room = Room::in_session();
    assert_eq!(room.ok(&chair(), &invite(CAN_THO)), [granted(1, CAN_THO)]);
    assert_eq!(
        room.refused(&chair(), &invite(CAN_THO)),
        Rejection::HoldsFloor
    );
    assert_eq!(
        room.refused(&chair(), &invite("hue")),
        Rejection::UnknownSite
    );
    let taken = [preempted(1, CAN_THO, 0), taken(2, HA_NOI)];
    assert_eq!(room.ok(&chair(), &take()), taken);
    assert_eq!(room.refused(&chair(), &take()), Rejection::HoldsFloor);
}

#[test]
fn an_absent_site_gets_no_floor_and_keeps_its_place() {
    let mut room = Room::in_session();
    let request = room.ask(CAN_THO, SpeechKind::Discussion);
    room.ok(&chair(), &accept(request));
    room.down("can-tho-site");
    assert_eq!(
        room.refused(&chair(), &grant(request)),
        Rejection::SiteAbsent
    );
    assert_eq!(
        room.refused(&chair(), &invite(CAN_THO)),
        Rejection::SiteAbsent
    );
    room.run(3600);
    assert_eq!(room.queue(), [CAN_THO]);
    room.up("can-tho-site", CAN_THO, Role::Site);
    room.ok(&chair(), &grant(request));
}

#[test]
fn the_holder_releases_from_any_of_its_devices_and_nobody_else_does() {
    let mut room = Room::in_session();
    let epoch = room.invite(CAN_THO);
    assert_eq!(
        room.refused(&room_of(DA_NANG), &release(epoch)),
        Rejection::NotYours
    );
    assert_eq!(room.refused(&chair(), &release(epoch)), Rejection::NotYours);
    room.jump(30);
    assert_eq!(
        room.ok(&room_of(CAN_THO), &release(epoch)),
        [released(1, CAN_THO, 30)]
    );
    assert_eq!(
        room.refused(&room_of(CAN_THO), &release(epoch)),
        Rejection::StaleEpoch
    );
    room.ok(&chair(), &take());
    assert_eq!(
        room.ok(&room_of(HA_NOI), &release(Epoch(2))),
        [released(2, HA_NOI, 0)]
    );
    room.ok(&chair(), &take());
    assert_eq!(
        room.ok(&chair(), &release(Epoch(3))),
        [released(3, HA_NOI, 0)]
    );
}

#[test]
fn a_command_for_an_older_turn_is_refused() {
    let mut room = Room::in_session();
    let old = room.invite(CAN_THO);
    let new = room.invite(DA_NANG);
    let revoke = |epoch| revoke(epoch, "quá giờ");
    for epoch in [old, new.next(), Epoch(0)] {
        assert_eq!(
            room.refused(&chair(), &revoke(epoch)),
            Rejection::StaleEpoch
        );
    }
    let late = room.refused(&room_of(CAN_THO), &release(old));
    assert_eq!(late, Rejection::StaleEpoch);
    room.jump(4);
    assert_eq!(
        room.ok(&chair(), &revoke(new)),
        [Event::FloorRevoked {
            epoch: new,
            site: site(DA_NANG),
            cause: RevokeCause::Chair,
            reason: "quá giờ".to_owned(),
            spoke: Millis::from_secs(4),
        }]
    );
    assert_eq!(room.holder(), None);
}

#[test]
fn a_site_that_is_called_up_has_what_it_asked_for() {
    let mut room = Room::in_session();
    let asked = room.ask(CAN_THO, SpeechKind::Proposal);
    room.ok(&chair(), &accept(asked));
    assert_eq!(
        room.ok(&chair(), &invite(CAN_THO)),
        [Grant::new(1, CAN_THO)
            .of(asked, SpeechKind::Proposal)
            .event()]
    );
    assert!(room.queue().is_empty(), "it does not wait for what it has");
}

#[test]
fn words_are_one_line_of_plain_text() {
    let mut room = Room::in_session();
    for words in ["hai\ndòng", "\0", "\u{202e}ngược", "\u{2066}", "\u{7f}"] {
        let ask = request_words(SpeechKind::Discussion, words);
        assert_eq!(
            room.refused(&room_of(CAN_THO), &ask),
            Rejection::BadText,
            "{words:?}"
        );
        room.ok(&chair(), &Command::SessionClose);
        assert_eq!(
            room.refused(&chair(), &open(words)),
            Rejection::BadText,
            "{words:?}"
        );
        room.ok(&chair(), &open("sáng"));
    }
}

#[test]
fn words_and_reasons_have_at_most_200_characters() {
    let mut room = Room::in_session();
    let long = "ữ".repeat(201);
    let fits = "ữ".repeat(200);
    let ask = |words: &str| request_words(SpeechKind::Discussion, words);
    assert_eq!(
        room.refused(&room_of(CAN_THO), &ask(&long)),
        Rejection::BadText
    );
    room.ok(&room_of(CAN_THO), &ask(&fits));
    let deny = |reason: &str| deny(RequestId(1), reason);
    assert_eq!(room.refused(&chair(), &deny(&long)), Rejection::BadText);
    room.ok(&chair(), &deny(&fits));
    let epoch = room.invite(CAN_THO);
    let revoke = |reason: &str| revoke(epoch, reason);
    assert_eq!(room.refused(&chair(), &revoke(&long)), Rejection::BadText);
    room.ok(&chair(), &revoke(&fits));
}

#[test]
fn what_is_so_already_is_no_change() {
    let mut room = Room::in_session();
    let open = override_microphone(true);
    assert_eq!(
        room.ok(&chair(), &open),
        [Event::MicrophoneOverridden { open: true }]
    );
    assert_eq!(room.refused(&chair(), &open), Rejection::NoChange);
    let main = |id: &str| main_picture(Some(id));
    let chosen = [Event::PictureMainChosen {
        site: Some(site(CAN_THO)),
    }];
    assert_eq!(room.ok(&chair(), &main(CAN_THO)), chosen);
    assert_eq!(room.refused(&chair(), &main(CAN_THO)), Rejection::NoChange);
    assert_eq!(room.refused(&chair(), &main("hue")), Rejection::UnknownSite);
    room.leave("nghe-an-site");
    assert_eq!(
        room.refused(&chair(), &main(NGHE_AN)),
        Rejection::SiteAbsent
    );
}

#[test]
fn an_event_of_an_older_turn_leaves_the_present_one_alone() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    room.invite(DA_NANG);
    let floor = |room: &Room| {
        let conference = &room.conference;
        let interrupted = conference.interrupted().cloned();
        let account = conference.account(&site(CAN_THO));
        (
            conference.turns(Floor::Speech).to_vec(),
            interrupted,
            account,
        )
    };
    let before = floor(&room);
    for event in [
        revoked(1, CAN_THO, RevokeCause::Overtime, 1),
        paused(1, CAN_THO, Some(9)),
        warned(1, CAN_THO, 10),
    ] {
        room.conference.apply(room.now, &event);
        assert_eq!(floor(&room), before, "{event:?}");
    }
}
