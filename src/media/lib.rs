//! The media plane: an SFU (selective forwarding unit).
//!
//! It forwards; it never decodes. It knows peers, slots and sources, and nothing of sites, floors
//! or chairs.

#[cfg(test)]
mod allocations;
mod allocator;
mod api;
#[cfg(feature = "bench")]
pub mod bench;
mod codec;
mod congestion;
mod counters;
mod crossing;
mod demux;
mod dtls;
mod engine;
#[cfg(any(test, feature = "bench"))]
mod far_end;
mod h264;
mod ice;
mod layers;
mod least;
#[cfg(any(test, feature = "bench"))]
mod lossy;
mod meter;
mod outbox;
mod paced;
mod peer;
mod publication;
mod publisher_clock;
mod quality;
mod round_trip;
mod rtcp;
mod rtp;
mod sdp;
mod shard;
mod slot;
mod srtp;
mod stream;
mod timers;
mod twcc;
mod vp8;
mod window;

#[cfg(feature = "fuzzing")]
pub use engine::fuzzing;
pub use engine::{Engine, NoIdentity};
pub use outbox::{Outbox, Path, Protocol, Transmit};
pub use shard::{
    Media, Row, SOCKET_BUFFER, clock_is_synchronised, offered_addresses, own_addresses,
};

pub use api::{
    JoinError, Joined, MediaConfig, MediaEvent, PeerId, Plan, Ports, Receives, RoomId, Slot,
    SlotKind,
};
pub use quality::{Held, Quality, Way};
