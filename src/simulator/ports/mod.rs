//! The worker's ports implemented by the simulated world, in process: the same
//! calls as over HTTP, with the same faults and ledger.

mod account;
mod alarms;
mod artifacts;
mod deployment_group;
mod deployment_reader;
mod deployment_seen;
mod deployments;
mod iam;
mod images;
mod jobs;
mod line;
mod load_balancers;
mod log_groups;
mod objects;
mod offered_job;
mod services;
mod stopped_tasks;
mod task_definitions;
mod values;

pub use account::ports;
pub use objects::WorldObjects;
