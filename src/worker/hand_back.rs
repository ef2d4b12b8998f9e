//! When a job is handed back, and what its visit does until then: it looks on.

use std::time::Duration;

use super::budget::{Permit, Urgency};
use super::visit::Visit;
use crate::job::report::Report;
use crate::rollout::cause::Cause;
use crate::rollout::progress::{Phase, Progress, Underway};

/// How long a deployment is followed without a report while jobs wait in
/// CodePipeline's line: half of what is safe (aws-facts §1.3).
const LONGEST_HELD: Duration = Duration::from_secs(30 * 60);

/// How old the last look may be when a job is handed back: until somebody has
/// the job again, nobody looks.
const FRESH: Duration = Duration::from_secs(2);

/// What a visit comes to: a report, how urgent it is, and the permit to hand it
/// in, where the visit has waited for it.
pub(super) struct DueReport {
    pub(super) report: Report,
    pub(super) urgency: Urgency,
    pub(super) permit: Option<Permit>,
}

impl DueReport {
    /// The end of the rollout.
    pub(super) fn last(report: Report) -> Self {
        Self {
            report,
            urgency: Urgency::Final,
            permit: None,
        }
    }
}

impl Visit {
    /// Notes where the rollout stands, then waits a little; answers how the job
    /// is handed back, once that is due and may be. Until then the visit looks
    /// on.
    pub(super) async fn wait(&mut self, progress: Progress) -> Option<(Urgency, Option<Permit>)> {
        let is_new = |first| !alike(first, &progress);
        self.has_news |= self.first.as_ref().is_some_and(is_new);
        self.first.get_or_insert_with(|| progress.clone());
        if progress.is_for_others() {
            self.looks.let_go_of_plan();
        }
        self.slot.set_waiting(progress.is_for_others());
        self.standing.note(progress);
        let hands = &self.looks.hands;
        if hands.drain.is_cancelled() {
            return Some((Urgency::Progress, None));
        }
        let now = hands.clock.now();
        let watched = now.duration_since(self.begun);
        let watched = Duration::try_from(watched).unwrap_or_default();
        let (rest, spread) = hands.observer.rest(hands.pace.observe_interval);
        let Some(urgency) = self.due(watched) else {
            (self.ticket, self.permit) = (None, None);
            let left = hands.watch().saturating_sub(watched);
            let rest = if left.is_zero() { rest } else { left.min(rest) };
            hands.pause_within(rest, spread).await;
            return None;
        };
        if let Some(permit) = self.permit.take() {
            return Some((Urgency::Claim, Some(permit)));
        }
        let ticket = self.ticket.take().filter(|(of, _)| *of == urgency);
        let queue = || (urgency, hands.budget.queue_to_hand_back(urgency));
        let (_, ticket) = self.ticket.insert(ticket.unwrap_or_else(queue));
        tokio::select! {
            biased;
            permit = ticket.permit() => {
                let waited = hands.clock.now().duration_since(now);
                if waited.unsigned_abs() > FRESH {
                    self.permit = Some(permit);
                    return None;
                }
                // Nobody looks on from here: what must be sent again is urgent.
                Some((Urgency::Claim, Some(permit)))
            }
            () = hands.pause_within(rest, spread) => None,
        }
    }

    /// How urgent it is to hand the job back; `None` while it is not due.
    fn due(&self, watched: Duration) -> Option<Urgency> {
        let hands = self.hands();
        let is_under_way = self.standing.rollout().deployment().is_some();
        if is_under_way && hands.budget.has_backlog() {
            return (watched >= LONGEST_HELD).then_some(Urgency::Progress);
        }
        match self.has_news {
            true => Some(Urgency::Change),
            false => (watched >= hands.watch()).then_some(Urgency::Progress),
        }
    }
}

fn cause(underway: &Underway) -> Option<&Cause> {
    underway.held_up.as_ref()?.cause.as_ref()
}

/// Whether two summaries would differ in figures only.
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
