//! What the rest of the product may read of a conference.

use crate::{
    Conference, ConferenceId, DeviceId, FloorRequest, Headcount, Link, LinkInterval, Session,
    Setup, SiteId, SiteLink, Timestamp, Turn,
};
use std::collections::BTreeMap;

impl Conference {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &ConferenceId {
        &self.id
    }

    /// Its configuration; none before the first event.
    #[must_use]
    pub fn setup(&self) -> Option<&Setup> {
        self.setup.as_ref()
    }

    /// Whether it is over for good.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The session that is open.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The turn of the site that holds the floor.
    #[must_use]
    pub fn turn(&self) -> Option<&Turn> {
        self.floor.turn.as_ref()
    }

    /// Requests with a queue place; the place of the first is 1.
    #[must_use]
    pub fn queue(&self) -> &[FloorRequest] {
        &self.floor.queue
    }

    /// Requests that wait for the chair, oldest first.
    #[must_use]
    pub fn pending(&self) -> &[FloorRequest] {
        &self.floor.pending
    }

    /// Devices that are linked, or lost and waited for.
    #[must_use]
    pub fn links(&self) -> &BTreeMap<DeviceId, Link> {
        &self.links.devices
    }

    /// The link of a site.
    #[must_use]
    pub fn site_link(&self, site: &SiteId) -> SiteLink {
        self.links.site(site)
    }

    /// Link intervals of all devices, in the order in which they began.
    #[must_use]
    pub fn intervals(&self) -> &[LinkInterval] {
        &self.attendance.intervals
    }

    /// Headcounts of each site, oldest first; the last one holds.
    #[must_use]
    pub fn headcounts(&self) -> &BTreeMap<SiteId, Vec<Headcount>> {
        &self.attendance.headcounts
    }

    /// People present at a site and at all sites below it, as they last declared. Sites that
    /// declared nothing count as none.
    #[must_use]
    pub fn present_within(&self, site: &SiteId) -> u64 {
        self.setup
            .as_ref()
            .map_or(0, |setup| self.attendance.present_within(setup, site))
    }

    /// Whether no new device of a room may come in.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.admission.locked
    }

    /// When the link's interval began.
    #[must_use]
    pub fn linked_since(&self, link: &Link) -> Timestamp {
        let interval = self.attendance.intervals.get(link.interval);
        interval.map_or_else(Timestamp::default, |interval| interval.from)
    }

    /// The device whose microphone and camera stand for a site now.
    #[must_use]
    pub fn speaking_device(&self, site: &SiteId) -> Option<&DeviceId> {
        self.links.source(site)
    }

    /// Whether the chair's microphone is heard beside the holder's.
    #[must_use]
    pub fn override_open(&self) -> bool {
        self.override_open
    }

    /// The site that the chair put on the main picture, linked or not.
    #[must_use]
    pub fn main_choice(&self) -> Option<&SiteId> {
        self.main_choice.as_ref()
    }
}
