//! The state of a conference, and the two doors to it: [`Conference::decide`] and
//! [`Conference::apply`].

use crate::{
    Actor, Command, ConferenceId, Event, Headcount, Link, LinkInterval, Rejection, Session,
    SessionId, Setup, SiteId, SiteKind, Timestamp,
    admission::Admission,
    attendance::Attendance,
    capability,
    floor::{Asker, SpeechFloor},
    links::{Dropped, Links, grace_of},
};

/// A conference: what its log of events adds up to.
///
/// Equal logs give equal values, and nothing else does: state changes in [`apply`](Self::apply)
/// alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conference {
    pub(crate) id: ConferenceId,
    pub(crate) setup: Option<Setup>,
    pub(crate) closed: bool,
    pub(crate) session: Option<Session>,
    pub(crate) last_session: SessionId,
    pub(crate) floor: SpeechFloor,
    pub(crate) links: Links,
    pub(crate) attendance: Attendance,
    pub(crate) admission: Admission,
    pub(crate) override_open: bool,
    pub(crate) main_choice: Option<SiteId>,
}

impl Conference {
    /// A conference of which nothing is known yet. Its first event is
    /// [`Event::ConferenceConfigured`]; before it every command is [`Rejection::BadSetup`].
    #[must_use]
    pub fn new(id: ConferenceId) -> Self {
        Self {
            id,
            setup: None,
            closed: false,
            session: None,
            last_session: SessionId::default(),
            floor: SpeechFloor::default(),
            links: Links::default(),
            attendance: Attendance::default(),
            admission: Admission::default(),
            override_open: false,
            main_choice: None,
        }
    }

    /// What follows from a command at `now`: events to be applied in this order, at `now`, before
    /// anything else is decided. None when all is already as the command wants it.
    ///
    /// The room decides [`RoomCommand::Tick`](crate::RoomCommand::Tick) first when [`next_deadline`](Self::next_deadline)
    /// is not after `now`, so that what is due is not put down to a person.
    ///
    /// # Errors
    ///
    /// The reason why the command cannot be. Nothing has changed then.
    pub fn decide(
        &self,
        now: Timestamp,
        actor: &Actor,
        command: &Command,
    ) -> Result<Vec<Event>, Rejection> {
        match (actor, command) {
            (Actor::Room, Command::Room(command)) => self.decide_room(now, command),
            (Actor::Room, _) => Err(Rejection::NotAllowed),
            (Actor::Person { device, .. }, _) if self.admission.removed.contains(device) => {
                Err(Rejection::DeviceRemoved)
            }
            (Actor::Person { site, role, .. }, command) => {
                capability::check(*role, command)?;
                self.decide_person(now, actor, &Asker { site, role: *role }, command)
            }
        }
    }

    fn decide_person(
        &self,
        now: Timestamp,
        actor: &Actor,
        asker: &Asker<'_>,
        command: &Command,
    ) -> Result<Vec<Event>, Rejection> {
        let setup = self.setup.as_ref().ok_or(Rejection::BadSetup)?;
        let seat = setup.site(asker.site).ok_or(Rejection::UnknownSite)?;
        if asker.role.is_host() && seat.kind != SiteKind::Central {
            return Err(Rejection::NotAllowed);
        }
        if self.closed {
            return Err(Rejection::ConferenceClosed);
        }
        match command {
            Command::SessionOpen { name } => self.begin_session(name),
            Command::SessionClose => self.end_session(now),
            Command::ConferenceClose => Ok(self.close(now)),
            Command::FloorRequest { floor, kind, words } => {
                self.request(&setup.rules, asker.site, *floor, *kind, words)
            }
            Command::FloorCancel { request } => self.cancel(asker, *request),
            Command::FloorAccept { request, place } => self.accept(*request, *place),
            Command::FloorDeny { request, reason } => self.deny(*request, reason),
            Command::FloorGrant { request } => self.grant(now, &setup.rules, *request),
            Command::FloorInvite { site } => self.invite(now, setup, site),
            Command::FloorTake => self.take(now, &setup.rules, asker.site),
            Command::FloorRelease { epoch } => self.release(now, asker.site, *epoch),
            Command::FloorRevoke { epoch, reason } => self.revoke(now, *epoch, reason),
            Command::MicrophoneOverride { open } => self.override_microphone(*open),
            Command::PictureMain { site } => self.choose_main(setup, site.as_ref()),
            Command::AttendanceHeadcount { present } => {
                self.declare_headcount(asker.site, *present)
            }
            Command::DeviceRemove { device } => self.remove_device(now, setup, actor, device),
            Command::CodeChange { site, role } => self.change_code(now, setup, actor, site, *role),
            Command::RoomLock { locked } => self.lock(*locked),
            Command::Room(_) => Err(Rejection::NotAllowed),
        }
    }

    fn override_microphone(&self, open: bool) -> Result<Vec<Event>, Rejection> {
        if open == self.override_open {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::MicrophoneOverridden { open }])
    }

    fn choose_main(&self, setup: &Setup, site: Option<&SiteId>) -> Result<Vec<Event>, Rejection> {
        if let Some(site) = site {
            setup.site(site).ok_or(Rejection::UnknownSite)?;
            if !self.links.is_present(site) {
                return Err(Rejection::SiteAbsent);
            }
        }
        if site == self.main_choice.as_ref() {
            return Err(Rejection::NoChange);
        }
        Ok(vec![Event::PictureMainChosen {
            site: site.cloned(),
        }])
    }

    /// Makes an event part of the state. `at` is its time in the log. An event
    /// that names a turn, a request or a device that is over changes nothing of another.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::ConferenceConfigured { setup } => self.setup = Some(setup.clone()),
            Event::ConferenceClosed => self.closed = true,
            Event::SessionOpened { session, name } => {
                self.last_session = *session;
                self.session = Some(Session {
                    id: *session,
                    name: name.clone(),
                    opened: at,
                });
            }
            Event::SessionClosed { .. } => self.session = None,
            Event::LinkUp { .. }
            | Event::LinkDropped { .. }
            | Event::LinkResumed { .. }
            | Event::LinkEnded { .. }
            | Event::ServerOutage { .. } => self.apply_link(at, event),
            Event::DeviceRemoved { .. } | Event::CodeChanged { .. } | Event::RoomLocked { .. } => {
                self.apply_admission(event);
            }
            Event::MicrophoneOverridden { open } => self.override_open = *open,
            Event::PictureMainChosen { site } => self.main_choice.clone_from(site),
            Event::HeadcountDeclared { site, present } => {
                self.attendance.declare(
                    site.clone(),
                    Headcount {
                        at,
                        present: *present,
                    },
                );
            }
            Event::FloorRequested { .. }
            | Event::FloorAccepted { .. }
            | Event::FloorDenied { .. }
            | Event::FloorCancelled { .. }
            | Event::FloorGranted { .. }
            | Event::FloorReleased { .. }
            | Event::FloorRevoked { .. }
            | Event::FloorWarned { .. }
            | Event::FloorOvertime { .. }
            | Event::FloorPaused { .. }
            | Event::FloorResumed { .. } => self.floor.apply(at, event),
        }
    }

    fn apply_link(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::LinkUp { device, site, role } => {
                let interval = self.attendance.begin(LinkInterval {
                    device: device.clone(),
                    site: site.clone(),
                    role: *role,
                    from: at,
                    to: None,
                });
                let link = Link {
                    site: site.clone(),
                    role: *role,
                    dropped: None,
                    interval,
                };
                self.links.up(device.clone(), link, at);
            }
            Event::LinkDropped { device, until, .. } => {
                self.links.drop(device, Dropped { at, until: *until });
            }
            Event::LinkResumed { device, .. } => self.links.resume(device, at),
            Event::LinkEnded { device, end, .. } => {
                if let Some(link) = self.links.end(device, *end) {
                    self.attendance.end(link.interval, *end);
                }
            }
            Event::ServerOutage { from, to } => self.apply_outage(*from, *to),
            _ => {}
        }
    }

    fn apply_outage(&mut self, from: Timestamp, to: Timestamp) {
        let Some(setup) = &self.setup else { return };
        self.links.outage(from, to, setup.rules.grace);
        let Some(turn) = &mut self.floor.turn else {
            return;
        };
        let until = grace_of(setup, &turn.site, to);
        turn.pause(from, until);
    }
}
