//! The engine against clients in virtual time.

mod allocations;
mod bottleneck;
mod client;
mod guard;
mod h264;
mod handshake;
mod held;
mod hostile;
mod layers;
mod lines;
mod loopback;
mod media;
mod narrow;
mod numbers;
mod paced;
mod plot;
mod presentation;
mod quality;
mod seen;
mod shards;
mod sound;
mod switches;
mod transport;
mod world;
