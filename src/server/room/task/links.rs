//! Tells the conference which devices come and go.

use super::Task;
use crate::{
    metrics,
    room::{Seat, batch::Batch},
    signalling::Close,
};
use diemcau_conference::{DeviceId, Event, Rejection, Role, RoomCommand, SiteId};

impl Task {
    /// Records that a device is here. While the log is not good nothing is decided: links are
    /// mended once it is.
    ///
    /// # Errors
    /// The rules do not let it in; why its session ends.
    pub(super) fn link_up(&mut self, batch: &mut Batch, seat: &Seat) -> Result<(), Close> {
        let up = RoomCommand::LinkUp {
            device: seat.device.clone(),
            site: seat.site.clone(),
            role: seat.role,
        };
        let decided = if self.log.is_good() {
            self.decide_for_room(batch, up).map(|_| ())
        } else {
            let conference = &self.state.conference;
            conference.admits(&seat.device, &seat.site, seat.role)
        };
        let Err(rejection) = decided else {
            return Ok(());
        };
        metrics::SESSIONS_NOT_ADMITTED.count();
        tracing::info!(%rejection, site = %seat.site, device = %seat.device, "A device is not admitted");
        Err(match rejection {
            Rejection::RoomLocked => Close::Locked,
            Rejection::TooManyDevices => Close::Full,
            _ => Close::Removed,
        })
    }

    /// A code was changed at the server.
    pub(super) fn code_changed(&mut self, batch: &mut Batch, site: &SiteId, role: Role) {
        if !self.log.is_good() {
            // Whoever has the old code must go, whether that can be recorded or not.
            self.sessions.expel(Close::CodeChanged, |seat| {
                seat.site == *site && seat.role.code() == role
            });
            return;
        }
        let changed = RoomCommand::CodeChanged {
            site: site.clone(),
            role,
        };
        if let Err(rejection) = self.decide_for_room(batch, changed) {
            tracing::error!(%rejection, %site, "A change of a code could not be recorded");
        }
    }

    /// Ends the sessions of devices that an event put out.
    pub(super) fn expel(&mut self, event: &Event) {
        let links = self.state.conference.links();
        match event {
            Event::DeviceRemoved { device, .. } => {
                self.sessions
                    .expel(Close::Removed, |seat| seat.device == *device);
            }
            Event::CodeChanged { site, role } => {
                self.sessions.expel(Close::CodeChanged, |seat| {
                    let seated = seat.site == *site && seat.role.code() == *role;
                    seated && !links.contains_key(&seat.device)
                });
            }
            _ => {}
        }
    }

    pub(super) fn link_down(&mut self, batch: &mut Batch, device: &DeviceId, left: bool) {
        if !self.log.is_good() {
            return;
        }
        let down = RoomCommand::LinkDown {
            device: device.clone(),
            left,
        };
        if let Err(rejection) = self.decide_for_room(batch, down) {
            tracing::debug!(%rejection, %device, "The end of a link could not be recorded");
        }
    }

    /// Compares the links of the state with the sessions that are there, after an append failed.
    pub(super) fn mend_links(&mut self, batch: &mut Batch) {
        let seats: Vec<Seat> = self
            .sessions
            .iter()
            .map(|session| session.seat.clone())
            .collect();
        for seat in seats {
            if let Err(reason) = self.link_up(batch, &seat) {
                self.sessions.expel(reason, |other| *other == seat);
            }
        }
        let links = self.state.conference.links().iter();
        let lost: Vec<DeviceId> = links
            .filter(|(device, link)| {
                link.dropped.is_none() && self.sessions.of_device(device).is_none()
            })
            .map(|(device, _)| device.clone())
            .collect();
        for device in lost {
            self.link_down(batch, &device, false);
        }
    }
}
