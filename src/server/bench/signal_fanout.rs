//! `signal_fanout_p99`: from the chair's command to the moment at which a session has its event,
//! with a thousand sessions; then all of them send a command within five seconds, and every one of
//! them is answered exactly once and stands in the log exactly once.
//!
//! There is no voting yet: what the chair does is open and close a session, and what everyone sends
//! is the headcount of the room, which all others are told of. That is more than votes would be,
//! whose tally is told twice a second.
//!
//! The clients read a message's kind and nothing else. They share this process and its cores, so
//! what they take is in the figure. A process that may open fewer than 2,100 files cannot measure
//! this (`ulimit -n`).

use super::{
    BenchError, Figure,
    light::{Crowd, Heard},
    statistics::{Times, milliseconds},
    venue::Venue,
};
use crate::{setup, store::LogReader};
use diemcau_conference::{Event, Role};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::{Duration, Instant},
};

const SESSIONS: usize = 1000;
const SITES: usize = 63;
/// Events of the chair that are measured.
const EVENTS: usize = 10;
/// The time in which all send their command.
const ALL_WITHIN: Duration = Duration::from_secs(5);
/// Nothing has come for so long: all is told.
const QUIET: Duration = Duration::from_millis(500);

/// The 99th percentile over all sessions and events, the longest time to the last session, and the
/// 99th percentile of the answers to the commands that all send.
pub(super) async fn measure(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let venue = Venue::start(data, SITES).await?;
    let mut crowd = Crowd::default();
    let chair = venue.receiver(venue.site(0), Role::Chair).sign_in;
    crowd.enter(&venue, &[chair]).await?;
    let sites = (1..SESSIONS).map(|number| {
        let site = venue.site(1 + number % (SITES - 1));
        venue.receiver(site, Role::Site).sign_in
    });
    crowd.enter(&venue, &sites.collect::<Vec<_>>()).await?;
    crowd.settle(QUIET).await?;

    let (mut fan_out, mut last) = (Times::default(), Times::default());
    for number in 0..EVENTS {
        let times = tell_all(&mut crowd, number).await?;
        last.add(times.iter().copied().max().unwrap_or_default());
        times.into_iter().for_each(|time| fan_out.add(time));
        crowd.settle(QUIET).await?;
    }
    let (keys, answers) = all_send(&mut crowd).await?;
    check_log(&venue, &keys)?;
    drop(crowd);
    venue.stop().await;
    let figure = |name, value| Figure {
        name,
        value,
        unit: "ms",
    };
    Ok(vec![
        figure("signal_fanout_p99", fan_out.percentile(99)),
        figure("signal_fanout_last", last.longest()),
        figure("signal_answer_p99", answers.percentile(99)),
    ])
}

/// One event by the chair. Returns how long it took to each session.
async fn tell_all(crowd: &mut Crowd, number: usize) -> Result<Vec<Duration>, BenchError> {
    let opens = number.is_multiple_of(2);
    let (command, event) = if opens {
        (r#""session.open","name":"sáng""#, "session.opened")
    } else {
        (r#""session.close""#, "session.closed")
    };
    let begun = Instant::now();
    crowd.send(0, &key(u64::MAX - number as u64), command)?;
    let mut waiting: BTreeSet<usize> = (0..crowd.len()).collect();
    let mut times = vec![];
    while !waiting.is_empty() {
        let (session, at, heard) = crowd.next().await?;
        match heard {
            Heard::Event(name) if name == event && waiting.remove(&session) => {
                times.push(at.saturating_duration_since(begun));
            }
            Heard::Reply { error: true, .. } => {
                return Err(BenchError::Refused(format!("{command} was refused")));
            }
            _ => {}
        }
    }
    Ok(times)
}

/// Every session declares a headcount, evenly over five seconds. Returns the keys of the commands
/// and the times to their answers, of which there is exactly one each.
async fn all_send(crowd: &mut Crowd) -> Result<(BTreeSet<String>, Times), BenchError> {
    let wrong = |what: String| BenchError::Refused(what);
    let begun = Instant::now();
    let pause = ALL_WITHIN / SESSIONS as u32;
    let mut sent = BTreeMap::new();
    let (mut keys, mut times) = (BTreeSet::new(), Times::default());
    let mut answered = BTreeSet::new();
    while answered.len() < crowd.len() {
        let number = sent.len();
        if number < crowd.len() && begun.elapsed() >= pause * number as u32 {
            let key = key(number as u64);
            let command = format!(r#""attendance.headcount","present":{number}"#);
            let at = Instant::now();
            let id = crowd.send(number, &key, &command)?;
            sent.insert((number, id), at);
            keys.insert(key);
            continue;
        }
        let due = begun + pause * number as u32;
        let news = if number < crowd.len() {
            crowd.next_until(due).await?
        } else {
            Some(crowd.next().await?)
        };
        let Some((session, at, Heard::Reply { id, error })) = news else {
            continue;
        };
        let asked = sent.get(&(session, id)).filter(|_| !error);
        let asked = asked.ok_or_else(|| wrong(format!("session {session} was refused")))?;
        if !answered.insert((session, id)) {
            return Err(wrong(format!("session {session} was answered twice")));
        }
        times.add(at.saturating_duration_since(*asked));
    }
    // A second answer would still be on its way.
    for (session, heard) in crowd.settle(QUIET).await? {
        if matches!(heard, Heard::Reply { .. }) {
            return Err(wrong(format!("session {session} was answered twice")));
        }
    }
    eprintln!(
        "{} commands, all answered once after {:.0} ms",
        answered.len(),
        milliseconds(begun.elapsed() - QUIET),
    );
    Ok((keys, times))
}

/// The log has exactly these commands' events, each once.
fn check_log(venue: &Venue, keys: &BTreeSet<String>) -> Result<(), BenchError> {
    let log = LogReader::open(&venue.folder().join(setup::LOG))?;
    let records = log.load(&venue.setup.id)?;
    let declared: Vec<String> = records
        .iter()
        .filter(|record| matches!(record.event, Event::HeadcountDeclared { .. }))
        .filter_map(|record| Some(record.key.as_ref()?.as_str().to_owned()))
        .collect();
    let distinct: BTreeSet<String> = declared.iter().cloned().collect();
    if declared.len() == keys.len() && distinct == *keys {
        return Ok(());
    }
    Err(BenchError::Refused(format!(
        "the log has {} headcounts, {} of them different, for {} commands",
        declared.len(),
        distinct.len(),
        keys.len()
    )))
}

fn key(number: u64) -> String {
    format!("00000000-0000-4000-8000-{:012x}", number & 0xffff_ffff_ffff)
}
