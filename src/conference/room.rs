//! What the room says to the core: its configuration, links, outages, and that time has passed.

use crate::{Actor, Conference, Event, Rejection, RoomCommand, Setup, SiteId, Timestamp};

impl Conference {
    /// Everything whose time has come by `now`.
    fn due(&self, setup: &Setup, now: Timestamp) -> impl Iterator<Item = Event> {
        let turn = self.floor.turn.as_ref();
        self.links
            .due(now)
            .chain(turn.and_then(|turn| turn.due(now, setup.rules.overtime)))
    }

    /// When [`RoomCommand::Tick`] will first have something to say: before it a tick gives
    /// nothing, at it at least one event.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let setup = self.setup.as_ref()?;
        let turn = self
            .floor
            .turn
            .as_ref()
            .and_then(|turn| turn.deadline(setup.rules.overtime));
        turn.into_iter().chain(self.links.deadline()).min()
    }

    pub(crate) fn decide_room(
        &self,
        now: Timestamp,
        command: &RoomCommand,
    ) -> Result<Vec<Event>, Rejection> {
        if let RoomCommand::Configure(setup) = command {
            return self.configure(setup);
        }
        let setup = self.setup.as_ref().ok_or(Rejection::BadSetup)?;
        if self.closed {
            // Pages may still look at it; for the record nobody comes or goes.
            return Ok(Vec::new());
        }
        // What is due comes first, as though it had been decided in time; time that the server
        // was away is not counted.
        let due_at = match command {
            RoomCommand::Outage { from, .. } => now.min(*from),
            _ => now,
        };
        let mut events: Vec<Event> = self.due(setup, due_at).collect();
        let settled = (!events.is_empty()).then(|| self.after(now, &events));
        let state = settled.as_ref().unwrap_or(self);
        events.extend(match command {
            RoomCommand::LinkUp { device, site, role } => {
                state.link_up(now, setup, device, site, *role)?
            }
            RoomCommand::LinkDown { device, .. } if !self.links.devices.contains_key(device) => {
                return Err(Rejection::UnknownDevice);
            }
            RoomCommand::LinkDown { device, left } => state.link_down(now, setup, device, *left),
            RoomCommand::CodeChanged { site, role } => {
                state.change_code(now, setup, &Actor::Room, site, *role)?
            }
            RoomCommand::Outage { from, to } => state.outage(*from, *to)?,
            RoomCommand::Tick | RoomCommand::Configure(_) => Vec::new(),
        });
        Ok(events)
    }

    /// This state after some more events.
    fn after(&self, at: Timestamp, events: &[Event]) -> Self {
        let mut state = self.clone();
        for event in events {
            state.apply(at, event);
        }
        state
    }

    /// A site that the log names must stay, and the centre must stay where it is.
    fn configure(&self, setup: &Setup) -> Result<Vec<Event>, Rejection> {
        if self.setup.as_ref() == Some(setup) {
            return Ok(Vec::new());
        }
        if self.closed {
            return Err(Rejection::ConferenceClosed);
        }
        if setup.id != self.id || setup.check().is_err() {
            return Err(Rejection::BadSetup);
        }
        if let Some(before) = &self.setup {
            let gone = before
                .sites
                .iter()
                .filter(|site| setup.site(&site.id).is_none())
                .any(|site| self.names(&site.id));
            let moved = before.central().map(|site| &site.id) != setup.central().map(|s| &s.id);
            if gone || moved {
                return Err(Rejection::BadSetup);
            }
        }
        Ok(vec![Event::ConferenceConfigured {
            setup: setup.clone(),
        }])
    }

    fn names(&self, site: &SiteId) -> bool {
        self.attendance.names(site)
            || self.floor.is_held_by(site)
            || self
                .floor
                .open_requests()
                .any(|request| request.site == *site)
            || self.main_choice.as_ref() == Some(site)
    }
}
