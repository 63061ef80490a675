//! Every command of every role in every state: what comes of it.

use crate::{
    every::every_command,
    states_table::{STATES, TABLE},
    support::{
        CAN_THO, DA_NANG, HA_NOI, NGHE_AN, Room, answer, call, chair, changed, draft, invite_on,
        lock, lock_presentation, mute_all, pause, person, site, take,
    },
};
use diemcau_conference::{
    Actor, Command, Conference, Floor, ItemId, Rejection, Role, Setup, SpeechKind, capability,
};
use std::collections::{BTreeMap, BTreeSet};

/// Đà Nẵng's deputy comes after the chair; the first of two agenda items has Cần Thơ as its
/// prepared speaker.
fn with_deputy() -> Setup {
    changed(|setup| {
        setup.deputies = vec![site(DA_NANG)];
        setup.agenda = vec![draft("Tham luận", &[CAN_THO]), draft("Bế mạc", &[])];
    })
}

/// A conference in one of the states.
fn room(state: &str) -> Room {
    if state == "nothing" {
        let mut room = Room::configured(with_deputy());
        room.conference = Conference::new(with_deputy().id);
        return room;
    }
    if state == "none" {
        let mut room = Room::configured(with_deputy());
        room.up("ha-noi-chair", HA_NOI, Role::Chair);
        room.up("can-tho-site", CAN_THO, Role::Site);
        room.up("da-nang-deputy", DA_NANG, Role::Deputy);
        return room;
    }
    let mut room = Room::in_session_with(with_deputy());
    room.up("da-nang-deputy", DA_NANG, Role::Deputy);
    lead_to(&mut room, state);
    room
}

/// Leads an open session to a state.
fn lead_to(room: &mut Room, state: &str) {
    match state {
        "free" => {}
        "asked" => {
            room.queued(CAN_THO, SpeechKind::Discussion);
            room.ask(DA_NANG, SpeechKind::Discussion);
        }
        "own" => drop(room.invite(CAN_THO)),
        "other" => drop(room.invite(NGHE_AN)),
        "talk" => {
            let asked = room.invite(CAN_THO);
            room.speaks(&chair(), &answer(NGHE_AN, asked));
        }
        "stop" => {
            let turn = room.invite(CAN_THO);
            room.ok(&chair(), &pause(turn));
        }
        "mute" => {
            room.invite(CAN_THO);
            room.ok(&chair(), &mute_all(true));
        }
        "lost" => {
            room.invite(CAN_THO);
            room.down("can-tho-site");
        }
        "inter" => {
            room.invite(CAN_THO);
            room.speaks(&chair(), &take());
        }
        "call" => {
            let request = room.queued(CAN_THO, SpeechKind::Discussion);
            room.ok(&chair(), &call(request));
        }
        "shows" => drop(room.ok(&chair(), &invite_on(Floor::Presentation, CAN_THO))),
        "shown" => drop(room.ok(&chair(), &invite_on(Floor::Presentation, NGHE_AN))),
        "plock" => drop(room.ok(&chair(), &lock_presentation(true))),
        "item" => {
            let item = ItemId(1);
            room.ok(&chair(), &Command::AgendaStart { item });
            let (title, url) = ("Dự thảo".to_owned(), "https://example.vn".to_owned());
            room.ok(&chair(), &Command::DocumentLink { item, title, url });
        }
        "rlock" => drop(room.ok(&chair(), &lock(true))),
        "away" => drop(room.down("ha-noi-chair")),
        "acts" | "back" => {
            room.down("ha-noi-chair");
            room.run(20);
            if state == "back" {
                room.up("ha-noi-chair", HA_NOI, Role::Chair);
            }
        }
        "closed" => drop(room.ok(&chair(), &Command::ConferenceClose)),
        other => panic!("no state is called {other}"),
    }
}

fn actor(role: Role) -> Actor {
    match role {
        Role::Site | Role::Display => person(CAN_THO, role),
        Role::Deputy => person(DA_NANG, role),
        _ => person(HA_NOI, role),
    }
}

/// The letter of a role in the table. Of chair and deputy, the small letter is them on the chair or
/// off it; `C` is whoever of both sits there, and `D` the deputy if it does.
fn letters(role: Role) -> &'static [char] {
    match role {
        Role::Chair => &['C', 'c'],
        Role::Deputy => &['C', 'D', 'd'],
        Role::Secretary => &['k'],
        Role::Technician => &['t'],
        Role::Site => &['s'],
        Role::Display => &[],
    }
}

fn rejection(word: &str) -> Option<Rejection> {
    Some(match word {
        "+" => return None,
        "aa" => Rejection::AlreadyAccepted,
        "ar" => Rejection::AlreadyRequested,
        "cp" => Rejection::ChairPresent,
        "hf" => Rejection::HoldsFloor,
        "ib" => Rejection::ItemBegun,
        "nc" => Rejection::NoChange,
        "ni" => Rejection::NotInterrupted,
        "nk" => Rejection::NotCalled,
        "no" => Rejection::NoItem,
        "ns" => Rejection::NoSession,
        "nw" => Rejection::NobodyWaits,
        "ny" => Rejection::NotYours,
        "pl" => Rejection::PresentationLocked,
        "sa" => Rejection::SiteAbsent,
        "se" => Rejection::StaleEpoch,
        "so" => Rejection::SessionOpen,
        "ud" => Rejection::UnknownDocument,
        "ur" => Rejection::UnknownRequest,
        other => panic!("no rejection is called {other}"),
    })
}

/// The table by command and letter, each with its cells.
fn table() -> BTreeMap<(&'static str, char), Vec<&'static str>> {
    let mut table = BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let (label, who) = (words.next().expect("a command"), words.next().expect("who"));
        let cells: Vec<&str> = words.collect();
        assert_eq!(cells.len(), STATES.len(), "{label} {who}");
        for letter in who.chars() {
            let before = table.insert((label, letter), cells.clone());
            assert_eq!(before, None, "{label} {letter} stands in the table twice");
        }
    }
    table
}

/// What the table says to a command of a role in a state.
fn expected(
    table: &BTreeMap<(&'static str, char), Vec<&'static str>>,
    label: &'static str,
    role: Role,
    state: &str,
) -> Option<Rejection> {
    if state == "nothing" {
        return Some(Rejection::BadSetup);
    }
    if state == "closed" {
        return Some(Rejection::ConferenceClosed);
    }
    let mut rows = letters(role).iter();
    let row = rows.find_map(|letter| Some((*letter, table.get(&(label, *letter))?)));
    let (letter, cells) = row.unwrap_or_else(|| panic!("{label} has no row for {role:?}"));
    let on_the_chair = if matches!(state, "acts" | "back") {
        Role::Deputy
    } else {
        Role::Chair
    };
    if matches!(letter, 'C' | 'D') && role != on_the_chair {
        return Some(Rejection::NotChairing);
    }
    let column = STATES.iter().position(|column| *column == state);
    rejection(cells[column.expect("a column")])
}

#[test]
fn every_command_of_every_role_in_every_state() {
    let table = table();
    let (mut cells, mut wrong) = (0, Vec::new());
    for state in STATES.into_iter().chain(["nothing", "closed"]) {
        let room = room(state);
        let before = room.conference.clone();
        for (label, command) in every_command() {
            for role in Role::ALL {
                cells += 1;
                let mut room = room.clone();
                let answer = room.say(&actor(role), &command);
                if answer.is_err() {
                    assert_eq!(room.conference, before, "{label} {role:?} {state}");
                }
                let answer = answer.map(|events| {
                    assert!(!events.is_empty(), "{label} {role:?} {state} does nothing");
                });
                if capability::may(role, &command) {
                    let expected = expected(&table, label, role, state).map_or(Ok(()), Err);
                    if answer != expected {
                        wrong.push(format!(
                            "{label} {role:?} {state}: {answer:?}, not {expected:?}"
                        ));
                    }
                } else {
                    // Nobody learns from a refusal what state the conference is in.
                    let forbidden = [Rejection::NotChair, Rejection::NotAllowed];
                    let refusal = answer.expect_err("no role does what is not its own");
                    assert!(forbidden.contains(&refusal), "{label} {role:?} {state}");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all = every_command();
    assert_eq!(cells, all.len() * Role::ALL.len() * (STATES.len() + 2));
    let asked: BTreeSet<&str> = all
        .iter()
        .filter_map(|(l, _)| l.split(':').next())
        .collect();
    let known: BTreeSet<&str> = Role::ALL
        .into_iter()
        .flat_map(capability::commands)
        .collect();
    assert_eq!(known, asked, "the table has every command");
    println!(
        "cells of the command x role x state table: {cells} ({} commands, {} ways to ask them)",
        known.len(),
        all.len()
    );
}
