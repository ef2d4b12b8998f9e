//! Which of this worker's releases wait for a deployment group, so that the
//! oldest goes first also where several pipelines share the group.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::Timestamp;

use crate::job::Key;
use crate::job::offer::PipelineContext;
use crate::rollout::starting::COURTESY;

/// Application and deployment group.
type Group = (String, String);

/// The oldest first.
type Line = BTreeMap<(Timestamp, Key), Waiter>;

/// Who waits. One that has not been seen for as long as `COURTESY` does not.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<BTreeMap<Group, Line>>);

#[derive(Debug)]
struct Waiter {
    execution: String,
    seen: Timestamp,
}

impl Waiters {
    /// A release that began at `since` waits for the group.
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
        let mut groups = self.0.lock().expect("nobody panics with the lock");
        let group = (group.0.to_owned(), group.1.to_owned());
        let line = groups.entry(group).or_default();
        line.insert((since, key.clone()), waiter);
    }

    /// The release waits no longer, whatever becomes of it. Answers the
    /// execution that has waited longest and still does, if it began earlier.
    pub(super) fn older(
        &self,
        group: (&str, &str),
        (since, key): (Timestamp, &Key),
        now: Timestamp,
    ) -> Option<String> {
        let mut groups = self.0.lock().expect("nobody panics with the lock");
        let group = (group.0.to_owned(), group.1.to_owned());
        let line = groups.get_mut(&group)?;
        line.retain(|_, waiter| now < waiter.seen + COURTESY);
        line.remove(&(since, key.clone()));
        let older = line
            .first_key_value()
            .filter(|((began, _), _)| *began < since);
        let older = older.map(|(_, waiter)| waiter.execution.clone());
        if line.is_empty() {
            groups.remove(&group);
        }
        older
    }
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
        let older = waiters.older(GROUP, (at(20), &second), at(101));
        assert_eq!(older.as_deref(), Some("first"));
        assert_eq!(
            waiters.older(("shop", "api"), (at(20), &second), at(101)),
            None
        );
        assert_eq!(waiters.older(GROUP, (at(10), &first), at(102)), None);
        assert_eq!(waiters.older(GROUP, (at(20), &second), at(103)), None);
    }

    #[test]
    fn who_is_not_seen_any_more_is_not_waited_for() {
        let waiters = Waiters::default();
        let (first, second) = (Key::new("1"), Key::new("2"));
        waiters.wait(GROUP, (at(10), &first), &context("first"), at(100));
        let last = at(100) + COURTESY;
        let older = |now| waiters.older(GROUP, (at(20), &second), now);
        assert!(older(last - std::time::Duration::from_secs(1)).is_some());
        assert_eq!(older(last), None);
        assert!(
            waiters.0.lock().unwrap().is_empty(),
            "nothing is left behind"
        );
    }
}
