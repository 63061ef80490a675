//! A source and a receiver at the ends of two lines that lose packets, one by one or in bursts, with the
//! engine between them: what is left of picture and sound after repair. In virtual time, from a seed.
//!
//! Both ends do what Chromium does. The source answers what is asked of it, but sends nothing again
//! within a round trip. The receiver asks for a missing packet of the picture at once and then every
//! round trip, ten times at most, and for a key frame when it has given one up; for a missing packet of
//! sound every one and a half round trips while it could still be played.

mod frames;
mod line;
mod receiver;
mod scene;
mod sound;
mod source;
#[cfg(test)]
mod tests;

pub(crate) use line::Impairment;
#[cfg(test)]
pub(crate) use line::Way;
use std::time::Duration;

/// A frame that is decoded later than an undisturbed line would have allowed, by more than this, counts as
/// lost: a picture that pauses for half a second stands still before people's eyes.
pub(crate) const PICTURE_HOLD: Duration = Duration::from_millis(500);
/// The same of sound: so long a browser holds it back where packets come again, and so long people still
/// talk with each other.
pub(crate) const SOUND_HOLD: Duration = Duration::from_millis(400);
/// Packets that are lost in a row, on average, where losses come in bursts: 36 ms of this picture with its
/// sound. One of the few long measurements with datagrams of speech found 6.9 (Borella and others, "Internet
/// packet loss", 1998), and what depends on each other in others lies well within a second (Yajnik and
/// others, 1999).
pub(crate) const BURST: u64 = 8;

/// What is played.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    /// Two runs from one seed are the same.
    pub(crate) seed: u64,
    /// There and back, on each of the two lines.
    pub(crate) round_trip: Duration,
    /// What each of the two lines does, in each direction.
    pub(crate) line: Impairment,
    /// How long source and receiver are connected before it ends.
    pub(crate) length: Duration,
    /// Both ends have negotiated NACK for sound, as Chromium does and Firefox does not.
    pub(crate) repairs_sound: bool,
}

/// What became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Frames that the source sent.
    pub(crate) frames: u32,
    /// Of these, frames that were decoded in time, and those that were decoded at all.
    pub(crate) decoded: u32,
    pub(crate) decoded_ever: u32,
    /// Packets of sound that the source sent.
    pub(crate) sound: u32,
    /// Of these, packets that were not there in time, and those that the next one's FEC could not
    /// replace either.
    pub(crate) late: u32,
    pub(crate) missing: u32,
    /// Packets that the engine sent again under their own number, byte for byte.
    pub(crate) repeated: u32,
    /// Packets that it sent under a number that other bytes had: a broken seal.
    pub(crate) resealed: u32,
    /// Packets of the picture that it sent again.
    pub(crate) retransmitted: u64,
    /// Packets that it asked the source for.
    pub(crate) asked: u64,
    /// Key frames after the first.
    pub(crate) key_frames: u32,
    /// The mean loss that the engine told the source of its sound, in 256ths.
    pub(crate) told_loss: u32,
}

impl Outcome {
    /// Takes what another run counted into this one.
    pub(crate) fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.decoded += other.decoded;
        self.sound += other.sound;
        self.missing += other.missing;
        self.retransmitted += other.retransmitted;
    }

    /// Share of the frames that were decoded in time, in percent.
    pub(crate) fn frames_percent(&self) -> f64 {
        100.0 * f64::from(self.decoded) / f64::from(self.frames.max(1))
    }

    /// Share of the sound that was missing, in percent.
    pub(crate) fn missing_percent(&self) -> f64 {
        100.0 * f64::from(self.missing) / f64::from(self.sound.max(1))
    }
}

/// Plays a script.
///
/// # Errors
/// What kept source and receiver from being connected.
pub(crate) fn play(script: &Script) -> Result<Outcome, String> {
    let mut scene = scene::Scene::new(script)?;
    scene.connect()?;
    Ok(scene.play())
}
