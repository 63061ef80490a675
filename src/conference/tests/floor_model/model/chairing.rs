//! Who chairs (rule 12).

use super::{Against, Chair, Model, Verdict, idle};
use diemcau_conference::{Rejection, Role, SiteId, Timestamp};

impl Model {
    /// Whether a device of whoever chairs is linked.
    pub(crate) fn chair_is_there(&self) -> bool {
        self.links.values().any(|link| {
            link.lost.is_none() && link.role == self.chair.role && link.site == self.chair.site
        })
    }

    /// Away from the moment at which the last device was lost; one who never came is not away.
    pub(crate) fn look_for_chair(&mut self, now: Timestamp) {
        if self.chair_is_there() {
            self.chair.away_since = None;
            self.chair_was_there = true;
        } else if self.chair_was_there && self.chair.away_since.is_none() {
            self.chair.away_since = Some(now);
        }
    }

    /// The first deputy in order of whom a device is linked, and who does not sit on the chair.
    pub(crate) fn deputy_present(&self) -> Option<SiteId> {
        let present = |site: &&SiteId| {
            self.links
                .values()
                .any(|link| link.lost.is_none() && link.role == Role::Deputy && link.site == **site)
        };
        self.setup.deputies.iter().find(present).cloned()
    }

    pub(crate) fn pass_to(&mut self, due: Timestamp, now: Timestamp, site: SiteId) {
        self.pass(due, now, site, Role::Deputy);
    }

    fn pass(&mut self, due: Timestamp, now: Timestamp, site: SiteId, role: Role) {
        let term = self.chair.term + 1;
        self.tell(format!("passed {term} {site} {role:?}"));
        if self.override_open {
            self.open_override(false);
        }
        self.chair = Chair {
            term,
            site,
            role,
            away_since: None,
        };
        self.chair_was_there = self.chair_is_there();
        self.settle_from(due, now);
        self.settle_muted(now);
    }

    pub(crate) fn take_chair(&mut self, now: Timestamp, site: &SiteId) -> Verdict {
        let mut against = Against::default().when(self.chair_is_there(), Rejection::ChairPresent);
        if (self.chair.role, &self.chair.site) == (Role::Deputy, site) {
            against = against
                .when(true, Rejection::NoChange)
                .when(true, Rejection::ChairPresent);
        }
        against.or(|| self.pass_to(now, now, site.clone()))
    }

    pub(crate) fn reclaim_chair(&mut self, now: Timestamp) -> Verdict {
        if self.chair.role == Role::Chair {
            return Verdict::Refused([Rejection::NoChange].into());
        }
        let central = self.central();
        self.pass(now, now, central, Role::Chair);
        Verdict::Done
    }

    pub(crate) fn open_override(&mut self, open: bool) -> Verdict {
        if self.override_open == open {
            return idle(&[Rejection::NoChange]);
        }
        self.override_open = open;
        self.tell(format!("override {open}"));
        Verdict::Done
    }
}
