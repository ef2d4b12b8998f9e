//! Choices for behaviour of ECS's own deployments that AWS does not document
//! (docs/aws.md §6.9).

use serde::{Deserialize, Serialize};

/// The choices. Every client must work with each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds from `UpdateService` until a deployment can be seen, also in
    /// the service's `currentServiceDeployment`.
    #[serde(deserialize_with = "crate::world::seconds")]
    pub deployment_visible_after_seconds: u64,
    pub superseded: Superseded,
    pub unchanged_task_definition: UnchangedTaskDefinition,
    pub task_definition_after_rollback: TaskDefinitionAfterRollback,
    pub pre_production_stage: PreProductionStage,
    pub stage_during_rollback: StageDuringRollback,
    pub circuit_breaker: CircuitBreaker,
    pub stop_of_ended: StopOfEnded,
    /// The end of `statusReason` after an alarm, which begins `Service
    /// deployment rolled back because`.
    pub alarm_reason: String,
}

/// How a deployment ends that a newer one supersedes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Superseded {
    Stopped,
    RolledBack,
}

/// What `UpdateService` does with the task definition that the service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnchangedTaskDefinition {
    StartsNothing,
    StartsDeployment,
}

/// The `taskDefinition` of a service whose deployment was rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskDefinitionAfterRollback {
    Old,
    New,
}

/// The `lifecycleStage` shown in `PRE_PRODUCTION_TRAFFIC_SHIFT`, which the
/// model's enumeration lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreProductionStage {
    ProductionTrafficShift,
    PreProductionTrafficShift,
    /// The stage before.
    Previous,
}

/// The `lifecycleStage` shown while a deployment rolls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageDuringRollback {
    /// The stage in which it failed.
    Last,
    Absent,
}

/// Whether the circuit breaker works for strategies other than `ROLLING`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CircuitBreaker {
    /// It counts in `SCALE_UP`.
    ScaleUp,
    /// It counts in every stage before `CLEAN_UP`.
    Always,
    OnlyRolling,
}

/// The response to `StopServiceDeployment` for a deployment that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopOfEnded {
    Conflict,
    /// A success that changes nothing.
    Accepted,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deployment_visible_after_seconds: 0,
            superseded: Superseded::Stopped,
            unchanged_task_definition: UnchangedTaskDefinition::StartsNothing,
            task_definition_after_rollback: TaskDefinitionAfterRollback::Old,
            pre_production_stage: PreProductionStage::ProductionTrafficShift,
            stage_during_rollback: StageDuringRollback::Last,
            circuit_breaker: CircuitBreaker::ScaleUp,
            stop_of_ended: StopOfEnded::Conflict,
            alarm_reason: "an alarm was triggered.".into(),
        }
    }
}
