//! The record of attendance: link intervals, which the machine writes, and headcounts, which
//! people declare. Neither is ever derived from the other.

use crate::{
    Conference, DeviceId, Event, ItemId, Rejection, Role, Setup, SiteId, Timestamp, limits,
};
use std::collections::BTreeMap;

/// A time during which a device was linked. A reconnect within the grace continues it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkInterval {
    /// The device.
    pub device: DeviceId,
    /// Its site.
    pub site: SiteId,
    /// Its role.
    pub role: Role,
    /// When it came.
    pub from: Timestamp,
    /// When it was lost or left; none while it is linked or may yet be back.
    pub to: Option<Timestamp>,
}

/// How many people a site said were in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headcount {
    /// When it said so.
    pub at: Timestamp,
    /// How many.
    pub present: u32,
    /// The agenda item that was under way.
    pub item: Option<ItemId>,
}

/// Everything that attendance reports are made from; it only grows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Attendance {
    pub(crate) intervals: Vec<LinkInterval>,
    /// By site, oldest first.
    pub(crate) headcounts: BTreeMap<SiteId, Vec<Headcount>>,
    /// What each site declared last for the session that is open, or for the next one: each session
    /// has its own roll.
    pub(crate) present: BTreeMap<SiteId, u32>,
}

impl Attendance {
    /// Begins an interval; the answer is its place in the record.
    pub(crate) fn begin(&mut self, interval: LinkInterval) -> usize {
        self.intervals.push(interval);
        self.intervals.len() - 1
    }

    pub(crate) fn end(&mut self, place: usize, end: Timestamp) {
        if let Some(interval) = self.intervals.get_mut(place) {
            interval.to = Some(end.max(interval.from));
        }
    }

    pub(crate) fn declare(&mut self, site: SiteId, headcount: Headcount) {
        self.present.insert(site.clone(), headcount.present);
        self.headcounts.entry(site).or_default().push(headcount);
    }

    /// Whether a site is named in the record.
    pub(crate) fn names(&self, site: &SiteId) -> bool {
        self.headcounts.contains_key(site) || self.intervals.iter().any(|i| i.site == *site)
    }

    /// Whether a device was ever linked.
    pub(crate) fn knows(&self, device: &DeviceId) -> bool {
        self.intervals.iter().any(|i| i.device == *device)
    }

    /// The people in the rooms of `top` and of all sites below it, as last declared.
    pub(crate) fn present_within(&self, setup: &Setup, top: &SiteId) -> u64 {
        let within = |site: &SiteId| setup.is_within(site, top);
        let present = self.present.iter().filter(|(site, _)| within(site));
        present.map(|(_, present)| u64::from(*present)).sum()
    }
}

impl Conference {
    /// The same number again is a statement too: it was still so at that time.
    pub(crate) fn declare_headcount(
        &self,
        site: &SiteId,
        present: u32,
    ) -> Result<Vec<Event>, Rejection> {
        limits::check_people(present)?;
        Ok(vec![Event::HeadcountDeclared {
            site: site.clone(),
            present,
        }])
    }
}
