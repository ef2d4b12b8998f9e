//! The rate at which a service accepts calls, found by trying.
//!
//! It starts at a moderate rate. Each answer to a call that had to wait for its
//! permit raises it, so that it doubles within seconds until it reaches the
//! ceiling or is throttled. Calls that did not have to wait prove nothing and
//! raise nothing. Throttling halves the rate, once for all calls that were sent
//! at the old rate. From then on it rises linearly and is back after
//! `RECOVERY`. If the service accepts four calls a second, that is sixty calls
//! in twenty seconds, of which those at the end are throttled: one or two. When
//! the rate reaches twice that at which it was throttled, the cause was another
//! caller's load, and it doubles again.

use std::time::Duration;

/// Calls per second at the start. AWS publishes no limit for CodePipeline and
/// CodeDeploy (docs/aws.md §1.3, §5.4); if this is too many, the rate is halved
/// at once.
const INITIAL_RATE: f64 = 5.0;

/// The minimum: one call in five seconds, the time between polls.
const MIN_RATE: f64 = 0.2;

/// The lowest ceiling: one call an hour. Less would stop the service's callers,
/// and the time between two calls must fit a `Duration`.
const MIN_CEILING: f64 = 1.0 / 3600.0;

/// Added per answer before anything was throttled: at full use a fifth per
/// second, which doubles the rate in three and a half seconds.
const GROWTH: f64 = 0.2;

/// Seconds at full use until the rate is back after throttling.
const RECOVERY: f64 = 20.0;

/// The current rate of calls to a service, in calls per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallRate {
    current: f64,
    ceiling: f64,
    /// The rate at which the service last throttled, if known.
    throttled_at: Option<f64>,
    /// How often the rate has been lowered.
    decreases: u64,
}

impl CallRate {
    pub fn new(ceiling: f64) -> Self {
        let ceiling = ceiling.max(MIN_CEILING);
        Self {
            current: INITIAL_RATE.min(ceiling),
            ceiling,
            throttled_at: None,
            decreases: 0,
        }
    }

    pub fn set_ceiling(&mut self, ceiling: f64) {
        self.ceiling = ceiling.max(MIN_CEILING);
        self.current = self.current.min(self.ceiling);
    }

    /// In calls per second.
    #[must_use]
    pub fn get(&self) -> f64 {
        self.current
    }

    /// Identifies the current rate: throttling counts only for calls sent at
    /// it.
    pub fn decreases(&self) -> u64 {
        self.decreases
    }

    /// The time between two calls.
    pub fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.current)
    }

    /// Raises the rate after an answer to a call that had to wait for its
    /// permit.
    pub fn raise(&mut self) {
        self.current += match self.throttled_at {
            None => GROWTH,
            Some(throttled_at) => throttled_at / 2.0 / RECOVERY / self.current,
        };
        self.current = self.current.min(self.ceiling);
        if self
            .throttled_at
            .is_some_and(|much| self.current >= 2.0 * much)
        {
            self.throttled_at = None;
        }
    }

    /// Lowers the rate if the throttled call was sent after as many `decreases` as
    /// now.
    pub fn lower(&mut self, decreases: u64) {
        if decreases == self.decreases {
            self.decreases += 1;
            self.throttled_at = Some(self.current);
            self.current = (self.current / 2.0).max(MIN_RATE.min(self.ceiling));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds at full use until the rate is reached.
    fn seconds_until(rate: &mut CallRate, wanted: f64) -> f64 {
        let mut seconds = 0.0;
        while rate.current < wanted {
            seconds += 1.0 / rate.current;
            rate.raise();
            assert!(seconds < 1000.0, "{rate:?}");
        }
        seconds
    }

    #[test]
    fn it_doubles_within_seconds_up_to_the_ceiling() {
        let mut rate = CallRate::new(40.0);
        assert_eq!(rate.get(), INITIAL_RATE);
        let seconds = seconds_until(&mut rate, 40.0);
        assert!((8.0..13.0).contains(&seconds), "{seconds}");
        rate.raise();
        assert_eq!(rate.get(), 40.0);
        rate.set_ceiling(3.0);
        assert_eq!(rate.get(), 3.0);
        assert_eq!(CallRate::new(2.0).get(), 2.0);
        let hour = Duration::from_secs(3600);
        rate.set_ceiling(f64::MIN_POSITIVE);
        assert_eq!(rate.interval(), hour);
        assert_eq!(CallRate::new(f64::MIN_POSITIVE).interval(), hour);
    }

    #[test]
    fn what_was_sent_at_one_rate_halves_it_once() {
        let mut rate = CallRate::new(40.0);
        rate.lower(0);
        rate.lower(0);
        assert_eq!(rate.get(), 2.5);
        rate.lower(rate.decreases());
        assert_eq!(rate.get(), 1.25);
        for _ in 0..20 {
            rate.lower(rate.decreases());
        }
        assert_eq!(rate.get(), MIN_RATE);
        assert_eq!(rate.interval(), Duration::from_secs(5));
    }

    #[test]
    fn what_was_given_up_is_won_back_and_forgotten_at_twice_as_much() {
        for ceiling in [4.0, 40.0] {
            let mut rate = CallRate::new(1000.0);
            rate.current = ceiling;
            rate.lower(0);
            let seconds = seconds_until(&mut rate, ceiling);
            assert!((18.0..22.0).contains(&seconds), "{seconds}");
            let seconds = seconds_until(&mut rate, 2.0 * ceiling);
            assert!((36.0..44.0).contains(&seconds), "{seconds}");
            assert_eq!(rate.throttled_at, None);
        }
    }
}
