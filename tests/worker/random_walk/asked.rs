//! Random orders of pipelines: every option, and orders that are refused.

use std::time::Duration;

use bluegreen_worker::job::Engine;
use fastrand::Rng;
use serde_json::{Value, json};
use simulator::codedeploy::Fixture;
use simulator::ecs::{
    self, Balancing, Behaviour, PreProductionStage, Settings, StageDuringRollback, StopOfEnded,
    Superseded, TaskDefinitionAfterRollback, TaskFailure, UnchangedTaskDefinition,
};

use crate::support::{self, Order, TASKDEF};

/// A secret value in the task definition.
pub(crate) const SECRET: &str = "xyzzy-is-not-to-be-told";

/// The function behind a service's lifecycle hook.
pub(crate) const HOOK: &str = "arn:aws:lambda:eu-west-1:111122223333:function:webapp-smoke-test";

/// An order without options.
pub(crate) fn plain(engine: Engine) -> Order {
    let order = match engine {
        Engine::CodeDeploy => Order::default(),
        Engine::Ecs => Order::ecs(),
    };
    order.file("taskdef.json", &TASKDEF.replace("hello", SECRET))
}

/// An order that a release author might place.
pub(crate) fn order(engine: Engine, random: &mut Rng) -> Order {
    let options = options(random);
    let order = match options.is_empty() {
        true => plain(engine),
        false => plain(engine).option(&options.join(";")),
    };
    match (random.u32(..24), engine) {
        (0, _) => order.file("taskdef.json", &TASKDEF.replace("\"web\"", "\"other\"")),
        (1, Engine::CodeDeploy) => named(order, "ApplicationName", "nobodys"),
        (1, Engine::Ecs) => named(order, "ClusterName", "nobodys"),
        (2, Engine::CodeDeploy) => named(order, "DeploymentGroupName", "nobodys"),
        (2, Engine::Ecs) => named(order, "ServiceName", "nobodys"),
        (3, _) => order.option("CompleteWhen=Whenever"),
        (4, Engine::CodeDeploy) => from_app_spec(order, random),
        _ => order,
    }
}

fn options(random: &mut Rng) -> Vec<String> {
    let mut options = Vec::new();
    let mut sometimes = |one_in: u32, words: &[&str]| {
        if random.u32(..one_in) == 0 {
            options.push(words[random.usize(..words.len())].to_owned());
        }
    };
    sometimes(4, &["CompleteWhen=TrafficShifted"]);
    sometimes(5, &["WhenBusy=Fail"]);
    sometimes(3, &["Timeout=2m", "Timeout=5m", "Timeout=20m"]);
    sometimes(2, &["OnTimeout=Stop", "OnTimeout=Rollback"]);
    sometimes(2, &["OnAbandon=Stop", "OnAbandon=Rollback"]);
    sometimes(3, &["OnTaskFailure=Stop", "OnTaskFailure=Rollback"]);
    sometimes(3, &["ContinueWhenReady=Always"]);
    sometimes(4, &["SkipIfUnchanged=true"]);
    options
}

fn named(mut order: Order, property: &str, value: &str) -> Order {
    order.configuration.insert(property.into(), value.into());
    order
}

/// Deploys the service's first revision.
fn from_app_spec(mut order: Order, random: &mut Rng) -> Order {
    const FIRST: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:1";
    for property in ["Image1ArtifactName", "Image1ContainerName"] {
        order.configuration.remove(property);
    }
    let mut options = options(random);
    options.push("TaskDefinition=FromAppSpec".into());
    let app_spec = Fixture::default().app_spec(FIRST);
    order
        .file("appspec.yaml", &app_spec)
        .option(&options.join(";"))
}

/// A deployment group that a platform team might create, with waits that end
/// within minutes.
pub(crate) fn fixture(random: &mut Rng) -> Fixture {
    let config = match random.u32(..4) {
        0 => "ECSLinear10PercentEvery1Minutes",
        1 => "ECSCanary10Percent5Minutes",
        _ => "ECSAllAtOnce",
    };
    let default = Fixture::default();
    Fixture {
        deployment_config: format!("CodeDeployDefault.{config}"),
        has_test_listener: random.bool(),
        ready_wait_minutes: (random.u32(..4) == 0).then_some(5),
        termination_wait_minutes: [0, 0, 1, 10][random.usize(..4)],
        auto_rollback: match random.u32(..4) {
            0 => Vec::new(),
            _ => default.auto_rollback.clone(),
        },
        ..default
    }
}

/// A service that a platform team might create, with waits that end within
/// minutes.
pub(crate) fn service(random: &mut Rng) -> ecs::Fixture {
    let mut configuration = match random.u32(..5) {
        0 => json!({
            "strategy": "LINEAR",
            "linearConfiguration": { "stepPercent": 25.0, "stepBakeTimeInMinutes": 1 },
        }),
        1 => json!({
            "strategy": "CANARY",
            "canaryConfiguration": { "canaryPercent": 12.5, "canaryBakeTimeInMinutes": 3 },
        }),
        2 => json!({ "strategy": "ROLLING" }),
        _ => json!({ "strategy": "BLUE_GREEN" }),
    };
    if configuration["strategy"] != "ROLLING" {
        let minutes = [0, 1, 5];
        configuration["bakeTimeInMinutes"] = json!(minutes[random.usize(..3)]);
        configuration["lifecycleHooks"] = hooks(random);
    }
    if random.bool() {
        configuration["alarms"] =
            json!({ "alarmNames": ["webapp-errors"], "enable": true, "rollback": true });
    }
    if random.u32(..3) == 0 {
        configuration["deploymentCircuitBreaker"] =
            json!({ "enable": true, "rollback": random.bool() });
    }
    let balancing = [Balancing::Application, Balancing::Network, Balancing::None];
    ecs::Fixture {
        balancing: balancing[random.usize(..3)],
        has_test_rule: random.bool(),
        deployment_configuration: configuration,
        ..support::service()
    }
}

/// A function, a pause, both or neither.
fn hooks(random: &mut Rng) -> Value {
    let mut hooks = Vec::new();
    if random.bool() {
        let stages = ["POST_SCALE_UP", "PRE_PRODUCTION_TRAFFIC_SHIFT"];
        hooks.push(json!({
            "hookTargetArn": HOOK,
            "roleArn": "arn:aws:iam::111122223333:role/hooks",
            "lifecycleStages": [(stages[random.usize(..2)])],
        }));
    }
    if random.u32(..3) == 0 {
        let stages = ["PRE_SCALE_UP", "PRE_PRODUCTION_TRAFFIC_SHIFT"];
        let then = ["CONTINUE", "ROLLBACK"];
        hooks.push(json!({
            "targetType": "PAUSE",
            "lifecycleStages": [(stages[random.usize(..2)])],
            "timeoutConfiguration":
                { "timeoutInMinutes": 7, "action": (then[random.usize(..2)]) },
        }));
    }
    Value::Array(hooks)
}

/// What AWS does not document, at random.
pub(crate) fn settings(random: &mut Rng) -> Settings {
    let mut or = || random.bool();
    Settings {
        superseded: match or() {
            true => Superseded::Stopped,
            false => Superseded::RolledBack,
        },
        unchanged_task_definition: match or() {
            true => UnchangedTaskDefinition::StartsNothing,
            false => UnchangedTaskDefinition::StartsDeployment,
        },
        task_definition_after_rollback: match or() {
            true => TaskDefinitionAfterRollback::Old,
            false => TaskDefinitionAfterRollback::New,
        },
        pre_production_stage: match or() {
            true => PreProductionStage::PreProductionTrafficShift,
            false => PreProductionStage::ProductionTrafficShift,
        },
        stage_during_rollback: match or() {
            true => StageDuringRollback::Last,
            false => StageDuringRollback::Absent,
        },
        stop_of_ended: match or() {
            true => StopOfEnded::Conflict,
            false => StopOfEnded::Accepted,
        },
        deployment_visible_after_seconds: [0, 0, 0, 3, 40][random.usize(..5)],
        ..Settings::default()
    }
}

/// The behaviour of the next tasks.
pub(crate) fn fate(random: &mut Rng) -> Behaviour {
    match random.u32(..6) {
        0 => Behaviour::TasksFail(TaskFailure::CannotPullImage),
        1 => Behaviour::TasksFail(TaskFailure::OutOfMemory),
        2 => Behaviour::NotPlaced,
        3 => Behaviour::CapacityLost {
            healthy_after: Duration::from_secs(40),
            lost_after: Duration::from_secs(90),
        },
        _ => Behaviour::Healthy {
            after: Duration::from_secs(random.u64(1..120)),
        },
    }
}
