//! Who speaks and shows: thirty frames and fifty packets of sound a second.

use crate::{
    far_end::{FarEnd, OPUS, Outgoing, RTX, VP8},
    rtcp, rtp,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

pub(super) const FRAMES_A_SECOND: u32 = 30;
pub(super) const SOUND_EVERY: Duration = Duration::from_millis(20);
const SOUND_SSRC: u32 = 0x1000;
const PICTURE_SSRC: u32 = 0x2000;
const RTX_SSRC: u32 = 0x3000;
/// A key frame has so many times the packets of another.
const KEY_FRAME: u64 = 3;
/// A request for a key frame that comes so soon after another is not heard.
const DEAF_FOR: Duration = Duration::from_millis(300);
/// Beside the round trip: nothing is sent again sooner.
const AGAIN_AFTER: Duration = Duration::from_millis(5);
/// Bytes of a packet's content; how many does not matter here.
const CONTENT: usize = 40;

/// The source.
pub(super) struct Source {
    pub(super) end: FarEnd,
    round_trip: Duration,
    repairs_sound: bool,
    sent: BTreeMap<(u32, u16), Sent>,
    sound: u32,
    frame: u32,
    next_picture: u64,
    next_rtx: u64,
    key_wanted: bool,
    key_heard: Option<Instant>,
    pub(super) key_frames: u32,
    /// What was told of the loss of the sound, in 256ths.
    pub(super) told: Vec<u8>,
}

struct Sent {
    packet: Vec<u8>,
    header_len: usize,
    outgoing: Outgoing,
    again: Option<Instant>,
}

impl Source {
    /// One that knows the round trip.
    pub(super) fn new(end: FarEnd, round_trip: Duration, repairs_sound: bool) -> Self {
        Self {
            end,
            round_trip,
            repairs_sound,
            sent: BTreeMap::new(),
            sound: 0,
            frame: 0,
            next_picture: 1,
            next_rtx: 1,
            key_wanted: true,
            key_heard: None,
            key_frames: 0,
            told: vec![],
        }
    }

    /// So many frames and packets of sound were sent.
    pub(super) fn sent(&self) -> (u32, u32) {
        (self.frame, self.sound)
    }

    /// Sends 20 ms of sound.
    pub(super) fn speak(&mut self) {
        let outgoing = Outgoing {
            mid: 0,
            marker: false,
            payload_type: OPUS,
            index: u64::from(self.sound) + 1,
            timestamp: self.sound * 960,
            ssrc: SOUND_SSRC,
            level: 30,
        };
        let mut content = self.sound.to_be_bytes().to_vec();
        content.resize(CONTENT, 0);
        self.sound += 1;
        self.send(outgoing, &content);
    }

    /// Sends a frame: a number of packets that `random` decides, three to eight.
    pub(super) fn show(&mut self, random: u64) {
        let is_key = std::mem::take(&mut self.key_wanted);
        self.key_frames += u32::from(is_key);
        let packets = (3 + random % 6) * if is_key { KEY_FRAME } else { 1 };
        for part in 0..packets {
            let mut content = vec![0x80 | u8::from(part == 0) << 4, 0x80];
            content.extend((self.frame as u16 | 0x8000).to_be_bytes());
            content.push(u8::from(!is_key));
            content.extend(self.frame.to_be_bytes());
            content.resize(CONTENT, 0);
            let outgoing = Outgoing {
                mid: 1,
                marker: part + 1 == packets,
                payload_type: VP8,
                index: self.next_picture,
                timestamp: self.frame * (90_000 / FRAMES_A_SECOND),
                ssrc: PICTURE_SSRC,
                level: 0,
            };
            self.next_picture += 1;
            self.send(outgoing, &content);
        }
        self.frame += 1;
    }

    /// Takes what the engine says of its streams.
    pub(super) fn hear(&mut self, now: Instant, compound: &[u8]) {
        let mut asked = vec![];
        let mut wants_key = false;
        rtcp::read(compound, |packet| match packet {
            rtcp::Packet::Nack { ssrc, pairs } => {
                asked.extend(pairs.sequences().map(|sequence| (ssrc, sequence)));
            }
            rtcp::Packet::PictureLoss { .. } => wants_key = true,
            rtcp::Packet::Report(block) if block.ssrc == SOUND_SSRC => {
                self.told.push(block.fraction_lost);
            }
            _ => {}
        });
        for (ssrc, sequence) in asked {
            self.send_again(now, ssrc, sequence);
        }
        let hears = self.key_heard.is_none_or(|heard| now >= heard + DEAF_FOR);
        if wants_key && hears {
            self.key_heard = Some(now);
            self.key_wanted = true;
        }
    }

    fn send(&mut self, outgoing: Outgoing, content: &[u8]) {
        let mut packet = self.end.header(&outgoing);
        let header_len = packet.len();
        packet.extend_from_slice(content);
        self.end.send_rtp(packet.clone(), header_len, &outgoing);
        let sent = Sent {
            packet,
            header_len,
            outgoing,
            again: None,
        };
        self.sent
            .insert((outgoing.ssrc, outgoing.index as u16), sent);
    }

    fn send_again(&mut self, now: Instant, ssrc: u32, sequence: u16) {
        let pause = self.round_trip + AGAIN_AFTER;
        let Some(sent) = self.sent.get_mut(&(ssrc, sequence)) else {
            return;
        };
        if sent.again.is_some_and(|again| now < again + pause) {
            return;
        }
        sent.again = Some(now);
        let (outgoing, header_len) = (sent.outgoing, sent.header_len);
        if ssrc == SOUND_SSRC {
            // Without a stream for retransmissions it is the very same packet.
            if self.repairs_sound {
                let packet = sent.packet.clone();
                self.end.send_rtp(packet, header_len, &outgoing);
            }
            return;
        }
        let content = sent.packet[header_len..].to_vec();
        let rtx = Outgoing {
            payload_type: RTX,
            index: self.next_rtx,
            ssrc: RTX_SSRC,
            ..outgoing
        };
        self.next_rtx += 1;
        let mut packet = self.end.header(&rtx);
        let header_len = packet.len();
        packet.extend(sequence.to_be_bytes());
        packet.extend(content);
        self.end.send_rtp(packet, header_len, &rtx);
    }
}

/// What a packet of a picture says of itself; its frame's number is the source's own.
pub(super) fn read_part(marker: bool, content: &[u8]) -> Option<super::frames::Part> {
    let frame = content.get(5..)?.first_chunk()?;
    Some(super::frames::Part {
        frame: u32::from_be_bytes(*frame),
        is_first: content[0] & 0x10 != 0,
        is_last: marker,
        is_key: content[4] & 1 == 0,
    })
}

/// The number of a packet of sound.
pub(super) fn read_sound(content: &[u8]) -> Option<u32> {
    content
        .first_chunk()
        .map(|number| u32::from_be_bytes(*number))
}

/// The sequence number and SSRC of a sealed packet; none if it is no RTP.
pub(super) fn read_sealed(datagram: &[u8]) -> Option<(u32, u16)> {
    let is_media = matches!(datagram, [128..=191, kind, ..] if !(192..224).contains(kind));
    let header = rtp::Header::parse(datagram).filter(|_| is_media)?;
    Some((header.ssrc, header.sequence))
}
