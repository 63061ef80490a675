//! Devices that are removed, codes that are changed, the lock.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, Room, at, chair, change_code, changed, device, ended, headcount,
    link_up, linked, lock, paused, remove, resumed, room_of, site,
};
use diemcau_conference::{
    Actor, Audience, Command, Event, Rejection, Role, RoomCommand, SpeechKind,
};

fn removed(id: &str, from: &str, role: Role) -> Event {
    Event::DeviceRemoved {
        device: device(id),
        site: site(from),
        role,
    }
}

#[test]
fn a_removed_device_is_out_at_once_and_for_good() {
    let mut room = Room::in_session();
    room.jump(5);
    assert_eq!(
        room.ok(&chair(), &remove("can-tho-site")),
        [
            removed("can-tho-site", CAN_THO, Role::Site),
            ended("can-tho-site", CAN_THO, 5)
        ]
    );
    let plan = room.conference.media_plan();
    assert!(!plan.receivers.contains_key(&device("can-tho-site")));
    assert_eq!(
        room.refused(&Actor::Room, &link_up("can-tho-site", CAN_THO, Role::Site)),
        Rejection::DeviceRemoved
    );
    // What it had sent before it heard of it is not obeyed either.
    assert_eq!(
        room.refused(&room_of(CAN_THO), &headcount(9)),
        Rejection::DeviceRemoved
    );
    // The site itself is not shut out.
    assert_eq!(
        room.up("can-tho-2", CAN_THO, Role::Site),
        [linked("can-tho-2", CAN_THO, Role::Site)]
    );
}

#[test]
fn the_turn_of_a_holder_that_is_removed_waits_for_its_site() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    room.jump(5);
    assert_eq!(
        room.ok(&chair(), &remove("can-tho-site"))[2..],
        [paused(1, CAN_THO, Some(25))]
    );
    assert_eq!(room.conference.media_plan().heard, []);
    room.jump(9);
    assert_eq!(
        room.up("can-tho-2", CAN_THO, Role::Site)[1..],
        [resumed(1, CAN_THO)]
    );
}

#[test]
fn a_second_device_goes_on_where_the_first_is_removed() {
    let mut room = Room::in_session();
    room.up("can-tho-2", CAN_THO, Role::Site);
    room.invite(CAN_THO);
    assert_eq!(room.ok(&chair(), &remove("can-tho-site")).len(), 2);
    let heard = room.conference.media_plan().heard;
    assert_eq!(heard[0].device, device("can-tho-2"));
}

#[test]
fn the_chair_cannot_remove_what_is_not_there_nor_itself() {
    let mut room = Room::in_session();
    assert_eq!(
        room.refused(&chair(), &remove("nobody")),
        Rejection::UnknownDevice
    );
    assert_eq!(
        room.refused(&chair(), &remove("ha-noi-chair")),
        Rejection::OwnDevice
    );
    assert_eq!(
        room.refused(&room_of(CAN_THO), &remove("da-nang-site")),
        Rejection::NotChair
    );
}

#[test]
fn a_device_that_is_waited_for_can_be_removed_and_its_place_in_the_queue_stays() {
    let mut room = Room::in_session();
    room.queued(CAN_THO, SpeechKind::Discussion);
    room.jump(3);
    room.down("can-tho-site");
    room.jump(7);
    // The interval ended when the link was lost, not when somebody tidied up.
    assert_eq!(
        room.ok(&chair(), &remove("can-tho-site"))[1..],
        [ended("can-tho-site", CAN_THO, 3)]
    );
    assert_eq!(room.queue(), [CAN_THO]);
}

#[test]
fn a_changed_code_ends_who_came_in_with_the_old_one() {
    let mut room = Room::in_session();
    room.up("can-tho-2", CAN_THO, Role::Site);
    room.jump(4);
    let changed = Event::CodeChanged {
        site: site(CAN_THO),
        role: Role::Site,
    };
    let events = room.ok(&chair(), &change_code(CAN_THO, Role::Site));
    assert_eq!(
        events,
        [
            changed.clone(),
            ended("can-tho-2", CAN_THO, 4),
            ended("can-tho-site", CAN_THO, 4)
        ]
    );
    assert_eq!(
        room.conference.audience(&changed),
        Audience::Site {
            site: site(CAN_THO)
        }
    );
    // With the new code the same device may come back.
    room.up("can-tho-site", CAN_THO, Role::Site);
}

#[test]
fn the_chair_who_changes_the_chairs_code_stays() {
    let mut room = Room::in_session();
    room.up("other-chair", HA_NOI, Role::Chair);
    let events = room.ok(&chair(), &change_code(HA_NOI, Role::Chair));
    assert_eq!(events[1..], [ended("other-chair", HA_NOI, 0)]);
}

#[test]
fn a_code_that_is_changed_at_the_server_counts_as_much() {
    let mut room = Room::in_session();
    let command = Command::Room(RoomCommand::CodeChanged {
        site: site(HA_NOI),
        role: Role::Chair,
    });
    let events = room.ok(&Actor::Room, &command);
    assert_eq!(events[1..], [ended("ha-noi-chair", HA_NOI, 0)]);
    assert_eq!(
        room.refused(&chair(), &change_code(CAN_THO, Role::Secretary)),
        Rejection::NotAllowed
    );
    assert_eq!(
        room.refused(&chair(), &change_code("hue", Role::Site)),
        Rejection::UnknownSite
    );
}

#[test]
fn a_locked_room_takes_back_who_was_in_and_nobody_else() {
    let mut room = Room::in_session();
    room.leave("can-tho-site");
    let before = room.conference.clone();
    assert_eq!(
        room.ok(&chair(), &lock(true)),
        [Event::RoomLocked { locked: true }]
    );
    assert_eq!(room.refused(&chair(), &lock(true)), Rejection::NoChange);
    assert_eq!(
        room.refused(&Actor::Room, &link_up("stranger", DA_NANG, Role::Site)),
        Rejection::RoomLocked
    );
    room.up("can-tho-site", CAN_THO, Role::Site);
    // The chair's new laptop must be able to open it again.
    room.up("laptop", HA_NOI, Role::Chair);
    room.ok(&chair(), &lock(false));
    room.up("stranger", DA_NANG, Role::Site);
    assert!(!room.conference.is_locked() && !before.is_locked());
}

#[test]
fn a_code_links_only_so_many_devices() {
    let mut room = Room::in_session_with(changed(|setup| setup.rules.devices_per_site = 2));
    room.up("can-tho-2", CAN_THO, Role::Site);
    let third = link_up("can-tho-3", CAN_THO, Role::Site);
    assert_eq!(
        room.refused(&Actor::Room, &third),
        Rejection::TooManyDevices
    );
    // Lost, it no longer counts; and who is waited for always comes back.
    room.down("can-tho-2");
    room.ok(&Actor::Room, &third);
    room.up("can-tho-2", CAN_THO, Role::Site);
    // The central site's people are counted by role.
    room.up("secretary", HA_NOI, Role::Secretary);
    room.up("lectern", HA_NOI, Role::Site);
    assert_eq!(room.now, at(0));
}
