//! Why a figure is missing.

use super::Figure;
use crate::{room::OpenError, serve::StartError, setup::CodesError, store::StoreError};
use diemcau_agent::AgentError;
use std::{io, time::Duration};

/// Why a figure is missing.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Nobody knows how to measure it.
    #[error("no figure is called {0}")]
    UnknownFigure(String),
    /// Some figures are missing.
    #[error("not measured: {}", .failed.join(", "))]
    Incomplete {
        /// Those that are there.
        figures: Vec<Figure>,
        /// The names of the others.
        failed: Vec<&'static str>,
    },
    /// The media part failed.
    #[error(transparent)]
    Media(#[from] diemcau_media::bench::BenchError),
    /// The system refused something.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The codes could not be read.
    #[error(transparent)]
    Codes(#[from] CodesError),
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A room could not be opened.
    #[error(transparent)]
    Room(#[from] OpenError),
    /// An agent failed.
    #[error("an agent failed: {0}")]
    Agent(#[from] AgentError),
    /// Some of many agents failed.
    #[error("{failed} of {all} agents failed; the first: {first}")]
    Agents {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
        /// Why the first did.
        first: Box<BenchError>,
    },
    /// An agent did not come to the end of a step.
    #[error("an agent was not {0} in time")]
    AgentLate(&'static str),
    /// The conference did not do as it was told.
    #[error("the conference refused: {0}")]
    Refused(String),
    /// The measure does not see what it must see to mean anything.
    #[error("the measure does not see {0}")]
    Blind(&'static str),
    /// It took too long.
    #[error("it took longer than {} s", .0.as_secs())]
    Late(Duration),
    /// There is no browser to measure with.
    #[error("give the command that measures it with --join")]
    NoJoinCommand,
    /// The command of `--join` failed.
    #[error("the command of --join {0}")]
    JoinCommand(String),
    /// The server's answer is not what a browser could use.
    #[error("GET {path}: {what}")]
    Http {
        /// Of which file.
        path: String,
        /// What came.
        what: String,
    },
}
