//! Why a release is not live, as facts; `messages` has the words.

use std::time::Duration;

use super::call_error::{CallError, CallErrorKind};
use super::ending::{Ending, Production};
use super::evidence::Evidence;
use super::seen::{DeploymentError, DeploymentStatus, LifecycleEvent};
use super::step::StopReason;
use crate::job::report::FailureType;
use crate::job::request::ConfigurationProblem;
use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::release::finding::Finding;

/// The end of a rollout that did not go well.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The action's configuration makes no request.
    Configuration(Vec<ConfigurationProblem>),
    /// The preflight found errors; nothing was registered.
    Refused(Vec<Finding>),
    /// CodeDeploy does not know the application.
    NoApplication { application: String },
    /// The application has no such deployment group.
    NoGroup { application: String, group: String },
    /// The author asks for a role that the operator has not allowed.
    RoleNotAllowed { role: String },
    /// The job came without the credentials that read its artifacts.
    NoArtifactCredentials,
    /// A call was denied or refused, and asking again will not help.
    Call(CallError),
    /// AWS did not let us work for longer than the step's timeout.
    Unavailable { last: CallError, timeout: Duration },
    /// Another deployment holds the group and `WhenBusy=Fail`.
    GroupBusy { group: String, holder: DeploymentId },
    /// The group could not be had within `Timeout`.
    NeverOurTurn {
        group: String,
        holder: DeploymentId,
        timeout: Duration,
    },
    /// While this release waited, one that began later went live.
    Overtaken { group: String, by: DeploymentId },
    /// The action was abandoned, and its deployment left to run on.
    Abandoned { deployment: DeploymentId },
    /// The deployment ended other than well.
    Deployment(Box<DeploymentFailure>),
    /// `Timeout` passed and the deployment was left running.
    TookTooLong {
        deployment: DeploymentId,
        timeout: Duration,
    },
    /// CodeDeploy no longer knows the deployment.
    DeploymentGone { deployment: DeploymentId },
    /// The traffic has moved, but not to our task definition.
    NotOurTaskDefinition {
        deployment: DeploymentId,
        expected: TaskDefinitionArn,
        primary: Option<TaskDefinitionArn>,
    },
    /// The continuation token is none of ours.
    BadToken { detail: String },
    /// The continuation token names a deployment that is not this release's.
    NotOurDeployment { deployment: DeploymentId },
    /// We are at fault.
    Internal { detail: String },
}

/// A deployment that ended other than well.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentFailure {
    pub deployment: DeploymentId,
    pub application: String,
    pub group: String,
    pub task_definition: TaskDefinitionArn,
    pub status: DeploymentStatus,
    pub error: Option<DeploymentError>,
    /// Lifecycle events that failed.
    pub events: Vec<LifecycleEvent>,
    /// Which version had the production traffic when it ended.
    pub production: Production,
    /// Set when we asked for it to be stopped.
    pub stopped: Option<StopReason>,
    pub ending: Ending,
    pub rollback: RollbackOutcome,
    pub evidence: Evidence,
}

/// What became of the traffic after a failed deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RollbackOutcome {
    /// No rollback was made.
    None,
    /// The old version is back.
    Succeeded { deployment: DeploymentId },
    /// The rollback failed too, or was stopped.
    Failed { deployment: DeploymentId },
    /// Still going on when timeout ended.
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
            | Self::NoGroup { .. }
            | Self::RoleNotAllowed { .. }
            | Self::NoArtifactCredentials
            | Self::BadToken { .. }
            | Self::NotOurDeployment { .. } => FailureType::ConfigurationError,
            Self::Call(error) => match error.kind {
                CallErrorKind::Denied => FailureType::PermissionError,
                CallErrorKind::Refused => FailureType::ConfigurationError,
                CallErrorKind::Throttled | CallErrorKind::Unclear | CallErrorKind::Unreachable => {
                    FailureType::SystemUnavailable
                }
            },
            Self::Unavailable { .. } => FailureType::SystemUnavailable,
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

    /// The deployment that the action's link opens, where there is one of ours.
    #[must_use]
    pub fn deployment(&self) -> Option<&DeploymentId> {
        match self {
            Self::Deployment(failure) => Some(&failure.deployment),
            Self::TookTooLong { deployment, .. }
            | Self::Abandoned { deployment }
            | Self::DeploymentGone { deployment }
            | Self::NotOurTaskDefinition { deployment, .. } => Some(deployment),
            Self::Configuration(_)
            | Self::Refused(_)
            | Self::NoApplication { .. }
            | Self::NoGroup { .. }
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
