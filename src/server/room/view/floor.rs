//! The floors, projected.

use diemcau_conference::{Conference, Floor, FloorRequest, QueueList, Role, SiteId, Turn};
use diemcau_protocol::{
    CalledView, FloorView, InterruptedView, Millis, PresentationView, RequestView, SpeakingView,
    TurnView,
};

pub(super) fn speech(conference: &Conference, site: &SiteId, role: Role) -> FloorView {
    let turns = conference.turns(Floor::Speech).iter();
    FloorView {
        turns: turns.map(|running| turn(running, site, role)).collect(),
        queue: placed(conference.queue(Floor::Speech)),
        prepared: placed(conference.prepared()),
        pending: pending(conference, Floor::Speech, site, role),
        next: conference.next_request(),
        called: conference.called().map(|called| CalledView {
            request: called.request,
            site: called.site.clone(),
            until: called.until,
            ready: called.ready,
        }),
        interrupted: conference.interrupted().map(|turn| InterruptedView {
            epoch: turn.epoch,
            site: turn.site.clone(),
            left: turn.budget.saturating_sub(turn.spoken),
        }),
        policy: conference.policy(),
        prepared_open: conference.list_open(QueueList::Prepared),
        queue_open: conference.list_open(QueueList::Open),
        override_open: conference.override_open(),
        all_muted: conference.all_muted(),
    }
}

pub(super) fn presentation(conference: &Conference, site: &SiteId, role: Role) -> PresentationView {
    let floor = Floor::Presentation;
    let running = conference.turns(floor).first();
    PresentationView {
        turn: running.map(|running| turn(running, site, role)),
        queue: placed(conference.queue(floor)),
        pending: pending(conference, floor, site, role),
        locked: conference.presentation_locked(),
    }
}

/// How much each site spoke that spoke at all.
pub(super) fn speaking(conference: &Conference) -> Vec<SpeakingView> {
    let sites = conference.setup().map_or(&[][..], |setup| &setup.sites);
    let accounts = sites.iter().map(|site| {
        let account = conference.account(&site.id);
        SpeakingView {
            site: site.id.clone(),
            turns: account.turns,
            spoken: account.spoken,
            session: conference.spoken_in_session(&site.id),
        }
    });
    accounts
        .filter(|account| account.turns > 0 || account.session > Millis(0))
        .collect()
}

fn turn(turn: &Turn, site: &SiteId, role: Role) -> TurnView {
    // Which devices another site has is its own matter, and the host's.
    let may_know = role.is_host() || turn.site == *site;
    TurnView {
        epoch: turn.epoch,
        site: turn.site.clone(),
        device: turn.device.clone().filter(|_| may_know),
        kind: turn.kind,
        words: turn.words.clone(),
        beneficiary: turn.beneficiary.clone(),
        granted: turn.granted,
        reason: turn.reason,
        budget: turn.budget,
        limit: turn.limit,
        spoken: turn.spoken,
        running_since: turn.running_since,
        paused: turn.pauses.iter().copied().collect(),
        grace_until: turn.grace_until,
        awaiting_media: turn.awaiting_media,
        silent: turn.silent,
    }
}

/// Requests with their places, counted from 1.
fn placed(requests: &[FloorRequest]) -> Vec<RequestView> {
    let numbered = requests.iter().zip(1..);
    numbered
        .map(|(accepted, place)| request(accepted, Some(place)))
        .collect()
}

/// Requests without a place: the host sees all, a site its own.
fn pending(conference: &Conference, floor: Floor, site: &SiteId, role: Role) -> Vec<RequestView> {
    let waiting = conference.pending(floor).iter();
    waiting
        .filter(|waiting| role.is_host() || waiting.site == *site)
        .map(|waiting| request(waiting, None))
        .collect()
}

fn request(request: &FloorRequest, place: Option<u32>) -> RequestView {
    RequestView {
        id: request.id,
        site: request.site.clone(),
        kind: request.kind,
        words: request.words.clone(),
        beneficiary: request.beneficiary.clone(),
        at: request.at,
        place,
        skipped: request.skipped,
    }
}
