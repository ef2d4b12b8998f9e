//! The pretend CloudWatch: named alarms that are on or off.

mod alarms;
mod call;

pub use alarms::{AlarmState, CloudWatch};
pub use call::call;
