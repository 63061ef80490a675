//! Who is heard, and who sees whom.

use crate::support::{
    CAN_THO, DA_NANG, HA_NOI, NGHE_AN, Room, SITES, THAI_NGUYEN, TP_HCM, chair, changed, device,
    main_picture, open, release, room_of, setup, site, take,
};
use diemcau_conference::{Command, MediaPlan, Role, Source};

fn names(sources: &[Source]) -> Vec<&str> {
    sources
        .iter()
        .map(|source| source.device.as_str())
        .collect()
}

fn heard(room: &Room) -> Vec<String> {
    let plan = room.conference.media_plan();
    plan.heard
        .iter()
        .map(|source| source.device.to_string())
        .collect()
}

/// The device on the main picture of a device.
fn main_of<'a>(plan: &'a MediaPlan, id: &str) -> Option<&'a str> {
    plan.receivers[&device(id)]
        .main
        .as_ref()
        .map(|source| source.device.as_str())
}

fn override_microphone(room: &mut Room, open: bool) {
    room.ok(&chair(), &Command::MicrophoneOverride { open });
}

fn show(room: &mut Room, id: Option<&str>) {
    room.ok(&chair(), &main_picture(id));
}

#[test]
fn without_the_floor_nobody_is_heard() {
    let mut room = Room::in_session();
    assert!(heard(&room).is_empty());
    let epoch = room.invite(CAN_THO);
    assert_eq!(heard(&room), ["can-tho-site"]);
    room.ok(&room_of(CAN_THO), &release(epoch));
    assert!(heard(&room).is_empty());
}

#[test]
fn the_chair_is_heard_beside_the_holder_when_it_wants_to_be() {
    let mut room = Room::in_session();
    override_microphone(&mut room, true);
    assert_eq!(heard(&room), ["ha-noi-chair"]);
    room.invite(CAN_THO);
    assert_eq!(heard(&room), ["can-tho-site", "ha-noi-chair"]);
    let plan = room.conference.media_plan();
    assert_eq!(
        names(&plan.receivers[&device("can-tho-site")].audio),
        ["ha-noi-chair"]
    );
    assert_eq!(
        names(&plan.receivers[&device("ha-noi-chair")].audio),
        ["can-tho-site"]
    );
    let other = names(&plan.receivers[&device("nghe-an-site")].audio);
    assert_eq!(other, ["can-tho-site", "ha-noi-chair"]);
    room.ok(&chair(), &take());
    assert_eq!(heard(&room), ["ha-noi-chair"], "one speaking device a site");
    room.ok(&chair(), &Command::SessionClose);
    assert_eq!(heard(&room), ["ha-noi-chair"]);
    override_microphone(&mut room, false);
    assert!(heard(&room).is_empty());
}

#[test]
fn with_one_slot_the_chair_is_kept() {
    let mut room = Room::in_session_with(changed(|s| s.rules.audio_slots = 1));
    room.invite(CAN_THO);
    assert_eq!(heard(&room), ["can-tho-site"]);
    override_microphone(&mut room, true);
    assert_eq!(heard(&room), ["ha-noi-chair"]);
}

#[test]
fn the_override_is_the_chairs_alone() {
    let mut room = Room::in_session();
    room.up("ha-noi-lectern", HA_NOI, Role::Site);
    override_microphone(&mut room, true);
    room.down("ha-noi-chair");
    assert!(heard(&room).is_empty());
}

#[test]
fn a_site_speaks_through_the_device_that_came_first() {
    let mut room = Room::in_session();
    room.up("a-phone", CAN_THO, Role::Site);
    room.invite(CAN_THO);
    assert_eq!(heard(&room), ["can-tho-site"]);
    room.down("can-tho-site");
    assert_eq!(heard(&room), ["a-phone"]);
    room.up("a-lectern", CAN_THO, Role::Site);
    assert_eq!(heard(&room), ["a-phone"]);
    room.up("can-tho-site", CAN_THO, Role::Site);
    assert_eq!(
        heard(&room),
        ["can-tho-site"],
        "back within the grace, it is as it was"
    );
}

#[test]
fn at_the_centre_the_chairs_device_speaks_and_never_a_secretarys() {
    let mut room = Room::configured(setup());
    room.up("a-secretary", HA_NOI, Role::Secretary);
    room.up("b-lectern", HA_NOI, Role::Site);
    room.up("c-chair", HA_NOI, Role::Chair);
    room.ok(&chair(), &open("sáng"));
    room.ok(&chair(), &take());
    assert_eq!(heard(&room), ["c-chair"]);
    room.down("c-chair");
    assert_eq!(heard(&room), ["b-lectern"]);
    room.leave("b-lectern");
    assert_eq!(heard(&room), ["c-chair"], "it may be back");
    room.leave("c-chair");
    assert!(heard(&room).is_empty(), "never the secretary");
}

#[test]
fn media_outlives_signalling_until_the_grace_is_over() {
    let mut room = Room::in_session();
    room.invite(CAN_THO);
    room.down("can-tho-site");
    let plan = room.conference.media_plan();
    assert_eq!(heard(&room), ["can-tho-site"]);
    assert_eq!(main_of(&plan, "nghe-an-site"), Some("can-tho-site"));
    assert!(plan.receivers.contains_key(&device("can-tho-site")));
    room.leave("can-tho-site");
    let plan = room.conference.media_plan();
    assert!(plan.heard.is_empty());
    assert_eq!(main_of(&plan, "nghe-an-site"), Some("ha-noi-chair"));
    assert!(!plan.receivers.contains_key(&device("can-tho-site")));
}

/// Who is on the main picture of Hà Nội, Cần Thơ and Nghệ An, in every state.
#[test]
fn the_main_picture() {
    let [hn, ct, na] = ["ha-noi-chair", "can-tho-site", "nghe-an-site"].map(Some);
    type Case = (
        Option<&'static str>,
        Option<&'static str>,
        [Option<&'static str>; 3],
    );
    let cases: [Case; 8] = [
        // (the holder, the chair's choice, [Hà Nội sees, Cần Thơ sees, Nghệ An sees])
        (None, None, [None, hn, hn]),
        (Some(CAN_THO), None, [ct, hn, ct]),
        (Some(HA_NOI), None, [None, hn, hn]),
        (None, Some(CAN_THO), [ct, hn, ct]),
        (Some(CAN_THO), Some(NGHE_AN), [na, na, ct]),
        (Some(CAN_THO), Some(CAN_THO), [ct, hn, ct]),
        (Some(CAN_THO), Some(HA_NOI), [ct, hn, hn]),
        (Some(HA_NOI), Some(CAN_THO), [ct, hn, ct]),
    ];
    for (holder, choice, expected) in cases {
        let mut room = Room::in_session();
        if let Some(holder) = holder {
            room.invite(holder);
        }
        if choice.is_some() {
            show(&mut room, choice);
        }
        let plan = room.conference.media_plan();
        let seen = [hn, ct, na].map(|id| main_of(&plan, id.expect("a device")));
        assert_eq!(seen, expected, "holder {holder:?}, choice {choice:?}");
        let everyone = choice.or(holder).unwrap_or(HA_NOI);
        assert_eq!(room.conference.main_site(), Some(site(everyone)));
    }
}

#[test]
fn a_choice_that_is_not_linked_waits() {
    let mut room = Room::in_session();
    room.invite(NGHE_AN);
    show(&mut room, Some(CAN_THO));
    room.leave("can-tho-site");
    assert_eq!(room.conference.main_site(), Some(site(NGHE_AN)));
    assert_eq!(room.conference.main_choice(), Some(&site(CAN_THO)));
    room.up("can-tho-site", CAN_THO, Role::Site);
    assert_eq!(room.conference.main_site(), Some(site(CAN_THO)));
    show(&mut room, None);
    assert_eq!(room.conference.main_site(), Some(site(NGHE_AN)));
}

#[test]
fn the_strip_has_all_other_sites_in_the_order_of_the_configuration() {
    let mut room = Room::in_session();
    let strip = |room: &Room, id: &str| -> Vec<String> {
        let plan = room.conference.media_plan();
        plan.receivers[&device(id)]
            .thumbnails
            .iter()
            .map(|s| s.site.to_string())
            .collect()
    };
    assert_eq!(strip(&room, "ha-noi-chair"), &SITES[1..]);
    let before = strip(&room, "can-tho-site");
    assert_eq!(before, [HA_NOI, DA_NANG, TP_HCM, THAI_NGUYEN, NGHE_AN]);
    room.invite(DA_NANG);
    assert_eq!(
        strip(&room, "can-tho-site"),
        before,
        "it does not move with the floor"
    );
    room.leave("tp-hcm-site");
    assert_eq!(
        strip(&room, "can-tho-site"),
        [HA_NOI, DA_NANG, THAI_NGUYEN, NGHE_AN]
    );
}

#[test]
fn the_strip_has_at_most_its_slots() {
    let room = Room::in_session_with(changed(|s| s.rules.thumbnail_slots = 2));
    let plan = room.conference.media_plan();
    let strip = names(&plan.receivers[&device("can-tho-site")].thumbnails);
    assert_eq!(strip, ["ha-noi-chair", "da-nang-site"]);
}
