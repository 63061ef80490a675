//! The far end of the agent's media: another PeerConnection, which answers.

use diemcau_protocol::{SlotInfo, SlotKind, Transport};
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
    tracks: Vec<(u32, RtpCodecKind, Arc<TrackLocalStaticRTP>)>,
    mids: Vec<String>,
    answer: String,
    connected: mpsc::UnboundedReceiver<()>,
    received: mpsc::UnboundedReceiver<(RtpCodecKind, Packet)>,
    cameras: mpsc::UnboundedReceiver<Arc<dyn TrackRemote>>,
}

impl Peer {
    /// Answers an offer; sends one track into each slot.
    pub(crate) async fn answer(offer: String) -> (Self, String) {
        Self::answer_over(offer, Transport::Udp).await
    }

    /// The same over UDP or TCP alone.
    pub(crate) async fn answer_over(offer: String, over: Transport) -> (Self, String) {
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
        let connection = build(handler, over).await;
        let sections = receiving_sections(&offer);
        let mut tracks = Vec::new();
        for (index, (_, kind)) in (0..).zip(&sections) {
            let kind = *kind;
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
            tracks.push((1000 + index, kind, track));
        }
        let mids = sections.into_iter().map(|(mid, _)| mid).collect();
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

    /// What the slots of the offer are for, by their order: audio, the main picture, the
    /// presentation and its sound, thumbnails.
    pub(crate) fn slots(&self) -> Vec<SlotInfo> {
        let (mut audio, mut video) = (0_u32.., 0_u32..);
        self.mids
            .iter()
            .zip(&self.tracks)
            .map(|(mid, (_, kind, _))| {
                let (kind, index) = match kind {
                    RtpCodecKind::Audio if video.start >= 2 => (SlotKind::PresentationAudio, 0),
                    RtpCodecKind::Audio => (SlotKind::Audio, audio.next().unwrap()),
                    _ => match video.next().unwrap() {
                        0 => (SlotKind::Main, 0),
                        1 => (SlotKind::Presentation, 0),
                        later => (SlotKind::Thumbnail, later - 2),
                    },
                };
                SlotInfo {
                    mid: mid.clone(),
                    kind,
                    index,
                }
            })
            .collect()
    }

    /// Sends what comes back: sound in the first audio slot, the picture in the main one.
    pub(crate) async fn echo(mut self) {
        while let Some((kind, packet)) = self.received.recv().await {
            let found = self.tracks.iter().find(|(_, of, _)| *of == kind);
            let (ssrc, _, track) = found.unwrap();
            let header = Header {
                ssrc: *ssrc,
                extension: false,
                extensions: Vec::new(),
                ..packet.header
            };
            // The agent ends the connection when it has seen enough.
            if track.write_rtp(Packet { header, ..packet }).await.is_err() {
                return;
            }
        }
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
        let (ssrc, kind, track) = &self.tracks[index];
        let video = *kind == RtpCodecKind::Video;
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

    /// The agent's next packet of a section.
    pub(crate) async fn received_of(&mut self, mid: &[u8]) -> Packet {
        loop {
            let (_, packet) = self.received.recv().await.unwrap();
            if self.extension(MID, &packet).as_deref() == Some(mid) {
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

async fn build(handler: Arc<Handler>, over: Transport) -> Arc<dyn PeerConnection> {
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
    let builder = PeerConnectionBuilder::new();
    let builder = match over {
        Transport::Tcp => builder.with_tcp_addrs(vec!["127.0.0.1:0"]),
        _ => builder.with_udp_addrs(vec!["127.0.0.1:0"]),
    };
    let connection = builder
        .with_media_engine(media)
        .with_interceptor_registry(registry)
        .with_handler(handler)
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

/// The sections that the offer wants to receive on, in its order.
fn receiving_sections(offer: &str) -> Vec<(String, RtpCodecKind)> {
    let sections = offer.split("\nm=").skip(1);
    let receiving =
        sections.filter(|section| section.lines().any(|line| line.trim_end() == "a=recvonly"));
    receiving
        .map(|section| {
            let mid = section
                .lines()
                .find_map(|line| line.trim_end().strip_prefix("a=mid:"));
            let kind = if section.starts_with("audio") {
                RtpCodecKind::Audio
            } else {
                RtpCodecKind::Video
            };
            (mid.unwrap().to_owned(), kind)
        })
        .collect()
}
