//! Gauges that are measured when the metrics are scraped.

use metrics::gauge;
use tracing::debug;

use super::context::Context;

/// Updates the gauges.
pub(super) async fn measure(context: &Context) {
    let oldest = context.oldest_job().unwrap_or_default();
    gauge!("bluegreen_oldest_job_seconds").set(oldest.as_secs_f64());
    gauge!("bluegreen_slots_available").set(count(context.slots_available()));
    gauge!("bluegreen_ready").set(count(context.is_ready().into()));
    gauge!("bluegreen_draining").set(count(context.is_draining().into()));
    gauge!("bluegreen_codepipeline_call_rate").set(context.shared.limits.budget.rate().0);
    gauge!("bluegreen_deployments_in_flight")
        .set(count(context.shared.releases.deployments_in_flight()));
    let size = match &context.shared.journal {
        Some(journal) => journal.size().await,
        None => Ok(0),
    };
    match size {
        Ok(size) => gauge!("bluegreen_journal_entries").set(count(size)),
        Err(problem) => debug!(%problem, "cannot count the journal's entries"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are at most ten thousand")]
fn count(things: usize) -> f64 {
    things as f64
}
