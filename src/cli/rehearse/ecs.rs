//! A service that ECS deploys itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulator::api::ApiError;
use simulator::ecs::{self, Balancing, Fixture, LambdaBehaviour};
use simulator::traffic::ALARMS;
use simulator::world::World;

use super::account::{self, Account, is_name, running};
use super::arguments::Args;
use super::ecs_deployment;
use super::scene::{HOOK_FAILS_AFTER, Script, Shift};
use super::seen::Deployment;
use crate::cli::bundle::Rendered;
use crate::job::{DeployTarget, Key};
use crate::page::HookState;

pub(super) struct Service {
    fixture: Fixture,
    hooks: BTreeMap<String, String>,
}

/// The stages that can have hooks.
pub(super) const HOOK_STAGES: [&str; 8] = [
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    TESTED,
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
];
/// The stage with the scenes' hooks: test traffic is on the new tasks.
const TESTED: &str = "POST_TEST_TRAFFIC_SHIFT";
/// The role with which ECS calls the function.
const HOOK_ROLE: &str = "arn:aws:iam::111122223333:role/ecsHooks";
/// Minutes that the old tasks stay, unless `--termination-wait` says otherwise.
const BAKE_MINUTES: u32 = 5;

impl Service {
    pub(super) fn of(release: Option<&Rendered>, script: &Script, args: &Args) -> Self {
        let is_own = own_configuration(args).is_some();
        let stages = args.serve.hooks().into_keys();
        let stages = stages.chain((!is_own).then(|| TESTED.to_owned()));
        let hooks = stages.map(|stage| {
            let function = stage.to_lowercase().replace('_', "-");
            let arn = format!("arn:aws:lambda:eu-west-1:111122223333:function:{function}");
            (stage, arn)
        });
        let hooks = hooks.filter(|(stage, _)| HOOK_STAGES.contains(&stage.as_str()));
        let hooks = hooks.collect();
        let mut fixture = Fixture {
            service: "webapp".into(),
            deployment_configuration: configuration(script, args, &hooks),
            ..Fixture::default()
        };
        if let Some(DeployTarget::Service(name)) = release.map(|it| &it.request.target) {
            fixture.cluster.clone_from(&name.cluster);
            fixture.service.clone_from(&name.service);
        }
        if let Some(task_definition) = release.and_then(|it| it.checked.task_definition.as_ref()) {
            match container(task_definition) {
                Some((container, port)) => (fixture.container, fixture.port) = (container, port),
                // Nothing receives requests, so there is no traffic to shift.
                None => fixture.balancing = Balancing::None,
            }
        }
        if let Some(place) = release.and_then(account::place) {
            (fixture.launch_type, fixture.has_own_interface) = place;
        }
        Self { fixture, hooks }
    }
}

/// The first container with a port, and its port. ECS rejects other names; the
/// worker refuses the release.
fn container(task_definition: &Value) -> Option<(String, u16)> {
    let containers = task_definition["containerDefinitions"].as_array();
    containers?.iter().find_map(|container| {
        let name = container["name"].as_str().filter(|name| is_name(name))?;
        let port = container["portMappings"][0]["containerPort"].as_u64()?;
        Some((name.to_owned(), u16::try_from(port).ok()?))
    })
}

/// The user's own `deploymentConfiguration`, if one is given.
fn own_configuration(args: &Args) -> Option<Value> {
    let own: Value = serde_json::from_str(args.deployment_config.as_ref()?).ok()?;
    own.is_object().then_some(own)
}

/// The service's `deploymentConfiguration`: the user's own, or the one of the
/// scene, perhaps with another strategy.
fn configuration(script: &Script, args: &Args, hooks: &BTreeMap<String, String>) -> Value {
    let mut configuration =
        own_configuration(args).unwrap_or_else(|| configuration_of_scene(script, args));
    let functions = hooks.iter().map(|(stage, function)| {
        json!({
            "hookTargetArn": function,
            "roleArn": HOOK_ROLE,
            "lifecycleStages": [stage],
        })
    });
    let known = configuration["lifecycleHooks"].as_array();
    let hooks = known.into_iter().flatten().cloned().chain(functions);
    configuration["lifecycleHooks"] = hooks.collect();
    configuration
}

fn configuration_of_scene(script: &Script, args: &Args) -> Value {
    let mut configuration = match (&args.deployment_config, script.shift) {
        (Some(strategy), _) => json!({ "strategy": strategy }),
        (None, Shift::Linear) => json!({
            "strategy": "LINEAR",
            "linearConfiguration": { "stepPercent": 10.0, "stepBakeTimeInMinutes": 1 },
        }),
        (None, Shift::Canary) => json!({
            "strategy": "CANARY",
            "canaryConfiguration": { "canaryPercent": 10.0, "canaryBakeTimeInMinutes": 5 },
        }),
    };
    if let Some(minutes) = args.ready_wait.or(script.wait_minutes) {
        configuration["lifecycleHooks"] = json!([{
            "targetType": "PAUSE",
            "lifecycleStages": [TESTED],
            "timeoutConfiguration": { "timeoutInMinutes": minutes, "action": "ROLLBACK" },
        }]);
    }
    let alarms = ALARMS.map(|alarm| alarm.name);
    configuration["bakeTimeInMinutes"] = json!(args.termination_wait.unwrap_or(BAKE_MINUTES));
    configuration["alarms"] = json!({ "alarmNames": alarms, "enable": true, "rollback": true });
    configuration["deploymentCircuitBreaker"] =
        json!({ "enable": script.has_breaker, "rollback": true });
    configuration
}

impl Account for Service {
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
        let after = HOOK_FAILS_AFTER;
        let behaviour = match fails {
            true => LambdaBehaviour::Fails { after },
            false => LambdaBehaviour::NeverEnds,
        };
        world.ecs.set_lambda(function, behaviour);
    }

    fn deploy_another(&self, world: &mut World) -> Result<(), ApiError> {
        let (cluster, service) = self.service();
        let request = json!({
            "cluster": cluster,
            "service": service,
            "taskDefinition": running(world, self.service()),
            "forceNewDeployment": true,
        });
        ecs::call(world, "UpdateService", &request).map(|_| ())
    }

    fn deployments(&self, world: &mut World, _: &Key) -> Vec<Deployment> {
        let (cluster, service) = self.service();
        let all = world.ecs.service_deployments(cluster, service);
        let arns: Vec<String> = all.into_iter().map(|one| one.arn).collect();
        let shown: Vec<Value> = arns.iter().map(|arn| describe(world, arn)).collect();
        let all = world.ecs.service_deployments(cluster, service);
        let Some(first) = all.first() else {
            return Vec::new();
        };
        // The first one created the service.
        let later = all.iter().zip(&shown).skip(1);
        later
            .flat_map(|(one, shown)| {
                let is_ours = one.task_definition != first.task_definition;
                ecs_deployment::deployments(one, shown, is_ours)
            })
            .collect()
    }

    fn proceed(&self, world: &mut World, deployment: &Deployment) {
        let hooks = deployment.hooks.iter();
        for hook in hooks.filter(|hook| hook.state == HookState::Waits) {
            let input = json!({
                "serviceDeploymentArn": deployment.id.as_str(),
                "hookId": hook.called,
            });
            let _ = ecs::call(world, "ContinueServiceDeployment", &input);
        }
    }

    fn stop(&self, world: &mut World, deployment: &Deployment) {
        let input = json!({
            "serviceDeploymentArn": deployment.id.as_str(),
            "stopType": "ROLLBACK",
        });
        let _ = ecs::call(world, "StopServiceDeployment", &input);
    }
}

/// The deployment as ECS shows it.
fn describe(world: &mut World, arn: &str) -> Value {
    let input = json!({ "serviceDeploymentArns": [arn] });
    let answer = ecs::call(world, "DescribeServiceDeployments", &input);
    let answer = answer.unwrap_or_default();
    answer
        .pointer("/serviceDeployments/0")
        .cloned()
        .unwrap_or_default()
}
