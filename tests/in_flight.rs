//! Counts what it costs to follow many deployments with one worker at its
//! default pace: calls, and how often the pipelines hear of them.

#[expect(dead_code, reason = "shared with the scenarios, which use more of it")]
mod support;

use std::time::Duration;

use bluegreen_worker::simulator::codedeploy::Scenery;
use bluegreen_worker::simulator::world::World;
use jiff::Timestamp;
use support::{Order, Stage, start};

/// Within this much everything that was queued has its deployment.
const ARRIVAL: Duration = Duration::from_secs(30 * 60);

/// How long the calls are counted.
const WINDOW: Duration = Duration::from_secs(20 * 60);

/// Calls to CodeDeploy and ECS for each deployment and minute, where a
/// thousand are followed. Fewer share their calls with fewer.
const MOST_LOOKS: f64 = 0.25;

/// Calls to CodePipeline in a second: its budget.
const MOST_REPORTS: f64 = 5.0;

/// The longest that a pipeline hears nothing: what a visit watches at most,
/// and the time until its job is offered and taken again.
const LONGEST_SILENCE: Duration = Duration::from_secs(12 * 60);

#[tokio::test(start_paused = true)]
async fn a_thousand_deployments_take_a_quarter_of_a_call_a_minute_each() {
    let thousand = Flight::of(1000).await;
    assert!(thousand.looks <= MOST_LOOKS, "{thousand:?}");
    assert!(thousand.reports <= MOST_REPORTS, "{thousand:?}");
    assert!(thousand.silence <= LONGEST_SILENCE, "{thousand:?}");
}

#[tokio::test(start_paused = true)]
async fn more_deployments_never_cost_more_each() {
    let (ten, hundred) = (Flight::of(10).await, Flight::of(100).await);
    assert!(hundred.looks <= ten.looks, "{hundred:?} beside {ten:?}");
}

/// What following so many deployments has cost.
#[derive(Debug)]
#[expect(dead_code, reason = "the count is shown where a test fails")]
struct Flight {
    deployments: usize,
    /// Calls to CodeDeploy and ECS, for each deployment and minute.
    looks: f64,
    /// Calls to CodePipeline in a second.
    reports: f64,
    /// The longest time between two reports of one action.
    silence: Duration,
}

impl Flight {
    #[expect(clippy::cast_precision_loss, reason = "these are small numbers")]
    async fn of(deployments: usize) -> Self {
        let names: Vec<String> = (0..deployments).map(|n| format!("shop{n:04}")).collect();
        let stage = Stage::with(world(&names));
        let order = Order::default().file("appspec.yaml", &app_spec());
        for name in &names {
            let mut order = order.clone();
            let group = ("DeploymentGroupName".to_owned(), name.clone());
            order.configuration.extend([group]);
            stage.queue(&order);
        }
        let worker = stage.worker();
        stage.wait(ARRIVAL).await;
        let made = stage.effects("codedeploy", "CreateDeployment");
        assert_eq!(made, deployments, "all are under way");
        let begun = stage.clock.now();
        stage.wait(WINDOW).await;
        let flight = stage.world(|world| {
            let of = |services: &[&str]| {
                let calls = world.ledger.entries();
                let calls = calls.filter(|call| call.at >= begun);
                calls
                    .filter(|call| services.contains(&call.service.as_str()))
                    .count() as f64
            };
            Self {
                deployments,
                looks: of(&["codedeploy", "ecs"]) / deployments as f64 / WINDOW.as_secs_f64()
                    * 60.0,
                reports: of(&["codepipeline"]) / WINDOW.as_secs_f64(),
                silence: silence(world, begun),
            }
        });
        worker.stop().await;
        flight
    }
}

/// The longest that any of the actions was without a report since then.
fn silence(world: &World, begun: Timestamp) -> Duration {
    let mut longest = Duration::ZERO;
    for view in world.codepipeline.views() {
        let reports = view.reports.iter().map(|report| report.at);
        let mut last = begun;
        for at in reports.filter(|at| *at >= begun).chain([world.now()]) {
            longest = longest.max(Duration::try_from(at - last).expect("later"));
            last = at;
        }
    }
    longest
}

/// So many services whose old tasks are kept for hours, so that nothing ends
/// while it is counted.
fn world(names: &[String]) -> World {
    let mut world = World::new(start());
    world.furnish();
    for name in names {
        let scenery = Scenery {
            service: name.clone(),
            group: name.clone(),
            termination_wait_minutes: 180,
            ..Scenery::default()
        };
        scenery.build(&mut world).expect("a scene");
    }
    world
}

/// Without hooks: nobody answers them.
fn app_spec() -> String {
    let text = support::APPSPEC;
    text.split("Hooks:").next().unwrap_or(text).to_owned()
}
