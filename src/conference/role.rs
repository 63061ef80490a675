//! Roles. What each may do stands in [`capability`](crate::capability).

use serde::{Deserialize, Serialize};

/// What a person is in the conference. A code belongs to (site, role).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Chair (*chủ tọa*), central site.
    Chair,
    /// Deputy chair (*phó chủ tọa*), at a site that the configuration names: sits on the chair while
    /// the chair is away.
    Deputy,
    /// Secretary (*thư ký*), central site.
    Secretary,
    /// Technician (*kỹ thuật viên*), central site.
    Technician,
    /// A site's room (*điểm cầu*): the site head and the delegates at its devices.
    Site,
    /// A wall screen (*màn hình*) of a site: it only shows, and comes in with the site's code.
    Display,
}

impl Role {
    /// Every role, in the order of the table of codes.
    pub const ALL: [Self; 6] = [
        Self::Chair,
        Self::Deputy,
        Self::Secretary,
        Self::Technician,
        Self::Site,
        Self::Display,
    ];

    /// Chair, deputies, secretary and technicians see the host's page.
    #[must_use]
    pub fn is_host(self) -> bool {
        !matches!(self, Self::Site | Self::Display)
    }

    /// The role whose code lets this one in: a display comes in with the code of its site.
    #[must_use]
    pub fn code(self) -> Self {
        match self {
            Self::Display => Self::Site,
            role => role,
        }
    }

    /// The name in codes, links and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chair => "chair",
            Self::Deputy => "deputy",
            Self::Secretary => "secretary",
            Self::Technician => "technician",
            Self::Site => "site",
            Self::Display => "display",
        }
    }
}
