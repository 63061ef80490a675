//! The engine against clients in virtual time.

mod allocations;
mod client;
mod guard;
mod h264;
mod handshake;
mod held;
mod hostile;
mod layers;
mod loopback;
mod media;
mod presentation;
mod quality;
mod seen;
mod switches;
mod transport;
mod world;
