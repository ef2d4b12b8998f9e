//! Trace spans of a release: its steps, and the whole release once it has
//! ended.

use jiff::Timestamp;
use tracing::{Span, debug_span};

use crate::job::DeploymentId;
use crate::job::offer::Job;
use crate::job::report::Report;
use crate::rollout::step::Rollout;

/// The span of the rollout's current step in this job.
pub(super) struct StepSpan {
    name: &'static str,
    pub(super) span: Span,
}

impl StepSpan {
    pub(super) fn new(rollout: &Rollout) -> Self {
        let name = rollout.step.name();
        let deployment = rollout.deployment().map(DeploymentId::as_str);
        let span = debug_span!("step", otel.name = name, deployment.id = deployment);
        Self { name, span }
    }

    /// The same span, or a new one if the step has changed.
    pub(super) fn at(self, rollout: &Rollout) -> Self {
        match self.name == rollout.step.name() {
            true => self,
            false => Self::new(rollout),
        }
    }
}

/// Emits the span of the whole release if this report ends it.
pub(super) fn ended(job: &Job, since: Timestamp, report: &Report) {
    let (deployment, end, code) = match report {
        Report::Continue(_) => return,
        Report::Success(success) => (&success.deployment, "Succeeded", "OK"),
        Report::Failure(failure) => (&failure.deployment, failure.kind.name(), "ERROR"),
    };
    let pipeline = &job.data.pipeline;
    drop(debug_span!(
        parent: None,
        "release",
        otel.name = format!("release {}", pipeline.pipeline),
        otel.status_code = code,
        begun = since.as_millisecond(),
        end,
        pipeline.name = pipeline.pipeline,
        pipeline.stage = pipeline.stage,
        pipeline.action = pipeline.action,
        pipeline.execution = pipeline.pipeline_execution,
        action.execution = %job.key(),
        deployment.id = deployment.as_ref().map(DeploymentId::as_str),
    ));
}
