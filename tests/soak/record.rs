//! The log as `diemcau log` gives it, and the conference that it adds up to.

use crate::harness::Place;
use diemcau_conference::{Conference, ConferenceId, Event, Floor, SiteId, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An event log, read.
pub struct Record {
    /// By device and key: the events of a command.
    commands: BTreeMap<(String, String), Vec<u64>>,
    conference: Conference,
    events: u64,
}

impl Record {
    /// Verifies the log and replays it.
    pub fn read(place: &Place) -> Self {
        let verified = place.run(&["log", "verify", "--data", "var"]);
        assert!(verified.status.success(), "{verified:?}");
        let exported = place.run(&["log", "export", "--data", "var"]);
        assert!(exported.status.success(), "{exported:?}");
        let text = String::from_utf8(exported.stdout).expect("UTF-8");
        let mut record = Self {
            commands: BTreeMap::new(),
            conference: Conference::new(ConferenceId::new("hoi-nghi-van-phong-2013")),
            events: 0,
        };
        for line in text.lines() {
            record.take(&serde_json::from_str(line).expect("JSON"));
        }
        record
    }

    fn take(&mut self, line: &Value) {
        self.events += 1;
        let seq = line["seq"].as_u64().expect("a number");
        assert_eq!(seq, self.events, "the log has a gap");
        let at = Timestamp(line["at"].as_u64().expect("a time"));
        let event: Event = serde_json::from_value(line.clone()).expect("an event");
        self.conference.apply(at, &event);
        if let Some(key) = line["key"].as_str() {
            let device = line["actor"]["device"].as_str().expect("a person has keys");
            let name = (device.to_owned(), key.to_owned());
            self.commands.entry(name).or_default().push(seq);
        }
    }

    pub fn events(&self) -> u64 {
        self.events
    }

    /// Commands that have events.
    pub fn commands(&self) -> usize {
        self.commands.len()
    }

    /// The events of an acknowledged command stand together, once, and end where its answer said.
    pub fn assert_once(&self, device: &str, key: &str, seq: u64, command: &Value) {
        let name = (device.to_owned(), key.to_owned());
        let events = self.commands.get(&name);
        let events = events.unwrap_or_else(|| panic!("LOST: {command}, acknowledged as {seq}"));
        let together: Vec<u64> = (seq + 1 - events.len() as u64..=seq).collect();
        assert_eq!(*events, together, "DOUBLED or moved: {command}");
    }

    pub fn assert_never(&self, device: &str, key: &str) {
        let name = (device.to_owned(), key.to_owned());
        let events = self.commands.get(&name);
        assert_eq!(events, None, "a refused command has events");
    }

    /// The view of the chair is that of the replayed log.
    pub fn assert_shows(&self, view: &Value) {
        let conference = &self.conference;
        let ids = |list: &Value, name: &str| -> Vec<Value> {
            let rows = list.as_array().expect("a list");
            rows.iter().map(|row| row[name].clone()).collect()
        };
        let turns = conference.turns(Floor::Speech).iter();
        let turns: Vec<Value> = turns.map(|turn| json!(turn.epoch)).collect();
        assert_eq!(ids(&view["floor"]["turns"], "epoch"), turns);
        let turn = conference.turns(Floor::Presentation).first();
        let turn = json!(turn.map(|turn| turn.epoch));
        assert_eq!(view["presentation"]["turn"]["epoch"], turn);
        for (part, floor) in [
            ("floor", Floor::Speech),
            ("presentation", Floor::Presentation),
        ] {
            let queue = conference.queue(floor).iter();
            let queue: Vec<Value> = queue.map(|row| json!(row.id)).collect();
            assert_eq!(ids(&view[part]["queue"], "id"), queue);
            let pending = conference.pending(floor).iter();
            let pending: Vec<Value> = pending.map(|row| json!(row.id)).collect();
            assert_eq!(ids(&view[part]["pending"], "id"), pending);
        }
        let items = conference.agenda().iter();
        let items: Vec<Value> = items.map(|item| json!(item.id)).collect();
        assert_eq!(ids(&view["agenda"]["items"], "id"), items);
        assert_eq!(view["agenda"]["current"], json!(conference.current_item()));
        assert_eq!(view["conference"]["chair"]["term"], conference.chair().term);
        assert_eq!(
            view["floor"]["override_open"],
            json!(conference.override_open())
        );
        for site in view["sites"].as_array().expect("sites") {
            let id = SiteId::new(site["id"].as_str().expect("an id"));
            assert_eq!(site["present"], json!(conference.present(&id)), "{site}");
        }
    }
}
