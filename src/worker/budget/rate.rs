//! The rate itself: found by trying, and never given away unseen.
//!
//! It begins moderately. Each answer to a call that had to wait for its permit
//! raises it, so that it doubles within seconds until the ceiling or the first
//! throttling is met; calls that come one by one prove nothing and raise
//! nothing. Throttling halves it, once for all calls that were sent at the old
//! rate. From then on it rises evenly, so that what was given up is won back
//! after `RECOVERY`: of sixty calls at four a second one or two are in vain.
//! Where it has come to twice the rate that was too much, somebody else was in
//! the way that time, and it doubles again.

use std::time::Duration;

use crate::config::Rate;

/// Calls a second to begin with: nobody has been throttled at so few.
const FIRST: f64 = 5.0;

/// It never falls below this: one call in five seconds, the time between polls.
const LEAST: f64 = 0.2;

/// What an answer adds before anything was throttled: at a full pace a fifth in
/// a second, which doubles it in three and a half.
const GROWTH: f64 = 0.2;

/// Seconds at a full pace until what throttling has cost is won back.
const RECOVERY: f64 = 20.0;

/// How fast CodePipeline is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CallRate {
    now: f64,
    ceiling: f64,
    /// What was too much, where that is known.
    too_much: Option<f64>,
    /// How often it has fallen.
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

    /// Calls a second.
    pub(super) fn get(&self) -> Rate {
        Rate(self.now)
    }

    /// Which throttling is news for a call that is sent now.
    pub(super) fn falls(&self) -> u64 {
        self.falls
    }

    /// Between two calls.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.now)
    }

    /// CodePipeline has answered a call that had to wait for its permit.
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

    /// CodePipeline has throttled a call that was sent after so many `falls`.
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

    /// Seconds at a full pace until the rate is there.
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
