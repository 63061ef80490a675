//! Tells the conference which devices come and go.

use super::Task;
use crate::room::{Seat, batch::Batch};
use diemcau_conference::{DeviceId, RoomCommand};

impl Task {
    /// While the log is not good nothing is decided: links are mended once it is.
    pub(super) fn link_up(&mut self, batch: &mut Batch, seat: &Seat) {
        if !self.log.is_good() {
            return;
        }
        let up = RoomCommand::LinkUp {
            device: seat.device.clone(),
            site: seat.site.clone(),
            role: seat.role,
        };
        if let Err(rejection) = self.decide_for_room(batch, up) {
            tracing::error!(%rejection, site = %seat.site, device = %seat.device, "A link could not be recorded");
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
            self.link_up(batch, &seat);
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
