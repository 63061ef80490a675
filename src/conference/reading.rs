//! What the rest of the product may read of a conference.

use crate::{
    AgendaItem, Called, Conference, ConferenceId, DeviceId, Floor, FloorRequest, Headcount, ItemId,
    Link, LinkInterval, Message, Session, Setup, SiteId, SiteLink, Timestamp, Turn,
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

    /// Running turns of a floor, the newest last: more than one in a dialogue.
    #[must_use]
    pub fn turns(&self, floor: Floor) -> &[Turn] {
        &self.floor.of(floor).turns
    }

    /// Requests with a queue place; the place of the first is 1.
    #[must_use]
    pub fn queue(&self, floor: Floor) -> &[FloorRequest] {
        &self.floor.of(floor).queue
    }

    /// Requests that wait for the chair, oldest first.
    #[must_use]
    pub fn pending(&self, floor: Floor) -> &[FloorRequest] {
        &self.floor.of(floor).pending
    }

    /// Prepared speakers of the current agenda item who have not spoken, in their order.
    #[must_use]
    pub fn prepared(&self) -> &[FloorRequest] {
        self.floor.prepared_for(self.agenda.current)
    }

    /// The site that was told it is next.
    #[must_use]
    pub fn called(&self) -> Option<&Called> {
        self.floor.called.as_ref()
    }

    /// The speech turn that was interrupted last and can be given back.
    #[must_use]
    pub fn interrupted(&self) -> Option<&Turn> {
        self.floor.interrupted()
    }

    /// Whether every microphone but the chair's is closed.
    #[must_use]
    pub fn all_muted(&self) -> bool {
        self.floor.all_muted
    }

    /// Whether nobody but the chair's site may present.
    #[must_use]
    pub fn presentation_locked(&self) -> bool {
        self.floor.presentation_locked
    }

    /// The agenda in its order.
    #[must_use]
    pub fn agenda(&self) -> &[AgendaItem] {
        &self.agenda.items
    }

    /// The agenda item that the conference is at.
    #[must_use]
    pub fn current_item(&self) -> Option<ItemId> {
        self.agenda.current
    }

    /// The line of text that everyone is shown.
    #[must_use]
    pub fn announcement(&self) -> Option<&str> {
        self.announcement.as_deref()
    }

    /// What was written, the newest last; the oldest of many are in the log only.
    #[must_use]
    pub fn chat(&self) -> &[Message] {
        &self.chat
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

    /// Headcounts of each site in all sessions, oldest first.
    #[must_use]
    pub fn headcounts(&self) -> &BTreeMap<SiteId, Vec<Headcount>> {
        &self.attendance.headcounts
    }

    /// What a site declared last for the session that is open, or for the next one.
    #[must_use]
    pub fn present(&self, site: &SiteId) -> Option<u32> {
        self.attendance.present.get(site).copied()
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
