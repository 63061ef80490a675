//! Values of hints.

use diemcau_conference::{DeviceId, SiteId};
use diemcau_protocol::Hint;

/// A level in −dBov (RFC 6464: 0 is loudest, 127 silence) as 0 to 100 for a meter: −70 dBov and
/// quieter is a quiet room, −10 dBov and louder is shouting.
pub(super) fn loudness(dbov: u8) -> u8 {
    let above_silence = u16::from(70 - dbov.clamp(10, 70));
    u8::try_from(above_silence * 100 / 60).expect("at most 60 · 100 / 60")
}

pub(super) fn open_microphone(site: &SiteId, device: &DeviceId, open: bool) -> Hint {
    Hint::OpenMicrophone {
        site: site.clone(),
        device: device.clone(),
        open,
    }
}

#[cfg(test)]
mod tests {
    use super::loudness;

    #[test]
    fn a_meter_goes_from_silence_to_shouting() {
        assert_eq!([127, 70, 40, 10, 0].map(loudness), [0, 0, 50, 100, 100]);
    }
}
