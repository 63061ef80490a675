//! What somebody might say now: mostly what fits, at times what is wrong, late or said before.

use crate::{
    model::Model,
    people::{self, POLICIES, Person},
    random::Random,
};
use diemcau_conference::{
    Command, Epoch, Floor, ItemId, Millis, QueueList, RequestId, Role, SiteId, SpeechKind,
    capability,
};

const KINDS: [SpeechKind; 5] = [
    SpeechKind::PointOfOrder,
    SpeechKind::Explanation,
    SpeechKind::PreparedSpeech,
    SpeechKind::Proposal,
    SpeechKind::Discussion,
];

pub(crate) fn command(random: &mut Random, model: &Model) -> Command {
    if model.session.is_none() && random.percent(60) {
        return Command::SessionOpen {
            name: "sáng".to_owned(),
        };
    }
    if model.is_away() && random.percent(20) {
        return Command::ChairTake;
    }
    if model.chair.term > 0 && random.percent(5) {
        return Command::ChairReclaim;
    }
    if let Some(turn) = model.interrupted.as_ref().filter(|_| random.percent(7)) {
        return Command::FloorRestore { epoch: turn.epoch };
    }
    let silent = model.turns.is_empty();
    let area = match random.below(112) {
        // Where nobody speaks there is little to do with turns.
        area @ 49..=70 if silent && random.percent(80) => area % 49,
        area => area,
    };
    match area {
        0..=24 => ask(random, model),
        25..=31 => accept(random, model),
        32..=51 => give(random, model),
        52..=58 => end(random, model),
        59..=70 => of_turn(random, model),
        71..=78 => of_queue(random, model),
        79..=85 => next_up(random, model),
        86..=100 => switch(random, model),
        101..=106 => agenda(random, model),
        _ => host(random, model),
    }
}

fn ask(random: &mut Random, model: &Model) -> Command {
    let floor = floor(random);
    let speech = floor == Floor::Speech;
    let of = random.percent(20).then(|| site(random, model));
    Command::FloorRequest {
        floor,
        kind: if speech || random.percent(20) {
            random.one(&KINDS)
        } else {
            SpeechKind::default()
        },
        words: "ý kiến".repeat(usize::from(random.percent(2)) * 40 + 1),
        beneficiary: if random.percent(30) {
            "Trần Thị B".to_owned()
        } else {
            String::new()
        },
        site: of,
    }
}

fn accept(random: &mut Random, model: &Model) -> Command {
    let request = pending(random, model);
    let place = random.percent(30).then(|| small(random));
    Command::FloorAccept { request, place }
}

fn give(random: &mut Random, model: &Model) -> Command {
    match random.below(12) {
        0..=2 => Command::FloorGrant {
            request: request(random, model),
        },
        3..=5 => Command::FloorNext {
            floor: floor(random),
        },
        6 => Command::FloorInvite {
            floor: floor(random),
            site: site(random, model),
        },
        7 => Command::FloorTake {
            floor: floor(random),
        },
        8..=10 => Command::FloorAnswer {
            site: other_site(random, model),
            epoch: epoch(random, model),
        },
        _ => Command::FloorRestore {
            epoch: epoch(random, model),
        },
    }
}

fn end(random: &mut Random, model: &Model) -> Command {
    let epoch = epoch(random, model);
    match random.below(10) {
        0..=3 => Command::FloorRelease { epoch },
        4 => Command::FloorRevoke {
            epoch,
            reason: "hết giờ".to_owned(),
        },
        5..=6 => Command::FloorCancel {
            request: request(random, model),
        },
        7..=8 => Command::FloorDeny {
            request: request(random, model),
            reason: "trùng".to_owned(),
        },
        _ => Command::FloorDeny {
            request: request(random, model),
            reason: "x".repeat(201),
        },
    }
}

fn of_turn(random: &mut Random, model: &Model) -> Command {
    let epoch = epoch(random, model);
    match random.below(3) {
        0 => Command::FloorExtend {
            epoch,
            by: Millis(random.one(&[999, 1_000, 5_000, 30_000, 61_000, 120_000])),
        },
        1 => Command::FloorPause { epoch },
        _ => Command::FloorResume { epoch },
    }
}

fn of_queue(random: &mut Random, model: &Model) -> Command {
    let request = request(random, model);
    match random.below(12) {
        0..=5 => Command::FloorMove {
            request,
            place: small(random),
        },
        6..=10 => Command::FloorDefer { request },
        _ => Command::FloorClear {
            floor: floor(random),
        },
    }
}

fn next_up(random: &mut Random, model: &Model) -> Command {
    match (&model.called, random.percent(50)) {
        (Some(called), true) => Command::FloorReady {
            request: called.request,
        },
        _ if random.percent(10) => Command::FloorReady {
            request: request(random, model),
        },
        _ => {
            let named = random.percent(50).then(|| request(random, model));
            Command::FloorCall { request: named }
        }
    }
}

fn switch(random: &mut Random, model: &Model) -> Command {
    let on = random.percent(50);
    match random.below(9) {
        0..=1 => Command::FloorList {
            list: random.one(&[QueueList::Prepared, QueueList::Open]),
            open: random.percent(65),
        },
        2 => Command::FloorPolicy {
            policy: random.one(&POLICIES),
        },
        3 => Command::PresentationLock {
            locked: on && !model.locked,
        },
        4 => Command::MicrophoneOverride { open: on },
        5..=6 => Command::MicrophoneMuteAll {
            muted: on && !model.muted,
        },
        7 => Command::ChairTake,
        _ => Command::ChairReclaim,
    }
}

fn agenda(random: &mut Random, model: &Model) -> Command {
    let item = item(random, model);
    match random.below(12) {
        0..=5 => Command::AgendaStart { item },
        6 => Command::AgendaFinish,
        7 => Command::AgendaAdd {
            draft: people::item(random, &model.setup.sites),
            place: random.percent(50).then(|| small(random)),
        },
        8..=9 => Command::AgendaEdit {
            item,
            draft: people::item(random, &model.setup.sites),
        },
        10 => Command::AgendaRemove { item },
        _ => Command::AgendaMove {
            item,
            place: small(random),
        },
    }
}

fn host(random: &mut Random, model: &Model) -> Command {
    match random.below(30) {
        0..=7 => Command::AttendanceHeadcount {
            present: u32::try_from(random.below(50)).expect("a few"),
        },
        8..=15 => Command::ChatSend {
            site: None,
            text: "xin chào".to_owned(),
        },
        16..=19 => Command::SessionClose,
        20..=21 => {
            let devices: Vec<_> = model.links.keys().cloned().collect();
            match random.pick(&devices) {
                Some(device) => Command::DeviceRemove {
                    device: device.clone(),
                },
                None => Command::SessionClose,
            }
        }
        22..=23 => Command::CodeChange {
            site: site(random, model),
            role: Role::Site,
        },
        24 => Command::ConferenceClose,
        _ => Command::SessionOpen {
            name: "chiều".to_owned(),
        },
    }
}

/// Somebody who has the command, mostly.
pub(crate) fn speaker(
    random: &mut Random,
    model: &Model,
    people: &[Person],
    command: &Command,
) -> Option<Person> {
    let of_chair = matches!(command, Command::ChairTake | Command::ChairReclaim);
    let linked = |person: &&Person| model.is_linked(&person.device);
    let here: Vec<&Person> = people.iter().filter(linked).collect();
    if !of_chair && random.percent(2) {
        return random.pick(people).cloned();
    }
    if random.percent(8) {
        return random.pick(&here).map(|person| (*person).clone());
    }
    let wanted = wanted_site(model, command);
    let fits = |person: &&&Person| {
        let chairs = !matches!(person.role, Role::Chair | Role::Deputy)
            || of_chair
            || (person.role, &person.site) == (model.chair.role, &model.chair.site);
        capability::may(person.role, command) && chairs
    };
    let able: Vec<&Person> = here.iter().filter(fits).copied().collect();
    let of_site: Vec<&Person> = able
        .iter()
        .filter(|person| Some(&person.site) == wanted.as_ref())
        .copied()
        .collect();
    if !of_site.is_empty() && random.percent(90) {
        return random.pick(&of_site).map(|person| (*person).clone());
    }
    random.pick(&able).map(|person| (*person).clone())
}

/// Whose matter it is.
fn wanted_site(model: &Model, command: &Command) -> Option<SiteId> {
    match command {
        Command::FloorRelease { epoch } => model.turn(*epoch).map(|turn| turn.site.clone()),
        Command::FloorReady { request } | Command::FloorCancel { request } => model
            .requests
            .get(request)
            .map(|request| request.site.clone()),
        _ => None,
    }
}

fn floor(random: &mut Random) -> Floor {
    if random.percent(78) {
        Floor::Speech
    } else {
        Floor::Presentation
    }
}

fn small(random: &mut Random) -> u32 {
    u32::try_from(random.below(6)).expect("a few")
}

/// A site, rarely one that there is not.
fn site(random: &mut Random, model: &Model) -> SiteId {
    if random.percent(2) {
        return SiteId::new("hai-phong");
    }
    random.pick(&model.setup.sites).expect("a site").id.clone()
}

/// A site that does not hold the speech floor, mostly.
fn other_site(random: &mut Random, model: &Model) -> SiteId {
    let first = site(random, model);
    if model.holds(Floor::Speech, &first) {
        return site(random, model);
    }
    first
}

fn item(random: &mut Random, model: &Model) -> ItemId {
    match random.pick(&model.items) {
        Some(item) if random.percent(93) => item.id,
        _ => ItemId(model.last_item + 1),
    }
}

/// A request that is pending, mostly.
fn pending(random: &mut Random, model: &Model) -> RequestId {
    let pending: Vec<RequestId> = model.pending.values().flatten().copied().collect();
    if pending.is_empty() || random.percent(15) {
        return request(random, model);
    }
    random.one(&pending)
}

/// An open request, or one that is over or never was.
fn request(random: &mut Random, model: &Model) -> RequestId {
    let mut open = model.prepared();
    for list in model.pending.values().chain(model.queue.values()) {
        open.extend(list);
    }
    match random.below(100) {
        0..=84 if !open.is_empty() => random.one(&open),
        99 => RequestId(model.last_request + 1),
        _ => {
            let any = random.between(0, u64::from(model.last_request));
            RequestId(u32::try_from(any).expect("few requests"))
        }
    }
}

/// A running turn, or one that is over or never was.
fn epoch(random: &mut Random, model: &Model) -> Epoch {
    let running: Vec<Epoch> = model.turns.iter().map(|turn| turn.epoch).collect();
    match random.below(100) {
        0..=89 if !running.is_empty() => random.one(&running),
        99 => Epoch(model.last_epoch + 1),
        _ => {
            let any = random.between(0, u64::from(model.last_epoch));
            Epoch(u32::try_from(any).expect("few turns"))
        }
    }
}
