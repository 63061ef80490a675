//! Who may be heard and what each device sees: all that the media plane is ever told.

use crate::{Conference, DeviceId, Floor, Rules, Setup, SiteId};
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
    /// The camera that stands for each site that is linked, in the order of the configuration.
    pub pictures: Vec<Source>,
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

/// The slots of one receiver, each with its source. Never a camera or a sound of the receiver's own
/// site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receives {
    /// Microphones, as in [`MediaPlan::heard`] less the receiver's own site.
    pub audio: Vec<Source>,
    /// The main picture: the chair's choice, else the holder, else the chair. The holder sees the
    /// chair.
    pub main: Option<Source>,
    /// The screen that is shown, as in [`MediaPlan::presenting`]; none on the device that shows it.
    pub presentation: Option<Source>,
    /// The sound of that screen; none at the presenter's own site.
    pub presentation_audio: Option<Source>,
    /// The first of [`MediaPlan::pictures`] that are not of the own site; the one on the main
    /// picture is among them.
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
        let presenting = self.presenting();
        let pictures: Vec<Source> = setup
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
                main: self.main_for(Some(&link.site)),
                presentation: presenting.clone().filter(|shown| shown.device != *device),
                presentation_audio: presenting.clone().filter(|shown| shown.site != link.site),
                thumbnails: thumbnails(&setup.rules, &pictures, &link.site),
            };
            (device.clone(), receives)
        });
        let receivers = receivers.collect();
        MediaPlan {
            heard,
            presenting,
            pictures,
            receivers,
        }
    }

    /// The site on everyone's main picture: the chair's choice if it is linked, else the holder,
    /// else the chair's own site. A site that would see itself sees the next of these.
    #[must_use]
    pub fn main_site(&self) -> Option<SiteId> {
        self.main_for(None).map(|source| source.site)
    }

    /// The holders' microphones, that on the main picture first, then the chair's if it is open
    /// beside them, or closes all others. Where slots are few the chair's is kept.
    fn heard(&self, setup: &Setup) -> Vec<Source> {
        let site = self.chair_site();
        let device = self.links.chair(&site, self.chair().role).cloned();
        let chair = device
            .filter(|_| self.override_open())
            .map(|device| Source { device, site });
        let slots = setup.rules.audio_slots as usize;
        // Where a holder's and the chair's site are one, its speaking device is the chair's.
        let holders = self.holders().filter(|holder| {
            let beside = chair.as_ref().is_none_or(|chair| chair.site != **holder);
            beside && (!self.all_muted() || **holder == self.chair_site())
        });
        let mut heard: Vec<Source> = holders
            .filter_map(|site| self.source(site))
            .take(slots.saturating_sub(usize::from(chair.is_some())))
            .collect();
        heard.extend(chair);
        heard
    }

    /// The device that holds the presentation floor, as long as its link is waited for.
    fn presenting(&self) -> Option<Source> {
        let turn = self.turns(Floor::Presentation).first()?;
        let device = turn.device.clone()?;
        self.links.devices.contains_key(&device).then(|| Source {
            device,
            site: turn.site.clone(),
        })
    }

    /// Who holds the speech floor, the newest first.
    fn holders(&self) -> impl Iterator<Item = &SiteId> {
        let turns = self.turns(Floor::Speech).iter().rev();
        turns.map(|turn| &turn.site)
    }

    /// The main picture as `own` sees it.
    fn main_for(&self, own: Option<&SiteId>) -> Option<Source> {
        let chair = self.chair_site();
        self.main_choice()
            .into_iter()
            .chain(self.holders())
            .chain([&chair])
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
