//! The pretend CloudWatch: named alarms that are on or off.

mod alarms;

pub use alarms::{AlarmState, CloudWatch};
