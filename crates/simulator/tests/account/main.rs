//! Tests of the account through its public interface.
//!
//! They are one program that links the library. As unit tests they would
//! compile the whole library a second time.

// Clippy asks for the attribute where helpers may unwrap.
#[cfg(test)]
mod cloudwatch;
#[cfg(test)]
mod codedeploy;
#[cfg(test)]
mod codepipeline;
#[cfg(test)]
mod control;
#[cfg(test)]
mod ec2;
#[cfg(test)]
mod ecr;
#[cfg(test)]
mod ecs;
#[cfg(test)]
mod ecs_listing;
#[cfg(test)]
mod elb;
#[cfg(test)]
mod eventbridge;
#[cfg(test)]
mod iam;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod multipart;
#[cfg(test)]
mod pipelines;
#[cfg(test)]
mod policy_simulation;
#[cfg(test)]
mod prepared;
#[cfg(test)]
mod presigned;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod schedule;
#[cfg(test)]
mod served;
#[cfg(test)]
mod server;
#[cfg(test)]
mod service_deployments;
#[cfg(test)]
mod services;
#[cfg(test)]
mod target_health;
#[cfg(test)]
mod traffic;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;
