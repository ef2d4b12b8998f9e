//! Stories in which other people and other releases have a say: waits, stops,
//! busy groups, abandoned actions, and AWS itself away.

use std::time::Duration;

use bluegreen_worker::rollout::token;
use bluegreen_worker::simulator::codedeploy::{self, Scenery};
use bluegreen_worker::simulator::codepipeline::{self, ActionStatus, ActionView, ReportSeen};
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use bluegreen_worker::simulator::world::World;
use serde_json::json;

use crate::support::{Order, Stage, start};
use crate::transcript::keep;

fn stage_with(scenery: &Scenery) -> Stage {
    let mut world = World::new(start());
    scenery.build(&mut world).expect("a scene that works");
    world.furnish();
    Stage::with(world)
}

fn view(world: &World, action: &str) -> ActionView {
    world.codepipeline.view(action).expect("it was queued")
}

async fn until(stage: &Stage, action: &str, text: &str) -> String {
    let shows = |view: ActionView| view.summary.filter(|summary| summary.contains(text));
    stage
        .until(|world| shows(view(world, action)).is_some())
        .await;
    let shown = stage.world(|world| shows(view(world, action)));
    shown.expect("it was there a moment ago")
}

/// What a report said of the progress; it stands in the token as well.
fn percent(report: &ReportSeen) -> Option<u8> {
    let token = report.continuation_token.as_deref()?;
    Some(token::decode(token).expect("a token of ours").percent)
}

fn call(stage: &Stage, operation: &str, action: &str, members: &[(&str, serde_json::Value)]) {
    stage.world(|world| {
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
        ("ECSAllAtOnce", "the old tasks live on until"),
    ] {
        let scenery = Scenery {
            deployment_config: format!("CodeDeployDefault.{config}"),
            ..Scenery::default()
        };
        let stage = stage_with(&scenery);
        let worker = stage.worker();
        let action = stage.queue(&Order::default());
        until(&stage, &action, says).await;
        let end = stage.end_of(&action).await;
        worker.stop().await;
        assert_eq!(end.status, ActionStatus::Succeeded, "{config}: {end:#?}");
        let percents: Vec<u8> = end.reports.iter().filter_map(percent).collect();
        assert!(percents.is_sorted(), "{config}: {percents:?}");
        keep(&stage, &action, config);
    }
}

#[tokio::test(start_paused = true)]
async fn the_action_may_end_when_the_traffic_has_moved() {
    let stage = Stage::new();
    let worker = stage.worker();
    let action = stage.queue(&Order::default().option("CompleteWhen=TrafficShifted"));
    let end = stage.end_of(&action).await;
    worker.stop().await;
    assert_eq!(end.status, ActionStatus::Succeeded);
    keep(&stage, &action, "success when the traffic has moved");
    let deployment = end.external_execution_id.expect("a deployment");
    stage.world(|world| {
        let request = json!({ "deploymentId": deployment });
        let answer = codedeploy::call(world, "GetDeployment", &request).expect("it is there");
        assert_eq!(answer["deploymentInfo"]["status"], "InProgress");
    });
}

fn waiting() -> Scenery {
    Scenery {
        ready_wait_minutes: Some(30),
        ..Scenery::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_ready_may_be_continued_by_hand() {
    let stage = stage_with(&waiting());
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    let summary = until(&stage, &action, "Ready: waiting to be continued until").await;
    assert!(
        summary.contains("aws deploy continue-deployment"),
        "{summary}"
    );
    let wait = [("deploymentWaitType", json!("READY_WAIT"))];
    call(&stage, "ContinueDeployment", &action, &wait);
    let summary = until(&stage, &action, "; continued by hand; ").await;
    assert!(summary.starts_with("AllowTraffic: "), "{summary}");
    assert_eq!(stage.end_of(&action).await.status, ActionStatus::Succeeded);
    worker.stop().await;
    keep(&stage, &action, "ready, continued by hand");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_ready_may_be_stopped_by_hand() {
    let stage = stage_with(&waiting());
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    until(&stage, &action, "Ready: waiting to be continued until").await;
    let members = [("autoRollbackEnabled", json!(true))];
    call(&stage, "StopDeployment", &action, &members);
    let end = stage.end_of(&action).await;
    worker.stop().await;
    assert!(message(&end).contains("somebody stopped it"), "{end:#?}");
    keep(&stage, &action, "ready, stopped by hand");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_is_ready_may_be_continued_by_us() {
    let stage = stage_with(&waiting());
    let worker = stage.worker();
    let action = stage.queue(&Order::default().option("ContinueWhenReady=Always"));
    assert_eq!(stage.end_of(&action).await.status, ActionStatus::Succeeded);
    worker.stop().await;
    assert_eq!(stage.effects("codedeploy", "ContinueDeployment"), 1);
    keep(&stage, &action, "ready, continued by the worker");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_nobody_continues_fails_and_says_so() {
    let stage = stage_with(&waiting());
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    let end = stage.end_of(&action).await;
    worker.stop().await;
    keep(&stage, &action, "ready, not continued in time");
    assert!(
        message(&end).contains("nobody continued it in time"),
        "{end:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_nobody_continues_is_rolled_back_where_stopped_ones_are() {
    let stage = stage_with(&Scenery {
        auto_rollback: vec!["DEPLOYMENT_STOP_ON_REQUEST".into()],
        ..waiting()
    });
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    let end = stage.end_of(&action).await;
    worker.stop().await;
    keep(&stage, &action, "ready, not continued in time, rolled back");
    assert_eq!(stage.effects("codedeploy", "StopDeployment"), 0);
    let message = message(&end);
    assert!(message.contains("nobody continued it in time"), "{end:#?}");
    assert!(!message.contains("No rollback was made"), "{end:#?}");
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_the_option_decides() {
    for (option, says, stops) in [
        ("Leave", "was left running", 0),
        (
            "Stop",
            "had not ended within the time-out and was stopped",
            1,
        ),
        ("Rollback", "Production is back on the old version", 1),
    ] {
        let stage = Stage::new();
        let worker = stage.worker();
        let options = format!("Timeout=8m; OnTimeout={option}");
        let action = stage.queue(&Order::default().option(&options));
        let end = stage.end_of(&action).await;
        worker.stop().await;
        keep(&stage, &action, &format!("time is up, OnTimeout {option}"));
        assert!(message(&end).contains(says), "{option}: {end:#?}");
        assert_eq!(
            stage.effects("codedeploy", "StopDeployment"),
            stops,
            "{option}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_actions_deployment_is_dealt_with_as_the_option_says() {
    for (option, stops) in [("Leave", 0), ("Stop", 1), ("Rollback", 1)] {
        let stage = Stage::new();
        let worker = stage.worker();
        let action = stage.queue(&Order::default().option(&format!("OnAbandon={option}")));
        until(&stage, &action, "AllowTraffic").await;
        stage.world(|world| {
            let request = json!({
                "pipelineName": "shop",
                "pipelineExecutionId": view(world, &action).pipeline_execution_id,
                "abandon": true,
            });
            codepipeline::call(world, "StopPipelineExecution", &request).expect("it runs");
        });
        stage.wait(Duration::from_secs(5 * 60)).await;
        worker.stop().await;
        assert_eq!(stage.status(&action), ActionStatus::Abandoned);
        keep(&stage, &action, &format!("abandoned, OnAbandon {option}"));
        assert_eq!(
            stage.effects("codedeploy", "StopDeployment"),
            stops,
            "{option}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_group_is_waited_for_or_named() {
    let stage = Stage::new();
    let worker = stage.worker();
    let first = stage.queue(&Order::default());
    until(&stage, &first, "AllowTraffic").await;
    let holder = stage.world(|world| view(world, &first).external_execution_id);
    let holder = holder.expect("a deployment");
    let second = stage.queue(&Order::default());
    let hasty = stage.queue(&Order::default().option("WhenBusy=Fail"));
    until(&stage, &second, &format!("deployment {holder} holds")).await;
    let refused = stage.end_of(&hasty).await;
    let says = format!("Deployment {holder} holds the deployment group webapp");
    assert!(message(&refused).contains(&says), "{refused:#?}");
    assert_eq!(stage.effects("ecs", "RegisterTaskDefinition"), 1);
    keep(&stage, &hasty, "busy group, WhenBusy Fail");
    for action in [&first, &second] {
        assert_eq!(stage.end_of(action).await.status, ActionStatus::Succeeded);
    }
    keep(&stage, &second, "busy group, waited for");
    worker.stop().await;
    // The second is the same as the first.
    assert_eq!(stage.effects("ecs", "RegisterTaskDefinition"), 1);
    // Over all its visits, the second's artifact was read when it came and when
    // its turn had come.
    assert!(stage.effects("codepipeline", "AcknowledgeJob") > 6);
    assert_eq!(stage.effects("s3", "GetObject"), 4);
    assert_eq!(stage.effects("codedeploy", "CreateDeployment"), 2);
}

#[tokio::test(start_paused = true)]
async fn of_three_releases_none_overwrites_a_later_one() {
    let stage = Stage::new();
    let worker = stage.worker();
    let mut actions = Vec::new();
    for _ in 0..3 {
        actions.push(stage.queue(&Order::default()));
        stage.wait(Duration::from_secs(60)).await;
    }
    let mut live = 0;
    for action in &actions {
        let end = stage.end_of(action).await;
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
    assert_eq!(stage.effects("codedeploy", "CreateDeployment"), live);
    let last = stage.status(&actions[2]);
    assert_eq!(
        last,
        ActionStatus::Succeeded,
        "the latest is live in the end"
    );
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_without_codedeploy_fail_nothing() {
    let stage = Stage::new();
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    until(&stage, &action, "AllowTraffic").await;
    stage.world(|world| {
        let fault = Fault {
            service: "codedeploy".into(),
            operation: "*".into(),
            occurrence: Occurrence::Every,
            kind: Kind::Unavailable,
        };
        world.faults.add(fault).expect("a fault that makes sense");
    });
    until(&stage, &action, "Waiting for AWS").await;
    stage.wait(Duration::from_secs(600)).await;
    stage.world(|world| world.faults.clear());
    assert_eq!(stage.end_of(&action).await.status, ActionStatus::Succeeded);
    worker.stop().await;
    keep(&stage, &action, "ten minutes without CodeDeploy");
    assert_eq!(stage.effects("codedeploy", "CreateDeployment"), 1);
}
