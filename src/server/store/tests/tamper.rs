//! What was changed in a log after it was written is found, at the event where it was changed.

use super::super::{Fault, LogReader, Store, StoreError};
use super::{hoi_nghi, loaded, place, records};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::path::PathBuf;
use tempfile::TempDir;

const EVENTS: u32 = 12;

/// A log of [`EVENTS`] events that nobody has open.
fn written() -> (TempDir, PathBuf) {
    let (folder, path) = place();
    let store = Store::open(&path).unwrap();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(store.append(&hoi_nghi(), 0, records(1..=EVENTS)))
        .unwrap();
    (folder, path)
}

/// Somebody with a database tool, whom no constraint holds back.
fn intruder(path: &PathBuf) -> Connection {
    let database = Connection::open(path).unwrap();
    database
        .execute_batch(
            "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;
             PRAGMA synchronous = OFF;",
        )
        .unwrap();
    database
}

fn broken(reader: &LogReader) -> Option<(u64, Fault)> {
    let found = |error| match error {
        StoreError::Broken { seq, why } => (seq, why),
        other => panic!("{other}"),
    };
    let by_verify = reader.verify(&hoi_nghi()).err().map(found);
    let by_load = reader.load(&hoi_nghi()).err().map(found);
    assert_eq!(by_verify, by_load, "replay finds what verify finds");
    by_verify
}

/// Another value of the same type.
fn changed(value: Value, place: Index, by: u8) -> Value {
    match value {
        // No key: now there is one.
        Value::Null => Value::Text("00000000-0000-4000-8000-00000000beef".to_owned()),
        Value::Integer(number) => Value::Integer(number + i64::from(by)),
        Value::Text(text) => {
            let mut characters: Vec<char> = text.chars().collect();
            let place = place.index(characters.len());
            characters[place] = if characters[place] == '7' { '8' } else { '7' };
            Value::Text(characters.into_iter().collect())
        }
        Value::Blob(mut bytes) => {
            let place = place.index(bytes.len());
            bytes[place] ^= by;
            Value::Blob(bytes)
        }
        Value::Real(_) => unreachable!("no column holds one"),
    }
}

#[test]
fn a_change_of_any_column_of_any_row_is_found() {
    let (_folder, path) = written();
    let database = intruder(&path);
    let reader = LogReader::open(&path).unwrap();
    let columns = select(vec!["at", "audience", "actor", "key", "event", "hash"]);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    });
    runner
        .run(
            &(1..=EVENTS, columns, any::<Index>(), 1..=255_u8),
            |(seq, column, place, by)| {
                let value: Value = database
                    .query_row(
                        &format!("SELECT {column} FROM event WHERE seq = ?1"),
                        [seq],
                        |row| row.get(0),
                    )
                    .unwrap();
                let write = |value: &Value| {
                    database
                        .execute(
                            &format!("UPDATE event SET {column} = ?2 WHERE seq = ?1"),
                            params![seq, value],
                        )
                        .unwrap();
                };
                write(&changed(value.clone(), place, by));
                prop_assert_eq!(broken(&reader), Some((u64::from(seq), Fault::Altered)));
                write(&value);
                prop_assert_eq!(broken(&reader), None);
                Ok(())
            },
        )
        .unwrap();
}

#[test]
fn what_is_missing_moved_or_put_in_is_found() {
    let insert = "INSERT INTO event SELECT conference, 13, at, audience, actor, key, event, hash
                  FROM event WHERE seq = 12";
    let cases = [
        ("DELETE FROM event WHERE seq = 1", 1, Fault::Missing),
        ("DELETE FROM event WHERE seq = 7", 7, Fault::Missing),
        ("DELETE FROM event WHERE seq < 12", 1, Fault::Missing),
        ("UPDATE event SET seq = 99 WHERE seq = 5", 5, Fault::Missing),
        ("UPDATE event SET seq = -5 WHERE seq = 5", 1, Fault::Missing),
        ("UPDATE event SET conference = 2 WHERE seq = 3", 3, Fault::Missing),
        (
            "UPDATE event SET seq = 99 WHERE seq = 5; UPDATE event SET seq = 5 WHERE seq = 6;
             UPDATE event SET seq = 6 WHERE seq = 99",
            5,
            Fault::Altered,
        ),
        (
            "DELETE FROM event WHERE seq = 7; UPDATE event SET seq = seq - 1 WHERE seq > 7",
            7,
            Fault::Altered,
        ),
        (insert, 13, Fault::Altered),
        ("UPDATE event SET key = NULL WHERE seq = 9", 9, Fault::Altered),
        ("UPDATE event SET hash = x'00' WHERE seq = 4", 4, Fault::Altered),
        (
            "UPDATE conference SET id = 'other'; INSERT INTO conference VALUES (2, 'hoi-nghi-2013');
             UPDATE event SET conference = 2; DELETE FROM event WHERE seq = 2",
            2,
            Fault::Missing,
        ),
    ];
    for (change, seq, why) in cases {
        let (_folder, path) = written();
        intruder(&path).execute_batch(change).unwrap();
        let reader = LogReader::open(&path).unwrap();
        assert_eq!(broken(&reader), Some((seq, why)), "{change}");
    }
}

#[test]
fn a_log_passed_off_as_that_of_another_conference_is_found() {
    let (_folder, path) = written();
    intruder(&path)
        .execute_batch("UPDATE conference SET id = 'hoi-nghi-2014'")
        .unwrap();
    let other = diemcau_conference::ConferenceId::new("hoi-nghi-2014");
    let error = LogReader::open(&path).unwrap().verify(&other).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Broken {
                seq: 1,
                why: Fault::Altered
            }
        ),
        "{error}"
    );
}

/// What the chain alone cannot show, and what does.
#[test]
fn events_cut_off_the_end_are_seen_only_against_a_hash_kept_elsewhere() {
    let (_folder, path) = written();
    let reader = LogReader::open(&path).unwrap();
    let kept = reader.verify(&hoi_nghi()).unwrap();
    intruder(&path)
        .execute("DELETE FROM event WHERE seq > 10", [])
        .unwrap();
    assert_eq!(broken(&reader), None);
    assert_ne!(reader.verify(&hoi_nghi()).unwrap(), kept);
    assert_eq!(
        reader.load(&hoi_nghi()).unwrap(),
        loaded(records(1..=10)),
        "what is left is true"
    );
}

#[test]
fn an_event_that_this_program_does_not_know_is_named() {
    use super::super::chain::{Chain, Columns};
    let (_folder, path) = written();
    let reader = LogReader::open(&path).unwrap();
    let mut chain = Chain::at(reader.verify(&hoi_nghi()).unwrap().head_hash);
    let hash = chain.push(&Columns {
        seq: 13,
        at: 1,
        audience: br#"{"to":"everyone"}"#,
        actor: br#"{"actor":"room"}"#,
        key: None,
        event: br#"{"event":"vote.opened"}"#,
    });
    intruder(&path)
        .execute(
            r#"INSERT INTO event VALUES (1, 13, 1, '{"to":"everyone"}', '{"actor":"room"}', NULL,
               '{"event":"vote.opened"}', ?1)"#,
            [hash.as_bytes()],
        )
        .unwrap();
    assert_eq!(reader.verify(&hoi_nghi()).unwrap().events, 13);
    let error = reader.load(&hoi_nghi()).unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::Broken {
                seq: 13,
                why: Fault::Unreadable {
                    column: "event",
                    ..
                }
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("vote.opened"), "{error}");
}
