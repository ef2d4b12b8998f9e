//! When the next event of a deployment is due.

use std::time::Duration;

use jiff::Timestamp;

use crate::cloudwatch::CloudWatch;
use crate::ecs::{Ecs, Stability, TaskSet};
use crate::world::World;

use super::deployment::{Creator, Deployment, EventName, LifecycleEvent, START, Stage, Stop};
use super::deployment_lifecycle::FollowUp;
use super::hooks::Hooks;

/// Duration of an event without a hook function.
const STEP: Duration = Duration::from_secs(1);
/// Time limit for the replacement task set to become healthy.
const INSTALL: Duration = Duration::from_secs(60 * 60);
/// How long a deployment goes on while its green task set is not steady
/// (docs/aws.md §4.4).
const UNSTEADY: Duration = Duration::from_secs(5 * 60);
/// Index of `Install` among the lifecycle events.
const INSTALL_INDEX: usize = 1;

/// State outside ECS that deployments depend on.
#[derive(Clone, Copy)]
pub(super) struct Environment<'a> {
    pub(super) cloudwatch: &'a CloudWatch,
    pub(super) hooks: &'a Hooks,
}

/// Time of the next event of all deployments, and the deployment's index.
pub(crate) fn next_due(world: &mut World) -> Option<(Timestamp, usize)> {
    let deployments = &mut world.codedeploy.deployments;
    for (cluster, service) in world.ecs.take_changed() {
        deployments.service_changed(&cluster, &service);
    }
    let environment = Environment {
        cloudwatch: &world.cloudwatch,
        hooks: &world.codedeploy.hooks,
    };
    deployments.next_due(&world.ecs, environment)
}

/// Processes the due event of the deployment with this index.
pub(crate) fn advance(world: &mut World, index: usize) {
    let World {
        ecs,
        codedeploy,
        cloudwatch,
        ..
    } = world;
    let environment = Environment {
        cloudwatch,
        hooks: &codedeploy.hooks,
    };
    let deployment = codedeploy.deployments.at_mut(index);
    let Some(at) = deployment.due(ecs, environment) else {
        return;
    };
    let follow_up = deployment.advance(ecs, environment, at);
    deployment.record(at);
    match follow_up {
        FollowUp::RollBack => codedeploy.roll_back(index, at),
        FollowUp::Nothing => {}
    }
}

impl Deployment {
    /// Time of the deployment's next event.
    pub(super) fn due(&self, ecs: &Ecs, environment: Environment<'_>) -> Option<Timestamp> {
        let dues = [
            self.stage_due(ecs, environment),
            self.stop().map(|stop| stop.at),
            self.alarm(environment).map(|(_, since)| since),
            self.lost_at(ecs),
        ];
        let first = dues.into_iter().flatten().min()?;
        (!self.stage.is_final()).then(|| first.max(self.updated_at))
    }

    fn stage_due(&self, ecs: &Ecs, environment: Environment<'_>) -> Option<Timestamp> {
        match self.stage {
            Stage::Created => Some(self.created_at + START),
            Stage::Lifecycle(index) => self.event_due(&self.events[index], ecs, environment),
            Stage::Ready { until }
            | Stage::Rerouting { until }
            | Stage::TerminationWait { until }
            | Stage::Draining { until } => Some(until),
            Stage::Succeeded | Stage::Failed | Stage::Stopped => None,
        }
    }

    fn event_due(
        &self,
        event: &LifecycleEvent,
        ecs: &Ecs,
        environment: Environment<'_>,
    ) -> Option<Timestamp> {
        let started_at = event.started_at?;
        if event.name == EventName::Install {
            let steady = self.green(ecs).and_then(TaskSet::steady_since);
            return steady.or(Some(started_at + INSTALL));
        }
        if event.name == EventName::AllowTraffic {
            return Some(self.next_shift(started_at).0);
        }
        Some(match (self.hook(event.name), &event.answer) {
            (Some(_), Some(answer)) => answer.at,
            (Some(function), None) => started_at + environment.hooks.of(function).takes(),
            (None, _) => started_at + STEP,
        })
    }

    /// The requested stop, if the deployment can still be stopped.
    pub(super) fn stop(&self) -> Option<Stop> {
        self.stop.filter(|_| self.can_turn_back())
    }

    /// Whether the deployment can still be stopped: a task set that is being
    /// removed cannot serve again.
    fn can_turn_back(&self) -> bool {
        !matches!(self.stage, Stage::Draining { .. })
    }

    /// The active alarm that stops the deployment, and since when it is active.
    pub(super) fn alarm<'a>(
        &'a self,
        environment: Environment<'_>,
    ) -> Option<(&'a str, Timestamp)> {
        // Alarms do not stop a rollback, which may have been caused by them.
        let is_rollback = self.creator == Creator::CodeDeployRollback;
        let observations = self.started_at.is_some() && !is_rollback && self.can_turn_back();
        let names = self.plan.alarms.iter().map(String::as_str);
        observations
            .then(|| environment.cloudwatch.first_active(names))
            .flatten()
    }

    /// When the deployment fails because green is no longer steady.
    pub(super) fn lost_at(&self, ecs: &Ecs) -> Option<Timestamp> {
        let is_between = matches!(self.stage, Stage::Ready { .. });
        let is_past_install =
            matches!(self.stage, Stage::Lifecycle(index) if index > INSTALL_INDEX);
        match self.green(ecs)?.stability {
            Stability::Stabilizing { since } if is_past_install || is_between => {
                Some(since + UNSTEADY)
            }
            Stability::Stabilizing { .. } | Stability::Steady { .. } => None,
        }
    }

    pub(super) fn green<'a>(&self, ecs: &'a Ecs) -> Option<&'a TaskSet> {
        let green = self.task_sets.green.as_ref()?;
        let service = ecs.service(&self.plan.cluster, &self.plan.service)?;
        service.task_set(&green.id)
    }

    /// Time of the next traffic shift and green's share after it. Once all
    /// traffic has shifted, the end of the event and `None`.
    pub(super) fn next_shift(&self, started_at: Timestamp) -> (Timestamp, Option<u32>) {
        let mut last = Duration::ZERO;
        for (after, share) in self.plan.routing.shifts() {
            if share > self.green_weight {
                return (started_at + after, Some(share));
            }
            last = after;
        }
        (started_at + last + STEP, None)
    }
}
