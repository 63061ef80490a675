//! Slots fed by hand.

use super::*;
use diemcau_protocol::SlotKind;
use rtc::rtp::header::Header;

fn slot(kind: SlotKind) -> Slot {
    Slot::new(SlotInfo {
        mid: "5".to_owned(),
        kind,
        index: 0,
    })
}

fn packet(sequence_number: u16, timestamp: u32, marker: bool, payload: &[u8]) -> Packet {
    let header = Header {
        sequence_number,
        timestamp,
        marker,
        ..Default::default()
    };
    Packet {
        header,
        payload: payload.to_vec().into(),
    }
}

/// First bytes of a frame: descriptor without picture id, then a key frame's or another's.
const KEY: &[u8] = &[0x10, 0x10, 0, 0];
const INTER: &[u8] = &[0x10, 0x11, 0, 0];
const REST: &[u8] = &[0x00, 1, 2];

fn hint(slot: &Slot, site: Option<&str>, rtp: Option<u32>) -> SlotSource {
    SlotSource {
        mid: slot.info.mid.clone(),
        kind: slot.info.kind,
        index: slot.info.index,
        site: site.map(SiteId::new),
        flowing: rtp.is_some(),
        held: false,
        rtp,
    }
}

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn loss_is_counted_over_the_wrap_and_lateness_is_no_loss() {
    for (numbers, lost) in [
        (vec![7], 0),
        (vec![65534, 65535, 0, 1], 0),
        (vec![65534, 2], 3),
        (vec![10, 12, 11, 13], 0),
        (vec![10, 14, 12], 2),
    ] {
        let mut slot = slot(SlotKind::Audio);
        for number in &numbers {
            slot.receive(&packet(*number, 0, false, &[0xf8]), at(0));
        }
        assert_eq!(slot.lost(), lost, "{numbers:?}");
    }
}

#[test]
fn only_whole_frames_count() {
    let mut slot = slot(SlotKind::Main);
    for (packet, time) in [
        (packet(1, 10, false, REST), 1), // the end of a frame that began before
        (packet(2, 10, true, REST), 2),
        (packet(3, 20, true, INTER), 3),
        (packet(4, 30, false, KEY), 4),
        (packet(6, 30, true, REST), 5), // 5 is missing
        (packet(7, 40, false, KEY), 6),
        (packet(8, 40, true, REST), 7),
        (packet(9, 50, false, INTER), 8), // its end is missing
        (packet(11, 60, true, INTER), 9),
    ] {
        slot.receive(&packet, at(time));
    }
    let [row] = slot.received().collect::<Vec<_>>()[..] else {
        panic!("one row: {slot:?}")
    };
    assert_eq!((row.packets, row.frames, row.key_frames), (9, 3, 1));
    assert_eq!(
        (row.first_packet, row.first_frame),
        (Some(at(1)), Some(at(7)))
    );
    assert_eq!(slot.lost(), 2);
}

#[test]
fn padding_is_no_media() {
    let mut slot = slot(SlotKind::Main);
    slot.receive(&packet(1, 10, false, &[]), at(1));
    assert_eq!(slot.received().count(), 0);
    assert_eq!(slot.lost(), 0);
}

#[test]
fn packets_before_the_hint_go_to_the_source_that_the_hint_names() {
    let mut slot = slot(SlotKind::Main);
    slot.receive(&packet(1, 100, true, KEY), at(1));
    slot.assign(&hint(&slot.clone(), Some("can-tho"), Some(100)));
    slot.receive(&packet(2, 200, true, INTER), at(2));
    // Nghệ An was announced; until it flows what comes is still Cần Thơ's.
    slot.assign(&hint(&slot.clone(), Some("nghe-an"), None));
    assert!(!slot.flowing);
    slot.receive(&packet(3, 300, true, INTER), at(3));
    slot.receive(&packet(4, 400, true, KEY), at(4));
    slot.receive(&packet(5, 500, true, INTER), at(5));
    slot.assign(&hint(&slot.clone(), Some("nghe-an"), Some(400)));
    // The same word again changes nothing.
    slot.assign(&hint(&slot.clone(), Some("nghe-an"), Some(400)));

    let rows: Vec<_> = slot
        .received()
        .map(|row| {
            let site = row.site.as_ref().map(SiteId::as_str);
            (
                site,
                row.packets,
                row.frames,
                row.key_frames,
                row.first_packet,
                row.first_frame,
            )
        })
        .collect();
    let expected = [
        (Some("can-tho"), 3, 3, 1, Some(at(1)), Some(at(1))),
        (Some("nghe-an"), 2, 2, 1, Some(at(4)), Some(at(4))),
    ];
    assert_eq!(rows, expected);
    assert_eq!(
        slot.from(&SiteId::new("nghe-an")).map(|row| row.packets),
        Some(2)
    );
}

#[test]
fn what_comes_after_a_slot_was_emptied_is_still_the_old_sources() {
    let mut slot = slot(SlotKind::Audio);
    slot.receive(&packet(1, u32::MAX - 5, false, &[0xf8]), at(1));
    slot.assign(&hint(&slot.clone(), Some("can-tho"), Some(u32::MAX - 5)));
    slot.assign(&hint(&slot.clone(), None, None));
    slot.receive(&packet(2, 10, false, &[0xf8]), at(2));
    assert_eq!(slot.source, None);
    assert_eq!(
        slot.from(&SiteId::new("can-tho")).map(|row| row.packets),
        Some(2)
    );
}

#[test]
fn a_key_frame_is_found_by_site_and_from_when_it_began() {
    let mut slot = slot(SlotKind::Main);
    let [da_nang, can_tho] = ["da-nang", "can-tho"].map(SiteId::new);
    slot.assign(&hint(&slot, Some("da-nang"), Some(10)));
    slot.receive(&packet(1, 10, false, KEY), at(5));
    slot.receive(&packet(2, 10, true, REST), at(6));
    slot.receive(&packet(3, 20, true, INTER), at(7));
    // The packets are here before the word that they are another's.
    slot.receive(&packet(4, 30, false, KEY), at(8));
    slot.receive(&packet(5, 30, true, REST), at(9));
    assert_eq!(slot.key_frame_since(&can_tho, at(0)), None);
    slot.assign(&hint(&slot, Some("can-tho"), Some(30)));
    assert_eq!(slot.key_frame_since(&can_tho, at(0)), Some(at(8)));
    assert_eq!(slot.key_frame_since(&can_tho, at(9)), None);
    assert_eq!(slot.key_frame_since(&da_nang, at(0)), Some(at(5)));
    assert_eq!(slot.key_frame_since(&da_nang, at(6)), None);
    assert_eq!(slot.last_packet(), Some(at(9)));
}
