//! The encoder against a decoder of the same part of RFC 6386, written from its decoding side, and
//! against bytes that other decoders were seen to decode to exactly these colours.

use super::{
    super::{
        bool_coder::tests::BoolDecoder,
        picture::{DARK, LIGHT, field},
    },
    *,
};
use proptest::prelude::*;

struct Decoder {
    columns: usize,
    picture: Vec<Colour>,
}

impl Decoder {
    /// Decodes a frame on top of the picture before and gives the new one.
    fn decode(&mut self, frame: &[u8]) -> Vec<Colour> {
        let tag = u32::from_le_bytes([frame[0], frame[1], frame[2], 0]);
        let key = tag & 1 == 0;
        assert_eq!(tag >> 1 & 0b111, 0, "version");
        assert_eq!(tag >> 4 & 1, 1, "shown");
        let start = if key { 10 } else { 3 };
        if key {
            assert_eq!(frame[3..6], [0x9d, 0x01, 0x2a]);
        }
        let (first, second) = frame[start..].split_at((tag >> 5) as usize);
        let mut modes = BoolDecoder::new(first);
        let mut tokens = BoolDecoder::new(second);
        let (skip_false, intra) = header(&mut modes, key);
        let before = std::mem::take(&mut self.picture);
        let mut copied = Vec::new();
        let mut above = vec![[false; 3]; self.columns];
        let mut left = [false; 3];
        for at in 0..before.len() {
            let (row, column) = (at / self.columns, at % self.columns);
            if column == 0 {
                left = [false; 3];
            }
            let skip = modes.bit(skip_false);
            let still = !key && modes.bit(intra);
            if still {
                assert!(!modes.bit(255), "the last frame is the reference");
                let near = |there: bool, back: usize| there && copied[at - back];
                let weight = 2 * usize::from(near(row > 0, self.columns))
                    + 2 * usize::from(near(column > 0, 1))
                    + usize::from(near(row > 0 && column > 0, self.columns + 1));
                assert!(!modes.bit([7, 14, 135, 60, 159, 234][weight]), "no motion");
            } else if key {
                let bits = [145, 156, 163, 142].map(|probability| modes.bit(probability));
                assert_eq!(bits, [true, false, false, false], "DC_PRED");
            } else {
                assert!(!modes.bit(112) && !modes.bit(162), "DC_PRED");
            }
            copied.push(still);
            let levels = if skip {
                left = [false; 3];
                above[column] = [false; 3];
                [0; 3]
            } else {
                levels(&mut tokens, &mut above[column], &mut left)
            };
            let colour = if still {
                assert_eq!(levels, [0; 3]);
                before[at]
            } else {
                self.corrected(at, levels)
            };
            self.picture.push(colour);
        }
        self.picture.clone()
    }

    fn corrected(&self, at: usize, [y2, u, v]: [i32; 3]) -> Colour {
        let (row, column) = (at / self.columns, at % self.columns);
        let predicted = |part: fn(&Colour) -> u8| {
            let above = (row > 0).then(|| i32::from(part(&self.picture[at - self.columns])));
            let left = (column > 0).then(|| i32::from(part(&self.picture[at - 1])));
            match (above, left) {
                (Some(above), Some(left)) => (16 * above + 16 * left + 16) >> 5,
                (one, other) => one.or(other).unwrap_or(128),
            }
        };
        // Dequantised, then the inverse transforms of a lone DC (RFC 6386 §14.3, §14.4).
        let luma = (((y2 * 16 + 3) >> 3) + 4) >> 3;
        let value = |value: i32| u8::try_from(value.clamp(0, 255)).unwrap();
        Colour {
            y: value(predicted(|c| c.y) + luma),
            u: value(predicted(|c| c.u) + ((u * 8 + 4) >> 3)),
            v: value(predicted(|c| c.v) + ((v * 8 + 4) >> 3)),
        }
    }
}

fn header(modes: &mut BoolDecoder<'_>, key: bool) -> (u8, u8) {
    if key {
        assert_eq!(modes.literal(2), 0);
    }
    assert_eq!(
        modes.literal(14),
        0,
        "no segments, no filter, one partition"
    );
    assert_eq!(modes.literal(7), 4, "quantiser");
    assert_eq!(modes.literal(5), 0);
    assert_eq!(
        modes.literal(if key { 1 } else { 10 }),
        if key { 1 } else { 0b11 }
    );
    for nodes in TOKEN_UPDATE.iter().flatten().flatten() {
        for node in 0..11 {
            assert!(!modes.bit(nodes.get(node).copied().unwrap_or(255)));
        }
    }
    assert_eq!(modes.literal(1), 1);
    let skip_false = u8::try_from(modes.literal(8)).unwrap();
    if key {
        return (skip_false, 0);
    }
    let intra = u8::try_from(modes.literal(8)).unwrap();
    assert_eq!(
        (modes.literal(8), modes.literal(8), modes.literal(2)),
        (255, 128, 0)
    );
    for probability in MOTION_UPDATE.iter().flatten() {
        assert!(!modes.bit(*probability));
    }
    (skip_false, intra)
}

/// The levels of a macroblock: of Y2, U and V.
fn levels(tokens: &mut BoolDecoder<'_>, above: &mut [bool; 3], left: &mut [bool; 3]) -> [i32; 3] {
    let y2 = token(tokens, Plane::Y2, above[0], left[0]);
    for _ in 0..16 {
        assert!(!tokens.bit(253), "luma blocks are empty");
    }
    let mut found = [y2, 0, 0];
    for plane in 1..3 {
        let first = token(tokens, Plane::Chroma, above[plane], left[plane]);
        let here = first != 0;
        for (above, left) in [(above[plane], here), (here, left[plane]), (here, here)] {
            assert_eq!(
                token(tokens, Plane::Chroma, above, left),
                first,
                "chroma is flat"
            );
        }
        found[plane] = first;
    }
    *above = found.map(|level| level != 0);
    *left = *above;
    found
}

fn token(tokens: &mut BoolDecoder<'_>, plane: Plane, above: bool, left: bool) -> i32 {
    let p = plane.first(usize::from(above) + usize::from(left));
    if !tokens.bit(p[0]) {
        return 0;
    }
    assert!(tokens.bit(p[1]), "not a zero");
    let size = if !tokens.bit(p[2]) {
        1
    } else if !tokens.bit(p[3]) {
        if !tokens.bit(p[4]) {
            2
        } else {
            3 + i32::from(tokens.bit(p[5]))
        }
    } else {
        let category = match (tokens.bit(p[6]), p) {
            (false, p) => usize::from(tokens.bit(p[7])),
            (true, p) => {
                if tokens.bit(p[8]) {
                    4 + usize::from(tokens.bit(p[10]))
                } else {
                    2 + usize::from(tokens.bit(p[9]))
                }
            }
        };
        let (smallest, bits) = CATEGORIES[category];
        let extra = bits
            .iter()
            .fold(0, |extra, p| extra << 1 | i32::from(tokens.bit(*p)));
        i32::from(smallest) + extra
    };
    let negative = tokens.bit(128);
    assert!(!tokens.bit(plane.goes_on(size > 1)), "one level");
    if negative { -size } else { size }
}

fn colours(count: usize) -> impl Strategy<Value = Vec<Colour>> {
    // Few values, so that neighbours and following pictures are often alike.
    let value = prop_oneof![Just(128_u8), Just(16), Just(131), any::<u8>()];
    let colour = (value.clone(), value.clone(), value).prop_map(|(y, u, v)| Colour { y, u, v });
    prop::collection::vec(colour, count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_picture_comes_out_exactly(
        columns in 1_u16..8,
        rows in 1_u16..6,
        pictures in prop::collection::vec(colours(40), 1..5),
    ) {
        let count = usize::from(columns * rows);
        let pictures: Vec<Picture> = pictures
            .into_iter()
            .map(|blocks| Picture {
                width: columns * BLOCK,
                height: rows * BLOCK - 4,
                blocks: blocks[..count].to_vec(),
            })
            .collect();
        let grey = Colour { y: 0, u: 0, v: 0 };
        let mut decoder = Decoder { columns: usize::from(columns), picture: vec![grey; count] };
        let mut previous = None;
        for picture in &pictures {
            let frame = encode(picture, previous);
            prop_assert_eq!(&decoder.decode(&frame), &picture.blocks);
            previous = Some(picture);
        }
    }
}

/// FFmpeg's decoder and libvpx 1.12 gave exactly these pictures for these bytes.
#[test]
fn frames_are_those_that_real_decoders_decoded() {
    let fingerprint = 0x9e37_79b9_u32;
    // A light bar in a field, over a foot of light and dark blocks.
    let block = |at: u32, step: u32| match (at / 20, at % 20) {
        (9.., column) if fingerprint >> column & 1 == 1 => LIGHT,
        (9.., _) => DARK,
        (_, column) if column == step => LIGHT,
        _ => field(fingerprint),
    };
    let picture = |step| Picture {
        width: 320,
        height: 180,
        blocks: (0..240).map(|at| block(at, step)).collect(),
    };
    let key = encode(&picture(0), None);
    let inter = encode(&picture(1), Some(&picture(0)));
    let hash = |bytes: &[u8]| {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    assert_eq!((key.len(), hash(&key)), (967, 0xaee5_af2f_3a12_d506));
    assert_eq!((inter.len(), hash(&inter)), (321, 0x8fa5_01fa_8eb8_9079));
}
