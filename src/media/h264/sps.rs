//! The sequence parameter set (ITU-T H.264 §7.3.2.1.1), as far as a picture's height stands in it.
//! Nothing is believed of it: every loop has its bound, and it ends where the bytes do.

/// Profiles whose parameters go on with a chroma format.
const WITH_CHROMA: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// How tall pictures are, in pixels; none if the set is malformed. `content` is without its NAL unit's
/// first byte.
pub(super) fn height(content: &[u8]) -> Option<u16> {
    let bits = &mut Bits::new(content);
    let profile = bits.take(8)?;
    bits.take(16)?; // constraints, level
    bits.exp_golomb()?; // its own number
    let mut chroma = 1;
    if WITH_CHROMA.contains(&profile) {
        chroma = bits.exp_golomb()?;
        let is_444 = chroma == 3;
        if is_444 && bits.flag()? {
            chroma = 0; // three planes, each like a picture without colour
        }
        bits.exp_golomb()?; // depth of luma
        bits.exp_golomb()?; // depth of chroma
        bits.flag()?; // a bypass of the transform
        if bits.flag()? {
            skip_scaling_lists(bits, if is_444 { 12 } else { 8 })?;
        }
    }
    bits.exp_golomb()?; // bits of the frame's number
    match bits.exp_golomb()? {
        0 => _ = bits.exp_golomb()?, // bits of the order's number
        1 => {
            bits.flag()?;
            bits.exp_golomb()?;
            bits.exp_golomb()?;
            let cycle = bits.exp_golomb().filter(|count| *count <= 255)?;
            for _ in 0..cycle {
                bits.exp_golomb()?;
            }
        }
        _ => {}
    }
    bits.exp_golomb()?; // reference frames
    bits.flag()?; // gaps
    bits.exp_golomb()?; // width
    let units = u64::from(bits.exp_golomb()?) + 1;
    // Of interlaced pictures a unit is one of each field.
    let fields = if bits.flag()? { 1 } else { 2 };
    if fields == 2 {
        bits.flag()?;
    }
    bits.flag()?; // how motion is inferred
    let mut cropped = 0;
    if bits.flag()? {
        bits.exp_golomb()?; // left
        bits.exp_golomb()?; // right
        let (top, bottom) = (bits.exp_golomb()?, bits.exp_golomb()?);
        let unit = if chroma == 1 { 2 * fields } else { fields };
        cropped = unit * (u64::from(top) + u64::from(bottom));
    }
    let height = (units * 16 * fields).checked_sub(cropped)?;
    u16::try_from(height).ok().filter(|height| *height > 0)
}

/// §7.3.2.1.1.1. A list ends early where its next value is zero.
fn skip_scaling_lists(bits: &mut Bits<'_>, count: usize) -> Option<()> {
    for nth in 0..count {
        if !bits.flag()? {
            continue;
        }
        let mut last = 8i64;
        for _ in 0..if nth < 6 { 16 } else { 64 } {
            let next = (last + bits.signed_exp_golomb()?).rem_euclid(256);
            if next == 0 {
                break;
            }
            last = next;
        }
    }
    Some(())
}

/// Bits of a NAL unit, without the bytes that keep start codes out of it (§7.4.1: the 3 in 0 0 3).
struct Bits<'a> {
    bytes: &'a [u8],
    zeros: u8,
    current: u8,
    left: u8,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            zeros: 0,
            current: 0,
            left: 0,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (mut byte, mut rest) = self.bytes.split_first()?;
        if self.zeros == 2 && *byte == 3 {
            self.zeros = 0;
            (byte, rest) = rest.split_first()?;
        }
        self.bytes = rest;
        self.zeros = if *byte == 0 {
            (self.zeros + 1).min(2)
        } else {
            0
        };
        Some(*byte)
    }

    fn flag(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.current = self.byte()?;
            self.left = 8;
        }
        self.left -= 1;
        Some(self.current >> self.left & 1 == 1)
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    /// §9.1: so many zeros, a one, and as many bits again.
    fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros == 32 {
                return None;
            }
        }
        let base = (1u32 << zeros) - 1;
        Some(base + self.take(zeros)?)
    }

    /// §9.1.1: 0, 1, -1, 2, -2 …
    fn signed_exp_golomb(&mut self) -> Option<i64> {
        let code = i64::from(self.exp_golomb()?);
        Some(if code % 2 == 1 {
            (code + 1) / 2
        } else {
            -code / 2
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Writes bits as an encoder does.
    #[derive(Default)]
    struct Writer {
        bits: Vec<bool>,
    }

    impl Writer {
        fn put(&mut self, value: u32, count: u32) -> &mut Self {
            let bits = (0..count).rev().map(|nth| value >> nth & 1 == 1);
            self.bits.extend(bits);
            self
        }

        fn golomb(&mut self, value: u32) -> &mut Self {
            let len = (value + 1).ilog2();
            self.put(0, len).put(value + 1, len + 1)
        }

        /// With its stop bit and its bytes against start codes.
        fn finish(&mut self) -> Vec<u8> {
            self.put(1, 1);
            let mut bytes = vec![];
            let mut zeros = 0;
            for bits in self.bits.chunks(8) {
                let value = bits
                    .iter()
                    .fold(0u8, |value, bit| value << 1 | u8::from(*bit));
                let byte = value << (8 - bits.len());
                if zeros == 2 && byte <= 3 {
                    bytes.push(3);
                    zeros = 0;
                }
                zeros = if byte == 0 { zeros + 1 } else { 0 };
                bytes.push(byte);
            }
            bytes
        }
    }

    /// A set of pictures so tall, for tests elsewhere.
    pub(crate) fn of_height(height: u16) -> Vec<u8> {
        let units = u32::from(height).div_ceil(16);
        let crop = (units * 16 - u32::from(height)) / 2;
        end(&mut begin(66), units, false, Some([0, crop]))
    }

    /// What stands in front of the sizes.
    fn begin(profile: u32) -> Writer {
        let mut writer = Writer::default();
        writer.put(profile, 8).put(0, 8).put(31, 8).golomb(0);
        writer
    }

    /// From the frame's number on; crops in the set's own units.
    fn end(
        writer: &mut Writer,
        units: u32,
        is_interlaced: bool,
        crop: Option<[u32; 2]>,
    ) -> Vec<u8> {
        writer.golomb(0).golomb(2).golomb(1).put(0, 1);
        writer.golomb(79).golomb(units - 1);
        writer.put(u32::from(!is_interlaced), 1);
        if is_interlaced {
            writer.put(0, 1);
        }
        writer.put(1, 1).put(u32::from(crop.is_some()), 1);
        if let Some([top, bottom]) = crop {
            writer.golomb(0).golomb(0).golomb(top).golomb(bottom);
        }
        writer.put(0, 1).finish()
    }

    #[test]
    fn baseline_pictures_have_their_height() {
        assert_eq!(height(&of_height(360)), Some(360));
        let cases = [
            (45, false, None, Some(720)),
            (12, false, Some([0, 6]), Some(180)),
            (68, false, Some([0, 4]), Some(1080)),
            (34, true, Some([0, 2]), Some(1080)),
            (1, false, Some([4, 4]), None),
            (4096, false, None, None),
            (4095, false, None, Some(65_520)),
        ];
        for (units, is_interlaced, crop, expected) in cases {
            let set = end(&mut begin(66), units, is_interlaced, crop);
            assert_eq!(height(&set), expected, "{units} {crop:?}");
        }
    }

    #[test]
    fn what_other_profiles_have_in_front_of_the_height_is_skipped() {
        let mut high = begin(100);
        high.golomb(1).golomb(0).golomb(0).put(0, 1).put(0, 1);
        assert_eq!(height(&end(&mut high, 68, false, Some([0, 4]))), Some(1080));

        // With scaling lists: one that ends at once (−8), one whole, six left out.
        let mut lists = begin(100);
        lists.golomb(1).golomb(0).golomb(0).put(0, 1).put(1, 1);
        lists.put(1, 1).golomb(16).put(1, 1);
        (0..16).for_each(|_| _ = lists.golomb(1));
        lists.put(0, 6);
        assert_eq!(height(&end(&mut lists, 45, false, None)), Some(720));

        // 4:4:4 is cropped line by line.
        let mut full = begin(244);
        full.golomb(3)
            .put(0, 1)
            .golomb(0)
            .golomb(0)
            .put(0, 1)
            .put(0, 1);
        assert_eq!(height(&end(&mut full, 68, false, Some([0, 8]))), Some(1080));
    }

    #[test]
    fn an_order_that_is_listed_is_skipped_and_its_length_bounded() {
        let listed = |count: u32| {
            let mut set = begin(66);
            set.golomb(0).golomb(1).put(0, 1).golomb(0).golomb(0);
            set.golomb(count);
            (0..count.min(300)).for_each(|_| _ = set.golomb(0));
            set.golomb(1).put(0, 1).golomb(79).golomb(44);
            set.put(1, 1).put(1, 1).put(0, 1).put(0, 1);
            height(&set.finish())
        };
        assert_eq!(listed(3), Some(720));
        assert_eq!(listed(255), Some(720));
        assert_eq!(listed(256), None);
        assert_eq!(listed(u32::MAX - 1), None);
    }

    #[test]
    fn a_set_that_is_cut_off_or_all_zeros_has_none() {
        let whole = end(&mut begin(66), 45, false, None);
        // The last byte holds what stands behind the sizes.
        for len in 0..whole.len() - 1 {
            assert_eq!(height(&whole[..len]), None, "{len}");
        }
        assert_eq!(height(&[0; 1500]), None);
        assert_eq!(height(&[0xff; 3]), None);
    }
}
