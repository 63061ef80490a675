//! Who may be in the room: devices that the chair removed, codes that were changed, the lock.

use crate::{
    Actor, Conference, DeviceId, Event, Rejection, Role, Setup, SiteId, Timestamp, links::ended,
};
use std::collections::BTreeSet;

/// What keeps devices out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Admission {
    /// No device of a room comes in that was not in before.
    pub(crate) locked: bool,
    /// Removed by the chair, for good: whoever signs in again there is another device.
    pub(crate) removed: BTreeSet<DeviceId>,
}

impl Conference {
    /// Whether a device may come in, or come back.
    ///
    /// # Errors
    /// Says what keeps it out.
    pub fn admits(&self, device: &DeviceId, site: &SiteId, role: Role) -> Result<(), Rejection> {
        let setup = self.setup.as_ref().ok_or(Rejection::BadSetup)?;
        setup.seats(site, role)?;
        if self.admission.removed.contains(device) {
            return Err(Rejection::DeviceRemoved);
        }
        // The host's own people are never locked out: one of them has to open the room again.
        if self.admission.locked && !role.is_host() && !self.attendance.knows(device) {
            return Err(Rejection::RoomLocked);
        }
        let seated = |id: &DeviceId| {
            self.links
                .devices
                .get(id)
                .is_some_and(|link| link.site == *site && link.role == role)
        };
        let linked = self
            .links
            .devices
            .iter()
            .filter(|(id, link)| seated(id) && link.dropped.is_none())
            .count();
        if !seated(device) && linked >= setup.rules.devices_per_site as usize {
            return Err(Rejection::TooManyDevices);
        }
        Ok(())
    }

    pub(crate) fn lock(&self, locked: bool) -> Result<Vec<Event>, Rejection> {
        if locked == self.admission.locked {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::RoomLocked { locked }])
    }

    pub(crate) fn remove_device(
        &self,
        now: Timestamp,
        setup: &Setup,
        actor: &Actor,
        device: &DeviceId,
    ) -> Result<Vec<Event>, Rejection> {
        if is_device(actor, device) {
            return Err(Rejection::OwnDevice);
        }
        let link = self
            .links
            .devices
            .get(device)
            .ok_or(Rejection::UnknownDevice)?;
        let removed = Event::DeviceRemoved {
            device: device.clone(),
            site: link.site.clone(),
            role: link.role,
        };
        let ended = self.end_links(now, |other, _| other == device);
        let events = std::iter::once(removed).chain(ended).collect();
        Ok(self.with_clocks(now, setup, events))
    }

    /// Whoever came in with the old code is out; who changed it stays.
    pub(crate) fn change_code(
        &self,
        now: Timestamp,
        setup: &Setup,
        actor: &Actor,
        site: &SiteId,
        role: Role,
    ) -> Result<Vec<Event>, Rejection> {
        if role.code() != role {
            return Err(Rejection::NotAllowed);
        }
        setup.seats(site, role)?;
        let changed = Event::CodeChanged {
            site: site.clone(),
            role,
        };
        let ended = self.end_links(now, |device, link| {
            link.site == *site && link.role.code() == role && !is_device(actor, device)
        });
        let events = std::iter::once(changed).chain(ended).collect();
        Ok(self.with_clocks(now, setup, events))
    }

    /// Ends links at once, without a grace.
    fn end_links(
        &self,
        now: Timestamp,
        ends: impl Fn(&DeviceId, &crate::Link) -> bool,
    ) -> Vec<Event> {
        let links = self.links.devices.iter();
        links
            .filter(|(device, link)| ends(device, link))
            .map(|(device, link)| ended(device, link, link.dropped.map_or(now, |lost| lost.at)))
            .collect()
    }

    pub(crate) fn apply_admission(&mut self, event: &Event) {
        match event {
            Event::RoomLocked { locked } => self.admission.locked = *locked,
            Event::DeviceRemoved { device, .. } => {
                self.admission.removed.insert(device.clone());
            }
            _ => {}
        }
    }
}

fn is_device(actor: &Actor, device: &DeviceId) -> bool {
    matches!(actor, Actor::Person { device: own, .. } if own == device)
}
