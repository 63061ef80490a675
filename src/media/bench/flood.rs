//! What forgeries do to a conference that is being forwarded: its delay, its losses, the server's
//! memory, and the time that each kind takes. Somebody sends [`RATE`] forgeries a second, of one
//! kind after the other, while one source's packets go to all receivers.

use super::{
    BenchError, Figure,
    clocks::Clocks,
    delay::{self, Sample},
    field::{Field, To},
    figure,
    rounds::{self, Kind, Pace},
    system,
    wire::Server,
};
use crate::{
    far_end::{FarEnd, VP8},
    rtp,
};
use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

/// Forgeries a second.
const RATE: u32 = 20_000;
/// Share of one core that the conference takes without them.
const LOAD: f64 = 0.4;
/// Runs with and without each kind, in turn; the length of one …
const TURNS: usize = 3;
const RUN: Duration = Duration::from_millis(600);
/// … after so long to find the rate.
const WARM_UP: Duration = Duration::from_secs(2);
const FIRST_RATE: f64 = 300.0;
/// Forgeries in a row, when the sender was late.
const BURST: u32 = 16;
/// So long after the last forgery the counters have it: the media thread tells them when it works, and
/// once a second while nothing comes.
const COUNTED_AFTER: Duration = Duration::from_millis(1500);

/// A kind of forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forged {
    /// RTP of the source's own SSRC, from the source's address, without its key.
    Rtp,
    /// RTP of SSRCs that nobody knows, from the source's address.
    RtpOfUnknownSource,
    /// RTCP, from the source's address, without its key.
    Rtcp,
    /// RTP from an address that is nobody's.
    RtpOfStranger,
    /// A check with the source's user name and a wrong password.
    Stun,
    /// A check with a user name that nobody has.
    StunOfStranger,
    /// A ClientHello from the source's address, after its own.
    Hello,
    /// A ClientHello from an address that is nobody's.
    HelloOfStranger,
    /// Neither STUN nor DTLS nor RTP.
    Garbage,
}

/// All kinds, and the counter that must count each.
const KINDS: [(Forged, &str); 9] = [
    (Forged::Rtp, "dropped_rtp_unauthenticated"),
    (Forged::RtpOfUnknownSource, "dropped_rtp_unauthenticated"),
    (Forged::Rtcp, "dropped_rtcp_unauthenticated"),
    (Forged::RtpOfStranger, "dropped_unknown_address"),
    (Forged::Stun, "dropped_stun_unauthenticated"),
    (Forged::StunOfStranger, "dropped_stun_unauthenticated"),
    (Forged::Hello, "dropped_dtls_unexpected"),
    (Forged::HelloOfStranger, "dropped_unknown_address"),
    (Forged::Garbage, "dropped_unknown_protocol"),
];

/// Somebody who sends forgeries.
pub(super) struct Flood {
    datagram: Vec<u8>,
    /// None: the source's own socket, as if its address were forged.
    stranger: Option<UdpSocket>,
    begun: Instant,
    sent: u32,
    number: u32,
}

impl Flood {
    /// `victim`: whose names are known.
    pub(super) fn new(kind: Forged, victim: &FarEnd) -> Result<Self, BenchError> {
        let of_stranger = matches!(
            kind,
            Forged::RtpOfStranger
                | Forged::Stun
                | Forged::StunOfStranger
                | Forged::HelloOfStranger
                | Forged::Garbage
        );
        Ok(Self {
            datagram: datagram(kind, victim),
            stranger: of_stranger
                .then(|| system::socket(Ipv4Addr::LOCALHOST))
                .transpose()?,
            begun: Instant::now(),
            sent: 0,
            number: 0,
        })
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.into()
    }

    /// Sends what is due. `victim` has its socket, and the sequence number of its newest packet.
    pub(super) fn step(
        &mut self,
        now: Instant,
        victim: (&UdpSocket, u16),
        server: SocketAddr,
    ) -> Result<(), BenchError> {
        let due = (now - self.begun).as_secs_f64() * f64::from(RATE);
        for _ in 0..(due as u32).saturating_sub(self.number).min(BURST) {
            // Ahead of what came, so that nothing is refused as a double before it is opened.
            let sequence = victim.1.wrapping_add(100 + (self.number % 1000) as u16);
            if let [128..=191, kind, high, low, ..] = &mut self.datagram[..]
                && !(192..=223).contains(kind)
            {
                [*high, *low] = sequence.to_be_bytes();
            }
            let socket = self.stranger.as_ref().unwrap_or(victim.0);
            socket.send_to(&self.datagram, server)?;
            self.sent += 1;
            self.number += 1;
        }
        // What could not be sent in time is not made up for in one burst.
        self.number = self.number.max((due as u32).saturating_sub(BURST));
        Ok(())
    }
}

fn datagram(kind: Forged, victim: &FarEnd) -> Vec<u8> {
    let rtp = |ssrc: u32, len: usize| {
        let mut packet = rtp::write_header(true, VP8, 1, 1, ssrc).to_vec();
        packet[0] |= 0x10;
        // MID 1, the camera.
        packet.extend([0xbe, 0xde, 0, 1, 0x40, b'1', 0, 0]);
        packet.resize(len, 0x55);
        packet
    };
    match kind {
        Forged::Rtp => rtp(super::source::CAMERA_SSRC, 1200),
        Forged::RtpOfUnknownSource => rtp(0x0bad_0bad, 1200),
        Forged::RtpOfStranger => rtp(super::source::CAMERA_SSRC, 1200),
        Forged::Rtcp => {
            let mut packet = vec![0x80, 200, 0, 6];
            packet.resize(100, 0x55);
            packet
        }
        Forged::Stun => victim.forged_check(true),
        Forged::StunOfStranger => victim.forged_check(false),
        Forged::Hello | Forged::HelloOfStranger => hello(),
        Forged::Garbage => vec![0xff; 200],
    }
}

/// A ClientHello as far as anybody reads it who has no use for it.
fn hello() -> Vec<u8> {
    let mut datagram = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 112];
    datagram.extend([1, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 100, 0xfe, 0xfd]);
    datagram.resize(13 + 112, 0);
    datagram
}

/// How the delay with forgeries compares with the delay without: the median of all kinds and the
/// worst; what was lost, how the server's memory grew, and what the dearest kind takes for each.
pub(super) fn measure(server: &mut Server, field: &mut Field) -> Result<Vec<Figure>, BenchError> {
    let clocks = server.clocks()?;
    clocks.keep_core();
    let mut pace = Pace::new(FIRST_RATE);
    let mut rate = FIRST_RATE;
    field.refresh()?;
    let how = (LOAD, WARM_UP);
    let sent = delay::steer(field, To::Media, &mut pace, &clocks, &mut rate, how)?;
    let mut lost = field.settle_lost(Kind::Camera, sent)?;
    let memory = server.resident_kilobytes()?;
    let (mut ratios, mut dearest, mut kernel) = (vec![], 0.0_f64, 0);
    for (kind, counter) in KINDS {
        field.refresh()?;
        // While the counters were waited for the camera was silent and left its slots: this one begins with
        // a key frame.
        let mut pace = Pace::new(rate);
        let port = server.address().port();
        let (before, dropped) = (counted(server, counter)?, system::kernel_drops(port)?);
        let (mut calm, mut flooded, mut forged) = (Sample::default(), Sample::default(), 0);
        // In turn, so that both meet the same moods of the machine.
        for _ in 0..TURNS {
            let (sample, missing) = run(field, &mut pace, &clocks)?;
            calm.add(sample);
            field.set_flood(Some(kind))?;
            let (sample, missing_too) = run(field, &mut pace, &clocks)?;
            forged += field.set_flood(None)?;
            flooded.add(sample);
            lost += missing + missing_too;
        }
        std::thread::sleep(COUNTED_AFTER);
        let counted = counted(server, counter)? - before;
        // What the kernel itself could not take was never here; it may have been media too, which
        // is counted as lost.
        let dropped = system::kernel_drops(port)? - dropped;
        if counted > forged || counted + dropped < forged {
            let what = format!(
                "{kind:?}: {counted} of {forged} forgeries are in {counter}, {dropped} datagrams \
                 were dropped by the kernel"
            );
            return Err(BenchError::Server(what));
        }
        kernel += dropped;
        let each = |sample: &Sample| sample.clocks.ran.as_secs_f64() / sample.sent as f64;
        let more = (each(&flooded) - each(&calm)) * flooded.sent as f64;
        let cost = more * 1e9 / forged as f64;
        let (with, without) = (flooded.percentile(99.0), calm.percentile(99.0));
        eprintln!(
            "{kind:?}: {:.0} forgeries per second, {cost:.0} ns each; {:.1} % of a core, {:.1} % \
             without; delay p99 {with:.2} ms, {without:.2} ms without",
            forged as f64 / flooded.length.as_secs_f64(),
            100.0 * flooded.load(),
            100.0 * calm.load(),
        );
        ratios.push(with / without);
        dearest = dearest.max(cost);
    }
    let grown = server.resident_kilobytes()?.saturating_sub(memory);
    let worst = ratios.iter().copied().fold(0.0, f64::max);
    Ok(vec![
        figure("flood_delay_ratio", rounds::median(ratios), "ratio"),
        figure("flood_delay_ratio_max", worst, "ratio"),
        figure("flood_lost", lost as f64, "packets"),
        figure("flood_dropped_by_kernel", kernel as f64, "datagrams"),
        figure("flood_memory", grown as f64, "kB"),
        figure("forgery_cost", dearest, "ns"),
    ])
}

/// One run at the pace that was found. Returns also how many packets were lost.
fn run(field: &mut Field, pace: &mut Pace, clocks: &Clocks) -> Result<(Sample, u64), BenchError> {
    field.take_delays();
    let (begun, before) = (Instant::now(), clocks.read()?);
    let sent = field.go_on(Kind::Camera, To::Media, pace, RUN)?;
    let (length, ran) = (begun.elapsed(), clocks.read()? - before);
    let lost = field.settle_lost(Kind::Camera, sent)?;
    let delays = field.take_delays();
    if delays.is_empty() {
        return Err(BenchError::Server("nothing is forwarded".to_owned()));
    }
    Ok((Sample::new(delays, ran, length, sent), lost))
}

fn counted(server: &mut Server, counter: &str) -> Result<u64, BenchError> {
    let found = server.counters()?.get(counter).copied();
    found.ok_or_else(|| BenchError::Server(format!("{counter} is not counted")))
}
