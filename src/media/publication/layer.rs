//! One layer of a picture: its stream, where it goes, its retransmissions, and when its next key
//! frame is asked for.

use super::Sink;
use crate::{
    codec::{Codec, Descriptor},
    layers::Known,
    rtp,
    stream::{Packet, Stream},
    window::Window,
};
use std::time::{Duration, Instant};

/// Two requests for a key frame are this far apart.
const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(500);
/// Chromium takes no notice of a request that comes within 300 ms of one that it took.
const DEAF_FOR: Duration = Duration::from_millis(310);
/// A source has so long for an answer, beside the round trip, before it is asked again: a request
/// that was lost must be repeated, and one that is not heard costs nothing.
const PATIENCE: Duration = Duration::from_millis(100);
/// One that sends nothing, such as a screen that is not shared yet, is asked only this often: its
/// first packet asks again.
const IDLE_PATIENCE: Duration = Duration::from_secs(1);

/// A publisher that was told to send a layer again does so within this time, or not at all: browsers
/// leave out layers for which camera or machine are too small.
const COMES_WITHIN: Duration = Duration::from_secs(2);

/// Why a key frame is wanted, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// A slot got this source, and everyone looks at the old picture until the frame is there.
    Switch,
    /// Somebody new looks. Many come at once, and a key frame for each would choke the others.
    Newcomer,
    /// A receiver has lost something that was not repaired.
    Repair,
}

/// A layer of a peer's camera, or its screen.
#[derive(Debug)]
pub(crate) struct Layer {
    /// The stream, once an authentic packet of it came.
    pub(crate) stream: Option<Stream>,
    /// Slots that have it or wait for it.
    pub(crate) sinks: Vec<Sink>,
    /// The SSRC that the offer names for it.
    named: Option<u32>,
    rtx: Option<(u32, Window)>,
    last_request: Option<Instant>,
    /// The newest request that a browser that was asked before will have taken.
    last_heard: Option<Instant>,
    answered: bool,
    request_due: Option<Instant>,
    /// The most urgent of what wants a key frame.
    wish: Option<Wish>,
    last_packet: Option<Instant>,
    /// When the publisher was last told to send it again.
    called: Option<Instant>,
    height: Option<u16>,
    /// Of H.264: the timestamp of the newest picture whose parameter sets came.
    parameters_of: Option<u32>,
}

impl Layer {
    /// Nothing has come yet.
    pub(crate) fn new(named: Option<u32>) -> Self {
        Self {
            stream: None,
            sinks: vec![],
            named,
            rtx: None,
            last_request: None,
            last_heard: None,
            answered: true,
            request_due: None,
            wish: None,
            last_packet: None,
            called: None,
            height: None,
            parameters_of: None,
        }
    }

    /// Reads what a packet of it tells of its picture; none if it is malformed. A key frame begins
    /// once: whoever began with its picture, behind the parameter sets, could not decode it.
    pub(crate) fn describe(&mut self, codec: Codec, packet: &Packet<'_>) -> Option<Descriptor> {
        let mut found = Descriptor::parse(codec, packet.payload)?;
        if let Descriptor::H264(found) = &mut found {
            if found.has_parameters {
                self.parameters_of = Some(packet.timestamp);
            } else if self.parameters_of == Some(packet.timestamp) {
                found.starts_key_frame = false;
            }
        }
        Some(found)
    }

    /// What a choice among layers must know.
    pub(crate) fn known(&self) -> Known {
        Known {
            flows: self.last_packet.is_some(),
            height: self.height,
        }
    }

    /// The publisher is told to send it again.
    pub(crate) fn call(&mut self, now: Instant) {
        self.called = Some(now);
    }

    /// Whether it comes, or was called so lately that it may be on its way.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let called = self
            .called
            .is_some_and(|called| now < called + COMES_WITHIN);
        called || self.last_packet.is_some()
    }

    /// What it takes of a receiver's line, in bit/s, or took when it last came. None: it is not known.
    pub(crate) fn rate(&self, now: Instant) -> Option<u64> {
        let stream = self.stream.as_ref()?;
        let rate = Some(stream.rate(now)).filter(|rate| *rate > 0);
        rate.or_else(|| stream.last_rate())
    }

    /// Nothing is expected of it any more, and nothing wanted.
    pub(crate) fn rest(&mut self) {
        self.last_packet = None;
        self.request_due = None;
    }

    /// What was sent before is nobody's to ask for again.
    pub(crate) fn forget_kept(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.forget_kept();
        }
    }

    /// Adds a slot, once.
    pub(crate) fn link(&mut self, sink: Sink) {
        if !self.sinks.contains(&sink) {
            self.sinks.push(sink);
        }
    }

    /// Takes a slot out.
    pub(crate) fn unlink(&mut self, sink: Sink) {
        self.sinks.retain(|other| *other != sink);
    }

    /// Notes a packet. Returns whether it is the first one, or the first after a stall.
    pub(crate) fn packet_came(&mut self, now: Instant) -> bool {
        self.last_packet.replace(now).is_none()
    }

    /// When its newest packet came, unless it has stalled since.
    pub(crate) fn last_packet(&self) -> Option<Instant> {
        self.last_packet
    }

    /// It has stalled.
    pub(crate) fn stalled(&mut self) {
        self.last_packet = None;
    }

    /// Notes how tall a key frame is. Returns whether others were not.
    pub(crate) fn note_height(&mut self, height: u16) -> bool {
        self.height.replace(height) != Some(height)
    }

    /// Wants a key frame: at once or as soon as that makes sense.
    pub(crate) fn want_key_frame(&mut self, now: Instant, wish: Wish) {
        let after = |last: Option<Instant>, pause| last.map(|last| last + pause);
        let due = match wish {
            // A source that has answered may answer again, however soon. One that has not may
            // be about to, and what it sends then will do.
            Wish::Switch if self.answered => None,
            Wish::Switch => after(self.last_heard, DEAF_FOR),
            Wish::Newcomer => after(self.last_request, DEAF_FOR),
            Wish::Repair => after(self.last_request, KEY_FRAME_INTERVAL),
        };
        self.wish = Some(self.wish.map_or(wish, |before| before.min(wish)));
        let due = due.map_or(now, |due| due.max(now));
        self.request_due = Some(self.request_due.map_or(due, |before| before.min(due)));
    }

    /// The SSRC to ask for key frames. Before the first packet there is none, unless the offer
    /// named it.
    pub(crate) fn ssrc(&self) -> Option<u32> {
        let stream = self.stream.as_ref().map(|stream| stream.ssrc);
        stream.or(self.named)
    }

    /// When the request for a key frame is to be sent.
    pub(crate) fn request_due(&self) -> Option<Instant> {
        self.request_due.filter(|_| self.ssrc().is_some())
    }

    /// Takes the request that is due: the SSRC to ask. If slots wait for the answer, `waiting` is
    /// the round trip to the source, and the request will be repeated: when a source that took
    /// no notice of it can hear one, and when its answer should have been here.
    pub(crate) fn take_request(&mut self, now: Instant, waiting: Option<Duration>) -> Option<u32> {
        self.request_due().filter(|due| now >= *due)?;
        self.last_request = Some(now);
        self.answered = false;
        let heard = match self.last_heard {
            Some(last) if now < last + DEAF_FOR => last,
            _ => now,
        };
        self.last_heard = Some(heard);
        self.request_due = waiting.map(|round_trip| {
            if self.last_packet.is_none() {
                return now + IDLE_PATIENCE;
            }
            let answer_due = now + PATIENCE + round_trip;
            answer_due.min(heard + DEAF_FOR)
        });
        self.ssrc()
    }

    /// The most urgent reason for the requests since the last time.
    pub(crate) fn take_wish(&mut self) -> Wish {
        self.wish.take().unwrap_or(Wish::Newcomer)
    }

    /// Its publisher is asked by another shard, which knows whom to ask.
    pub(crate) fn become_relayed(&mut self) {
        self.named.get_or_insert(0);
    }

    /// Takes over what the publisher's shard knows of it.
    pub(crate) fn relay_known(&mut self, now: Instant, known: Known) {
        if let Some(height) = known.height {
            self.height = Some(height);
        }
        if !known.flows {
            self.stalled();
        } else if self.packet_came(now) && !self.sinks.is_empty() {
            self.want_key_frame(now, Wish::Newcomer);
        }
    }

    /// Whether the picture as it is now is kept, in no more than `most` packets.
    pub(crate) fn is_kept(&self, most: usize) -> bool {
        let stream = self.stream.as_ref();
        stream.is_some_and(|stream| stream.since_key_frame(most).is_some())
    }

    /// A key frame has begun: what was wanted is here.
    pub(crate) fn key_frame_came(&mut self) {
        self.answered = true;
        self.request_due = None;
    }

    /// The index of a retransmission with this sequence number, if it is new.
    pub(crate) fn rtx_index(&self, ssrc: u32, sequence: u16) -> Option<u64> {
        match &self.rtx {
            Some((known, window)) if *known == ssrc => {
                let index = rtp::extend(window.highest(), sequence);
                window.is_new(index).then_some(index)
            }
            _ => Some(u64::from(sequence)),
        }
    }

    /// Notes an authenticated retransmission.
    pub(crate) fn receive_rtx(&mut self, ssrc: u32, index: u64) {
        match &mut self.rtx {
            Some((known, window)) if *known == ssrc => {
                window.insert(index);
            }
            _ => self.rtx = Some((ssrc, Window::starting_at(index))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const ROUND_TRIP: Duration = Duration::from_millis(50);
    const WAITING: Option<Duration> = Some(ROUND_TRIP);

    fn camera() -> Layer {
        Layer::new(Some(7))
    }

    #[test]
    fn requests_for_key_frames_are_joined() {
        let now = Instant::now();
        let mut camera = camera();
        camera.want_key_frame(now, Wish::Repair);
        assert_eq!(camera.take_request(now, None), Some(7));
        camera.key_frame_came();
        camera.want_key_frame(now, Wish::Repair);
        camera.want_key_frame(now, Wish::Repair);
        assert_eq!(camera.take_request(now, None), None);
        let later = now + KEY_FRAME_INTERVAL;
        assert_eq!(camera.take_request(later, None), Some(7));
        assert_eq!(camera.request_due(), None);
    }

    #[test]
    fn a_switch_asks_a_source_that_has_answered_at_once() {
        let now = Instant::now();
        let mut camera = camera();
        for after in [0, 1, 40] {
            let now = now + Duration::from_millis(after);
            camera.want_key_frame(now, Wish::Switch);
            assert_eq!(
                camera.take_request(now, WAITING),
                Some(7),
                "after {after} ms"
            );
            camera.key_frame_came();
            assert_eq!(camera.request_due(), None);
        }
    }

    #[test]
    fn a_request_that_was_too_early_is_repeated_when_it_can_be_heard() {
        let now = Instant::now();
        let mut camera = camera();
        assert!(camera.packet_came(now));
        camera.want_key_frame(now, Wish::Newcomer);
        assert_eq!(camera.take_request(now, WAITING), Some(7));
        camera.key_frame_came();
        let early = now + Duration::from_millis(100);
        camera.want_key_frame(early, Wish::Switch);
        assert_eq!(camera.take_request(early, WAITING), Some(7));
        let again = early + PATIENCE + ROUND_TRIP;
        assert_eq!(camera.request_due(), Some(again), "it may be lost");
        camera.want_key_frame(early, Wish::Switch);
        assert_eq!(
            camera.take_request(early, WAITING),
            None,
            "one is under way"
        );
        assert_eq!(camera.take_request(again, WAITING), Some(7));
        assert_eq!(camera.request_due(), Some(now + DEAF_FOR), "not later");
    }

    #[test]
    fn a_source_that_sends_nothing_is_asked_once_a_second() {
        let mut now = Instant::now();
        let mut screen = Layer::new(Some(7));
        screen.want_key_frame(now, Wish::Switch);
        for _ in 0..3 {
            assert_eq!(screen.take_request(now, WAITING), Some(7));
            assert_eq!(screen.request_due(), Some(now + IDLE_PATIENCE));
            now += IDLE_PATIENCE;
        }
        // It begins to send: it is asked as soon as it can hear, and repeatedly.
        assert!(screen.packet_came(now));
        screen.want_key_frame(now, Wish::Newcomer);
        assert_eq!(screen.take_request(now, WAITING), Some(7));
        assert_eq!(screen.request_due(), Some(now + PATIENCE + ROUND_TRIP));
    }

    #[test]
    fn a_key_frame_of_h264_begins_once() {
        let mut camera = camera();
        let mut begins = |timestamp, payload: &[u8]| {
            let packet = Packet {
                index: 1,
                timestamp,
                marker: false,
                payload,
                descriptor: None,
                clock: None,
            };
            let found = camera.describe(Codec::H264, &packet);
            found.map(|found| found.starts_key_frame())
        };
        let (set, slice) = ([0x67, 66, 0, 31], [0x7c, 0x85, 0x88]);
        assert_eq!(begins(0, &slice), Some(true), "without sets of its own");
        assert_eq!(begins(3000, &set), Some(true));
        assert_eq!(begins(3000, &slice), Some(false));
        assert_eq!(begins(6000, &slice), Some(true));
        assert_eq!(begins(9000, &[]), None);
    }

    #[test]
    fn a_crowd_of_newcomers_does_not_get_a_key_frame_each() {
        let now = Instant::now();
        let mut camera = camera();
        let mut asked = 0;
        for after in 0..1000 {
            let now = now + Duration::from_millis(after);
            camera.want_key_frame(now, Wish::Newcomer);
            if camera.take_request(now, WAITING).is_some() {
                asked += 1;
                camera.key_frame_came();
            }
        }
        assert_eq!(asked, 4, "at 0, 310, 620 and 930 ms");
    }
}
