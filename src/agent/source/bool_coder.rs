//! The boolean entropy encoder of VP8 (RFC 6386 §7).

/// Writes bits, each at the cost that its probability gives it.
pub(super) struct BoolEncoder {
    bytes: Vec<u8>,
    /// Lower end of the interval: 8 bits in line with `range`, then `shifted` more, and a carry.
    low: u64,
    /// Length of the interval, 128 to 255 between two bits.
    range: u32,
    /// Bits that `low` was shifted by since the last byte.
    shifted: u32,
}

impl BoolEncoder {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            low: 0,
            range: 255,
            shifted: 0,
        }
    }

    /// Writes a bit that is 0 with `probability`/256.
    pub(super) fn bit(&mut self, probability: u8, bit: bool) {
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        if bit {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            self.low <<= 1;
            self.shifted += 1;
            if self.shifted == 8 {
                self.take_byte();
            }
        }
    }

    /// Writes the low `width` bits of a number, highest first, at even odds.
    pub(super) fn literal(&mut self, value: u32, width: u32) {
        for place in (0..width).rev() {
            self.bit(128, value >> place & 1 == 1);
        }
    }

    /// Everything that was written. A decoder reads zeros after the end.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.low <<= 8 - self.shifted;
        self.take_byte();
        self.low <<= 8;
        self.take_byte();
        self.bytes
    }

    fn take_byte(&mut self) {
        let top = self.low >> 8;
        if top > 0xff {
            for byte in self.bytes.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
        self.bytes.push((top & 0xff) as u8);
        self.low &= 0xff;
        self.shifted = 0;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::BoolEncoder;
    use proptest::prelude::*;

    /// The decoder of RFC 6386 §7.3.
    pub(crate) struct BoolDecoder<'a> {
        rest: std::slice::Iter<'a, u8>,
        value: u32,
        range: u32,
        shifted: u32,
    }

    impl<'a> BoolDecoder<'a> {
        pub(crate) fn new(bytes: &'a [u8]) -> Self {
            let mut rest = bytes.iter();
            let mut next = || u32::from(rest.next().copied().unwrap_or(0));
            let value = next() << 8 | next();
            Self {
                rest,
                value,
                range: 255,
                shifted: 0,
            }
        }

        pub(crate) fn bit(&mut self, probability: u8) -> bool {
            let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
            let bit = self.value >= split << 8;
            if bit {
                self.range -= split;
                self.value -= split << 8;
            } else {
                self.range = split;
            }
            while self.range < 128 {
                self.value <<= 1;
                self.range <<= 1;
                self.shifted += 1;
                if self.shifted == 8 {
                    self.shifted = 0;
                    self.value |= u32::from(self.rest.next().copied().unwrap_or(0));
                }
            }
            bit
        }

        pub(crate) fn literal(&mut self, width: u32) -> u32 {
            (0..width).fold(0, |value, _| value << 1 | u32::from(self.bit(128)))
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bits in prop::collection::vec((1_u8..=255, any::<bool>()), 0..2000)) {
            let mut encoder = BoolEncoder::new();
            for (probability, bit) in &bits {
                encoder.bit(*probability, *bit);
            }
            let bytes = encoder.finish();
            let mut decoder = BoolDecoder::new(&bytes);
            for (probability, bit) in &bits {
                prop_assert_eq!(decoder.bit(*probability), *bit);
            }
        }
    }

    #[test]
    fn a_likely_bit_costs_little() {
        let mut encoder = BoolEncoder::new();
        for _ in 0..8000 {
            encoder.bit(255, false);
        }
        assert!(encoder.finish().len() < 20);
    }
}
