//! A deployment group of CodeDeploy, and its deployments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use simulator::api::ApiError;
use simulator::codedeploy::{self, Fixture, HookBehaviour};
use simulator::traffic::ALARMS;
use simulator::world::World;

use super::account::{self, Account, is_name, moment, running};
use super::arguments::Args;
use super::scene::{HOOK_FAILS_AFTER, Script, Shift};
use super::schedule::{Outlook, Schedule, minutes};
use super::seen::{Deployment, Event, Whose};
use crate::cli::bundle::Rendered;
use crate::job::{DeployTarget, Key};
use crate::page::{HookShown, HookState};
use crate::rollout::description;

pub(super) struct Group {
    fixture: Fixture,
    hooks: BTreeMap<String, String>,
}

impl Group {
    pub(super) fn of(release: Option<&Rendered>, script: &Script, args: &Args) -> Self {
        let mut fixture = Fixture {
            alarms: ALARMS.iter().map(|alarm| alarm.name.into()).collect(),
            ready_wait_minutes: args.ready_wait.or(script.wait_minutes),
            ..Fixture::default()
        };
        // CodeDeploy rejects other names, so no application has them. The
        // worker refuses the release.
        if let Some(DeployTarget::Group(name)) = release.map(|it| &it.request.target) {
            fixture.application.clone_from(&name.application);
            fixture.group.clone_from(&name.group);
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
        if let Some(app_spec) = release.and_then(|it| it.checked.app_spec.as_ref()) {
            // ECS rejects other names, so no service has them. The worker
            // refuses the release.
            if is_name(app_spec.container()) {
                app_spec.container().clone_into(&mut fixture.container);
            }
            fixture.port = app_spec.port();
            let pairs = app_spec.hooks();
            hooks.extend(pairs.map(|(event, name)| (event.to_owned(), name.to_owned())));
        }
        if let Some(place) = release.and_then(account::place) {
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
            true => HookBehaviour::Fails {
                after: HOOK_FAILS_AFTER,
                message: "The smoke test got 500 from /checkout".into(),
                log_tail: "GET /health 200\nGET /checkout 500".into(),
            },
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
                let info: Value = ask(world, "GetDeployment", &input, "/deploymentInfo")?;
                let place = "/deploymentTarget/ecsTarget";
                let target: Value =
                    ask(world, "GetDeploymentTarget", &input, place).unwrap_or_default();
                let mut one = deployment(world, &info, &target, key)?;
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
    fn hooks_of(&self, events: &[Event]) -> Vec<HookShown> {
        let begun = events.iter().filter(|event| event.started.is_some());
        begun
            .filter_map(|event| {
                let called = self.hooks.get(&event.name)?;
                Some(HookShown {
                    event: event.name.clone(),
                    called: called.clone(),
                    state: match event.status.as_str() {
                        "InProgress" => HookState::Runs,
                        "Succeeded" => HookState::Succeeded,
                        _ => HookState::Failed,
                    },
                    words: None,
                })
            })
            .collect()
    }
}

/// The deployment, from `deploymentInfo` and `ecsTarget`, which is null until
/// the deployment has started.
fn deployment(world: &mut World, info: &Value, target: &Value, key: &Key) -> Option<Deployment> {
    let text = |member: &str| info[member].as_str().map(str::to_owned);
    let mut sets = target["taskSetsInfo"].as_array().into_iter().flatten();
    let green = sets.find(|set| set["taskSetLabel"] == "Green");
    let weight = green.and_then(|set| set["trafficWeight"].as_f64());
    let changed = moment(&target["lastUpdatedAt"]);
    let events = target["lifecycleEvents"].as_array().into_iter().flatten();
    let events: Vec<Event> = events
        .map(|shown| event(shown, weight.zip(changed)))
        .collect();
    let error = &info["errorInformation"];
    let error = error["code"].as_str().zip(error["message"].as_str());
    let mut one = Deployment {
        whose: whose(info, key),
        id: text("deploymentId")?,
        status: text("status")?,
        task_definition: None,
        created: moment(&info["createTime"])?,
        completed: moment(&info["completeTime"]),
        error: error.map(|(code, message)| format!("{code}: {message}")),
        share: weight.unwrap_or_default(),
        waits_since: changed.filter(|_| info["status"] == "Ready"),
        outlook: Outlook::default(),
        events,
        hooks: Vec::new(),
    };
    if one.whose != Whose::Rollback && one.completed.is_none() {
        one.outlook = outlook(world, info, &one, changed).unwrap_or_default();
    }
    Some(one)
}

fn whose(info: &Value, key: &Key) -> Whose {
    let description = info["description"].as_str().unwrap_or_default();
    match info["creator"].as_str() {
        Some("user") if description::carries(description, key) => Whose::Release,
        Some("user") => Whose::Other,
        Some(_) | None => Whose::Rollback,
    }
}

/// What comes next in a deployment in progress, as far as its settings say.
/// AWS shows the waits with the deployment, and the steps with its deployment
/// configuration.
fn outlook(
    world: &mut World,
    info: &Value,
    one: &Deployment,
    changed: Option<Timestamp>,
) -> Option<Outlook> {
    let waits = &info["blueGreenDeploymentConfiguration"];
    if let Some(since) = one.waits_since {
        let wait = waits["deploymentReadyOption"]["waitTimeInMinutes"].as_i64();
        let stops = wait
            .filter(|wait| *wait > 0)
            .map(|wait| since + minutes(wait));
        return Some(Outlook::only("the deployment stops", stops));
    }
    let input = json!({ "deploymentConfigName": info["deploymentConfigName"] });
    let place = "/deploymentConfigInfo/trafficRoutingConfig";
    let routing: Value = ask(world, "GetDeploymentConfig", &input, place).unwrap_or_default();
    let (linear, canary) = (&routing["timeBasedLinear"], &routing["timeBasedCanary"]);
    let interval = linear["linearInterval"].as_i64();
    let stay = &waits["terminateBlueInstancesOnDeploymentSuccess"];
    let schedule = Schedule {
        interval: interval.or(canary["canaryInterval"].as_i64()),
        step: linear["linearPercentage"].as_f64(),
        stay: stay["terminationWaitTimeInMinutes"].as_i64(),
    };
    let named = |name: &str| one.events.iter().find(|event| event.name == name);
    // The old tasks stay after the last event.
    match named("AfterAllowTraffic").and_then(Event::end) {
        Some(shifted) => Some(schedule.afterwards("the old tasks are stopped", shifted)),
        None => Some(schedule.between_steps(one.share, changed?)),
    }
}

/// A lifecycle event. `weight` is that of the new tasks, and since when they
/// have it.
fn event(shown: &Value, weight: Option<(f64, Timestamp)>) -> Event {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (name, status) = (text(&shown["lifecycleEventName"]), text(&shown["status"]));
    let started = moment(&shown["startTime"]);
    let note = match (name.as_str(), status.as_str()) {
        ("Install", _) => started.map(Event::starts_tasks),
        ("AllowTraffic", "InProgress") => weight.map(|(weight, at)| Event::shifts(weight, at)),
        (_, _) => None,
    };
    let diagnostics = &shown["diagnostics"];
    let words = diagnostics["message"].as_str();
    Event {
        name,
        status,
        started,
        ended: moment(&shown["endTime"]),
        words: words.map(|words| format!("{words}\n{}", text(&diagnostics["logTail"]))),
        notes: note.into_iter().collect(),
    }
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
