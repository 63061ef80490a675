//! The offer of a far end, as a page makes it.

/// Payload type of Opus.
pub(crate) const OPUS: u8 = 111;
/// Payload type of VP8.
pub(crate) const VP8: u8 = 96;
/// Payload type of retransmissions of VP8.
#[cfg(test)]
pub(crate) const RTX: u8 = 97;
pub(crate) const MID_ID: u8 = 4;
pub(super) const LEVEL_ID: u8 = 1;
/// Id of the extension for transport-wide numbers.
pub(crate) const TRANSPORT_ID: u8 = 3;
/// ICE user name fragment of every far end.
pub(super) const UFRAG: &str = "clie";
/// And its password.
pub(super) const PASSWORD: &str = "clientclientclientclient";

/// What is received beside the main picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sections {
    /// Audio slots.
    pub(crate) audio: u32,
    /// The screen and its sound are sent, and the presentation and its sound received.
    pub(crate) presentation: bool,
    /// Thumbnail slots.
    pub(crate) thumbnails: u32,
}

/// Microphone (MID 0), camera (MID 1), the screen (MID 2) and its sound (MID 3) if there is a
/// presentation, then the receiving sections. A MID is the section's place.
pub(crate) fn write(fingerprint: &str, sections: Sections) -> String {
    let (audio, video) = (("audio", "recvonly"), ("video", "recvonly"));
    let presentation = |section| sections.presentation.then_some(section);
    let sent = [("audio", "sendonly"), ("video", "sendonly")].into_iter();
    let shared = [("video", "sendonly"), ("audio", "sendonly")].map(presentation);
    let shown = [video, audio].map(presentation);
    let all: Vec<(&str, &str)> = sent
        .chain(shared.into_iter().flatten())
        .chain((0..sections.audio).map(|_| audio))
        .chain([video])
        .chain(shown.into_iter().flatten())
        .chain((0..sections.thumbnails).map(|_| video))
        .collect();
    let mids: Vec<String> = (0..all.len()).map(|mid| mid.to_string()).collect();
    let mut text = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=ice-ufrag:{UFRAG}\r\n\
         a=ice-pwd:{PASSWORD}\r\na=setup:actpass\r\n",
        mids.join(" ")
    );
    for (mid, (kind, direction)) in all.into_iter().enumerate() {
        let (formats, attributes) = if kind == "audio" {
            ("111", "a=rtpmap:111 opus/48000/2\r\n")
        } else {
            (
                "96 97",
                "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n",
            )
        };
        text.push_str(&format!(
            "m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n\
             a={direction}\r\na=rtcp-mux\r\na=extmap:{MID_ID} {}\r\na=extmap:{LEVEL_ID} {}\r\n\
             a=extmap:{TRANSPORT_ID} {}\r\n{attributes}",
            crate::sdp::MID_URI,
            crate::sdp::AUDIO_LEVEL_URI,
            crate::sdp::TRANSPORT_CC_URI
        ));
    }
    text
}
