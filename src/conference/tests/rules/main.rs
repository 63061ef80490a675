//! The rules of a conference, through the crate's public face alone.

mod admission;
mod attendance;
mod audience;
mod budget;
mod capability;
mod clock;
mod dialogue;
mod every;
mod floor;
mod interrupt;
mod invariants;
mod json;
mod json_old;
mod limits;
mod links;
mod lists;
mod media_plan;
mod policy;
mod properties;
mod reference;
mod requests;
mod session;
mod setup;
mod states;
mod states_table;

mod support;
