//! One offer, one answer (RFC 8829, RFC 8843 bundle, RFC 8445 lite).

mod answer;
mod offer;

pub(crate) use answer::{Local, answer};
pub(crate) use offer::{Direction, Kind, Offer, Section};

use crate::api::SlotKind;

/// Extensions that the SFU reads. Ids are one map a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ExtensionIds {
    /// RFC 9143: which section a packet belongs to.
    pub(crate) mid: Option<u8>,
    /// RFC 6464: how loud a packet of sound is.
    pub(crate) audio_level: Option<u8>,
    /// Sequence numbers for the feedback to a publisher.
    pub(crate) transport_cc: Option<u8>,
}

/// URI of [`ExtensionIds::mid`].
pub(crate) const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// URI of [`ExtensionIds::audio_level`].
pub(crate) const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// URI of [`ExtensionIds::transport_cc`].
pub(crate) const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// What a section of an offer is used for, in the order of the offer's sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Use {
    /// The client sends sound: its first sending audio section.
    Microphone(Sending),
    /// The client sends a picture: its first sending video section.
    Camera(Sending),
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
}

/// Decides what every section is used for.
pub(crate) fn uses(offer: &Offer) -> Vec<Use> {
    let (mut microphone, mut camera) = (false, false);
    let mut counts = [0u32; 3];
    let mut slot = |kind: SlotKind| {
        let count = &mut counts[kind as usize];
        *count += 1;
        (kind, *count - 1)
    };
    let mut main_seen = false;
    offer
        .sections
        .iter()
        .map(|section| {
            let Some((payload_type, rtx_payload_type)) = section.codec() else {
                return Use::None;
            };
            let sends = section.direction.sends();
            let sending = || Sending {
                payload_type,
                rtx_payload_type,
                ssrcs: section.ssrcs.clone(),
                rtx_of: section.rtx_of.clone(),
            };
            match section.kind {
                Kind::Audio if sends && !microphone => {
                    microphone = true;
                    Use::Microphone(sending())
                }
                Kind::Video if sends && !camera => {
                    camera = true;
                    Use::Camera(sending())
                }
                Kind::Audio | Kind::Video if section.direction == Direction::ReceiveOnly => {
                    let (kind, index) = match section.kind {
                        Kind::Audio => slot(SlotKind::Audio),
                        _ if !main_seen => {
                            main_seen = true;
                            slot(SlotKind::Main)
                        }
                        _ => slot(SlotKind::Thumbnail),
                    };
                    Use::Slot(Receiving {
                        kind,
                        index,
                        payload_type,
                        rtx_payload_type,
                    })
                }
                _ => Use::None,
            }
        })
        .collect()
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
        audio_level: id(AUDIO_LEVEL_URI),
        transport_cc: id(TRANSPORT_CC_URI),
    }
}
