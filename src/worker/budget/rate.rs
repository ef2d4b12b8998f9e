//! The call rate, found by trying.
//!
//! It starts at a moderate rate. Each answer to a call that had to wait for its
//! permit raises it, so that it doubles within seconds until it reaches the
//! ceiling or is throttled. Calls that did not have to wait prove nothing and
//! raise nothing. Throttling halves the rate, once for all calls that were sent
//! at the old rate. From then on it rises linearly and is back after
//! `RECOVERY`: of sixty calls at four a second, one or two are throttled. When
//! it reaches twice the rate that was too much, the cause was another caller's
//! load, and it doubles again.

use std::time::Duration;

use crate::config::Rate;

/// Calls a second at the start: nobody has been throttled at so few.
const FIRST: f64 = 5.0;

/// The minimum: one call in five seconds, the time between polls.
const LEAST: f64 = 0.2;

/// Added per answer before anything was throttled: at full use a fifth per
/// second, which doubles the rate in three and a half seconds.
const GROWTH: f64 = 0.2;

/// Seconds at full use until the rate is back after throttling.
const RECOVERY: f64 = 20.0;

/// The current rate of calls to CodePipeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CallRate {
    now: f64,
    ceiling: f64,
    /// The rate at which CodePipeline last throttled, if known.
    too_much: Option<f64>,
    /// How often the rate has been lowered.
    falls: u64,
}

impl CallRate {
    pub(super) fn new(ceiling: Rate) -> Self {
        Self {
            now: FIRST.min(ceiling.0),
            ceiling: ceiling.0,
            too_much: None,
            falls: 0,
        }
    }

    pub(super) fn set_ceiling(&mut self, ceiling: Rate) {
        self.ceiling = ceiling.0;
        self.now = self.now.min(ceiling.0);
    }

    /// In calls per second.
    pub(super) fn get(&self) -> Rate {
        Rate(self.now)
    }

    /// Identifies the current rate: throttling counts only for calls sent at
    /// it.
    pub(super) fn falls(&self) -> u64 {
        self.falls
    }

    /// The time between two calls.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.now)
    }

    /// Raises the rate after an answer to a call that had to wait for its
    /// permit.
    pub(super) fn answered(&mut self) {
        self.now += match self.too_much {
            None => GROWTH,
            Some(too_much) => too_much / 2.0 / RECOVERY / self.now,
        };
        self.now = self.now.min(self.ceiling);
        if self.too_much.is_some_and(|much| self.now >= 2.0 * much) {
            self.too_much = None;
        }
    }

    /// Lowers the rate if the throttled call was sent after as many `falls` as
    /// now.
    pub(super) fn throttled(&mut self, falls: u64) {
        if falls == self.falls {
            self.falls += 1;
            self.too_much = Some(self.now);
            self.now = (self.now / 2.0).max(LEAST.min(self.ceiling));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds at full use until the rate is reached.
    fn seconds_until(rate: &mut CallRate, wanted: f64) -> f64 {
        let mut seconds = 0.0;
        while rate.now < wanted {
            seconds += 1.0 / rate.now;
            rate.answered();
            assert!(seconds < 1000.0, "{rate:?}");
        }
        seconds
    }

    #[test]
    fn it_doubles_within_seconds_up_to_the_ceiling() {
        let mut rate = CallRate::new(Rate(40.0));
        assert_eq!(rate.get(), Rate(FIRST));
        let seconds = seconds_until(&mut rate, 40.0);
        assert!((8.0..13.0).contains(&seconds), "{seconds}");
        rate.answered();
        assert_eq!(rate.get(), Rate(40.0));
        rate.set_ceiling(Rate(3.0));
        assert_eq!(rate.get(), Rate(3.0));
        assert_eq!(CallRate::new(Rate(2.0)).get(), Rate(2.0));
    }

    #[test]
    fn what_was_sent_at_one_rate_halves_it_once() {
        let mut rate = CallRate::new(Rate(40.0));
        rate.throttled(0);
        rate.throttled(0);
        assert_eq!(rate.get(), Rate(2.5));
        rate.throttled(rate.falls());
        assert_eq!(rate.get(), Rate(1.25));
        for _ in 0..20 {
            rate.throttled(rate.falls());
        }
        assert_eq!(rate.get(), Rate(LEAST));
        assert_eq!(rate.interval(), Duration::from_secs(5));
    }

    #[test]
    fn what_was_given_up_is_won_back_and_forgotten_at_twice_as_much() {
        for ceiling in [4.0, 40.0] {
            let mut rate = CallRate::new(Rate(1000.0));
            rate.now = ceiling;
            rate.throttled(0);
            let seconds = seconds_until(&mut rate, ceiling);
            assert!((18.0..22.0).contains(&seconds), "{seconds}");
            let seconds = seconds_until(&mut rate, 2.0 * ceiling);
            assert!((36.0..44.0).contains(&seconds), "{seconds}");
            assert_eq!(rate.too_much, None);
        }
    }
}
