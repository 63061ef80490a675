//! What one shard says to another: packets that passed a source's gate, and who wants which.
//!
//! A source's packets go once to every other shard that has a receiver for it, decrypted. Whatever
//! else is said is the whole of a state that replaces the one before, so that only packets can be
//! lost: when the other shard does not keep up, pictures before sound.

use crate::{
    api::{PeerId, RoomId},
    layers::Known,
    publication::{AudioKind, Feed, VideoKind, Wish},
    sdp::Use,
};

/// Bytes that may wait for another shard before pictures are dropped: at 1 Mbit/s two seconds …
const PICTURES_UP_TO: usize = 256 * 1024;
/// … and before sound is: a second of 200 microphones.
const ALL_UP_TO: usize = 512 * 1024;
/// What a packet takes beside its payload.
const HEAD: usize = size_of::<Message>();

/// A shard, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct ShardId(pub(crate) u8);

/// One thing that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// To all others: slots here want a peer that is not here, or do not any more.
    Seek {
        /// The peer.
        peer: PeerId,
        /// False: not any more.
        sought: bool,
    },
    /// To who sought it: the peer is here.
    Here(Box<Published>),
    /// To who sought it: the peer was here.
    Gone(PeerId),
    /// To the peer's shard: what of it shall cross.
    Want(PeerId, Wanted),
    /// To the peer's shard: a layer's slots wait for a key frame.
    KeyFrame {
        /// The peer.
        peer: PeerId,
        /// Which of its pictures.
        kind: VideoKind,
        /// Which layer of it.
        layer: u8,
        /// Why.
        wish: Wish,
    },
    /// To who sought it: what is known of the layers of a picture, whether they cross or not.
    Layers(PeerId, VideoKind, Vec<Known>),
    /// A packet; its payload stands beside it.
    Packet(Head),
}

/// What a peer publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// The peer.
    pub(crate) peer: PeerId,
    /// Its room.
    pub(crate) room: RoomId,
    /// Its sections, by MID.
    pub(crate) sections: Vec<(String, Use)>,
}

/// What of a peer crosses to one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wanted {
    pub(crate) microphone: bool,
    pub(crate) screen_audio: bool,
    /// Layers of the camera, one bit each.
    pub(crate) camera: u8,
    /// Layers of the screen.
    pub(crate) screen: u8,
    /// Layers of the camera that the publisher is to send for this shard: those that are waited
    /// for, too.
    pub(crate) active: u8,
    /// What those who hear the microphone and the sound of the screen there miss of it, in 256ths.
    pub(crate) missed: [u8; 2],
}

impl Wanted {
    /// Whether a layer of a feed is wanted.
    pub(crate) fn has(&self, feed: Feed, layer: u8) -> bool {
        match feed {
            Feed::Audio(AudioKind::Microphone) => self.microphone,
            Feed::Audio(AudioKind::Screen) => self.screen_audio,
            Feed::Video(VideoKind::Camera) => self.camera >> layer & 1 == 1,
            Feed::Video(VideoKind::Screen) => self.screen >> layer & 1 == 1,
        }
    }
}

/// What is said of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) peer: PeerId,
    pub(crate) feed: Feed,
    pub(crate) layer: u8,
    /// Its publisher's SSRC: another one begins anew.
    pub(crate) ssrc: u32,
    /// Sequence number with its rollovers.
    pub(crate) index: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    /// The stream's (NTP in this machine's time, RTP) of one moment, once it is known.
    pub(crate) clock: Option<(u64, u32)>,
}

/// Messages in the order in which they were said, in one buffer that is used again and again.
#[derive(Debug, Default)]
pub(crate) struct Crossings {
    bytes: Vec<u8>,
    /// Each with the end of its payload.
    messages: Vec<(Message, usize)>,
}

impl Crossings {
    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// How many messages there are.
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Says something that is no packet.
    pub(crate) fn say(&mut self, message: Message) {
        self.messages.push((message, self.bytes.len()));
    }

    /// Appends a packet. Returns false if there is no room for it.
    pub(crate) fn push(&mut self, head: Head, payload: &[u8]) -> bool {
        let limit = match head.feed {
            Feed::Audio(_) => ALL_UP_TO,
            Feed::Video(_) => PICTURES_UP_TO,
        };
        let waiting = self.bytes.len() + self.messages.len() * HEAD;
        if waiting + HEAD + payload.len() > limit {
            return false;
        }
        self.bytes.extend_from_slice(payload);
        self.messages
            .push((Message::Packet(head), self.bytes.len()));
        true
    }

    /// A message, and the payload of a packet.
    pub(crate) fn get(&self, nth: usize) -> Option<(&Message, &[u8])> {
        let (message, end) = self.messages.get(nth)?;
        let start = match nth.checked_sub(1) {
            Some(before) => self.messages[before].1,
            None => 0,
        };
        Some((message, &self.bytes[start..*end]))
    }

    /// Forgets the messages, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(feed: Feed, index: u64) -> Head {
        Head {
            peer: PeerId(1),
            feed,
            layer: 0,
            ssrc: 7,
            index,
            timestamp: 0,
            marker: false,
            clock: None,
        }
    }

    #[test]
    fn messages_come_out_as_they_went_in() {
        let mut crossings = Crossings::default();
        let sound = Feed::Audio(AudioKind::Microphone);
        assert!(crossings.push(head(sound, 1), b"one"));
        crossings.say(Message::Gone(PeerId(2)));
        assert!(crossings.push(head(sound, 2), b"three"));
        let said: Vec<_> = (0..crossings.len())
            .map(|nth| crossings.get(nth).expect("said"))
            .collect();
        let expected = [
            (&Message::Packet(head(sound, 1)), &b"one"[..]),
            (&Message::Gone(PeerId(2)), b""),
            (&Message::Packet(head(sound, 2)), b"three"),
        ];
        assert_eq!(said, expected);
        assert_eq!(crossings.get(3), None);
        crossings.clear();
        assert!(crossings.is_empty());
    }

    #[test]
    fn when_it_is_full_pictures_go_before_sound_and_states_never() {
        let mut crossings = Crossings::default();
        let (sound, picture) = (
            Feed::Audio(AudioKind::Microphone),
            Feed::Video(VideoKind::Camera),
        );
        let fits = |crossings: &mut Crossings, feed| {
            (0..)
                .take_while(|index| crossings.push(head(feed, *index), &[0; 1000]))
                .count()
        };
        assert!(fits(&mut crossings, picture) > 200);
        assert!(fits(&mut crossings, sound) > 200, "sound has room left");
        assert_eq!(fits(&mut crossings, sound), 0);
        let before = crossings.len();
        crossings.say(Message::Gone(PeerId(2)));
        assert_eq!(crossings.len(), before + 1);
    }
}
