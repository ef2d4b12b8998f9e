//! Tests of the adapters against literal responses, without a network.

mod artifacts;
mod connections;
mod deployment_config;
mod deployments;
mod error;
mod jobs;
mod objects;
mod policy_simulator;
mod presence;
mod registry;
mod request_listener;
mod response_limit;
mod retry_quota;
mod send_permit;
mod service_deployments;
mod services;
mod task_definitions;
mod wire;
