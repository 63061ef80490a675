//! H.264 in RTP (RFC 6184), non-interleaved mode: where a key frame begins, and how tall it is.

mod sps;

#[cfg(test)]
pub(crate) use sps::tests::of_height as sps_of_height;

/// NAL unit types (ITU-T H.264 table 7-1; RFC 6184 table 1).
const IDR_SLICE: u8 = 5;
const SPS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// What a packet's NAL units say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Descriptor {
    /// A key frame begins here: with its parameter sets, or with its first slice. Where the sets have
    /// packets of their own, both say it of one frame.
    pub(crate) starts_key_frame: bool,
    /// A sequence parameter set is in it, without which no decoder begins.
    pub(crate) has_parameters: bool,
    /// How tall the picture is, in pixels; the sequence parameter set says it.
    pub(crate) height: Option<u16>,
}

impl Descriptor {
    /// Reads a payload; none if it is malformed, or of a kind that only the interleaved mode has.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let (first, rest) = payload.split_first()?;
        let mut found = Self::default();
        match first & 0x1f {
            kind @ 1..=23 => found.note(kind, rest),
            STAP_A => {
                let mut units = rest;
                loop {
                    let (size, tail) = units.split_first_chunk()?;
                    let (unit, tail) = tail.split_at_checked(u16::from_be_bytes(*size).into())?;
                    let (kind, content) = unit.split_first()?;
                    found.note(kind & 0x1f, content);
                    units = tail;
                    if units.is_empty() {
                        break;
                    }
                }
            }
            FU_A => {
                let (header, content) = rest.split_first()?;
                let is_first = header & 0x80 != 0;
                if is_first {
                    found.note(header & 0x1f, content);
                }
            }
            _ => return None,
        }
        Some(found)
    }

    /// Notes a NAL unit, or the beginning of one, without its first byte.
    fn note(&mut self, kind: u8, content: &[u8]) {
        match kind {
            SPS => {
                self.starts_key_frame = true;
                self.has_parameters = true;
                self.height = self.height.or_else(|| sps::height(content));
            }
            // §7.3.3: it begins with the number of its first macroblock, and a zero is one bit that
            // is set. A key frame of several slices begins with the first.
            IDR_SLICE => {
                self.starts_key_frame |= content.first().is_some_and(|byte| byte & 0x80 != 0);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parameter sets of an example of RFC 6184 (§8.3): 176x144.
    const SETS: ([u8; 9], [u8; 4]) = (
        [0x67, 0x42, 0, 0x0a, 0x96, 0x53, 0x05, 0x89, 0x88],
        [0x68, 0xc9, 0x63, 0x88],
    );

    fn stap(units: &[&[u8]]) -> Vec<u8> {
        let mut packet = vec![0x78];
        for unit in units {
            packet.extend((unit.len() as u16).to_be_bytes());
            packet.extend_from_slice(unit);
        }
        packet
    }

    #[test]
    fn a_key_frame_is_found_in_every_kind_of_packet() {
        let (sps, pps) = (&SETS.0[..], &SETS.1[..]);
        // (packet, starts a key frame, has parameters, height)
        let cases: [(&[u8], bool, bool, Option<u16>); 14] = [
            (sps, true, true, Some(144)),
            (pps, false, false, None),
            (&[0x65, 0x88, 0x84], true, false, None),
            (&[0x65, 0x40, 0x84], false, false, None), // a later slice
            (&[0x41, 0x9a, 0x02], false, false, None),
            (&[0x09, 0x10], false, false, None), // a delimiter
            (&stap(&[sps, pps]), true, true, Some(144)),
            (&stap(&[&[9, 0x10], sps, pps]), true, true, Some(144)),
            (&stap(&[&[0x06, 5], &[0x65, 0x88]]), true, false, None),
            (&stap(&[&[0x41, 0x9a], &[0x41, 0x9b]]), false, false, None),
            (&[0x7c, 0x85, 0x88, 0x84], true, false, None),
            (&[0x7c, 0x05, 0x88, 0x84], false, false, None), // its middle
            (&[0x7c, 0x45, 0x88, 0x84], false, false, None), // its end
            (&[0x7c, 0x81, 0x88, 0x84], false, false, None),
        ];
        for (packet, starts_key_frame, has_parameters, height) in cases {
            let expected = Descriptor {
                starts_key_frame,
                has_parameters,
                height,
            };
            assert_eq!(Descriptor::parse(packet), Some(expected), "{packet:02x?}");
        }
    }

    #[test]
    fn a_set_in_fragments_is_read_as_far_as_it_goes() {
        let fragment = |len: usize| [&[0x7c, 0x87], &SETS.0[1..len]].concat();
        let of = |len| Descriptor::parse(&fragment(len)).expect("a fragment");
        assert_eq!(of(9).height, Some(144));
        assert_eq!((of(6).starts_key_frame, of(6).height), (true, None));
    }

    #[test]
    fn what_is_cut_off_or_interleaved_is_refused() {
        let whole = stap(&[&SETS.0, &SETS.1]);
        let mut refused: Vec<&[u8]> = vec![&[], &[0x60], &[0x7c], &[0x7d, 0x85], &[0x79, 0, 0]];
        refused.extend([&[0x7a, 0, 0][..], &[0x7b, 0, 0], &[0x7e], &[0x7f]]);
        let empty_unit = stap(&[&[]]);
        refused.push(&empty_unit);
        let within = 1..whole.len();
        let boundary = 1 + 2 + SETS.0.len();
        refused.extend(
            within
                .filter(|len| *len != boundary)
                .map(|len| &whole[..len]),
        );
        for packet in refused {
            assert_eq!(Descriptor::parse(packet), None, "{packet:02x?}");
        }
    }
}
