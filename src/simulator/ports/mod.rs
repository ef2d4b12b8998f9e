//! The ports of a worker whose AWS is this world: the same calls as over the
//! wire, with the same faults and the same ledger, but no bytes between.

mod account;
mod alarms;
mod artifacts;
mod deployment_group;
mod deployment_reader;
mod deployment_seen;
mod deployments;
mod images;
mod jobs;
mod line;
mod load_balancers;
mod objects;
mod offered_job;
mod services;
mod stopped_tasks;
mod task_definitions;
mod values;

pub use account::ports;
pub use objects::WorldObjects;
