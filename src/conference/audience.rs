//! Who may see an event.
//!
//! What a site may know: who holds the floor, who waits in the queue, the headcounts. What it may
//! not: what another site asked for before the chair accepted it, and the devices of other sites.

use crate::{Audience, Conference, Event, RequestId, Setup, SiteId};

impl Conference {
    /// Who may see an event of this conference. The answer is the same just before and just
    /// after the event is applied; the log keeps it.
    #[must_use]
    pub fn audience(&self, event: &Event) -> Audience {
        match event {
            Event::LinkUp { site, .. }
            | Event::LinkDropped { site, .. }
            | Event::LinkResumed { site, .. }
            | Event::LinkEnded { site, .. }
            | Event::DeviceRemoved { site, .. }
            | Event::CodeChanged { site, .. } => self.link_audience(site),
            Event::FloorRequested { request, site, .. } => {
                let at_once = self
                    .setup
                    .as_ref()
                    .is_some_and(|s| s.rules.accept_automatically);
                self.request_audience(*request, site, at_once)
            }
            Event::FloorDenied { site, .. } | Event::FloorSilent { site, .. } => {
                Audience::Site { site: site.clone() }
            }
            Event::ChatSent {
                site: Some(site), ..
            } => Audience::Site { site: site.clone() },
            Event::FloorCancelled { request, site } => self.request_audience(*request, site, false),
            Event::ConferenceConfigured { .. }
            | Event::ConferenceClosed
            | Event::SessionOpened { .. }
            | Event::SessionClosed { .. }
            | Event::FloorAccepted { .. }
            | Event::FloorGranted { .. }
            | Event::FloorReleased { .. }
            | Event::FloorRevoked { .. }
            | Event::FloorWarned { .. }
            | Event::FloorOvertime { .. }
            | Event::FloorPaused { .. }
            | Event::FloorResumed { .. }
            | Event::MicrophoneOverridden { .. }
            | Event::PictureMainChosen { .. }
            | Event::HeadcountDeclared { .. }
            | Event::RoomLocked { .. }
            | Event::FloorPrepared { .. }
            | Event::FloorMoved { .. }
            | Event::FloorDeferred { .. }
            | Event::FloorExtended { .. }
            | Event::FloorCalled { .. }
            | Event::FloorReady { .. }
            | Event::FloorSkipped { .. }
            | Event::FloorMediaSeen { .. }
            | Event::FloorListChanged { .. }
            | Event::FloorPolicyChanged { .. }
            | Event::PresentationLocked { .. }
            | Event::MicrophonesMuted { .. }
            | Event::AnnouncementSet { .. }
            | Event::AgendaAdded { .. }
            | Event::AgendaEdited { .. }
            | Event::AgendaRemoved { .. }
            | Event::AgendaMoved { .. }
            | Event::AgendaStarted { .. }
            | Event::AgendaFinished { .. }
            | Event::DocumentAdded { .. }
            | Event::DocumentRemoved { .. }
            | Event::ChairPassed { .. }
            | Event::ChatSent { site: None, .. }
            | Event::ServerOutage { .. } => Audience::Everyone,
        }
    }

    /// A request is its site's matter until it has a queue place.
    fn request_audience(&self, request: RequestId, site: &SiteId, at_once: bool) -> Audience {
        if at_once || self.floor.public.contains(&request) {
            Audience::Everyone
        } else {
            Audience::Site { site: site.clone() }
        }
    }

    /// Links of the host's own devices concern nobody else.
    fn link_audience(&self, site: &SiteId) -> Audience {
        let central = self.setup.as_ref().and_then(Setup::central);
        if central.is_some_and(|central| central.id == *site) {
            Audience::Host
        } else {
            Audience::Site { site: site.clone() }
        }
    }
}
