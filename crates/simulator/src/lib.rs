//! A simulated AWS account for deployments to ECS. Any AWS client can call it
//! over HTTP, and the AWS SDK for Rust also in process, without a socket.
//!
//! - [`world::World`] is the account: the state of every service, the current
//!   time, the [`ledger`] of all calls and the [`faults`] to inject.
//! - [`wire::Simulator`] serves a world on a port. [`wire::Exchange`] handles
//!   requests in process.
//! - [`codedeploy::Fixture`] and [`ecs::Fixture`] create a service that is ready
//!   to be deployed.
//! - [`control`] is the HTTP endpoint for changes that no AWS client can make.
//! - [`traffic`] runs a process for each task behind a load balancer.
//! - [`archive`] builds pipeline artifacts. [`keys`], [`names`], [`routes`] and
//!   [`share`] are parts of a world.
//! - Each of the other modules is one service, or a part of it that both engines
//!   have, such as [`hooks`].

mod agenda;
pub mod api;
pub mod archive;
pub mod cloudwatch;
pub mod codedeploy;
pub mod codepipeline;
pub mod control;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod elb;
pub mod eventbridge;
pub mod faults;
pub mod fixture;
pub mod hooks;
pub mod iam;
mod ids;
mod json;
pub mod keys;
pub mod ledger;
pub mod logs;
pub mod names;
pub mod routes;
pub mod s3;
pub mod share;
pub mod timeline;
mod token_bucket;
pub mod traffic;
pub mod wire;
pub mod world;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
