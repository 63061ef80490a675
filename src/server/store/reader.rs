//! Reading the log: replay, verification, export.

use super::chain::{Chain, Columns, Hash};
use super::{CommandKey, Fault, Record, StoreError, schema};
use diemcau_conference::{Actor, Audience, ConferenceId, Event, Timestamp};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// A log, open for reading only; a server may be writing it meanwhile. Every call sees the log as
/// it was when the call began.
#[derive(Debug)]
pub struct LogReader {
    connection: Connection,
}

/// A chain that holds from its first event to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many events; also the `seq` of the last.
    pub events: u64,
    /// The hash of the last. Only who kept an earlier one outside the log can tell that events
    /// were cut off its end.
    pub head_hash: Hash,
}

impl LogReader {
    /// Opens the log at `path`, which must be there. Blocks, as all calls do.
    ///
    /// # Errors
    /// [`StoreError::Format`] if a newer version of the program wrote it,
    /// [`StoreError::NotALog`] if it is something else, or what the disk says.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite's own answer to a file that is not there names no file.
        std::fs::metadata(path).map_err(|error| StoreError::io(path, error))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        schema::check(&connection, path)?;
        Ok(Self { connection })
    }

    /// The conferences of the log, the oldest first.
    ///
    /// # Errors
    /// What the disk says.
    pub fn conferences(&self) -> Result<Vec<ConferenceId>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM conference ORDER BY number")?;
        let ids = statement.query_map([], |row| row.get::<_, String>(0).map(ConferenceId::new))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Every event of a conference in order, the chain verified; none if it is not in the log.
    ///
    /// # Errors
    /// [`StoreError::Broken`] with the first event that is missing, was changed or cannot be
    /// read, or what the disk says.
    pub fn load(&self, conference: &ConferenceId) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        self.read(conference, |record| records.push(record))?;
        Ok(records)
    }

    /// Gives every event of a conference to `visit` in order, each once the chain has been found to
    /// hold up to it.
    ///
    /// # Errors
    /// As [`LogReader::load`]; then those before the broken one have been visited.
    pub fn read(
        &self,
        conference: &ConferenceId,
        mut visit: impl FnMut(Record),
    ) -> Result<(), StoreError> {
        let mut decoder = Decoder::default();
        self.walk(conference, |columns, _| {
            visit(decoder.record(columns)?);
            Ok(())
        })?;
        Ok(())
    }

    /// Walks the chain of a conference, and reads nothing but what it covers.
    ///
    /// # Errors
    /// [`StoreError::Broken`] with the first event that is missing or was changed, or what the
    /// disk says.
    pub fn verify(&self, conference: &ConferenceId) -> Result<Verified, StoreError> {
        self.walk(conference, |_, _| Ok(()))
    }

    /// Writes every event of a conference as a JSON object on its own line, the chain verified:
    ///
    /// ```text
    /// {"seq":7,"at":…,"audience":{…},"actor":{…},"key":"…","event":"floor.granted",…,"hash":"…"}
    /// ```
    ///
    /// `key` is absent when there is none. Everything is the log's own text, so that the chain
    /// can be verified from the lines: the event's text is a `{`, what stands from `"event":` to
    /// the last `,"hash":`, and a `}`; the bytes that are hashed are those of `Chain::push`.
    ///
    /// # Errors
    /// As [`LogReader::verify`], then the lines before the broken event are written;
    /// [`StoreError::Export`] with what `to` says.
    pub fn export_jsonl(
        &self,
        conference: &ConferenceId,
        to: &mut impl Write,
    ) -> Result<Verified, StoreError> {
        let failed = |error| StoreError::Export(Arc::new(error));
        let verified = self.walk(conference, |columns, hash| {
            write_line(to, columns, hash).map_err(failed)
        })?;
        to.flush().map_err(failed)?;
        Ok(verified)
    }

    /// The last time at which a server noted that it runs.
    ///
    /// # Errors
    /// What the disk says.
    pub fn alive_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = self
            .connection
            .query_row("SELECT at FROM alive", [], |row| row.get(0))
            .optional()?;
        Ok(at.map(timestamp))
    }

    /// Gives every event of a conference to `visit` once the chain has been found to hold up to
    /// it.
    fn walk(
        &self,
        conference: &ConferenceId,
        mut visit: impl FnMut(&Columns<'_>, Hash) -> Result<(), StoreError>,
    ) -> Result<Verified, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, at, audience, actor, key, event, hash FROM event
             WHERE conference = (SELECT number FROM conference WHERE id = ?1) ORDER BY seq",
        )?;
        let mut rows = statement.query([conference.as_str()])?;
        let mut chain = Chain::genesis(conference.as_str());
        let mut events = 0;
        while let Some(row) = rows.next()? {
            let columns = columns(row)?;
            let seq = events + 1;
            if u64::try_from(columns.seq) != Ok(seq) {
                let why = Fault::Missing;
                return Err(StoreError::Broken { seq, why });
            }
            let hash = chain.push(&columns);
            if row.get_ref(6)?.as_bytes().ok() != Some(hash.as_bytes()) {
                let why = Fault::Altered;
                return Err(StoreError::Broken { seq, why });
            }
            visit(&columns, hash)?;
            events = seq;
        }
        Ok(Verified {
            events,
            head_hash: chain.head(),
        })
    }
}

fn columns<'row>(row: &'row Row<'_>) -> Result<Columns<'row>, StoreError> {
    let text =
        |column| -> Result<&'row [u8], rusqlite::Error> { Ok(row.get_ref(column)?.as_bytes()?) };
    Ok(Columns {
        seq: row.get(0)?,
        at: row.get(1)?,
        audience: text(2)?,
        actor: text(3)?,
        key: row
            .get_ref(4)?
            .as_bytes_or_null()
            .map_err(rusqlite::Error::from)?,
        event: text(5)?,
    })
}

fn write_line(to: &mut impl Write, columns: &Columns<'_>, hash: Hash) -> io::Result<()> {
    write!(
        to,
        r#"{{"seq":{},"at":{},"audience":"#,
        columns.seq, columns.at
    )?;
    to.write_all(columns.audience)?;
    to.write_all(br#","actor":"#)?;
    to.write_all(columns.actor)?;
    if let Some(key) = columns.key {
        to.write_all(br#","key":""#)?;
        to.write_all(key)?;
        to.write_all(b"\"")?;
    }
    to.write_all(b",")?;
    let object = columns.event;
    let fields = object
        .strip_prefix(b"{")
        .and_then(|rest| rest.strip_suffix(b"}"));
    to.write_all(fields.unwrap_or(object))?;
    writeln!(to, r#","hash":"{hash}"}}"#)
}

/// A time that a column holds; the writer lets none in that is before 1970.
fn timestamp(at: i64) -> Timestamp {
    Timestamp(u64::try_from(at).unwrap_or_default())
}

/// Turns columns into records. Few people act and few audiences are addressed in a conference, so
/// both are parsed once each.
#[derive(Default)]
struct Decoder {
    audiences: BTreeMap<Vec<u8>, Audience>,
    actors: BTreeMap<Vec<u8>, Actor>,
}

impl Decoder {
    fn record(&mut self, columns: &Columns<'_>) -> Result<Record, StoreError> {
        let seq = columns.seq.unsigned_abs();
        let unreadable = |column, reason: String| StoreError::Broken {
            seq,
            why: Fault::Unreadable { column, reason },
        };
        let key = columns
            .key
            .map(|text| {
                let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
                text.parse::<CommandKey>()
                    .map_err(|error| error.to_string())
            })
            .transpose();
        Ok(Record {
            seq,
            at: timestamp(columns.at),
            audience: once(&mut self.audiences, columns.audience)
                .map_err(|error| unreadable("audience", error.to_string()))?,
            actor: once(&mut self.actors, columns.actor)
                .map_err(|error| unreadable("actor", error.to_string()))?,
            key: key.map_err(|reason| unreadable("key", reason))?,
            event: serde_json::from_slice::<Event>(columns.event)
                .map_err(|error| unreadable("event", error.to_string()))?,
        })
    }
}

fn once<T: DeserializeOwned + Clone>(
    known: &mut BTreeMap<Vec<u8>, T>,
    text: &[u8],
) -> Result<T, serde_json::Error> {
    if let Some(value) = known.get(text) {
        return Ok(value.clone());
    }
    let value: T = serde_json::from_slice(text)?;
    known.insert(text.to_owned(), value.clone());
    Ok(value)
}
