//! `floor_gate`: from the acknowledgement of a revoke to the last packet that anybody gets of the
//! microphone that had the floor and goes on sending.
//!
//! `floor_gate_control` is the same measure of a gate that stays open, since nobody closes it: what a
//! broken gate would give. If that does not show, the figure means nothing and there is none.
//! `floor_gate_two_shards` and its control have the speaker on another shard than all who hear it.

use super::{
    BenchError, Figure,
    statistics::{Times, milliseconds},
    venue::{Venue, command, open_session},
};
use diemcau_agent::{Agent, Microphone, Options, Slot, State};
use diemcau_conference::{Command, Epoch, Floor, Role, SiteId};
use diemcau_protocol::SlotKind;
use std::{
    path::Path,
    time::{Duration, Instant},
};

const ROUNDS: usize = 10;
/// Fifteen packets: after so long a silence the gate is closed.
const QUIET: Duration = Duration::from_millis(300);

/// The longest of ten rounds, with the chair and two sites as receivers.
pub(super) async fn measure(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let venue = Venue::start(data, 6).await?;
    let names = ["floor_gate", "floor_gate_control"];
    measure_in(venue, names, &[4]).await
}

/// The same across shards.
pub(super) async fn measure_two_shards(data: &Path) -> Result<Vec<Figure>, BenchError> {
    let venue = Venue::start_on_two_shards(data, 6, 3).await?;
    let names = ["floor_gate_two_shards", "floor_gate_two_shards_control"];
    measure_in(venue, names, &[3, 1]).await
}

/// The receivers come first; `peers` is how many then are on each shard.
async fn measure_in(
    venue: Venue,
    [gate, control]: [&'static str; 2],
    peers: &[u64],
) -> Result<Vec<Figure>, BenchError> {
    let holder = venue.site(1);
    let receivers = [
        Venue::join(venue.receiver(venue.site(0), Role::Chair)).await?,
        Venue::join(venue.receiver(venue.site(2), Role::Site)).await?,
        Venue::join(venue.receiver(venue.site(3), Role::Site)).await?,
    ];
    let speaker = Venue::join(Options {
        microphone: Microphone::Open,
        ..venue.receiver(holder.clone(), Role::Site)
    })
    .await?;
    open_session(&receivers[0]).await?;
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        let epoch = give(&receivers, &holder).await?;
        revoke(&receivers[0], epoch).await?;
        times.add(heard_on(&receivers, Instant::now()).await);
    }
    let epoch = give(&receivers, &holder).await?;
    let open = heard_on(&receivers, Instant::now()).await;
    revoke(&receivers[0], epoch).await?;
    let apart = venue.expect_shards(peers).await;
    drop((receivers, speaker));
    venue.stop().await;
    apart?;
    if open < QUIET / 2 {
        return Err(BenchError::Blind("an open gate"));
    }
    let figure = |name, value| Figure {
        name,
        value,
        unit: "ms",
    };
    Ok(vec![
        figure(gate, times.longest()),
        figure(control, milliseconds(open)),
    ])
}

/// Gives the floor and waits until everyone hears it. The chair comes first.
async fn give(receivers: &[Agent; 3], holder: &SiteId) -> Result<Epoch, BenchError> {
    let [chair, ..] = receivers;
    let invited = Instant::now();
    let site = holder.clone();
    command(
        chair,
        Command::FloorInvite {
            floor: Floor::Speech,
            site,
        },
    )
    .await?;
    for receiver in receivers {
        let since = invited.saturating_duration_since(receiver.started());
        receiver
            .wait_until(|state| last_sound(state).is_some_and(|last| last > since))
            .await?;
    }
    let turn = chair
        .wait_until(|state| epoch(state, holder).is_some())
        .await?;
    epoch(&turn, holder).ok_or(BenchError::Blind("a turn"))
}

/// Takes the floor away, and waits for the acknowledgement.
async fn revoke(chair: &Agent, epoch: Epoch) -> Result<(), BenchError> {
    let reason = String::new();
    command(chair, Command::FloorRevoke { epoch, reason }).await?;
    Ok(())
}

/// How long after `begun` anybody heard anything, within [`QUIET`].
async fn heard_on(receivers: &[Agent], begun: Instant) -> Duration {
    tokio::time::sleep(QUIET).await;
    let last = receivers
        .iter()
        .filter_map(|receiver| Some(receiver.started() + last_sound(&receiver.state())?))
        .max();
    last.map_or(Duration::ZERO, |last| last.saturating_duration_since(begun))
}

/// When the newest audio packet came; the holder's is the only microphone that sends.
fn last_sound(state: &State) -> Option<Duration> {
    let audio = state
        .slots
        .iter()
        .filter(|slot| slot.info.kind == SlotKind::Audio);
    audio.filter_map(Slot::last_packet).max()
}

/// The running turn of `holder`.
fn epoch(state: &State, holder: &SiteId) -> Option<Epoch> {
    let turn = state.view.floor.turns.first()?;
    (turn.site == *holder).then_some(turn.epoch)
}
