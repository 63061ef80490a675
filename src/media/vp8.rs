//! The VP8 payload descriptor (RFC 7741 §4.2): what a switch must know and rewrite.

/// What a packet's descriptor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descriptor {
    /// First packet of a key frame.
    pub(crate) starts_key_frame: bool,
    /// How tall the picture is, in pixels; said by the first packet of a key frame.
    pub(crate) height: Option<u16>,
    /// Picture id and whether it has 15 bits (else 7).
    pub(crate) picture_id: Option<(u16, bool)>,
    /// Index of the temporal base layer's frames.
    pub(crate) tl0_picture_index: Option<u8>,
    picture_id_at: usize,
    tl0_at: usize,
}

impl Descriptor {
    /// Reads the descriptor at the start of a payload; none if it is malformed.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut at = 1;
        let mut found = Self {
            starts_key_frame: false,
            height: None,
            picture_id: None,
            tl0_picture_index: None,
            picture_id_at: 0,
            tl0_at: 0,
        };
        if first & 0x80 != 0 {
            let extension = *payload.get(at)?;
            at += 1;
            if extension & 0x80 != 0 {
                let high = *payload.get(at)?;
                found.picture_id_at = at;
                if high & 0x80 != 0 {
                    let id = u16::from_be_bytes([high & 0x7f, *payload.get(at + 1)?]);
                    found.picture_id = Some((id, true));
                    at += 2;
                } else {
                    found.picture_id = Some((u16::from(high), false));
                    at += 1;
                }
            }
            if extension & 0x40 != 0 {
                found.tl0_picture_index = Some(*payload.get(at)?);
                found.tl0_at = at;
                at += 1;
            }
            if extension & 0x30 != 0 {
                at += 1;
            }
        }
        let starts_frame = first & 0x10 != 0 && first & 0x07 == 0;
        found.starts_key_frame = starts_frame && *payload.get(at)? & 1 == 0;
        if found.starts_key_frame {
            found.height = height(&payload[at..]);
        }
        Some(found)
    }

    /// Writes other numbers into a payload that this descriptor was read from. Their sizes stay.
    pub(crate) fn rewrite(&self, payload: &mut [u8], picture_id: u16, tl0_picture_index: u8) {
        match self.picture_id {
            Some((_, true)) => {
                let bytes = (picture_id & 0x7fff | 0x8000).to_be_bytes();
                payload[self.picture_id_at..self.picture_id_at + 2].copy_from_slice(&bytes);
            }
            Some((_, false)) => payload[self.picture_id_at] = picture_id as u8 & 0x7f,
            None => {}
        }
        if self.tl0_picture_index.is_some() {
            payload[self.tl0_at] = tl0_picture_index;
        }
    }
}

/// Of a key frame (RFC 6386 §9.1): behind the frame tag and the start code stand width and height,
/// 14 bits each, and how a receiver is to scale them, which nobody does.
fn height(frame: &[u8]) -> Option<u16> {
    let [_, _, _, 0x9d, 0x01, 0x2a, _, _, low, high, ..] = frame else {
        return None;
    };
    Some(u16::from_le_bytes([*low, *high]) & 0x3fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_says_how_tall_it_is() {
        let frame = [0x10, 0x50, 0, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 0x42, 7];
        let of = |payload: &[u8]| Descriptor::parse(payload).expect("a descriptor").height;
        assert_eq!(of(&frame), Some(720), "whatever its scale says");
        let with_id = [&[0x90, 0x80, 0x81, 0x02], &frame[1..]].concat();
        assert_eq!(of(&with_id), Some(720));
        assert_eq!(of(&frame[..10]), None, "cut off");
        let mut inter = frame;
        inter[1] |= 1;
        assert_eq!(of(&inter), None);
    }

    #[test]
    fn numbers_are_read_and_rewritten_in_place() {
        // X; I, L, T; picture id 15 bits; TL0PICIDX; TID; key frame.
        let mut payload = vec![0x90, 0xe0, 0x81, 0x02, 9, 0x20, 0x00, 0xff];
        let descriptor = Descriptor::parse(&payload).expect("a descriptor");
        assert!(descriptor.starts_key_frame);
        assert_eq!(descriptor.picture_id, Some((0x102, true)));
        assert_eq!(descriptor.tl0_picture_index, Some(9));
        descriptor.rewrite(&mut payload, 0x7fff, 200);
        assert_eq!(payload, [0x90, 0xe0, 0xff, 0xff, 200, 0x20, 0x00, 0xff]);
    }

    #[test]
    fn short_ids_stay_short() {
        let mut payload = vec![0x90, 0x80, 0x05, 0x01];
        let descriptor = Descriptor::parse(&payload).expect("a descriptor");
        assert!(
            !descriptor.starts_key_frame,
            "the frame header says inter frame"
        );
        descriptor.rewrite(&mut payload, 0x1ff, 0);
        assert_eq!(payload, [0x90, 0x80, 0x7f, 0x01]);
    }

    #[test]
    fn only_the_first_packet_starts_a_key_frame() {
        assert!(
            Descriptor::parse(&[0x10, 0x00])
                .expect("first")
                .starts_key_frame
        );
        assert!(
            !Descriptor::parse(&[0x00, 0x00])
                .expect("continued")
                .starts_key_frame
        );
        assert!(
            !Descriptor::parse(&[0x11, 0x00])
                .expect("partition 1")
                .starts_key_frame
        );
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for payload in [
            &[][..],
            &[0x90],
            &[0x90, 0x80],
            &[0x90, 0x80, 0x81],
            &[0x90, 0xc0, 1],
            &[0x10],
        ] {
            assert_eq!(Descriptor::parse(payload), None, "{payload:?}");
        }
    }
}
