//! Simulated ECS: task definitions, clusters, services with their task sets and
//! tasks, and ECS's own deployments.

mod behaviour;
mod call;
mod check;
mod clusters;
mod deployments;
mod glance;
mod names;
mod revision;
mod schedule;
mod served;
mod service;
mod services;
mod show;
mod state;
mod targets;
mod task_definitions;
mod task_set_lifecycle;
mod tasks;

pub use behaviour::{Behaviour, TaskFailure};
pub use call::call;
pub use deployments::{
    Balancing, CircuitBreaker, DeploymentBiography, Fixture, LambdaBehaviour, Moment,
    NetworkProblem, PreProductionStage, Settings, StageDuringRollback, StopOfEnded, Superseded,
    TaskDefinitionAfterRollback, UnchangedTaskDefinition,
};
pub(crate) use deployments::{answer_hook, has_target_group, routes, rule_routes, waiting_hooks};
pub use glance::{TaskGlance, TaskSetGlance};
pub(crate) use names::{resource_name, target_group_arn, target_group_name};
pub(crate) use schedule::{advance, next_due};
pub use served::{ServedTask, TaskReport};
pub(crate) use service::{Green, Service, Stability, TaskSet};
pub use state::Ecs;
pub(crate) use task_definitions::find as find_task_definition;
