//! After an append that failed: back to what the log says, and nothing decided until it is read.
//!
//! Pages keep their views and are answered, media goes on; only what would change the conference is
//! refused.

use super::{RETRY, Task};
use crate::{
    limits::Spared,
    room::state::{OpenError, State},
    store::StoreError,
};
use std::time::Instant;
use tokio::task::JoinHandle;

/// A disk stays full for many appends.
static FAILURES: Spared = Spared::new();

/// What the room knows of its log.
pub(super) enum Log {
    /// The state is the log's.
    Good,
    /// An append failed, and the log is read again.
    Reading(JoinHandle<Result<State, OpenError>>),
    /// It could not be read; the next try comes when the room's `retry` is over.
    Unreadable,
}

impl Log {
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::Good)
    }

    /// What was read; never ends while nothing is read.
    pub(super) async fn read(&mut self) -> Result<State, OpenError> {
        match self {
            Self::Reading(reading) => reading.await.unwrap_or(Err(OpenError::Cut)),
            Self::Good | Self::Unreadable => std::future::pending().await,
        }
    }
}

impl Task {
    /// Goes back to the last append that was stored.
    pub(super) fn discard(&mut self, error: &StoreError) {
        if let Some(unsaid) = FAILURES.may_say(Instant::now()) {
            tracing::error!(%error, conference = %self.id, unsaid, "The log could not be appended to; the room goes back to what it says");
        }
        self.state.conference.clone_from(&self.stored);
        self.read_again();
    }

    /// Begins to read the log: after an error of the disk it alone knows what it holds.
    pub(super) fn read_again(&mut self) {
        let (store, id) = (self.parts.store.clone(), self.id.clone());
        self.log = Log::Reading(tokio::spawn(
            async move { State::replay(&store, &id).await },
        ));
    }

    /// Takes in what was read.
    pub(super) fn recover(&mut self, read: Result<State, OpenError>) {
        // The disk is not back at once: the room's own decisions wait, whatever was read.
        self.retry = Some(Instant::now() + RETRY);
        let state = match read {
            Ok(state) => state,
            Err(error) => {
                if let Some(unsaid) = FAILURES.may_say(Instant::now()) {
                    tracing::error!(%error, conference = %self.id, unsaid, "The log cannot be read; the room tries again");
                }
                self.log = Log::Unreadable;
                return;
            }
        };
        if state.seq != self.state.seq {
            // The log is not where pages were told: they come back to the whole of it.
            tracing::warn!(conference = %self.id, told = self.state.seq, found = state.seq, "The log ends elsewhere than pages were told; they come back to it");
            self.sessions.close_all();
        }
        self.log = Log::Good;
        self.stored.clone_from(&state.conference);
        self.state = state;
        self.plan = self.state.conference.media_plan();
        self.parts.figures.note(&self.state.conference);
        self.parts.media.reconcile(&self.plan);
    }
}
