//! The live page: shows releases while they run. The browser's files are
//! compiled into the program; nothing is loaded from elsewhere.

mod calls;
mod flow;
mod serve;
mod state;
mod view;

pub use calls::{Call, CallLog, Calls, MAX_ANSWER, MAX_CALLS};
pub use flow::flow;
pub use serve::{Look, index, routes};
pub use state::state;
pub use view::{
    ActionShown, Address, AlarmShown, ChangesShown, DeploymentShown, EventShown, FailureShown,
    FindingShown, FleetJobShown, HookShown, HookState, ImageShown, Kind, LoadShown, NextShown,
    SeverityShown, SpanShown, StateShown, StepShown, StepState, TaskSetShown, TaskShown, Tone,
    TrafficShown, Version, View, WaitShown,
};
