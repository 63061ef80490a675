//! The log as the room and the commands see it.

mod crash;
mod tamper;

use super::*;
use diemcau_conference::{Actor, Audience, DeviceId, Event, Role, SiteId};
use ring::digest::{SHA256, digest};
use tempfile::TempDir;

/// An empty folder and the path of a log in it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    (folder, path)
}

fn hoi_nghi() -> ConferenceId {
    ConferenceId::new("hoi-nghi-2013")
}

/// A record that can be told from the others by `number`; with and without a key, of a person
/// and of the room, in turn.
pub(super) fn record(number: u32) -> NewRecord {
    let site = SiteId::new("can-tho");
    let person = Actor::Person {
        site: site.clone(),
        role: Role::Site,
        device: DeviceId::new(format!("d{}", number % 5)),
    };
    let by_person = number % 2 == 1;
    NewRecord {
        at: Timestamp(1_368_147_600_000 + u64::from(number)),
        audience: match number % 3 {
            0 => Audience::Everyone,
            1 => Audience::Host,
            _ => Audience::Site { site: site.clone() },
        },
        actor: if by_person { person } else { Actor::Room },
        key: by_person.then(|| {
            format!("00000000-0000-4000-8000-{number:012x}")
                .parse()
                .unwrap()
        }),
        event: if number.is_multiple_of(4) {
            Event::SessionOpened {
                session: diemcau_conference::SessionId(number),
                name: "Buổi \"sáng\" \\ \n\u{1}".to_owned(),
            }
        } else {
            Event::HeadcountDeclared {
                site,
                present: number,
            }
        },
    }
}

pub(super) fn records(numbers: impl IntoIterator<Item = u32>) -> Vec<NewRecord> {
    numbers.into_iter().map(record).collect()
}

/// What [`Store::load`] must give after `new` was appended to an empty log.
fn loaded(new: Vec<NewRecord>) -> Vec<Record> {
    (1..)
        .zip(new)
        .map(|(seq, new)| Record {
            seq,
            at: new.at,
            audience: new.audience,
            actor: new.actor,
            key: new.key,
            event: new.event,
        })
        .collect()
}

#[tokio::test]
async fn what_is_appended_is_there_after_the_log_is_opened_again() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    assert_eq!(store.load(&hoi_nghi()).unwrap(), []);
    assert_eq!(
        store.append(&hoi_nghi(), 0, records(1..=5)).await.unwrap(),
        5
    );
    assert_eq!(
        store.append(&hoi_nghi(), 5, records(6..=8)).await.unwrap(),
        8
    );
    assert_eq!(
        store.load(&hoi_nghi()).unwrap(),
        loaded(records(1..=8)),
        "before it is closed"
    );
    let verified = store.verify(&hoi_nghi()).unwrap();
    assert_eq!(verified.events, 8);

    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.load(&hoi_nghi()).unwrap(), loaded(records(1..=8)));
    assert_eq!(store.verify(&hoi_nghi()).unwrap(), verified);
    assert_eq!(
        store.append(&hoi_nghi(), 8, records(9..=9)).await.unwrap(),
        9
    );
    assert_eq!(store.load(&hoi_nghi()).unwrap(), loaded(records(1..=9)));
}

#[tokio::test]
async fn an_append_on_another_sequence_changes_nothing() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    store.append(&hoi_nghi(), 0, records(1..=3)).await.unwrap();
    for expected in [0, 2, 4, u64::MAX] {
        let error = store
            .append(&hoi_nghi(), expected, records(90..=91))
            .await
            .unwrap_err();
        assert!(
            matches!(error, StoreError::WrongSequence { expected: e, found: 3 } if e == expected),
            "{error}"
        );
    }
    let other = ConferenceId::new("hoi-nghi-2014");
    let error = store.append(&other, 3, records(1..=1)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::WrongSequence { found: 0, .. }),
        "{error}"
    );
    assert_eq!(store.load(&hoi_nghi()).unwrap(), loaded(records(1..=3)));
    assert_eq!(store.conferences().unwrap(), [hoi_nghi()]);
}

#[tokio::test]
async fn an_empty_append_only_checks_the_sequence() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    assert_eq!(store.append(&hoi_nghi(), 0, Vec::new()).await.unwrap(), 0);
    assert_eq!(store.conferences().unwrap(), []);
    assert!(store.append(&hoi_nghi(), 1, Vec::new()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_conferences_grow_at_the_same_time() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    let conferences = [hoi_nghi(), ConferenceId::new("hoi-nghi-2014")];
    let tasks = conferences.clone().map(|conference| {
        let store = store.clone();
        tokio::spawn(async move {
            for seq in 0..100 {
                let last = store
                    .append(&conference, u64::from(seq), records([seq + 1]))
                    .await
                    .unwrap();
                assert_eq!(last, u64::from(seq) + 1);
            }
        })
    });
    for task in tasks {
        task.await.unwrap();
    }
    for conference in &conferences {
        assert_eq!(store.load(conference).unwrap(), loaded(records(1..=100)));
    }
    let [a, b] = conferences.map(|conference| store.verify(&conference).unwrap().head_hash);
    assert_ne!(a, b, "a chain belongs to its conference");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_append_after_the_same_event_one_wins() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    let tasks: Vec<_> = (1..=20)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.append(&hoi_nghi(), 0, records([number])).await })
        })
        .collect();
    let mut won = Vec::new();
    for (number, task) in (1..).zip(tasks) {
        match task.await.unwrap() {
            Ok(seq) => won.push((number, seq)),
            Err(error) => assert!(
                matches!(
                    error,
                    StoreError::WrongSequence {
                        expected: 0,
                        found: 1
                    }
                ),
                "{error}"
            ),
        }
    }
    let [(winner, 1)] = won[..] else {
        panic!("one wins and gets event 1: {won:?}");
    };
    assert_eq!(store.load(&hoi_nghi()).unwrap(), loaded(records([winner])));
}

#[tokio::test]
async fn the_last_sign_of_life_outlives_the_process_and_is_not_in_the_chain() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    assert_eq!(store.alive_at().unwrap(), None);
    store.append(&hoi_nghi(), 0, records(1..=2)).await.unwrap();
    let before = store.verify(&hoi_nghi()).unwrap();
    store.alive(Timestamp(1000));
    store.alive(Timestamp(2000));
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.alive_at().unwrap(), Some(Timestamp(2000)));
    assert_eq!(store.verify(&hoi_nghi()).unwrap(), before);
}

#[tokio::test]
async fn a_second_server_is_refused_and_a_reader_is_not() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    store.append(&hoi_nghi(), 0, records(1..=2)).await.unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Locked(_)), "{error}");

    let reader = LogReader::open(&path).unwrap();
    assert_eq!(reader.load(&hoi_nghi()).unwrap(), loaded(records(1..=2)));
    store.append(&hoi_nghi(), 2, records([3])).await.unwrap();
    assert_eq!(
        reader.verify(&hoi_nghi()).unwrap(),
        store.verify(&hoi_nghi()).unwrap(),
        "a reader sees what came later"
    );

    let second = store.clone();
    drop(store);
    assert!(Store::open(&path).is_err(), "a clone is still there");
    drop(second);
    assert_eq!(
        LogReader::open(&path)
            .unwrap()
            .load(&hoi_nghi())
            .unwrap()
            .len(),
        3,
        "nobody writes, and it can be read"
    );
    Store::open(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn a_log_cannot_be_opened_twice_by_two_names() {
    let (folder, path) = place();
    let _store = Store::open(&path).unwrap();
    let name = folder.path().join("other-name.db");
    std::os::unix::fs::symlink(&path, &name).unwrap();
    let error = Store::open(&name).unwrap_err();
    assert!(matches!(error, StoreError::Locked(_)), "{error}");
}

#[test]
fn a_log_of_a_newer_format_is_refused_and_left_alone() {
    let (_folder, path) = place();
    drop(Store::open(&path).unwrap());
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch("UPDATE meta SET value = 2; DROP TABLE event")
        .unwrap();
    drop(database);
    let before = std::fs::read(&path).unwrap();
    for error in [
        Store::open(&path).unwrap_err(),
        LogReader::open(&path).unwrap_err(),
    ] {
        assert!(
            matches!(
                error,
                StoreError::Format {
                    found: 2,
                    supported: 1
                }
            ),
            "{error}"
        );
        assert!(error.to_string().contains("newer diemcau"), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_log_is_refused_and_left_alone() {
    let (folder, path) = place();
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE cookies (name TEXT)")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    for error in [
        Store::open(&path).unwrap_err(),
        LogReader::open(&path).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::NotALog(_)), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let text = folder.path().join("notes.txt");
    let notes = "Not a database at all. ".repeat(50);
    std::fs::write(&text, &notes).unwrap();
    let error = Store::open(&text).unwrap_err();
    assert!(matches!(error, StoreError::NotALog(_)), "{error}");
    assert_eq!(std::fs::read_to_string(&text).unwrap(), notes);
}

#[test]
fn a_reader_makes_no_log() {
    let (_folder, path) = place();
    let error = LogReader::open(&path).unwrap_err();
    assert!(error.to_string().contains("log.db"), "{error}");
    assert!(!path.exists());
}

/// Walks the lines as somebody would who has nothing but the description of the export.
#[tokio::test]
async fn an_export_can_be_verified_without_the_program() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    store.append(&hoi_nghi(), 0, records(1..=12)).await.unwrap();
    let mut export = Vec::new();
    let verified = store.export_jsonl(&hoi_nghi(), &mut export).unwrap();
    let export = String::from_utf8(export).unwrap();
    assert_eq!(export.lines().count(), 12);
    assert_eq!(verified, store.verify(&hoi_nghi()).unwrap());

    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
    let mut head = digest(&SHA256, b"diemcau log 1 hoi-nghi-2013");
    for (line, new) in export.lines().zip(records(1..=12)) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let between = |from: &str, to: &str| {
            let start = line.find(from).unwrap() + from.len();
            &line[start..start + line[start..].find(to).unwrap()]
        };
        let audience = between("\"audience\":", ",\"actor\":");
        let actor = between("\"actor\":", "},").to_owned() + "}";
        let start = line.find("\"event\":").unwrap();
        let event = format!("{{{}}}", &line[start..line.rfind(",\"hash\":").unwrap()]);
        assert_eq!(serde_json::from_str::<Event>(&event).unwrap(), new.event);

        let mut bytes = head.as_ref().to_vec();
        bytes.extend(value["seq"].as_u64().unwrap().to_be_bytes());
        bytes.extend(value["at"].as_u64().unwrap().to_be_bytes());
        for text in [
            Some(audience),
            Some(&actor),
            value["key"].as_str(),
            Some(&event),
        ] {
            let length = text.map_or(u32::MAX, |text| text.len().try_into().unwrap());
            bytes.extend(length.to_be_bytes());
            bytes.extend(text.unwrap_or_default().as_bytes());
        }
        head = digest(&SHA256, &bytes);
        assert_eq!(value["hash"], hex(head.as_ref()));
    }
    assert_eq!(verified.head_hash.to_string(), hex(head.as_ref()));
}

#[tokio::test]
async fn an_export_that_cannot_be_written_is_an_error() {
    let (_folder, path) = place();
    let store = Store::open(&path).unwrap();
    store.append(&hoi_nghi(), 0, records(1..=3)).await.unwrap();
    let mut short = [0; 100];
    let error = store
        .export_jsonl(&hoi_nghi(), &mut &mut short[..])
        .unwrap_err();
    assert!(matches!(error, StoreError::Export(_)), "{error}");
}
