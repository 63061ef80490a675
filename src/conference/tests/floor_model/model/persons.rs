//! Who may say what, and what comes of it.

use super::{Against, Model, Verdict, asking::Wish, idle, refused};
use diemcau_conference::{
    Command, DeviceId, Epoch, QueueList, Rejection, RequestId, RevokeCause, Role, RoomCommand,
    SiteId, Timestamp, capability,
};

impl Model {
    pub(crate) fn person(
        &mut self,
        now: Timestamp,
        (site, role, device): (&SiteId, Role, &DeviceId),
        command: &Command,
    ) -> Verdict {
        if self.removed.contains(device) {
            return refused(&[Rejection::DeviceRemoved]);
        }
        if !capability::may(role, command) {
            return refused(&[Rejection::NotAllowed, Rejection::NotChair]);
        }
        if self.closed {
            return refused(&[Rejection::ConferenceClosed]);
        }
        let chairs = (self.chair.role, &self.chair.site) == (role, site);
        // Rule 12 takes the chair away, not the voice of the site that the chair sits at.
        let anyway = match command {
            Command::ChatSend { .. } | Command::ChairTake | Command::ChairReclaim => true,
            Command::FloorRelease { .. } | Command::AttendanceHeadcount { .. } => {
                role == Role::Chair
            }
            _ => false,
        };
        if matches!(role, Role::Chair | Role::Deputy) && !chairs && !anyway {
            return refused(&[Rejection::NotChairing]);
        }
        self.command(now, (site, role, device), command)
    }

    fn command(
        &mut self,
        now: Timestamp,
        (site, role, device): (&SiteId, Role, &DeviceId),
        command: &Command,
    ) -> Verdict {
        match command {
            Command::SessionOpen { name } => self.open_session(name),
            Command::SessionClose => {
                let none = self.session.is_none();
                Against::default()
                    .when(none, Rejection::NoSession)
                    .or(|| self.close_session(now))
            }
            Command::ConferenceClose => {
                self.close_conference(now);
                Verdict::Done
            }
            Command::FloorRequest {
                floor,
                kind,
                words,
                beneficiary,
                site: of,
            } => {
                let wish = Wish {
                    floor: *floor,
                    kind: *kind,
                    words,
                    beneficiary,
                    of: of.as_ref(),
                };
                self.request(now, (site, role, device), &wish)
            }
            Command::FloorCancel { request } => self.cancel(site, role, *request),
            Command::FloorAccept { request, place } => self.accept(*request, *place),
            Command::FloorMove { request, place } => self.shift(*request, *place),
            Command::FloorDefer { request } => self.defer(*request),
            Command::FloorDeny { request, reason } => self.deny(now, *request, reason),
            Command::FloorClear { floor } => self.clear(*floor),
            Command::FloorGrant { request } => self.grant(now, *request),
            Command::FloorNext { floor } => self.grant_next(now, *floor),
            Command::FloorInvite { floor, site } => self.invite(now, *floor, site),
            Command::FloorTake { floor } => self.take(now, *floor, device),
            Command::FloorAnswer { site, epoch } => self.answer(now, site, *epoch),
            Command::FloorRestore { epoch } => self.restore(now, *epoch),
            Command::FloorRelease { epoch } => self.release(now, site, *epoch),
            Command::FloorRevoke { epoch, reason } => self.revoke(now, *epoch, reason),
            Command::FloorExtend { epoch, by } => self.extend(now, *epoch, *by),
            Command::FloorPause { epoch } => self.pause(now, *epoch),
            Command::FloorResume { epoch } => self.resume(now, *epoch),
            Command::FloorCall { request } => self.call(now, *request),
            Command::FloorReady { request } => self.ready(site, *request),
            _ => self.other(now, (site, device), command),
        }
    }

    fn other(
        &mut self,
        now: Timestamp,
        (site, own): (&SiteId, &DeviceId),
        command: &Command,
    ) -> Verdict {
        match command {
            Command::FloorList { list, open } => self.open_list(*list, *open),
            Command::FloorPolicy { policy } => {
                if self.policy == *policy {
                    return idle(&[Rejection::NoChange]);
                }
                self.policy = *policy;
                self.tell(format!("policy {policy:?}"));
                Verdict::Done
            }
            Command::PresentationLock { locked } => self.lock_presentation(now, *locked),
            Command::MicrophoneOverride { open } => self.open_override(*open),
            Command::MicrophoneMuteAll { muted } => self.mute_all(now, *muted),
            Command::AgendaAdd { draft, place } => self.add_item(draft, *place),
            Command::AgendaEdit { item, draft } => self.edit_item(*item, draft),
            Command::AgendaRemove { item } => self.remove_item(*item),
            Command::AgendaMove { item, place } => self.move_item(*item, *place),
            Command::AgendaStart { item } => self.start_item(now, *item),
            Command::AgendaFinish => self.finish_item(),
            Command::ChairTake => self.take_chair(now, site),
            Command::ChairReclaim => self.reclaim_chair(now),
            Command::DeviceRemove { device } => {
                let unknown = !self.links.contains_key(device);
                Against::default()
                    .when(own == device, Rejection::OwnDevice)
                    .when(unknown, Rejection::UnknownDevice)
                    .or(|| {
                        self.removed.insert(device.clone());
                        self.end_links(now, |other, _| other == device);
                    })
            }
            Command::CodeChange { site, role } => {
                let unknown = self.setup.site(site).is_none();
                Against::default()
                    .when(unknown, Rejection::UnknownSite)
                    .or(|| {
                        // A wall screen comes in with the code of its site.
                        self.end_links(now, |device, link| {
                            let role_of_code = match link.role {
                                Role::Display => Role::Site,
                                other => other,
                            };
                            link.site == *site && role_of_code == *role && device != own
                        });
                    })
            }
            Command::ChatSend { .. } | Command::AttendanceHeadcount { .. } => Verdict::Done,
            other => panic!("the model was not taught {other:?}"),
        }
    }

    /// What the room says. What is due comes first, as though it had been decided in time; time for
    /// which the server was away does not count.
    pub(crate) fn room(&mut self, now: Timestamp, command: &RoomCommand) -> Verdict {
        if self.closed {
            return Verdict::Done;
        }
        let due = match command {
            RoomCommand::Outage { from, .. } => now.min(*from),
            _ => now,
        };
        if let RoomCommand::LinkUp { device, .. } = command
            && self.removed.contains(device)
        {
            return refused(&[Rejection::DeviceRemoved]);
        }
        if let RoomCommand::Configure(setup) = command {
            self.setup = setup.clone();
            return Verdict::Done;
        }
        self.tick(due, now);
        match command {
            RoomCommand::LinkUp { device, site, role } => {
                self.link_up(now, device, site, *role);
            }
            RoomCommand::LinkDown { device, left } => self.link_down(now, device, *left),
            RoomCommand::CodeChanged { site, role } => {
                self.end_links(now, |_, link| link.site == *site && link.role == *role);
            }
            RoomCommand::Outage { from, to } => self.outage(*from, *to),
            RoomCommand::MicrophoneSeen { device } => self.microphone_seen(device),
            RoomCommand::Tick | RoomCommand::Configure(_) => {}
        }
        Verdict::Done
    }

    fn open_session(&mut self, name: &str) -> Verdict {
        let length = name.chars().count();
        Against::default()
            .when(self.session.is_some(), Rejection::SessionOpen)
            .when(!(1..=60).contains(&length), Rejection::BadText)
            .or(|| {
                self.sessions += 1;
                self.session = Some(self.sessions);
            })
    }

    /// What was asked for in a session is over with it, and so is its agenda item. Prepared lists
    /// wait for their item.
    fn close_session(&mut self, now: Timestamp) {
        let turns: Vec<Epoch> = self.turns.iter().map(|turn| turn.epoch).collect();
        for epoch in turns {
            self.revoke_turn(now, epoch, RevokeCause::SessionClosed);
        }
        let lists = self.pending.values().chain(self.queue.values());
        let open: Vec<RequestId> = lists.flatten().copied().collect();
        for id in open {
            self.cancel_one(id);
        }
        self.leave_item();
        self.called = None;
        self.interrupted = None;
        self.muted = false;
        self.prepared_open = true;
        self.queue_open = true;
        self.session = None;
    }

    fn close_conference(&mut self, now: Timestamp) {
        if self.session.is_some() {
            self.close_session(now);
        }
        if self.override_open {
            self.open_override(false);
        }
        self.links.clear();
        self.closed = true;
    }

    fn open_list(&mut self, list: QueueList, open: bool) -> Verdict {
        let state = match list {
            QueueList::Prepared => &mut self.prepared_open,
            QueueList::Open => &mut self.queue_open,
        };
        if *state == open {
            return idle(&[Rejection::NoChange]);
        }
        *state = open;
        self.tell(format!("list {list:?} {open}"));
        Verdict::Done
    }
}
