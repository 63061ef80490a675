//! Headcounts.

use crate::support::{
    CAN_THO, HA_NOI, NGHE_AN, Room, at, chair, changed, draft, headcount as count, open, person,
    room_of, setup, site,
};
use diemcau_conference::{Command, Event, Headcount, Rejection, Role};

#[test]
fn a_site_declares_and_revises_and_all_of_it_is_kept() {
    let mut room = Room::configured(setup());
    let declared = |present| {
        [Event::HeadcountDeclared {
            site: site(CAN_THO),
            present,
        }]
    };
    assert_eq!(room.ok(&room_of(CAN_THO), &count(31)), declared(31));
    room.jump(60);
    assert_eq!(room.ok(&room_of(CAN_THO), &count(28)), declared(28));
    let kept = [
        Headcount {
            at: at(0),
            present: 31,
            item: None,
        },
        Headcount {
            at: at(60),
            present: 28,
            item: None,
        },
    ];
    assert_eq!(room.conference.headcounts()[&site(CAN_THO)], kept);
    assert_eq!(room.conference.present_within(&site(CAN_THO)), 28);
}

#[test]
fn the_host_declares_for_the_central_site() {
    let mut room = Room::configured(setup());
    for actor in [chair(), person(HA_NOI, Role::Secretary), room_of(HA_NOI)] {
        let declared = [Event::HeadcountDeclared {
            site: site(HA_NOI),
            present: 12,
        }];
        assert_eq!(room.ok(&actor, &count(12)), declared, "{actor:?}");
    }
}

#[test]
fn a_room_holds_at_most_ten_thousand() {
    let mut room = Room::configured(setup());
    room.ok(&room_of(CAN_THO), &count(0));
    room.ok(&room_of(CAN_THO), &count(10_000));
    assert_eq!(
        room.refused(&room_of(CAN_THO), &count(10_001)),
        Rejection::BadNumber
    );
}

#[test]
fn headcounts_roll_up_the_tree() {
    // Nghệ An below Cần Thơ, and everything below Hà Nội.
    let mut room = Room::configured(changed(|setup| {
        for entry in &mut setup.sites {
            entry.parent = match entry.id.as_str() {
                HA_NOI => None,
                NGHE_AN => Some(site(CAN_THO)),
                _ => Some(site(HA_NOI)),
            };
        }
    }));
    room.ok(&chair(), &count(40));
    room.ok(&room_of(CAN_THO), &count(5));
    room.ok(&room_of(NGHE_AN), &count(7));
    let within = |id| room.conference.present_within(&site(id));
    assert_eq!(
        [within(NGHE_AN), within(CAN_THO), within(HA_NOI)],
        [7, 12, 52]
    );
}

#[test]
fn a_headcount_is_that_of_the_agenda_item_under_way() {
    let mut room = Room::in_session();
    let item = room.begin(draft("Báo cáo", &[]));
    room.ok(&room_of(CAN_THO), &count(31));
    room.ok(&chair(), &Command::AgendaFinish);
    room.ok(&room_of(CAN_THO), &count(30));
    let counts = &room.conference.headcounts()[&site(CAN_THO)];
    let items: Vec<_> = counts.iter().map(|count| count.item).collect();
    assert_eq!(items, [Some(item), None]);
}

#[test]
fn each_session_has_its_own_roll() {
    let mut room = Room::configured(setup());
    // Declared before the opening: it counts for the session that comes.
    room.ok(&room_of(CAN_THO), &count(30));
    room.ok(&chair(), &open("sáng"));
    assert_eq!(room.conference.present(&site(CAN_THO)), Some(30));
    room.ok(&chair(), &Command::SessionClose);
    assert_eq!(room.conference.present(&site(CAN_THO)), None);
    assert_eq!(room.conference.present_within(&site(CAN_THO)), 0);
    // The same number again says that as many came back.
    room.ok(&chair(), &open("chiều"));
    room.ok(&room_of(CAN_THO), &count(30));
    assert_eq!(room.conference.present(&site(CAN_THO)), Some(30));
    let all = &room.conference.headcounts()[&site(CAN_THO)];
    assert_eq!(all.len(), 2, "and all of it is kept");
}
