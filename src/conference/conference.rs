//! The state of a conference, and the two doors to it: [`Conference::decide`] and
//! [`Conference::apply`].

use crate::{
    Actor, Command, ConferenceId, Event, GrantReason, Headcount, Link, LinkInterval, Rejection,
    Role, Session, SessionId, Setup, SiteId, Timestamp,
    admission::Admission,
    agenda::Agenda,
    attendance::Attendance,
    capability,
    chair::Chairing,
    chat::Message,
    floor::{Asker, Floors, Wish},
    limits,
    links::{Dropped, Links, grace_of},
    seen::Changes,
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
    pub(crate) floor: Floors,
    pub(crate) agenda: Agenda,
    pub(crate) chairing: Chairing,
    pub(crate) links: Links,
    pub(crate) attendance: Attendance,
    pub(crate) admission: Admission,
    pub(crate) override_open: bool,
    pub(crate) main_choice: Option<SiteId>,
    pub(crate) announcement: Option<String>,
    pub(crate) chat: Vec<Message>,
    pub(crate) changes: Changes,
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
            floor: Floors::default(),
            agenda: Agenda::default(),
            chairing: Chairing::default(),
            links: Links::default(),
            attendance: Attendance::default(),
            admission: Admission::default(),
            override_open: false,
            main_choice: None,
            announcement: None,
            chat: Vec::new(),
            changes: Changes::default(),
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
        self.decide_seen(now, actor, command, None)
    }

    /// The same for a command that was chosen when so many events were known: it is refused when
    /// what it touches has changed since.
    ///
    /// # Errors
    ///
    /// Those of [`decide`](Self::decide), and [`Rejection::Changed`].
    pub fn decide_seen(
        &self,
        now: Timestamp,
        actor: &Actor,
        command: &Command,
        seen: Option<u64>,
    ) -> Result<Vec<Event>, Rejection> {
        match (actor, command) {
            (Actor::Room, Command::Room(command)) => self.decide_room(now, command),
            (Actor::Room, _) => Err(Rejection::NotAllowed),
            (Actor::Person { device, .. }, _) if self.admission.removed.contains(device) => {
                Err(Rejection::DeviceRemoved)
            }
            (Actor::Person { site, role, device }, command) => {
                capability::check(*role, command)?;
                let role = *role;
                let asker = Asker { site, role, device };
                let setup = self.may_ask(&asker, command)?;
                if seen.is_some_and(|seen| self.has_changed(role, command, seen)) {
                    return Err(Rejection::Changed);
                }
                self.decide_person(now, setup, actor, &asker, command)
            }
        }
    }

    /// Whether somebody has a say at all, now.
    fn may_ask(&self, asker: &Asker<'_>, command: &Command) -> Result<&Setup, Rejection> {
        let setup = self.setup.as_ref().ok_or(Rejection::BadSetup)?;
        setup.seats(asker.site, asker.role)?;
        if self.closed {
            return Err(Rejection::ConferenceClosed);
        }
        // Who is not on the chair speaks for the central site still, and counts who is there; a
        // deputy speaks only on the chair.
        let off_the_chair = match command {
            Command::ChairTake | Command::ChairReclaim | Command::ChatSend { .. } => true,
            Command::FloorRelease { .. } | Command::AttendanceHeadcount { .. } => {
                asker.role == Role::Chair
            }
            _ => false,
        };
        let chair = matches!(asker.role, Role::Chair | Role::Deputy);
        if chair && !off_the_chair && !self.chairs(asker.site, asker.role) {
            return Err(Rejection::NotChairing);
        }
        Ok(setup)
    }

    fn decide_person(
        &self,
        now: Timestamp,
        setup: &Setup,
        actor: &Actor,
        asker: &Asker<'_>,
        command: &Command,
    ) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::SessionOpen { name } => self.begin_session(name),
            Command::SessionClose => self.end_session(now),
            Command::ConferenceClose => Ok(self.close(now)),
            Command::MicrophoneOverride { open } => self.override_microphone(*open),
            Command::MicrophoneMuteAll { muted } => self.mute_all(now, setup, *muted),
            Command::PictureMain { site } => self.choose_main(setup, site.as_ref()),
            Command::AnnouncementSet { text } => self.announce(text.as_deref()),
            Command::AttendanceHeadcount { present } => {
                self.declare_headcount(asker.site, *present)
            }
            Command::DeviceRemove { device } => self.remove_device(now, setup, actor, device),
            Command::CodeChange { site, role } => self.change_code(now, setup, actor, site, *role),
            Command::RoomLock { locked } => self.lock(*locked),
            Command::ChairTake => self.take_chair(now, setup, asker),
            Command::ChairReclaim => self.reclaim_chair(now, setup, asker),
            Command::ChatSend { site, text } => self.send_chat(setup, asker, site.as_ref(), text),
            Command::Room(_) => Err(Rejection::NotAllowed),
            Command::AgendaAdd { .. }
            | Command::AgendaEdit { .. }
            | Command::AgendaRemove { .. }
            | Command::AgendaMove { .. }
            | Command::AgendaStart { .. }
            | Command::AgendaFinish
            | Command::DocumentLink { .. }
            | Command::DocumentUpload { .. }
            | Command::DocumentRemove { .. } => self.decide_agenda(setup, command),
            _ => self.decide_floor(now, setup, asker, command),
        }
    }

    fn decide_agenda(&self, setup: &Setup, command: &Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::AgendaAdd { draft, place } => self.add_item(setup, draft, *place),
            Command::AgendaEdit { item, draft } => self.edit_item(setup, *item, draft),
            Command::AgendaRemove { item } => self.remove_item(*item),
            Command::AgendaMove { item, place } => self.move_item(*item, *place),
            Command::AgendaStart { item } => self.start_item(*item),
            Command::AgendaFinish => self.finish_item(),
            Command::DocumentLink { item, title, url } => self.link_document(*item, title, url),
            Command::DocumentUpload { item, title, file } => {
                self.upload_document(*item, title, file)
            }
            Command::DocumentRemove { document } => self.remove_document(*document),
            _ => Err(Rejection::NotAllowed),
        }
    }

    fn decide_floor(
        &self,
        now: Timestamp,
        setup: &Setup,
        asker: &Asker<'_>,
        command: &Command,
    ) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::FloorRequest {
                floor,
                kind,
                words,
                beneficiary,
                site,
            } => {
                let wish = Wish {
                    floor: *floor,
                    kind: *kind,
                    words,
                    beneficiary,
                    site: site.as_ref(),
                };
                self.request(now, setup, asker, &wish)
            }
            Command::FloorCancel { request } => self.cancel(asker, *request),
            Command::FloorAccept { request, place } => self.accept(*request, *place),
            Command::FloorMove { request, place } => self.move_request(*request, *place),
            Command::FloorDefer { request } => self.defer(*request),
            Command::FloorDeny { request, reason } => self.deny(*request, reason),
            Command::FloorClear { floor } => self.clear(*floor),
            Command::FloorGrant { request } => self.grant(now, setup, *request),
            Command::FloorNext { floor } => self.grant_next(now, setup, *floor),
            Command::FloorInvite { floor, site } => {
                self.invite(now, setup, *floor, site, GrantReason::Invited)
            }
            Command::FloorTake { floor } => {
                self.invite(now, setup, *floor, asker.site, GrantReason::Taken)
            }
            Command::FloorAnswer { site, epoch } => self.answer(now, setup, site, *epoch),
            Command::FloorRestore { epoch } => self.restore(now, setup, *epoch),
            Command::FloorRelease { epoch } => self.release(now, asker.site, *epoch),
            Command::FloorRevoke { epoch, reason } => self.revoke(now, *epoch, reason),
            Command::FloorExtend { epoch, by } => self.extend(*epoch, *by),
            Command::FloorPause { epoch } => self.pause(*epoch),
            Command::FloorResume { epoch } => self.resume(*epoch),
            Command::FloorCall { request } => self.call(now, &setup.rules, *request),
            Command::FloorReady { request } => self.ready(now, asker, *request),
            Command::FloorList { list, open } => self.open_list(*list, *open),
            Command::FloorPolicy { policy } => self.choose_policy(*policy),
            Command::PresentationLock { locked } => self.lock_presentation(now, *locked),
            _ => Err(Rejection::NotAllowed),
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

    fn announce(&self, text: Option<&str>) -> Result<Vec<Event>, Rejection> {
        if let Some(text) = text {
            limits::check_announcement(text)?;
        }
        if text == self.announcement.as_deref() {
            return Err(Rejection::NoChange);
        }
        let text = text.map(str::to_owned);
        Ok(vec![Event::AnnouncementSet { text }])
    }

    /// Makes an event part of the state. `at` is its time in the log. An event
    /// that names a turn, a request or a device that is over changes nothing of another.
    pub fn apply(&mut self, at: Timestamp, event: &Event) {
        self.note_change(event);
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
            Event::SessionClosed { .. } => {
                self.session = None;
                self.floor.end_session();
                self.attendance.present.clear();
            }
            Event::LinkUp { .. }
            | Event::LinkDropped { .. }
            | Event::LinkResumed { .. }
            | Event::LinkEnded { .. } => {
                self.apply_link(at, event);
                self.note_chair(at);
            }
            Event::ServerOutage { from, to } => self.apply_outage(*from, *to),
            Event::DeviceRemoved { .. } | Event::CodeChanged { .. } | Event::RoomLocked { .. } => {
                self.apply_admission(event);
            }
            Event::ChairPassed { .. } => self.apply_chair(at, event),
            Event::ChatSent { .. } => self.apply_chat(at, event),
            Event::MicrophoneOverridden { open } => self.override_open = *open,
            Event::PictureMainChosen { site } => self.main_choice.clone_from(site),
            Event::AnnouncementSet { text } => self.announcement.clone_from(text),
            Event::HeadcountDeclared { site, present } => self.attendance.declare(
                site.clone(),
                Headcount {
                    at,
                    present: *present,
                    item: self.agenda.current,
                },
            ),
            Event::AgendaStarted { .. } => {
                self.agenda.apply(at, event);
                self.floor.open_lists();
            }
            Event::AgendaFinished { item } => {
                self.floor.rest_prepared(*item);
                self.agenda.apply(at, event);
            }
            Event::AgendaAdded { .. }
            | Event::AgendaEdited { .. }
            | Event::AgendaRemoved { .. }
            | Event::AgendaMoved { .. }
            | Event::DocumentAdded { .. }
            | Event::DocumentRemoved { .. } => self.agenda.apply(at, event),
            Event::FloorRequested { .. }
            | Event::FloorPrepared { .. }
            | Event::FloorAccepted { .. }
            | Event::FloorMoved { .. }
            | Event::FloorDeferred { .. }
            | Event::FloorDenied { .. }
            | Event::FloorCancelled { .. }
            | Event::FloorGranted { .. }
            | Event::FloorReleased { .. }
            | Event::FloorRevoked { .. }
            | Event::FloorExtended { .. }
            | Event::FloorWarned { .. }
            | Event::FloorOvertime { .. }
            | Event::FloorPaused { .. }
            | Event::FloorResumed { .. }
            | Event::FloorCalled { .. }
            | Event::FloorReady { .. }
            | Event::FloorSkipped { .. }
            | Event::FloorMediaSeen { .. }
            | Event::FloorSilent { .. }
            | Event::FloorListChanged { .. }
            | Event::FloorPolicyChanged { .. }
            | Event::PresentationLocked { .. }
            | Event::MicrophonesMuted { .. } => {
                let scope = self.scope();
                self.floor.apply(at, scope, event);
            }
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
            _ => {}
        }
    }

    fn apply_outage(&mut self, from: Timestamp, to: Timestamp) {
        let chair = self.chair_site();
        let Some(setup) = &self.setup else { return };
        self.links.outage(from, to, setup.rules.grace);
        self.floor
            .outage(from, to, |site| grace_of(setup, &chair, site, to));
        self.chair_after_outage(to);
    }
}
