//! What a site's picture looks like.

use super::vp8::{BLOCK, Colour, Picture};
use std::{f64::consts::TAU, ops::Range};

const WIDTH: u16 = 320;
const HEIGHT: u16 = 180;
const COLUMNS: u16 = WIDTH / BLOCK;

/// The steps of the bar's way through the picture, which repeats without a seam.
pub(super) const LOOP: Range<u16> = 0..COLUMNS;

const LIGHT: Colour = Colour {
    y: 225,
    u: 128,
    v: 128,
};
const DARK: Colour = Colour {
    y: 30,
    u: 128,
    v: 128,
};

/// The step that a loop has before `step`.
pub(super) fn step_before(step: u16) -> u16 {
    (step + COLUMNS - 1) % COLUMNS
}

/// The picture of a site at a step of the loop.
pub(super) fn draw(fingerprint: u32, step: u16) -> Picture {
    let field = colour(fingerprint);
    let rows = HEIGHT.div_ceil(BLOCK);
    let blocks = (0..rows)
        .flat_map(|row| (0..COLUMNS).map(move |column| (row, column)))
        .map(|(row, column)| {
            // The last row is cut by the lower edge, so the foot has the two above it as well.
            if row + 3 >= rows {
                if fingerprint >> column & 1 == 1 {
                    LIGHT
                } else {
                    DARK
                }
            } else if column == step {
                LIGHT
            } else {
                field
            }
        })
        .collect();
    Picture {
        width: WIDTH,
        height: HEIGHT,
        blocks,
    }
}

/// A saturated colour: one of 24 hues, in one of 4 brightnesses.
fn colour(fingerprint: u32) -> Colour {
    const HUES: u32 = 24;
    let hue = f64::from(fingerprint % HUES) / f64::from(HUES) * TAU;
    let chroma = |share: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "48 to 208"
        )]
        let value = (128.0 + 80.0 * share).round() as u8;
        value
    };
    let brightness = [80, 105, 130, 155];
    Colour {
        y: brightness[(fingerprint / HUES % 4) as usize],
        u: chroma(hue.cos()),
        v: chroma(hue.sin()),
    }
}
