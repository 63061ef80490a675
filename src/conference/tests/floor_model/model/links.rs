//! Links: who is there, and what becomes of turns when a link comes or goes (rule 11, 15).

use super::{Link, Model, Turn};
use diemcau_conference::{DeviceId, Epoch, Floor, PauseCause, Role, SiteId, Timestamp};

impl Model {
    /// Whether a site has a linked device that may speak for it.
    pub(crate) fn present(&self, site: &SiteId) -> bool {
        self.links
            .values()
            .any(|link| link.site == *site && link.lost.is_none() && self.speaks(link))
    }

    /// Secretary, technician and wall screens do not speak for a site; a deputy does while on the
    /// chair.
    fn speaks(&self, link: &Link) -> bool {
        let chairs = (link.role, &link.site) == (self.chair.role, &self.chair.site);
        matches!(link.role, Role::Chair | Role::Site) || chairs
    }

    pub(crate) fn is_linked(&self, device: &DeviceId) -> bool {
        self.links
            .get(device)
            .is_some_and(|link| link.lost.is_none())
    }

    /// Whether the holder of a turn is there: its site on the speech floor, the device that presents
    /// on the other.
    fn holder_is_there(&self, turn: &Turn) -> bool {
        match turn.floor {
            Floor::Speech => self.present(&turn.site),
            Floor::Presentation => turn.devices.iter().all(|device| self.is_linked(device)),
        }
    }

    /// Pauses and resumes turns as their holders went and came, and sees whether the chair is there.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        self.settle_from(now, now);
    }

    /// The same; a grace that begins does so at `from`, which is earlier when it is put down late.
    pub(crate) fn settle_from(&mut self, from: Timestamp, now: Timestamp) {
        let turns: Vec<(Epoch, bool, bool, SiteId)> = self
            .turns
            .iter()
            .map(|turn| {
                let lost = turn.pauses.contains(&PauseCause::Link);
                (
                    turn.epoch,
                    self.holder_is_there(turn),
                    lost,
                    turn.site.clone(),
                )
            })
            .collect();
        for (epoch, there, lost, site) in turns {
            if there && lost {
                self.resume_turn(now, epoch, PauseCause::Link);
            } else if !there {
                let until = self.waits_until(&site, from);
                // Who sat on the chair was waited for without end; that is over with the chair.
                let no_longer = until.is_some() && self.turn_mut(epoch).until.is_none();
                if !lost || no_longer {
                    self.pause_turn(now, epoch, PauseCause::Link, until);
                }
            }
        }
        self.look_for_chair(now);
    }

    /// Without the chair's own site there is nobody to give the floor on.
    fn waits_until(&self, site: &SiteId, from: Timestamp) -> Option<Timestamp> {
        (*site != self.chair.site).then(|| from + self.setup.rules.grace)
    }

    pub(crate) fn link_up(&mut self, now: Timestamp, device: &DeviceId, site: &SiteId, role: Role) {
        let link = Link {
            site: site.clone(),
            role,
            lost: None,
        };
        self.links.insert(device.clone(), link);
        self.settle(now);
    }

    pub(crate) fn link_down(&mut self, now: Timestamp, device: &DeviceId, left: bool) {
        let until = now + self.setup.rules.grace;
        if left {
            self.links.remove(device);
        } else if let Some(link) = self.links.get_mut(device) {
            link.lost.get_or_insert((now, until));
        }
        self.settle(now);
    }

    /// Ends links without a grace.
    pub(crate) fn end_links(&mut self, now: Timestamp, ends: impl Fn(&DeviceId, &Link) -> bool) {
        self.links.retain(|device, link| !ends(device, link));
        self.settle(now);
    }

    /// The server was away: all links are lost, and nobody could be back before it was there again.
    /// Running clocks get the time back.
    pub(crate) fn outage(&mut self, from: Timestamp, to: Timestamp) {
        let grace = self.setup.rules.grace;
        for link in self.links.values_mut() {
            let since = link.lost.map_or(from, |(since, _)| since);
            link.lost = Some((since, to + grace));
        }
        let turns: Vec<(Epoch, SiteId)> = self
            .turns
            .iter()
            .map(|turn| (turn.epoch, turn.site.clone()))
            .collect();
        for (epoch, site) in turns {
            let until = self.waits_until(&site, to);
            let turn = self.turn_mut(epoch);
            turn.spoken = turn.spoken_at(from);
            turn.since = None;
            turn.pauses.insert(PauseCause::Link);
            turn.until = until;
        }
        if let Some(called) = &mut self.called {
            called.until = called.until + (to - from);
        }
        // Nobody could see before then that the chair is away.
        if self.chair_was_there {
            self.chair.away_since = Some(to);
        }
    }
}
