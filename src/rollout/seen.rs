//! What was observed of a deployment in AWS, as plain values (docs/aws.md §5.3,
//! §5.4).

use std::time::Duration;

use jiff::Timestamp;

use super::shift::Shift;
use super::stage::Stage;
use crate::job::{DeployTarget, DeploymentId, TaskDefinitionArn};

/// A deployment as CodeDeploy or ECS shows it.
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
    /// The hook for which a `Ready` deployment of ECS waits.
    pub awaited: Option<AwaitedHook>,
    /// How long the old tasks keep running after the traffic has moved: the
    /// termination wait or the bake time.
    pub termination_wait: Option<Duration>,
    pub creator: Option<String>,
    pub created: Option<Timestamp>,
    pub completed: Option<Timestamp>,
    pub error: Option<DeploymentError>,
    /// Whether CodeDeploy rolls it back after a failure. `false` for ECS, whose
    /// deployments roll back themselves.
    pub rolls_back: bool,
    pub rollback: Option<RollbackSeen>,
    /// The revision of the newer deployment that took its place, if one did.
    pub superseded_by: Option<TaskDefinitionArn>,
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
        self.green()?.task_definition.as_ref()
    }

    /// The new task set.
    #[must_use]
    pub fn green(&self) -> Option<&TaskSetSeen> {
        let mut sets = self.target.as_ref()?.task_sets.iter();
        sets.find(|set| set.label == Label::Green)
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
    /// It has failed or was stopped, and takes its own changes back, as only
    /// ECS's deployments do.
    RollingBack,
    /// It has taken its own changes back.
    RolledBack,
    /// It could not take its own changes back.
    RollbackFailed,
    Unrecognised(String),
}

impl DeploymentStatus {
    /// CodeDeploy's name for it, or one in its manner.
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
            Self::RollingBack => "RollingBack",
            Self::RolledBack => "RolledBack",
            Self::RollbackFailed => "RollbackFailed",
            Self::Unrecognised(word) => word,
        }
    }

    /// Whether the status will not change again.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Succeeded
            | Self::Failed
            | Self::Stopped
            | Self::RolledBack
            | Self::RollbackFailed => true,
            Self::Created
            | Self::Queued
            | Self::InProgress
            | Self::Baking
            | Self::Ready
            | Self::RollingBack
            | Self::Unrecognised(_) => false,
        }
    }
}

/// A hook at which the deployment waits to be continued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedHook {
    pub id: String,
    pub until: Option<Timestamp>,
    /// Whether the deployment goes on then; otherwise it is rolled back.
    pub continues: bool,
}

/// CodeDeploy's error (docs/aws.md §5.6), or what ECS's fields say about the
/// end (§6.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentError {
    /// CodeDeploy's code; or the field and value of ECS that decide, such as
    /// [`ALARMS_TRIGGERED`].
    pub code: String,
    pub message: String,
}

/// An alarm has ended one of ECS's deployments.
pub const ALARMS_TRIGGERED: &str = "alarms.status TRIGGERED";

/// The circuit breaker has ended one of ECS's deployments.
pub const BREAKER_TRIGGERED: &str = "deploymentCircuitBreaker.status TRIGGERED";

/// CodeDeploy's code if a person or another program stopped the deployment.
pub const MANUAL_STOP: &str = "MANUAL_STOP";

impl DeploymentError {
    /// Whether an alarm has ended the deployment.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        matches!(self.code.as_str(), "ALARM_ACTIVE" | ALARMS_TRIGGERED)
    }
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
    /// `<cluster>:<service>`.
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
            event.stage() >= Stage::Shift
                && event.stage() != Stage::Other
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

/// One of CodeDeploy's eight lifecycle events, `BeforeInstall` to
/// `AfterAllowTraffic`, or one of ECS's lifecycle stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleEvent {
    pub name: String,
    pub status: EventStatus,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// Boxed, because most events have none and many are cached.
    pub diagnostics: Option<Box<Diagnostics>>,
}

impl LifecycleEvent {
    /// What happens in it.
    #[must_use]
    pub fn stage(&self) -> Stage {
        Stage::named(&self.name)
    }
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
    /// The share of production traffic in per cent, 0–100. ECS shows none for a
    /// rolling deployment, or for a service without traffic that it could shift.
    pub traffic_weight: Option<f64>,
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
