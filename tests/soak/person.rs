//! Somebody at a page: asks for random things, keeps what was not answered, asks again.

use crate::{
    Counts,
    client::{Page, new_key},
    harness::Server,
    random::Random,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;

/// Below the forty messages that the server takes at once.
const MESSAGES: u32 = 36;
const SITES: [&str; 6] = [
    "ha-noi",
    "da-nang",
    "tp-hcm",
    "can-tho",
    "thai-nguyen",
    "nghe-an",
];
const KINDS: [&str; 5] = [
    "point-of-order",
    "explanation",
    "prepared-speech",
    "proposal",
    "discussion",
];

const POLICIES: [&str; 4] = ["manual", "first-come", "round-robin", "least-time"];

/// A command that was sent and not answered on this connection.
struct Sent {
    key: String,
    command: Value,
    /// Its first answer, where it is asked again though it was answered.
    first: Option<u64>,
    /// It was sent before the server was killed.
    again: bool,
}

pub struct Person {
    pub cookie: String,
    pub device: String,
    role: &'static str,
    page: Option<Page>,
    random: Random,
    known: Option<u64>,
    /// The last event when it entered.
    entered: u64,
    next_id: u64,
    left: u32,
    /// By the id of the message.
    waiting: BTreeMap<u64, Sent>,
    /// Not answered before the server was killed.
    unanswered: Vec<Sent>,
    /// What was acknowledged: key, command, last event.
    pub done: Vec<(String, Value, u64)>,
    /// Keys of commands that were refused.
    pub refused: Vec<String>,
    pub counts: Counts,
}

impl Person {
    pub fn new(role: &'static str, cookie: String, seed: u64) -> Self {
        Self {
            cookie,
            device: String::new(),
            role,
            page: None,
            random: Random::new(seed),
            known: None,
            entered: 0,
            next_id: 1,
            left: 0,
            waiting: BTreeMap::new(),
            unanswered: vec![],
            done: vec![],
            refused: vec![],
            counts: Counts::default(),
        }
    }

    /// Comes to a server that runs, and asks again what was not answered.
    pub async fn enter(&mut self, server: &Server) {
        // A page that was closed for a moment has its own reasons; a second try is a page's habit.
        let page = Page::try_connect(server, &self.cookie, self.known).await;
        let page = page.expect("the server lets it in");
        self.device = page.view["me"]["device"]
            .as_str()
            .expect("a device")
            .to_owned();
        self.entered = page.seq;
        self.page = Some(page);
        self.left = MESSAGES;
        for sent in std::mem::take(&mut self.unanswered) {
            self.counts.repeated += 1;
            self.send(sent).await;
        }
    }

    pub fn page(&mut self) -> &mut Page {
        self.page.as_mut().expect("it has entered")
    }

    pub fn has_unanswered(&self) -> bool {
        !self.waiting.is_empty() || !self.unanswered.is_empty()
    }

    /// Asks for things until the server is gone; every answer gives `answers` a permit. Never ends
    /// by itself: once all is said it only listens.
    pub async fn busy(&mut self, answers: &Semaphore) {
        loop {
            while self.waiting.len() < 5 && self.left > 0 {
                let sent = self.choose();
                self.send(sent).await;
            }
            if !self.receive(Some(answers)).await {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Reads until all is answered.
    pub async fn settle(&mut self) {
        while !self.waiting.is_empty() {
            assert!(self.receive(None).await, "the server runs");
        }
    }

    /// The server was killed: takes what had still come, and keeps the rest for the next time.
    pub async fn mourn(&mut self) {
        while self.receive(None).await {}
        self.known = self.page.take().map(|page| page.seq);
        let waiting = std::mem::take(&mut self.waiting).into_values();
        self.unanswered = waiting
            .map(|sent| Sent {
                again: true,
                ..sent
            })
            .collect();
    }

    async fn send(&mut self, sent: Sent) {
        let id = self.next_id;
        self.next_id += 1;
        self.left = self.left.saturating_sub(1);
        let mut message = sent.command.clone();
        message["id"] = json!(id);
        message["key"] = json!(sent.key);
        // Noted first: a kill in the middle of it leaves it unanswered.
        self.waiting.insert(id, sent);
        self.page().send(Message::text(message.to_string()));
    }

    /// False when the connection is over.
    async fn receive(&mut self, answers: Option<&Semaphore>) -> bool {
        let Ok(message) = self.page().receive().await else {
            return false;
        };
        self.counts.messages += 1;
        if let Some(sent) = message["re"]
            .as_u64()
            .and_then(|id| self.waiting.remove(&id))
        {
            self.answered(sent, &message);
            if let Some(answers) = answers {
                answers.add_permits(1);
            }
        }
        true
    }

    fn answered(&mut self, sent: Sent, reply: &Value) {
        if let Some(seq) = reply["ok"]["seq"].as_u64() {
            match sent.first {
                Some(first) => assert_eq!(seq, first, "a repeat has another answer: {reply}"),
                None => {
                    self.counts.acknowledged += 1;
                    self.counts.found_again += u64::from(sent.again && seq <= self.entered);
                    self.done.push((sent.key, sent.command, seq));
                }
            }
            return;
        }
        let code = reply["error"]["code"].as_str().expect("ok or error");
        assert!(
            !["too-fast", "bad-message", "store-failed", "unauthorized"].contains(&code),
            "{} gave {reply}",
            sent.command
        );
        assert_eq!(sent.first, None, "what was done is refused: {reply}");
        self.counts.refused += 1;
        self.refused.push(sent.key);
    }

    fn choose(&mut self) -> Sent {
        if self.random.chance(8)
            && let Some((key, command, seq)) = self.random.pick(&self.done)
        {
            self.counts.repeated += 1;
            return Sent {
                key: key.clone(),
                command: command.clone(),
                first: Some(*seq),
                again: false,
            };
        }
        self.counts.commands += 1;
        Sent {
            key: new_key(),
            command: if self.role == "site" {
                self.choose_as_site()
            } else {
                self.choose_as_host()
            },
            first: None,
            again: false,
        }
    }

    /// The id of a request that this page sees, sometimes of one that is over.
    fn request(&mut self) -> Value {
        let floor = &self.page().view["floor"];
        let lists = [&floor["queue"], &floor["pending"]];
        let open = lists.iter().filter_map(|list| list.as_array()).flatten();
        let ids: Vec<Value> = open.map(|request| request["id"].clone()).collect();
        if self.random.chance(10) {
            return json!(1 + self.random.below(20));
        }
        self.random.pick(&ids).cloned().unwrap_or(json!(1))
    }

    /// The epoch of a running turn, or one that is over.
    fn epoch(&mut self) -> Value {
        let view = &self.page().view;
        let turns = view["floor"]["turns"].as_array().into_iter().flatten();
        let turns = turns.chain([&view["presentation"]["turn"]]);
        let epochs: Vec<Value> = turns.map(|turn| turn["epoch"].clone()).collect();
        let epoch = self.random.pick(&epochs).cloned().unwrap_or(Value::Null);
        if epoch.is_null() { json!(1) } else { epoch }
    }

    /// The id of an agenda item, sometimes of none.
    fn item(&mut self) -> Value {
        let items = self.page().view["agenda"]["items"].as_array();
        let ids: Vec<Value> = items
            .into_iter()
            .flatten()
            .map(|item| item["id"].clone())
            .collect();
        self.random.pick(&ids).cloned().unwrap_or(json!(1))
    }

    fn floor(&mut self) -> &'static str {
        if self.random.chance(75) {
            "speech"
        } else {
            "presentation"
        }
    }

    fn headcount(&mut self) -> Value {
        json!({"cmd": "attendance.headcount", "present": self.random.below(10_001)})
    }

    fn choose_as_site(&mut self) -> Value {
        match self.random.below(14) {
            0..=3 => self.headcount(),
            4..=7 => {
                let kind = self.random.pick(&KINDS).expect("there are kinds");
                let floor = self.floor();
                json!({"cmd": "floor.request", "floor": floor, "kind": kind, "words": "ý kiến"})
            }
            8 => json!({"cmd": "floor.cancel", "request": self.request()}),
            9..=10 => json!({"cmd": "floor.release", "epoch": self.epoch()}),
            11..=12 => json!({"cmd": "floor.ready", "request": self.request()}),
            _ => json!({"cmd": "chat.send", "text": "Xin kiểm tra tiếng"}),
        }
    }

    fn choose_as_host(&mut self) -> Value {
        let site = *self.random.pick(&SITES).expect("there are sites");
        match self.random.below(48) {
            0 => json!({"cmd": "session.close"}),
            1..=5 => json!({"cmd": "session.open", "name": "sáng"}),
            6..=7 => self.headcount(),
            8..=9 => json!({"cmd": "floor.accept", "request": self.request()}),
            10 => json!({"cmd": "floor.deny", "request": self.request(), "reason": ""}),
            11..=12 => json!({"cmd": "floor.grant", "request": self.request()}),
            13..=14 => json!({"cmd": "floor.invite", "site": site}),
            15..=16 => json!({"cmd": "floor.take", "floor": self.floor()}),
            17..=18 => json!({"cmd": "floor.revoke", "epoch": self.epoch(), "reason": "hết giờ"}),
            19 => json!({"cmd": "floor.cancel", "request": self.request()}),
            20..=21 => json!({"cmd": "microphone.override", "open": self.random.chance(50)}),
            22 => json!({"cmd": "picture.main", "site": site}),
            23..=26 => json!({"cmd": "floor.next", "floor": self.floor()}),
            27..=28 => json!({"cmd": "floor.answer", "site": site, "epoch": self.epoch()}),
            29 => json!({"cmd": "floor.restore", "epoch": self.epoch()}),
            30 => json!({"cmd": "floor.extend", "epoch": self.epoch(), "by": 60_000}),
            31 => json!({"cmd": "floor.pause", "epoch": self.epoch()}),
            32 => json!({"cmd": "floor.resume", "epoch": self.epoch()}),
            33..=34 => json!({"cmd": "floor.call"}),
            35 => json!({"cmd": "floor.move", "request": self.request(), "place": 1}),
            36 => json!({"cmd": "floor.defer", "request": self.request()}),
            37 => json!({"cmd": "floor.clear", "floor": self.floor()}),
            38 => json!({"cmd": "floor.list", "list": "open", "open": self.random.chance(80)}),
            39..=40 => {
                let policy = self.random.pick(&POLICIES).expect("there are policies");
                json!({"cmd": "floor.policy", "policy": policy})
            }
            41 => json!({"cmd": "presentation.lock", "locked": self.random.chance(30)}),
            42 => json!({"cmd": "microphone.mute-all", "muted": self.random.chance(40)}),
            43 => json!({"cmd": "agenda.add", "title": "Thảo luận", "speakers": [{"site": site}]}),
            44..=45 => json!({"cmd": "agenda.start", "item": self.item()}),
            46 => json!({"cmd": "announcement.set", "text": "Nghỉ 10 phút"}),
            _ => json!({"cmd": "chat.send", "site": site, "text": "Xin chào"}),
        }
    }
}
