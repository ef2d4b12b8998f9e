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

use clock::Clock;
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
    cached: Mutex<BTreeMap<DeploymentId, Memory>>,
}

/// What is known of one deployment's new tasks.
#[derive(Clone, Debug)]
struct Memory {
    /// When it was last observed, whether or not its tasks were read.
    looked: Timestamp,
    /// When its tasks were last read.
    read: Option<Timestamp>,
    interval: Duration,
    /// Pending and running tasks at the last observation.
    counts: (u32, u32),
    known: BTreeSet<String>,
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
        if let Some((name, mut memory)) = self.due(seen) {
            self.read(&name, &mut memory, seen, revision).await;
            self.cached().insert(seen.id.clone(), memory);
        }
        self.known(&seen.id)
    }

    /// Returns what is known of the new tasks without reading.
    pub(in crate::worker) fn known(&self, id: &DeploymentId) -> Option<NewTasks> {
        let cached = self.cached();
        let memory = cached.get(id).filter(|memory| memory.read.is_some())?;
        Some(memory.tasks.clone())
    }

    /// The service to read, if fewer tasks run than are desired and the last
    /// read is long enough ago.
    fn due(&self, seen: &DeploymentSeen) -> Option<(ServiceName, Memory)> {
        let set = seen.green()?;
        if set.running >= set.desired {
            return None;
        }
        let name = service(seen)?;
        let now = self.clock.now();
        let mut cached = self.cached();
        let crowd = u32::try_from(cached.len()).unwrap_or(u32::MAX);
        let counts = (set.pending, set.running);
        let Some(memory) = cached.get_mut(&seen.id) else {
            make_room(&mut cached);
            cached.insert(seen.id.clone(), Memory::new(now, counts));
            return None;
        };
        memory.looked = now;
        if memory.counts != counts {
            memory.counts = counts;
            memory.interval = MIN_INTERVAL;
        }
        let interval = memory.interval.max(SPACING.saturating_mul(crowd));
        let is_due = memory.read.is_none_or(|read| now >= read + interval);
        // Do not retry a denied read: a permission does not appear by itself.
        let may = memory.tasks.denied().is_none();
        (is_due && may).then(|| (name, memory.clone()))
    }

    async fn read(
        &self,
        name: &ServiceName,
        memory: &mut Memory,
        seen: &DeploymentSeen,
        revision: &TaskDefinitionArn,
    ) {
        let before = memory.tasks.clone();
        let outcome = self.try_to_read(name, memory, seen, revision).await;
        memory.read = Some(self.clock.now());
        if let Err(error) = outcome {
            // The page token may have expired.
            memory.page = None;
            if error.is_transient() {
                debug!(%error, "could not read the new tasks; retrying at the next poll");
            } else {
                warn!(%error, "cannot read the new tasks; the summary will not say why they fail");
                memory.tasks.evidence.unread = vec![error];
            }
        }
        memory.interval = if memory.tasks == before && memory.page.is_none() {
            (memory.interval * 2).min(MAX_INTERVAL)
        } else {
            MIN_INTERVAL
        };
    }

    async fn try_to_read(
        &self,
        name: &ServiceName,
        memory: &mut Memory,
        seen: &DeploymentSeen,
        revision: &TaskDefinitionArn,
    ) -> Result<(), CallError> {
        let page = self.services.list_stopped(name, memory.page.take()).await?;
        memory.page = page.next;
        let fresh = |id: &String| !memory.known.contains(id);
        let fresh: Vec<String> = page.ids.into_iter().filter(fresh).collect();
        if fresh.is_empty() {
            let service = self.services.describe(name).await?;
            let mut events = service.map(|service| service.events).unwrap_or_default();
            events.retain(|event| is_about(event, Some(seen)));
            events.truncate(MAX_KEPT);
            memory.tasks.evidence.events = events;
            return Ok(());
        }
        let mut tasks = self.services.describe_tasks(name, &fresh).await?;
        if memory.known.len() + fresh.len() > MAX_KNOWN {
            memory.known.clear();
        }
        memory.known.extend(fresh);
        tasks.retain(|task| is_new(task, Some(seen), revision) && has_failed(task));
        let failed = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        let told = &mut memory.tasks;
        told.failed = told.failed.saturating_add(failed);
        told.evidence.tasks.append(&mut tasks);
        told.evidence
            .tasks
            .sort_by_key(|task| std::cmp::Reverse(task.at));
        told.evidence.tasks.truncate(MAX_KEPT);
        Ok(())
    }

    fn cached(&self) -> MutexGuard<'_, BTreeMap<DeploymentId, Memory>> {
        self.cached.lock()
    }
}

impl Memory {
    fn new(now: Timestamp, counts: (u32, u32)) -> Self {
        Self {
            looked: now,
            read: None,
            interval: MIN_INTERVAL,
            counts,
            known: BTreeSet::new(),
            page: None,
            tasks: NewTasks::default(),
        }
    }
}

/// Forgets the deployment that was observed longest ago, if the cache is full.
fn make_room(cached: &mut BTreeMap<DeploymentId, Memory>) {
    if cached.len() < MAX_CACHED {
        return;
    }
    let oldest = cached.iter().min_by_key(|(_, memory)| memory.looked);
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
