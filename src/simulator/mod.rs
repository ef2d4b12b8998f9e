//! A pretend AWS: one `World`, reached over the wire by any AWS client.

pub mod api;
pub mod codedeploy;
pub mod ecs;
pub mod world;
