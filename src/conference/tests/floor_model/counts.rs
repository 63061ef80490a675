//! What was done and seen.

use diemcau_conference::{Command, Event};
use std::{collections::BTreeMap, fmt, ops::AddAssign};

#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    pub(crate) seeds: u64,
    /// Commands of people that were decided.
    pub(crate) commands: u64,
    /// Refused because what they touch had changed.
    pub(crate) changed: u64,
    pub(crate) ticks: u64,
    pub(crate) crashes: u64,
    pub(crate) outages: u64,
    /// Prefixes of logs that were compared with the state after them.
    pub(crate) prefixes: u64,
    pub(crate) accepted: BTreeMap<String, u64>,
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) events: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn accept(&mut self, command: &Command) {
        *self.accepted.entry(name(command)).or_default() += 1;
    }

    pub(crate) fn event(&mut self, event: &Event) {
        *self.events.entry(name(event)).or_default() += 1;
    }
}

/// The name in the code.
fn name<T: fmt::Debug>(what: &T) -> String {
    let text = format!("{what:?}");
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    text[..end].to_owned()
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.commands += other.commands;
        self.changed += other.changed;
        self.ticks += other.ticks;
        self.crashes += other.crashes;
        self.outages += other.outages;
        self.prefixes += other.prefixes;
        for (mine, theirs) in [
            (&mut self.accepted, other.accepted),
            (&mut self.refused, other.refused),
            (&mut self.events, other.events),
        ] {
            for (name, count) in theirs {
                *mine.entry(name).or_default() += count;
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |of: &BTreeMap<String, u64>| of.values().sum::<u64>();
        writeln!(
            f,
            "{} conferences: {} commands, {} done, {} refused, {} refused as changed; \
             {} events, {} ticks, {} crashes, {} outages, {} prefixes replayed",
            self.seeds,
            self.commands,
            sum(&self.accepted),
            sum(&self.refused),
            self.changed,
            sum(&self.events),
            self.ticks,
            self.crashes,
            self.outages,
            self.prefixes,
        )?;
        for (what, of) in [
            ("done", &self.accepted),
            ("refused", &self.refused),
            ("events", &self.events),
        ] {
            let all: Vec<String> = of
                .iter()
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            writeln!(f, "{what}: {}", all.join(", "))?;
        }
        Ok(())
    }
}
