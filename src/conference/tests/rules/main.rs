//! The rules of a conference, through the crate's public face alone.

mod admission;
mod agenda;
mod attendance;
mod audience;
mod budget;
mod capability;
mod chairing;
mod chat;
mod clock;
mod dialogue;
mod documents;
mod every;
mod floor;
mod interrupt;
mod invariants;
mod json;
mod json_old;
mod limits;
mod links;
mod lists;
mod lost_holder;
mod media_plan;
mod microphones;
mod next_up;
mod policy;
mod properties;
mod reference;
mod requests;
mod seen;
mod session;
mod setup;
mod states;
mod states_table;

mod support;
