//! Workers with one shared journal start, stop and die under load. Their clocks
//! disagree.

use std::time::Duration;

use clock::Clock;
use simulator::codepipeline::{ActionStatus, ErrorDetails};
use tokio_util::sync::CancellationToken;

use super::{complaints, healthy_ports};
use crate::support::play::{self, Journal, LEASE, Life, Scene, slow_tuning};
use crate::support::{Harness, start};

/// Largest error of a worker's clock.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// Releases that wait for the same deployment group.
const RELEASES: usize = 6;

/// How a worker ends.
#[derive(Clone, Copy)]
enum End {
    Told,
    Killed,
}

struct Member {
    life: Life,
    death: CancellationToken,
}

/// A worker with the shared journal, whose clock is five minutes late, right,
/// or five minutes early.
fn member(harness: &Harness, number: usize) -> Member {
    let origin = match number % 3 {
        0 => start() - SKEW,
        1 => start(),
        _ => start() + SKEW,
    };
    // All clocks start with the account's.
    let shown = origin + Duration::try_from(harness.clock.now() - start()).expect("it goes on");
    let death = CancellationToken::new();
    let journal = Journal::Bucket(harness.exchange.http_client());
    let clock = Clock::simulated(shown, 1.0);
    let ports = healthy_ports(harness);
    let life = harness.start_by(clock, ports, slow_tuning(), &journal, death.clone());
    Member { life, death }
}

async fn end(member: Member, how: End) {
    match how {
        End::Told => member.life.stop().await,
        End::Killed => {
            member.death.cancel();
            member.life.ended().await;
        }
    }
}

/// Replaces every worker again and again until all releases have ended.
async fn replaced_one_after_the_other(scene: Scene, how: End) {
    let harness = Harness::with(play::world(scene));
    let actions: Vec<String> = (0..RELEASES)
        .map(|_| harness.queue(&scene.order()))
        .collect();
    let mut fleet = Vec::new();
    for number in 0..3 {
        fleet.push(member(&harness, number));
    }
    let over = |harness: &Harness| {
        let is_over = |action: &String| harness.status(action) != ActionStatus::InProgress;
        actions.iter().all(is_over)
    };
    let mut number = 3;
    while !over(&harness) {
        harness.wait(Duration::from_secs(97)).await;
        end(fleet.remove(0), how).await;
        fleet.push(member(&harness, number));
        number += 1;
        assert!(number < 500, "it never ends");
    }
    harness.wait(3 * LEASE).await;
    for member in fleet {
        end(member, End::Told).await;
    }
    let mut succeeded = 0;
    for action in &actions {
        let view = harness.end_of(action).await;
        // With clocks that disagree the age of a release is not certain, and a
        // release of a dead worker is waited for no longer than its lease.
        let is_overtaken = |error: &ErrorDetails| error.message.contains("a later release went");
        match view.status {
            ActionStatus::Succeeded => succeeded += 1,
            ActionStatus::InProgress | ActionStatus::Failed | ActionStatus::Abandoned => {
                assert!(view.error.as_ref().is_some_and(is_overtaken), "{view:#?}");
            }
        }
    }
    assert!(succeeded > 0);
    assert_eq!(complaints(&harness), [""; 0]);
    assert_eq!(harness.left_in_bucket(), [""; 0], "nothing is left behind");
    // Releases are alike here. CodeDeploy's may reuse a revision that another
    // one registered, ECS's may lose the one that a dead worker registered.
    let registered = harness.effects("ecs", "RegisterTaskDefinition");
    match scene {
        Scene::Good | Scene::HookFails | Scene::Stopped => assert!(registered <= RELEASES),
        Scene::EcsGood | Scene::EcsHookFails | Scene::EcsStopped => {
            assert!(registered >= succeeded);
        }
    }
    let (service, operation) = scene.start();
    assert_eq!(harness.effects(service, operation), succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_is_restarted_one_by_one_under_load() {
    for scene in [Scene::Good, Scene::EcsGood] {
        replaced_one_after_the_other(scene, End::Told).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_fleet_whose_workers_die_one_by_one_finishes_everything() {
    for scene in [Scene::Good, Scene::EcsGood] {
        replaced_one_after_the_other(scene, End::Killed).await;
    }
}
