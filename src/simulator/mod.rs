//! A pretend AWS: one `World`, reached over the wire by any AWS client.

pub mod api;
pub mod cloudwatch;
pub mod codedeploy;
pub mod ecr;
pub mod ecs;
pub mod elb;
mod ids;
mod json;
pub mod timeline;
pub mod world;
