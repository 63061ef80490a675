//! The media connection: one offer, one answer.
//!
//! The offer has a microphone, a camera and perhaps a screen with its sound to send, then the slots
//! to receive, in the order that tells the server what they are for: audio, the main picture, the
//! presentation and its sound, thumbnails.

use crate::{
    AgentError, Media,
    feedback::Departures,
    tap::{Shared, Tap, mids_of_ssrcs},
};
use diemcau_protocol::Rules;
use rtc::{
    interceptor::{NackResponderBuilder, ReceiverReportBuilder, SenderReportBuilder},
    media_stream::MediaStreamTrack,
    peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8},
    rtp_transceiver::rtp_sender::{
        RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters,
        RTCRtpEncodingParameters, RTCRtpHeaderExtensionCapability, RtpCodecKind,
    },
};
use std::{net::IpAddr, sync::Arc};
use tokio::runtime::Handle;
use uuid::Uuid;
use webrtc::{
    media_stream::track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCIceCandidateInit, RTCPeerConnectionState, RTCSessionDescription, Registry,
        SettingEngineBuilder, Slot, SrtpProtectionProfile, configure_twcc,
    },
    rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit, RtpTransceiver},
};

const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Where the tap stands in the chain: behind every interceptor, so that all have seen what it ends.
const LAST: usize = 14_000;

/// Where sender reports are seen to leave: next to the wire.
const FIRST: usize = 500;

/// What media goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// UDP alone.
    Udp,
    /// TCP alone (RFC 6544): this end dials.
    Tcp,
}

/// The connection and the tracks that it sends.
pub(crate) struct Connection {
    peer: Arc<dyn PeerConnection>,
    shared: Arc<Shared>,
    path: Path,
    audio: Sending,
    video: Sending,
    screen: Option<Screen>,
}

/// The sections in which a screen is shared.
struct Screen {
    picture: Sending,
    sound: Sending,
}

/// The negotiated sections that send.
pub(crate) struct Outlets {
    pub(crate) microphone: Outlet,
    pub(crate) camera: Outlet,
    /// The picture and the sound of the screen, if the offer had them.
    pub(crate) screen: Option<(Outlet, Outlet)>,
}

struct Sending {
    track: Arc<TrackLocalStaticRTP>,
    transceiver: Arc<dyn RtpTransceiver>,
    ssrc: u32,
}

/// A negotiated section that sends.
pub(crate) struct Outlet {
    pub(crate) track: Arc<TrackLocalStaticRTP>,
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    pub(crate) mid: String,
    /// Ids of header extensions; none: not negotiated.
    pub(crate) mid_extension: Option<u8>,
    pub(crate) level_extension: Option<u8>,
}

impl Connection {
    /// Makes the connection on an address of this machine, and its offer. `presents`: it has a
    /// screen to share.
    pub(crate) async fn offer(
        shared: Arc<Shared>,
        local: IpAddr,
        rules: &Rules,
        path: Path,
        presents: bool,
    ) -> Result<(Self, String), AgentError> {
        let peer = build(Arc::clone(&shared), local, path).await?;
        let audio = Sending::add(&*peer, RtpCodecKind::Audio, opus()).await?;
        let video = Sending::add(&*peer, RtpCodecKind::Video, vp8()).await?;
        let screen = if presents {
            Some(Screen {
                picture: Sending::add(&*peer, RtpCodecKind::Video, vp8()).await?,
                sound: Sending::add(&*peer, RtpCodecKind::Audio, opus()).await?,
            })
        } else {
            None
        };
        if let Some(screen) = &screen {
            // Set once: an agent has one connection.
            let _ = shared.screen_ssrc.set(screen.picture.ssrc);
        }
        for _ in 0..rules.audio_slots {
            receive(&*peer, RtpCodecKind::Audio).await?;
        }
        // The main picture, then the presentation and its sound.
        receive(&*peer, RtpCodecKind::Video).await?;
        receive(&*peer, RtpCodecKind::Video).await?;
        receive(&*peer, RtpCodecKind::Audio).await?;
        for _ in 0..rules.thumbnail_slots {
            receive(&*peer, RtpCodecKind::Video).await?;
        }
        let offer = peer.create_offer(None).await?;
        let sdp = offer.sdp.clone();
        peer.set_local_description(offer).await?;
        Ok((
            Self {
                peer,
                shared,
                path,
                audio,
                video,
                screen,
            },
            sdp,
        ))
    }

    /// Sets the answer; ICE and DTLS begin.
    pub(crate) async fn answer(&self, sdp: String) -> Result<Outlets, AgentError> {
        // The first packets may come before this returns.
        let _ = self.shared.mids.set(mids_of_ssrcs(&sdp));
        let (sdp, candidates) = split_candidates(&sdp, self.path);
        self.peer
            .set_remote_description(RTCSessionDescription::answer(sdp)?)
            .await?;
        for candidate in candidates {
            self.peer.add_ice_candidate(candidate).await?;
        }
        let screen = match &self.screen {
            Some(Screen { picture, sound }) => {
                Some((picture.outlet().await?, sound.outlet().await?))
            }
            None => None,
        };
        Ok(Outlets {
            microphone: self.audio.outlet().await?,
            camera: self.video.outlet().await?,
            screen,
        })
    }

    /// The SSRCs of the microphone and the camera.
    pub(crate) fn ssrcs(&self) -> [u32; 2] {
        [self.audio.ssrc, self.video.ssrc]
    }

    /// Ends the connection.
    pub(crate) async fn close(&self) -> Result<(), AgentError> {
        Ok(self.peer.close().await?)
    }
}

impl Drop for Connection {
    /// The library's driver runs on when its connection is only dropped, and would keep the server
    /// in the belief that the agent is here.
    fn drop(&mut self) {
        if let Ok(runtime) = Handle::try_current() {
            let peer = Arc::clone(&self.peer);
            runtime.spawn(async move { peer.close().await });
        }
    }
}

impl Sending {
    async fn add(
        peer: &dyn PeerConnection,
        kind: RtpCodecKind,
        codec: RTCRtpCodecParameters,
    ) -> Result<Self, AgentError> {
        let ssrc = random();
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                ..Default::default()
            },
            codec: codec.rtp_codec,
            ..Default::default()
        };
        let track = MediaStreamTrack::new(
            "agent".to_owned(),
            kind.to_string(),
            kind.to_string(),
            kind,
            vec![coding],
        );
        let track = Arc::new(TrackLocalStaticRTP::new(track));
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Sendonly,
            ..Default::default()
        };
        let local = Arc::clone(&track) as Arc<dyn TrackLocal>;
        let transceiver = peer.add_transceiver_from_track(local, Some(init)).await?;
        Ok(Self {
            track,
            transceiver,
            ssrc,
        })
    }

    async fn outlet(&self) -> Result<Outlet, AgentError> {
        let sender = self.transceiver.sender().await?;
        let sender = sender.ok_or_else(|| AgentError::Protocol("nothing to send on".to_owned()))?;
        let parameters = sender.get_parameters().await?.rtp_parameters;
        let codec = parameters.codecs.first();
        let codec = codec.ok_or_else(|| AgentError::Protocol("no codec in common".to_owned()))?;
        let extension = |uri: &str| {
            let found = parameters
                .header_extensions
                .iter()
                .find(|extension| extension.uri == uri);
            found.and_then(|extension| u8::try_from(extension.id).ok())
        };
        Ok(Outlet {
            track: Arc::clone(&self.track),
            ssrc: self.ssrc,
            payload_type: codec.payload_type,
            mid: self.transceiver.mid().await?.unwrap_or_default(),
            mid_extension: extension(MID),
            level_extension: extension(AUDIO_LEVEL),
        })
    }
}

async fn receive(peer: &dyn PeerConnection, kind: RtpCodecKind) -> Result<(), AgentError> {
    let init = RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Recvonly,
        ..Default::default()
    };
    peer.add_transceiver_from_kind(kind, Some(init)).await?;
    Ok(())
}

async fn build(
    shared: Arc<Shared>,
    local: IpAddr,
    path: Path,
) -> Result<Arc<dyn PeerConnection>, AgentError> {
    let mut media = MediaEngine::default();
    media.register_codec(opus(), RtpCodecKind::Audio)?;
    media.register_codec(vp8(), RtpCodecKind::Video)?;
    for (uri, kind) in [
        (MID, RtpCodecKind::Audio),
        (MID, RtpCodecKind::Video),
        (AUDIO_LEVEL, RtpCodecKind::Audio),
    ] {
        let extension = RTCRtpHeaderExtensionCapability {
            uri: uri.to_owned(),
        };
        media.register_header_extension(extension, kind, None)?;
    }
    // No NACK generator: the server repairs over RTX alone, which is not offered here.
    let registry = Registry::new()
        .with(Slot::NackResponder, NackResponderBuilder::new().build())
        .with(Slot::ReceiverReport, ReceiverReportBuilder::new().build())
        .with(Slot::SenderReport, SenderReportBuilder::new().build());
    let departures = Departures::new(shared.feedback.clone());
    let registry = configure_twcc(registry, &mut media)?
        .with(Slot::from(FIRST), departures)
        .with(Slot::from(LAST), Tap::new(Arc::clone(&shared)));
    let settings = SettingEngineBuilder::new()
        .with_include_loopback_candidate(local.is_loopback())
        .with_srtp_protection_profiles(vec![
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
        ])
        .build();
    let builder = PeerConnectionBuilder::new();
    let builder = match path {
        Path::Udp => builder.with_udp_addrs(vec![(local, 0)]),
        Path::Tcp => builder.with_tcp_addrs(vec![(local, 0)]),
    };
    let peer = builder
        .with_media_engine(media)
        .with_setting_engine(settings)
        .with_interceptor_registry(registry)
        .with_handler(Arc::new(Watcher { shared }))
        .build()
        .await?;
    Ok(Arc::new(peer))
}

/// Leaves the candidates of a path in an answer. Those of TCP are taken out and given apart: the
/// library dials only what it is told of by itself.
fn split_candidates(answer: &str, path: Path) -> (String, Vec<RTCIceCandidateInit>) {
    let mut candidates: Vec<RTCIceCandidateInit> = Vec::new();
    let mut kept = String::with_capacity(answer.len());
    for line in answer.lines() {
        let candidate = line.strip_prefix("a=candidate:");
        let mut words = candidate.unwrap_or_default().split(' ');
        let is_tcp = words
            .nth(2)
            .is_some_and(|word| word.eq_ignore_ascii_case("tcp"));
        match (candidate, path) {
            (Some(text), Path::Tcp) => {
                let text = format!("candidate:{text}");
                // All sections share one transport (BUNDLE) and say the same.
                if is_tcp && candidates.iter().all(|known| known.candidate != text) {
                    candidates.push(RTCIceCandidateInit {
                        candidate: text,
                        sdp_mline_index: Some(0),
                        ..Default::default()
                    });
                }
            }
            (Some(_), Path::Udp) if is_tcp => {}
            _ if path == Path::Tcp && line == "a=end-of-candidates" => {}
            _ => {
                kept.push_str(line);
                kept.push_str("\r\n");
            }
        }
    }
    (kept, candidates)
}

/// Notes when the connection is up and when it is lost.
struct Watcher {
    shared: Arc<Shared>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Watcher {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let media = match state {
            RTCPeerConnectionState::Connected => Media::Connected {
                after: self.shared.started.elapsed(),
            },
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => Media::Lost,
            _ => return,
        };
        self.shared.state.send_modify(|state| state.media = media);
    }
}

fn opus() -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
            rtcp_feedback: Vec::new(),
        },
        payload_type: 111,
    }
}

fn vp8() -> RTCRtpCodecParameters {
    let feedback = |parameter: &str| RTCPFeedback {
        typ: "nack".to_owned(),
        parameter: parameter.to_owned(),
    };
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: String::new(),
            rtcp_feedback: vec![feedback(""), feedback("pli")],
        },
        payload_type: 96,
    }
}

/// A random number: SSRCs and the first timestamps must not be guessed (RFC 3550 §5.1).
pub(crate) fn random() -> u32 {
    Uuid::new_v4().as_fields().0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_the_candidates_of_its_path() {
        let udp = "a=candidate:1 1 udp 2130706431 192.0.2.1 8081 typ host";
        let tcp = "a=candidate:2 1 tcp 1671430143 192.0.2.1 8081 typ host tcptype passive";
        let answer =
            format!("v=0\r\nm=audio\r\n{udp}\r\n{tcp}\r\na=mid:0\r\nm=video\r\n{udp}\r\n{tcp}\r\n");
        let (kept, candidates) = split_candidates(&answer, Path::Udp);
        assert_eq!((kept.matches(udp).count(), kept.contains(tcp)), (2, false));
        assert!(candidates.is_empty());
        let (kept, candidates) = split_candidates(&answer, Path::Tcp);
        assert_eq!(kept, "v=0\r\nm=audio\r\na=mid:0\r\nm=video\r\n");
        assert_eq!(candidates.len(), 1);
        assert_eq!(candidates[0].candidate, &tcp[2..]);
    }
}
