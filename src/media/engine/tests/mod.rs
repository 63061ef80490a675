//! The engine against clients in virtual time.

mod allocations;
mod client;
mod guard;
mod handshake;
mod held;
mod hostile;
mod layers;
mod loopback;
mod media;
mod presentation;
mod quality;
mod seen;
mod shards;
mod switches;
mod transport;
mod world;
