//! Tells every session what happened, and what of its view changed.
//!
//! Sessions at one site in one role have one view but for `me`, so views are computed and messages
//! written once for each such class, not once for each session. All sessions are always at the
//! same event.

use super::{
    batch::{Session, Sessions},
    recent::{Entry, Recent},
    view,
};
use crate::signalling::session::encode;
use axum::extract::ws::Utf8Bytes;
use diemcau_conference::{Conference, MediaPlan, Role, SiteId, Timestamp};
use diemcau_protocol::{
    Me, ServerMessage, UnseenMessage, View, ViewPatch, Welcome, WelcomeMessage,
};
use std::collections::BTreeMap;

/// The views that sessions have, by site and role.
#[derive(Default)]
pub(super) struct FanOut {
    views: BTreeMap<(SiteId, Role), View>,
}

/// The state that is told.
pub(super) struct Scene<'a> {
    pub(super) conference: &'a Conference,
    pub(super) plan: &'a MediaPlan,
    pub(super) recent: &'a Recent,
    pub(super) seq: u64,
    pub(super) now: Timestamp,
    pub(super) instance: &'a str,
}

impl FanOut {
    /// Welcomes new sessions and sends `entries` to all others. The patch of the view goes with
    /// the last entry: before it, a page may be a few events behind what it is told.
    pub(super) fn tell(&mut self, sessions: &mut Sessions, entries: &[Entry], scene: &Scene<'_>) {
        let mut classes: BTreeMap<(SiteId, Role), Vec<&mut Session>> = BTreeMap::new();
        for session in sessions.by_number.values_mut() {
            let class = (session.seat.site.clone(), session.seat.role);
            classes.entry(class).or_default().push(session);
        }
        self.views.retain(|class, _| classes.contains_key(class));
        for (class, members) in classes {
            let news = !entries.is_empty();
            if !news && members.iter().all(|session| session.told.is_some()) {
                continue;
            }
            let Some(view) = view::project(scene.conference, scene.plan, &class.0, class.1) else {
                continue;
            };
            let patch = self
                .views
                .get(&class)
                .map_or_else(ViewPatch::default, |before| {
                    ViewPatch::between(before, &view)
                });
            let messages = write(entries, &class, &patch);
            for session in members {
                tell_one(session, entries, &messages, &patch, &view, scene);
            }
            // Without news only the new ones have this view: the others get their patch later.
            if news || !self.views.contains_key(&class) {
                self.views.insert(class, view);
            }
        }
    }
}

fn tell_one(
    session: &mut Session,
    entries: &[Entry],
    messages: &[Utf8Bytes],
    patch: &ViewPatch,
    view: &View,
    scene: &Scene<'_>,
) {
    let device = &session.seat.device;
    let heard = scene
        .plan
        .heard
        .iter()
        .any(|source| source.device == *device);
    let me = || Me {
        device: device.clone(),
        heard,
        ..view.me.clone()
    };
    let Some(told) = session.told else {
        let (site, role) = (&session.seat.site, session.seat.role);
        let welcome = Welcome {
            instance: scene.instance.to_owned(),
            at: scene.now,
            seq: scene.seq,
            view: View {
                me: me(),
                ..view.clone()
            },
            log: scene.recent.since(session.after, scene.seq, site, role),
        };
        session
            .outbox
            .send(encode(&ServerMessage::Welcome(WelcomeMessage { welcome })));
        session.told = Some(scene.seq);
        session.heard = heard;
        return;
    };
    // Without entries this was a call for newcomers; those have all that is in these entries.
    let Some((last, before)) = messages.split_last().filter(|_| told < scene.seq) else {
        return;
    };
    for message in before {
        session.outbox.send(message.clone());
    }
    if heard == session.heard {
        session.outbox.send(last.clone());
    } else if let Some(entry) = entries.last() {
        let patch = ViewPatch {
            me: Some(me()),
            ..patch.clone()
        };
        let class = (session.seat.site.clone(), session.seat.role);
        session.outbox.send(write_one(entry, &class, Some(patch)));
    }
    session.told = Some(scene.seq);
    session.heard = heard;
}

fn write(entries: &[Entry], class: &(SiteId, Role), patch: &ViewPatch) -> Vec<Utf8Bytes> {
    let last = entries.len().saturating_sub(1);
    let with_patch = |at: usize| (at == last && !patch.is_empty()).then(|| patch.clone());
    entries
        .iter()
        .enumerate()
        .map(|(at, entry)| write_one(entry, class, with_patch(at)))
        .collect()
}

fn write_one(entry: &Entry, (site, role): &(SiteId, Role), patch: Option<ViewPatch>) -> Utf8Bytes {
    if view::may_see(&entry.audience, site, *role) {
        let mut message = entry.message();
        message.view = patch;
        encode(&ServerMessage::Event(message))
    } else {
        encode(&ServerMessage::Unseen(UnseenMessage {
            seq: entry.seq,
            view: patch,
        }))
    }
}
