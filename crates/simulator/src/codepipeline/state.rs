//! State of CodePipeline: action types, executions, actions and jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pipelines::Pipeline;
use super::{ActionType, ActionTypeId};
use crate::token_bucket::TokenBucket;

/// Time limit of a custom action in total (docs/aws.md §1.3).
pub(super) const ACTION_LIMIT: Duration = Duration::from_secs(24 * 3600);

/// CodePipeline's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CodePipeline {
    /// Choices for behaviour that AWS does not document.
    pub settings: Settings,
    /// Calls left under `Settings::calls_per_second`.
    pub(super) bucket: TokenBucket,
    pub(super) action_types: Vec<ActionType>,
    /// Pipelines by name. Executions started without a created pipeline have no
    /// entry here.
    pub(super) pipelines: BTreeMap<String, Pipeline>,
    /// By pipeline execution id.
    pub(super) executions: BTreeMap<String, Execution>,
    /// In the order in which they were queued.
    pub(super) actions: Vec<Action>,
    /// How many actions, from the oldest, have passed their time limit.
    out_of_time: usize,
    /// In the order in which they were created.
    pub(super) jobs: Vec<Job>,
    /// Positions in `jobs` by id.
    pub(super) jobs_by_id: BTreeMap<String, usize>,
    /// Positions in `jobs` of those that wait for a poll or a result.
    pub(super) open: BTreeSet<usize>,
}

/// Behaviour that AWS does not document (docs/aws.md §7). Times are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Time until a job that was offered and not acknowledged is offered again.
    #[serde(deserialize_with = "crate::world::seconds")]
    pub redelivery_seconds: u64,
    /// Time until a job that was reported with a continuation token is offered
    /// again.
    #[serde(deserialize_with = "crate::world::seconds")]
    pub continuation_seconds: u64,
    /// Maximum number of jobs per poll, whatever the request asks for.
    pub largest_batch: usize,
    /// Calls of any kind accepted per second; further ones get
    /// `ThrottlingException`. `None` accepts every call.
    pub calls_per_second: Option<NonZeroU32>,
    pub repeated_acknowledge: RepeatedAcknowledge,
    pub abandoned_job: AbandonedJob,
}

/// The response to a second acknowledgement with the correct nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepeatedAcknowledge {
    InvalidNonce,
    /// The job's status, `InProgress`.
    Status,
}

/// The response to a result for a job of an abandoned action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbandonedJob {
    InvalidJobState,
    JobNotFound,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            redelivery_seconds: 60,
            continuation_seconds: 5,
            largest_batch: 100,
            calls_per_second: None,
            repeated_acknowledge: RepeatedAcknowledge::InvalidNonce,
            abandoned_job: AbandonedJob::InvalidJobState,
        }
    }
}

/// One run of a pipeline.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Execution {
    pub(super) pipeline: String,
    /// Whether it was asked to stop, which it does once its running actions
    /// have ended.
    pub(super) is_stopping: bool,
}

/// One run of a custom action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Action {
    /// Shared by all jobs of this run, including continued ones.
    pub id: String,
    pub execution: String,
    pub pipeline: String,
    pub stage: String,
    pub name: String,
    pub action_type: ActionTypeId,
    pub configuration: BTreeMap<String, String>,
    pub inputs: Vec<ArtifactLocation>,
    /// Where the worker puts what the action makes.
    #[serde(default)]
    pub outputs: Vec<ArtifactLocation>,
    /// Whether a retry of the stage has replaced it.
    #[serde(default)]
    pub(super) was_retried: bool,
    pub encryption_key: Option<String>,
    pub status: ActionStatus,
    pub started: Timestamp,
    pub updated: Timestamp,
    pub summary: Option<String>,
    pub percent: Option<i64>,
    pub external_execution_id: Option<String>,
    pub error: Option<ErrorDetails>,
    pub output_variables: BTreeMap<String, String>,
    /// Every accepted result, oldest first.
    pub reports: Vec<ReportSeen>,
}

/// Location of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactLocation {
    pub name: String,
    pub bucket: String,
    pub key: String,
}

/// An action's status by its name in responses (docs/aws.md §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionStatus {
    InProgress,
    Succeeded,
    Failed,
    Abandoned,
}

/// An action's failure type and message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetails {
    pub code: String,
    pub message: String,
}

/// One result that a worker sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSeen {
    pub at: Timestamp,
    pub job: String,
    /// Absent for a final success and for a failure.
    pub continuation_token: Option<String>,
    pub succeeded: bool,
    /// The summary of a success, the message of a failure.
    pub text: Option<String>,
}

/// One job, as CodePipeline offers it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub id: String,
    /// Changes each time the job is offered.
    pub nonce: String,
    /// Position in the list of actions.
    pub(super) action: usize,
    pub continuation_token: Option<String>,
    pub status: JobStatus,
    /// Time from which a poll can return it.
    pub available: Timestamp,
}

/// A job's status by its name in responses (docs/aws.md §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobStatus {
    Queued,
    Dispatched,
    InProgress,
    TimedOut,
    Succeeded,
    Failed,
}

impl ActionStatus {
    /// The value in responses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Abandoned => "Abandoned",
        }
    }
}

impl CodePipeline {
    /// All actions, oldest first.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action with this `actionExecutionId`.
    #[must_use]
    pub fn action(&self, id: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// All jobs, oldest first.
    #[must_use]
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Creates a job for an action. Polls can return it from `available` on.
    pub(super) fn add_job(
        &mut self,
        id: String,
        action: usize,
        token: Option<String>,
        available: Timestamp,
    ) {
        let position = self.jobs.len();
        self.jobs_by_id.insert(id.clone(), position);
        self.open.insert(position);
        self.jobs.push(Job {
            id,
            nonce: "0".into(),
            action,
            continuation_token: token,
            status: JobStatus::Queued,
            available,
        });
    }

    /// Closes an action's open jobs.
    pub(super) fn close_jobs(&mut self, action: usize, status: JobStatus) {
        let jobs = &mut self.jobs;
        self.open.retain(|&position| {
            let job = &mut jobs[position];
            if job.action == action {
                job.status = status;
            }
            job.action != action
        });
    }

    /// Fails every action that has exceeded the time limit.
    pub(super) fn time_out(&mut self, now: Timestamp) {
        let is_over = |action: &Action| action.started + ACTION_LIMIT <= now;
        while self.actions.get(self.out_of_time).is_some_and(is_over) {
            let position = self.out_of_time;
            self.out_of_time += 1;
            let mut open = self.open.iter().map(|&position| self.jobs[position].action);
            if !open.any(|action| action == position) {
                continue;
            }
            self.close_jobs(position, JobStatus::TimedOut);
            let action = &mut self.actions[position];
            action.status = ActionStatus::Failed;
            action.updated = action.started + ACTION_LIMIT;
            action.error = Some(ErrorDetails {
                code: "JobTimedOut".into(),
                message: "The action did not finish within 24 hours".into(),
            });
        }
    }

    /// The actions of an execution, without those that a retry has replaced.
    pub(super) fn actions_of(&self, execution: &str) -> impl Iterator<Item = &Action> {
        self.actions
            .iter()
            .filter(move |action| action.execution == execution && !action.was_retried)
    }

    /// Whether an action of the execution is in progress.
    pub(super) fn is_busy(&self, execution: &str) -> bool {
        let mut own = self.actions_of(execution);
        own.any(|action| action.status == ActionStatus::InProgress)
    }
}
