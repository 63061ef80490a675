//! How sound and pictures are coded, and what a packet tells of its picture, whichever codec that is.

use crate::{h264, vp8};

/// A codec that is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// Sound.
    Opus,
    /// Pictures as pages send them.
    Vp8,
    /// Pictures of other clients.
    H264,
}

impl Codec {
    /// Its name, clock rate and channels, as `a=rtpmap` has them.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Opus => "opus/48000/2",
            Self::Vp8 => "VP8/90000",
            Self::H264 => "H264/90000",
        }
    }
}

/// What a packet tells of the picture that it is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descriptor {
    /// With numbers that a switch rewrites.
    Vp8(vp8::Descriptor),
    /// Without.
    H264(h264::Descriptor),
}

impl Descriptor {
    /// Reads the beginning of a payload; none if it is malformed, or sound.
    pub(crate) fn parse(codec: Codec, payload: &[u8]) -> Option<Self> {
        match codec {
            Codec::Opus => None,
            Codec::Vp8 => vp8::Descriptor::parse(payload).map(Self::Vp8),
            Codec::H264 => h264::Descriptor::parse(payload).map(Self::H264),
        }
    }

    /// What it was read as.
    pub(crate) fn codec(&self) -> Codec {
        match self {
            Self::Vp8(_) => Codec::Vp8,
            Self::H264(_) => Codec::H264,
        }
    }

    /// First packet of a key frame.
    pub(crate) fn starts_key_frame(&self) -> bool {
        match self {
            Self::Vp8(found) => found.starts_key_frame,
            Self::H264(found) => found.starts_key_frame,
        }
    }

    /// How tall the picture is, in pixels, where the packet says it.
    pub(crate) fn height(&self) -> Option<u16> {
        match self {
            Self::Vp8(found) => found.height,
            Self::H264(found) => found.height,
        }
    }

    /// The numbers of VP8.
    pub(crate) fn vp8(&self) -> Option<&vp8::Descriptor> {
        match self {
            Self::Vp8(found) => Some(found),
            Self::H264(_) => None,
        }
    }
}
