//! Releases that ECS deploys itself (action version 2).

use std::time::Duration;

use serde_json::json;
use simulator::codepipeline::ActionStatus;
use simulator::ecs::Fixture;

use crate::support::{Harness, Order, service};

/// The statuses that the service's deployments have now, oldest first.
fn statuses(harness: &Harness) -> Vec<String> {
    harness.world(|world| {
        let all = world.ecs.service_deployments("prod", "webapp");
        let last = |one: &simulator::ecs::DeploymentBiography<'_>| {
            one.moments.last().expect("never empty").status.clone()
        };
        all.iter().map(last).collect()
    })
}

fn with(deployment_configuration: serde_json::Value) -> Fixture {
    Fixture {
        deployment_configuration,
        ..service()
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_goes_all_the_way() {
    for strategy in [
        json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5 }),
        json!({
            "strategy": "LINEAR",
            "bakeTimeInMinutes": 1,
            "linearConfiguration": { "stepPercent": 25.0, "stepBakeTimeInMinutes": 2 },
        }),
        json!({
            "strategy": "CANARY",
            "bakeTimeInMinutes": 1,
            "canaryConfiguration": { "canaryPercent": 5.0, "canaryBakeTimeInMinutes": 2 },
        }),
        json!({ "strategy": "ROLLING" }),
    ] {
        let harness = Harness::ecs(&with(strategy.clone()));
        let worker = harness.worker();
        let action = harness.queue(&Order::ecs());
        let view = harness.end_of(&action).await;
        worker.stop().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{strategy} {view:#?}");
        assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
        assert_eq!(harness.effects("ecs", "UpdateService"), 1);
        assert_eq!(statuses(&harness).last().unwrap(), "SUCCESSFUL");
    }
}
