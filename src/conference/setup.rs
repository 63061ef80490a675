//! What a conference is made of: the configuration as the core sees it, kept in the log.

use crate::{AgendaDraft, ConferenceId, Rejection, Role, Rules, SiteId, limits};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A text in the two languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Text {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// What a site is in the conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum SiteKind {
    /// The host's site (*điểm cầu trung tâm*), where the chair sits. Exactly one.
    Central,
    /// Every other site (*điểm cầu thành viên*).
    Member,
}

/// A site as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SiteSetup {
    /// Fixed name in logs and links.
    pub id: SiteId,
    /// Name for people.
    pub name: Text,
    /// Central or member.
    pub kind: SiteKind,
    /// The site above it in the tree of sites, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub parent: Option<SiteId>,
    /// Delegates expected.
    pub expected: u32,
}

/// A conference as configured. Checked by [`Setup::check`] before it reaches the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Setup {
    /// Which conference.
    pub id: ConferenceId,
    /// Its title.
    pub title: Text,
    /// Its sites, in the order in which people see them.
    pub sites: Vec<SiteSetup>,
    /// Its rules.
    pub rules: Rules,
    /// The sites of the deputy chairs, in the order in which they take the chair; none twice.
    #[serde(default)]
    pub deputies: Vec<SiteId>,
    /// The agenda that it begins with.
    #[serde(default)]
    pub agenda: Vec<AgendaDraft>,
}

/// What is wrong with a [`Setup`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A site's id is not made of lower-case letters, digits and single hyphens.
    #[error("the site id {0:?} must be lower-case words joined by hyphens, such as can-tho")]
    BadSiteId(SiteId),
    /// Two sites have one id.
    #[error("two sites have the id {0}")]
    DuplicateSite(SiteId),
    /// There must be exactly one central site.
    #[error("there must be exactly one central site, and there are {0}")]
    CentralSites(usize),
    /// A site's parent is not a site of the conference.
    #[error("the site {site} has the parent {parent}, which is not a site of the conference")]
    UnknownParent {
        /// The site.
        site: SiteId,
        /// What it names as its parent.
        parent: SiteId,
    },
    /// A site is above itself in the tree of sites.
    #[error("the site {0} is above itself in the tree of sites")]
    ParentCycle(SiteId),
    /// The site of a deputy chair is not one of the conference, or is named twice.
    #[error("the site {0} of a deputy is not a site of the conference, or is named twice")]
    BadDeputy(SiteId),
    /// An item of the agenda cannot be.
    #[error("the agenda item {number} cannot be used: {reason}")]
    BadItem {
        /// Which, from 1.
        number: u32,
        /// Why.
        reason: Rejection,
    },
    /// The title, or the name of a site, is empty in one of the languages.
    #[error("{0} needs a text in Vietnamese and in English")]
    EmptyText(String),
    /// A number is out of range.
    #[error("{what} must be from {least} to {most}, and is {found}")]
    OutOfRange {
        /// Which key.
        what: String,
        /// The least that it may be.
        least: u64,
        /// The most that it may be.
        most: u64,
        /// What it is.
        found: u64,
    },
}

impl Setup {
    /// A site by its id.
    #[must_use]
    pub fn site(&self, id: &SiteId) -> Option<&SiteSetup> {
        self.sites.iter().find(|site| site.id == *id)
    }

    /// The site where the chair sits. There is one in every setup that passed
    /// [`check`](Self::check).
    #[must_use]
    pub fn central(&self) -> Option<&SiteSetup> {
        self.sites
            .iter()
            .find(|site| site.kind == SiteKind::Central)
    }

    /// Whether somebody in a role may sit at a site: deputies where the configuration says, others
    /// of the host at the centre, rooms and displays everywhere.
    ///
    /// # Errors
    /// There is no such site, or no such seat there.
    pub fn seats(&self, site: &SiteId, role: Role) -> Result<(), Rejection> {
        let kind = self.site(site).ok_or(Rejection::UnknownSite)?.kind;
        let seated = match role {
            Role::Chair | Role::Secretary | Role::Technician => kind == SiteKind::Central,
            Role::Deputy => self.deputies.contains(site),
            Role::Site | Role::Display => true,
        };
        if seated {
            Ok(())
        } else {
            Err(Rejection::NotAllowed)
        }
    }

    /// Whether `site` is `top` or stands below it in the tree of sites.
    #[must_use]
    pub fn is_within(&self, site: &SiteId, top: &SiteId) -> bool {
        let mut here = self.site(site);
        // No path is longer than there are sites, even where the tree is broken.
        for _ in 0..self.sites.len() {
            match here {
                Some(found) if found.id == *top => return true,
                Some(found) => here = found.parent.as_ref().and_then(|id| self.site(id)),
                None => return false,
            }
        }
        false
    }

    /// Finds the first contradiction.
    ///
    /// # Errors
    ///
    /// Says what is wrong and where.
    pub fn check(&self) -> Result<(), SetupError> {
        check_text("the title", &self.title)?;
        let mut seen = BTreeSet::new();
        for site in &self.sites {
            if !is_site_id(site.id.as_str()) {
                return Err(SetupError::BadSiteId(site.id.clone()));
            }
            if !seen.insert(&site.id) {
                return Err(SetupError::DuplicateSite(site.id.clone()));
            }
            check_text(&format!("the site {}", site.id), &site.name)?;
            let expected = format!("expected of the site {}", site.id);
            check_range(&expected, site.expected.into(), 0, limits::PEOPLE.into())?;
        }
        let central = self
            .sites
            .iter()
            .filter(|site| site.kind == SiteKind::Central)
            .count();
        if central != 1 {
            return Err(SetupError::CentralSites(central));
        }
        self.check_tree()?;
        self.check_deputies()?;
        self.check_agenda()?;
        self.rules.check()
    }

    fn check_deputies(&self) -> Result<(), SetupError> {
        let mut seen = BTreeSet::new();
        for site in &self.deputies {
            if self.site(site).is_none() || !seen.insert(site) {
                return Err(SetupError::BadDeputy(site.clone()));
            }
        }
        Ok(())
    }

    fn check_agenda(&self) -> Result<(), SetupError> {
        let items = self.agenda.len() as u64;
        check_range("the number of agenda items", items, 0, limits::ITEMS as u64)?;
        for (item, number) in self.agenda.iter().zip(1..) {
            item.check(self)
                .map_err(|reason| SetupError::BadItem { number, reason })?;
        }
        Ok(())
    }

    fn check_tree(&self) -> Result<(), SetupError> {
        let parents: BTreeMap<&SiteId, &SiteId> = self
            .sites
            .iter()
            .filter_map(|site| Some((&site.id, site.parent.as_ref()?)))
            .collect();
        for (site, parent) in &parents {
            if self.site(parent).is_none() {
                return Err(SetupError::UnknownParent {
                    site: (*site).clone(),
                    parent: (*parent).clone(),
                });
            }
        }
        for site in parents.keys() {
            let mut above = *site;
            for _ in 0..parents.len() {
                match parents.get(above) {
                    Some(parent) if parent == site => {
                        return Err(SetupError::ParentCycle((*site).clone()));
                    }
                    Some(parent) => above = parent,
                    None => break,
                }
            }
        }
        Ok(())
    }
}

fn is_site_id(id: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    id.len() <= 60 && id.split('-').all(word)
}

fn check_text(what: &str, text: &Text) -> Result<(), SetupError> {
    if text.vi.trim().is_empty() || text.en.trim().is_empty() {
        return Err(SetupError::EmptyText(what.to_owned()));
    }
    Ok(())
}

pub(crate) fn check_range(what: &str, found: u64, least: u64, most: u64) -> Result<(), SetupError> {
    if found < least || found > most {
        return Err(SetupError::OutOfRange {
            what: what.to_owned(),
            least,
            most,
            found,
        });
    }
    Ok(())
}
