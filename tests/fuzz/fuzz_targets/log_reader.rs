//! A log that somebody has changed: rows with any content whose chain holds, and whole files of
//! any bytes. Reading says what is wrong; it never panics, and takes no broken log for whole.

#![no_main]
#![allow(dead_code, reason = "the store's sources are taken in as they are")]

// The store's own modules, so that what is private to it can be reached without a door in the
// product.
#[path = "../../../src/server/store/chain.rs"]
mod chain;
#[path = "../../../src/server/store/error.rs"]
mod error;
#[path = "../../../src/server/store/key.rs"]
mod key;
#[path = "../../../src/server/store/reader.rs"]
mod reader;
#[path = "../../../src/server/store/record.rs"]
mod record;
#[path = "../../../src/server/store/schema.rs"]
mod schema;

use chain::{Chain, Columns};
use diemcau_conference::{Conference, ConferenceId};
use diemcau_fuzz::{log, steps};
use error::{Fault, StoreError};
use key::CommandKey;
use libfuzzer_sys::fuzz_target;
use reader::LogReader;
use record::Record;
use rusqlite::{Connection, params};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

static PLACE: LazyLock<PathBuf> = LazyLock::new(|| {
    // Memory, if the machine has it as a folder.
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    folder.join(format!("diemcau-fuzz-{}.db", std::process::id()))
});

/// A log with a conference and without events.
static EMPTY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let _ = fs::remove_file(&*PLACE);
    let mut connection = Connection::open(&*PLACE).expect("scratch space");
    schema::prepare(&mut connection, &PLACE).expect("a log");
    let id = params![log::CONFERENCE];
    let conference = "INSERT INTO conference (number, id) VALUES (1, ?1)";
    connection.execute(conference, id).expect("a conference");
    let delete = "PRAGMA journal_mode = DELETE";
    connection
        .query_row(delete, [], |_| Ok(()))
        .expect("one file");
    drop(connection);
    fs::read(&*PLACE).expect("the log")
});

/// Writes the rows that an input describes, their chain whole unless it says otherwise.
fn write_rows(input: &[u8]) -> Result<(), rusqlite::Error> {
    fs::write(&*PLACE, &*EMPTY).expect("scratch space");
    let connection = Connection::open(&*PLACE)?;
    connection.execute_batch(
        "PRAGMA ignore_check_constraints = ON; PRAGMA journal_mode = OFF;
         PRAGMA synchronous = OFF; BEGIN",
    )?;
    let mut chain = Chain::genesis(log::CONFERENCE);
    let mut seq = 0;
    for step in steps(input).take(100) {
        let row = log::Row::read(&step);
        seq += row.step;
        let columns = Columns {
            seq,
            at: row.at,
            audience: row.audience,
            actor: row.actor,
            key: row.key,
            event: row.event,
        };
        let hash = chain.push(&columns);
        let hash = &hash.as_bytes()[row.hash_cut..];
        let insert = "INSERT INTO event VALUES
             (1, ?1, ?2, CAST(?3 AS TEXT), CAST(?4 AS TEXT), CAST(?5 AS TEXT), CAST(?6 AS TEXT), ?7)";
        connection.execute(
            insert,
            params![
                seq,
                row.at,
                row.audience,
                row.actor,
                row.key,
                row.event,
                hash
            ],
        )?;
    }
    connection.execute_batch("COMMIT")
}

fn read_all(path: &Path) {
    let Ok(reader) = LogReader::open(path) else {
        return;
    };
    let _ = reader.alive_at();
    let mut conferences = reader.conferences().unwrap_or_default();
    conferences.truncate(4);
    conferences.push(ConferenceId::new(log::CONFERENCE));
    for conference in &conferences {
        let verified = reader.verify(conference).ok();
        if let Ok(records) = reader.load(conference) {
            let events = verified.map(|verified| verified.events);
            assert_eq!(Some(records.len() as u64), events, "what is read is whole");
            let mut state = Conference::new(conference.clone());
            for record in &records {
                state.apply(record.at, &record.event);
            }
            let _ = (state.next_deadline(), state.media_plan());
        }
        let exported = reader.export_jsonl(conference, &mut Vec::new()).ok();
        assert_eq!(exported, verified, "export and verify say the same");
    }
}

fuzz_target!(|input: &[u8]| {
    // A database begins with "SQLite format 3"; everything else is rows.
    let written = if input.starts_with(b"SQL") {
        fs::write(&*PLACE, input).expect("scratch space");
        true
    } else {
        write_rows(input).is_ok()
    };
    if written {
        read_all(&PLACE);
    }
    for behind in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(format!("{}{behind}", PLACE.display()));
    }
});
