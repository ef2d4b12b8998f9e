//! The tasks of a target group, as the load balancer sees them.

use crate::elb::{TargetHealth, TargetState};

use super::behaviour::{Behaviour, TaskFailure};
use super::service::{Service, Task, TaskSet, TaskSetStatus};
use super::state::Ecs;

impl Ecs {
    /// The registered targets of a target group.
    #[must_use]
    pub fn targets(&self, target_group_arn: &str) -> Vec<TargetHealth> {
        self.services()
            .flat_map(|service| service.task_sets.iter().map(move |set| (service, set)))
            .filter_map(|(service, set)| {
                let mut groups = set.target_groups.iter();
                let index = groups.position(|arn| arn == target_group_arn)?;
                Some(service.targets_of(set, index))
            })
            .flatten()
            .collect()
    }
}

impl Service {
    /// The targets in the target group of the load balancer with this index.
    fn targets_of(&self, set: &TaskSet, index: usize) -> impl Iterator<Item = TargetHealth> {
        let port = self.settings["loadBalancers"][index]["containerPort"].as_u64();
        let port = port.and_then(|port| u16::try_from(port).ok());
        self.tasks
            .iter()
            .filter(|task| task.task_set == set.id)
            .filter(|task| task.stopped.is_none() && task.started_at.is_some())
            .map(move |task| TargetHealth {
                id: task.address(),
                port: port.unwrap_or_default(),
                state: state(set, task),
            })
    }
}

impl Task {
    /// A private address derived from the task's id.
    fn address(&self) -> String {
        let octet = |at: usize| u8::from_str_radix(&self.id[at..at + 2], 16).unwrap_or_default();
        format!("10.0.{}.{}", octet(0), octet(2))
    }
}

pub(super) fn state(set: &TaskSet, task: &Task) -> TargetState {
    match (set.status, &set.behaviour) {
        (TaskSetStatus::Draining, _) => TargetState::Draining,
        (
            TaskSetStatus::Primary | TaskSetStatus::Active,
            Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks),
        ) => TargetState::Unhealthy,
        (TaskSetStatus::Primary | TaskSetStatus::Active, _) if task.healthy => TargetState::Healthy,
        (TaskSetStatus::Primary | TaskSetStatus::Active, _) => TargetState::Initial,
    }
}
