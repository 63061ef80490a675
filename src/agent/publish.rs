//! Sending: the site's sound fifty times a second, its picture at every fourth, and a key frame
//! whenever the server wants one.

use crate::{
    AgentError, Microphone, State,
    connection::{Outlet, random},
    source::{AUDIO_FRAME, AUDIO_FRAMES_PER_PICTURE, MAX_PAYLOAD, Source, Vp8Payloader},
    tap::Shared,
};
use bytes::Bytes;
use rtc::rtp::{Packet, header::Header};
use std::{sync::Arc, time::Instant};
use tokio::{sync::watch, time};
use webrtc::media_stream::track_local::TrackLocal;

/// A key frame is sent at least this often, in pictures: every four seconds.
const KEY_FRAME_EVERY: u64 = 50;

/// Samples of a 20 ms frame at 48 kHz.
const SAMPLES: u32 = 960;

/// What to send.
pub(crate) struct Publisher {
    pub(crate) source: Arc<Source>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) microphone: Microphone,
    pub(crate) camera: bool,
}

impl Publisher {
    /// Sends until the connection is gone.
    pub(crate) async fn run(self, audio: Outlet, video: Outlet) {
        let mut audio = Stream::new(audio);
        let mut camera = Camera {
            stream: Stream::new(video),
            payloader: Vp8Payloader::new(random() as u16),
            started: Instant::now(),
            pictures: 0,
            since_key: 0,
        };
        let mut clock = time::interval(AUDIO_FRAME);
        let mut tick = 0;
        let outcome = loop {
            let sent = tokio::select! {
                () = self.shared.key_frame_wanted.notified(), if self.camera => {
                    camera.send(&self, true).await
                }
                _ = clock.tick() => {
                    let sent = self.tick(tick, &mut audio, &mut camera).await;
                    tick += 1;
                    sent
                }
            };
            if let Err(error) = sent {
                break error;
            }
        };
        tracing::debug!(error = %outcome, "The agent stopped sending.");
    }

    async fn tick(
        &self,
        tick: u64,
        audio: &mut Stream,
        camera: &mut Camera,
    ) -> Result<(), AgentError> {
        if let Some(open) = self.microphone.is_open(&self.shared.state) {
            let sound = self.source.sound(tick, open);
            // RFC 6464 §3: the V bit, then the level.
            let level = Bytes::copy_from_slice(&[u8::from(open) << 7 | sound.level]);
            let first = tick == 0;
            let timestamp = SAMPLES.wrapping_mul(tick as u32);
            audio
                .send(sound.frame, timestamp, first, Some(level))
                .await?;
            self.shared
                .state
                .send_modify(|state| state.sent.audio_packets += 1);
        }
        if self.camera && tick.is_multiple_of(AUDIO_FRAMES_PER_PICTURE) {
            camera.send(self, false).await?;
        }
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

/// The pictures and their numbers.
struct Camera {
    stream: Stream,
    payloader: Vp8Payloader,
    started: Instant,
    pictures: u64,
    since_key: u64,
}

impl Camera {
    async fn send(&mut self, publisher: &Publisher, key_wanted: bool) -> Result<(), AgentError> {
        let key = key_wanted || self.pictures == 0 || self.since_key >= KEY_FRAME_EVERY;
        let frame = publisher.source.picture(self.pictures, key);
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
        self.since_key = if key { 1 } else { self.since_key + 1 };
        publisher.shared.state.send_modify(|state| {
            state.sent.video_packets += packets as u64;
            state.sent.frames += 1;
            state.sent.key_frames += u64::from(key);
        });
        Ok(())
    }
}

/// An RTP stream: its numbers and its header.
struct Stream {
    outlet: Outlet,
    mid: Bytes,
    sequence: u16,
    first_timestamp: u32,
}

impl Stream {
    fn new(outlet: Outlet) -> Self {
        Self {
            mid: Bytes::from(outlet.mid.clone()),
            // RFC 3711 §3.3.1: a first number in the lower half cannot roll over unseen.
            sequence: random() as u16 >> 1,
            first_timestamp: random(),
            outlet,
        }
    }

    async fn send(
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
