//! Messages of the WebSocket, decided on a conference that is under way. What is decided is
//! applied to a second conference from its JSON, as a replay would, and both stay equal.
//!
//! Each line of an input is a character and the rest: a digit is who sends the message that
//! follows; `+` lets so many milliseconds pass; `u`, `d`, `l` and a digit: a link comes up, is
//! lost, is left; `c` and a digit: that code was changed; `o` and milliseconds: the server was away.

#![no_main]

use diemcau_conference::{
    Actor, Command, Conference, ConferenceId, DeviceId, Event, Millis, Role, RoomCommand, Rules,
    Setup, SiteId, SiteKind, SiteSetup, Text, Timestamp,
};
use diemcau_protocol::{Ask, Request};
use libfuzzer_sys::fuzz_target;

const SITES: [&str; 6] = [
    "ha-noi",
    "da-nang",
    "tp-hcm",
    "can-tho",
    "thai-nguyen",
    "nghe-an",
];

#[derive(Clone)]
struct Run {
    now: Timestamp,
    conference: Conference,
    replayed: Conference,
}

fn setup() -> Setup {
    let text = |text: &str| Text {
        vi: text.to_owned(),
        en: text.to_owned(),
    };
    let site = |(n, id): (usize, &&str)| SiteSetup {
        id: SiteId::new(*id),
        name: text(id),
        kind: if n == 0 {
            SiteKind::Central
        } else {
            SiteKind::Member
        },
        parent: (n == 5).then(|| SiteId::new(SITES[3])),
        expected: 5,
    };
    Setup {
        id: ConferenceId::new("hoi-nghi"),
        title: text("Hội nghị"),
        sites: SITES.iter().enumerate().map(site).collect(),
        rules: Rules {
            accept_automatically: false,
            turn: Millis::from_secs(60),
            overtime: diemcau_conference::Overtime::Soft,
            grace: Millis::from_secs(20),
            audio_slots: 2,
            thumbnail_slots: 3,
            devices_per_site: 2,
            ..Rules::default()
        },
        deputies: vec![SiteId::new("can-tho")],
        agenda: Vec::new(),
    }
}

/// Whom a digit stands for: the chair, the secretary, or the sites in their order.
fn person(digit: u8) -> (SiteId, Role, DeviceId) {
    let (site, role) = match digit {
        b'0' => (SITES[0], Role::Chair),
        b'1' => (SITES[0], Role::Secretary),
        digit => (SITES[usize::from(digit) % SITES.len()], Role::Site),
    };
    let device = DeviceId::new(format!("device-{}", char::from(digit)));
    (SiteId::new(site), role, device)
}

fn number(rest: &[u8]) -> u64 {
    let text = std::str::from_utf8(rest).unwrap_or_default();
    text.trim().parse().unwrap_or_default()
}

impl Run {
    fn begin() -> Self {
        let id = ConferenceId::new("hoi-nghi");
        let mut run = Self {
            now: Timestamp(1_368_147_600_000),
            conference: Conference::new(id.clone()),
            replayed: Conference::new(id),
        };
        run.room(RoomCommand::Configure(setup()));
        for digit in b'0'..b'8' {
            run.link(b'u', digit);
        }
        for line in [
            &br#"0{"id":1,"cmd":"session.open","name":"buoi"}"#[..],
            br#"3{"id":1,"cmd":"floor.request","floor":"speech","kind":"discussion","words":""}"#,
            br#"4{"id":1,"cmd":"floor.request","floor":"speech","kind":"proposal","words":"x"}"#,
            br#"0{"id":1,"cmd":"floor.grant","request":1}"#,
        ] {
            run.line(line);
        }
        run
    }

    fn line(&mut self, line: &[u8]) {
        let Some((first, rest)) = line.split_first() else {
            return;
        };
        match first {
            b'0'..=b'9' => self.message(*first, rest),
            b'+' => self.wait(number(rest).min(100_000_000)),
            b'u' | b'd' | b'l' => self.link(*first, rest.first().copied().unwrap_or(b'0')),
            b'c' => {
                let (site, role, _) = person(rest.first().copied().unwrap_or(b'0'));
                self.room(RoomCommand::CodeChanged { site, role });
            }
            b'o' => {
                let from = self.now;
                self.now = Timestamp(from.0 + number(rest).min(100_000_000));
                self.room(RoomCommand::Outage { from, to: self.now });
            }
            _ => {}
        }
    }

    fn message(&mut self, digit: u8, text: &[u8]) {
        let Ok(request) = serde_json::from_slice::<Request>(text) else {
            return;
        };
        let again = serde_json::to_string(&request).expect("a request is JSON");
        serde_json::from_str::<Request>(&again).expect("what was written is read");
        if let Ask::Conference(command) = request.ask {
            let (site, role, device) = person(digit);
            self.decide(&Actor::Person { site, role, device }, &command);
        }
    }

    fn link(&mut self, what: u8, digit: u8) {
        let (site, role, device) = person(digit);
        self.room(match what {
            b'u' => RoomCommand::LinkUp { device, site, role },
            _ => RoomCommand::LinkDown {
                device,
                left: what == b'l',
            },
        });
    }

    fn room(&mut self, command: RoomCommand) {
        self.decide(&Actor::Room, &Command::Room(command));
    }

    /// Lets time pass; the room ticks at every deadline, and every tick settles what was due.
    fn wait(&mut self, millis: u64) {
        let end = Timestamp(self.now.0 + millis);
        while let Some(due) = self.conference.next_deadline().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.tick();
        }
        self.now = end;
    }

    fn tick(&mut self) {
        self.room(RoomCommand::Tick);
        let next = self.conference.next_deadline();
        assert!(
            next.is_none_or(|next| next > self.now),
            "{next:?} was due and is still"
        );
    }

    fn decide(&mut self, actor: &Actor, command: &Command) {
        let Ok(events) = self.conference.decide(self.now, actor, command) else {
            return;
        };
        for event in &events {
            self.conference.apply(self.now, event);
            let text = serde_json::to_string(event).expect("an event is JSON");
            let read: Event = serde_json::from_str(&text).expect("an event is read back");
            self.replayed.apply(self.now, &read);
        }
        let _ = self.conference.media_plan();
    }
}

thread_local! {
    static BEGUN: Run = Run::begin();
}

fuzz_target!(|input: &[u8]| {
    let mut run = BEGUN.with(Clone::clone);
    for line in input.split(|byte| *byte == b'\n').take(200) {
        run.line(line);
        if run
            .conference
            .next_deadline()
            .is_some_and(|due| due <= run.now)
        {
            run.tick();
        }
    }
    assert_eq!(
        run.conference, run.replayed,
        "a replay gives the same state"
    );
});
