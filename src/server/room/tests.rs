//! A defect in one room: the others go on, and it comes back from its log.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::signalling::{Close, Queue, channel};
use diemcau_conference::{Rules, SiteKind, SiteSetup, Text};
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn setup(id: &str) -> Setup {
    let text = |text: &str| Text {
        vi: text.to_owned(),
        en: text.to_owned(),
    };
    Setup {
        id: ConferenceId::new(id),
        title: text(id),
        sites: vec![SiteSetup {
            id: SiteId::new("ha-noi"),
            name: text("Hà Nội"),
            kind: SiteKind::Central,
            parent: None,
            expected: 1,
        }],
        rules: Rules::default(),
        deputies: Vec::new(),
        agenda: Vec::new(),
    }
}

fn key(number: u64) -> CommandKey {
    let text = format!("00000000-0000-4000-8000-{number:012x}");
    text.parse().unwrap()
}

/// A page at a room, without a socket.
struct Page {
    room: Room,
    session: SessionNo,
    queue: Queue,
    welcome: Value,
}

impl Page {
    /// None while the room is away.
    async fn enter(rooms: &Rooms, conference: &str) -> Option<Self> {
        let mut page = Self::connect(rooms, conference, "d1").await?;
        page.welcome = page.next().await?["welcome"].clone();
        Some(page)
    }

    /// The same before its welcome.
    async fn connect(rooms: &Rooms, conference: &str, device: &str) -> Option<Self> {
        let room = rooms.get(&ConferenceId::new(conference))?;
        let (outbox, queue) = channel();
        let seat = Seat {
            site: SiteId::new("ha-noi"),
            role: Role::Chair,
            device: DeviceId::new(device),
        };
        let session = room.connect(seat, None, outbox).await?;
        Some(Self {
            room,
            session,
            queue,
            welcome: Value::Null,
        })
    }

    async fn next(&mut self) -> Option<Value> {
        let closing = self.queue.closing();
        let next = async {
            tokio::select! {
                biased;
                text = self.queue.next() => text,
                _ = closing => None,
            }
        };
        let text = tokio::time::timeout(PATIENCE, next)
            .await
            .expect("in time")?;
        Some(serde_json::from_str(&text).unwrap())
    }

    async fn headcount(&mut self, number: u64, present: u32) -> Value {
        let command = Command::AttendanceHeadcount { present };
        self.command(number, command).await
    }

    async fn command(&mut self, number: u64, command: Command) -> Value {
        let ask = Ask::Conference {
            key: key(number),
            seen: None,
            command,
        };
        self.ask(number, ask).await
    }

    /// The reply; what comes before it is passed over.
    async fn ask(&mut self, number: u64, ask: Ask) -> Value {
        self.room.ask(self.session, number, ask).await;
        loop {
            let message = self.next().await.expect("a reply");
            if message["re"] == number {
                return message;
            }
        }
    }

    /// Offers media.
    async fn join(&mut self) -> Value {
        let sdp = include_str!("../../../tests/fuzz/src/offer.sdp").to_owned();
        self.ask(7, Ask::Media(MediaCommand::Join { sdp })).await
    }

    /// Why the server ends it.
    async fn closed(self) -> Close {
        let closing = self.queue.closing();
        tokio::time::timeout(PATIENCE, closing)
            .await
            .expect("in time")
    }
}

async fn rooms(folder: &std::path::Path) -> Rooms {
    let store = Store::open(&folder.join("log.db")).unwrap();
    let clock = Clock::start(Default::default());
    let media = MediaConfig {
        bind: SocketAddr::from(([127, 0, 0, 1], 0)),
        shards: 1,
        spread_from: MediaConfig::SPREAD_FROM,
        public_ips: Vec::new(),
    };
    let rooms = Rooms::start(store, clock, &media, "test".to_owned()).unwrap();
    for id in ["one", "two"] {
        rooms.open(setup(id)).await.unwrap();
    }
    rooms
}

async fn panic_in(rooms: &Rooms, conference: &str) {
    let room = rooms.get(&ConferenceId::new(conference)).unwrap();
    assert!(room.mail.send(Mail::Panic).await.is_ok());
}

/// Comes again and again, as a page does.
async fn enter_again(rooms: &Rooms, conference: &str) -> Page {
    let trying = async {
        loop {
            if let Some(page) = Page::enter(rooms, conference).await {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, trying)
        .await
        .expect("the room comes back")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_defect_in_one_room_leaves_the_others_alone_and_the_room_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = rooms(folder.path()).await;
    let mut one = Page::enter(&rooms, "one").await.unwrap();
    let mut two = Page::enter(&rooms, "two").await.unwrap();
    let first = one.headcount(1, 11).await;
    let before = two.headcount(1, 22).await["ok"]["seq"].as_u64().unwrap();
    let seq = first["ok"]["seq"].as_u64().unwrap();

    // Twice: also the room that came back is looked after.
    for _ in 0..2 {
        panic_in(&rooms, "one").await;
        assert_eq!(
            one.closed().await,
            Close::Stopping,
            "its pages are told to come back"
        );
        one = enter_again(&rooms, "one").await;
        assert!(one.welcome["seq"].as_u64().unwrap() > seq);
        assert_eq!(
            one.welcome["view"]["sites"][0]["present"], 11,
            "from its log"
        );
        let repeat = one.headcount(1, 11).await;
        assert_eq!(repeat["ok"], first["ok"], "a repeat has its first answer");
    }
    let after = two.headcount(2, 33).await["ok"]["seq"].as_u64().unwrap();
    assert_eq!(after, before + 1, "the other room had nothing but this");

    rooms.stop().await;
    assert_eq!(two.closed().await, Close::Stopping);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_is_away_does_not_come_back_once_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = rooms(folder.path()).await;
    let one = Page::enter(&rooms, "one").await.unwrap();
    panic_in(&rooms, "one").await;
    one.closed().await;
    let before = rooms.shared.next_room.load(Ordering::Relaxed);
    rooms.stop().await;
    assert!(Page::enter(&rooms, "one").await.is_none());
    // The supervisor has its own end of what rooms share, until it ends.
    let alone = async {
        while Arc::strong_count(&rooms.shared) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, alone)
        .await
        .expect("nothing is left running");
    assert!(rooms.shared.next_room.load(Ordering::Relaxed) <= before + 1);
}

/// Waits for something that other threads do.
async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("in time");
}

/// Media connections, being made or made.
fn peers(rooms: &Rooms) -> u64 {
    let rows = rooms.media_counters().into_iter().flatten();
    let peers = rows.filter(|(name, ..)| *name == "peers");
    peers.map(|(_, _, value)| value).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_loads_into_a_closed_conference_is_given_no_media() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = rooms(folder.path()).await;
    let mut chair = Page::enter(&rooms, "one").await.unwrap();
    let closed = chair.command(1, Command::ConferenceClose).await;
    assert!(closed["ok"].is_object(), "{closed}");

    // A page sends its offer with the WebSocket, before it knows how the conference stands.
    let mut codes = Vec::new();
    for conference in ["one", "two"] {
        let mut page = Page::connect(&rooms, conference, "d2").await.unwrap();
        let reply = page.join().await;
        codes.push(reply["error"]["code"].as_str().map(str::to_owned));
    }
    assert_eq!(codes, [Some("conference-closed".to_owned()), None]);
    // Both were asked for by now, and the one of the conference that is open is the later one.
    until(|| peers(&rooms) > 0).await;
    assert_eq!(peers(&rooms), 1, "nobody waits for a handshake with it");
    rooms.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_line_of_a_device_whose_media_is_gone_is_counted_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = rooms(folder.path()).await;
    let mut page = Page::enter(&rooms, "two").await.unwrap();
    let joined = page.join().await;
    assert!(joined["ok"].is_object(), "{joined}");
    let number = RoomId(2);
    let peer = peer_id(number, 1);
    let say = |event| (*rooms.shared.listeners.get(&number).unwrap())(event);
    let counted = |sites| rooms.moment().sites_by_line == sites;
    say(MediaEvent::Quality {
        peer,
        quality: diemcau_media::Quality::default(),
    });
    until(|| counted([1, 0, 0])).await;
    // It was the only one: no news of another line will ever come.
    say(MediaEvent::Gone { peer });
    until(|| counted([0; 3])).await;
    rooms.stop().await;
}
