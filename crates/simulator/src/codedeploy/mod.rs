//! Simulated CodeDeploy: applications, deployment groups and blue/green
//! deployments to ECS.

mod app_spec;
mod applications;
mod call;
mod configs;
mod control;
mod create;
mod deployment;
mod deployment_lifecycle;
mod deployments;
mod due;
mod fixture;
mod groups;
mod history;
mod hooks;
mod install;
mod listing;
mod plan;
mod read;
mod revisions;
mod rollback;
mod routes;
mod state;
mod targets;
mod waiting;

pub use call::call;
pub use deployment::HookOutput;
pub(crate) use due::{advance, next_due};
pub use fixture::{Fixture, LaunchType};
pub use history::{Biography, Moment};
pub use hooks::HookBehaviour;
pub(crate) use routes::routes;
pub use state::CodeDeploy;
pub(crate) use waiting::{answer_hook, waiting_hooks};
