//! Conferences under `kill -9`: six sites, a chair and a secretary send random commands to the real
//! binary, which is killed at random and started again on the same folder; whoever was not answered
//! asks again with the same key. At the end every acknowledged command is in the log exactly once.
//!
//! `SEEDS=500` runs so many conferences, `SEED=7` one. A seed fixes what is asked and when the server
//! is killed; which command the kill meets is up to the machine, so a failure comes back mostly, not
//! always.

#![allow(unreachable_pub, reason = "a test binary has no outside")]

#[path = "../server/client.rs"]
#[allow(dead_code, reason = "shared with the tests of the server")]
mod client;
mod conference;
#[path = "../server/harness.rs"]
#[allow(dead_code, reason = "shared with the tests of the server")]
mod harness;
mod person;
mod random;
mod record;

use std::{
    ops::AddAssign,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

/// Conferences of `make test`.
const FEW: u64 = 8;

/// A long run says so often that it goes on.
const SAID_EVERY: u64 = 25;

/// What was done and seen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// `kill -9`.
    pub kills: u64,
    /// Of those, while the server was starting.
    pub kills_at_start: u64,
    /// Commands, each counted once.
    pub commands: u64,
    /// Answered with the last event of theirs.
    pub acknowledged: u64,
    /// Answered with a reason.
    pub refused: u64,
    /// Commands that were sent again with their key, with or without an answer before.
    pub repeated: u64,
    /// Commands whose answer came only after a kill, though they were in the log before it.
    pub found_again: u64,
    /// Messages from the server.
    pub messages: u64,
    /// Events of the logs.
    pub events: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.kills_at_start += other.kills_at_start;
        self.commands += other.commands;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.repeated += other.repeated;
        self.found_again += other.found_again;
        self.messages += other.messages;
        self.events += other.events;
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
    )
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked_for =
        |argument: &String| !argument.starts_with('-') && !"soak".contains(argument.as_str());
    if arguments.iter().any(|argument| argument == "--list") || arguments.iter().any(asked_for) {
        return ExitCode::SUCCESS;
    }
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("SEEDS").unwrap_or(FEW) + 1,
    };
    let tried = seeds.end - seeds.start;
    let mut total = Counts::default();
    for seed in seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        match catch_unwind(AssertUnwindSafe(|| runtime.block_on(conference::run(seed)))) {
            Ok(counts) => {
                total += counts;
                if seed % SAID_EVERY == 0 {
                    eprintln!("soak: up to seed {seed} {} kills, all well", total.kills);
                }
            }
            Err(_) => {
                eprintln!("soak: seed {seed} failed; again: SEED={seed} cargo test --test soak");
                return ExitCode::FAILURE;
            }
        }
    }
    println!(
        "soak: seeds {tried}, kills {} (at the start {}), commands {}, acknowledged {}, refused {}, \
         repeated {}, found again {}, messages {}, events {}, lost 0, doubled 0, panics 0",
        total.kills,
        total.kills_at_start,
        total.commands,
        total.acknowledged,
        total.refused,
        total.repeated,
        total.found_again,
        total.messages,
        total.events
    );
    ExitCode::SUCCESS
}
