//! One device of the crowd: it comes, stays, and comes again when it is cut off.

use super::{options, tally::Tally};
use crate::{Agent, AgentError, Media, Microphone, SignedInAgent, Source, http::Server};
use diemcau_protocol::{ErrorBody, SignIn};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// A join that takes longer has failed.
const JOIN_LIMIT: Duration = Duration::from_secs(30);

/// Attempts in a row that may fail before a device is given up.
const ATTEMPTS: u32 = 5;

/// The first wait before another attempt; it doubles up to the last.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(10);

/// How often a device lets itself be told to wait before it is given up.
const PATIENCE: u32 = 20;

/// A site and its code.
pub(super) struct Entry {
    pub(super) sign_in: SignIn,
    /// Why the code was refused. It is not tried again: the real site would be slowed too.
    refused: OnceLock<ErrorBody>,
}

impl Entry {
    pub(super) fn new(sign_in: SignIn) -> Self {
        Self {
            sign_in,
            refused: OnceLock::new(),
        }
    }
}

/// A device that has not come yet.
pub(super) struct Device {
    pub(super) server: Server,
    pub(super) entry: Arc<Entry>,
    pub(super) number: usize,
    pub(super) publishes: bool,
    pub(super) source: Arc<Source>,
}

impl Device {
    pub(super) fn microphone(&self) -> Microphone {
        if self.publishes {
            Microphone::WithFloor
        } else {
            Microphone::Off
        }
    }

    /// Comes and stays until it is stopped or given up.
    pub(super) async fn live(self, tally: Arc<Tally>, mut stop: watch::Receiver<bool>) {
        if let Err(reason) = self.come_and_stay(&tally, &mut stop).await {
            tally.failed(self.number, reason);
        }
    }

    /// Ends with the reason for which the device was given up.
    async fn come_and_stay(
        &self,
        tally: &Tally,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), String> {
        let mut signed_in = None;
        let mut failures = 0;
        let mut wait = FIRST_WAIT;
        let mut patience = PATIENCE;
        loop {
            let came = tokio::select! {
                () = stopped(stop) => return Ok(()),
                came = self.come(&mut signed_in) => came,
            };
            let pause = match came {
                Ok(agent) => {
                    tally.joined(self.number, agent.watch());
                    (failures, wait, patience) = (0, FIRST_WAIT, PATIENCE);
                    if stay(&agent, stop).await {
                        leave(agent).await;
                        return Ok(());
                    }
                    tally.cut_off(self.number);
                    wait
                }
                Err(AgentError::Later { after, error }) => {
                    patience -= 1;
                    if patience == 0 {
                        return Err(error.code);
                    }
                    tally.waited();
                    after
                }
                Err(error) => {
                    let reason = reason(&error);
                    if signed_in.is_none()
                        && let AgentError::Refused(error) = error
                    {
                        // Those that come later need not ask; whoever asked first is known.
                        let _ = self.entry.refused.set(error);
                        return Err(reason);
                    }
                    // The session may have ended with the code that it was made with.
                    signed_in = None;
                    failures += 1;
                    if failures == ATTEMPTS {
                        return Err(reason);
                    }
                    tally.attempt_failed(reason);
                    let pause = wait;
                    wait = (2 * wait).min(LAST_WAIT);
                    pause
                }
            };
            tokio::select! {
                () = stopped(stop) => return Ok(()),
                () = sleep(pause) => {}
            }
        }
    }

    async fn come(&self, signed_in: &mut Option<SignedInAgent>) -> Result<Agent, AgentError> {
        if let Some(error) = self.entry.refused.get() {
            *signed_in = None;
            return Err(AgentError::Refused(error.clone()));
        }
        let session = match signed_in {
            Some(session) => session.clone(),
            None => {
                let session = SignedInAgent::sign_in_to(self.server.clone(), options(self)).await?;
                signed_in.insert(session).clone()
            }
        };
        let joined = timeout(JOIN_LIMIT, async {
            let agent = session.join().await?;
            agent.wait_for_media().await?;
            Ok(agent)
        });
        joined.await.unwrap_or(Err(AgentError::Late {
            what: "joining",
            limit: JOIN_LIMIT,
        }))
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever would say it is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Stays until it is stopped, which is true, or the connection is lost.
async fn stay(agent: &Agent, stop: &mut watch::Receiver<bool>) -> bool {
    let lost = agent.wait_until(|state| !state.linked || state.media == Media::Lost);
    tokio::select! {
        () = stopped(stop) => true,
        _ = lost => false,
    }
}

async fn leave(agent: Agent) {
    let left = timeout(Duration::from_secs(5), agent.leave()).await;
    if !matches!(left, Ok(Ok(()))) {
        tracing::debug!("A device could not say that it leaves.");
    }
}

/// What failures are counted by.
fn reason(error: &AgentError) -> String {
    error
        .refusal()
        .map_or_else(|| error.to_string(), str::to_owned)
}
