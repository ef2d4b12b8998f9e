//! Snapshots of a rehearsal. They are read from the simulated account itself
//! and not over HTTP, so that the call log has only the worker's calls.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use simulator::cloudwatch::AlarmState;
use simulator::codedeploy::{self, Fixture};
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::ecs::TaskSetGlance;
use simulator::ledger::Entry;
use simulator::routes::{Routes, routes};
use simulator::traffic::Shown;
use simulator::world::World;

use crate::job::Key;
use crate::rollout::description;

/// A snapshot of everything at one moment.
pub(super) struct Snapshot {
    pub(super) pipeline: ActionView,
    /// When a worker first acknowledged the job.
    pub(super) taken: Option<Timestamp>,
    /// When the task definition was registered.
    pub(super) registered: Option<Timestamp>,
    /// The group's deployments, oldest first.
    pub(super) deployments: Vec<Deployment>,
    pub(super) task_sets: Vec<TaskSetGlance>,
    pub(super) routes: Routes,
    /// The alarms that are or were on, and since when they are in this state.
    pub(super) alarms: Vec<(String, bool, Timestamp)>,
    pub(super) now: Timestamp,
    /// What was done from outside, with its time.
    pub(super) notes: Vec<(Timestamp, String)>,
    /// The task definition that ran at the beginning.
    pub(super) blue: String,
    /// The first summary that names what keeps the new tasks from running.
    pub(super) held_up: Option<(Timestamp, String)>,
    pub(super) traffic: Option<Shown>,
    /// The API calls since an earlier snapshot, oldest first; empty unless
    /// requested.
    pub(super) calls: Vec<Entry>,
}

/// Who a deployment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The release's own.
    Release,
    /// A rollback of the release.
    Rollback,
    /// Another deployment of the group.
    Other,
}

/// A deployment as CodeDeploy shows it.
pub(super) struct Deployment {
    pub(super) whose: Whose,
    pub(super) info: Info,
    /// Absent until it has started.
    pub(super) target: Option<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Info {
    pub(super) deployment_id: String,
    pub(super) status: String,
    creator: String,
    description: Option<String>,
    pub(super) error_information: Option<ErrorInformation>,
    pub(super) create_time: f64,
    pub(super) complete_time: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    /// The time of the last change.
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
    pub(super) diagnostics: Option<Diagnostics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Diagnostics {
    pub(super) message: String,
    pub(super) log_tail: String,
}

#[derive(Deserialize)]
pub(super) struct ErrorInformation {
    pub(super) code: String,
    pub(super) message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskSet {
    task_set_label: String,
    pub(super) traffic_weight: f64,
}

impl Snapshot {
    /// Reads an action and the deployments of its group.
    pub(super) fn look(world: &mut World, action: &str, fixture: &Fixture) -> Self {
        let Fixture {
            application,
            group,
            cluster,
            service,
            ..
        } = fixture;
        let pipeline = world.codepipeline.view(action).expect("it was queued");
        let target = format!("{cluster}:{service}");
        let mut deployments = deployments(world, (application, group), &target);
        let key = Key::new(action);
        for deployment in &mut deployments {
            deployment.whose = deployment.info.whose(&key);
        }
        let alarms = world.cloudwatch.alarms();
        Self {
            pipeline,
            held_up: held_up(world, action),
            taken: first(world, "codepipeline", "AcknowledgeJob"),
            registered: first(world, "ecs", "RegisterTaskDefinition"),
            deployments,
            task_sets: world.ecs.glance(cluster, service),
            routes: routes(world, cluster, service),
            alarms: alarms
                .map(|(name, state, since)| (name.to_owned(), state == AlarmState::Alarm, since))
                .collect(),
            now: world.now(),
            notes: Vec::new(),
            blue: String::new(),
            traffic: None,
            calls: Vec::new(),
        }
    }

    /// Adds the API calls after the number `already`.
    pub(super) fn look_at_calls(&mut self, world: &World, already: u64) {
        let latest = world.ledger.entries().rev();
        let new = latest.take_while(|entry| entry.sequence > already);
        self.calls = new.cloned().collect();
        self.calls.reverse();
    }

    /// The action's state in the pipeline, once the action and everything that
    /// it started have ended.
    pub(super) fn ended(&self) -> Option<&ActionView> {
        let is_over = |one: &Deployment| one.info.complete_time.is_some();
        let all_over = self.deployments.iter().all(is_over);
        let ended = self.pipeline.status != ActionStatus::InProgress;
        // An action may succeed while the old tasks still wait for termination.
        let waits = self.pipeline.status == ActionStatus::Abandoned && !all_over;
        (ended && !waits).then_some(&self.pipeline)
    }

    /// The release's own deployment.
    pub(super) fn deployment(&self) -> Option<&Deployment> {
        let mut deployments = self.deployments.iter();
        deployments.find(|one| one.whose == Whose::Release)
    }

    /// The share of production traffic on the new tasks, in percent.
    pub(super) fn traffic_share(&self) -> f64 {
        let target = self.deployment().and_then(|seen| seen.target.as_ref());
        let green = target.and_then(Target::green);
        green.map_or(0.0, |green| green.traffic_weight)
    }

    /// Green's weight at the production listener, in percent.
    pub(super) fn green_weight(&self) -> u32 {
        let sets = self.task_sets.iter();
        let green = sets.filter(|set| self.version_of(set) == "green");
        green.map(|set| self.weight_of(set)).sum()
    }

    /// `blue` for the version that ran at the beginning, `green` for any later
    /// one.
    pub(super) fn version_of(&self, set: &TaskSetGlance) -> &'static str {
        match set.task_definition == self.blue {
            true => "blue",
            false => "green",
        }
    }

    /// The weight of a task set at the production listener, in percent.
    pub(super) fn weight_of(&self, set: &TaskSetGlance) -> u32 {
        let mut routes = self.routes.production.iter();
        let own = routes.find(|(group, _)| *group == set.target_group && set.status != "DRAINING");
        own.map_or(0, |(_, share)| share.whole_percent())
    }

    pub(super) fn is_ready(&self) -> bool {
        self.deployment()
            .is_some_and(|seen| seen.info.status == "Ready")
    }

    /// The time since the action's start.
    pub(super) fn since_start(&self, at: Timestamp) -> Duration {
        Duration::try_from(at - self.pipeline.started).unwrap_or_default()
    }

    /// The same for a time as AWS writes it, in seconds since 1970.
    pub(super) fn since_start_of(&self, epoch: f64) -> Duration {
        let start = Duration::try_from(self.pipeline.started.as_duration()).unwrap_or_default();
        Duration::try_from_secs_f64(epoch)
            .unwrap_or_default()
            .saturating_sub(start)
    }
}

impl Info {
    fn whose(&self, key: &Key) -> Whose {
        let description = self.description.as_deref().unwrap_or_default();
        match self.creator.as_str() {
            "user" if description::carries(description, key) => Whose::Release,
            "user" => Whose::Other,
            _ => Whose::Rollback,
        }
    }
}

impl Target {
    /// The task set of the new version.
    pub(super) fn green(&self) -> Option<&TaskSet> {
        let mut sets = self.task_sets_info.iter();
        sets.find(|set| set.task_set_label == "Green")
    }
}

/// When an operation first took effect.
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
                whose: Whose::Other,
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

/// Calls an operation and returns a part of its response.
fn ask<T: DeserializeOwned>(
    world: &mut World,
    operation: &str,
    input: &Value,
    place: &str,
) -> Option<T> {
    let answer = codedeploy::call(world, operation, input).ok()?;
    serde_json::from_value(answer.pointer(place)?.clone()).ok()
}

/// The first report that says why the new tasks do not run.
fn held_up(world: &World, action: &str) -> Option<(Timestamp, String)> {
    let mut actions = world.codepipeline.actions().iter();
    let action = actions.find(|one| one.id == action)?;
    action.reports.iter().find_map(|report| {
        let text = report.text.as_ref()?;
        let names_it = report.succeeded && text.starts_with("Install: ");
        names_it.then(|| (report.at, text.clone()))
    })
}
