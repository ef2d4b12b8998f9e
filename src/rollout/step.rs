//! The state of a rollout, which its token carries from job to job.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::release::judgement_digest::JudgementDigest;

/// The rollout of one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// When the first job began; `Timeout` counts from here.
    pub since: Timestamp,
    /// The percentage last reported; it never falls.
    pub percent: u8,
    /// Since when calls to AWS have been failing.
    pub failing_since: Option<Timestamp>,
    /// Identifies what was judged first, if it had no errors. While the release
    /// only waits for its turn, it is not read and judged again; before
    /// anything is done with it, it is.
    pub judged: Option<JudgementDigest>,
    pub step: Step,
}

/// How far the rollout has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing has been done yet.
    Starting,
    /// The task definition to deploy is registered.
    Registered(Release),
    /// The deployment has been created.
    Deploying(Deploying),
    /// The deployment has failed or was stopped, and is rolled back.
    RollingBack(RollingBack),
}

/// What is being released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub task_definition: TaskDefinitionArn,
    /// Image names and URIs, for the output variables. Left out if the token
    /// would be too long.
    pub images: Vec<(String, String)>,
    pub warnings: Warnings,
}

/// Lines for the author, shown at the end. Left out, the checks' lines first, if
/// the token would be too long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Warnings and notes of the worker's own checks.
    pub checks: Vec<String>,
    /// Warnings of the team's policies.
    pub policies: Vec<String>,
}

impl Warnings {
    /// All lines.
    pub fn iter(&self) -> impl Iterator<Item = &String> {
        self.checks.iter().chain(&self.policies)
    }
}

/// A deployment in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deploying {
    pub release: Release,
    pub deployment: DeploymentId,
    /// Set once the worker has requested a stop.
    pub stopping: Option<Stopping>,
}

/// A stop that the worker requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    pub at: Timestamp,
    pub why: StopReason,
    pub mode: StopMode,
}

/// What a stop does to the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopMode {
    /// It stays where it is. ECS knows no such stop: it rolls back.
    Stop,
    /// It goes back to the old version.
    Rollback,
}

/// Why the worker stopped a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// The action's `Timeout` has passed.
    TimedOut,
    /// The action was abandoned.
    Abandoned,
    /// The number of failed tasks has reached the limit of `OnTaskFailure`.
    TaskFailure,
}

/// A deployment that failed or was stopped, with its rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollingBack {
    pub deploying: Deploying,
    pub rollback: DeploymentId,
    /// When the worker first saw the rollback.
    pub since: Timestamp,
}

impl Step {
    /// The release, its deployment and its rollback, if there are any.
    pub(super) fn parts(&self) -> (Option<&Release>, Option<&Deploying>, Option<&RollingBack>) {
        match self {
            Self::Starting => (None, None, None),
            Self::Registered(release) => (Some(release), None, None),
            Self::Deploying(d) => (Some(&d.release), Some(d), None),
            Self::RollingBack(r) => (Some(&r.deploying.release), Some(&r.deploying), Some(r)),
        }
    }

    /// The step's name, for the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting => "Starting",
            Self::Registered(_) => "Registered",
            Self::Deploying(_) => "Deploying",
            Self::RollingBack(_) => "RollingBack",
        }
    }
}

impl Rollout {
    /// A rollout whose first job begins now.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            percent: 0,
            failing_since: None,
            judged: None,
            step: Step::Starting,
        }
    }

    /// The deployment that the pipeline's link opens.
    #[must_use]
    pub fn deployment(&self) -> Option<&DeploymentId> {
        match &self.step {
            Step::Starting | Step::Registered(_) => None,
            Step::Deploying(deploying) => Some(&deploying.deployment),
            Step::RollingBack(rolling_back) => Some(&rolling_back.deploying.deployment),
        }
    }

    /// What is being released, once its task definition is there.
    #[must_use]
    pub fn release(&self) -> Option<&Release> {
        self.step.parts().0
    }

    /// The same rollout at another step.
    #[must_use]
    pub fn at(self, step: Step) -> Self {
        Self { step, ..self }
    }
}
