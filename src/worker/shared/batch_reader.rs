//! Reads deployments for all jobs of one worker that use the same credentials.
//!
//! `BatchGetDeployments` reads many deployments with one call, so reads are
//! gathered into batches. A deployment's target takes a call of its own, so
//! targets are read only when the deployment has changed or its cached target
//! is too old.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clock::{Clock, Mark};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Semaphore, oneshot};
use tracing::Instrument as _;

use crate::job::DeploymentId;
use crate::ports::{BATCH, CallError, Deployments};
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus, TargetSeen};
use crate::rollout::shift::Shift;

/// How long a read waits for others to share its call, if there are other jobs.
/// Short compared with the observe interval; long enough for two hundred jobs
/// to fill their batches.
const BATCH_WINDOW: Duration = Duration::from_secs(2);

/// Jobs above which each observes less often. Below, there are few calls.
const CROWD: usize = 50;

/// The factor by which the interval grows then. With `BATCH_WINDOW`, a result
/// is still seen within two intervals, and a thousand deployments take 0.15
/// calls a minute each.
const CROWD_STRETCH: f64 = 1.6;

/// Time between two reads of targets, over all jobs. A target takes a call of
/// its own, and CodeDeploy throttles at some forty calls a minute (docs/aws.md
/// §5.4).
const TARGET_SPACING: Duration = Duration::from_secs(5);

/// Targets to read concurrently. One batch may show changes of many
/// deployments, and each target read takes a call, some 25 kilobytes and a
/// connection.
const TARGETS_AT_ONCE: usize = 8;

/// The longest that one target is not read, however many there are: reading
/// even less often would save little.
const MAX_STALENESS: Duration = Duration::from_secs(15 * 60);

/// The same if the target's status ends the action.
const MAX_EAGER_STALENESS: Duration = Duration::from_secs(60);

/// How long to cache the target of a deployment that no job observes: longer
/// than it takes a handed-back job to return.
const CACHE_TTL: Duration = Duration::from_secs(30 * 60);

/// Targets to cache: one per job that there may be.
const MAX_CACHED: usize = 10_000;

type Answer = Result<Option<DeploymentSeen>, CallError>;

/// How much of a deployment is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::worker) enum Wanted {
    /// Only the deployment itself.
    Itself,
    /// Also its target, if the deployment has changed or the target is old.
    Target,
    /// Also its target, at least every minute.
    TargetEagerly,
}

/// Reads deployments; shared by jobs.
pub(in crate::worker) struct BatchReader {
    deployments: Arc<dyn Deployments>,
    clock: Clock,
    jobs: Arc<AtomicUsize>,
    queue: Mutex<Queue>,
    targets: Semaphore,
    cached: Mutex<BTreeMap<DeploymentId, Cached>>,
}

/// Reads that wait for the next batch.
#[derive(Default)]
struct Queue {
    waiting: BTreeMap<DeploymentId, Vec<oneshot::Sender<Answer>>>,
    observations: usize,
    /// Calls made so far, so that a timer can tell whether its batch was sent.
    calls: u64,
}

/// A deployment as of when its target was last read.
struct Cached {
    seen: DeploymentSeen,
    at: Mark,
}

/// Counts one job as a reader until it is dropped.
pub(in crate::worker) struct ReaderGuard(Arc<AtomicUsize>);

impl Drop for ReaderGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl BatchReader {
    pub(in crate::worker) fn new(deployments: Arc<dyn Deployments>, clock: Clock) -> Self {
        Self {
            deployments,
            clock,
            jobs: Arc::default(),
            queue: Mutex::default(),
            targets: Semaphore::new(TARGETS_AT_ONCE),
            cached: Mutex::default(),
        }
    }

    /// Counts one more job that observes, until the result is dropped.
    pub(in crate::worker) fn enter(&self) -> ReaderGuard {
        self.jobs.fetch_add(1, Ordering::Relaxed);
        ReaderGuard(self.jobs.clone())
    }

    /// How long a job waits between two observations, and the fraction of
    /// jitter that keeps jobs from observing all at once.
    pub(in crate::worker) fn rest(&self, interval: Duration) -> (Duration, f64) {
        if self.jobs.load(Ordering::Relaxed) > CROWD {
            (interval.mul_f64(CROWD_STRETCH), 0.05)
        } else {
            (interval, 0.15)
        }
    }

    /// Reads the deployment. `None` if there is none with this
    /// id.
    pub(in crate::worker) async fn read(
        self: &Arc<Self>,
        id: &DeploymentId,
        wanted: Wanted,
    ) -> Answer {
        let Some(mut seen) = self.read_in_batch(id).await? else {
            return Ok(None);
        };
        // ECS's deployments are read as a whole.
        if seen.target.is_some() {
            return Ok(Some(seen));
        }
        if let Some((target, shift)) = self.cached_details(&seen, wanted) {
            seen.target = target;
            seen.shift = shift;
            return Ok(Some(seen));
        }
        if let Some(last) = self.cached().get(id) {
            seen.target.clone_from(&last.seen.target);
        }
        let turn = self.targets.acquire().await;
        let seen = self.deployments.with_target(seen).await?;
        drop(turn);
        self.cache(seen.clone());
        Ok(Some(seen))
    }

    /// The cached target and traffic shift, if they will do.
    fn cached_details(
        &self,
        seen: &DeploymentSeen,
        wanted: Wanted,
    ) -> Option<(Option<TargetSeen>, Option<Shift>)> {
        let cached = self.cached();
        let last = cached.get(&seen.id);
        let known = || {
            let last = last.map(|last| (last.seen.target.clone(), last.seen.shift));
            last.unwrap_or_default()
        };
        let limit = match wanted {
            Wanted::Itself => return Some(known()),
            Wanted::Target => MAX_STALENESS,
            Wanted::TargetEagerly => MAX_EAGER_STALENESS,
        };
        // The deployment's own status is enough, and no call may come between
        // it and the report.
        if seen.status == DeploymentStatus::Succeeded {
            return Some(known());
        }
        let last = last.filter(|last| !is_news(&last.seen, seen))?;
        let age = self.clock.at_most_since(&last.at);
        (age < self.staleness(limit)).then(known)
    }

    /// How old a cached target may be. With one or two jobs, it is read every
    /// time.
    fn staleness(&self, limit: Duration) -> Duration {
        let jobs = self.jobs.load(Ordering::Relaxed);
        let others = u32::try_from(jobs.saturating_sub(2)).unwrap_or(u32::MAX);
        match others {
            0 => Duration::ZERO,
            others => TARGET_SPACING.saturating_mul(others + 2).min(limit),
        }
    }

    fn cache(&self, seen: DeploymentSeen) {
        let at = self.clock.mark();
        let mut cached = self.cached();
        if cached.len() >= MAX_CACHED && !cached.contains_key(&seen.id) {
            cached.retain(|_, last| self.clock.since(&last.at) < CACHE_TTL);
            if cached.len() >= MAX_CACHED {
                cached.pop_first();
            }
        }
        cached.insert(seen.id.clone(), Cached { seen, at });
    }

    /// Reads the deployment itself, in a batch with others. The batch is sent
    /// when it is full, when every job waits for it, or after `BATCH_WINDOW`.
    async fn read_in_batch(self: &Arc<Self>, id: &DeploymentId) -> Answer {
        let (sender, receiver) = oneshot::channel();
        let jobs = self.jobs.load(Ordering::Relaxed);
        let (first, call) = {
            let mut queue = self.queue();
            queue.waiting.entry(id.clone()).or_default().push(sender);
            queue.observations += 1;
            let full = queue.waiting.len() >= BATCH || queue.observations >= jobs;
            let first = queue.observations == 1;
            (
                first,
                if full {
                    Ok(queue.take())
                } else {
                    Err(queue.calls)
                },
            )
        };
        let shared = self.clone();
        match call {
            Ok(waiting) => {
                tokio::spawn(async move { shared.call(waiting).await }.in_current_span());
            }
            Err(number) if first => {
                let gather = async move {
                    shared.clock.sleep(BATCH_WINDOW).await;
                    let waiting = {
                        let mut queue = shared.queue();
                        (queue.calls == number).then(|| queue.take())
                    };
                    if let Some(waiting) = waiting {
                        shared.call(waiting).await;
                    }
                };
                tokio::spawn(gather.in_current_span());
            }
            Err(_) => {}
        }
        match receiver.await {
            Ok(answer) => answer,
            // The task that was to make the call is gone: read alone.
            Err(_) => {
                let mut answers = self.deployments.survey(std::slice::from_ref(id)).await;
                answers.pop().unwrap_or(Ok(None))
            }
        }
    }

    /// Reads a batch and sends the answers to those that still wait.
    async fn call(&self, mut waiting: BTreeMap<DeploymentId, Vec<oneshot::Sender<Answer>>>) {
        waiting.retain(|_, observations| observations.iter().any(|reply| !reply.is_closed()));
        let ids: Vec<DeploymentId> = waiting.keys().cloned().collect();
        if ids.is_empty() {
            return;
        }
        let answers = self.deployments.survey(&ids).await;
        for (answer, observations) in answers.into_iter().zip(waiting.into_values()) {
            for reply in observations {
                // The send fails if the receiver is gone; that is fine.
                let _ = reply.send(answer.clone());
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    fn cached(&self) -> MutexGuard<'_, BTreeMap<DeploymentId, Cached>> {
        self.cached.lock()
    }
}

impl Queue {
    fn take(&mut self) -> BTreeMap<DeploymentId, Vec<oneshot::Sender<Answer>>> {
        self.observations = 0;
        self.calls += 1;
        std::mem::take(&mut self.waiting)
    }
}

/// Whether the deployment itself has changed.
fn is_news(before: &DeploymentSeen, now: &DeploymentSeen) -> bool {
    before.status != now.status
        || before.reached != now.reached
        || before.rollback != now.rollback
        || before.error != now.error
}

#[cfg(test)]
mod tests;
