//! One random conference, from its seed to its end: what is said and what happens, and after each of it
//! the comparison with the model and the invariants.

use crate::{
    choice,
    compare::{differences, label},
    counts::Counts,
    ledger::{Ledger, check_attendance, check_media, same_order},
    model::{Model, Verdict},
    people::{self, Person},
    random::Random,
    seen,
};
use diemcau_conference::{
    Actor, Command, Conference, Event, Floor, Millis, Rejection, RequestId, Role, RoomCommand,
    Setup, Timestamp,
};

/// When every conference begins.
const START: Timestamp = Timestamp(1_000_000);

pub(crate) struct Play {
    core: Conference,
    model: Model,
    ledger: Ledger,
    random: Random,
    people: Vec<Person>,
    now: Timestamp,
    log: Vec<(Timestamp, Event)>,
    /// States on the way: after so many events.
    states: Vec<(usize, Conference)>,
    last: Option<(Actor, Command)>,
    /// Says everything that is done.
    loud: bool,
    pub(crate) counts: Counts,
}

/// Plays the conference of a seed. Fails by a panic that says what is wrong.
pub(crate) fn play(seed: u64, loud: bool) -> Counts {
    let mut play = Play::new(seed, loud);
    let steps = play.random.between(15, 140);
    for _ in 0..steps {
        play.step();
    }
    play.replay_prefixes();
    play.counts
}

impl Play {
    fn new(seed: u64, loud: bool) -> Self {
        let mut random = Random::new(seed);
        let setup = people::setup(&mut random);
        if loud {
            let Setup {
                rules,
                deputies,
                agenda,
                ..
            } = &setup;
            println!("{rules:?}\ndeputies: {deputies:?}");
            for item in agenda {
                println!("{:?} {:?}", item.time, item.speakers);
            }
        }
        let mut play = Self {
            core: Conference::new(setup.id.clone()),
            model: Model::new(&setup),
            ledger: Ledger::default(),
            people: people::people(&setup),
            random,
            now: START,
            log: Vec::new(),
            states: Vec::new(),
            last: None,
            loud,
            counts: Counts::default(),
        };
        play.counts.seeds = 1;
        play.room(RoomCommand::Configure(setup));
        for person in play.people.clone() {
            if play.random.percent(75) {
                play.link_up(&person);
            }
        }
        play
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..=21 => self.wait(),
            22..=36 => self.link(),
            37..=40 => self.sound(),
            41 => self.outage(),
            42 => self.configure(),
            43..=46 => self.crash(),
            _ => self.speak(),
        }
    }

    /// Time passes: a little, to just before a deadline, to it, or far beyond it with nobody to look.
    fn wait(&mut self) {
        let deadline = self.core.next_deadline().map(|at| at.max(self.now));
        match (self.random.below(10), deadline) {
            (0..=2, Some(deadline)) => self.reach(deadline),
            (3, Some(deadline)) if deadline > self.now => {
                self.now = Timestamp(deadline.0 - 1);
                let told = self.core.decide(self.now, &Actor::Room, &tick());
                assert_eq!(told, Ok(Vec::new()), "nothing is due before the deadline");
                self.room(RoomCommand::Tick);
            }
            (4, Some(deadline)) => {
                self.now = deadline + Millis(self.random.below(90_000));
                self.tick();
            }
            (5, None) => {
                self.now = self.now + Millis(self.random.below(600_000));
                self.room(RoomCommand::Tick);
            }
            (6..=7, _) => self.pass(200),
            _ => self.pass(25_000),
        }
    }

    /// Lets time pass, with a tick at every deadline on the way.
    fn pass(&mut self, most: u64) {
        let end = self.now + Millis(self.random.below(most));
        while let Some(deadline) = self.core.next_deadline().filter(|at| *at <= end) {
            self.reach(deadline.max(self.now));
        }
        self.now = end;
    }

    fn reach(&mut self, deadline: Timestamp) {
        self.now = deadline;
        let due = self.core.decide(self.now, &Actor::Room, &tick());
        assert_ne!(due, Ok(Vec::new()), "something is due at a deadline");
        self.tick();
    }

    fn tick_if_due(&mut self) {
        if self.core.next_deadline().is_some_and(|at| at <= self.now) {
            self.tick();
        }
    }

    fn tick(&mut self) {
        self.room(RoomCommand::Tick);
        self.counts.ticks += 1;
        let again = self.core.decide(self.now, &Actor::Room, &tick());
        assert_eq!(again, Ok(Vec::new()), "a tick leaves nothing that is due");
    }

    fn link(&mut self) {
        let lost = |person: &&Person| !self.model.is_linked(&person.device);
        let lost: Vec<Person> = self.people.iter().filter(lost).cloned().collect();
        if !lost.is_empty() && self.random.percent(62) {
            let person = self.random.pick(&lost).expect("somebody").clone();
            self.link_up(&person);
            return;
        }
        let person = self.random.pick(&self.people).expect("somebody").clone();
        let device = person.device;
        if self.core.links().contains_key(&device) {
            let left = self.random.percent(15);
            self.room(RoomCommand::LinkDown { device, left });
        }
    }

    fn link_up(&mut self, person: &Person) {
        let Person { site, role, device } = person.clone();
        self.room(RoomCommand::LinkUp { device, site, role });
    }

    /// Sound comes from a device that is heard, or from another.
    fn sound(&mut self) {
        let heard = self.core.media_plan().heard;
        let device = match self.random.pick(&heard) {
            Some(source) if self.random.percent(80) => source.device.clone(),
            _ => self
                .random
                .pick(&self.people)
                .expect("somebody")
                .device
                .clone(),
        };
        // Which device stands for a site may change with what is due.
        self.tick_if_due();
        self.room(RoomCommand::MicrophoneSeen { device });
    }

    fn outage(&mut self) {
        let from = self.now + Millis(self.random.below(1_000));
        let to = from + Millis(self.random.below(60_000));
        self.restart();
        self.now = to;
        self.room(RoomCommand::Outage { from, to });
        self.counts.outages += 1;
    }

    /// Other rules, and the rest as it is.
    fn configure(&mut self) {
        let mut setup = self.model.setup.clone();
        let rules = people::rules(&mut self.random);
        setup.rules = diemcau_conference::Rules {
            policy: setup.rules.policy,
            ..rules
        };
        if !self.model.closed {
            self.room(RoomCommand::Configure(setup));
        }
    }

    fn crash(&mut self) {
        self.restart();
    }

    /// What was in memory is gone: only the log is left, and the conference comes from it.
    fn restart(&mut self) {
        let replayed = self.replay(self.log.len());
        assert_eq!(replayed, self.core, "the log alone gives the state");
        let plans = (replayed.media_plan(), self.core.media_plan());
        assert_eq!(plans.0, plans.1, "the log alone gives the media");
        self.core = replayed;
        self.counts.crashes += 1;
        if self.loud {
            println!(
                "{} crash and replay of {} events",
                self.clock(),
                self.log.len()
            );
        }
    }

    fn replay(&self, events: usize) -> Conference {
        let mut core = Conference::new(self.model.setup.id.clone());
        for (at, event) in &self.log[..events] {
            core.apply(*at, event);
        }
        core
    }

    /// The log as it is written, up to any point, gives the state at that point.
    fn replay_prefixes(&mut self) {
        let mut core = Conference::new(self.model.setup.id.clone());
        let mut states = self.states.iter().peekable();
        for (count, (at, event)) in (1..).zip(&self.log) {
            let text = serde_json::to_string(event).expect("an event has JSON");
            core.apply(
                *at,
                &serde_json::from_str(&text).expect("its JSON is an event"),
            );
            while let Some((_, state)) = states.next_if(|(after, _)| *after == count) {
                assert_eq!(core, *state, "a prefix of the log gives the state after it");
                self.counts.prefixes += 1;
            }
        }
    }

    /// Somebody says something; at times twice, at times on what they saw a while ago.
    fn speak(&mut self) {
        let (actor, command) = match self.last.clone() {
            Some(last) if self.random.percent(5) => last,
            _ => {
                let command = choice::command(&mut self.random, &self.model);
                let person = choice::speaker(&mut self.random, &self.model, &self.people, &command);
                let Some(Person { site, role, device }) = person else {
                    return;
                };
                (Actor::Person { site, role, device }, command)
            }
        };
        // The room ticks first, so that what is due is not put down to a person.
        self.tick_if_due();
        if self.random.percent(30) && self.has_changed(&actor, &command) {
            return;
        }
        self.last = Some((actor.clone(), command.clone()));
        self.say(&actor, &command);
    }

    /// Says it on what was seen a while ago, or on the newest. True: it is refused as changed.
    fn has_changed(&mut self, actor: &Actor, command: &Command) -> bool {
        let back = self.random.one(&[0, 1, 2, 5, 12, 40]);
        let seen = self.core.applied().saturating_sub(back);
        self.check_who_is_next(actor, command, seen);
        let changed = seen::check(&self.core, self.now, actor, command, seen, &self.log);
        self.counts.changed += u64::from(changed);
        if changed && self.loud {
            println!(
                "{} {} {command:?} on {seen}: changed",
                self.clock(),
                who(actor)
            );
        }
        changed
    }

    /// Who meant whoever was next when they looked does not give the floor to another.
    fn check_who_is_next(&self, actor: &Actor, command: &Command, seen: u64) {
        let next = matches!(
            command,
            Command::FloorNext {
                floor: Floor::Speech
            } | Command::FloorCall { request: None }
        );
        if !next {
            return;
        }
        let then = self.replay(usize::try_from(seen).expect("a short log"));
        if then.next_request() != self.core.next_request() {
            let answer = self.core.decide_seen(self.now, actor, command, Some(seen));
            assert!(
                answer.is_err(),
                "{command:?} means another than who was next when it was said"
            );
        }
    }

    fn room(&mut self, command: RoomCommand) {
        self.say(&Actor::Room, &Command::Room(command));
    }

    fn say(&mut self, actor: &Actor, command: &Command) {
        let answer = self.core.decide(self.now, actor, command);
        if self.loud {
            println!("{} {} {command:?}", self.clock(), who(actor));
        }
        self.look_at_links();
        self.model.told.clear();
        let verdict = match (actor, command) {
            (Actor::Room, Command::Room(command)) => self.model.room(self.now, command),
            (Actor::Person { site, role, device }, command) => {
                self.counts.commands += 1;
                self.model.person(self.now, (site, *role, device), command)
            }
            (Actor::Room, _) => panic!("the room says what only the room may say"),
        };
        match answer {
            Ok(events) => self.accepted(actor, command, &verdict, &events),
            Err(reason) => self.refused(command, &verdict, reason),
        }
        let differ = differences(&self.core, &self.model, self.now).0;
        assert!(
            differ.is_empty(),
            "after {command:?}:\n  {}",
            differ.join("\n  ")
        );
    }

    /// Which device stands for a site is the matter of the links: the model takes it as it is.
    fn look_at_links(&mut self) {
        for site in &self.model.setup.sites {
            match self.core.speaking_device(&site.id) {
                Some(device) => self.model.speaking.insert(site.id.clone(), device.clone()),
                None => self.model.speaking.remove(&site.id),
            };
        }
    }

    fn refused(&mut self, command: &Command, verdict: &Verdict, reason: Rejection) {
        if self.loud {
            println!("    refused: {reason:?}");
        }
        match verdict {
            Verdict::Refused(reasons) => assert!(
                reasons.is_empty() || reasons.contains(&reason),
                "{command:?} is refused as {reason:?}, should be one of {reasons:?}"
            ),
            Verdict::Idle(reasons) => assert!(
                reasons.contains(&reason),
                "{command:?} changes nothing and is refused as {reason:?}, should be {reasons:?}"
            ),
            Verdict::Done => panic!("{command:?} is refused as {reason:?}, should be done"),
        }
        *self
            .counts
            .refused
            .entry(format!("{reason:?}"))
            .or_default() += 1;
    }

    fn accepted(&mut self, actor: &Actor, command: &Command, verdict: &Verdict, events: &[Event]) {
        if self.loud {
            for event in events {
                println!("    {event:?}");
            }
        }
        if let Verdict::Refused(reasons) = verdict {
            panic!("{command:?} is done, should be refused: {reasons:?}");
        }
        if matches!(actor, Actor::Person { .. }) {
            self.counts.accept(command);
        }
        let before = Floor::ALL.map(|floor| places(&self.core, floor));
        for event in events {
            let slots = self.model.setup.rules.audio_slots;
            self.ledger.follow(self.now, event, slots);
            self.core.apply(self.now, event);
            self.log.push((self.now, event.clone()));
            self.counts.event(event);
            if self.random.percent(4) {
                self.states.push((self.log.len(), self.core.clone()));
            }
        }
        assert_eq!(
            self.core.applied(),
            self.log.len() as u64,
            "every event counts one"
        );
        self.check_told(command, events);
        self.check_places(actor, before);
        self.ledger.agrees_with(&self.core);
        self.adopt_devices();
        check_media(&self.core);
        if self.random.percent(10) {
            check_attendance(&self.core);
        }
    }

    /// The same is told, in whatever order.
    fn check_told(&mut self, command: &Command, events: &[Event]) {
        let floor_of = |epoch| self.ledger.floor_of(epoch);
        let mut told: Vec<String> = events.iter().filter_map(|e| label(e, floor_of)).collect();
        told.sort();
        let mut expected = self.model.told.clone();
        expected.sort();
        assert_eq!(
            told, expected,
            "what {command:?} tells (left: is, right: should be)"
        );
    }

    /// A site's queue place changes only by a chair's command, a grant, a cancel or the policy.
    fn check_places(&self, actor: &Actor, before: [Vec<RequestId>; 2]) {
        let of_chair = matches!(
            actor,
            Actor::Person {
                role: Role::Chair | Role::Deputy,
                ..
            }
        );
        for (floor, before) in Floor::ALL.into_iter().zip(before) {
            let kept = same_order(&before, &places(&self.core, floor));
            assert!(kept || of_chair, "only the chair changes places");
        }
    }

    /// Of the devices that may present, the conference has chosen one.
    fn adopt_devices(&mut self) {
        for turn in self.core.turns(Floor::Presentation) {
            let of_model = self.model.turns.iter_mut().find(|t| t.epoch == turn.epoch);
            if let (Some(of_model), Some(device)) = (of_model, &turn.device)
                && of_model.devices.contains(device)
            {
                of_model.devices = vec![device.clone()];
            }
        }
    }

    fn clock(&self) -> String {
        let passed = (self.now - START).0;
        format!("{:>7}.{:03}", passed / 1000, passed % 1000)
    }
}

fn places(core: &Conference, floor: Floor) -> Vec<RequestId> {
    core.queue(floor).iter().map(|request| request.id).collect()
}

fn tick() -> Command {
    Command::Room(RoomCommand::Tick)
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Room => "room".to_owned(),
        Actor::Person { device, .. } => device.to_string(),
    }
}
