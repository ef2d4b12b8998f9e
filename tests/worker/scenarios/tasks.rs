//! New tasks fail while CodeDeploy waits: the pipeline shows the reason at
//! once, and `OnTaskFailure` ends the release.

use std::time::Duration;

use simulator::codepipeline::ActionStatus;
use simulator::ecs::{Behaviour, TaskFailure};

use super::SHORTLY;
use super::transcript::keep;
use crate::support::truth::untruths;
use crate::support::{Harness, Order};

fn harness(behaviour: Behaviour) -> Harness {
    // The evidence of a failure depends on when it is read, so the worker's
    // jitter is the same each time.
    fastrand::seed(1);
    let harness = Harness::new();
    harness.world(|world| world.ecs.set_next_behaviour("demo", "webapp", behaviour));
    harness
}

fn fails() -> Behaviour {
    Behaviour::TasksFail(TaskFailure::CannotPullImage)
}

async fn shown(harness: &Harness, action: &str, text: &str) -> String {
    let summary = |harness: &Harness| {
        let view = harness.world(|world| world.codepipeline.view(action));
        view.expect("it was queued").summary.unwrap_or_default()
    };
    let begun = harness.clock.now();
    while !summary(harness).contains(text) {
        let waited = harness.clock.now().duration_since(begun).as_secs();
        assert!(waited < 3600, "{}", summary(harness));
        harness.wait(Duration::from_secs(1)).await;
    }
    summary(harness)
}

/// Calls that read tasks and the service.
fn reads(harness: &Harness) -> usize {
    let reads = ["ListTasks", "DescribeTasks", "DescribeServices"];
    reads.iter().map(|name| harness.effects("ecs", name)).sum()
}

#[tokio::test(start_paused = true)]
async fn the_cause_is_shown_within_two_minutes_while_codedeploy_waits() {
    let harness = harness(fails());
    let worker = harness.worker();
    let begun = harness.clock.now();
    let action = harness.queue(&Order::default());
    let summary = shown(&harness, &action, "cannot be pulled").await;
    assert!(harness.clock.now() < begun + Duration::from_secs(120));
    for expected in [
        "Install: 2 tasks stopped, the image of container web cannot be pulled \
         (CannotPullContainerError: ",
        "; CodeDeploy waits until 2026-01-01T01:00:",
        "; 0 of 2 new tasks running (deployment d-",
        "OnTaskFailure=Rollback would end this after 3 failed tasks.",
    ] {
        assert!(summary.contains(expected), "{expected}: {summary}");
    }
    let later = shown(&harness, &action, "would end this now").await;
    assert!(later.contains(": 4 tasks stopped, "), "{later}");
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_finds_no_place_says_so_by_its_events() {
    let harness = harness(Behaviour::NotPlaced);
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    let summary = shown(&harness, &action, "cannot place the new tasks").await;
    assert!(
        summary.contains("no container instance met all"),
        "{summary}"
    );
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn too_many_failed_tasks_end_the_deployment_as_the_option_says() {
    for (option, took_back) in [("Rollback", true), ("Stop", false)] {
        let harness = harness(fails());
        let worker = harness.worker();
        let begun = harness.clock.now();
        let action = harness.queue(&Order::default().option(&format!("OnTaskFailure={option}")));
        let view = harness.end_of(&action).await;
        assert!(
            harness.clock.now() < begun + Duration::from_secs(240),
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
        assert_eq!(harness.effects("codedeploy", "StopDeployment"), 1);
        worker.stop().await;
        keep(
            &harness,
            &action,
            &format!("tasks fail, OnTaskFailure {option}"),
        );
        assert_eq!(harness.world(|world| untruths(world, SHORTLY)), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_take_over_continues_the_stop() {
    let harness = harness(fails());
    harness.world(|world| world.codedeploy.let_a_stop_take(Duration::from_secs(120)));
    let worker = harness.worker();
    let action = harness.queue(&Order::default().option("OnTaskFailure=Rollback"));
    shown(&harness, &action, "is being stopped").await;
    worker.stop().await;
    let worker = harness.worker();
    let view = harness.end_of(&action).await;
    let message = view.error.expect("a reason").message;
    assert!(
        message.contains("because too many of its new tasks failed"),
        "{message}"
    );
    assert_eq!(harness.effects("codedeploy", "StopDeployment"), 1);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_good_start_costs_few_reads_and_what_follows_it_none() {
    let harness = harness(Behaviour::Healthy {
        after: Duration::from_secs(40),
    });
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    shown(&harness, &action, " % on the new task set").await;
    let until_then = reads(&harness);
    // The plan reads the service too.
    assert!(until_then <= 6, "{until_then}");
    harness.end_of(&action).await;
    assert_eq!(reads(&harness), until_then);
    worker.stop().await;
    assert_eq!(harness.world(|world| untruths(world, SHORTLY)), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn no_look_makes_more_than_two_calls_more() {
    let harness = harness(fails());
    let worker = harness.worker();
    let action = harness.queue(&Order::default().option("Timeout=20m;OnTimeout=Stop"));
    shown(&harness, &action, "is being stopped").await;
    worker.stop().await;
    harness.world(|world| {
        let mut since_look = 0;
        let mut observations = 0_usize;
        for entry in world.ledger.entries() {
            match entry.operation.as_str() {
                "GetDeploymentTarget" => {
                    observations += 1;
                    since_look = 0;
                }
                "ListTasks" | "DescribeTasks" | "DescribeServices" if observations > 0 => {
                    since_look += 1;
                    assert!(since_look <= 2, "{:?}", entry.at);
                }
                _ => {}
            }
        }
        assert!(observations > 50, "{observations}");
    });
}
