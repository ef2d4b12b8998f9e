//! Releases that ECS deploys itself (action version 2).

use std::time::Duration;

use serde_json::{Value, json};
use simulator::cloudwatch::AlarmState;
use simulator::codepipeline::ActionStatus;
use simulator::ecs::{
    Balancing, Behaviour, DeploymentBiography, Fixture, LambdaBehaviour, Settings, TaskFailure,
};
use simulator::world::World;

use crate::support::{Harness, Order, service};

/// The statuses that the service's deployments have now, oldest first.
pub(crate) fn statuses(harness: &Harness) -> Vec<String> {
    harness.world(|world| {
        let all = world.ecs.service_deployments("prod", "webapp");
        let last =
            |one: &DeploymentBiography<'_>| one.moments.last().expect("never empty").status.clone();
        all.iter().map(last).collect()
    })
}

fn with(deployment_configuration: Value) -> Fixture {
    Fixture {
        deployment_configuration,
        ..service()
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_goes_all_the_way() {
    for strategy in [
        json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5 }),
        json!({
            "strategy": "LINEAR",
            "bakeTimeInMinutes": 1,
            "linearConfiguration": { "stepPercent": 25.0, "stepBakeTimeInMinutes": 2 },
        }),
        json!({
            "strategy": "CANARY",
            "bakeTimeInMinutes": 1,
            "canaryConfiguration": { "canaryPercent": 5.0, "canaryBakeTimeInMinutes": 2 },
        }),
        json!({ "strategy": "ROLLING" }),
    ] {
        let harness = Harness::ecs(&with(strategy.clone()));
        let worker = harness.worker();
        let action = harness.queue(&Order::ecs());
        let view = harness.end_of(&action).await;
        worker.stop().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{strategy} {view:#?}");
        assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
        assert_eq!(harness.effects("ecs", "UpdateService"), 1);
        assert_eq!(statuses(&harness).last().unwrap(), "SUCCESSFUL");
    }
}

/// The message of a release that has failed as a deployment.
pub(crate) async fn failure(harness: &Harness, action: &str) -> String {
    let view = harness.end_of(action).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "JobFailed", "{}", error.message);
    error.message
}

/// Waits until the pipeline's summary contains this text.
pub(crate) async fn until(harness: &Harness, action: &str, text: &str) {
    let shows = |world: &World| {
        let view = world.codepipeline.view(action).expect("it was queued");
        view.summary.is_some_and(|summary| summary.contains(text))
    };
    harness.until(shows).await;
}

pub(crate) fn holds(message: &str, expected: &[&str]) {
    for expected in expected {
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

fn summaries(harness: &Harness, action: &str) -> String {
    harness.world(|world| {
        let view = world.codepipeline.view(action).expect("it was queued");
        let texts = view.reports.iter().filter_map(|report| report.text.clone());
        texts.collect::<Vec<String>>().join("\n")
    })
}

#[tokio::test(start_paused = true)]
async fn the_summary_says_what_ecs_does() {
    let harness = Harness::ecs(&with(json!({
        "strategy": "LINEAR",
        "bakeTimeInMinutes": 3,
        "linearConfiguration": { "stepPercent": 25.0, "stepBakeTimeInMinutes": 2 },
    })));
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs());
    let view = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    holds(
        &summaries(&harness, &action),
        &[
            "Starting the new tasks (SCALE_UP)",
            "Shifting traffic: 25 % on the new tasks",
            "next step in about",
            "Bake time: all traffic is on the new tasks; the old ones run on until about",
            "webapp:2 is live (deployment prod/webapp/",
        ],
    );
    let variables = view.output_variables;
    assert_eq!(variables["ClusterName"], "prod");
    assert!(variables["DeploymentId"].contains(":service-deployment/prod/webapp/"));
    let percents = harness.world(|world| {
        let view = world.codepipeline.view(&action).expect("it was queued");
        view.percent
    });
    assert_eq!(percents, Some(100));
}

#[tokio::test(start_paused = true)]
async fn a_release_is_done_once_the_traffic_has_shifted_if_the_author_says_so() {
    let harness = Harness::ecs(&service());
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs().option("CompleteWhen=TrafficShifted"));
    let view = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(statuses(&harness).last().unwrap(), "IN_PROGRESS");
}

#[tokio::test(start_paused = true)]
async fn an_alarm_rolls_back_and_is_named() {
    let harness = Harness::ecs(&with(json!({
        "strategy": "BLUE_GREEN",
        "bakeTimeInMinutes": 10,
        "alarms": { "alarmNames": ["webapp-errors"], "enable": true, "rollback": true },
    })));
    harness.world(|world| world.set_alarm("webapp-errors", AlarmState::Ok));
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs());
    until(&harness, &action, "Bake time").await;
    harness.world(|world| world.set_alarm("webapp-errors", AlarmState::Alarm));
    let message = failure(&harness, &action).await;
    worker.stop().await;
    holds(
        &message,
        &[
            "the alarm webapp-errors went off.",
            "Production is back on the old version (the rollback succeeded).",
            "Cluster prod, service webapp, task definition arn:",
        ],
    );
    holds(
        &summaries(&harness, &action),
        &["was stopped by an alarm; ECS has been rolling it back since"],
    );
    assert_eq!(statuses(&harness).last().unwrap(), "ROLLBACK_SUCCESSFUL");
}

const HOOK: &str = "arn:aws:lambda:eu-west-1:111122223333:function:smoke-test";

fn with_hook(hook: &Value) -> Fixture {
    with(json!({
        "strategy": "BLUE_GREEN",
        "bakeTimeInMinutes": 1,
        "lifecycleHooks": [hook],
    }))
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_is_named() {
    let harness = Harness::ecs(&with_hook(&json!({
        "hookTargetArn": HOOK,
        "roleArn": "arn:aws:iam::111122223333:role/hooks",
        "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
    })));
    let after = Duration::from_secs(5);
    harness.world(|world| world.ecs.set_lambda(HOOK, LambdaBehaviour::Fails { after }));
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs());
    let message = failure(&harness, &action).await;
    worker.stop().await;
    holds(
        &message,
        &[
            "the hook POST_TEST_TRAFFIC_SHIFT failed",
            HOOK,
            "Production traffic never left the old version (the rollback succeeded).",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_waits_for_somebody_or_for_nobody() {
    let pause = json!({
        "targetType": "PAUSE",
        "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"],
        "timeoutConfiguration": { "timeoutInMinutes": 30, "action": "ROLLBACK" },
    });
    let harness = Harness::ecs(&with_hook(&pause));
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs().option("ContinueWhenReady=Always"));
    let view = harness.end_of(&action).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecs", "ContinueServiceDeployment"), 1);

    let action = harness.queue(&Order::ecs());
    until(&harness, &action, "Ready: waiting to be continued until").await;
    holds(
        &summaries(&harness, &action),
        &[
            "then ECS rolls it back",
            "aws ecs continue-service-deployment",
            "--hook-id ecs-pause-",
        ],
    );
    let message = failure(&harness, &action).await;
    worker.stop().await;
    holds(
        &message,
        &["it was not continued before the pause was over."],
    );
}

#[tokio::test(start_paused = true)]
async fn tasks_that_never_start_end_the_release_early_if_the_author_says_so() {
    let harness = Harness::ecs(&service());
    let failing = Behaviour::TasksFail(TaskFailure::Exits { code: 3 });
    harness.world(|world| world.ecs.set_next_behaviour("prod", "webapp", failing));
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs().option("OnTaskFailure=Rollback"));
    let message = failure(&harness, &action).await;
    worker.stop().await;
    holds(
        &message,
        &[
            "was stopped because too many of its new tasks failed (OnTaskFailure)",
            "ended by itself with exit code 3",
            "Production traffic never left the old version (the rollback succeeded).",
        ],
    );
    assert_eq!(harness.effects("ecs", "StopServiceDeployment"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_takes_too_long_is_rolled_back() {
    let harness = Harness::ecs(&with(json!({
        "strategy": "BLUE_GREEN",
        "bakeTimeInMinutes": 60,
    })));
    let worker = harness.worker();
    let order = Order::ecs().option("Timeout=61m; OnTimeout=Stop");
    let action = harness.queue(&order);
    let message = failure(&harness, &action).await;
    worker.stop().await;
    holds(
        &message,
        &[
            "had not ended within the timeout and was stopped",
            "Production is back on the old version (the rollback succeeded).",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn what_runs_already_is_not_deployed_again_if_the_author_says_so() {
    let harness = Harness::ecs(&service());
    let worker = harness.worker();
    let order = Order::ecs().option("SkipIfUnchanged=true");
    for _ in 0..2 {
        let action = harness.queue(&order);
        let view = harness.end_of(&action).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    }
    worker.stop().await;
    assert_eq!(harness.effects("ecs", "UpdateService"), 1);
}

/// An account whose ECS shows deployments late.
pub(super) fn shows_late() -> Harness {
    let harness = Harness::ecs(&service());
    harness.world(|world| {
        let settings = Settings {
            deployment_visible_after_seconds: 40,
            ..world.ecs.settings().clone()
        };
        world.ecs.set_settings(settings);
    });
    harness
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_ecs_shows_late_is_started_once() {
    let harness = shows_late();
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs());
    let view = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecs", "UpdateService"), 1);
}

#[tokio::test(start_paused = true)]
async fn services_of_every_kind_are_deployed() {
    for (balancing, balancers) in [
        (Balancing::Network, 1),
        (Balancing::Application, 3),
        (Balancing::ServiceConnect, 0),
        (Balancing::None, 0),
    ] {
        let harness = Harness::ecs(&Fixture {
            balancing,
            balancers,
            ..service()
        });
        let worker = harness.worker();
        let action = harness.queue(&Order::ecs());
        let view = harness.end_of(&action).await;
        worker.stop().await;
        assert_eq!(
            view.status,
            ActionStatus::Succeeded,
            "{balancing:?} {view:#?}"
        );
    }
}

/// ECS shows no shares of a service without traffic, so the summaries claim
/// nothing about it.
#[tokio::test(start_paused = true)]
async fn nothing_is_said_of_the_traffic_of_a_service_without_traffic() {
    let harness = Harness::ecs(&Fixture {
        balancing: Balancing::None,
        balancers: 0,
        ..service()
    });
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(&Order::ecs())).await;
    worker.stop().await;
    let texts = view
        .reports
        .iter()
        .filter_map(|report| report.text.as_deref());
    let texts: Vec<&str> = texts.collect();
    let bakes = "Bake time: the old tasks run on until about ";
    assert!(
        texts.iter().any(|text| text.starts_with(bakes)),
        "{texts:#?}"
    );
    let claims = ["raffic is on", "Shifting"];
    let claimed = |text: &&&str| claims.iter().any(|claim| text.contains(claim));
    assert_eq!(texts.iter().find(claimed), None);
}
