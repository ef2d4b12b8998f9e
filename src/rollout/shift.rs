//! How a deployment configuration shifts the traffic, step by step (docs/aws.md
//! §5.8).

use std::time::Duration;

/// The steps of a shift; the first happens when `AllowTraffic` begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    AllAtOnce,
    /// This percentage first, the rest after `rest_after`.
    Canary {
        percent: u8,
        rest_after: Duration,
    },
    /// This percentage at every step.
    Linear {
        percent: u8,
        every: Duration,
    },
}

impl Shift {
    /// The predefined configurations of CodeDeploy.
    #[must_use]
    pub fn predefined(name: &str) -> Option<Self> {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let linear = |every| Self::Linear {
            percent: 10,
            every: minutes(every),
        };
        let canary = |rest_after| Self::Canary {
            percent: 10,
            rest_after: minutes(rest_after),
        };
        match name.strip_prefix("CodeDeployDefault.")? {
            "ECSAllAtOnce" => Some(Self::AllAtOnce),
            "ECSLinear10PercentEvery1Minutes" => Some(linear(1)),
            "ECSLinear10PercentEvery3Minutes" => Some(linear(3)),
            "ECSCanary10Percent5Minutes" => Some(canary(5)),
            "ECSCanary10Percent15Minutes" => Some(canary(15)),
            _ => None,
        }
    }

    /// The time until the next step, `elapsed` after the first one; `None` if
    /// there is no further step or it is overdue.
    #[must_use]
    pub fn next_step(&self, elapsed: Duration) -> Option<Duration> {
        match *self {
            Self::AllAtOnce => None,
            Self::Canary { rest_after, .. } => left(rest_after, elapsed),
            Self::Linear { percent, every } => {
                if percent == 0 || every.is_zero() {
                    return None;
                }
                let last = 100_u32.div_ceil(percent.into()).saturating_sub(1);
                let made = elapsed.as_secs() / every.as_secs().max(1);
                let next = u32::try_from(made + 1).ok().filter(|next| *next <= last)?;
                left(every * next, elapsed)
            }
        }
    }
}

fn left(moment: Duration, elapsed: Duration) -> Option<Duration> {
    moment.checked_sub(elapsed).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, elapsed: u64, expected: Option<u64>) {
        let shift = Shift::predefined(&format!("CodeDeployDefault.{name}")).unwrap();
        let next = shift.next_step(Duration::from_secs(elapsed));
        assert_eq!(
            next.map(|next| next.as_secs()),
            expected,
            "{name} {elapsed}"
        );
    }

    #[test]
    fn the_next_step_is_known_until_the_last_is_made() {
        check("ECSAllAtOnce", 0, None);
        check("ECSLinear10PercentEvery1Minutes", 0, Some(60));
        check("ECSLinear10PercentEvery1Minutes", 20, Some(40));
        check("ECSLinear10PercentEvery1Minutes", 60, Some(60));
        check("ECSLinear10PercentEvery1Minutes", 9 * 60 - 1, Some(1));
        check("ECSLinear10PercentEvery1Minutes", 9 * 60, None);
        check("ECSLinear10PercentEvery3Minutes", 60, Some(120));
        check("ECSCanary10Percent5Minutes", 60, Some(240));
        check("ECSCanary10Percent5Minutes", 300, None);
        check("ECSCanary10Percent15Minutes", 301, Some(599));
    }

    #[test]
    fn what_is_not_predefined_must_be_asked_for() {
        assert_eq!(Shift::predefined("CodeDeployDefault.OneAtATime"), None);
        assert_eq!(Shift::predefined("ECSAllAtOnce"), None);
        let empty = Shift::Linear {
            percent: 0,
            every: Duration::ZERO,
        };
        assert_eq!(empty.next_step(Duration::ZERO), None);
    }
}
