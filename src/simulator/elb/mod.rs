//! The pretend load balancer: the health of the targets that ECS registers.

mod target_health;

pub use target_health::{TargetHealth, TargetState, describe_target_health};
