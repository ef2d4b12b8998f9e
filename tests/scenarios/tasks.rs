//! New tasks that die while CodeDeploy waits: the pipeline says why at once,
//! and `OnTaskFailure` ends it.

use std::time::Duration;

use bluegreen_worker::simulator::codepipeline::ActionStatus;
use bluegreen_worker::simulator::ecs::{Behaviour, TaskFailure};

use crate::SHORTLY;
use crate::support::{Order, Stage};
use crate::transcript::keep;
use crate::truth::untruths;

fn stage(behaviour: Behaviour) -> Stage {
    let stage = Stage::new();
    stage.world(|world| world.ecs.set_next_behaviour("demo", "webapp", behaviour));
    stage
}

fn fails() -> Behaviour {
    Behaviour::TasksFail(TaskFailure::CannotPullImage)
}

async fn shown(stage: &Stage, action: &str, text: &str) -> String {
    let summary = |stage: &Stage| {
        let view = stage.world(|world| world.codepipeline.view(action));
        view.expect("it was queued").summary.unwrap_or_default()
    };
    let begun = stage.clock.now();
    while !summary(stage).contains(text) {
        let waited = stage.clock.now().duration_since(begun).as_secs();
        assert!(waited < 3600, "{}", summary(stage));
        stage.wait(Duration::from_secs(1)).await;
    }
    summary(stage)
}

/// Calls that read tasks and the service.
fn reads(stage: &Stage) -> usize {
    let reads = ["ListTasks", "DescribeTasks", "DescribeServices"];
    reads.iter().map(|name| stage.effects("ecs", name)).sum()
}

#[tokio::test(start_paused = true)]
async fn the_cause_is_shown_within_two_minutes_while_codedeploy_waits() {
    let stage = stage(fails());
    let worker = stage.worker();
    let begun = stage.clock.now();
    let action = stage.queue(&Order::default());
    let summary = shown(&stage, &action, "cannot be pulled").await;
    assert!(stage.clock.now() < begun + Duration::from_secs(120));
    for expected in [
        "Install: 2 tasks stopped, the image of container web cannot be pulled \
         (CannotPullContainerError: ",
        "; CodeDeploy waits until 2026-01-01T01:00:",
        "; 0 of 2 new tasks running (deployment d-",
        "OnTaskFailure=Rollback would end this after 3 failed tasks.",
    ] {
        assert!(summary.contains(expected), "{expected}: {summary}");
    }
    let later = shown(&stage, &action, "would end this now").await;
    assert!(later.contains(": 4 tasks stopped, "), "{later}");
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_finds_no_place_says_so_by_its_events() {
    let stage = stage(Behaviour::NotPlaced);
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    let summary = shown(&stage, &action, "find no place").await;
    assert!(
        summary.contains("no container instance met all"),
        "{summary}"
    );
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn too_many_failed_tasks_end_the_deployment_as_the_option_says() {
    for (option, took_back) in [("Rollback", true), ("Stop", false)] {
        let stage = stage(fails());
        let worker = stage.worker();
        let begun = stage.clock.now();
        let action = stage.queue(&Order::default().option(&format!("OnTaskFailure={option}")));
        let view = stage.end_of(&action).await;
        assert!(
            stage.clock.now() < begun + Duration::from_secs(240),
            "{option}"
        );
        assert_eq!(view.status, ActionStatus::Failed);
        let message = view.error.expect("a reason").message;
        for expected in [
            "was stopped because too many of its new tasks failed (OnTaskFailure): the image of \
             container web cannot be pulled.",
            "raffic never left the old version",
        ] {
            assert!(message.contains(expected), "{option}: {message}");
        }
        assert_eq!(message.contains("(rollback d-"), took_back, "{message}");
        assert_eq!(stage.effects("codedeploy", "StopDeployment"), 1);
        worker.stop().await;
        keep(
            &stage,
            &action,
            &format!("tasks fail, OnTaskFailure {option}"),
        );
        assert_eq!(stage.world(|world| untruths(world, SHORTLY)), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_over_goes_on_with_the_stop() {
    let stage = stage(fails());
    stage.world(|world| world.codedeploy.let_a_stop_take(Duration::from_secs(120)));
    let worker = stage.worker();
    let action = stage.queue(&Order::default().option("OnTaskFailure=Rollback"));
    shown(&stage, &action, "is being stopped").await;
    worker.stop().await;
    let worker = stage.worker();
    let view = stage.end_of(&action).await;
    let message = view.error.expect("a reason").message;
    assert!(
        message.contains("because too many of its new tasks failed"),
        "{message}"
    );
    assert_eq!(stage.effects("codedeploy", "StopDeployment"), 1);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_good_start_costs_few_reads_and_what_follows_it_none() {
    let stage = stage(Behaviour::Healthy {
        after: Duration::from_secs(40),
    });
    let worker = stage.worker();
    let action = stage.queue(&Order::default());
    shown(&stage, &action, "AllowTraffic").await;
    let until_then = reads(&stage);
    // The plan reads the service too.
    assert!(until_then <= 6, "{until_then}");
    stage.end_of(&action).await;
    assert_eq!(reads(&stage), until_then);
    worker.stop().await;
    assert_eq!(stage.world(|world| untruths(world, SHORTLY)), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn no_look_makes_more_than_two_calls_more() {
    let stage = stage(fails());
    let worker = stage.worker();
    let action = stage.queue(&Order::default().option("Timeout=20m;OnTimeout=Stop"));
    shown(&stage, &action, "is being stopped").await;
    worker.stop().await;
    stage.world(|world| {
        let mut since_look = 0;
        let mut looks = 0_usize;
        for entry in world.ledger.entries() {
            match entry.operation.as_str() {
                "GetDeploymentTarget" => {
                    looks += 1;
                    since_look = 0;
                }
                "ListTasks" | "DescribeTasks" | "DescribeServices" if looks > 0 => {
                    since_look += 1;
                    assert!(since_look <= 2, "{:?}", entry.at);
                }
                _ => {}
            }
        }
        assert!(looks > 50, "{looks}");
    });
}
