//! What an agent knows: the server's view, its media connection, and what came out of each slot.

use crate::reception::Slot;
use diemcau_protocol::{Hint, Outcome, Reply, ServerMessage, View, ViewPatch, Welcome};
use serde::Serialize;
use std::time::Duration;

/// The state of the media connection as the agent sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// ICE and DTLS are under way.
    Connecting,
    /// Media can flow both ways.
    Connected {
        /// From the opening of the WebSocket.
        after: Duration,
    },
    /// ICE or DTLS failed, or the connection was closed.
    Lost,
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sent {
    /// Opus packets.
    pub audio_packets: u64,
    /// VP8 packets.
    pub video_packets: u64,
    /// VP8 frames.
    pub frames: u64,
    /// Key frames among them.
    pub key_frames: u64,
    /// VP8 frames of the screen that was shared.
    pub screen_frames: u64,
    /// Key frames among them.
    pub screen_key_frames: u64,
    /// Opus packets of its sound.
    pub screen_audio_packets: u64,
}

/// All that an agent knows at a moment.
#[derive(Debug, Clone)]
pub struct State {
    /// What the server's role view says.
    pub view: View,
    /// The last event that `view` contains.
    pub seq: u64,
    /// The signalling link is open.
    pub linked: bool,
    /// The media connection.
    pub media: Media,
    /// What was sent.
    pub sent: Sent,
    /// The receiving sections, in the order of the offer; empty before the answer.
    pub slots: Vec<Slot>,
}

impl State {
    pub(crate) fn new(welcome: Welcome) -> Self {
        Self {
            view: welcome.view,
            seq: welcome.seq,
            linked: true,
            media: Media::Connecting,
            sent: Sent::default(),
            slots: Vec::new(),
        }
    }

    pub(crate) fn close_link(&mut self) {
        self.linked = false;
    }

    /// Takes a message in; false if nothing changed by it.
    pub(crate) fn hear(&mut self, message: &ServerMessage) -> bool {
        match message {
            ServerMessage::Welcome(message) => {
                self.view = message.welcome.view.clone();
                self.seq = message.welcome.seq;
            }
            ServerMessage::Event(event) => {
                self.seq = event.seq;
                if let Some(patch) = &event.view {
                    patch_view(&mut self.view, patch.clone());
                }
            }
            ServerMessage::Unseen(unseen) => {
                self.seq = unseen.seq;
                if let Some(patch) = &unseen.view {
                    patch_view(&mut self.view, patch.clone());
                }
            }
            ServerMessage::Hint(Hint::Slots { slots }) => {
                for source in slots {
                    if let Some(slot) = self
                        .slots
                        .iter_mut()
                        .find(|slot| slot.info.mid == source.mid)
                    {
                        slot.assign(source);
                    }
                }
            }
            // Set here and not by whoever asked: the next message may be about these slots.
            ServerMessage::Reply(Reply {
                outcome: Outcome::Ok(answer),
                ..
            }) if !answer.slots.is_empty() => {
                self.slots = answer.slots.iter().cloned().map(Slot::new).collect();
            }
            ServerMessage::Hint(_) | ServerMessage::Reply(_) => return false,
        }
        true
    }
}

fn patch_view(view: &mut View, patch: ViewPatch) {
    fn put<T>(part: &mut T, new: Option<T>) {
        if let Some(new) = new {
            *part = new;
        }
    }
    put(&mut view.conference, patch.conference);
    put(&mut view.me, patch.me);
    put(&mut view.sites, patch.sites);
    put(&mut view.devices, patch.devices);
    put(&mut view.floor, patch.floor);
    put(&mut view.presentation, patch.presentation);
    put(&mut view.picture, patch.picture);
    put(&mut view.agenda, patch.agenda);
    put(&mut view.speaking, patch.speaking);
    put(&mut view.chat, patch.chat);
}
