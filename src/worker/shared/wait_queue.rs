//! The releases of this worker that wait for each deployment group or service,
//! so that the oldest goes first even if several pipelines share it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

use crate::job::offer::PipelineContext;
use crate::job::{DeployTarget, Key};
use crate::rollout::starting::GRACE_PERIOD;

/// Waiting releases, the oldest first.
type Queue = BTreeMap<(Timestamp, Key), Waiter>;

/// The waiting releases. One that has not been seen for `GRACE_PERIOD` no
/// longer counts: another worker may have its job.
#[derive(Debug, Default)]
pub(in crate::worker) struct WaitQueue(Mutex<Queues>);

#[derive(Debug, Default)]
struct Queues {
    of_target: BTreeMap<DeployTarget, Queue>,
    /// When expired entries were last removed.
    swept: Timestamp,
}

#[derive(Debug)]
struct Waiter {
    execution: String,
    seen: Timestamp,
}

impl WaitQueue {
    /// Adds a release that began at `since` to the target's queue, or refreshes
    /// it.
    pub(in crate::worker) fn wait(
        &self,
        target: &DeployTarget,
        (since, key): (Timestamp, &Key),
        pipeline: &PipelineContext,
        now: Timestamp,
    ) {
        let execution = pipeline.pipeline_execution.clone();
        let execution = execution.unwrap_or_else(|| key.to_string());
        let waiter = Waiter {
            execution,
            seen: now,
        };
        let mut queues = self.queues();
        let queue = queues.of_target.entry(target.clone()).or_default();
        queue.insert((since, key.clone()), waiter);
        if now >= queues.swept + GRACE_PERIOD {
            queues.sweep(now);
        }
    }

    /// Removes a release that has its deployment or will never have one.
    pub(in crate::worker) fn leave(&self, (since, key): (Timestamp, &Key)) {
        let place = (since, key.clone());
        self.queues().of_target.retain(|_, queue| {
            queue.remove(&place);
            !queue.is_empty()
        });
    }

    /// The execution that is first in the queue, if it began before `since`.
    pub(in crate::worker) fn older(
        &self,
        target: &DeployTarget,
        since: Timestamp,
        now: Timestamp,
    ) -> Option<String> {
        let queues = self.queues();
        let mut queue = queues.of_target.get(target)?.iter();
        let ((began, _), oldest) = queue.find(|(_, waiter)| waiter.waits(now))?;
        (*began < since).then(|| oldest.execution.clone())
    }

    /// Whether the execution waits for the target.
    pub(in crate::worker) fn has(
        &self,
        target: &DeployTarget,
        execution: &str,
        now: Timestamp,
    ) -> bool {
        let queues = self.queues();
        let mut waiters = queues.of_target.get(target).into_iter().flatten();
        waiters.any(|(_, waiter)| waiter.execution == execution && waiter.waits(now))
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock()
    }
}

impl Queues {
    fn sweep(&mut self, now: Timestamp) {
        self.of_target.retain(|_, queue| {
            queue.retain(|_, waiter| waiter.waits(now));
            !queue.is_empty()
        });
        self.swept = now;
    }
}

impl Waiter {
    fn waits(&self, now: Timestamp) -> bool {
        now < self.seen + GRACE_PERIOD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> DeployTarget {
        DeployTarget::group("shop", name)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn context(execution: &str) -> PipelineContext {
        PipelineContext {
            pipeline_execution: Some(execution.into()),
            ..PipelineContext::default()
        }
    }

    #[test]
    fn the_oldest_that_still_waits_goes_first() {
        let wait_queue = WaitQueue::default();
        let (first, second) = (Key::new("1"), Key::new("2"));
        wait_queue.wait(
            &group("web"),
            (at(20), &second),
            &context("second"),
            at(100),
        );
        wait_queue.wait(&group("web"), (at(10), &first), &context("first"), at(100));
        let older = |since, now| wait_queue.older(&group("web"), at(since), at(now));
        assert_eq!(older(20, 101).as_deref(), Some("first"));
        assert_eq!(wait_queue.older(&group("api"), at(20), at(101)), None);
        // Its turn has come, but it has not created its deployment yet.
        assert_eq!(older(10, 102), None);
        assert_eq!(older(20, 103).as_deref(), Some("first"));
        let waits = |group_name| wait_queue.has(&group(group_name), "first", at(104));
        assert!(waits("web") && !waits("api"));
        wait_queue.leave((at(10), &first));
        assert!(!waits("web"));
        assert_eq!(older(20, 104), None);
    }

    #[test]
    fn who_is_not_seen_any_more_is_not_waited_for() {
        let wait_queue = WaitQueue::default();
        wait_queue.wait(
            &group("web"),
            (at(10), &Key::new("1")),
            &context("first"),
            at(100),
        );
        let last = at(100) + GRACE_PERIOD;
        let older = |now| wait_queue.older(&group("web"), at(20), now);
        assert!(older(last - std::time::Duration::from_secs(1)).is_some());
        assert_eq!(older(last), None);
        // A later wait for any group removes expired entries.
        let elsewhere = (at(200), &Key::new("2"));
        wait_queue.wait(&group("api"), elsewhere, &context("second"), last);
        wait_queue.leave(elsewhere);
        assert!(wait_queue.queues().of_target.is_empty());
    }
}
