//! Tasks for which real processes run: lists them and accepts reports of their
//! health.

use jiff::Timestamp;

use super::behaviour::{Behaviour, TaskFailure};
use super::service::{Service, Stability, StopReason, Stopped, Task, TaskSetStatus, Transition};
use super::state::Ecs;
use super::task_definitions;
use super::task_set_lifecycle::RETRY;

/// A task whose process should be running now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServedTask {
    pub id: String,
    pub task_set: String,
    pub task_definition: String,
    /// Revision number of the task definition.
    pub revision: u64,
    /// Image of the container that receives the traffic.
    pub image: String,
    /// The plain environment variables. Secrets have no values here.
    pub environment: Vec<(String, String)>,
    /// Name of the target group in which it is registered.
    pub target_group: String,
    pub is_healthy: bool,
    /// Whether the load balancer sends it no new requests.
    pub is_draining: bool,
}

/// What the supervisor of a task's process reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskReport {
    /// The process passes its health checks.
    Healthy,
    /// The process fails its health checks and must be replaced.
    Unhealthy,
    /// The process has exited on its own.
    Exited { code: i32 },
}

impl Ecs {
    /// Makes real processes run in place of a service's tasks, including the
    /// current ones. Future task sets with a planned behaviour keep it.
    pub fn serve(&mut self, cluster: &str, service: &str) {
        if let Some(service) = self.service_mut(cluster, service) {
            service.script.then = Behaviour::Served;
            for set in &mut service.task_sets {
                set.behaviour = Behaviour::Served;
            }
        }
    }

    /// The tasks of a service whose processes should be running now.
    #[must_use]
    pub fn served_tasks(&self, cluster: &str, service: &str) -> Vec<ServedTask> {
        let Some(service) = self.service(cluster, service) else {
            return Vec::new();
        };
        let tasks = service.tasks.iter();
        tasks
            .filter(|task| task.stopped.is_none() && task.started_at.is_some())
            .filter_map(|task| self.served_task(service, task))
            .collect()
    }

    fn served_task(&self, service: &Service, task: &Task) -> Option<ServedTask> {
        let set = service.task_set(&task.task_set)?;
        if set.behaviour != Behaviour::Served {
            return None;
        }
        let revision = task_definitions::find(self, &task.task_definition)?;
        let name = &service.settings["loadBalancers"][0]["containerName"];
        let container = revision
            .containers()
            .find(|container| &container["name"] == name)?;
        let variables = container["environment"].as_array().into_iter().flatten();
        Some(ServedTask {
            id: task.id.clone(),
            task_set: set.id.clone(),
            task_definition: task.task_definition.clone(),
            revision: revision.number,
            image: container["image"].as_str().unwrap_or_default().to_owned(),
            environment: variables
                .filter_map(|variable| {
                    let name = variable["name"].as_str()?.to_owned();
                    Some((name, variable["value"].as_str()?.to_owned()))
                })
                .collect(),
            target_group: set.target_group_name().unwrap_or_default().to_owned(),
            is_healthy: task.healthy,
            is_draining: set.status == TaskSetStatus::Draining,
        })
    }

    /// Processes a report about a task's process. A report for a task that is
    /// gone has no effect.
    pub(crate) fn report_task(&mut self, id: &str, report: TaskReport, at: Timestamp) {
        let is_live = |task: &&Task| task.id == id && task.stopped.is_none();
        let found = self.services().find_map(|service| {
            let set = service.tasks.iter().find(is_live)?.task_set.clone();
            Some((service.cluster.clone(), service.name.clone(), set))
        });
        if let Some((cluster, name, set)) = found
            && let Some(service) = self.service_mut(&cluster, &name)
            && let Some(index) = service.index_of(&set)
        {
            service.apply_report(index, id, report, at);
        }
    }
}

impl Service {
    fn apply_report(&mut self, index: usize, id: &str, report: TaskReport, at: Timestamp) {
        match report {
            TaskReport::Healthy => self.mark_healthy(index, id, at),
            TaskReport::Unhealthy => {
                self.add_unhealthy_event(index, at);
                self.replace_failed(index, id, TaskFailure::FailedElbHealthChecks, at);
            }
            TaskReport::Exited { code } => {
                self.replace_failed(index, id, TaskFailure::Exits { code }, at);
            }
        }
    }

    /// Marks a task as healthy. The task set is steady once all its tasks are.
    fn mark_healthy(&mut self, index: usize, id: &str, at: Timestamp) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.id == id) {
            task.healthy = true;
        }
        self.task_sets[index].failures.in_a_row = 0;
        let set = &self.task_sets[index];
        let is_healthy = |task: &&Task| task.task_set == set.id && task.healthy;
        let healthy = self.tasks.iter().filter(is_healthy).count();
        let wanted = usize::try_from(self.desired_count(set)).unwrap_or(usize::MAX);
        let is_draining = set.status == TaskSetStatus::Draining;
        if healthy >= wanted && set.steady_since().is_none() && !is_draining {
            self.settle(index, at);
        }
    }

    /// Stops a task and replaces it, unless its task set is draining.
    fn replace_failed(&mut self, index: usize, id: &str, failure: TaskFailure, at: Timestamp) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.id == id) {
            let why = StopReason::Failure(failure);
            task.stopped = Some(Stopped { at, why });
            task.healthy = false;
        }
        self.add_task_set_event(index, at, "has stopped 1 running tasks.");
        let set = &mut self.task_sets[index];
        set.count_failures(1, at);
        if set.status == TaskSetStatus::Draining {
            return;
        }
        if let Stability::Steady { .. } = set.stability {
            set.stability = Stability::Stabilizing { since: at };
        }
        set.updated_at = at;
        self.schedule(index, at + RETRY, Transition::Launch);
    }
}
