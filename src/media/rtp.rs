//! RTP headers (RFC 3550 §5.1) and their extensions (RFC 8285), read in place.

use std::ops::Range;

/// Length of the header that the SFU sends: no CSRC, and no extension but a transport-wide number.
pub(crate) const HEADER_LEN: usize = 12;
/// What a transport-wide number adds to it: the block's head and one word.
pub(crate) const NUMBER_LEN: usize = 8;

/// The transport-wide sequence number of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransportNumber {
    /// Id of the extension, 1–14.
    pub(crate) id: u8,
    /// The number.
    pub(crate) sequence: u16,
}

/// A parsed header: where things are in the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The marker bit.
    pub(crate) marker: bool,
    /// Payload type, 7 bits.
    pub(crate) payload_type: u8,
    /// Sequence number as sent.
    pub(crate) sequence: u16,
    /// Media timestamp.
    pub(crate) timestamp: u32,
    /// Synchronisation source.
    pub(crate) ssrc: u32,
    /// Length of the whole header: fixed part, CSRCs, extensions.
    pub(crate) len: usize,
    /// The payload ends with padding whose length is its last byte.
    pub(crate) padding: bool,
    profile: u16,
    extensions: Range<usize>,
}

impl Header {
    /// Reads the header of a packet; none if it is malformed. Padding is looked at later: until
    /// the packet is decrypted its length cannot be known.
    pub(crate) fn parse(packet: &[u8]) -> Option<Self> {
        let fixed: &[u8; HEADER_LEN] = packet.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut len = HEADER_LEN + usize::from(fixed[0] & 0x0f) * 4;
        let (mut profile, mut extensions) = (0, 0..0);
        if fixed[0] & 0x10 != 0 {
            let head: &[u8; 4] = packet.get(len..)?.first_chunk()?;
            profile = u16::from_be_bytes([head[0], head[1]]);
            let words = usize::from(u16::from_be_bytes([head[2], head[3]]));
            extensions = len + 4..len + 4 + words * 4;
            len = extensions.end;
        }
        if packet.len() < len {
            return None;
        }
        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            len,
            padding: fixed[0] & 0x20 != 0,
            profile,
            extensions,
        })
    }

    /// The content of the header extension `id` (1–14 in the one-byte form, 1–255 in the two-byte
    /// form), if it is there.
    pub(crate) fn extension<'a>(&self, packet: &'a [u8], id: u8) -> Option<&'a [u8]> {
        let mut rest = packet.get(self.extensions.clone())?;
        let two_byte = match self.profile {
            0xbede => false,
            profile if profile >> 4 == 0x100 => true,
            _ => return None,
        };
        while let [first, tail @ ..] = rest {
            if *first == 0 {
                rest = tail;
                continue;
            }
            let (found, len, tail) = if two_byte {
                let [len, tail @ ..] = tail else { return None };
                (*first, usize::from(*len), tail)
            } else {
                if first >> 4 == 15 {
                    return None;
                }
                (first >> 4, usize::from(first & 0x0f) + 1, tail)
            };
            let content = tail.get(..len)?;
            if found == id {
                return Some(content);
            }
            rest = &tail[len..];
        }
        None
    }
}

/// The payload of a decrypted packet less its padding; none if the padding is malformed.
pub(crate) fn payload<'a>(header: &Header, packet: &'a [u8]) -> Option<&'a [u8]> {
    let payload = packet.get(header.len..)?;
    if !header.padding {
        return Some(payload);
    }
    let padding = usize::from(*payload.last()?);
    if padding == 0 {
        return None;
    }
    payload.get(..payload.len().checked_sub(padding)?)
}

/// Writes a header without extensions.
pub(crate) fn write_header(
    marker: bool,
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[0] = 0x80;
    header[1] = u8::from(marker) << 7 | payload_type & 0x7f;
    header[2..4].copy_from_slice(&sequence.to_be_bytes());
    header[4..8].copy_from_slice(&timestamp.to_be_bytes());
    header[8..12].copy_from_slice(&ssrc.to_be_bytes());
    header
}

/// Appends a header, and the packet's transport-wide number in the one-byte form (RFC 8285 §4.2) if
/// it has one. Returns the length of both.
pub(crate) fn append_header(
    out: &mut Vec<u8>,
    mut header: [u8; HEADER_LEN],
    number: Option<TransportNumber>,
) -> usize {
    let Some(TransportNumber { id, sequence }) = number else {
        out.extend_from_slice(&header);
        return HEADER_LEN;
    };
    header[0] |= 0x10;
    out.extend_from_slice(&header);
    let [high, low] = sequence.to_be_bytes();
    out.extend_from_slice(&[0xbe, 0xde, 0, 1, id << 4 | 1, high, low, 0]);
    HEADER_LEN + NUMBER_LEN
}

/// The sequence number `sequence` as a 48-bit index near `highest` (RFC 3711 §3.3.1: the rollover
/// counter is guessed so that the index is nearest). Where that would be below zero, it is ahead.
pub(crate) fn extend(highest: u64, sequence: u16) -> u64 {
    let ahead = sequence.wrapping_sub(highest as u16);
    if ahead < 0x8000 {
        highest + u64::from(ahead)
    } else {
        let behind = u64::from(ahead.wrapping_neg());
        highest
            .checked_sub(behind)
            .unwrap_or(highest + u64::from(ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_extensions(profile: u16, block: &[u8]) -> Vec<u8> {
        let mut packet = write_header(true, 96, 7, 9, 11).to_vec();
        packet[0] |= 0x10;
        packet.extend(profile.to_be_bytes());
        packet.extend(((block.len() / 4) as u16).to_be_bytes());
        packet.extend(block);
        packet.extend(b"payload");
        packet
    }

    #[test]
    fn a_written_header_reads_back() {
        let packet = write_header(true, 111, 65535, 0xdead_beef, 42);
        let header = Header::parse(&packet).expect("a header");
        assert!(header.marker);
        assert_eq!((header.payload_type, header.sequence), (111, 65535));
        assert_eq!(
            (header.timestamp, header.ssrc, header.len),
            (0xdead_beef, 42, 12)
        );
    }

    #[test]
    fn a_transport_wide_number_reads_back() {
        let header = write_header(false, 96, 1, 2, 3);
        let number = TransportNumber {
            id: 14,
            sequence: 0xabcd,
        };
        let mut packet = vec![];
        let len = append_header(&mut packet, header, Some(number));
        assert_eq!(len, packet.len());
        let read = Header::parse(&packet).expect("a header");
        assert_eq!(read.len, len);
        assert_eq!(read.extension(&packet, 14), Some(&[0xab, 0xcd][..]));
        packet.clear();
        assert_eq!(append_header(&mut packet, header, None), HEADER_LEN);
        assert_eq!(packet, header);
    }

    #[test]
    fn extensions_are_found_in_both_forms() {
        let one = with_extensions(0xbede, &[0x10, 0xaa, 0, 0x31, 1, 2, 0, 0]);
        let header = Header::parse(&one).expect("a header");
        assert_eq!(header.extension(&one, 1), Some(&[0xaa][..]));
        assert_eq!(header.extension(&one, 3), Some(&[1, 2][..]));
        assert_eq!(header.extension(&one, 2), None);
        assert_eq!(payload(&header, &one), Some(&b"payload"[..]));

        let two = with_extensions(0x1000, &[20, 2, 1, 2, 0, 1, 0, 0]);
        let header = Header::parse(&two).expect("a header");
        assert_eq!(header.extension(&two, 20), Some(&[1, 2][..]));
        assert_eq!(header.extension(&two, 1), Some(&[][..]));
    }

    #[test]
    fn a_lying_length_is_refused() {
        let mut packet = with_extensions(0xbede, &[0x1f, 0, 0, 0]);
        let header = Header::parse(&packet).expect("a header");
        assert_eq!(
            header.extension(&packet, 1),
            None,
            "the extension is longer than its block"
        );
        packet.truncate(17);
        assert_eq!(Header::parse(&packet), None);
        packet.truncate(11);
        assert_eq!(Header::parse(&packet), None);
    }

    #[test]
    fn padding_is_taken_off_and_checked() {
        let mut packet = write_header(false, 96, 1, 1, 1).to_vec();
        packet[0] |= 0x20;
        packet.extend([9, 9, 0, 0, 3]);
        let header = Header::parse(&packet).expect("a header");
        assert_eq!(payload(&header, &packet), Some(&[9, 9][..]));
        *packet.last_mut().expect("a byte") = 6;
        assert_eq!(payload(&header, &packet), None);
        *packet.last_mut().expect("a byte") = 0;
        assert_eq!(payload(&header, &packet), None);
    }

    #[test]
    fn sequence_numbers_wrap_and_come_late() {
        assert_eq!(extend(65535, 0), 65536);
        assert_eq!(extend(65536, 65535), 65535);
        assert_eq!(
            extend(10, 65530),
            65530,
            "there is nothing before the first turn"
        );
        assert_eq!(extend(3 * 65536 + 5, 6), 3 * 65536 + 6);
    }
}
