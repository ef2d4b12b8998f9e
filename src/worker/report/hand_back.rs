//! Decides how long a job follows a deployment before it hands itself back.
//!
//! Usually the job follows it for `watch`, which is 20 seconds unless the
//! operator sets another time, and then reports its progress with a token. The
//! exceptions:
//!
//! - If there is news for the pipeline, it is reported at once.
//! - If many jobs share the budget of calls, each follows longer, at most ten
//!   minutes ([`Tuning::watch`](crate::worker::Tuning)).
//! - While other jobs are queued at CodePipeline, a job with a deployment is
//!   handed back only every [`MAX_REPORT_INTERVAL`], also if it has news, because
//!   it would return at the end of the queue.
//! - When the worker hands all jobs back, there is no wait.
//!
//! The report needs a permit. The job observes while it waits for one, and once
//! more if its last observation is then too old.

use std::time::Duration;

use crate::job::report::Report;
use crate::rollout::cause::Cause;
use crate::rollout::progress::{Phase, Progress, Underway};
use crate::worker::budget::{Permit, Urgency};
use crate::worker::job_run::JobRun;

/// How long a deployment is followed without a report while jobs are queued at
/// CodePipeline: half of one hour, the shortest time limit that a job may have
/// (docs/aws.md §1.3).
const MAX_REPORT_INTERVAL: Duration = Duration::from_secs(30 * 60);

/// How old the last observation may be when a job is handed back: no worker
/// observes the deployment until the job is claimed again.
const MAX_OBSERVATION_AGE: Duration = Duration::from_secs(2);

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
    /// Sets the progress to report, and what follows from it: whether it is news,
    /// and whether the job only waits for other releases.
    pub(in crate::worker) fn set_progress(&mut self, progress: Progress) {
        let first = self.first.get_or_insert_with(|| progress.clone());
        self.has_news |= !differs_in_figures_only(first, &progress);
        let waits = progress.is_for_others();
        if waits {
            self.preparation.drop_plan();
        }
        self.slot.set_waiting(waits);
        self.state.set_progress(progress);
    }

    /// Returns the report that hands the job back, if that is due and there is a
    /// permit. Otherwise waits a little and returns `None`: the job observes
    /// again.
    pub(in crate::worker) async fn hand_back_or_rest(&mut self) -> Option<DueReport> {
        let context = &self.reader.context;
        if context.lifecycle.hand_back.is_cancelled() {
            return Some(self.hand_back(Urgency::Progress, None));
        }
        let observed = context.clock.mark();
        let followed = context.clock.at_most_since(&self.begun);
        let (rest, spread) = context
            .readers
            .deployments
            .rest(context.settings.tuning.observe_interval);
        let Some(urgency) = self.due(followed) else {
            (self.ticket, self.permit) = (None, None);
            let left = context.watch().saturating_sub(followed);
            let rest = if left.is_zero() { rest } else { left.min(rest) };
            context.pause_within(rest, spread).await;
            return None;
        };
        if let Some(permit) = self.permit.take() {
            return Some(self.hand_back(Urgency::Claim, Some(permit)));
        }
        let ticket = self.ticket.take().filter(|(of, _)| *of == urgency);
        let queue = || {
            (
                urgency,
                context.shared.limits.budget.queue_to_hand_back(urgency),
            )
        };
        let (_, ticket) = self.ticket.insert(ticket.unwrap_or_else(queue));
        let permit = tokio::select! {
            biased;
            permit = ticket.permit() => permit,
            () = context.pause_within(rest, spread) => return None,
        };
        if context.clock.at_most_since(&observed) > MAX_OBSERVATION_AGE {
            self.permit = Some(permit);
            return None;
        }
        Some(self.hand_back(Urgency::Claim, Some(permit)))
    }

    /// A job that has a permit observes no more, so a retry of its report is as
    /// urgent as a claim.
    fn hand_back(&self, urgency: Urgency, permit: Option<Permit>) -> DueReport {
        DueReport {
            report: Report::Continue(self.state.hand_back()),
            urgency,
            permit,
        }
    }

    /// How urgent it is to hand the job back; `None` while it is not due.
    fn due(&self, followed: Duration) -> Option<Urgency> {
        let context = self.context();
        let is_under_way = self.state.rollout().deployment().is_some();
        if is_under_way && context.shared.limits.budget.has_backlog() {
            return (followed >= MAX_REPORT_INTERVAL).then_some(Urgency::Progress);
        }
        match self.has_news {
            true => Some(Urgency::Change),
            false => (followed >= context.watch()).then_some(Urgency::Progress),
        }
    }
}

fn cause(underway: &Underway) -> Option<&Cause> {
    underway.held_up.as_ref()?.cause.as_ref()
}

/// Whether the two summaries differ in figures only.
fn differs_in_figures_only(a: &Progress, b: &Progress) -> bool {
    match (a, b) {
        (Progress::Underway(a), Progress::Underway(b)) => match (&a.phase, &b.phase) {
            (Phase::Event { name: phase }, Phase::Event { name: other }) => {
                phase == other && cause(a) == cause(b)
            }
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        },
        (Progress::Ended(a), Progress::Ended(b)) => {
            std::mem::discriminant(&a.production) == std::mem::discriminant(&b.production)
                && a.rollback.is_some() == b.rollback.is_some()
        }
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
