//! How many receivers of one picture with sound one core carries: the most for which no packet is
//! lost and the 99th percentile of the delay, from the source's `sendto` to the kernel's stamp on
//! each copy, stays within a bound. The source keeps its pace, as a publisher's pacer does.
//!
//! There are two bounds. With the strict one the last copy of a packet may be [`DELAY`] behind the
//! first, so that it tells how fast one packet is copied. With the other one it is late but within what
//! every player waits for: that many are served, and what a core then does is nearly all it can.

use super::{
    BenchError, Figure,
    clocks::Clocks,
    delay::Sample,
    field::Field,
    figure,
    rounds::{self, Kind, Pace},
    system,
    wire::Server,
};
use std::time::{Duration, Instant};

/// Packets of 1,200 B a second: 1 Mbit/s.
pub(super) const PICTURE_RATE: f64 = 104.0;
/// Opus has 20 ms a packet.
pub(super) const SOUND_RATE: f64 = 50.0;
/// In ms: that of `forward_delay_p99`.
const DELAY: f64 = 2.0;
/// In ms: a frame and a half, which is what players of pictures hold back anyway.
const SEEN: f64 = 50.0;
/// The search begins with so many and doubles them until that is too many.
const FIRST: usize = 128;
/// More are not tried: they need a socket each.
const MOST: usize = 4096;
/// It ends when what is too many is so near, as a share of what is carried …
const PRECISION: usize = 32;
/// … or after so long.
const LIMIT: Duration = Duration::from_secs(60);
/// While they join, the links of those that are there are refreshed after so many.
const REFRESHED: usize = 64;
/// A number is too many when it was so often in a row.
const TRIES: usize = 3;
/// A run has so many stretches, and the delay that counts is that of the middle one: what else the
/// machine does may spoil some, too large a crowd spoils all.
const STRETCHES: usize = 5;
const STRETCH: Duration = Duration::from_millis(400);
/// A source that could not send so much of what it should has shown nothing.
const SENT: f64 = 0.8;
const WARM_UP: Duration = Duration::from_millis(500);
/// Pictures of 1 Mbit/s as a browser sends them: so many frames a second, of so many bytes.
const FRAMES: f64 = 30.0;
const FRAME: usize = 4167;
/// So long.
const FRAMES_FOR: Duration = Duration::from_secs(5);

/// Searches. Joins receivers as it needs them.
pub(super) fn measure(server: &mut Server, field: &mut Field) -> Result<Vec<Figure>, BenchError> {
    system::raise_file_limit();
    let clocks = server.clocks()?;
    clocks.keep_core();
    let strict = search(server, field, &clocks, DELAY, 0)?;
    let served = search(server, field, &clocks, SEEN, strict)?;
    server.plan(true, true, strict)?;
    let together = together(server, field, strict)?;
    Ok(vec![
        figure("crowd_per_core", strict as f64, "receivers"),
        figure("crowd_served_per_core", served as f64, "receivers"),
        figure("copies_together", together, "%"),
    ])
}

/// The most, from `carried` on, for which the delay stays within `most` ms.
fn search(
    server: &mut Server,
    field: &mut Field,
    clocks: &Clocks,
    most: f64,
    mut carried: usize,
) -> Result<usize, BenchError> {
    let begun = Instant::now();
    let mut too_many = None;
    while let Some(count) = next(carried, too_many).filter(|_| begun.elapsed() < LIMIT) {
        while field.receivers() < count {
            field.join(server)?;
            if field.receivers().is_multiple_of(REFRESHED) {
                field.refresh()?;
            }
        }
        field.stamp_arrivals()?;
        server.plan(true, true, count)?;
        let mut fits = false;
        for _ in 0..TRIES {
            fits = fits || run(field, clocks, count, most)?;
        }
        if fits {
            carried = count;
        } else {
            too_many = Some(count);
        }
    }
    if carried == 0 {
        return Err(BenchError::Silent("any crowd in time"));
    }
    if too_many.is_none_or(|above| above - carried > carried / PRECISION + 1) {
        eprintln!("the search for the largest crowd has ended early: it may be larger");
    }
    Ok(carried)
}

/// How many of the copies to a crowd could leave as a segment of the one before, where the packets of a
/// frame come right behind each other: nothing between publisher and server has spread them.
fn together(server: &mut Server, field: &mut Field, count: usize) -> Result<f64, BenchError> {
    field.refresh()?;
    let (mut frames, mut sound) = (Pace::new(FRAMES), Pace::new(SOUND_RATE));
    let warm = field.flow_frames(&mut frames, &mut sound, FRAME, WARM_UP)?;
    server.turns()?;
    let sent = field.flow_frames(&mut frames, &mut sound, FRAME, FRAMES_FOR)?;
    let turns = server.turns()?;
    let lost = field.settle_crowd(warm + sent, count)?;
    eprintln!(
        "{sent} packets in frames to {count} receivers: {} of {} copies could leave with another, {lost} \
         were lost",
        turns.together, turns.copies,
    );
    if turns.copies == 0 {
        return Err(BenchError::Silent("the frames"));
    }
    Ok(100.0 * turns.together as f64 / turns.copies as f64)
}

/// How many to try now; none when the search is over.
fn next(carried: usize, too_many: Option<usize>) -> Option<usize> {
    match too_many {
        None => Some((carried * 2).max(FIRST)).filter(|count| *count <= MOST),
        Some(above) => {
            let found = above - carried <= carried / PRECISION + 1;
            (!found).then_some(carried.midpoint(above))
        }
    }
}

/// One run. Returns whether so many receivers had all, and within `most` ms.
fn run(field: &mut Field, clocks: &Clocks, count: usize, most: f64) -> Result<bool, BenchError> {
    field.refresh()?;
    let mut streams = [
        (Kind::Camera, Pace::new(PICTURE_RATE)),
        (Kind::Microphone, Pace::new(SOUND_RATE)),
    ];
    let warm = field.flow_all(&mut streams, WARM_UP)?;
    field.take_delays();
    let (mut delays, mut all) = (vec![], Sample::default());
    for _ in 0..STRETCHES {
        let (begun, before) = (Instant::now(), clocks.read()?);
        let sent = field.flow_all(&mut streams, STRETCH)?;
        let (length, ran) = (begun.elapsed(), clocks.read()? - before);
        let sample = Sample::new(field.take_delays(), ran, length, sent);
        delays.push(sample.percentile(99.0));
        all.add(sample);
    }
    let lost = field.settle_crowd(warm + all.sent, count)?;
    if lost == (warm + all.sent) * count as u64 {
        // However many they are, some get something.
        return Err(BenchError::Silent("the crowd's source"));
    }
    let delay = rounds::median(delays);
    let share = all.sent as f64 / all.length.as_secs_f64() / (PICTURE_RATE + SOUND_RATE);
    eprintln!(
        "{count} receivers: {lost} copies lost, delay p99 {delay:.2} ms, {:.1} % of a core; {:.0} % of \
         the packets were sent",
        100.0 * all.load(),
        100.0 * share,
    );
    Ok(lost == 0 && delay <= most && share >= SENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_doubles_and_then_halves() {
        for most in [1, 100, 500, 1000, 4000] {
            let (mut carried, mut too_many, mut tries) = (0, None, 0);
            while let Some(count) = next(carried, too_many) {
                tries += 1;
                if count <= most {
                    carried = count;
                } else {
                    too_many = Some(count);
                }
            }
            assert!(carried <= most && most - carried <= carried / PRECISION + 1);
            assert!(tries <= 13, "{tries} tries for {most}");
        }
        assert_eq!(next(MOST, None), None, "there is an end");
    }
}
