//! One offer, one answer (RFC 8829, RFC 8843 bundle, RFC 8445 lite).

mod answer;
mod offer;

pub(crate) use answer::{Local, answer};
pub(crate) use offer::{Direction, Kind, Offer, Section};

use crate::{
    api::SlotKind,
    publication::{AudioKind, Feed, VideoKind},
};

/// Extensions that the SFU reads. Ids are one map a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ExtensionIds {
    /// RFC 9143: which section a packet belongs to.
    pub(crate) mid: Option<u8>,
    /// RFC 8852: which layer of a picture a packet belongs to.
    pub(crate) rid: Option<u8>,
    /// RFC 8852: which layer a retransmission repairs.
    pub(crate) repaired_rid: Option<u8>,
    /// RFC 6464: how loud a packet of sound is.
    pub(crate) audio_level: Option<u8>,
    /// Sequence numbers for the feedback to a publisher. Slots have theirs in [`Receiving`].
    pub(crate) transport_cc: Option<u8>,
}

/// URI of [`ExtensionIds::mid`].
pub(crate) const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// URI of [`ExtensionIds::rid`].
pub(crate) const RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
/// URI of [`ExtensionIds::repaired_rid`].
pub(crate) const REPAIRED_RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
/// URI of [`ExtensionIds::audio_level`].
pub(crate) const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// URI of [`ExtensionIds::transport_cc`].
pub(crate) const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// What a section of an offer is used for, in the order of the offer's sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Use {
    /// The client sends: its first audio section that sends is the microphone, the second the
    /// sound of its screen; its first video section is the camera, the second the screen.
    Sends(Feed, Sending),
    /// The client receives.
    Slot(Receiving),
    /// Not used; answered as rejected.
    None,
}

/// A section in which the client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sending {
    /// Payload type of Opus or VP8.
    pub(crate) payload_type: u8,
    /// Payload type of its retransmissions.
    pub(crate) rtx_payload_type: Option<u8>,
    /// SSRCs that the offer names for media, if it does.
    pub(crate) ssrcs: Vec<u32>,
    /// (media, RTX) pairs that the offer names.
    pub(crate) rtx_of: Vec<(u32, u32)>,
    /// RIDs of its layers, low to high; empty: one stream without a RID.
    pub(crate) rids: Vec<String>,
}

/// A section in which the client receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Receiving {
    /// What it is for, by its place in the offer.
    pub(crate) kind: SlotKind,
    /// Which one of its kind.
    pub(crate) index: u32,
    /// Payload type of Opus or VP8.
    pub(crate) payload_type: u8,
    /// Payload type of retransmissions; none: this client gets no repair.
    pub(crate) rtx_payload_type: Option<u8>,
    /// Id of the extension for transport-wide numbers; none: it tells nothing of arrivals.
    pub(crate) transport_cc: Option<u8>,
}

/// Decides what every section is used for.
pub(crate) fn uses(offer: &Offer) -> Vec<Use> {
    let mut audio = [AudioKind::Microphone, AudioKind::Screen].into_iter();
    let mut video = [VideoKind::Camera, VideoKind::Screen].into_iter();
    let presentation = presentation(&offer.sections);
    let (mut audio_slots, mut thumbnails, mut main) = (0u32.., 0u32.., false);
    let mut slot = |place: usize, kind: Kind| match (kind, presentation) {
        (Kind::Video, Some(there)) if place == there => Some((SlotKind::Presentation, 0)),
        (Kind::Audio, Some(there)) if place == there + 1 => Some((SlotKind::PresentationAudio, 0)),
        (Kind::Audio, _) => audio_slots.next().map(|nth| (SlotKind::Audio, nth)),
        (Kind::Video, _) if !std::mem::replace(&mut main, true) => Some((SlotKind::Main, 0)),
        (Kind::Video, _) => thumbnails.next().map(|nth| (SlotKind::Thumbnail, nth)),
        (Kind::Other, _) => None,
    };
    let mut used = |(place, section): (usize, &Section)| {
        let (payload_type, rtx_payload_type) = section.codec()?;
        if section.direction.sends() {
            let feed = match section.kind {
                Kind::Audio => Feed::Audio(audio.next()?),
                Kind::Video => Feed::Video(video.next()?),
                Kind::Other => return None,
            };
            // Text on a screen is read: a smaller one is of no use.
            let rids = match feed {
                Feed::Video(VideoKind::Camera) => section.rids.clone(),
                _ => vec![],
            };
            let sending = Sending {
                payload_type,
                rtx_payload_type,
                ssrcs: section.ssrcs.clone(),
                rtx_of: section.rtx_of.clone(),
                rids,
            };
            return Some(Use::Sends(feed, sending));
        }
        if section.direction != Direction::ReceiveOnly {
            return None;
        }
        let (kind, index) = slot(place, section.kind)?;
        Some(Use::Slot(Receiving {
            kind,
            index,
            payload_type,
            rtx_payload_type,
            transport_cc: section.transport_cc(),
        }))
    };
    let sections = offer.sections.iter().enumerate();
    sections
        .map(|section| used(section).unwrap_or(Use::None))
        .collect()
}

/// The place of the presentation's picture: the first one behind the main picture that has sound
/// right behind it, its own. The offer of a client that knows of no presentation has none.
fn presentation(sections: &[Section]) -> Option<usize> {
    let receives = |section: &Section, kind: Kind| {
        section.kind == kind
            && section.direction == Direction::ReceiveOnly
            && section.codec().is_some()
    };
    let main = sections
        .iter()
        .position(|section| receives(section, Kind::Video))?;
    let behind = sections[main + 1..]
        .windows(2)
        .position(|pair| receives(&pair[0], Kind::Video) && receives(&pair[1], Kind::Audio))?;
    Some(main + 1 + behind)
}

/// The extension ids of the whole bundle.
pub(crate) fn extension_ids(offer: &Offer) -> ExtensionIds {
    let id = |uri: &str| {
        let mut all = offer
            .sections
            .iter()
            .flat_map(|section| &section.extensions);
        all.find(|(_, found)| found == uri).map(|(id, _)| *id)
    };
    ExtensionIds {
        mid: id(MID_URI),
        rid: id(RID_URI),
        repaired_rid: id(REPAIRED_RID_URI),
        audio_level: id(AUDIO_LEVEL_URI),
        transport_cc: id(TRANSPORT_CC_URI),
    }
}

#[cfg(test)]
mod tests;
