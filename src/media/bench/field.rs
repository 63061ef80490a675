//! Source and receivers together, on one thread: the source keeps its pace, and between its packets
//! the receivers are drained one after the other.

use super::{
    BenchError,
    flood::{Flood, Forged},
    floor::Key,
    janus,
    receiver::{Findings, Receiver},
    rounds::{Kind, Load, Pace},
    source::Source,
    system::{self, Batch},
    wire::Server,
};
use crate::far_end::{FarEnd, Identity, Sections, with_nack_of_sound};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::Arc,
    time::{Duration, Instant},
};

/// What a page receives beside the main picture.
const PAGE: Sections = Sections {
    audio: 4,
    presentation: true,
    thumbnails: 12,
};
/// A client that is not connected by then never will be.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Receivers drained between two looks at the source's clock.
pub(super) const TURN: usize = 4;
/// When nothing has come for so long, nothing more will.
pub(super) const QUIET: Duration = Duration::from_millis(100);

/// Where the source's packets go.
#[derive(Debug, Clone, Copy)]
pub(super) enum To {
    /// To the media plane.
    Media,
    /// To the machine's floor, which listens there.
    Floor(SocketAddr),
}

/// All far ends.
pub(super) struct Field {
    server: SocketAddr,
    home: Ipv4Addr,
    identity: Arc<Identity>,
    source: Source,
    receivers: Vec<Receiver>,
    /// The receiver whose turn it is.
    next: usize,
    batch: Batch,
    findings: Findings,
    /// What an attacker sends meanwhile.
    flood: Option<Flood>,
}

impl Field {
    /// The source, connected, on the loopback address.
    pub(super) fn new(server: &mut Server) -> Result<Self, BenchError> {
        Self::at(server, Ipv4Addr::LOCALHOST)
    }

    /// The same on another address, which all far ends then have.
    pub(super) fn at(server: &mut Server, home: Ipv4Addr) -> Result<Self, BenchError> {
        let profiles = vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        let identity = Identity::generate(profiles)?;
        let source = Source::new(FarEnd::new(identity.clone()), system::socket(home)?)?;
        let mut field = Self {
            server: server.address(),
            home,
            identity,
            source,
            receivers: vec![],
            next: 0,
            batch: Batch::new(),
            findings: Findings::default(),
            flood: None,
        };
        offer(&mut field.source.end, server, 0)?;
        field.source.end.check(true);
        field.connect(0, |field| {
            field.drain_source()?;
            field.source.end.handle_timeout(Instant::now());
            Ok(field.source.end.is_connected())
        })?;
        Ok(field)
    }

    /// Connects one more receiver.
    pub(super) fn join(&mut self, server: &mut Server) -> Result<(), BenchError> {
        let peer = self.receivers.len() as u64 + 1;
        let mut end = FarEnd::new(self.identity.clone());
        let shard = offer(&mut end, server, peer)?;
        end.check(true);
        let receiver = Receiver::new(end, system::socket(self.home)?, shard, Key::new(peer)?);
        self.receivers.push(receiver);
        self.connect(peer, |field| {
            field.drain(field.receivers.len() - 1)?;
            let receiver = field.receivers.last_mut();
            Ok(receiver.is_some_and(|receiver| {
                receiver.end.handle_timeout(Instant::now());
                receiver.end.is_connected()
            }))
        })
    }

    /// How many receivers there are.
    pub(super) fn receivers(&self) -> usize {
        self.receivers.len()
    }

    /// Where the receivers listen.
    pub(super) fn addresses(&self) -> Result<Vec<SocketAddrV4>, BenchError> {
        let addresses = self
            .receivers
            .iter()
            .map(|receiver| system::address(&receiver.socket));
        Ok(addresses.collect::<Result<_, _>>()?)
    }

    /// Sends everyone's connectivity check: a link without one would be lost.
    pub(super) fn refresh(&mut self) -> Result<(), BenchError> {
        let receivers = self.receivers.iter_mut().map(|receiver| &mut receiver.end);
        for end in receivers.chain([&mut self.source.end]) {
            end.check(true);
        }
        self.settle_quiet()
    }

    /// Lets the source send for a while. Returns how many packets it sent.
    pub(super) fn flow_media(&mut self, load: &Load) -> Result<u64, BenchError> {
        self.go_on(load.kind, To::Media, &mut Pace::new(load.rate), load.length)
    }

    /// The same with the floor instead of the server.
    pub(super) fn flow_floor(&mut self, load: &Load, floor: SocketAddr) -> Result<u64, BenchError> {
        let to = To::Floor(floor);
        self.go_on(load.kind, to, &mut Pace::new(load.rate), load.length)
    }

    /// Lets the source send at a pace that was begun before. Returns how many packets it sent in
    /// this time. The first one of a pace begins a key frame.
    pub(super) fn go_on(
        &mut self,
        kind: Kind,
        to: To,
        pace: &mut Pace,
        length: Duration,
    ) -> Result<u64, BenchError> {
        let end = Instant::now() + length;
        let mut sent = 0;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(sent);
            }
            if let Some(first) = pace.step(now) {
                match to {
                    To::Media => self.source.send_media(kind, first, self.server)?,
                    To::Floor(floor) => self.source.send_floor(kind, floor)?,
                }
                sent += 1;
            }
            if let Some(flood) = &mut self.flood {
                flood.step(now, self.source.camera(), self.server)?;
            }
            for _ in 0..TURN {
                self.drain_next()?;
            }
        }
    }

    /// Lets the source send several streams to the server, each at its pace, for a while. Returns how
    /// many packets it sent.
    pub(super) fn flow_all(
        &mut self,
        streams: &mut [(Kind, Pace)],
        length: Duration,
    ) -> Result<u64, BenchError> {
        let end = Instant::now() + length;
        let mut sent = 0;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(sent);
            }
            for (kind, pace) in &mut *streams {
                if let Some(first) = pace.step(now) {
                    self.source.send_media(*kind, first, self.server)?;
                    sent += 1;
                }
            }
            for _ in 0..TURN {
                self.drain_next()?;
            }
        }
    }

    /// Lets the source send sound, and its picture in frames of so many bytes, each at its pace, for a while.
    /// Returns how many packets it sent.
    pub(super) fn flow_frames(
        &mut self,
        frames: &mut Pace,
        sound: &mut Pace,
        len: usize,
        length: Duration,
    ) -> Result<u64, BenchError> {
        let end = Instant::now() + length;
        let (mut sent, mut nth) = (0, 0);
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(sent);
            }
            if let Some(first) = frames.step(now) {
                // No two frames are alike.
                nth += 1;
                let len = len - len / 10 + nth * 37 % (len / 5);
                sent += self.source.send_frame(first, len, self.server)?;
            }
            if let Some(first) = sound.step(now) {
                self.source
                    .send_media(Kind::Microphone, first, self.server)?;
                sent += 1;
            }
            for _ in 0..TURN {
                self.drain_next()?;
            }
        }
    }

    /// Lets somebody flood the server with forgeries while the source sends, or ends that. Returns
    /// how many were sent until now.
    pub(super) fn set_flood(&mut self, forged: Option<Forged>) -> Result<u64, BenchError> {
        let flood = match forged {
            Some(forged) => Some(Flood::new(forged, &self.source.end)?),
            None => None,
        };
        let before = std::mem::replace(&mut self.flood, flood);
        Ok(before.map_or(0, |flood| flood.sent()))
    }

    /// Waits for what is on its way. Returns how many of `sent` packets did not come to how many
    /// receivers, summed up.
    pub(super) fn settle_lost(&mut self, kind: Kind, sent: u64) -> Result<u64, BenchError> {
        self.settle(|receiver| receiver.tally(kind).count, sent)
    }

    /// The same for all media, where only the first `among` receivers get any.
    pub(super) fn settle_crowd(&mut self, sent: u64, among: usize) -> Result<u64, BenchError> {
        let count = |receiver: &Receiver| receiver.camera.count + receiver.microphone.count;
        self.settle_some(count, sent, among)
    }

    /// Tells the floor that no more comes.
    pub(super) fn end_floor(&self, floor: SocketAddr) -> Result<(), BenchError> {
        self.source.end_floor(floor)
    }

    /// Packets of media that came since the receivers settled.
    pub(super) fn received(&self, kind: Kind) -> u64 {
        let counts = self
            .receivers
            .iter()
            .map(|receiver| receiver.tally(kind).count);
        counts.sum()
    }

    /// Waits for what is on its way. Returns whether every receiver has all `sent` packets.
    pub(super) fn settle_media(&mut self, kind: Kind, sent: u64) -> Result<bool, BenchError> {
        Ok(self.settle_lost(kind, sent)? == 0)
    }

    /// The same for packets of the floor.
    pub(super) fn settle_floor(&mut self, sent: u64) -> Result<bool, BenchError> {
        Ok(self.settle_floor_lost(sent)? == 0)
    }

    /// The same for packets of the floor; how many did not come.
    pub(super) fn settle_floor_lost(&mut self, sent: u64) -> Result<u64, BenchError> {
        self.settle(|receiver| receiver.floor.count, sent)
    }

    /// Waits until nothing comes any more.
    pub(super) fn settle_quiet(&mut self) -> Result<(), BenchError> {
        // No receiver ever has so many.
        self.settle(|_| 0, u64::MAX).map(drop)
    }

    /// Lets the kernel stamp every arrival from now on.
    pub(super) fn stamp_arrivals(&self) -> Result<(), BenchError> {
        for receiver in &self.receivers {
            system::stamp_arrivals(&receiver.socket)?;
        }
        Ok(())
    }

    /// When the last packet of a kind came to any receiver: nanoseconds since 1970.
    pub(super) fn last_arrival(&self, kind: Kind) -> u64 {
        let arrivals = self
            .receivers
            .iter()
            .map(|receiver| receiver.tally(kind).last);
        arrivals.max().unwrap_or(0)
    }

    /// Nanoseconds that the sampled packets took since this was last asked.
    pub(super) fn take_delays(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.findings.delays)
    }

    fn connect(
        &mut self,
        peer: u64,
        mut step: impl FnMut(&mut Self) -> Result<bool, BenchError>,
    ) -> Result<(), BenchError> {
        let begun = Instant::now();
        while !step(self)? {
            if begun.elapsed() > CONNECT_WITHIN {
                return Err(BenchError::NotConnected(peer));
            }
        }
        Ok(())
    }

    fn settle(
        &mut self,
        count: impl Fn(&Receiver) -> u64,
        expected: u64,
    ) -> Result<u64, BenchError> {
        self.settle_some(count, expected, self.receivers.len())
    }

    fn settle_some(
        &mut self,
        count: impl Fn(&Receiver) -> u64,
        expected: u64,
        among: usize,
    ) -> Result<u64, BenchError> {
        let mut newest = Instant::now();
        let mut missing = u64::MAX;
        while missing > 0 && newest.elapsed() < QUIET {
            if self.drain_all()? > 0 {
                newest = Instant::now();
            }
            missing = self
                .receivers
                .iter()
                .take(among)
                .map(|receiver| expected.saturating_sub(count(receiver)))
                .fold(0, u64::saturating_add);
        }
        self.receivers.iter_mut().for_each(Receiver::reset);
        match self.findings.not_authentic {
            0 => Ok(missing),
            packets => Err(BenchError::NotAuthentic(packets)),
        }
    }

    fn drain_all(&mut self) -> Result<usize, BenchError> {
        let mut count = 0;
        for _ in 0..=self.receivers.len() {
            count += self.drain_next()?;
        }
        Ok(count)
    }

    /// Drains the receiver whose turn it is; after the last one the source.
    fn drain_next(&mut self) -> Result<usize, BenchError> {
        let turn = self.next;
        if turn < self.receivers.len() {
            self.next += 1;
            self.drain(turn)
        } else {
            self.next = 0;
            self.drain_source()
        }
    }

    fn drain(&mut self, receiver: usize) -> Result<usize, BenchError> {
        let Self {
            receivers,
            batch,
            findings,
            ..
        } = self;
        Ok(receivers[receiver].drain(batch, findings)?)
    }

    /// The source needs what connects it; feedback and reports it does not heed.
    fn drain_source(&mut self) -> Result<usize, BenchError> {
        let Source { end, socket, .. } = &mut self.source;
        let mut count = 0;
        self.batch.receive(socket, false, |datagram, _| {
            if let [0..=63, ..] = datagram {
                end.receive_transport(Instant::now(), datagram);
                count += 1;
            }
        });
        for datagram in end.outgoing.drain(..) {
            socket.send_to(&datagram, self.server)?;
        }
        Ok(count)
    }
}

/// Joins. Returns where the peer's shard is.
pub(super) fn offer(
    end: &mut FarEnd,
    server: &mut Server,
    peer: u64,
) -> Result<SocketAddr, BenchError> {
    let answer = server.join(peer, with_nack_of_sound(&end.offer(PAGE)))?;
    let shard = janus::candidate(&answer).filter(|_| end.set_answer(&answer));
    shard.ok_or(BenchError::NotConnected(peer))
}
