//! Scenarios of whole releases: real workers on a simulated account in
//! simulated time, checked through the simulator's ledger.

mod backlog;
mod denials;
mod ecs;
mod ecs_others;
mod events;
mod failures;
mod images;
mod lost_answers;
mod lost_events;
mod many;
mod order;
mod others;
mod presence;
mod reuse;
mod tasks;
mod transcript;
mod words;

use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use simulator::codedeploy::Fixture;
use simulator::codepipeline::ActionStatus;
use simulator::world::{REGION, World};

use crate::support::{Harness, Order, TASKDEF, start};

/// Longest time from an observation to its report: two observe intervals with
/// jitter, and the wait for permits behind other jobs.
const SHORTLY: Duration = Duration::from_secs(60);

/// An account in which releases end soon, for scenarios with many.
fn quick() -> World {
    let mut world = World::new(start());
    world.seed(&definitions(REGION));
    let fixture = Fixture {
        deployment_config: "CodeDeployDefault.ECSAllAtOnce".into(),
        termination_wait_minutes: 0,
        ..Fixture::default()
    };
    fixture.build(&mut world).expect("a scene");
    world
}

#[tokio::test(start_paused = true)]
async fn a_release_goes_all_the_way() {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    let view = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_cannot_work_is_refused_before_anything_is_registered() {
    let harness = Harness::new();
    let worker = harness.worker();
    let order = Order::default().file("taskdef.json", "{ \"family\": \"webapp\", }");
    let refused = harness.queue(&order);
    let good = harness.queue(&Order::default().option("CompleteWhen=TrafficShifted"));
    let view = harness.end_of(&refused).await;
    assert_eq!(view.status, ActionStatus::Failed);
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "ConfigurationError");
    assert!(
        error.message.contains("taskdef.json:1:21"),
        "{}",
        error.message
    );
    assert_eq!(harness.end_of(&good).await.status, ActionStatus::Succeeded);
    worker.stop().await;
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_worker_hands_back_and_another_continues() {
    let harness = Harness::new();
    let action = harness.queue(&Order::default());
    while harness.status(&action) == ActionStatus::InProgress {
        let worker = harness.worker();
        harness.wait(Duration::from_secs(33)).await;
        worker.stop().await;
    }
    assert_eq!(harness.status(&action), ActionStatus::Succeeded);
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_runs_already_is_not_deployed_again_where_the_author_says_so() {
    let harness = Harness::new();
    let worker = harness.worker();
    let order = Order::default().option("SkipIfUnchanged=true");
    let first = harness.queue(&order);
    assert_eq!(harness.end_of(&first).await.status, ActionStatus::Succeeded);
    let second = harness.queue(&order);
    let view = harness.end_of(&second).await;
    let changed = TASKDEF.replace("\"hello\"", "\"good day\"");
    let third = harness.queue(&order.clone().file("taskdef.json", &changed));
    assert_eq!(harness.end_of(&third).await.status, ActionStatus::Succeeded);
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(
        view.summary.as_deref(),
        Some("Nothing to do: webapp:2 is the same and runs already.")
    );
    assert!(!view.output_variables.contains_key("DeploymentId"));
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 2);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 2);
}

#[tokio::test(start_paused = true)]
async fn warnings_are_listed_in_the_summary() {
    let harness = Harness::new();
    let worker = harness.worker();
    let copied = TASKDEF.replacen('{', "{\n  \"status\": \"ACTIVE\",", 1);
    let action = harness.queue(&Order::default().file("taskdef.json", &copied));
    let view = harness.end_of(&action).await;
    worker.stop().await;
    let summary = view.summary.expect("a summary");
    assert!(summary.contains("note: taskdef.json:2:3"), "{summary}");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_allowed_is_not_assumed() {
    let harness = Harness::new();
    let worker = harness.worker();
    let order = Order::default().option("RoleArn=arn:aws:iam::111122223333:role/admin");
    let view = harness.end_of(&harness.queue(&order)).await;
    worker.stop().await;
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "ConfigurationError");
    assert!(error.message.contains("role/admin"), "{}", error.message);
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 0);
}
