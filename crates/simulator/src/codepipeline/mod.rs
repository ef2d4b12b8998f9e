//! Simulated CodePipeline: custom action types, their jobs, and the pipeline's
//! view of each action (docs/aws.md §1).
//!
//! An action runs as a chain of jobs:
//!
//! 1. Starting the action creates its first job, which is `Queued`.
//! 2. `PollForJobs` returns the job with a nonce, and the job becomes
//!    `Dispatched`. If no worker acknowledges it within
//!    [`Settings::redelivery_seconds`], a later poll returns it with another
//!    nonce. The old nonce is then invalid, so two workers that were offered
//!    the same job cannot both acknowledge it.
//! 3. `AcknowledgeJob` with the current nonce makes the job `InProgress`.
//! 4. An `InProgress` job accepts one result. A failure, or a success without a
//!    continuation token, ends the action. A success with a token creates the
//!    next job, which carries the token and is offered after
//!    [`Settings::continuation_seconds`].
//!
//! An action that has not ended after 24 hours fails. Choices for behaviour
//! that AWS does not document are in [`Settings`].

mod action_type;
mod call;
mod constraints;
mod execution;
mod history;
mod jobs;
mod pipelines;
mod poll;
mod queue;
mod results;
mod state;
mod view;

pub use action_type::{ActionType, ActionTypeId};
pub use call::{admit, advance, call};
pub use queue::{ActionDeclaration, InputArtifact, QueueError, Source};
pub use state::{
    AbandonedJob, Action, ActionStatus, CodePipeline, ErrorDetails, Job, JobStatus,
    RepeatedAcknowledge, ReportSeen, Settings,
};
pub use view::ActionView;
