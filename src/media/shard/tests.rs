//! The thread with real sockets on the loopback address.

use super::{
    Media,
    socket::{BATCH, Socket, Waker},
};
use crate::{
    allocations,
    api::{MediaConfig, MediaEvent, PeerId, RoomId},
    engine::POISONED,
    far_end::{FarEnd, Identity, Sections},
    outbox::{Outbox, Path, Protocol},
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    net::{SocketAddr, UdpSocket},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

struct Client {
    end: FarEnd,
    socket: UdpSocket,
    server: SocketAddr,
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
        assert!(end.set_answer(&joined.expect("an answer").answer));
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let wait = Some(Duration::from_millis(20));
        socket.set_read_timeout(wait).expect("a timeout");
        Self {
            end,
            socket,
            server: media.local_addr(),
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
            self.end.receive_transport(Instant::now(), &datagram[..len]);
        }
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

#[test]
fn the_thread_outlives_a_defect_and_serves_the_other_conference() {
    let config = MediaConfig {
        bind: ([127, 0, 0, 1], 0).into(),
        public_ips: vec![],
    };
    let (tell, events) = channel();
    let media = Media::start(&config, move |event| {
        // Whoever listens may have heard enough.
        let _ = tell.send(event);
    })
    .expect("the thread runs");
    let mut other = Client::join(&media, RoomId(1), PeerId(1));
    let mut poisoned = Client::join(&media, RoomId(2), POISONED);
    wait_for(&mut poisoned, &events, &MediaEvent::Gone { peer: POISONED });
    let connected = MediaEvent::Connected { peer: PeerId(1) };
    wait_for(&mut other, &events, &connected);
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
        let ready = socket.wait(&waker, std::iter::empty(), PATIENCE);
        assert!(ready.is_ok_and(|others| others.is_empty()));
        came += socket.receive();
    };
    turn();
    assert_eq!(allocations::of(&mut turn), 0);
    assert_eq!(came, 2 * BATCH);
}
