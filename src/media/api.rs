//! What the rest of the server says to the media plane, and hears from it.

use crate::quality::Quality;
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
};

/// One media connection of one device. A device that joins again is another peer. Chosen by the
/// caller, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// A set of peers that can hear and see each other. Chosen by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u64);

/// Where media is served.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// UDP address to bind; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Threads that share the work, each on a port of its own: that of `bind` and those after it.
    pub shards: u8,
    /// A shard with so many peers takes no more of a room while another has fewer.
    pub spread_from: usize,
    /// Addresses that answers offer instead of this machine's own, for a machine behind a NAT.
    pub public_ips: Vec<IpAddr>,
}

impl MediaConfig {
    /// From so many peers on a room is spread, unless somebody wants it otherwise: the copies of a
    /// packet go out one after the other, and the last of them must not be late.
    pub const SPREAD_FROM: usize = 150;
}

/// Ports one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    first: u16,
    last: u16,
}

impl Ports {
    /// `count` ports, but at least one.
    #[must_use]
    pub const fn new(first: u16, count: u8) -> Self {
        let more = count.saturating_sub(1) as u16;
        Self {
            first,
            last: first.saturating_add(more),
        }
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = u16> {
        self.first..=self.last
    }
}

/// `8081`, or `8081–8084`.
impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}–{}", self.first, self.last)
        }
    }
}

/// What should be forwarded in a room: a whole value that replaces the one before. It can be
/// neither refused nor queued.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Peers whose microphone is forwarded. All others are stopped at ingress.
    pub heard: BTreeSet<PeerId>,
    /// The peer whose screen and its sound are forwarded. All other screens are stopped at ingress.
    pub presenting: Option<PeerId>,
    /// What each peer receives.
    pub receivers: BTreeMap<PeerId, Receives>,
}

/// The sources of one receiver. Sources that are not connected are waited for. A slot remains empty
/// while its source sends what the receiver has not negotiated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receives {
    /// Microphones, by audio slot.
    pub audio: Vec<PeerId>,
    /// The camera in the main slot.
    pub main: Option<PeerId>,
    /// The screen in the presentation slot.
    pub presentation: Option<PeerId>,
    /// The screen whose sound is in the presentation's audio slot.
    pub presentation_audio: Option<PeerId>,
    /// Cameras for the thumbnail slots; a source keeps its slot while it is listed.
    pub thumbnails: Vec<PeerId>,
    /// How tall pictures are shown, by the MID of their slot, in device pixels. A slot gets no
    /// larger layer of a camera than it can use; one that is not listed counts as large, a
    /// thumbnail as small.
    pub heights: BTreeMap<String, u16>,
}

impl Receives {
    /// Whether anything of a source is in it.
    pub(crate) fn has(&self, source: PeerId) -> bool {
        let alone = [self.main, self.presentation, self.presentation_audio];
        let mut all = alone
            .iter()
            .flatten()
            .chain(&self.audio)
            .chain(&self.thumbnails);
        all.any(|listed| *listed == source)
    }
}

/// What a receiving section of an offer is for, told by its order: audio slots, the main picture,
/// the presentation and its sound, thumbnails. The sound is what tells a presentation from a
/// thumbnail: an offer that has none behind a picture has only thumbnails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SlotKind {
    /// A microphone.
    Audio,
    /// The main picture.
    Main,
    /// The screen that is shown.
    Presentation,
    /// The sound of that screen.
    PresentationAudio,
    /// A small picture.
    Thumbnail,
}

/// A receiving section of a client's offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its MID.
    pub mid: String,
    /// What it is for.
    pub kind: SlotKind,
    /// Which one of its kind, from 0.
    pub index: u32,
}

/// The outcome of a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The answer (SDP).
    pub answer: String,
    /// The receiving sections in the order of the offer.
    pub slots: Vec<Slot>,
}

/// Why an offer was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// The offer cannot be used; the text says what is missing.
    #[error("the offer cannot be used: {0}")]
    BadOffer(String),
    /// Too many joins wait already, or too many peers are here.
    #[error("the media server is full")]
    Full,
    /// The media thread has ended.
    #[error("the media server has stopped")]
    Stopped,
}

/// What happened in the media plane.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaEvent {
    /// ICE and DTLS are done: media can flow both ways.
    Connected {
        /// Who.
        peer: PeerId,
    },
    /// No checked ICE request for five seconds (`weak`), or again one after that.
    Link {
        /// Who.
        peer: PeerId,
        /// True: the link is weak.
        weak: bool,
    },
    /// The peer is gone and forgotten: thirty seconds without a checked request, a DTLS failure,
    /// or a close from the other end. Not sent after [`Media::leave`](crate::Media::leave).
    Gone {
        /// Who.
        peer: PeerId,
    },
    /// The first packet with sound of a peer's microphone since it became heard. A microphone that
    /// sends silence (RFC 6464: 127) has not been seen; one that does not tell its level has.
    MicrophoneSeen {
        /// Who.
        peer: PeerId,
    },
    /// A microphone that is not heard sends sound (`open`), or has stopped. It is not forwarded.
    OpenMicrophone {
        /// Who.
        peer: PeerId,
        /// False: it has stopped.
        open: bool,
    },
    /// How loud the microphones of a room are, in −dBov (RFC 6464: 0 loudest, 127 silence); at most
    /// five times a second. May be dropped.
    Levels {
        /// Where.
        room: RoomId,
        /// Those from which a packet came since the last time.
        levels: Vec<(PeerId, u8)>,
    },
    /// How the line of a peer was over the last two seconds. May be dropped.
    Quality {
        /// Who.
        peer: PeerId,
        /// The figures.
        quality: Quality,
    },
    /// A slot has another source, or none. `rtp` is the timestamp of its first packet; none while the
    /// new source is waited for (the old picture stays until then).
    Slot {
        /// The receiver.
        peer: PeerId,
        /// The slot.
        mid: String,
        /// The source.
        source: Option<PeerId>,
        /// True: the receiver's line does not carry its picture, and the old one is gone.
        held: bool,
        /// Timestamp of its first packet in the slot.
        rtp: Option<u32>,
    },
    /// Which layers of its camera a peer is to send, by RID, low to high. At first it is all of
    /// them. A layer comes back with a key frame.
    Layers {
        /// The publisher.
        peer: PeerId,
        /// The layers that somebody watches, and the lowest.
        active: Vec<String>,
    },
}
