//! Scenarios of releases whose revision is already registered.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::ecs;
use simulator::faults::{Fault, Kind, Occurrence};

use super::quick;
use crate::support::{Harness, Order, TASKDEF};

async fn live(harness: &Harness, order: &Order) -> ActionView {
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(order)).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    view
}

fn registered(harness: &Harness) -> usize {
    harness.effects("ecs", "RegisterTaskDefinition")
}

fn call(harness: &Harness, operation: &str, input: &Value) {
    harness
        .world(|world| ecs::call(world, operation, input))
        .expect("ECS does it");
}

fn changed(from: &str, to: &str) -> Order {
    Order::default().file("taskdef.json", &TASKDEF.replacen(from, to, 1))
}

#[tokio::test(start_paused = true)]
async fn the_same_release_twice_is_registered_once_and_deployed_twice() {
    let harness = Harness::with(quick());
    let first = live(&harness, &Order::default()).await;
    let second = live(&harness, &Order::default()).await;
    assert_eq!(registered(&harness), 1);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 2);
    let revision = |view: &ActionView| view.output_variables["TaskDefinitionArn"].clone();
    assert_eq!(revision(&first), revision(&second));
    let says = "note: webapp:2 is the same and was not registered once more";
    assert!(!first.summary.expect("a summary").contains("the same"));
    let summary = second.summary.expect("a summary");
    assert!(summary.contains(says), "{summary}");
}

#[tokio::test(start_paused = true)]
async fn every_difference_is_registered_even_in_tags() {
    let harness = Harness::with(quick());
    live(&harness, &Order::default()).await;
    live(&harness, &changed("\"hello\"", "\"good day\"")).await;
    let tagged = changed(
        "{",
        "{ \"tags\": [{ \"key\": \"team\", \"value\": \"shop\" }],",
    );
    live(&harness, &tagged).await;
    assert_eq!(registered(&harness), 3);
    live(&harness, &tagged).await;
    assert_eq!(registered(&harness), 3);
    // Only the newest revision is reused, not any earlier one.
    live(&harness, &Order::default()).await;
    assert_eq!(registered(&harness), 4);
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_is_not_active_is_not_deployed_again() {
    let harness = Harness::with(quick());
    live(&harness, &Order::default()).await;
    call(
        &harness,
        "DeregisterTaskDefinition",
        &json!({ "taskDefinition": "webapp:2" }),
    );
    live(&harness, &Order::default()).await;
    assert_eq!(registered(&harness), 2);
}

/// A cleanup may deregister a revision that a waiting release has registered.
#[tokio::test(start_paused = true)]
async fn a_revision_that_was_deregistered_while_its_release_waited_is_registered_again() {
    let harness = Harness::with(quick());
    let busy = Fault {
        service: "codedeploy".into(),
        operation: "CreateDeployment".into(),
        occurrence: Occurrence::Every,
        kind: Kind::Error {
            status: 400,
            code: "DeploymentLimitExceededException".into(),
            message: "The deployment group already has an active deployment".into(),
        },
    };
    harness
        .world(|world| world.faults.add(busy))
        .expect("a fault");
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    harness
        .until(|world| world.ledger.calls("codedeploy", "CreateDeployment").count() > 2)
        .await;
    assert_eq!(registered(&harness), 1);
    call(
        &harness,
        "DeregisterTaskDefinition",
        &json!({ "taskDefinition": "webapp:2" }),
    );
    // The release's next job compares it again.
    harness.wait(Duration::from_secs(60)).await;
    harness.world(|world| world.faults.clear());
    let view = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(registered(&harness), 2);
}

#[tokio::test(start_paused = true)]
async fn where_revisions_may_not_be_read_one_is_registered() {
    for kind in [Kind::Denied, Kind::Unavailable] {
        let harness = Harness::with(quick());
        live(&harness, &Order::default()).await;
        let fault = Fault {
            service: "ecs".into(),
            operation: "DescribeTaskDefinition".into(),
            occurrence: Occurrence::Every,
            kind,
        };
        harness
            .world(|world| world.faults.add(fault))
            .expect("a fault");
        live(&harness, &Order::default()).await;
        assert_eq!(registered(&harness), 2);
    }
}
