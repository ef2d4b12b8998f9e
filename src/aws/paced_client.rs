//! A client whose calls share one rate once the service throttles them.
//!
//! AWS publishes no rate for CodeDeploy, and a report has reads throttled at
//! about 41 calls per minute (docs/aws.md §5.4). If forty jobs repeat their
//! throttled calls each by itself, most calls are throttled, and a job that
//! needs several answers in a row does not get them. So no call waits until one
//! is throttled. From then on all calls wait for their turn, in the order in
//! which they are made, at a rate that adapts ([`CallRate`]).
//!
//! A throttled call had no effect, so it is made again in its next turn. A job
//! has few calls in progress, so a call waits for a few calls of each job at
//! most. It waits before the SDK's timeouts begin.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use clock::{Clock, Mark};
use parking_lot::Mutex;

use super::error::kind;
use crate::call_rate::CallRate;
use crate::ports::CallErrorKind;

/// The highest rate after throttling, in calls per second: what a worker with
/// hundreds of deployments can need.
const MAX_RATE: f64 = 40.0;

/// How often a throttled call is made. After that the job decides.
const ATTEMPTS: u32 = 5;

/// The client. Clones share the rate, so a worker has one for each role with
/// which it calls the service.
#[derive(Clone, Debug)]
pub(super) struct PacedClient<C> {
    client: C,
    clock: Clock,
    /// The origin of the times in `turns`.
    begun: Mark,
    turns: Arc<Mutex<Turns>>,
}

#[derive(Debug, Default)]
struct Turns {
    /// `None` until a call is throttled.
    rate: Option<CallRate>,
    /// When the next call may be made.
    next: Duration,
}

/// When a call may be made, and what its answer says about the rate.
struct Turn {
    wait: Duration,
    decreases: u64,
}

impl<C> PacedClient<C> {
    /// The SDK must not repeat throttled calls of `client`.
    pub(super) fn new(client: C, clock: Clock) -> Self {
        Self {
            client,
            begun: clock.mark(),
            clock,
            turns: Arc::default(),
        }
    }

    /// Makes a call in its turn, and once more if it is throttled.
    ///
    /// # Errors
    ///
    /// Those of the call; if it is throttled, after [`ATTEMPTS`].
    pub(super) async fn call<T, E, F>(
        &self,
        send: impl Fn(&C) -> F,
    ) -> Result<T, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut attempts = 1;
        loop {
            let turn = self.turns.lock().take(self.clock.since(&self.begun));
            if !turn.wait.is_zero() {
                self.clock.sleep(turn.wait).await;
            }
            let answer = send(&self.client).await;
            let kind = answer.as_ref().err().map(kind);
            self.turns.lock().learn(kind, &turn);
            if kind != Some(CallErrorKind::Throttled) || attempts == ATTEMPTS {
                return answer;
            }
            attempts += 1;
        }
    }
}

impl Turns {
    fn take(&mut self, now: Duration) -> Turn {
        let Some(rate) = &self.rate else {
            return Turn {
                wait: Duration::ZERO,
                decreases: 0,
            };
        };
        let at = self.next.max(now);
        self.next = at + rate.interval();
        Turn {
            wait: at - now,
            decreases: rate.decreases(),
        }
    }

    fn learn(&mut self, error: Option<CallErrorKind>, turn: &Turn) {
        match error {
            Some(CallErrorKind::Throttled) => {
                let rate = self.rate.get_or_insert_with(|| CallRate::new(MAX_RATE));
                rate.lower(turn.decreases);
            }
            None | Some(CallErrorKind::Denied | CallErrorKind::Refused) => {
                if let Some(rate) = self.rate.as_mut().filter(|_| !turn.wait.is_zero()) {
                    rate.raise();
                }
            }
            // Unknown whether the service received it.
            Some(CallErrorKind::Unclear | CallErrorKind::Unreachable) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn nothing_waits_until_a_call_is_throttled() {
        let mut turns = Turns::default();
        for _ in 0..100 {
            let turn = turns.take(SECOND);
            assert_eq!(turn.wait, Duration::ZERO);
            turns.learn(None, &turn);
        }
        let turn = turns.take(SECOND);
        turns.learn(Some(CallErrorKind::Throttled), &turn);
        let waits: Vec<Duration> = (0..3).map(|_| turns.take(SECOND).wait).collect();
        let interval = Duration::from_millis(400);
        assert_eq!(waits, [Duration::ZERO, interval, 2 * interval]);
    }

    #[test]
    fn calls_that_were_made_at_one_rate_lower_it_once() {
        let mut turns = Turns::default();
        let first: Vec<Turn> = (0..40).map(|_| turns.take(SECOND)).collect();
        for turn in &first {
            turns.learn(Some(CallErrorKind::Throttled), turn);
        }
        assert_eq!(turns.rate.as_ref().map(CallRate::get), Some(2.5));
        let later = turns.take(SECOND);
        turns.learn(Some(CallErrorKind::Throttled), &later);
        assert_eq!(turns.rate.as_ref().map(CallRate::get), Some(1.25));
    }

    #[test]
    fn only_answers_to_calls_that_waited_raise_the_rate() {
        let mut turns = Turns::default();
        let turn = turns.take(SECOND);
        turns.learn(Some(CallErrorKind::Throttled), &turn);
        let at_once = turns.take(SECOND);
        turns.learn(None, &at_once);
        assert_eq!(turns.rate.as_ref().map(CallRate::get), Some(2.5));
        let waited = turns.take(SECOND);
        turns.learn(Some(CallErrorKind::Unclear), &waited);
        assert_eq!(turns.rate.as_ref().map(CallRate::get), Some(2.5));
        turns.learn(None, &waited);
        assert!(turns.rate.as_ref().is_some_and(|rate| rate.get() > 2.5));
    }
}
