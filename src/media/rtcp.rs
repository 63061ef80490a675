//! RTCP (RFC 3550 §6, RFC 4585): what the SFU reads from compounds and writes into them.

mod feedback;

pub(crate) use feedback::TransportFeedback;

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
const BYE: u8 = 203;
const RTPFB: u8 = 205;
const PSFB: u8 = 206;

/// A packet of a compound that means something to the SFU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    /// A publisher's clock: NTP time (32.32 fixed point) and the RTP timestamp of that moment.
    SenderReport { ssrc: u32, ntp: u64, rtp: u32 },
    /// What a receiver says of one stream.
    Report(ReportBlock),
    /// Packets that a receiver has not got.
    Nack { ssrc: u32, pairs: NackPairs<'a> },
    /// A receiver cannot decode: PLI, or FIR, which is treated alike.
    PictureLoss { ssrc: u32 },
    /// When packets of all streams arrived at a receiver.
    Arrivals(TransportFeedback<'a>),
    /// A stream has ended.
    Bye { ssrc: u32 },
}

/// A report block (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    /// The stream.
    pub(crate) ssrc: u32,
    /// Lost since the last report, in 256ths.
    pub(crate) fraction_lost: u8,
    /// Lost since the beginning; 24 bits.
    pub(crate) lost: u32,
    /// Highest sequence number, extended.
    pub(crate) highest: u32,
    /// Jitter in timestamp units.
    pub(crate) jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report, or 0.
    pub(crate) last_sr: u32,
    /// Time since then, in 65536ths of a second.
    pub(crate) since_last_sr: u32,
}

/// The pairs of a generic NACK (RFC 4585 §6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NackPairs<'a>(&'a [u8]);

impl<'a> NackPairs<'a> {
    /// The sequence numbers that are asked for.
    pub(crate) fn sequences(self) -> impl Iterator<Item = u16> + 'a {
        self.0.as_chunks::<4>().0.iter().flat_map(|pair| {
            let first = u16::from_be_bytes([pair[0], pair[1]]);
            let mask = u16::from_be_bytes([pair[2], pair[3]]);
            std::iter::once(first).chain(
                (0..16)
                    .filter(move |bit| mask >> bit & 1 == 1)
                    .map(move |bit| first.wrapping_add(bit + 1)),
            )
        })
    }
}

/// Reads a compound, calling `each` for every packet that means something. Returns false where
/// the compound is malformed; what was read before stands.
pub(crate) fn read<'a>(mut compound: &'a [u8], mut each: impl FnMut(Packet<'a>)) -> bool {
    while !compound.is_empty() {
        let Some(head) = compound.first_chunk::<4>() else {
            return false;
        };
        let len = (usize::from(u16::from_be_bytes([head[2], head[3]])) + 1) * 4;
        if head[0] >> 6 != 2 || len > compound.len() {
            return false;
        }
        let (count, kind) = (head[0] & 0x1f, head[1]);
        if read_one(count, kind, &compound[4..len], &mut each).is_none() {
            return false;
        }
        compound = &compound[len..];
    }
    true
}

fn read_one<'a>(
    count: u8,
    kind: u8,
    body: &'a [u8],
    each: &mut impl FnMut(Packet<'a>),
) -> Option<()> {
    let word = |at: usize| {
        body.get(at..)?
            .first_chunk()
            .map(|bytes| u32::from_be_bytes(*bytes))
    };
    match (kind, count) {
        (SR, _) => {
            let ntp = u64::from(word(4)?) << 32 | u64::from(word(8)?);
            each(Packet::SenderReport {
                ssrc: word(0)?,
                ntp,
                rtp: word(12)?,
            });
            read_blocks(count, body.get(24..)?, each)?;
        }
        (RR, _) => read_blocks(count, body.get(4..)?, each)?,
        (BYE, _) => {
            for source in 0..usize::from(count) {
                each(Packet::Bye {
                    ssrc: word(source * 4)?,
                });
            }
        }
        (RTPFB, 1) => each(Packet::Nack {
            ssrc: word(4)?,
            pairs: NackPairs(body.get(8..)?),
        }),
        (RTPFB, 15) => each(Packet::Arrivals(TransportFeedback::parse(body)?)),
        (PSFB, 1) => each(Packet::PictureLoss { ssrc: word(4)? }),
        (PSFB, 4) => each(Packet::PictureLoss { ssrc: word(8)? }),
        _ => {}
    }
    Some(())
}

fn read_blocks<'a>(count: u8, body: &[u8], each: &mut impl FnMut(Packet<'a>)) -> Option<()> {
    for block in 0..usize::from(count) {
        let bytes: &[u8; 24] = body.get(block * 24..)?.first_chunk()?;
        let word = |at: usize| {
            u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        each(Packet::Report(ReportBlock {
            ssrc: word(0),
            fraction_lost: bytes[4],
            lost: word(4) & 0x00ff_ffff,
            highest: word(8),
            jitter: word(12),
            last_sr: word(16),
            since_last_sr: word(20),
        }));
    }
    Some(())
}

/// Appends a sender report without blocks, and the CNAME that a compound must carry.
pub(crate) fn write_sender_report(
    out: &mut Vec<u8>,
    ssrc: u32,
    ntp: u64,
    rtp: u32,
    packets: u32,
    octets: u32,
    cname: &str,
) {
    write_head(out, 0, SR, 24);
    out.extend(ssrc.to_be_bytes());
    out.extend(ntp.to_be_bytes());
    out.extend(rtp.to_be_bytes());
    out.extend(packets.to_be_bytes());
    out.extend(octets.to_be_bytes());
    write_cname(out, ssrc, cname);
}

/// Appends receiver reports (31 blocks each at most).
pub(crate) fn write_receiver_report(out: &mut Vec<u8>, ssrc: u32, blocks: &[ReportBlock]) {
    for blocks in blocks.chunks(31) {
        write_head(out, blocks.len() as u8, RR, 4 + 24 * blocks.len());
        out.extend(ssrc.to_be_bytes());
        for block in blocks {
            out.extend(block.ssrc.to_be_bytes());
            out.extend(
                (u32::from(block.fraction_lost) << 24 | block.lost & 0x00ff_ffff).to_be_bytes(),
            );
            out.extend(block.highest.to_be_bytes());
            out.extend(block.jitter.to_be_bytes());
            out.extend(block.last_sr.to_be_bytes());
            out.extend(block.since_last_sr.to_be_bytes());
        }
    }
}

/// Appends a generic NACK. `missing` is in ascending order.
pub(crate) fn write_nack(out: &mut Vec<u8>, ssrc: u32, media: u32, missing: &[u64]) {
    let start = out.len();
    write_head(out, 1, RTPFB, 0);
    out.extend(ssrc.to_be_bytes());
    out.extend(media.to_be_bytes());
    let mut rest = missing;
    while let [first, tail @ ..] = rest {
        let covered = tail
            .iter()
            .take_while(|index| **index - first <= 16)
            .count();
        let mask = tail[..covered]
            .iter()
            .fold(0u16, |mask, index| mask | 1 << (index - first - 1));
        out.extend((*first as u16).to_be_bytes());
        out.extend(mask.to_be_bytes());
        rest = &tail[covered..];
    }
    close(out, start);
}

/// Appends a picture loss indication.
pub(crate) fn write_picture_loss(out: &mut Vec<u8>, ssrc: u32, media: u32) {
    write_head(out, 1, PSFB, 8);
    out.extend(ssrc.to_be_bytes());
    out.extend(media.to_be_bytes());
}

/// Opens a transport-layer feedback packet whose body follows; [`close`] sets its length.
pub(crate) fn open_transport_feedback(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    write_head(out, 15, RTPFB, 0);
    start
}

/// Pads the packet that was begun at `start` to words and writes its length.
pub(crate) fn close(out: &mut Vec<u8>, start: usize) {
    out.resize(start + (out.len() - start).next_multiple_of(4), 0);
    let words = ((out.len() - start) / 4 - 1) as u16;
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

fn write_cname(out: &mut Vec<u8>, ssrc: u32, cname: &str) {
    let start = out.len();
    write_head(out, 1, SDES, 0);
    out.extend(ssrc.to_be_bytes());
    let cname = &cname.as_bytes()[..cname.len().min(255)];
    out.extend([1, cname.len() as u8]);
    out.extend(cname);
    out.push(0);
    close(out, start);
}

fn write_head(out: &mut Vec<u8>, count: u8, kind: u8, body: usize) {
    out.extend([0x80 | count, kind]);
    out.extend(((body / 4) as u16).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(compound: &[u8]) -> (bool, Vec<Packet<'_>>) {
        let mut found = vec![];
        let whole = read(compound, |packet| found.push(packet));
        (whole, found)
    }

    #[test]
    fn what_is_written_reads_back() {
        let block = ReportBlock {
            ssrc: 7,
            fraction_lost: 3,
            lost: 0x0001_0203,
            highest: 0x0001_0000,
            jitter: 5,
            last_sr: 6,
            since_last_sr: 8,
        };
        let mut out = vec![];
        write_sender_report(&mut out, 1, 0x1122_3344_5566_7788, 90_000, 10, 1000, "slot");
        write_receiver_report(&mut out, 1, &[block]);
        write_nack(&mut out, 1, 9, &[65_535, 65_536, 65_551, 65_552]);
        write_picture_loss(&mut out, 1, 9);
        let (whole, found) = packets(&out);
        assert!(whole);
        let Packet::Nack { ssrc: 9, pairs } = found[2] else {
            panic!("{:?}", found[2])
        };
        assert_eq!(pairs.sequences().collect::<Vec<_>>(), [65_535, 0, 15, 16]);
        assert_eq!(
            found[0],
            Packet::SenderReport {
                ssrc: 1,
                ntp: 0x1122_3344_5566_7788,
                rtp: 90_000
            }
        );
        assert_eq!(found[1], Packet::Report(block));
        assert_eq!(found[3], Packet::PictureLoss { ssrc: 9 });
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn a_cut_compound_is_refused_where_it_is_cut() {
        let mut out = vec![];
        write_picture_loss(&mut out, 1, 9);
        write_sender_report(&mut out, 1, 2, 3, 4, 5, "x");
        for len in 1..out.len() {
            let (whole, found) = packets(&out[..len]);
            let boundary = len == 12 || len == 12 + 28;
            assert_eq!(whole, boundary, "cut at {len}");
            assert!(found.len() <= 2);
        }
    }

    #[test]
    fn a_lying_count_is_refused() {
        assert!(!packets(&[0x81, RR, 0, 1, 0, 0, 0, 1]).0);
        assert!(!packets(&[0x82, BYE, 0, 1, 0, 0, 0, 1]).0);
    }
}
