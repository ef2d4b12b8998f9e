//! The poll loop: asks for as many jobs as can be acknowledged at once, starts
//! each, backs off after failures, and returns all jobs when the process ends.
//!
//! Each version of the action type is polled once per interval, with its own
//! backoff, so that one that fails does not keep jobs of another from being
//! taken. All share the slots and the budget of calls. If several are due, the
//! one that was polled the longest ago goes first.

use std::collections::VecDeque;
use std::pin::pin;
use std::time::Duration;

use clock::{Clock, Mark};
use metrics::histogram;
use tracing::{debug, error, info, warn};

use super::backoff::backoff;
use super::budget::Permit;
use super::claim::Origin;
use super::context::Context;
use super::events::Events;
use super::job_pool::JobPool;
use super::journal::LeaseGuard;
use super::limits::slots::Slot;
use super::process_job::{JobStart, process_job};
use super::resume::{keep_resuming, resume};
use super::shutdown::{HAND_BACK_TIMEOUT, LAST_REPORTS_TIMEOUT};
use crate::job::ActionVersion;
use crate::job::offer::Job;
use crate::ports::{CallError, CallErrorKind};

/// Maximum number of jobs to ask for at once; AWS's model states no upper bound
/// (docs/aws.md §1.3).
const MAX_BATCH: usize = 50;

/// How often a loop that waits marks itself as alive.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);

/// Runs until `stop` is cancelled, then hands all jobs back.
///
/// Dropping the future leaves everything as it is, as killing the process
/// would.
pub async fn run(context: &Context) {
    let job_pool = JobPool::new(context);
    let _end = job_pool.abort_on_drop();
    let sending = context.events.as_ref().map(Events::start);
    let work = async {
        heartbeat(context, &job_pool, context.until_taking_jobs()).await;
        let is_left = heartbeat(context, &job_pool, resume(context, &job_pool)).await;
        tokio::join!(
            keep_resuming(context, &job_pool, is_left),
            take_jobs(context, &job_pool)
        );
    };
    let keep = async {
        match &context.shared.journal {
            Some(journal) => journal.keep().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = context.lifecycle.stop.cancelled() => {}
        () = context.shared.limits.budget.run() => {}
        () = keep => {}
        () = work => {}
    }
    return_jobs(context, &job_pool).await;
    let close = async {
        if let Some(journal) = &context.shared.journal {
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

/// The polls for one version of the action type.
struct Polls {
    version: ActionVersion,
    /// How many polls in a row have failed.
    failures: u32,
    /// When a poll last got as many jobs as it asked for.
    full: Option<Mark>,
    /// Whether there seem to be more jobs than the worker takes.
    has_backlog: bool,
    /// Whether the last poll returned jobs.
    offered: bool,
    /// How many polls in a row have returned jobs that could not be taken.
    untaken: u32,
    /// When the last poll ended, and how long to wait since then. Not by the
    /// machine's time: if that is set back, one version would seem to have been
    /// polled in the future, and the others would be polled in its place.
    ended: Mark,
    wait: Duration,
}

impl Polls {
    /// The first poll is due at once.
    fn new(version: &ActionVersion, clock: &Clock) -> Self {
        Self {
            version: version.clone(),
            failures: 0,
            full: None,
            has_backlog: false,
            offered: false,
            untaken: 0,
            ended: clock.mark(),
            wait: Duration::ZERO,
        }
    }

    /// The time until the next poll.
    fn left(&self, clock: &Clock) -> Duration {
        self.wait.saturating_sub(clock.since(&self.ended))
    }
}

async fn take_jobs(context: &Context, job_pool: &JobPool) {
    let clock = &context.clock;
    let versions = context.ports.jobs.versions().iter();
    // Those that were polled the longest ago are first.
    let mut all: VecDeque<Polls> = versions.map(|version| Polls::new(version, clock)).collect();
    loop {
        let next = (0..all.len()).min_by_key(|&index| all[index].left(clock));
        let Some(mut polls) = next.and_then(|index| all.remove(index)) else {
            return std::future::pending().await;
        };
        polls.wait = poll_once(context, job_pool, &mut polls).await;
        polls.ended = clock.mark();
        all.push_back(polls);
        let has_backlog = all.iter().any(|polls| polls.has_backlog);
        context.shared.limits.budget.set_backlog(has_backlog);
        context.shared.health.set_jobs(job_pool.running());
        let left = all.iter().map(|polls| polls.left(clock)).min();
        context.for_new_jobs().pause(left.unwrap_or_default()).await;
    }
}

/// Polls and starts the jobs. Returns the wait before the next poll.
async fn poll_once(context: &Context, job_pool: &JobPool, polls: &mut Polls) -> Duration {
    let limits = &context.shared.limits;
    heartbeat(context, job_pool, context.until_taking_jobs()).await;
    let at_most = heartbeat(context, job_pool, batch_size(context, polls)).await;
    let slots = heartbeat(context, job_pool, limits.slots.take(at_most)).await;
    // Jobs offered from now on are held under this lease; without one, the
    // worker does not poll.
    let lease_guard = heartbeat(context, job_pool, lease_guard(context)).await;
    let context = &context.for_new_jobs().with_lease_guard(lease_guard);
    let permits = heartbeat(context, job_pool, limits.budget.batch(1 + slots.len())).await;
    let mut permits = permits.into_iter();
    let Some(permit) = permits.next() else {
        return Duration::ZERO;
    };
    let wanted = permits.len();
    if context.lifecycle.hand_back.is_cancelled() {
        return Duration::ZERO;
    }
    let asked = context.clock.mark();
    let soon = 2 * context.settings.tuning.poll_interval;
    let again = polls
        .full
        .is_some_and(|full| context.clock.since(&full) < soon);
    match permit
        .send(context.ports.jobs.poll(&polls.version, wanted))
        .await
    {
        Ok(jobs) => {
            let took = context.clock.since(&asked);
            histogram!("bluegreen_poll_seconds").record(took.as_secs_f64());
            context
                .shared
                .health
                .answered(&polls.version, context.clock.now());
            polls.failures = 0;
            polls.offered = !jobs.is_empty();
            let is_full = jobs.len() >= wanted && at_most == MAX_BATCH;
            // If all slots are taken, one full batch may have been everything;
            // two in a short time show a backlog.
            let takes_all_slots =
                wanted == slots.len() && context.shared.limits.slots.available() == 0;
            polls.has_backlog = is_full && (again || !takes_all_slots);
            polls.full = is_full.then_some(asked);
            if context.lifecycle.hand_back.is_cancelled() {
                // CodePipeline offers them again, since they are not
                // acknowledged.
                return Duration::ZERO;
            }
            start_jobs(context, job_pool, jobs, permits.zip(slots));
            // A full batch suggests that there are more.
            match is_full {
                true => Duration::ZERO,
                false => context.settings.tuning.poll_interval,
            }
        }
        Err(error) => {
            context.shared.health.failed(&polls.version, &error);
            if error.kind == CallErrorKind::Throttled {
                debug!("polling was throttled; reduced the call rate");
                return Duration::ZERO;
            }
            polls.failures += 1;
            log_error(&error, polls);
            backoff(context.settings.tuning.poll_interval, polls.failures)
        }
    }
}

/// How many jobs to ask for. While the offered ones cannot be taken, because
/// they cannot be recorded or acknowledged, the worker asks seldom and for one
/// job as a trial: CodePipeline offers a job to other workers only some time
/// after it has offered it here. An empty poll keeps no job from them.
async fn batch_size(context: &Context, polls: &mut Polls) -> usize {
    if context.shared.health.not_taken().is_none() {
        polls.untaken = 0;
        return MAX_BATCH;
    }
    if polls.offered {
        polls.untaken += 1;
        let wait = backoff(context.settings.tuning.poll_interval, polls.untaken);
        context.for_new_jobs().pause(wait).await;
    }
    1
}

/// Waits for `work`. Meanwhile marks the loop as alive and updates the number of
/// jobs.
async fn heartbeat<T>(context: &Context, job_pool: &JobPool, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        context.shared.health.polled(context.clock.now());
        context.shared.health.set_jobs(job_pool.running());
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = context.clock.sleep(HEARTBEAT_INTERVAL) => {}
        }
    }
}

/// The lease for new jobs; waits until there is one.
async fn lease_guard(context: &Context) -> LeaseGuard {
    match &context.shared.journal {
        Some(journal) => journal.lease_guard().await,
        None => LeaseGuard::unlimited(),
    }
}

/// Starts the jobs, those with a token first. Jobs beyond the number of permits
/// and slots are not acknowledged, so CodePipeline offers them again.
fn start_jobs(
    context: &Context,
    job_pool: &JobPool,
    mut jobs: Vec<Job>,
    means: impl Iterator<Item = (Permit, Slot)>,
) {
    jobs.sort_by_key(|job| job.data.token.is_none());
    for (job, (permit, slot)) in jobs.into_iter().zip(means) {
        let context = context.clone();
        let start = JobStart {
            origin: Origin::Offered,
            permit: Some(permit),
            slot,
        };
        job_pool.start(async move { process_job(&context, job, start).await });
    }
}

/// A missing permission or action type needs an operator; the rest is
/// temporary.
fn log_error(error: &CallError, polls: &Polls) {
    let Polls {
        version, failures, ..
    } = polls;
    if error.code == "ActionTypeNotFoundException" {
        if *failures == 1 {
            error!(
                %error,
                "version {version} of the action type is not registered here: run \
                 `bluegreen-worker action-type register --version {version}`, or remove it from \
                 BLUEGREEN_ACTION_VERSION; trying again later"
            );
        }
        return;
    }
    match error.kind {
        CallErrorKind::Throttled | CallErrorKind::Unclear | CallErrorKind::Unreachable => {
            warn!(%error, failures, "polling for jobs failed; trying again later");
        }
        CallErrorKind::Denied | CallErrorKind::Refused => {
            error!(%error, failures, "polling for jobs was refused; trying again later");
        }
    }
}

/// Ends the jobs: each hands itself back, and the rest are aborted.
async fn return_jobs(context: &Context, job_pool: &JobPool) {
    info!(
        jobs = job_pool.running(),
        "stopping: returning jobs in progress"
    );
    context.shared.limits.budget.lift_limit();
    if job_pool.wait_until_empty(HAND_BACK_TIMEOUT).await {
        return;
    }
    context.lifecycle.cancel.cancel();
    if !job_pool.wait_until_empty(LAST_REPORTS_TIMEOUT).await {
        warn!(
            jobs = job_pool.running(),
            "exiting before every job was returned"
        );
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::*;
    use crate::job::Engine;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_back_changes_no_wait() {
        let hours = SignedDuration::from_hours(2);
        let before = Clock::simulated(Timestamp::UNIX_EPOCH + hours, 1.0);
        let after = Clock::simulated(Timestamp::UNIX_EPOCH, 1.0);
        let mut polls = Polls::new(&Engine::Ecs.into(), &before);
        assert_eq!(polls.left(&after), Duration::ZERO);
        polls.wait = Duration::from_secs(5);
        assert_eq!(polls.left(&after), Duration::from_secs(5));
        after.sleep(Duration::from_secs(2)).await;
        assert_eq!(polls.left(&after), Duration::from_secs(3));
        after.sleep(Duration::from_secs(5)).await;
        assert_eq!(polls.left(&after), Duration::ZERO);
    }
}
