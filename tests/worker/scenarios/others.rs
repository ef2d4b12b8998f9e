//! Scenarios with other people and other releases: waits, stops, busy groups,
//! abandoned actions, and outages of AWS.

use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use bluegreen_worker::rollout::token;
use serde_json::json;
use simulator::codedeploy::{self, Fixture};
use simulator::codepipeline::{self, ActionStatus, ActionView, ReportSeen};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::{REGION, World};

use super::transcript::keep;
use crate::support::{Harness, Order, start};

fn stage_with(fixture: &Fixture) -> Harness {
    let mut world = World::new(start());
    fixture.build(&mut world).expect("a scene that works");
    world.seed(&definitions(REGION));
    Harness::with(world)
}

fn view(world: &World, action: &str) -> ActionView {
    world.codepipeline.view(action).expect("it was queued")
}

async fn until(harness: &Harness, action: &str, text: &str) -> String {
    let shows = |view: ActionView| view.summary.filter(|summary| summary.contains(text));
    harness
        .until(|world| shows(view(world, action)).is_some())
        .await;
    let shown = harness.world(|world| shows(view(world, action)));
    shown.expect("it was there a moment ago")
}

/// The progress in a report; it is also in the token.
fn percent(report: &ReportSeen) -> Option<u8> {
    let token = report.continuation_token.as_deref()?;
    Some(token::decode(token).expect("a token of ours").percent)
}

fn call(harness: &Harness, operation: &str, action: &str, members: &[(&str, serde_json::Value)]) {
    harness.world(|world| {
        let mut request = json!({ "deploymentId": view(world, action).external_execution_id });
        for (name, value) in members {
            request[*name] = value.clone();
        }
        codedeploy::call(world, operation, &request).expect("it is taken");
    });
}

fn message(view: &ActionView) -> &str {
    let error = view.error.as_ref();
    &error.expect("a reason").message
}

#[tokio::test(start_paused = true)]
async fn linear_canary_and_all_at_once_go_live_and_say_how_far_they_are() {
    for (config, says) in [
        ("ECSLinear10PercentEvery1Minutes", ", next step in "),
        (
            "ECSCanary10Percent5Minutes",
            "AllowTraffic: 10 % on the new task set, next step in ",
        ),
        ("ECSAllAtOnce", "the old tasks are kept until"),
    ] {
        let fixture = Fixture {
            deployment_config: format!("CodeDeployDefault.{config}"),
            ..Fixture::default()
        };
        let harness = stage_with(&fixture);
        let worker = harness.worker();
        let action = harness.queue(&Order::default());
        until(&harness, &action, says).await;
        let end = harness.end_of(&action).await;
        worker.stop().await;
        assert_eq!(end.status, ActionStatus::Succeeded, "{config}: {end:#?}");
        let percents: Vec<u8> = end.reports.iter().filter_map(percent).collect();
        assert!(percents.is_sorted(), "{config}: {percents:?}");
        keep(&harness, &action, config);
    }
}

#[tokio::test(start_paused = true)]
async fn the_action_may_end_when_the_traffic_has_moved() {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default().option("CompleteWhen=TrafficShifted"));
    let end = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(end.status, ActionStatus::Succeeded);
    keep(&harness, &action, "success when the traffic has moved");
    let deployment = end.external_execution_id.expect("a deployment");
    harness.world(|world| {
        let request = json!({ "deploymentId": deployment });
        let answer = codedeploy::call(world, "GetDeployment", &request).expect("it is there");
        assert_eq!(answer["deploymentInfo"]["status"], "InProgress");
    });
}

fn waiting() -> Fixture {
    Fixture {
        ready_wait_minutes: Some(30),
        ..Fixture::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_ready_may_be_continued_by_hand() {
    let harness = stage_with(&waiting());
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    let summary = until(&harness, &action, "Ready: waiting to be continued until").await;
    assert!(
        summary.contains("aws deploy continue-deployment"),
        "{summary}"
    );
    let wait = [("deploymentWaitType", json!("READY_WAIT"))];
    call(&harness, "ContinueDeployment", &action, &wait);
    let summary = until(&harness, &action, "; continued by hand; ").await;
    assert!(summary.starts_with("AllowTraffic: "), "{summary}");
    assert_eq!(
        harness.end_of(&action).await.status,
        ActionStatus::Succeeded
    );
    worker.stop().await;
    keep(&harness, &action, "ready, continued by hand");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_ready_may_be_stopped_by_hand() {
    let harness = stage_with(&waiting());
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    until(&harness, &action, "Ready: waiting to be continued until").await;
    let members = [("autoRollbackEnabled", json!(true))];
    call(&harness, "StopDeployment", &action, &members);
    let end = harness.end_of(&action).await;
    worker.stop().await;
    assert!(
        message(&end).contains("a person or another program stopped it"),
        "{end:#?}"
    );
    keep(&harness, &action, "ready, stopped by hand");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_ready_may_be_continued_by_us() {
    let harness = stage_with(&waiting());
    let worker = harness.worker();
    let action = harness.queue(&Order::default().option("ContinueWhenReady=Always"));
    assert_eq!(
        harness.end_of(&action).await.status,
        ActionStatus::Succeeded
    );
    worker.stop().await;
    assert_eq!(harness.effects("codedeploy", "ContinueDeployment"), 1);
    keep(&harness, &action, "ready, continued by the worker");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_never_continued_fails_with_that_reason() {
    let harness = stage_with(&waiting());
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    let end = harness.end_of(&action).await;
    worker.stop().await;
    keep(&harness, &action, "ready, not continued in time");
    assert!(
        message(&end).contains("it was not continued in time"),
        "{end:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_never_continued_is_rolled_back_if_stopped_ones_are() {
    let harness = stage_with(&Fixture {
        auto_rollback: vec!["DEPLOYMENT_STOP_ON_REQUEST".into()],
        ..waiting()
    });
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    let end = harness.end_of(&action).await;
    worker.stop().await;
    keep(
        &harness,
        &action,
        "ready, not continued in time, rolled back",
    );
    assert_eq!(harness.effects("codedeploy", "StopDeployment"), 0);
    let message = message(&end);
    assert!(message.contains("it was not continued in time"), "{end:#?}");
    assert!(!message.contains("No rollback was made"), "{end:#?}");
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_the_option_decides() {
    for (option, says, stops) in [
        ("Leave", "was left running", 0),
        (
            "Stop",
            "had not ended within the timeout and was stopped",
            1,
        ),
        ("Rollback", "Production is back on the old version", 1),
    ] {
        let harness = Harness::new();
        let worker = harness.worker();
        let options = format!("Timeout=8m; OnTimeout={option}");
        let action = harness.queue(&Order::default().option(&options));
        let end = harness.end_of(&action).await;
        worker.stop().await;
        keep(
            &harness,
            &action,
            &format!("time is up, OnTimeout {option}"),
        );
        assert!(message(&end).contains(says), "{option}: {end:#?}");
        assert_eq!(
            harness.effects("codedeploy", "StopDeployment"),
            stops,
            "{option}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_actions_deployment_is_dealt_with_as_the_option_says() {
    for (option, stops) in [("Leave", 0), ("Stop", 1), ("Rollback", 1)] {
        let harness = Harness::new();
        let worker = harness.worker();
        let action = harness.queue(&Order::default().option(&format!("OnAbandon={option}")));
        until(&harness, &action, " % on the new task set").await;
        harness.world(|world| {
            let request = json!({
                "pipelineName": "shop",
                "pipelineExecutionId": view(world, &action).pipeline_execution_id,
                "abandon": true,
            });
            codepipeline::call(world, "StopPipelineExecution", &request).expect("it runs");
        });
        harness.wait(Duration::from_secs(5 * 60)).await;
        worker.stop().await;
        assert_eq!(harness.status(&action), ActionStatus::Abandoned);
        keep(&harness, &action, &format!("abandoned, OnAbandon {option}"));
        assert_eq!(
            harness.effects("codedeploy", "StopDeployment"),
            stops,
            "{option}"
        );
    }
}

/// No further job comes for an abandoned action, so nothing else would stop its
/// deployment.
#[tokio::test(start_paused = true)]
async fn an_abandoned_actions_deployment_is_stopped_although_aws_fails_meanwhile() {
    for (service, operation) in [
        ("codedeploy", "StopDeployment"),
        ("codepipeline", "ListActionExecutions"),
    ] {
        let harness = Harness::new();
        let worker = harness.worker();
        let action = harness.queue(&Order::default().option("OnAbandon=Stop"));
        until(&harness, &action, " % on the new task set").await;
        harness.world(|world| {
            let fault = Fault {
                service: service.into(),
                operation: operation.into(),
                occurrence: Occurrence::Next(4),
                kind: Kind::Unavailable,
            };
            world.faults.add(fault).expect("a fault");
            let request = json!({
                "pipelineName": "shop",
                "pipelineExecutionId": view(world, &action).pipeline_execution_id,
                "abandon": true,
            });
            codepipeline::call(world, "StopPipelineExecution", &request).expect("it runs");
        });
        harness.wait(Duration::from_secs(3 * 60)).await;
        worker.stop().await;
        assert_eq!(harness.effects("codedeploy", "StopDeployment"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_group_is_waited_for_or_named() {
    let harness = Harness::new();
    let worker = harness.worker();
    let first = harness.queue(&Order::default());
    until(&harness, &first, " % on the new task set").await;
    let holder = harness.world(|world| view(world, &first).external_execution_id);
    let holder = holder.expect("a deployment");
    let second = harness.queue(&Order::default());
    let hasty = harness.queue(&Order::default().option("WhenBusy=Fail"));
    until(&harness, &second, &format!("deployment {holder} holds")).await;
    let refused = harness.end_of(&hasty).await;
    let says = format!("Deployment {holder} holds the deployment group webapp");
    assert!(message(&refused).contains(&says), "{refused:#?}");
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
    keep(&harness, &hasty, "busy group, WhenBusy Fail");
    for action in [&first, &second] {
        assert_eq!(harness.end_of(action).await.status, ActionStatus::Succeeded);
    }
    keep(&harness, &second, "busy group, waited for");
    worker.stop().await;
    // The second release is the same as the first.
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
    // Over all its jobs, the second release's artifact was read twice: when it
    // came, and when its turn came.
    assert!(harness.effects("codepipeline", "AcknowledgeJob") > 6);
    assert_eq!(harness.effects("s3", "GetObject"), 4);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 2);
}

#[tokio::test(start_paused = true)]
async fn of_three_releases_none_overwrites_a_later_one() {
    let harness = Harness::new();
    let worker = harness.worker();
    let mut actions = Vec::new();
    for _ in 0..3 {
        actions.push(harness.queue(&Order::default()));
        harness.wait(Duration::from_secs(60)).await;
    }
    let mut live = 0;
    for action in &actions {
        let end = harness.end_of(action).await;
        if end.status == ActionStatus::Succeeded {
            live += 1;
        } else {
            assert!(
                message(&end).contains("a later release went live"),
                "{end:#?}"
            );
        }
    }
    worker.stop().await;
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), live);
    let last = harness.status(&actions[2]);
    assert_eq!(
        last,
        ActionStatus::Succeeded,
        "the latest is live in the end"
    );
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_without_codedeploy_fail_nothing() {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    until(&harness, &action, " % on the new task set").await;
    harness.world(|world| {
        let fault = Fault {
            service: "codedeploy".into(),
            operation: "*".into(),
            occurrence: Occurrence::Every,
            kind: Kind::Unavailable,
        };
        world.faults.add(fault).expect("a fault that makes sense");
    });
    until(&harness, &action, "Waiting for AWS").await;
    harness.wait(Duration::from_secs(600)).await;
    harness.world(|world| world.faults.clear());
    assert_eq!(
        harness.end_of(&action).await.status,
        ActionStatus::Succeeded
    );
    worker.stop().await;
    keep(&harness, &action, "ten minutes without CodeDeploy");
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 1);
}
