//! What an agent publishes: a picture and a sound that can be told from every other site's.
//!
//! Both are made once and then only read, so that any number of agents share one.

mod bool_coder;
mod payload;
mod picture;
mod tone;
mod vp8;
mod vp8_tables;

pub(crate) use payload::{MAX_PAYLOAD, Vp8Payloader, read as read_vp8};

use bytes::Bytes;
use diemcau_protocol::SiteId;
use picture::Scene;
use std::time::Duration;

/// Length of an Opus frame.
pub(crate) const AUDIO_FRAME: Duration = Duration::from_millis(20);

/// The encoded picture and sound of one site. Make one, share it: `Arc<Source>`.
#[derive(Debug)]
pub struct Source {
    pictures: Vec<EncodedPicture>,
    tone: Vec<Bytes>,
    silence: Vec<Bytes>,
    frequency: u32,
}

/// A picture of the loop, in both its forms.
#[derive(Debug)]
struct EncodedPicture {
    /// Stands for itself.
    key: Bytes,
    /// Needs the picture before it.
    inter: Bytes,
}

/// 20 ms of sound.
pub(crate) struct Sound {
    /// An Opus packet.
    pub(crate) frame: Bytes,
    /// How loud, in −dBov (RFC 6464): 0 loudest, 127 silence.
    pub(crate) level: u8,
}

impl Source {
    /// Encodes what a site shows and sounds like; both follow from its id alone.
    ///
    /// The picture is 320x180: the site's id runs in large letters through a field of the site's
    /// colour, over a foot of light and dark blocks that is its fingerprint. The sound is a sine of
    /// [`Source::frequency`].
    #[must_use]
    pub fn of_site(site: &SiteId) -> Self {
        Self::named(site.as_str())
    }

    /// The same for the screen that a site shares: `screen-` runs before its id, in another colour
    /// over another fingerprint, and the sound is another.
    #[must_use]
    pub fn of_screen(site: &SiteId) -> Self {
        Self::named(&format!("screen-{}", site.as_str()))
    }

    fn named(name: &str) -> Self {
        let fingerprint = fingerprint(name);
        let scene = Scene::new(name, fingerprint);
        let pictures = (0..scene.steps())
            .map(|step| {
                let now = scene.draw(step);
                let before = scene.draw(scene.step_before(step));
                EncodedPicture {
                    key: vp8::encode(&now, None).into(),
                    inter: vp8::encode(&now, Some(&before)).into(),
                }
            })
            .collect();
        let frequency = tone::frequency(fingerprint);
        Self {
            pictures,
            tone: tone::frames(frequency),
            silence: tone::frames(tone::SILENCE),
            frequency,
        }
    }

    /// Frequency of the site's tone in Hz.
    #[must_use]
    pub fn frequency(&self) -> u32 {
        self.frequency
    }

    /// The VP8 frame at `index` of an endless video.
    pub(crate) fn picture(&self, index: u64, key: bool) -> Bytes {
        let picture = at(&self.pictures, index);
        if key {
            picture.key.clone()
        } else {
            picture.inter.clone()
        }
    }

    /// The Opus frame at `index` of an endless tone or silence.
    pub(crate) fn sound(&self, index: u64, open: bool) -> Sound {
        if open {
            Sound {
                frame: at(&self.tone, index).clone(),
                level: tone::LEVEL,
            }
        } else {
            Sound {
                frame: at(&self.silence, index).clone(),
                level: tone::LEVEL_OF_SILENCE,
            }
        }
    }
}

/// The element that an endless repetition of a loop has at `index`.
fn at<T>(of: &[T], index: u64) -> &T {
    let length = u64::try_from(of.len()).expect("a usize fits");
    &of[usize::try_from(index % length).expect("less than the length")]
}

/// FNV-1a, 32 bits: the same for a site on every machine and in every version.
fn fingerprint(site: &str) -> u32 {
    site.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const SITES: [&str; 6] = [
        "ha-noi",
        "da-nang",
        "tp-hcm",
        "can-tho",
        "thai-nguyen",
        "nghe-an",
    ];

    #[test]
    fn the_six_sites_look_and_sound_different() {
        let sources = SITES.map(|site| Source::of_site(&SiteId::new(site)));
        let screens = SITES.map(|site| Source::of_screen(&SiteId::new(site)));
        for (site, screen) in sources.iter().zip(&screens) {
            assert_ne!(site.frequency(), screen.frequency());
            assert_ne!(site.picture(0, true), screen.picture(0, true));
        }
        let tones: BTreeSet<_> = sources.iter().map(Source::frequency).collect();
        assert_eq!(tones.len(), SITES.len(), "{tones:?}");
        let pictures: BTreeSet<_> = sources
            .iter()
            .map(|source| source.picture(0, true))
            .collect();
        assert_eq!(pictures.len(), SITES.len());
    }

    #[test]
    fn a_loop_has_no_end() {
        let source = Source::of_site(&SiteId::new("can-tho"));
        let length = u64::try_from(source.pictures.len()).unwrap();
        assert_eq!(
            source.picture(3, true),
            source.picture(3 + 7 * length, true)
        );
        assert_ne!(source.picture(3, true), source.picture(4, true));
        assert_ne!(source.picture(3, true), source.picture(3, false));
    }

    #[test]
    fn a_closed_microphone_sends_silence() {
        let source = Source::of_site(&SiteId::new("can-tho"));
        assert_eq!(source.sound(0, false).level, 127);
        assert_eq!(source.sound(0, false).frame[..3], [0xf8, 0xff, 0xfe]);
        assert_eq!(source.sound(0, true).level, 15);
        assert_ne!(source.sound(0, true).frame, source.sound(0, false).frame);
    }
}
