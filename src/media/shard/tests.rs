//! The thread with real sockets on the loopback address.

use super::{
    Media, Row,
    socket::{BATCH, Socket, Waker},
};
use crate::{
    allocations,
    api::{MediaConfig, MediaEvent, PeerId, Plan, Receives, RoomId},
    engine::POISONED,
    far_end::{FarEnd, Identity, OPUS, Outgoing, Sections},
    outbox::{Outbox, Path, Protocol},
    rtp::Header,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    net::{SocketAddr, UdpSocket},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

struct Client {
    end: FarEnd,
    socket: UdpSocket,
    server: SocketAddr,
    /// Payloads of sound.
    heard: Vec<Vec<u8>>,
}

impl Client {
    fn join(media: &Media, room: RoomId, peer: PeerId) -> Self {
        let profiles = vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        let mut end = FarEnd::new(Identity::generate(profiles).expect("a certificate"));
        let sections = Sections {
            audio: 1,
            presentation: false,
            thumbnails: 1,
        };
        let (done, joined) = channel();
        media.join(room, peer, end.offer(sections), move |outcome| {
            done.send(outcome).expect("somebody waits");
        });
        let joined = joined.recv_timeout(PATIENCE).expect("an outcome");
        let answer = joined.expect("an answer").answer;
        assert!(end.set_answer(&answer));
        let candidate = answer.lines().find(|line| line.starts_with("a=candidate:"));
        let port = candidate.and_then(|line| line.split(' ').nth(5)?.parse().ok());
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let wait = Some(Duration::from_millis(20));
        socket.set_read_timeout(wait).expect("a timeout");
        Self {
            end,
            socket,
            server: ([127, 0, 0, 1], port.expect("a port")).into(),
            heard: vec![],
        }
    }

    /// Says what it has to say, and hears what there is.
    fn step(&mut self) {
        self.end.check(true);
        let mut datagram = [0; 2048];
        loop {
            for outgoing in self.end.outgoing.drain(..) {
                self.socket.send_to(&outgoing, self.server).expect("sent");
            }
            let Ok(len) = self.socket.recv(&mut datagram) else {
                return;
            };
            match datagram {
                [0..=63, ..] => self.end.receive_transport(Instant::now(), &datagram[..len]),
                // Reports need no answer.
                [_, 192..=223, ..] => {}
                _ => self.hear(&mut datagram[..len]),
            }
        }
    }

    fn hear(&mut self, datagram: &mut [u8]) {
        let header = Header::parse(datagram).expect("well-formed");
        if header.payload_type == OPUS {
            let index = header.sequence.into();
            let len = self.end.open_rtp(datagram, &header, index);
            let len = len.expect("authentic");
            self.heard.push(datagram[header.len..len].to_vec());
        }
    }

    /// Sends 20 ms of sound.
    fn speak(&mut self, index: u64) {
        let outgoing = Outgoing {
            mid: 0,
            marker: false,
            payload_type: OPUS,
            index,
            timestamp: index as u32 * 960,
            ssrc: 0x1000,
            level: 20,
        };
        let mut packet = self.end.header(&outgoing);
        let header_len = packet.len();
        packet.extend(index.to_be_bytes());
        self.end.send_rtp(packet, header_len, &outgoing);
        self.step();
    }
}

/// Lets a client go on until this has happened.
fn wait_for(client: &mut Client, events: &Receiver<MediaEvent>, wanted: &MediaEvent) {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        client.step();
        if events.try_iter().any(|event| event == *wanted) {
            return;
        }
    }
    panic!("{wanted:?} did not happen");
}

/// What each shard has counted, up to a moment ago.
fn count(media: &Media, name: &str) -> Vec<u64> {
    let of_shard = |rows: Vec<Row>| {
        let found = rows.into_iter().find(|(found, _, _)| *found == name);
        found.expect("a counter").2
    };
    media.counters().into_iter().map(of_shard).collect()
}

fn start(shards: u8, spread_from: usize) -> (Media, Receiver<MediaEvent>) {
    let config = MediaConfig {
        bind: ([127, 0, 0, 1], 0).into(),
        shards,
        spread_from,
        public_ips: vec![],
    };
    let (tell, events) = channel();
    let media = Media::start(&config, move |event| {
        // Whoever listens may have heard enough.
        let _ = tell.send(event);
    });
    (media.expect("the threads run"), events)
}

#[test]
fn the_thread_outlives_a_defect_and_serves_the_other_conference() {
    let (media, events) = start(1, MediaConfig::SPREAD_FROM);
    let mut other = Client::join(&media, RoomId(1), PeerId(1));
    let mut poisoned = Client::join(&media, RoomId(2), POISONED);
    wait_for(&mut poisoned, &events, &MediaEvent::Gone { peer: POISONED });
    let connected = MediaEvent::Connected { peer: PeerId(1) };
    wait_for(&mut other, &events, &connected);
    media.stop();
}

#[test]
fn of_plans_that_come_at_once_the_last_one_holds() {
    let (media, events) = start(1, MediaConfig::SPREAD_FROM);
    let [mut hearer, mut first, mut second] = [0, 1, 2].map(PeerId).map(|peer| {
        let mut client = Client::join(&media, RoomId(1), peer);
        wait_for(&mut client, &events, &MediaEvent::Connected { peer });
        client
    });
    let plan = |speaker| {
        let hears = Receives {
            audio: vec![PeerId(speaker)],
            ..Receives::default()
        };
        Plan {
            heard: [PeerId(speaker)].into(),
            receivers: [(PeerId(0), hears)].into(),
            ..Plan::default()
        }
    };
    for round in 0..20u64 {
        let last = 1 + round % 2;
        for speaker in [3 - last, last, 3 - last, last] {
            media.reconcile(RoomId(1), plan(speaker));
        }
        // What comes to the server after that is measured by it.
        first.speak(1000 + round);
        second.speak(2000 + round);
        // The one is heard, and the other is counted as stopped, a little later on a busy machine.
        let begun = Instant::now();
        let is_over = |heard: &[Vec<u8>]| {
            !heard.is_empty() && count(&media, "microphone_packets_stopped")[0] > round
        };
        while !is_over(&hearer.heard) && begun.elapsed() < PATIENCE {
            hearer.step();
        }
        let heard: Vec<Vec<u8>> = hearer.heard.drain(..).collect();
        let expected = (1000 * last + round).to_be_bytes();
        assert_eq!(heard, [expected], "round {round}");
        let stopped = count(&media, "microphone_packets_stopped");
        assert_eq!(stopped, [round + 1], "the other is stopped");
    }
    media.stop();
}

#[test]
fn a_turn_of_the_thread_takes_no_memory() {
    let mut socket = Socket::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let waker = Waker::new().expect("a waker");
    let path = Path {
        protocol: Protocol::Udp,
        local: [127, 0, 0, 1].into(),
        remote: socket.local_addr().expect("an address"),
    };
    let mut outbox = Outbox::default();
    let mut came = 0;
    let mut turn = || {
        for _ in 0..BATCH {
            outbox.push(path, &[0; 1200]);
        }
        socket.send(&outbox);
        outbox.clear();
        // A busy system may hand them over in parts.
        let mut here = 0;
        while here < BATCH {
            let ready = socket.wait(&waker, std::iter::empty(), PATIENCE);
            assert!(ready.is_ok_and(|others| others.is_empty()));
            let some = socket.receive();
            assert_ne!(some, 0, "{here} of {BATCH} came");
            here += some;
        }
        came += here;
    };
    turn();
    assert_eq!(allocations::of(&mut turn), 0);
    assert_eq!(came, 2 * BATCH);
}

/// Sends five datagrams to one receiver and two to another, twice, and returns what each got in the second
/// round, what was counted of both, and how often memory was asked for in the second one.
fn send_together(refused: bool) -> ([Vec<Vec<u8>>; 2], [u64; 3], u64) {
    let mut socket = Socket::bind(([127, 0, 0, 1], 0).into()).expect("a port");
    if refused {
        socket.refuse_segments().expect("an option");
    }
    let receivers = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("a port"));
    let paths = receivers.each_ref().map(|receiver| Path {
        protocol: Protocol::Udp,
        local: [127, 0, 0, 1].into(),
        remote: receiver.local_addr().expect("an address"),
    });
    let mut outbox = Outbox::default();
    let lengths = [
        (0, 900),
        (1, 900),
        (0, 900),
        (1, 901),
        (0, 70),
        (0, 70),
        (0, 70),
    ];
    for (nth, (to, len)) in (0u8..).zip(lengths) {
        outbox.push(paths[to], &vec![nth; len]);
    }
    // All that was sent is waited for, and a little for what was not.
    let read = || {
        [0, 1].map(|to| {
            let sent = lengths.iter().filter(|(other, _)| *other == to).count();
            let mut came = vec![];
            let mut room = [0; 2048];
            loop {
                let little = Duration::from_millis(50);
                let wait = if came.len() < sent { PATIENCE } else { little };
                let receiver: &UdpSocket = &receivers[to];
                receiver.set_read_timeout(Some(wait)).expect("a timeout");
                let Ok(len) = receiver.recv(&mut room) else {
                    return came;
                };
                came.push(room[..len].to_vec());
            }
        })
    };
    socket.send_together(&outbox);
    read();
    let allocations = allocations::of(|| socket.send_together(&outbox));
    (
        read(),
        socket.counters().map(|(_, _, value)| value),
        allocations,
    )
}

#[test]
fn what_goes_to_one_receiver_leaves_together_and_in_order() {
    let (came, [sent, together, failed], allocations) = send_together(false);
    let of = |nths: &[(u8, usize)]| {
        let datagrams = nths.iter().map(|(nth, len)| vec![*nth; *len]);
        datagrams.collect::<Vec<_>>()
    };
    assert_eq!(
        came[0],
        of(&[(0, 900), (2, 900), (4, 70), (5, 70), (6, 70)])
    );
    assert_eq!(came[1], of(&[(1, 900), (3, 901)]));
    // In each round three leave together, and two, and two alone.
    assert_eq!((sent, together, failed), (14, 6, 0));
    assert_eq!(allocations, 0);
}

#[test]
fn where_segments_are_refused_all_is_sent_one_by_one() {
    let (came, [sent, together, failed], _) = send_together(true);
    assert_eq!(came.map(|came| came.len()), [5, 2]);
    assert_eq!((sent, together, failed), (14, 0, 0));
}

#[test]
fn one_conference_is_heard_on_two_shards() {
    let (media, events) = start(2, 2);
    let ports: Vec<u16> = media.ports().iter().collect();
    assert_eq!(ports[1], ports[0] + 1);
    let mut speaker = Client::join(&media, RoomId(1), PeerId(0));
    let mut near = Client::join(&media, RoomId(1), PeerId(1));
    // The first shard has enough; who comes now comes to the second one.
    let mut far = Client::join(&media, RoomId(1), PeerId(2));
    let server = [&speaker, &near, &far].map(|client| client.server.port());
    assert_eq!(server, [ports[0], ports[0], ports[1]]);
    let everyone = [&mut speaker, &mut near, &mut far];
    for (peer, client) in (0..).zip(everyone) {
        let connected = MediaEvent::Connected { peer: PeerId(peer) };
        wait_for(client, &events, &connected);
    }
    let mut plan = Plan::default();
    plan.heard.insert(PeerId(0));
    let hears = Receives {
        audio: vec![PeerId(0)],
        ..Receives::default()
    };
    plan.receivers = [1, 2].map(|peer| (PeerId(peer), hears.clone())).into();
    media.reconcile(RoomId(1), plan.clone());
    let begun = Instant::now();
    let mut index = 0;
    while far.heard.len() < 10 && begun.elapsed() < PATIENCE {
        index += 1;
        speaker.speak(index);
        near.step();
        far.step();
    }
    assert!(far.heard.len() >= 10, "it is heard over there");
    assert!(near.heard.contains(&far.heard[0]), "and here");
    let count = |name: &str| count(&media, name);
    // What was counted is told a little later: what was stopped before it was heard is in it.
    while (count("packets_forwarded")[0] as usize) < near.heard.len() && begun.elapsed() < PATIENCE
    {
        speaker.step();
    }
    let before = count("microphone_packets_stopped")[0];
    // The gate closes on both: once it has stopped a packet, none that comes after it passes.
    plan.heard.clear();
    media.reconcile(RoomId(1), plan);
    let begun = Instant::now();
    while count("microphone_packets_stopped")[0] == before && begun.elapsed() < PATIENCE {
        index += 1;
        speaker.speak(index);
    }
    let closed = index;
    let stopped = count("microphone_packets_stopped")[0];
    assert_ne!(stopped, before, "the gate closes");
    for _ in 0..10 {
        index += 1;
        speaker.speak(index);
    }
    while count("microphone_packets_stopped")[0] < stopped + 10 && begun.elapsed() < PATIENCE {
        speaker.step();
    }
    near.step();
    far.step();
    for client in [&near, &far] {
        let newest = client.heard.iter().max().expect("something");
        assert!(newest[..] <= closed.to_be_bytes()[..], "it was heard later");
    }
    while count("packets_crossed")[0] == 0 && begun.elapsed() < PATIENCE {
        speaker.step();
    }
    let crossed = count("packets_crossed");
    assert!((1..=index).contains(&crossed[0]), "{crossed:?} of {index}");
    assert_eq!(crossed[1], 0, "nobody speaks over there");
    assert_eq!(count("handshakes"), [2, 1]);
    media.leave(PeerId(2));
    media.stop();
}
