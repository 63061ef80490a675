//! What came out of a slot, and whose it was.
//!
//! Media and hints travel apart, so a packet is counted for the source that was last said to flow,
//! and when a hint names the timestamp at which another source began, the packets since then are
//! counted for that one instead.

use crate::{
    smoothness::{Freezes, Jitter},
    source::read_vp8,
};
use diemcau_protocol::{SiteId, SlotInfo, SlotSource};
use rtc::rtp::Packet;
use std::{collections::VecDeque, time::Duration};

/// How long a packet can still change hands: hints are never that late.
const RECENT: Duration = Duration::from_secs(2);

/// A receiving section and what came out of it.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Which one it is.
    pub info: SlotInfo,
    /// Whose media the server last said is or will be here; none: the slot is empty.
    pub source: Option<SiteId>,
    /// That source's media has begun.
    pub flowing: bool,
    /// One row a source. Rows stay where they are: packets name their source by its row.
    rows: Vec<Received>,
    /// The row of the source that was last said to flow.
    current: usize,
    sequence: Sequence,
    frame: Option<PartialFrame>,
    recent: VecDeque<Arrival>,
    last_packet: Option<Duration>,
    jitter: Jitter,
    freezes: Freezes,
}

/// What came from one source through one slot. Times are counted from the opening of the WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// The source; none: no hint has said so far.
    pub site: Option<SiteId>,
    /// RTP packets.
    pub packets: u64,
    /// Bytes of RTP payload.
    pub bytes: u64,
    /// VP8 frames that came whole.
    pub frames: u64,
    /// Key frames among them.
    pub key_frames: u64,
    /// When the first packet came.
    pub first_packet: Option<Duration>,
    /// When the first key frame was whole: a decoder has a picture from here.
    pub first_frame: Option<Duration>,
}

/// A packet that came a short time ago.
#[derive(Debug, Clone)]
struct Arrival {
    timestamp: u32,
    bytes: u64,
    at: Duration,
    /// A key frame begins with it (RFC 6386 §9.1).
    begins_key_frame: bool,
    /// This packet made a frame whole; true: a key frame.
    frame: Option<bool>,
    /// The row that it is counted in.
    row: usize,
}

impl Slot {
    pub(crate) fn new(info: SlotInfo) -> Self {
        let clock_rate = if info.kind.is_audio() { 48_000 } else { 90_000 };
        Self {
            jitter: Jitter::new(clock_rate),
            freezes: Freezes::default(),
            info,
            source: None,
            flowing: false,
            rows: vec![Received::default()],
            current: 0,
            sequence: Sequence::default(),
            frame: None,
            recent: VecDeque::new(),
            last_packet: None,
        }
    }

    /// What came, by source, in the order in which the sources were named.
    pub fn received(&self) -> impl Iterator<Item = &Received> {
        self.rows.iter().filter(|row| row.packets > 0)
    }

    /// What came from a site through this slot.
    #[must_use]
    pub fn from(&self, site: &SiteId) -> Option<&Received> {
        self.received().find(|row| row.site.as_ref() == Some(site))
    }

    /// When the newest packet came, whoever's it was.
    #[must_use]
    pub fn last_packet(&self) -> Option<Duration> {
        self.last_packet
    }

    /// When the first packet of a site's first key frame since `since` came. Looks back two
    /// seconds.
    #[must_use]
    pub fn key_frame_since(&self, site: &SiteId, since: Duration) -> Option<Duration> {
        let begins = |arrival: &&Arrival| {
            arrival.begins_key_frame
                && arrival.at >= since
                && self.rows[arrival.row].site.as_ref() == Some(site)
        };
        self.recent.iter().find(begins).map(|arrival| arrival.at)
    }

    /// Packets that are missing between the first and the newest one.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.sequence.lost()
    }

    /// Packets from the first to the newest one, whether they came or not.
    #[must_use]
    pub fn expected(&self) -> u64 {
        self.sequence.expected()
    }

    /// How unevenly packets come (RFC 3550 §6.4.1).
    #[must_use]
    pub fn jitter(&self) -> Duration {
        self.jitter.value()
    }

    /// How often a picture stood still that should have moved, and for how long altogether: a frame
    /// came after three times the mean interval, and 150 ms more than it.
    #[must_use]
    pub fn freezes(&self) -> (u64, Duration) {
        (self.freezes.count, self.freezes.total)
    }

    /// Counts a packet that came `at` this time.
    pub(crate) fn receive(&mut self, packet: &Packet, at: Duration) {
        self.sequence.count(packet.header.sequence_number);
        // Padding that probes the bandwidth has no payload; it is no media.
        if packet.payload.is_empty() {
            return;
        }
        self.last_packet = Some(at);
        self.jitter.count(packet.header.timestamp, at);
        let (begins_key_frame, frame) = if self.info.kind.is_audio() {
            (false, None)
        } else {
            (begins_key_frame(packet), self.assemble(packet))
        };
        if frame.is_some() {
            self.freezes.count(at);
        }
        let arrival = Arrival {
            timestamp: packet.header.timestamp,
            bytes: packet.payload.len() as u64,
            at,
            begins_key_frame,
            frame,
            row: self.current,
        };
        self.rows[arrival.row].add(&arrival);
        self.recent.push_back(arrival);
        while self
            .recent
            .front()
            .is_some_and(|oldest| at.saturating_sub(oldest.at) > RECENT)
        {
            self.recent.pop_front();
        }
    }

    /// Takes the server's word on whose media is here.
    pub(crate) fn assign(&mut self, hint: &SlotSource) {
        if self.source != hint.site || self.flowing != hint.flowing {
            self.freezes.restart();
        }
        self.source.clone_from(&hint.site);
        self.flowing = hint.flowing;
        if !hint.flowing || hint.site.is_none() {
            // What still comes is the old source's.
            return;
        }
        self.current = self.row_of(hint.site.as_ref());
        let Some(start) = hint.rtp else { return };
        for arrival in &mut self.recent {
            let since_start = arrival.timestamp.wrapping_sub(start) < 1 << 31;
            if since_start && arrival.row != self.current {
                self.rows[arrival.row].subtract(arrival);
                arrival.row = self.current;
                self.rows[arrival.row].add(arrival);
            }
        }
    }

    fn row_of(&mut self, site: Option<&SiteId>) -> usize {
        let found = self.rows.iter().position(|row| row.site.as_ref() == site);
        found.unwrap_or_else(|| {
            self.rows.push(Received {
                site: site.cloned(),
                ..Received::default()
            });
            self.rows.len() - 1
        })
    }

    /// Adds a packet to the frame under way; says whether that is a key frame once it is whole.
    fn assemble(&mut self, packet: &Packet) -> Option<bool> {
        let header = &packet.header;
        let Some((begins, data)) = read_vp8(&packet.payload) else {
            self.frame = None;
            return None;
        };
        if begins {
            self.frame = Some(PartialFrame {
                timestamp: header.timestamp,
                next: header.sequence_number,
                key: is_key_frame(data),
            });
        }
        let frame = self.frame.as_mut()?;
        if frame.timestamp != header.timestamp || frame.next != header.sequence_number {
            self.frame = None;
            return None;
        }
        frame.next = frame.next.wrapping_add(1);
        if !header.marker {
            return None;
        }
        self.frame.take().map(|frame| frame.key)
    }
}

impl Received {
    fn add(&mut self, arrival: &Arrival) {
        self.packets += 1;
        self.bytes += arrival.bytes;
        self.first_packet = earliest(self.first_packet, arrival.at);
        if let Some(key) = arrival.frame {
            self.frames += 1;
            if key {
                self.key_frames += 1;
                self.first_frame = earliest(self.first_frame, arrival.at);
            }
        }
    }

    fn subtract(&mut self, arrival: &Arrival) {
        self.packets -= 1;
        self.bytes -= arrival.bytes;
        if let Some(key) = arrival.frame {
            self.frames -= 1;
            self.key_frames -= u64::from(key);
            if self.key_frames == 0 {
                self.first_frame = None;
            }
        }
    }
}

/// The packet is the first of a key frame.
fn begins_key_frame(packet: &Packet) -> bool {
    read_vp8(&packet.payload).is_some_and(|(begins, data)| begins && is_key_frame(data))
}

/// RFC 6386 §9.1: the lowest bit of a frame is 0 for a key frame.
fn is_key_frame(frame: &[u8]) -> bool {
    frame.first().is_some_and(|first| first & 1 == 0)
}

fn earliest(known: Option<Duration>, at: Duration) -> Option<Duration> {
    Some(known.map_or(at, |known| known.min(at)))
}

/// A frame whose packets come one after the other.
#[derive(Debug, Clone)]
struct PartialFrame {
    timestamp: u32,
    next: u16,
    key: bool,
}

/// Counts sequence numbers (RFC 3550 §A.1, without probation).
#[derive(Debug, Clone, Default)]
struct Sequence {
    span: Option<Span>,
    received: u64,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    newest: u16,
    /// From the first to the newest, both counted.
    length: u64,
}

impl Sequence {
    fn count(&mut self, number: u16) {
        self.received += 1;
        let Some(span) = &mut self.span else {
            self.span = Some(Span {
                newest: number,
                length: 1,
            });
            return;
        };
        let ahead = number.wrapping_sub(span.newest);
        if ahead < 1 << 15 {
            span.length += u64::from(ahead);
            span.newest = number;
        }
    }

    fn expected(&self) -> u64 {
        self.span.map_or(0, |span| span.length)
    }

    fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }
}

#[cfg(test)]
#[path = "reception_tests.rs"]
mod tests;
