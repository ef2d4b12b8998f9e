//! Which of this worker's releases want a deployment group, so that the oldest
//! goes first also where several pipelines share the group.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;

use crate::job::Key;
use crate::job::offer::PipelineContext;
use crate::rollout::starting::COURTESY;

/// Application and deployment group.
type Group = (String, String);

/// The oldest first.
type Line = BTreeMap<(Timestamp, Key), Waiter>;

/// Who waits. One that has not been seen for as long as `COURTESY` does not:
/// another worker may have it.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    of_group: BTreeMap<Group, Line>,
    /// When those who do not wait any more were last taken out.
    swept: Timestamp,
}

#[derive(Debug)]
struct Waiter {
    execution: String,
    seen: Timestamp,
}

impl Waiters {
    /// A release that began at `since` wants the group, until it says that it
    /// does no more.
    pub(super) fn wait(
        &self,
        group: (&str, &str),
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
        let mut lines = self.lines();
        let line = lines.of_group.entry(named(group)).or_default();
        line.insert((since, key.clone()), waiter);
        if now >= lines.swept + COURTESY {
            lines.sweep(now);
        }
    }

    /// The release has its deployment, or will never have one.
    pub(super) fn leave(&self, (since, key): (Timestamp, &Key)) {
        let place = (since, key.clone());
        self.lines().of_group.retain(|_, line| {
            line.remove(&place);
            !line.is_empty()
        });
    }

    /// The execution that has waited longest and still does, if it began
    /// before `since`.
    pub(super) fn older(
        &self,
        group: (&str, &str),
        since: Timestamp,
        now: Timestamp,
    ) -> Option<String> {
        let lines = self.lines();
        let mut line = lines.of_group.get(&named(group))?.iter();
        let ((began, _), oldest) = line.find(|(_, waiter)| waiter.waits(now))?;
        (*began < since).then(|| oldest.execution.clone())
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().expect("nobody panics with the lock")
    }
}

impl Lines {
    fn sweep(&mut self, now: Timestamp) {
        self.of_group.retain(|_, line| {
            line.retain(|_, waiter| waiter.waits(now));
            !line.is_empty()
        });
        self.swept = now;
    }
}

impl Waiter {
    fn waits(&self, now: Timestamp) -> bool {
        now < self.seen + COURTESY
    }
}

fn named((application, group): (&str, &str)) -> Group {
    (application.to_owned(), group.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: (&str, &str) = ("shop", "web");

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
        let waiters = Waiters::default();
        let (first, second) = (Key::new("1"), Key::new("2"));
        waiters.wait(GROUP, (at(20), &second), &context("second"), at(100));
        waiters.wait(GROUP, (at(10), &first), &context("first"), at(100));
        let older = |since, now| waiters.older(GROUP, at(since), at(now));
        assert_eq!(older(20, 101).as_deref(), Some("first"));
        assert_eq!(waiters.older(("shop", "api"), at(20), at(101)), None);
        // Its turn has come, and it still has to make its deployment.
        assert_eq!(older(10, 102), None);
        assert_eq!(older(20, 103).as_deref(), Some("first"));
        waiters.leave((at(10), &first));
        assert_eq!(older(20, 104), None);
    }

    #[test]
    fn who_is_not_seen_any_more_is_not_waited_for() {
        let waiters = Waiters::default();
        waiters.wait(GROUP, (at(10), &Key::new("1")), &context("first"), at(100));
        let last = at(100) + COURTESY;
        let older = |now| waiters.older(GROUP, at(20), now);
        assert!(older(last - std::time::Duration::from_secs(1)).is_some());
        assert_eq!(older(last), None);
        // Whoever comes to any group later finds nothing left behind.
        let elsewhere = (at(200), &Key::new("2"));
        waiters.wait(("shop", "api"), elsewhere, &context("second"), last);
        waiters.leave(elsewhere);
        assert!(waiters.lines().of_group.is_empty());
    }
}
