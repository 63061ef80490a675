//! What an agent got, and from whom: as JSON or as sentences.

use crate::{Media, Received, Sent, Slot, State};
use diemcau_protocol::{DeviceId, Role, SignedIn, SiteId, SlotKind};
use serde::Serialize;
use std::{collections::BTreeMap, fmt, time::Duration};

/// What an agent sent and received. Times are milliseconds from the opening of the WebSocket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The site.
    pub site: SiteId,
    /// Its role.
    pub role: Role,
    /// The device.
    pub device: DeviceId,
    /// When media was connected; none: it is not.
    pub connected_ms: Option<f64>,
    /// What was sent.
    pub sent: Sent,
    /// Every slot, in the order of the offer.
    pub slots: Vec<SlotReport>,
    /// Opus packets by the site that they came from, over all audio slots.
    pub heard: BTreeMap<SiteId, u64>,
}

/// What came out of a slot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlotReport {
    /// Its MID.
    pub mid: String,
    /// What it is for.
    pub kind: SlotKind,
    /// Which one of its kind, from 0.
    pub index: u32,
    /// Packets that did not come.
    pub lost: u64,
    /// The same as a share of all, 0 to 1.
    pub loss: f64,
    /// How unevenly packets came (RFC 3550 §6.4.1), in milliseconds.
    pub jitter_ms: f64,
    /// How often the picture stood still that should have moved.
    pub freezes: u64,
    /// For how long altogether, in milliseconds.
    pub frozen_ms: f64,
    /// By source.
    pub sources: Vec<SourceReport>,
}

/// What came from one source through a slot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceReport {
    /// The source; none: the server did not say.
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
    pub first_packet_ms: Option<f64>,
    /// When the first key frame was whole.
    pub first_frame_ms: Option<f64>,
}

impl Report {
    pub(crate) fn new(signed_in: &SignedIn, state: &State) -> Self {
        let mut heard = BTreeMap::new();
        for slot in state
            .slots
            .iter()
            .filter(|slot| slot.info.kind == SlotKind::Audio)
        {
            for received in slot.received() {
                if let Some(site) = &received.site {
                    *heard.entry(site.clone()).or_default() += received.packets;
                }
            }
        }
        Self {
            site: signed_in.site.clone(),
            role: signed_in.role,
            device: signed_in.device.clone(),
            connected_ms: match state.media {
                Media::Connected { after } => Some(milliseconds(after)),
                Media::Connecting | Media::Lost => None,
            },
            sent: state.sent,
            slots: state.slots.iter().map(SlotReport::new).collect(),
            heard,
        }
    }
}

impl SlotReport {
    fn new(slot: &Slot) -> Self {
        let (freezes, frozen) = slot.freezes();
        Self {
            mid: slot.info.mid.clone(),
            kind: slot.info.kind,
            index: slot.info.index,
            lost: slot.lost(),
            loss: share(slot.lost(), slot.expected()).unwrap_or(0.0),
            jitter_ms: milliseconds(slot.jitter()),
            freezes,
            frozen_ms: milliseconds(frozen),
            sources: slot.received().map(SourceReport::new).collect(),
        }
    }
}

impl SourceReport {
    fn new(received: &Received) -> Self {
        Self {
            site: received.site.clone(),
            packets: received.packets,
            bytes: received.bytes,
            frames: received.frames,
            key_frames: received.key_frames,
            first_packet_ms: received.first_packet.map(milliseconds),
            first_frame_ms: received.first_frame.map(milliseconds),
        }
    }
}

/// `part` of `whole`, 0 to 1, to a hundredth of a percent; none: there was nothing.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "counts of packets")]
    let share = (whole > 0).then(|| part.min(whole) as f64 / whole as f64)?;
    Some((share * 10_000.0).round() / 10_000.0)
}

/// Milliseconds, to a tenth.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.connected_ms {
            Some(after) => writeln!(f, "{} was connected after {after} ms.", self.site)?,
            None => writeln!(f, "{} is not connected.", self.site)?,
        }
        let Sent {
            audio_packets,
            frames,
            key_frames,
            screen_frames,
            screen_audio_packets,
            ..
        } = self.sent;
        writeln!(
            f,
            "It sent {audio_packets} audio packets and {frames} frames, {key_frames} of them key frames."
        )?;
        if screen_frames > 0 {
            writeln!(
                f,
                "Of a screen it sent {screen_frames} frames and {screen_audio_packets} audio packets."
            )?;
        }
        for slot in &self.slots {
            for source in &slot.sources {
                writeln!(f, "{}", Sentence { slot, source })?;
            }
            if !slot.sources.is_empty() {
                slot.write_quality(f)?;
            }
        }
        if self.slots.iter().all(|slot| slot.sources.is_empty()) {
            writeln!(f, "It received nothing.")?;
        }
        Ok(())
    }
}

impl SlotReport {
    fn write_quality(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lost, percent, jitter) = (self.lost, self.loss * 100.0, self.jitter_ms);
        write!(f, "    Lost: {lost} ({percent:.2} %). Jitter: {jitter} ms.")?;
        if !self.kind.is_audio() {
            write!(f, " Freezes: {} ({} ms).", self.freezes, self.frozen_ms)?;
        }
        writeln!(f)
    }
}

/// One source of a slot in words.
struct Sentence<'a> {
    slot: &'a SlotReport,
    source: &'a SourceReport,
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slot, source } = self;
        match slot.kind {
            SlotKind::Audio => write!(f, "Audio {}", slot.index)?,
            SlotKind::Main => write!(f, "The main picture")?,
            SlotKind::Presentation => write!(f, "The presentation")?,
            SlotKind::PresentationAudio => write!(f, "The presentation's sound")?,
            SlotKind::Thumbnail => write!(f, "Thumbnail {}", slot.index)?,
        }
        match &source.site {
            Some(site) => write!(f, " got {} packets from {site}", source.packets)?,
            None => write!(f, " got {} packets from an unnamed source", source.packets)?,
        }
        if !slot.kind.is_audio() {
            write!(
                f,
                ": {} frames, {} of them key frames",
                source.frames, source.key_frames
            )?;
            if let Some(after) = source.first_frame_ms {
                write!(f, ", the first after {after} ms")?;
            }
        }
        write!(f, ".")
    }
}
