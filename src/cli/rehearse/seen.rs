//! What can be seen of a rehearsal from the seat, read from the pretend
//! account itself and not over the wire: the worker has that to itself.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::simulator::codedeploy;
use crate::simulator::codepipeline::{ActionStatus, ActionView};
use crate::simulator::world::World;

/// One look at everything, all at one moment.
pub(super) struct Seen {
    pub(super) pipeline: ActionView,
    /// When a worker took the first job.
    pub(super) taken: Option<Timestamp>,
    /// When the task definition was registered.
    pub(super) registered: Option<Timestamp>,
    /// The release's deployment, and then the rollback's if there is one.
    pub(super) deployments: Vec<Deployment>,
}

/// A deployment as CodeDeploy shows it.
pub(super) struct Deployment {
    pub(super) info: Info,
    /// Absent until it has started.
    pub(super) target: Option<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Info {
    pub(super) deployment_id: String,
    pub(super) status: String,
    pub(super) creator: String,
    pub(super) create_time: f64,
    pub(super) complete_time: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    /// When anything happened last.
    pub(super) last_updated_at: f64,
    pub(super) lifecycle_events: Vec<Event>,
    task_sets_info: Vec<TaskSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) lifecycle_event_name: String,
    pub(super) status: String,
    pub(super) start_time: Option<f64>,
    pub(super) end_time: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskSet {
    task_set_label: String,
    pub(super) traffic_weight: f64,
}

impl Seen {
    /// Looks at an action and at the deployments of `group`, the name of the
    /// application and of the deployment group. `target` is the one target
    /// that they have.
    pub(super) fn look(world: &mut World, action: &str, group: (&str, &str), target: &str) -> Self {
        Self {
            pipeline: world.codepipeline.view(action).expect("it was queued"),
            taken: first(world, "codepipeline", "AcknowledgeJob"),
            registered: first(world, "ecs", "RegisterTaskDefinition"),
            deployments: deployments(world, group, target),
        }
    }

    /// What the pipeline shows, once the action has ended.
    pub(super) fn ended(&self) -> Option<&ActionView> {
        (self.pipeline.status != ActionStatus::InProgress).then_some(&self.pipeline)
    }

    /// The release's own deployment.
    pub(super) fn deployment(&self) -> Option<&Deployment> {
        self.deployments.first()
    }

    /// Production traffic on the new tasks, in per cent.
    pub(super) fn traffic(&self) -> f64 {
        let target = self.deployment().and_then(|seen| seen.target.as_ref());
        let green = target.and_then(Target::green);
        green.map_or(0.0, |green| green.traffic_weight)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.deployment()
            .is_some_and(|seen| seen.info.status == "Ready")
    }

    /// How long after the action's start a moment was.
    pub(super) fn since_start(&self, at: Timestamp) -> Duration {
        Duration::try_from(at - self.pipeline.started).unwrap_or_default()
    }

    /// The same for a moment as AWS writes it, in seconds of the epoch.
    pub(super) fn since_start_of(&self, epoch: f64) -> Duration {
        let start = Duration::try_from(self.pipeline.started.as_duration()).unwrap_or_default();
        Duration::try_from_secs_f64(epoch)
            .unwrap_or_default()
            .saturating_sub(start)
    }
}

impl Info {
    pub(super) fn is_rollback(&self) -> bool {
        self.creator != "user"
    }
}

impl Target {
    /// The new tasks.
    pub(super) fn green(&self) -> Option<&TaskSet> {
        let mut sets = self.task_sets_info.iter();
        sets.find(|set| set.task_set_label == "Green")
    }
}

/// When an operation took effect first.
fn first(world: &World, service: &str, operation: &str) -> Option<Timestamp> {
    let mut calls = world.ledger.calls(service, operation);
    calls.find(|call| call.took_effect).map(|call| call.at)
}

fn deployments(world: &mut World, group: (&str, &str), target: &str) -> Vec<Deployment> {
    let (application, group) = group;
    let input = json!({ "applicationName": application, "deploymentGroupName": group });
    let ids: Vec<String> =
        ask(world, "ListDeployments", &input, "/deployments").unwrap_or_default();
    let oldest_first = ids.into_iter().rev();
    oldest_first
        .filter_map(|id| {
            let input = json!({ "deploymentId": id, "targetId": target });
            Some(Deployment {
                info: ask(world, "GetDeployment", &input, "/deploymentInfo")?,
                target: ask(
                    world,
                    "GetDeploymentTarget",
                    &input,
                    "/deploymentTarget/ecsTarget",
                ),
            })
        })
        .collect()
}

/// What an operation answers, at a place in its answer.
fn ask<T: DeserializeOwned>(
    world: &mut World,
    operation: &str,
    input: &Value,
    place: &str,
) -> Option<T> {
    let answer = codedeploy::call(world, operation, input).ok()?;
    serde_json::from_value(answer.pointer(place)?.clone()).ok()
}
