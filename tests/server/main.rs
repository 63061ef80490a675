//! The server from outside: the real binary, on loopback, with a data folder of its own.

#![allow(unreachable_pub, reason = "a test binary has no outside")]

mod abuse_http;
mod agents;
mod attendance;
mod client;
mod doctor;
mod documents;
mod door;
#[cfg(target_os = "linux")]
mod faults;
mod floor;
mod harness;
mod limits;
mod line_check;
mod metrics;
mod mirror;
mod proxies;
mod quality;
mod resume;
mod roles;
mod service;
mod sign_in;
mod start;
mod templates;
mod tidy;
mod tls;
