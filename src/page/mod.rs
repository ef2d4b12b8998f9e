//! The live page: shows releases while they run. The browser's files are
//! compiled into the program; nothing is loaded from elsewhere.

mod calls;
mod flow;
mod serve;
mod view;

pub use calls::{Call, CallLog, Calls, MAX_ANSWER, MAX_CALLS};
pub use flow::{StepShown, StepState, flow};
pub use serve::{Look, routes};
pub use view::{
    ActionShown, Address, AlarmShown, DeploymentShown, EventShown, FindingShown, Fleet, HookShown,
    Kind, LoadShown, NextShown, SpanShown, TaskSetShown, TaskShown, TrafficShown, View,
};
