//! `floor_switch`: from the grant to the first packet of a key frame of the new speaker in
//! everybody's main slot.

use super::{
    BenchError, Figure,
    statistics::Times,
    venue::{Venue, command, open_session},
};
use diemcau_agent::{Agent, Microphone, State};
use diemcau_conference::{Command, Floor, Role, SiteId};
use diemcau_protocol::SlotKind;
use futures_util::future::try_join_all;
use std::{
    path::Path,
    time::{Duration, Instant},
};

const ROUNDS: usize = 10;
/// The new picture runs on for so long before the next switch.
const PAUSE: Duration = Duration::from_millis(700);

/// The median and the longest of ten switches between two sites; the chair, two more sites and the
/// one that loses the floor look on. Sources send 30 pictures a second and answer a request for a
/// key frame at once.
pub(super) async fn measure(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let venue = Venue::start(data, 6).await?;
    let names = ["floor_switch", "floor_switch_max"];
    measure_in(venue, names, &[5]).await
}

/// The same with the two sites that only look on on another shard than the speakers.
pub(super) async fn measure_two_shards(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let venue = Venue::start_on_two_shards(data, 6, 3).await?;
    let names = ["floor_switch_two_shards", "floor_switch_two_shards_max"];
    measure_in(venue, names, &[3, 2]).await
}

/// The speakers come first; `peers` is how many then are on each shard.
async fn measure_in(
    venue: Venue,
    [median, longest]: [&'static str; 2],
    peers: &[u64],
) -> Result<Vec<Figure>, BenchError> {
    let mut agents = Vec::new();
    for (number, role) in [(0, Role::Chair), (1, Role::Site), (2, Role::Site)] {
        let speaker = venue.speaker(venue.site(number), role, Microphone::WithFloor);
        agents.push(Venue::join(speaker).await?);
    }
    for number in [3, 4] {
        let receiver = venue.receiver(venue.site(number), Role::Site);
        agents.push(Venue::join(receiver).await?);
    }
    open_session(&agents[0]).await?;
    let mut times = Times::default();
    for number in 0..ROUNDS {
        times.add(switch(&agents, 1 + number % 2).await?);
        tokio::time::sleep(PAUSE).await;
    }
    let apart = venue.expect_shards(peers).await;
    drop(agents);
    venue.stop().await;
    apart?;
    let figure = |name, value| Figure {
        name,
        value,
        unit: "ms",
    };
    Ok(vec![
        figure(median, times.median()),
        figure(longest, times.longest()),
    ])
}

/// Gives the floor to an agent, by the first one, who is the chair.
async fn switch(agents: &[Agent], to: usize) -> Result<Duration, BenchError> {
    let site = agents[to].signed_in().site.clone();
    let granted = Instant::now();
    let invite = Command::FloorInvite {
        floor: Floor::Speech,
        site: site.clone(),
    };
    let seen = agents
        .iter()
        .enumerate()
        .filter(|(number, _)| *number != to)
        .map(|(_, agent)| sees(agent, &site, granted));
    let (answer, seen) = tokio::join!(command(&agents[0], invite), try_join_all(seen));
    answer?;
    let last = seen?.into_iter().max().unwrap_or(granted);
    Ok(last.saturating_duration_since(granted))
}

/// When an agent had the first packet of a picture of `site` that it can decode.
async fn sees(agent: &Agent, site: &SiteId, granted: Instant) -> Result<Instant, BenchError> {
    let since = granted.saturating_duration_since(agent.started());
    let found = |state: &State| {
        let main = state
            .slots
            .iter()
            .find(|slot| slot.info.kind == SlotKind::Main)?;
        main.key_frame_since(site, since)
    };
    let state = agent.wait_until(|state| found(state).is_some()).await?;
    Ok(agent.started() + found(&state).unwrap_or(since))
}
