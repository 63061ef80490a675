//! The engine against clients in virtual time.

mod client;
mod hostile;
mod loopback;
mod media;
mod transport;
mod world;
