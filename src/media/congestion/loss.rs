//! Losses. A line that loses without being full, such as a radio link, loses as much of little as of
//! much, and sending less helps nobody. So when more is lost than usual, less is sent as a trial: if
//! the losses go on, they are the line's own.

/// Losses are looked at this often, in microseconds …
const WINDOW: i64 = 500_000;
/// … and not before so many packets were told of.
const ENOUGH: u32 = 20;
/// A line may lose this share before anything is known of it.
const ACCEPTED: f64 = 0.02;
/// Losing this much more than usual is tried to be helped.
const BEYOND: f64 = 0.06;
/// A trial: in so many windows what was sent before is told of …
const BLIND: u32 = 2;
/// … and in so many it is found out what became of the losses.
const WATCHED: u32 = 4;
/// They are the line's own if so much of them is left.
const LEFT: f64 = 0.5;
/// Of so much that is rarely true.
const HEAVY: f64 = 0.3;

/// What the losses say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Nothing,
    /// Too much is sent, perhaps.
    TooMuch,
    /// It was not: sending less did not help.
    Usual,
}

/// What share of the packets is lost.
#[derive(Debug)]
pub(super) struct Loss {
    all: u32,
    lost: u32,
    queued: bool,
    since: Option<i64>,
    share: f64,
    usual: f64,
    trial: Option<Trial>,
}

#[derive(Debug, Default)]
struct Trial {
    before: f64,
    windows: u32,
    queued: u32,
    all: u32,
    lost: u32,
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            all: 0,
            lost: 0,
            queued: false,
            since: None,
            share: 0.0,
            usual: ACCEPTED,
            trial: None,
        }
    }
}

impl Loss {
    /// Notes how many packets were told of, how many of these are lost, and whether there is a queue.
    pub(super) fn note(&mut self, now: i64, (all, lost): (u32, u32), queued: bool) -> Verdict {
        self.all += all;
        self.lost += lost;
        self.queued |= queued;
        let since = *self.since.get_or_insert(now);
        if now - since < WINDOW || self.all < ENOUGH {
            return Verdict::Nothing;
        }
        let window = (self.all, self.lost);
        let queued = std::mem::take(&mut self.queued);
        (self.all, self.lost, self.since) = (0, 0, Some(now));
        match &mut self.trial {
            Some(_) => self.watch(window, queued),
            None => self.look(window),
        }
    }

    /// The line is full by other signs: its losses are not its own.
    pub(super) fn is_explained(&mut self) {
        self.trial = None;
    }

    /// So much is lost that hardly any line of itself does.
    pub(super) fn is_heavy(&self) -> bool {
        self.usual >= HEAVY
    }

    /// What was found usual is not, before it has been looked at once more: less is sent only now.
    pub(super) fn try_less(&mut self) {
        self.trial = Some(Trial {
            before: std::mem::replace(&mut self.usual, ACCEPTED),
            ..Trial::default()
        });
    }

    fn look(&mut self, (all, lost): (u32, u32)) -> Verdict {
        let found = f64::from(lost) / f64::from(all);
        // A newcomer's full buffer is one bad window, and no sign of a line.
        let share = 0.6 * self.share + 0.4 * found;
        self.share = share;
        if share > self.usual + BEYOND {
            self.trial = Some(Trial {
                before: share.max(found),
                ..Trial::default()
            });
            return Verdict::TooMuch;
        }
        // It is believed when it is less. More is believed only after a trial.
        self.usual -= 0.1 * (self.usual - share).max(0.0);
        Verdict::Nothing
    }

    fn watch(&mut self, (all, lost): (u32, u32), queued: bool) -> Verdict {
        let Some(trial) = &mut self.trial else {
            return Verdict::Nothing;
        };
        trial.windows += 1;
        if trial.windows > BLIND {
            trial.all += all;
            trial.lost += lost;
            trial.queued += u32::from(queued);
        }
        if trial.windows < BLIND + WATCHED {
            return Verdict::Nothing;
        }
        let found = f64::from(trial.lost) / f64::from(trial.all);
        // What is lost before a queue is not the line's own.
        let is_usual = found > LEFT * trial.before && trial.queued * 2 < WATCHED;
        (self.trial, self.share) = (None, found);
        if is_usual {
            self.usual = found;
            return Verdict::Usual;
        }
        Verdict::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdicts other than nothing in windows of a hundred packets of which these are lost.
    fn verdicts(loss: &mut Loss, start: i64, lost: &[u32]) -> Vec<Verdict> {
        let said = (start..)
            .zip(lost)
            .map(|(nth, lost)| loss.note(nth * WINDOW, (100, *lost), false));
        said.filter(|verdict| *verdict != Verdict::Nothing)
            .collect()
    }

    #[test]
    fn losses_that_sending_less_does_not_help_are_accepted_after_one_trial() {
        let mut loss = Loss::default();
        let expected = [Verdict::TooMuch, Verdict::Usual];
        assert_eq!(verdicts(&mut loss, 0, &[10; 20]), expected);
        assert_eq!(verdicts(&mut loss, 20, &[10; 100]), []);
        assert_eq!(
            verdicts(&mut loss, 120, &[25; 20]),
            expected,
            "it became worse"
        );
    }

    #[test]
    fn losses_that_end_with_sending_less_are_none_of_the_line() {
        let mut loss = Loss::default();
        let lost = [[0; 10].as_slice(), &[20; 4], &[0; 20], &[20; 2]].concat();
        let expected = [Verdict::TooMuch, Verdict::TooMuch];
        assert_eq!(verdicts(&mut loss, 0, &lost), expected);
    }

    #[test]
    fn a_line_that_became_good_again_is_believed() {
        let mut loss = Loss::default();
        verdicts(&mut loss, 0, &[20; 20]);
        assert_eq!(verdicts(&mut loss, 20, &[0; 40]), []);
        assert_eq!(verdicts(&mut loss, 60, &[20; 2]), [Verdict::TooMuch]);
    }

    #[test]
    fn what_is_lost_before_a_queue_is_tried_to_be_helped_again() {
        let mut loss = Loss::default();
        let said = (0..21).map(|nth| loss.note(nth * WINDOW, (100, 20), true));
        let trials = said.filter(|verdict| *verdict == Verdict::TooMuch).count();
        assert_eq!(trials, 3);
    }

    #[test]
    fn one_bad_moment_says_nothing() {
        let mut loss = Loss::default();
        assert_eq!(verdicts(&mut loss, 0, &[18, 0, 0, 0]), []);
        assert_eq!(verdicts(&mut loss, 4, &[0, 18, 0, 0, 0, 0]), []);
    }

    #[test]
    fn few_packets_say_nothing() {
        let mut loss = Loss::default();
        let said = (0..4).map(|nth| loss.note(nth * WINDOW, (4, 4), false));
        assert!(said.into_iter().all(|verdict| verdict == Verdict::Nothing));
    }
}
