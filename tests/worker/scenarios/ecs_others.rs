//! Others deploy to the same service, or stop what is under way.

use std::time::Duration;

use bluegreen_worker::worker::{self, Context};
use clock::Clock;
use serde_json::json;
use simulator::codepipeline::ActionStatus;
use simulator::ecs::{Settings, Superseded, call};
use simulator::faults::{Fault, Kind, Occurrence};
use tokio_util::sync::CancellationToken;

use super::ecs::{failure, holds, shows_late, statuses, until};
use crate::support::{Harness, Order, another_client_updates, service, start, tuning};

#[tokio::test(start_paused = true)]
async fn a_deployment_that_somebody_stopped_is_said_to_be_stopped() {
    let harness = Harness::ecs(&service());
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs());
    until(&harness, &action, "Starting the new tasks").await;
    harness.world(|world| {
        let running = world.ecs.service_deployments("prod", "webapp");
        let newest = running.last().expect("it is under way").arn.clone();
        let stop = json!({ "serviceDeploymentArn": newest, "stopType": "ROLLBACK" });
        call(world, "StopServiceDeployment", &stop).expect("it can be stopped");
    });
    let message = failure(&harness, &action).await;
    worker.stop().await;
    holds(
        &message,
        &[
            "was stopped: a person or another program stopped it.",
            "Production traffic never left the old version (the rollback succeeded).",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn who_supersedes_a_deployment_is_named_however_it_ends() {
    for superseded in [Superseded::Stopped, Superseded::RolledBack] {
        let harness = Harness::ecs(&service());
        harness.world(|world| {
            let settings = Settings {
                superseded,
                ..world.ecs.settings().clone()
            };
            world.ecs.set_settings(settings);
        });
        let worker = harness.worker();
        let action = harness.queue(&Order::ecs());
        until(&harness, &action, "Starting the new tasks").await;
        harness.world(|world| another_client_updates(world, &service()));
        let message = failure(&harness, &action).await;
        worker.stop().await;
        holds(
            &message,
            &[
                "was superseded: a newer deployment, of arn:",
                "/webapp:1, took its place",
            ],
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_waits_for_whoever_is_at_work() {
    let harness = Harness::ecs(&service());
    harness.world(|world| another_client_updates(world, &service()));
    let worker = harness.worker();
    let fails = harness.queue(&Order::ecs().option("WhenBusy=Fail"));
    let waits = harness.queue(&Order::ecs());
    let message = failure(&harness, &fails).await;
    holds(&message, &["holds the service webapp in cluster prod."]);
    let view = harness.end_of(&waits).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(statuses(&harness), ["SUCCESSFUL"; 3]);
}

#[tokio::test(start_paused = true)]
async fn releases_of_one_service_go_one_after_the_other() {
    let harness = Harness::ecs(&service());
    let workers = [harness.worker(), harness.worker()];
    let actions: Vec<String> = (0..4).map(|_| harness.queue(&Order::ecs())).collect();
    for action in &actions {
        let view = harness.end_of(action).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    }
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(harness.effects("ecs", "UpdateService"), 4);
    let all = statuses(&harness);
    assert!(all.iter().all(|status| status == "SUCCESSFUL"), "{all:?}");
}

/// ECS shows neither deployment yet when the release looks again.
#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_superseded_before_it_is_shown_is_not_started_again() {
    let harness = shows_late();
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs());
    harness
        .until(|world| world.ledger.effects("ecs", "UpdateService") == 1)
        .await;
    harness.wait(Duration::from_secs(8)).await;
    harness.world(|world| another_client_updates(world, &service()));
    let message = failure(&harness, &action).await;
    worker.stop().await;
    holds(
        &message,
        &[
            "was superseded: a newer deployment, of arn:",
            "production traffic never left the old version.",
        ],
    );
    assert_eq!(harness.effects("ecs", "UpdateService"), 1);
}

/// The release has not tried to start anything, so nothing can appear.
#[tokio::test(start_paused = true)]
async fn a_read_that_fails_before_the_start_does_not_delay_it() {
    let harness = Harness::ecs(&service());
    let worker = harness.worker();
    harness.queue(&Order::ecs());
    harness
        .until(|world| world.ledger.effects("ecs", "RegisterTaskDefinition") == 1)
        .await;
    harness.world(|world| {
        let fault = Fault {
            service: "ecs".into(),
            operation: "DescribeServices".into(),
            occurrence: Occurrence::Next(4),
            kind: Kind::Unavailable,
        };
        world.faults.add(fault).expect("a fault");
    });
    let registered = harness.clock.now();
    harness
        .until(|world| world.ledger.effects("ecs", "UpdateService") == 1)
        .await;
    let passed = harness.clock.now().duration_since(registered);
    worker.stop().await;
    assert!(passed.as_secs() < 45, "{passed:?}");
}

/// The worker's clock is four minutes ahead of AWS's, which shows the newer
/// deployment late.
#[tokio::test(start_paused = true)]
async fn who_supersedes_a_deployment_is_named_whatever_the_clock_shows() {
    let harness = shows_late();
    let ahead = Clock::simulated(start() + Duration::from_secs(240), 1.0);
    let ports = harness.ports_through(harness.exchange.http_client());
    let stop = CancellationToken::new();
    let context = Context::new(ports, ahead, tuning(), None, stop.clone());
    let work = tokio::spawn(async move { worker::run(&context).await });
    let action = harness.queue(&Order::ecs());
    until(&harness, &action, " (deployment ").await;
    harness.world(|world| another_client_updates(world, &service()));
    let message = failure(&harness, &action).await;
    stop.cancel();
    work.await.expect("a worker does not panic");
    holds(&message, &["was superseded: a newer deployment, of arn:"]);
}

/// Nobody follows the deployment when it ends, and a later one has ended, too,
/// when its failure is explained.
#[tokio::test(start_paused = true)]
async fn what_a_later_deployment_did_is_no_evidence() {
    let harness = Harness::ecs(&service());
    let worker = harness.worker();
    let action = harness.queue(&Order::ecs());
    until(&harness, &action, "Starting the new tasks").await;
    worker.stop().await;
    harness.world(|world| {
        let running = world.ecs.service_deployments("prod", "webapp");
        let newest = running.last().expect("it is under way").arn.clone();
        let stop = json!({ "serviceDeploymentArn": newest, "stopType": "ROLLBACK" });
        call(world, "StopServiceDeployment", &stop).expect("it can be stopped");
    });
    harness.wait(Duration::from_secs(600)).await;
    harness.world(|world| another_client_updates(world, &service()));
    harness.wait(Duration::from_secs(1800)).await;
    assert_eq!(statuses(&harness).last().unwrap(), "SUCCESSFUL");
    let worker = harness.worker();
    let message = failure(&harness, &action).await;
    worker.stop().await;
    holds(
        &message,
        &["was stopped: a person or another program stopped it."],
    );
    assert!(!message.contains("deployment completed"), "{message}");
}
