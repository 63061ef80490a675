//! The clocks of running turns: what the chair does to them, and what stops them.

use crate::{
    Conference, DeviceId, Epoch, Event, Floor, Millis, PauseCause, Rejection, Setup, Timestamp,
    Turn, limits, links::grace_of,
};

impl Conference {
    pub(crate) fn extend(&self, epoch: Epoch, by: Millis) -> Result<Vec<Event>, Rejection> {
        let turn = self.timed(epoch)?;
        limits::check_length(Some(by))?;
        Ok(vec![Event::FloorExtended {
            epoch,
            site: turn.site.clone(),
            added: by,
        }])
    }

    pub(crate) fn pause(&self, epoch: Epoch) -> Result<Vec<Event>, Rejection> {
        let turn = self.timed(epoch)?;
        if turn.pauses.contains(&PauseCause::Chair) {
            return Err(Rejection::NoChange);
        }
        Ok(vec![paused(turn, PauseCause::Chair, None)])
    }

    pub(crate) fn resume(&self, epoch: Epoch) -> Result<Vec<Event>, Rejection> {
        let turn = self.timed(epoch)?;
        if !turn.pauses.contains(&PauseCause::Chair) {
            return Err(Rejection::NoChange);
        }
        Ok(vec![resumed(turn, PauseCause::Chair)])
    }

    fn timed(&self, epoch: Epoch) -> Result<&Turn, Rejection> {
        let turn = self.floor.turn(epoch)?;
        if turn.floor == Floor::Speech {
            Ok(turn)
        } else {
            Err(Rejection::StaleEpoch)
        }
    }

    pub(crate) fn mute_all(
        &self,
        now: Timestamp,
        setup: &Setup,
        muted: bool,
    ) -> Result<Vec<Event>, Rejection> {
        if muted == self.floor.all_muted {
            return Err(Rejection::NoChange);
        }
        Ok(self.with_clocks(now, setup, vec![Event::MicrophonesMuted { muted }]))
    }

    /// Sound of a microphone that is heard is here.
    pub(crate) fn microphone_seen(&self, device: &DeviceId) -> Vec<Event> {
        let turns = self.floor.of(Floor::Speech).turns.iter();
        let site = self.links.devices.get(device).map(|link| &link.site);
        let turn = turns
            .filter(|turn| turn.awaiting_media)
            .find(|turn| Some(&turn.site) == site);
        let seen = turn.map(|turn| Event::FloorMediaSeen {
            epoch: turn.epoch,
            site: turn.site.clone(),
        });
        seen.into_iter().collect()
    }

    /// These events, and what follows from them for the clocks.
    pub(crate) fn with_clocks(
        &self,
        now: Timestamp,
        setup: &Setup,
        mut events: Vec<Event>,
    ) -> Vec<Event> {
        if self.floor.turns().next().is_none() && !events.iter().any(is_grant) {
            return events;
        }
        let after = self.after(now, &events);
        events.extend(after.clocks(now, setup));
        events
    }

    /// Compares the clocks of all turns with what should stop them, and gives the difference; the
    /// second time there is none.
    fn clocks(&self, now: Timestamp, setup: &Setup) -> Vec<Event> {
        let mut events = Vec::new();
        for turn in self.floor.turns() {
            let waits = turn.waits_for_link();
            match (self.can_go_on(turn), waits) {
                (false, false) => {
                    let until = self.grace_of(setup, &turn.site, now);
                    events.push(paused(turn, PauseCause::Link, until));
                }
                (true, true) => events.push(resumed(turn, PauseCause::Link)),
                // Who is waited for without end as the chair is no longer: another sits there.
                (false, true) if turn.grace_until.is_none() => {
                    let until = self.grace_of(setup, &turn.site, now);
                    events.extend(until.map(|_| paused(turn, PauseCause::Link, until)));
                }
                _ => {}
            }
            let muted = turn.pauses.contains(&PauseCause::Muted);
            match (self.is_muted(turn), muted) {
                (true, false) => events.push(paused(turn, PauseCause::Muted, None)),
                (false, true) => events.push(resumed(turn, PauseCause::Muted)),
                _ => {}
            }
        }
        events
    }

    /// Whether the link over which a turn is held is there.
    fn can_go_on(&self, turn: &Turn) -> bool {
        match &turn.device {
            Some(device) => self.links.is_linked(device),
            None => self.links.is_present(&turn.site),
        }
    }

    fn is_muted(&self, turn: &Turn) -> bool {
        self.floor.all_muted && turn.floor == Floor::Speech && turn.site != self.chair_site()
    }

    pub(crate) fn grace_of(
        &self,
        setup: &Setup,
        site: &crate::SiteId,
        from: Timestamp,
    ) -> Option<Timestamp> {
        grace_of(setup, &self.chair_site(), site, from)
    }
}

fn is_grant(event: &Event) -> bool {
    matches!(event, Event::FloorGranted { .. })
}

fn paused(turn: &Turn, cause: PauseCause, until: Option<Timestamp>) -> Event {
    Event::FloorPaused {
        epoch: turn.epoch,
        site: turn.site.clone(),
        until,
        cause,
    }
}

fn resumed(turn: &Turn, cause: PauseCause) -> Event {
    Event::FloorResumed {
        epoch: turn.epoch,
        site: turn.site.clone(),
        cause,
    }
}
