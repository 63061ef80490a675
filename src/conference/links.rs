//! Which devices are linked now, and which of them stands for its site.

mod decisions;

pub(crate) use decisions::grace_of;

use crate::{DeviceId, Event, Millis, Role, SiteId, Timestamp};
use std::collections::BTreeMap;

/// The signalling link of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its site.
    pub site: SiteId,
    /// Its role.
    pub role: Role,
    /// Set while the link is lost and waited for.
    pub dropped: Option<Dropped>,
    /// Its interval's place in the record, which is also the order in which devices came. A
    /// device that is back within the grace has its old place.
    pub(crate) interval: usize,
}

/// A link that is lost and waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// When it was lost.
    pub at: Timestamp,
    /// Until when it is waited for.
    pub until: Timestamp,
}

/// The signalling link of a site: that of its best device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteLink {
    /// At least one device is linked.
    Linked {
        /// Since when without a gap.
        since: Timestamp,
        /// How many devices are linked.
        devices: u32,
    },
    /// The last device was lost and may be back within the grace.
    Dropped {
        /// When it was lost.
        since: Timestamp,
    },
    /// No device.
    Absent {
        /// When the last one was lost or left; none if there never was one.
        since: Option<Timestamp>,
    },
}

/// The links of all devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Links {
    pub(crate) devices: BTreeMap<DeviceId, Link>,
    /// The site of the deputy who sits on the chair.
    pub(crate) deputy: Option<SiteId>,
    sites: BTreeMap<SiteId, SiteLink>,
}

impl Links {
    pub(crate) fn up(&mut self, device: DeviceId, link: Link, at: Timestamp) {
        let site = link.site.clone();
        self.devices.insert(device, link);
        self.refresh(&site, at);
    }

    pub(crate) fn drop(&mut self, device: &DeviceId, dropped: Dropped) {
        if let Some(link) = self.devices.get_mut(device) {
            link.dropped = Some(dropped);
            let site = link.site.clone();
            self.refresh(&site, dropped.at);
        }
    }

    pub(crate) fn resume(&mut self, device: &DeviceId, at: Timestamp) {
        if let Some(link) = self.devices.get_mut(device) {
            link.dropped = None;
            let site = link.site.clone();
            self.refresh(&site, at);
        }
    }

    pub(crate) fn end(&mut self, device: &DeviceId, end: Timestamp) -> Option<Link> {
        let link = self.devices.remove(device)?;
        self.refresh(&link.site, end);
        Some(link)
    }

    /// Drops every link at `from`. Nobody could be back before `to`, so the grace begins there,
    /// for those too that were waited for already.
    pub(crate) fn outage(&mut self, from: Timestamp, to: Timestamp, grace: Millis) {
        for link in self.devices.values_mut() {
            let at = link.dropped.map_or(from, |dropped| dropped.at);
            let until = to + grace;
            link.dropped = Some(Dropped { at, until });
        }
        let sites: Vec<SiteId> = self.sites.keys().cloned().collect();
        for site in sites {
            self.refresh(&site, from);
        }
    }

    /// Whether a device may speak for its site. Secretary and technician serve the central site,
    /// a display only shows, and a deputy speaks while on the chair.
    fn speaks(&self, link: &Link) -> bool {
        match link.role {
            Role::Chair | Role::Site => true,
            Role::Deputy => self.deputy.as_ref() == Some(&link.site),
            Role::Secretary | Role::Technician | Role::Display => false,
        }
    }

    /// Whether a device is linked.
    pub(crate) fn is_linked(&self, device: &DeviceId) -> bool {
        let link = self.devices.get(device);
        link.is_some_and(|link| link.dropped.is_none())
    }

    /// Whether somebody of a site in a role is linked.
    pub(crate) fn has(&self, site: &SiteId, role: Role) -> bool {
        let mut links = self.devices.values();
        links.any(|link| link.site == *site && link.role == role && link.dropped.is_none())
    }

    /// Whether a site has a linked device that may speak for it.
    pub(crate) fn is_present(&self, site: &SiteId) -> bool {
        let mut links = self.devices.values();
        links.any(|link| link.site == *site && link.dropped.is_none() && self.speaks(link))
    }

    /// The device whose microphone and camera stand for a site: of those that are linked the one
    /// that came first, but who sits on the chair before others. So a device that joins changes
    /// nothing. Media outlives signalling: where none is linked, one that may be back within its
    /// grace goes on.
    pub(crate) fn source(&self, site: &SiteId) -> Option<&DeviceId> {
        let chair = match &self.deputy {
            Some(_) => Role::Deputy,
            None => Role::Chair,
        };
        self.devices
            .iter()
            .filter(|(_, link)| link.site == *site && self.speaks(link))
            .min_by_key(|(_, link)| (link.dropped.is_some(), link.role != chair, link.interval))
            .map(|(device, _)| device)
    }

    /// The device of who sits on the chair, if it stands for its site.
    pub(crate) fn chair(&self, site: &SiteId, role: Role) -> Option<&DeviceId> {
        self.source(site)
            .filter(|device| self.devices[*device].role == role)
    }

    pub(crate) fn site(&self, site: &SiteId) -> SiteLink {
        self.sites
            .get(site)
            .copied()
            .unwrap_or(SiteLink::Absent { since: None })
    }

    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = Event> {
        self.devices.iter().filter_map(move |(device, link)| {
            let dropped = link.dropped.filter(|dropped| dropped.until <= now)?;
            Some(ended(device, link, dropped.at))
        })
    }

    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.devices
            .values()
            .filter_map(|link| Some(link.dropped?.until))
            .min()
    }

    /// The intervals of all devices end: at `now`, or when they were lost.
    pub(crate) fn all_ended(&self, now: Timestamp) -> impl Iterator<Item = Event> {
        self.devices.iter().map(move |(device, link)| {
            ended(device, link, link.dropped.map_or(now, |dropped| dropped.at))
        })
    }

    /// Reads a site's link from those of its devices; `since` changes with the kind of state.
    fn refresh(&mut self, site: &SiteId, at: Timestamp) {
        let of_site = || self.devices.values().filter(|link| link.site == *site);
        let devices = of_site()
            .filter(|link| link.dropped.is_none())
            .map(|_| 1)
            .sum();
        let now = match (devices, self.site(site)) {
            (0, SiteLink::Dropped { since }) if of_site().next().is_some() => {
                SiteLink::Dropped { since }
            }
            (0, _) if of_site().next().is_some() => SiteLink::Dropped { since: at },
            // A site that was lost has been absent since then, not since the grace was over.
            (0, SiteLink::Dropped { since }) => SiteLink::Absent { since: Some(since) },
            (0, SiteLink::Absent { since }) => SiteLink::Absent { since },
            (0, SiteLink::Linked { .. }) => SiteLink::Absent { since: Some(at) },
            (devices, SiteLink::Linked { since, .. }) => SiteLink::Linked { since, devices },
            (devices, _) => SiteLink::Linked { since: at, devices },
        };
        self.sites.insert(site.clone(), now);
    }
}

pub(crate) fn ended(device: &DeviceId, link: &Link, end: Timestamp) -> Event {
    Event::LinkEnded {
        device: device.clone(),
        site: link.site.clone(),
        end,
    }
}
