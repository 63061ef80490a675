//! Rule 4: the prepared list of an agenda item, apart from the open queue; both open and close.

use crate::support::{
    CAN_THO, DA_NANG, Grant, NGHE_AN, Room, THAI_NGUYEN, WORDS, cancel, cancelled, chair, defer,
    deferred, draft, grant, list, move_to, moved, next, open, preempted, request, room_of, secs,
    site,
};
use diemcau_conference::{
    AgendaDraft, Command, Event, GrantReason, ItemId, QueueList, Rejection, RequestId, SessionId,
    Speaker, SpeechKind,
};

fn prepared(request: u32, of: &str) -> Event {
    Event::FloorPrepared {
        request: RequestId(request),
        site: site(of),
        words: WORDS.to_owned(),
        beneficiary: String::new(),
        budget: None,
    }
}

fn start(item: ItemId) -> Command {
    Command::AgendaStart { item }
}

fn names(room: &Room) -> Vec<&str> {
    let prepared = room.conference.prepared().iter();
    prepared.map(|request| request.site.as_str()).collect()
}

fn add(room: &mut Room, draft: AgendaDraft) -> ItemId {
    match room.ok(&chair(), &Command::AgendaAdd { draft, place: None })[..] {
        [Event::AgendaAdded { item, .. }] => item,
        ref other => panic!("an item gave {other:?}"),
    }
}

#[test]
fn an_item_brings_its_speakers_in_their_order() {
    let mut room = Room::in_session();
    let item = add(&mut room, draft("Tham luận", &[CAN_THO, DA_NANG]));
    room.queued(NGHE_AN, SpeechKind::PointOfOrder);
    assert_eq!(
        room.ok(&chair(), &start(item)),
        [
            Event::AgendaStarted { item },
            prepared(2, CAN_THO),
            prepared(3, DA_NANG)
        ]
    );
    assert_eq!(
        (names(&room), room.queue()),
        (vec![CAN_THO, DA_NANG], vec![NGHE_AN])
    );
}

#[test]
fn prepared_speakers_come_before_the_queue_each_with_its_time() {
    let mut room = Room::in_session();
    let speaker = Speaker {
        site: site(CAN_THO),
        name: "Bà Lê Thị Hoa".to_owned(),
        words: "Chuyển đổi số".to_owned(),
        budget: Some(secs(600)),
    };
    room.begin(AgendaDraft {
        title: "Tham luận".to_owned(),
        speakers: vec![speaker],
        ..AgendaDraft::default()
    });
    let asked = room.queued(NGHE_AN, SpeechKind::PointOfOrder);
    assert_eq!(
        room.ok(&chair(), &next()),
        [Grant::new(1, CAN_THO)
            .of(RequestId(1), SpeechKind::PreparedSpeech)
            .because(GrantReason::Prepared)
            .lasting(secs(600))
            .event()]
    );
    let turn = room.turn();
    assert_eq!(
        (turn.words.as_str(), turn.beneficiary.as_str()),
        ("Chuyển đổi số", "Bà Lê Thị Hoa")
    );
    assert_eq!(
        room.ok(&chair(), &next()),
        [
            preempted(1, CAN_THO, 0),
            Grant::new(2, NGHE_AN)
                .of(asked, SpeechKind::PointOfOrder)
                .because(GrantReason::Place)
                .event()
        ]
    );
}

#[test]
fn the_chair_arranges_the_prepared_list() {
    let mut room = Room::in_session();
    room.begin(draft("Tham luận", &[CAN_THO, DA_NANG, NGHE_AN]));
    let [a, _, c] = [1, 2, 3].map(RequestId);
    assert_eq!(room.ok(&chair(), &move_to(c, 1)), [moved(3, NGHE_AN, 1)]);
    assert_eq!(names(&room), [NGHE_AN, CAN_THO, DA_NANG]);
    assert_eq!(room.ok(&chair(), &defer(a)), [deferred(1, CAN_THO, 3)]);
    assert_eq!(names(&room), [NGHE_AN, DA_NANG, CAN_THO]);
    assert_eq!(
        room.ok(&room_of(CAN_THO), &cancel(a)),
        [cancelled(1, CAN_THO)]
    );
    room.ok(&chair(), &grant(RequestId(2)));
    assert_eq!(names(&room), [NGHE_AN]);
    assert!(room.queue().is_empty(), "the lists are two");
}

#[test]
fn a_prepared_speaker_may_ask_beside() {
    let mut room = Room::in_session();
    room.begin(draft("Tham luận", &[CAN_THO]));
    room.ask(CAN_THO, SpeechKind::Discussion);
    room.ask(CAN_THO, SpeechKind::Proposal);
    assert_eq!(room.conference.prepared().len(), 1);
}

#[test]
fn a_closed_queue_takes_no_request_and_keeps_those_it_has() {
    let mut room = Room::in_session();
    room.queued(CAN_THO, SpeechKind::Discussion);
    let closed = Event::FloorListChanged {
        list: QueueList::Open,
        open: false,
    };
    let close = list(QueueList::Open, false);
    assert_eq!(room.ok(&chair(), &close), [closed]);
    assert_eq!(room.refused(&chair(), &close), Rejection::NoChange);
    assert_eq!(
        room.refused(&room_of(DA_NANG), &request(SpeechKind::Discussion)),
        Rejection::QueueClosed
    );
    assert_eq!(room.queue(), [CAN_THO]);
    assert!(room.conference.list_open(QueueList::Prepared));
    room.ok(&chair(), &next());
    assert_eq!(room.holder(), Some(CAN_THO), "whoever has a place comes up");
    room.ok(&chair(), &list(QueueList::Open, true));
    room.ok(&room_of(DA_NANG), &request(SpeechKind::Discussion));
}

#[test]
fn a_closed_prepared_list_is_passed_over() {
    let mut room = Room::in_session();
    room.begin(draft("Tham luận", &[CAN_THO]));
    room.ok(&chair(), &list(QueueList::Prepared, false));
    assert_eq!(room.refused(&chair(), &next()), Rejection::NobodyWaits);
    room.queued(DA_NANG, SpeechKind::Discussion);
    room.ok(&chair(), &next());
    assert_eq!(
        (room.holder(), names(&room)),
        (Some(DA_NANG), vec![CAN_THO])
    );
    room.ok(&chair(), &list(QueueList::Prepared, true));
    room.ok(&chair(), &next());
    assert_eq!(room.holder(), Some(CAN_THO));
}

#[test]
fn every_item_begins_with_open_lists() {
    let mut room = Room::in_session();
    room.begin(draft("Tham luận", &[CAN_THO]));
    room.ok(&chair(), &list(QueueList::Prepared, false));
    room.ok(&chair(), &list(QueueList::Open, false));
    room.begin(draft("Thảo luận", &[]));
    for of in [QueueList::Prepared, QueueList::Open] {
        assert!(room.conference.list_open(of), "{of:?}");
    }
}

#[test]
fn who_has_not_spoken_waits_for_the_item_even_through_sessions() {
    let mut room = Room::in_session();
    let item = room.begin(draft("Tham luận", &[CAN_THO, DA_NANG]));
    room.speaks(&chair(), &next());
    let other = add(&mut room, draft("Thảo luận", &[THAI_NGUYEN]));
    assert_eq!(
        room.ok(&chair(), &start(other)),
        [
            Event::AgendaFinished { item },
            Event::AgendaStarted { item: other },
            prepared(3, THAI_NGUYEN)
        ]
    );
    assert_eq!(names(&room), [THAI_NGUYEN]);
    room.ok(&chair(), &Command::SessionClose);
    assert!(names(&room).is_empty());
    room.ok(&chair(), &open("chiều"));
    assert_eq!(room.conference.session().map(|s| s.id), Some(SessionId(2)));
    // The item goes on where it was: nobody is prepared a second time.
    assert_eq!(
        room.ok(&chair(), &start(item)),
        [Event::AgendaStarted { item }]
    );
    assert_eq!(names(&room), [DA_NANG]);
}
