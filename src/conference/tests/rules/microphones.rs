//! Rule 16: the chair's microphone, all the others, and who may present.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, NGHE_AN, Room, chair, changed, grant, invite, invite_on,
    lock_presentation, mute_all, next, override_microphone, paused_by, preempted, release,
    request_to_present, requested_to_present, resumed_by, revoked, room_of, secs, site, take,
    take_on, taken,
};
use diemcau_conference::{
    Event, Floor, GrantReason, PauseCause, Rejection, RequestId, RevokeCause, Role, SpeechKind,
};

fn heard(room: &Room) -> Vec<String> {
    let heard = room.conference.media_plan().heard;
    heard
        .iter()
        .map(|source| source.device.to_string())
        .collect()
}

#[test]
fn all_microphones_are_closed_and_their_clocks_stand_still() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    room.jump(30);
    assert_eq!(
        room.ok(&chair(), &mute_all(true)),
        [
            Event::MicrophonesMuted { muted: true },
            paused_by(PauseCause::Muted, 1, CAN_THO)
        ]
    );
    assert!(heard(&room).is_empty());
    assert_eq!(room.refused(&chair(), &mute_all(true)), Rejection::NoChange);
    assert_eq!(room.run(500), []);
    assert_eq!(
        room.ok(&chair(), &mute_all(false)),
        [
            Event::MicrophonesMuted { muted: false },
            resumed_by(PauseCause::Muted, 1, CAN_THO)
        ]
    );
    assert_eq!(heard(&room), ["can-tho-site"]);
    assert_eq!(room.turn().left_at(room.now), secs(270));
}

#[test]
fn the_chairs_own_microphone_stays() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    room.ok(&chair(), &override_microphone(true));
    room.ok(&chair(), &mute_all(true));
    assert_eq!(heard(&room), ["ha-noi-chair"]);
    room.ok(&chair(), &override_microphone(false));
    assert!(heard(&room).is_empty());
    assert_eq!(
        room.ok(&chair(), &take()),
        [preempted(1, CAN_THO, 0), taken(2, HA_NOI)],
        "its clock runs"
    );
    assert_eq!(heard(&room), ["ha-noi-chair"]);
}

#[test]
fn who_gets_the_floor_while_all_are_muted_waits() {
    let mut room = Room::in_session();
    room.ok(&chair(), &mute_all(true));
    assert_eq!(
        room.ok(&chair(), &invite(CAN_THO)),
        [
            Grant::new(1, CAN_THO).event(),
            paused_by(PauseCause::Muted, 1, CAN_THO)
        ]
    );
    assert!(heard(&room).is_empty());
    // It is over with the session.
    room.ok(&chair(), &diemcau_conference::Command::SessionClose);
    assert!(!room.conference.all_muted());
}

#[test]
fn who_has_the_word_presents_as_soon_as_it_asks() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    assert_eq!(
        room.ok(&room_of(CAN_THO), &request_to_present()),
        [
            requested_to_present(1, CAN_THO, Some("can-tho-site")),
            Grant::to_present(2, CAN_THO, "can-tho-site")
                .of(RequestId(1), SpeechKind::Discussion)
                .because(GrantReason::SpeechHolder)
                .event()
        ]
    );
    assert_eq!(
        room.refused(&room_of(CAN_THO), &request_to_present()),
        Rejection::HoldsFloor
    );
    // Where somebody presents already, the chair decides.
    room.invite(DA_NANG);
    assert_eq!(
        room.ok(&room_of(DA_NANG), &request_to_present()),
        [requested_to_present(2, DA_NANG, Some("da-nang-site"))]
    );
    assert_eq!(
        room.ok(&chair(), &grant(RequestId(2))),
        [
            preempted(2, CAN_THO, 0),
            Grant::to_present(4, DA_NANG, "da-nang-site")
                .of(RequestId(2), SpeechKind::Discussion)
                .because(GrantReason::Chair)
                .event()
        ]
    );
    assert_eq!(
        room.conference.interrupted().map(|turn| turn.epoch.0),
        Some(1),
        "a picture is not given back, the word is"
    );
}

#[test]
fn where_the_rules_say_so_a_speaker_asks_like_any_other() {
    let mut room = Room::in_session_with(changed(|s| s.rules.present_with_speech = false));
    room.invite(CAN_THO);
    assert_eq!(
        room.ok(&room_of(CAN_THO), &request_to_present()),
        [requested_to_present(1, CAN_THO, Some("can-tho-site"))]
    );
}

#[test]
fn a_picture_has_no_clock() {
    let mut room = Room::in_session();
    room.ok(&chair(), &invite_on(Floor::Presentation, CAN_THO));
    assert_eq!(room.run(36_000), []);
    let [turn] = room.conference.turns(Floor::Presentation) else {
        panic!("Cần Thơ presents");
    };
    let epoch = turn.epoch;
    assert_eq!(room.ok(&room_of(CAN_THO), &release(epoch)).len(), 1);
    assert!(heard(&room).is_empty());
}

#[test]
fn locked_only_the_chairs_site_presents() {
    let mut room = Room::in_session();
    room.ok(&room_of(NGHE_AN), &request_to_present());
    room.ok(&chair(), &invite_on(Floor::Presentation, CAN_THO));
    room.jump(5);
    assert_eq!(
        room.ok(&chair(), &lock_presentation(true)),
        [
            Event::PresentationLocked { locked: true },
            revoked(1, CAN_THO, RevokeCause::Chair, 5)
        ]
    );
    assert_eq!(
        room.refused(&chair(), &lock_presentation(true)),
        Rejection::NoChange
    );
    for command in [grant(RequestId(1)), invite_on(Floor::Presentation, CAN_THO)] {
        assert_eq!(
            room.refused(&chair(), &command),
            Rejection::PresentationLocked
        );
    }
    assert_eq!(
        room.refused(&room_of(DA_NANG), &request_to_present()),
        Rejection::PresentationLocked
    );
    assert_eq!(
        room.ok(&chair(), &take_on(Floor::Presentation)),
        [Grant::to_present(2, HA_NOI, "ha-noi-chair")
            .because(GrantReason::Taken)
            .event()]
    );
    assert_eq!(
        room.ok(&chair(), &lock_presentation(false)),
        [Event::PresentationLocked { locked: false }]
    );
    // What was asked for before is still there.
    room.ok(&chair(), &grant(RequestId(1)));
}

#[test]
fn a_lock_leaves_the_chairs_own_picture_and_every_word_alone() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    room.ok(&chair(), &take_on(Floor::Presentation));
    assert_eq!(
        room.ok(&chair(), &lock_presentation(true)),
        [Event::PresentationLocked { locked: true }]
    );
    assert_eq!(room.holder(), Some(CAN_THO));
    room.queued(DA_NANG, SpeechKind::Discussion);
    room.ok(&chair(), &next());
    assert_eq!(room.holder(), Some(DA_NANG));
}

/// The chair is at a deputy's site: it is heard, shown and seen there.
#[test]
fn media_follows_the_chair_to_a_deputys_site() {
    let mut room = Room::in_session_with(changed(|s| s.deputies = vec![site(DA_NANG)]));
    room.up("da-nang-deputy", DA_NANG, Role::Deputy);
    let main = |room: &Room, id: &str| {
        let plan = room.conference.media_plan();
        let main = plan.receivers[&crate::support::device(id)].main.clone();
        main.map(|source| source.device.to_string())
    };
    assert_eq!(main(&room, "nghe-an-site").as_deref(), Some("ha-noi-chair"));
    room.down("ha-noi-chair");
    room.run(20);
    assert_eq!(
        main(&room, "nghe-an-site").as_deref(),
        Some("da-nang-deputy")
    );
    assert_eq!(room.conference.main_site(), Some(site(DA_NANG)));
    // The holder sees the chair, wherever that is.
    let deputy = crate::support::person(DA_NANG, Role::Deputy);
    room.speaks(&deputy, &invite(CAN_THO));
    assert_eq!(
        main(&room, "can-tho-site").as_deref(),
        Some("da-nang-deputy")
    );
    room.ok(&deputy, &override_microphone(true));
    assert_eq!(heard(&room), ["can-tho-site", "da-nang-deputy"]);
    room.speaks(&deputy, &take());
    assert_eq!(heard(&room), ["da-nang-deputy"], "one device a site");
}
