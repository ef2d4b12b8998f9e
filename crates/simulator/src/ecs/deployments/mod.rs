//! ECS's own deployments: rolling, blue/green, linear and canary
//! (docs/aws.md §6).
//!
//! A service under the controller `ECS` has *revisions*, each with a task set
//! of its own, and *deployments*, each of which brings one revision into
//! service. At any time at most one deployment acts. `UpdateService` starts a
//! deployment and supersedes the one under way: the new one waits until the old
//! one has ended, and first takes the service back to one revision.
//!
//! The service, and not a deployment, knows where the traffic goes, because a
//! deployment that was superseded leaves its shares to the next one. The shares
//! of the production traffic are always all of it.

mod balancers;
mod cause;
mod configuration;
mod control;
mod due;
mod fixture;
mod history;
mod hook;
mod hook_runs;
mod lambda;
mod read;
mod revisions;
mod rollback;
mod routes;
mod service_deployment_lifecycle;
mod settings;
mod show;
mod stage;
mod start;
mod state;
mod strategy;
mod task_sets;
mod update;

pub use cause::NetworkProblem;
pub use fixture::{Balancing, Fixture};
pub use history::{DeploymentBiography, Moment};
pub use lambda::LambdaBehaviour;
pub use settings::{
    CircuitBreaker, PreProductionStage, Settings, StageDuringRollback, StopOfEnded, Superseded,
    TaskDefinitionAfterRollback, UnchangedTaskDefinition,
};

pub(super) use control::{continue_deployment, stop};
pub(super) use due::Environment;
pub(crate) use hook_runs::{answer_hook, waiting_hooks};
pub(super) use lambda::Lambdas;
pub(super) use read::{describe, list};
pub(super) use revisions::describe as describe_revisions;
pub(crate) use routes::{has_target_group, routes, rule_routes};
pub(super) use show::{of_service, rollout};
pub(super) use start::AcceptedSettings;
pub(super) use state::ServiceDeployments;
pub(super) use update::update;
