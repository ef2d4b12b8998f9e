//! The live page: what is shown of releases while they happen, and the files
//! that a browser shows it with. They are part of the program; nothing is
//! fetched from elsewhere.

mod calls;
mod flow;
mod serve;
mod view;

pub use calls::{Call, CallLog, Calls, MAX_ANSWER, MAX_CALLS};
pub use flow::{StepShown, StepState, flow};
pub use serve::{Look, routes};
pub use view::{
    ActionShown, Address, AlarmShown, DeploymentShown, EventShown, FindingShown, Fleet, HookShown,
    Kind, LoadShown, SpanShown, TaskSetShown, TaskShown, TrafficShown, View,
};
