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
        self.page().try_send(&message).await;
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

    fn epoch(&mut self) -> Value {
        let epoch = self.page().view["floor"]["turn"]["epoch"].clone();
        if epoch.is_null() { json!(1) } else { epoch }
    }

    fn headcount(&mut self) -> Value {
        json!({"cmd": "attendance.headcount", "present": self.random.below(10_001)})
    }

    fn choose_as_site(&mut self) -> Value {
        match self.random.below(10) {
            0..=3 => self.headcount(),
            4..=6 => {
                let kind = self.random.pick(&KINDS).expect("there are kinds");
                json!({"cmd": "floor.request", "floor": "speech", "kind": kind, "words": "ý kiến"})
            }
            7 => json!({"cmd": "floor.cancel", "request": self.request()}),
            _ => json!({"cmd": "floor.release", "epoch": self.epoch()}),
        }
    }

    fn choose_as_host(&mut self) -> Value {
        let site = *self.random.pick(&SITES).expect("there are sites");
        match self.random.below(20) {
            0 => json!({"cmd": "session.close"}),
            1..=3 => json!({"cmd": "session.open", "name": "sáng"}),
            4..=5 => self.headcount(),
            6..=7 => json!({"cmd": "floor.accept", "request": self.request()}),
            8 => json!({"cmd": "floor.deny", "request": self.request(), "reason": ""}),
            9..=10 => json!({"cmd": "floor.grant", "request": self.request()}),
            11..=12 => json!({"cmd": "floor.invite", "site": site}),
            13 => json!({"cmd": "floor.take"}),
            14..=15 => json!({"cmd": "floor.revoke", "epoch": self.epoch(), "reason": "hết giờ"}),
            16 => json!({"cmd": "floor.cancel", "request": self.request()}),
            17..=18 => json!({"cmd": "microphone.override", "open": self.random.chance(50)}),
            _ => json!({"cmd": "picture.main", "site": site}),
        }
    }
}
