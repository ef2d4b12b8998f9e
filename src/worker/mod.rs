//! The worker: polls CodePipeline for jobs and reports each one exactly once.
//!
//! A job passes through these modules; `process_job` is the one to read first,
//! and then `follow`, which drives the job.
//!
//! 1. `poll` asks for as many jobs as can be acknowledged at once.
//! 2. `claim` writes the job to the journal and acknowledges it, in this order,
//!    because CodePipeline never offers an acknowledged job again.
//! 3. `observe` reads the artifacts, the target and its deployment, plans the
//!    release and has the policies judge it. Nothing is registered before
//!    everything has passed.
//! 4. The rollout's current step decides ([`crate::rollout`]), and `act`
//!    carries that out. Then the job observes and decides again, until the
//!    answer is to wait, succeed or fail.
//! 5. `report` sends the result. A job that only waits is handed back with a
//!    continuation token, from which a later job continues, on this worker or
//!    another.
//!
//! `journal` keeps unfinished jobs, so that another worker can finish them if
//! this one dies. `budget` limits the calls to CodePipeline.

mod abandon;
mod act;
mod backoff;
mod budget;
mod claim;
mod context;
pub mod endpoint;
mod events;
mod follow;
mod gauges;
mod health;
mod interrupted;
mod job_pool;
mod job_run;
mod job_state;
pub mod journal;
mod lifecycle;
mod limits;
mod metric_labels;
mod observe;
mod policy_keeper;
mod poll;
mod process_job;
mod report;
mod resume;
mod role;
mod settings;
mod shared;
pub mod shutdown;
mod start_lock;
mod trace_spans;
mod tuning;

pub use context::Context;
pub use events::Events;
pub use health::Health;
pub use policy_keeper::{Buckets, PolicyKeeper, Reloaded, read_policies};
pub use poll::run;
pub use shared::release_registry::{ReleaseState, ReleaseStatus};
pub use tuning::Tuning;
