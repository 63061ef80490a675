//! What becomes of a turn and of the record when a link comes or goes.

use super::ended;
use crate::{Conference, DeviceId, Event, Rejection, Role, Setup, SiteId, Timestamp};

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
                }
                events.push(Event::LinkUp {
                    device: device.clone(),
                    site: site.clone(),
                    role,
                });
            }
        }
        Ok(self.with_clocks(now, setup, events))
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
        let event = match (left, link.dropped) {
            (true, dropped) => ended(device, link, dropped.map_or(now, |d| d.at)),
            (false, None) => Event::LinkDropped {
                device: device.clone(),
                site: link.site.clone(),
                until: now + setup.rules.grace,
            },
            (false, Some(_)) => return Vec::new(),
        };
        self.with_clocks(now, setup, vec![event])
    }

    pub(crate) fn outage(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, Rejection> {
        if from > to {
            return Err(Rejection::BadNumber);
        }
        Ok(vec![Event::ServerOutage { from, to }])
    }
}

/// Until when a holder that is lost at `from` is waited for. Without the chair's site there is
/// nobody to give the floor on, so the floor stays as it is.
pub(crate) fn grace_of(
    setup: &Setup,
    chair: &SiteId,
    site: &SiteId,
    from: Timestamp,
) -> Option<Timestamp> {
    (site != chair).then(|| from + setup.rules.grace)
}
