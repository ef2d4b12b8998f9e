//! Rate limit of CodePipeline: a token bucket that holds one second's calls and
//! refills continuously. AWS publishes no rate for CodePipeline; the error
//! beyond the limit is the one observed (docs/aws.md §1.3).

use std::num::NonZeroU32;

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::world::World;

/// The token bucket.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Bucket {
    left: f64,
    /// Time of the last refill; `None` means the bucket is full.
    filled: Option<Timestamp>,
}

/// Admits a call, if the rate limit allows it.
///
/// # Errors
///
/// `ThrottlingException` if the settings' rate is exceeded.
pub fn admit(world: &mut World) -> Result<(), ApiError> {
    let now = world.now();
    let codepipeline = &mut world.codepipeline;
    let Some(rate) = codepipeline.settings.calls_per_second else {
        return Ok(());
    };
    match codepipeline.bucket.take(rate, now) {
        true => Ok(()),
        false => Err(ApiError::new("ThrottlingException", "Rate exceeded")),
    }
}

impl Bucket {
    fn take(&mut self, rate: NonZeroU32, now: Timestamp) -> bool {
        let most = f64::from(rate.get());
        let passed = self.filled.map(|filled| {
            let passed = (now - filled).total(Unit::Second);
            passed.unwrap_or_default().max(0.0)
        });
        let flown = passed.map_or(most, |passed| passed * most);
        self.left = (self.left + flown).min(most);
        self.filled = Some(self.filled.map_or(now, |filled| filled.max(now)));
        let is_answered = self.left >= 1.0;
        if is_answered {
            self.left -= 1.0;
        }
        is_answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_calls_a_second_are_answered_and_no_more() {
        let mut bucket = Bucket::default();
        let rate = NonZeroU32::new(4).unwrap();
        let mut answered = |milliseconds| {
            let now = Timestamp::from_millisecond(milliseconds).unwrap();
            (0..10).filter(|_| bucket.take(rate, now)).count()
        };
        assert_eq!(answered(0), 4, "a burst of one second");
        assert_eq!(answered(249), 0);
        assert_eq!(answered(250), 1);
        assert_eq!(answered(1_000), 3);
        assert_eq!(answered(900), 0, "a clock that goes back gives nothing");
        assert_eq!(answered(60_000), 4, "no more is saved up");
    }
}
