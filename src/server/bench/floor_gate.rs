//! `floor_gate`: from the acknowledgement of a revoke to the last packet that anybody gets of the
//! microphone that had the floor and goes on sending.

use super::{
    BenchError, Figure,
    statistics::Times,
    venue::{Venue, command, open_session},
};
use diemcau_agent::{Agent, Microphone, Options, Slot, State};
use diemcau_conference::{Command, Epoch, Role, SiteId};
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
        times.add(round(&receivers, &holder).await?);
    }
    drop((receivers, speaker));
    venue.stop().await;
    Ok(vec![Figure {
        name: "floor_gate",
        value: times.longest(),
        unit: "ms",
    }])
}

/// Gives the floor, waits until everyone hears it, and takes it away. The chair comes first.
async fn round(receivers: &[Agent], holder: &SiteId) -> Result<Duration, BenchError> {
    let [chair, ..] = receivers else {
        return Ok(Duration::ZERO);
    };
    let invited = Instant::now();
    let site = holder.clone();
    command(chair, Command::FloorInvite { site }).await?;
    for receiver in receivers {
        let since = invited.saturating_duration_since(receiver.started());
        receiver
            .wait_until(|state| last_sound(state).is_some_and(|last| last > since))
            .await?;
    }
    let turn = chair
        .wait_until(|state| epoch(state, holder).is_some())
        .await?;
    let Some(epoch) = epoch(&turn, holder) else {
        return Ok(Duration::ZERO);
    };
    let reason = String::new();
    command(chair, Command::FloorRevoke { epoch, reason }).await?;
    let acknowledged = Instant::now();
    tokio::time::sleep(QUIET).await;
    let last = receivers
        .iter()
        .filter_map(|receiver| Some(receiver.started() + last_sound(&receiver.state())?))
        .max();
    Ok(last.map_or(Duration::ZERO, |last| {
        last.saturating_duration_since(acknowledged)
    }))
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
    let turn = state.view.floor.turn.as_ref()?;
    (turn.site == *holder).then_some(turn.epoch)
}
