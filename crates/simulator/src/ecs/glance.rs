//! A summary of a service's task sets and tasks, for display.

use super::find_task_definition;
use super::service::{Service, StopReason, Stopped, TaskSet};
use super::show::reason_of;
use super::state::Ecs;

/// A task set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSetGlance {
    pub id: String,
    /// For example `PRIMARY`.
    pub status: &'static str,
    pub task_definition: String,
    pub target_group: String,
    /// Desired number of tasks.
    pub desired: u32,
    pub tasks: Vec<TaskGlance>,
    /// Number of tasks that have stopped.
    pub stopped: usize,
    /// Why the last task stopped, unless the scheduler no longer needed it.
    pub last_stop: Option<String>,
}

/// A task that has not stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskGlance {
    pub id: String,
    /// `pending`, or the load balancer's health state.
    pub state: &'static str,
}

impl Ecs {
    /// The task sets of a service, oldest first.
    #[must_use]
    pub fn glance(&self, cluster: &str, service: &str) -> Vec<TaskSetGlance> {
        let Some(service) = self.service(cluster, service) else {
            return Vec::new();
        };
        let sets = service.task_sets.iter();
        sets.map(|set| TaskSetGlance {
            id: set.id.clone(),
            status: set.status.as_str(),
            task_definition: set.task_definition.clone(),
            target_group: set.target_group_name().unwrap_or_default().to_owned(),
            desired: service.desired_count(set),
            tasks: tasks(service, set),
            stopped: stops(service, set).count(),
            last_stop: self.last_stop(service, set),
        })
        .collect()
    }

    fn last_stop(&self, service: &Service, set: &TaskSet) -> Option<String> {
        let failed = stops(service, set).filter(|stop| stop.why != StopReason::NotNeeded);
        let last = failed.max_by_key(|stop| stop.at)?;
        let revision = find_task_definition(self, &set.task_definition);
        let container = revision.and_then(|revision| revision.containers().next());
        let image = container.and_then(|container| container["image"].as_str());
        Some(reason_of(&last.why, set, image.unwrap_or_default()))
    }
}

fn stops<'a>(service: &'a Service, set: &'a TaskSet) -> impl Iterator<Item = &'a Stopped> {
    let own = service.tasks.iter().filter(|task| task.task_set == set.id);
    own.filter_map(|task| task.stopped.as_ref())
}

fn tasks(service: &Service, set: &TaskSet) -> Vec<TaskGlance> {
    let live = service.tasks.iter();
    live.filter(|task| task.task_set == set.id && task.stopped.is_none())
        .map(|task| TaskGlance {
            id: task.id.clone(),
            state: match task.started_at {
                None => "pending",
                Some(_) => super::targets::state(set, task).as_str(),
            },
        })
        .collect()
}
