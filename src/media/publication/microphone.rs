//! A peer's microphone, the gate before it, and what its levels tell.

use super::{Publication, Sink};
use std::time::{Duration, Instant};

/// The level of silence, in −dBov (RFC 6464 §3).
const SILENCE: u8 = 127;
/// Sound this loud or louder, in −dBov, is a voice and not a quiet room.
const VOICE: u8 = 50;
/// So many loud packets in a row (a tenth of a second) are an open microphone.
const OPEN_PACKETS: u8 = 5;
/// After so long without one it is closed again.
const CLOSED_AFTER: Duration = Duration::from_secs(1);

/// A peer's microphone and the gate before it.
#[derive(Debug)]
pub(crate) struct Microphone {
    pub(crate) publication: Publication,
    seen: bool,
    loudest: Option<u8>,
    loud_packets: u8,
    open_until: Option<Instant>,
}

/// What a packet told of a microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MicrophoneNews {
    /// The first packet with sound since it became heard.
    Seen,
    /// It is not heard and sends sound.
    Open,
}

impl Microphone {
    /// Closed.
    pub(crate) fn new(publication: Publication) -> Self {
        Self {
            publication,
            seen: false,
            loudest: None,
            loud_packets: 0,
            open_until: None,
        }
    }

    /// Opens or closes the gate. Returns the slots that are cut off by that.
    pub(crate) fn set_heard(&mut self, heard: bool) -> Vec<Sink> {
        self.seen = self.seen && heard;
        self.loud_packets = 0;
        self.publication.set_open(heard)
    }

    /// Notes the level of a packet, in −dBov; none where the client does not say it, which counts
    /// as loud: silence about the level must not silence the alarm.
    pub(crate) fn hear(&mut self, now: Instant, level: Option<u8>) -> Option<MicrophoneNews> {
        let level = level.unwrap_or(0);
        let heard = self.publication.is_open();
        self.loudest = Some(self.loudest.map_or(level, |loudest| loudest.min(level)));
        if heard {
            // A microphone that is muted by hand sends silence: nobody hears it yet.
            let first = !self.seen && level != SILENCE;
            self.seen |= first;
            return first.then_some(MicrophoneNews::Seen);
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
        let heard = self.publication.is_open();
        let over = self.open_until.is_some_and(|until| heard || now >= until);
        if over {
            self.open_until = None;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publication::tests::publication;

    fn microphone() -> Microphone {
        Microphone::new(publication())
    }

    #[test]
    fn a_voice_behind_a_closed_gate_is_reported_once_and_ends() {
        let now = Instant::now();
        let mut microphone = microphone();
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
        let mut microphone = microphone();
        assert!((0..100).all(|_| microphone.hear(now, Some(127)).is_none()));
        assert!((0..100).any(|_| microphone.hear(now, None) == Some(MicrophoneNews::Open)));
    }

    #[test]
    fn the_first_sound_after_every_opening_is_reported() {
        let now = Instant::now();
        let mut microphone = microphone();
        for _ in 0..2 {
            microphone.set_heard(true);
            assert_eq!(microphone.hear(now, Some(SILENCE)), None, "muted by hand");
            microphone.set_heard(true);
            assert_eq!(microphone.hear(now, Some(126)), Some(MicrophoneNews::Seen));
            assert_eq!(microphone.hear(now, Some(20)), None);
            microphone.set_heard(false);
        }
        microphone.set_heard(true);
        let unknown = microphone.hear(now, None);
        assert_eq!(unknown, Some(MicrophoneNews::Seen), "its level is not told");
    }
}
