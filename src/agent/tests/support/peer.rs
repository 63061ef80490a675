//! The far end of the agent's media: another PeerConnection, which answers.

use super::{AUDIO_SLOTS, THUMBNAIL_SLOTS, slots_of};
use diemcau_protocol::SlotInfo;
use rtc::{
    media_stream::MediaStreamTrack,
    rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication,
    rtp::{Packet, header::Header},
    rtp_transceiver::rtp_sender::{
        RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
        RTCRtpHeaderExtensionCapability, RtpCodecKind,
    },
};
use std::sync::Arc;
use tokio::sync::mpsc;
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription, Registry,
        register_default_interceptors,
    },
    rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit},
};

pub(crate) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
pub(crate) const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

pub(crate) struct Peer {
    _connection: Arc<dyn PeerConnection>,
    tracks: Vec<(u32, Arc<TrackLocalStaticRTP>)>,
    mids: Vec<String>,
    answer: String,
    connected: mpsc::UnboundedReceiver<()>,
    received: mpsc::UnboundedReceiver<(RtpCodecKind, Packet)>,
    cameras: mpsc::UnboundedReceiver<Arc<dyn TrackRemote>>,
}

impl Peer {
    /// Answers an offer; sends one track into each slot.
    pub(crate) async fn answer(offer: String) -> (Self, String) {
        let (packets, received) = mpsc::unbounded_channel();
        let (camera, cameras) = mpsc::unbounded_channel();
        let (gathered, mut gathering) = mpsc::unbounded_channel();
        let (up, connected) = mpsc::unbounded_channel();
        let handler = Arc::new(Handler {
            packets,
            camera,
            gathered,
            up,
        });
        let connection = build(handler).await;
        let kinds = (0..AUDIO_SLOTS)
            .map(|_| RtpCodecKind::Audio)
            .chain((0..=THUMBNAIL_SLOTS).map(|_| RtpCodecKind::Video));
        let mut tracks = Vec::new();
        for (index, kind) in (0..).zip(kinds) {
            let track = track(kind, 1000 + index);
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Sendonly,
                ..Default::default()
            };
            let local = Arc::clone(&track) as Arc<dyn TrackLocal>;
            connection
                .add_transceiver_from_track(local, Some(init))
                .await
                .unwrap();
            tracks.push((1000 + index, track));
        }
        let mids = receiving_mids(&offer);
        let offer = RTCSessionDescription::offer(offer).unwrap();
        connection.set_remote_description(offer).await.unwrap();
        let answer = connection.create_answer(None).await.unwrap();
        connection.set_local_description(answer).await.unwrap();
        gathering.recv().await.unwrap();
        let answer = connection.local_description().await.unwrap().sdp;
        let peer = Self {
            _connection: connection,
            tracks,
            mids,
            answer: answer.clone(),
            connected,
            received,
            cameras,
        };
        (peer, answer)
    }

    pub(crate) fn slots(&self) -> Vec<SlotInfo> {
        slots_of(&self.mids)
    }

    /// Waits until this end may send too.
    pub(crate) async fn connected(&mut self) {
        self.connected.recv().await.unwrap();
    }

    /// Sends a packet into the slot at `index` of [`Peer::slots`].
    pub(crate) async fn send(
        &self,
        index: usize,
        sequence_number: u16,
        timestamp: u32,
        marker: bool,
        payload: &[u8],
    ) {
        let (ssrc, track) = &self.tracks[index];
        let video = index >= AUDIO_SLOTS as usize;
        let header = Header {
            version: 2,
            marker,
            payload_type: if video { 96 } else { 111 },
            sequence_number,
            timestamp,
            ssrc: *ssrc,
            ..Default::default()
        };
        let payload = payload.to_vec().into();
        track.write_rtp(Packet { header, payload }).await.unwrap();
    }

    /// The agent's next packet of a kind.
    pub(crate) async fn received(&mut self, wanted: RtpCodecKind) -> Packet {
        loop {
            let (kind, packet) = self.received.recv().await.unwrap();
            if kind == wanted {
                return packet;
            }
        }
    }

    /// Asks the agent's camera for a key frame.
    pub(crate) async fn want_key_frame(&mut self) {
        let camera = self.cameras.recv().await.unwrap();
        let media_ssrc = camera.ssrcs().await[0];
        let request = PictureLossIndication {
            sender_ssrc: 1,
            media_ssrc,
        };
        camera.write_rtcp(vec![Box::new(request)]).await.unwrap();
    }

    /// The value of a header extension of a packet.
    pub(crate) fn extension(&self, uri: &str, packet: &Packet) -> Option<Vec<u8>> {
        let id = self.answer.lines().find_map(|line| {
            let (id, name) = line.strip_prefix("a=extmap:")?.split_once(' ')?;
            (name.trim_end() == uri).then(|| id.split('/').next()?.parse().ok())?
        })?;
        packet.header.get_extension(id).map(|value| value.to_vec())
    }
}

struct Handler {
    packets: mpsc::UnboundedSender<(RtpCodecKind, Packet)>,
    camera: mpsc::UnboundedSender<Arc<dyn TrackRemote>>,
    gathered: mpsc::UnboundedSender<()>,
    up: mpsc::UnboundedSender<()>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.send(());
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        if state == RTCPeerConnectionState::Connected {
            let _ = self.up.send(());
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let kind = track.kind().await;
        if kind == RtpCodecKind::Video {
            let _ = self.camera.send(Arc::clone(&track));
        }
        let packets = self.packets.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let _ = packets.send((kind, packet));
                }
            }
        });
    }
}

async fn build(handler: Arc<Handler>) -> Arc<dyn PeerConnection> {
    let mut media = MediaEngine::default();
    media
        .register_codec(codec(RtpCodecKind::Audio), RtpCodecKind::Audio)
        .unwrap();
    media
        .register_codec(codec(RtpCodecKind::Video), RtpCodecKind::Video)
        .unwrap();
    for (uri, kind) in [
        (MID, RtpCodecKind::Audio),
        (MID, RtpCodecKind::Video),
        (AUDIO_LEVEL, RtpCodecKind::Audio),
    ] {
        let extension = RTCRtpHeaderExtensionCapability {
            uri: uri.to_owned(),
        };
        media
            .register_header_extension(extension, kind, None)
            .unwrap();
    }
    let registry = register_default_interceptors(Registry::new(), &mut media).unwrap();
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_handler(handler)
        .with_udp_addrs(vec!["127.0.0.1:0"])
        .build()
        .await
        .unwrap();
    Arc::new(connection)
}

fn track(kind: RtpCodecKind, ssrc: u32) -> Arc<TrackLocalStaticRTP> {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..Default::default()
        },
        codec: codec(kind).rtp_codec,
        ..Default::default()
    };
    let track = MediaStreamTrack::new(
        format!("stream-{ssrc}"),
        format!("track-{ssrc}"),
        String::new(),
        kind,
        vec![coding],
    );
    Arc::new(TrackLocalStaticRTP::new(track))
}

fn codec(kind: RtpCodecKind) -> RTCRtpCodecParameters {
    let (mime_type, clock_rate, channels, payload_type) = match kind {
        RtpCodecKind::Audio => ("audio/opus", 48_000, 2, 111),
        _ => ("video/VP8", 90_000, 0, 96),
    };
    let rtp_codec = RTCRtpCodec {
        mime_type: mime_type.to_owned(),
        clock_rate,
        channels,
        ..Default::default()
    };
    RTCRtpCodecParameters {
        rtp_codec,
        payload_type,
    }
}

/// The MIDs of the sections that the offer wants to receive on, in its order.
fn receiving_mids(offer: &str) -> Vec<String> {
    offer
        .split("\nm=")
        .skip(1)
        .filter(|section| section.lines().any(|line| line.trim_end() == "a=recvonly"))
        .filter_map(|section| {
            section
                .lines()
                .find_map(|line| line.trim_end().strip_prefix("a=mid:"))
        })
        .map(str::to_owned)
        .collect()
}
