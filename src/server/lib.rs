//! The product: signalling, rooms, the log, sign-in, the web client's files, and the commands.
//!
//! The rules of a conference are not here but in `diemcau-conference`, and no packet of media
//! passes through here: that is `diemcau-media`.

#[cfg(feature = "bench")]
pub mod bench;
pub mod commands;
pub mod config;
mod doctor;
mod documents;
mod edge;
pub mod http;
mod limits;
mod line_check;
mod machine;
pub mod metrics;
pub mod records;
pub mod room;
pub mod sentences;
pub mod serve;
mod service;
pub mod setup;
mod signalling;
pub mod store;
pub mod tls;
