//! The answer of a far end to another server's offer of one picture.

use super::offer::{PASSWORD, UFRAG, VP8};
use std::net::SocketAddr;

/// Answers an offer of one section, whose payload type must be the one that all far ends use.
pub(super) fn write(offer: &str, fingerprint: &str, address: SocketAddr) -> Option<String> {
    let mut sections = offer.lines().filter(|line| line.starts_with("m="));
    let section = sections.next()?.strip_prefix("m=video ")?;
    let offers_vp8 = offer
        .lines()
        .any(|line| line.eq_ignore_ascii_case(&format!("a=rtpmap:{VP8} VP8/90000")));
    if sections.next().is_some() || !offers_vp8 {
        return None;
    }
    let protocol = section.split(' ').nth(1)?;
    let mid = offer
        .lines()
        .find_map(|line| line.strip_prefix("a=mid:"))?
        .trim_end();
    let (ip, port) = (address.ip(), address.port());
    Some(format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mid}\r\n\
         m=video {port} {protocol} {VP8}\r\nc=IN IP4 {ip}\r\na=mid:{mid}\r\na=recvonly\r\n\
         a=rtcp-mux\r\na=ice-ufrag:{UFRAG}\r\na=ice-pwd:{PASSWORD}\r\n\
         a=fingerprint:sha-256 {fingerprint}\r\na=setup:active\r\na=rtpmap:{VP8} VP8/90000\r\n\
         a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\na=end-of-candidates\r\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 198.51.100.2\r\ns=Mountpoint 1\r\nt=0 0\r\n\
        a=group:BUNDLE v\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 198.51.100.2\r\n\
        a=sendonly\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n";

    #[test]
    fn the_one_section_is_answered_and_others_are_not() {
        let address = SocketAddr::from(([198, 51, 100, 1], 5000));
        let answer = write(OFFER, "AB:CD", address).expect("an answer");
        for line in [
            "a=group:BUNDLE v",
            "m=video 5000 UDP/TLS/RTP/SAVPF 96",
            "a=mid:v",
            "a=fingerprint:sha-256 AB:CD",
            "a=candidate:1 1 udp 2130706431 198.51.100.1 5000 typ host",
        ] {
            assert!(answer.lines().any(|found| found == line), "{answer}");
        }
        let two = format!("{OFFER}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n");
        assert_eq!(write(&two, "AB:CD", address), None);
        let other = OFFER.replace("96 VP8", "96 H264");
        assert_eq!(write(&other, "AB:CD", address), None);
    }
}
