//! A VP8 encoder (RFC 6386) for pictures of flat 16x16 blocks.
//!
//! It never sees pixels: a picture is one colour a macroblock. A block that changed is predicted
//! from its neighbours (DC_PRED) and corrected by its DC coefficients; a block that did not is
//! copied from the frame before. The quantiser is chosen so that every colour comes out exactly, so
//! nothing drifts and any frame can be sent as a key frame instead.

use super::{
    bool_coder::BoolEncoder,
    vp8_tables::{
        CATEGORIES, LUMA_GOES_ON, MOTION_UPDATE, NO_MOTION, Plane, Probability, TOKEN_UPDATE,
    },
};

/// Width and height of a macroblock in pixels.
pub(super) const BLOCK: u16 = 16;

/// Quantiser index with a step of 8 for chroma DC and 16 for Y2 DC: after the inverse transforms
/// one level is one value of chroma, four are one value of luma.
const QUANTISER: u32 = 4;
const LUMA_LEVELS: i16 = 4;

/// A colour of BT.601.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour {
    pub(super) y: u8,
    pub(super) u: u8,
    pub(super) v: u8,
}

/// A picture of flat macroblocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    /// In pixels; the last column and row of blocks may stick out.
    pub(super) width: u16,
    pub(super) height: u16,
    /// Row by row.
    pub(super) blocks: Vec<Colour>,
}

impl Picture {
    pub(super) fn columns(&self) -> usize {
        usize::from(self.width.div_ceil(BLOCK))
    }

    /// What DC_PRED makes of the blocks to the left and above (RFC 6386 §12.2): their mean, the one
    /// that is there, or 128.
    fn predicted(&self, row: usize, column: usize, part: fn(&Colour) -> u8) -> i16 {
        let at = row * self.columns() + column;
        let above = (row > 0).then(|| i16::from(part(&self.blocks[at - self.columns()])));
        let left = (column > 0).then(|| i16::from(part(&self.blocks[at - 1])));
        match (above, left) {
            (Some(above), Some(left)) => (above + left + 1) >> 1,
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => 128,
        }
    }
}

/// Encodes a frame: a key frame, or one that changes `previous` into `picture`.
pub(super) fn encode(picture: &Picture, previous: Option<&Picture>) -> Vec<u8> {
    let blocks = plan(picture, previous);
    let (first, second) = (
        modes(picture, &blocks, previous.is_none()),
        tokens(picture, &blocks),
    );
    let mut frame = Vec::with_capacity(10 + first.len() + second.len());
    let size = u32::try_from(first.len()).expect("a partition of flat blocks is short");
    // Frame tag: inter frame, version 0, shown, size of the first partition (RFC 6386 §9.1).
    let tag = u32::from(previous.is_some()) | 1 << 4 | size << 5;
    frame.extend_from_slice(&tag.to_le_bytes()[..3]);
    if previous.is_none() {
        frame.extend_from_slice(&[0x9d, 0x01, 0x2a]);
        frame.extend_from_slice(&picture.width.to_le_bytes());
        frame.extend_from_slice(&picture.height.to_le_bytes());
    }
    frame.extend_from_slice(&first);
    frame.extend_from_slice(&second);
    frame
}

/// How a macroblock is coded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    /// As in the frame before.
    Copied,
    /// Predicted from its neighbours and corrected by these levels.
    Predicted { y2: i16, u: i16, v: i16 },
}

impl Block {
    fn has_no_levels(self) -> bool {
        matches!(self, Self::Copied | Self::Predicted { y2: 0, u: 0, v: 0 })
    }
}

fn plan(picture: &Picture, previous: Option<&Picture>) -> Vec<Block> {
    let columns = picture.columns();
    (0..picture.blocks.len())
        .map(|at| {
            let colour = picture.blocks[at];
            if previous.is_some_and(|previous| previous.blocks[at] == colour) {
                return Block::Copied;
            }
            let (row, column) = (at / columns, at % columns);
            Block::Predicted {
                y2: LUMA_LEVELS * (i16::from(colour.y) - picture.predicted(row, column, |c| c.y)),
                u: i16::from(colour.u) - picture.predicted(row, column, |c| c.u),
                v: i16::from(colour.v) - picture.predicted(row, column, |c| c.v),
            }
        })
        .collect()
}

/// The first partition: the frame header (RFC 6386 §9.2–9.11, §19.2) and each block's mode.
fn modes(picture: &Picture, blocks: &[Block], key: bool) -> Vec<u8> {
    let mut out = BoolEncoder::new();
    if key {
        out.literal(0, 2); // colour space BT.601, pixel values are clamped
    }
    out.literal(0, 1); // no segments
    out.literal(0, 1 + 6 + 3); // loop filter: normal, level 0 (off), sharpness 0
    out.literal(0, 1); // no loop filter deltas
    out.literal(0, 2); // one token partition
    out.literal(QUANTISER, 7);
    out.literal(0, 5); // no quantiser deltas
    if key {
        out.literal(1, 1); // keep the entropy tables, which stay the default ones
    } else {
        out.literal(0, 1 + 1); // golden and alternate frame are not refreshed
        out.literal(0, 2 + 2); // nor copied to
        out.literal(0, 1 + 1); // no sign bias
        out.literal(1, 1); // keep the entropy tables
        out.literal(1, 1); // this frame is the next one's last frame
    }
    for nodes in TOKEN_UPDATE.iter().flatten().flatten() {
        for node in 0..11 {
            out.bit(nodes.get(node).copied().unwrap_or(255), false);
        }
    }
    let with_levels = blocks.iter().filter(|block| !block.has_no_levels()).count();
    let skip_false = share(with_levels, blocks.len());
    out.literal(1, 1); // blocks say whether they have levels
    out.literal(u32::from(skip_false), 8);
    let predicted = blocks
        .iter()
        .filter(|block| **block != Block::Copied)
        .count();
    let intra = share(predicted, blocks.len());
    if !key {
        out.literal(u32::from(intra), 8);
        out.literal(255, 8); // the last frame is the reference
        out.literal(128, 8); // golden against alternate: not used
        out.literal(0, 1 + 1); // intra mode probabilities stay the default ones
        for probability in MOTION_UPDATE.iter().flatten() {
            out.bit(*probability, false);
        }
    }
    for (at, block) in blocks.iter().enumerate() {
        out.bit(skip_false, block.has_no_levels());
        if key {
            dc_prediction_of_key_frame(&mut out);
        } else if *block == Block::Copied {
            out.bit(intra, true);
            out.bit(255, false); // from the last frame
            out.bit(NO_MOTION[still_neighbours(picture, blocks, at)], false);
        } else {
            out.bit(intra, false);
            out.bit(112, false); // luma DC_PRED (RFC 6386 §16.2)
            out.bit(162, false); // chroma DC_PRED
        }
    }
    out.finish()
}

/// DC_PRED for luma and chroma in the trees of key frames (RFC 6386 §11.2–11.4).
fn dc_prediction_of_key_frame(out: &mut BoolEncoder) {
    out.bit(145, true);
    out.bit(156, false);
    out.bit(163, false);
    out.bit(142, false);
}

/// Weight of the neighbours that were copied without motion (RFC 6386 §18.3): 2 above, 2 to the
/// left, 1 between them.
fn still_neighbours(picture: &Picture, blocks: &[Block], at: usize) -> usize {
    let columns = picture.columns();
    let (row, column) = (at / columns, at % columns);
    let still = |there: bool, back: usize| there && blocks[at - back] == Block::Copied;
    2 * usize::from(still(row > 0, columns))
        + 2 * usize::from(still(column > 0, 1))
        + usize::from(still(row > 0 && column > 0, columns + 1))
}

/// Which neighbouring 4x4 blocks have levels (RFC 6386 §13.3).
#[derive(Clone, Copy, Default)]
struct Edge {
    y2: bool,
    u: bool,
    v: bool,
}

/// The second partition: the levels of every block that has any.
fn tokens(picture: &Picture, blocks: &[Block]) -> Vec<u8> {
    let mut out = BoolEncoder::new();
    let mut above = vec![Edge::default(); picture.columns()];
    for row in blocks.chunks(picture.columns()) {
        let mut left = Edge::default();
        for (block, above) in row.iter().zip(&mut above) {
            let edge = match *block {
                Block::Predicted { y2, u, v } if !block.has_no_levels() => {
                    level(&mut out, Plane::Y2, above.y2, left.y2, y2);
                    for _ in 0..16 {
                        out.bit(LUMA_GOES_ON, false);
                    }
                    chroma(&mut out, above.u, left.u, u);
                    chroma(&mut out, above.v, left.v, v);
                    Edge {
                        y2: y2 != 0,
                        u: u != 0,
                        v: v != 0,
                    }
                }
                _ => Edge::default(),
            };
            left = edge;
            *above = edge;
        }
    }
    out.finish()
}

/// The four blocks of a flat chroma plane: each has the same level.
fn chroma(out: &mut BoolEncoder, above: bool, left: bool, value: i16) {
    let here = value != 0;
    for (above, left) in [(above, left), (above, here), (here, left), (here, here)] {
        level(out, Plane::Chroma, above, left, value);
    }
}

/// A 4x4 block that has its first coefficient or nothing (RFC 6386 §13.2).
fn level(out: &mut BoolEncoder, plane: Plane, above: bool, left: bool, value: i16) {
    let nodes = plane.first(usize::from(above) + usize::from(left));
    if value == 0 {
        out.bit(nodes[0], false);
        return;
    }
    let size = value.unsigned_abs();
    out.bit(nodes[0], true);
    out.bit(nodes[1], true);
    out.bit(nodes[2], size > 1);
    if size > 4 {
        out.bit(nodes[3], true);
        category(out, nodes, size);
    } else if size > 1 {
        out.bit(nodes[3], false);
        out.bit(nodes[4], size > 2);
        if size > 2 {
            out.bit(nodes[5], size > 3);
        }
    }
    out.bit(128, value < 0);
    out.bit(plane.goes_on(size > 1), false);
}

/// A value from 5: its category in the token tree, then its place in the category.
fn category(out: &mut BoolEncoder, nodes: &[Probability; 11], size: u16) {
    let found = CATEGORIES
        .iter()
        .rposition(|(smallest, _)| *smallest <= size)
        .expect("the caller has a value from 5");
    out.bit(nodes[6], found > 1);
    if found > 1 {
        out.bit(nodes[8], found > 3);
    }
    let last = match found {
        0 | 1 => nodes[7],
        2 | 3 => nodes[9],
        _ => nodes[10],
    };
    out.bit(last, found % 2 == 1);
    let (smallest, bits) = CATEGORIES[found];
    for (place, probability) in bits.iter().rev().enumerate().rev() {
        out.bit(*probability, (size - smallest) >> place & 1 == 1);
    }
}

/// `part` of `whole` as a probability in 1/256.
fn share(part: usize, whole: usize) -> Probability {
    u8::try_from((part * 256 / whole).clamp(1, 255)).expect("clamped to a byte")
}

#[cfg(test)]
#[path = "vp8_tests.rs"]
mod tests;
