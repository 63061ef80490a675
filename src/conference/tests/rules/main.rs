//! The rules of a conference, through the crate's public face alone.

mod admission;
mod attendance;
mod audience;
mod capability;
mod clock;
mod every;
mod floor;
mod invariants;
mod json;
mod json_old;
mod links;
mod media_plan;
mod properties;
mod reference;
mod session;
mod setup;
mod states;
mod states_table;

mod support;
