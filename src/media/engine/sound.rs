//! Repair of sound: what is asked of publishers, what is sent again to receivers, and what a publisher
//! is told of losses, so that it adds FEC.

use super::Engine;
use crate::{
    peer::Peer,
    publication::{AudioKind, Feed, Sink},
    rtcp,
};
use std::time::Instant;

/// Of the receivers of a sound, so many in a hundred may lose more of it than its publisher is told: one
/// bad line is not to make it worse for all.
const WORSE: usize = 10;
/// More than this, in 256ths, is not told of lines behind us: Opus has nothing more to give at a quarter.
const MOST_TOLD: u8 = 64;

impl Engine {
    /// Writes what is missing of a sound that is heard.
    pub(super) fn ask_for_sound(&mut self, now: Instant, peer: &mut Peer, kind: AudioKind) {
        let (sender, round_trip) = (peer.report_ssrc, peer.round_trip.get());
        let Some(sound) = peer.sound_mut(kind).filter(|sound| sound.is_open()) else {
            return;
        };
        if let Some(stream) = &mut sound.stream {
            let missing = stream.due(now, round_trip);
            if !missing.is_empty() {
                self.counters.nacks_sent += missing.len() as u64;
                rtcp::write_nack(&mut self.outbox.bytes, sender, stream.ssrc, &missing);
            }
        }
    }

    /// Sends a packet of sound again, as it was. What a closed gate has stopped is not kept, and so
    /// nobody gets it.
    pub(super) fn repeat_sound(
        &mut self,
        now: Instant,
        peer: &mut Peer,
        slot: usize,
        sequence: u16,
    ) {
        let Some((source, source_index, index)) = peer.slots[slot].repeatable(now, sequence) else {
            return;
        };
        let Feed::Audio(kind) = peer.slots[slot].kind.feed() else {
            return;
        };
        let Peer {
            id,
            slots,
            keys,
            ice,
            paced,
            microphone,
            screen_audio,
            tally,
            estimator,
            ..
        } = peer;
        let sound = if source.peer == *id {
            // Taken apart: its slot and its keys are at work beside it.
            match kind {
                AudioKind::Microphone => microphone.as_ref().map(|it| &it.publication),
                AudioKind::Screen => screen_audio.as_ref(),
            }
        } else {
            let place = self.by_id.get(&source.peer);
            let publisher = place.and_then(|place| self.places[*place as usize].as_deref());
            publisher.and_then(|publisher| publisher.sound(kind))
        };
        let stream = sound.filter(|sound| sound.is_open());
        let stream = stream.and_then(|sound| sound.stream.as_ref());
        let (Some(packet), Some((_, seal)), Some(path)) = (
            stream.and_then(|stream| stream.kept(source_index)),
            keys,
            ice.selected(),
        ) else {
            return;
        };
        let start = self.outbox.bytes.len();
        let repeated = slots[slot].repeat(&packet, index, seal, &mut self.outbox.bytes);
        if let Some(number) = repeated {
            estimator.sent_again(number);
            let sent = self.outbox.bytes.len() - start;
            tally.resent(sent);
            if let Some(paced) = paced {
                paced.sent(now, sent);
            }
            self.outbox.finish(start, path);
            self.counters.packets_retransmitted += 1;
        }
    }

    /// What those who hear a sound of `publisher`, whose place is empty meanwhile, miss of it, in 256ths:
    /// the worst of them but a few. By its own reports a publisher would learn nothing of their lines.
    pub(super) fn missed_by_hearers(&self, now: Instant, publisher: &Peer, sinks: &[Sink]) -> u8 {
        let own_place = self.by_id.get(&publisher.id).copied();
        let mut lines = [0usize; 256];
        let mut known = 0;
        for sink in sinks {
            let receiver = if own_place == Some(sink.place) {
                Some(publisher)
            } else {
                let receiver = self.places.get(sink.place as usize);
                receiver.and_then(Option::as_deref)
            };
            let slot = receiver.and_then(|receiver| receiver.slots.get(sink.slot as usize));
            if let Some(told) = slot.and_then(|slot| slot.told_loss(now)) {
                lines[usize::from(told)] += 1;
                known += 1;
            }
        }
        let mut worse = known * WORSE / 100;
        let worst = (0..=u8::MAX).rev().find(|fraction| {
            let here = lines[usize::from(*fraction)];
            let found = here > worse;
            worse = worse.saturating_sub(here);
            found
        });
        worst.unwrap_or(0).min(MOST_TOLD)
    }
}
