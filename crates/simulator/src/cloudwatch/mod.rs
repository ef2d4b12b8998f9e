//! Simulated CloudWatch: named alarms that are active or not.

mod alarms;
mod call;

pub use alarms::{AlarmState, CloudWatch};
pub use call::call;
