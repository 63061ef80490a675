//! Figures of a conference for `/metrics`, kept where whoever asks need not wait for the room.

use diemcau_conference::{Conference, Floor, SiteLink};
use std::sync::atomic::{AtomicU64, Ordering};

/// How a conference stands.
#[derive(Debug, Default)]
pub(super) struct Figures {
    sites: AtomicU64,
    sites_linked: AtomicU64,
    floor_requests: AtomicU64,
    /// Sites with media whose lines are good, usable, bad.
    lines: [AtomicU64; 3],
}

impl Figures {
    /// Takes in what the conference is now.
    pub(super) fn note(&self, conference: &Conference) {
        let sites = conference.setup().map_or(&[][..], |setup| &setup.sites);
        let linked = |id| matches!(conference.site_link(id), SiteLink::Linked { .. });
        let linked = sites.iter().filter(|site| linked(&site.id)).count();
        let waiting = |floor| conference.queue(floor).len() + conference.pending(floor).len();
        let requests: usize = Floor::ALL.into_iter().map(waiting).sum();
        self.sites.store(sites.len() as u64, Ordering::Relaxed);
        self.sites_linked.store(linked as u64, Ordering::Relaxed);
        self.floor_requests
            .store(requests as u64, Ordering::Relaxed);
    }

    /// Takes in how lines are now.
    pub(super) fn note_lines(&self, by_grade: [u64; 3]) {
        for (line, sites) in self.lines.iter().zip(by_grade) {
            line.store(sites, Ordering::Relaxed);
        }
    }

    /// Sites with media whose lines are good, usable, bad.
    pub(super) fn lines(&self) -> [u64; 3] {
        self.lines
            .each_ref()
            .map(|line| line.load(Ordering::Relaxed))
    }

    /// (sites, sites that are linked, requests for the floor).
    pub(super) fn read(&self) -> (u64, u64, u64) {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (
            read(&self.sites),
            read(&self.sites_linked),
            read(&self.floor_requests),
        )
    }
}
