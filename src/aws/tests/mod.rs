//! The adapters against literal replies, without a network.

mod artifacts;
mod body_limit;
mod connections;
mod departure;
mod deployments;
mod jobs;
mod objects;
mod task_definitions;
mod told;
mod trouble;
mod wire;
