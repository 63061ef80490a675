//! Which layer of a camera a slot gets: a table of what there is, and what is wanted.
//!
//! Layers are ordered low to high. A slot that may have only some of them is given only those.

/// A picture is taken in so many sizes at most.
pub(crate) const MOST: usize = 3;

/// What is known of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Known {
    /// Packets of it come.
    pub(crate) flows: bool,
    /// How tall its newest key frame was, in pixels.
    pub(crate) height: Option<u16>,
}

/// How large a slot is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// Nobody said it: a large picture.
    Large,
    /// Nobody said it: a small picture.
    Small,
    /// So many device pixels tall.
    Tall(u16),
}

/// The layers of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The one that fits best.
    pub(crate) best: u8,
    /// The one to have now: the best, or what stands in for it while it does not come.
    pub(crate) now: u8,
}

/// Chooses among `layers`: the smallest that is tall enough, else the largest. Where that does not
/// come, the next lower one that does, then the next higher one.
pub(crate) fn choose(layers: &[Known], size: Size) -> Choice {
    let highest = layers.len().saturating_sub(1);
    let fits = |known: &Known, tall| known.height.is_some_and(|height| height >= tall);
    let best = match size {
        Size::Large => highest,
        Size::Small => 0,
        Size::Tall(tall) => {
            let smallest = layers.iter().position(|known| fits(known, tall));
            smallest.unwrap_or(highest)
        }
    };
    let flows = |layer: &usize| layers.get(*layer).is_some_and(|known| known.flows);
    let below = (0..=best).rev().find(flows);
    let now = below.or_else(|| (best..layers.len()).find(flows));
    Choice {
        best: best as u8,
        now: now.unwrap_or(best) as u8,
    }
}

/// The layers that a publisher must send for a slot that has `choice`, one bit each. While the best
/// one does not come, everything below it may have to stand in.
pub(crate) fn needed(layers: &[Known], choice: Choice) -> u8 {
    let is_here = layers
        .get(usize::from(choice.best))
        .is_some_and(|known| known.flows);
    let best = 1 << choice.best;
    if is_here {
        best
    } else {
        best | (best - 1) | 1 << choice.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `180` comes, `-180` came and does not now, `0` never came.
    fn layers(heights: &[i16]) -> Vec<Known> {
        let known = |height: &i16| Known {
            flows: *height > 0,
            height: (*height != 0).then_some(height.unsigned_abs()),
        };
        heights.iter().map(known).collect()
    }

    #[test]
    fn a_slot_gets_what_it_can_use_of_what_there_is() {
        use Size::{Large, Small, Tall};
        let cases: [(&[i16], Size, u8, u8, u8); 18] = [
            // One stream is what it is.
            (&[360], Large, 0, 0, 0b1),
            (&[360], Small, 0, 0, 0b1),
            (&[0], Tall(90), 0, 0, 0b1),
            // As tall as is shown, or the next taller one.
            (&[180, 360, 720], Large, 2, 2, 0b100),
            (&[180, 360, 720], Small, 0, 0, 0b1),
            (&[180, 360, 720], Tall(0), 0, 0, 0b1),
            (&[180, 360, 720], Tall(180), 0, 0, 0b1),
            (&[180, 360, 720], Tall(181), 1, 1, 0b10),
            (&[180, 360, 720], Tall(720), 2, 2, 0b100),
            (&[180, 360, 720], Tall(2160), 2, 2, 0b100),
            // What does not come: the next lower one, then the next higher one.
            (&[180, 360, -720], Tall(700), 2, 1, 0b111),
            (&[180, -360, -720], Large, 2, 0, 0b111),
            (&[180, -360, 720], Tall(300), 1, 0, 0b11),
            (&[-180, -360, 720], Small, 0, 2, 0b101),
            (&[-180, 360, 720], Tall(100), 0, 1, 0b11),
            (&[-180, -360, -720], Large, 2, 2, 0b111),
            // A camera that is too small for three sizes sends the lower ones alone.
            (&[180, 360, 0], Large, 2, 1, 0b111),
            (&[180, 0, 0], Tall(300), 2, 0, 0b111),
        ];
        for (heights, size, best, now, sent) in cases {
            let layers = layers(heights);
            let choice = choose(&layers, size);
            assert_eq!(choice, Choice { best, now }, "{heights:?} {size:?}");
            assert_eq!(needed(&layers, choice), sent, "{heights:?} {size:?}");
        }
    }
}
