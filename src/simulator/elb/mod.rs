//! The pretend load balancer: the health of the targets that ECS registers.

mod call;
mod target_health;

pub(in crate::simulator) use call::{NAMESPACE, VERSION, call};
pub use target_health::{TargetHealth, TargetState, describe_target_health};
