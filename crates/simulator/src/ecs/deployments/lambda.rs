//! Simulated behaviour of the Lambda functions behind lifecycle hooks
//! (docs/aws.md §6.5).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::hooks::Functions;

/// Duration of one call that does not say otherwise.
const CALL: Duration = Duration::from_secs(1);
/// The longest time of a behaviour, so that no time leaves the calendar. It is
/// longer than the longest timeout of a function.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a function does when ECS calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LambdaBehaviour {
    /// Returns `SUCCEEDED` after this time.
    Succeeds { after: Duration },
    /// Returns `FAILED` after this time.
    Fails { after: Duration },
    /// Returns `IN_PROGRESS` this many times and then `SUCCEEDED`. ECS calls
    /// it again after the delay.
    InProgress { times: u32, delay: Duration },
    /// Throws, or returns no `hookStatus`.
    NoStatus,
    /// The hook's role may not call the function.
    NotInvocable,
    /// Returns `IN_PROGRESS` until the hook times out.
    NeverEnds,
}

/// How a hook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    Succeeded,
    Failed,
    NoStatus,
    NotInvocable,
    TimedOut,
}

impl Default for LambdaBehaviour {
    fn default() -> Self {
        Self::Succeeds { after: CALL }
    }
}

impl LambdaBehaviour {
    /// The outcome and the time from the first call to it; `None` if there is
    /// none before the timeout.
    pub(super) fn outcome(&self) -> Option<(Duration, Outcome)> {
        let (after, outcome) = match self {
            Self::Succeeds { after } => (*after, Outcome::Succeeded),
            Self::Fails { after } => (*after, Outcome::Failed),
            Self::InProgress { times, delay } => (
                CALL.saturating_add(*delay)
                    .saturating_mul(*times)
                    .saturating_add(CALL),
                Outcome::Succeeded,
            ),
            Self::NoStatus => (CALL, Outcome::NoStatus),
            Self::NotInvocable => (CALL, Outcome::NotInvocable),
            Self::NeverEnds => return None,
        };
        Some((after.min(LONGEST), outcome))
    }
}

/// Behaviours of the functions for which one was set.
pub(in crate::ecs) type Lambdas = Functions<LambdaBehaviour>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_asks_for_time_is_called_again_after_its_delay() {
        let delay = Duration::from_secs(30);
        let behaviour = LambdaBehaviour::InProgress { times: 2, delay };
        let expected = (Duration::from_secs(63), Outcome::Succeeded);
        assert_eq!(behaviour.outcome(), Some(expected));
        assert_eq!(LambdaBehaviour::NeverEnds.outcome(), None);
    }
}
