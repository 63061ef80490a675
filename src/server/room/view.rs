//! What a role knows of a conference: the state, projected.

use diemcau_conference::{
    Audience, Conference, DeviceId, FloorRequest, MediaPlan, Role, SiteId, SiteLink, capability,
};
use diemcau_protocol::{
    ConferenceView, DeviceView, FloorView, LinkState, Me, Phase, PictureView, RequestView,
    SessionView, SiteView, TurnView, View,
};

/// The view of everyone at a site in a role, less what differs from device to device: `me.device`
/// is empty and `me.heard` false. None before the conference is configured.
pub(super) fn project(
    conference: &Conference,
    plan: &MediaPlan,
    site: &SiteId,
    role: Role,
) -> Option<View> {
    let setup = conference.setup()?;
    let phase = match conference.session() {
        _ if conference.is_closed() => Phase::Closed,
        Some(_) => Phase::Session,
        None => Phase::Waiting,
    };
    let session = conference.session().map(|session| SessionView {
        id: session.id,
        name: session.name.clone(),
        opened: session.opened,
    });
    Some(View {
        conference: ConferenceView {
            id: setup.id.clone(),
            title: setup.title.clone(),
            phase,
            session,
            locked: conference.is_locked(),
            rules: setup.rules.clone(),
        },
        me: Me {
            site: site.clone(),
            role,
            device: DeviceId::new(""),
            heard: false,
            may: capability::commands(role).map(str::to_owned).collect(),
        },
        sites: setup
            .sites
            .iter()
            .map(|site| site_view(conference, plan, site))
            .collect(),
        devices: devices(conference, site, role),
        floor: FloorView {
            turn: turn(conference),
            queue: queue(conference.queue()),
            pending: conference
                .pending()
                .iter()
                .filter(|request| role.is_host() || request.site == *site)
                .map(|pending| request(pending, None))
                .collect(),
            override_open: conference.override_open(),
        },
        picture: PictureView {
            main: conference.main_site(),
            chosen: conference.main_choice().is_some()
                && conference.main_choice() == conference.main_site().as_ref(),
        },
    })
}

/// Whether a role at a site may see what has this audience.
pub(super) fn may_see(audience: &Audience, site: &SiteId, role: Role) -> bool {
    match audience {
        Audience::Everyone => true,
        Audience::Host => role.is_host(),
        Audience::Site { site: concerned } => role.is_host() || concerned == site,
    }
}

fn site_view(
    conference: &Conference,
    plan: &MediaPlan,
    site: &diemcau_conference::SiteSetup,
) -> SiteView {
    let (link, since, devices) = match conference.site_link(&site.id) {
        SiteLink::Linked { since, devices } => (LinkState::Linked, Some(since), devices),
        SiteLink::Dropped { since } => (LinkState::Dropped, Some(since), 0),
        SiteLink::Absent { since } => (LinkState::Absent, since, 0),
    };
    let declared = conference
        .headcounts()
        .get(&site.id)
        .and_then(|counts| counts.last());
    SiteView {
        id: site.id.clone(),
        name: site.name.clone(),
        kind: site.kind,
        parent: site.parent.clone(),
        expected: site.expected,
        present: declared.map(|count| count.present),
        link,
        since,
        devices,
        heard: plan.heard.iter().any(|source| source.site == site.id),
    }
}

fn devices(conference: &Conference, site: &SiteId, role: Role) -> Vec<DeviceView> {
    let mut devices: Vec<DeviceView> = conference
        .links()
        .iter()
        .filter(|(_, link)| role.is_host() || link.site == *site)
        .map(|(device, link)| DeviceView {
            id: device.clone(),
            site: link.site.clone(),
            role: link.role,
            since: conference.linked_since(link),
            linked: link.dropped.is_none(),
            speaks: conference.speaking_device(&link.site) == Some(device),
        })
        .collect();
    devices.sort_by(|one, other| (one.since, &one.id).cmp(&(other.since, &other.id)));
    devices
}

fn turn(conference: &Conference) -> Option<TurnView> {
    let turn = conference.turn()?;
    Some(TurnView {
        epoch: turn.epoch,
        site: turn.site.clone(),
        kind: turn.kind,
        words: turn.words.clone(),
        granted: turn.granted,
        budget: turn.budget,
        spoken: turn.spoken,
        running_since: turn.running_since,
        grace_until: turn.grace_until,
    })
}

fn queue(requests: &[FloorRequest]) -> Vec<RequestView> {
    requests
        .iter()
        .zip(1..)
        .map(|(accepted, place)| request(accepted, Some(place)))
        .collect()
}

fn request(request: &FloorRequest, place: Option<u32>) -> RequestView {
    RequestView {
        id: request.id,
        site: request.site.clone(),
        kind: request.kind,
        words: request.words.clone(),
        at: request.at,
        place,
    }
}
