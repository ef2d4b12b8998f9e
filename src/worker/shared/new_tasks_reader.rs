//! Reads a deployment's new tasks while they are starting, with few calls: the
//! account shares the limits of ECS's read calls, and most releases start well.
//!
//! Each read makes at most two calls. The first lists the service's stopped
//! tasks. If there are tasks that are not known yet, the second call describes
//! them, because they explain most. Otherwise it reads the service's events,
//! which may say why no task even starts. The first observation of a deployment
//! reads nothing. Later reads are spaced, with longer intervals while nothing
//! new is found or many deployments are observed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Mark};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use tracing::{debug, warn};

use crate::job::{DeploymentId, TaskDefinitionArn};
use crate::ports::{CallError, Services};
use crate::release::target::ServiceName;
use crate::rollout::new_tasks::{NewTasks, has_failed, is_about, is_new};
use crate::rollout::seen::DeploymentSeen;

/// Interval between two reads for one deployment while there is news.
const MIN_INTERVAL: Duration = Duration::from_secs(15);

/// The same when nothing new has been found for a while: a task that fails is
/// still seen within two minutes.
const MAX_INTERVAL: Duration = Duration::from_secs(2 * 60);

/// Added to the interval for each observed deployment: two calls per deployment
/// and interval are then half of what ECS allows an account (docs/aws.md §4.3).
const SPACING: Duration = Duration::from_millis(200);

/// Deployments to remember; the tasks of a forgotten one are read again.
const MAX_CACHED: usize = 1_000;

/// Stopped task ids to remember per service. ECS shows stopped tasks for about
/// an hour; beyond this number some may be described and counted twice.
const MAX_KNOWN: usize = 2_000;

/// Tasks and events to keep as an explanation.
const MAX_KEPT: usize = 10;

/// Reads new tasks for all jobs that use the same credentials.
pub(in crate::worker) struct NewTasksReader {
    services: Arc<dyn Services>,
    clock: Clock,
    cached: Mutex<BTreeMap<DeploymentId, Known>>,
}

/// What is known of one deployment's new tasks.
#[derive(Clone, Debug)]
struct Known {
    /// When it was last observed, whether or not its tasks were read.
    observed: Timestamp,
    /// When its tasks were last read.
    read: Option<Mark>,
    interval: Duration,
    /// Pending and running tasks at the last observation.
    counts: (u32, u32),
    ids: BTreeSet<String>,
    /// The token of the list's next page, if there is one.
    page: Option<String>,
    tasks: NewTasks,
}

impl NewTasksReader {
    pub(in crate::worker) fn new(services: Arc<dyn Services>, clock: Clock) -> Self {
        Self {
            services,
            clock,
            cached: Mutex::default(),
        }
    }

    /// Returns what is known of the new tasks, reading them again if that is
    /// due. `None` if nothing has been read yet.
    pub(in crate::worker) async fn observe(
        &self,
        seen: &DeploymentSeen,
        revision: &TaskDefinitionArn,
    ) -> Option<NewTasks> {
        if let Some((name, mut known)) = self.due(seen) {
            self.read(&name, &mut known, seen, revision).await;
            self.cached().insert(seen.id.clone(), known);
        }
        self.known(&seen.id)
    }

    /// Returns what is known of the new tasks without reading.
    pub(in crate::worker) fn known(&self, id: &DeploymentId) -> Option<NewTasks> {
        let cached = self.cached();
        let known = cached.get(id).filter(|known| known.read.is_some())?;
        Some(known.tasks.clone())
    }

    /// The service to read, if fewer tasks run than are desired and the last
    /// read is long enough ago.
    fn due(&self, seen: &DeploymentSeen) -> Option<(ServiceName, Known)> {
        let set = seen.green()?;
        if set.running >= set.desired {
            return None;
        }
        let name = service(seen)?;
        let now = self.clock.now();
        let mut cached = self.cached();
        let crowd = u32::try_from(cached.len()).unwrap_or(u32::MAX);
        let counts = (set.pending, set.running);
        let Some(known) = cached.get_mut(&seen.id) else {
            make_room(&mut cached);
            cached.insert(seen.id.clone(), Known::new(now, counts));
            return None;
        };
        known.observed = now;
        if known.counts != counts {
            known.counts = counts;
            known.interval = MIN_INTERVAL;
        }
        let interval = known.interval.max(SPACING.saturating_mul(crowd));
        let is_due = known
            .read
            .is_none_or(|read| self.clock.at_most_since(&read) >= interval);
        // Do not retry a denied read: a permission does not appear by itself.
        let may = known.tasks.denied().is_none();
        (is_due && may).then(|| (name, known.clone()))
    }

    async fn read(
        &self,
        name: &ServiceName,
        known: &mut Known,
        seen: &DeploymentSeen,
        revision: &TaskDefinitionArn,
    ) {
        let before = known.tasks.clone();
        let outcome = self.try_to_read(name, known, seen, revision).await;
        known.read = Some(self.clock.mark());
        if let Err(error) = outcome {
            // The page token may have expired.
            known.page = None;
            if error.is_transient() {
                debug!(%error, "could not read the new tasks; retrying at the next poll");
            } else {
                warn!(%error, "cannot read the new tasks; the summary will not say why they fail");
                known.tasks.evidence.unread = vec![error];
            }
        }
        known.interval = if known.tasks == before && known.page.is_none() {
            (known.interval * 2).min(MAX_INTERVAL)
        } else {
            MIN_INTERVAL
        };
    }

    async fn try_to_read(
        &self,
        name: &ServiceName,
        known: &mut Known,
        seen: &DeploymentSeen,
        revision: &TaskDefinitionArn,
    ) -> Result<(), CallError> {
        let page = self.services.list_stopped(name, known.page.take()).await?;
        known.page = page.next;
        let new_ids = |id: &String| !known.ids.contains(id);
        let new_ids: Vec<String> = page.ids.into_iter().filter(new_ids).collect();
        if new_ids.is_empty() {
            let service = self.services.describe(name).await?;
            let mut events = service.map(|service| service.events).unwrap_or_default();
            events.retain(|event| is_about(event, Some(seen)));
            events.truncate(MAX_KEPT);
            known.tasks.evidence.events = events;
            return Ok(());
        }
        let mut tasks = self.services.describe_tasks(name, &new_ids).await?;
        if known.ids.len() + new_ids.len() > MAX_KNOWN {
            known.ids.clear();
        }
        known.ids.extend(new_ids);
        tasks.retain(|task| is_new(task, Some(seen), revision) && has_failed(task));
        let failed = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        let tasks_so_far = &mut known.tasks;
        tasks_so_far.failed = tasks_so_far.failed.saturating_add(failed);
        tasks_so_far.evidence.tasks.append(&mut tasks);
        tasks_so_far
            .evidence
            .tasks
            .sort_by_key(|task| std::cmp::Reverse(task.at));
        tasks_so_far.evidence.tasks.truncate(MAX_KEPT);
        Ok(())
    }

    fn cached(&self) -> MutexGuard<'_, BTreeMap<DeploymentId, Known>> {
        self.cached.lock()
    }
}

impl Known {
    fn new(now: Timestamp, counts: (u32, u32)) -> Self {
        Self {
            observed: now,
            read: None,
            interval: MIN_INTERVAL,
            counts,
            ids: BTreeSet::new(),
            page: None,
            tasks: NewTasks::default(),
        }
    }
}

/// Forgets the deployment that was observed longest ago, if the cache is full.
fn make_room(cached: &mut BTreeMap<DeploymentId, Known>) {
    if cached.len() < MAX_CACHED {
        return;
    }
    let oldest = cached.iter().min_by_key(|(_, known)| known.observed);
    if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
        cached.remove(&oldest);
    }
}

/// The target's id is `<cluster>:<service>` (docs/aws.md §8).
fn service(seen: &DeploymentSeen) -> Option<ServiceName> {
    let target = seen.target.as_ref()?;
    let (cluster, service) = target.id.split_once(':')?;
    Some(ServiceName {
        cluster: cluster.to_owned(),
        service: service.to_owned(),
    })
}
