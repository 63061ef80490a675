//! Random conferences in virtual time, each held against the invariants.
//!
//! A failure prints the steps, made as short as they can be.

use crate::{
    invariants::check_state,
    reference::Reference,
    support::{
        CAN_THO, DA_NANG, HA_NOI, NGHE_AN, Room, TICK, accept, accept_at, cancel, chair,
        change_code, changed, configure, deny, grant, headcount, invite, link_down, link_up, lock,
        main_picture, open, outage, override_microphone, person, release, remove, request, revoke,
        setup, site, take,
    },
};
use diemcau_conference::{
    Actor, Audience, Command, Conference, Epoch, Event, Floor, Millis, Overtime, RequestId, Role,
    RoomCommand, Setup, SpeechKind, Timestamp,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Devices, and who signs in at them; the last one changes hands.
const DEVICES: [(&str, &str, Role); 9] = [
    ("chair", HA_NOI, Role::Chair),
    ("lectern", HA_NOI, Role::Site),
    ("secretary", HA_NOI, Role::Secretary),
    ("can-tho-1", CAN_THO, Role::Site),
    ("can-tho-2", CAN_THO, Role::Site),
    ("da-nang-1", DA_NANG, Role::Site),
    ("nghe-an-1", NGHE_AN, Role::Site),
    ("wanderer", CAN_THO, Role::Site),
    ("wanderer", DA_NANG, Role::Site),
];

const ASKING: [&str; 4] = [HA_NOI, CAN_THO, DA_NANG, NGHE_AN];

const KINDS: [SpeechKind; 5] = [
    SpeechKind::PointOfOrder,
    SpeechKind::Explanation,
    SpeechKind::PreparedSpeech,
    SpeechKind::Proposal,
    SpeechKind::Discussion,
];

/// Something that may happen. Numbers choose among what is there when it happens.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes, and the room ticks at every deadline.
    Wait(u64),
    /// Time passes, and the room is late.
    Sleep(u64),
    Up(usize),
    Down(usize, bool),
    /// The server dies some time after the last event and is away for some time.
    Outage(u64, u64),
    Rules(bool, bool, u64),
    Open,
    CloseSession,
    CloseConference,
    Ask(usize, usize),
    Accept(u32, Option<u32>),
    Deny(u32),
    Cancel(usize, u32),
    Grant(u32),
    Invite(usize),
    Take,
    Release(usize, u32),
    Revoke(u32),
    Override(bool),
    Main(Option<usize>),
    Headcount(usize, u32),
    Remove(usize),
    ChangeCode(usize, bool),
    Lock(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let request = 0..4_u32;
    let stale = prop_oneof![4 => Just(0_u32), 1 => 1..3_u32];
    prop_oneof![
        6 => (0..90_000_u64).prop_map(Step::Wait),
        2 => (0..40_000_u64).prop_map(Step::Sleep),
        8 => (0..DEVICES.len()).prop_map(Step::Up),
        4 => ((0..DEVICES.len()), prop::bool::weighted(0.2)).prop_map(|(d, l)| Step::Down(d, l)),
        1 => (0..9_000_u64, 0..60_000_u64).prop_map(|(a, b)| Step::Outage(a, b)),
        1 => (any::<bool>(), any::<bool>(), 1..150_u64).prop_map(|(a, h, t)| Step::Rules(a, h, t)),
        4 => Just(Step::Open),
        1 => Just(Step::CloseSession),
        6 => (0..ASKING.len(), 0..KINDS.len()).prop_map(|(s, k)| Step::Ask(s, k)),
        4 => (request.clone(), prop::option::of(0..5_u32)).prop_map(|(r, p)| Step::Accept(r, p)),
        1 => request.clone().prop_map(Step::Deny),
        1 => (0..ASKING.len(), request.clone()).prop_map(|(s, r)| Step::Cancel(s, r)),
        5 => request.prop_map(Step::Grant),
        4 => (0..ASKING.len()).prop_map(Step::Invite),
        2 => Just(Step::Take),
        2 => (0..ASKING.len(), stale.clone()).prop_map(|(s, e)| Step::Release(s, e)),
        1 => stale.prop_map(Step::Revoke),
        1 => any::<bool>().prop_map(Step::Override),
        1 => prop::option::of(0..ASKING.len()).prop_map(Step::Main),
        1 => (0..ASKING.len(), 0..10_001_u32).prop_map(|(s, n)| Step::Headcount(s, n)),
        1 => (0..DEVICES.len()).prop_map(Step::Remove),
        1 => (0..DEVICES.len(), any::<bool>()).prop_map(|(d, c)| Step::ChangeCode(d, c)),
        1 => any::<bool>().prop_map(Step::Lock),
    ]
}

/// Most conferences go on; some are closed on the way.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let closing = prop::option::weighted(0.1, 0..60_usize);
    (prop::collection::vec(step(), 1..80), closing).prop_map(|(mut steps, closing)| {
        if let Some(place) = closing {
            steps.insert(place.min(steps.len()), Step::CloseConference);
        }
        steps
    })
}

/// Six sites, Nghệ An below Cần Thơ, few audio slots.
fn small_setup() -> Setup {
    changed(|setup| {
        setup.sites[5].parent = Some(site(CAN_THO));
        setup.rules.audio_slots = 1;
        setup.rules.thumbnail_slots = 3;
        setup.rules.devices_per_site = 2;
        setup.rules.turn = Millis::from_secs(70);
    })
}

struct Run {
    room: Room,
    reference: Reference,
    /// The state after each event of the log.
    states: Vec<Conference>,
}

impl Run {
    fn new() -> Self {
        let room = Room::configured(small_setup());
        let states = vec![room.conference.clone()];
        Self {
            room,
            reference: Reference::default(),
            states,
        }
    }

    fn say(&mut self, actor: &Actor, command: &Command) {
        let before = self.room.conference.clone();
        let Ok(events) = self.room.conference.decide(self.room.now, actor, command) else {
            return;
        };
        assert_eq!(self.room.conference, before, "deciding changes nothing");
        for event in events {
            self.check_audience(&event);
            self.room.conference.apply(self.room.now, &event);
            self.reference.follow(self.room.now, &event);
            self.room.log.push((self.room.now, event));
            self.states.push(self.room.conference.clone());
        }
        self.reference.agrees_with(&self.room.conference);
        self.check_admission();
        check_state(&self.room.conference);
    }

    fn room_says(&mut self, command: &Command) {
        self.say(&Actor::Room, command);
    }

    fn tick(&mut self) {
        self.room_says(&TICK);
        let again = self.due_at(self.room.now);
        assert_eq!(again, [], "a tick leaves nothing that is due");
    }

    fn due_at(&self, at: Timestamp) -> Vec<Event> {
        self.room
            .conference
            .decide(at, &Actor::Room, &TICK)
            .expect("a tick is never refused")
    }

    /// Lets time pass, with a tick at every deadline: before it there is nothing to say, at it
    /// there is something.
    fn wait(&mut self, length: u64) {
        let end = self.room.now + Millis(length);
        while let Some(deadline) = self.room.conference.next_deadline() {
            let before = Timestamp(deadline.0 - 1);
            if before >= self.room.now {
                assert_eq!(
                    self.due_at(before),
                    [],
                    "nothing is due before the deadline"
                );
            }
            assert_ne!(
                self.due_at(deadline.max(self.room.now)),
                [],
                "something is due at it"
            );
            if deadline > end {
                break;
            }
            self.room.now = deadline.max(self.room.now);
            self.tick();
        }
        self.room.now = end;
        assert_eq!(self.due_at(end), [], "nothing is due without a deadline");
    }

    /// The n-th open request, or one that is over or never was.
    fn request(&self, n: u32) -> RequestId {
        let conference = &self.room.conference;
        let open = conference
            .queue(Floor::Speech)
            .iter()
            .chain(conference.pending(Floor::Speech));
        open.map(|request| request.id)
            .nth(n as usize)
            .unwrap_or(RequestId(n))
    }

    fn epoch(&self, behind: u32) -> Epoch {
        let current = self
            .room
            .conference
            .turns(Floor::Speech)
            .last()
            .map_or(0, |turn| turn.epoch.0);
        Epoch(current.saturating_sub(behind))
    }

    fn take(&mut self, step: &Step) {
        let asking = |index: usize| person(ASKING[index], Role::Site);
        match *step {
            Step::Wait(length) => self.wait(length),
            Step::Sleep(length) => self.room.now = self.room.now + Millis(length),
            Step::Up(index) => {
                let (id, to, role) = DEVICES[index];
                self.room_says(&link_up(id, to, role));
            }
            Step::Down(index, left) => self.room_says(&link_down(DEVICES[index].0, left)),
            Step::Outage(alive, away) => {
                let from = self.room.now + Millis(alive);
                let to = from + Millis(away);
                self.room.now = to;
                self.room_says(&outage(from, to));
            }
            Step::Rules(automatic, hard, turn) => {
                let mut setup = small_setup();
                setup.rules.accept_automatically = automatic;
                setup.rules.overtime = if hard { Overtime::Hard } else { Overtime::Soft };
                setup.rules.turn = Millis::from_secs(turn);
                self.room_says(&configure(setup));
            }
            Step::Open => self.say(&chair(), &open("sáng")),
            Step::CloseSession => self.say(&chair(), &Command::SessionClose),
            Step::CloseConference => self.say(&chair(), &Command::ConferenceClose),
            Step::Ask(from, kind) => self.say(&asking(from), &request(KINDS[kind])),
            Step::Accept(n, place) => {
                let id = self.request(n);
                let command = place.map_or(accept(id), |place| accept_at(id, place));
                self.say(&chair(), &command);
            }
            Step::Deny(n) => self.say(&chair(), &deny(self.request(n), "không")),
            Step::Cancel(from, n) => self.say(&asking(from), &cancel(self.request(n))),
            Step::Grant(n) => self.say(&chair(), &grant(self.request(n))),
            Step::Invite(to) => self.say(&chair(), &invite(ASKING[to])),
            Step::Take => self.say(&chair(), &take()),
            Step::Release(from, behind) => {
                self.say(&asking(from), &release(self.epoch(behind)));
            }
            Step::Revoke(behind) => self.say(&chair(), &revoke(self.epoch(behind), "quá giờ")),
            Step::Override(open) => self.say(&chair(), &override_microphone(open)),
            Step::Main(to) => self.say(&chair(), &main_picture(to.map(|index| ASKING[index]))),
            Step::Headcount(from, present) => self.say(&asking(from), &headcount(present)),
            Step::Remove(index) => self.say(&chair(), &remove(DEVICES[index].0)),
            Step::ChangeCode(index, by_chair) => {
                let (_, at, role) = DEVICES[index];
                if by_chair {
                    self.say(&chair(), &change_code(at, role));
                } else {
                    let site = site(at);
                    let changed = RoomCommand::CodeChanged { site, role };
                    self.room_says(&Command::Room(changed));
                }
            }
            Step::Lock(locked) => self.say(&chair(), &lock(locked)),
        }
    }

    /// Whoever was removed is not linked again, and a locked room has no new faces.
    fn check_admission(&self) {
        let mut seen = BTreeSet::new();
        let (mut locked, mut removed) = (false, BTreeSet::new());
        for (_, event) in &self.room.log {
            match event {
                Event::RoomLocked { locked: now } => locked = *now,
                Event::DeviceRemoved { device, .. } => {
                    removed.insert(device);
                }
                Event::LinkUp { device, role, .. } => {
                    assert!(!removed.contains(device), "{device} is back");
                    let new = seen.insert(device);
                    assert!(!(locked && new && *role == Role::Site), "{device} is new");
                }
                _ => {}
            }
        }
        assert_eq!(self.room.conference.is_locked(), locked);
        assert!(
            removed
                .iter()
                .all(|device| !self.room.conference.links().contains_key(*device))
        );
    }

    /// What only one site asked for, and devices, are not told to everyone.
    fn check_audience(&self, event: &Event) {
        let conference = &self.room.conference;
        let everyone = conference.audience(event) == Audience::Everyone;
        let private = match event {
            Event::LinkUp { .. }
            | Event::LinkDropped { .. }
            | Event::LinkResumed { .. }
            | Event::LinkEnded { .. }
            | Event::DeviceRemoved { .. }
            | Event::CodeChanged { .. }
            | Event::FloorDenied { .. }
            | Event::FloorSilent { .. } => true,
            Event::FloorCancelled { request, .. } => conference
                .pending(Floor::Speech)
                .iter()
                .any(|pending| pending.id == *request),
            Event::FloorRequested { .. } => !conference
                .setup()
                .is_some_and(|setup| setup.rules.accept_automatically),
            _ => false,
        };
        assert_eq!(everyone, !private, "{event:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_conference_keeps_the_invariants(steps in steps()) {
        let mut run = Run::new();
        for step in &steps {
            run.take(step);
        }
        // The log alone gives every state that there was.
        let mut replayed = Conference::new(setup().id);
        prop_assert_eq!(run.room.log.len(), run.states.len());
        for ((at, event), state) in run.room.log.iter().zip(&run.states) {
            let text = serde_json::to_string(event).expect("an event has JSON");
            replayed.apply(*at, &serde_json::from_str(&text).expect("its JSON is an event"));
            prop_assert_eq!(&replayed, state);
        }
        prop_assert_eq!(&replayed, &run.room.conference);
    }
}
