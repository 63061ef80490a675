//! A conference of six sites, and short names for what is said to it and what it answers.

mod say;
mod told;

pub(crate) use say::*;
pub(crate) use told::*;

use diemcau_conference::{
    Actor, AgendaDraft, Command, Conference, ConferenceId, DeviceId, Epoch, Event, Floor, ItemId,
    Millis, Overtime, Policy, Rejection, RequestId, Role, Rules, Setup, SiteId, SiteKind,
    SiteSetup, Speaker, SpeechKind, Text, Timestamp, Turn,
};

pub(crate) const HA_NOI: &str = "ha-noi";
pub(crate) const DA_NANG: &str = "da-nang";
pub(crate) const TP_HCM: &str = "tp-hcm";
pub(crate) const CAN_THO: &str = "can-tho";
pub(crate) const THAI_NGUYEN: &str = "thai-nguyen";
pub(crate) const NGHE_AN: &str = "nghe-an";
pub(crate) const SITES: [&str; 6] = [HA_NOI, DA_NANG, TP_HCM, CAN_THO, THAI_NGUYEN, NGHE_AN];

/// When every test begins.
pub(crate) const START: Timestamp = Timestamp(1_000_000);

pub(crate) fn site(id: &str) -> SiteId {
    SiteId::new(id)
}

pub(crate) fn device(id: &str) -> DeviceId {
    DeviceId::new(id)
}

/// Seconds after the start.
pub(crate) fn at(seconds: u64) -> Timestamp {
    START + Millis::from_secs(seconds)
}

pub(crate) fn secs(seconds: u64) -> Millis {
    Millis::from_secs(seconds)
}

pub(crate) fn setup() -> Setup {
    let sites = SITES.iter().map(|id| SiteSetup {
        id: site(id),
        name: Text {
            vi: (*id).to_owned(),
            en: (*id).to_owned(),
        },
        kind: if *id == HA_NOI {
            SiteKind::Central
        } else {
            SiteKind::Member
        },
        parent: None,
        expected: 10,
    });
    Setup {
        id: ConferenceId::new("hoi-nghi"),
        title: Text {
            vi: "Hội nghị".to_owned(),
            en: "Conference".to_owned(),
        },
        sites: sites.collect(),
        rules: Rules {
            accept_automatically: false,
            turn: secs(300),
            overtime: Overtime::Soft,
            grace: secs(20),
            audio_slots: 4,
            thumbnail_slots: 12,
            devices_per_site: 8,
            policy: Policy::Manual,
            requests_per_site: 2,
            turns_per_site: 0,
            site_time: Millis(0),
            request_pause: Millis(0),
            ready: secs(30),
            silence: secs(10),
            present_with_speech: true,
        },
        deputies: Vec::new(),
        agenda: Vec::new(),
    }
}

/// The usual setup with a change.
pub(crate) fn changed(change: impl FnOnce(&mut Setup)) -> Setup {
    let mut setup = setup();
    change(&mut setup);
    setup
}

/// An agenda item with speakers of these sites.
pub(crate) fn draft(title: &str, speakers: &[&str]) -> AgendaDraft {
    let speakers = speakers.iter().map(|id| Speaker {
        site: site(id),
        name: String::new(),
        words: WORDS.to_owned(),
        budget: None,
    });
    AgendaDraft {
        title: title.to_owned(),
        speakers: speakers.collect(),
        ..AgendaDraft::default()
    }
}

/// Somebody of a site in a role, at the device that `in_session` links for it.
pub(crate) fn person(at: &str, role: Role) -> Actor {
    Actor::Person {
        site: site(at),
        role,
        device: device(&format!("{at}-{}", role.as_str())),
    }
}

pub(crate) fn chair() -> Actor {
    person(HA_NOI, Role::Chair)
}

/// Somebody in the room of a site.
pub(crate) fn room_of(at: &str) -> Actor {
    person(at, Role::Site)
}

/// A conference with its clock and its log.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) conference: Conference,
    pub(crate) now: Timestamp,
    pub(crate) log: Vec<(Timestamp, Event)>,
}

impl Room {
    /// Configured, and nothing else.
    pub(crate) fn configured(setup: Setup) -> Self {
        let conference = Conference::new(setup.id.clone());
        let mut room = Self {
            conference,
            now: START,
            log: Vec::new(),
        };
        room.ok(&Actor::Room, &configure(setup));
        room
    }

    /// A session is open, and of the chair and of every member site one device is linked: its id
    /// is the site's and `-chair` or `-site`.
    pub(crate) fn in_session_with(setup: Setup) -> Self {
        let mut room = Self::configured(setup);
        room.up("ha-noi-chair", HA_NOI, Role::Chair);
        for id in &SITES[1..] {
            room.up(&format!("{id}-site"), id, Role::Site);
        }
        room.ok(&chair(), &open("sáng"));
        room
    }

    pub(crate) fn in_session() -> Self {
        Self::in_session_with(setup())
    }

    /// Decides and applies.
    pub(crate) fn say(
        &mut self,
        actor: &Actor,
        command: &Command,
    ) -> Result<Vec<Event>, Rejection> {
        let events = self.conference.decide(self.now, actor, command)?;
        for event in &events {
            self.conference.apply(self.now, event);
            self.log.push((self.now, event.clone()));
        }
        Ok(events)
    }

    #[track_caller]
    pub(crate) fn ok(&mut self, actor: &Actor, command: &Command) -> Vec<Event> {
        match self.say(actor, command) {
            Ok(events) => events,
            Err(rejection) => panic!("{command:?} was refused: {rejection}"),
        }
    }

    #[track_caller]
    pub(crate) fn refused(&mut self, actor: &Actor, command: &Command) -> Rejection {
        match self.say(actor, command) {
            Ok(events) => panic!("{command:?} was not refused: {events:?}"),
            Err(rejection) => rejection,
        }
    }

    pub(crate) fn up(&mut self, id: &str, at: &str, role: Role) -> Vec<Event> {
        self.ok(&Actor::Room, &link_up(id, at, role))
    }

    pub(crate) fn down(&mut self, id: &str) -> Vec<Event> {
        self.ok(&Actor::Room, &link_down(id, false))
    }

    pub(crate) fn leave(&mut self, id: &str) -> Vec<Event> {
        self.ok(&Actor::Room, &link_down(id, true))
    }

    pub(crate) fn tick(&mut self) -> Vec<Event> {
        self.ok(&Actor::Room, &TICK)
    }

    pub(crate) fn outage(&mut self, from: Timestamp, to: Timestamp) -> Vec<Event> {
        self.ok(&Actor::Room, &outage(from, to))
    }

    /// Moves the clock to `seconds` after the start without a tick.
    pub(crate) fn jump(&mut self, seconds: u64) {
        assert!(self.now <= at(seconds), "time never goes back");
        self.now = at(seconds);
    }

    /// Lets time pass until `seconds` after the start, with a tick at every deadline. What the
    /// ticks gave, each with its second.
    pub(crate) fn run(&mut self, seconds: u64) -> Vec<(u64, Event)> {
        let mut told = Vec::new();
        while let Some(deadline) = self
            .conference
            .next_deadline()
            .filter(|d| *d <= at(seconds))
        {
            self.now = deadline.max(self.now);
            let second = (self.now - START).0 / 1000;
            let events = self.tick();
            assert!(
                !events.is_empty(),
                "a deadline at {second} s with nothing due"
            );
            told.extend(events.into_iter().map(|event| (second, event)));
        }
        self.jump(seconds);
        told
    }

    /// A site asks for the floor. The number of its request.
    #[track_caller]
    pub(crate) fn ask(&mut self, from: &str, kind: SpeechKind) -> RequestId {
        match self.ok(&room_of(from), &request(kind)).first() {
            Some(Event::FloorRequested { request, .. }) => *request,
            other => panic!("a request gave {other:?}"),
        }
    }

    /// A site asks for the floor, and the chair gives it the place at the end of its rank.
    #[track_caller]
    pub(crate) fn queued(&mut self, from: &str, kind: SpeechKind) -> RequestId {
        let request = self.ask(from, kind);
        self.ok(&chair(), &accept(request));
        request
    }

    /// The chair invites a site, and it is heard at once. The epoch of its turn.
    #[track_caller]
    pub(crate) fn invite(&mut self, id: &str) -> Epoch {
        self.speaks(&chair(), &invite(id))
    }

    /// A command gives somebody the speech floor, who is heard at once. The epoch of the turn.
    #[track_caller]
    pub(crate) fn speaks(&mut self, actor: &Actor, command: &Command) -> Epoch {
        let events = self.ok(actor, command);
        let granted = events.iter().find_map(|event| match event {
            Event::FloorGranted { epoch, site, .. } => Some((*epoch, site.clone())),
            _ => None,
        });
        let Some((epoch, site)) = granted else {
            panic!("{command:?} gave {events:?}");
        };
        let device = self.conference.speaking_device(&site).cloned();
        let device = device.expect("whoever has the floor has a device");
        self.ok(&Actor::Room, &sound_of(device.as_str()));
        epoch
    }

    /// The chair adds an agenda item and goes to it.
    #[track_caller]
    pub(crate) fn begin(&mut self, draft: AgendaDraft) -> ItemId {
        let add = Command::AgendaAdd { draft, place: None };
        let Some(Event::AgendaAdded { item, .. }) = self.ok(&chair(), &add).pop() else {
            panic!("an item was added");
        };
        self.ok(&chair(), &Command::AgendaStart { item });
        item
    }

    /// Sites in the queue, in order.
    pub(crate) fn queue(&self) -> Vec<&str> {
        self.conference
            .queue(Floor::Speech)
            .iter()
            .map(|request| request.site.as_str())
            .collect()
    }

    /// Sites whose requests wait for the chair.
    pub(crate) fn pending(&self) -> Vec<&str> {
        self.conference
            .pending(Floor::Speech)
            .iter()
            .map(|request| request.site.as_str())
            .collect()
    }

    /// The one turn of the speech floor.
    #[track_caller]
    pub(crate) fn turn(&self) -> &Turn {
        match self.conference.turns(Floor::Speech) {
            [turn] => turn,
            turns => panic!("one turn was expected: {turns:?}"),
        }
    }

    /// The site that holds the speech floor; in a dialogue the one that came last.
    pub(crate) fn holder(&self) -> Option<&str> {
        let turns = self.conference.turns(Floor::Speech);
        turns.last().map(|turn| turn.site.as_str())
    }
}
