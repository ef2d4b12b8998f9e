//! The worker: polls for jobs, runs each job, and reports it exactly once.
//! Start reading at `job_run`.

mod act;
mod budget;
mod claim;
mod context;
pub mod endpoint;
mod events;
mod gauges;
mod health;
mod job_pool;
mod job_run;
mod job_state;
pub mod journal;
mod labels;
mod observe;
mod pace;
mod policies;
mod poll;
mod report;
mod role;
mod traced;

pub use context::Context;
pub use events::Events;
pub use health::Health;
pub use policies::{Buckets, PolicyKeeper, Reloaded, read_policies};
pub use poll::run;
pub use report::release_registry::{ReleaseState, ReleaseStatus};
pub use tuning::Tuning;
