//! `join_storm`: many signed-in agents join at once.

use super::{
    BenchError, Figure,
    venue::{Venue, command, open_session},
};
use diemcau_agent::{Agent, AgentError, Microphone, Options, SignedInAgent, Source, State};
use diemcau_conference::{Command, Floor, Role};
use diemcau_protocol::SlotKind;
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::timeout};

const AGENTS: usize = 200;
const SITES: usize = 63;
/// An agent that takes longer for a step of its join has failed.
const LIMIT: Duration = Duration::from_secs(20);

/// Seconds until every agent has packets of the chair's picture and sound, who is the only one to
/// send.
///
/// All agents run here: 200 offers, DTLS handshakes and SRTP contexts of clients, which in a
/// conference have a machine each, are in the figure.
pub(super) async fn measure(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let venue = Venue::start(data, SITES).await?;
    let chair = venue.speaker(venue.site(0), Role::Chair, Microphone::Open);
    let chair = Venue::join(chair).await?;
    open_session(&chair).await?;
    command(
        &chair,
        Command::FloorTake {
            floor: Floor::Speech,
        },
    )
    .await?;
    let silent = Arc::new(Source::of_site(&venue.site(1)));
    // One after the other: many at once from one address are asked to wait.
    let mut ready = Vec::with_capacity(AGENTS);
    for number in 0..AGENTS {
        let signed_in = SignedInAgent::sign_in(Options {
            source: Some(Arc::clone(&silent)),
            ..venue.receiver(venue.site(1 + number % (SITES - 1)), Role::Site)
        });
        ready.push(signed_in.await?);
    }

    let start = Instant::now();
    let mut joins: JoinSet<Result<Agent, BenchError>> = JoinSet::new();
    for agent in ready {
        joins.spawn(enter(agent));
    }
    let joined = joins.join_all().await;
    let took = start.elapsed();

    let (joined, mut failed): (Vec<_>, Vec<_>) = joined.into_iter().partition(Result::is_ok);
    drop((joined, chair));
    venue.stop().await;
    let count = failed.len();
    match failed.pop() {
        Some(Err(first)) => Err(BenchError::Agents {
            failed: count,
            all: AGENTS,
            first: Box::new(first),
        }),
        _ => Ok(vec![Figure {
            name: "join_storm",
            value: took.as_secs_f64(),
            unit: "s",
        }]),
    }
}

/// Joins and waits until media is there.
async fn enter(agent: SignedInAgent) -> Result<Agent, BenchError> {
    let agent = step("answered", agent.join()).await?;
    step("connected", agent.wait_for_media()).await?;
    step("receiving", agent.wait_until(receives)).await?;
    Ok(agent)
}

async fn step<T>(
    what: &'static str,
    step: impl Future<Output = Result<T, AgentError>>,
) -> Result<T, BenchError> {
    let done = timeout(LIMIT, step).await;
    Ok(done.map_err(|_| BenchError::AgentLate(what))??)
}

/// Packets came in the main slot and in an audio slot.
fn receives(state: &State) -> bool {
    [SlotKind::Audio, SlotKind::Main].into_iter().all(|kind| {
        state
            .slots
            .iter()
            .any(|slot| slot.info.kind == kind && slot.last_packet().is_some())
    })
}
