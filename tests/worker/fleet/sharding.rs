//! An action type with a queryable property: each worker polls for the jobs
//! with one value.

use std::time::Duration;

use bluegreen_worker::aws;
use bluegreen_worker::job::ActionVersion;
use bluegreen_worker::job::action_type::definition;
use serde_json::json;
use simulator::codepipeline::{self, ActionStatus, ActionTypeId};
use simulator::world::World;

use super::{complaints, start};
use crate::support::play::{self, Journal, Life, Scene, slow_tuning};
use crate::support::{Harness, Order};

fn version() -> ActionVersion {
    ActionVersion::parse("1-shards").expect("a version")
}

const MINUTE: Duration = Duration::from_secs(60);

/// Another version 1 of the action type, with a property by which polls can select an
/// application.
fn queryable() -> World {
    let mut world = play::world(Scene::Good);
    let mut definition = definition(&version(), &world.region);
    let properties = definition["configurationProperties"].as_array_mut();
    let application = properties.and_then(|properties| properties.first_mut());
    application.expect("a property")["queryable"] = json!(true);
    codepipeline::call(&mut world, "CreateCustomActionType", &definition).expect("a new version");
    world
}

fn queue(harness: &Harness, application: &str) -> String {
    let mut order = Order::default();
    order
        .configuration
        .insert("ApplicationName".into(), application.into());
    let mut declaration = order.declaration();
    declaration.action_type =
        ActionTypeId::custom("Deploy", "RustBlueGreenDeploy", version().as_str());
    harness
        .world(|world| world.queue_action(declaration))
        .expect("a pipeline accepts the action")
}

async fn worker(harness: &Harness, application: Option<&str>) -> Life {
    let query = application.map(|value| ("ApplicationName".to_owned(), value.to_owned()));
    let config = harness.config(harness.exchange.http_client());
    let ports = aws::ports(&config, &[version()], query, true, &harness.clock);
    start(harness, ports, slow_tuning(), &Journal::None).await
}

#[tokio::test(start_paused = true)]
async fn each_worker_takes_the_jobs_of_its_own_value() {
    let harness = Harness::with(queryable());
    let (ours, theirs) = (queue(&harness, "webapp"), queue(&harness, "nobodys"));
    let first = worker(&harness, Some("webapp")).await;
    assert_eq!(harness.end_of(&ours).await.status, ActionStatus::Succeeded);
    harness.wait(10 * MINUTE).await;
    assert_eq!(harness.status(&theirs), ActionStatus::InProgress);
    let second = worker(&harness, Some("nobodys")).await;
    let view = harness.end_of(&theirs).await;
    assert_eq!(
        view.status,
        ActionStatus::Failed,
        "there is no such application"
    );
    for worker in [first, second] {
        worker.stop().await;
    }
    assert_eq!(complaints(&harness), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn without_a_value_codepipeline_refuses_the_poll() {
    let harness = Harness::with(queryable());
    let action = queue(&harness, "webapp");
    let worker = worker(&harness, None).await;
    harness.wait(10 * MINUTE).await;
    assert_eq!(harness.status(&action), ActionStatus::InProgress);
    assert_eq!(harness.effects("codepipeline", "PollForJobs"), 0);
    worker.stop().await;
}
