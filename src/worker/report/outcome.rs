//! Publishes the outcome of a job to the log, the metrics, the traces, the page
//! and the event bus. They show the report that CodePipeline accepted, and only
//! after it did; this is not always the report that the worker intended.

use std::collections::BTreeSet;

use jiff::Timestamp;
use metrics::counter;
use tracing::info;

use crate::job::DeploymentId;
use crate::job::offer::Job;
use crate::job::report::Report;
use crate::worker::context::Context;
use crate::worker::events::State;
use crate::worker::job_state::JobState;
use crate::worker::report::SentReport;
use crate::worker::trace_spans;

/// Publishes the outcome of a reported job. `since` is when its release began,
/// and `before` are the states that it had reached before this job.
pub(in crate::worker) fn publish(
    context: &Context,
    job: &Job,
    since: Timestamp,
    before: &BTreeSet<State>,
    sent: &SentReport,
) {
    let now = context.clock.now();
    let Some(report) = sent.accepted() else {
        info!(job.id = %job.id, "the pipeline had already closed the job; the result was dropped");
        context.shared.releases.close(job, now);
        return;
    };
    context.shared.releases.settle(job, report, now);
    trace_spans::ended(job, since, report);
    if let Some(events) = &context.events {
        let state = context.shared.releases.state(job);
        let known = state.as_ref().map(JobState::known).unwrap_or_default();
        let queued = events.publish(job, since, before, report, &known);
        if let Some(state) = state {
            state.change_facts(|facts| facts.add_queued(&queued));
        }
    }
    let end = match report {
        Report::Continue(_) => return,
        Report::Success(success) => {
            let deployment = success.deployment.as_ref().map(DeploymentId::as_str);
            info!(
                deployment.id = deployment,
                summary = success.summary,
                "the release is live"
            );
            "Succeeded"
        }
        Report::Failure(failure) => {
            let kind = failure.kind.name();
            info!(
                job.id = %job.id,
                failure.kind = kind,
                failure.message = failure.message,
                "the release has failed"
            );
            kind
        }
    };
    counter!("bluegreen_releases_total", "end" => end).increment(1);
}
