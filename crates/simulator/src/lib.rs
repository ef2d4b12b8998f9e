//! Simulated AWS: one `World`, which any AWS client can call over HTTP, and the
//! AWS SDK also in process, without a socket.

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
pub mod traffic;
pub mod wire;
pub mod world;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
