//! What the room says to the core: its configuration, links, outages, and that time has passed.

use crate::{
    Actor, Conference, Event, Floor, Rejection, RevokeCause, RoomCommand, Setup, SiteId, Timestamp,
    Turn,
};

impl Conference {
    /// Everything whose time has come by `now`, and what follows from it.
    fn due(&self, setup: &Setup, now: Timestamp) -> Vec<Event> {
        let mut events = self.first_due(setup, now);
        if !events.is_empty() {
            let mut state = self.after(now, &events);
            loop {
                let more = state.first_due(setup, now);
                if more.is_empty() {
                    break;
                }
                state = state.after(now, &more);
                events.extend(more);
            }
        }
        events
    }

    /// What comes first of that: links, the chair, turns, calls. Each may change what comes after it.
    fn first_due(&self, setup: &Setup, now: Timestamp) -> Vec<Event> {
        let links: Vec<Event> = self.links.due(now).collect();
        if !links.is_empty() {
            return links;
        }
        let chair = self.chair_due(now, setup);
        if !chair.is_empty() {
            return chair;
        }
        let frozen = self.chair_is_away();
        let due = |turn: &Turn| Some((turn.floor, turn.due(now, &setup.rules, frozen)?));
        if let Some((floor, event)) = self.floor.turns().find_map(due) {
            let revoked = match event {
                Event::FloorRevoked { cause, .. } => Some(cause),
                _ => None,
            };
            // Who presents holds up no speaker.
            let lost = floor == Floor::Speech && revoked == Some(RevokeCause::LinkLost);
            let mut events = vec![event];
            if lost {
                events.extend(self.after(now, &events).go_on(now, setup));
            }
            return events;
        }
        self.call_due(now, &setup.rules)
    }

    /// When [`RoomCommand::Tick`] will first have something to say: before it a tick gives
    /// nothing, at it at least one event.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let setup = self.setup.as_ref().filter(|_| !self.closed)?;
        let frozen = self.chair_is_away();
        let turns = self.floor.turns();
        turns
            .filter_map(|turn| turn.deadline(&setup.rules, frozen))
            .chain(self.links.deadline())
            .chain(self.chair_deadline(setup))
            .chain(self.call_deadline())
            .min()
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
        let mut events = self.due(setup, due_at);
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
            RoomCommand::MicrophoneSeen { device } => state.microphone_seen(device),
            RoomCommand::Tick | RoomCommand::Configure(_) => Vec::new(),
        });
        Ok(events)
    }

    /// This state after some more events.
    pub(crate) fn after(&self, at: Timestamp, events: &[Event]) -> Self {
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
        let configured = Event::ConferenceConfigured {
            setup: setup.clone(),
        };
        // From then on the agenda is the desk's: a file that changes later does not undo its work.
        let first = self.setup.is_none().then(|| Self::first_items(setup));
        let agenda = first.into_iter().flatten();
        Ok(std::iter::once(configured).chain(agenda).collect())
    }

    fn names(&self, site: &SiteId) -> bool {
        self.attendance.names(site)
            || self.floor.names(site)
            || self.agenda.names(site)
            || self.chairing.deputy.as_ref() == Some(site)
            || self.main_choice.as_ref() == Some(site)
    }
}
