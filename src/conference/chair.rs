//! Who sits on the chair. When the chair's link is lost the floor stays as it is, and after a grace
//! the first deputy who is there takes over. Each passing has a higher term, and whoever sat there
//! before has no command of the chair any more: the log decides, not who believes to be chair.

use crate::{Conference, Event, Rejection, Role, Setup, SiteId, Timestamp, floor::Asker};

/// Who sits on the chair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chair {
    /// Counts up with every passing.
    pub term: u32,
    /// Where they sit.
    pub site: SiteId,
    /// Chair or deputy.
    pub role: Role,
    /// Since when no device of theirs is linked, if one ever was.
    pub away_since: Option<Timestamp>,
}

/// The state of the chair.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Chairing {
    pub(crate) term: u32,
    /// The site of the deputy who sits on it.
    pub(crate) deputy: Option<SiteId>,
    /// A device of who sits there was linked since they do.
    came: bool,
    pub(crate) away_since: Option<Timestamp>,
}

impl Conference {
    /// Who sits on the chair.
    #[must_use]
    pub fn chair(&self) -> Chair {
        Chair {
            term: self.chairing.term,
            site: self.chair_site(),
            role: self.chair_role(),
            away_since: self.chairing.away_since,
        }
    }

    /// The site of who sits on the chair.
    pub(crate) fn chair_site(&self) -> SiteId {
        let central = || self.setup.as_ref()?.central().map(|site| site.id.clone());
        let deputy = self.chairing.deputy.clone();
        deputy.or_else(central).unwrap_or_default()
    }

    fn chair_role(&self) -> Role {
        match self.chairing.deputy {
            Some(_) => Role::Deputy,
            None => Role::Chair,
        }
    }

    /// Whether somebody is who sits on the chair now.
    #[must_use]
    pub fn chairs(&self, site: &SiteId, role: Role) -> bool {
        role == self.chair_role() && *site == self.chair_site()
    }

    /// Whether nobody is there to decide: nothing goes on by itself then.
    pub(crate) fn chair_is_away(&self) -> bool {
        self.chairing.away_since.is_some()
    }

    /// A deputy takes the chair while nobody sits there.
    pub(crate) fn take_chair(
        &self,
        now: Timestamp,
        setup: &Setup,
        asker: &Asker<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        if self.chairs(asker.site, asker.role) {
            return Err(Rejection::NoChange);
        }
        if self.links.has(&self.chair_site(), self.chair_role()) {
            return Err(Rejection::ChairPresent);
        }
        Ok(self.pass_chair(now, setup, asker.site, asker.role))
    }

    pub(crate) fn reclaim_chair(
        &self,
        now: Timestamp,
        setup: &Setup,
        asker: &Asker<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        if self.chairs(asker.site, asker.role) {
            return Err(Rejection::NoChange);
        }
        Ok(self.pass_chair(now, setup, asker.site, asker.role))
    }

    fn pass_chair(&self, now: Timestamp, setup: &Setup, site: &SiteId, role: Role) -> Vec<Event> {
        let passed = Event::ChairPassed {
            term: self.chairing.term + 1,
            site: site.clone(),
            role,
        };
        let mut events = vec![passed];
        // Who comes onto the chair is not heard before asking to be.
        if self.override_open {
            events.push(Event::MicrophoneOverridden { open: false });
        }
        self.with_clocks(now, setup, events)
    }

    /// The first deputy in order who is there and does not sit on the chair.
    fn deputy_at_hand<'a>(&self, setup: &'a Setup) -> Option<&'a SiteId> {
        let mut deputies = setup.deputies.iter();
        deputies.find(|site| {
            self.links.has(site, Role::Deputy) && self.chairing.deputy.as_ref() != Some(*site)
        })
    }

    pub(crate) fn chair_deadline(&self, setup: &Setup) -> Option<Timestamp> {
        let away = self.chairing.away_since?;
        self.session.as_ref()?;
        self.deputy_at_hand(setup)?;
        Some(away + setup.rules.grace)
    }

    pub(crate) fn chair_due(&self, now: Timestamp, setup: &Setup) -> Vec<Event> {
        let due = self.chair_deadline(setup).is_some_and(|at| at <= now);
        match self.deputy_at_hand(setup) {
            Some(site) if due => self.pass_chair(now, setup, site, Role::Deputy),
            _ => Vec::new(),
        }
    }

    /// Notes whether who sits on the chair is there, after links or the chair have changed.
    pub(crate) fn note_chair(&mut self, at: Timestamp) {
        let here = self.links.has(&self.chair_site(), self.chair_role());
        let chairing = &mut self.chairing;
        if here {
            chairing.came = true;
            chairing.away_since = None;
        } else if chairing.came && chairing.away_since.is_none() {
            chairing.away_since = Some(at);
        }
    }

    pub(crate) fn apply_chair(&mut self, at: Timestamp, event: &Event) {
        if let Event::ChairPassed { term, site, role } = event {
            let deputy = (*role == Role::Deputy).then(|| site.clone());
            self.links.deputy.clone_from(&deputy);
            self.chairing = Chairing {
                term: *term,
                deputy,
                came: false,
                away_since: None,
            };
            self.note_chair(at);
        }
    }

    /// Nobody could be back before the server was.
    pub(crate) fn chair_after_outage(&mut self, to: Timestamp) {
        let chairing = &mut self.chairing;
        chairing.away_since = chairing.came.then_some(to);
    }
}
