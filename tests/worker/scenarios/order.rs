//! Scenarios of several releases for one deployment group: their order.

use std::time::Duration;

use bluegreen_worker::job::action_type::PROVIDER;
use bluegreen_worker::rollout::starting::GRACE_PERIOD;
use bluegreen_worker::worker::Tuning;
use serde_json::json;
use simulator::codepipeline::{self, ActionStatus};
use simulator::world::World;

use super::transcript::keep;
use crate::support::slow::slow_harness;
use crate::support::{Harness, Order, Worker, tuning};

/// A worker for one release that observes rarely.
fn slow(harness: &Harness) -> Worker {
    harness.worker_at(Tuning {
        observe_interval: Duration::from_secs(25),
        watch: Duration::from_secs(600),
        max_jobs: 1,
        ..tuning()
    })
}

/// A worker for one release that observes often.
fn quick(harness: &Harness) -> Worker {
    harness.worker_at(Tuning {
        observe_interval: Duration::from_secs(3),
        watch: Duration::from_secs(600),
        max_jobs: 1,
        ..tuning()
    })
}

async fn until_it_waits(harness: &Harness, calls: usize) {
    let asks = move |world: &World| {
        world
            .ledger
            .calls("codedeploy", "GetDeploymentGroup")
            .count()
            > calls
    };
    harness.until(asks).await;
}

/// The actions in the order in which their deployments were created.
fn deployed_in_order(harness: &Harness, actions: &[String]) -> Vec<String> {
    let whose = |text: String| actions.iter().find(|action| text.contains(action.as_str()));
    harness.world(|world| {
        let calls = world.ledger.calls("codedeploy", "CreateDeployment");
        let made = calls.filter(|call| call.took_effect);
        let texts = made.map(|call| call.input["description"].to_string());
        texts.filter_map(whose).cloned().collect()
    })
}

fn group_calls(harness: &Harness) -> usize {
    harness.world(|world| {
        world
            .ledger
            .calls("codedeploy", "GetDeploymentGroup")
            .count()
    })
}

#[tokio::test(start_paused = true)]
async fn of_three_releases_the_older_goes_first_although_the_newer_looks_first() {
    let harness = Harness::new();
    let holder = harness.worker_at(Tuning {
        max_jobs: 1,
        ..tuning()
    });
    let first = harness.queue(&Order::default());
    let deployed = |count| {
        move |world: &World| world.ledger.effects("codedeploy", "CreateDeployment") >= count
    };
    harness.until(deployed(1)).await;
    let before = group_calls(&harness);
    let patient = slow(&harness);
    let second = harness.queue(&Order::default());
    until_it_waits(&harness, before).await;
    let hasty = quick(&harness);
    let third = harness.queue(&Order::default());
    harness.until(deployed(3)).await;
    for action in [&first, &second, &third] {
        let end = harness.end_of(action).await;
        assert_eq!(end.status, ActionStatus::Succeeded, "{end:#?}");
    }
    for worker in [holder, patient, hasty] {
        worker.stop().await;
    }
    let expected = [first, second, third.clone()];
    assert_eq!(deployed_in_order(&harness, &expected), expected);
    // Both waiting releases drop their plan and read it again.
    let reads = harness.world(|world| world.ledger.calls("s3", "GetObject").count());
    assert_eq!(reads, 1 + 2 + 2);
    keep(&harness, &third, "three executions, the newer looks first");
}

/// One worker is offered the newer of two executions first. They must neither go
/// in that order nor wait for each other.
#[tokio::test(start_paused = true)]
async fn of_two_releases_of_one_worker_the_pipelines_order_counts() {
    let mut world = super::quick();
    world.codepipeline.settings.redelivery_seconds = 20;
    let harness = Harness::with(world);
    let worker = harness.worker();
    let created = |world: &World| world.ledger.effects("codedeploy", "CreateDeployment");
    let first = harness.queue(&Order::default());
    harness.until(|world| created(world) == 1).await;
    let second = harness.queue(&Order::default());
    // Somebody else polls for it and never acknowledges it.
    let poll = json!({
        "actionTypeId": {
            "category": "Deploy", "owner": "Custom", "provider": PROVIDER, "version": "1",
        },
        "maxBatchSize": 10,
    });
    harness
        .world(|world| codepipeline::call(world, "PollForJobs", &poll))
        .expect("an answer");
    harness.wait(Duration::from_secs(2)).await;
    let third = harness.queue(&Order::default());
    assert_eq!(harness.end_of(&first).await.status, ActionStatus::Succeeded);
    let free = harness.clock.now();
    harness.until(|world| created(world) == 2).await;
    let waited = harness.clock.now().duration_since(free);
    assert!(waited.unsigned_abs() < GRACE_PERIOD / 2, "{waited}");
    for action in [&second, &third] {
        assert_eq!(harness.end_of(action).await.status, ActionStatus::Succeeded);
    }
    worker.stop().await;
    let expected = [first, second, third];
    assert_eq!(deployed_in_order(&harness, &expected), expected);
}

#[tokio::test(start_paused = true)]
async fn an_older_release_whose_worker_is_dead_is_not_waited_for_long() {
    let harness = Harness::new();
    let holder = harness.worker_at(Tuning {
        max_jobs: 1,
        ..tuning()
    });
    let first = harness.queue(&Order::default());
    harness
        .until(|world| world.ledger.effects("codedeploy", "CreateDeployment") == 1)
        .await;
    // The holder continues it, and takes no other job.
    harness
        .until(|world| world.ledger.effects("codepipeline", "AcknowledgeJob") == 2)
        .await;
    let before = group_calls(&harness);
    let dies = slow(&harness);
    let lost = harness.queue(&Order::default());
    until_it_waits(&harness, before).await;
    dies.kill().await;
    let hasty = quick(&harness);
    let third = harness.queue(&Order::default());
    assert_eq!(harness.end_of(&first).await.status, ActionStatus::Succeeded);
    assert_eq!(harness.end_of(&third).await.status, ActionStatus::Succeeded);
    assert_eq!(harness.status(&lost), ActionStatus::InProgress);
    for worker in [holder, hasty] {
        worker.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_many_waiting_releases_none_is_overtaken() {
    one_after_another(&Harness::with(super::quick()), 21, 7).await;
}

/// The deployment may end between two calls of one observation.
#[tokio::test(start_paused = true)]
async fn no_release_is_overtaken_when_calls_are_slow() {
    for round_trip in [200, 600] {
        let round_trip = Duration::from_millis(round_trip);
        one_after_another(&slow_harness(super::quick(), round_trip), 16, 9).await;
    }
}

/// `crowd` releases want the group at about the same time, and get it in the
/// order in which they started.
async fn one_after_another(harness: &Harness, crowd: usize, max_jobs: usize) {
    // Fewer slots than releases, so waiting jobs are returned and offered
    // again.
    let worker = harness.worker_at(Tuning {
        max_jobs,
        ..tuning()
    });
    let mut actions = vec![harness.queue(&Order::default())];
    let created = |world: &World| world.ledger.effects("codedeploy", "CreateDeployment") == 1;
    harness.until(created).await;
    for _ in 1..crowd {
        actions.push(harness.queue(&Order::default()));
        harness.wait(Duration::from_secs(5)).await;
    }
    for action in &actions {
        let end = harness.end_of(action).await;
        assert_eq!(end.status, ActionStatus::Succeeded, "{end:#?}");
    }
    worker.stop().await;
    assert_eq!(deployed_in_order(harness, &actions), actions);
}
