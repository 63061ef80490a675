//! What a peer publishes: one microphone, one camera.

use crate::{rtp, sdp::Sending, stream::Stream, window::Window};
use std::time::{Duration, Instant};

/// Two requests for a key frame are this far apart.
const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(500);
/// Chromium takes no notice of a request that comes within 300 ms of one that it took.
const DEAF_FOR: Duration = Duration::from_millis(310);
/// A source has so long for an answer, beside the round trip, before it is asked again: a request
/// that was lost must be repeated, and one that is not heard costs nothing.
const PATIENCE: Duration = Duration::from_millis(100);

/// A camera that sends nothing for so long has stopped: a card is better than a frozen picture.
const STALLED_AFTER: Duration = Duration::from_secs(2);

/// Sound this loud or louder, in −dBov, is a voice and not a quiet room.
const VOICE: u8 = 50;
/// So many loud packets in a row (a tenth of a second) are an open microphone.
const OPEN_PACKETS: u8 = 5;
/// After so long without one it is closed again.
const CLOSED_AFTER: Duration = Duration::from_secs(1);

/// Where a publication's packets go: a place of the engine and a slot of the peer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sink {
    pub(crate) place: u32,
    pub(crate) slot: u32,
}

/// A section in which a peer sends, and its receivers.
#[derive(Debug)]
pub(crate) struct Publication {
    /// The section's id.
    pub(crate) mid: String,
    /// Payload types and SSRCs of the offer.
    pub(crate) sending: Sending,
    /// The stream, once an authentic packet of it came.
    pub(crate) stream: Option<Stream>,
    /// Slots that have it or wait for it.
    pub(crate) sinks: Vec<Sink>,
}

impl Publication {
    /// A section of the offer.
    pub(crate) fn new(mid: String, sending: Sending) -> Self {
        Self {
            mid,
            sending,
            stream: None,
            sinks: vec![],
        }
    }

    /// Adds a slot, once.
    pub(crate) fn link(&mut self, sink: Sink) {
        if !self.sinks.contains(&sink) {
            self.sinks.push(sink);
        }
    }
}

/// A peer's microphone and the gate before it.
#[derive(Debug)]
pub(crate) struct Microphone {
    pub(crate) publication: Publication,
    heard: bool,
    seen: bool,
    loudest: Option<u8>,
    loud_packets: u8,
    open_until: Option<Instant>,
}

/// Why a key frame is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A slot got this source, and everyone looks at the old picture until the frame is there.
    Switch,
    /// Somebody new looks. Many come at once, and a key frame for each would choke the others.
    Newcomer,
    /// A receiver has lost something that was not repaired.
    Repair,
}

/// What a packet told of a microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MicrophoneNews {
    /// The first packet since it became heard.
    Seen,
    /// It is not heard and sends sound.
    Open,
}

impl Microphone {
    /// Closed.
    pub(crate) fn new(publication: Publication) -> Self {
        Self {
            publication,
            heard: false,
            seen: false,
            loudest: None,
            loud_packets: 0,
            open_until: None,
        }
    }

    /// Whether it is forwarded.
    pub(crate) fn is_heard(&self) -> bool {
        self.heard
    }

    /// Opens or closes the gate. Returns whether that changed anything.
    pub(crate) fn set_heard(&mut self, heard: bool) -> bool {
        self.seen = self.seen && heard;
        self.loud_packets = 0;
        std::mem::replace(&mut self.heard, heard) != heard
    }

    /// Notes the level of a packet, in −dBov; none where the client does not say it, which counts
    /// as loud: silence about the level must not silence the alarm.
    pub(crate) fn hear(&mut self, now: Instant, level: Option<u8>) -> Option<MicrophoneNews> {
        let level = level.unwrap_or(0);
        self.loudest = Some(self.loudest.map_or(level, |loudest| loudest.min(level)));
        if self.heard {
            return (!std::mem::replace(&mut self.seen, true)).then_some(MicrophoneNews::Seen);
        }
        self.loud_packets = if level <= VOICE {
            self.loud_packets.saturating_add(1)
        } else {
            0
        };
        if self.loud_packets < OPEN_PACKETS {
            return None;
        }
        self.open_until
            .replace(now + CLOSED_AFTER)
            .is_none()
            .then_some(MicrophoneNews::Open)
    }

    /// The loudest packet since the last time.
    pub(crate) fn take_level(&mut self) -> Option<u8> {
        self.loudest.take()
    }

    /// Whether it was reported as open without being heard.
    pub(crate) fn is_open(&self) -> bool {
        self.open_until.is_some()
    }

    /// Whether an open microphone has been closed, by its owner or by being heard now.
    pub(crate) fn take_closed(&mut self, now: Instant) -> bool {
        let over = self
            .open_until
            .is_some_and(|until| self.heard || now >= until);
        if over {
            self.open_until = None;
        }
        over
    }
}

/// A peer's camera.
#[derive(Debug)]
pub(crate) struct Camera {
    pub(crate) publication: Publication,
    rtx: Option<(u32, Window)>,
    last_request: Option<Instant>,
    /// The newest request that a browser that was asked before will have taken.
    last_heard: Option<Instant>,
    answered: bool,
    request_due: Option<Instant>,
    last_packet: Option<Instant>,
}

impl Camera {
    /// No picture yet.
    pub(crate) fn new(publication: Publication) -> Self {
        Self {
            publication,
            rtx: None,
            last_request: None,
            last_heard: None,
            answered: true,
            request_due: None,
            last_packet: None,
        }
    }

    /// Notes a packet. Returns whether it is the first one, or the first after a stall.
    pub(crate) fn packet_came(&mut self, now: Instant) -> bool {
        self.last_packet.replace(now).is_none()
    }

    /// When it will have stalled, unless a packet comes.
    pub(crate) fn stall_due(&self) -> Option<Instant> {
        self.last_packet.map(|last| last + STALLED_AFTER)
    }

    /// Whether it has stalled; said once.
    pub(crate) fn take_stalled(&mut self, now: Instant) -> bool {
        let stalled = self.stall_due().is_some_and(|due| now >= due);
        if stalled {
            self.last_packet = None;
        }
        stalled
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
        let due = due.map_or(now, |due| due.max(now));
        self.request_due = Some(self.request_due.map_or(due, |before| before.min(due)));
    }

    /// The SSRC to ask for key frames. Before the first packet there is none, unless the offer
    /// named it.
    pub(crate) fn ssrc(&self) -> Option<u32> {
        let stream = self.publication.stream.as_ref().map(|stream| stream.ssrc);
        stream.or(self.publication.sending.ssrcs.first().copied())
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
            let answer_due = now + PATIENCE + round_trip;
            answer_due.min(heard + DEAF_FOR)
        });
        self.ssrc()
    }

    /// Whether the picture as it is now is kept, in no more than `most` packets.
    pub(crate) fn is_kept(&self, most: usize) -> bool {
        let stream = self.publication.stream.as_ref();
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

    fn publication() -> Publication {
        let sending = Sending {
            payload_type: 111,
            rtx_payload_type: None,
            ssrcs: vec![7],
            rtx_of: vec![],
        };
        Publication::new("0".to_owned(), sending)
    }

    #[test]
    fn a_voice_behind_a_closed_gate_is_reported_once_and_ends() {
        let now = Instant::now();
        let mut microphone = Microphone::new(publication());
        let news: Vec<_> = (0..20)
            .filter_map(|_| microphone.hear(now, Some(20)))
            .collect();
        assert_eq!(news, [MicrophoneNews::Open]);
        assert!(!microphone.take_closed(now + CLOSED_AFTER / 2));
        assert!(microphone.take_closed(now + CLOSED_AFTER));
        assert!(!microphone.take_closed(now + CLOSED_AFTER), "said once");
    }

    #[test]
    fn a_quiet_room_is_no_open_microphone_but_a_client_that_hides_its_level_is() {
        let now = Instant::now();
        let mut microphone = Microphone::new(publication());
        assert!((0..100).all(|_| microphone.hear(now, Some(127)).is_none()));
        assert!((0..100).any(|_| microphone.hear(now, None) == Some(MicrophoneNews::Open)));
    }

    #[test]
    fn the_first_packet_after_every_opening_is_reported() {
        let now = Instant::now();
        let mut microphone = Microphone::new(publication());
        for _ in 0..2 {
            assert!(microphone.set_heard(true));
            assert_eq!(microphone.hear(now, Some(127)), Some(MicrophoneNews::Seen));
            assert_eq!(microphone.hear(now, Some(127)), None);
            assert!(microphone.set_heard(false));
        }
    }

    #[test]
    fn requests_for_key_frames_are_joined() {
        let now = Instant::now();
        let mut camera = Camera::new(publication());
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
        let mut camera = Camera::new(publication());
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
        let mut camera = Camera::new(publication());
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
    fn a_crowd_of_newcomers_does_not_get_a_key_frame_each() {
        let now = Instant::now();
        let mut camera = Camera::new(publication());
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
