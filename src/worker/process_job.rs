//! Processes one job from claim to report.
//!
//! The token is decoded before the job is claimed, so that a token from a newer
//! version is left to a newer worker. Then the job runs (`follow`) until there
//! is something to report, and the report is sent until CodePipeline accepts
//! it.

use std::sync::Arc;

use tracing::{Instrument as _, debug, info, info_span, warn};

use super::abandon;
use super::budget::Permit;
use super::claim::{Origin, claim, forget, leave};
use super::context::Context;
use super::events::states_in_token;
use super::follow::follow;
use super::limits::slots::Slot;
use super::report::hand_back::DueReport;
use super::report::outcome;
use super::report::{failed, send_report};
use crate::job::offer::Job;
use crate::job::report::Report;
use crate::ports::Receipt;
use crate::rollout::failure::Failure;
use crate::rollout::step::Rollout;
use crate::rollout::token::{self, TokenProblem};

/// What a job starts with.
pub(super) struct JobStart {
    pub(super) origin: Origin,
    /// For the acknowledgement; only a job that a poll has just offered has
    /// one.
    pub(super) permit: Option<Permit>,
    pub(super) slot: Slot,
}

/// Processes one job until it is reported or its lease is lost.
pub(super) async fn process_job(context: &Context, job: Job, start: JobStart) {
    let span = info_span!(
        "job",
        job.id = %job.id,
        pipeline.name = job.data.pipeline.pipeline,
        action.execution = %job.key(),
    );
    let job = Arc::new(job);
    let work = async {
        let in_flight = context.shared.in_flight.begin(&job.id, context.clock.now());
        // Another acknowledgement would be refused, and the journal's entry,
        // which is the first one's, removed.
        if in_flight.is_none() && start.origin == Origin::Offered {
            debug!("the job is in progress here already; this offer is left");
            return;
        }
        tokio::select! {
            biased;
            // Drop the work: the job now belongs to another worker.
            () = context.lease_guard.lost() => {
                warn!("lost the lease; another worker has the job");
                context.shared.releases.lose(&job, context.clock.now());
            }
            () = claim_and_report(context, &job, start) => {}
        }
    };
    work.instrument(span).await;
}

async fn claim_and_report(context: &Context, job: &Arc<Job>, start: JobStart) {
    let JobStart {
        origin,
        permit,
        slot,
    } = start;
    let slot = Arc::new(slot);
    // Decoded before the claim: a newer worker's token is left alone.
    let rollout = match job.data.token.as_deref().map(token::decode) {
        None => Ok(Rollout::new(origin.since(context.clock.now()))),
        Some(Ok(rollout)) => Ok(rollout),
        Some(Err(TokenProblem::Newer { unknown })) => {
            info!(unknown, "left for a newer worker, which wrote the token");
            if let Origin::Resumed(entry) = origin {
                leave(context, entry).await;
            }
            return;
        }
        Some(Err(TokenProblem::Unreadable { detail })) => Err(Failure::BadToken { detail }),
    };
    // Boxed, like the report: in between, the job may run for hours.
    let Some(ownership) = Box::pin(claim(context, job, &origin, permit)).await else {
        return;
    };
    context.shared.last_checks.forget(&job.key());
    let since = rollout.as_ref().map(|rollout| rollout.since);
    let since = since.unwrap_or_else(|_| context.clock.now());
    let in_token = job.data.token.as_ref().and(rollout.as_ref().ok());
    let states_before = states_in_token(in_token);
    let due = match rollout {
        Ok(rollout) => follow(context, job, rollout, ownership, &slot).await,
        Err(failure) => DueReport::last(failed(&failure)),
    };
    // Reporting takes a slot: a worker that cannot report takes no more jobs.
    slot.set_waiting(false);
    let returned_token = match &due.report {
        Report::Continue(progress) => Some(progress.token.clone()),
        Report::Success(_) | Report::Failure(_) => {
            context.shared.wait_queue.leave((since, &job.key()));
            None
        }
    };
    let Some(sent) = Box::pin(send_report(context, &job.id, due)).await else {
        context.shared.releases.close(job, context.clock.now());
        return;
    };
    outcome::publish(context, job, since, &states_before, &sent);
    match (sent.receipt, returned_token) {
        (Receipt::JobIsOver, Some(token)) => Box::pin(abandon::settle(context, job, &token)).await,
        (Receipt::Taken, Some(token)) => abandon::look_back(context, job, token),
        (Receipt::JobIsOver | Receipt::Taken, None) => {}
    }
    forget(context, &job.id).await;
}
