//! What the fuzz targets share: how an input is read as steps.

use std::time::Duration;

/// The offer of the clients in the targets `stun`, `rtp` and `rtcp`. Its SSRCs are small numbers,
/// which a fuzzer finds: microphone 1001, camera 1002, its retransmissions 1003, screen 1004, its
/// retransmissions 1005, its sound 1006. The camera is of VP8 and has the layers `q`, `h` and `f`, the
/// screen is of H.264.
pub const OFFER: &str = include_str!("offer.sdp");

/// One step of an input: `op`, then the length of `bytes` as two bytes, then `bytes`. The last
/// one may be shorter than it says.
pub struct Step<'a> {
    /// What to do, as the target reads it.
    pub op: u8,
    /// With what.
    pub bytes: &'a [u8],
}

/// An input's steps.
pub fn steps(mut input: &[u8]) -> impl Iterator<Item = Step<'_>> {
    std::iter::from_fn(move || {
        let [op, high, low, rest @ ..] = input else {
            return None;
        };
        let len = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (bytes, tail) = rest.split_at(len);
        input = tail;
        Some(Step { op: *op, bytes })
    })
}

/// Writes a step, for seeds.
pub fn write_step(to: &mut Vec<u8>, op: u8, bytes: &[u8]) {
    to.push(op);
    to.extend((bytes.len() as u16).to_be_bytes());
    to.extend(bytes);
}

/// The length of a pause that a step names with its upper bits.
#[must_use]
pub fn pause(choice: u8) -> Duration {
    Duration::from_millis([0, 1, 20, 1000, 2500, 6000, 13_000, 31_000][usize::from(choice) % 8])
}

/// Rows of a log, for the target `log_reader`.
pub mod log {
    use super::Step;

    /// The conference whose rows are written.
    pub const CONFERENCE: &str = "hoi-nghi";

    /// A row as a step describes it: `op` bit 0 leaves a gap before it, bit 1 cuts its hash,
    /// bit 2 puts it before 1970, bit 3 gives it no key; `bytes` are audience, actor, key and
    /// event, each on its line.
    pub struct Row<'a> {
        /// How much greater than the last its `seq` is.
        pub step: i64,
        /// Bytes that its hash lacks.
        pub hash_cut: usize,
        /// Milliseconds since 1970.
        pub at: i64,
        /// JSON, or what a fuzzer made of it.
        pub audience: &'a [u8],
        /// JSON, or what a fuzzer made of it.
        pub actor: &'a [u8],
        /// A UUID, or what a fuzzer made of it.
        pub key: Option<&'a [u8]>,
        /// JSON, or what a fuzzer made of it.
        pub event: &'a [u8],
    }

    impl<'a> Row<'a> {
        /// Reads a step.
        #[must_use]
        pub fn read(step: &Step<'a>) -> Self {
            let mut lines = step.bytes.splitn(4, |byte| *byte == b'\n');
            let mut next = || lines.next().unwrap_or_default();
            let (audience, actor, key, event) = (next(), next(), next(), next());
            Self {
                step: 1 + i64::from(step.op & 1),
                hash_cut: usize::from(step.op >> 1 & 1),
                at: if step.op & 4 == 0 {
                    1_368_147_600_000
                } else {
                    -5
                },
                audience,
                actor,
                key: (step.op & 8 == 0).then_some(key),
                event,
            }
        }
    }
}
