//! Who gets what of a line: sound always, then the main picture and the presentation, then thumbnails.
//! What does not fit goes at once; what would fit waits until it has done so for some time, since a
//! picture that comes and goes is worse than none.

use crate::api::SlotKind;
use std::time::{Duration, Instant};

/// What fits is kept while it takes no more than this of the budget, in percent: pictures vary.
const KEEP: u64 = 110;
/// What is new must fit into so much of it.
const ADMIT: u64 = 90;
/// … and for so long.
const PATIENCE: Duration = Duration::from_secs(2);
/// One thing after the other: the next one after so long.
const STEP: Duration = Duration::from_secs(1);
/// A main picture that is alone is kept while it takes no more than this of the budget, in percent.
/// Congestion takes as much from who sends little as from who has just begun to send more.
const KEEP_MAIN: u64 = 150;
/// After it did not hold, longer each time.
const MOST_PATIENCE: Duration = Duration::from_secs(30);
/// No longer where nothing of the main picture is there: a losing line is easily misjudged.
const MAIN_PATIENCE: Duration = Duration::from_secs(4);
/// What has held for so long was right.
const HELD: Duration = Duration::from_secs(15);

/// What a line carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Bit/s.
    pub(crate) rate: u64,
    /// No queue stands before it: it may be given more.
    pub(crate) is_quiet: bool,
}

/// What a slot could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand<'a> {
    /// What it is for. Slots of one kind stand in the order of their importance.
    pub(crate) kind: SlotKind,
    /// Bit/s of the layers of its source, ascending; a source with one layer has one. Empty: it wants
    /// nothing.
    pub(crate) rates: &'a [u64],
}

impl Demand<'_> {
    fn rate(&self, layer: Option<usize>) -> u64 {
        layer
            .and_then(|layer| self.rates.get(layer))
            .copied()
            .unwrap_or(0)
    }

    /// Who is served first.
    fn rank(&self) -> u8 {
        match self.kind {
            SlotKind::Audio | SlotKind::PresentationAudio => 0,
            SlotKind::Main => 1,
            SlotKind::Presentation => 2,
            SlotKind::Thumbnail => 3,
        }
    }
}

/// Which layer of its source each slot gets out of `budget` bit/s; none: nothing, it does not fit.
///
/// Sound is not asked whether it fits. Then the main picture and the presentation get their lowest
/// layers, and better ones in that order; what is left goes to the thumbnails in the same way. One that
/// does not fit takes nothing from those behind it.
pub(crate) fn allocate(budget: u64, demands: &[Demand<'_>]) -> Vec<Option<usize>> {
    let mut given = vec![None; demands.len()];
    let mut left = budget;
    for (demand, given) in demands.iter().zip(&mut given) {
        if demand.rank() == 0 && !demand.rates.is_empty() {
            *given = Some(demand.rates.len() - 1);
            left = left.saturating_sub(demand.rate(*given));
        }
    }
    for ranks in [1..=2, 3..=3] {
        for raise in [false, true] {
            for rank in ranks.clone() {
                let served = demands.iter().zip(&mut given);
                for (demand, given) in served.filter(|(demand, _)| demand.rank() == rank) {
                    let before = demand.rate(*given);
                    let layers = if raise { demand.rates.len() } else { 1 };
                    let better = (0..layers.min(demand.rates.len()))
                        .rev()
                        .find(|layer| demand.rates[*layer] <= left + before);
                    if better > *given {
                        left = left + before - demand.rate(better);
                        *given = better;
                    }
                }
            }
        }
    }
    given
}

/// The bit/s that all of it takes.
fn sum(demands: &[Demand<'_>], given: &[Option<usize>]) -> u64 {
    let rates = demands.iter().zip(given);
    rates.map(|(demand, layer)| demand.rate(*layer)).sum()
}

/// The allocation of one receiver over time.
#[derive(Debug, Clone)]
pub(crate) struct Allocator {
    /// Some slot may not have everything: nothing needs to be looked at else while the line has no limit.
    pub(crate) limits: bool,
    /// Since when there would be room for more.
    room_since: Option<Instant>,
    raised: Option<Instant>,
    patience: Duration,
}

impl Default for Allocator {
    fn default() -> Self {
        Self {
            limits: false,
            room_since: None,
            raised: None,
            patience: PATIENCE,
        }
    }
}

impl Allocator {
    /// What each slot gets from now on; `current` is what it has.
    pub(crate) fn decide(
        &mut self,
        now: Instant,
        budget: Budget,
        demands: &[Demand<'_>],
        current: &[Option<usize>],
    ) -> Vec<Option<usize>> {
        let Budget { rate, is_quiet } = budget;
        let has = |(demand, layer): (&Demand<'_>, &Option<usize>)| {
            layer.filter(|_| !demand.rates.is_empty())
        };
        let current: &[_] = &demands.iter().zip(current).map(has).collect::<Vec<_>>();
        if sum(demands, current) > rate / 100 * KEEP {
            self.room_since = None;
            let cut = cut(rate, demands, current);
            if cut != current && self.raised.take().is_some_and(|raised| now < raised + HELD) {
                self.patience = (self.patience * 2).min(MOST_PATIENCE);
            }
            return cut;
        }
        if self.raised.is_some_and(|raised| now >= raised + HELD) {
            (self.raised, self.patience) = (None, PATIENCE);
        }
        let rate = rate / 100 * ADMIT;
        let Some((raised, layer)) =
            first_raise(demands, &allocate(rate, demands), current).filter(|_| is_quiet)
        else {
            self.room_since = None;
            return current.to_vec();
        };
        let since = *self.room_since.get_or_insert(now);
        let last = self.raised.filter(|last| *last == since);
        let is_main = demands[raised].kind == SlotKind::Main && current[raised].is_none();
        let most = if is_main {
            MAIN_PATIENCE
        } else {
            MOST_PATIENCE
        };
        let patience = self.patience.min(most);
        if now < since + last.map_or(patience, |_| STEP) {
            return current.to_vec();
        }
        (self.room_since, self.raised) = (Some(now), Some(now));
        let mut most = current.to_vec();
        most[raised] = layer;
        allocate(rate, &no_more_than(demands, &most))
    }

    /// The budget with which the next slot would get more than it has; none: all have everything.
    pub(crate) fn next(demands: &[Demand<'_>], current: &[Option<usize>]) -> Option<u64> {
        let everything = allocate(u64::MAX, demands);
        let (slot, _) = first_raise(demands, &everything, current)?;
        let layer = current[slot].map_or(0, |layer| layer + 1);
        let rate = |layer| demands[slot].rate(layer);
        let more = rate(Some(layer)).saturating_sub(rate(current[slot]));
        Some((sum(demands, current) + more) * 100 / ADMIT)
    }
}

/// The allocation in which no slot has more than it has.
fn cut(budget: u64, demands: &[Demand<'_>], current: &[Option<usize>]) -> Vec<Option<usize>> {
    let lower = no_more_than(demands, current);
    let given = allocate(budget, &lower);
    let is_main = |nth: &usize| demands[*nth].kind == SlotKind::Main;
    let lost =
        (0..demands.len()).find(|nth| is_main(nth) && given[*nth] < current[*nth].min(Some(0)));
    let Some(main) = lost else { return given };
    let alone = (0..).zip(demands).map(|(nth, demand)| match demand.rank() {
        0 => given[nth],
        _ => Some(0).filter(|_| nth == main),
    });
    let alone: Vec<_> = alone.collect();
    if sum(demands, &alone) <= budget / 100 * KEEP_MAIN {
        alone
    } else {
        given
    }
}

/// The same demands without the layers above these.
fn no_more_than<'a>(demands: &[Demand<'a>], most: &[Option<usize>]) -> Vec<Demand<'a>> {
    let limited = demands.iter().zip(most).map(|(demand, layer)| {
        let layers = layer.map_or(0, |layer| layer + 1).min(demand.rates.len());
        Demand {
            rates: &demand.rates[..layers],
            ..*demand
        }
    });
    limited.collect()
}

/// The first slot by rank that gets something else, and what, if that is more.
fn first_raise(
    demands: &[Demand<'_>],
    new: &[Option<usize>],
    old: &[Option<usize>],
) -> Option<(usize, Option<usize>)> {
    let changes = (0..)
        .zip(demands)
        .filter(|(nth, demand)| new[*nth] != old[*nth] && !demand.rates.is_empty());
    let (first, _) = changes.min_by_key(|(_, demand)| demand.rank())?;
    (new[first] > old[first]).then_some((first, new[first]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use SlotKind::{Audio, Main, Presentation, Thumbnail};

    const LAYERS: &[u64] = &[150, 500, 1500];
    const SMALL: &[u64] = &[100];
    const SOUND: &[u64] = &[50];

    type Wanted<'a> = (SlotKind, &'a [u64]);

    /// Layers as digits, a dash for nothing.
    fn shown(given: &[Option<usize>]) -> String {
        let digit = |layer: &Option<usize>| layer.map_or("-".to_owned(), |it| it.to_string());
        given.iter().map(digit).collect()
    }

    fn demands<'a>(all: &[Wanted<'a>]) -> Vec<Demand<'a>> {
        let demand = |(kind, rates): &Wanted<'a>| Demand { kind: *kind, rates };
        all.iter().map(demand).collect()
    }

    #[test]
    fn sound_comes_first_and_thumbnails_last() {
        let layered = [
            (Thumbnail, SMALL),
            (Thumbnail, SMALL),
            (Audio, SOUND),
            (Main, LAYERS),
            (Presentation, LAYERS),
            (Audio, &[][..]),
        ];
        let single = [
            (Audio, SOUND),
            (Main, &[1000][..]),
            (Presentation, &[700][..]),
            (Thumbnail, &[1000][..]),
            (Thumbnail, SMALL),
        ];
        let cases: [(&[Wanted<'_>], u64, &str); 12] = [
            (&layered, 0, "--0---"),
            (&layered, 149, "--0---"),
            // What does not fit leaves its place to others.
            (&layered, 199, "0-0---"),
            (&layered, 200, "--00--"),
            (&layered, 350, "--000-"),
            (&layered, 450, "0-000-"),
            (&layered, 1100, "--011-"),
            (&layered, 5000, "00022-"),
            (&single, 1049, "0-0-0"),
            (&single, 1149, "00---"),
            (&single, 1150, "00--0"),
            (&single, 1850, "000-0"),
        ];
        for (slots, budget, expected) in cases {
            assert_eq!(
                shown(&allocate(budget, &demands(slots))),
                expected,
                "{budget}"
            );
        }
    }

    const NOTHING: Option<usize> = None;
    const LOWEST: Option<usize> = Some(0);

    fn quiet(rate: u64) -> Budget {
        Budget {
            rate,
            is_quiet: true,
        }
    }

    /// A second of decisions, ten of them; the last one.
    fn decide(
        allocator: &mut Allocator,
        now: &mut Instant,
        budget: u64,
        demands: &[Demand<'_>],
        current: &[Option<usize>],
    ) -> Vec<Option<usize>> {
        let mut current = current.to_vec();
        for _ in 0..10 {
            current = allocator.decide(*now, quiet(budget), demands, &current);
            *now += Duration::from_millis(100);
        }
        current
    }

    #[test]
    fn what_does_not_fit_goes_at_once_and_comes_back_when_there_was_room_for_a_time() {
        let demands = demands(&[(Main, &[1000]), (Thumbnail, &[200]), (Thumbnail, &[200])]);
        let mut allocator = Allocator::default();
        let mut now = Instant::now();
        let all = [LOWEST; 3];
        assert_eq!(
            allocator.decide(now, quiet(1300), &demands, &all),
            all,
            "a little too much is kept"
        );
        let cut = [LOWEST, LOWEST, NOTHING];
        assert_eq!(allocator.decide(now, quiet(1200), &demands, &all), cut);
        // It would fit, but not with a margin.
        for _ in 0..20 {
            assert_eq!(decide(&mut allocator, &mut now, 1500, &demands, &cut), cut);
        }
        assert_eq!(decide(&mut allocator, &mut now, 1600, &demands, &cut), cut);
        // For a moment there is no room: the time begins anew.
        assert_eq!(allocator.decide(now, quiet(1400), &demands, &cut), cut);
        for _ in 0..2 {
            assert_eq!(decide(&mut allocator, &mut now, 1600, &demands, &cut), cut);
        }
        // A queue is no time to send more.
        let rate = 1600;
        let busy = Budget {
            rate,
            is_quiet: false,
        };
        assert_eq!(allocator.clone().decide(now, busy, &demands, &cut), cut);
        assert_eq!(allocator.decide(now, quiet(rate), &demands, &cut), all);
    }

    /// After how many seconds the second of two demands is given again, each time that it did not hold.
    fn waits(demands: &[Demand<'_>], too_little: u64, times: usize) -> Vec<u64> {
        let (mut allocator, mut now) = (Allocator::default(), Instant::now());
        let mut waits = vec![];
        for _ in 0..times {
            let mut current = vec![LOWEST, NOTHING];
            let since = now;
            while current[1].is_none() {
                current = decide(&mut allocator, &mut now, 2000, demands, &current);
            }
            waits.push(now.duration_since(since).as_secs());
            current = allocator.decide(now, quiet(too_little), demands, &current);
            assert_eq!(current, [LOWEST, NOTHING]);
        }
        waits
    }

    #[test]
    fn what_did_not_hold_waits_longer_each_time() {
        let demands = demands(&[(Main, &[1000]), (Thumbnail, &[500])]);
        assert_eq!(waits(&demands, 1000, 6), [3, 5, 9, 17, 31, 31]);
    }

    #[test]
    fn a_main_picture_that_did_not_hold_comes_back_soon() {
        let demands = demands(&[(Audio, SOUND), (Main, &[1000])]);
        assert_eq!(waits(&demands, 500, 5), [3, 5, 5, 5, 5]);
    }

    #[test]
    fn congestion_of_others_does_not_end_a_main_picture_that_is_alone() {
        let demands = demands(&[(Audio, SOUND), (Main, &[1000]), (Thumbnail, &[200])]);
        let mut allocator = Allocator::default();
        let now = Instant::now();
        let mut decide =
            |budget, current: &[_]| allocator.decide(now, quiet(budget), &demands, current);
        let alone = [LOWEST, LOWEST, NOTHING];
        assert_eq!(decide(800, &[LOWEST; 3]), alone);
        assert_eq!(decide(700, &alone), alone);
        assert_eq!(decide(600, &alone), [LOWEST, NOTHING, NOTHING]);
        assert_eq!(
            decide(300, &[LOWEST, LOWEST, LOWEST]),
            [LOWEST, NOTHING, LOWEST]
        );
    }

    #[test]
    fn it_is_known_what_the_next_picture_takes() {
        let demands = demands(&[(Audio, SOUND), (Main, LAYERS), (Thumbnail, SMALL)]);
        let cases = [
            ([LOWEST, NOTHING, NOTHING], Some(200)),
            ([LOWEST, LOWEST, NOTHING], Some(550)),
            ([LOWEST, Some(2), NOTHING], Some(1650)),
            ([LOWEST, Some(2), LOWEST], None),
        ];
        for (current, sum) in cases {
            assert_eq!(
                Allocator::next(&demands, &current),
                sum.map(|it| it * 100 / ADMIT)
            );
        }
    }

    #[test]
    fn something_more_important_takes_the_place_of_what_is_shown() {
        let demands = demands(&[(Main, LAYERS), (Thumbnail, SMALL)]);
        let mut allocator = Allocator::default();
        let mut now = Instant::now();
        let mut current = vec![NOTHING, LOWEST];
        for _ in 0..3 {
            current = decide(&mut allocator, &mut now, 200, &demands, &current);
        }
        assert_eq!(current, [LOWEST, NOTHING]);
        // One whose source has gone keeps nothing from the others.
        let gone = [
            Demand {
                rates: &[],
                ..demands[0]
            },
            demands[1],
        ];
        for _ in 0..3 {
            current = decide(&mut allocator, &mut now, 200, &gone, &current);
        }
        assert_eq!(current[1], LOWEST);
    }
}
