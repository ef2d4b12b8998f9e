//! Simulated Elastic Load Balancing: its resources, and the health of the
//! targets that ECS registers.

mod call;
mod describe;
mod rules;
mod target_health;

pub use call::{LoadBalancing, call};
pub(crate) use describe::group_arn;
pub use target_health::{TargetHealth, TargetState};
