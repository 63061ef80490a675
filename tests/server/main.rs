//! The server from outside: the real binary, on loopback, with a data folder of its own.

#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod agents;
mod attendance;
mod client;
mod doctor;
mod floor;
mod harness;
mod limits;
mod metrics;
mod resume;
mod service;
mod sign_in;
mod start;
mod tidy;
