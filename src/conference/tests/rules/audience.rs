//! Who may see what.

use crate::{
    json::{name, one_of_each},
    support::{
        CAN_THO, DA_NANG, HA_NOI, Room, START, accept, call, cancel, chair, changed, deny, draft,
        headcount, invite, link_down, link_up, ready, request, room_of, setup, site,
    },
};
use diemcau_conference::{Actor, Audience, Command, Event, Floor, RequestId, Role, SpeechKind};

/// What a command gives, with the audience of each event; the audience is the same before and
/// after the event is applied.
#[track_caller]
fn seen(room: &mut Room, actor: &Actor, command: &Command) -> Vec<Audience> {
    let events = room
        .conference
        .decide(room.now, actor, command)
        .expect("the command is allowed");
    let told = events.iter().map(|event| {
        let before = room.conference.audience(event);
        room.conference.apply(room.now, event);
        assert_eq!(before, room.conference.audience(event), "{event:?}");
        before
    });
    told.collect()
}

fn of_site(id: &str) -> Audience {
    Audience::Site { site: site(id) }
}

#[test]
fn a_request_is_its_sites_matter_until_it_has_a_place() {
    let ask = request(SpeechKind::Discussion);
    let mut room = Room::in_session();
    assert_eq!(seen(&mut room, &room_of(CAN_THO), &ask), [of_site(CAN_THO)]);
    let id = room.conference.pending(Floor::Speech)[0].id;
    assert_eq!(
        seen(&mut room, &room_of(CAN_THO), &cancel(id)),
        [of_site(CAN_THO)]
    );

    let id = room.ask(CAN_THO, SpeechKind::Discussion);
    assert_eq!(seen(&mut room, &chair(), &accept(id)), [Audience::Everyone]);
    assert_eq!(
        seen(&mut room, &room_of(CAN_THO), &cancel(id)),
        [Audience::Everyone]
    );

    let request = room.ask(CAN_THO, SpeechKind::Discussion);
    let deny = deny(request, "không");
    assert_eq!(seen(&mut room, &chair(), &deny), [of_site(CAN_THO)]);

    let mut room = Room::in_session_with(changed(|s| s.rules.accept_automatically = true));
    let both = [Audience::Everyone, Audience::Everyone];
    assert_eq!(seen(&mut room, &room_of(CAN_THO), &ask), both);
}

#[test]
fn devices_are_known_to_the_host_and_their_own_site() {
    let mut room = Room::configured(setup());
    let told = seen(&mut room, &Actor::Room, &link_up("a", DA_NANG, Role::Site));
    assert_eq!(told, [of_site(DA_NANG)]);
    let told = seen(&mut room, &Actor::Room, &link_up("b", HA_NOI, Role::Chair));
    assert_eq!(told, [Audience::Host]);
    let down = link_down("b", false);
    assert_eq!(seen(&mut room, &Actor::Room, &down), [Audience::Host]);
}

#[test]
fn the_floor_is_public() {
    let mut room = Room::in_session();
    assert_eq!(
        seen(&mut room, &chair(), &invite(CAN_THO)),
        [Audience::Everyone]
    );
    assert_eq!(
        seen(&mut room, &room_of(CAN_THO), &headcount(3)),
        [Audience::Everyone]
    );
    let closed = Event::ConferenceClosed;
    assert_eq!(room.conference.audience(&closed), Audience::Everyone);
}

/// Events that their site and the host alone may see. Everything else is everyone's.
const OF_A_SITE: [&str; 10] = [
    "link.up",
    "link.dropped",
    "link.resumed",
    "link.ended",
    "device.removed",
    "code.changed",
    "floor.requested",
    "floor.denied",
    "floor.cancelled",
    "floor.silent",
];

#[test]
fn every_event_has_its_audience_before_and_after() {
    let conference = Room::in_session().conference;
    for event in one_of_each() {
        let thread = matches!(&event, Event::ChatSent { site: Some(_), .. });
        let expected = if thread || OF_A_SITE.contains(&name(&event)) {
            of_site(CAN_THO)
        } else {
            Audience::Everyone
        };
        assert_eq!(conference.audience(&event), expected, "{event:?}");
        let mut after = conference.clone();
        after.apply(START, &event);
        assert_eq!(after.audience(&event), expected, "after {event:?}");
    }
}

#[test]
fn what_becomes_of_a_prepared_speaker_is_public() {
    let mut room = Room::in_session();
    room.begin(draft("Tham luận", &[CAN_THO, DA_NANG]));
    let [first, second] = [1, 2].map(RequestId);
    let everyone = [Audience::Everyone];
    assert_eq!(seen(&mut room, &chair(), &call(first)), everyone);
    assert_eq!(seen(&mut room, &room_of(CAN_THO), &ready(first)), everyone);
    assert_eq!(seen(&mut room, &chair(), &cancel(first)), everyone);
    // Why somebody is refused is between the chair and the site.
    let refused = seen(&mut room, &chair(), &deny(second, "để sau"));
    assert_eq!(refused, [of_site(DA_NANG)]);
}

#[test]
fn the_chairs_coming_and_going_is_the_hosts_matter_and_who_sits_there_everyones() {
    let mut room = Room::in_session_with(changed(|s| s.deputies = vec![site(DA_NANG)]));
    room.up("da-nang-deputy", DA_NANG, Role::Deputy);
    let down = link_down("ha-noi-chair", true);
    assert_eq!(seen(&mut room, &Actor::Room, &down), [Audience::Host]);
    let deputy = crate::support::person(DA_NANG, Role::Deputy);
    let take = Command::ChairTake;
    assert_eq!(seen(&mut room, &deputy, &take), [Audience::Everyone]);
}
