//! Looks at deployments for all jobs of one worker that use the same
//! credentials: many with one call, their targets only as often as needed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Semaphore, oneshot};
use tracing::Instrument as _;

use crate::clock::Clock;
use crate::job::DeploymentId;
use crate::ports::{BATCH, CallError, Deployments};
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus, TargetSeen};
use crate::rollout::shift::Shift;

/// How long a look waits for others to share its call, where there are others.
/// Short beside the time between two looks; long enough that two hundred
/// jobs fill their calls.
const BATCH_WINDOW: Duration = Duration::from_secs(2);

/// Jobs from which on each looks less often. Below, the calls are few.
const CROWD: usize = 50;

/// How much less often: so that with `BATCH_WINDOW` a result is still seen within
/// two intervals, and a thousand deployments take 0.15 calls a minute each.
const CROWD_STRETCH: f64 = 1.6;

/// Time between two looks at targets, whosever they are. A target takes a call
/// of its own, and CodeDeploy throttles at some forty calls a minute
/// (aws-facts §5.4).
const TARGET_SPACING: Duration = Duration::from_secs(5);

/// Targets that are looked at side by side. What one call has told of many
/// deployments may be news for each of them, and each look at a target is a
/// call of its own, which takes some 25 kilobytes and a connection.
const TARGETS_AT_ONCE: usize = 8;

/// The longest that one target is not looked at, however many there are: less
/// often would save little.
const MAX_STALENESS: Duration = Duration::from_secs(15 * 60);

/// The same where the target's word ends the action.
const MAX_EAGER_STALENESS: Duration = Duration::from_secs(60);

/// How long the target of a deployment at which nobody looks is remembered:
/// longer than any job's return takes.
const CACHE_TTL: Duration = Duration::from_secs(30 * 60);

/// Targets that are remembered: one for each job that there may be.
const MAX_CACHED: usize = 10_000;

type Answer = Result<Option<DeploymentSeen>, CallError>;

/// How much of a deployment is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::worker) enum Wanted {
    /// Only what the deployment itself says.
    Itself,
    /// Its target as well, when there is news or it has not been read for
    /// long.
    Target,
    /// Its target, at least every minute.
    TargetEagerly,
}

/// What the jobs share.
pub(in crate::worker) struct Observer {
    deployments: Arc<dyn Deployments>,
    clock: Clock,
    jobs: Arc<AtomicUsize>,
    queue: Mutex<Queue>,
    targets: Semaphore,
    cached: Mutex<BTreeMap<DeploymentId, Cached>>,
}

/// Looks that wait for their call.
#[derive(Default)]
struct Queue {
    waiting: BTreeMap<DeploymentId, Vec<oneshot::Sender<Answer>>>,
    observations: usize,
    /// Calls made so far, so that a timer knows whether its own was made.
    calls: u64,
}

/// A deployment when its target was last read.
struct Cached {
    seen: DeploymentSeen,
    at: Timestamp,
}

/// Counts one job among those that look.
pub(in crate::worker) struct Presence(Arc<AtomicUsize>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Observer {
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

    /// From now on until it is dropped, one job more looks.
    pub(in crate::worker) fn enter(&self) -> Presence {
        self.jobs.fetch_add(1, Ordering::Relaxed);
        Presence(self.jobs.clone())
    }

    /// How long a job rests between two looks, and by what share of it more
    /// or less, so that many jobs do not look all at once.
    pub(in crate::worker) fn rest(&self, interval: Duration) -> (Duration, f64) {
        if self.jobs.load(Ordering::Relaxed) > CROWD {
            (interval.mul_f64(CROWD_STRETCH), 0.05)
        } else {
            (interval, 0.15)
        }
    }

    /// The deployment. `None` when there is none.
    pub(in crate::worker) async fn look(
        self: &Arc<Self>,
        id: &DeploymentId,
        wanted: Wanted,
    ) -> Answer {
        let Some(mut seen) = self.ask(id).await? else {
            return Ok(None);
        };
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

    /// What is known of the target, where that will do.
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
        // Its own word is enough, and no call may come between it and the
        // report.
        if seen.status == DeploymentStatus::Succeeded {
            return Some(known());
        }
        let last = last.filter(|last| !is_news(&last.seen, seen))?;
        let age = Duration::try_from(self.clock.now() - last.at).unwrap_or_default();
        (age < self.staleness(limit)).then(known)
    }

    /// How long a target is not looked at. Two have a look at every turn.
    fn staleness(&self, limit: Duration) -> Duration {
        let jobs = self.jobs.load(Ordering::Relaxed);
        let others = u32::try_from(jobs.saturating_sub(2)).unwrap_or(u32::MAX);
        match others {
            0 => Duration::ZERO,
            others => TARGET_SPACING.saturating_mul(others + 2).min(limit),
        }
    }

    fn cache(&self, seen: DeploymentSeen) {
        let now = self.clock.now();
        let mut cached = self.cached();
        if cached.len() >= MAX_CACHED && !cached.contains_key(&seen.id) {
            cached.retain(|_, last| last.at + CACHE_TTL > now);
            if cached.len() >= MAX_CACHED {
                cached.pop_first();
            }
        }
        cached.insert(seen.id.clone(), Cached { seen, at: now });
    }

    /// What the deployment itself says, read together with others.
    async fn ask(self: &Arc<Self>, id: &DeploymentId) -> Answer {
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
            // Whoever was to call has gone: ask alone.
            Err(_) => {
                let mut answers = self.deployments.survey(std::slice::from_ref(id)).await;
                answers.pop().unwrap_or(Ok(None))
            }
        }
    }

    /// Makes one call and hands out its answers. Who waits no longer costs
    /// nothing.
    async fn call(&self, mut waiting: BTreeMap<DeploymentId, Vec<oneshot::Sender<Answer>>>) {
        waiting.retain(|_, observations| observations.iter().any(|look| !look.is_closed()));
        let ids: Vec<DeploymentId> = waiting.keys().cloned().collect();
        if ids.is_empty() {
            return;
        }
        let answers = self.deployments.survey(&ids).await;
        for (answer, observations) in answers.into_iter().zip(waiting.into_values()) {
            for look in observations {
                // Who has gone meanwhile needs no answer.
                let _ = look.send(answer.clone());
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("nobody panics with the lock")
    }

    fn cached(&self) -> MutexGuard<'_, BTreeMap<DeploymentId, Cached>> {
        self.cached.lock().expect("nobody panics with the lock")
    }
}

impl Queue {
    fn take(&mut self) -> BTreeMap<DeploymentId, Vec<oneshot::Sender<Answer>>> {
        self.observations = 0;
        self.calls += 1;
        std::mem::take(&mut self.waiting)
    }
}

/// Whether the deployment itself says something new.
fn is_news(before: &DeploymentSeen, now: &DeploymentSeen) -> bool {
    before.status != now.status
        || before.reached != now.reached
        || before.rollback != now.rollback
        || before.error != now.error
}

#[cfg(test)]
mod tests;
