//! How the lines of a conference are, for people: from the figures of the media plane and what pages
//! see, to hints for those whom it concerns.
//!
//! It is live, and in no log: nobody has decided it. A site's own page is told of its own device, so
//! that the mend is for whoever reads it; hosts are told of every site, by the worst of its devices.

mod report;
mod standing;
mod verdict;

use super::media::To;
use diemcau_conference::{DeviceId, SiteId, Timestamp};
use diemcau_media::{Ports, Quality, Way};
use diemcau_protocol::{Hint, LineGrade, PageQuality, QualityCause, SiteQuality};
use standing::Standing;
use std::collections::{BTreeMap, BTreeSet};
use verdict::{Figures, Verdict, judge};

/// Hosts are told no more often than this, in milliseconds: many sites come in one hint.
const HOSTS_EVERY: u64 = 2_000;
/// A page's report is true no longer than this, in milliseconds: it says every ten seconds that all
/// is well.
const REPORT_LASTS: u64 = 16_000;
/// Reports of one page that come faster, in milliseconds, are not taken in: a page looks every five
/// seconds, a busy one now and then a little earlier.
const REPORTS_EVERY: u64 = 2_500;

/// A report is on its way for no longer than this, in milliseconds.
const REPORT_LATE: u64 = 5_000;

/// All lines of a conference.
pub(super) struct Lines {
    port: Ports,
    devices: BTreeMap<DeviceId, Line>,
    /// Devices whose own pages have not been told of the last change.
    changed: BTreeSet<DeviceId>,
    /// What hosts were told; sites that are good are not here.
    told: BTreeMap<SiteId, Verdict>,
    told_at: Timestamp,
}

/// The line of a device.
struct Line {
    site: SiteId,
    /// The last figures of the media plane, which the next are averaged with.
    server: Figures,
    page: Option<Report>,
    standing: Standing,
}

/// What a page last saw.
struct Report {
    at: Timestamp,
    figures: Figures,
}

impl Lines {
    /// No lines yet. `port` is that of media.
    pub(super) fn new(port: Ports) -> Self {
        Self {
            port,
            devices: BTreeMap::new(),
            changed: BTreeSet::new(),
            told: BTreeMap::new(),
            told_at: Timestamp::default(),
        }
    }

    /// Takes in what the media plane has measured of a device. `silent`: nothing came.
    pub(super) fn measured(
        &mut self,
        now: Timestamp,
        device: &DeviceId,
        site: &SiteId,
        quality: &Quality,
        silent: bool,
    ) {
        let server = Figures {
            silent,
            ..figures_of(quality)
        };
        let line = self.devices.entry(device.clone()).or_insert_with(|| Line {
            site: site.clone(),
            server,
            page: None,
            standing: Standing::new(now),
        });
        let mean = server.mean(&line.server);
        line.server = server;
        let page = line.page.as_ref();
        let page = page.filter(|page| (now - page.at).0 < REPORT_LASTS);
        let seen = judge(
            &page.map_or(mean, |page| page.figures.with(mean)),
            self.port,
        );
        if line.standing.observe(now, seen) {
            self.changed.insert(device.clone());
        }
    }

    /// Takes in what a page has seen.
    pub(super) fn reported(
        &mut self,
        now: Timestamp,
        device: &DeviceId,
        report: &PageQuality,
    ) -> Reported {
        if !report::is_possible(report) {
            return Reported::Impossible;
        }
        // Without a media connection there is nothing to see.
        let Some(line) = self.devices.get_mut(device) else {
            return Reported::Ignored;
        };
        let before = line.page.as_ref();
        if before.is_some_and(|before| {
            let since = (now - before.at).0;
            // Nor does it tell of more time than has passed since the last.
            since < REPORTS_EVERY || u64::from(report.over_ms) > since + REPORT_LATE
        }) {
            return Reported::Ignored;
        }
        // It is about as long a time as two measures of the media plane, and needs no other beside it.
        line.page = Some(Report {
            at: now,
            figures: report::figures(report),
        });
        Reported::Taken
    }

    /// Forgets devices that have no media connection any more. What their own pages were told is over.
    pub(super) fn keep(&mut self, has_media: impl Fn(&DeviceId) -> bool) -> Vec<(To, Hint)> {
        let mut over = Vec::new();
        self.devices.retain(|device, line| {
            let stays = has_media(device);
            if !stays && line.standing.told() != Verdict::GOOD {
                let own = site_quality(&line.site, Verdict::GOOD);
                over.push((To::SitePage(device.clone()), hint(vec![own])));
            }
            stays
        });
        over
    }

    /// What pages are to be told of their own devices.
    pub(super) fn tell_pages(&mut self) -> Vec<(To, Hint)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let hints = changed.filter_map(|device| {
            let line = self.devices.get(&device)?;
            let own = site_quality(&line.site, line.standing.told());
            Some((To::SitePage(device), hint(vec![own])))
        });
        hints.collect()
    }

    /// Whether it is time to see what hosts should know.
    pub(super) fn hosts_are_due(&self, now: Timestamp) -> bool {
        (now - self.told_at).0 >= HOSTS_EVERY
    }

    /// What hosts are to be told: the sites that are not as they were told before.
    pub(super) fn tell_hosts(&mut self, now: Timestamp) -> Option<(To, Hint)> {
        self.told_at = now;
        let sites = self.sites();
        let over = self.told.keys().filter(|site| !sites.contains_key(*site));
        let mut news: Vec<SiteQuality> =
            over.map(|site| site_quality(site, Verdict::GOOD)).collect();
        let changed = sites
            .iter()
            .filter(|(site, verdict)| self.told.get(*site) != Some(verdict));
        news.extend(changed.map(|(site, verdict)| site_quality(site, *verdict)));
        self.told = sites;
        (!news.is_empty()).then(|| (To::Host, hint(news)))
    }

    /// What a page is told that has just come.
    pub(super) fn greet(&self, device: &DeviceId, host: bool) -> Option<Hint> {
        let sites: Vec<SiteQuality> = if host {
            let told = self.told.iter();
            told.map(|(site, verdict)| site_quality(site, *verdict))
                .collect()
        } else {
            let own = self.devices.get(device);
            let own = own.filter(|own| own.standing.told() != Verdict::GOOD);
            own.map(|own| site_quality(&own.site, own.standing.told()))
                .into_iter()
                .collect()
        };
        (!sites.is_empty()).then(|| hint(sites))
    }

    /// Sites with media, by grade: good, usable, bad.
    pub(super) fn by_grade(&self) -> [u64; 3] {
        let mut grades: BTreeMap<&SiteId, LineGrade> = BTreeMap::new();
        for line in self.devices.values() {
            let grade = grades.entry(&line.site).or_insert(LineGrade::Good);
            *grade = (*grade).max(line.standing.told().grade);
        }
        let count = |grade| grades.values().filter(|it| **it == grade).count() as u64;
        [LineGrade::Good, LineGrade::Usable, LineGrade::Bad].map(count)
    }

    /// The sites that are not good, each by the worst of its devices.
    fn sites(&self) -> BTreeMap<SiteId, Verdict> {
        let mut sites: BTreeMap<SiteId, Verdict> = BTreeMap::new();
        for line in self.devices.values() {
            let told = line.standing.told();
            if told.grade == LineGrade::Good {
                continue;
            }
            let worst = sites.entry(line.site.clone()).or_insert(told);
            if told.grade > worst.grade {
                *worst = told;
            }
        }
        sites
    }
}

/// What became of a page's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reported {
    /// It is taken in.
    Taken,
    /// It says nothing now.
    Ignored,
    /// No page can have seen that.
    Impossible,
}

impl Figures {
    /// What a page sees, with what the media plane measured.
    fn with(self, server: Self) -> Self {
        Self {
            frozen: self.frozen,
            concealed: self.concealed,
            decoding: self.decoding,
            camera: self.camera,
            limit: self.limit,
            ..server
        }
    }
}

fn figures_of(quality: &Quality) -> Figures {
    let millis = |way: &Way| way.jitter.map(|jitter| jitter.as_secs_f64() * 1000.0);
    let Quality { up, down, .. } = quality;
    Figures {
        loss_up: up.loss,
        unrepaired_up: up.unrepaired,
        loss_down: down.loss,
        jitter_up: millis(up),
        jitter_down: millis(down),
        round_trip: quality.round_trip.map(|time| time.as_secs_f64() * 1000.0),
        rate_up: Some(up.bytes_per_second as f64 * 8.0 / 1000.0),
        rate_down: quality.carries.map(|rate| rate as f64 / 1000.0),
        held: quality.held,
        over_tcp: quality.over_tcp,
        ..Figures::default()
    }
}

fn site_quality(site: &SiteId, Verdict { grade, cause }: Verdict) -> SiteQuality {
    let cause = cause.map(|cause| {
        let finding = cause.finding(grade);
        QualityCause {
            code: finding.code,
            short: cause.short(),
            message: finding.message,
        }
    });
    SiteQuality {
        site: site.clone(),
        grade,
        cause,
    }
}

fn hint(sites: Vec<SiteQuality>) -> Hint {
    Hint::Quality { sites }
}

#[cfg(test)]
mod tests;
