//! What we need from outside, from AWS: one adapter for each port. SDK types
//! stop here.

mod account;
mod artifacts;
mod ca_bundle;
mod client;
mod deployment_config;
mod deployment_group;
mod deployment_seen;
mod deployments;
mod jobs;
mod offered_job;
mod once;
mod policy_objects;
mod raw_body;
mod refusal;
mod registry;
mod services;
mod stopped_tasks;
mod task_definitions;
#[cfg(test)]
mod tests;
mod values;

pub use account::ports;
pub use artifacts::S3Artifacts;
pub use ca_bundle::{BadCaBundle, CaBundle};
pub use client::{connect, connect_to, http_client};
pub use deployments::CodeDeployDeployments;
pub use jobs::{ActionType, CodePipelineJobs};
pub use policy_objects::S3PolicyObjects;
pub use registry::EcrImages;
pub use services::EcsServices;
pub use task_definitions::EcsTaskDefinitions;
