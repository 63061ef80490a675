//! A slot: one stream that a receiver gets for life, whatever source is routed into it.

mod again;
mod carried;
mod padding;
mod queue;
mod repair;
mod rtx;
mod sent;
mod timeline;

pub(crate) use carried::ANY_LAYER;
pub(crate) use queue::Turn;

use crate::{
    api::{PeerId, SlotKind},
    codec::{Codec, Descriptor},
    layers::Size,
    publication::Source,
    rtp::{self, TransportNumber},
    sdp::{Format, Receiving},
    srtp::Outbound,
    stream::Packet,
    window::Window,
};
use again::{Again, Told};
use rtx::Rtx;
use std::{
    collections::VecDeque,
    hint::black_box,
    time::{Duration, Instant},
};
use timeline::{Timeline, ntp_ticks};

/// Beginnings of a source or a layer whose packets may still be asked for.
const MAX_ERAS: usize = 8;

/// A source that says that its packets take longer than this from its microphone or camera to here is not
/// believed.
const MOST_LATE: Duration = Duration::from_secs(3);

/// One outgoing stream.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The section's id.
    pub(crate) mid: String,
    /// What it is for.
    pub(crate) kind: SlotKind,
    /// Which one of its kind.
    pub(crate) index: u32,
    /// SSRC of its media.
    pub(crate) ssrc: u32,
    /// Id of the extension for transport-wide numbers.
    pub(crate) transport_cc: Option<u8>,
    /// The best layer that the receiver's line carries. None: not even the lowest; nothing goes out,
    /// whatever is wanted.
    carried: Option<u8>,
    rtx: Option<Rtx>,
    /// What its receiver takes.
    formats: Vec<Format>,
    /// The peer that the plan puts here.
    pub(crate) wanted: Option<PeerId>,
    /// How large it is shown.
    pub(crate) size: Size,
    /// The layer of that peer's picture that is to flow.
    aim: u8,
    /// The source whose packets go out now: the old one until the new one can be decoded.
    flowing: Option<Source>,
    /// The source that follows it, if its first packets are here and only wait for their turn.
    coming: Option<Source>,
    eras: VecDeque<Era>,
    next_index: u64,
    /// Where the newest key frame began that went out.
    key_frame: Option<u64>,
    sealed: Option<Window>,
    last: Option<Last>,
    packets: u32,
    octets: u32,
    /// Of sound, where the receiver asks for it again; made with the first packet.
    again: Option<Box<Again>>,
    repeats: bool,
    told: Told,
}

/// The time during which one source flowed: how it is coded, and what must be added to its numbers.
#[derive(Debug)]
struct Era {
    source: Source,
    payload_type: u8,
    rtx_payload_type: Option<u8>,
    /// The source's (NTP, RTP), once it has said it.
    clock: Option<(u64, u32)>,
    first_in: u64,
    first_out: u64,
    timeline: Timeline,
    picture_id: u16,
    tl0_picture_index: u8,
}

/// The newest packet that went out.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: Instant,
    timestamp: u32,
    picture_id: u16,
    tl0_picture_index: u8,
}

/// What became of a packet at a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forwarded {
    /// It is not for this slot, or not now.
    No,
    /// It went out.
    Sent,
    /// It went out as the first of its source.
    Started {
        /// The source that flowed until now.
        before: Option<Source>,
        /// Its timestamp in the slot.
        rtp: u32,
    },
}

/// What comes of a slot's aiming at another layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aimed {
    /// The layer that it has nothing to do with any more.
    pub(crate) left: Option<u8>,
    /// It waits for a key frame of the new one.
    pub(crate) waits: bool,
}

/// What must be known of a moment to tell a receiver the time of a stream.
pub(crate) struct Clock {
    /// NTP now.
    pub(crate) ntp: u64,
    /// The source's (NTP, RTP), if it has said it.
    pub(crate) source: Option<(u64, u32)>,
    /// Now.
    pub(crate) now: Instant,
}

impl Slot {
    /// An empty slot.
    pub(crate) fn new(
        mid: String,
        section: &Receiving,
        ssrc: u32,
        rtx_ssrc: u32,
        random: u64,
    ) -> Self {
        Self {
            mid,
            kind: section.kind,
            index: section.index,
            ssrc,
            rtx: section
                .repairs()
                .then(|| Rtx::new(rtx_ssrc, random >> 16 & 0x3fff)),
            formats: section.formats.clone(),
            transport_cc: section.transport_cc,
            carried: Some(ANY_LAYER),
            wanted: None,
            size: usual_size(section.kind),
            aim: 0,
            flowing: None,
            coming: None,
            eras: VecDeque::new(),
            // Well below a rollover: a receiver that missed the first packets still guesses zero.
            next_index: (random & 0x3fff) + 1,
            key_frame: None,
            sealed: None,
            last: None,
            packets: 0,
            octets: 0,
            again: None,
            repeats: section.kind.is_audio() && section.nack,
            told: Told::default(),
        }
    }

    /// Whether its receiver takes a codec.
    pub(crate) fn takes(&self, codec: Codec) -> bool {
        self.formats.iter().any(|format| format.codec == codec)
    }

    /// Whether packets of `source` have a way through this slot, now or soon.
    pub(crate) fn concerns(&self, source: Source) -> bool {
        self.aimed() == Some(source) || self.flowing == Some(source)
    }

    /// The source whose packets go out now.
    pub(crate) fn flowing(&self) -> Option<Source> {
        self.flowing
    }

    /// Whether packets of a peer go out now, of whichever layer.
    pub(crate) fn flows_from(&self, peer: PeerId) -> bool {
        self.flowing.is_some_and(|flowing| flowing.peer == peer)
    }

    /// Timestamp of the newest packet that went out.
    pub(crate) fn newest_timestamp(&self) -> Option<u32> {
        self.last.map(|last| last.timestamp)
    }

    /// The source that it should have.
    pub(crate) fn aimed(&self) -> Option<Source> {
        self.wanted.map(|peer| Source {
            peer,
            layer: self.aim,
        })
    }

    /// Waits for a key frame of the source that it should have.
    pub(crate) fn waits_for(&self, source: Source) -> bool {
        self.may_begin(source) && self.coming != Some(source)
    }

    /// Should have this source, and has not got it.
    pub(crate) fn may_begin(&self, source: Source) -> bool {
        self.aimed() == Some(source) && self.flowing != Some(source) && !self.is_held()
    }

    /// It should have this layer of the peer that it shows. None: it should have had it before.
    pub(crate) fn aim(&mut self, layer: u8) -> Option<Aimed> {
        let before = self.aimed()?;
        self.aim = layer;
        let aimed = Source { layer, ..before };
        (aimed != before).then(|| Aimed {
            left: Some(before.layer).filter(|_| self.flowing != Some(before)),
            waits: self.waits_for(aimed),
        })
    }

    /// It is shown so tall, in device pixels; none: nobody said it. Returns whether that is news.
    pub(crate) fn set_height(&mut self, height: Option<u16>) -> bool {
        let size = height.map_or(usual_size(self.kind), Size::Tall);
        std::mem::replace(&mut self.size, size) != size
    }

    /// Nothing of the present source goes out any more. What it sends later is another beginning.
    pub(crate) fn stop(&mut self) {
        self.flowing = None;
    }

    /// Sends a packet of `source` if it has its way through this slot: appends the sealed datagram
    /// to `out`.
    pub(crate) fn forward(
        &mut self,
        now: Instant,
        source: Source,
        packet: &Packet<'_>,
        number: Option<TransportNumber>,
        seal: &mut Outbound,
        out: &mut Vec<u8>,
    ) -> Forwarded {
        let started = if self.flowing == Some(source) {
            None
        } else if let Some(format) = self.starts_with(source, packet) {
            Some(self.start(now, source, packet, format))
        } else {
            return Forwarded::No;
        };
        let Some(era) = self.eras.back_mut() else {
            return Forwarded::No;
        };
        era.clock = packet.clock.or(era.clock);
        let Some(since) = packet.index.checked_sub(era.first_in) else {
            return Forwarded::No;
        };
        let index = era.first_out + since;
        if !self
            .sealed
            .get_or_insert_with(|| Window::starting_at(index - 1))
            .insert(index)
        {
            return Forwarded::No;
        }
        let timestamp = era.timeline.at(packet.timestamp, since);
        // A talk spurt begins where a microphone opens.
        let marker = packet.marker || (started.is_some() && self.kind.is_audio());
        let header =
            rtp::write_header(marker, era.payload_type, index as u16, timestamp, self.ssrc);
        let start = out.len();
        let header_len = rtp::append_header(out, header, number);
        let numbers = append_payload(out, packet, era);
        seal.seal_rtp(out, start, header_len, self.ssrc, index);
        if self.repeats {
            let again = self.again.get_or_insert_with(Again::new);
            again.note(index, number, &out[start..]);
        }

        let begins = |picture: &Descriptor| picture.starts_key_frame();
        if packet.descriptor.as_ref().is_some_and(begins) {
            self.key_frame = self.key_frame.max(Some(index));
        }
        if index >= self.next_index {
            self.next_index = index + 1;
            let (picture_id, tl0_picture_index) = numbers.unwrap_or_else(|| {
                self.last
                    .map_or((0, 0), |last| (last.picture_id, last.tl0_picture_index))
            });
            self.last = Some(Last {
                at: now,
                timestamp,
                picture_id,
                tl0_picture_index,
            });
        } else if let Some(rtx) = &mut self.rtx {
            rtx.repair.is_here(now, index);
        }
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        started.map_or(Forwarded::Sent, |before| Forwarded::Started {
            before,
            rtp: timestamp,
        })
    }

    /// Reads what [`Self::forward`] is about to need, all over the slot, to no end but that.
    pub(crate) fn touch(&self) {
        let newest = self.sealed.as_ref().map(Window::newest_word);
        let last = self.last.map(|last| last.timestamp);
        black_box((self.flowing, self.next_index, newest, last, self.octets));
    }

    /// The same of its era, which stands elsewhere.
    pub(crate) fn touch_era(&self) {
        black_box(self.eras.back().map(|era| era.first_in));
    }

    /// What a sender report of this slot says: (NTP, RTP timestamp, packets, octets). None while
    /// nothing flows.
    pub(crate) fn sender_report(&self, clock: &Clock) -> Option<(u64, u32, u32, u32)> {
        let (Some(_), Some(era), Some(last)) = (self.flowing, self.eras.back(), self.last) else {
            return None;
        };
        let arrived = self.ticks(clock.now.duration_since(last.at));
        let arrived = last.timestamp.wrapping_add(arrived as u32);
        let captured = clock.source.map(|(ntp, rtp)| {
            let ticks = ntp_ticks(clock.ntp.wrapping_sub(ntp), self.clock_rate());
            rtp.wrapping_add(era.timeline.offset).wrapping_add(ticks)
        });
        // Who speaks next stands on the same line: a source that lies must not move it away.
        let is_near = |rtp: &u32| {
            let off = (rtp.wrapping_sub(arrived) as i32).unsigned_abs();
            u64::from(off) <= self.ticks(MOST_LATE)
        };
        let rtp = captured.filter(is_near).unwrap_or(arrived);
        Some((clock.ntp, rtp, self.packets, self.octets))
    }

    /// The format in which `source` begins with `packet`, if it may: it is waited for and of a codec
    /// that the receiver takes, and a picture begins with a key frame.
    fn starts_with(&self, source: Source, packet: &Packet<'_>) -> Option<Format> {
        if !self.may_begin(source) || packet.payload.is_empty() {
            return None;
        }
        let codec = match &packet.descriptor {
            None => Codec::Opus,
            Some(picture) => picture.starts_key_frame().then(|| picture.codec())?,
        };
        let mut formats = self.formats.iter();
        formats.find(|format| format.codec == codec).copied()
    }

    /// Begins the era of `source` with `packet`. Returns the source before.
    fn start(
        &mut self,
        now: Instant,
        source: Source,
        packet: &Packet<'_>,
        format: Format,
    ) -> Option<Source> {
        let (picture_id, tl0) = self.last.map_or((0, 0), |last| {
            (
                last.picture_id.wrapping_add(1),
                last.tl0_picture_index.wrapping_add(1),
            )
        });
        let numbers = packet.descriptor.as_ref().and_then(Descriptor::vp8);
        let theirs = numbers
            .and_then(|found| found.picture_id)
            .map_or(0, |(id, _)| id);
        let their_tl0 = numbers
            .and_then(|found| found.tl0_picture_index)
            .unwrap_or(0);
        let timeline = self.timeline(now, packet);
        if self.eras.len() == MAX_ERAS {
            self.eras.pop_front();
        }
        self.eras.push_back(Era {
            source,
            payload_type: format.payload_type,
            rtx_payload_type: format.rtx_payload_type,
            clock: packet.clock,
            first_in: packet.index,
            first_out: self.next_index,
            timeline,
            picture_id: picture_id.wrapping_sub(theirs),
            tl0_picture_index: tl0.wrapping_sub(their_tl0),
        });
        self.coming = None;
        self.flowing.replace(source)
    }

    fn clock_rate(&self) -> u32 {
        if self.kind.is_audio() { 48_000 } else { 90_000 }
    }

    fn ticks(&self, elapsed: Duration) -> u64 {
        (elapsed.as_micros() * u128::from(self.clock_rate()) / 1_000_000) as u64
    }
}

/// How large a slot is taken to be shown until somebody says it.
fn usual_size(kind: SlotKind) -> Size {
    if kind == SlotKind::Thumbnail {
        Size::Small
    } else {
        Size::Large
    }
}

/// Appends the payload with the era's numbers. Returns the numbers written.
fn append_payload(out: &mut Vec<u8>, packet: &Packet<'_>, era: &Era) -> Option<(u16, u8)> {
    let start = out.len();
    out.extend_from_slice(packet.payload);
    let descriptor = packet.descriptor.as_ref()?.vp8()?;
    let (id, _) = descriptor.picture_id?;
    let picture_id = id.wrapping_add(era.picture_id) & 0x7fff;
    let tl0 = descriptor
        .tl0_picture_index
        .unwrap_or(0)
        .wrapping_add(era.tl0_picture_index);
    descriptor.rewrite(&mut out[start..], picture_id, tl0);
    Some((picture_id, tl0))
}
