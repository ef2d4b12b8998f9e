//! State of one deployment.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::app_spec::AppSpec;
use super::deployments::target_id;
use super::history::Moment;
use super::plan::Plan;
use super::revisions::Revision;

/// A deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) application: String,
    pub(super) group: String,
    pub(super) config: String,
    pub(super) description: Option<String>,
    pub(super) revision: Revision,
    pub(super) previous_revision: Option<Revision>,
    pub(super) creator: Creator,
    pub(super) plan: Plan,
    /// Members of the group and the request, as `GetDeployment` repeats them.
    pub(super) repeated: serde_json::Map<String, serde_json::Value>,
    pub(super) created_at: Timestamp,
    pub(super) started_at: Option<Timestamp>,
    pub(super) completed_at: Option<Timestamp>,
    /// Time of the last change.
    pub(super) updated_at: Timestamp,
    pub(super) stage: Stage,
    /// All eight events, in order.
    pub(super) events: Vec<LifecycleEvent>,
    pub(super) app_spec: Option<AppSpec>,
    pub(super) task_sets: TaskSets,
    /// Green's share of the production traffic, in percent.
    pub(super) green_weight: u32,
    /// A requested stop that has not taken effect.
    pub(super) stop: Option<Stop>,
    pub(super) error: Option<ErrorInformation>,
    pub(super) rollback: RollbackInfo,
    /// Its recorded states, oldest first.
    pub(super) history: Vec<Moment>,
}

/// The creator of a deployment, by its name in responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Creator {
    User,
    CodeDeployRollback,
}

/// Current stage of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Stage {
    Created,
    /// In the lifecycle event with this index.
    Lifecycle(usize),
    /// Waiting for `ContinueDeployment`.
    Ready {
        until: Timestamp,
    },
    /// A rollback is moving the traffic back to blue.
    Rerouting {
        until: Timestamp,
    },
    /// All traffic is on green; the blue task set is kept for a while.
    TerminationWait {
        until: Timestamp,
    },
    /// The task set without traffic is being removed.
    Draining {
        until: Timestamp,
    },
    Succeeded,
    Failed,
    Stopped,
}

/// The old (blue) and the new (green) task set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct TaskSets {
    pub(super) blue: Option<TaskSetRef>,
    pub(super) green: Option<TaskSetRef>,
}

/// A reference to a task set, which is kept after the task set is gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TaskSetRef {
    pub(super) id: String,
    pub(super) target_group: Option<String>,
}

/// A stop that takes effect at `at`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Stop {
    pub(super) at: Timestamp,
    pub(super) rolls_back: bool,
}

/// Why a deployment did not succeed (docs/aws.md §5.6).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ErrorInformation {
    pub(super) code: String,
    pub(super) message: String,
}

/// The links between a deployment and its rollback (docs/aws.md §5.5), by
/// their names in responses.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct RollbackInfo {
    #[serde(rename = "rollbackDeploymentId")]
    pub(super) rolled_back_by: Option<String>,
    #[serde(rename = "rollbackTriggeringDeploymentId")]
    pub(super) rolls_back: Option<String>,
    #[serde(rename = "rollbackMessage")]
    pub(super) message: Option<String>,
}

/// The lifecycle events of an ECS deployment (docs/aws.md §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EventName {
    BeforeInstall,
    Install,
    AfterInstall,
    AllowTestTraffic,
    AfterAllowTestTraffic,
    BeforeAllowTraffic,
    AllowTraffic,
    AfterAllowTraffic,
}

/// One lifecycle event of a deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LifecycleEvent {
    pub(super) name: EventName,
    pub(super) status: EventStatus,
    pub(super) started_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) diagnostics: Option<Diagnostics>,
    /// The `lifecycleEventHookExecutionId` passed to its function.
    pub(super) execution_id: Option<String>,
    /// The status received through `PutLifecycleEventHookExecutionStatus`.
    pub(super) answer: Option<HookAnswer>,
}

/// Status of a lifecycle event, by its name in responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EventStatus {
    Pending,
    InProgress,
    Succeeded,
    Failed,
    Skipped,
}

/// The status that a hook function reported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HookAnswer {
    pub(super) at: Timestamp,
    pub(super) succeeded: bool,
    /// Output of the function, if known.
    pub(super) words: Option<HookOutput>,
}

/// Output of a failed hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookOutput {
    pub message: String,
    pub log: String,
}

/// Diagnostics of a failed event, by their names in responses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Diagnostics {
    pub(super) error_code: ScriptError,
    pub(super) script_name: String,
    pub(super) message: String,
    pub(super) log_tail: String,
}

/// The values of `LifecycleErrorCode` that hooks can have, by their names in
/// responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ScriptError {
    ScriptFailed,
    ScriptTimedOut,
}

/// Time from creation to the first event.
pub(super) const START: Duration = Duration::from_secs(2);

impl EventName {
    pub(super) const ALL: [Self; 8] = [
        Self::BeforeInstall,
        Self::Install,
        Self::AfterInstall,
        Self::AllowTestTraffic,
        Self::AfterAllowTestTraffic,
        Self::BeforeAllowTraffic,
        Self::AllowTraffic,
        Self::AfterAllowTraffic,
    ];

    /// The value in responses.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::BeforeInstall => "BeforeInstall",
            Self::Install => "Install",
            Self::AfterInstall => "AfterInstall",
            Self::AllowTestTraffic => "AllowTestTraffic",
            Self::AfterAllowTestTraffic => "AfterAllowTestTraffic",
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AllowTraffic => "AllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }
}

impl LifecycleEvent {
    /// All eight events, pending.
    pub(super) fn all_pending() -> Vec<Self> {
        EventName::ALL
            .into_iter()
            .map(|name| Self {
                name,
                status: EventStatus::Pending,
                started_at: None,
                ended_at: None,
                diagnostics: None,
                execution_id: None,
                answer: None,
            })
            .collect()
    }
}

impl Stage {
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Stopped)
    }
}

impl Deployment {
    /// `DeploymentStatus` (docs/aws.md §5.3).
    pub(super) fn status(&self) -> &'static str {
        match self.stage {
            Stage::Created => "Created",
            Stage::Lifecycle(_)
            | Stage::Rerouting { .. }
            | Stage::TerminationWait { .. }
            | Stage::Draining { .. } => "InProgress",
            Stage::Ready { .. } => "Ready",
            Stage::Succeeded => "Succeeded",
            Stage::Failed => "Failed",
            Stage::Stopped => "Stopped",
        }
    }

    /// `TargetStatus`, which is `Succeeded` as soon as all traffic has moved.
    pub(super) fn target_status(&self) -> &'static str {
        match self.stage {
            Stage::Created => "Pending",
            Stage::Lifecycle(_) | Stage::Rerouting { .. } => "InProgress",
            Stage::Ready { .. } => "Ready",
            Stage::TerminationWait { .. } | Stage::Draining { .. } | Stage::Succeeded => {
                "Succeeded"
            }
            Stage::Failed => "Failed",
            Stage::Stopped => "Skipped",
        }
    }

    pub(super) fn target_id(&self) -> String {
        target_id(&self.plan.cluster, &self.plan.service)
    }

    pub(super) fn event(&mut self, name: EventName) -> &mut LifecycleEvent {
        let index = self.events.iter().position(|event| event.name == name);
        &mut self.events[index.expect("a deployment has all eight events")]
    }
}
