//! Every role with every command: 4 x 18, and the room's own.

use crate::support::{CAN_THO, HA_NOI, Room, person, setup};
use diemcau_conference::{
    Actor, Command, Epoch, Floor, Rejection, RequestId, Role, RoomCommand, SpeechKind, capability,
};

/// One of each command in the order of the table, with those who may: Chair, secretary (K),
/// Technician, Site.
fn table() -> Vec<(Command, &'static str)> {
    let (request, epoch) = (RequestId(9), Epoch(9));
    let words = String::new;
    vec![
        (Command::SessionOpen { name: words() }, "C---"),
        (Command::SessionClose, "C---"),
        (Command::ConferenceClose, "C---"),
        (
            Command::FloorRequest {
                floor: Floor::Speech,
                kind: SpeechKind::Discussion,
                words: words(),
            },
            "---S",
        ),
        (Command::FloorCancel { request }, "CK-S"),
        (
            Command::FloorAccept {
                request,
                place: None,
            },
            "C---",
        ),
        (
            Command::FloorDeny {
                request,
                reason: words(),
            },
            "C---",
        ),
        (Command::FloorGrant { request }, "C---"),
        (
            Command::FloorInvite {
                site: crate::support::site(CAN_THO),
            },
            "C---",
        ),
        (Command::FloorTake, "C---"),
        (Command::FloorRelease { epoch }, "C--S"),
        (
            Command::FloorRevoke {
                epoch,
                reason: words(),
            },
            "C---",
        ),
        (Command::MicrophoneOverride { open: true }, "C---"),
        (Command::PictureMain { site: None }, "C---"),
        (Command::AttendanceHeadcount { present: 1 }, "CK-S"),
        (
            Command::DeviceRemove {
                device: crate::support::device("phone"),
            },
            "C---",
        ),
        (
            Command::CodeChange {
                site: crate::support::site(CAN_THO),
                role: Role::Site,
            },
            "C---",
        ),
        (Command::RoomLock { locked: true }, "C---"),
    ]
}

/// The name on the wire. A code is changed over HTTP, so that its command has no JSON.
fn name(command: &Command) -> String {
    if matches!(command, Command::CodeChange { .. }) {
        return "code.change".to_owned();
    }
    let json = serde_json::to_value(command).expect("a command has JSON");
    json["cmd"].as_str().expect("it has a name").to_owned()
}

#[test]
fn every_role_has_exactly_its_commands() {
    for (index, role) in Role::ALL.into_iter().enumerate() {
        let mut names = Vec::new();
        for (command, who) in table() {
            let expected = who.as_bytes()[index] != b'-';
            assert_eq!(
                capability::may(role, &command),
                expected,
                "{role:?} {command:?}"
            );
            if expected {
                names.push(name(&command));
            }
        }
        assert_eq!(
            capability::commands(role).collect::<Vec<_>>(),
            names,
            "{role:?}"
        );
    }
}

#[test]
fn what_a_role_may_not_do_is_refused_whatever_the_state() {
    for (index, role) in Role::ALL.into_iter().enumerate() {
        let home = if role.is_host() { HA_NOI } else { CAN_THO };
        for room in [Room::configured(setup()), Room::in_session()] {
            for (command, who) in table() {
                let answer = room.clone().say(&person(home, role), &command);
                let forbidden = [Err(Rejection::NotChair), Err(Rejection::NotAllowed)];
                if who.as_bytes()[index] != b'-' {
                    assert!(
                        !forbidden.contains(&answer),
                        "{role:?} {command:?}: {answer:?}"
                    );
                } else {
                    let expected = forbidden[usize::from(who != "C---")].clone();
                    assert_eq!(answer, expected, "{role:?} {command:?}");
                }
            }
        }
    }
}

#[test]
fn only_the_room_speaks_for_the_room() {
    let mut room = Room::in_session();
    let tick = Command::Room(RoomCommand::Tick);
    for role in Role::ALL {
        assert!(!capability::may(role, &tick), "{role:?}");
        assert_eq!(
            room.refused(&person(HA_NOI, role), &tick),
            Rejection::NotAllowed
        );
    }
    for (command, _) in table() {
        assert_eq!(
            room.refused(&Actor::Room, &command),
            Rejection::NotAllowed,
            "{command:?}"
        );
    }
}

#[test]
fn the_host_sits_at_the_central_site() {
    let mut room = Room::in_session();
    for role in [Role::Chair, Role::Secretary] {
        let count = Command::AttendanceHeadcount { present: 1 };
        assert_eq!(
            room.refused(&person(CAN_THO, role), &count),
            Rejection::NotAllowed
        );
    }
    let stranger = person("hue", Role::Site);
    let count = Command::AttendanceHeadcount { present: 1 };
    assert_eq!(room.refused(&stranger, &count), Rejection::UnknownSite);
}
