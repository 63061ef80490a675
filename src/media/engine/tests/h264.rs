//! Clients that send H.264: who sees them, who sees a card, and slots that go from one codec to the
//! other.

use super::{
    client::{CAMERA_RTX_SSRC, CAMERA_SSRC, Client, Got, H264, H264_RTX, LAYERS, Picture, layer},
    world::{GOOD, Line, World},
};
use crate::{
    api::{MediaEvent, PeerId, SlotKind},
    far_end::{RTX, VP8},
    h264::{Descriptor, sps_of_height},
    rtcp, vp8,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
/// 30 pictures a second.
const FRAME: Duration = Duration::from_millis(33);
const GCM: SrtpProtectionProfile = SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm;

const OF_VP8: &str = "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
const OF_H264: &str = "a=rtpmap:102 H264/90000\r\n\
    a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
    a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n";

/// What a client can decode; it sends VP8 if it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Knows {
    Vp8,
    Both,
    H264,
}

impl Knows {
    pub(super) fn change_offer(self) -> fn(String) -> String {
        match self {
            Self::Vp8 => std::convert::identity,
            Self::Both => |offer| {
                let offer = offer.replace("SAVPF 96 97\r\n", "SAVPF 96 97 102 103\r\n");
                offer.replace(OF_VP8, &format!("{OF_VP8}{OF_H264}"))
            },
            Self::H264 => |offer| {
                let offer = offer.replace("SAVPF 96 97\r\n", "SAVPF 102 103\r\n");
                offer.replace(OF_VP8, OF_H264)
            },
        }
    }
}

pub(super) fn join(world: &mut World, knows: Knows) -> usize {
    world.change_offer = knows.change_offer();
    let client = world.join(vec![GCM]);
    if knows == Knows::H264 {
        world.clients[client].payload_types = (H264, H264_RTX);
    }
    client
}

/// The camera of a client that has no layers.
pub(super) const CAMERA: Picture = Picture {
    mid: 1,
    ssrc: CAMERA_SSRC,
    rtx_ssrc: CAMERA_RTX_SSRC,
    rid: None,
};

/// Sends a frame as encoders do: a key frame is a packet of parameter sets before its slices. The last
/// bytes of each packet tell its layer and its timestamp.
pub(super) fn send_frame(
    client: &mut Client,
    of: Picture,
    timestamp: u32,
    key: bool,
    packets: usize,
) {
    let nth = LAYERS.iter().position(|(_, ssrc, _)| *ssrc == of.ssrc);
    let nth = nth.unwrap_or(2);
    let mut tag = vec![nth as u8];
    tag.extend(timestamp.to_be_bytes());
    if key {
        let sps = [&[0x67][..], &sps_of_height(LAYERS[nth].2)].concat();
        let told = [&[6][..], &tag].concat();
        let mut sets = vec![0x78];
        for unit in [&sps[..], &[0x68, 0xce, 0x3c, 0x80], &told] {
            sets.extend((unit.len() as u16).to_be_bytes());
            sets.extend_from_slice(unit);
        }
        client.send_part(of, timestamp, false, &sets);
    }
    let kind = if key { 5 } else { 1 };
    for part in 0..packets {
        let (first, last) = (part == 0, part + 1 == packets);
        let mut payload = if packets == 1 {
            vec![0x60 | kind]
        } else {
            vec![0x7c, u8::from(first) << 7 | u8::from(last) << 6 | kind]
        };
        payload.push(0x88);
        payload.extend_from_slice(&tag);
        client.send_part(of, timestamp, last, &payload);
    }
}

/// Two cameras at once, the one of VP8 and without layers; key frames when one is asked for.
struct Cameras {
    frame: u32,
    /// (client, whether it has layers)
    h264: (usize, bool),
    vp8: Option<usize>,
    keys: [bool; 2],
    asked: [usize; 2],
}

impl Cameras {
    fn new(h264: (usize, bool), vp8: Option<usize>) -> Self {
        Self {
            frame: 0,
            h264,
            vp8,
            keys: [true; 2],
            asked: [0; 2],
        }
    }

    fn pictures(&self) -> Vec<(Picture, usize)> {
        if self.h264.1 {
            (0..3).map(|nth| (layer(nth), nth + 1)).collect()
        } else {
            vec![(CAMERA, 2)]
        }
    }

    fn show(&mut self, world: &mut World) {
        let timestamp = self.frame * 3000;
        let [h264, vp8] = std::mem::take(&mut self.keys);
        for (picture, packets) in self.pictures() {
            let client = &mut world.clients[self.h264.0];
            send_frame(client, picture, timestamp, h264, packets);
        }
        if let Some(client) = self.vp8 {
            let id = self.frame as u16 & 0x7fff;
            world.clients[client].show(0x4000_0000 + timestamp, id, vp8, 2);
        }
        self.frame += 1;
    }

    fn listen(&mut self, world: &World) {
        let h264 = &world.clients[self.h264.0];
        let pictures = self.pictures();
        let asked = pictures
            .iter()
            .map(|(of, _)| h264.picture_losses_of(of.ssrc));
        let vp8 = self
            .vp8
            .map_or(0, |client| world.clients[client].picture_losses());
        for (nth, asked) in [asked.sum(), vp8].into_iter().enumerate() {
            self.keys[nth] |= std::mem::replace(&mut self.asked[nth], asked) != asked;
        }
    }

    fn run(&mut self, world: &mut World, frames: u32) {
        for _ in 0..frames {
            self.show(world);
            world.run(FRAME);
            self.listen(world);
        }
    }
}

fn main_of(world: &World, client: usize) -> Vec<&Got> {
    world.clients[client].of_slot(SlotKind::Main, 0)
}

fn layer_of(got: &Got) -> u8 {
    got.payload[got.payload.len() - 5]
}

/// Whether a decoder can begin here.
fn begins(got: &Got) -> bool {
    if [H264, H264_RTX].contains(&got.payload_type) {
        Descriptor::parse(&got.payload).is_some_and(|found| found.has_parameters)
    } else {
        vp8::Descriptor::parse(&got.payload).is_some_and(|found| found.starts_key_frame)
    }
}

/// Numbers and time go on, and what changes changes where a decoder can begin.
fn assert_continuous(got: &[&Got], what: impl Fn(&Got) -> u8) {
    assert!(begins(got[0]));
    for pair in got.windows(2) {
        let [old, new] = [pair[0], pair[1]];
        assert_eq!(new.index, old.index + 1);
        let step = new.timestamp.wrapping_sub(old.timestamp);
        assert!(step < 90_000, "{pair:?}");
        if what(new) != what(old) {
            assert!(begins(new) && step > 0, "{pair:?}");
        }
    }
}

/// In the order in which they came.
fn changes(got: &[&Got], what: impl Fn(&Got) -> u8) -> Vec<u8> {
    let mut found: Vec<u8> = got.iter().map(|got| what(got)).collect();
    found.dedup();
    found
}

#[test]
fn a_camera_in_three_layers_goes_to_who_takes_it_in_the_size_that_it_shows() {
    let mut world = World::new(101);
    world.layers = true;
    join(&mut world, Knows::H264);
    world.layers = false;
    let watcher = join(&mut world, Knows::Both);
    world.run(Duration::from_secs(1));
    world.plan(Some(0), &[]);
    let mut cameras = Cameras::new((0, true), None);
    cameras.run(&mut world, 20);
    let main = world.clients[watcher].mid_of(SlotKind::Main);
    for (height, expected) in [(360, 1), (100, 0), (361, 2), (180, 0), (720, 2)] {
        world.size(watcher as u64, &main, Some(height));
        cameras.run(&mut world, 20);
        let newest = main_of(&world, watcher).pop().map(layer_of);
        assert_eq!(newest, Some(expected), "{height}");
    }
    let got = main_of(&world, watcher);
    assert_continuous(&got, layer_of);
    assert_eq!(changes(&got, layer_of), [0, 1, 2, 1, 0, 2, 0, 2]);
    assert!(got.iter().all(|got| got.payload_type == H264));
    assert_eq!(world.told_of_main(1), [(Some(0), false), (Some(0), true)]);
    assert_eq!(world.counter("dropped_rtp_malformed"), 0);
}

#[test]
fn a_slot_goes_from_one_codec_to_the_other_and_back() {
    let mut world = World::new(102);
    join(&mut world, Knows::H264);
    join(&mut world, Knows::Both);
    let watcher = join(&mut world, Knows::Both);
    world.run(Duration::from_secs(1));
    let mut cameras = Cameras::new((0, false), Some(1));
    for main in [1, 0, 1, 0, 1] {
        world.plan(Some(main), &[]);
        cameras.run(&mut world, 20);
    }
    let got = main_of(&world, watcher);
    let payload_type = |got: &Got| got.payload_type;
    assert_eq!(
        changes(&got, payload_type),
        [VP8, H264, VP8, H264, VP8],
        "each with its own"
    );
    assert_continuous(&got, payload_type);
    // Time in the slot is time on the wall, and the old picture stays until the new one is here.
    let time = got[got.len() - 1].timestamp.wrapping_sub(got[0].timestamp);
    assert!(time.abs_diff(99 * 2970) < 9000, "{time}");
    let pauses = got.windows(2).map(|pair| pair[1].at - pair[0].at);
    assert!(pauses.max() <= Some(2 * FRAME));
    // VP8 goes on where VP8 ended.
    let ids: Vec<u16> = got
        .iter()
        .filter(|got| got.payload_type == VP8)
        .map(|got| vp8::Descriptor::parse(&got.payload).expect("VP8"))
        .map(|found| found.picture_id.expect("an id").0)
        .collect();
    for pair in ids.windows(2) {
        assert!(pair[1] - pair[0] <= 1, "{pair:?}");
    }
    let sources: Vec<_> = world
        .told_of_main(2)
        .iter()
        .map(|(source, _)| *source)
        .collect();
    let expected = [1, 1, 0, 0, 1, 1, 0, 0, 1, 1].map(Some);
    assert_eq!(sources, expected);
}

#[test]
fn who_takes_vp8_alone_sees_a_card_and_costs_the_source_nothing() {
    let mut world = World::new(103);
    world.layers = true;
    join(&mut world, Knows::H264);
    world.layers = false;
    join(&mut world, Knows::Vp8);
    let watcher = join(&mut world, Knows::Vp8);
    world.run(Duration::from_secs(1));
    let mut cameras = Cameras::new((0, true), Some(1));
    world.plan(Some(1), &[]);
    cameras.run(&mut world, 10);
    let before = main_of(&world, watcher).len();
    assert!(before > 10);

    world.plan(Some(0), &[]);
    world.thumbnails(watcher as u64, &[0]);
    world.events.clear();
    cameras.run(&mut world, 5);
    world.plan(Some(1), &[]);
    cameras.run(&mut world, 5);
    world.plan(Some(0), &[]);
    assert_eq!(
        world.told_of_main(2),
        [(Some(1), false), (Some(1), true), (None, false)],
        "at once"
    );
    let shown = main_of(&world, watcher).len();
    let ssrc = world.clients[watcher].slot_ssrc(SlotKind::Main, 0);
    world.clients[watcher].report(|out| rtcp::write_picture_loss(out, 1, ssrc));
    // Enough for layers to rest, which nobody watches.
    cameras.run(&mut world, 180);
    // What was under way when the plan changed.
    assert!(main_of(&world, watcher).len() <= shown + 2);
    let thumbnails = world.clients[watcher].of_slot(SlotKind::Thumbnail, 0);
    assert!(thumbnails.is_empty());
    assert_eq!(world.told_of_main(2).len(), 3, "and said once");
    let asked = LAYERS.map(|(_, ssrc, _)| world.clients[0].picture_losses_of(ssrc));
    assert_eq!(asked, [0; 3], "nobody asks for a key frame in vain");
    assert!(world.events.contains(&MediaEvent::Layers {
        peer: PeerId(0),
        active: vec!["q".to_owned()],
    }));
    // The other way round it is the same.
    assert!(world.clients[0].got.is_empty(), "it takes no VP8");
}

#[test]
fn a_source_that_is_waited_for_turns_out_to_be_of_another_codec() {
    let mut world = World::new(104);
    join(&mut world, Knows::Vp8);
    join(&mut world, Knows::Both);
    world.run(Duration::from_secs(1));
    world.plan(Some(2), &[]);
    for receiver in [0, 1] {
        assert_eq!(world.told_of_main(receiver), [(Some(2), false)]);
    }
    join(&mut world, Knows::H264);
    world.run(Duration::from_secs(1));
    assert_eq!(world.told_of_main(0), [(Some(2), false), (None, false)]);
    let mut cameras = Cameras::new((2, false), None);
    cameras.run(&mut world, 10);
    assert_eq!(world.told_of_main(1), [(Some(2), false), (Some(2), true)]);
    assert_eq!(main_of(&world, 1).len(), 1 + 10 * 2);
    assert!(world.clients[0].got.is_empty());
    world.plan(Some(2), &[]);
    assert_eq!(world.told_of_main(0).len(), 2, "twice changes nothing");
}

#[test]
fn what_is_lost_is_sent_again_in_the_format_that_it_had() {
    let mut world = World::new(105);
    join(&mut world, Knows::H264);
    join(&mut world, Knows::Both);
    let watcher = join(&mut world, Knows::Both);
    world.run(Duration::from_secs(1));
    let mut cameras = Cameras::new((0, false), Some(1));
    let ssrc = world.clients[watcher].slot_ssrc(SlotKind::Main, 0);
    world.plan(Some(1), &[]);
    cameras.run(&mut world, 3);
    world.line = Line {
        loss_percent: 15,
        ..GOOD
    };
    for main in [1, 0, 1, 0] {
        world.plan(Some(main), &[]);
        for _ in 0..40 {
            cameras.show(&mut world);
            world.run(FRAME / 2);
            world.clients[watcher].nack_missing(ssrc);
            world.run(FRAME / 2);
            cameras.listen(&world);
        }
    }
    world.line = GOOD;
    for _ in 0..10 {
        world.clients[watcher].nack_missing(ssrc);
        world.run(100 * MS);
    }
    let mut got = main_of(&world, watcher);
    got.sort_unstable_by_key(|got| got.index);
    let whole = got[got.len() - 1].index - got[0].index + 1;
    assert!(
        got.len() as u64 * 100 >= whole * 97,
        "{} of {whole}",
        got.len()
    );
    let again = |payload_type| {
        let them = got.iter().filter(|got| got.payload_type == payload_type);
        them.count()
    };
    assert!(again(RTX) > 10 && again(H264_RTX) > 10);
    // What is repaired is of the codec of what stands beside it.
    let is_h264 = |got: &Got| u8::from([H264, H264_RTX].contains(&got.payload_type));
    assert_eq!(changes(&got, is_h264), [0, 1, 0, 1]);
}

#[test]
fn who_comes_soon_after_a_key_frame_gets_its_parameter_sets_too() {
    let mut world = World::new(106);
    join(&mut world, Knows::H264);
    join(&mut world, Knows::Both);
    world.run(Duration::from_secs(1));
    world.plan(Some(0), &[]);
    let mut cameras = Cameras::new((0, false), None);
    cameras.run(&mut world, 6);
    let asked = cameras.asked;
    let late = join(&mut world, Knows::Both);
    world.plan(Some(0), &[]);
    while !world.clients[late].is_connected() {
        cameras.run(&mut world, 1);
    }
    cameras.run(&mut world, 2);
    let got = main_of(&world, late);
    assert_continuous(&got, layer_of);
    assert!(got.len() > 1 + 6 * 2, "{} packets", got.len());
    assert_eq!(cameras.asked, asked, "nobody was asked");
}

#[test]
fn packets_that_no_decoder_knows_are_counted_and_go_nowhere() {
    let mut world = World::new(107);
    join(&mut world, Knows::H264);
    let watcher = join(&mut world, Knows::Both);
    world.run(Duration::from_secs(1));
    world.plan(Some(0), &[]);
    let mut cameras = Cameras::new((0, false), None);
    cameras.run(&mut world, 2);
    let before = main_of(&world, watcher).len();
    for payload in [&[0x78, 0, 9, 0x67][..], &[0x7c], &[0x79, 0, 1, 2], &[0]] {
        world.clients[0].send_part(CAMERA, 90_000, true, payload);
    }
    world.run(FRAME);
    assert_eq!(world.counter("dropped_rtp_malformed"), 4);
    assert_eq!(main_of(&world, watcher).len(), before);
}
