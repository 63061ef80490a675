//! One media connection: its transport, what it publishes, what it receives.

use crate::{
    api::{PeerId, RoomId, SlotKind},
    dtls::Dtls,
    ice::Ice,
    outbox::Outbox,
    publication::{Camera, Microphone, Publication},
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
    pub(crate) camera: Option<Camera>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) recorder: Recorder,
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
    Microphone,
    Camera,
    CameraRtx,
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
            slots: vec![],
            recorder: Recorder::new(now),
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
        let publication =
            |sending: &crate::sdp::Sending| Publication::new(mid.to_owned(), sending.clone());
        match used {
            Use::Microphone(sending) => {
                self.microphone = Some(Microphone::new(publication(sending)));
            }
            Use::Camera(sending) => self.camera = Some(Camera::new(publication(sending))),
            Use::Slot(_) | Use::None => {}
        }
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
        let microphone = self
            .microphone
            .as_ref()
            .map(|microphone| &microphone.publication);
        if microphone.is_some_and(|publication| {
            belongs(publication) && publication.sending.payload_type == payload_type
        }) {
            return Some(Track::Microphone);
        }
        let camera = self
            .camera
            .as_ref()
            .map(|camera| &camera.publication)
            .filter(|it| belongs(it))?;
        if camera.sending.payload_type == payload_type {
            Some(Track::Camera)
        } else {
            (camera.sending.rtx_payload_type == Some(payload_type)).then_some(Track::CameraRtx)
        }
    }

    /// The index of a packet of `track` that was not here before; none if it was.
    pub(crate) fn new_index(&self, track: Track, ssrc: u32, sequence: u16) -> Option<u64> {
        let stream = match track {
            Track::Microphone => self.microphone.as_ref()?.publication.stream.as_ref(),
            Track::Camera => self.camera.as_ref()?.publication.stream.as_ref(),
            Track::CameraRtx => return self.camera.as_ref()?.rtx_index(ssrc, sequence),
        };
        match stream.filter(|stream| stream.ssrc == ssrc) {
            Some(stream) => Some(stream.index(sequence)).filter(|index| stream.is_new(*index)),
            None => Some(u64::from(sequence)),
        }
    }

    /// The inbound streams.
    pub(crate) fn streams_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        let microphone = self
            .microphone
            .as_mut()
            .and_then(|it| it.publication.stream.as_mut());
        let camera = self
            .camera
            .as_mut()
            .and_then(|it| it.publication.stream.as_mut());
        microphone.into_iter().chain(camera)
    }

    /// What the publisher said of the time of what goes into slots of this kind.
    pub(crate) fn clock_of(&self, kind: SlotKind) -> Option<(u64, u32)> {
        let stream = match kind {
            SlotKind::Audio => self.microphone.as_ref()?.publication.stream.as_ref(),
            SlotKind::Main | SlotKind::Thumbnail => {
                self.camera.as_ref()?.publication.stream.as_ref()
            }
        };
        stream?.clock()
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
            if let Some(camera) = &self.camera {
                consider(camera.request_due());
                consider(camera.stall_due());
                let stream = camera.publication.stream.as_ref();
                consider(stream.and_then(|stream| stream.deadline(self.round_trip)));
            }
        }
        deadline
    }
}
