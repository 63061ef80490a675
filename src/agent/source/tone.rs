//! The sounds that agents send: Opus frames made by `tones.html` and kept in `tones.txt`.

use bytes::Bytes;

/// The "frequency" of silence.
pub(super) const SILENCE: u32 = 0;

/// Level of a tone in −dBov: a sine with a quarter of full scale as its peak.
pub(super) const LEVEL: u8 = 15;

/// Digital silence in −dBov (RFC 6464 §3).
pub(super) const LEVEL_OF_SILENCE: u8 = 127;

const FILE: &str = include_str!("tones.txt");

/// The tone of a site in Hz, one of 24.
pub(super) fn frequency(fingerprint: u32) -> u32 {
    400 + 100 * (fingerprint % 24)
}

/// The loop of 20 ms Opus frames of a sound in the file.
pub(super) fn frames(frequency: u32) -> Vec<Bytes> {
    FILE.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(first, _)| first.parse() == Ok(frequency))
        .map(|(_, frames)| frames.split(' ').map(from_hex).collect())
        .expect("the file has every tone, which a test checks")
}

fn from_hex(digits: &str) -> Bytes {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            pair.iter().fold(0, |byte, digit| {
                let value = char::from(*digit)
                    .to_digit(16)
                    .expect("the file is hexadecimal");
                byte << 4 | u8::try_from(value).expect("a digit is below 16")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_every_tone_and_silence() {
        for frequency in (0..24).map(frequency).chain([SILENCE]) {
            let frames = frames(frequency);
            assert_eq!(frames.len(), 5, "{frequency} Hz");
            for frame in frames {
                // RFC 6716 §3.1: configuration 31 (CELT, full band, 20 ms), mono, one frame.
                assert_eq!(frame[0], 31 << 3, "{frequency} Hz");
            }
        }
    }
}
