//! The rules of a conference: what its configuration sets, and what the chair may change.

use crate::{Millis, SetupError, limits, setup::check_range};
use serde::{Deserialize, Serialize};

/// What happens when a turn's budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Overtime {
    /// The clock counts up, in red.
    #[default]
    Soft,
    /// The floor is revoked at zero, unless nobody is there to give it on.
    Hard,
    /// The clock counts up, and the chair is asked for more time or an end.
    ChairDecides,
}

/// How the next speaker is found among those that wait. Higher ranks come before lower ones
/// whatever the policy; a site that is not linked is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// The queue as the chair arranged it, ranks or not; nothing goes on by itself.
    #[default]
    Manual,
    /// Who asked first.
    FirstCome,
    /// The site that had the fewest turns, then who asked first.
    RoundRobin,
    /// The site that spoke least, then who asked first.
    LeastTime,
}

/// Where a request for the speech floor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum QueueList {
    /// The speakers that an agenda item had from the start (*danh sách tham luận*).
    Prepared,
    /// Those who asked (*hàng đợi*).
    Open,
}

/// The rules of a conference that its configuration sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Rules {
    /// A request gets its queue place at once, without the chair's `floor.accept`.
    pub accept_automatically: bool,
    /// Time of a turn.
    pub turn: Millis,
    /// What happens at its end.
    pub overtime: Overtime,
    /// How long a device may be away before its link interval ends and a turn is lost; also how
    /// long the chair may be away before a deputy takes over.
    pub grace: Millis,
    /// Audio slots of a client: no more microphones are heard at a time.
    pub audio_slots: u32,
    /// Thumbnail slots of a client.
    pub thumbnail_slots: u32,
    /// Devices that may be linked at a time with one code.
    #[serde(default = "Rules::usual_devices")]
    pub devices_per_site: u32,
    /// How the next speaker is found, until the chair says otherwise.
    #[serde(default)]
    pub policy: Policy,
    /// Open requests of a site at a time, each of another kind.
    #[serde(default = "Rules::usual_requests")]
    pub requests_per_site: u32,
    /// Turns of a site in an agenda item that it may ask for; 0: as many as it likes.
    #[serde(default)]
    pub turns_per_site: u32,
    /// Time that a site may speak in an agenda item; zero: as long as it likes.
    #[serde(default)]
    pub site_time: Millis,
    /// How long after its turn, or a denial, a site may not ask again.
    #[serde(default)]
    pub request_pause: Millis,
    /// How long a site that is next has to say that it is ready.
    #[serde(default = "Rules::usual_ready")]
    pub ready: Millis,
    /// How long a holder may be silent at the start of its turn before it and the chair are told.
    #[serde(default = "Rules::usual_silence")]
    pub silence: Millis,
    /// A site that holds the speech floor gets a free presentation floor as soon as it asks.
    #[serde(default = "Rules::usual_presenting")]
    pub present_with_speech: bool,
}

/// The rules of a configuration that sets none.
impl Default for Rules {
    fn default() -> Self {
        Self {
            accept_automatically: true,
            turn: Millis::from_secs(300),
            overtime: Overtime::Soft,
            grace: Millis::from_secs(20),
            audio_slots: 4,
            thumbnail_slots: 12,
            devices_per_site: Self::usual_devices(),
            policy: Policy::Manual,
            requests_per_site: Self::usual_requests(),
            turns_per_site: 0,
            site_time: Millis(0),
            request_pause: Millis(0),
            ready: Self::usual_ready(),
            silence: Self::usual_silence(),
            present_with_speech: Self::usual_presenting(),
        }
    }
}

/// What a rule is that the log does not name, because it was written before the rule was there.
impl Rules {
    /// Room, lectern, a few phones and laptops, and as many again.
    #[must_use]
    pub fn usual_devices() -> u32 {
        8
    }

    /// A speech that waits, and a point of order in between.
    #[must_use]
    pub fn usual_requests() -> u32 {
        2
    }

    /// Time to see the note, take the seat and press the button.
    #[must_use]
    pub fn usual_ready() -> Millis {
        Millis::from_secs(30)
    }

    /// Longer than anyone takes breath.
    #[must_use]
    pub fn usual_silence() -> Millis {
        Millis::from_secs(10)
    }

    /// Who speaks may show what they speak of.
    #[must_use]
    pub fn usual_presenting() -> bool {
        true
    }

    /// Longest length of time in a rule: a day.
    const LONGEST: Millis = Millis::from_secs(24 * 60 * 60);

    pub(crate) fn check(&self) -> Result<(), SetupError> {
        let longest = Self::LONGEST.0;
        check_range("turn in milliseconds", self.turn.0, 1, longest)?;
        check_range("grace in milliseconds", self.grace.0, 1, longest)?;
        check_range("ready in milliseconds", self.ready.0, 1, longest)?;
        check_range("silence in milliseconds", self.silence.0, 1, longest)?;
        check_range("site_time in milliseconds", self.site_time.0, 0, longest)?;
        check_range(
            "request_pause in milliseconds",
            self.request_pause.0,
            0,
            longest,
        )?;
        check_range("audio_slots", self.audio_slots.into(), 1, 16)?;
        check_range("thumbnail_slots", self.thumbnail_slots.into(), 0, 64)?;
        check_range("requests_per_site", self.requests_per_site.into(), 1, 5)?;
        check_range("turns_per_site", self.turns_per_site.into(), 0, 1_000)?;
        let devices = u64::from(self.devices_per_site);
        check_range("devices_per_site", devices, 1, limits::DEVICES.into())
    }
}
