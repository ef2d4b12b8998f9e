//! The loop: ask for as many jobs as can be acknowledged at once, start a job
//! for each, back off where that fails, let go when told to.

use std::time::Duration;

use jiff::Timestamp;
use metrics::histogram;
use tracing::{debug, info, warn};

use super::budget::Permit;
use super::claim::Origin;
use super::claim::resume::{keep_resuming, resume};
use super::claim::slots::Slot;
use super::context::Context;
use super::events::Events;
use super::job_pool::JobPool;
use super::job_run::{Begin, run_job};
use super::journal::LeaseGuard;
use crate::job::offer::Job;
use crate::ports::{CallError, CallErrorKind};

/// The most jobs to ask for at once; the model names no upper bound
/// (aws-facts §1.3).
const MAX_BATCH: usize = 50;

/// The longest wait between polls that fail.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// After this long, jobs that have not handed back by themselves are ended
/// and handed back for them.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// After this long the worker goes, whatever is still on its way; with
/// `DRAIN_TIMEOUT` it stays within the ten seconds that a service manager gives.
const LAST_CALLS_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a loop that waits for a slot says that it is alive.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(30);

/// Works until the process is told to stop, then hands everything back.
///
/// Dropped before, it leaves everything where it stands, as a process that is
/// killed would.
pub async fn run(context: &Context) {
    let job_pool = JobPool::new(context);
    let _end = job_pool.until_dropped();
    let sending = context.events.as_ref().map(Events::start);
    // Before the first poll there may be much to take up.
    context.health.polled(context.clock.now());
    let work = async {
        wait_until_taking_jobs(context, &job_pool).await;
        let is_left = resume(context, &job_pool).await;
        tokio::join!(
            keep_resuming(context, &job_pool, is_left),
            take_jobs(context, &job_pool)
        );
    };
    let keep = async {
        match &context.journal {
            Some(journal) => journal.keep().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = context.stop.cancelled() => {}
        () = context.budget.run() => {}
        () = keep => {}
        () = work => {}
    }
    drain(context, &job_pool).await;
    let close = async {
        if let Some(journal) = &context.journal {
            journal.close().await;
        }
    };
    let finish = async {
        if let Some(sending) = sending {
            sending.finish().await;
        }
    };
    tokio::join!(close, finish);
}

/// What earlier polls came to.
#[derive(Default)]
struct Polls {
    /// The last so many failed.
    failures: u32,
    /// When one last got all it asked for.
    full: Option<Timestamp>,
}

async fn take_jobs(context: &Context, job_pool: &JobPool) {
    let mut polls = Polls::default();
    loop {
        let wait = poll_once(context, job_pool, &mut polls).await;
        context.health.set_jobs(job_pool.at_work());
        context.renewed().pause(wait).await;
    }
}

/// Polls, and sets to work what comes; answers how long to wait for the next.
async fn poll_once(context: &Context, job_pool: &JobPool, polls: &mut Polls) -> Duration {
    wait_until_taking_jobs(context, job_pool).await;
    let slots = wait_for_slots(context, job_pool, MAX_BATCH).await;
    // What is offered from now on is held by this; without, nothing is asked
    // for.
    let lease_guard = wait_for_lease(context).await;
    let context = &context.renewed().with_lease_guard(lease_guard);
    let mut permits = context.budget.batch(1 + slots.len()).await.into_iter();
    let Some(permit) = permits.next() else {
        return Duration::ZERO;
    };
    let wanted = permits.len();
    if context.drain.is_cancelled() {
        return Duration::ZERO;
    }
    let asked = context.clock.now();
    match permit.send(context.ports.jobs.poll(wanted)).await {
        Ok(jobs) => {
            let took = context.clock.now().duration_since(asked);
            histogram!("bluegreen_poll_seconds").record(took.as_secs_f64());
            context.health.answered(context.clock.now());
            polls.failures = 0;
            let is_full = jobs.len() >= wanted;
            // Where all slots are taken, one full batch may be all there was;
            // two within a short time are not.
            let takes_all_slots = wanted == slots.len() && context.slots.available() == 0;
            let soon = 2 * context.tuning.poll_interval;
            let again = polls.full.is_some_and(|full| asked < full + soon);
            context
                .budget
                .set_backlog(is_full && (again || !takes_all_slots));
            polls.full = is_full.then_some(asked);
            if context.drain.is_cancelled() {
                // Not acknowledged, they are offered again, to somebody else.
                return Duration::ZERO;
            }
            set_to_work(context, job_pool, jobs, permits.zip(slots));
            // There may be more where a full batch came from.
            match is_full {
                true => Duration::ZERO,
                false => context.tuning.poll_interval,
            }
        }
        Err(error) => {
            context.health.failed(&error);
            if error.kind == CallErrorKind::Throttled {
                debug!("polling was throttled; the pace is slower now");
                return Duration::ZERO;
            }
            polls.failures += 1;
            log_error(&error, polls.failures);
            backoff(context.tuning.poll_interval, polls.failures)
        }
    }
}

/// Waits until the worker takes jobs, and keeps telling that the loop is alive
/// and how many jobs are left.
async fn wait_until_taking_jobs(context: &Context, job_pool: &JobPool) {
    loop {
        context.health.polled(context.clock.now());
        context.health.set_jobs(job_pool.at_work());
        let interval = context
            .renewed()
            .tuning
            .poll_interval
            .min(HEARTBEAT_INTERVAL);
        tokio::select! {
            biased;
            () = context.until_taking_jobs() => return,
            () = context.clock.sleep(interval) => {}
        }
    }
}

/// Waits until a slot is free, takes as many as there are, `at_most` so many,
/// and keeps telling that the loop is alive.
async fn wait_for_slots(context: &Context, job_pool: &JobPool, at_most: usize) -> Vec<Slot> {
    loop {
        context.health.polled(context.clock.now());
        context.health.set_jobs(job_pool.at_work());
        tokio::select! {
            biased;
            slots = context.slots.take(at_most) => return slots,
            () = context.clock.sleep(HEARTBEAT_INTERVAL) => {}
        }
    }
}

/// Waits until jobs can be held, and keeps telling that the loop is alive.
async fn wait_for_lease(context: &Context) -> LeaseGuard {
    let Some(journal) = &context.journal else {
        return LeaseGuard::unlimited();
    };
    let mut lease_guard = journal.lease_guard();
    loop {
        context.health.polled(context.clock.now());
        tokio::select! {
            biased;
            lease_guard = &mut lease_guard => return lease_guard,
            () = context.clock.sleep(HEARTBEAT_INTERVAL) => {}
        }
    }
}

/// Starts a job for each job; those first that are under way. What CodePipeline
/// gives beyond what was asked for is left to whoever asks next.
fn set_to_work(
    context: &Context,
    job_pool: &JobPool,
    mut jobs: Vec<Job>,
    means: impl Iterator<Item = (Permit, Slot)>,
) {
    jobs.sort_by_key(|job| job.data.token.is_none());
    for (job, (permit, slot)) in jobs.into_iter().zip(means) {
        let context = context.clone();
        let begin = Begin {
            origin: Origin::Offered,
            permit: Some(permit),
            slot,
        };
        job_pool.start(async move { run_job(&context, job, begin).await });
    }
}

/// Twice as long after each failure.
pub(super) fn backoff(interval: Duration, failures: u32) -> Duration {
    interval
        .saturating_mul(1 << failures.min(16))
        .min(MAX_BACKOFF.max(interval))
}

/// A missing permission or action type needs somebody; the rest passes.
fn log_error(error: &CallError, failures: u32) {
    match error.kind {
        CallErrorKind::Throttled | CallErrorKind::Unclear | CallErrorKind::Unreachable => {
            warn!(%error, failures, "polling for jobs failed; trying again later");
        }
        CallErrorKind::Denied | CallErrorKind::Refused => {
            tracing::error!(%error, failures, "polling for jobs was refused; trying again later");
        }
    }
}

async fn drain(context: &Context, job_pool: &JobPool) {
    info!(
        jobs = job_pool.at_work(),
        "draining: handing back what is in hand"
    );
    context.budget.open();
    if job_pool.ended(DRAIN_TIMEOUT).await {
        return;
    }
    context.cancel.cancel();
    if !job_pool.ended(LAST_CALLS_TIMEOUT).await {
        warn!(
            jobs = job_pool.at_work(),
            "leaving before everything was handed back"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_polls_back_off_to_a_minute() {
        let interval = Duration::from_secs(5);
        let waits: Vec<u64> = (1..=6).map(|n| backoff(interval, n).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60, 60]);
        let rare = Duration::from_secs(300);
        assert_eq!(backoff(rare, 3), rare, "never shorter than asked for");
    }
}
