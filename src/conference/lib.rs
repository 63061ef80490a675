//! The pure core of a conference: commands in, events out.
//!
//! This crate never reads a clock, never does I/O, never awaits, never makes a random choice and
//! never iterates over a map without an order. The same events always give the same state.

mod admission;
mod agenda;
mod attendance;
mod audience;
pub mod capability;
mod chair;
mod chat;
mod command;
mod conference;
mod event;
mod floor;
mod ids;
mod limits;
mod links;
mod media_plan;
mod reading;
mod rejection;
mod role;
mod room;
mod rules;
mod seen;
mod session;
mod setup;
mod time;
mod turn;

pub use agenda::{
    AgendaDraft, AgendaItem, AgendaKind, Document, DocumentFile, DocumentSource, Speaker,
};
pub use attendance::{Headcount, LinkInterval};
pub use chair::Chair;
pub use chat::Message;
pub use command::{Actor, Command, Floor, RoomCommand, SpeechKind};
pub use conference::Conference;
pub use event::{Audience, BudgetLimit, Event, GrantReason, PauseCause, RevokeCause};
pub use floor::{Account, Called, FloorRequest};
pub use ids::{ConferenceId, DeviceId, DocumentId, Epoch, ItemId, RequestId, SessionId, SiteId};
pub use links::{Dropped, Link, SiteLink};
pub use media_plan::{MediaPlan, Receives, Source};
pub use rejection::Rejection;
pub use role::Role;
pub use rules::{Overtime, Policy, QueueList, Rules};
pub use session::Session;
pub use setup::{Setup, SetupError, SiteKind, SiteSetup, Text};
pub use time::{Millis, Timestamp};
pub use turn::Turn;
