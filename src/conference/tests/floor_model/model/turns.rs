//! Turns: granted, ended, interrupted and given back, paused and extended (rules 2, 3, 7, 8, 9, 16).

use super::{Against, Model, Request, State, Turn, Verdict, idle, refused};
use diemcau_conference::{
    BudgetLimit, DeviceId, Epoch, Floor, GrantReason, Millis, PauseCause, Rejection, RequestId,
    RevokeCause, SiteId, Timestamp,
};
use std::collections::BTreeSet;

const WARNINGS: [Millis; 3] = [
    Millis::from_secs(60),
    Millis::from_secs(30),
    Millis::from_secs(10),
];

/// Warnings that a turn may still give which has this much left.
pub(crate) fn warnings_below(left: Millis) -> BTreeSet<Millis> {
    WARNINGS.into_iter().filter(|mark| *mark < left).collect()
}

impl Model {
    /// What keeps a site from being given a floor.
    fn against_giving(&self, floor: Floor, site: &SiteId) -> Against {
        Against::default()
            .when(self.session.is_none(), Rejection::NoSession)
            .when(self.setup.site(site).is_none(), Rejection::UnknownSite)
            .when(!self.present(site), Rejection::SiteAbsent)
            .when(self.holds(floor, site), Rejection::HoldsFloor)
            .when(
                floor == Floor::Presentation && self.locked && *site != self.chair.site,
                Rejection::PresentationLocked,
            )
    }

    pub(crate) fn grant(&mut self, now: Timestamp, id: RequestId) -> Verdict {
        if self.place_of(id).is_none() {
            return self.not_open(id);
        }
        let Request { floor, site, .. } = self.requests[&id].clone();
        self.against_giving(floor, &site)
            .or(|| self.hand_over(now, floor, &site, Some(id), Some(GrantReason::Chair)))
    }

    pub(crate) fn grant_next(&mut self, now: Timestamp, floor: Floor) -> Verdict {
        let Some((id, reason)) = self.next(now, floor) else {
            let mut reasons = vec![Rejection::NobodyWaits];
            if self.session.is_none() {
                reasons = vec![Rejection::NoSession];
            }
            if self.locked && floor == Floor::Presentation {
                reasons.push(Rejection::PresentationLocked);
            }
            return refused(&reasons);
        };
        let site = self.requests[&id].site.clone();
        self.against_giving(floor, &site)
            .or(|| self.hand_over(now, floor, &site, Some(id), reason))
    }

    pub(crate) fn invite(&mut self, now: Timestamp, floor: Floor, site: &SiteId) -> Verdict {
        let request = self.open_request(floor, site);
        self.against_giving(floor, site)
            .or(|| self.hand_over(now, floor, site, request, Some(GrantReason::Invited)))
    }

    pub(crate) fn take(&mut self, now: Timestamp, floor: Floor, device: &DeviceId) -> Verdict {
        let site = self.chair.site.clone();
        let request = self.open_request(floor, &site);
        self.against_giving(floor, &site).or(|| {
            self.hand_over(now, floor, &site, request, Some(GrantReason::Taken));
            let turn = self.turns.last_mut().expect("it was just granted");
            if floor == Floor::Presentation {
                turn.devices.push(device.clone());
            }
        })
    }

    pub(crate) fn answer(&mut self, now: Timestamp, site: &SiteId, to: Epoch) -> Verdict {
        let asked = self.speech_turns().any(|turn| turn.epoch == to);
        let slots = self.setup.rules.audio_slots as usize;
        let most = slots.saturating_sub(1).max(2);
        let request = self.open_request(Floor::Speech, site);
        self.against_giving(Floor::Speech, site)
            .when(!asked, Rejection::StaleEpoch)
            .when(
                self.speech_turns().count() >= most,
                Rejection::TooManyHolders,
            )
            .or(|| {
                let reason = Some(GrantReason::Answer { to });
                self.begin(now, Floor::Speech, site, request, reason);
            })
    }

    pub(crate) fn restore(&mut self, now: Timestamp, epoch: Epoch) -> Verdict {
        let Some(turn) = self.interrupted.clone().filter(|turn| turn.epoch == epoch) else {
            return refused(&[Rejection::NotInterrupted, Rejection::NoSession]);
        };
        self.against_giving(Floor::Speech, &turn.site).or(|| {
            self.interrupted = None;
            self.preempt(now, Floor::Speech);
            // It is the same site's again.
            let own = |interrupted: &mut Turn| interrupted.site == turn.site;
            self.interrupted.take_if(own);
            self.last_epoch += 1;
            let new = Turn {
                epoch: Epoch(self.last_epoch),
                granted: now,
                since: Some(now),
                pauses: BTreeSet::new(),
                until: None,
                awaiting: true,
                silent: false,
                reason: Some(GrantReason::Restored { of: epoch }),
                request: None,
                item: self.current,
                overtime: false,
                warnings: warnings_below(turn.budget.saturating_sub(turn.spoken)),
                ..turn
            };
            self.start(now, new);
        })
    }

    /// Gives a floor over: who held it is interrupted.
    pub(crate) fn hand_over(
        &mut self,
        now: Timestamp,
        floor: Floor,
        site: &SiteId,
        request: Option<RequestId>,
        reason: Option<GrantReason>,
    ) {
        self.preempt(now, floor);
        self.begin(now, floor, site, request, reason);
    }

    fn preempt(&mut self, now: Timestamp, floor: Floor) {
        let running = self.turns.iter().filter(|turn| turn.floor == floor);
        let running: Vec<Epoch> = running.map(|turn| turn.epoch).collect();
        let mut interrupted: Vec<Turn> = self.interrupted.clone().into_iter().collect();
        for epoch in running {
            let ended = self.revoke_turn(now, epoch, RevokeCause::Preempted);
            if floor == Floor::Speech {
                interrupted.push(ended);
            }
        }
        // Whom the chair interrupted is owed its time, whomever the chair lets in between.
        let owed = interrupted.iter().rev();
        let owed = owed
            .clone()
            .find(|turn| turn.reason != Some(GrantReason::Taken))
            .or(owed.clone().next());
        self.interrupted = owed.cloned();
    }

    fn begin(
        &mut self,
        now: Timestamp,
        floor: Floor,
        site: &SiteId,
        request: Option<RequestId>,
        reason: Option<GrantReason>,
    ) {
        let asked = request.map(|id| self.requests[&id].clone());
        let (budget, limit) = match floor {
            Floor::Speech => self.budget(now, site, asked.as_ref().and_then(|r| r.budget)),
            Floor::Presentation => (Millis(0), BudgetLimit::Turn),
        };
        if let Some(id) = request {
            self.close(id, State::Granted);
            if floor == Floor::Speech {
                for request in self.requests.values_mut() {
                    request.skipped = false;
                }
            }
        }
        let mut devices: Vec<DeviceId> = Vec::new();
        if floor == Floor::Presentation {
            devices.extend(asked.as_ref().and_then(|request| request.device.clone()));
            if reason != Some(GrantReason::SpeechHolder) || devices.is_empty() {
                devices.extend(self.speaking.get(site).cloned());
            }
        }
        if floor == Floor::Speech {
            let of = (self.sessions, self.current, site.clone());
            self.accounts.entry(of).or_default().turns += 1;
            if self.interrupted.as_ref().is_some_and(|i| i.site == *site) {
                self.interrupted = None;
            }
        }
        self.last_epoch += 1;
        let kind = asked.as_ref().map(|request| request.kind);
        let turn = Turn {
            epoch: Epoch(self.last_epoch),
            floor,
            site: site.clone(),
            devices,
            request,
            kind,
            words: asked.as_ref().map(|r| r.words.clone()).unwrap_or_default(),
            beneficiary: asked.map(|r| r.beneficiary).unwrap_or_default(),
            granted: now,
            budget,
            limit,
            spoken: Millis(0),
            since: Some(now),
            pauses: BTreeSet::new(),
            until: None,
            overtime: false,
            awaiting: floor == Floor::Speech,
            silent: false,
            reason,
            item: self.current,
            warnings: warnings_below(budget),
            counted: Millis(0),
        };
        self.start(now, turn);
    }

    fn start(&mut self, now: Timestamp, turn: Turn) {
        let (epoch, budget, limit) = (turn.epoch, turn.budget.0, turn.limit);
        let (floor, site, request) = (turn.floor, turn.site.clone(), turn.request);
        self.tell(format!(
            "granted {epoch} {floor:?} {site} {request:?} {budget} {limit:?}"
        ));
        self.turns.push(turn);
        if self.muted && floor == Floor::Speech && site != self.chair.site {
            self.pause_turn(now, epoch, PauseCause::Muted, None);
        }
    }

    /// The request's own time or that of the rules, no longer than the site or the item has left.
    fn budget(&self, now: Timestamp, site: &SiteId, own: Option<Millis>) -> (Millis, BudgetLimit) {
        let rules = &self.setup.rules;
        let mut budget = (own.unwrap_or(rules.turn), BudgetLimit::Turn);
        let mut shorten = |left: Millis, limit| {
            if left > Millis(0) && left < budget.0 {
                budget = (left, limit);
            }
        };
        let spoken = self.account(self.current, site).spoken;
        shorten(rules.site_time.saturating_sub(spoken), BudgetLimit::Site);
        let item = self.items.iter().find(|item| Some(item.id) == self.current);
        if let Some(time) = item.and_then(|item| item.draft.time) {
            let ended = self.accounts.iter().filter(|((session, item, _), _)| {
                *session == self.sessions && *item == self.current
            });
            let ended: u64 = ended.map(|(_, account)| account.spoken.0).sum();
            let running = self.speech_turns().filter(|turn| turn.item == self.current);
            let running: u64 = running
                .map(|turn| turn.spoken_at(now).saturating_sub(turn.counted).0)
                .sum();
            shorten(
                time.saturating_sub(Millis(ended + running)),
                BudgetLimit::Item,
            );
        }
        budget
    }

    /// Ends a turn, and puts what was spoken down to its site.
    fn end_turn(&mut self, now: Timestamp, epoch: Epoch) -> Turn {
        let index = self.turns.iter().position(|turn| turn.epoch == epoch);
        let mut turn = self.turns.remove(index.expect("a running turn"));
        turn.spoken = turn.spoken_at(now);
        turn.since = None;
        if turn.floor == Floor::Speech {
            let of = (self.sessions, turn.item, turn.site.clone());
            let account = self.accounts.entry(of).or_default();
            account.spoken = account.spoken + turn.spoken.saturating_sub(turn.counted);
            turn.counted = turn.spoken;
            self.waits_from.insert(turn.site.clone(), now);
        }
        turn
    }

    pub(crate) fn revoke_turn(&mut self, now: Timestamp, epoch: Epoch, cause: RevokeCause) -> Turn {
        let turn = self.end_turn(now, epoch);
        self.tell(format!("revoked {epoch} {cause:?} {}", spoke(&turn)));
        turn
    }

    pub(crate) fn release(&mut self, now: Timestamp, site: &SiteId, epoch: Epoch) -> Verdict {
        let Some(turn) = self.turn(epoch) else {
            return refused(&[Rejection::StaleEpoch]);
        };
        Against::default()
            .when(turn.site != *site, Rejection::NotYours)
            .or(|| {
                let turn = self.end_turn(now, epoch);
                self.tell(format!("released {epoch} {}", spoke(&turn)));
            })
    }

    pub(crate) fn revoke(&mut self, now: Timestamp, epoch: Epoch, reason: &str) -> Verdict {
        if self.turn(epoch).is_none() {
            return refused(&[Rejection::StaleEpoch]);
        }
        Against::default()
            .when(reason.chars().count() > 200, Rejection::BadText)
            .or(|| {
                self.revoke_turn(now, epoch, RevokeCause::Chair);
            })
    }

    pub(crate) fn extend(&mut self, now: Timestamp, epoch: Epoch, by: Millis) -> Verdict {
        if self.speech_turns().all(|turn| turn.epoch != epoch) {
            return refused(&[Rejection::StaleEpoch]);
        }
        let fits = (1_000..=4 * 60 * 60 * 1_000).contains(&by.0);
        Against::default().when(!fits, Rejection::BadNumber).or(|| {
            let turn = self.turn_mut(epoch);
            turn.budget = turn.budget + by;
            let left = turn.left_at(now);
            if left > Millis(0) {
                turn.overtime = false;
            }
            turn.warnings = warnings_below(left);
            self.tell(format!("extended {epoch} {}", by.0));
        })
    }

    pub(crate) fn pause(&mut self, now: Timestamp, epoch: Epoch) -> Verdict {
        let Some(turn) = self.speech_turns().find(|turn| turn.epoch == epoch) else {
            return refused(&[Rejection::StaleEpoch]);
        };
        if turn.pauses.contains(&PauseCause::Chair) {
            return idle(&[Rejection::NoChange]);
        }
        self.pause_turn(now, epoch, PauseCause::Chair, None);
        Verdict::Done
    }

    pub(crate) fn resume(&mut self, now: Timestamp, epoch: Epoch) -> Verdict {
        let Some(turn) = self.speech_turns().find(|turn| turn.epoch == epoch) else {
            return refused(&[Rejection::StaleEpoch]);
        };
        if !turn.pauses.contains(&PauseCause::Chair) {
            return idle(&[Rejection::NoChange]);
        }
        self.resume_turn(now, epoch, PauseCause::Chair);
        Verdict::Done
    }

    pub(crate) fn pause_turn(
        &mut self,
        now: Timestamp,
        epoch: Epoch,
        cause: PauseCause,
        until: Option<Timestamp>,
    ) {
        let turn = self.turn_mut(epoch);
        turn.spoken = turn.spoken_at(now);
        turn.since = None;
        turn.pauses.insert(cause);
        if cause == PauseCause::Link {
            turn.until = until;
        }
        let until = until.map(|until| until.0);
        self.tell(format!("paused {epoch} {cause:?} {until:?}"));
    }

    pub(crate) fn resume_turn(&mut self, now: Timestamp, epoch: Epoch, cause: PauseCause) {
        let turn = self.turn_mut(epoch);
        turn.pauses.remove(&cause);
        if cause == PauseCause::Link {
            turn.until = None;
        }
        if turn.pauses.is_empty() {
            turn.since = Some(now);
        }
        self.tell(format!("resumed {epoch} {cause:?}"));
    }

    pub(crate) fn mute_all(&mut self, now: Timestamp, muted: bool) -> Verdict {
        if self.muted == muted {
            return idle(&[Rejection::NoChange]);
        }
        self.muted = muted;
        self.tell(format!("muted {muted}"));
        self.settle_muted(now);
        Verdict::Done
    }

    /// All but the turns of the chair's site stand still while all are muted.
    pub(crate) fn settle_muted(&mut self, now: Timestamp) {
        let turns: Vec<(Epoch, bool, bool)> = self
            .speech_turns()
            .map(|turn| {
                let should = self.muted && turn.site != self.chair.site;
                let paused = turn.pauses.contains(&PauseCause::Muted);
                (turn.epoch, should, paused)
            })
            .collect();
        for (epoch, should, paused) in turns {
            if should && !paused {
                self.pause_turn(now, epoch, PauseCause::Muted, None);
            } else if paused && !should {
                self.resume_turn(now, epoch, PauseCause::Muted);
            }
        }
    }

    pub(crate) fn lock_presentation(&mut self, now: Timestamp, locked: bool) -> Verdict {
        if self.locked == locked {
            return idle(&[Rejection::NoChange]);
        }
        self.locked = locked;
        self.tell(format!("locked {locked}"));
        let others = self.turns.iter().filter(|turn| {
            locked && turn.floor == Floor::Presentation && turn.site != self.chair.site
        });
        let others: Vec<Epoch> = others.map(|turn| turn.epoch).collect();
        for epoch in others {
            self.revoke_turn(now, epoch, RevokeCause::Chair);
        }
        Verdict::Done
    }

    pub(crate) fn microphone_seen(&mut self, device: &DeviceId) {
        let site = self.links.get(device).map(|link| link.site.clone());
        let turn = self.turns.iter_mut().find(|turn| {
            turn.floor == Floor::Speech && turn.awaiting && Some(&turn.site) == site.as_ref()
        });
        if let Some(turn) = turn {
            turn.awaiting = false;
            turn.silent = false;
            let epoch = turn.epoch;
            self.tell(format!("seen {epoch}"));
        }
    }
}

/// The presentation floor has no clock.
fn spoke(turn: &Turn) -> u64 {
    match turn.floor {
        Floor::Speech => turn.spoken.0,
        Floor::Presentation => 0,
    }
}
