//! How long a request may take with its body.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// Until when a request may take. In the extensions of each; what takes in something long asks for
/// more, and watches by itself that the client goes on.
#[derive(Debug, Clone)]
pub(crate) struct Patience(Arc<Mutex<Instant>>);

impl Patience {
    pub(super) fn new(time: Duration) -> Self {
        Self(Arc::new(Mutex::new(Instant::now() + time)))
    }

    /// Lets the request take so long from now on, if that is more.
    pub(crate) fn extend(&self, time: Duration) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(Instant::now() + time);
    }

    fn until(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the work gives; none if it is not done in time.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let until = self.until();
            if let Ok(done) = timeout_at(until, work.as_mut()).await {
                return Some(done);
            }
            if self.until() == until {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::task::yield_now;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_request_that_asked_for_more_gets_it_and_others_do_not() {
        let none = Patience::new(Duration::ZERO);
        assert_eq!(none.wait(pending::<()>()).await, None);

        let short = Patience::new(Duration::ZERO);
        let work = async {
            short.extend(HOUR);
            yield_now().await;
            7
        };
        assert_eq!(short.wait(work).await, Some(7));

        let long = Patience::new(HOUR);
        long.extend(Duration::ZERO);
        assert!(long.until() > Instant::now() + HOUR / 2, "never less");
    }
}
