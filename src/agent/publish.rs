//! Sending: the site's sound fifty times a second, its picture as often as asked for, and a key
//! frame whenever the server wants one.

use crate::{
    AgentError, Microphone, State,
    connection::{Outlet, random},
    source::{AUDIO_FRAME, MAX_PAYLOAD, Source, Vp8Payloader},
    tap::Shared,
};
use bytes::Bytes;
use rtc::rtp::{Packet, header::Header};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::watch, time};
use webrtc::media_stream::track_local::TrackLocal;

/// A key frame is sent at least this often.
const KEY_FRAME_EVERY: Duration = Duration::from_secs(4);

/// Samples of a 20 ms frame at 48 kHz.
pub(crate) const SAMPLES: u32 = 960;

/// What to send.
pub(crate) struct Publisher {
    pub(crate) source: Arc<Source>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) microphone: Microphone,
    pub(crate) camera: bool,
    /// Time from one picture to the next.
    pub(crate) picture_interval: Duration,
}

impl Publisher {
    /// Sends until the connection is gone.
    pub(crate) async fn run(self, audio: Outlet, video: Outlet) {
        let mut audio = Stream::new(audio);
        let mut camera = Pictures::new(video);
        let mut sounds = time::interval(AUDIO_FRAME);
        let mut pictures = time::interval(self.picture_interval);
        let mut sound = 0;
        let outcome = loop {
            let sent = tokio::select! {
                () = self.shared.key_frame_wanted.notified(), if self.camera => {
                    self.send_picture(&mut camera, true).await
                }
                _ = pictures.tick(), if self.camera => self.send_picture(&mut camera, false).await,
                _ = sounds.tick() => {
                    let sent = self.send_sound(sound, &mut audio).await;
                    sound += 1;
                    sent
                }
            };
            if let Err(error) = sent {
                break error;
            }
        };
        tracing::debug!(error = %outcome, "The agent stopped sending.");
    }

    async fn send_picture(&self, camera: &mut Pictures, key: bool) -> Result<(), AgentError> {
        let sent = camera.send(&self.source, key).await?;
        self.shared.state.send_modify(|state| {
            state.sent.video_packets += sent.packets;
            state.sent.frames += 1;
            state.sent.key_frames += u64::from(sent.key);
        });
        Ok(())
    }

    async fn send_sound(&self, index: u64, audio: &mut Stream) -> Result<(), AgentError> {
        let Some(open) = self.microphone.is_open(&self.shared.state) else {
            return Ok(());
        };
        let sound = self.source.sound(index, open);
        // RFC 6464 §3: the V bit, then the level.
        let level = Bytes::copy_from_slice(&[u8::from(open) << 7 | sound.level]);
        let timestamp = SAMPLES.wrapping_mul(index as u32);
        audio
            .send(sound.frame, timestamp, index == 0, Some(level))
            .await?;
        self.shared
            .state
            .send_modify(|state| state.sent.audio_packets += 1);
        Ok(())
    }
}

impl Microphone {
    /// Whether a tone or silence is sent now; none: nothing is.
    fn is_open(self, state: &watch::Sender<State>) -> Option<bool> {
        match self {
            Self::Off => None,
            Self::WithFloor => Some(state.borrow().view.me.heard),
            Self::Open => Some(true),
        }
    }
}

/// The pictures of a source and their numbers.
pub(crate) struct Pictures {
    stream: Stream,
    payloader: Vp8Payloader,
    started: Instant,
    pictures: u64,
    last_key: Option<Instant>,
}

/// A picture that was sent.
pub(crate) struct SentPicture {
    packets: u64,
    pub(crate) key: bool,
}

impl Pictures {
    pub(crate) fn new(outlet: Outlet) -> Self {
        Self {
            stream: Stream::new(outlet),
            payloader: Vp8Payloader::new(random() as u16),
            started: Instant::now(),
            pictures: 0,
            last_key: None,
        }
    }

    /// The next picture is a key frame.
    pub(crate) fn begin_anew(&mut self) {
        self.last_key = None;
    }

    pub(crate) async fn send(
        &mut self,
        source: &Source,
        key_wanted: bool,
    ) -> Result<SentPicture, AgentError> {
        let key = key_wanted
            || self
                .last_key
                .is_none_or(|last| last.elapsed() >= KEY_FRAME_EVERY);
        let frame = source.picture(self.pictures, key);
        // 90 kHz; wraps after 13 hours as it must.
        let timestamp = (self.started.elapsed().as_millis() * 90) as u32;
        let payloads = self.payloader.split(&frame, MAX_PAYLOAD);
        let packets = payloads.len();
        for (part, payload) in payloads.into_iter().enumerate() {
            self.stream
                .send(payload, timestamp, part + 1 == packets, None)
                .await?;
        }
        self.pictures += 1;
        if key {
            self.last_key = Some(Instant::now());
        }
        Ok(SentPicture {
            packets: packets as u64,
            key,
        })
    }
}

/// An RTP stream: its numbers and its header.
pub(crate) struct Stream {
    outlet: Outlet,
    mid: Bytes,
    sequence: u16,
    first_timestamp: u32,
}

impl Stream {
    pub(crate) fn new(outlet: Outlet) -> Self {
        Self {
            mid: Bytes::from(outlet.mid.clone()),
            // RFC 3711 §3.3.1: a first number in the lower half cannot roll over unseen.
            sequence: random() as u16 >> 1,
            first_timestamp: random(),
            outlet,
        }
    }

    pub(crate) async fn send(
        &mut self,
        payload: Bytes,
        timestamp: u32,
        marker: bool,
        level: Option<Bytes>,
    ) -> Result<(), AgentError> {
        let mut header = Header {
            version: 2,
            marker,
            payload_type: self.outlet.payload_type,
            sequence_number: self.sequence,
            timestamp: self.first_timestamp.wrapping_add(timestamp),
            ssrc: self.outlet.ssrc,
            ..Default::default()
        };
        if let Some(id) = self.outlet.mid_extension {
            header.set_extension(id, self.mid.clone())?;
        }
        if let Some((id, level)) = self.outlet.level_extension.zip(level) {
            header.set_extension(id, level)?;
        }
        self.sequence = self.sequence.wrapping_add(1);
        Ok(self
            .outlet
            .track
            .write_rtp(Packet { header, payload })
            .await?)
    }
}
