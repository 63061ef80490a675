//! Devices and their media peers: the core's plan speaks of devices, the media plane of peers.
//!
//! A device has one peer that stands for it, and for a moment two: while it joins again, the new
//! peer already receives and the old one goes on being the source, until the new one is connected.
//! A peer outlives its device's WebSocket: it is ended when the device's link interval ends, when
//! it leaves, or when the media plane says that it is gone.

use super::{hints, wire::Mids};
use diemcau_conference::{DeviceId, MediaPlan, SiteId, Source};
use diemcau_media::{self as media, Media, MediaEvent, PeerId, Plan, Ports, Quality, RoomId};
use diemcau_protocol::{Hint, Level, MediaState, SlotSize};
use std::collections::BTreeMap;

/// A media connection of a device.
#[derive(Debug)]
struct Peer {
    device: DeviceId,
    site: SiteId,
    state: Option<MediaState>,
    slots: Mids,
    open_microphone: bool,
    /// The layers of its camera that it is to send, once that is not all of them.
    layers: Option<Vec<String>>,
}

/// The peers of a device.
#[derive(Debug, Default)]
struct DevicePeers {
    /// The one that is the source.
    current: Option<PeerId>,
    /// One that joined after it and is not connected yet.
    joining: Option<PeerId>,
}

/// The media side of a room.
pub(super) struct RoomMedia {
    media: Media,
    room: RoomId,
    joins: u32,
    peers: BTreeMap<PeerId, Peer>,
    devices: BTreeMap<DeviceId, DevicePeers>,
    /// Whose small pictures a device asked for.
    watched: BTreeMap<DeviceId, Vec<SiteId>>,
    /// How tall a device shows its slots, by MID.
    shown: BTreeMap<DeviceId, BTreeMap<String, u16>>,
    sent: Option<Plan>,
}

impl Drop for RoomMedia {
    /// However a room ends, also by a panic: its microphones close, and no peer is left that
    /// nobody knows.
    fn drop(&mut self) {
        self.media.reconcile(self.room, Plan::default());
        for peer in self.peers.keys() {
            self.media.leave(*peer);
        }
    }
}

/// Sites whose pictures a page may ask for: more than there are slots.
const WATCHED: usize = 64;
/// Slots whose size a page may tell: an offer has no more sections.
const SHOWN: usize = 64;
/// A MID is no longer.
const MID_LENGTH: usize = 16;

/// Whom a hint is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum To {
    Device(DeviceId),
    /// A device, unless a host sits there, who is told of all sites.
    SitePage(DeviceId),
    Host,
    /// Everyone; the next one makes a lost one good.
    EveryoneSoon,
}

impl RoomMedia {
    pub(super) fn new(media: Media, room: RoomId) -> Self {
        Self {
            media,
            room,
            joins: 0,
            peers: BTreeMap::new(),
            devices: BTreeMap::new(),
            watched: BTreeMap::new(),
            shown: BTreeMap::new(),
            sent: None,
        }
    }

    /// A new peer for a device that joins, perhaps again. The plan that holds it follows its link, which
    /// may come after its offer: until then it gets nothing.
    pub(super) fn add(&mut self, device: &DeviceId, site: &SiteId) -> PeerId {
        self.joins += 1;
        let peer = peer_id(self.room, self.joins);
        let peers = self.devices.entry(device.clone()).or_default();
        let connected = peers.current.filter(|old| {
            self.peers.get(old).is_some_and(|old| {
                matches!(old.state, Some(MediaState::Connected | MediaState::Weak))
            })
        });
        let ended = if connected.is_some() {
            [peers.joining.replace(peer), None]
        } else {
            [peers.current.replace(peer), peers.joining.take()]
        };
        for old in ended.into_iter().flatten() {
            self.peers.remove(&old);
            self.media.leave(old);
        }
        self.peers.insert(
            peer,
            Peer {
                device: device.clone(),
                site: site.clone(),
                state: None,
                slots: Mids::default(),
                open_microphone: false,
                layers: None,
            },
        );
        peer
    }

    /// Hands an offer to the media plane.
    pub(super) fn join(
        &self,
        peer: PeerId,
        sdp: String,
        done: impl FnOnce(Result<media::Joined, media::JoinError>) + Send + 'static,
    ) {
        self.media.join(self.room, peer, sdp, done);
    }

    /// The outcome of a join: the slots of the offer, or the end of the peer.
    pub(super) fn joined(&mut self, peer: PeerId, slots: Option<&[media::Slot]>) {
        match slots {
            Some(slots) => {
                if let Some(peer) = self.peers.get_mut(&peer) {
                    peer.slots.declare(slots);
                }
            }
            None => drop(self.forget(peer)),
        }
    }

    /// From now on a device is shown the small pictures of these sites; of none: the usual ones.
    pub(super) fn watch(&mut self, device: &DeviceId, mut sites: Vec<SiteId>) {
        sites.truncate(WATCHED);
        if sites.is_empty() {
            self.watched.remove(device);
        } else {
            self.watched.insert(device.clone(), sites);
        }
    }

    /// From now on a device shows its slots so tall.
    pub(super) fn show(&mut self, device: &DeviceId, sizes: Vec<SlotSize>) {
        let known = sizes
            .into_iter()
            .filter(|size| size.mid.len() <= MID_LENGTH);
        let heights = known.take(SHOWN).map(|size| (size.mid, size.height));
        self.shown.insert(device.clone(), heights.collect());
    }

    /// Ends the peers of a device: it left, or its link interval ended.
    pub(super) fn leave(&mut self, device: &DeviceId) {
        self.watched.remove(device);
        self.shown.remove(device);
        let peers = self.devices.remove(device).unwrap_or_default();
        for peer in [peers.current, peers.joining].into_iter().flatten() {
            self.peers.remove(&peer);
            self.media.leave(peer);
        }
    }

    /// Sends the plan to the media plane if it differs from what it has.
    pub(super) fn reconcile(&mut self, plan: &MediaPlan) {
        let plan = self.translate(plan);
        if self.sent.as_ref() != Some(&plan) {
            self.media.reconcile(self.room, plan.clone());
            self.sent = Some(plan);
        }
    }

    fn translate(&self, plan: &MediaPlan) -> Plan {
        let source = |source: &Source| self.devices.get(&source.device)?.current;
        let mut translated = Plan {
            heard: plan.heard.iter().filter_map(source).collect(),
            presenting: plan.presenting.as_ref().and_then(source),
            receivers: BTreeMap::new(),
        };
        for (device, receives) in &plan.receivers {
            let Some(peers) = self.devices.get(device) else {
                continue;
            };
            let receives = media::Receives {
                audio: receives.audio.iter().filter_map(source).collect(),
                main: receives.main.as_ref().and_then(source),
                presentation: receives.presentation.as_ref().and_then(source),
                presentation_audio: receives.presentation_audio.as_ref().and_then(source),
                thumbnails: self.thumbnails(plan, device, receives),
                heights: self.shown.get(device).cloned().unwrap_or_default(),
            };
            for peer in [peers.current, peers.joining].into_iter().flatten() {
                translated.receivers.insert(peer, receives.clone());
            }
        }
        translated
    }

    /// The small pictures of a device: those that it asked for, as long as it is not its own site's.
    fn thumbnails(
        &self,
        plan: &MediaPlan,
        device: &DeviceId,
        usual: &diemcau_conference::Receives,
    ) -> Vec<PeerId> {
        let source = |source: &Source| self.devices.get(&source.device)?.current;
        let Some(watched) = self.watched.get(device) else {
            return usual.thumbnails.iter().filter_map(source).collect();
        };
        let others = plan.pictures.iter();
        let mut others: BTreeMap<&SiteId, &Source> =
            others.map(|picture| (&picture.site, picture)).collect();
        let mut peers = self.peers.values();
        if let Some(own) = peers.find(|peer| peer.device == *device) {
            others.remove(&own.site);
        }
        let asked = watched.iter().filter_map(|site| others.remove(site));
        asked.filter_map(source).collect()
    }

    /// Takes in what the media plane says; the answer is what clients are told.
    pub(super) fn event(&mut self, event: MediaEvent, plan: &MediaPlan) -> Vec<(To, Hint)> {
        match event {
            MediaEvent::Connected { peer } => {
                self.connected(peer);
                self.state(peer, MediaState::Connected)
            }
            MediaEvent::Link { peer, weak } => self.state(
                peer,
                if weak {
                    MediaState::Weak
                } else {
                    MediaState::Connected
                },
            ),
            MediaEvent::Gone { peer } => {
                let mut hints = self.microphone(peer, false);
                hints.extend(self.state(peer, MediaState::Gone));
                self.forget(peer);
                hints
            }
            // These are taken in elsewhere: by the conference itself, and by the state of its lines.
            MediaEvent::MicrophoneSeen { .. } | MediaEvent::Quality { .. } => Vec::new(),
            MediaEvent::OpenMicrophone { peer, open } => self.microphone(peer, open),
            MediaEvent::Levels { levels, .. } => self.levels(&levels, plan),
            MediaEvent::Slot {
                peer,
                mid,
                source,
                held,
                rtp,
            } => {
                let site = source.and_then(|source| Some(self.peers.get(&source)?.site.clone()));
                let Some(receiver) = self.peers.get_mut(&peer) else {
                    return Vec::new();
                };
                receiver.slots.set(&mid, site, held, rtp);
                self.slots_of(peer).into_iter().collect()
            }
            MediaEvent::Layers { peer, active } => {
                if let Some(publisher) = self.peers.get_mut(&peer) {
                    publisher.layers = Some(active);
                }
                self.layers_of(peer).into_iter().collect()
            }
        }
    }

    /// The device whose microphone's first sound an event tells of.
    pub(super) fn microphone_seen(&self, event: &MediaEvent) -> Option<DeviceId> {
        match event {
            MediaEvent::MicrophoneSeen { peer } => Some(self.peers.get(peer)?.device.clone()),
            _ => None,
        }
    }

    /// The device and the site whose line an event measures, the figures, and whether nothing comes at
    /// present. A connection that is about to be replaced, or about to replace another, is not measured.
    pub(super) fn measured(
        &self,
        event: &MediaEvent,
    ) -> Option<(&DeviceId, &SiteId, Quality, bool)> {
        let MediaEvent::Quality { peer, quality } = event else {
            return None;
        };
        let found = self.peers.get(peer)?;
        let current = self.devices.get(&found.device)?.current;
        let silent = found.state == Some(MediaState::Weak);
        (current == Some(*peer)).then_some((&found.device, &found.site, *quality, silent))
    }

    /// Whether a device has a media connection.
    pub(super) fn has(&self, device: &DeviceId) -> bool {
        self.devices.contains_key(device)
    }

    /// The port that media is served on, or the ports.
    pub(super) fn port(&self) -> Ports {
        self.media.ports()
    }

    /// What a device that links is told: its slots and the state of its media; a host also which
    /// microphones are open.
    pub(super) fn greet(&self, device: &DeviceId, host: bool) -> Vec<Hint> {
        let mut hints = Vec::new();
        if let Some(peer) = self.newest(device) {
            let told = [self.slots_of(peer), self.layers_of(peer)];
            hints.extend(told.into_iter().flatten().map(|(_, hint)| hint));
            let state = self.peers.get(&peer).and_then(|peer| peer.state);
            hints.extend(state.map(|state| Hint::Media { state }));
        }
        if host {
            let open = self.peers.values().filter(|peer| peer.open_microphone);
            hints.extend(open.map(|peer| hints::open_microphone(&peer.site, &peer.device, true)));
        }
        hints
    }

    /// A peer that joined again takes the old one's place.
    fn connected(&mut self, peer: PeerId) {
        let Some(device) = self.peers.get(&peer).map(|peer| peer.device.clone()) else {
            return;
        };
        let Some(peers) = self.devices.get_mut(&device) else {
            return;
        };
        if peers.joining == Some(peer) {
            peers.joining = None;
            if let Some(old) = peers.current.replace(peer) {
                self.peers.remove(&old);
                self.media.leave(old);
            }
        }
    }

    fn state(&mut self, peer: PeerId, state: MediaState) -> Vec<(To, Hint)> {
        let Some(found) = self.peers.get_mut(&peer) else {
            return Vec::new();
        };
        found.state = Some(state);
        let device = found.device.clone();
        // The page has thrown the older connection away, or is about to.
        if self.newest(&device) != Some(peer) {
            return Vec::new();
        }
        vec![(To::Device(device), Hint::Media { state })]
    }

    fn microphone(&mut self, peer: PeerId, open: bool) -> Vec<(To, Hint)> {
        let Some(found) = self.peers.get_mut(&peer) else {
            return Vec::new();
        };
        if found.open_microphone == open {
            return Vec::new();
        }
        found.open_microphone = open;
        vec![(
            To::Host,
            hints::open_microphone(&found.site, &found.device, open),
        )]
    }

    fn levels(&self, levels: &[(PeerId, u8)], plan: &MediaPlan) -> Vec<(To, Hint)> {
        let mut loudest: BTreeMap<&SiteId, Level> = BTreeMap::new();
        for (peer, dbov) in levels {
            let Some(peer) = self.peers.get(peer) else {
                continue;
            };
            let heard = plan.heard.iter().any(|source| source.device == peer.device);
            let level = Level {
                site: peer.site.clone(),
                level: hints::loudness(*dbov),
                heard,
            };
            let best = loudest.entry(&peer.site).or_insert_with(|| level.clone());
            // A site shows the microphone that is heard, else its loudest.
            if (level.heard, level.level) > (best.heard, best.level) {
                *best = level;
            }
        }
        if loudest.is_empty() {
            return Vec::new();
        }
        vec![(
            To::EveryoneSoon,
            Hint::Levels {
                levels: loudest.into_values().collect(),
            },
        )]
    }

    fn slots_of(&self, peer: PeerId) -> Option<(To, Hint)> {
        let found = self.peers.get(&peer)?;
        if self.newest(&found.device) != Some(peer) || found.slots.rows().is_empty() {
            return None;
        }
        Some((
            To::Device(found.device.clone()),
            Hint::Slots {
                slots: found.slots.rows(),
            },
        ))
    }

    fn layers_of(&self, peer: PeerId) -> Option<(To, Hint)> {
        let found = self.peers.get(&peer)?;
        // What an older connection sends is at an end.
        if self.newest(&found.device) != Some(peer) {
            return None;
        }
        let active = found.layers.clone()?;
        Some((To::Device(found.device.clone()), Hint::Layers { active }))
    }

    fn newest(&self, device: &DeviceId) -> Option<PeerId> {
        let peers = self.devices.get(device)?;
        peers.joining.or(peers.current)
    }

    fn forget(&mut self, peer: PeerId) -> Option<Peer> {
        let gone = self.peers.remove(&peer)?;
        if let Some(peers) = self.devices.get_mut(&gone.device) {
            if peers.current == Some(peer) {
                peers.current = peers.joining.take();
            } else if peers.joining == Some(peer) {
                peers.joining = None;
            }
            if peers.current.is_none() {
                self.devices.remove(&gone.device);
            }
        }
        Some(gone)
    }
}

/// A peer's id says which room it is in, so that events find their way.
pub(crate) fn peer_id(room: RoomId, join: u32) -> PeerId {
    PeerId(room.0 << 32 | u64::from(join))
}

/// The room of a peer.
pub(super) fn room_of(peer: PeerId) -> RoomId {
    RoomId(peer.0 >> 32)
}

#[cfg(test)]
mod tests;
