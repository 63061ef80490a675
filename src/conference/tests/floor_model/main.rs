//! The floor against a reference model: random conferences, each from its seed.
//!
//! `SEEDS=100000 cargo test --release -p diemcau-conference --test floor_model -- --nocapture` runs
//! so many, `SEED=7` runs one and says everything that is done in it. A seed gives the same
//! conference on every machine.
//!
//! How the rules of the floor are read here where they could be read in two ways:
//!
//! - Who holds a floor is passed over when its next is looked for. So of two prepared speeches of one
//!   site in a row the second waits for its site, and another speaker may come between them.
//! - On the presentation floor the next is the first in the queue, whatever the policy.
//! - Who was passed over comes after everyone who was not: a skipped prepared speaker after the queue.
//! - A deputy speaks for a site only while on the chair.
//! - A request of a prepared list can be granted, called, moved, denied and taken back while another
//!   item is current; for `floor.next`, an invitation and an answer only the current list counts.
//! - The end of a session ends the current item, opens both lists and lifts the muting.
//! - A turn that is given back belongs to the current item, names no request, waits for sound anew, and
//!   is silent after `silence` from then on.
//! - A pass of the chair carries the muting's exception with it: the new chair's site goes on, that of
//!   the old one stands still.
//! - After an outage who chairs is away from its end on; a call has the time back.
//! - While nobody chairs nobody is called up by itself, and no turn is taken away, lost or over time.
//! - A presentation whose device is lost gives nobody the speech floor, and its floor knows no rank.
//! - A silent holder is told before the turn is over, however short it is.
//! - A prepared speaker who was called up is called no more when the item ends.
//! - Whom the chair interrupted is owed its time, whomever the chair lets in between.
//! - What was seen counts for commands that name a turn or a request too, and for "whoever is next".
//! - Who comes onto the chair is heard beside a holder only after asking to be.
//! - Whoever is called again because they were ready is called for the same reason as before.
//! - What is late is made up for in this order: links, the chair, turns (each with all that is due of
//!   it, in the order of their epochs), the call.
//! - New rules from a configuration hold from the next thing on: nothing is made up for before them.

mod choice;
mod compare;
mod counts;
mod ledger;
mod model;
mod people;
mod play;
mod random;
mod seen;

use counts::Counts;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

/// Conferences of `make test`.
const FEW: u64 = 2_000;

/// A long run says so often that it goes on.
const SAID_EVERY: u64 = 10_000;

/// Failures after which a run stops.
const ENOUGH: usize = 10;

/// What is wrong with a seed.
type Failure = (u64, String);

#[test]
fn random_conferences_are_as_the_model_says() {
    if let Some(seed) = number("SEED") {
        println!("{}", play::play(seed, true));
        return;
    }
    let seeds = number("SEEDS").unwrap_or(FEW);
    let (counts, failures) = play_all(seeds);
    println!("{counts}");
    for (seed, what) in &failures {
        println!("SEED={seed}: {what}\n");
    }
    assert!(
        failures.is_empty(),
        "SEED=n shows what is done up to the failure of n"
    );
    assert_eq!(
        never_met(&counts),
        Vec::<&str>::new(),
        "what no conference met was not tried"
    );
}

/// Plays the conferences of all seeds, on every core of the machine.
fn play_all(seeds: u64) -> (Counts, Vec<Failure>) {
    let workers = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    thread::scope(|scope| {
        let runs: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || play_some((worker..seeds).step_by(workers as usize))))
            .collect();
        let mut all = (Counts::default(), Vec::new());
        for run in runs {
            let (counts, failures) = run.join().expect("failures are caught");
            all.0 += counts;
            all.1.extend(failures);
        }
        all.1.sort();
        all
    })
}

fn play_some(seeds: impl Iterator<Item = u64>) -> (Counts, Vec<Failure>) {
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for seed in seeds {
        if seed > 0 && seed % SAID_EVERY == 0 {
            println!("{seed} conferences");
        }
        match catch_unwind(AssertUnwindSafe(|| play::play(seed, false))) {
            Ok(of_one) => counts += of_one,
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                let text = text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned()));
                failures.push((seed, text.unwrap_or_default()));
            }
        }
        if failures.len() >= ENOUGH {
            break;
        }
    }
    (counts, failures)
}

/// Reasons and events that a run of this size meets: one that it does not was never tested.
fn never_met(counts: &Counts) -> Vec<&'static str> {
    if counts.seeds < FEW {
        return Vec::new();
    }
    let reasons = [
        "NotAllowed",
        "NotChair",
        "NotChairing",
        "ConferenceClosed",
        "NoSession",
        "SessionOpen",
        "UnknownSite",
        "UnknownRequest",
        "RequestClosed",
        "AlreadyAccepted",
        "AlreadyRequested",
        "HoldsFloor",
        "SiteAbsent",
        "StaleEpoch",
        "NotYours",
        "BadText",
        "BadNumber",
        "NoChange",
        "NoTurnsLeft",
        "NoTimeLeft",
        "TooSoon",
        "QueueClosed",
        "NotInQueue",
        "NobodyWaits",
        "TooManyHolders",
        "PresentationLocked",
        "NotCalled",
        "ChairPresent",
        "DeviceRemoved",
    ];
    let events = [
        "FloorRequested",
        "FloorPrepared",
        "FloorAccepted",
        "FloorMoved",
        "FloorDeferred",
        "FloorDenied",
        "FloorCancelled",
        "FloorGranted",
        "FloorReleased",
        "FloorRevoked",
        "FloorExtended",
        "FloorWarned",
        "FloorOvertime",
        "FloorPaused",
        "FloorResumed",
        "FloorCalled",
        "FloorReady",
        "FloorSkipped",
        "FloorMediaSeen",
        "FloorSilent",
        "FloorListChanged",
        "FloorPolicyChanged",
        "PresentationLocked",
        "MicrophoneOverridden",
        "MicrophonesMuted",
        "AgendaStarted",
        "AgendaFinished",
        "ChairPassed",
        "ServerOutage",
    ];
    let reasons = reasons
        .into_iter()
        .filter(|name| !counts.refused.contains_key(*name));
    let events = events
        .into_iter()
        .filter(|name| !counts.events.contains_key(*name));
    reasons.chain(events).collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs is no part of a conference"
)]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
    )
}
