//! The agent: a headless site.
//!
//! It signs in, publishes a small picture and a tone that can be told from every other site's,
//! receives what the server forwards, and says what it got and from whom. Tests and benches use it
//! as the far end; `diemcau agent join` checks a line before a session.
//!
//! It never decodes, never decides anything about the conference, and knows of the server only what
//! goes over the wire.

mod agent;
mod args;
mod connection;
mod error;
mod link;
mod publish;
mod reception;
mod report;
mod sign_in;
mod source;
mod state;
mod tap;

pub use agent::{Agent, Microphone, Options, SignedInAgent};
pub use args::{AgentArgs, run};
pub use error::AgentError;
pub use reception::{Received, Slot};
pub use report::{Report, SlotReport, SourceReport};
pub use source::Source;
pub use state::{Media, Sent, State};
