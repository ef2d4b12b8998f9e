//! Tests of the adapters against literal responses, without a network.

mod artifacts;
mod body_limit;
mod connections;
mod deployments;
mod error;
mod jobs;
mod lease_connector;
mod objects;
mod policy_simulator;
mod presence;
mod request_listener;
mod retry_quota;
mod service_deployments;
mod task_definitions;
mod wire;
