//! A client in virtual time: full ICE agent, DTLS client, SRTP; what it received is kept.

use crate::{
    api::{Joined, SlotKind},
    ice, rtcp, rtp, srtp,
    window::Window,
};
use rtc::{
    crypto::RTCCryptoProvider,
    dtls::{
        config::{ConfigBuilder, HandshakeConfig},
        crypto::Certificate,
        endpoint::{Endpoint, EndpointEvent},
        extension::extension_use_srtp::SrtpProtectionProfile,
    },
    shared::TransportProtocol,
    srtp::{config::Config, protection_profile::ProtectionProfile},
};
use std::{collections::HashMap, fmt::Write, net::SocketAddr, sync::Arc, time::Instant};

pub(super) const OPUS: u8 = 111;
pub(super) const VP8: u8 = 96;
pub(super) const RTX: u8 = 97;
pub(super) const MICROPHONE_SSRC: u32 = 0x1000;
pub(super) const CAMERA_SSRC: u32 = 0x2000;
pub(super) const CAMERA_RTX_SSRC: u32 = 0x3000;
const MID_ID: u8 = 4;
const LEVEL_ID: u8 = 1;
const TRANSPORT_ID: u8 = 3;
const UFRAG: &str = "clie";

/// A packet that came out of SRTP.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) at: Instant,
    pub(super) ssrc: u32,
    pub(super) index: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: Vec<u8>,
}

pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) got: Vec<Got>,
    /// RTCP compounds, opened.
    pub(super) reports: Vec<Vec<u8>>,
    pub(super) outgoing: Vec<Vec<u8>>,
    pub(super) profile: Option<ProtectionProfile>,
    pub(super) not_authentic: usize,
    joined: Option<Joined>,
    credentials: (String, String),
    provider: Arc<dyn RTCCryptoProvider>,
    config: Arc<HandshakeConfig>,
    fingerprint: String,
    dtls: Endpoint,
    keys: Option<(srtp::Inbound, srtp::Outbound)>,
    windows: HashMap<u32, Window>,
    transport_sequence: u16,
    /// Next sequence numbers, with rollovers.
    pub(super) audio_index: u64,
    pub(super) video_index: u64,
    rtx_index: u64,
    sent_video: HashMap<u16, Vec<u8>>,
    /// Answer NACKs of the engine with retransmissions.
    pub(super) repairs: bool,
}

const SERVER: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 9)),
    9,
);

impl Client {
    pub(super) fn new(port: u16, profiles: Vec<SrtpProtectionProfile>) -> Self {
        let provider = rtc::crypto::default_provider().expect("a provider");
        let certificate =
            Certificate::generate_self_signed(vec!["client".to_owned()], provider.crypto())
                .expect("a certificate");
        let digest =
            ring::digest::digest(&ring::digest::SHA256, certificate.certificate[0].as_ref());
        let hex: Vec<String> = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(profiles)
            .with_insecure_skip_verify(true)
            .build(true, None)
            .expect("a configuration");
        let address = SocketAddr::from(([10, 0, 0, 2], port));
        Self {
            address,
            got: vec![],
            reports: vec![],
            outgoing: vec![],
            profile: None,
            not_authentic: 0,
            joined: None,
            credentials: Default::default(),
            provider,
            config: Arc::new(config),
            fingerprint: hex.join(":"),
            dtls: Endpoint::new(address, TransportProtocol::UDP, None),
            keys: None,
            windows: HashMap::new(),
            transport_sequence: 0,
            audio_index: 1,
            video_index: 1,
            rtx_index: 1,
            sent_video: HashMap::new(),
            repairs: true,
        }
    }

    /// Microphone, camera, two audio slots, main, three thumbnails.
    pub(super) fn offer(&self) -> String {
        let mut text = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4 5 6 7\r\n\
             a=fingerprint:sha-256 {}\r\na=ice-ufrag:{UFRAG}\r\na=ice-pwd:clientclientclientclient\r\n\
             a=setup:actpass\r\n",
            self.fingerprint
        );
        for mid in 0..8 {
            let (kind, direction) = match mid {
                0 => ("audio", "sendonly"),
                1 => ("video", "sendonly"),
                2 | 3 => ("audio", "recvonly"),
                _ => ("video", "recvonly"),
            };
            let formats = if kind == "audio" { "111" } else { "96 97" };
            write!(
                text,
                "m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\n\
                 a=rtcp-mux\r\na=extmap:{MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
                 a=extmap:{LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
                 a=extmap:{TRANSPORT_ID} {}\r\n",
                crate::sdp::TRANSPORT_CC_URI
            )
            .expect("a string");
            text.push_str(if kind == "audio" {
                "a=rtpmap:111 opus/48000/2\r\n"
            } else {
                "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
            });
        }
        text
    }

    pub(super) fn set_answer(&mut self, joined: Joined) {
        let value = |key: &str| {
            let line = joined
                .answer
                .lines()
                .find_map(|line| line.strip_prefix(key));
            line.expect("the answer has it").to_owned()
        };
        self.credentials = (value("a=ice-ufrag:"), value("a=ice-pwd:"));
        self.joined = Some(joined);
    }

    /// SSRC of a slot, from the answer.
    pub(super) fn slot_ssrc(&self, kind: SlotKind, index: u32) -> u32 {
        let joined = self.joined.as_ref().expect("joined");
        let slot = joined
            .slots
            .iter()
            .find(|slot| (slot.kind, slot.index) == (kind, index))
            .expect("a slot");
        let section = joined
            .answer
            .split("m=")
            .find(|section| section.contains(&format!("a=mid:{}\r", slot.mid)));
        let mut lines = section.expect("a section").lines();
        let ssrc = lines
            .find_map(|line| line.strip_prefix("a=ssrc:"))
            .expect("an SSRC");
        ssrc.split(' ')
            .next()
            .expect("a number")
            .parse()
            .expect("a number")
    }

    /// Another client, with its own certificate, that knows this one's answer.
    pub(super) fn take_over(&self, port: u16) -> Self {
        let mut other = Self::new(port, vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm]);
        other.joined = self.joined.clone();
        other.credentials = self.credentials.clone();
        other
    }

    pub(super) fn check(&mut self, nominate: bool) {
        let (ufrag, password) = &self.credentials;
        let user = format!("{ufrag}:{UFRAG}");
        self.outgoing.push(ice::request(
            &user,
            password,
            nominate,
            self.provider.crypto(),
        ));
    }

    pub(super) fn is_connected(&self) -> bool {
        self.keys.is_some()
    }

    pub(super) fn hang_up(&mut self, now: Instant) {
        self.dtls.close(now).expect("closed");
        self.flush_dtls();
    }

    fn flush_dtls(&mut self) {
        while let Some(transmit) = self.dtls.poll_transmit() {
            self.outgoing.push(transmit.message.to_vec());
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.dtls.poll_timeout(&SERVER)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.deadline().is_some_and(|due| now >= due) {
            // One that has given up says so once; it is for the test to come again.
            if self.dtls.handle_timeout(SERVER, now).is_ok() {
                self.flush_dtls();
            }
        }
    }

    pub(super) fn receive(&mut self, now: Instant, datagram: &mut [u8]) {
        match datagram[0] {
            0..=3 => {
                if self.keys.is_none() && self.dtls.get_connection_state(SERVER).is_none() {
                    self.dtls
                        .connect(now, SERVER, self.config.clone(), None)
                        .expect("a client hello");
                    self.flush_dtls();
                }
            }
            20..=63 => {
                let events = self
                    .dtls
                    .read(now, SERVER, None, (&*datagram).into())
                    .unwrap_or_default();
                if events
                    .iter()
                    .any(|event| matches!(event, EndpointEvent::HandshakeComplete))
                {
                    self.take_keys();
                }
                self.flush_dtls();
            }
            _ if (192..224).contains(&datagram[1]) => {
                let Some((open, _)) = &mut self.keys else {
                    return;
                };
                match open.open_rtcp(datagram) {
                    Some(len) => self.handle_report(datagram[..len].to_vec()),
                    None => self.not_authentic += 1,
                }
            }
            _ => self.receive_rtp(now, datagram),
        }
    }

    fn receive_rtp(&mut self, now: Instant, datagram: &mut [u8]) {
        let Some((open, _)) = &mut self.keys else {
            return;
        };
        let header = rtp::Header::parse(datagram).expect("well-formed");
        let window = self.windows.get(&header.ssrc);
        let sequence = header.sequence;
        let index = window.map_or(sequence.into(), |window| {
            rtp::extend(window.highest(), sequence)
        });
        let Some(len) = open.open_rtp(datagram, header.len, header.ssrc, index) else {
            self.not_authentic += 1;
            return;
        };
        match self.windows.get_mut(&header.ssrc) {
            Some(window) => assert!(window.insert(index), "the engine sent one index twice"),
            None => _ = self.windows.insert(header.ssrc, Window::starting_at(index)),
        }
        let mut got = Got {
            at: now,
            ssrc: header.ssrc,
            index,
            timestamp: header.timestamp,
            marker: header.marker,
            payload: datagram[header.len..len].to_vec(),
        };
        if header.payload_type == RTX {
            let media = self.media_of(header.ssrc);
            let original = u16::from_be_bytes([got.payload[0], got.payload[1]]);
            let window = self
                .windows
                .get_mut(&media)
                .expect("a retransmission follows media");
            got.index = rtp::extend(window.highest(), original);
            if !window.insert(got.index) {
                return;
            }
            got.ssrc = media;
            got.payload.drain(..2);
        }
        self.got.push(got);
    }

    /// The media SSRC that a retransmission SSRC belongs to, from the answer's FID groups.
    fn media_of(&self, rtx: u32) -> u32 {
        let answer = &self.joined.as_ref().expect("joined").answer;
        let groups = answer
            .lines()
            .filter_map(|line| line.strip_prefix("a=ssrc-group:FID "));
        let mut pairs = groups.map(|group| group.split_once(' ').expect("a pair"));
        let (media, _) = pairs
            .find(|(_, found)| found.parse() == Ok(rtx))
            .expect("a group");
        media.parse().expect("a number")
    }

    fn handle_report(&mut self, compound: Vec<u8>) {
        let mut asked = vec![];
        assert!(rtcp::read(&compound, |packet| {
            if let rtcp::Packet::Nack {
                ssrc: CAMERA_SSRC,
                pairs,
            } = packet
            {
                asked.extend(pairs.sequences());
            }
        }));
        if self.repairs {
            for sequence in asked {
                self.retransmit(sequence);
            }
        }
        self.reports.push(compound);
    }

    fn take_keys(&mut self) {
        let state = self.dtls.get_connection_state(SERVER).expect("connected");
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            _ => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let mut config = Config {
            profile,
            ..Default::default()
        };
        let material = state
            .export_keying_material("EXTRACTOR-dtls_srtp", &[], config.keying_material_len())
            .expect("keys");
        config
            .set_session_keys_from_keying_material(material.as_ref(), true)
            .expect("fits");
        self.keys = srtp::contexts(profile, &config.keys, self.provider.crypto()).ok();
        self.profile = Some(profile);
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of a header")]
    fn packet(
        &mut self,
        mid: u8,
        marker: bool,
        payload_type: u8,
        index: u64,
        timestamp: u32,
        ssrc: u32,
        level: u8,
    ) -> Vec<u8> {
        let mut packet =
            rtp::write_header(marker, payload_type, index as u16, timestamp, ssrc).to_vec();
        packet[0] |= 0x10;
        packet.extend([
            0xbe,
            0xde,
            0,
            2,
            MID_ID << 4,
            b'0' + mid,
            LEVEL_ID << 4,
            level,
            TRANSPORT_ID << 4 | 1,
        ]);
        packet.extend(self.transport_sequence.to_be_bytes());
        packet.push(0);
        self.transport_sequence = self.transport_sequence.wrapping_add(1);
        packet
    }

    fn seal(&mut self, mut packet: Vec<u8>, header_len: usize, ssrc: u32, index: u64) -> Vec<u8> {
        let (_, seal) = self.keys.as_mut().expect("connected");
        seal.seal_rtp(&mut packet, 0, header_len, ssrc, index);
        packet
    }

    /// Sends 20 ms of sound as loud as `level` (−dBov).
    pub(super) fn speak(&mut self, timestamp: u32, level: u8) {
        let index = self.audio_index;
        self.audio_index += 1;
        let mut packet = self.packet(0, false, OPUS, index, timestamp, MICROPHONE_SSRC, level);
        let header_len = packet.len();
        packet.extend(timestamp.to_be_bytes());
        let sealed = self.seal(packet, header_len, MICROPHONE_SSRC, index);
        self.outgoing.push(sealed);
    }

    /// Sends a frame of `packets` packets with picture id `id`.
    pub(super) fn show(&mut self, timestamp: u32, id: u16, key: bool, packets: usize) {
        for part in 0..packets {
            let first = part == 0;
            let mut payload = vec![0x80 | u8::from(first) << 4, 0x80];
            payload.extend((id | 0x8000).to_be_bytes());
            payload.push(u8::from(!key));
            payload.extend(timestamp.to_be_bytes());
            self.show_part(timestamp, part + 1 == packets, &payload);
        }
    }

    pub(super) fn show_part(&mut self, timestamp: u32, marker: bool, payload: &[u8]) {
        let index = self.video_index;
        self.video_index += 1;
        let mut packet = self.packet(1, marker, VP8, index, timestamp, CAMERA_SSRC, 0);
        let header_len = packet.len();
        packet.extend_from_slice(payload);
        self.sent_video.insert(index as u16, packet[..].to_vec());
        let sealed = self.seal(packet, header_len, CAMERA_SSRC, index);
        self.outgoing.push(sealed);
    }

    fn retransmit(&mut self, sequence: u16) {
        let Some(original) = self.sent_video.get(&sequence).cloned() else {
            return;
        };
        let header = rtp::Header::parse(&original).expect("our own");
        let index = self.rtx_index;
        self.rtx_index += 1;
        let mut packet = self.packet(
            1,
            header.marker,
            RTX,
            index,
            header.timestamp,
            CAMERA_RTX_SSRC,
            0,
        );
        let header_len = packet.len();
        packet.extend(sequence.to_be_bytes());
        packet.extend_from_slice(&original[header.len..]);
        let sealed = self.seal(packet, header_len, CAMERA_RTX_SSRC, index);
        self.outgoing.push(sealed);
    }

    /// Sends an RTCP compound.
    pub(super) fn report(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut compound = vec![];
        write(&mut compound);
        let (_, seal) = self.keys.as_mut().expect("connected");
        seal.seal_rtcp(&mut compound, 0);
        self.outgoing.push(compound);
    }

    /// Counts reports from the beginning, as a stack does for each of its SSRCs.
    pub(super) fn restart_report_index(&mut self) {
        self.keys
            .as_mut()
            .expect("connected")
            .1
            .restart_rtcp_index();
    }

    /// Asks for everything that is missing of a stream.
    pub(super) fn nack_missing(&mut self, ssrc: u32) {
        let Some(window) = self.windows.get(&ssrc) else {
            return;
        };
        let first = self
            .got
            .iter()
            .filter(|got| got.ssrc == ssrc)
            .map(|got| got.index)
            .min()
            .unwrap_or(0);
        let from = first.max(window.highest().saturating_sub(200));
        let missing: Vec<u64> = (from..window.highest())
            .filter(|index| window.is_new(*index))
            .collect();
        if !missing.is_empty() {
            self.report(|out| rtcp::write_nack(out, 1, ssrc, &missing));
        }
    }

    /// Picture loss indications that the engine sent.
    pub(super) fn picture_losses(&self) -> usize {
        let mut count = 0;
        for compound in &self.reports {
            rtcp::read(compound, |packet| {
                count += usize::from(packet == rtcp::Packet::PictureLoss { ssrc: CAMERA_SSRC });
            });
        }
        count
    }

    pub(super) fn of_slot(&self, kind: SlotKind, index: u32) -> Vec<&Got> {
        let ssrc = self.slot_ssrc(kind, index);
        self.got.iter().filter(|got| got.ssrc == ssrc).collect()
    }
}
