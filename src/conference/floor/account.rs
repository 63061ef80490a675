//! Who spoke how often and how long: what limits, budgets and policies count.

use super::Scope;
use crate::{Conference, ItemId, Millis, SessionId, SiteId, Timestamp, Turn};
use std::collections::BTreeMap;

/// What a site had of the speech floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// Turns that were begun; one that was given back counts once.
    pub turns: u32,
    /// Time spoken in turns that are over.
    pub spoken: Millis,
}

/// The accounts of all sites: one for each agenda item in each session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Accounts {
    accounts: BTreeMap<(SessionId, Option<ItemId>), BTreeMap<SiteId, Account>>,
    /// When each site's last turn, or request that was denied, ended.
    rested: BTreeMap<SiteId, Timestamp>,
}

impl Accounts {
    pub(crate) fn of(&self, scope: Scope, site: &SiteId) -> Account {
        let accounts = self.accounts.get(&(scope.session, scope.item));
        let account = accounts.and_then(|accounts| accounts.get(site));
        account.copied().unwrap_or_default()
    }

    /// What all sites spoke in an item.
    pub(crate) fn all(&self, scope: Scope) -> Millis {
        let accounts = self.accounts.get(&(scope.session, scope.item));
        let accounts = accounts.into_iter().flat_map(BTreeMap::values);
        accounts.fold(Millis(0), |sum, account| sum + account.spoken)
    }

    /// What a site spoke in a session.
    pub(crate) fn in_session(&self, session: SessionId, site: &SiteId) -> Millis {
        let items = self.accounts.iter().filter(|((of, _), _)| *of == session);
        items
            .filter_map(|(_, accounts)| accounts.get(site))
            .fold(Millis(0), |sum, account| sum + account.spoken)
    }

    pub(crate) fn rested_since(&self, site: &SiteId) -> Option<Timestamp> {
        self.rested.get(site).copied()
    }

    pub(crate) fn names(&self, site: &SiteId) -> bool {
        let mut accounts = self.accounts.values();
        accounts.any(|accounts| accounts.contains_key(site))
    }

    pub(super) fn grant(&mut self, scope: Scope, site: &SiteId, again: bool) {
        let account = self.entry((scope.session, scope.item), site);
        account.turns += u32::from(!again);
    }

    pub(super) fn end(&mut self, turn: &Turn, spoke: Millis) {
        let account = self.entry((turn.session, turn.item), &turn.site);
        account.spoken = account.spoken + spoke.saturating_sub(turn.carried);
    }

    pub(super) fn rest(&mut self, site: &SiteId, at: Timestamp) {
        self.rested.insert(site.clone(), at);
    }

    fn entry(&mut self, scope: (SessionId, Option<ItemId>), site: &SiteId) -> &mut Account {
        let accounts = self.accounts.entry(scope).or_default();
        accounts.entry(site.clone()).or_default()
    }
}

impl Conference {
    /// Where the conference is.
    pub(crate) fn scope(&self) -> Scope {
        Scope {
            session: self.last_session,
            item: self.agenda.current,
        }
    }

    /// What a site had of the speech floor in the current agenda item.
    #[must_use]
    pub fn account(&self, site: &SiteId) -> Account {
        self.floor.accounts.of(self.scope(), site)
    }

    /// What a site spoke in the session, in turns that are over.
    #[must_use]
    pub fn spoken_in_session(&self, site: &SiteId) -> Millis {
        self.floor.accounts.in_session(self.last_session, site)
    }

    /// What a site, or everyone, spoke in the current agenda item, running turns among it.
    pub(super) fn spoken_by(&self, now: Timestamp, site: Option<&SiteId>) -> Millis {
        let scope = self.scope();
        let over = match site {
            Some(site) => self.floor.accounts.of(scope, site).spoken,
            None => self.floor.accounts.all(scope),
        };
        let turns = self.floor.speech.turns.iter();
        turns
            .filter(|turn| site.is_none_or(|site| turn.site == *site))
            .filter(|turn| (turn.session, turn.item) == (scope.session, scope.item))
            .fold(over, |sum, turn| {
                sum + turn.spoken_at(now).saturating_sub(turn.carried)
            })
    }
}
