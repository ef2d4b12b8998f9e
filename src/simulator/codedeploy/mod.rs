//! The pretend CodeDeploy: applications, deployment groups and blue/green
//! deployments to ECS.

mod app_spec;
mod applications;
mod call;
mod configs;
mod control;
mod create;
mod deployment;
mod due;
mod groups;
mod hooks;
mod install;
mod life;
mod listing;
mod plan;
mod read;
mod revisions;
mod rollback;
mod scenery;
mod state;
mod targets;

#[cfg(test)]
mod tests;

pub use call::call;
pub(in crate::simulator) use due::{happen, next_due};
pub use hooks::HookBehaviour;
pub use scenery::Scenery;
pub use state::CodeDeploy;
