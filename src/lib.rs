//! A CodePipeline job worker that deploys to ECS, with CodeDeploy blue/green
//! deployments or with ECS's own. `ARCHITECTURE.md` describes the terms, the
//! modules and the invariants.

pub mod artifact;
pub mod aws;
pub mod blocking;
pub mod call_rate;
pub mod cli;
pub mod config;
pub mod http_server;
pub mod job;
pub mod messages;
pub mod page;
pub mod policy;
pub mod ports;
pub mod release;
pub mod rollout;
pub mod telemetry;
pub mod worker;
