//! Rule 8: a question and its answers: several sites hold the floor together.

use crate::support::{
    CAN_THO, DA_NANG, Grant, HA_NOI, NGHE_AN, Room, TP_HCM, answer, back, chair, changed, device,
    dropped, grant, invite, invite_on, mute_all, override_microphone, paused, preempted, release,
    released, resumed, revoke, revoked, room_of, secs, take, taken, warned,
};
use diemcau_conference::{
    Epoch, Event, Floor, GrantReason, Rejection, RevokeCause, Role, SpeechKind,
};

fn answers(epoch: u32, who: &str, to: Epoch) -> Event {
    Grant::new(epoch, who)
        .because(GrantReason::Answer { to })
        .event()
}

fn holders(room: &Room) -> Vec<&str> {
    let turns = room.conference.turns(Floor::Speech).iter();
    turns.map(|turn| turn.site.as_str()).collect()
}

fn heard(room: &Room) -> Vec<String> {
    let heard = room.conference.media_plan().heard;
    heard.iter().map(|source| source.site.to_string()).collect()
}

#[test]
fn an_answer_stands_beside_its_question_and_each_has_its_clock() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    room.run(100);
    assert_eq!(
        room.ok(&chair(), &answer(DA_NANG, question)),
        [answers(2, DA_NANG, question)]
    );
    room.ok(&crate::support::chair(), &crate::support::pause(question));
    room.ok(
        &diemcau_conference::Actor::Room,
        &crate::support::sound_of("da-nang-site"),
    );
    assert_eq!(holders(&room), [CAN_THO, DA_NANG]);
    assert_eq!(room.run(345), [(340, warned(2, DA_NANG, 60))]);
    let spoken = room.conference.turns(Floor::Speech).iter();
    let spoken: Vec<_> = spoken.map(|turn| turn.spoken_at(room.now)).collect();
    assert_eq!(spoken, [secs(100), secs(245)]);
}

#[test]
fn an_answer_grants_what_the_site_had_asked_for() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    let asked = room.queued(DA_NANG, SpeechKind::Explanation);
    assert_eq!(
        room.ok(&chair(), &answer(DA_NANG, question)),
        [Grant::new(2, DA_NANG)
            .of(asked, SpeechKind::Explanation)
            .because(GrantReason::Answer { to: question })
            .event()]
    );
    assert!(room.queue().is_empty());
}

#[test]
fn one_leaves_and_the_other_goes_on() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    let reply = room.speaks(&chair(), &answer(DA_NANG, question));
    room.jump(7);
    assert_eq!(
        room.ok(&room_of(CAN_THO), &release(question)),
        [released(1, CAN_THO, 7)]
    );
    assert_eq!(holders(&room), [DA_NANG]);
    assert_eq!(
        room.refused(&chair(), &answer(NGHE_AN, question)),
        Rejection::StaleEpoch,
        "that question is over"
    );
    // An answer may be asked back.
    room.ok(&chair(), &answer(NGHE_AN, reply));
    assert_eq!(holders(&room), [DA_NANG, NGHE_AN]);
    room.ok(&chair(), &revoke(reply, ""));
    assert_eq!(holders(&room), [NGHE_AN]);
}

#[test]
fn a_grant_ends_the_whole_dialogue() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    room.jump(5);
    room.speaks(&chair(), &answer(DA_NANG, question));
    let asked = room.queued(NGHE_AN, SpeechKind::Discussion);
    room.jump(9);
    assert_eq!(
        room.ok(&chair(), &grant(asked)),
        [
            preempted(1, CAN_THO, 9),
            preempted(2, DA_NANG, 4),
            Grant::new(3, NGHE_AN)
                .of(asked, SpeechKind::Discussion)
                .because(GrantReason::Chair)
                .event()
        ]
    );
}

#[test]
fn who_holds_the_floor_or_is_away_does_not_answer() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    room.leave("nghe-an-site");
    let refused = |room: &mut Room, who| room.refused(&chair(), &answer(who, question));
    assert_eq!(refused(&mut room, CAN_THO), Rejection::HoldsFloor);
    assert_eq!(refused(&mut room, NGHE_AN), Rejection::SiteAbsent);
    assert_eq!(refused(&mut room, "hue"), Rejection::UnknownSite);
    room.ok(&chair(), &invite_on(Floor::Presentation, DA_NANG));
    assert_eq!(
        room.refused(&chair(), &answer(TP_HCM, Epoch(2))),
        Rejection::StaleEpoch,
        "a picture asks nothing"
    );
}

#[test]
fn one_audio_slot_is_left_to_the_chair() {
    for (slots, most) in [(1, 2), (2, 2), (3, 2), (4, 3), (5, 4)] {
        let mut room = Room::in_session_with(changed(|s| s.rules.audio_slots = slots));
        let question = room.invite(CAN_THO);
        let others = [DA_NANG, NGHE_AN, TP_HCM, crate::support::THAI_NGUYEN];
        let answered = others
            .into_iter()
            .take_while(|who| room.say(&chair(), &answer(who, question)).is_ok())
            .count();
        assert_eq!(answered + 1, most, "{slots} slots");
        assert_eq!(
            room.refused(&chair(), &answer(HA_NOI, question)),
            Rejection::TooManyHolders
        );
        room.ok(&chair(), &override_microphone(true));
        let heard = heard(&room);
        assert!(heard.len() <= slots as usize, "{heard:?}");
        assert!(
            heard.contains(&HA_NOI.to_owned()),
            "the chair may always speak"
        );
    }
}

#[test]
fn all_of_a_dialogue_are_heard_and_the_last_to_come_is_on_the_main_picture() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    room.speaks(&chair(), &answer(DA_NANG, question));
    assert_eq!(heard(&room), [DA_NANG, CAN_THO]);
    let plan = room.conference.media_plan();
    let main = |id: &str| {
        let main = plan.receivers[&device(id)].main.as_ref();
        main.map(|source| source.site.to_string())
    };
    assert_eq!(main("nghe-an-site").as_deref(), Some(DA_NANG));
    assert_eq!(main("can-tho-site").as_deref(), Some(DA_NANG));
    // The one on the main picture sees whom it talks to.
    assert_eq!(main("da-nang-site").as_deref(), Some(CAN_THO));
    room.ok(&chair(), &mute_all(true));
    assert!(heard(&room).is_empty());
}

#[test]
fn the_link_of_one_is_the_clock_of_one() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    room.speaks(&chair(), &answer(DA_NANG, question));
    room.jump(5);
    assert_eq!(
        room.down("can-tho-site"),
        [
            dropped("can-tho-site", CAN_THO, 25),
            paused(1, CAN_THO, Some(25))
        ]
    );
    let running = room.conference.turns(Floor::Speech).iter();
    let running: Vec<bool> = running.map(|turn| turn.running_since.is_some()).collect();
    assert_eq!(running, [false, true]);
    room.jump(10);
    assert_eq!(
        room.up("can-tho-site", CAN_THO, Role::Site),
        [back("can-tho-site", CAN_THO), resumed(1, CAN_THO)]
    );
    room.down("can-tho-site");
    let lost = revoked(1, CAN_THO, RevokeCause::LinkLost, 5);
    assert_eq!(room.run(60).last(), Some(&(30, lost)));
    assert_eq!(holders(&room), [DA_NANG]);
}

#[test]
fn the_chair_answers_and_takes_like_any_site() {
    let mut room = Room::in_session();
    let question = room.invite(CAN_THO);
    assert_eq!(
        room.ok(&chair(), &answer(HA_NOI, question)),
        [answers(2, HA_NOI, question)]
    );
    assert_eq!(room.refused(&chair(), &take()), Rejection::HoldsFloor);
    room.ok(&chair(), &release(Epoch(2)));
    assert_eq!(
        room.ok(&chair(), &take()),
        [preempted(1, CAN_THO, 0), taken(3, HA_NOI)]
    );
    assert_eq!(
        room.ok(&chair(), &invite(DA_NANG))[1],
        Grant::new(4, DA_NANG).event()
    );
}
