//! A client that is str0m's: it offers, sends and receives; what it got is kept.

use diemcau_media::{Joined, SlotKind};
use std::{net::SocketAddr, time::Instant};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    media::{
        Direction, Frequency, KeyframeRequest, KeyframeRequestKind, MediaData, MediaKind,
        MediaTime, Mid,
    },
    net::{Protocol, Receive},
};

/// One packet of Opus.
pub(crate) const SOUND_BYTES: usize = 80;
/// It lasts 20 ms: this many at 48 kHz.
pub(crate) const SOUND_TICKS: u32 = 960;
/// A frame of three packets.
const PICTURE_BYTES: usize = 3000;
/// It lasts a thirtieth of a second: this many at 90 kHz.
pub(crate) const PICTURE_TICKS: u32 = 3000;

/// Microphone, camera, screen and its sound out; an audio slot, the main picture, the presentation
/// and its sound in.
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) microphone: Mid,
    pub(crate) camera: Mid,
    pub(crate) screen: Mid,
    pub(crate) screen_audio: Mid,
    pub(crate) audio_slot: Mid,
    pub(crate) main_slot: Mid,
    pub(crate) presentation: Mid,
    pub(crate) presentation_audio: Mid,
    pub(crate) connected: bool,
    pub(crate) got: Vec<MediaData>,
    /// Sizes of the RTP datagrams as they came from the line.
    pub(crate) rtp_sizes: Vec<usize>,
    pub(crate) key_frame_requests: Vec<KeyframeRequest>,
    pub(crate) outgoing: Vec<Vec<u8>>,
    pub(crate) deadline: Instant,
    sends_h264: bool,
    engine: SocketAddr,
    pending: Option<SdpPendingOffer>,
    rtc: Rtc,
}

impl Client {
    /// A client at `address`, and its offer to the engine at `engine`: of all codecs that it knows, or
    /// of `h264` alone.
    pub(crate) fn new(
        now: Instant,
        address: SocketAddr,
        engine: SocketAddr,
        h264: bool,
    ) -> (Self, String) {
        let mut config = Rtc::builder();
        if h264 {
            let without = config.clear_codecs();
            config = without.enable_opus(true, false).enable_h264(true);
        }
        let mut rtc = config.build(now);
        let candidate = Candidate::host(address, "udp").expect("a candidate");
        rtc.add_local_candidate(candidate);
        let mut changes = rtc.sdp_api();
        let mut section = |kind, direction| changes.add_media(kind, direction, None, None, None);
        let microphone = section(MediaKind::Audio, Direction::SendOnly);
        let camera = section(MediaKind::Video, Direction::SendOnly);
        let screen = section(MediaKind::Video, Direction::SendOnly);
        let screen_audio = section(MediaKind::Audio, Direction::SendOnly);
        let audio_slot = section(MediaKind::Audio, Direction::RecvOnly);
        let main_slot = section(MediaKind::Video, Direction::RecvOnly);
        let presentation = section(MediaKind::Video, Direction::RecvOnly);
        let presentation_audio = section(MediaKind::Audio, Direction::RecvOnly);
        let (offer, pending) = changes.apply().expect("an offer");
        let client = Self {
            address,
            microphone,
            camera,
            screen,
            screen_audio,
            audio_slot,
            main_slot,
            presentation,
            presentation_audio,
            connected: false,
            got: vec![],
            rtp_sizes: vec![],
            key_frame_requests: vec![],
            outgoing: vec![],
            deadline: now,
            sends_h264: h264,
            engine,
            pending: Some(pending),
            rtc,
        };
        (client, offer.to_sdp_string())
    }

    pub(crate) fn accept(&mut self, now: Instant, joined: &Joined) {
        let slots: Vec<_> = joined
            .slots
            .iter()
            .map(|slot| (slot.mid.as_str(), slot.kind))
            .collect();
        let expected = [
            (&*self.audio_slot, SlotKind::Audio),
            (&*self.main_slot, SlotKind::Main),
            (&*self.presentation, SlotKind::Presentation),
            (&*self.presentation_audio, SlotKind::PresentationAudio),
        ];
        assert_eq!(slots, expected);
        let answer = SdpAnswer::from_sdp_string(&joined.answer).expect("SDP");
        let pending = self.pending.take().expect("offered once");
        self.rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .expect("an answer to the offer");
        self.handle_timeout(now);
    }

    pub(crate) fn receive(&mut self, now: Instant, datagram: &[u8]) {
        // RFC 5761 §4: payload types 64 to 95 are RTCP.
        if matches!(datagram, [128..192, second, ..] if !(64..96).contains(&(second & 127))) {
            self.rtp_sizes.push(datagram.len());
        }
        let receive = Receive::new(Protocol::Udp, self.engine, self.address, datagram)
            .expect("a kind of datagram that str0m knows");
        self.rtc
            .handle_input(Input::Receive(now, receive))
            .expect("a datagram that str0m takes");
        self.poll();
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.rtc.handle_input(Input::Timeout(now)).expect("time");
        self.poll();
    }

    /// Sends a packet of sound, the `number`th.
    pub(crate) fn speak(&mut self, now: Instant, number: u32) {
        let time = MediaTime::new(u64::from(number * SOUND_TICKS), Frequency::FORTY_EIGHT_KHZ);
        self.write(now, self.microphone, time, sound(number));
    }

    /// Sends a frame, the `number`th: every thousandth is a key frame.
    pub(crate) fn show(&mut self, now: Instant, number: u32) {
        let time = MediaTime::from_90khz(u64::from(number * PICTURE_TICKS));
        let frame = if self.sends_h264 {
            h264_picture(number)
        } else {
            picture(number)
        };
        self.write(now, self.camera, time, frame);
    }

    /// Sends a frame of its screen and a packet of its sound, the `number`th of each.
    pub(crate) fn share(&mut self, now: Instant, number: u32) {
        let time = MediaTime::from_90khz(u64::from(number * PICTURE_TICKS));
        self.write(now, self.screen, time, picture(number));
        let time = MediaTime::new(u64::from(number * SOUND_TICKS), Frequency::FORTY_EIGHT_KHZ);
        self.write(now, self.screen_audio, time, sound(number));
    }

    pub(crate) fn ask_for_a_key_frame(&mut self, now: Instant) {
        let mut main = self.rtc.writer(self.main_slot).expect("the section");
        main.request_keyframe(None, KeyframeRequestKind::Pli)
            .expect("PLI was negotiated");
        self.handle_timeout(now);
    }

    /// What came in a section, in the order in which str0m gave it out.
    pub(crate) fn of(&self, mid: Mid) -> Vec<&MediaData> {
        self.got.iter().filter(|got| got.mid == mid).collect()
    }

    fn write(&mut self, now: Instant, mid: Mid, time: MediaTime, data: Vec<u8>) {
        let writer = self.rtc.writer(mid).expect("a section that sends");
        let payload_type = writer.payload_params().next().expect("a codec").pt();
        writer
            .audio_level(-30, true)
            .write(payload_type, now, time, data)
            .expect("it can be sent");
        self.handle_timeout(now);
    }

    fn poll(&mut self) {
        loop {
            match self.rtc.poll_output().expect("str0m goes on") {
                Output::Timeout(deadline) => {
                    self.deadline = deadline;
                    return;
                }
                Output::Transmit(transmit) => {
                    assert_eq!(transmit.destination, self.engine);
                    self.outgoing.push(transmit.contents.to_vec());
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::MediaData(data)) => self.got.push(data),
                Output::Event(Event::KeyframeRequest(request)) => {
                    self.key_frame_requests.push(request);
                }
                Output::Event(_) => {}
            }
        }
    }
}

/// The bytes of a packet of sound; no two are alike.
pub(crate) fn sound(number: u32) -> Vec<u8> {
    content(number, SOUND_BYTES)
}

/// The bytes of a frame: a VP8 frame tag (RFC 6386 §9.1), of which its lowest bit matters, and
/// what no other frame has.
pub(crate) fn picture(number: u32) -> Vec<u8> {
    let mut bytes = content(number, PICTURE_BYTES);
    bytes[0] = 0x10 | u8::from(!number.is_multiple_of(1000));
    bytes
}

/// The same of H.264, with start codes (ITU-T H.264 annex B): a key frame has its parameter sets.
pub(crate) fn h264_picture(number: u32) -> Vec<u8> {
    const START: [u8; 4] = [0, 0, 0, 1];
    const SPS: [u8; 8] = [0x42, 0xe0, 0x0a, 0x96, 0x53, 0x05, 0x89, 0x88];
    let mut slice = content(number, PICTURE_BYTES);
    // Nothing in it may look like another start.
    slice.iter_mut().for_each(|byte| *byte = (*byte).max(1));
    slice[0] = 0x88;
    let slice_of = |kind: u8| [&START[..], &[kind], &slice].concat();
    if number.is_multiple_of(1000) {
        let sets = [&START[..], &[0x67], &SPS, &START, &[0x68, 0xc9, 0x63, 0x88]];
        [sets.concat(), slice_of(0x65)].concat()
    } else {
        slice_of(0x41)
    }
}

fn content(number: u32, length: usize) -> Vec<u8> {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9);
    let step = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(step).take(length).collect()
}
