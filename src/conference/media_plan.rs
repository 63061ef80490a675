//! Who may be heard and what each device sees: all that the media plane is ever told.

use crate::{Conference, DeviceId, Rules, Setup, SiteId};
use std::collections::BTreeMap;

/// The whole of what media should be at one moment. A value, compared and replaced whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MediaPlan {
    /// Microphones that are forwarded, in the order of the audio slots; no site twice. A
    /// microphone that is not here goes to nobody.
    pub heard: Vec<Source>,
    /// The device whose screen and its sound are forwarded. A screen that is not this one goes to
    /// nobody.
    pub presenting: Option<Source>,
    /// What each device receives: those that are linked, and those that may be back within their
    /// grace, whose media may have outlived their signalling.
    pub receivers: BTreeMap<DeviceId, Receives>,
}

/// A device of a site as the origin of sound or picture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The device.
    pub device: DeviceId,
    /// Its site.
    pub site: SiteId,
}

/// The slots of one receiver, each with its source. Never a source of the receiver's own site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receives {
    /// Microphones, as in [`MediaPlan::heard`] less the receiver's own site.
    pub audio: Vec<Source>,
    /// The main picture: the chair's choice, else the holder, else the chair. The holder sees the
    /// chair.
    pub main: Option<Source>,
    /// The screen that is shown, as in [`MediaPlan::presenting`]; none at the presenter's own site.
    pub presentation: Option<Source>,
    /// The sound of that screen.
    pub presentation_audio: Option<Source>,
    /// Pictures of all other sites that are linked, in the order of the configuration; the one
    /// on the main picture is among them.
    pub thumbnails: Vec<Source>,
}

impl Conference {
    /// What media should be now. The same state gives the same plan.
    #[must_use]
    pub fn media_plan(&self) -> MediaPlan {
        let Some(setup) = &self.setup else {
            return MediaPlan::default();
        };
        let heard = self.heard(setup);
        let sources: Vec<Source> = setup
            .sites
            .iter()
            .filter_map(|site| self.source(&site.id))
            .collect();
        let receivers = self.links().iter().map(|(device, link)| {
            let receives = Receives {
                audio: heard
                    .iter()
                    .filter(|source| source.site != link.site)
                    .cloned()
                    .collect(),
                main: self.main_for(setup, Some(&link.site)),
                presentation: None,
                presentation_audio: None,
                thumbnails: thumbnails(&setup.rules, &sources, &link.site),
            };
            (device.clone(), receives)
        });
        let receivers = receivers.collect();
        MediaPlan {
            heard,
            presenting: None,
            receivers,
        }
    }

    /// The site on everyone's main picture: the chair's choice if it is linked, else the holder,
    /// else the chair's own site. A site that would see itself sees the next of these.
    #[must_use]
    pub fn main_site(&self) -> Option<SiteId> {
        let setup = self.setup.as_ref()?;
        self.main_for(setup, None).map(|source| source.site)
    }

    /// The holder's microphone, then the chair's if it is open beside it. When there is one slot
    /// the chair's is kept.
    fn heard(&self, setup: &Setup) -> Vec<Source> {
        let holder = self.turn().and_then(|turn| self.source(&turn.site));
        let chair = setup
            .central()
            .filter(|_| self.override_open())
            .and_then(|central| {
                let device = self.links.chair(&central.id)?.clone();
                Some(Source {
                    device,
                    site: central.id.clone(),
                })
            });
        let slots = setup.rules.audio_slots as usize;
        // Where the holder's and the chair's site are one, its speaking device is the chair's.
        let beside = holder.filter(|holder| {
            slots > usize::from(chair.is_some())
                && chair.as_ref().is_none_or(|chair| chair.site != holder.site)
        });
        beside.into_iter().chain(chair).collect()
    }

    /// The main picture as `own` sees it.
    fn main_for(&self, setup: &Setup, own: Option<&SiteId>) -> Option<Source> {
        let holder = self.turn().map(|turn| &turn.site);
        let chair = setup.central().map(|site| &site.id);
        [self.main_choice(), holder, chair]
            .into_iter()
            .flatten()
            .filter(|site| Some(*site) != own)
            .find_map(|site| self.source(site))
    }

    fn source(&self, site: &SiteId) -> Option<Source> {
        let device = self.links.source(site)?.clone();
        Some(Source {
            device,
            site: site.clone(),
        })
    }
}

/// The strip of sites is the same wherever the floor goes: the site on the main picture is in it
/// too, and no picture changes its place because somebody speaks.
fn thumbnails(rules: &Rules, sources: &[Source], own: &SiteId) -> Vec<Source> {
    let others = sources.iter().filter(|source| source.site != *own);
    others
        .take(rules.thumbnail_slots as usize)
        .cloned()
        .collect()
}
