//! Which protocol a datagram belongs to, told by its first bytes (RFC 7983, RFC 5761 §4).

/// The protocols that share one UDP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// ICE connectivity checks.
    Stun,
    /// The DTLS handshake and alerts.
    Dtls,
    /// SRTP.
    Rtp,
    /// SRTCP.
    Rtcp,
    /// Nothing that is spoken here.
    Unknown,
}

/// Classifies a datagram. It is not validated further than the bytes that tell it apart.
pub(crate) fn classify(datagram: &[u8]) -> Class {
    match datagram {
        [0..=3, ..] if datagram.len() >= 20 => Class::Stun,
        [20..=63, ..] if datagram.len() >= 13 => Class::Dtls,
        [128..=191, 192..=223, ..] if datagram.len() >= 8 => Class::Rtcp,
        [128..=191, ..] if datagram.len() >= 12 => Class::Rtp,
        _ => Class::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_byte_has_its_class() {
        let of = |first: u8, second: u8| {
            let mut datagram = [0; 20];
            datagram[0] = first;
            datagram[1] = second;
            classify(&datagram)
        };
        for first in 0..=255 {
            let expected = match first {
                0..=3 => Class::Stun,
                20..=63 => Class::Dtls,
                128..=191 => Class::Rtp,
                _ => Class::Unknown,
            };
            assert_eq!(of(first, 96), expected, "first byte {first}");
        }
        assert_eq!(of(128, 200), Class::Rtcp);
        assert_eq!(of(128, 224), Class::Rtp, "a marked packet of type 96");
    }

    #[test]
    fn what_is_too_short_is_unknown() {
        assert_eq!(classify(&[]), Class::Unknown);
        assert_eq!(classify(&[0; 19]), Class::Unknown);
        assert_eq!(classify(&[22; 12]), Class::Unknown);
        assert_eq!(classify(&[128, 96, 0, 0, 0, 0, 0, 0]), Class::Unknown);
        assert_eq!(classify(&[128, 200, 0, 0]), Class::Unknown);
    }
}
