//! Resumes the unfinished jobs of a process that died.

use std::time::Duration;

use tracing::{info, warn};

use crate::job::JobId;
use crate::job::offer::Job;
use crate::ports::CallErrorKind;
use crate::worker::backoff::backoff;
use crate::worker::budget::Urgency;
use crate::worker::claim::{Origin, forget};
use crate::worker::context::Context;
use crate::worker::job_pool::JobPool;
use crate::worker::journal::Entry;
use crate::worker::limits::slots::Slot;
use crate::worker::process_job::{JobStart, process_job};

/// Interval between two scans of the journal while jobs are left over.
const MIN_INTERVAL: Duration = Duration::from_secs(5);

/// Starts every unfinished job of the journal for which a slot is free. Returns
/// whether jobs are left. Each job is looked up in its own task, so that one
/// that CodePipeline does not answer for does not delay the others.
pub(in crate::worker) async fn resume(context: &Context, job_pool: &JobPool) -> bool {
    let Some(journal) = &context.shared.journal else {
        return false;
    };
    let mut slots = context.shared.limits.slots.take(1).await;
    let is_in_flight = |job: &JobId| context.shared.in_flight.has(job);
    let taken_over = match journal
        .take_over(&is_in_flight, 1 + context.shared.limits.slots.available())
        .await
    {
        Ok(taken_over) => taken_over,
        Err(problem) => {
            warn!(%problem, "cannot read the journal; no unfinished jobs are resumed");
            return true;
        }
    };
    for entry in taken_over.entries {
        if slots.is_empty() {
            slots = context.shared.limits.slots.take(1).await;
        }
        let Some(slot) = slots.pop() else { continue };
        let context = context
            .for_new_jobs()
            .with_lease_guard(taken_over.lease_guard.clone());
        let in_flight = &context.shared.in_flight;
        // A poll may have been offered the job since the journal was read.
        let Some(in_flight) = in_flight.begin(&entry.job, context.clock.now()) else {
            continue;
        };
        job_pool.start(async move {
            let _in_flight = in_flight;
            resume_job(&context, entry, slot).await;
        });
    }
    taken_over.more
}

/// Scans for unfinished jobs repeatedly: another worker may have died, or a job
/// of this worker may have ended without a result.
pub(in crate::worker) async fn keep_resuming(
    context: &Context,
    job_pool: &JobPool,
    mut is_left: bool,
) {
    let Some(journal) = &context.shared.journal else {
        return std::future::pending().await;
    };
    loop {
        match is_left {
            true => context.clock.sleep(MIN_INTERVAL).await,
            false => journal.until_next_scan().await,
        }
        context.until_taking_jobs().await;
        is_left = resume(context, job_pool).await;
    }
}

async fn resume_job(context: &Context, entry: Entry, slot: Slot) {
    let lease_guard = context.lease_guard.clone();
    let work = async {
        if let Some(job) = look_up(context, &entry).await {
            info!(job.id = %job.id, stage = ?entry.stage, "resuming an unfinished job");
            if let Some(stop) = entry.stop.clone() {
                context.shared.own.add_stop(stop);
            }
            let start = JobStart {
                origin: Origin::Resumed(entry),
                permit: None,
                slot,
            };
            process_job(context, job, start).await;
        }
    };
    tokio::select! {
        biased;
        () = lease_guard.lost() => warn!("lost the lease; another worker has the job"),
        () = work => {}
    }
}

/// Fetches the job's details from CodePipeline. Retries until there is an
/// answer, also after a denial, because permissions may be fixed meanwhile.
/// Returns `None` if the job is gone or refused, or if the worker hands
/// its jobs back: then the job is left to the next process.
async fn look_up(context: &Context, entry: &Entry) -> Option<Job> {
    let mut failures = 0;
    while !context.lifecycle.hand_back.is_cancelled() {
        let ask = || context.ports.jobs.details(&entry.job);
        match context
            .shared
            .limits
            .budget
            .call(Urgency::Claim, None, ask)
            .await
        {
            Ok(Some(data)) => {
                return Some(Job {
                    id: entry.job.clone(),
                    nonce: entry.nonce.clone(),
                    account: entry.account.clone(),
                    data,
                });
            }
            Ok(None) => {
                info!(job.id = %entry.job, "an unfinished job no longer exists; removed from the journal");
                forget(context, &entry.job).await;
                return None;
            }
            Err(error) if error.kind == CallErrorKind::Refused => {
                warn!(job.id = %entry.job, %error, "an unfinished job cannot be looked up");
                return None;
            }
            Err(error) => {
                failures += 1;
                warn!(
                    job.id = %entry.job, %error, failures,
                    "cannot look up an unfinished job; retrying later"
                );
                let wait = backoff(context.settings.tuning.poll_interval, failures);
                context.pause(wait).await;
            }
        }
    }
    None
}
