//! What was observed of a deployment in AWS, as plain values (docs/aws.md §5.3,
//! §5.4).

use std::time::Duration;

use jiff::Timestamp;

use super::new_tasks::green;
use super::shift::Shift;
use crate::job::{DeployTarget, DeploymentId, TaskDefinitionArn};

/// A deployment as CodeDeploy shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentSeen {
    pub id: DeploymentId,
    pub status: DeploymentStatus,
    /// Its deployment group or service.
    pub deploys_to: DeployTarget,
    pub description: Option<String>,
    pub deployment_config: Option<String>,
    /// How the configuration shifts the traffic, if known.
    pub shift: Option<Shift>,
    /// How long a `Ready` deployment waits before CodeDeploy stops it.
    pub ready_wait: Option<Duration>,
    /// How long the old tasks keep running after the traffic has moved.
    pub termination_wait: Option<Duration>,
    pub creator: Option<String>,
    pub created: Option<Timestamp>,
    pub completed: Option<Timestamp>,
    pub error: Option<DeploymentError>,
    /// Whether CodeDeploy rolls back by itself after a failure.
    pub rolls_back: bool,
    pub rollback: Option<RollbackSeen>,
    /// The target's status as the deployment itself reports it, if it does; the
    /// status in `target` is authoritative.
    pub reached: Option<TargetStatus>,
    /// `None` until the deployment has started, or if it was not read.
    pub target: Option<TargetSeen>,
}

impl DeploymentSeen {
    /// The revision that it deploys. ECS shows it; CodeDeploy does not.
    #[must_use]
    pub fn revision(&self) -> Option<&TaskDefinitionArn> {
        green(self)?.task_definition.as_ref()
    }
}

/// `DeploymentStatus`, with a variant for values that AWS may add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeploymentStatus {
    Created,
    Queued,
    InProgress,
    /// Undocumented; treated as in progress.
    Baking,
    /// Waits to be continued.
    Ready,
    Succeeded,
    Failed,
    Stopped,
    Unrecognised(String),
}

impl DeploymentStatus {
    /// CodeDeploy's name for it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Created => "Created",
            Self::Queued => "Queued",
            Self::InProgress => "InProgress",
            Self::Baking => "Baking",
            Self::Ready => "Ready",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
            Self::Unrecognised(word) => word,
        }
    }

    /// Whether the status will not change again.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Succeeded | Self::Failed | Self::Stopped => true,
            Self::Created
            | Self::Queued
            | Self::InProgress
            | Self::Baking
            | Self::Ready
            | Self::Unrecognised(_) => false,
        }
    }
}

/// CodeDeploy's error (docs/aws.md §5.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentError {
    pub code: String,
    pub message: String,
}

/// The link between a failed deployment and its rollback (docs/aws.md §5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackSeen {
    /// The deployment that rolls this one back.
    pub deployment: Option<DeploymentId>,
    /// The deployment that this one rolls back.
    pub triggered_by: Option<DeploymentId>,
    pub message: Option<String>,
}

/// The ECS target; a deployment has exactly one.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetSeen {
    /// CodeDeploy's id for it.
    pub id: String,
    pub status: TargetStatus,
    /// In chronological order.
    pub events: Vec<LifecycleEvent>,
    pub task_sets: Vec<TaskSetSeen>,
}

impl TargetSeen {
    /// Whether production traffic has moved, has begun to move, or failed to.
    #[must_use]
    pub fn traffic_has_begun_to_move(&self) -> bool {
        let began = |event: &LifecycleEvent| {
            event.name == "AllowTraffic"
                && (event.started.is_some()
                    || matches!(
                        event.status,
                        EventStatus::InProgress | EventStatus::Succeeded | EventStatus::Failed
                    ))
        };
        self.events.iter().any(began)
    }
}

/// `TargetStatus`, with a variant for values that AWS may add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetStatus {
    Pending,
    InProgress,
    /// Set as soon as the traffic has moved, although the deployment continues
    /// through the termination wait.
    Succeeded,
    Failed,
    Skipped,
    Unknown,
    Ready,
    Unrecognised(String),
}

/// One of the eight lifecycle events, `BeforeInstall` to `AfterAllowTraffic`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleEvent {
    pub name: String,
    pub status: EventStatus,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// Boxed, because most events have none and many are cached.
    pub diagnostics: Option<Box<Diagnostics>>,
}

/// `LifecycleEventStatus`, with a variant for values that AWS may add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventStatus {
    Pending,
    InProgress,
    Succeeded,
    Failed,
    Skipped,
    Unknown,
    Unrecognised(String),
}

/// Why an event failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    pub error_code: Option<String>,
    /// The hook's Lambda function.
    pub script_name: Option<String>,
    pub message: Option<String>,
    pub log_tail: Option<String>,
}

/// A task set as the deployment's target shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSetSeen {
    pub id: String,
    pub label: Label,
    /// `PRIMARY`, `ACTIVE` or `DRAINING`.
    pub status: String,
    pub desired: u32,
    pub pending: u32,
    pub running: u32,
    /// The share of production traffic in per cent, 0–100.
    pub traffic_weight: f64,
    pub target_group: Option<String>,
    pub task_definition: Option<TaskDefinitionArn>,
}

/// The old task set is blue, the new one green.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    Blue,
    Green,
    Unrecognised(String),
}
