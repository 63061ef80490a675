//! `replay`: a room's state from the log of a long conference.

use super::{BenchError, Figure, statistics::Times, venue};
use crate::{
    room::State,
    setup,
    store::{NewRecord, Store},
};
use diemcau_conference::{
    Actor, Command, Conference, DeviceId, Floor, Millis, Role, RoomCommand, SiteId, SpeechKind,
    Timestamp,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const EVENTS: usize = 100_000;
const SITES: usize = 63;
/// 10 May 2013, 08:00 in Hà Nội.
const START: Timestamp = Timestamp(1_368_147_600_000);
/// Time from one step of the script to the next; there are about four events a step.
const STEP: Millis = Millis(420);
/// Records of one transaction while the log is written.
const BATCH: usize = 5_000;
const ROUNDS: usize = 5;

/// The median of five replays, as a room does it at its start: read, verify the chain, apply.
pub(super) async fn measure(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let folder = venue::folder(data)?;
    let store = Store::open(&folder.path().join(setup::LOG))?;
    let id = venue::setup(SITES).id;
    let script = Script::play()?;
    eprintln!(
        "{} events of {} minutes",
        script.records.len(),
        (script.now - START).0 / 60_000
    );
    let mut seq = 0;
    for batch in script.records.chunks(BATCH) {
        seq = store.append(&id, seq, batch.to_vec()).await?;
    }
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let state = State::replay(&store, &id).await?;
        times.add(started.elapsed());
        if state.conference != script.conference || state.seq != seq {
            return Err(BenchError::Refused("the replay differs".to_owned()));
        }
        // Its memory is given back before the next one is measured.
        drop(state);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The log's own thread is waited for; not on this one.
    let closed = tokio::task::spawn_blocking(move || drop(store)).await;
    closed.map_err(|error| BenchError::Refused(error.to_string()))?;
    Ok(vec![Figure {
        name: "replay",
        value: times.median(),
        unit: "ms",
    }])
}

/// A conference in virtual time, always the same.
struct Script {
    conference: Conference,
    now: Timestamp,
    records: Vec<NewRecord>,
    /// Commands so far, for their keys.
    commands: u64,
}

impl Script {
    fn play() -> Result<Self, BenchError> {
        let mut setup = venue::setup(SITES);
        setup.rules.turn = Millis::from_secs(90);
        let mut script = Self {
            conference: Conference::new(setup.id.clone()),
            now: START,
            records: Vec::with_capacity(EVENTS),
            commands: 0,
        };
        let sites: Vec<SiteId> = setup.sites.iter().map(|site| site.id.clone()).collect();
        script.room(RoomCommand::Configure(setup))?;
        for site in &sites {
            script.up(site)?;
        }
        let name = "sáng".to_owned();
        script.say(&sites[0], &Command::SessionOpen { name })?;
        let members = &sites[1..];
        for step in 0.. {
            if script.records.len() >= EVENTS {
                break;
            }
            script.step(step, &sites[0], members)?;
        }
        Ok(script)
    }

    /// A headcount, a line that breaks and comes back; now and then a request, now and then a grant.
    fn step(&mut self, step: usize, chair: &SiteId, members: &[SiteId]) -> Result<(), BenchError> {
        let site = |offset: usize| &members[(step + offset) % members.len()];
        self.pass(Timestamp(self.now.0 + STEP.0))?;
        let present = u32::try_from(step % 100).unwrap_or_default();
        self.say(site(0), &Command::AttendanceHeadcount { present })?;
        self.room(RoomCommand::LinkDown {
            device: device(site(20)),
            left: false,
        })?;
        self.up(site(20))?;
        if step.is_multiple_of(4) {
            self.say(
                site(40),
                &Command::FloorRequest {
                    floor: Floor::Speech,
                    kind: SpeechKind::Discussion,
                    words: "Về tiến độ thực hiện kế hoạch năm học".to_owned(),
                    beneficiary: String::new(),
                    site: None,
                },
            )?;
            let queued = self
                .conference
                .queue(Floor::Speech)
                .first()
                .map(|request| request.id);
            if let Some(request) = queued {
                let command = if step.is_multiple_of(16) {
                    Command::FloorGrant { request }
                } else {
                    Command::FloorCancel { request }
                };
                self.say(chair, &command)?;
            }
        }
        Ok(())
    }

    /// Lets time pass, with a tick at every deadline.
    fn pass(&mut self, until: Timestamp) -> Result<(), BenchError> {
        while let Some(deadline) = self.conference.next_deadline().filter(|at| *at <= until) {
            self.now = deadline.max(self.now);
            self.room(RoomCommand::Tick)?;
        }
        self.now = until;
        Ok(())
    }

    fn up(&mut self, site: &SiteId) -> Result<(), BenchError> {
        self.room(RoomCommand::LinkUp {
            device: device(site),
            site: site.clone(),
            role: role(site),
        })
    }

    fn room(&mut self, command: RoomCommand) -> Result<(), BenchError> {
        self.decide(&Actor::Room, &Command::Room(command))
    }

    fn say(&mut self, site: &SiteId, command: &Command) -> Result<(), BenchError> {
        let actor = Actor::Person {
            site: site.clone(),
            role: role(site),
            device: device(site),
        };
        self.decide(&actor, command)
    }

    fn decide(&mut self, actor: &Actor, command: &Command) -> Result<(), BenchError> {
        let refused = |why: String| BenchError::Refused(why);
        let events = self
            .conference
            .decide(self.now, actor, command)
            .map_err(|rejection| refused(format!("{command:?}: {rejection}")))?;
        self.commands += 1;
        let key = match actor {
            Actor::Room => None,
            Actor::Person { .. } => {
                let key = format!("00000000-0000-4000-8000-{:012x}", self.commands);
                Some(key.parse().map_err(|_| refused("no key".to_owned()))?)
            }
        };
        for event in events {
            let audience = self.conference.audience(&event);
            self.conference.apply(self.now, &event);
            self.records.push(NewRecord {
                at: self.now,
                audience,
                actor: actor.clone(),
                key,
                event,
            });
        }
        Ok(())
    }
}

/// The first site's device is the chair's.
fn role(site: &SiteId) -> Role {
    if *site == venue::setup(1).sites[0].id {
        Role::Chair
    } else {
        Role::Site
    }
}

fn device(site: &SiteId) -> DeviceId {
    DeviceId::new(format!("{site}-room"))
}
