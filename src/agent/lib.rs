//! The agent: a headless site.
//!
//! It signs in, publishes a small picture and a tone that can be told from every other site's,
//! receives what the server forwards, and says what it got and from whom. Tests and benches use it
//! as the far end; `diemcau agent check` tries a site's line the day before, `join` sits in for a
//! site, and `crowd` fills a conference.
//!
//! It never decodes, never decides anything about the conference, and knows of the server only what
//! goes over the wire.

mod agent;
mod args;
mod check;
mod connection;
mod crowd;
mod door;
mod error;
mod feedback;
mod http;
mod join;
mod link;
mod present;
mod publish;
mod reception;
mod report;
mod sign_in;
mod smoothness;
mod source;
mod state;
mod tap;
mod tls;

pub use agent::{Agent, Microphone, Options, SignedInAgent};
pub use args::{AgentArgs, Done, run};
pub use error::{AgentError, CertificateError};
pub use http::Server;
pub use reception::{Received, Slot};
pub use report::{Report, SlotReport, SourceReport};
pub use source::Source;
pub use state::{Media, Sent, State};
