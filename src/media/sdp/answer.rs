//! Writing our answer.

use super::{
    AUDIO_LEVEL_URI, MID_URI, Offer, REPAIRED_RID_URI, RID_URI, Section, TRANSPORT_CC_URI, Use,
    offer::Kind,
};
use crate::api::SlotKind;
use std::{fmt::Write, net::SocketAddr};

/// What the answer says of this end.
pub(crate) struct Local<'a> {
    /// ICE username fragment.
    pub(crate) ufrag: &'a str,
    /// ICE password.
    pub(crate) password: &'a str,
    /// SHA-256 of our DTLS certificate.
    pub(crate) fingerprint: &'a [u8; 32],
    /// Where media is served, best first.
    pub(crate) candidates: &'a [SocketAddr],
    /// For each section that is a slot: its SSRC and the SSRC of its retransmissions.
    pub(crate) ssrcs: &'a [(u32, u32)],
    /// CNAME of everything that we send.
    pub(crate) cname: &'a str,
}

/// Writes the answer to `offer` whose sections are used as `uses` says.
pub(crate) fn answer(offer: &Offer, uses: &[Use], local: &Local<'_>) -> String {
    let mut text = String::with_capacity(32 * 1024);
    let mut line = |content: std::fmt::Arguments<'_>| {
        text.write_fmt(content)
            .expect("writing to a string cannot fail");
        text.push_str("\r\n");
    };
    let mids: Vec<&str> = offer
        .sections
        .iter()
        .zip(uses)
        .filter(|(_, used)| **used != Use::None)
        .map(|(section, _)| section.mid.as_str())
        .collect();
    line(format_args!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0"
    ));
    line(format_args!("a=group:BUNDLE {}", mids.join(" ")));
    line(format_args!("a=ice-lite"));
    if offer.extmap_allow_mixed {
        line(format_args!("a=extmap-allow-mixed"));
    }
    line(format_args!("a=msid-semantic: WMS *"));
    let mut ssrcs = local.ssrcs.iter();
    let mut bundled = false;
    for (section, used) in offer.sections.iter().zip(uses) {
        if *used == Use::None {
            let format = section.codecs.first().map_or(0, |codec| codec.payload_type);
            line(format_args!(
                "m={} 0 UDP/TLS/RTP/SAVPF {format}",
                section.name
            ));
            line(format_args!(
                "c=IN IP4 0.0.0.0\r\na=mid:{}\r\na=inactive",
                section.mid
            ));
            continue;
        }
        write_transport(&mut line, section, used, local, !bundled);
        bundled = true;
        write_formats(&mut line, section, used);
        if let (Use::Slot(slot), Some((ssrc, rtx))) = (used, slot_ssrc(used, &mut ssrcs)) {
            let stream = match (slot.kind, slot.index) {
                // Lip-sync: a browser aligns the sound and the picture of one stream.
                (SlotKind::Audio, 0) | (SlotKind::Main, _) => "speaker".to_owned(),
                (SlotKind::Presentation | SlotKind::PresentationAudio, _) => {
                    "presentation".to_owned()
                }
                (SlotKind::Audio, index) => format!("audio-{index}"),
                (SlotKind::Thumbnail, index) => format!("thumbnail-{index}"),
            };
            line(format_args!("a=msid:{stream} {stream}-{}", section.mid));
            // The media's SSRC first: Chromium takes the first one for the stream's own.
            line(format_args!("a=ssrc:{ssrc} cname:{}", local.cname));
            if slot.rtx_payload_type.is_some() {
                line(format_args!("a=ssrc-group:FID {ssrc} {rtx}"));
                line(format_args!("a=ssrc:{rtx} cname:{}", local.cname));
            }
        }
    }
    text
}

fn slot_ssrc<'a>(
    used: &Use,
    ssrcs: &mut impl Iterator<Item = &'a (u32, u32)>,
) -> Option<(u32, u32)> {
    matches!(used, Use::Slot(_))
        .then(|| ssrcs.next().copied())
        .flatten()
}

fn write_transport(
    line: &mut impl FnMut(std::fmt::Arguments<'_>),
    section: &Section,
    used: &Use,
    local: &Local<'_>,
    first: bool,
) {
    let (media, rtx) = payload_types(used);
    let formats = rtx.map_or_else(|| media.to_string(), |rtx| format!("{media} {rtx}"));
    line(format_args!(
        "m={} 9 UDP/TLS/RTP/SAVPF {formats}",
        section.name
    ));
    line(format_args!("c=IN IP4 0.0.0.0"));
    line(format_args!("a=mid:{}", section.mid));
    line(format_args!(
        "a={}",
        if matches!(used, Use::Slot(_)) {
            "sendonly"
        } else {
            "recvonly"
        }
    ));
    line(format_args!(
        "a=ice-ufrag:{}\r\na=ice-pwd:{}",
        local.ufrag, local.password
    ));
    let hex: Vec<String> = local
        .fingerprint
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    line(format_args!("a=fingerprint:sha-256 {}", hex.join(":")));
    line(format_args!(
        "a=setup:passive\r\na=rtcp-mux\r\na=rtcp-rsize"
    ));
    if first {
        for (rank, address) in (0u32..).zip(local.candidates) {
            // RFC 8445 §5.1.2.1: type preference 126 for host candidates. RFC 6544 §4.2: a passive
            // TCP candidate has direction preference 2, behind every UDP one.
            let (ip, port) = (address.ip(), address.port());
            let udp = (126 << 24) + ((65_535 - rank) << 8) + 255;
            let tcp = (126 << 24) + (((2 << 13) + 8191 - rank) << 8) + 255;
            let foundation = rank * 2;
            line(format_args!(
                "a=candidate:{foundation} 1 udp {udp} {ip} {port} typ host"
            ));
            line(format_args!(
                "a=candidate:{} 1 tcp {tcp} {ip} {port} typ host tcptype passive",
                foundation + 1
            ));
        }
        line(format_args!("a=end-of-candidates"));
    }
}

fn write_formats(line: &mut impl FnMut(std::fmt::Arguments<'_>), section: &Section, used: &Use) {
    let (media, rtx) = payload_types(used);
    let sends = !matches!(used, Use::Slot(_));
    let rids = match used {
        Use::Sends(_, sending) => sending.rids.as_slice(),
        Use::Slot(_) | Use::None => &[],
    };
    match section.kind {
        Kind::Audio => {
            line(format_args!("a=rtpmap:{media} opus/48000/2"));
            line(format_args!("a=fmtp:{media} minptime=10;useinbandfec=1"));
        }
        _ => {
            line(format_args!("a=rtpmap:{media} VP8/90000"));
            line(format_args!(
                "a=rtcp-fb:{media} nack\r\na=rtcp-fb:{media} nack pli"
            ));
            if let Some(rtx) = rtx {
                line(format_args!(
                    "a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={media}"
                ));
            }
        }
    }
    let is_numbered = match used {
        Use::Slot(slot) => slot.transport_cc.is_some(),
        _ => sends,
    };
    if is_numbered {
        line(format_args!("a=rtcp-fb:{media} transport-cc"));
    }
    for (id, uri) in &section.extensions {
        let answered = match uri.as_str() {
            MID_URI => sends,
            TRANSPORT_CC_URI => is_numbered,
            RID_URI | REPAIRED_RID_URI => !rids.is_empty(),
            AUDIO_LEVEL_URI => sends && section.kind == Kind::Audio,
            _ => false,
        };
        if answered {
            line(format_args!("a=extmap:{id} {uri}"));
        }
    }
    for rid in rids {
        line(format_args!("a=rid:{rid} recv"));
    }
    if !rids.is_empty() {
        line(format_args!("a=simulcast:recv {}", rids.join(";")));
    }
}

fn payload_types(used: &Use) -> (u8, Option<u8>) {
    match used {
        Use::Sends(_, sending) => (sending.payload_type, sending.rtx_payload_type),
        Use::Slot(slot) => (slot.payload_type, slot.rtx_payload_type),
        Use::None => (0, None),
    }
}
