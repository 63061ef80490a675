//! The agenda: items in their order, and the one under way.

use crate::support::{
    CAN_THO, HA_NOI, Room, chair, changed, configure, draft, person, secs, setup, site,
};
use diemcau_conference::{
    Actor, AgendaDraft, AgendaKind, Command, Event, ItemId, Millis, Rejection, Role, SessionId,
};

fn add(title: &str, place: Option<u32>) -> Command {
    let draft = draft(title, &[]);
    Command::AgendaAdd { draft, place }
}

fn added(item: u32, place: u32, title: &str) -> Event {
    Event::AgendaAdded {
        item: ItemId(item),
        place,
        draft: draft(title, &[]),
    }
}

fn start(item: u32) -> Command {
    Command::AgendaStart { item: ItemId(item) }
}

fn move_item(item: u32, place: u32) -> Command {
    let item = ItemId(item);
    Command::AgendaMove { item, place }
}

fn titles(room: &Room) -> Vec<&str> {
    let items = room.conference.agenda().iter();
    items.map(|item| item.draft.title.as_str()).collect()
}

/// Items A, B and C.
fn three() -> Room {
    let mut room = Room::in_session();
    for title in ["A", "B", "C"] {
        room.ok(&chair(), &add(title, None));
    }
    room
}

#[test]
fn a_conference_begins_with_the_agenda_of_its_configuration_and_then_it_is_the_desks() {
    let with = |titles: &[&str]| {
        let agenda = titles.iter().map(|title| draft(title, &[CAN_THO]));
        changed(|setup| setup.agenda = agenda.collect())
    };
    let mut room = Room::configured(with(&["A", "B"]));
    assert_eq!(room.log.len(), 3, "the configuration and two items");
    assert_eq!(titles(&room), ["A", "B"]);
    assert_eq!(
        room.ok(&Actor::Room, &configure(with(&["C"]))),
        [Event::ConferenceConfigured {
            setup: with(&["C"])
        }]
    );
    assert_eq!(titles(&room), ["A", "B"]);
}

#[test]
fn items_are_added_at_a_place_and_numbered_through() {
    let mut room = three();
    assert_eq!(room.ok(&chair(), &add("D", Some(1))), [added(4, 1, "D")]);
    assert_eq!(room.ok(&chair(), &add("E", Some(99))), [added(5, 5, "E")]);
    assert_eq!(
        room.refused(&chair(), &add("F", Some(0))),
        Rejection::BadNumber
    );
    assert_eq!(titles(&room), ["D", "A", "B", "C", "E"]);
    room.ok(&chair(), &Command::AgendaRemove { item: ItemId(5) });
    assert_eq!(
        room.ok(&person(HA_NOI, Role::Secretary), &add("F", None)),
        [added(6, 5, "F")],
        "a number is never used twice"
    );
}

#[test]
fn items_are_moved() {
    let mut room = three();
    let moved = |item, place| {
        [Event::AgendaMoved {
            item: ItemId(item),
            place,
        }]
    };
    assert_eq!(room.ok(&chair(), &move_item(3, 1)), moved(3, 1));
    assert_eq!(titles(&room), ["C", "A", "B"]);
    assert_eq!(room.ok(&chair(), &move_item(3, 99)), moved(3, 3));
    assert_eq!(titles(&room), ["A", "B", "C"]);
    for (command, refusal) in [
        (move_item(3, 3), Rejection::NoChange),
        (move_item(3, 0), Rejection::BadNumber),
        (move_item(9, 1), Rejection::UnknownItem),
    ] {
        assert_eq!(room.refused(&chair(), &command), refusal);
    }
}

#[test]
fn an_item_that_was_begun_stays_and_so_do_its_speakers() {
    let mut room = three();
    let (item, edited) = (ItemId(1), draft("A, sửa", &[]));
    let edit = |draft| Command::AgendaEdit { item, draft };
    room.ok(&chair(), &edit(draft("A", &[CAN_THO])));
    room.ok(&chair(), &start(1));
    let remove = Command::AgendaRemove { item };
    assert_eq!(room.refused(&chair(), &remove), Rejection::ItemBegun);
    assert_eq!(
        room.refused(&chair(), &edit(edited)),
        Rejection::ItemBegun,
        "its speaker is on the list"
    );
    let corrected = draft("A, sửa", &[CAN_THO]);
    assert_eq!(
        room.ok(&chair(), &edit(corrected.clone())),
        [Event::AgendaEdited {
            item,
            draft: corrected.clone()
        }]
    );
    assert_eq!(
        room.refused(&chair(), &edit(corrected)),
        Rejection::NoChange
    );
    room.ok(&chair(), &Command::AgendaFinish);
    assert_eq!(room.refused(&chair(), &remove), Rejection::ItemBegun);
}

#[test]
fn the_chair_moves_through_the_agenda() {
    let mut room = three();
    let started = |item| Event::AgendaStarted { item: ItemId(item) };
    let finished = |item| Event::AgendaFinished { item: ItemId(item) };
    assert_eq!(room.ok(&chair(), &start(2)), [started(2)]);
    assert_eq!(room.conference.current_item(), Some(ItemId(2)));
    assert_eq!(room.refused(&chair(), &start(2)), Rejection::NoChange);
    room.jump(60);
    assert_eq!(room.ok(&chair(), &start(1)), [finished(2), started(1)]);
    let times = |room: &Room, index: usize| {
        let item = &room.conference.agenda()[index];
        (item.begun, item.ended)
    };
    let (zero, minute) = (crate::support::at(0), crate::support::at(60));
    assert_eq!(times(&room, 1), (Some(zero), Some(minute)));
    // An item may be gone back to; it began when it first did.
    room.jump(90);
    assert_eq!(room.ok(&chair(), &start(2)), [finished(1), started(2)]);
    assert_eq!(times(&room, 1), (Some(zero), None));
    assert_eq!(room.ok(&chair(), &Command::AgendaFinish), [finished(2)]);
    assert_eq!(
        room.refused(&chair(), &Command::AgendaFinish),
        Rejection::NoItem
    );
    room.ok(&chair(), &start(3));
    assert_eq!(
        room.ok(&chair(), &Command::SessionClose),
        [
            finished(3),
            Event::SessionClosed {
                session: SessionId(1)
            }
        ]
    );
    assert_eq!(room.refused(&chair(), &start(1)), Rejection::NoSession);
}

#[test]
fn what_an_item_may_say() {
    let good = || AgendaDraft {
        title: "Thảo luận".to_owned(),
        kind: AgendaKind::Discussion,
        planned: "08:30".to_owned(),
        time: Some(secs(3600)),
        speakers: draft("", &[CAN_THO]).speakers,
    };
    type Change = Box<dyn Fn(&mut AgendaDraft)>;
    let title = |title: &str| -> Change {
        let title = title.to_owned();
        Box::new(move |draft| draft.title.clone_from(&title))
    };
    let planned = |time: &'static str| -> Change { Box::new(|draft| draft.planned = time.into()) };
    let time = |time: Millis| -> Change { Box::new(move |draft| draft.time = Some(time)) };
    let cases: Vec<(Change, Option<Rejection>)> = vec![
        (Box::new(|_| ()), None),
        (title(&"ữ".repeat(200)), None),
        (title(&"ữ".repeat(201)), Some(Rejection::BadText)),
        (title(" "), Some(Rejection::BadText)),
        (title("hai\ndòng"), Some(Rejection::BadText)),
        (planned(""), None),
        (planned("23:59"), None),
        (planned("24:00"), Some(Rejection::BadText)),
        (planned("8:30"), Some(Rejection::BadText)),
        (planned("08:60"), Some(Rejection::BadText)),
        (planned("+8:30"), Some(Rejection::BadText)),
        (time(secs(1)), None),
        (time(Millis(999)), Some(Rejection::BadNumber)),
        (time(secs(4 * 3600)), None),
        (time(Millis(4 * 3_600_000 + 1)), Some(Rejection::BadNumber)),
        (
            Box::new(|draft| draft.speakers[0].site = site("hue")),
            Some(Rejection::UnknownSite),
        ),
        (
            Box::new(|draft| draft.speakers[0].name = "ữ".repeat(101)),
            Some(Rejection::BadText),
        ),
        (
            Box::new(|draft| draft.speakers[0].words = "ữ".repeat(201)),
            Some(Rejection::BadText),
        ),
        (
            Box::new(|draft| draft.speakers[0].budget = Some(Millis(0))),
            Some(Rejection::BadNumber),
        ),
        (
            Box::new(|draft| draft.speakers = vec![draft.speakers[0].clone(); 100]),
            None,
        ),
        (
            Box::new(|draft| draft.speakers = vec![draft.speakers[0].clone(); 101]),
            Some(Rejection::TooMany),
        ),
    ];
    for (change, refusal) in cases {
        let mut draft = good();
        change(&mut draft);
        let mut room = three();
        let command = Command::AgendaAdd {
            draft: draft.clone(),
            place: None,
        };
        assert_eq!(room.say(&chair(), &command).err(), refusal, "{draft:?}");
        let item = ItemId(1);
        let edit = Command::AgendaEdit { item, draft };
        assert_eq!(room.say(&chair(), &edit).err(), refusal, "{edit:?}");
    }
}

#[test]
fn an_agenda_has_200_items() {
    let mut room = Room::configured(setup());
    for _ in 0..200 {
        room.ok(&chair(), &add("A", None));
    }
    assert_eq!(room.refused(&chair(), &add("A", None)), Rejection::TooMany);
}
