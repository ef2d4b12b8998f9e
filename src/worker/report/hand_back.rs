//! Decides when a job is handed back. Until then the job keeps observing.
//!
//! A job is handed back when it has news for the pipeline, when it has watched
//! for long enough, or when the worker drains. While other jobs wait at
//! CodePipeline, a job with a deployment is handed back only every half hour,
//! because it would return at the end of the queue. The report needs a permit;
//! the job observes while it waits for one, and once more if its last
//! observation is no longer recent.

use std::time::Duration;

use crate::job::report::Report;
use crate::rollout::cause::Cause;
use crate::rollout::progress::{Phase, Progress, Underway};
use crate::worker::budget::{Permit, Urgency};
use crate::worker::job_run::JobRun;

/// How long a deployment is followed without a report while jobs wait at
/// CodePipeline: half of what is safe (docs/aws.md §1.3).
const MAX_REPORT_INTERVAL: Duration = Duration::from_secs(30 * 60);

/// How old the last observation may be when a job is handed back: no worker
/// observes the deployment until the job is claimed again.
const FRESH: Duration = Duration::from_secs(2);

/// A report that is due, its urgency, and the permit to send it if the job has
/// waited for one.
pub(in crate::worker) struct DueReport {
    pub(in crate::worker) report: Report,
    pub(in crate::worker) urgency: Urgency,
    pub(in crate::worker) permit: Option<Permit>,
}

impl DueReport {
    /// The report that ends the rollout.
    pub(in crate::worker) fn last(report: Report) -> Self {
        Self {
            report,
            urgency: Urgency::Final,
            permit: None,
        }
    }
}

impl JobRun {
    /// Notes the progress, then waits a little. Returns how to hand the job
    /// back if that is due and there is a permit; `None` means that the job
    /// observes again.
    pub(in crate::worker) async fn wait(
        &mut self,
        progress: Progress,
    ) -> Option<(Urgency, Option<Permit>)> {
        let is_new = |first| !alike(first, &progress);
        self.has_news |= self.first.as_ref().is_some_and(is_new);
        self.first.get_or_insert_with(|| progress.clone());
        if progress.is_for_others() {
            self.observations.drop_plan();
        }
        self.slot.set_waiting(progress.is_for_others());
        self.state.note(progress);
        let context = &self.observations.context;
        if context.lifecycle.hand_back.is_cancelled() {
            return Some((Urgency::Progress, None));
        }
        let now = context.clock.now();
        let watched = now.duration_since(self.begun);
        let watched = Duration::try_from(watched).unwrap_or_default();
        let (rest, spread) = context
            .readers
            .deployments
            .rest(context.settings.tuning.observe_interval);
        let Some(urgency) = self.due(watched) else {
            (self.ticket, self.permit) = (None, None);
            let left = context.watch().saturating_sub(watched);
            let rest = if left.is_zero() { rest } else { left.min(rest) };
            context.pause_within(rest, spread).await;
            return None;
        };
        if let Some(permit) = self.permit.take() {
            return Some((Urgency::Claim, Some(permit)));
        }
        let ticket = self.ticket.take().filter(|(of, _)| *of == urgency);
        let queue = || (urgency, context.limits.budget.queue_to_hand_back(urgency));
        let (_, ticket) = self.ticket.insert(ticket.unwrap_or_else(queue));
        tokio::select! {
            biased;
            permit = ticket.permit() => {
                let waited = context.clock.now().duration_since(now);
                if waited.unsigned_abs() > FRESH {
                    self.permit = Some(permit);
                    return None;
                }
                // The job no longer observes, so a retry of the report is
                // urgent.
                Some((Urgency::Claim, Some(permit)))
            }
            () = context.pause_within(rest, spread) => None,
        }
    }

    /// How urgent it is to hand the job back; `None` while it is not due.
    fn due(&self, watched: Duration) -> Option<Urgency> {
        let context = self.context();
        let is_under_way = self.state.rollout().deployment().is_some();
        if is_under_way && context.limits.budget.has_backlog() {
            return (watched >= MAX_REPORT_INTERVAL).then_some(Urgency::Progress);
        }
        match self.has_news {
            true => Some(Urgency::Change),
            false => (watched >= context.watch()).then_some(Urgency::Progress),
        }
    }
}

fn cause(underway: &Underway) -> Option<&Cause> {
    underway.held_up.as_ref()?.cause.as_ref()
}

/// Whether the two summaries differ in figures only.
fn alike(a: &Progress, b: &Progress) -> bool {
    match (a, b) {
        (Progress::Underway(a), Progress::Underway(b)) => match (&a.phase, &b.phase) {
            (Phase::Event { name: phase }, Phase::Event { name: other }) => {
                phase == other && cause(a) == cause(b)
            }
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        },
        (Progress::RollingBack(a), Progress::RollingBack(b)) => {
            std::mem::discriminant(&a.production) == std::mem::discriminant(&b.production)
                && a.rollback.is_some() == b.rollback.is_some()
        }
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
