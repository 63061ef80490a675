//! Names of things. Every id that needs randomness arrives in a command; the core makes none but
//! numbers that count up.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a text that the caller has checked.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as it stands in logs and on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The number after this one.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

text_id!(
    /// A conference (*hội nghị*), for ever: `hoi-nghi-2013`.
    ConferenceId
);
text_id!(
    /// A site (*điểm cầu*): lower-case words joined by hyphens, `can-tho`.
    SiteId
);
text_id!(
    /// A browser or an agent that signed in; it keeps its id through reloads and restarts.
    DeviceId
);
number_id!(
    /// A request for a floor, counted from 1 within the conference.
    RequestId
);
number_id!(
    /// A grant of a floor. Every grant has a higher epoch than all before it, so that whatever
    /// was meant for an older grant can be told and refused.
    Epoch
);
number_id!(
    /// A session (*buổi*) of the conference, counted from 1.
    SessionId
);
number_id!(
    /// An agenda item, counted from 1 within the conference.
    ItemId
);
number_id!(
    /// A document of an agenda item, counted from 1 within the conference.
    DocumentId
);
