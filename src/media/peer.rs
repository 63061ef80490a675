//! One media connection: its transport, what it publishes, what it receives.

use crate::{
    allocator::Allocator,
    api::{PeerId, RoomId},
    codec::Codec,
    congestion::Estimator,
    dtls::Dtls,
    engine::{Relay, Watcher},
    ice::Ice,
    outbox::Outbox,
    paced::Paced,
    publication::{AudioKind, Feed, Layer, Microphone, Publication, Sink, Video, VideoKind},
    publisher_clock::PublisherClock,
    quality::Tally,
    round_trip::RoundTrip,
    rtp::Header,
    sdp::{ExtensionIds, Sending, Use},
    slot::Slot,
    srtp::{Inbound, Outbound},
    stream::Stream,
    twcc::Recorder,
};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// At most this many SSRCs are bound for a peer.
const MAX_BINDINGS: usize = 16;
/// Sender and receiver reports.
pub(crate) const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// A peer that is not connected by then is gone, and may come again.
const CONNECT_WITHIN: Duration = Duration::from_secs(12);

/// A peer.
pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) room: RoomId,
    pub(crate) ice: Ice,
    pub(crate) dtls: Dtls,
    /// The SRTP keys, once the handshake is done.
    pub(crate) keys: Option<(Inbound, Outbound)>,
    pub(crate) extensions: ExtensionIds,
    pub(crate) microphone: Option<Microphone>,
    pub(crate) camera: Option<Video>,
    pub(crate) screen: Option<Video>,
    pub(crate) screen_audio: Option<Publication>,
    pub(crate) slots: Vec<Slot>,
    /// Where its transport is, if that is on another shard.
    pub(crate) relay: Option<Relay>,
    /// Other shards that have receivers for it.
    pub(crate) watchers: Vec<Watcher>,
    /// It is noted that other shards may have to be told something of it.
    pub(crate) is_noted: bool,
    pub(crate) recorder: Recorder,
    /// Counts how the line is.
    pub(crate) tally: Tally,
    /// What the line to it carries …
    pub(crate) estimator: Estimator,
    /// … and who gets what of it.
    pub(crate) allocator: Allocator,
    /// What waits for its turn on it, while it has a limit.
    pub(crate) paced: Option<Box<Paced>>,
    /// Our SSRC in reports to this peer.
    pub(crate) report_ssrc: u32,
    pub(crate) next_report: Instant,
    connect_by: Instant,
    pub(crate) round_trip: RoundTrip,
    /// What was sent again and will be once more, the next first.
    pub(crate) echoes: VecDeque<Echo>,
    pub(crate) clock: PublisherClock,
    bindings: Vec<(u32, Track)>,
}

/// The second copy of a packet that is sent again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Echo {
    pub(crate) due: Instant,
    /// Place of its slot, and its index there.
    pub(crate) slot: usize,
    pub(crate) index: u64,
}

/// What an SSRC carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Track {
    /// Sound.
    Audio(AudioKind),
    /// A layer of a picture.
    Video(VideoKind, u8),
    /// Retransmissions of a layer.
    Rtx(VideoKind, u8),
}

/// How a packet says what it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Names<'a> {
    mid: Option<&'a [u8]>,
    rid: Option<&'a [u8]>,
    repaired_rid: Option<&'a [u8]>,
}

impl<'a> Names<'a> {
    /// Reads them from a packet's header extensions.
    pub(crate) fn read(header: &Header, packet: &'a [u8], ids: &ExtensionIds) -> Self {
        let read = |id: Option<u8>| id.and_then(|id| header.extension(packet, id));
        Self {
            mid: read(ids.mid),
            rid: read(ids.rid),
            repaired_rid: read(ids.repaired_rid),
        }
    }
}

impl Peer {
    /// A peer that has been answered.
    pub(crate) fn new(
        now: Instant,
        id: PeerId,
        room: RoomId,
        ice: Ice,
        dtls: Dtls,
        extensions: ExtensionIds,
        report_ssrc: u32,
    ) -> Self {
        Self {
            id,
            room,
            ice,
            dtls,
            keys: None,
            extensions,
            microphone: None,
            camera: None,
            screen: None,
            screen_audio: None,
            slots: vec![],
            relay: None,
            watchers: vec![],
            is_noted: false,
            recorder: Recorder::new(now),
            tally: Tally::new(now),
            estimator: Estimator::new(now),
            allocator: Allocator::default(),
            paced: None,
            report_ssrc,
            next_report: now + REPORT_INTERVAL,
            connect_by: now + CONNECT_WITHIN,
            round_trip: RoundTrip::default(),
            echoes: VecDeque::new(),
            clock: PublisherClock::default(),
            bindings: vec![],
        }
    }

    /// Notes what a section of the offer is used for, unless it is a slot.
    pub(crate) fn publish(&mut self, mid: &str, used: &Use) {
        let Use::Sends(feed, sending) = used else {
            return;
        };
        let (mid, sending) = (mid.to_owned(), sending.clone());
        match feed {
            Feed::Audio(AudioKind::Microphone) => {
                self.microphone = Some(Microphone::new(Publication::new(mid, sending)));
            }
            Feed::Audio(AudioKind::Screen) => {
                self.screen_audio = Some(Publication::new(mid, sending));
            }
            Feed::Video(kind) => *self.video_mut(*kind) = Some(Video::new(*kind, mid, sending)),
        }
    }

    /// One of its pictures.
    pub(crate) fn video(&self, kind: VideoKind) -> Option<&Video> {
        match kind {
            VideoKind::Camera => self.camera.as_ref(),
            VideoKind::Screen => self.screen.as_ref(),
        }
    }

    /// The same, to change it.
    pub(crate) fn video_mut(&mut self, kind: VideoKind) -> &mut Option<Video> {
        match kind {
            VideoKind::Camera => &mut self.camera,
            VideoKind::Screen => &mut self.screen,
        }
    }

    /// One of the layers of a picture.
    pub(crate) fn layer(&self, kind: VideoKind, layer: u8) -> Option<&Layer> {
        self.video(kind)?.layer(layer)
    }

    /// The same, to change it.
    pub(crate) fn layer_mut(&mut self, kind: VideoKind, layer: u8) -> Option<&mut Layer> {
        self.video_mut(kind).as_mut()?.layer_mut(layer)
    }

    /// A sound that it publishes.
    pub(crate) fn sound(&self, kind: AudioKind) -> Option<&Publication> {
        match kind {
            AudioKind::Microphone => self.microphone.as_ref().map(|it| &it.publication),
            AudioKind::Screen => self.screen_audio.as_ref(),
        }
    }

    /// The same, to change it.
    pub(crate) fn sound_mut(&mut self, kind: AudioKind) -> Option<&mut Publication> {
        match kind {
            AudioKind::Microphone => self.microphone.as_mut().map(|it| &mut it.publication),
            AudioKind::Screen => self.screen_audio.as_mut(),
        }
    }

    /// How one of the things that it publishes is coded.
    pub(crate) fn codec(&self, feed: Feed) -> Option<Codec> {
        let sending = match feed {
            Feed::Audio(kind) => &self.sound(kind)?.sending,
            Feed::Video(kind) => &self.video(kind)?.sending,
        };
        Some(sending.format.codec)
    }

    /// The slots that have one of the things that it publishes or wait for it.
    pub(crate) fn sinks(&self, feed: Feed) -> Vec<Sink> {
        match feed {
            Feed::Audio(kind) => self.sound(kind).map(|sound| sound.sinks.clone()),
            Feed::Video(kind) => self.video(kind).map(Video::sinks),
        }
        .unwrap_or_default()
    }

    /// Takes a slot out of the sinks of one layer.
    pub(crate) fn unlink(&mut self, feed: Feed, layer: u8, sink: Sink) {
        match feed {
            Feed::Audio(kind) => {
                if let Some(sound) = self.sound_mut(kind) {
                    sound.sinks.retain(|other| *other != sink);
                }
            }
            Feed::Video(kind) => {
                if let Some(layer) = self.layer_mut(kind, layer) {
                    layer.unlink(sink);
                }
            }
        }
    }

    /// What an SSRC carries: as it was bound, or as the offer or the packet's names and payload type
    /// say. The latter is a guess until the packet is authenticated.
    pub(crate) fn track(&self, ssrc: u32, names: &Names<'_>, payload_type: u8) -> Option<Track> {
        if let Some(track) = self.bound(ssrc) {
            return Some(track);
        }
        if self.bindings.len() >= MAX_BINDINGS {
            return None;
        }
        let belongs = |mid: &str, sending: &Sending| {
            let named =
                sending.ssrcs.contains(&ssrc) || sending.rtx_of.iter().any(|(_, rtx)| *rtx == ssrc);
            named || names.mid == Some(mid.as_bytes())
        };
        Feed::ALL.into_iter().find_map(|feed| match feed {
            Feed::Audio(kind) => {
                let sound = self.sound(kind)?;
                let is_it = belongs(&sound.mid, &sound.sending)
                    && sound.sending.format.payload_type == payload_type;
                is_it.then_some(Track::Audio(kind))
            }
            Feed::Video(kind) => {
                let video = self.video(kind)?;
                let sending = &video.sending;
                if !belongs(&video.mid, sending) {
                    None
                } else if sending.format.payload_type == payload_type {
                    Some(Track::Video(kind, layer_of(sending, names.rid)?))
                } else if sending.format.rtx_payload_type == Some(payload_type) {
                    let layer = layer_of(sending, names.repaired_rid);
                    let repaired = layer.or_else(|| self.repaired_by(sending, ssrc));
                    Some(Track::Rtx(kind, repaired?))
                } else {
                    None
                }
            }
        })
    }

    /// The layer that an SSRC repairs, as the offer's FID groups say, once its media has come.
    fn repaired_by(&self, sending: &Sending, rtx: u32) -> Option<u8> {
        let (media, _) = sending.rtx_of.iter().find(|(_, found)| *found == rtx)?;
        match self.bound(*media)? {
            Track::Video(_, layer) => Some(layer),
            Track::Audio(_) | Track::Rtx(..) => None,
        }
    }

    fn bound(&self, ssrc: u32) -> Option<Track> {
        let binding = self.bindings.iter().find(|(bound, _)| *bound == ssrc);
        binding.map(|(_, track)| *track)
    }

    /// The index of a packet of `track` that was not here before; none if it was.
    pub(crate) fn new_index(&self, track: Track, ssrc: u32, sequence: u16) -> Option<u64> {
        let stream = match track {
            Track::Audio(kind) => self.sound(kind)?.stream.as_ref(),
            Track::Video(kind, layer) => self.layer(kind, layer)?.stream.as_ref(),
            Track::Rtx(kind, layer) => return self.layer(kind, layer)?.rtx_index(ssrc, sequence),
        };
        match stream.filter(|stream| stream.ssrc == ssrc) {
            Some(stream) => Some(stream.index(sequence)).filter(|index| stream.is_new(*index)),
            None => Some(u64::from(sequence)),
        }
    }

    /// The inbound streams.
    pub(crate) fn streams_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        let microphone = self.microphone.as_mut().map(|it| &mut it.publication);
        let sounds = microphone.into_iter().chain(self.screen_audio.as_mut());
        let videos = [self.camera.as_mut(), self.screen.as_mut()];
        let layers = videos.into_iter().flatten().flat_map(|it| &mut it.layers);
        sounds
            .filter_map(|sound| sound.stream.as_mut())
            .chain(layers.filter_map(|layer| layer.stream.as_mut()))
    }

    /// The stream of a source that it is.
    pub(crate) fn stream(&self, feed: Feed, layer: u8) -> Option<&Stream> {
        match feed {
            Feed::Audio(kind) => self.sound(kind)?.stream.as_ref(),
            Feed::Video(kind) => self.layer(kind, layer)?.stream.as_ref(),
        }
    }

    /// Binds an SSRC of an authenticated packet for good: browsers stop sending the MID.
    pub(crate) fn bind(&mut self, ssrc: u32, track: Track) {
        if !self.bindings.iter().any(|(bound, _)| *bound == ssrc) {
            self.bindings.push((ssrc, track));
        }
    }

    /// Sends what the DTLS endpoint has queued.
    pub(crate) fn flush_dtls(&mut self, outbox: &mut Outbox) {
        while let Some(datagram) = self.dtls.poll_transmit() {
            if let Some(path) = self.ice.selected() {
                outbox.push(path, &datagram);
            }
        }
    }

    /// Seals what stands in the outbox from `start` on as RTCP for this peer and sends it.
    pub(crate) fn send_rtcp(&mut self, now: Instant, outbox: &mut Outbox, start: usize) {
        match (&mut self.keys, self.ice.selected()) {
            (Some((_, seal)), Some(path)) if outbox.bytes.len() > start => {
                seal.seal_rtcp(&mut outbox.bytes, start);
                if let Some(paced) = &mut self.paced {
                    paced.sent(now, outbox.bytes.len() - start);
                }
                outbox.finish(start, path);
            }
            _ => outbox.bytes.truncate(start),
        }
    }

    /// Whether a part of a picture may be sent again now.
    pub(crate) fn may_repair(&mut self, now: Instant, is_small: bool) -> bool {
        let waits = self.waits();
        self.estimator.may_repair(now, waits, is_small)
    }

    /// Whether something waits for its turn to go to it.
    pub(crate) fn waits(&self) -> bool {
        self.paced.as_ref().is_some_and(|paced| !paced.is_empty())
    }

    /// The handshake has taken too long.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        self.keys.is_none() && now >= self.connect_by
    }

    /// When something is due for this peer.
    pub(crate) fn deadline(&self) -> Instant {
        if self.relay.is_some() {
            return self.relay_deadline();
        }
        let mut deadline = self.ice.deadline();
        let mut consider = |when: Option<Instant>| {
            if let Some(when) = when {
                deadline = deadline.min(when);
            }
        };
        if self.keys.is_none() {
            consider(self.dtls.deadline());
            consider(Some(self.connect_by));
        } else {
            consider(Some(self.next_report));
            consider(self.recorder.deadline());
            consider(self.estimator.deadline());
            consider(self.echoes.front().map(|echo| echo.due));
            consider(self.paced.as_ref().and_then(|paced| paced.due()));
            for video in [&self.camera, &self.screen].into_iter().flatten() {
                consider(video.stall_due());
                for layer in &video.layers {
                    consider(layer.request_due());
                    let stream = layer.stream.as_ref();
                    consider(stream.and_then(|stream| stream.deadline(self.round_trip.get())));
                }
            }
            for kind in AudioKind::ALL {
                let sound = self.sound(kind).filter(|sound| sound.is_open());
                let stream = sound.and_then(|sound| sound.stream.as_ref());
                consider(stream.and_then(|stream| stream.deadline(self.round_trip.get())));
            }
        }
        deadline
    }
}

/// The layer that a RID names; of a picture without layers there is one.
fn layer_of(sending: &Sending, rid: Option<&[u8]>) -> Option<u8> {
    if sending.rids.is_empty() {
        return Some(0);
    }
    let nth = sending
        .rids
        .iter()
        .position(|known| Some(known.as_bytes()) == rid)?;
    u8::try_from(nth).ok()
}
