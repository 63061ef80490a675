//! A client in virtual time: what it received is kept, and it repairs and asks for repair.

use crate::{
    api::{Joined, SlotKind},
    far_end::{FarEnd, Identity, MID_ID, OPUS, Outgoing, RTX, Sections, TRANSPORT_ID, VP8},
    rtcp, rtp, sdp,
    twcc::Recorder,
    window::Window,
};
use rtc::{
    dtls::extension::extension_use_srtp::SrtpProtectionProfile,
    srtp::protection_profile::ProtectionProfile,
};
use std::{collections::HashMap, net::SocketAddr, time::Instant};

/// Payload types of H.264 and of its retransmissions.
pub(super) const H264: u8 = 102;
pub(super) const H264_RTX: u8 = 103;
pub(super) const MICROPHONE_SSRC: u32 = 0x1000;
pub(super) const CAMERA_SSRC: u32 = 0x2000;
pub(super) const CAMERA_RTX_SSRC: u32 = 0x3000;
pub(super) const SCREEN_SSRC: u32 = 0x4000;
const SCREEN_RTX_SSRC: u32 = 0x5000;
const SCREEN_AUDIO_SSRC: u32 = 0x6000;
/// The layers of a camera, and how tall each is.
pub(super) const LAYERS: [(u8, u32, u16); 3] = [
    (b'q', 0x2100, 180),
    (b'h', 0x2200, 360),
    (b'f', 0x2300, 720),
];
const RID_ID: u8 = 10;
const REPAIRED_RID_ID: u8 = 11;

/// A picture that a client sends, or a layer of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture {
    pub(super) mid: u8,
    pub(super) ssrc: u32,
    pub(super) rtx_ssrc: u32,
    pub(super) rid: Option<u8>,
}

const CAMERA: Picture = Picture {
    mid: 1,
    ssrc: CAMERA_SSRC,
    rtx_ssrc: CAMERA_RTX_SSRC,
    rid: None,
};
const SCREEN: Picture = Picture {
    mid: 2,
    ssrc: SCREEN_SSRC,
    rtx_ssrc: SCREEN_RTX_SSRC,
    rid: None,
};

impl Picture {
    /// What a retransmission says of its layer. That of the largest says nothing: the offer groups
    /// it with its media.
    fn repaired_rid(self) -> Vec<u8> {
        let rid = self.rid.filter(|_| self.ssrc != LAYERS[2].1);
        rid.map_or(vec![], |rid| vec![REPAIRED_RID_ID << 4, rid, 0, 0])
    }
}

/// One of the layers of a camera that has several, low to high.
pub(super) fn layer(nth: usize) -> Picture {
    let (rid, ssrc, _) = LAYERS[nth];
    Picture {
        mid: 1,
        ssrc,
        rtx_ssrc: ssrc + 0x1000,
        rid: Some(rid),
    }
}

/// A packet that came out of SRTP.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) at: Instant,
    pub(super) ssrc: u32,
    pub(super) payload_type: u8,
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
    /// When each of them came.
    pub(super) reported_at: Vec<Instant>,
    pub(super) not_authentic: usize,
    end: FarEnd,
    joined: Option<Joined>,
    windows: HashMap<u32, Window>,
    /// Next sequence numbers, with rollovers.
    pub(super) audio_index: u64,
    pub(super) video_index: u64,
    rtx_index: u64,
    screen_index: u64,
    screen_audio_index: u64,
    /// Of layers and of their retransmissions, by SSRC.
    layer_indexes: HashMap<u32, u64>,
    /// So many bytes more are in each packet of a layer.
    pub(super) fill: usize,
    /// Packets of layers say which layer they are of; browsers stop saying it.
    pub(super) says_rid: bool,
    sent_video: HashMap<(u32, u16), Vec<u8>>,
    /// Of its pictures and of their retransmissions.
    pub(super) payload_types: (u8, u8),
    /// Answer NACKs of the engine with retransmissions.
    pub(super) repairs: bool,
    /// Transport-wide numbers in the order in which they came.
    pub(super) numbers: Vec<u16>,
    /// Packets of nothing but padding.
    pub(super) padding: usize,
    feedback: Option<Recorder>,
}

impl Client {
    pub(super) fn new(port: u16, profiles: Vec<SrtpProtectionProfile>) -> Self {
        let identity = Identity::generate(profiles).expect("a certificate");
        Self {
            address: SocketAddr::from(([10, 0, 0, 2], port)),
            got: vec![],
            reports: vec![],
            reported_at: vec![],
            not_authentic: 0,
            end: FarEnd::new(identity),
            joined: None,
            windows: HashMap::new(),
            audio_index: 1,
            video_index: 1,
            rtx_index: 1,
            screen_index: 1,
            screen_audio_index: 1,
            layer_indexes: HashMap::new(),
            fill: 0,
            says_rid: true,
            sent_video: HashMap::new(),
            payload_types: (VP8, RTX),
            repairs: true,
            numbers: vec![],
            padding: 0,
            feedback: None,
        }
    }

    /// Microphone, camera, two audio slots, main, three thumbnails; and what a presentation needs.
    pub(super) fn offer(&self, presentation: bool) -> String {
        self.end.offer(Sections {
            audio: 2,
            presentation,
            thumbnails: 3,
        })
    }

    /// The same with a camera of three layers.
    pub(super) fn offer_layers(&self, presentation: bool) -> String {
        let rids = LAYERS.map(|(rid, _, _)| char::from(rid));
        let declared = rids.map(|rid| format!("a=rid:{rid} send\r\n")).concat();
        let [q, h, f] = rids;
        let grouped = layer(2);
        let lines = format!(
            "a=mid:1\r\n{declared}a=simulcast:send {q};{h};{f}\r\n\
             a=ssrc-group:FID {} {}\r\n\
             a=extmap:{RID_ID} {}\r\na=extmap:{REPAIRED_RID_ID} {}\r\n",
            grouped.ssrc,
            grouped.rtx_ssrc,
            sdp::RID_URI,
            sdp::REPAIRED_RID_URI
        );
        self.offer(presentation).replace("a=mid:1\r\n", &lines)
    }

    pub(super) fn set_answer(&mut self, joined: Joined) {
        assert!(self.end.set_answer(&joined.answer), "it has credentials");
        self.joined = Some(joined);
    }

    /// Datagrams that wait to be sent.
    pub(super) fn outgoing(&mut self) -> &mut Vec<Vec<u8>> {
        &mut self.end.outgoing
    }

    pub(super) fn profile(&self) -> Option<ProtectionProfile> {
        self.end.profile
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

    /// MID of the first slot of a kind.
    pub(super) fn mid_of(&self, kind: SlotKind) -> String {
        let joined = self.joined.as_ref().expect("joined");
        let slot = joined.slots.iter().find(|slot| slot.kind == kind);
        slot.expect("a slot").mid.clone()
    }

    /// Another client, with its own certificate, that knows this one's answer.
    pub(super) fn take_over(&self, port: u16) -> Self {
        let profiles = vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
        let mut other = Self::new(port, profiles.clone());
        let identity = Identity::generate(profiles).expect("a certificate");
        other.end = self.end.impostor(identity);
        other.joined = self.joined.clone();
        other
    }

    pub(super) fn check(&mut self, nominate: bool) {
        self.end.check(nominate);
    }

    pub(super) fn is_connected(&self) -> bool {
        self.end.is_connected()
    }

    pub(super) fn hang_up(&mut self, now: Instant) {
        self.end.hang_up(now);
    }

    /// Tells from now on when packets arrive.
    pub(super) fn give_feedback(&mut self, now: Instant) {
        self.feedback = Some(Recorder::new(now));
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let feedback = self.feedback.as_ref().and_then(Recorder::deadline);
        self.end.deadline().into_iter().chain(feedback).min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.end.handle_timeout(now);
        if let Some(recorder) = &mut self.feedback
            && recorder.deadline().is_some_and(|due| now >= due)
        {
            self.end.report(|out| recorder.write(out, 1));
        }
    }

    pub(super) fn receive(&mut self, now: Instant, datagram: &mut [u8]) {
        match datagram[0] {
            0..=63 => self.end.receive_transport(now, datagram),
            _ if !self.is_connected() => {}
            _ if (192..224).contains(&datagram[1]) => match self.end.open_rtcp(datagram) {
                Some(len) => {
                    self.reported_at.push(now);
                    self.handle_report(datagram[..len].to_vec());
                }
                None => self.not_authentic += 1,
            },
            _ => self.receive_rtp(now, datagram),
        }
    }

    fn receive_rtp(&mut self, now: Instant, datagram: &mut [u8]) {
        let header = rtp::Header::parse(datagram).expect("well-formed");
        let window = self.windows.get(&header.ssrc);
        let sequence = header.sequence;
        let index = window.map_or(sequence.into(), |window| {
            rtp::extend(window.highest(), sequence)
        });
        let Some(len) = self.end.open_rtp(datagram, &header, index) else {
            self.not_authentic += 1;
            return;
        };
        match self.windows.get_mut(&header.ssrc) {
            Some(window) => assert!(window.insert(index), "the engine sent one index twice"),
            None => _ = self.windows.insert(header.ssrc, Window::starting_at(index)),
        }
        if let Some(number) = header.extension(datagram, TRANSPORT_ID) {
            let number = u16::from_be_bytes(*number.first_chunk().expect("two bytes"));
            self.numbers.push(number);
            if let Some(recorder) = &mut self.feedback {
                recorder.record(now, header.ssrc, number);
            }
        }
        let payload = rtp::payload(&header, &datagram[..len]).expect("well-formed");
        if payload.is_empty() {
            self.padding += 1;
            return;
        }
        let mut got = Got {
            at: now,
            ssrc: header.ssrc,
            payload_type: header.payload_type,
            index,
            timestamp: header.timestamp,
            marker: header.marker,
            payload: payload.to_vec(),
        };
        if [RTX, H264_RTX].contains(&header.payload_type) {
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
            if let rtcp::Packet::Nack { ssrc, pairs } = packet
                && ssrc != MICROPHONE_SSRC
            {
                let known = [CAMERA, SCREEN, layer(0), layer(1), layer(2)];
                let picture = known.into_iter().find(|it| it.ssrc == ssrc);
                let picture = picture.expect("a picture of its own");
                asked.extend(pairs.sequences().map(|sequence| (picture, sequence)));
            }
        }));
        if self.repairs {
            for (picture, sequence) in asked {
                self.retransmit(picture, sequence);
            }
        }
        self.reports.push(compound);
    }

    /// Sends a payload; the packet before SRTP is returned.
    fn send(&mut self, outgoing: &Outgoing, payload: &[u8]) -> Vec<u8> {
        self.send_with(outgoing, &[], payload)
    }

    /// The same with more header extensions, whole words of them.
    fn send_with(&mut self, outgoing: &Outgoing, more: &[u8], payload: &[u8]) -> Vec<u8> {
        assert!(self.is_connected());
        let mut packet = self.end.header(outgoing);
        packet[15] += (more.len() / 4) as u8;
        packet.extend_from_slice(more);
        let header_len = packet.len();
        packet.extend_from_slice(payload);
        self.end.send_rtp(packet.clone(), header_len, outgoing);
        packet
    }

    /// Sends 20 ms of sound as loud as `level` (−dBov).
    pub(super) fn speak(&mut self, timestamp: u32, level: u8) {
        let index = self.audio_index;
        self.audio_index += 1;
        let outgoing = Outgoing {
            mid: 0,
            marker: false,
            payload_type: OPUS,
            index,
            timestamp,
            ssrc: MICROPHONE_SSRC,
            level,
        };
        self.send(&outgoing, &timestamp.to_be_bytes());
    }

    /// Sends 20 ms of the sound of the screen.
    pub(super) fn play(&mut self, timestamp: u32) {
        let index = self.screen_audio_index;
        self.screen_audio_index += 1;
        let outgoing = Outgoing {
            mid: 3,
            marker: false,
            payload_type: OPUS,
            index,
            timestamp,
            ssrc: SCREEN_AUDIO_SSRC,
            level: 20,
        };
        self.send(&outgoing, &timestamp.to_be_bytes());
    }

    /// Sends a frame of the camera, `packets` packets with picture id `id`.
    pub(super) fn show(&mut self, timestamp: u32, id: u16, key: bool, packets: usize) {
        self.send_frame(CAMERA, timestamp, id, key, packets);
    }

    /// The same of the screen.
    pub(super) fn share(&mut self, timestamp: u32, id: u16, key: bool, packets: usize) {
        self.send_frame(SCREEN, timestamp, id, key, packets);
    }

    fn send_frame(&mut self, of: Picture, timestamp: u32, id: u16, key: bool, packets: usize) {
        for part in 0..packets {
            let first = part == 0;
            let mut payload = vec![0x80 | u8::from(first) << 4, 0x80];
            payload.extend((id | 0x8000).to_be_bytes());
            payload.push(u8::from(!key));
            payload.extend(timestamp.to_be_bytes());
            self.send_part(of, timestamp, part + 1 == packets, &payload);
        }
    }

    /// Sends a retransmission without content, as a browser probes its line.
    pub(super) fn probe(&mut self, of: Picture) {
        let outgoing = Outgoing {
            mid: of.mid,
            marker: false,
            payload_type: RTX,
            index: 1,
            timestamp: 0,
            ssrc: of.rtx_ssrc,
            level: 0,
        };
        self.layer_indexes.insert(of.rtx_ssrc, 2);
        let rid = of.repaired_rid();
        self.send_with(&outgoing, &rid, &[]);
    }

    /// Sends a packet of the camera's section under any SSRC and RID, with two-byte extensions.
    pub(super) fn show_as(&mut self, ssrc: u32, rid: &[u8]) {
        let outgoing = Outgoing {
            mid: 1,
            marker: true,
            payload_type: VP8,
            index: 1,
            timestamp: 0,
            ssrc,
            level: 0,
        };
        let mut packet = self.end.header(&outgoing);
        let mut extensions = vec![MID_ID, 1, b'1', RID_ID, rid.len() as u8];
        extensions.extend_from_slice(rid);
        extensions.resize(extensions.len().next_multiple_of(4), 0);
        packet.truncate(12);
        packet.extend([0x10, 0, 0, (extensions.len() / 4) as u8]);
        packet.extend(extensions);
        let header_len = packet.len();
        packet.extend([0x90, 0x80, 0x80, 1, 1, 0, 0]);
        self.end.send_rtp(packet, header_len, &outgoing);
    }

    pub(super) fn show_part(&mut self, timestamp: u32, marker: bool, payload: &[u8]) {
        self.send_part(CAMERA, timestamp, marker, payload);
    }

    /// Sends a frame of a layer; a key frame says how tall it is.
    pub(super) fn show_layer(
        &mut self,
        nth: usize,
        timestamp: u32,
        id: u16,
        key: bool,
        packets: usize,
    ) {
        let height = LAYERS[nth].2.to_le_bytes();
        for part in 0..packets {
            let first = part == 0;
            let mut payload = vec![0x80 | u8::from(first) << 4, 0x80];
            payload.extend((id | 0x8000).to_be_bytes());
            payload.extend([u8::from(!key), 0, 0]);
            if first && key {
                payload.extend([0x9d, 1, 0x2a, 0, 0]);
                payload.extend(height);
            }
            payload.resize(payload.len() + self.fill, 0);
            payload.push(nth as u8);
            payload.extend(timestamp.to_be_bytes());
            self.send_part(layer(nth), timestamp, part + 1 == packets, &payload);
        }
    }

    /// Sends one packet of a picture that may be anything.
    pub(super) fn send_part(&mut self, of: Picture, timestamp: u32, marker: bool, payload: &[u8]) {
        let next = match of.ssrc {
            SCREEN_SSRC => &mut self.screen_index,
            CAMERA_SSRC => &mut self.video_index,
            ssrc => self.layer_indexes.entry(ssrc).or_insert(1),
        };
        let index = *next;
        *next += 1;
        let outgoing = Outgoing {
            mid: of.mid,
            marker,
            payload_type: self.payload_types.0,
            index,
            timestamp,
            ssrc: of.ssrc,
            level: 0,
        };
        let rid = of.rid.filter(|_| self.says_rid);
        let rid = rid.map_or(vec![], |rid| vec![RID_ID << 4, rid, 0, 0]);
        let packet = self.send_with(&outgoing, &rid, payload);
        self.sent_video.insert((of.ssrc, index as u16), packet);
    }

    fn retransmit(&mut self, of: Picture, sequence: u16) {
        let Some(original) = self.sent_video.get(&(of.ssrc, sequence)).cloned() else {
            return;
        };
        let header = rtp::Header::parse(&original).expect("our own");
        let next = match of.rid {
            None => &mut self.rtx_index,
            Some(_) => self.layer_indexes.entry(of.rtx_ssrc).or_insert(1),
        };
        let index = *next;
        *next += 1;
        let outgoing = Outgoing {
            mid: of.mid,
            marker: header.marker,
            payload_type: self.payload_types.1,
            index,
            timestamp: header.timestamp,
            ssrc: of.rtx_ssrc,
            level: 0,
        };
        let payload = [&sequence.to_be_bytes()[..], &original[header.len..]].concat();
        let rid = of.repaired_rid();
        self.send_with(&outgoing, &rid, &payload);
    }

    /// Sends an RTCP compound.
    pub(super) fn report(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.end.report(write);
    }

    /// What the sender reports of a slot have said so far: (NTP, RTP timestamp).
    pub(super) fn sender_reports(&self, slot: u32) -> Vec<(u64, u32)> {
        let mut found = vec![];
        for compound in &self.reports {
            rtcp::read(compound, |packet| {
                if let rtcp::Packet::SenderReport { ssrc, ntp, rtp } = packet
                    && ssrc == slot
                {
                    found.push((ntp, rtp));
                }
            });
        }
        found
    }

    /// Counts reports from the beginning, as a stack does for each of its SSRCs.
    pub(super) fn restart_report_index(&mut self) {
        self.end.restart_report_index();
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

    /// Picture loss indications that the engine sent to the camera.
    pub(super) fn picture_losses(&self) -> usize {
        self.picture_losses_of(CAMERA_SSRC)
    }

    /// The same to any picture.
    pub(super) fn picture_losses_of(&self, ssrc: u32) -> usize {
        let mut count = 0;
        for compound in &self.reports {
            rtcp::read(compound, |packet| {
                count += usize::from(packet == rtcp::Packet::PictureLoss { ssrc });
            });
        }
        count
    }

    pub(super) fn of_slot(&self, kind: SlotKind, index: u32) -> Vec<&Got> {
        let ssrc = self.slot_ssrc(kind, index);
        self.got.iter().filter(|got| got.ssrc == ssrc).collect()
    }
}
