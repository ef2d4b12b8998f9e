//! Random orders of pipelines: every option, and orders that are refused.

use std::time::Duration;

use fastrand::Rng;
use simulator::codedeploy::Fixture;
use simulator::ecs::Behaviour;
use simulator::ecs::TaskFailure;

use crate::support::{Order, TASKDEF};

/// A secret value in the task definition.
pub(crate) const SECRET: &str = "xyzzy-is-not-to-be-told";

/// An order without options.
pub(crate) fn plain() -> Order {
    Order::default().file("taskdef.json", &TASKDEF.replace("hello", SECRET))
}

/// An order that a release author might place.
pub(crate) fn order(random: &mut Rng) -> Order {
    let options = options(random);
    let order = match options.is_empty() {
        true => plain(),
        false => plain().option(&options.join(";")),
    };
    match random.u32(..24) {
        0 => order.file("taskdef.json", &TASKDEF.replace("\"web\"", "\"other\"")),
        1 => named(order, "ApplicationName", "nobodys"),
        2 => named(order, "DeploymentGroupName", "nobodys"),
        3 => order.option("CompleteWhen=Whenever"),
        4 => from_app_spec(order, random),
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
