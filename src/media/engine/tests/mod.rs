//! The engine against clients in virtual time.

mod bottleneck;
mod client;
mod guard;
mod handshake;
mod held;
mod hostile;
mod lines;
mod loopback;
mod media;
mod numbers;
mod plot;
mod presentation;
mod seen;
mod switches;
mod transport;
mod world;
