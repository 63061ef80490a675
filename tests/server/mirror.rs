//! The far end of a line check: a PeerConnection that sends a picture and a sound of its own and
//! knows them again when they come back.

use rtc::{
    media_stream::MediaStreamTrack,
    rtp::{Packet, header::Header},
    rtp_transceiver::rtp_sender::{
        RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
        RtpCodecKind,
    },
};
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder,
        register_default_interceptors,
    },
    rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit},
};

const AUDIO_SSRC: u32 = 1000;
const VIDEO_SSRC: u32 = 2000;

/// Far more than any step takes: a test that hangs fails.
async fn in_time<T>(what: &str, step: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(60), step).await;
    done.unwrap_or_else(|_| panic!("not in time: {what}"))
}

pub struct Mirror {
    pub sdp: String,
    connection: Arc<dyn PeerConnection>,
    audio: Arc<TrackLocalStaticRTP>,
    video: Arc<TrackLocalStaticRTP>,
    states: mpsc::UnboundedReceiver<RTCPeerConnectionState>,
    packets: mpsc::UnboundedReceiver<Packet>,
    /// SSRCs of the main and the first audio slot.
    main: u32,
    sound: u32,
    sent: u16,
}

impl Mirror {
    /// A connection with an offer: microphone, camera, two audio slots, main and a thumbnail.
    pub async fn offer() -> Self {
        let (state, states) = mpsc::unbounded_channel();
        let (packet, packets) = mpsc::unbounded_channel();
        let connection = build(Arc::new(Handler { state, packet })).await;
        let audio = send(&*connection, RtpCodecKind::Audio, AUDIO_SSRC).await;
        let video = send(&*connection, RtpCodecKind::Video, VIDEO_SSRC).await;
        for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
            for _ in 0..2 {
                let init = RTCRtpTransceiverInit {
                    direction: RTCRtpTransceiverDirection::Recvonly,
                    ..Default::default()
                };
                let added = connection.add_transceiver_from_kind(kind, Some(init));
                added.await.expect("a section");
            }
        }
        let offer = connection.create_offer(None).await.expect("an offer");
        let sdp = offer.sdp.clone();
        connection
            .set_local_description(offer)
            .await
            .expect("its own offer");
        Self {
            sdp,
            connection,
            audio,
            video,
            states,
            packets,
            main: 0,
            sound: 0,
            sent: 0,
        }
    }

    /// Takes the server's answer and waits until media can flow.
    pub async fn answer(&mut self, opened: &Value) {
        let sdp = opened["sdp"].as_str().expect("an answer");
        let slots = opened["slots"].as_array().expect("slots");
        let ssrc = |kind: &str| {
            let first = |slot: &&Value| slot["kind"] == kind && slot["index"] == 0;
            let slot = slots.iter().find(first).expect("the slot");
            let mid = format!("a=mid:{}\r", slot["mid"].as_str().expect("a MID"));
            let mut sections = sdp.split("\nm=");
            let section = sections.find(|section| section.contains(&mid));
            let mut lines = section.expect("its section").lines();
            let line = lines.find_map(|line| line.strip_prefix("a=ssrc:"));
            let number = line.expect("an SSRC").split(' ').next().expect("a number");
            number.parse().expect("a number")
        };
        (self.main, self.sound) = (ssrc("main"), ssrc("audio"));
        let answer = RTCSessionDescription::answer(sdp.to_owned()).expect("an answer");
        self.connection
            .set_remote_description(answer)
            .await
            .expect("it fits the offer");
        in_time("connected", self.until(RTCPeerConnectionState::Connected)).await;
    }

    /// Sends sound and pictures that end with `mark` until so many of each have come back. Nothing
    /// else may come.
    pub async fn until_both_come_back(&mut self, mark: &[u8], count: usize) {
        in_time("sound and picture", async {
            let (mut pictures, mut sounds) = (0, 0);
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            while pictures < count || sounds < count {
                tokio::select! {
                    _ = ticks.tick() => self.send(mark).await,
                    Some(packet) = self.packets.recv() => {
                        let payload = &packet.payload;
                        // What was on its way since the last time has the same mark or none.
                        assert!(payload.is_empty() || payload.ends_with(mark), "somebody else's");
                        pictures += usize::from(packet.header.ssrc == self.main);
                        sounds += usize::from(packet.header.ssrc == self.sound);
                    }
                }
            }
        })
        .await;
    }

    /// Waits until the server answers no connectivity checks any more: the library takes no notice
    /// of the end of DTLS.
    pub async fn until_closed(&mut self) {
        in_time("closed", self.until(RTCPeerConnectionState::Disconnected)).await;
    }

    async fn until(&mut self, wanted: RTCPeerConnectionState) {
        loop {
            let state = self.states.recv().await.expect("a state");
            if state == wanted {
                return;
            }
            assert_ne!(state, RTCPeerConnectionState::Failed, "no {wanted}");
        }
    }

    /// 20 ms of sound, and a key frame of one packet.
    async fn send(&mut self, mark: &[u8]) {
        self.sent += 1;
        let number = self.sent;
        let id = (number | 0x8000).to_be_bytes();
        let picture = [&[0x90, 0x80, id[0], id[1], 0], mark].concat();
        let time = u32::from(number);
        for (track, ssrc, payload_type, timestamp, payload) in [
            (&self.audio, AUDIO_SSRC, 111, time * 960, mark.to_vec()),
            (&self.video, VIDEO_SSRC, 96, time * 1800, picture),
        ] {
            let header = Header {
                version: 2,
                marker: true,
                payload_type,
                sequence_number: number,
                timestamp,
                ssrc,
                ..Default::default()
            };
            let payload = payload.into();
            let sent = track.write_rtp(Packet { header, payload }).await;
            sent.expect("sent");
        }
    }
}

impl Drop for Mirror {
    /// The library's driver runs on when its connection is only dropped.
    fn drop(&mut self) {
        let connection = Arc::clone(&self.connection);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { connection.close().await });
        }
    }
}

struct Handler {
    state: mpsc::UnboundedSender<RTCPeerConnectionState>,
    packet: mpsc::UnboundedSender<Packet>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let _ = self.state.send(state);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let packets = self.packet.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let _ = packets.send(packet);
                }
            }
        });
    }
}

async fn build(handler: Arc<Handler>) -> Arc<dyn PeerConnection> {
    let mut media = MediaEngine::default();
    for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
        let registered = media.register_codec(codec(kind), kind);
        registered.expect("a codec");
    }
    let registry = register_default_interceptors(Registry::new(), &mut media);
    let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true);
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media)
        .with_setting_engine(settings.build())
        .with_interceptor_registry(registry.expect("a registry"))
        .with_handler(handler)
        .with_udp_addrs(vec!["127.0.0.1:0"])
        .build()
        .await;
    Arc::new(connection.expect("a connection"))
}

async fn send(
    connection: &dyn PeerConnection,
    kind: RtpCodecKind,
    ssrc: u32,
) -> Arc<TrackLocalStaticRTP> {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..Default::default()
        },
        codec: codec(kind).rtp_codec,
        ..Default::default()
    };
    let name = kind.to_string();
    let track = MediaStreamTrack::new(name.clone(), name.clone(), name, kind, vec![coding]);
    let track = Arc::new(TrackLocalStaticRTP::new(track));
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Sendonly,
        ..Default::default()
    };
    let local = Arc::clone(&track) as Arc<dyn TrackLocal>;
    let added = connection.add_transceiver_from_track(local, Some(init));
    added.await.expect("a section");
    track
}

fn codec(kind: RtpCodecKind) -> RTCRtpCodecParameters {
    let (mime_type, clock_rate, channels, payload_type) = match kind {
        RtpCodecKind::Audio => ("audio/opus", 48_000, 2, 111),
        _ => ("video/VP8", 90_000, 0, 96),
    };
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: mime_type.to_owned(),
            clock_rate,
            channels,
            ..Default::default()
        },
        payload_type,
    }
}
