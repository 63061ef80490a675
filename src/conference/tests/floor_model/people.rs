//! A conference that chance makes: its sites, its rules, its agenda, and who sits where.

use crate::random::Random;
use diemcau_conference::{
    AgendaDraft, ConferenceId, DeviceId, Millis, Overtime, Policy, Role, Rules, Setup, SiteId,
    SiteKind, SiteSetup, Speaker, Text,
};

const SITES: [&str; 6] = [
    "ha-noi",
    "da-nang",
    "tp-hcm",
    "can-tho",
    "thai-nguyen",
    "nghe-an",
];

/// Somebody at a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) site: SiteId,
    pub(crate) role: Role,
    pub(crate) device: DeviceId,
}

fn text(words: &str) -> Text {
    Text {
        vi: words.to_owned(),
        en: words.to_owned(),
    }
}

pub(crate) fn setup(random: &mut Random) -> Setup {
    let count = usize::try_from(random.between(3, 6)).expect("a few");
    let sites = SITES[..count].iter().map(|id| SiteSetup {
        id: SiteId::new(*id),
        name: text(id),
        kind: if *id == SITES[0] {
            SiteKind::Central
        } else {
            SiteKind::Member
        },
        parent: None,
        expected: 10,
    });
    let sites: Vec<SiteSetup> = sites.collect();
    let mut deputies = Vec::new();
    for _ in 0..random.below(3) {
        let site = random.pick(&sites).expect("a site").id.clone();
        if !deputies.contains(&site) {
            deputies.push(site);
        }
    }
    let agenda = (0..random.below(4)).map(|_| item(random, &sites)).collect();
    Setup {
        id: ConferenceId::new("hoi-nghi"),
        title: text("Hội nghị"),
        rules: rules(random),
        deputies,
        agenda,
        sites,
    }
}

pub(crate) fn rules(random: &mut Random) -> Rules {
    let seconds = |random: &mut Random, from: &[u64]| Millis::from_secs(random.one(from));
    Rules {
        accept_automatically: random.percent(50),
        turn: seconds(random, &[1, 8, 15, 40, 70, 120, 300]),
        overtime: random.one(&[Overtime::Soft, Overtime::Hard, Overtime::ChairDecides]),
        grace: seconds(random, &[5, 20]),
        audio_slots: u32::try_from(random.between(1, 6)).expect("a few"),
        thumbnail_slots: 3,
        devices_per_site: 8,
        policy: random.one(&POLICIES),
        requests_per_site: u32::try_from(random.between(1, 3)).expect("a few"),
        turns_per_site: random.one(&[0, 0, 1, 2]),
        site_time: seconds(random, &[0, 0, 30, 90]),
        request_pause: seconds(random, &[0, 0, 10, 30]),
        ready: seconds(random, &[5, 15, 30]),
        silence: seconds(random, &[3, 10, 40]),
        present_with_speech: random.percent(50),
    }
}

pub(crate) const POLICIES: [Policy; 4] = [
    Policy::Manual,
    Policy::FirstCome,
    Policy::RoundRobin,
    Policy::LeastTime,
];

pub(crate) fn item(random: &mut Random, sites: &[SiteSetup]) -> AgendaDraft {
    let speakers = (0..random.below(5)).map(|_| {
        let budget = random.between(10, 100);
        Speaker {
            site: random.pick(sites).expect("a site").id.clone(),
            name: "Nguyễn Văn A".to_owned(),
            words: "tham luận".to_owned(),
            budget: random.percent(50).then(|| Millis::from_secs(budget)),
        }
    });
    let speakers = speakers.collect();
    let time = random.between(30, 200);
    AgendaDraft {
        title: "Nội dung".to_owned(),
        time: random.percent(40).then(|| Millis::from_secs(time)),
        speakers,
        ..AgendaDraft::default()
    }
}

/// Two of the chair, one of every other role of the host and of every deputy, two of every site.
pub(crate) fn people(setup: &Setup) -> Vec<Person> {
    let mut people = Vec::new();
    let mut add = |site: &SiteId, role: Role, number: u32| {
        people.push(Person {
            site: site.clone(),
            role,
            device: DeviceId::new(format!("{site}-{}-{number}", role.as_str())),
        });
    };
    let central = &setup.sites[0].id;
    add(central, Role::Chair, 1);
    add(central, Role::Chair, 2);
    add(central, Role::Secretary, 1);
    add(central, Role::Technician, 1);
    for site in &setup.deputies {
        add(site, Role::Deputy, 1);
    }
    for site in &setup.sites {
        add(&site.id, Role::Site, 1);
        add(&site.id, Role::Site, 2);
    }
    add(&setup.sites[1].id, Role::Display, 1);
    people
}
