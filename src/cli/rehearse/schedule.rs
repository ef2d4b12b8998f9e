//! When a deployment takes its next step and when it ends, as far as its
//! settings say (docs/aws.md §5.3). Both engines shift the traffic in steps,
//! and keep the old tasks for some time afterwards.

use jiff::{SignedDuration, Timestamp};

/// The settings of a deployment that take time.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    /// Minutes between two steps; `None` if all traffic shifts at once.
    pub(super) interval: Option<i64>,
    /// Percent of the traffic in each step; `None` if there are only two.
    pub(super) step: Option<f64>,
    /// Minutes that the old tasks stay.
    pub(super) stay: Option<i64>,
}

/// What comes next, and the expected end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outlook {
    pub(super) next: Option<(String, Timestamp)>,
    pub(super) ends: Option<Timestamp>,
}

impl Outlook {
    /// What comes next, if that is known, and no end.
    pub(super) fn only(what: &str, at: Option<Timestamp>) -> Self {
        Self {
            next: at.map(|at| (what.to_owned(), at)),
            ends: None,
        }
    }
}

impl Schedule {
    /// The outlook between two steps. The new tasks have `share` percent of the
    /// traffic since `since`. Hooks take longer than that.
    pub(super) fn between_steps(&self, share: f64, since: Timestamp) -> Outlook {
        let is_between = share > 0.0 && share < 100.0;
        let Some(interval) = self.interval.filter(|_| is_between).map(minutes) else {
            return Outlook::default();
        };
        let next = since + interval;
        let left = match self.step {
            // The next step is already counted.
            Some(step) if step > 0.0 => steps_after(share + step, step),
            Some(_) | None => 0,
        };
        Outlook {
            ends: Some(next + interval * left + minutes(self.stay.unwrap_or(0))),
            ..Outlook::only("next step", Some(next))
        }
    }

    /// The outlook after the traffic has shifted, from `since` on.
    pub(super) fn afterwards(&self, what: &str, since: Timestamp) -> Outlook {
        let ends = self.stay.map(|stay| since + minutes(stay));
        Outlook {
            ends,
            ..Outlook::only(what, ends)
        }
    }
}

/// The number of steps from `share` to all of the traffic.
#[expect(
    clippy::cast_possible_truncation,
    reason = "there are at most a hundred steps"
)]
fn steps_after(share: f64, step: f64) -> i32 {
    ((100.0 - share).max(0.0) / step).ceil().min(100.0) as i32
}

/// Bounded, so that a time can be added to any timestamp of this century.
pub(super) fn minutes(minutes: i64) -> SignedDuration {
    const MAX: i64 = 365 * 24 * 60;
    SignedDuration::from_mins(minutes.clamp(0, MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn shown(outlook: &Outlook) -> (Option<i64>, Option<i64>) {
        let next = outlook.next.as_ref().map(|(_, at)| at.as_second());
        (next, outlook.ends.map(Timestamp::as_second))
    }

    #[test]
    fn a_linear_shift_steps_by_its_interval() {
        let linear = Schedule {
            interval: Some(2),
            step: Some(30.0),
            stay: Some(5),
        };
        let outlook = |share, since| shown(&linear.between_steps(share, at(since)));
        // 30 % at once, 60 % and 90 % after two minutes each, then the rest.
        let ends = Some(100 + 3 * 120 + 300);
        assert_eq!(outlook(0.0, 100), (None, None), "the first step is due");
        assert_eq!(outlook(30.0, 100), (Some(220), ends));
        assert_eq!(outlook(60.0, 220), (Some(340), ends));
        assert_eq!(outlook(90.0, 340), (Some(460), ends));
        assert_eq!(outlook(100.0, 460), (None, None));
    }

    #[test]
    fn a_canary_has_one_step_more_and_all_at_once_none() {
        let canary = Schedule {
            interval: Some(5),
            step: None,
            stay: Some(5),
        };
        let outlook = canary.between_steps(10.0, at(100));
        assert_eq!(shown(&outlook), (Some(400), Some(700)));
        let at_once = Schedule::default();
        assert_eq!(at_once.between_steps(10.0, at(100)), Outlook::default());
    }

    #[test]
    fn the_old_tasks_stay_as_long_as_is_set() {
        let schedule = Schedule {
            stay: Some(5),
            ..Schedule::default()
        };
        let outlook = schedule.afterwards("the bake time ends", at(102));
        assert_eq!(shown(&outlook), (Some(402), Some(402)));
        let unknown = Schedule::default().afterwards("the bake time ends", at(102));
        assert_eq!(unknown, Outlook::default());
    }
}
