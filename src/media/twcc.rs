//! Transport-wide feedback to a publisher (draft-holmer-rmcat-transport-wide-cc-extensions-01): when
//! each of its packets arrived, so that it finds its rate.

use crate::{rtcp, rtp};
use std::time::{Duration, Instant};

/// Feedback goes out this long after the first packet that it covers.
pub(crate) const INTERVAL: Duration = Duration::from_millis(50);

/// One feedback packet covers at most this many sequence numbers; a burst gets several.
const MAX_COVERED: usize = 400;

/// A gap wider than this is not reported as loss: the publisher began anew.
const MAX_GAP: u64 = 2000;

/// Unit of the reference time.
const REFERENCE: u128 = 64_000;

/// Unit of a delta, in microseconds.
const DELTA: i64 = 250;

/// Arrival times since the last feedback.
#[derive(Debug)]
pub(crate) struct Recorder {
    epoch: Instant,
    /// By index, ascending. Its memory is used again, as that of the next two.
    arrivals: Vec<(u64, Instant)>,
    symbols: Vec<u8>,
    deltas: Vec<u8>,
    highest: Option<u64>,
    next_base: Option<u64>,
    count: u8,
    since: Option<Instant>,
    /// SSRC of the newest packet. A browser heeds only feedback that names a stream of its own.
    media: u32,
}

impl Recorder {
    /// An empty recorder; times are counted from `epoch`.
    pub(crate) fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            arrivals: vec![],
            symbols: vec![],
            deltas: vec![],
            highest: None,
            next_base: None,
            count: 0,
            since: None,
            media: 0,
        }
    }

    /// Notes a packet of the stream `ssrc` with the transport-wide sequence number `sequence`.
    pub(crate) fn record(&mut self, now: Instant, ssrc: u32, sequence: u16) {
        self.media = ssrc;
        let index = match self.highest {
            Some(highest) => rtp::extend(highest, sequence),
            // Begun above zero, so that a packet that was overtaken has room below.
            None => 0x1_0000 + u64::from(sequence),
        };
        self.highest = Some(self.highest.map_or(index, |highest| highest.max(index)));
        if self
            .next_base
            .is_some_and(|base| index + MAX_GAP < base || index > base + MAX_GAP)
        {
            self.arrivals.clear();
            self.next_base = None;
        }
        // Nearly always at the end.
        match self
            .arrivals
            .binary_search_by_key(&index, |(known, _)| *known)
        {
            Ok(at) => self.arrivals[at].1 = now,
            Err(at) => self.arrivals.insert(at, (index, now)),
        }
        self.since.get_or_insert(now);
    }

    /// When the next feedback is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + INTERVAL)
    }

    /// Appends the feedback that is due to `out`.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, sender: u32) {
        self.since = None;
        let mut arrivals = std::mem::take(&mut self.arrivals);
        let mut rest = arrivals.as_slice();
        while let Some((first, _)) = rest.first().copied() {
            let base = self.next_base.map_or(first, |base| base.min(first));
            let end = rest.partition_point(|(index, _)| *index < base + MAX_COVERED as u64);
            if end == 0 {
                // The gap alone fills a packet: skip it.
                self.next_base = Some(first);
                continue;
            }
            let (covered, later) = rest.split_at(end);
            self.write_one(out, sender, base, covered);
            self.next_base = covered.last().map(|(index, _)| index + 1);
            rest = later;
        }
        arrivals.clear();
        self.arrivals = arrivals;
    }

    fn write_one(&mut self, out: &mut Vec<u8>, sender: u32, base: u64, covered: &[(u64, Instant)]) {
        let micros = |at: Instant| at.duration_since(self.epoch).as_micros();
        let earliest = covered
            .iter()
            .map(|(_, at)| micros(*at))
            .min()
            .unwrap_or_default();
        let reference = earliest / REFERENCE;
        let last = covered.last().map_or(base, |(index, _)| *index);
        let count = (last - base + 1) as usize;

        self.symbols.clear();
        self.symbols.resize(count, 0);
        self.deltas.clear();
        let mut clock = (reference * REFERENCE) as i64;
        for (index, at) in covered {
            let micros = at.duration_since(self.epoch).as_micros();
            let ticks = (micros as i64 - clock) / DELTA;
            clock += ticks * DELTA;
            self.symbols[(index - base) as usize] = if let Ok(small) = u8::try_from(ticks) {
                self.deltas.push(small);
                1
            } else {
                let large = ticks.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16;
                self.deltas.extend(large.to_be_bytes());
                2
            };
        }

        let start = rtcp::open_transport_feedback(out);
        out.extend(sender.to_be_bytes());
        out.extend(self.media.to_be_bytes());
        out.extend((base as u16).to_be_bytes());
        out.extend((count as u16).to_be_bytes());
        out.extend(&(reference as u32).to_be_bytes()[1..]);
        out.push(self.count);
        self.count = self.count.wrapping_add(1);
        write_chunks(out, &self.symbols);
        out.extend_from_slice(&self.deltas);
        rtcp::close(out, start);
    }
}

/// Status chunks: a run where seven or more symbols are alike, else seven two-bit symbols.
fn write_chunks(out: &mut Vec<u8>, symbols: &[u8]) {
    let mut rest = symbols;
    while let [first, ..] = rest {
        let run = rest.iter().take_while(|symbol| *symbol == first).count();
        if run >= 7 {
            let chunk = u16::from(*first) << 13 | run as u16;
            out.extend(chunk.to_be_bytes());
            rest = &rest[run..];
        } else {
            let taken = rest.len().min(7);
            let chunk = rest[..taken]
                .iter()
                .enumerate()
                .fold(0xc000u16, |chunk, (at, symbol)| {
                    chunk | u16::from(*symbol) << (12 - 2 * at)
                });
            out.extend(chunk.to_be_bytes());
            rest = &rest[taken..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::{
        rtcp::transport_feedbacks::transport_layer_cc::{
            PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
        },
        shared::marshal::Unmarshal,
    };

    /// Arrivals as another implementation reads them: sequence and microseconds, lost ones none.
    fn read(feedback: &[u8]) -> Vec<(u16, Option<i64>)> {
        let parsed = TransportLayerCc::unmarshal(&mut &*feedback).expect("well-formed");
        let mut symbols = vec![];
        for chunk in &parsed.packet_chunks {
            match chunk {
                PacketStatusChunk::RunLengthChunk(run) => {
                    symbols.extend(std::iter::repeat_n(
                        run.packet_status_symbol,
                        run.run_length.into(),
                    ));
                }
                PacketStatusChunk::StatusVectorChunk(vector) => symbols.extend(&vector.symbol_list),
            }
        }
        symbols.truncate(parsed.packet_status_count.into());
        let mut deltas = parsed.recv_deltas.iter();
        let mut clock = i64::from(parsed.reference_time) * 64_000;
        symbols
            .iter()
            .zip(parsed.base_sequence_number..)
            .map(|(symbol, sequence)| {
                let received = *symbol != SymbolTypeTcc::PacketNotReceived;
                (
                    sequence,
                    received.then(|| {
                        clock += deltas.next().expect("a delta").delta;
                        clock
                    }),
                )
            })
            .collect()
    }

    #[test]
    fn another_implementation_reads_arrivals_and_losses() {
        let epoch = Instant::now();
        let at = |micros| epoch + Duration::from_micros(micros);
        let mut recorder = Recorder::new(epoch);
        for (sequence, micros) in [
            (10, 1_000_000),
            (11, 1_000_500),
            (14, 1_100_000),
            (13, 1_100_250),
        ] {
            recorder.record(at(micros), 2, sequence);
        }
        assert_eq!(recorder.deadline(), Some(at(1_050_000)));
        let mut out = vec![];
        recorder.write(&mut out, 1);
        assert_eq!(
            read(&out),
            [
                (10, Some(1_000_000)),
                (11, Some(1_000_500)),
                (12, None),
                (13, Some(1_100_250)),
                (14, Some(1_100_000))
            ]
        );
        assert_eq!(recorder.deadline(), None);
    }

    #[test]
    fn the_next_feedback_begins_where_the_last_ended() {
        let epoch = Instant::now();
        let mut recorder = Recorder::new(epoch);
        recorder.record(epoch, 2, 65_534);
        recorder.write(&mut vec![], 1);
        for sequence in (1..40).chain([65_535]) {
            recorder.record(epoch, 2, sequence);
        }
        let mut out = vec![];
        recorder.write(&mut out, 1);
        let parsed = TransportLayerCc::unmarshal(&mut &*out).expect("well-formed");
        assert_eq!(
            (parsed.base_sequence_number, parsed.packet_status_count),
            (65_535, 41)
        );
    }

    #[test]
    fn a_jump_is_a_new_beginning() {
        let epoch = Instant::now();
        let mut recorder = Recorder::new(epoch);
        recorder.record(epoch, 2, 1);
        recorder.write(&mut vec![], 1);
        recorder.record(epoch, 2, 30_000);
        let mut out = vec![];
        recorder.write(&mut out, 1);
        assert_eq!(read(&out).len(), 1);
    }
}
