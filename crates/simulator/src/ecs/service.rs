//! A service with its task sets, tasks and events, and the changes to them.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids;

use super::behaviour::{Behaviour, Script, TaskFailure};
use super::deployments::ServiceDeployments;

/// Maximum number of events that `DescribeServices` shows (docs/aws.md §4.5).
const MAX_EVENTS: usize = 100;
/// How long a stopped task is still shown.
const STOPPED_TASKS_ARE_SHOWN: Duration = Duration::from_secs(60 * 60);

/// An ECS service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Service {
    /// Prefix of the account's ECS ARNs: `arn:aws:ecs:region:account`.
    pub(crate) arn_prefix: String,
    pub(crate) cluster: String,
    pub(crate) name: String,
    pub(super) created_at: Timestamp,
    /// Body of `CreateService` with the changes of `UpdateService`.
    pub(super) settings: Value,
    pub(super) desired: u32,
    pub(crate) task_sets: Vec<TaskSet>,
    /// Tasks of all task sets, including removed ones.
    pub(super) tasks: Vec<Task>,
    /// Newest first.
    pub(super) events: VecDeque<ServiceEvent>,
    pub(super) script: Script,
    /// The deployments that ECS itself made.
    pub(super) deployments: ServiceDeployments,
    /// Whether `DeleteService` was called.
    pub(super) is_deleted: bool,
    /// Counter for all ids in this service.
    pub(super) last_number: u64,
}

/// A task set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TaskSet {
    pub(crate) id: String,
    pub(super) external_id: Option<String>,
    pub(crate) task_definition: String,
    pub(crate) status: TaskSetStatus,
    /// ARNs of its target groups, one for each load balancer.
    pub(super) target_groups: Vec<String>,
    /// The service revision whose tasks these are, if ECS itself deploys.
    pub(super) revision: Option<String>,
    /// Whether its deployment has not scaled it up yet.
    pub(super) starts_later: bool,
    pub(super) failures: Failures,
    /// Members of the AppSpec that override the service's settings for this
    /// task set.
    pub(super) overrides: Value,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(crate) stability: Stability,
    pub(super) behaviour: Behaviour,
    pub(super) next: Option<Next>,
}

/// Failed tasks of a task set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failures {
    pub(super) total: u32,
    /// Since a task was last healthy.
    pub(super) in_a_row: u32,
    pub(super) last_at: Option<Timestamp>,
}

/// Status of a task set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TaskSetStatus {
    Primary,
    Active,
    Draining,
}

/// Whether all desired tasks run and are healthy, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stability {
    Steady { since: Timestamp },
    Stabilizing { since: Timestamp },
}

/// The next event of a task set.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Next {
    pub(super) at: Timestamp,
    pub(super) what: Transition,
}

/// Events of a task set.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Transition {
    /// Starts missing tasks and stops surplus ones.
    Launch,
    Run,
    Settle,
    Fail(TaskFailure),
    LoseCapacity,
    Remove,
}

/// One task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) task_set: String,
    pub(super) task_definition: String,
    pub(super) created_at: Timestamp,
    pub(super) started_at: Option<Timestamp>,
    pub(super) healthy: bool,
    pub(super) stopped: Option<Stopped>,
}

/// When and why a task stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stopped {
    pub(super) at: Timestamp,
    pub(super) why: StopReason,
}

/// Why a task stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StopReason {
    Failure(TaskFailure),
    /// The scheduler no longer needed it.
    NotNeeded,
    SpotInterruption,
}

/// An entry of a service's event list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceEvent {
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) message: String,
}

/// A green task set to create.
#[derive(Clone, Debug)]
pub(crate) struct Green<'a> {
    pub(crate) deployment: &'a str,
    pub(crate) task_definition: &'a str,
    pub(crate) target_group: &'a str,
    pub(crate) overrides: Value,
}

impl Service {
    pub(crate) fn arn(&self) -> String {
        format!("{}:service/{}/{}", self.arn_prefix, self.cluster, self.name)
    }

    /// The ARN of something that belongs to the service.
    pub(super) fn part_arn(&self, kind: &str, id: &str) -> String {
        format!(
            "{}:{kind}/{}/{}/{id}",
            self.arn_prefix, self.cluster, self.name
        )
    }

    pub(super) fn cluster_arn(&self) -> String {
        format!("{}:cluster/{}", self.arn_prefix, self.cluster)
    }

    pub(crate) fn task_set(&self, id: &str) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.id == id)
    }

    pub(crate) fn primary(&self) -> Option<&TaskSet> {
        let mut sets = self.task_sets.iter();
        sets.find(|set| set.status == TaskSetStatus::Primary)
    }

    /// Whether CodeDeploy can deploy the service.
    pub(crate) fn is_deployed_by_code_deploy(&self) -> bool {
        self.controller() == "CODE_DEPLOY"
    }

    /// Whether ECS itself deploys the service.
    pub(crate) fn is_deployed_by_ecs(&self) -> bool {
        self.controller() == "ECS"
    }

    /// Whether the service was not deleted.
    pub(super) fn is_active(&self) -> bool {
        !self.is_deleted
    }

    pub(super) fn controller(&self) -> &str {
        let controller = self.settings["deploymentController"]["type"].as_str();
        controller.unwrap_or("ECS")
    }

    /// Numbers of pending and of running tasks.
    pub(super) fn counts(&self) -> (u32, u32) {
        self.task_sets.iter().fold((0, 0), |sum, set| {
            let (pending, running) = self.counts_of(&set.id);
            (sum.0 + pending, sum.1 + running)
        })
    }

    /// Numbers of pending and of running tasks in a task set.
    pub(crate) fn counts_of(&self, task_set: &str) -> (u32, u32) {
        let tasks = self.tasks.iter();
        tasks
            .filter(|task| task.task_set == task_set && task.stopped.is_none())
            .fold((0, 0), |(pending, running), task| match task.started_at {
                None => (pending + 1, running),
                Some(_) => (pending, running + 1),
            })
    }

    /// Desired number of tasks in a task set.
    pub(crate) fn desired_count(&self, set: &TaskSet) -> u32 {
        match set.status == TaskSetStatus::Draining || set.starts_later {
            true => 0,
            false => self.desired,
        }
    }

    /// Creates a green task set, whose tasks start shortly afterwards.
    pub(crate) fn add_green(&mut self, green: Green<'_>, at: Timestamp) -> String {
        let arn = super::target_group_arn(&self.arn_prefix, green.target_group);
        let behaviour = self.script.take();
        let id = ids::task_set(self.next_number());
        let mut set = TaskSet::new(id.clone(), green.task_definition, behaviour, at);
        set.external_id = Some(green.deployment.to_owned());
        set.target_groups = vec![arn];
        set.overrides = green.overrides;
        self.task_sets.push(set);
        id
    }

    /// Makes a task set primary. The former primary becomes active.
    pub(crate) fn make_primary(&mut self, id: &str, at: Timestamp) {
        if self.task_set(id).is_none() {
            return;
        }
        for set in &mut self.task_sets {
            let status = if set.id == id {
                TaskSetStatus::Primary
            } else if set.status == TaskSetStatus::Primary {
                TaskSetStatus::Active
            } else {
                set.status
            };
            if set.status != status {
                set.status = status;
                set.updated_at = at;
            }
        }
    }

    /// Adds an event and drops the oldest ones beyond 100.
    pub(super) fn add_event(&mut self, at: Timestamp, message: String) {
        let id = ids::uuid(self.next_number());
        self.events.push_front(ServiceEvent { id, at, message });
        self.events.truncate(MAX_EVENTS);
    }

    /// A number that was not returned before. Each service starts from another
    /// one, so that ids differ between services.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

impl Task {
    /// Whether responses show the task, which they do for an hour after its
    /// end (docs/aws.md §4.5).
    pub(super) fn is_shown(&self, now: Timestamp) -> bool {
        let stopped = self.stopped.as_ref();
        stopped.is_none_or(|stopped| stopped.at + STOPPED_TASKS_ARE_SHOWN >= now)
    }
}

impl TaskSet {
    pub(super) fn new(
        id: String,
        task_definition: &str,
        behaviour: Behaviour,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            external_id: None,
            task_definition: task_definition.to_owned(),
            status: TaskSetStatus::Active,
            target_groups: Vec::new(),
            revision: None,
            starts_later: false,
            failures: Failures::default(),
            overrides: Value::Null,
            created_at: at,
            updated_at: at,
            stability: Stability::Stabilizing { since: at },
            behaviour,
            next: Some(Next {
                at: at + super::task_set_lifecycle::LAUNCH,
                what: Transition::Launch,
            }),
        }
    }

    /// ARN of its first target group.
    pub(super) fn target_group(&self) -> Option<&str> {
        self.target_groups.first().map(String::as_str)
    }

    /// Name of its first target group.
    pub(crate) fn target_group_name(&self) -> Option<&str> {
        super::target_group_name(self.target_group()?)
    }

    /// Counts failed tasks.
    pub(super) fn count_failures(&mut self, count: u32, at: Timestamp) {
        let failures = &mut self.failures;
        failures.total = failures.total.saturating_add(count);
        failures.in_a_row = failures.in_a_row.saturating_add(count);
        failures.last_at = Some(at);
    }

    /// Since when all its tasks are healthy, if they are.
    pub(crate) fn steady_since(&self) -> Option<Timestamp> {
        match self.stability {
            Stability::Steady { since } => Some(since),
            Stability::Stabilizing { .. } => None,
        }
    }
}
