//! Whole stories, and whether the printed policy allows every call in them.

use std::collections::BTreeSet;
use std::time::Duration;

use bluegreen_worker::job::permissions::CALLS;
use bluegreen_worker::simulator::codepipeline::{self, ActionStatus};
use bluegreen_worker::simulator::ecs::{Behaviour, TaskFailure};
use bluegreen_worker::simulator::world::World;
use serde_json::json;

use crate::support::{Order, Stage};

/// What the worker called in all that has happened on the stage.
fn called(stage: &Stage) -> BTreeSet<String> {
    stage.world(|world| {
        let entries = world.ledger.entries();
        entries
            .map(|entry| format!("{}:{}", entry.service, entry.operation))
            .collect()
    })
}

async fn good() -> Stage {
    let stage = Stage::new();
    let worker = stage.worker();
    let options = "DeploymentConfigName=CodeDeployDefault.ECSAllAtOnce; SkipIfUnchanged=true";
    let action = stage.queue(&Order::default().option(options));
    let view = stage.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    stage
}

async fn failed() -> Stage {
    let stage = Stage::new();
    let tasks_fail = Behaviour::TasksFail(TaskFailure::OutOfMemory);
    stage.world(|world| {
        world.ecs.set_next_behaviour("demo", "webapp", tasks_fail);
    });
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    let view = stage.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    stage
}

async fn abandoned() -> Stage {
    let stage = Stage::new();
    let worker = stage.worker();
    let action = stage.queue(&Order::default().option("OnAbandon=Stop"));
    let made = |world: &World| world.ledger.effects("codedeploy", "CreateDeployment") == 1;
    stage.until(made).await;
    stage.world(|world| {
        let view = world.codepipeline.view(&action).expect("it was queued");
        let request = json!({
            "pipelineName": "shop",
            "pipelineExecutionId": view.pipeline_execution_id,
            "abandon": true,
        });
        codepipeline::call(world, "StopPipelineExecution", &request).expect("it runs");
    });
    stage.wait(Duration::from_secs(5 * 60)).await;
    worker.stop().await;
    stage
}

#[tokio::test(start_paused = true)]
async fn what_happens_in_releases_is_what_the_policy_allows() {
    let stages = [good().await, failed().await, abandoned().await];
    let called: BTreeSet<String> = stages.iter().flat_map(called).collect();
    let allowed: BTreeSet<String> = CALLS.iter().map(|call| call.action.to_owned()).collect();
    let beyond: Vec<&String> = called.difference(&allowed).collect();
    assert!(beyond.is_empty(), "not in the policy: {beyond:?}");
    for action in [
        "codepipeline:PollForJobs",
        "codepipeline:AcknowledgeJob",
        "codepipeline:PutJobSuccessResult",
        "codepipeline:PutJobFailureResult",
        "codepipeline:ListActionExecutions",
        "codedeploy:GetDeploymentGroup",
        "codedeploy:CreateDeployment",
        "codedeploy:StopDeployment",
        "ecs:RegisterTaskDefinition",
        "ecs:DescribeServices",
        "ecs:ListTasks",
        "ecs:DescribeTasks",
    ] {
        assert!(called.contains(action), "{action} is allowed for nothing");
    }
}
