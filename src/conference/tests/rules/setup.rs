//! What a configuration may be, and how it may change.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, Room, TICK, changed, configure, draft, open, setup, site,
};
use diemcau_conference::{
    Actor, Command, Conference, ConferenceId, Event, Millis, Rejection, Role, Setup, SetupError,
    SiteId, SiteKind,
};

/// A day in milliseconds.
const DAY: u64 = 86_400_000;

#[test]
fn a_good_setup_passes() {
    assert_eq!(setup().check(), Ok(()));
}

#[test]
fn every_contradiction_is_named() {
    type Change = fn(&mut Setup);
    let range = |what: &str, least, most, found| SetupError::OutOfRange {
        what: what.to_owned(),
        least,
        most,
        found,
    };
    let cases: Vec<(Change, SetupError)> = vec![
        (|s| s.sites.clear(), SetupError::CentralSites(0)),
        (
            |s| s.sites[1].kind = SiteKind::Central,
            SetupError::CentralSites(2),
        ),
        (
            |s| s.sites[1].id = s.sites[3].id.clone(),
            SetupError::DuplicateSite(site(CAN_THO)),
        ),
        (
            |s| s.sites[1].id = SiteId::new("Đà Nẵng"),
            SetupError::BadSiteId(site("Đà Nẵng")),
        ),
        (
            |s| s.sites[1].id = SiteId::new("da--nang"),
            SetupError::BadSiteId(site("da--nang")),
        ),
        (
            |s| s.sites[1].id = SiteId::new(""),
            SetupError::BadSiteId(site("")),
        ),
        (
            |s| s.sites[1].parent = Some(SiteId::new("hue")),
            SetupError::UnknownParent {
                site: site(DA_NANG),
                parent: site("hue"),
            },
        ),
        (
            |s| s.sites[1].parent = Some(site(DA_NANG)),
            SetupError::ParentCycle(site(DA_NANG)),
        ),
        (
            |s| {
                s.sites[1].parent = Some(site(CAN_THO));
                s.sites[3].parent = Some(site(DA_NANG));
            },
            SetupError::ParentCycle(site(CAN_THO)),
        ),
        (
            |s| s.title.en = " ".to_owned(),
            SetupError::EmptyText("the title".to_owned()),
        ),
        (
            |s| s.sites[1].name.vi.clear(),
            SetupError::EmptyText("the site da-nang".to_owned()),
        ),
        (
            |s| s.sites[1].expected = 10_001,
            range("expected of the site da-nang", 0, 10_000, 10_001),
        ),
        (
            |s| s.rules.turn.0 = 0,
            range("turn in milliseconds", 1, DAY, 0),
        ),
        (
            |s| s.rules.grace.0 = DAY + 1,
            range("grace in milliseconds", 1, DAY, DAY + 1),
        ),
        (
            |s| s.rules.ready = Millis(0),
            range("ready in milliseconds", 1, DAY, 0),
        ),
        (
            |s| s.rules.silence = Millis(0),
            range("silence in milliseconds", 1, DAY, 0),
        ),
        (
            |s| s.rules.site_time.0 = DAY + 1,
            range("site_time in milliseconds", 0, DAY, DAY + 1),
        ),
        (
            |s| s.rules.request_pause.0 = DAY + 1,
            range("request_pause in milliseconds", 0, DAY, DAY + 1),
        ),
        (
            |s| s.rules.requests_per_site = 0,
            range("requests_per_site", 1, 5, 0),
        ),
        (
            |s| s.rules.turns_per_site = 1_001,
            range("turns_per_site", 0, 1_000, 1_001),
        ),
        (
            |s| s.deputies = vec![site("hue")],
            SetupError::BadDeputy(site("hue")),
        ),
        (
            |s| s.deputies = vec![site(DA_NANG), site(DA_NANG)],
            SetupError::BadDeputy(site(DA_NANG)),
        ),
        (
            |s| s.agenda = vec![draft("Khai mạc", &[]), draft("", &[])],
            SetupError::BadItem {
                number: 2,
                reason: Rejection::BadText,
            },
        ),
        (
            |s| s.agenda = vec![draft("Tham luận", &["hue"])],
            SetupError::BadItem {
                number: 1,
                reason: Rejection::UnknownSite,
            },
        ),
        (
            |s| s.agenda = vec![draft("Tham luận", &[]); 201],
            range("the number of agenda items", 0, 200, 201),
        ),
        (|s| s.rules.audio_slots = 0, range("audio_slots", 1, 16, 0)),
        (
            |s| s.rules.thumbnail_slots = 65,
            range("thumbnail_slots", 0, 64, 65),
        ),
    ];
    for (change, expected) in cases {
        let setup = changed(change);
        assert_eq!(setup.check(), Err(expected.clone()));
        let conference = Conference::new(setup.id.clone());
        let answer = conference.decide(crate::support::START, &Actor::Room, &configure(setup));
        assert_eq!(answer, Err(Rejection::BadSetup), "{expected}");
    }
}

#[test]
fn a_conference_begins_with_its_configuration() {
    let conference = Conference::new(ConferenceId::new("hoi-nghi"));
    let decide =
        |actor: &Actor, command: &Command| conference.decide(crate::support::START, actor, command);
    assert_eq!(decide(&Actor::Room, &TICK), Err(Rejection::BadSetup));
    assert_eq!(
        decide(&crate::support::chair(), &open("sáng")),
        Err(Rejection::BadSetup)
    );
    let first = vec![Event::ConferenceConfigured { setup: setup() }];
    assert_eq!(decide(&Actor::Room, &configure(setup())), Ok(first));
    let other = changed(|s| s.id = ConferenceId::new("another"));
    assert_eq!(
        decide(&Actor::Room, &configure(other)),
        Err(Rejection::BadSetup)
    );
}

#[test]
fn only_a_change_is_an_event() {
    let mut room = Room::in_session();
    assert_eq!(room.ok(&Actor::Room, &configure(setup())), []);
    let longer = changed(|s| s.rules.turn.0 *= 2);
    let event = Event::ConferenceConfigured {
        setup: longer.clone(),
    };
    assert_eq!(room.ok(&Actor::Room, &configure(longer)), [event]);
    room.invite(CAN_THO);
    let turn = room.turn();
    assert_eq!(turn.budget.0, 600_000);
}

#[test]
fn a_site_that_the_log_names_stays_and_so_does_the_centre() {
    let mut room = Room::configured(setup());
    let without = |id: &'static str| configure(changed(|s| s.sites.retain(|x| x.id != site(id))));
    room.up("phone", CAN_THO, Role::Site);
    room.leave("phone");
    assert_eq!(
        room.refused(&Actor::Room, &without(CAN_THO)),
        Rejection::BadSetup
    );
    assert_eq!(room.ok(&Actor::Room, &without(DA_NANG)).len(), 1);
    let moved = configure(changed(|s| {
        s.sites[0].kind = SiteKind::Member;
        s.sites[1].kind = SiteKind::Central;
    }));
    assert_eq!(room.refused(&Actor::Room, &moved), Rejection::BadSetup);
    assert_eq!(
        room.conference
            .setup()
            .and_then(Setup::central)
            .map(|s| &s.id),
        Some(&site(HA_NOI))
    );
}
