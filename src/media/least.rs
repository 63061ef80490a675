//! The least of what was lately measured.

/// The least value of the last one or two spans of time, which are in the unit of the times that it is
/// told: a line that became longer is accepted after that.
#[derive(Debug, Default)]
pub(crate) struct Least<const SPAN: i64> {
    since: i64,
    now: Option<i64>,
    before: Option<i64>,
}

impl<const SPAN: i64> Least<SPAN> {
    /// Notes a value that was measured at a time.
    pub(crate) fn note(&mut self, at: i64, value: i64) {
        if self.now.is_none() || at - self.since > SPAN {
            (self.since, self.before) = (at, self.now.take());
        }
        self.now = Some(self.now.map_or(value, |least| least.min(value)));
    }

    /// The least, once there is one.
    pub(crate) fn get(&self) -> Option<i64> {
        self.now.into_iter().chain(self.before).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_for_one_or_two_spans() {
        let mut least = Least::<10>::default();
        assert_eq!(least.get(), None);
        let mut note = |at, value| {
            least.note(at, value);
            least.get().expect("one was noted")
        };
        assert_eq!(note(0, 5), 5);
        assert_eq!(note(8, 3), 3);
        assert_eq!(note(11, 7), 3, "of the span before");
        assert_eq!(note(22, 8), 7);
        assert_eq!(note(33, 9), 8);
    }
}
