//! What a site's picture looks like: its id runs through a field of its colour.

use super::vp8::{BLOCK, Colour, Picture};
use std::f64::consts::TAU;

const WIDTH: u16 = 320;
const HEIGHT: u16 = 180;
const COLUMNS: u16 = WIDTH / BLOCK;

/// Rows of blocks, from above: a light that runs along the upper edge, the letters, and a foot of
/// light and dark blocks. The last row is cut by the lower edge, so the foot has the two above it
/// as well.
const ROWS: u16 = HEIGHT.div_ceil(BLOCK);
const RUNNER: u16 = 0;
const LETTERS: std::ops::Range<u16> = 2..7;
const FOOT: std::ops::Range<u16> = ROWS - 3..ROWS;

/// Columns of a letter with the gap behind it, and of the gap behind the last one.
const LETTER: u16 = 4;
const GAP: u16 = 4;

/// Letters that are shown; who has a longer id is told by its beginning.
const LONGEST: usize = 24;

pub(super) const LIGHT: Colour = Colour {
    y: 225,
    u: 128,
    v: 128,
};
pub(super) const DARK: Colour = Colour {
    y: 30,
    u: 128,
    v: 128,
};

/// The pictures of a site, which repeat without a seam.
pub(super) struct Scene {
    fingerprint: u32,
    letters: Vec<u16>,
}

impl Scene {
    pub(super) fn new(site: &str, fingerprint: u32) -> Self {
        Self {
            fingerprint,
            letters: site.chars().take(LONGEST).map(glyph).collect(),
        }
    }

    /// How many pictures there are before the first one comes again.
    pub(super) fn steps(&self) -> u16 {
        let letters = u16::try_from(self.letters.len()).expect("24 at most");
        letters * LETTER + GAP
    }

    /// The step that a loop has before `step`.
    pub(super) fn step_before(&self, step: u16) -> u16 {
        (step + self.steps() - 1) % self.steps()
    }

    /// The picture at a step: the letters have moved one column a step.
    pub(super) fn draw(&self, step: u16) -> Picture {
        let field = field(self.fingerprint);
        let blocks = (0..ROWS)
            .flat_map(|row| (0..COLUMNS).map(move |column| (row, column)))
            .map(|(row, column)| {
                if FOOT.contains(&row) {
                    if self.fingerprint >> column & 1 == 1 {
                        LIGHT
                    } else {
                        DARK
                    }
                } else if self.is_light(row, column, step) {
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

    fn is_light(&self, row: u16, column: u16, step: u16) -> bool {
        if row == RUNNER {
            // Once along the edge in a loop.
            return column == step * COLUMNS / self.steps();
        }
        if !LETTERS.contains(&row) {
            return false;
        }
        let place = (column + step) % self.steps();
        let (letter, column) = (usize::from(place / LETTER), place % LETTER);
        let row = row - LETTERS.start;
        // The gap behind a letter is its fourth column.
        let glyph = self.letters.get(letter).filter(|_| column < 3);
        glyph.is_some_and(|glyph| glyph >> (14 - row * 3 - column) & 1 == 1)
    }
}

/// The dots of a letter, three by five: an octal digit is a row.
fn glyph(letter: char) -> u16 {
    match letter.to_ascii_uppercase() {
        '0' => 0o75557,
        '1' => 0o26227,
        '2' => 0o61247,
        '3' => 0o61216,
        '4' => 0o55711,
        '5' => 0o74616,
        '6' => 0o34757,
        '7' => 0o71222,
        '8' => 0o75757,
        '9' => 0o75716,
        'A' => 0o25755,
        'B' => 0o65656,
        'C' => 0o34443,
        'D' => 0o65556,
        'E' => 0o74647,
        'F' => 0o74644,
        'G' => 0o34553,
        'H' => 0o55755,
        'I' => 0o72227,
        'J' => 0o11152,
        'K' => 0o55655,
        'L' => 0o44447,
        'M' => 0o57755,
        'N' => 0o65555,
        'O' => 0o25552,
        'P' => 0o65644,
        'Q' => 0o25563,
        'R' => 0o65655,
        'S' => 0o34216,
        'T' => 0o72222,
        'U' => 0o55557,
        'V' => 0o55552,
        'W' => 0o55775,
        'X' => 0o55255,
        'Y' => 0o55222,
        'Z' => 0o71247,
        '-' => 0o00700,
        _ => 0o77777,
    }
}

/// A saturated colour: one of 24 hues, in one of 4 brightnesses.
pub(super) fn field(fingerprint: u32) -> Colour {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What a viewer reads who watches the leftmost column go by.
    fn read(scene: &Scene) -> String {
        let column = |step| {
            let picture = scene.draw(step);
            LETTERS
                .map(|row| picture.blocks[usize::from(row * COLUMNS)] == LIGHT)
                .collect::<Vec<bool>>()
        };
        let columns: Vec<Vec<bool>> = (0..scene.steps()).map(column).collect();
        let letters = columns[..columns.len() - usize::from(GAP)].chunks(usize::from(LETTER));
        letters
            .map(|columns| {
                let dots = (0..15).fold(0_u16, |dots, dot| {
                    dots << 1 | u16::from(columns[dot % 3][dot / 3])
                });
                let known = ('0'..='9').chain('A'..='Z').chain(['-']);
                known
                    .into_iter()
                    .find(|letter| glyph(*letter) == dots)
                    .unwrap()
            })
            .collect()
    }

    #[test]
    fn the_picture_spells_the_site() {
        for site in [
            "can-tho",
            "thai-nguyen",
            "tp-hcm",
            "s63",
            "qjwxyz-0123456789",
        ] {
            assert_eq!(read(&Scene::new(site, 7)), site.to_uppercase());
        }
    }

    #[test]
    fn letters_are_told_apart() {
        let known = ('0'..='9').chain('A'..='Z').chain(['-', '?']);
        let glyphs: BTreeSet<u16> = known.map(glyph).collect();
        assert_eq!(glyphs.len(), 38);
    }

    #[test]
    fn every_picture_differs_from_the_one_before() {
        let scene = Scene::new("can-tho", 7);
        for step in 0..scene.steps() {
            assert_ne!(scene.draw(step), scene.draw(scene.step_before(step)));
        }
        assert_eq!(
            scene.draw(scene.steps()).blocks[usize::from(2 * COLUMNS)..],
            { scene.draw(0).blocks[usize::from(2 * COLUMNS)..].to_vec() }
        );
    }
}
