//! VP8 frames as RTP payloads (RFC 7741).

use bytes::{BufMut, Bytes, BytesMut};

/// Largest RTP payload in bytes: with 12 bytes of header, up to 32 of extensions and 16 of SRTP
/// tag, a packet stays below 1,200.
pub(crate) const MAX_PAYLOAD: usize = 1100;

/// X, I and M bits with a picture id of 15 bits: what a descriptor is here (RFC 7741 §4.2).
const DESCRIPTOR: usize = 4;

/// Cuts frames into payloads and numbers the pictures.
#[derive(Debug)]
pub(crate) struct Vp8Payloader {
    picture_id: u16,
}

impl Vp8Payloader {
    /// `picture_id` of the first frame; its lower 15 bits count.
    pub(crate) fn new(picture_id: u16) -> Self {
        Self { picture_id }
    }

    /// The payloads of the next frame, each at most `max` bytes; the last one's packet carries the
    /// marker.
    pub(crate) fn split(&mut self, frame: &Bytes, max: usize) -> Vec<Bytes> {
        let id = self.picture_id & 0x7fff;
        self.picture_id = id.wrapping_add(1);
        frame
            .chunks(max - DESCRIPTOR)
            .enumerate()
            .map(|(part, chunk)| {
                let mut payload = BytesMut::with_capacity(DESCRIPTOR + chunk.len());
                payload.put_u8(if part == 0 { 0x90 } else { 0x80 });
                payload.put_u8(0x80);
                payload.put_u16(0x8000 | id);
                payload.put_slice(chunk);
                payload.freeze()
            })
            .collect()
    }
}

/// Reads a payload: whether a frame begins with it, and its part of the frame. None: it is cut off
/// in its descriptor.
pub(crate) fn read(payload: &[u8]) -> Option<(bool, &[u8])> {
    let (first, mut rest) = payload.split_first()?;
    let begins = first & 0b0001_0111 == 0b0001_0000; // S, and partition 0
    if first & 0x80 != 0 {
        let (extensions, after) = rest.split_first()?;
        rest = after;
        if extensions & 0x80 != 0 {
            let long = rest.first()? & 0x80 != 0;
            rest = rest.get(1 + usize::from(long)..)?;
        }
        // TL0PICIDX; then TID with Y and KEYIDX share a byte.
        rest = rest.get(usize::from(extensions & 0x40 != 0)..)?;
        rest = rest.get(usize::from(extensions & 0x30 != 0)..)?;
    }
    Some((begins, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::rtp::{codec::vp8::Vp8Packet, packetizer::Depacketizer};

    /// Reads payloads with a depacketiser that is not ours: starts, picture ids, the frame.
    fn depacketize(payloads: &[Bytes]) -> (Vec<bool>, Vec<u16>, Vec<u8>) {
        let mut packet = Vp8Packet::default();
        let (mut starts, mut ids, mut frame) = (Vec::new(), Vec::new(), Vec::new());
        for payload in payloads {
            frame.extend_from_slice(&packet.depacketize(payload).unwrap());
            starts.push(packet.s == 1 && packet.pid == 0);
            ids.push(packet.picture_id);
        }
        (starts, ids, frame)
    }

    #[test]
    fn a_frame_is_cut_and_put_together_again() {
        let frame = Bytes::from_iter((0..2500).map(|n: u32| (n % 251) as u8));
        let payloads = Vp8Payloader::new(77).split(&frame, MAX_PAYLOAD);
        assert!(payloads.iter().all(|payload| payload.len() <= MAX_PAYLOAD));
        let (starts, ids, again) = depacketize(&payloads);
        assert_eq!(starts, [true, false, false]);
        assert_eq!(ids, [77, 77, 77]);
        assert_eq!(again, frame);
    }

    #[test]
    fn picture_ids_count_and_wrap_at_fifteen_bits() {
        let mut payloader = Vp8Payloader::new(0x7ffe);
        let frame = Bytes::from_static(&[0x11; 10]);
        let ids: Vec<u16> = (0..4)
            .flat_map(|_| depacketize(&payloader.split(&frame, 1100)).1)
            .collect();
        assert_eq!(ids, [0x7ffe, 0x7fff, 0, 1]);
    }

    #[test]
    fn a_descriptor_of_any_length_is_read() {
        let data: &[u8] = &[0xaa];
        for (payload, begins) in [
            (&[0x10, 0xaa][..], true),
            (&[0x00, 0xaa], false),
            (&[0x11, 0xaa], false), // the start of another partition
            (&[0x90, 0x80, 0x05, 0xaa], true),
            (&[0x90, 0x80, 0x80, 0x05, 0xaa], true),
            (&[0xb0, 0xe0, 0x81, 0x05, 7, 0x20, 0xaa], true),
            (&[0x80, 0x10, 0x03, 0xaa], false),
        ] {
            assert_eq!(read(payload), Some((begins, data)), "{payload:x?}");
        }
        for cut in [
            &[][..],
            &[0x90],
            &[0x90, 0x80],
            &[0x90, 0x80, 0x80],
            &[0x80, 0x40],
        ] {
            assert_eq!(read(cut), None, "{cut:x?}");
        }
    }
}
