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

/// Where releases wait.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::worker) struct Place {
    /// The target's account, if that is not the worker's.
    pub(in crate::worker) account: Option<String>,
    pub(in crate::worker) target: DeployTarget,
}

#[derive(Debug, Default)]
struct Queues {
    of_place: BTreeMap<Place, Queue>,
    /// When expired entries were last removed.
    swept: Timestamp,
}

#[derive(Debug)]
struct Waiter {
    execution: String,
    /// Pipeline, stage and action.
    action: [String; 3],
    seen: Timestamp,
}

/// Who is first in a queue, as the release that asks sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::worker) enum First {
    /// The release itself, or one that began later.
    Oneself,
    /// This execution of the same action. Which of them goes first is for
    /// CodePipeline to say.
    SameAction(String),
    /// This execution of another action.
    Other(String),
}

impl WaitQueue {
    /// Adds a release that began at `since` to the queue of its place, or refreshes
    /// it.
    pub(in crate::worker) fn join(
        &self,
        place: Place,
        (since, key): (Timestamp, &Key),
        pipeline: &PipelineContext,
        now: Timestamp,
    ) {
        let execution = pipeline.pipeline_execution.clone();
        let execution = execution.unwrap_or_else(|| key.to_string());
        let waiter = Waiter {
            execution,
            action: action(pipeline),
            seen: now,
        };
        let mut queues = self.queues();
        let queue = queues.of_place.entry(place).or_default();
        queue.insert((since, key.clone()), waiter);
        if now >= queues.swept + GRACE_PERIOD {
            queues.sweep(now);
        }
    }

    /// Removes a release that has its deployment or will never have one.
    pub(in crate::worker) fn leave(&self, (since, key): (Timestamp, &Key)) {
        let release = (since, key.clone());
        self.queues().of_place.retain(|_, queue| {
            queue.remove(&release);
            !queue.is_empty()
        });
    }

    /// Who is first in the queue of a place, for a release of `pipeline` that began
    /// at `since`.
    pub(in crate::worker) fn first(
        &self,
        place: &Place,
        since: Timestamp,
        pipeline: &PipelineContext,
        now: Timestamp,
    ) -> First {
        let queues = self.queues();
        let queue = queues.of_place.get(place).into_iter().flatten();
        let mut waiters = queue.filter(|(_, waiter)| waiter.waits(now));
        match waiters.next() {
            Some(((began, _), first)) if *began < since => {
                let execution = first.execution.clone();
                match first.action == action(pipeline) {
                    true => First::SameAction(execution),
                    false => First::Other(execution),
                }
            }
            Some(_) | None => First::Oneself,
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock()
    }
}

impl Queues {
    fn sweep(&mut self, now: Timestamp) {
        self.of_place.retain(|_, queue| {
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

fn action(pipeline: &PipelineContext) -> [String; 3] {
    [&pipeline.pipeline, &pipeline.stage, &pipeline.action].map(String::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> Place {
        Place {
            account: None,
            target: DeployTarget::group("shop", name),
        }
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
        wait_queue.join(group("web"), (at(20), &second), &context("second"), at(100));
        wait_queue.join(group("web"), (at(10), &first), &context("first"), at(100));
        let asked = |name, since, now, pipeline: &str| {
            let pipeline = PipelineContext {
                pipeline: pipeline.into(),
                ..context("asks")
            };
            wait_queue.first(&group(name), at(since), &pipeline, at(now))
        };
        assert_eq!(asked("web", 20, 101, "other"), First::Other("first".into()));
        assert_eq!(asked("web", 20, 101, ""), First::SameAction("first".into()));
        assert_eq!(asked("api", 20, 101, "other"), First::Oneself);
        // Its turn has come, but it has not created its deployment yet.
        assert_eq!(asked("web", 10, 102, "other"), First::Oneself);
        assert_eq!(asked("web", 20, 103, "other"), First::Other("first".into()));
        wait_queue.leave((at(10), &first));
        assert_eq!(asked("web", 20, 104, "other"), First::Oneself);
    }

    #[test]
    fn groups_of_one_name_in_two_accounts_have_two_queues() {
        let wait_queue = WaitQueue::default();
        let first = (at(10), &Key::new("1"));
        wait_queue.join(group("web"), first, &context("first"), at(100));
        let asked = |account: Option<&str>| {
            let place = Place {
                account: account.map(str::to_owned),
                ..group("web")
            };
            wait_queue.first(&place, at(20), &context("asks"), at(101))
        };
        assert_ne!(asked(None), First::Oneself);
        assert_eq!(asked(Some("444455556666")), First::Oneself);
    }

    #[test]
    fn who_is_not_seen_any_more_is_not_waited_for() {
        let wait_queue = WaitQueue::default();
        wait_queue.join(
            group("web"),
            (at(10), &Key::new("1")),
            &context("first"),
            at(100),
        );
        let last = at(100) + GRACE_PERIOD;
        let first = |now| wait_queue.first(&group("web"), at(20), &context("asks"), now);
        assert_ne!(
            first(last - std::time::Duration::from_secs(1)),
            First::Oneself
        );
        assert_eq!(first(last), First::Oneself);
        // A later wait for any group removes expired entries.
        let elsewhere = (at(200), &Key::new("2"));
        wait_queue.join(group("api"), elsewhere, &context("second"), last);
        wait_queue.leave(elsewhere);
        assert!(wait_queue.queues().of_place.is_empty());
    }
}
