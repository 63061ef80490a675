//! Every role with every command: 46 x 6, and the room's own.

use crate::{
    every::every_command,
    support::{CAN_THO, DA_NANG, HA_NOI, Room, TICK, changed, headcount, person, site},
};
use diemcau_conference::{Actor, Command, Rejection, Role, capability};
use std::collections::BTreeMap;

/// Who may: Chair, Deputy, secretary (K), Technician, Site, display (W), in the order of
/// `Role::ALL`.
const TABLE: &str = "
session.open          CD----
session.close         CD----
conference.close      CD----
floor.request         --KTS-
floor.cancel          CDKTS-
floor.accept          CD----
floor.move            CD----
floor.defer           CD----
floor.deny            CD----
floor.clear           CD----
floor.grant           CD----
floor.next            CD----
floor.invite          CD----
floor.take            CD----
floor.answer          CD----
floor.restore         CD----
floor.release         CD--S-
floor.revoke          CD----
floor.extend          CD----
floor.pause           CD----
floor.resume          CD----
floor.call            CD----
floor.ready           ----S-
floor.list            CD----
floor.policy          CD----
presentation.lock     CD----
microphone.override   CD----
microphone.mute-all   CD----
picture.main          CD----
announcement.set      CDK---
agenda.add            CDK---
agenda.edit           CDK---
agenda.remove         CDK---
agenda.move           CDK---
agenda.start          CD----
agenda.finish         CD----
document.link         CDK---
document.upload       CDK---
document.remove       CDK---
chair.take            -D----
chair.reclaim         C-----
chat.send             CDKTS-
attendance.headcount  C-K-S-
device.remove         CD----
code.change           CD----
room.lock             CD----
";

/// The names of the commands in their order, each with those who may.
fn table() -> Vec<(&'static str, &'static str)> {
    let rows = TABLE.lines().filter_map(|line| line.split_once(' '));
    rows.map(|(name, who)| (name, who.trim())).collect()
}

fn named(label: &'static str) -> &'static str {
    label.split(':').next().unwrap_or(label)
}

/// The name on the wire. Three commands come over HTTP and have no JSON.
fn name(command: &Command) -> String {
    match command {
        Command::CodeChange { .. } => "code.change".to_owned(),
        Command::DocumentUpload { .. } => "document.upload".to_owned(),
        command => {
            let json = serde_json::to_value(command).expect("a command has JSON");
            json["cmd"].as_str().expect("it has a name").to_owned()
        }
    }
}

#[test]
fn every_role_has_exactly_its_commands() {
    let table = table();
    assert_eq!(table.len(), 46);
    let mut cells = 0;
    for (column, role) in Role::ALL.into_iter().enumerate() {
        let has = |who: &&str| who.as_bytes()[column] != b'-';
        let expected = table.iter().filter(|(_, who)| has(who));
        let expected: Vec<&str> = expected.map(|(name, _)| *name).collect();
        assert_eq!(
            capability::commands(role).collect::<Vec<_>>(),
            expected,
            "{role:?}"
        );
        let who: BTreeMap<_, _> = table.iter().copied().collect();
        for (label, command) in every_command() {
            assert_eq!(name(&command), named(label));
            let expected = has(&who[named(label)]);
            assert_eq!(
                capability::may(role, &command),
                expected,
                "{role:?} {label}"
            );
        }
        cells += table.len();
    }
    println!("cells of the command x role table: {cells}");
}

#[test]
fn what_a_role_may_not_do_is_refused_whatever_the_state() {
    let who: BTreeMap<_, _> = table().into_iter().collect();
    let setup = changed(|setup| setup.deputies = vec![site(DA_NANG)]);
    for (column, role) in Role::ALL.into_iter().enumerate() {
        let home = match role {
            Role::Deputy => DA_NANG,
            Role::Site | Role::Display => CAN_THO,
            _ => HA_NOI,
        };
        for room in [
            Room::configured(setup.clone()),
            Room::in_session_with(setup.clone()),
        ] {
            for (label, command) in every_command() {
                let answer = room.clone().say(&person(home, role), &command);
                let who = who[named(label)];
                // Whoever is refused hears whether it is the chair that may.
                let expected = if who == "CD----" {
                    Rejection::NotChair
                } else {
                    Rejection::NotAllowed
                };
                let forbidden = [Err(Rejection::NotChair), Err(Rejection::NotAllowed)];
                if who.as_bytes()[column] == b'-' {
                    assert_eq!(answer, Err(expected), "{role:?} {label}");
                } else {
                    assert!(!forbidden.contains(&answer), "{role:?} {label}: {answer:?}");
                }
            }
        }
    }
}

#[test]
fn only_the_room_speaks_for_the_room() {
    let mut room = Room::in_session();
    for role in Role::ALL {
        assert!(!capability::may(role, &TICK), "{role:?}");
        assert_eq!(
            room.refused(&person(HA_NOI, role), &TICK),
            Rejection::NotAllowed
        );
    }
    for (label, command) in every_command() {
        assert_eq!(
            room.refused(&Actor::Room, &command),
            Rejection::NotAllowed,
            "{label}"
        );
    }
}

#[test]
fn everyone_sits_where_the_configuration_says() {
    let mut room = Room::in_session_with(changed(|setup| setup.deputies = vec![site(DA_NANG)]));
    let anything = |role| match role {
        Role::Deputy => Command::ChairTake,
        Role::Technician => crate::support::chat(None, "xin chào"),
        _ => headcount(1),
    };
    for (at, role) in [
        (CAN_THO, Role::Chair),
        (CAN_THO, Role::Secretary),
        (CAN_THO, Role::Technician),
        (CAN_THO, Role::Deputy),
        (HA_NOI, Role::Deputy),
    ] {
        assert_eq!(
            room.refused(&person(at, role), &anything(role)),
            Rejection::NotAllowed,
            "{role:?} at {at}"
        );
    }
    let stranger = person("hue", Role::Site);
    assert_eq!(
        room.refused(&stranger, &headcount(1)),
        Rejection::UnknownSite
    );
    // The seat is there, and the chair of it is not empty.
    assert_eq!(
        room.refused(&person(DA_NANG, Role::Deputy), &Command::ChairTake),
        Rejection::ChairPresent
    );
}
