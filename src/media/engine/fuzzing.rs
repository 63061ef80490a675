//! For the fuzz targets of `tests/fuzz`: an engine with peers whose passwords and SRTP keys are
//! known, so that what a fuzzer makes up gets past authentication. Never part of the product.
//!
//! No handshake is run: the keys are put in place. Everything else is what the product runs.

use super::Engine;
use crate::{
    api::{JoinError, MediaEvent, PeerId, Plan, Receives, RoomId, SlotKind},
    demux::{Class, classify},
    ice,
    outbox::{Path, Protocol},
    peer::Names,
    rtp::{self, Header},
    sdp::Offer,
    srtp,
};
use rtc::{
    crypto::RTCCryptoProvider,
    sdp::SessionDescription,
    srtp::{config::SessionKeys, protection_profile::ProtectionProfile},
    stun::{
        attributes::{ATTR_USERNAME, AttrType},
        fingerprint::FINGERPRINT,
        integrity::MessageIntegrity,
        message::{BINDING_REQUEST, Message, Setter as _},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

const ROOM: RoomId = RoomId(1);
const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
/// In a compound: `aa aa aa nn` stands for the SSRC of the peer's slot `nn`, which is random.
const SLOT_SSRC: [u8; 3] = [0xaa; 3];
/// In a compound: `bb nn` at the beginning of a word stands for the sequence number of the main
/// picture's newest packet less `nn`.
const MAIN_SEQUENCE: u8 = 0xbb;

/// An engine and the peers of one room.
pub struct Venue {
    engine: Engine,
    provider: Arc<dyn RTCCryptoProvider>,
    now: Instant,
    offer: Offer,
    ends: Vec<End>,
    peers_made: u64,
    heard: BTreeSet<PeerId>,
    presenting: Option<PeerId>,
}

/// What a client knows.
struct End {
    id: PeerId,
    path: Path,
    user: String,
    password: String,
    keys: (srtp::Inbound, srtp::Outbound),
    slots: Vec<(u32, SlotKind)>,
    newest_main: u16,
}

impl Venue {
    /// A venue whose clients all send `offer`.
    ///
    /// # Panics
    /// When the machine has no randomness, or the offer cannot be used.
    #[must_use]
    pub fn new(offer: &str) -> Self {
        let now = Instant::now();
        let candidates = vec![SocketAddr::new(LOCAL, 8081)];
        Self {
            engine: Engine::new(now, 1 << 40, candidates).expect("an engine"),
            provider: rtc::crypto::default_provider().expect("a provider"),
            now,
            offer: Offer::parse(offer).expect("the venue's own offer"),
            ends: vec![],
            peers_made: 0,
            heard: BTreeSet::new(),
            presenting: None,
        }
    }

    /// Sends everybody away and lets `count` new clients in, connected; the first one's camera is
    /// everyone's main picture and its microphone is heard.
    ///
    /// # Panics
    /// When the venue's own offer is refused.
    pub fn reset(&mut self, count: usize) {
        self.engine.leave_all(self.now);
        self.ends.clear();
        for n in 0..count {
            self.enter(n);
        }
        self.plan(1, 0);
    }

    /// Lets time pass.
    pub fn wait(&mut self, length: Duration) {
        let end = self.now + length;
        while let Some(due) = self.engine.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.engine.handle_timeout(self.now);
        }
        self.now = end;
        self.collect();
    }

    /// Hears the clients whose bit is set in `heard`, shows the camera of `main` to all and all
    /// cameras as thumbnails; `main` presents too.
    pub fn plan(&mut self, heard: u8, main: u8) {
        let ids: Vec<PeerId> = self.ends.iter().map(|end| end.id).collect();
        let is_heard = |(n, id): (usize, &PeerId)| (heard >> (n % 8) & 1 == 1).then_some(*id);
        let audio: Vec<PeerId> = ids.iter().enumerate().filter_map(is_heard).collect();
        let main = ids.get(usize::from(main)).copied();
        let receives = |id: &PeerId| {
            let others = |source: &PeerId| source != id;
            let receives = Receives {
                audio: audio.iter().copied().filter(others).collect(),
                main: main.filter(others),
                presentation: main.filter(others),
                presentation_audio: main.filter(others),
                thumbnails: ids.iter().copied().filter(others).collect(),
                heights: BTreeMap::new(),
            };
            (*id, receives)
        };
        self.heard = audio.iter().copied().collect();
        let receivers: BTreeMap<_, _> = ids.iter().map(receives).collect();
        let heard = self.heard.clone();
        self.presenting = main;
        let plan = Plan {
            heard,
            presenting: main,
            receivers,
        };
        self.engine.reconcile(self.now, ROOM, plan);
        self.collect();
    }

    /// An authentic packet from a client's address: `packet` is the plain text, header first.
    pub fn rtp(&mut self, client: usize, packet: &[u8]) {
        let count = self.ends.len().max(1);
        let Some(end) = self.ends.get_mut(client % count) else {
            return;
        };
        let mut datagram = packet.to_vec();
        let place = self.engine.by_id.get(&end.id);
        let peer = place.and_then(|place| self.engine.places[*place as usize].as_deref());
        if let (Some(header), Some(peer)) = (Header::parse(packet), peer) {
            let names = Names::read(&header, packet, &peer.extensions);
            // Sealed for the index that the engine will guess.
            let index = peer
                .track(header.ssrc, &names, header.payload_type)
                .and_then(|track| peer.new_index(track, header.ssrc, header.sequence));
            if let Some(index) = index {
                let seal = &mut end.keys.1;
                seal.seal_rtp(&mut datagram, 0, header.len, header.ssrc, index);
            }
        }
        let path = end.path;
        self.deliver(path, &mut datagram);
    }

    /// An authentic compound from a client's address: `compound` is the plain text.
    pub fn rtcp(&mut self, client: usize, compound: &[u8]) {
        let count = self.ends.len().max(1);
        let Some(end) = self.ends.get_mut(client % count) else {
            return;
        };
        let mut datagram = compound.to_vec();
        for word in datagram.as_chunks_mut::<4>().0 {
            if word[..3] == SLOT_SSRC {
                let slot = end.slots.get(usize::from(word[3]));
                *word = slot.map_or(*word, |slot| slot.0.to_be_bytes());
            } else if word[0] == MAIN_SEQUENCE {
                let sequence = end.newest_main.wrapping_sub(word[1].into());
                word[..2].copy_from_slice(&sequence.to_be_bytes());
            }
        }
        if datagram.len() >= 8 {
            datagram[0] = datagram[0] & 0x3f | 0x80;
            datagram[1] = 192 | datagram[1] & 31;
            end.keys.1.seal_rtcp(&mut datagram, 0);
        }
        let path = end.path;
        self.deliver(path, &mut datagram);
    }

    /// A binding request with these attributes, the client's user name and a right integrity,
    /// then these attributes, and a fingerprint; from the client's address or another.
    pub fn check(
        &mut self,
        client: usize,
        port: Option<u16>,
        before: &[(u16, &[u8])],
        after: &[(u16, &[u8])],
    ) {
        let count = self.ends.len().max(1);
        let Some(end) = self.ends.get(client % count) else {
            return;
        };
        let mut message = Message::new();
        message.set_type(BINDING_REQUEST);
        message.write_header();
        for (kind, value) in before {
            message.add(AttrType(*kind), value);
        }
        message.add(ATTR_USERNAME, end.user.as_bytes());
        let password = end.password.clone();
        let integrity = MessageIntegrity::new_short_term_integrity_with_provider(
            password,
            self.provider.crypto(),
        );
        if integrity.add_to(&mut message).is_err() {
            return;
        }
        for (kind, value) in after {
            message.add(AttrType(*kind), value);
        }
        if FINGERPRINT.add_to(&mut message).is_err() {
            return;
        }
        let mut path = end.path;
        path.remote.set_port(port.unwrap_or(path.remote.port()));
        self.deliver(path, &mut message.raw);
    }

    /// Any datagram from a client's address.
    pub fn raw(&mut self, client: usize, datagram: &[u8]) {
        let count = self.ends.len().max(1);
        if let Some(end) = self.ends.get(client % count) {
            self.deliver(end.path, &mut datagram.to_vec());
        }
    }

    /// Somebody's offer; who is let in leaves again. What is answered must be SDP with as many
    /// sections as the offer.
    ///
    /// # Panics
    /// When the answer is not that.
    pub fn offer(&mut self, offer: &str) {
        let id = self.fresh();
        match self.engine.join(self.now, ROOM, id, offer) {
            Ok(joined) => {
                let sections = |text: &str| {
                    SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes()))
                        .map(|session| session.media_descriptions.len())
                };
                let asked = sections(offer).expect("it was answered");
                let answered = sections(&joined.answer).expect("the answer is SDP");
                assert_eq!(asked, answered, "{}", joined.answer);
                self.engine.leave(self.now, id);
            }
            Err(JoinError::BadOffer(_)) => {}
            Err(other) => panic!("{other}"),
        }
        self.collect();
    }

    fn fresh(&mut self) -> PeerId {
        self.peers_made += 1;
        PeerId(self.peers_made)
    }

    fn enter(&mut self, n: usize) {
        let id = self.fresh();
        let joined = self.engine.accept(self.now, ROOM, id, &self.offer);
        joined.expect("the venue's own offer is answered");
        let place = self.engine.by_id[&id] as usize;
        let crypto = self.provider.crypto();
        let ours = keys_from(crypto, true);
        let peer = self.engine.places[place].as_deref_mut().expect("it joined");
        peer.keys = Some(keys_from(crypto, false));
        let credentials = peer.ice.credentials().clone();
        let user = format!("{}:{}", credentials.ufrag, peer.ice.remote_ufrag());
        let path = Path {
            protocol: Protocol::Udp,
            local: LOCAL,
            remote: SocketAddr::from(([10, 0, 0, 2], 5000 + n as u16)),
        };
        let request = ice::request(&user, &credentials.password, true, crypto);
        self.ends.push(End {
            id,
            path,
            user,
            password: credentials.password,
            keys: ours,
            slots: peer
                .slots
                .iter()
                .map(|slot| (slot.ssrc, slot.kind))
                .collect(),
            newest_main: 0,
        });
        self.deliver(path, &mut request.expect("randomness"));
    }

    fn deliver(&mut self, path: Path, datagram: &mut [u8]) {
        self.engine.handle_datagram(self.now, path, datagram);
        self.collect();
    }

    /// Looks at what the engine sends and says.
    fn collect(&mut self) {
        for transmit in self.engine.outbox.iter() {
            if classify(transmit.datagram) != Class::Rtp {
                continue;
            }
            let header = Header::parse(transmit.datagram).expect("the engine writes headers");
            let numbered = rtp::HEADER_LEN + rtp::NUMBER_LEN;
            assert!([rtp::HEADER_LEN, numbered].contains(&header.len));
            let to = self.ends.iter_mut().find(|end| end.path == transmit.path);
            let slot = to.and_then(|end| {
                let slot = end.slots.iter().find(|(ssrc, _)| *ssrc == header.ssrc)?;
                Some((slot.1, &mut end.newest_main))
            });
            match slot {
                Some((SlotKind::Main, newest)) => *newest = header.sequence,
                Some((SlotKind::Audio, _)) => {
                    assert!(
                        !self.heard.is_empty(),
                        "nobody is heard, and sound went out"
                    );
                }
                Some((SlotKind::Presentation | SlotKind::PresentationAudio, _)) => {
                    assert!(
                        self.presenting.is_some(),
                        "nobody presents, and a screen went out"
                    );
                }
                _ => {}
            }
        }
        self.engine.outbox().clear();
        while let Some(event) = self.engine.poll_event() {
            if let MediaEvent::Gone { peer } = event {
                self.ends.retain(|end| end.id != peer);
            }
        }
    }
}

/// Keys that both ends know; `client` tells which end they are for.
fn keys_from(crypto: &dyn rtc::crypto::RTCCrypto, client: bool) -> (srtp::Inbound, srtp::Outbound) {
    let (local, remote) = if client { (1, 2) } else { (2, 1) };
    let keys = SessionKeys {
        local_master_key: vec![local; 16],
        local_master_salt: vec![local; 12],
        remote_master_key: vec![remote; 16],
        remote_master_salt: vec![remote; 12],
    };
    srtp::contexts(ProtectionProfile::AeadAes128Gcm, &keys, crypto).expect("the keys fit")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = include_str!("../../../tests/fuzz/src/offer.sdp");

    fn counter(venue: &Venue, name: &str) -> u64 {
        let rows = venue.engine.counters().rows();
        let row = rows.iter().find(|row| row.0 == name);
        row.expect("a counter").2
    }

    fn picture(sequence: u16, key: bool) -> Vec<u8> {
        let mut packet = rtp::write_header(true, 96, sequence, 0, 1002).to_vec();
        packet.extend([0x90, 0x80, 0x80, sequence as u8, u8::from(!key), 1, 2, 3]);
        packet
    }

    /// Otherwise the fuzz targets would try nothing but the door.
    #[test]
    fn what_a_fuzzer_makes_up_gets_past_authentication() {
        let mut venue = Venue::new(OFFER);
        venue.reset(2);
        venue.rtp(0, &picture(1, true));
        venue.rtp(0, &picture(2, false));
        assert!(counter(&venue, "packets_forwarded") >= 2);
        // The screen stands last in the offer, and both ends of its gate are reached.
        let screen = |sequence| {
            let mut packet = picture(sequence, true);
            packet[8..12].copy_from_slice(&1004u32.to_be_bytes());
            packet
        };
        venue.rtp(1, &screen(1));
        assert_eq!(counter(&venue, "screen_packets_stopped"), 1);
        let forwarded = counter(&venue, "packets_forwarded");
        venue.rtp(0, &screen(1));
        assert_eq!(counter(&venue, "packets_forwarded"), forwarded + 1);
        let nack = [
            0x81, 205, 0, 3, 0, 0, 0, 1, 0xaa, 0xaa, 0xaa, 2, 0xbb, 0, 0, 0,
        ];
        venue.rtcp(1, &nack);
        assert_eq!(counter(&venue, "packets_retransmitted"), 1);
        venue.check(0, Some(7000), &[(0x24, &[1, 2, 3, 4])], &[]);
        for dropped in [
            "dropped_rtp_unauthenticated",
            "dropped_rtcp_unauthenticated",
            "dropped_stun_unauthenticated",
            "dropped_unknown_address",
        ] {
            assert_eq!(counter(&venue, dropped), 0, "{dropped}");
        }
        venue.wait(Duration::from_secs(40));
        assert!(venue.ends.is_empty(), "silence ends a link");
        venue.reset(2);
        venue.rtp(0, &picture(1, true));
        assert!(counter(&venue, "packets_forwarded") >= 3, "a new beginning");
    }
}
