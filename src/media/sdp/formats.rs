//! Which formats of a section are taken: Opus, or VP8 and H.264; and their retransmissions (RFC 4588
//! §8.6).

use super::offer::{Kind, RtpMap, Section};
use crate::codec::Codec;

/// A payload type that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    /// What it carries.
    pub(crate) codec: Codec,
    /// Its number.
    pub(crate) payload_type: u8,
    /// That of its retransmissions; none: nothing is repaired.
    pub(crate) rtx_payload_type: Option<u8>,
    /// Of H.264.
    pub(crate) profile: Option<Profile>,
}

/// What a format says of its H.264 (RFC 6184 §8.1). It is answered as it was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    id: [u8; 3],
    /// The levels of both ways may differ.
    is_asymmetric: bool,
}

impl Section {
    /// The formats that are taken, the preferred one first: what pages send before what others do.
    pub(crate) fn formats(&self) -> Vec<Format> {
        let codecs: &[Codec] = match self.kind {
            Kind::Audio => &[Codec::Opus],
            Kind::Video => &[Codec::Vp8, Codec::H264],
            Kind::Other => &[],
        };
        let format = |codec: &Codec| self.format(*codec);
        codecs.iter().filter_map(format).collect()
    }

    fn format(&self, codec: Codec) -> Option<Format> {
        let is_it = |map: &&RtpMap| map.name.eq_ignore_ascii_case(codec.name());
        let mut maps = self.codecs.iter().filter(is_it);
        let (map, profile) = if codec == Codec::H264 {
            let read = |map| Some((map, Profile::read(map)?));
            let found: Vec<(&RtpMap, Profile)> = maps.filter_map(read).collect();
            // What is constrained every decoder takes.
            let best = found.iter().find(|(_, profile)| profile.is_constrained());
            let (map, profile) = *best.or(found.first())?;
            (map, Some(profile))
        } else {
            (maps.next()?, None)
        };
        let repairs = |other: &&RtpMap| {
            let apt = other.parameter("apt").map(str::parse);
            other.name == "rtx/90000" && apt == Some(Ok(map.payload_type))
        };
        let rtx = self.codecs.iter().find(repairs);
        Some(Format {
            codec,
            payload_type: map.payload_type,
            rtx_payload_type: rtx.map(|rtx| rtx.payload_type),
            profile,
        })
    }
}

impl RtpMap {
    /// The value of one of its parameters.
    fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self
            .parameters
            .split(';')
            .filter_map(|it| it.split_once('='));
        let (_, value) = all.find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }
}

impl Profile {
    /// None if it is not of a profile that everybody decodes, or not in the mode that they know.
    fn read(map: &RtpMap) -> Option<Self> {
        if map.parameter("packetization-mode") != Some("1") {
            return None;
        }
        let id = match map.parameter("profile-level-id") {
            Some(text) => read_id(text)?,
            None => [0x42, 0, 0x0a],
        };
        let is_asymmetric = map.parameter("level-asymmetry-allowed") == Some("1");
        let found = Self { id, is_asymmetric };
        found.is_baseline().then_some(found)
    }

    /// Table 5. What is baseline and not constrained is sent constrained by everyone who knows the web.
    fn is_baseline(self) -> bool {
        self.id[0] == 0x42 && self.id[1] & 0x0f == 0 || self.is_constrained()
    }

    fn is_constrained(self) -> bool {
        let [profile, constraints, _] = self.id;
        match profile {
            0x42 => constraints & 0x4f == 0x40,
            0x4d => constraints & 0x8f == 0x80,
            0x58 => constraints & 0xcf == 0xc0,
            _ => false,
        }
    }
}

impl std::fmt::Display for Profile {
    /// As `a=fmtp` has it.
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [profile, constraints, level] = self.id;
        if self.is_asymmetric {
            write!(to, "level-asymmetry-allowed=1;")?;
        }
        write!(
            to,
            "packetization-mode=1;profile-level-id={profile:02x}{constraints:02x}{level:02x}"
        )
    }
}

fn read_id(text: &str) -> Option<[u8; 3]> {
    let is_hex = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = is_hex
        .then(|| u32::from_str_radix(text, 16).ok())
        .flatten()?;
    let [_, id @ ..] = id.to_be_bytes();
    Some(id)
}
