use super::*;
use diemcau_conference::{
    Actor, Command, Conference, ConferenceId, Floor, Role, RoomCommand, Rules, Setup, SiteKind,
    SiteSetup, SpeechKind, Text, Timestamp,
};
use diemcau_media::{MediaConfig, SlotKind};
use std::net::SocketAddr;

const NOW: Timestamp = Timestamp(1_368_147_600_000);

/// A conference of three sites with a device each, and its media.
struct Scene {
    conference: Conference,
    media: RoomMedia,
}

fn id(site: &str) -> SiteId {
    SiteId::new(site)
}

fn device(site: &str) -> DeviceId {
    DeviceId::new(format!("device-of-{site}"))
}

impl Scene {
    fn new() -> Self {
        let text = |text: &str| Text {
            vi: text.to_owned(),
            en: text.to_owned(),
        };
        let site = |name: &str, kind| SiteSetup {
            id: id(name),
            name: text(name),
            kind,
            parent: None,
            expected: 1,
        };
        let setup = Setup {
            id: ConferenceId::new("h"),
            title: text("h"),
            sites: vec![
                site("ha-noi", SiteKind::Central),
                site("can-tho", SiteKind::Member),
                site("nghe-an", SiteKind::Member),
            ],
            rules: Rules::default(),
            deputies: Vec::new(),
            agenda: Vec::new(),
        };
        let config = MediaConfig {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            shards: 1,
            spread_from: MediaConfig::SPREAD_FROM,
            public_ips: Vec::new(),
        };
        let media = Media::start(&config, |_| {}).expect("a free port");
        let mut scene = Self {
            conference: Conference::new(setup.id.clone()),
            media: RoomMedia::new(media, RoomId(7)),
        };
        scene.room(RoomCommand::Configure(setup));
        for (name, role) in [
            ("ha-noi", Role::Chair),
            ("can-tho", Role::Site),
            ("nghe-an", Role::Site),
        ] {
            scene.room(RoomCommand::LinkUp {
                device: device(name),
                site: id(name),
                role,
            });
        }
        let chair = Actor::Person {
            site: id("ha-noi"),
            role: Role::Chair,
            device: device("ha-noi"),
        };
        scene.decide(
            &chair,
            &Command::SessionOpen {
                name: "s".to_owned(),
            },
        );
        scene.decide(
            &chair,
            &Command::FloorInvite {
                floor: Floor::Speech,
                site: id("can-tho"),
            },
        );
        scene
    }

    fn decide(&mut self, actor: &Actor, command: &Command) {
        let events = self.conference.decide(NOW, actor, command);
        for event in events.expect("possible") {
            self.conference.apply(NOW, &event);
        }
    }

    fn room(&mut self, command: RoomCommand) {
        self.decide(&Actor::Room, &Command::Room(command));
    }

    fn add(&mut self, site: &str) -> PeerId {
        self.media.add(&device(site), &id(site))
    }

    fn plan(&mut self) -> Plan {
        let plan = self.conference.media_plan();
        self.media.translate(&plan)
    }

    fn event(&mut self, event: MediaEvent) -> Vec<(To, Hint)> {
        let plan = self.conference.media_plan();
        self.media.event(event, &plan)
    }
}

#[test]
fn a_device_that_joins_again_stays_a_source_until_the_new_peer_is_connected() {
    let mut scene = Scene::new();
    let chair = scene.add("ha-noi");
    let old = scene.add("can-tho");
    scene.event(MediaEvent::Connected { peer: old });
    let new = scene.add("can-tho");
    let plan = scene.plan();
    assert_eq!(plan.heard, [old].into());
    assert_eq!(plan.receivers[&chair].main, Some(old));
    assert_eq!(plan.receivers[&old], plan.receivers[&new], "both receive");

    scene.event(MediaEvent::Connected { peer: new });
    let plan = scene.plan();
    assert_eq!(plan.heard, [new].into());
    assert_eq!(plan.receivers[&chair].main, Some(new));
    assert!(!plan.receivers.contains_key(&old));

    // A new peer that never gets there leaves the old one as it was.
    let failed = scene.add("can-tho");
    scene.event(MediaEvent::Gone { peer: failed });
    assert_eq!(scene.plan(), plan);
}

#[test]
fn media_goes_on_for_a_device_whose_link_is_lost_until_its_interval_ends() {
    let mut scene = Scene::new();
    let chair = scene.add("ha-noi");
    let holder = scene.add("can-tho");
    let nghe_an = scene.add("nghe-an");
    let before = scene.plan();
    scene.room(RoomCommand::LinkDown {
        device: device("nghe-an"),
        left: false,
    });
    let after = scene.plan();
    assert_eq!(after.receivers[&nghe_an], before.receivers[&nghe_an]);

    // It follows the floor: the chair takes it.
    let actor = Actor::Person {
        site: id("ha-noi"),
        role: Role::Chair,
        device: device("ha-noi"),
    };
    scene.decide(
        &actor,
        &Command::FloorTake {
            floor: Floor::Speech,
        },
    );
    let taken = scene.plan();
    assert_eq!(taken.receivers[&nghe_an].main, Some(chair));
    assert_eq!(taken.receivers[&nghe_an].audio, [chair]);
    assert_eq!(taken.receivers[&nghe_an].thumbnails, [chair, holder]);

    scene.media.leave(&device("nghe-an"));
    assert!(!scene.plan().receivers.contains_key(&nghe_an));
}

#[test]
fn the_screen_that_presents_is_its_devices_newest_connected_one() {
    let mut scene = Scene::new();
    let chair = scene.add("ha-noi");
    let old = scene.add("can-tho");
    scene.event(MediaEvent::Connected { peer: old });
    let new = scene.add("can-tho");
    let source = Source {
        device: device("can-tho"),
        site: id("can-tho"),
    };
    let mut plan = scene.conference.media_plan();
    plan.presenting = Some(source.clone());
    let receives = plan.receivers.get_mut(&device("ha-noi"));
    let receives = receives.expect("the chair's page");
    receives.presentation = Some(source.clone());
    receives.presentation_audio = Some(source);

    let translated = scene.media.translate(&plan);
    assert_eq!(translated.presenting, Some(old));
    let shown = &translated.receivers[&chair];
    assert_eq!(shown.presentation, Some(old));
    assert_eq!(shown.presentation_audio, Some(old));

    // The new connection takes the floor's place, and what is shown follows it.
    scene.event(MediaEvent::Connected { peer: new });
    let translated = scene.media.translate(&plan);
    assert_eq!(translated.presenting, Some(new));
    assert_eq!(translated.receivers[&chair].presentation, Some(new));

    // A device without media presents nothing, and nobody else in its place.
    scene.media.leave(&device("can-tho"));
    let translated = scene.media.translate(&plan);
    assert_eq!(translated.presenting, None);
    assert_eq!(translated.receivers[&chair].presentation, None);
}

#[test]
fn the_slot_of_the_presentation_says_whose_screen_is_in_it() {
    let mut scene = Scene::new();
    let source = scene.add("can-tho");
    let page = scene.add("nghe-an");
    let kinds = [SlotKind::Presentation, SlotKind::PresentationAudio];
    let slot = |(mid, kind): (&str, SlotKind)| diemcau_media::Slot {
        mid: mid.to_owned(),
        kind,
        index: 0,
    };
    let slots: Vec<_> = ["7", "8"].into_iter().zip(kinds).map(slot).collect();
    scene.media.joined(page, Some(&slots));
    let hints = scene.event(MediaEvent::Slot {
        peer: page,
        mid: "7".to_owned(),
        source: Some(source),
        held: false,
        rtp: Some(90_000),
    });
    let [(To::Device(to), Hint::Slots { slots })] = &hints[..] else {
        panic!("{hints:?}");
    };
    assert_eq!(*to, device("nghe-an"));
    let rows: Vec<_> = slots
        .iter()
        .map(|row| (row.kind, row.site.clone(), row.flowing, row.rtp))
        .collect();
    let expected = [
        (
            diemcau_protocol::SlotKind::Presentation,
            Some(id("can-tho")),
            true,
            Some(90_000),
        ),
        (
            diemcau_protocol::SlotKind::PresentationAudio,
            None,
            false,
            None,
        ),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_page_is_told_of_its_newest_connection_and_the_host_of_open_microphones() {
    let mut scene = Scene::new();
    scene.add("ha-noi");
    let source = scene.add("can-tho");
    let page = scene.add("nghe-an");
    let slot = diemcau_media::Slot {
        mid: "5".to_owned(),
        kind: SlotKind::Main,
        index: 0,
    };
    scene.media.joined(page, Some(&[slot]));
    let flowing = |hints: &[(To, Hint)]| match hints {
        [(To::Device(to), Hint::Slots { slots })] => {
            assert_eq!(*to, device("nghe-an"));
            (slots[0].site.clone(), slots[0].flowing)
        }
        other => panic!("{other:?}"),
    };
    let in_slot = |rtp| MediaEvent::Slot {
        peer: page,
        mid: "5".to_owned(),
        source: Some(source),
        held: false,
        rtp,
    };
    let waiting = scene.event(in_slot(None));
    assert_eq!(flowing(&waiting), (Some(id("can-tho")), false));
    let there = scene.event(in_slot(Some(90_000)));
    assert_eq!(flowing(&there), (Some(id("can-tho")), true));
    let left_out = scene.event(MediaEvent::Slot {
        peer: page,
        mid: "5".to_owned(),
        source: Some(source),
        held: true,
        rtp: None,
    });
    assert!(
        matches!(&left_out[..], [(_, Hint::Slots { slots })] if slots[0].held && !slots[0].flowing),
        "whose picture it is stays known: {left_out:?}"
    );
    let there = scene.event(in_slot(Some(90_000)));
    assert!(matches!(&there[..], [(_, Hint::Slots { slots })] if !slots[0].held));
    assert_eq!(
        scene.media.greet(&device("nghe-an"), false),
        [there[0].1.clone()]
    );

    let open = MediaEvent::OpenMicrophone {
        peer: page,
        open: true,
    };
    let told = scene.event(open.clone());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, To::Host);
    assert!(scene.event(open).is_empty(), "once");
    assert_eq!(
        scene.media.greet(&device("ha-noi"), true),
        [told[0].1.clone()]
    );

    // Of a connection that is being replaced the page hears nothing more.
    scene.event(MediaEvent::Connected { peer: page });
    scene.add("nghe-an");
    assert!(scene.event(in_slot(Some(1))).is_empty());
}

#[test]
fn a_device_is_shown_the_pictures_that_it_asks_for_but_not_its_own() {
    let mut scene = Scene::new();
    let chair = scene.add("ha-noi");
    let can_tho = scene.add("can-tho");
    let nghe_an = scene.add("nghe-an");
    assert_eq!(
        scene.plan().receivers[&chair].thumbnails,
        [can_tho, nghe_an]
    );

    let asked = ["nghe-an", "ha-noi", "nghe-an", "da-nang", "can-tho"];
    scene.media.watch(&device("ha-noi"), asked.map(id).into());
    let plan = scene.plan();
    assert_eq!(plan.receivers[&chair].thumbnails, [nghe_an, can_tho]);
    assert_eq!(plan.receivers[&nghe_an].thumbnails, [chair, can_tho]);

    scene.media.watch(&device("ha-noi"), [id("nghe-an")].into());
    assert_eq!(scene.plan().receivers[&chair].thumbnails, [nghe_an]);
    scene.media.watch(&device("ha-noi"), [].into());
    let usual = [can_tho, nghe_an];
    assert_eq!(scene.plan().receivers[&chair].thumbnails, usual);
}

#[test]
fn a_page_says_how_tall_it_shows_its_slots_until_it_leaves() {
    let mut scene = Scene::new();
    let chair = scene.add("ha-noi");
    let page = scene.add("nghe-an");
    let size = |mid: &str, height| SlotSize {
        mid: mid.to_owned(),
        height,
    };
    let too_long = size("seventeen-letters", 1);
    let sizes = [vec![size("5", 720), too_long], vec![size("7", 90); 100]].concat();
    scene.media.show(&device("nghe-an"), sizes);
    let plan = scene.plan();
    let shown = [("5", 720), ("7", 90)].map(|(mid, height)| (mid.to_owned(), height));
    assert_eq!(plan.receivers[&page].heights, shown.into());
    assert!(plan.receivers[&chair].heights.is_empty());
    scene.media.show(&device("nghe-an"), vec![size("7", 0)]);
    assert_eq!(
        scene.plan().receivers[&page].heights,
        [("7".to_owned(), 0)].into()
    );
    scene.media.leave(&device("nghe-an"));
    let again = scene.add("nghe-an");
    assert!(scene.plan().receivers[&again].heights.is_empty());
}

#[test]
fn a_page_is_told_which_layers_are_watched_and_again_when_it_comes_back() {
    let mut scene = Scene::new();
    let page = scene.add("can-tho");
    let told = |active: &[&str]| {
        let active = active.iter().map(|rid| (*rid).to_owned()).collect();
        (To::Device(device("can-tho")), Hint::Layers { active })
    };
    let layers = |peer, active: &[&str]| MediaEvent::Layers {
        peer,
        active: active.iter().map(|rid| (*rid).to_owned()).collect(),
    };
    let greeting = |scene: &Scene| scene.media.greet(&device("can-tho"), false);
    assert!(
        greeting(&scene).is_empty(),
        "all of them, and it knows that"
    );
    assert_eq!(scene.event(layers(page, &["q", "f"])), [told(&["q", "f"])]);
    assert_eq!(scene.event(layers(page, &["q"])), [told(&["q"])]);
    assert_eq!(greeting(&scene), [told(&["q"]).1]);

    scene.event(MediaEvent::Connected { peer: page });
    let new = scene.add("can-tho");
    assert!(
        scene.event(layers(page, &["q", "h"])).is_empty(),
        "it is being replaced"
    );
    assert_eq!(scene.event(layers(new, &["q"])), [told(&["q"])]);
}

#[test]
fn a_screen_is_shown_to_all_others_and_heard_at_other_sites() {
    let mut scene = Scene::new();
    let chair = scene.add("ha-noi");
    let can_tho = scene.add("can-tho");
    let speaker = Actor::Person {
        site: id("can-tho"),
        role: Role::Site,
        device: device("can-tho"),
    };
    let plan = scene.plan();
    assert_eq!(plan.presenting, None);

    scene.decide(
        &speaker,
        &Command::FloorRequest {
            floor: Floor::Presentation,
            kind: SpeechKind::default(),
            words: String::new(),
            beneficiary: String::new(),
            site: None,
        },
    );
    let plan = scene.plan();
    assert_eq!(plan.presenting, Some(can_tho));
    let shown = &plan.receivers[&chair];
    assert_eq!(shown.presentation, Some(can_tho));
    assert_eq!(shown.presentation_audio, Some(can_tho));
    let own = &plan.receivers[&can_tho];
    assert_eq!(own.presentation, None, "it shows it by itself");
    assert_eq!(own.presentation_audio, None);
}

#[test]
fn a_device_is_measured_on_its_connection_and_silent_while_nothing_comes() {
    let mut scene = Scene::new();
    let first = scene.add("can-tho");
    let measured = |scene: &Scene, peer| {
        let event = MediaEvent::Quality {
            peer,
            quality: Quality::default(),
        };
        let (device, site, _, silent) = scene.media.measured(&event)?;
        Some((device.clone(), site.clone(), silent))
    };
    let can_tho = |silent| Some((device("can-tho"), id("can-tho"), silent));
    scene.event(MediaEvent::Connected { peer: first });
    assert_eq!(measured(&scene, first), can_tho(false));
    for weak in [true, false, true] {
        scene.event(MediaEvent::Link { peer: first, weak });
        assert_eq!(measured(&scene, first), can_tho(weak));
    }
    // One that replaces it is not measured before it is connected, and the old one not after that.
    let second = scene.add("can-tho");
    assert_eq!(measured(&scene, second), None);
    scene.event(MediaEvent::Connected { peer: second });
    assert_eq!(measured(&scene, first), None);
    assert_eq!(measured(&scene, second), can_tho(false));
}
