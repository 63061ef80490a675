//! Reading a client's offer.

use super::TRANSPORT_CC_URI;
use crate::{api::JoinError, layers};
use rtc::sdp::{MediaDescription, SessionDescription};
use std::io::Cursor;

/// An offer has at most this many sections.
const MAX_SECTIONS: usize = 64;
/// Payload types have seven bits.
const PAYLOAD_TYPES: usize = 128;
/// Of the extensions of a section no more are read: their ids have a byte (RFC 8285 §4.3).
const MAX_EXTENSIONS: usize = 255;
/// A section names so many streams, and pairs of them, at most.
const MAX_SSRCS: usize = 8;

/// What an offer says, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// SHA-256 of the client's DTLS certificate.
    pub(crate) fingerprint: [u8; 32],
    /// The client's ICE username fragment.
    pub(crate) ufrag: String,
    /// One- and two-byte extensions may be mixed.
    pub(crate) extmap_allow_mixed: bool,
    /// The sections in their order.
    pub(crate) sections: Vec<Section>,
}

/// A media section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// `audio`, `video`, or what else it said.
    pub(crate) kind: Kind,
    /// The name on its `m=` line.
    pub(crate) name: String,
    /// Its id.
    pub(crate) mid: String,
    /// Seen from the client.
    pub(crate) direction: Direction,
    /// Payload types in the order of preference.
    pub(crate) codecs: Vec<RtpMap>,
    /// (id, URI).
    pub(crate) extensions: Vec<(u8, String)>,
    /// SSRCs of media, without those of retransmissions.
    pub(crate) ssrcs: Vec<u32>,
    /// (media, RTX) pairs.
    pub(crate) rtx_of: Vec<(u32, u32)>,
    /// Simulcast: the RIDs of the layers that the client sends, low to high. Empty: it sends one
    /// stream.
    pub(crate) rids: Vec<String>,
}

/// What a section carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// Something else, answered as rejected.
    Other,
}

/// Which way a section flows, seen from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// `sendrecv`.
    Both,
    /// `sendonly`.
    SendOnly,
    /// `recvonly`.
    ReceiveOnly,
    /// `inactive`.
    Inactive,
}

impl Direction {
    /// The client may send.
    pub(crate) fn sends(self) -> bool {
        matches!(self, Self::Both | Self::SendOnly)
    }
}

/// A payload type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RtpMap {
    /// Its number.
    pub(crate) payload_type: u8,
    /// `opus/48000/2`, lower case.
    pub(crate) name: String,
    /// Its `fmtp` parameters.
    pub(crate) parameters: String,
    /// Its packets are asked for again by generic NACK (RFC 4585 §4.2).
    pub(crate) nack: bool,
}

impl Section {
    /// Whether packets of its codec are asked for again.
    pub(crate) fn has_nack(&self) -> bool {
        let formats = self.formats();
        let media = formats.first().map(|format| format.payload_type);
        let mut codecs = self.codecs.iter();
        codecs.any(|codec| Some(codec.payload_type) == media && codec.nack)
    }

    /// Id of the extension for transport-wide numbers, if it can be written in the one-byte form.
    pub(crate) fn transport_cc(&self) -> Option<u8> {
        let mut found = self.extensions.iter();
        let (id, _) = found.find(|(_, uri)| uri == TRANSPORT_CC_URI)?;
        (1..=14).contains(id).then_some(*id)
    }
}

impl Offer {
    /// Reads an offer.
    ///
    /// # Errors
    /// [`JoinError::BadOffer`] with what is missing or wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, JoinError> {
        let bad = |why: &str| JoinError::BadOffer(why.to_owned());
        let session = SessionDescription::unmarshal(&mut Cursor::new(text.as_bytes()))
            // The parser repeats the line, which may be a password.
            .map_err(|_| bad("it is not SDP"))?;
        let media = &session.media_descriptions;
        if media.is_empty() || media.len() > MAX_SECTIONS {
            return Err(bad("it must have between 1 and 64 sections"));
        }
        let either = |key: &str| {
            let in_media = media
                .iter()
                .find_map(|section| section.attribute(key).flatten());
            in_media.or_else(|| session.attribute(key).map(String::as_str))
        };
        let fingerprint = either("fingerprint").ok_or_else(|| bad("it has no fingerprint"))?;
        let fingerprint = parse_fingerprint(fingerprint)
            .ok_or_else(|| bad("its fingerprint is not a SHA-256"))?;
        let ufrag = either("ice-ufrag").ok_or_else(|| bad("it has no ice-ufrag"))?;
        if !(4..=256).contains(&ufrag.len()) {
            return Err(bad("its ice-ufrag must have 4 to 256 characters"));
        }
        match either("setup") {
            Some("actpass" | "active") => {}
            _ => return Err(bad("its setup must be actpass or active")),
        }
        let sections: Vec<Section> = media
            .iter()
            .map(read_section)
            .collect::<Option<_>>()
            .ok_or_else(|| bad("every section needs a mid of 1 to 16 characters"))?;
        let unique = |section: &Section| {
            sections
                .iter()
                .filter(|other| other.mid == section.mid)
                .count()
                == 1
        };
        if !sections.iter().all(unique) {
            return Err(bad("two sections have one mid"));
        }
        Ok(Self {
            fingerprint,
            ufrag: ufrag.to_owned(),
            extmap_allow_mixed: session.has_attribute("extmap-allow-mixed")
                || media
                    .iter()
                    .any(|section| section.has_attribute("extmap-allow-mixed")),
            sections,
        })
    }
}

fn parse_fingerprint(text: &str) -> Option<[u8; 32]> {
    let (algorithm, value) = text.split_once(' ')?;
    if !algorithm.eq_ignore_ascii_case("sha-256") {
        return None;
    }
    let bytes: Vec<u8> = value
        .trim()
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}

fn read_section(media: &MediaDescription) -> Option<Section> {
    let mid = media.attribute("mid").flatten()?;
    let is_token = mid
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte));
    if mid.is_empty() || mid.len() > 16 || !is_token {
        return None;
    }
    let kind = match media.media_name.media.as_str() {
        "audio" => Kind::Audio,
        "video" => Kind::Video,
        _ => Kind::Other,
    };
    let values = |key: &'static str| {
        media
            .attributes
            .iter()
            .filter(move |attribute| attribute.key == key)
            .filter_map(|attribute| attribute.value.as_deref())
    };
    let mut known = [false; PAYLOAD_TYPES];
    let codecs = media.media_name.formats.iter().filter_map(|format| {
        let payload_type: u8 = format.parse().ok()?;
        // Each once, so that an offer cannot have its longest line read again and again.
        let is_known = known.get_mut(usize::from(payload_type))?;
        if std::mem::replace(is_known, true) {
            return None;
        }
        let of = |key| {
            values(key).find_map(|value| value.strip_prefix(format.as_str())?.strip_prefix(' '))
        };
        Some(RtpMap {
            payload_type,
            name: of("rtpmap")?.to_ascii_lowercase(),
            parameters: of("fmtp").unwrap_or_default().to_owned(),
            nack: values("rtcp-fb").any(|value| {
                let feedback = value.strip_prefix(format.as_str());
                let feedback = feedback.or_else(|| value.strip_prefix('*'));
                feedback.is_some_and(|feedback| feedback.trim_end() == " nack")
            }),
        })
    });
    let rtx_of: Vec<(u32, u32)> = values("ssrc-group")
        .filter_map(|group| {
            let mut ssrcs = group.strip_prefix("FID ")?.split(' ').map(str::parse);
            Some((ssrcs.next()?.ok()?, ssrcs.next()?.ok()?))
        })
        .take(MAX_SSRCS)
        .collect();
    let direction = match ["sendrecv", "sendonly", "recvonly", "inactive"]
        .into_iter()
        .find(|direction| media.has_attribute(direction))
    {
        None | Some("sendrecv") => Direction::Both,
        Some("sendonly") => Direction::SendOnly,
        Some("recvonly") => Direction::ReceiveOnly,
        _ => Direction::Inactive,
    };
    // Firefox writes `a=ssrc` on sections in which it only receives: those are not sources.
    let mut ssrcs: Vec<u32> = values("ssrc")
        .filter(|_| direction.sends())
        .filter_map(|value| value.split(' ').next()?.parse().ok())
        .filter(|ssrc| !rtx_of.iter().any(|(_, rtx)| rtx == ssrc))
        .collect();
    ssrcs.dedup();
    ssrcs.truncate(MAX_SSRCS);
    Some(Section {
        kind,
        name: media.media_name.media.clone(),
        mid: mid.to_owned(),
        direction,
        codecs: codecs.collect(),
        extensions: values("extmap")
            .filter_map(|value| {
                let (id, rest) = value.split_once(' ')?;
                let id = id.split('/').next()?.parse().ok()?;
                Some((id, rest.split(' ').next()?.to_owned()))
            })
            .take(MAX_EXTENSIONS)
            .collect(),
        ssrcs,
        rtx_of,
        rids: if direction.sends() && kind == Kind::Video {
            read_simulcast(values("rid"), values("simulcast")).unwrap_or_default()
        } else {
            vec![]
        },
    })
}

/// The layers that a section sends (RFC 8853 §5.1, RFC 8851 §4). None where it sends one stream, or
/// where what it says contradicts itself.
fn read_simulcast<'a>(
    rids: impl Iterator<Item = &'a str>,
    mut simulcast: impl Iterator<Item = &'a str>,
) -> Option<Vec<String>> {
    let declared: Vec<&str> = rids
        .filter_map(|rid| {
            let mut words = rid.split(' ');
            let id = words.next()?;
            (words.next() == Some("send")).then_some(id)
        })
        .collect();
    let (Some(line), None) = (simulcast.next(), simulcast.next()) else {
        return None;
    };
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (pairs, []) = words.as_chunks::<2>() else {
        return None;
    };
    let [_, listed] = pairs.iter().find(|[direction, _]| *direction == "send")?;
    let mut found: Vec<String> = vec![];
    // What is offered beyond them is not answered.
    for layer in listed.split(';').take(layers::MOST) {
        // The first alternative is the one that the client likes best; `~` says that it begins
        // paused.
        let rid = layer.split(',').next()?;
        let rid = rid.strip_prefix('~').unwrap_or(rid);
        let known = declared.iter().filter(|declared| **declared == rid).count() == 1;
        if !is_rid(rid) || !known || found.iter().any(|other| other == rid) {
            return None;
        }
        found.push(rid.to_owned());
    }
    Some(found)
}

/// RFC 8851 §10; no longer than a one-byte header extension holds.
fn is_rid(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=16).contains(&text.len()) && text.bytes().all(is_allowed)
}
