//! Rules that are read while the release is still being looked at.

use std::time::Duration;

use bluegreen_worker::clock::Clock;
use bluegreen_worker::policy::{DEFAULT_NAMESPACE, PolicySet};
use bluegreen_worker::simulator::codepipeline::ActionStatus;
use bluegreen_worker::simulator::wire::{Exchange, Latency, Options};
use bluegreen_worker::simulator::world::World;

use super::support::{Order, Stage, start as beginning};
use super::{folder, levels, open, start, stop};

const FIRST: &str = "package main\n\ndeny contains \"the first set\" if true\n";
const SECOND: &str = "package main\n\ndeny contains \"the second set\" if true\n";

/// More than may be read for at once.
const MANY: usize = 6;

/// An account that takes its time, so that there is a meanwhile.
fn slow_stage() -> Stage {
    let clock = Clock::simulated(beginning(), 1.0);
    let options = Options {
        latency: Latency::Fixed(Duration::from_millis(500)),
        recorder: None,
    };
    let exchange = Exchange::new(World::webapp(beginning()), clock.clone(), options);
    Stage { exchange, clock }
}

#[tokio::test(start_paused = true)]
async fn a_set_that_takes_over_meanwhile_decides() {
    let stage = slow_stage();
    let gate = open(&[("team.rego", FIRST)], "").expect("it loads");
    let action = stage.queue(&Order::default());
    let worker = start(&stage, gate.clone());
    // The service is looked at next.
    let group_is_seen = |world: &World| {
        let calls = &world.ledger;
        calls.effects("codedeploy", "GetDeploymentGroup") > 0
    };
    stage.until(group_is_seen).await;
    assert_eq!(stage.effects("ecs", "DescribeServices"), 0);
    let folder = folder(&[("team.rego", SECOND)]);
    let paths = [folder.path().to_owned()];
    let second = PolicySet::read(&paths, DEFAULT_NAMESPACE, &levels("")).expect("a set");
    assert!(gate.replace(second).expect("it loads"));
    let view = stage.end_of(&action).await;
    stop(worker).await;
    let error = view.error.expect("it is refused");
    assert!(error.message.contains("the second set"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn releases_for_which_nobody_can_read_ahead_are_judged_as_well() {
    let stage = slow_stage();
    let gate = open(&[("team.rego", FIRST)], "").expect("it loads");
    let orders = [(); MANY].map(|()| stage.queue(&Order::default()));
    let worker = start(&stage, gate);
    for action in orders {
        let view = stage.end_of(&action).await;
        assert_eq!(view.status, ActionStatus::Failed);
        let error = view.error.expect("it is refused");
        assert!(error.message.contains("the first set"), "{error:?}");
    }
    stop(worker).await;
}
