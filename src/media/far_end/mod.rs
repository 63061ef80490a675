//! The other end of a connection, for tests and benches: a full ICE agent, a DTLS client, SRTP
//! and RTP as a browser's page uses them. Datagrams in, datagrams out; no socket, no clock.

#[cfg(feature = "bench")]
mod answer;
mod identity;
mod offer;

pub(crate) use identity::Identity;
#[cfg(feature = "bench")]
pub(crate) use identity::NoIdentity;
#[cfg(test)]
pub(crate) use offer::{MID_ID, RTX, TRANSPORT_ID, write as offer_of};
pub(crate) use offer::{OPUS, Sections, VP8};

use crate::{ice, rtp, srtp};
#[cfg(not(test))]
use offer::MID_ID;
use offer::{LEVEL_ID, UFRAG};
use rtc::{
    dtls::{
        endpoint::{Endpoint, EndpointEvent},
        extension::extension_use_srtp::SrtpProtectionProfile,
    },
    shared::TransportProtocol,
    srtp::{config::Config, protection_profile::ProtectionProfile},
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

/// The endpoint knows the server by an address; which one it is does not matter.
const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)), 9);

/// What stands in the header of a packet that is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing {
    /// MID, as one digit: the section's place in the offer.
    pub(crate) mid: u8,
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    /// Sequence number with its rollovers.
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// In −dBov (RFC 6464).
    pub(crate) level: u8,
}

/// A client of the media plane.
pub(crate) struct FarEnd {
    /// Datagrams to send.
    pub(crate) outgoing: Vec<Vec<u8>>,
    /// The SRTP profile, once the handshake is done.
    pub(crate) profile: Option<ProtectionProfile>,
    identity: Arc<Identity>,
    credentials: (String, String),
    dtls: Endpoint,
    keys: Option<(srtp::Inbound, srtp::Outbound)>,
    transport_sequence: u16,
}

impl FarEnd {
    /// A client that has not offered yet.
    pub(crate) fn new(identity: Arc<Identity>) -> Self {
        let local = SocketAddr::from(([192, 0, 2, 8], 8));
        Self {
            outgoing: vec![],
            profile: None,
            identity,
            credentials: Default::default(),
            dtls: Endpoint::new(local, TransportProtocol::UDP, None),
            keys: None,
            transport_sequence: 0,
        }
    }

    /// Its offer (SDP): microphone, camera, and what `sections` says to receive.
    pub(crate) fn offer(&self, sections: Sections) -> String {
        offer::write(&self.identity.fingerprint, sections)
    }

    /// Takes the server's ICE credentials out of its answer, or offer. Returns false if it has none.
    pub(crate) fn set_answer(&mut self, answer: &str) -> bool {
        let value = |key: &str| answer.lines().find_map(|line| line.strip_prefix(key));
        let (Some(ufrag), Some(password)) = (value("a=ice-ufrag:"), value("a=ice-pwd:")) else {
            return false;
        };
        self.credentials = (ufrag.to_owned(), password.to_owned());
        true
    }

    /// Sends a connectivity check.
    pub(crate) fn check(&mut self, nominate: bool) {
        let (ufrag, password) = &self.credentials;
        let user = format!("{ufrag}:{UFRAG}");
        let crypto = self.identity.provider.crypto();
        self.outgoing
            .extend(ice::request(&user, password, nominate, crypto));
    }

    /// A connectivity check by somebody who knows the names and not the password.
    #[cfg(feature = "bench")]
    pub(crate) fn forged_check(&self, known_name: bool) -> Vec<u8> {
        let ufrag = if known_name {
            &self.credentials.0
        } else {
            "00ffffff00000000"
        };
        let user = format!("{ufrag}:{UFRAG}");
        let crypto = self.identity.provider.crypto();
        ice::request(&user, "a guess of the password", true, crypto).unwrap_or_default()
    }

    /// Its answer to the offer of another server than ours, which must have one section, of VP8; none
    /// if that offer cannot be used. `address`: where this end receives.
    #[cfg(feature = "bench")]
    pub(crate) fn answer(&mut self, offer: &str, address: SocketAddr) -> Option<String> {
        if !self.set_answer(offer) {
            return None;
        }
        answer::write(offer, &self.identity.fingerprint, address)
    }

    /// Answers a connectivity check of another server than ours. Nothing is sent to one that is not
    /// authentic.
    #[cfg(feature = "bench")]
    pub(crate) fn answer_check(&mut self, datagram: &[u8], from: SocketAddr) {
        let crypto = self.identity.provider.crypto();
        let response = ice::parse(datagram).and_then(|mut request| {
            let password = offer::PASSWORD;
            ice::is_authentic(&mut request, password, crypto).then_some(())?;
            ice::respond(password, from, &request, crypto)
        });
        self.outgoing.extend(response);
    }

    /// Whether ICE and DTLS are done.
    pub(crate) fn is_connected(&self) -> bool {
        self.keys.is_some()
    }

    /// When [`Self::handle_timeout`] is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.dtls.poll_timeout(&SERVER)
    }

    /// Drives the handshake's retransmissions.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        // A handshake that has given up says so once, and whoever waits for it sees it by its own
        // time.
        if self.deadline().is_some_and(|due| now >= due)
            && self.dtls.handle_timeout(SERVER, now).is_ok()
        {
            self.flush_dtls();
        }
    }

    /// Takes a STUN or DTLS datagram. The first answered check begins the handshake.
    pub(crate) fn receive_transport(&mut self, now: Instant, datagram: &[u8]) {
        let is_stun = datagram.first().is_some_and(|first| *first < 4);
        if is_stun {
            let idle = self.keys.is_none() && self.dtls.get_connection_state(SERVER).is_none();
            let config = self.identity.config.clone();
            if idle && self.dtls.connect(now, SERVER, config, None).is_err() {
                tracing::debug!("The handshake could not begin");
            }
        } else {
            let events = self.dtls.read(now, SERVER, None, datagram.into());
            let mut events = events.unwrap_or_default().into_iter();
            if events.any(|event| matches!(event, EndpointEvent::HandshakeComplete)) {
                self.take_keys();
            }
        }
        self.flush_dtls();
    }

    /// Opens a packet in place; none if it is not authentic or there are no keys yet. Returns its
    /// length.
    pub(crate) fn open_rtp(
        &mut self,
        datagram: &mut [u8],
        header: &rtp::Header,
        index: u64,
    ) -> Option<usize> {
        let (open, _) = self.keys.as_mut()?;
        open.open_rtp(datagram, header.len, header.ssrc, index)
    }

    /// The header of a packet, with the extensions of the offer and the next transport-wide
    /// sequence number.
    pub(crate) fn header(&mut self, outgoing: &Outgoing) -> Vec<u8> {
        let mut packet = rtp::write_header(
            outgoing.marker,
            outgoing.payload_type,
            outgoing.index as u16,
            outgoing.timestamp,
            outgoing.ssrc,
        )
        .to_vec();
        packet[0] |= 0x10;
        packet.extend([0xbe, 0xde, 0, 2]);
        packet.extend([MID_ID << 4, b'0' + outgoing.mid]);
        packet.extend([LEVEL_ID << 4, outgoing.level]);
        packet.push(offer::TRANSPORT_ID << 4 | 1);
        packet.extend(self.transport_sequence.to_be_bytes());
        packet.push(0);
        self.transport_sequence = self.transport_sequence.wrapping_add(1);
        packet
    }

    /// Seals and sends a packet whose header has `header_len` bytes. Nothing happens before there
    /// are keys.
    pub(crate) fn send_rtp(&mut self, mut packet: Vec<u8>, header_len: usize, to: &Outgoing) {
        if let Some((_, seal)) = &mut self.keys {
            seal.seal_rtp(&mut packet, 0, header_len, to.ssrc, to.index);
            self.outgoing.push(packet);
        }
    }

    fn flush_dtls(&mut self) {
        while let Some(transmit) = self.dtls.poll_transmit() {
            self.outgoing.push(transmit.message.to_vec());
        }
    }

    /// Leaves the client without keys where the handshake's result cannot be used.
    fn take_keys(&mut self) {
        let Some(state) = self.dtls.get_connection_state(SERVER) else {
            return;
        };
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            _ => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let mut config = Config {
            profile,
            ..Default::default()
        };
        let len = config.keying_material_len();
        let Ok(material) = state.export_keying_material("EXTRACTOR-dtls_srtp", &[], len) else {
            return;
        };
        if config
            .set_session_keys_from_keying_material(material.as_ref(), true)
            .is_ok()
        {
            let crypto = self.identity.provider.crypto();
            self.keys = srtp::contexts(profile, &config.keys, crypto).ok();
            self.profile = Some(profile);
        }
    }
}

/// What only tests ask of a client.
#[cfg(test)]
impl FarEnd {
    /// Ends the association.
    pub(crate) fn hang_up(&mut self, now: Instant) {
        self.dtls.close(now).expect("closed");
        self.flush_dtls();
    }

    /// Another client, with its own certificate, that knows this one's answer.
    pub(crate) fn impostor(&self, identity: Arc<Identity>) -> Self {
        Self {
            credentials: self.credentials.clone(),
            ..Self::new(identity)
        }
    }

    /// Opens a compound in place.
    pub(crate) fn open_rtcp(&mut self, datagram: &mut [u8]) -> Option<usize> {
        self.keys.as_mut()?.0.open_rtcp(datagram)
    }

    /// Sends an RTCP compound.
    pub(crate) fn report(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut compound = vec![];
        write(&mut compound);
        let (_, seal) = self.keys.as_mut().expect("connected");
        seal.seal_rtcp(&mut compound, 0);
        self.outgoing.push(compound);
    }

    /// Counts reports from the beginning, as a stack does for each of its SSRCs.
    pub(crate) fn restart_report_index(&mut self) {
        let (_, seal) = self.keys.as_mut().expect("connected");
        seal.restart_rtcp_index();
    }
}
