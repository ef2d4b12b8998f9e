//! One worker that takes jobs of both versions of the action type.

use std::time::Duration;

use bluegreen_worker::job::{ActionVersion, Engine};
use serde_json::json;
use simulator::codepipeline::{self, ActionStatus, ActionTypeId};
use simulator::world::World;

use crate::play::{self, Journal, Life, Scene, slow_tuning};
use crate::start;
use crate::support::{Harness, Order};

const MINUTE: Duration = Duration::from_secs(60);

async fn worker_of_both(harness: &Harness) -> Life {
    let versions = Engine::ALL.map(ActionVersion::from);
    let ports = harness.ports_of(harness.exchange.http_client(), &versions);
    start(harness, ports, slow_tuning(), &Journal::None).await
}

/// An action of version 2 that names no service, which needs no deployment to
/// be refused.
fn queue_unfinished(harness: &Harness) -> String {
    let mut declaration = Order::default().declaration();
    declaration.action_type = ActionTypeId::custom("Deploy", "RustBlueGreenDeploy", "2");
    declaration.configuration = [
        ("ClusterName", "demo"),
        ("ServiceName", "not a name"),
        ("TaskDefinitionTemplateArtifact", "Bundle"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    harness
        .world(|world| world.queue_action(declaration))
        .expect("a pipeline accepts the action")
}

/// How many polls for a version CodePipeline has received, refused ones too.
fn polls(world: &World, version: &str) -> usize {
    let entries = world.ledger.entries();
    let polls = entries.filter(|entry| entry.operation == "PollForJobs");
    polls
        .filter(|entry| entry.input["actionTypeId"]["version"] == version)
        .count()
}

#[tokio::test(start_paused = true)]
async fn jobs_of_both_versions_are_taken() {
    let harness = Harness::with(play::world(Scene::Good));
    let (first, second) = (harness.queue(&Order::default()), queue_unfinished(&harness));
    let worker = worker_of_both(&harness).await;
    let view = harness.end_of(&second).await;
    assert_eq!(view.status, ActionStatus::Failed);
    let message = format!("{view:?}");
    assert!(
        message.contains("ServiceName: “not a name” cannot be"),
        "{message}"
    );
    assert_eq!(harness.end_of(&first).await.status, ActionStatus::Succeeded);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_version_is_polled_once_per_interval() {
    let harness = Harness::with(play::world(Scene::Good));
    let worker = worker_of_both(&harness).await;
    harness.wait(20 * MINUTE).await;
    worker.stop().await;
    let intervals = 20 * 60 / 20;
    let counts = harness.world(|world| ["1", "2"].map(|version| polls(world, version)));
    assert!(counts[0].abs_diff(counts[1]) <= 2, "{counts:?}");
    assert!(
        counts[0].abs_diff(intervals) <= intervals / 10,
        "{counts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_not_registered_does_not_hold_up_the_other() {
    let harness = Harness::with(play::world(Scene::Good));
    harness.world(|world| {
        let second =
            json!({ "category": "Deploy", "provider": "RustBlueGreenDeploy", "version": "2" });
        codepipeline::call(world, "DeleteCustomActionType", &second).expect("it is there");
    });
    let worker = worker_of_both(&harness).await;
    harness.wait(20 * MINUTE).await;
    let failure = worker.health.failure().expect("version 2 fails");
    assert!(failure.contains("ActionTypeNotFoundException"), "{failure}");
    let action = harness.queue(&Order::default());
    assert_eq!(
        harness.end_of(&action).await.status,
        ActionStatus::Succeeded
    );
    worker.stop().await;
    let counts = harness.world(|world| ["1", "2"].map(|version| polls(world, version)));
    assert!(counts[0] >= 55, "every 20 seconds: {counts:?}");
    assert!(
        (15..30).contains(&counts[1]),
        "about once a minute: {counts:?}"
    );
}
