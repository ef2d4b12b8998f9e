//! The releases in flight and how recent ones ended, for the status page.

use std::collections::VecDeque;

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

use crate::job::Key;
use crate::job::action_type::deployment_link;
use crate::job::offer::Job;
use crate::job::report::{FailureType, Report};
use crate::rollout::step::{Rollout, Step};
use crate::worker::job_state::JobState;

/// Releases to show; beyond this, the oldest that are not in flight are
/// forgotten.
const MAX_RELEASES: usize = 100;

/// The status of a release. Its texts are those of the pipeline's summary,
/// which contain no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseStatus {
    pub key: Key,
    pub pipeline: String,
    pub stage: String,
    pub action: String,
    /// When this worker started it.
    pub since: Timestamp,
    /// When its latest job on this worker ended.
    pub until: Option<Timestamp>,
    pub state: ReleaseState,
    /// The name of its current step.
    pub step: &'static str,
    pub summary: String,
    pub percent: u8,
    pub deployment: Option<String>,
    /// The deployment's page in the AWS console.
    pub link: Option<String>,
}

/// Whether this worker has the release, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseState {
    InHand,
    /// Handed back with a token; the worker that claims the next job continues.
    HandedBack,
    /// The lease was lost; another worker continues.
    LeaseLost,
    /// The pipeline closed the job before it was reported, or the report failed.
    Closed,
    Succeeded,
    /// With the message that the pipeline shows.
    Failed(FailureType, String),
}

/// The releases, the latest started first.
#[derive(Debug, Default)]
pub(in crate::worker) struct ReleaseRegistry(Mutex<VecDeque<Entry>>);

#[derive(Clone, Debug)]
struct Entry {
    release: ReleaseStatus,
    state: JobState,
    /// The summary that a success was reported with.
    success_summary: Option<String>,
}

impl ReleaseRegistry {
    /// Shows a release as in flight.
    pub(in crate::worker) fn add(&self, job: &Job, state: &JobState, now: Timestamp) {
        let key = job.key();
        let mut entries = self.entries();
        let known = entries.iter().position(|entry| entry.release.key == key);
        let known = known.and_then(|index| entries.remove(index));
        let since = known.as_ref().map_or(now, |entry| entry.release.since);
        if let Some(facts) = known.and_then(|entry| entry.state.facts()) {
            state.change_facts(|new| *new = facts);
        }
        let pipeline = &job.data.pipeline;
        let release = ReleaseStatus {
            key,
            pipeline: pipeline.pipeline.clone(),
            stage: pipeline.stage.clone(),
            action: pipeline.action.clone(),
            since,
            until: None,
            state: ReleaseState::InHand,
            step: "",
            summary: String::new(),
            percent: 0,
            deployment: None,
            link: None,
        };
        let state = state.clone();
        let entry = Entry {
            release,
            state,
            success_summary: None,
        };
        entries.push_front(entry);
        while entries.len() > MAX_RELEASES {
            let is_free = |entry: &Entry| entry.release.state != ReleaseState::InHand;
            let Some(oldest) = entries.iter().rposition(is_free) else {
                break;
            };
            entries.remove(oldest);
        }
    }

    /// The state of a release that is in flight or ended recently.
    pub(in crate::worker) fn state(&self, job: &Job) -> Option<JobState> {
        let key = job.key();
        let entries = self.entries();
        let entry = entries.iter().find(|entry| entry.release.key == key);
        entry.map(|entry| entry.state.clone())
    }

    /// Shows the result that CodePipeline accepted.
    pub(in crate::worker) fn settle(&self, job: &Job, report: &Report, now: Timestamp) {
        self.end(job, now, |entry| match report {
            Report::Continue(_) => ReleaseState::HandedBack,
            Report::Success(success) => {
                entry.success_summary = Some(success.summary.clone());
                ReleaseState::Succeeded
            }
            Report::Failure(failure) => ReleaseState::Failed(failure.kind, failure.message.clone()),
        });
    }

    /// Shows that the pipeline closed the job.
    pub(in crate::worker) fn close(&self, job: &Job, now: Timestamp) {
        self.end(job, now, |_| ReleaseState::Closed);
    }

    /// Shows that another worker has the job.
    pub(in crate::worker) fn lose(&self, job: &Job, now: Timestamp) {
        self.end(job, now, |_| ReleaseState::LeaseLost);
    }

    fn end(&self, job: &Job, now: Timestamp, state: impl FnOnce(&mut Entry) -> ReleaseState) {
        let key = job.key();
        let mut entries = self.entries();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.release.key == key) {
            entry.release.until = Some(now);
            entry.release.state = state(entry);
        }
    }

    pub(in crate::worker) fn releases(&self) -> Vec<ReleaseStatus> {
        let entries = self.entries();
        entries.iter().map(Entry::shown).collect()
    }

    /// Deployments that jobs are following now.
    pub(in crate::worker) fn deployments_in_flight(&self) -> usize {
        let entries = self.entries();
        let is_followed = |entry: &&Entry| {
            entry.release.state == ReleaseState::InHand
                && entry.state.rollout().deployment().is_some()
        };
        entries.iter().filter(is_followed).count()
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock()
    }
}

impl Entry {
    fn shown(&self) -> ReleaseStatus {
        let progress = self.state.hand_back();
        let rollout = self.state.rollout();
        let has_succeeded = self.release.state == ReleaseState::Succeeded;
        ReleaseStatus {
            link: link(&rollout),
            step: rollout.step.name(),
            summary: self.success_summary.clone().unwrap_or(progress.summary),
            percent: if has_succeeded { 100 } else { progress.percent },
            deployment: progress.deployment.map(|id| id.to_string()),
            ..self.release.clone()
        }
    }
}

/// The page that the pipeline's own link opens.
fn link(rollout: &Rollout) -> Option<String> {
    let deploying = match &rollout.step {
        Step::Starting | Step::Registered(_) => return None,
        Step::Deploying(deploying) => deploying,
        Step::RollingBack(rolling_back) => &rolling_back.deploying,
    };
    deployment_link(&deploying.release.task_definition, &deploying.deployment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::continuation_token::Token;
    use crate::job::offer::{JobData, PipelineContext};
    use crate::job::report::{FailureReport, Progress, Success};
    use crate::job::{JobId, Nonce};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn job(id: &str) -> Job {
        Job {
            id: JobId::new(id),
            nonce: Nonce::new("3"),
            account: "111122223333".into(),
            data: JobData {
                pipeline: PipelineContext {
                    action_execution: Some(id.into()),
                    ..PipelineContext::default()
                },
                configuration: [("Secret".to_owned(), "hidden".to_owned())].into(),
                artifacts: Vec::new(),
                credentials: None,
                token: None,
            },
        }
    }

    fn put(releases: &ReleaseRegistry, id: &str) {
        releases.add(&job(id), &JobState::new(Rollout::new(NOW)), NOW);
    }

    fn shown(releases: &ReleaseRegistry, id: &str) -> Option<ReleaseStatus> {
        let mut releases = releases.releases().into_iter();
        releases.find(|release| release.key == job(id).key())
    }

    fn failure(message: &str) -> Report {
        Report::Failure(FailureReport {
            kind: FailureType::JobFailed,
            message: message.into(),
            deployment: None,
        })
    }

    #[test]
    fn how_a_release_ended_is_shown_in_the_pipelines_words() {
        let (releases, later) = (
            ReleaseRegistry::default(),
            NOW + std::time::Duration::from_secs(9),
        );
        put(&releases, "a");
        let in_hand = shown(&releases, "a").expect("it is in hand");
        assert_eq!((in_hand.state, in_hand.until), (ReleaseState::InHand, None));

        releases.settle(&job("a"), &failure("The hook failed.\nWhat to do"), later);
        let failed = shown(&releases, "a").expect("it was in hand");
        let words = "The hook failed.\nWhat to do".to_owned();
        assert_eq!(
            failed.state,
            ReleaseState::Failed(FailureType::JobFailed, words)
        );
        assert_eq!(failed.until, Some(later));

        put(&releases, "b");
        let success = Success {
            summary: "webapp:2 is live".into(),
            deployment: None,
            variables: [].into(),
        };
        releases.settle(&job("b"), &Report::Success(success), later);
        let live = shown(&releases, "b").expect("it was in hand");
        assert_eq!((live.state, live.percent), (ReleaseState::Succeeded, 100));
        assert_eq!(live.summary, "webapp:2 is live");

        put(&releases, "c");
        releases.lose(&job("c"), later);
        let lost = shown(&releases, "c").expect("it was in hand");
        assert_eq!(
            (lost.state, lost.until),
            (ReleaseState::LeaseLost, Some(later))
        );
    }

    #[test]
    fn a_release_that_comes_back_is_one_and_the_same() {
        let (releases, later) = (
            ReleaseRegistry::default(),
            NOW + std::time::Duration::from_secs(9),
        );
        put(&releases, "a");
        let progress = Progress {
            token: Token("t".into()),
            summary: String::new(),
            percent: 3,
            deployment: None,
        };
        releases.settle(&job("a"), &Report::Continue(progress), later);
        let between = shown(&releases, "a").expect("it was in hand");
        assert_eq!(between.state, ReleaseState::HandedBack);
        releases.add(&job("a"), &JobState::new(Rollout::new(later)), later);
        assert_eq!(releases.releases().len(), 1);
        let again = shown(&releases, "a").expect("it is in hand");
        assert_eq!((again.since, again.until), (NOW, None));
    }

    #[test]
    fn the_oldest_that_are_not_in_hand_are_forgotten() {
        let releases = ReleaseRegistry::default();
        for index in 0..=MAX_RELEASES {
            put(&releases, &index.to_string());
        }
        // A release in flight is never forgotten.
        assert_eq!(releases.releases().len(), MAX_RELEASES + 1);
        releases.settle(&job("1"), &failure("m"), NOW);
        put(&releases, "next");
        assert_eq!(releases.releases().len(), MAX_RELEASES + 1);
        assert_eq!(shown(&releases, "1"), None);
        assert!(shown(&releases, "0").is_some());
    }
}
