//! Whether the worker is alive, which it is while its poll loop runs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use metrics::{counter, gauge};
use parking_lot::{Mutex, MutexGuard};

use crate::job::ActionVersion;
use crate::ports::CallError;

/// How much longer than its interval a poll may take before the worker counts
/// as stuck: longer than any call with all its retries.
const GRACE: Duration = Duration::from_secs(150);

/// Stands for a time that has not come yet.
const NEVER: i64 = i64::MIN;

/// The state behind the health endpoint.
#[derive(Debug)]
pub struct Health {
    /// When the poll loop last ran, in milliseconds since 1970.
    polled: AtomicI64,
    /// When CodePipeline last answered a poll, likewise.
    answered: AtomicI64,
    /// The versions of the action type whose last poll failed, with its error.
    failures: Mutex<BTreeMap<ActionVersion, String>>,
    /// Why the last job that was offered could not be taken.
    not_taken: Mutex<Option<String>>,
    jobs: AtomicUsize,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            polled: AtomicI64::new(NEVER),
            answered: AtomicI64::new(NEVER),
            failures: Mutex::default(),
            not_taken: Mutex::default(),
            jobs: AtomicUsize::new(0),
        }
    }
}

impl Health {
    pub(super) fn polled(&self, now: Timestamp) {
        self.polled.store(now.as_millisecond(), Ordering::Relaxed);
    }

    /// Notes that CodePipeline answered a poll for this version with jobs.
    pub(super) fn answered(&self, version: &ActionVersion, now: Timestamp) {
        counter!("bluegreen_polls_total").increment(1);
        self.answered.store(now.as_millisecond(), Ordering::Relaxed);
        self.failures().remove(version);
    }

    /// Notes the error of a poll for this version.
    pub(super) fn failed(&self, version: &ActionVersion, error: &CallError) {
        self.failures().insert(version.clone(), error.to_string());
    }

    /// Notes that a job was offered that this worker cannot take, although
    /// another one may.
    pub(super) fn cannot_take(&self, why: String) {
        *self.not_taken.lock() = Some(why);
    }

    /// Notes that offered jobs can be taken.
    pub(super) fn can_take(&self) {
        *self.not_taken.lock() = None;
    }

    /// Why the worker can take no jobs.
    #[must_use]
    pub fn not_taken(&self) -> Option<String> {
        self.not_taken.lock().clone()
    }

    fn failures(&self) -> MutexGuard<'_, BTreeMap<ActionVersion, String>> {
        self.failures.lock()
    }

    /// The errors of the last polls that failed, at most one for each version
    /// of the action type: the call, the error's code and its message.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let failures = self.failures();
        let all: Vec<&str> = failures.values().map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    pub(super) fn set_jobs(&self, count: usize) {
        self.jobs.store(count, Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "there are at most ten thousand")]
        gauge!("bluegreen_jobs_in_progress").set(count as f64);
    }

    /// Jobs in progress.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Whether the poll loop runs, given its interval.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp, poll_interval: Duration) -> bool {
        within(&self.polled, now, poll_interval + GRACE)
    }

    /// Whether offered jobs can be taken and CodePipeline answers the polls. A
    /// worker without a free slot does not poll; then the last poll counts, however
    /// long ago it was.
    #[must_use]
    pub fn is_ready(&self, now: Timestamp, poll_interval: Duration, polls: bool) -> bool {
        let answers = match polls {
            true => within(&self.answered, now, poll_interval + GRACE),
            false => self.answered.load(Ordering::Relaxed) != NEVER && self.failures().is_empty(),
        };
        answers && self.not_taken.lock().is_none()
    }
}

fn within(moment: &AtomicI64, now: Timestamp, limit: Duration) -> bool {
    let then = moment.load(Ordering::Relaxed);
    then != NEVER
        && u128::try_from(now.as_millisecond().saturating_sub(then))
            .map_or(true, |passed| passed <= limit.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Engine;
    use crate::ports::CallErrorKind;

    #[test]
    fn a_worker_lives_as_long_as_its_loop_turns() {
        let health = Health::default();
        let start = Timestamp::UNIX_EPOCH;
        let interval = Duration::from_secs(5);
        assert!(!health.is_alive(start, interval), "has not begun");
        health.polled(start);
        let edge = start + interval + GRACE;
        assert!(health.is_alive(edge, interval));
        assert!(!health.is_alive(edge + Duration::from_millis(1), interval));
        assert!(!health.is_ready(start, interval, true), "nobody answered");
        health.answered(&Engine::Ecs.into(), start);
        assert!(health.is_ready(start, interval, true));
    }

    #[test]
    fn a_worker_whose_slots_are_all_in_use_stays_ready() {
        let health = Health::default();
        let (start, interval) = (Timestamp::UNIX_EPOCH, Duration::from_secs(5));
        assert!(!health.is_ready(start, interval, false), "not polled yet");
        health.answered(&Engine::Ecs.into(), start);
        let later = start + Duration::from_secs(3_600);
        assert!(health.is_ready(later, interval, false));
        assert!(
            !health.is_ready(later, interval, true),
            "it should have polled"
        );
        let cut = CallError::new(
            "codepipeline:PollForJobs",
            CallErrorKind::Unclear,
            "Cut",
            "",
        );
        health.failed(&Engine::Ecs.into(), &cut);
        assert!(!health.is_ready(later, interval, false));
    }

    #[test]
    fn what_codepipeline_answered_is_kept_until_it_answers_with_jobs() {
        let health = Health::default();
        assert_eq!(health.failure(), None);
        let denied = CallError::new(
            "codepipeline:PollForJobs",
            CallErrorKind::Denied,
            "AccessDeniedException",
            "not authorized",
        );
        health.failed(&Engine::CodeDeploy.into(), &denied);
        // The other version's answers say nothing about this one.
        health.answered(&Engine::Ecs.into(), Timestamp::UNIX_EPOCH);
        let failure = "codepipeline:PollForJobs failed: AccessDeniedException: not authorized";
        assert_eq!(health.failure().as_deref(), Some(failure));
        health.answered(&Engine::CodeDeploy.into(), Timestamp::UNIX_EPOCH);
        assert_eq!(health.failure(), None);
    }
}
