//! A summary of a service's task sets and tasks, for display.

use super::names::target_group_name;
use super::service::{Service, TaskSet};
use super::state::Ecs;

/// A task set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSetGlance {
    pub id: String,
    /// For example `PRIMARY`.
    pub status: &'static str,
    pub task_definition: String,
    pub target_group: String,
    pub tasks: Vec<TaskGlance>,
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
            target_group: set
                .target_group_arn
                .as_deref()
                .and_then(target_group_name)
                .unwrap_or_default()
                .to_owned(),
            tasks: tasks(service, set),
        })
        .collect()
    }
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
