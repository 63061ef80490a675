//! What goes out: from a packet to its copies.

use super::Engine;
use crate::{
    api::MediaEvent,
    paced::Waiting,
    peer::Peer,
    publication::{Feed, Sink, Source, VideoKind, Wish},
    slot::{Forwarded, Slot, Turn},
    stream::Packet,
};
use std::{hint::black_box, time::Instant};

/// A newcomer gets no more packets than this at once, about 90 kB for all its pictures: on a line
/// for which that is much a key frame of its own would be no sooner there.
pub(super) const MOST_MISSED: usize = 75;

/// Whether a sink is still one after a packet.
enum Remains {
    No,
    Yes,
    /// It is, and the packet has taken the slot over from this source.
    TakenFrom(Source, Feed),
    /// It is, and the packet with which it would have begun is lost.
    Waits(VideoKind),
}

impl Engine {
    /// Sends a packet of `publisher`, whose place is empty meanwhile, to the sinks of its layer; its
    /// own slots may be among them. Returns the sinks that remain: a slot that went over to another
    /// source is not one any more.
    pub(super) fn forward(
        &mut self,
        now: Instant,
        publisher: &mut Peer,
        layer: u8,
        packet: &Packet<'_>,
        mut sinks: Vec<Sink>,
    ) -> Vec<Sink> {
        let peer = publisher.id;
        let source = Source { peer, layer };
        let own_place = self.by_id.get(&peer).copied();
        let mut left = vec![];
        let mut lost = None;
        let (mut kept, mut next) = (0, 0);
        while let Some(sink) = sinks.get(next).copied() {
            next += 1;
            self.look_ahead(&sinks[next..]);
            match self.forward_to(now, publisher, own_place, source, packet, sink) {
                Remains::No => continue,
                Remains::Yes => {}
                Remains::TakenFrom(before, feed) => left.push((before, feed, sink)),
                Remains::Waits(kind) => lost = Some(kind),
            }
            sinks[kept] = sink;
            kept += 1;
        }
        sinks.truncate(kept);
        if let Some(layer) = lost.and_then(|kind| publisher.layer_mut(kind, layer)) {
            layer.want_key_frame(now, Wish::Repair);
        }
        for (before, feed, sink) in left {
            if before.peer == publisher.id {
                publisher.unlink(feed, before.layer, sink);
            } else {
                self.unlink(before, feed, sink);
            }
        }
        sinks
    }

    /// Sends a packet of `source` to one sink.
    fn forward_to(
        &mut self,
        now: Instant,
        publisher: &mut Peer,
        own_place: Option<u32>,
        source: Source,
        packet: &Packet<'_>,
        sink: Sink,
    ) -> Remains {
        let peer = if own_place == Some(sink.place) {
            Some(publisher)
        } else {
            let receiver = self.places.get_mut(sink.place as usize);
            receiver.and_then(Option::as_deref_mut)
        };
        let Some(peer) = peer else {
            return Remains::No;
        };
        let Some(slot) = peer.slots.get_mut(sink.slot as usize) else {
            return Remains::No;
        };
        let unsent = |slot: &Slot| {
            if slot.concerns(source) {
                Remains::Yes
            } else {
                Remains::No
            }
        };
        let (Some((_, seal)), Some(path)) = (&mut peer.keys, peer.ice.selected()) else {
            return unsent(slot);
        };
        if let Some(paced) = &mut peer.paced
            && !slot.kind.is_audio()
            && !paced.passes(now)
        {
            let was_coming = slot.is_coming(source);
            let turn = slot.queue(source, packet);
            if turn == Turn::None {
                self.counters.paced_dropped += u64::from(slot.flowing() == Some(source));
                return unsent(slot);
            }
            if turn == Turn::First {
                self.counters.paced_dropped += paced.forget(sink.slot) as u64;
            }
            let waiting = Waiting {
                slot: sink.slot,
                source,
                index: packet.index,
                payload: packet.payload.len() as u16,
            };
            let fits = paced.push(waiting);
            if let Some(due) = paced.due() {
                self.timers.arm(sink.place, due);
            }
            if fits {
                self.counters.packets_paced += 1;
                return Remains::Yes;
            }
            self.counters.paced_dropped += 1;
            return match slot.kind.feed() {
                Feed::Video(kind) if !was_coming && slot.lose(source) => Remains::Waits(kind),
                _ => Remains::Yes,
            };
        }
        let start = self.outbox.bytes.len();
        let number = peer.estimator.number(slot.transport_cc);
        let started = match slot.forward(now, source, packet, number, seal, &mut self.outbox.bytes)
        {
            Forwarded::No => return unsent(slot),
            Forwarded::Sent => None,
            Forwarded::Started { before, rtp } => Some((peer.id, slot.mid.clone(), before, rtp)),
        };
        let kind = slot.kind;
        let sent = self.outbox.bytes.len() - start;
        let waits = peer.waits();
        peer.estimator.sent(now, number, sent, waits);
        if let Some(paced) = &mut peer.paced {
            paced.sent(now, sent);
        }
        if kind.is_audio() {
            self.outbox.finish(start, path);
        } else {
            self.outbox.finish_picture(start, path);
        }
        self.counters.packets_forwarded += 1;
        let Some((receiver, mid, before, rtp)) = started else {
            return Remains::Yes;
        };
        self.note_begun(receiver, mid, (before, source), rtp);
        match before.filter(|before| *before != source) {
            Some(before) => Remains::TakenFrom(before, kind.feed()),
            None => Remains::Yes,
        }
    }

    /// Reads what will be written or asked of the receivers that come next, a step further for each
    /// that is nearer. The values are of no use: what is read is in the cache when its turn comes, as
    /// nothing waits for it until then. Without this two fifths of the engine's time are such waiting.
    fn look_ahead(&self, sinks: &[Sink]) {
        let receiver = |ahead: usize| {
            let sink = sinks.get(ahead)?;
            let peer = self.places.get(sink.place as usize)?.as_deref()?;
            Some((peer, sink.slot as usize))
        };
        if let Some((peer, _)) = receiver(2) {
            black_box((peer.slots.len(), peer.keys.is_some(), peer.ice.selected()));
            black_box(peer.paced.is_some());
            peer.estimator.touch();
        }
        if let Some((peer, slot)) = receiver(1) {
            if let Some(slot) = peer.slots.get(slot) {
                slot.touch();
            }
            if let Some((_, seal)) = &peer.keys {
                seal.touch();
            }
            peer.estimator.touch_line();
        }
        if let Some((peer, slot)) = receiver(0) {
            if let Some(slot) = peer.slots.get(slot) {
                slot.touch_era();
            }
            peer.estimator.touch_entry();
        }
    }

    /// Gives a receiver that has just been connected what it missed of the pictures that it waits
    /// for, where that is little; else asks their sources for a key frame.
    pub(super) fn catch_up(&mut self, now: Instant, peer: &mut Peer) {
        let Peer {
            id,
            slots,
            keys,
            ice,
            camera,
            screen,
            estimator,
            ..
        } = peer;
        let (Some((_, seal)), Some(path)) = (keys, ice.selected()) else {
            return;
        };
        let mut room = MOST_MISSED;
        // The main picture comes first.
        for slot in slots {
            let Feed::Video(kind) = slot.kind.feed() else {
                continue;
            };
            let Some(source) = slot.aimed().filter(|source| slot.waits_for(*source)) else {
                continue;
            };
            if source.peer == *id {
                let own = match kind {
                    VideoKind::Camera => camera.as_mut(),
                    VideoKind::Screen => screen.as_mut(),
                };
                if let Some(own) = own.and_then(|own| own.layer_mut(source.layer)) {
                    own.want_key_frame(now, Wish::Newcomer);
                }
                continue;
            }
            let publisher = self
                .by_id
                .get(&source.peer)
                .and_then(|place| self.places[*place as usize].as_deref());
            let stream =
                publisher.and_then(|publisher| publisher.stream(Feed::Video(kind), source.layer));
            let Some(missed) = stream.and_then(|stream| stream.since_key_frame(room)) else {
                self.want_key_frame(now, source, kind, Wish::Newcomer);
                continue;
            };
            room -= missed.len();
            for packet in &missed {
                let start = self.outbox.bytes.len();
                let number = estimator.number(slot.transport_cc);
                match slot.forward(now, source, packet, number, seal, &mut self.outbox.bytes) {
                    Forwarded::No => continue,
                    Forwarded::Sent => {}
                    Forwarded::Started { rtp, .. } => {
                        self.counters.switches += 1;
                        self.events.push_back(MediaEvent::Slot {
                            peer: *id,
                            mid: slot.mid.clone(),
                            source: Some(source.peer),
                            held: false,
                            rtp: Some(rtp),
                        });
                    }
                }
                estimator.sent(now, number, self.outbox.bytes.len() - start, false);
                self.outbox.finish_picture(start, path);
                self.counters.packets_caught_up += 1;
            }
        }
    }
}
