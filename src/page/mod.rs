//! The live page: what is shown of releases while they happen, and the files
//! that a browser shows it with. They are part of the program; nothing is
//! fetched from elsewhere.

mod serve;
mod view;

pub use serve::{Look, routes};
pub use view::{
    ActionShown, Address, AlarmShown, Call, DeploymentShown, EventShown, FindingShown, Fleet,
    HookShown, Kind, Ledger, LoadShown, SpanShown, TaskSetShown, TaskShown, TrafficShown, View,
};
