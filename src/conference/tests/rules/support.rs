//! A conference of six sites, and short names for what is said to it and what it answers.

use diemcau_conference::{
    Actor, Command, Conference, ConferenceId, DeviceId, Epoch, Event, Floor, Millis, Overtime,
    Rejection, RequestId, RevokeCause, Role, RoomCommand, Rules, Setup, SiteId, SiteKind,
    SiteSetup, SpeechKind, Text, Timestamp,
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
        },
    }
}

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
        room.ok(&Actor::Room, &Command::Room(RoomCommand::Configure(setup)));
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
        room.ok(
            &chair(),
            &Command::SessionOpen {
                name: "sáng".to_owned(),
            },
        );
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
        let command = RoomCommand::LinkUp {
            device: device(id),
            site: site(at),
            role,
        };
        self.ok(&Actor::Room, &Command::Room(command))
    }

    pub(crate) fn down(&mut self, id: &str) -> Vec<Event> {
        self.ok(&Actor::Room, &link_down(id, false))
    }

    pub(crate) fn leave(&mut self, id: &str) -> Vec<Event> {
        self.ok(&Actor::Room, &link_down(id, true))
    }

    pub(crate) fn tick(&mut self) -> Vec<Event> {
        self.ok(&Actor::Room, &Command::Room(RoomCommand::Tick))
    }

    pub(crate) fn outage(&mut self, from: Timestamp, to: Timestamp) -> Vec<Event> {
        self.ok(
            &Actor::Room,
            &Command::Room(RoomCommand::Outage { from, to }),
        )
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

    /// The chair invites a site. The epoch of its turn.
    #[track_caller]
    pub(crate) fn invite(&mut self, id: &str) -> Epoch {
        match self
            .ok(&chair(), &Command::FloorInvite { site: site(id) })
            .last()
        {
            Some(Event::FloorGranted { epoch, .. }) => *epoch,
            other => panic!("an invitation gave {other:?}"),
        }
    }

    /// Sites in the queue, in order.
    pub(crate) fn queue(&self) -> Vec<&str> {
        self.conference
            .queue()
            .iter()
            .map(|request| request.site.as_str())
            .collect()
    }

    /// Sites whose requests wait for the chair.
    pub(crate) fn pending(&self) -> Vec<&str> {
        self.conference
            .pending()
            .iter()
            .map(|request| request.site.as_str())
            .collect()
    }

    /// The site that holds the floor.
    pub(crate) fn holder(&self) -> Option<&str> {
        self.conference.turn().map(|turn| turn.site.as_str())
    }
}

pub(crate) fn link_down(id: &str, left: bool) -> Command {
    Command::Room(RoomCommand::LinkDown {
        device: device(id),
        left,
    })
}

pub(crate) fn request(kind: SpeechKind) -> Command {
    Command::FloorRequest {
        floor: Floor::Speech,
        kind,
        words: "về ngân sách".to_owned(),
    }
}

pub(crate) fn accept(request: RequestId) -> Command {
    Command::FloorAccept {
        request,
        place: None,
    }
}

pub(crate) fn grant(request: RequestId) -> Command {
    Command::FloorGrant { request }
}

pub(crate) fn granted(epoch: u32, to: &str) -> Event {
    Event::FloorGranted {
        floor: Floor::Speech,
        epoch: Epoch(epoch),
        site: site(to),
        request: None,
        kind: None,
        budget: secs(300),
    }
}

pub(crate) fn revoked(epoch: u32, from: &str, cause: RevokeCause, spoke: u64) -> Event {
    Event::FloorRevoked {
        epoch: Epoch(epoch),
        site: site(from),
        cause,
        reason: String::new(),
        spoke: secs(spoke),
    }
}

pub(crate) fn paused(epoch: u32, holder: &str, until: Option<u64>) -> Event {
    Event::FloorPaused {
        epoch: Epoch(epoch),
        site: site(holder),
        until: until.map(at),
    }
}

pub(crate) fn resumed(epoch: u32, holder: &str) -> Event {
    Event::FloorResumed {
        epoch: Epoch(epoch),
        site: site(holder),
    }
}

pub(crate) fn warned(epoch: u32, holder: &str, left: u64) -> Event {
    Event::FloorWarned {
        epoch: Epoch(epoch),
        site: site(holder),
        left: secs(left),
    }
}

pub(crate) fn linked(id: &str, to: &str, role: Role) -> Event {
    Event::LinkUp {
        device: device(id),
        site: site(to),
        role,
    }
}

pub(crate) fn dropped(id: &str, from: &str, until: u64) -> Event {
    Event::LinkDropped {
        device: device(id),
        site: site(from),
        until: at(until),
    }
}

pub(crate) fn back(id: &str, to: &str) -> Event {
    Event::LinkResumed {
        device: device(id),
        site: site(to),
    }
}

pub(crate) fn ended(id: &str, from: &str, end: u64) -> Event {
    Event::LinkEnded {
        device: device(id),
        site: site(from),
        end: at(end),
    }
}
