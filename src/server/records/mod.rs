//! What is taken home from a conference.

pub mod attendance;
