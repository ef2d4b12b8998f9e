//! The adapters against literal replies, without a network.

mod artifacts;
mod connections;
mod departure;
mod deployments;
mod jobs;
mod task_definitions;
mod told;
mod trouble;
mod wire;
