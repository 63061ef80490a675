//! Writing the rows of one append within a transaction.

use super::chain::{Chain, Hash};
use super::writer::{Answer, Append};
use super::{CommandKey, Fault, StoreError};
use diemcau_conference::ConferenceId;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// Where a conference's log ends.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// Its row in `conference`; none until its first append.
    number: Option<i64>,
    seq: i64,
    hash: Hash,
}

/// Writes the rows of one append, and moves its conference's head; nothing if the log does not
/// end where the append expects.
pub(super) fn stage(
    connection: &Connection,
    heads: &mut BTreeMap<ConferenceId, Head>,
    append: &Append,
) -> Answer {
    let mut head = match heads.get(&append.conference) {
        Some(head) => head.clone(),
        None => read_head(connection, &append.conference)?,
    };
    let found = head.seq.unsigned_abs();
    if found != append.expected_seq {
        return Err(StoreError::WrongSequence {
            expected: append.expected_seq,
            found,
        });
    }
    if append.rows.is_empty() {
        return Ok(found);
    }
    let number = match head.number {
        Some(number) => number,
        None => insert_conference(connection, &append.conference)?,
    };
    head.number = Some(number);
    let mut insert = connection.prepare_cached(
        "INSERT INTO event (conference, seq, at, audience, actor, key, event, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut chain = Chain::at(head.hash);
    for row in &append.rows {
        head.seq += 1;
        let hash = chain.push(&row.columns(head.seq));
        insert.execute((
            number,
            head.seq,
            row.at,
            &row.audience,
            &row.actor,
            row.key.as_ref().map(CommandKey::as_str),
            &row.event,
            hash.as_bytes(),
        ))?;
    }
    head.hash = chain.head();
    let last = head.seq.unsigned_abs();
    heads.insert(append.conference.clone(), head);
    Ok(last)
}

fn insert_conference(
    connection: &Connection,
    conference: &ConferenceId,
) -> Result<i64, StoreError> {
    connection.execute(
        "INSERT INTO conference (id) VALUES (?1)",
        [conference.as_str()],
    )?;
    Ok(connection.last_insert_rowid())
}

fn read_head(connection: &Connection, conference: &ConferenceId) -> Result<Head, StoreError> {
    let number: Option<i64> = connection
        .prepare_cached("SELECT number FROM conference WHERE id = ?1")?
        .query_row([conference.as_str()], |row| row.get(0))
        .optional()?;
    let last: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT seq, hash FROM event WHERE conference = ?1 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((seq, hash)) = last else {
        let hash = Chain::genesis(conference.as_str()).head();
        return Ok(Head {
            number,
            seq: 0,
            hash,
        });
    };
    let hash = Hash::from_column(&hash).ok_or(StoreError::Broken {
        seq: seq.unsigned_abs(),
        why: Fault::Altered,
    })?;
    Ok(Head { number, seq, hash })
}
