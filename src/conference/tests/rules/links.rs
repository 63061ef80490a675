//! Links of devices, and the intervals that are kept of them.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, Room, at, back, device, dropped, ended, link_down, link_up, linked,
    outage, paused, setup, site,
};
use diemcau_conference::{Actor, LinkInterval, Rejection, Role, SiteLink, Timestamp};

fn intervals(room: &Room, id: &str) -> Vec<(Timestamp, Option<Timestamp>)> {
    let of_device = |interval: &&LinkInterval| interval.device == device(id);
    room.conference
        .intervals()
        .iter()
        .filter(of_device)
        .map(|i| (i.from, i.to))
        .collect()
}

#[test]
fn a_reconnect_within_the_grace_continues_the_interval() {
    let mut room = Room::configured(setup());
    let phone = linked("phone", CAN_THO, Role::Site);
    assert_eq!(room.up("phone", CAN_THO, Role::Site), [phone]);
    assert_eq!(room.up("phone", CAN_THO, Role::Site), [], "linked already");
    room.jump(10);
    assert_eq!(room.down("phone"), [dropped("phone", CAN_THO, 30)]);
    assert_eq!(room.down("phone"), [], "dropped already");
    room.jump(29);
    assert_eq!(
        room.up("phone", CAN_THO, Role::Site),
        [back("phone", CAN_THO)]
    );
    assert_eq!(intervals(&room, "phone"), [(at(0), None)]);
    assert_eq!(room.conference.next_deadline(), None);
}

#[test]
fn after_the_grace_an_interval_ends_when_the_link_was_lost() {
    let mut room = Room::configured(setup());
    room.up("phone", CAN_THO, Role::Site);
    room.jump(10);
    room.down("phone");
    assert_eq!(room.run(40), [(30, ended("phone", CAN_THO, 10))]);
    room.up("phone", CAN_THO, Role::Site);
    assert_eq!(
        intervals(&room, "phone"),
        [(at(0), Some(at(10))), (at(40), None)]
    );
}

#[test]
fn a_link_at_the_very_end_of_the_grace_is_a_new_one() {
    let mut room = Room::configured(setup());
    room.up("phone", CAN_THO, Role::Site);
    room.down("phone");
    room.jump(20);
    assert_eq!(
        room.up("phone", CAN_THO, Role::Site),
        [
            ended("phone", CAN_THO, 0),
            linked("phone", CAN_THO, Role::Site)
        ]
    );
}

#[test]
fn who_leaves_is_not_waited_for() {
    let mut room = Room::configured(setup());
    room.up("phone", CAN_THO, Role::Site);
    room.jump(10);
    assert_eq!(room.leave("phone"), [ended("phone", CAN_THO, 10)]);
    assert_eq!(
        room.refused(&Actor::Room, &link_down("phone", true)),
        Rejection::UnknownDevice
    );
    room.up("phone", CAN_THO, Role::Site);
    room.jump(15);
    room.down("phone");
    room.jump(18);
    assert_eq!(
        room.leave("phone"),
        [ended("phone", CAN_THO, 15)],
        "left while it was lost"
    );
}

#[test]
fn a_device_that_signs_in_as_somebody_else_left_and_came() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    room.jump(10);
    assert_eq!(
        room.up("can-tho-site", DA_NANG, Role::Site),
        [
            ended("can-tho-site", CAN_THO, 10),
            linked("can-tho-site", DA_NANG, Role::Site),
            paused(1, CAN_THO, Some(30)),
        ]
    );
    // The chair's device becomes a microphone of the same room: its turn goes on.
    room.invite(HA_NOI);
    assert_eq!(
        room.up("ha-noi-chair", HA_NOI, Role::Site),
        [
            ended("ha-noi-chair", HA_NOI, 10),
            linked("ha-noi-chair", HA_NOI, Role::Site)
        ]
    );
    let turn = room.turn();
    assert_eq!(turn.running_since, Some(at(10)));
}

#[test]
fn links_are_of_known_sites_and_the_host_is_at_the_centre() {
    let mut room = Room::configured(setup());
    let up = |to: &str, role| link_up("phone", to, role);
    assert_eq!(
        room.refused(&Actor::Room, &up("hue", Role::Site)),
        Rejection::UnknownSite
    );
    assert_eq!(
        room.refused(&Actor::Room, &up(CAN_THO, Role::Chair)),
        Rejection::NotAllowed
    );
    let answer = room.refused(&Actor::Room, &outage(at(2), at(1)));
    assert_eq!(answer, Rejection::BadNumber);
}

#[test]
fn the_link_of_a_site_is_that_of_its_best_device() {
    let mut room = Room::configured(setup());
    let link = |room: &Room| room.conference.site_link(&site(CAN_THO));
    assert_eq!(link(&room), SiteLink::Absent { since: None });
    room.jump(1);
    room.up("room", CAN_THO, Role::Site);
    assert_eq!(
        link(&room),
        SiteLink::Linked {
            since: at(1),
            devices: 1
        }
    );
    room.jump(2);
    room.up("phone", CAN_THO, Role::Site);
    room.jump(3);
    room.down("room");
    assert_eq!(
        link(&room),
        SiteLink::Linked {
            since: at(1),
            devices: 1
        },
        "no gap"
    );
    room.jump(4);
    room.down("phone");
    assert_eq!(link(&room), SiteLink::Dropped { since: at(4) });
    room.run(60);
    assert_eq!(link(&room), SiteLink::Absent { since: Some(at(4)) });
    room.up("room", CAN_THO, Role::Site);
    room.jump(90);
    room.outage(at(70), at(90));
    assert_eq!(link(&room), SiteLink::Dropped { since: at(70) });
    room.up("room", CAN_THO, Role::Site);
    assert_eq!(
        link(&room),
        SiteLink::Linked {
            since: at(90),
            devices: 1
        }
    );
    room.leave("room");
    assert_eq!(
        link(&room),
        SiteLink::Absent {
            since: Some(at(90))
        }
    );
}

#[test]
fn an_interval_never_ends_before_it_began() {
    let mut room = Room::configured(setup());
    room.jump(10);
    room.up("phone", CAN_THO, Role::Site);
    // The last sign of life is older than the link.
    room.jump(12);
    room.outage(at(9), at(12));
    room.run(60);
    assert_eq!(intervals(&room, "phone"), [(at(10), Some(at(10)))]);
}
