//! Sharing a screen: five pictures a second and their sound, from when it is asked for until it is
//! not. Whether anybody sees it is the server's to decide.

use crate::{
    AgentError,
    connection::Outlet,
    publish::{Pictures, SAMPLES, Stream},
    source::{AUDIO_FRAME, Source},
    tap::Shared,
};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time};

/// As a page shares it.
const PICTURE_INTERVAL: Duration = Duration::from_millis(200);

/// What to share, and when.
pub(crate) struct Presenter {
    pub(crate) source: Arc<Source>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) sharing: watch::Receiver<bool>,
}

impl Presenter {
    /// Shares whenever it is asked for, until the connection or the agent is gone.
    pub(crate) async fn run(mut self, screen: Outlet, sound: Outlet) {
        let mut screen = Pictures::new(screen);
        let mut sound = Stream::new(sound);
        let mut pictures = time::interval(PICTURE_INTERVAL);
        let mut sounds = time::interval(AUDIO_FRAME);
        let mut index = 0;
        let outcome = loop {
            let sharing = *self.sharing.borrow_and_update();
            let sent = tokio::select! {
                changed = self.sharing.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    screen.begin_anew();
                    Ok(())
                }
                () = self.shared.screen_key_frame_wanted.notified(), if sharing => {
                    self.send_picture(&mut screen, true).await
                }
                _ = pictures.tick(), if sharing => self.send_picture(&mut screen, false).await,
                // The sound's time goes on while it is not shared.
                _ = sounds.tick() => {
                    index += 1;
                    if sharing {
                        self.send_sound(index, &mut sound).await
                    } else {
                        Ok(())
                    }
                }
            };
            if let Err(error) = sent {
                break error;
            }
        };
        tracing::debug!(error = %outcome, "The agent stopped sharing.");
    }

    async fn send_picture(&self, screen: &mut Pictures, key: bool) -> Result<(), AgentError> {
        let sent = screen.send(&self.source, key).await?;
        self.shared.state.send_modify(|state| {
            state.sent.screen_frames += 1;
            state.sent.screen_key_frames += u64::from(sent.key);
        });
        Ok(())
    }

    async fn send_sound(&self, index: u64, stream: &mut Stream) -> Result<(), AgentError> {
        let sound = self.source.sound(index, true);
        let level = Bytes::copy_from_slice(&[sound.level]);
        let timestamp = SAMPLES.wrapping_mul(index as u32);
        stream
            .send(sound.frame, timestamp, false, Some(level))
            .await?;
        self.shared
            .state
            .send_modify(|state| state.sent.screen_audio_packets += 1);
        Ok(())
    }
}
