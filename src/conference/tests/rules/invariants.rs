//! What holds in every state of every conference.

use crate::support::{CAN_THO, NGHE_AN, SITES, site};
use diemcau_conference::{Conference, Floor, LinkInterval, Role};
use std::collections::{BTreeMap, BTreeSet};

/// Checks them all. Nghệ An stands below Cần Thơ, and no other site below any.
pub(crate) fn check_state(conference: &Conference) {
    check_heard(conference);
    check_pictures(conference);
    check_attendance(conference);
    let open = conference
        .queue(Floor::Speech)
        .iter()
        .chain(conference.pending(Floor::Speech));
    let open: Vec<_> = open.map(|request| (&request.site, request.kind)).collect();
    let different: BTreeSet<_> = open.iter().collect();
    assert_eq!(
        different.len(),
        open.len(),
        "one open request a site and kind"
    );
    let most = conference
        .setup()
        .map_or(0, |setup| setup.rules.requests_per_site as usize);
    for (site, _) in &open {
        let own = open.iter().filter(|(other, _)| other == site).count();
        assert!(own <= most, "{site} has {own} open requests");
    }
    let turns = conference.turns(Floor::Speech);
    assert!(turns.len() <= 1, "one holder without a dialogue");
    if conference.session().is_none() {
        assert!(open.is_empty() && turns.is_empty(), "outside a session");
    }
    if let Some(turn) = turns.last() {
        let present = conference.links().values().any(|link| {
            let speaks = matches!(link.role, Role::Chair | Role::Site);
            link.site == turn.site && link.dropped.is_none() && speaks
        });
        assert_eq!(
            turn.running_since.is_some(),
            present,
            "the clock runs while the holder is there"
        );
    }
}

fn check_heard(conference: &Conference) {
    let plan = conference.media_plan();
    let setup = conference.setup().expect("a setup");
    let mut sites = BTreeSet::new();
    for source in &plan.heard {
        let link = &conference.links()[&source.device];
        let holds = conference
            .turns(Floor::Speech)
            .iter()
            .any(|turn| turn.site == source.site);
        let overrides = conference.override_open() && link.role == Role::Chair;
        assert!(holds || overrides, "{source:?} is heard without the floor");
        assert_eq!(link.site, source.site);
        let others_are_linked = conference.links().values().any(|other| {
            other.site == link.site
                && other.dropped.is_none()
                && matches!(other.role, Role::Chair | Role::Site)
        });
        assert!(
            link.dropped.is_none() || !others_are_linked,
            "{source:?} is lost and another device of its site is there"
        );
        assert!(sites.insert(&source.site), "two microphones of one site");
    }
    assert!(plan.heard.len() <= setup.rules.audio_slots as usize);
    let chair_linked = conference
        .links()
        .values()
        .any(|l| l.role == Role::Chair && l.dropped.is_none());
    if conference.override_open() && chair_linked {
        let chair = |id| conference.links()[id].role == Role::Chair;
        assert!(
            plan.heard.iter().any(|source| chair(&source.device)),
            "the chair is kept"
        );
    }
}

fn check_pictures(conference: &Conference) {
    let plan = conference.media_plan();
    let setup = conference.setup().expect("a setup");
    let linked = conference.links();
    assert!(
        linked.keys().eq(plan.receivers.keys()),
        "all who are linked or may be back"
    );
    for (device, receives) in &plan.receivers {
        let own = &linked[device].site;
        let sources = receives
            .audio
            .iter()
            .chain(&receives.main)
            .chain(&receives.thumbnails);
        for source in sources {
            assert_ne!(source.site, *own, "a site never receives itself");
            assert_eq!(linked[&source.device].site, source.site);
        }
        assert!(receives.thumbnails.len() <= setup.rules.thumbnail_slots as usize);
        let heard: Vec<_> = plan
            .heard
            .iter()
            .filter(|source| source.site != *own)
            .collect();
        assert_eq!(
            receives.audio.iter().collect::<Vec<_>>(),
            heard,
            "all hear the same"
        );
    }
}

fn check_attendance(conference: &Conference) {
    let mut of_device: BTreeMap<_, Vec<&LinkInterval>> = BTreeMap::new();
    for interval in conference.intervals() {
        of_device
            .entry(&interval.device)
            .or_default()
            .push(interval);
    }
    for (device, intervals) in &of_device {
        for pair in intervals.windows(2) {
            let end = pair[0]
                .to
                .expect("only the last interval of a device is open");
            assert!(
                pair[0].from <= end && end <= pair[1].from,
                "{device}: {pair:?}"
            );
        }
        let open = intervals
            .last()
            .is_some_and(|interval| interval.to.is_none());
        assert_eq!(open, conference.links().contains_key(*device), "{device}");
    }
    let own = |id: &str| u64::from(conference.present(&site(id)).unwrap_or(0));
    for id in SITES {
        let below = if id == CAN_THO { own(NGHE_AN) } else { 0 };
        assert_eq!(
            conference.present_within(&site(id)),
            own(id) + below,
            "{id}"
        );
    }
}
