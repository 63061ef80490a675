//! One media connection: its transport, what it publishes, what it receives.

use crate::{
    allocator::Allocator,
    api::{PeerId, RoomId},
    congestion::Estimator,
    dtls::Dtls,
    ice::Ice,
    outbox::Outbox,
    publication::{AudioKind, Feed, Microphone, Publication, Video, VideoKind},
    sdp::{ExtensionIds, Use},
    slot::Slot,
    srtp::{Inbound, Outbound},
    stream::Stream,
    twcc::Recorder,
};
use std::time::{Duration, Instant};

/// At most this many SSRCs are bound for a peer.
const MAX_BINDINGS: usize = 16;
/// Sender and receiver reports.
pub(crate) const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// A peer that is not connected by then is gone, and may come again.
const CONNECT_WITHIN: Duration = Duration::from_secs(12);
/// Until the peer's reports tell it.
const DEFAULT_ROUND_TRIP: Duration = Duration::from_millis(100);

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
    pub(crate) recorder: Recorder,
    /// What the line to it carries …
    pub(crate) estimator: Estimator,
    /// … and who gets what of it.
    pub(crate) allocator: Allocator,
    /// Our SSRC in reports to this peer.
    pub(crate) report_ssrc: u32,
    pub(crate) next_report: Instant,
    connect_by: Instant,
    pub(crate) round_trip: Duration,
    /// What must be added to the peer's NTP times to make them ours.
    pub(crate) ntp_offset: Option<u64>,
    bindings: Vec<(u32, Track)>,
}

/// What an SSRC carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Track {
    /// What a section of the offer is for.
    Feed(Feed),
    /// Retransmissions of a picture.
    Rtx(VideoKind),
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
            recorder: Recorder::new(now),
            estimator: Estimator::new(now),
            allocator: Allocator::default(),
            report_ssrc,
            next_report: now + REPORT_INTERVAL,
            connect_by: now + CONNECT_WITHIN,
            round_trip: DEFAULT_ROUND_TRIP,
            ntp_offset: None,
            bindings: vec![],
        }
    }

    /// Notes what a section of the offer is used for, unless it is a slot.
    pub(crate) fn publish(&mut self, mid: &str, used: &Use) {
        let Use::Sends(feed, sending) = used else {
            return;
        };
        let publication = Publication::new(*feed, mid.to_owned(), sending.clone());
        match feed {
            Feed::Audio(AudioKind::Microphone) => {
                self.microphone = Some(Microphone::new(publication));
            }
            Feed::Audio(AudioKind::Screen) => self.screen_audio = Some(publication),
            Feed::Video(kind) => *self.video_mut(*kind) = Some(Video::new(*kind, publication)),
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

    /// One of the things that it publishes.
    pub(crate) fn publication(&self, feed: Feed) -> Option<&Publication> {
        match feed {
            Feed::Audio(AudioKind::Microphone) => {
                self.microphone.as_ref().map(|it| &it.publication)
            }
            Feed::Audio(AudioKind::Screen) => self.screen_audio.as_ref(),
            Feed::Video(kind) => self.video(kind).map(|video| &video.publication),
        }
    }

    /// The same, to change it.
    pub(crate) fn publication_mut(&mut self, feed: Feed) -> Option<&mut Publication> {
        match feed {
            Feed::Audio(AudioKind::Microphone) => {
                self.microphone.as_mut().map(|it| &mut it.publication)
            }
            Feed::Audio(AudioKind::Screen) => self.screen_audio.as_mut(),
            Feed::Video(kind) => {
                let video = self.video_mut(kind).as_mut();
                video.map(|video| &mut video.publication)
            }
        }
    }

    /// All that it publishes.
    pub(crate) fn publications_mut(&mut self) -> impl Iterator<Item = &mut Publication> {
        let microphone = self.microphone.as_mut().map(|it| &mut it.publication);
        let videos = [self.camera.as_mut(), self.screen.as_mut()];
        let videos = videos.into_iter().flatten().map(|it| &mut it.publication);
        let sound = microphone.into_iter().chain(self.screen_audio.as_mut());
        sound.chain(videos)
    }

    /// What an SSRC carries: as it was bound, or as the offer or the packet's MID and payload type
    /// say. The latter is a guess until the packet is authenticated.
    pub(crate) fn track(&self, ssrc: u32, mid: Option<&[u8]>, payload_type: u8) -> Option<Track> {
        if let Some((_, track)) = self.bindings.iter().find(|(bound, _)| *bound == ssrc) {
            return Some(*track);
        }
        if self.bindings.len() >= MAX_BINDINGS {
            return None;
        }
        let belongs = |publication: &Publication| {
            let sending = &publication.sending;
            let named =
                sending.ssrcs.contains(&ssrc) || sending.rtx_of.iter().any(|(_, rtx)| *rtx == ssrc);
            named || mid == Some(publication.mid.as_bytes())
        };
        Feed::ALL.into_iter().find_map(|feed| {
            let publication = self.publication(feed).filter(|it| belongs(it))?;
            let sending = &publication.sending;
            match feed {
                _ if sending.payload_type == payload_type => Some(Track::Feed(feed)),
                Feed::Video(kind) if sending.rtx_payload_type == Some(payload_type) => {
                    Some(Track::Rtx(kind))
                }
                _ => None,
            }
        })
    }

    /// The index of a packet of `track` that was not here before; none if it was.
    pub(crate) fn new_index(&self, track: Track, ssrc: u32, sequence: u16) -> Option<u64> {
        let stream = match track {
            Track::Feed(feed) => self.publication(feed)?.stream.as_ref(),
            Track::Rtx(kind) => return self.video(kind)?.rtx_index(ssrc, sequence),
        };
        match stream.filter(|stream| stream.ssrc == ssrc) {
            Some(stream) => Some(stream.index(sequence)).filter(|index| stream.is_new(*index)),
            None => Some(u64::from(sequence)),
        }
    }

    /// The inbound streams.
    pub(crate) fn streams_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.publications_mut()
            .filter_map(|publication| publication.stream.as_mut())
    }

    /// What the publisher said of the time of what it publishes.
    pub(crate) fn clock_of(&self, feed: Feed) -> Option<(u64, u32)> {
        self.publication(feed)?.stream.as_ref()?.clock()
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
    pub(crate) fn send_rtcp(&mut self, outbox: &mut Outbox, start: usize) {
        match (&mut self.keys, self.ice.selected()) {
            (Some((_, seal)), Some(path)) if outbox.bytes.len() > start => {
                seal.seal_rtcp(&mut outbox.bytes, start);
                outbox.finish(start, path);
            }
            _ => outbox.bytes.truncate(start),
        }
    }

    /// The handshake has taken too long.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        self.keys.is_none() && now >= self.connect_by
    }

    /// When something is due for this peer.
    pub(crate) fn deadline(&self) -> Instant {
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
            for video in [&self.camera, &self.screen].into_iter().flatten() {
                consider(video.request_due());
                consider(video.stall_due());
                let stream = video.publication.stream.as_ref();
                consider(stream.and_then(|stream| stream.deadline(self.round_trip)));
            }
        }
        deadline
    }
}
