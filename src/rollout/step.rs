//! Where a rollout stands: what its token remembers from job to job.

use jiff::Timestamp;

use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::release::judged::Judged;

/// One release on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// When the first job began; `Timeout` counts from here.
    pub since: Timestamp,
    /// What was last reported; a percentage never falls.
    pub percent: u8,
    /// Since when AWS has not let us look or act.
    pub failing_since: Option<Timestamp>,
    /// What was judged first and found in order. While the release only waits
    /// for its turn, it need not be read and judged again; before anything is
    /// made of it, it is.
    pub judged: Option<Judged>,
    pub step: Step,
}

/// How far the rollout has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing has been done yet.
    Starting,
    /// A task definition is there to be deployed.
    Registered(Release),
    /// CodeDeploy has it.
    Deploying(Deploying),
    /// CodeDeploy takes it back.
    RollingBack(RollingBack),
}

/// What is being released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub task_definition: TaskDefinitionArn,
    /// Image names and URIs, for the output variables. Left out of a token
    /// that would otherwise be too long.
    pub images: Vec<(String, String)>,
    /// What the author should hear of at the end: warnings of the preflight.
    pub warnings: Vec<String>,
}

/// A deployment under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deploying {
    pub release: Release,
    pub deployment: DeploymentId,
    /// Set once we have asked CodeDeploy to stop it.
    pub stopping: Option<Stopping>,
}

/// A stop that we asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopping {
    pub at: Timestamp,
    pub why: StopReason,
    pub roll_back: bool,
}

/// Why we stopped a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The action's `Timeout` has passed.
    TimedOut,
    /// Nobody waits for the action any more.
    Abandoned,
    /// As many of its tasks have failed as `OnTaskFailure` waits for.
    TaskFailure,
}

/// A deployment that failed or was stopped, with the one that undoes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollingBack {
    pub deploying: Deploying,
    pub rollback: DeploymentId,
    /// When we first saw it.
    pub since: Timestamp,
}

impl Step {
    /// The release, its deployment and its rollback, as far as there are any.
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

    /// The deployment whose page the pipeline's link opens.
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
