//! What we need from outside, from AWS: one adapter for each port. SDK types
//! stop here.

mod account;
mod action_types;
mod alarms;
mod artifacts;
mod body_limit;
mod ca_bundle;
mod calls;
mod client;
mod clients;
mod collector;
mod departure;
mod deployment_config;
mod deployment_group;
mod deployment_reader;
mod deployment_seen;
mod deployments;
mod endpoints;
mod identity;
mod image_configuration;
mod jobs;
mod load_balancers;
mod objects;
mod offered_job;
mod once;
mod operation;
mod pages;
mod raw_body;
mod refusal;
mod registry;
mod roles;
mod services;
mod stopped_tasks;
mod task_definitions;
#[cfg(test)]
mod tests;
mod told;
mod values;

pub use account::{ports, ports_for};
pub use action_types::ActionTypes;
pub use alarms::CloudWatchAlarms;
pub use artifacts::S3Artifacts;
pub use ca_bundle::{BadCaBundle, CaBundle};
pub use client::{connect, connect_to, http_client};
pub use collector::HttpCollector;
pub use deployments::CodeDeployDeployments;
pub use endpoints::{Unsafe, check_endpoints, is_safe};
pub use identity::{Identity, who_am_i};
pub use jobs::{ActionType, CodePipelineJobs};
pub use load_balancers::ElasticLoadBalancers;
pub use objects::S3Objects;
pub use registry::EcrImages;
pub use roles::AssumedRoles;
pub use services::EcsServices;
pub use task_definitions::EcsTaskDefinitions;
pub use told::{ApiCall, Listener, told};
