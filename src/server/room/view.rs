//! What a role knows of a conference: the state, projected.

mod agenda;
mod floor;

use diemcau_conference::{
    Audience, Conference, DeviceId, MediaPlan, Role, SiteId, SiteLink, capability,
};
use diemcau_protocol::{
    ChairView, ChatMessage, ConferenceView, DeviceView, LinkState, Me, Phase, PictureView,
    SessionView, SiteView, View,
};

/// Messages of the chat in a view.
const CHAT: usize = 100;

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
    let chair = conference.chair();
    Some(View {
        conference: ConferenceView {
            id: setup.id.clone(),
            title: setup.title.clone(),
            phase,
            session,
            locked: conference.is_locked(),
            rules: setup.rules.clone(),
            chair: ChairView {
                term: chair.term,
                site: chair.site,
                role: chair.role,
                away_since: chair.away_since,
            },
            announcement: conference.announcement().map(str::to_owned),
        },
        me: Me {
            site: site.clone(),
            role,
            device: DeviceId::new(""),
            heard: false,
            chairs: conference.chairs(site, role),
            may: capability::commands(role).map(str::to_owned).collect(),
        },
        sites: setup
            .sites
            .iter()
            .map(|site| site_view(conference, plan, site))
            .collect(),
        devices: devices(conference, site, role),
        floor: floor::speech(conference, site, role),
        presentation: floor::presentation(conference, site, role),
        agenda: agenda::agenda(conference),
        speaking: if role.is_host() {
            floor::speaking(conference)
        } else {
            Vec::new()
        },
        chat: chat(conference, site, role),
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
    SiteView {
        id: site.id.clone(),
        name: site.name.clone(),
        kind: site.kind,
        parent: site.parent.clone(),
        expected: site.expected,
        present: conference.present(&site.id),
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

/// What is for all, and what is in the threads that one may see.
fn chat(conference: &Conference, site: &SiteId, role: Role) -> Vec<ChatMessage> {
    let messages = conference.chat().iter().rev();
    let mut newest: Vec<ChatMessage> = messages
        .filter(|message| {
            let thread = message.site.as_ref();
            thread.is_none_or(|thread| role.is_host() || thread == site)
        })
        .take(CHAT)
        .map(|message| ChatMessage {
            at: message.at,
            from: message.from.clone(),
            role: message.role,
            site: message.site.clone(),
            text: message.text.clone(),
        })
        .collect();
    newest.reverse();
    newest
}
