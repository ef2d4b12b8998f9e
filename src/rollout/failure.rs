//! Why a release has failed, as facts; `messages` turns them into text.

use std::time::Duration;

use super::call_error::{CallError, CallErrorKind};
use super::ending::{Ending, Production};
use super::evidence::Evidence;
use super::seen::{DeploymentError, DeploymentStatus, LifecycleEvent};
use super::step::StopReason;
use crate::job::report::FailureType;
use crate::job::request::ConfigurationProblem;
use crate::job::{DeployTarget, DeploymentId, GroupName, ServiceName, TaskDefinitionArn};
use crate::release::finding::Finding;

/// Why a rollout has failed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The action's configuration is invalid.
    Configuration(Vec<ConfigurationProblem>),
    /// The preflight or the policies found errors; nothing was registered.
    Refused(Vec<Finding>),
    /// CodeDeploy does not have the application.
    NoApplication { application: String },
    /// The application has no such deployment group.
    NoGroup(GroupName),
    /// ECS does not have the service or its cluster.
    NoService(ServiceName),
    /// The action names a role that the operator has not allowed.
    RoleNotAllowed { role: String },
    /// The job came without credentials for its artifacts.
    NoArtifactCredentials,
    /// A call was denied or refused, and a retry will not help.
    Call(CallError),
    /// Calls to AWS have failed for so long.
    Unavailable {
        last: CallError,
        failing_for: Duration,
    },
    /// The release fails for `why`, but its deployment may still be under way.
    Unfollowed {
        deployment: DeploymentId,
        why: Box<Failure>,
    },
    /// Another deployment is under way there and `WhenBusy=Fail`.
    GroupBusy {
        target: DeployTarget,
        holder: DeploymentId,
    },
    /// The target did not become free within `Timeout`.
    NeverOurTurn {
        target: DeployTarget,
        holder: DeploymentId,
        timeout: Duration,
    },
    /// While this release waited, one that began later succeeded.
    Overtaken {
        target: DeployTarget,
        by: DeploymentId,
    },
    /// The action was abandoned, and its deployment was left running.
    Abandoned { deployment: DeploymentId },
    /// The deployment failed or was stopped.
    Deployment(Box<DeploymentFailure>),
    /// `Timeout` passed and the deployment was left running.
    TookTooLong {
        deployment: DeploymentId,
        timeout: Duration,
    },
    /// The deployment no longer exists.
    DeploymentGone { deployment: DeploymentId },
    /// The traffic has moved, but not to our task definition.
    NotOurTaskDefinition {
        deployment: DeploymentId,
        expected: TaskDefinitionArn,
        primary: Option<TaskDefinitionArn>,
    },
    /// The continuation token cannot be read.
    BadToken { detail: String },
    /// The continuation token names a deployment of another release.
    NotOurDeployment { deployment: DeploymentId },
    /// An error of the worker itself.
    Internal { detail: String },
}

/// A deployment that failed or was stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentFailure {
    pub deployment: DeploymentId,
    pub target: DeployTarget,
    pub task_definition: TaskDefinitionArn,
    pub status: DeploymentStatus,
    pub error: Option<DeploymentError>,
    /// Lifecycle events that failed.
    pub events: Vec<LifecycleEvent>,
    /// Which version had the production traffic when it ended.
    pub production: Production,
    /// Set if the worker stopped it.
    pub stopped: Option<StopReason>,
    pub ending: Ending,
    /// The revision that took its place, if one did.
    pub superseded_by: Option<TaskDefinitionArn>,
    pub rollback: RollbackOutcome,
    pub evidence: Evidence,
}

/// What happened to the traffic after a failed deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackOutcome {
    /// There was no rollback.
    None,
    /// The old version has the traffic again.
    Succeeded { deployment: DeploymentId },
    /// The rollback failed or was stopped.
    Failed { deployment: DeploymentId },
    /// The rollback had not ended when the timeout passed.
    Unfinished { deployment: DeploymentId },
}

impl Failure {
    /// CodePipeline's type for this failure.
    #[must_use]
    pub fn kind(&self) -> FailureType {
        match self {
            Self::Configuration(_)
            | Self::Refused(_)
            | Self::NoApplication { .. }
            | Self::NoGroup(_)
            | Self::NoService(_)
            | Self::RoleNotAllowed { .. }
            | Self::NoArtifactCredentials
            | Self::BadToken { .. }
            | Self::NotOurDeployment { .. } => FailureType::ConfigurationError,
            Self::Unfollowed { why, .. } => why.kind(),
            Self::Call(error) | Self::Unavailable { last: error, .. } => match error.kind {
                CallErrorKind::Denied => FailureType::PermissionError,
                CallErrorKind::Refused => FailureType::ConfigurationError,
                CallErrorKind::Throttled | CallErrorKind::Unclear | CallErrorKind::Unreachable => {
                    FailureType::SystemUnavailable
                }
            },
            Self::GroupBusy { .. }
            | Self::NeverOurTurn { .. }
            | Self::Overtaken { .. }
            | Self::Abandoned { .. }
            | Self::Deployment(_)
            | Self::TookTooLong { .. }
            | Self::DeploymentGone { .. }
            | Self::NotOurTaskDefinition { .. }
            | Self::Internal { .. } => FailureType::JobFailed,
        }
    }

    /// The deployment that the action's link opens, if the release has one.
    #[must_use]
    pub fn deployment(&self) -> Option<&DeploymentId> {
        match self {
            Self::Deployment(failure) => Some(&failure.deployment),
            Self::TookTooLong { deployment, .. }
            | Self::Abandoned { deployment }
            | Self::Unfollowed { deployment, .. }
            | Self::DeploymentGone { deployment }
            | Self::NotOurTaskDefinition { deployment, .. } => Some(deployment),
            Self::Configuration(_)
            | Self::Refused(_)
            | Self::NoApplication { .. }
            | Self::NoGroup(_)
            | Self::NoService(_)
            | Self::RoleNotAllowed { .. }
            | Self::NoArtifactCredentials
            | Self::Call(_)
            | Self::Unavailable { .. }
            | Self::GroupBusy { .. }
            | Self::NeverOurTurn { .. }
            | Self::Overtaken { .. }
            | Self::BadToken { .. }
            | Self::NotOurDeployment { .. }
            | Self::Internal { .. } => None,
        }
    }
}
