//! Real traffic for a rehearsal: a process for each task, a load balancer that
//! follows the deployment's weights, clients, alarms and hooks. All of it uses
//! the loopback interface.

mod account;
mod alarms;
mod balancer;
mod built_in;
mod client;
mod fleet;
mod health;
mod hooks;
mod load;
mod meter;
mod program;
mod program_messages;
mod router;
mod routing_table;
mod shared;
mod shell;

pub use account::Account;
pub use alarms::{ALARMS, Alarm};
pub use built_in::Break;
pub use hooks::{Hook, HookCall};
pub use load::{Load, LoadReport};
pub use meter::{AnsweredByWeight, Span};
pub use program::Program;
pub use router::{Plan, Router, RouterError, Shown, ShownTarget};
pub use routing_table::Version;
