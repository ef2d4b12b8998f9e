//! Simulated CodePipeline: custom action types, their jobs, and the pipeline's
//! view of each action (aws-facts §1).

mod action_type;
mod call;
mod constraints;
mod execution;
mod history;
mod jobs;
mod pipelines;
mod poll;
mod queue;
mod rate_limit;
mod results;
mod state;
#[cfg(test)]
mod tests;
mod view;

pub use action_type::{ActionType, ActionTypeId};
pub use call::{advance, call};
pub use queue::{ActionDeclaration, InputArtifact, QueueError, Source};
pub use rate_limit::admit;
pub use state::{
    AbandonedJob, Action, ActionStatus, CodePipeline, ErrorDetails, Execution, Job, JobStatus,
    RepeatedAcknowledge, ReportSeen, Settings,
};
pub use view::ActionView;
