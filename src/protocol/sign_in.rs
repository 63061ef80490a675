//! The bodies of `GET /api/v1/sites`, `POST /api/v1/sign-in`, `GET /api/v1/session`
//! and `POST /api/v1/codes`.

use diemcau_conference::{ConferenceId, DeviceId, Role, SiteId, Text};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a stranger may know before signing in: enough to find the own site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Directory {
    /// The title of the conference.
    pub title: Text,
    /// All sites in the order of the configuration.
    pub sites: Vec<DirectorySite>,
}

/// A site as a stranger may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DirectorySite {
    /// Its id, which signs in.
    pub id: SiteId,
    /// Its name.
    pub name: Text,
}

/// `{"site":"can-tho","code":"…"}`, and with `"as":"display"` for a wall screen.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The site.
    pub site: SiteId,
    /// Its code; blanks, hyphens and case do not matter.
    pub code: String,
    /// What to come in as, where the code alone does not say it; only a site's own code says less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub r#as: Option<SignInAs>,
}

impl SignIn {
    /// In the role that the code belongs to.
    pub fn new(site: SiteId, code: impl Into<String>) -> Self {
        Self {
            site,
            code: code.into(),
            r#as: None,
        }
    }
}

/// A role that comes in with the code of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum SignInAs {
    /// A wall screen, with the code of its site.
    Display,
}

/// Who this browser is signed in as; the cookie proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SignedIn {
    /// The conference.
    pub conference: ConferenceId,
    /// The site.
    pub site: SiteId,
    /// The role that the code belonged to.
    pub role: Role,
    /// This device.
    pub device: DeviceId,
}

/// `{"site":"can-tho","role":"site"}`: the chair asks for another code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ChangeCode {
    /// Whose code.
    pub site: SiteId,
    /// In which role.
    pub role: Role,
}

/// A code that was just made. It is shown nowhere else, and not again.
#[derive(Clone, Serialize, Deserialize, TS)]
pub struct NewCode {
    /// As people type it: `K7QM-3XWP`.
    pub code: String,
    /// The link that signs in with it.
    pub link: String,
}
