//! The floor against a reference model: random conferences, each from its seed.
//!
//! `SEEDS=100000 cargo test --release -p diemcau-conference --test floor_model -- --nocapture` runs
//! so many, `SEED=7` runs one and says everything that is done in it. A seed gives the same
//! conference on every machine.

mod choice;
mod compare;
mod counts;
mod ledger;
mod model;
mod people;
mod play;
mod random;
mod readings;
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
