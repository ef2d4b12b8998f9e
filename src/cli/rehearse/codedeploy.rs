//! A deployment group of CodeDeploy, and its deployments.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use simulator::api::ApiError;
use simulator::codedeploy::{self, Fixture, HookBehaviour};
use simulator::traffic::ALARMS;
use simulator::world::World;

use super::account::{self, Account, is_name, running};
use super::arguments::Args;
use super::codedeploy_schedule::{Outlook, Schedule, Waits};
use super::scene::{HOOK_FAILS_AFTER, Script, Shift};
use super::seen::{Deployment, Event, Hook, Whose};
use crate::cli::bundle::LocalBundle;
use crate::job::{DeployTarget, Key};
use crate::page::HookState;
use crate::release::plan::Checked;
use crate::rollout::description;

pub(super) struct Group {
    fixture: Fixture,
    hooks: BTreeMap<String, String>,
}

impl Group {
    pub(super) fn of(
        bundle: &LocalBundle,
        checked: Option<&Checked>,
        script: &Script,
        args: &Args,
    ) -> Self {
        let mut fixture = Fixture {
            alarms: ALARMS.iter().map(|alarm| alarm.name.into()).collect(),
            ready_wait_minutes: args.ready_wait.or(script.wait_minutes),
            ..Fixture::default()
        };
        // CodeDeploy rejects other names, so no application has them. The
        // worker refuses the release.
        let request = bundle.request();
        if let Ok(DeployTarget::Group(name)) = request.map(|request| request.target) {
            fixture.application = name.application;
            fixture.group = name.group;
        }
        match script.shift {
            Shift::Linear => {}
            Shift::Canary => CANARY.clone_into(&mut fixture.deployment_config),
        }
        if let Some(config) = &args.deployment_config {
            fixture.deployment_config.clone_from(config);
        }
        if let Some(minutes) = args.termination_wait {
            fixture.termination_wait_minutes = minutes;
        }
        let mut hooks = BTreeMap::new();
        if let Some(app_spec) = checked.and_then(|checked| checked.app_spec.as_ref()) {
            // ECS rejects other names, so no service has them. The worker
            // refuses the release.
            if is_name(app_spec.container()) {
                app_spec.container().clone_into(&mut fixture.container);
            }
            fixture.port = app_spec.port();
            let pairs = app_spec.hooks();
            hooks.extend(pairs.map(|(event, name)| (event.to_owned(), name.to_owned())));
        }
        if let Some(place) = checked.and_then(account::place) {
            (fixture.launch_type, fixture.has_own_interface) = place;
        }
        Self { fixture, hooks }
    }
}

/// A tenth of the traffic, and the rest five minutes later.
const CANARY: &str = "CodeDeployDefault.ECSCanary10Percent5Minutes";

impl Account for Group {
    fn service(&self) -> (&str, &str) {
        (&self.fixture.cluster, &self.fixture.service)
    }

    fn hooks(&self) -> &BTreeMap<String, String> {
        &self.hooks
    }

    fn create(&self, world: &mut World) -> Result<(), ApiError> {
        self.fixture.build(world)
    }

    fn set_hook(&self, world: &mut World, function: &str, fails: bool) {
        let behaviour = match fails {
            true => failing(),
            false => HookBehaviour::NeverAnswers,
        };
        world.codedeploy.set_hook(function, behaviour);
    }

    fn deploy_another(&self, world: &mut World) -> Result<(), ApiError> {
        let running = running(world, self.service());
        let request = json!({
            "applicationName": self.fixture.application,
            "deploymentGroupName": self.fixture.group,
            "description": "another client's",
            "revision": {
                "revisionType": "AppSpecContent",
                "appSpecContent": { "content": self.fixture.app_spec(&running) },
            },
        });
        codedeploy::call(world, "CreateDeployment", &request).map(|_| ())
    }

    fn deployments(&self, world: &mut World, key: &Key) -> Vec<Deployment> {
        let input = json!({
            "applicationName": self.fixture.application,
            "deploymentGroupName": self.fixture.group,
        });
        let ids: Vec<String> =
            ask(world, "ListDeployments", &input, "/deployments").unwrap_or_default();
        let (cluster, service) = self.service();
        let target = format!("{cluster}:{service}");
        let oldest_first = ids.into_iter().rev();
        oldest_first
            .filter_map(|id| {
                let input = json!({ "deploymentId": id, "targetId": target });
                let info: Info = ask(world, "GetDeployment", &input, "/deploymentInfo")?;
                let place = "/deploymentTarget/ecsTarget";
                let target = ask(world, "GetDeploymentTarget", &input, place);
                let schedule = schedule(world, &info);
                let mut one = deployment(info, target.as_ref(), key, &schedule);
                let history = world.codedeploy.biography(&one.id);
                let revision = history.and_then(|history| history.task_definition);
                one.task_definition = revision.map(str::to_owned);
                if one.whose == Whose::Release {
                    one.hooks = self.hooks_of(&one.events);
                }
                Some(one)
            })
            .collect()
    }

    fn proceed(&self, world: &mut World, deployment: &Deployment) {
        let input = json!({
            "deploymentId": deployment.id,
            "deploymentWaitType": "READY_WAIT",
        });
        let _ = codedeploy::call(world, "ContinueDeployment", &input);
    }

    fn stop(&self, world: &mut World, deployment: &Deployment) {
        let input = json!({ "deploymentId": deployment.id, "autoRollbackEnabled": true });
        let _ = codedeploy::call(world, "StopDeployment", &input);
    }
}

impl Group {
    /// The hooks of the events that have begun.
    fn hooks_of(&self, events: &[Event]) -> Vec<Hook> {
        let begun = events.iter().filter(|event| event.started.is_some());
        begun
            .filter_map(|event| {
                let called = self.hooks.get(&event.name)?;
                Some(Hook {
                    name: event.name.clone(),
                    called: called.clone(),
                    state: match event.status.as_str() {
                        "InProgress" => HookState::Runs,
                        "Succeeded" => HookState::Succeeded,
                        _ => HookState::Failed,
                    },
                })
            })
            .collect()
    }
}

/// The settings that a deployment in progress follows.
fn schedule(world: &mut World, info: &Info) -> Schedule {
    let is_over = info.complete_time.is_some();
    let Some(config) = info.deployment_config_name.as_ref().filter(|_| !is_over) else {
        return Schedule::default();
    };
    let input = json!({ "deploymentConfigName": config });
    let place = "/deploymentConfigInfo/trafficRoutingConfig";
    Schedule {
        waits: info
            .blue_green_deployment_configuration
            .clone()
            .unwrap_or_default(),
        shift: ask(world, "GetDeploymentConfig", &input, place).unwrap_or_default(),
    }
}

fn failing() -> HookBehaviour {
    HookBehaviour::Fails {
        after: HOOK_FAILS_AFTER,
        message: "The smoke test got 500 from /checkout".into(),
        log_tail: "GET /health 200\nGET /checkout 500".into(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    deployment_id: String,
    status: String,
    creator: String,
    description: Option<String>,
    deployment_config_name: Option<String>,
    blue_green_deployment_configuration: Option<Waits>,
    error_information: Option<ErrorInformation>,
    create_time: f64,
    complete_time: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    /// The time of the last change.
    last_updated_at: f64,
    lifecycle_events: Vec<LifecycleEvent>,
    task_sets_info: Vec<TaskSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LifecycleEvent {
    lifecycle_event_name: String,
    status: String,
    start_time: Option<f64>,
    end_time: Option<f64>,
    diagnostics: Option<Diagnostics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostics {
    message: String,
    log_tail: String,
}

#[derive(Deserialize)]
struct ErrorInformation {
    code: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TaskSet {
    task_set_label: String,
    traffic_weight: f64,
}

/// The deployment; `target` is absent until it has started.
fn deployment(info: Info, target: Option<&Target>, key: &Key, schedule: &Schedule) -> Deployment {
    let whose = info.whose(key);
    let green = target.and_then(Target::green);
    let error = info.error_information;
    let changed = target.map(|target| moment(target.last_updated_at));
    let events = target
        .into_iter()
        .flat_map(|target| &target.lifecycle_events);
    let events: Vec<Event> = events.map(|event| event.seen(green.zip(changed))).collect();
    let share = green.unwrap_or_default();
    let waits_since = changed.filter(|_| info.status == "Ready");
    let outlook = match (whose, info.complete_time) {
        (Whose::Release | Whose::Other, None) => schedule.outlook(&events, share, waits_since),
        (Whose::Rollback, _) | (_, Some(_)) => Outlook::default(),
    };
    Deployment {
        whose,
        task_definition: None,
        created: moment(info.create_time),
        completed: info.complete_time.map(moment),
        error: error.map(|error| format!("{}: {}", error.code, error.message)),
        share,
        waits_since,
        next: outlook.next,
        ends: outlook.ends,
        events,
        hooks: Vec::new(),
        id: info.deployment_id,
        status: info.status,
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
    /// The weight of the new version's task set.
    fn green(&self) -> Option<f64> {
        let mut sets = self.task_sets_info.iter();
        let green = sets.find(|set| set.task_set_label == "Green")?;
        Some(green.traffic_weight)
    }
}

impl LifecycleEvent {
    /// The event, with the weight of the new tasks and since when they have it.
    fn seen(&self, weight: Option<(f64, Timestamp)>) -> Event {
        let diagnostics = self.diagnostics.as_ref();
        let started = self.start_time.map(moment);
        let note = match (self.lifecycle_event_name.as_str(), self.status.as_str()) {
            ("Install", _) => started.map(Event::starts_tasks),
            ("AllowTraffic", "InProgress") => weight.map(|(weight, at)| Event::shifts(weight, at)),
            (_, _) => None,
        };
        Event {
            name: self.lifecycle_event_name.clone(),
            status: self.status.clone(),
            started,
            ended: self.end_time.map(moment),
            words: diagnostics.map(|one| format!("{}\n{}", one.message, one.log_tail)),
            notes: note.into_iter().collect(),
        }
    }
}

/// A time as AWS writes it, in seconds since 1970.
fn moment(epoch: f64) -> Timestamp {
    let since = SignedDuration::try_from_secs_f64(epoch).unwrap_or_default();
    Timestamp::from_duration(since).unwrap_or_default()
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
