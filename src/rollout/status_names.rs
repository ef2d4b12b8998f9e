//! Parses AWS's names for states of deployments, tasks and targets (docs/aws.md
//! §4.5, §5.3).

use super::evidence::{StopCode, TargetState};
use super::seen::{DeploymentStatus, EventStatus, Label, TargetStatus};

impl From<&str> for DeploymentStatus {
    fn from(name: &str) -> Self {
        match name {
            "Created" => Self::Created,
            "Queued" => Self::Queued,
            "InProgress" => Self::InProgress,
            "Baking" => Self::Baking,
            "Ready" => Self::Ready,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            "Stopped" => Self::Stopped,
            other => Self::Unrecognised(other.to_owned()),
        }
    }
}

impl From<&str> for TargetStatus {
    fn from(name: &str) -> Self {
        match name {
            "Pending" => Self::Pending,
            "InProgress" => Self::InProgress,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            "Skipped" => Self::Skipped,
            "Unknown" => Self::Unknown,
            "Ready" => Self::Ready,
            other => Self::Unrecognised(other.to_owned()),
        }
    }
}

impl From<&str> for EventStatus {
    fn from(name: &str) -> Self {
        match name {
            "Pending" => Self::Pending,
            "InProgress" => Self::InProgress,
            "Succeeded" => Self::Succeeded,
            "Failed" => Self::Failed,
            "Skipped" => Self::Skipped,
            "Unknown" => Self::Unknown,
            other => Self::Unrecognised(other.to_owned()),
        }
    }
}

impl From<&str> for Label {
    fn from(name: &str) -> Self {
        match name {
            "Blue" => Self::Blue,
            "Green" => Self::Green,
            other => Self::Unrecognised(other.to_owned()),
        }
    }
}

impl From<&str> for StopCode {
    fn from(name: &str) -> Self {
        match name {
            "TaskFailedToStart" => Self::TaskFailedToStart,
            "EssentialContainerExited" => Self::EssentialContainerExited,
            "UserInitiated" => Self::UserInitiated,
            "ServiceSchedulerInitiated" => Self::ServiceSchedulerInitiated,
            "SpotInterruption" => Self::SpotInterruption,
            "TerminationNotice" => Self::TerminationNotice,
            "InfrastructureHealth" => Self::InfrastructureHealth,
            other => Self::Unrecognised(other.to_owned()),
        }
    }
}

impl From<&str> for TargetState {
    fn from(name: &str) -> Self {
        match name {
            "initial" => Self::Initial,
            "healthy" => Self::Healthy,
            "unhealthy" | "unhealthy.draining" => Self::Unhealthy,
            "draining" => Self::Draining,
            other => Self::Unrecognised(other.to_owned()),
        }
    }
}
