//! Stories of releases whose revision is registered already.

use bluegreen_worker::simulator::codepipeline::{ActionStatus, ActionView};
use bluegreen_worker::simulator::ecs;
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use serde_json::{Value, json};

use crate::quick;
use crate::support::{Order, Stage, TASKDEF};

async fn live(stage: &Stage, order: &Order) -> ActionView {
    let worker = stage.worker();
    let view = stage.end_of(&stage.queue(order)).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    view
}

fn registered(stage: &Stage) -> usize {
    stage.effects("ecs", "RegisterTaskDefinition")
}

fn call(stage: &Stage, operation: &str, input: &Value) {
    stage
        .world(|world| ecs::call(world, operation, input))
        .expect("ECS does it");
}

fn changed(from: &str, to: &str) -> Order {
    Order::default().file("taskdef.json", &TASKDEF.replacen(from, to, 1))
}

#[tokio::test(start_paused = true)]
async fn the_same_release_twice_is_registered_once_and_deployed_twice() {
    let stage = Stage::with(quick());
    let first = live(&stage, &Order::default()).await;
    let second = live(&stage, &Order::default()).await;
    assert_eq!(registered(&stage), 1);
    assert_eq!(stage.effects("codedeploy", "CreateDeployment"), 2);
    let revision = |view: &ActionView| view.output_variables["TaskDefinitionArn"].clone();
    assert_eq!(revision(&first), revision(&second));
    let says = "note: webapp:2 is the same and was not registered once more";
    assert!(!first.summary.expect("a summary").contains("the same"));
    let summary = second.summary.expect("a summary");
    assert!(summary.contains(says), "{summary}");
}

#[tokio::test(start_paused = true)]
async fn whatever_differs_is_registered_tags_included() {
    let stage = Stage::with(quick());
    live(&stage, &Order::default()).await;
    live(&stage, &changed("\"hello\"", "\"good day\"")).await;
    let tagged = changed(
        "{",
        "{ \"tags\": [{ \"key\": \"team\", \"value\": \"shop\" }],",
    );
    live(&stage, &tagged).await;
    assert_eq!(registered(&stage), 3);
    live(&stage, &tagged).await;
    assert_eq!(registered(&stage), 3);
    // The newest counts, not any that there ever was.
    live(&stage, &Order::default()).await;
    assert_eq!(registered(&stage), 4);
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_is_not_active_is_not_deployed_again() {
    let stage = Stage::with(quick());
    live(&stage, &Order::default()).await;
    call(
        &stage,
        "DeregisterTaskDefinition",
        &json!({ "taskDefinition": "webapp:2" }),
    );
    live(&stage, &Order::default()).await;
    assert_eq!(registered(&stage), 2);
}

#[tokio::test(start_paused = true)]
async fn where_revisions_may_not_be_read_one_is_registered() {
    for kind in [Kind::Denied, Kind::Unavailable] {
        let stage = Stage::with(quick());
        live(&stage, &Order::default()).await;
        let fault = Fault {
            service: "ecs".into(),
            operation: "DescribeTaskDefinition".into(),
            occurrence: Occurrence::Every,
            kind,
        };
        stage
            .world(|world| world.faults.add(fault))
            .expect("a fault");
        live(&stage, &Order::default()).await;
        assert_eq!(registered(&stage), 2);
    }
}
