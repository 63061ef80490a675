//! A picture that a peer sends, a camera's or a screen's: its gate, and its layers.

use super::{Layer, Sink, VideoKind};
use crate::{layers::Known, sdp::Sending, stream::Packet};
use std::time::{Duration, Instant};

/// A camera that sends nothing for so long has stopped: a card is better than a frozen picture.
const CAMERA_STALLED_AFTER: Duration = Duration::from_secs(2);
/// Of a screen on which nothing moves a browser sends one frame a second, and that may be lost.
const SCREEN_STALLED_AFTER: Duration = Duration::from_secs(6);
/// A layer that sends nothing for so long has stopped …
const LAYER_STALLED_AFTER: Duration = Duration::from_secs(1);
/// … if others of the same camera came for so long after it: else the line is to blame.
const OTHERS_GO_ON: Duration = Duration::from_millis(500);
/// A layer that nobody watches is sent on for so long: speakers come back.
const UNWATCHED_FOR: Duration = Duration::from_secs(4);

/// A peer's camera or screen.
#[derive(Debug)]
pub(crate) struct Video {
    /// The section's id.
    pub(crate) mid: String,
    /// Format, SSRCs and RIDs of the offer.
    pub(crate) sending: Sending,
    /// Low to high; one, unless the offer has more.
    pub(crate) layers: Vec<Layer>,
    stalled_after: Duration,
    /// A layer that nobody watches rests after so long.
    rests_after: Duration,
    open: bool,
    /// Layers that the publisher is to send, one bit each.
    active: u8,
    /// Since when each layer has not been watched.
    unwatched: Vec<Option<Instant>>,
}

impl Video {
    /// No picture yet. A camera begins open, a screen closed.
    pub(crate) fn new(kind: VideoKind, mid: String, sending: Sending) -> Self {
        let count = sending.rids.len().max(1);
        // SSRCs of several layers do not tell which is whose.
        let named = sending.ssrcs.first().copied().filter(|_| count == 1);
        Self {
            mid,
            sending,
            layers: (0..count).map(|_| Layer::new(named)).collect(),
            stalled_after: match kind {
                VideoKind::Camera => CAMERA_STALLED_AFTER,
                VideoKind::Screen => SCREEN_STALLED_AFTER,
            },
            rests_after: UNWATCHED_FOR,
            open: kind == VideoKind::Camera,
            active: (1 << count) - 1,
            unwatched: vec![None; count],
        }
    }

    /// Whether its packets go out.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Opens or closes the gate. Returns the slots that are cut off by that.
    pub(crate) fn set_open(&mut self, open: bool) -> Vec<Sink> {
        if std::mem::replace(&mut self.open, open) == open {
            return vec![];
        }
        self.layers.iter_mut().for_each(Layer::rest);
        if open {
            return vec![];
        }
        let cut_off = self.sinks();
        for layer in &mut self.layers {
            layer.forget_kept();
            layer.sinks.clear();
        }
        cut_off
    }

    /// One of its layers.
    pub(crate) fn layer(&self, layer: u8) -> Option<&Layer> {
        self.layers.get(usize::from(layer))
    }

    /// The same, to change it.
    pub(crate) fn layer_mut(&mut self, layer: u8) -> Option<&mut Layer> {
        self.layers.get_mut(usize::from(layer))
    }

    /// A packet of a layer that was kept, while the gate is open.
    pub(crate) fn kept(&self, layer: u8, index: u64) -> Option<Packet<'_>> {
        let stream = self.layer(layer)?.stream.as_ref()?;
        let packet = stream.kept(index).filter(|_| self.open)?;
        let clock = stream.clock();
        Some(Packet { clock, ..packet })
    }

    /// It is that of a peer of another shard, which is to send nothing for this one yet and waits
    /// itself before it lets a layer rest.
    pub(crate) fn become_relayed(&mut self) {
        self.active = 0;
        self.rests_after = Duration::ZERO;
        self.layers.iter_mut().for_each(Layer::become_relayed);
    }

    /// Takes over what the publisher's shard knows of its layers.
    pub(crate) fn relay_known(&mut self, now: Instant, known: &[Known]) {
        for (layer, known) in self.layers.iter_mut().zip(known) {
            layer.relay_known(now, *known);
        }
    }

    /// Whether it comes in several sizes.
    pub(crate) fn has_layers(&self) -> bool {
        self.layers.len() > 1
    }

    /// What is known of its layers.
    pub(crate) fn known(&self) -> Vec<Known> {
        self.layers.iter().map(Layer::known).collect()
    }

    /// The slots that have one of its layers or wait for one, each once.
    pub(crate) fn sinks(&self) -> Vec<Sink> {
        let sinks = self.layers.iter().flat_map(|layer| &layer.sinks);
        let mut sinks: Vec<Sink> = sinks.copied().collect();
        if self.has_layers() {
            sinks.sort_unstable();
            sinks.dedup();
        }
        sinks
    }

    /// Whether anything of it comes.
    pub(crate) fn flows(&self) -> bool {
        self.layers.iter().any(|layer| layer.known().flows)
    }

    /// A slot has `layer` or waits for it from now on, and has nothing to do with `left` any more.
    pub(crate) fn link(&mut self, sink: Sink, layer: u8, left: Option<u8>) {
        if let Some(left) = left.and_then(|left| self.layer_mut(left)) {
            left.unlink(sink);
        }
        if let Some(layer) = self.layer_mut(layer) {
            layer.link(sink);
        }
    }

    /// When a layer will have stalled, unless a packet comes.
    pub(crate) fn stall_due(&self) -> Option<Instant> {
        self.layers
            .iter()
            .filter_map(|layer| self.stalls_at(layer))
            .min()
    }

    /// Whether a layer has stalled; said once.
    pub(crate) fn take_stalled(&mut self, now: Instant) -> bool {
        let is_due = |layer: &Layer| self.stalls_at(layer).is_some_and(|due| now >= due);
        let layers = (0u32..).zip(&self.layers);
        let due = layers
            .filter(|(_, layer)| is_due(layer))
            .fold(0u8, |due, (nth, _)| due | 1 << nth);
        for (nth, layer) in (0u32..).zip(&mut self.layers) {
            if due >> nth & 1 == 1 {
                layer.stalled();
            }
        }
        due != 0
    }

    /// The publisher is to send these layers too. Returns whether it has to be told.
    pub(crate) fn activate(&mut self, now: Instant, needed: u8) -> bool {
        let before = self.active;
        let layers = self.unwatched.iter_mut().zip(&mut self.layers);
        for (nth, (since, layer)) in layers.enumerate() {
            let bit = 1 << nth;
            if needed & bit == 0 {
                continue;
            }
            *since = None;
            if before & bit == 0 {
                self.active |= bit;
                layer.call(now);
            }
        }
        self.active != before
    }

    /// Whether the publisher is to send a layer.
    pub(crate) fn is_active(&self, nth: usize) -> bool {
        self.active >> nth & 1 == 1
    }

    /// Notes which layers are watched now. Returns whether the publisher has to be told which ones
    /// it is to send. The lowest is always sent: it stands in for every other.
    pub(crate) fn watched(&mut self, now: Instant, needed: u8) -> bool {
        let needed = needed | 1;
        let mut changed = self.activate(now, needed);
        for (nth, since) in self.unwatched.iter_mut().enumerate() {
            let bit = 1 << nth;
            let is_idle = self.active & bit != 0 && needed & bit == 0;
            if is_idle && now >= *since.get_or_insert(now) + self.rests_after {
                self.active &= !bit;
                changed = true;
            }
        }
        changed
    }

    /// Layers that the publisher is to send, one bit each.
    pub(crate) fn active_layers(&self) -> u8 {
        self.active
    }

    /// RIDs of the layers that the publisher is to send.
    pub(crate) fn active(&self) -> Vec<String> {
        let rids = self.sending.rids.iter().enumerate();
        rids.filter(|(nth, _)| self.is_active(*nth))
            .map(|(_, rid)| rid.clone())
            .collect()
    }

    fn stalls_at(&self, layer: &Layer) -> Option<Instant> {
        let last = layer.last_packet()?;
        let newest = self.layers.iter().filter_map(Layer::last_packet).max()?;
        let after = if newest >= last + OTHERS_GO_ON {
            LAYER_STALLED_AFTER
        } else {
            self.stalled_after
        };
        Some(last + after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{codec::Codec, sdp::Format};

    const MS: Duration = Duration::from_millis(1);

    fn camera() -> Video {
        let sending = Sending {
            format: Format {
                codec: Codec::Vp8,
                payload_type: 96,
                rtx_payload_type: None,
                profile: None,
            },
            nack: true,
            ssrcs: vec![7],
            rtx_of: vec![],
            rids: ["q", "h", "f"].map(str::to_owned).into(),
        };
        Video::new(VideoKind::Camera, "1".to_owned(), sending)
    }

    fn flows(camera: &Video) -> Vec<bool> {
        camera.known().iter().map(|known| known.flows).collect()
    }

    #[test]
    fn a_layer_that_falls_behind_the_others_stalls_sooner_than_a_line() {
        let now = Instant::now();
        let mut camera = camera();
        for layer in &mut camera.layers {
            assert!(layer.packet_came(now));
        }
        assert_eq!(camera.stall_due(), Some(now + CAMERA_STALLED_AFTER));
        camera.layers[0].packet_came(now + 600 * MS);
        camera.layers[1].packet_came(now + 600 * MS);
        assert_eq!(camera.stall_due(), Some(now + LAYER_STALLED_AFTER));
        assert!(!camera.take_stalled(now + 999 * MS));
        assert!(camera.take_stalled(now + 1000 * MS));
        assert_eq!(flows(&camera), [true, true, false]);
        assert!(
            !camera.take_stalled(now + 2599 * MS),
            "the line is to blame"
        );
        assert!(camera.take_stalled(now + 2600 * MS));
        assert!(!camera.flows());
        assert_eq!(camera.stall_due(), None);
    }

    #[test]
    fn layers_go_up_at_once_and_down_after_a_while() {
        let now = Instant::now();
        let mut camera = camera();
        assert_eq!(camera.active(), ["q", "h", "f"]);
        assert!(!camera.watched(now, 0b100));
        assert!(!camera.watched(now + UNWATCHED_FOR - MS, 0b100));
        assert!(camera.watched(now + UNWATCHED_FOR, 0b100));
        assert_eq!(camera.active(), ["q", "f"], "the lowest stays");
        let later = now + UNWATCHED_FOR;
        assert!(!camera.watched(later, 0));
        assert!(camera.activate(later, 0b10));
        assert!(!camera.activate(later, 0b10));
        assert_eq!(camera.active(), ["q", "h", "f"]);
        // Whoever looks again within the while changes nothing.
        assert!(!camera.watched(later + UNWATCHED_FOR / 2, 0b110));
        assert!(!camera.watched(later + UNWATCHED_FOR, 0b10));
    }
}
