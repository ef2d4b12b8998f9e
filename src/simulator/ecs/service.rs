//! A service with its task sets, tasks and history, and what may be done to it.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::simulator::ids;

use super::behaviour::{Behaviour, Script, TaskFailure};

/// The history that `DescribeServices` shows (aws-facts §4.5).
const MAX_EVENTS: usize = 100;

/// An ECS service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::simulator) struct Service {
    /// What the account's ECS ARNs begin with: `arn:aws:ecs:region:account`.
    pub(in crate::simulator) arn_prefix: String,
    pub(in crate::simulator) cluster: String,
    pub(in crate::simulator) name: String,
    pub(super) created_at: Timestamp,
    /// `CreateService`'s body with `UpdateService`'s changes.
    pub(super) settings: Value,
    pub(super) desired: u32,
    pub(in crate::simulator) task_sets: Vec<TaskSet>,
    /// Those of all task sets, also of task sets that are gone.
    pub(super) tasks: Vec<Task>,
    /// Newest first.
    pub(super) events: VecDeque<ServiceEvent>,
    pub(super) script: Script,
    /// Counts everything in this service that has an id.
    pub(super) minted: u64,
}

/// A task set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::simulator) struct TaskSet {
    pub(in crate::simulator) id: String,
    pub(super) external_id: Option<String>,
    pub(in crate::simulator) task_definition: String,
    pub(in crate::simulator) status: TaskSetStatus,
    pub(in crate::simulator) target_group_arn: Option<String>,
    /// Members of the AppSpec that this task set has instead of the service's.
    pub(super) overrides: Value,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(in crate::simulator) stability: Stability,
    pub(super) behaviour: Behaviour,
    pub(super) next: Option<Next>,
}

/// A task set's `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) enum TaskSetStatus {
    Primary,
    Active,
    Draining,
}

/// Whether all wanted tasks run and are healthy, and since when that is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) enum Stability {
    Steady { since: Timestamp },
    Stabilizing { since: Timestamp },
}

/// What happens to a task set next, and when.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Next {
    pub(super) at: Timestamp,
    pub(super) what: Move,
}

/// What can happen to a task set by itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Move {
    /// Starts the tasks that are missing and stops those too many.
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
    /// The scheduler needed it no longer.
    NotNeeded,
    SpotInterruption,
}

/// One line of a service's history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceEvent {
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) message: String,
}

/// A task set to be made beside the one that serves.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct Green<'a> {
    pub(in crate::simulator) deployment: &'a str,
    pub(in crate::simulator) task_definition: &'a str,
    pub(in crate::simulator) target_group: &'a str,
    pub(in crate::simulator) overrides: Value,
}

impl Service {
    pub(in crate::simulator) fn arn(&self) -> String {
        format!("{}:service/{}/{}", self.arn_prefix, self.cluster, self.name)
    }

    pub(super) fn cluster_arn(&self) -> String {
        format!("{}:cluster/{}", self.arn_prefix, self.cluster)
    }

    pub(in crate::simulator) fn task_set(&self, id: &str) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.id == id)
    }

    pub(in crate::simulator) fn primary(&self) -> Option<&TaskSet> {
        let mut sets = self.task_sets.iter();
        sets.find(|set| set.status == TaskSetStatus::Primary)
    }

    /// Whether CodeDeploy may deploy it.
    pub(in crate::simulator) fn is_deployed_by_code_deploy(&self) -> bool {
        self.controller() == "CODE_DEPLOY"
    }

    pub(super) fn controller(&self) -> &str {
        let controller = self.settings["deploymentController"]["type"].as_str();
        controller.unwrap_or("ECS")
    }

    /// Tasks that wait to run, and tasks that run.
    pub(super) fn counts(&self) -> (u32, u32) {
        self.task_sets.iter().fold((0, 0), |sum, set| {
            let (pending, running) = self.counts_of(&set.id);
            (sum.0 + pending, sum.1 + running)
        })
    }

    /// The same of one task set.
    pub(in crate::simulator) fn counts_of(&self, task_set: &str) -> (u32, u32) {
        let tasks = self.tasks.iter();
        tasks
            .filter(|task| task.task_set == task_set && task.stopped.is_none())
            .fold((0, 0), |(pending, running), task| match task.started_at {
                None => (pending + 1, running),
                Some(_) => (pending, running + 1),
            })
    }

    /// How many tasks a task set is meant to have.
    pub(in crate::simulator) fn wanted(&self, set: &TaskSet) -> u32 {
        match set.status {
            TaskSetStatus::Primary | TaskSetStatus::Active => self.desired,
            TaskSetStatus::Draining => 0,
        }
    }

    /// Makes a green task set, whose tasks start a moment later.
    pub(in crate::simulator) fn add_green(&mut self, green: Green<'_>, at: Timestamp) -> String {
        let arn = super::target_group_arn(&self.arn_prefix, green.target_group);
        let behaviour = self.script.take();
        let id = ids::task_set(self.mint());
        let mut set = TaskSet::new(id.clone(), green.task_definition, behaviour, at);
        set.external_id = Some(green.deployment.to_owned());
        set.target_group_arn = Some(arn);
        set.overrides = green.overrides;
        self.task_sets.push(set);
        id
    }

    /// Makes one task set primary; what was primary becomes active.
    pub(in crate::simulator) fn make_primary(&mut self, id: &str, at: Timestamp) {
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

    /// Adds a line to the history, which forgets its oldest beyond 100.
    pub(super) fn tell(&mut self, at: Timestamp, message: String) {
        let id = ids::uuid(self.mint());
        self.events.push_front(ServiceEvent { id, at, message });
        self.events.truncate(MAX_EVENTS);
    }

    /// A number that was not given out before. Services differ in what they
    /// count from, so that their ids do.
    pub(super) fn mint(&mut self) -> u64 {
        self.minted += 1;
        self.minted
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
            target_group_arn: None,
            overrides: Value::Null,
            created_at: at,
            updated_at: at,
            stability: Stability::Stabilizing { since: at },
            behaviour,
            next: Some(Next {
                at: at + super::life::LAUNCH,
                what: Move::Launch,
            }),
        }
    }

    /// Since when all its tasks are well, if they are.
    pub(in crate::simulator) fn steady_since(&self) -> Option<Timestamp> {
        match self.stability {
            Stability::Steady { since } => Some(since),
            Stability::Stabilizing { .. } => None,
        }
    }
}
