//! Fleets of workers that take jobs of both versions, and services that ECS
//! deploys itself. Several pipelines release to the same service.

use std::num::NonZeroU32;
use std::time::Duration;

use bluegreen_worker::job::{ActionVersion, AllowedRole, Engine};
use bluegreen_worker::ports::Ports;
use bluegreen_worker::worker::{self, Context};
use serde_json::json;
use simulator::codepipeline::{ActionDeclaration, ActionStatus};
use simulator::ecs::{Fixture, Settings};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::fixture::{DEPLOY_ROLE, EXTERNAL_ID};
use simulator::world::World;
use tokio_util::sync::CancellationToken;

use super::{MINUTE, complaints};
use crate::support::play::{self, Journal, Life, Scene, slow_tuning};
use crate::support::slow::slow_harness;
use crate::support::{Harness, Order};

/// The services that ECS deploys itself.
const SERVICES: [&str; 2] = ["shop", "api"];

/// Long enough that calls of two jobs overlap.
const ROUND_TRIP: Duration = Duration::from_millis(300);

/// A deployment group and two services that ECS deploys itself.
fn world() -> World {
    let mut world = play::world(Scene::Good);
    for service in SERVICES {
        let fixture = Fixture {
            service: service.into(),
            has_test_rule: false,
            deployment_configuration: json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1 }),
            ..Fixture::default()
        };
        fixture.build(&mut world).expect("a scene");
    }
    world
}

/// A release to a service.
fn order(service: &str) -> Order {
    let mut order = Order::ecs();
    for (name, value) in [("ClusterName", "demo"), ("ServiceName", service)] {
        order.configuration.insert(name.into(), value.into());
    }
    order
}

/// Queues a release of this pipeline to the service, or to the deployment group.
fn queue(harness: &Harness, pipeline: &str, service: Option<&str>) -> String {
    queue_order(
        harness,
        pipeline,
        &service.map_or_else(Order::default, order),
    )
}

/// Queues a release to one service, of a pipeline of its own.
fn queue_with(harness: &Harness, options: &str) -> String {
    let pipeline = format!("shop-{}", options.len());
    queue_order(harness, &pipeline, &order(SERVICES[0]).option(options))
}

fn queue_order(harness: &Harness, pipeline: &str, order: &Order) -> String {
    let declaration = ActionDeclaration {
        pipeline: pipeline.into(),
        ..order.declaration()
    };
    harness
        .world(|world| world.queue_action(declaration))
        .expect("a pipeline accepts the action")
}

/// Two releases each of three pipelines to one service, of one to the other
/// service, and of one to the deployment group.
fn backlog(harness: &Harness) -> Vec<String> {
    let pipelines = [
        ("frontend", Some("shop")),
        ("backend", Some("shop")),
        ("content", Some("shop")),
        ("api", Some("api")),
        ("webapp", None),
    ];
    let queue = |(pipeline, service)| queue(harness, pipeline, service);
    pipelines.into_iter().cycle().take(10).map(queue).collect()
}

fn ports(harness: &Harness, engines: &[Engine]) -> Ports {
    let versions: Vec<ActionVersion> = engines.iter().copied().map(ActionVersion::from).collect();
    harness.ports_of(harness.exchange.http_client(), &versions)
}

fn member(harness: &Harness, engines: &[Engine], journal: &Journal) -> (Life, CancellationToken) {
    let death = CancellationToken::new();
    let life = harness.start(
        ports(harness, engines),
        slow_tuning(),
        journal,
        death.clone(),
    );
    (life, death)
}

/// Two workers for both versions and one that takes only version 1.
fn mixed(harness: &Harness, journal: &Journal) -> Vec<(Life, CancellationToken)> {
    [&Engine::ALL[..], &Engine::ALL, &[Engine::CodeDeploy]]
        .map(|engines| member(harness, engines, journal))
        .into()
}

/// The deployments that another one superseded.
fn superseded(harness: &Harness) -> Vec<String> {
    harness.world(|world| {
        let all = SERVICES.iter();
        let all = all.flat_map(|service| world.ecs.service_deployments("demo", service));
        let superseded = all.filter(|one| one.superseded_by.is_some());
        superseded.map(|one| one.arn).collect()
    })
}

/// Waits for all releases. Returns how many failed because a deployment of
/// another release superseded theirs; they must fail for no other reason.
async fn lost(harness: &Harness, actions: &[String]) -> usize {
    let mut lost = 0;
    for action in actions {
        let view = harness.end_of(action).await;
        if view.status == ActionStatus::Succeeded {
            continue;
        }
        let error = view.error.expect("a reason");
        assert!(error.message.contains("superseded"), "{}", error.message);
        lost += 1;
    }
    lost
}

fn checked(harness: &Harness, releases: usize) {
    assert_eq!(complaints(harness), [""; 0]);
    let deployments = harness.effects("codedeploy", "CreateDeployment");
    let updates = harness.effects("ecs", "UpdateService");
    assert_eq!(deployments + updates, releases);
}

#[tokio::test(start_paused = true)]
async fn a_mixed_fleet_releases_to_services_and_groups() {
    for shared in [false, true] {
        let harness = slow_harness(world(), ROUND_TRIP);
        let journal = match shared {
            true => Journal::Bucket(harness.exchange.http_client()),
            false => Journal::None,
        };
        let actions = backlog(&harness);
        let fleet = mixed(&harness, &journal);
        let lost = lost(&harness, &actions).await;
        for (worker, _) in fleet {
            worker.stop().await;
        }
        checked(&harness, actions.len());
        assert_eq!(superseded(&harness).len(), lost, "no other reason to fail");
    }
}

#[tokio::test(start_paused = true)]
async fn offers_that_are_stale_and_calls_that_are_throttled_double_nothing() {
    let mut world = world();
    world.codepipeline.settings.redelivery_seconds = 0;
    world.codepipeline.settings.calls_per_second = NonZeroU32::new(4);
    for operation in ["UpdateService", "ListServiceDeployments"] {
        let throttle = Fault {
            service: "ecs".into(),
            operation: operation.into(),
            occurrence: Occurrence::Next(5),
            kind: Kind::Throttle,
        };
        world.faults.add(throttle).expect("a fault");
    }
    let harness = slow_harness(world, ROUND_TRIP);
    let actions = backlog(&harness);
    let fleet = mixed(&harness, &Journal::None);
    let lost = lost(&harness, &actions).await;
    for (worker, _) in fleet {
        worker.stop().await;
    }
    checked(&harness, actions.len());
    assert_eq!(superseded(&harness).len(), lost, "no other reason to fail");
}

#[tokio::test(start_paused = true)]
async fn jobs_of_version_2_wait_for_a_worker_that_takes_them() {
    let harness = Harness::with(world());
    let actions = backlog(&harness);
    let journal = Journal::Bucket(harness.exchange.http_client());
    let (first, _) = member(&harness, &[Engine::CodeDeploy], &journal);
    assert_eq!(
        harness.end_of(&actions[4]).await.status,
        ActionStatus::Succeeded
    );
    harness.wait(10 * MINUTE).await;
    for waiting in &actions[..4] {
        assert_eq!(harness.status(waiting), ActionStatus::InProgress);
    }
    assert_eq!(harness.effects("ecs", "UpdateService"), 0);
    let (second, _) = member(&harness, &[Engine::Ecs], &journal);
    assert_eq!(lost(&harness, &actions).await, 0);
    for worker in [first, second] {
        worker.stop().await;
    }
    checked(&harness, actions.len());
}

/// Each worker is killed twice while the others go on.
#[tokio::test(start_paused = true)]
async fn workers_that_die_in_between_double_nothing() {
    for seconds in [7, 23, 61] {
        let harness = slow_harness(world(), ROUND_TRIP);
        let journal = Journal::Bucket(harness.exchange.http_client());
        let actions = backlog(&harness);
        let mut fleet = mixed(&harness, &journal);
        for _ in 0..2 * fleet.len() {
            harness.wait(Duration::from_secs(seconds)).await;
            let (life, death) = fleet.remove(0);
            death.cancel();
            life.ended().await;
            fleet.push(member(&harness, &Engine::ALL, &journal));
        }
        let lost = lost(&harness, &actions).await;
        harness.wait(3 * play::LEASE).await;
        for (worker, _) in fleet {
            worker.stop().await;
        }
        checked(&harness, actions.len());
        assert_eq!(superseded(&harness).len(), lost, "no other reason to fail");
        assert_eq!(harness.left_in_bucket(), [""; 0], "nothing is left behind");
    }
}

/// Each `UpdateService` takes effect only after a while, so that whoever looks
/// meanwhile sees a free service.
fn with_slow_updates() -> Harness {
    let mut world = world();
    let slow = Fault {
        service: "ecs".into(),
        operation: "UpdateService".into(),
        occurrence: Occurrence::Every,
        kind: Kind::Slow { seconds: 12.0 },
    };
    world.faults.add(slow).expect("a fault");
    slow_harness(world, ROUND_TRIP)
}

#[tokio::test(start_paused = true)]
async fn workers_with_a_shared_journal_never_supersede_one_another() {
    let harness = with_slow_updates();
    let journal = Journal::Bucket(harness.exchange.http_client());
    let actions = backlog(&harness);
    let fleet = mixed(&harness, &journal);
    assert_eq!(lost(&harness, &actions).await, 0);
    for (worker, _) in fleet {
        worker.stop().await;
    }
    checked(&harness, actions.len());
    assert_eq!(superseded(&harness), [""; 0]);
    assert_eq!(harness.locks_in_bucket(), [""; 0]);
}

/// A worker dies after it has locked the service and before its update takes
/// effect. Its own release goes on in another worker; a release of another
/// pipeline waits until the lock ends.
#[tokio::test(start_paused = true)]
async fn a_lock_that_a_dead_worker_left_ends() {
    for waits_for_its_own in [true, false] {
        let harness = with_slow_updates();
        let journal = Journal::Bucket(harness.exchange.http_client());
        let mut actions = vec![queue(&harness, "frontend", Some("shop"))];
        let (first, death) = member(&harness, &Engine::ALL, &journal);
        while harness.locks_in_bucket().is_empty() {
            harness.wait(Duration::from_millis(100)).await;
        }
        death.cancel();
        first.ended().await;
        if !waits_for_its_own {
            actions.push(queue(&harness, "backend", Some("shop")));
        }
        let (second, _) = member(&harness, &Engine::ALL, &journal);
        assert_eq!(lost(&harness, &actions).await, 0);
        harness.wait(3 * play::LEASE).await;
        second.stop().await;
        checked(&harness, actions.len());
        assert_eq!(superseded(&harness), [""; 0]);
        assert_eq!(harness.left_in_bucket(), [""; 0]);
    }
}

/// The answer to the update is lost. A later job of the release sees the
/// deployment, so the next release need not wait until the lock ends.
#[tokio::test(start_paused = true)]
async fn a_lock_that_a_lost_answer_left_is_removed_once_the_deployment_is_seen() {
    let mut world = world();
    let fault = Fault {
        service: "ecs".into(),
        operation: "UpdateService".into(),
        occurrence: Occurrence::Nth(1),
        kind: Kind::CutAfter,
    };
    world.faults.add(fault).expect("a fault");
    let harness = Harness::with(world);
    let journal = Journal::Bucket(harness.exchange.http_client());
    let action = queue(&harness, "frontend", Some("shop"));
    let (worker, _) = member(&harness, &Engine::ALL, &journal);
    assert_eq!(lost(&harness, &[action]).await, 0);
    assert_eq!(harness.locks_in_bucket(), [""; 0]);
    worker.stop().await;
    checked(&harness, 1);
}

/// Releases that use different roles are kept apart, too.
#[tokio::test(start_paused = true)]
async fn roles_do_not_keep_releases_of_one_worker_from_waiting_for_one_another() {
    let harness = with_slow_updates();
    let role = format!("RoleArn={DEPLOY_ROLE}");
    let actions = ["WhenBusy=Wait", role.as_str()].map(|options| queue_with(&harness, options));
    let (drain, clock) = (CancellationToken::new(), harness.clock.clone());
    let ports = ports(&harness, &Engine::ALL);
    let allowed = AllowedRole {
        arn: DEPLOY_ROLE.into(),
        external_id: Some(EXTERNAL_ID.into()),
    };
    let context = Context::new(ports, clock, slow_tuning(), None, drain.clone());
    let context = context.with_roles(&[allowed]);
    let work = tokio::spawn(async move { worker::run(&context).await });
    assert_eq!(lost(&harness, &actions).await, 0);
    drain.cancel();
    work.await.expect("a worker does not panic");
    checked(&harness, actions.len());
    assert_eq!(superseded(&harness), [""; 0]);
}

/// In one worker, releases of several pipelines never meet.
async fn one_worker_supersedes_nothing(change: impl FnOnce(&mut World)) {
    let mut world = world();
    change(&mut world);
    let harness = slow_harness(world, ROUND_TRIP);
    let actions = backlog(&harness);
    let (worker, _) = member(&harness, &Engine::ALL, &Journal::None);
    assert_eq!(lost(&harness, &actions).await, 0);
    worker.stop().await;
    checked(&harness, actions.len());
    assert_eq!(superseded(&harness), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn one_worker_supersedes_none_of_its_own_deployments() {
    one_worker_supersedes_nothing(|_| {}).await;
}

/// ECS shows the deployment of the first release only when the second one looks
/// again.
#[tokio::test(start_paused = true)]
async fn not_even_one_that_ecs_does_not_show_yet() {
    one_worker_supersedes_nothing(|world| {
        let settings = Settings {
            deployment_visible_after_seconds: 40,
            ..world.ecs.settings().clone()
        };
        world.ecs.set_settings(settings);
    })
    .await;
}
