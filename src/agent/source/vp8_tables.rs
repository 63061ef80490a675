//! The probabilities of RFC 6386 that a frame of flat macroblocks needs.

/// Probability of a node of a tree, in 1/256, that its branch is 0.
pub(super) type Probability = u8;

/// Probabilities of the coefficient token tree's eleven nodes (RFC 6386 §13.4).
pub(super) type TokenProbabilities = [Probability; 11];

/// What a coded 4x4 block belongs to, as far as flat macroblocks have them (RFC 6386 §13.3).
#[derive(Clone, Copy)]
pub(super) enum Plane {
    /// The luma DCs of a macroblock, block type 1.
    Y2,
    /// U or V, block type 2.
    Chroma,
}

impl Plane {
    /// Default probabilities (RFC 6386 §13.5) of the first coefficient (band 0), by context.
    pub(super) fn first(self, context: usize) -> &'static TokenProbabilities {
        const Y2: [TokenProbabilities; 3] = [
            [198, 35, 237, 223, 193, 187, 162, 160, 145, 155, 62],
            [131, 45, 198, 221, 172, 176, 220, 157, 252, 221, 1],
            [68, 47, 146, 208, 149, 167, 221, 162, 255, 223, 128],
        ];
        const CHROMA: [TokenProbabilities; 3] = [
            [253, 9, 248, 251, 207, 208, 255, 192, 128, 128, 128],
            [175, 13, 224, 243, 193, 185, 249, 198, 255, 255, 128],
            [73, 17, 171, 221, 161, 179, 236, 167, 255, 234, 128],
        ];
        match self {
            Self::Y2 => &Y2[context],
            Self::Chroma => &CHROMA[context],
        }
    }

    /// Probability that the block goes on after its first coefficient (band 1, node 0), by the
    /// size of that coefficient: one, or larger.
    pub(super) fn goes_on(self, larger: bool) -> Probability {
        match (self, larger) {
            (Self::Y2, false) => 184,
            (Self::Y2, true) => 81,
            (Self::Chroma, false) => 239,
            (Self::Chroma, true) => 155,
        }
    }
}

/// Node 0 of a luma block without its DC (block type 0), band 1, context 0: it has nothing more.
pub(super) const LUMA_GOES_ON: Probability = 253;

/// Extra bits of the coefficient categories (RFC 6386 §13.2): the smallest value, and the
/// probability of each bit.
pub(super) const CATEGORIES: [(u16, &[Probability]); 6] = [
    (5, &[159]),
    (7, &[165, 145]),
    (11, &[173, 148, 140]),
    (19, &[176, 155, 140, 135]),
    (35, &[180, 157, 141, 134, 130]),
    (67, &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129]),
];

/// Node 0 of the tree of motion vector modes, by the weight of the neighbours that do not move
/// (RFC 6386 §16.3, `vp8_mode_contexts`): its branch 0 is "no motion".
pub(super) const NO_MOTION: [Probability; 6] = [7, 14, 135, 60, 159, 234];

/// Probabilities that a motion vector probability is updated (RFC 6386 §17.2).
pub(super) const MOTION_UPDATE: [[Probability; 19]; 2] = [
    [
        237, 246, 253, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 250, 250, 252, 254,
        254,
    ],
    [
        231, 243, 245, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 251, 251, 254, 254,
        254,
    ],
];

/// Probabilities that a token probability is updated (RFC 6386 §13.4), by block type, band and
/// context; nodes that are left out have 255.
#[rustfmt::skip]
pub(super) const TOKEN_UPDATE: [[[&[Probability]; 3]; 8]; 4] = [
    [
        [&[], &[], &[]],
        [&[176, 246], &[223, 241, 252], &[249, 253, 253]],
        [&[255, 244, 252], &[234, 254, 254], &[253]],
        [&[255, 246, 254], &[239, 253, 254], &[254, 255, 254]],
        [&[255, 248, 254], &[251, 255, 254], &[]],
        [&[255, 253, 254], &[251, 254, 254], &[254, 255, 254]],
        [&[255, 254, 253, 255, 254], &[250, 255, 254, 255, 254], &[254]],
        [&[], &[], &[]],
    ],
    [
        [&[217], &[225, 252, 241, 253, 255, 255, 254], &[234, 250, 241, 250, 253, 255, 253, 254]],
        [&[255, 254], &[223, 254, 254], &[238, 253, 254, 254]],
        [&[255, 248, 254], &[249, 254], &[]],
        [&[255, 253], &[247, 254], &[]],
        [&[255, 253, 254], &[252], &[]],
        [&[255, 254, 254], &[253], &[]],
        [&[255, 254, 253], &[250], &[254]],
        [&[], &[], &[]],
    ],
    [
        [&[186, 251, 250], &[234, 251, 244, 254], &[251, 251, 243, 253, 254, 255, 254]],
        [&[255, 253, 254], &[236, 253, 254], &[251, 253, 253, 254, 254]],
        [&[255, 254, 254], &[254, 254, 254], &[]],
        [&[255, 254], &[254, 254], &[254]],
        [&[], &[254], &[]],
        [&[], &[], &[]],
        [&[], &[], &[]],
        [&[], &[], &[]],
    ],
    [
        [&[248], &[250, 254, 252, 254], &[248, 254, 249, 253]],
        [&[255, 253, 253], &[246, 253, 253], &[252, 254, 251, 254, 254]],
        [&[255, 254, 252], &[248, 254, 253], &[253, 255, 254, 254]],
        [&[255, 251, 254], &[245, 251, 254], &[253, 253, 254]],
        [&[255, 251, 253], &[252, 253, 254], &[255, 254]],
        [&[255, 252], &[249, 255, 254], &[255, 255, 254]],
        [&[255, 255, 253], &[250], &[]],
        [&[], &[254], &[]],
    ],
];
