//! The only place that reads the time.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

/// Tells the time and waits, by the system's clock or in simulated time that
/// runs `speed` times as fast as tokio's clock.
///
/// Under tokio's paused clock, simulated time advances only while a task
/// sleeps, which makes whole rollouts reproducible in tests.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Simulated {
        origin: Timestamp,
        started: Instant,
        speed: f64,
    },
}

/// A point in time to measure from.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    wall: Timestamp,
    monotonic: Instant,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that shows `origin` now and runs at `speed`.
    ///
    /// # Panics
    ///
    /// If `speed` is not positive and finite.
    #[must_use]
    pub fn simulated(origin: Timestamp, speed: f64) -> Self {
        assert!(
            speed.is_finite() && speed > 0.0,
            "speed must be positive and finite"
        );
        Self(Source::Simulated {
            origin,
            started: Instant::now(),
            speed,
        })
    }

    /// The current time.
    ///
    /// # Panics
    ///
    /// If the time is outside the range of a timestamp.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine"
    )]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => {
                Timestamp::try_from(SystemTime::now()).expect("the system clock is a valid date")
            }
            Source::Simulated {
                origin,
                started,
                speed,
            } => *origin + started.elapsed().mul_f64(*speed),
        }
    }

    /// The current point in time, to measure from.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            wall: self.now(),
            monotonic: Instant::now(),
        }
    }

    /// The time since `mark` by the monotonic clock.
    #[must_use]
    pub fn since(&self, mark: &Mark) -> Duration {
        let elapsed = mark.monotonic.elapsed();
        match &self.0 {
            Source::System => elapsed,
            Source::Simulated { speed, .. } => elapsed.mul_f64(*speed),
        }
    }

    /// The longest time that may have passed since `mark`: by the monotonic or
    /// the wall clock, whichever has advanced more. The monotonic clock stops
    /// while the machine sleeps; the wall clock does not, but it may be set
    /// back.
    #[must_use]
    pub fn at_most_since(&self, mark: &Mark) -> Duration {
        let by_wall = Duration::try_from(self.now() - mark.wall).unwrap_or_default();
        self.since(mark).max(by_wall)
    }

    /// Waits until `time` has passed on this clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that waits"
    )]
    pub async fn sleep(&self, time: Duration) {
        match &self.0 {
            Source::System => tokio::time::sleep(time).await,
            Source::Simulated { speed, .. } => tokio::time::sleep(time.div_f64(*speed)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn simulated_time_moves_only_while_a_task_waits() {
        let origin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a date");
        let clock = Clock::simulated(origin, 60.0);
        assert_eq!(clock.now(), origin);
        clock.sleep(Duration::from_secs(3600)).await;
        assert_eq!(clock.now(), origin + Duration::from_secs(3600));
    }

    #[tokio::test(start_paused = true)]
    async fn a_date_that_leaps_ahead_counts_and_one_that_is_set_back_does_not() {
        let origin: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a date");
        let clock = Clock::simulated(origin, 60.0);
        let minute = Duration::from_secs(60);
        let mut mark = clock.mark();
        clock.sleep(minute).await;
        assert_eq!(clock.since(&mark), minute);
        mark.wall = origin - 10 * minute;
        assert_eq!(clock.since(&mark), minute);
        assert_eq!(clock.at_most_since(&mark), 11 * minute);
        mark.wall = origin + 10 * minute;
        assert_eq!(clock.at_most_since(&mark), minute);
    }
}
