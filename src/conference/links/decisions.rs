//! What becomes of a turn and of the record when a link comes or goes.

use super::{ended, speaks};
use crate::{
    Conference, DeviceId, Event, Link, Rejection, Role, Setup, SiteId, SiteKind, Timestamp,
};

/// Decisions. The caller has decided everything that is due already.
impl Conference {
    pub(crate) fn link_up(
        &self,
        now: Timestamp,
        setup: &Setup,
        device: &DeviceId,
        site: &SiteId,
        role: Role,
    ) -> Result<Vec<Event>, Rejection> {
        self.admits(device, site, role)?;
        let mut events = Vec::new();
        match self.links.devices.get(device) {
            Some(link) if link.site == *site && link.role == role => {
                if link.dropped.is_none() {
                    return Ok(events);
                }
                events.push(Event::LinkResumed {
                    device: device.clone(),
                    site: site.clone(),
                });
            }
            before => {
                // The device signed in as somebody else: for the record it left and came.
                if let Some(link) = before {
                    let end = link.dropped.map_or(now, |dropped| dropped.at);
                    events.push(ended(device, link, end));
                    if link.site != *site || !speaks(role) {
                        events.extend(self.pause_without(now, setup, |other, _| other == device));
                    }
                }
                events.push(Event::LinkUp {
                    device: device.clone(),
                    site: site.clone(),
                    role,
                });
            }
        }
        events.extend(self.resume_with(site, role));
        Ok(events)
    }

    /// Of a link whose grace has just run out there is nothing left to say.
    pub(crate) fn link_down(
        &self,
        now: Timestamp,
        setup: &Setup,
        device: &DeviceId,
        left: bool,
    ) -> Vec<Event> {
        let Some(link) = self.links.devices.get(device) else {
            return Vec::new();
        };
        let mut events = Vec::new();
        match (left, link.dropped) {
            (true, dropped) => events.push(ended(device, link, dropped.map_or(now, |d| d.at))),
            (false, None) => events.push(Event::LinkDropped {
                device: device.clone(),
                site: link.site.clone(),
                until: now + setup.rules.grace,
            }),
            (false, Some(_)) => {}
        }
        events.extend(self.pause_without(now, setup, |other, _| other == device));
        events
    }

    pub(crate) fn outage(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, Rejection> {
        if from > to {
            return Err(Rejection::BadNumber);
        }
        Ok(vec![Event::ServerOutage { from, to }])
    }

    /// Pauses the running turn if no device of its site is left to speak without those that are
    /// `gone`.
    pub(crate) fn pause_without(
        &self,
        now: Timestamp,
        setup: &Setup,
        gone: impl Fn(&DeviceId, &Link) -> bool,
    ) -> Option<Event> {
        let turn = self
            .floor
            .turn
            .as_ref()
            .filter(|turn| turn.running_since.is_some())?;
        let others =
            self.links.devices.iter().any(|(other, link)| {
                !gone(other, link) && link.site == turn.site && link.can_speak()
            });
        (!others).then(|| Event::FloorPaused {
            epoch: turn.epoch,
            site: turn.site.clone(),
            until: grace_of(setup, &turn.site, now),
        })
    }

    /// Lets a paused turn go on when a device that can speak for its site comes.
    fn resume_with(&self, site: &SiteId, role: Role) -> Option<Event> {
        let turn = self.floor.turn.as_ref()?;
        let paused = turn.site == *site && turn.running_since.is_none();
        (paused && speaks(role)).then(|| Event::FloorResumed {
            epoch: turn.epoch,
            site: turn.site.clone(),
        })
    }
}

/// Until when a holder that is lost at `from` is waited for. Without the central site there is
/// nobody to give the floor on, so the floor stays as it is.
pub(crate) fn grace_of(setup: &Setup, site: &SiteId, from: Timestamp) -> Option<Timestamp> {
    let member = setup
        .site(site)
        .is_some_and(|site| site.kind == SiteKind::Member);
    member.then(|| from + setup.rules.grace)
}
