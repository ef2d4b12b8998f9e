//! Checks at intervals whether an action was abandoned, in the background:
//! nothing about its deployment waits for the answer.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::{Timestamp, Unit};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, debug};

use super::{CHECK_INTERVAL, is_abandoned};
use crate::job::offer::Job;
use crate::ports::CallError;
use crate::worker::context::Context;

/// The checks of one job. Dropping it cancels the one in progress.
pub(in crate::worker) struct AbandonmentWatch {
    /// When it was last decided whether to check.
    decided: Timestamp,
    in_progress: Option<AbortOnDropHandle<Result<bool, CallError>>>,
    has_found: bool,
}

impl AbandonmentWatch {
    pub(in crate::worker) fn new(context: &Context) -> Self {
        // A check that was due since the last job's end is made now. One that was due
        // longer ago is left out: jobs follow each other closely.
        Self {
            decided: context.clock.now() - context.settings.tuning.poll_interval,
            in_progress: None,
            has_found: false,
        }
    }

    /// Starts a check if one is due. They are counted from the start of the
    /// rollout, `since`.
    pub(in crate::worker) fn check(&mut self, context: &Context, job: &Arc<Job>, since: Timestamp) {
        let now = context.clock.now();
        let every = interval(context);
        let nth = |moment: Timestamp| {
            let passed = (moment - since).total(Unit::Second).unwrap_or_default();
            (passed / every.as_secs_f64()).floor()
        };
        if nth(now) > nth(self.decided) && !self.has_found {
            self.in_progress.get_or_insert_with(|| {
                let (context, job) = (context.clone(), job.clone());
                let check = async move { is_abandoned(&context, &job).await };
                AbortOnDropHandle::new(tokio::spawn(check.in_current_span()))
            });
        }
        self.decided = now;
    }

    /// Takes the answer of a check that has ended. Whether the action was found
    /// abandoned, by this check or before.
    pub(in crate::worker) fn take_answer(&mut self) -> bool {
        let check = self.in_progress.as_mut();
        if let Some(answer) = check.and_then(FutureExt::now_or_never) {
            self.in_progress = None;
            match answer {
                Ok(Ok(abandoned)) => self.has_found = abandoned,
                Ok(Err(error)) => {
                    debug!(%error, "cannot tell whether the action was abandoned");
                }
                Err(problem) => {
                    debug!(%problem, "did not check whether the action was abandoned");
                }
            }
        }
        self.has_found
    }
}

/// The interval of the checks. While jobs watch longer because there are many,
/// it is two watch periods, which is what each job's share of the budget
/// allows.
fn interval(context: &Context) -> Duration {
    let watch = context.watch();
    if watch > context.settings.tuning.watch {
        CHECK_INTERVAL.max(watch * 2)
    } else {
        CHECK_INTERVAL
    }
}
