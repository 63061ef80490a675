//! Every command of every role in every state: what comes of it.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, Room, accept, chair, device, person, request, room_of, setup, site,
};
use diemcau_conference::{
    Actor, Command, Conference, Epoch, Rejection, RequestId, Role, SpeechKind, capability,
};
use std::collections::BTreeSet;

/// The states, in the order of the columns.
const STATES: [&str; 8] = [
    "nothing", "waiting", "quiet", "asked", "speaking", "dropped", "locked", "closed",
];

/// What the roles that have a command get. `+` is done; every other word is a rejection. Request 1
/// is Cần Thơ's, which has the queue's first place where somebody `asked`, and turn 1 is Cần Thơ's.
const TABLE: &str = "
session.open          chair      bad-setup  +                session-open     session-open       session-open     session-open     session-open     conference-closed
session.close         chair      bad-setup  no-session       +                +                  +                +                +                conference-closed
conference.close      chair      bad-setup  +                +                +                  +                +                +                conference-closed
floor.request         site       bad-setup  no-session       +                already-requested  holds-floor      holds-floor      +                conference-closed
floor.cancel          chair      bad-setup  unknown-request  unknown-request  +                  unknown-request  unknown-request  unknown-request  conference-closed
floor.cancel          secretary  bad-setup  unknown-request  unknown-request  +                  unknown-request  unknown-request  unknown-request  conference-closed
floor.cancel          site       bad-setup  unknown-request  unknown-request  +                  unknown-request  unknown-request  unknown-request  conference-closed
floor.accept          chair      bad-setup  unknown-request  unknown-request  already-accepted   unknown-request  unknown-request  unknown-request  conference-closed
floor.deny            chair      bad-setup  unknown-request  unknown-request  +                  unknown-request  unknown-request  unknown-request  conference-closed
floor.grant           chair      bad-setup  unknown-request  unknown-request  +                  unknown-request  unknown-request  unknown-request  conference-closed
floor.invite          chair      bad-setup  no-session       +                +                  holds-floor      holds-floor      +                conference-closed
floor.take            chair      bad-setup  no-session       +                +                  +                +                +                conference-closed
floor.release         chair      bad-setup  stale-epoch      stale-epoch      stale-epoch        not-yours        not-yours        stale-epoch      conference-closed
floor.release         site       bad-setup  stale-epoch      stale-epoch      stale-epoch        +                +                stale-epoch      conference-closed
floor.revoke          chair      bad-setup  stale-epoch      stale-epoch      stale-epoch        +                +                stale-epoch      conference-closed
microphone.override   chair      bad-setup  +                +                +                  +                +                +                conference-closed
picture.main          chair      bad-setup  +                +                +                  +                site-absent      +                conference-closed
attendance.headcount  chair      bad-setup  +                +                +                  +                +                +                conference-closed
attendance.headcount  secretary  bad-setup  +                +                +                  +                +                +                conference-closed
attendance.headcount  site       bad-setup  +                +                +                  +                +                +                conference-closed
device.remove         chair      bad-setup  +                +                +                  +                +                +                conference-closed
code.change           chair      bad-setup  +                +                +                  +                +                +                conference-closed
room.lock             chair      bad-setup  +                +                +                  +                +                no-change        conference-closed
";

/// A conference in one of the states.
fn room(state: &str) -> Room {
    if state == "nothing" {
        let mut room = Room::configured(setup());
        room.conference = Conference::new(setup().id);
        return room;
    }
    if state == "waiting" {
        let mut room = Room::configured(setup());
        room.up("ha-noi-chair", HA_NOI, Role::Chair);
        room.up("can-tho-site", CAN_THO, Role::Site);
        return room;
    }
    let mut room = Room::in_session();
    match state {
        "asked" => {
            let first = room.ask(CAN_THO, SpeechKind::Discussion);
            room.ok(&chair(), &accept(first));
            room.ask(DA_NANG, SpeechKind::Discussion);
        }
        "speaking" => drop(room.invite(CAN_THO)),
        "dropped" => {
            room.invite(CAN_THO);
            room.down("can-tho-site");
        }
        "locked" => drop(room.ok(&chair(), &Command::RoomLock { locked: true })),
        "closed" => drop(room.ok(&chair(), &Command::ConferenceClose)),
        _ => {}
    }
    room
}

/// One of each command, as it is asked in every state.
fn commands() -> Vec<(&'static str, Command)> {
    let (request_id, epoch, reason) = (RequestId(1), Epoch(1), String::new);
    vec![
        (
            "session.open",
            Command::SessionOpen {
                name: "chiều".to_owned(),
            },
        ),
        ("session.close", Command::SessionClose),
        ("conference.close", Command::ConferenceClose),
        ("floor.request", request(SpeechKind::Discussion)),
        (
            "floor.cancel",
            Command::FloorCancel {
                request: request_id,
            },
        ),
        ("floor.accept", accept(request_id)),
        (
            "floor.deny",
            Command::FloorDeny {
                request: request_id,
                reason: reason(),
            },
        ),
        (
            "floor.grant",
            Command::FloorGrant {
                request: request_id,
            },
        ),
        (
            "floor.invite",
            Command::FloorInvite {
                site: site(CAN_THO),
            },
        ),
        ("floor.take", Command::FloorTake),
        ("floor.release", Command::FloorRelease { epoch }),
        (
            "floor.revoke",
            Command::FloorRevoke {
                epoch,
                reason: reason(),
            },
        ),
        (
            "microphone.override",
            Command::MicrophoneOverride { open: true },
        ),
        (
            "picture.main",
            Command::PictureMain {
                site: Some(site(CAN_THO)),
            },
        ),
        (
            "attendance.headcount",
            Command::AttendanceHeadcount { present: 9 },
        ),
        (
            "device.remove",
            Command::DeviceRemove {
                device: device("can-tho-site"),
            },
        ),
        (
            "code.change",
            Command::CodeChange {
                site: site(CAN_THO),
                role: Role::Site,
            },
        ),
        ("room.lock", Command::RoomLock { locked: true }),
    ]
}

fn actor(role: Role) -> Actor {
    if role == Role::Site {
        room_of(CAN_THO)
    } else {
        person(HA_NOI, role)
    }
}

fn word(answer: Result<(), Rejection>) -> String {
    match answer {
        Ok(()) => "+".to_owned(),
        Err(rejection) => serde_json::to_value(rejection)
            .ok()
            .and_then(|word| word.as_str().map(str::to_owned))
            .expect("a rejection is a word"),
    }
}

#[test]
fn every_command_of_every_role_in_every_state() {
    let mut found = String::from("\n");
    let mut cells = 0;
    for (name, command) in commands() {
        for role in Role::ALL {
            let answers = STATES.map(|state| {
                cells += 1;
                let mut room = room(state);
                let before = room.conference.clone();
                let answer = room.say(&actor(role), &command).map(drop);
                if answer.is_err() {
                    assert_eq!(room.conference, before, "{name} {role:?} {state}");
                }
                word(answer)
            });
            if capability::may(role, &command) {
                let row = answers.join(" ");
                found.push_str(&format!("{name} {} {row}\n", role.as_str()));
            } else {
                // Nobody learns from a refusal what state the conference is in.
                assert!(answers.iter().all(|answer| *answer == answers[0]), "{name}");
                assert!(["not-chair", "not-allowed"].contains(&answers[0].as_str()));
            }
        }
    }
    let asked = commands().len();
    assert_eq!(cells, asked * Role::ALL.len() * STATES.len());
    let known: BTreeSet<&str> = Role::ALL
        .into_iter()
        .flat_map(capability::commands)
        .collect();
    assert_eq!(known.len(), asked, "the table has every command");
    let expected: Vec<&str> = TABLE.lines().collect();
    let found: Vec<&str> = found.lines().collect();
    for (expected, found) in expected.iter().zip(&found) {
        let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(expected, *found);
    }
    assert_eq!(expected.len(), found.len());
    println!("cells of the command x role x state table: {cells}");
}
