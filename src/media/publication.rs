//! What a peer publishes: its microphone, its camera, its screen and the sound of that.

mod layer;
mod microphone;
mod rates;
mod video;

pub(crate) use layer::{Layer, Wish};
pub(crate) use microphone::{Microphone, MicrophoneNews};
pub(crate) use rates::Rates;
pub(crate) use video::Video;

use crate::{
    api::{PeerId, SlotKind},
    sdp::Sending,
    stream::Stream,
};

/// A kind of sound that a peer sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AudioKind {
    /// What people say.
    Microphone,
    /// What plays on the screen that is shared.
    Screen,
}

/// A kind of picture that a peer sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VideoKind {
    /// Who speaks.
    Camera,
    /// What is shared.
    Screen,
}

impl VideoKind {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Camera, Self::Screen];
}

/// One of the four things that a peer may publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feed {
    /// Sound.
    Audio(AudioKind),
    /// A picture.
    Video(VideoKind),
}

impl Feed {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [
        Self::Audio(AudioKind::Microphone),
        Self::Video(VideoKind::Camera),
        Self::Audio(AudioKind::Screen),
        Self::Video(VideoKind::Screen),
    ];
}

impl SlotKind {
    /// What of its source goes into a slot of this kind.
    pub(crate) fn feed(self) -> Feed {
        match self {
            Self::Audio => Feed::Audio(AudioKind::Microphone),
            Self::PresentationAudio => Feed::Audio(AudioKind::Screen),
            Self::Main | Self::Thumbnail => Feed::Video(VideoKind::Camera),
            Self::Presentation => Feed::Video(VideoKind::Screen),
        }
    }

    /// Whether it is for sound.
    pub(crate) fn is_audio(self) -> bool {
        matches!(self.feed(), Feed::Audio(_))
    }
}

/// Where a publication's packets go: a place of the engine and a slot of the peer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sink {
    pub(crate) place: u32,
    pub(crate) slot: u32,
}

/// What flows in a slot: one layer of what a peer publishes. Of sound, and of a picture that comes in
/// one size, it is layer 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) peer: PeerId,
    pub(crate) layer: u8,
}

/// A section in which a peer sends sound, and its receivers.
#[derive(Debug)]
pub(crate) struct Publication {
    /// The section's id.
    pub(crate) mid: String,
    /// Payload types and SSRCs of the offer.
    pub(crate) sending: Sending,
    /// The stream, once an authentic packet of it came.
    pub(crate) stream: Option<Stream>,
    /// Slots that have it or wait for it.
    pub(crate) sinks: Vec<Sink>,
    open: bool,
}

impl Publication {
    /// A section of the offer. It begins closed.
    pub(crate) fn new(mid: String, sending: Sending) -> Self {
        Self {
            mid,
            sending,
            stream: None,
            sinks: vec![],
            open: false,
        }
    }

    /// Whether its packets go out.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Opens or closes the gate. Returns the slots that are cut off by that.
    pub(crate) fn set_open(&mut self, open: bool) -> Vec<Sink> {
        let closes = std::mem::replace(&mut self.open, open) && !open;
        if !closes {
            return vec![];
        }
        // What was sent before is nobody's to ask for again.
        if let Some(stream) = &mut self.stream {
            stream.forget_kept();
        }
        std::mem::take(&mut self.sinks)
    }

    /// Adds a slot, once.
    pub(crate) fn link(&mut self, sink: Sink) {
        if !self.sinks.contains(&sink) {
            self.sinks.push(sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_camera_is_open_from_the_start_and_who_is_cut_off_is_told() {
        let video = |kind| Video::new(kind, "1".to_owned(), sending());
        assert!(video(VideoKind::Camera).is_open() && !publication().is_open());

        let mut screen = video(VideoKind::Screen);
        assert!(!screen.is_open());
        let sink = Sink { place: 3, slot: 1 };
        assert!(screen.set_open(true).is_empty());
        screen.layers[0].link(sink);
        assert!(screen.set_open(true).is_empty(), "nothing changed");
        assert_eq!(screen.sinks(), [sink]);
        assert_eq!(screen.set_open(false), [sink]);
        assert!(screen.set_open(false).is_empty() && screen.sinks().is_empty());
    }

    fn sending() -> Sending {
        Sending {
            payload_type: 111,
            rtx_payload_type: None,
            ssrcs: vec![7],
            rtx_of: vec![],
            rids: vec![],
        }
    }

    pub(super) fn publication() -> Publication {
        Publication::new("0".to_owned(), sending())
    }
}
