//! Transport-wide feedback as a receiver writes it (draft-holmer-rmcat-transport-wide-cc-extensions-01
//! §3.1). What it says is not believed here, only read: a lie about lengths is refused, and nothing is
//! allocated.

/// Unit of the reference time, in microseconds.
const REFERENCE: i64 = 64_000;
/// Unit of a delta, in microseconds.
const DELTA: i64 = 250;

/// Which of a run of packets arrived, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TransportFeedback<'a> {
    /// Number of the first packet that it tells of.
    pub(crate) first: u16,
    /// How many it tells of.
    pub(crate) count: u16,
    /// 24 bits of the receiver's clock, in 64 ms.
    pub(crate) reference: u32,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl<'a> TransportFeedback<'a> {
    /// How long the reference time takes to come round, in microseconds.
    pub(crate) const TURN: i64 = REFERENCE << 24;

    /// Reads the body of a packet; none if it is shorter than it says.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (head, body) = body.split_first_chunk::<16>()?;
        let count = u16::from_be_bytes([head[10], head[11]]);
        let (mut rest, mut left, mut deltas) = (body, count, 0);
        while left > 0 {
            let (chunk, behind) = rest.split_first_chunk()?;
            let chunk = Chunk(u16::from_be_bytes(*chunk));
            let taken = chunk.len().min(left);
            deltas += chunk.delta_bytes(taken)?;
            (rest, left) = (behind, left - taken);
        }
        let (chunks, deltas) = (&body[..body.len() - rest.len()], rest.get(..deltas)?);
        Some(Self {
            first: u16::from_be_bytes([head[8], head[9]]),
            count,
            reference: u32::from_be_bytes([0, head[12], head[13], head[14]]),
            chunks,
            deltas,
        })
    }

    /// The number of each packet, and when it arrived: the receiver's clock in microseconds, up to
    /// [`Self::TURN`]. None: it has not, so far.
    pub(crate) fn arrivals(self) -> Arrivals<'a> {
        Arrivals {
            number: self.first,
            left: self.count,
            clock: i64::from(self.reference) * REFERENCE,
            chunk: Chunk(0),
            at: 0,
            chunks: self.chunks,
            deltas: self.deltas,
        }
    }
}

/// See [`TransportFeedback::arrivals`].
#[derive(Debug)]
pub(crate) struct Arrivals<'a> {
    number: u16,
    left: u16,
    clock: i64,
    chunk: Chunk,
    at: u16,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl Iterator for Arrivals<'_> {
    type Item = (u16, Option<i64>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        while self.at == self.chunk.len() {
            let (chunk, behind) = self.chunks.split_first_chunk()?;
            (self.chunk, self.chunks) = (Chunk(u16::from_be_bytes(*chunk)), behind);
            self.at = 0;
        }
        let ticks = match self.chunk.symbol(self.at) {
            1 => {
                let (delta, behind) = self.deltas.split_first()?;
                self.deltas = behind;
                Some(i64::from(*delta))
            }
            2 => {
                let (delta, behind) = self.deltas.split_first_chunk()?;
                self.deltas = behind;
                Some(i64::from(i16::from_be_bytes(*delta)))
            }
            _ => None,
        };
        self.at += 1;
        let number = self.number;
        self.number = number.wrapping_add(1);
        let arrival = ticks.map(|ticks| {
            self.clock += ticks * DELTA;
            self.clock
        });
        Some((number, arrival))
    }
}

/// A packet status chunk: a run of one symbol, or a vector of short ones. A symbol is the length of its
/// delta; 3 is reserved.
#[derive(Debug, Clone, Copy)]
struct Chunk(u16);

impl Chunk {
    fn len(self) -> u16 {
        match self.0 >> 14 {
            0 | 1 => self.0 & 0x1fff,
            2 => 14,
            _ => 7,
        }
    }

    fn symbol(self, at: u16) -> u16 {
        match self.0 >> 14 {
            0 | 1 => self.0 >> 13 & 3,
            2 => self.0 >> (13 - at) & 1,
            _ => self.0 >> (12 - 2 * at) & 3,
        }
    }

    /// Length of the deltas of the first `taken` symbols; none if one is reserved.
    fn delta_bytes(self, taken: u16) -> Option<usize> {
        let len = |symbol: u16| (symbol < 3).then_some(usize::from(symbol));
        if self.0 >> 15 == 0 {
            return Some(len(self.symbol(0))? * usize::from(taken));
        }
        (0..taken).map(|at| len(self.symbol(at))).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        rtcp::{self, Packet},
        twcc::Recorder,
    };
    use std::time::{Duration, Instant};

    /// The arrivals of all feedback in a compound; none if it is malformed.
    fn read(compound: &[u8]) -> Option<Vec<(u16, Option<i64>)>> {
        let mut found = vec![];
        let whole = rtcp::read(compound, |packet| {
            if let Packet::Arrivals(feedback) = packet {
                found.extend(feedback.arrivals());
            }
        });
        whole.then_some(found)
    }

    /// A packet that tells of `count` packets from 7 on.
    fn feedback(count: u16, chunks: &[u16], deltas: &[u8]) -> Vec<u8> {
        let mut out = vec![];
        let start = rtcp::open_transport_feedback(&mut out);
        out.extend([0, 0, 0, 1, 0, 0, 0, 2, 0, 7]);
        out.extend(count.to_be_bytes());
        out.extend([0, 0, 2, 9]);
        for chunk in chunks {
            out.extend(chunk.to_be_bytes());
        }
        out.extend(deltas);
        rtcp::close(&mut out, start);
        out
    }

    #[test]
    fn what_the_recorder_writes_reads_back() {
        let epoch = Instant::now();
        let mut recorder = Recorder::new(epoch);
        let mut sent = vec![];
        for number in (0..900u16).filter(|number| number % 9 != 4 && !(300..340).contains(number)) {
            let micros = u64::from(number) * 3250 + u64::from(number % 5) * 90_000;
            recorder.record(epoch + Duration::from_micros(micros), 1, number);
            sent.push((number, Some(micros as i64)));
        }
        let mut out = vec![];
        recorder.write(&mut out, 1);
        let mut found = read(&out).expect("well-formed");
        assert!(found.contains(&(4, None)) && found.contains(&(320, None)));
        found.retain(|(_, arrival)| arrival.is_some());
        assert_eq!(found, sent);
    }

    #[test]
    fn every_kind_of_chunk_is_read() {
        // One-bit symbols, two-bit symbols, a run; what is behind the last packet is filling.
        let chunks = [0b1010_0000_0000_0001, 0b1101_1000_0000_0000, 0x4002];
        let deltas = [4, 8, 1, 0xff, 0xff, 0, 2, 0, 0];
        let found = read(&feedback(23, &chunks, &deltas)).expect("well-formed");
        let arrived: Vec<_> = found.iter().filter(|(_, at)| at.is_some()).collect();
        let at = |number: u16, micros: i64| (number, Some(128_000 + micros));
        assert_eq!(
            arrived,
            [
                &at(7, 1000),
                &at(20, 3000),
                &at(21, 3250),
                &at(22, 3000),
                &at(28, 3500),
                &at(29, 3500)
            ]
        );
        assert_eq!(found.len(), 23);
    }

    #[test]
    fn a_lie_about_lengths_is_refused() {
        let cases = [
            (feedback(8, &[0xc000], &[]), "fewer chunks than packets"),
            (
                feedback(8000, &[0x3fff], &[1, 2]),
                "fewer deltas than arrivals",
            ),
            (feedback(2, &[0xf000], &[1, 2]), "a reserved symbol"),
            (feedback(2, &[0x6002], &[1, 2]), "a run of it"),
            (feedback(9, &[0, 0, 0], &[]), "runs of nothing"),
        ];
        for (compound, why) in cases {
            assert_eq!(read(&compound), None, "{why}");
        }
        assert_eq!(read(&feedback(0, &[], &[])), Some(vec![]), "of nothing");
        assert_eq!(
            read(&feedback(65_535, &[0x1fff; 9], &[])).map(|it| it.len()),
            Some(65_535)
        );
        let whole = feedback(7, &[0xd555], &[0; 7]);
        for len in 4..whole.len() {
            let mut cut = whole[..len].to_vec();
            cut[2..4].copy_from_slice(&((len / 4 - 1) as u16).to_be_bytes());
            cut.truncate(len / 4 * 4);
            assert_eq!(read(&cut), None, "cut at {len}");
        }
    }
}
