//! Many workers on one queue, many jobs for one worker, and jobs that harm only
//! themselves.

mod crowded;
mod services;
mod sharding;
mod shared;
mod stale;
mod untaken;
mod versions;

use std::fs;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bluegreen_worker::ports::{CallError, Ports, Services, StoppedPage};
use bluegreen_worker::release::target::{Service, ServiceName};
use bluegreen_worker::rollout::evidence::StoppedTask;
use bluegreen_worker::worker::Tuning;
use simulator::codepipeline::ActionStatus;
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::World;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::judge;
use crate::support::play::{self, Journal, Life, Scene, slow_tuning};
use crate::support::{Harness, Order};

const MINUTE: Duration = Duration::from_secs(60);

/// A panic message, which must not be shown.
const SECRET: &str = "hunter2";

/// ECS whose `describe` panics the first `left` times.
struct Poisoned {
    inner: Arc<dyn Services>,
    left: AtomicUsize,
}

#[async_trait]
impl Services for Poisoned {
    async fn describe(&self, name: &ServiceName) -> Result<Option<Service>, CallError> {
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 {
            self.left.store(left - 1, Ordering::Relaxed);
            panic!("unexpected password {SECRET}");
        }
        self.inner.describe(name).await
    }

    async fn stopped_tasks(&self, name: &ServiceName) -> Result<Vec<StoppedTask>, CallError> {
        self.inner.stopped_tasks(name).await
    }

    async fn list_stopped(
        &self,
        name: &ServiceName,
        page: Option<String>,
    ) -> Result<StoppedPage, CallError> {
        self.inner.list_stopped(name, page).await
    }

    async fn describe_tasks(
        &self,
        name: &ServiceName,
        ids: &[String],
    ) -> Result<Vec<StoppedTask>, CallError> {
        self.inner.describe_tasks(name, ids).await
    }
}

fn poisoned(harness: &Harness, times: usize) -> Ports {
    let ports = harness.ports_through(harness.exchange.http_client());
    Ports {
        services: Arc::new(Poisoned {
            inner: ports.services.clone(),
            left: AtomicUsize::new(times),
        }),
        ..ports
    }
}

async fn start(harness: &Harness, ports: Ports, tuning: Tuning, journal: &Journal) -> Life {
    harness.start(ports, tuning, journal, CancellationToken::new())
}

fn healthy_ports(harness: &Harness) -> Ports {
    harness.ports_through(harness.exchange.http_client())
}

fn complaints(harness: &Harness) -> Vec<String> {
    harness.world(|world| judge::complaints(world))
}

fn journal() -> (TempDir, Journal) {
    let place = TempDir::new().expect("a directory");
    let journal = Journal::Directory(place.path().to_owned());
    (place, journal)
}

fn noted(place: &TempDir) -> usize {
    let entries = fs::read_dir(place.path()).expect("a directory");
    let is_lock = |name: std::ffi::OsString| name == "lock";
    entries
        .filter(|entry| !is_lock(entry.as_ref().expect("an entry").file_name()))
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_job_that_panics_fails_once_without_details() {
    let harness = Harness::with(play::world(Scene::Good));
    let (place, journal) = journal();
    let poisoned_job = harness.queue(&Order::default());
    let worker = start(&harness, poisoned(&harness, 1), slow_tuning(), &journal).await;
    let view = harness.end_of(&poisoned_job).await;
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "JobFailed");
    assert!(!error.message.contains(SECRET), "{}", error.message);

    let good = harness.queue(&Order::default());
    assert_eq!(harness.end_of(&good).await.status, ActionStatus::Succeeded);
    harness.wait(MINUTE).await;
    assert_eq!(noted(&place), 0, "its journal entry is gone");
    worker.stop().await;
    assert_eq!(complaints(&harness), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_panics_when_it_is_taken_up_does_not_come_back() {
    let harness = Harness::with(play::world(Scene::Good));
    let (place, journal) = journal();
    let action = harness.queue(&Order::default());
    let death = CancellationToken::new();
    let ports = healthy_ports(&harness);
    let first = harness.start(ports, slow_tuning(), &journal, death.clone());
    while noted(&place) == 0 {
        harness.wait(Duration::from_millis(100)).await;
    }
    death.cancel();
    first.ended().await;

    let second = start(
        &harness,
        poisoned(&harness, usize::MAX),
        slow_tuning(),
        &journal,
    )
    .await;
    harness.end_of(&action).await;
    harness.wait(MINUTE).await;
    assert_eq!(noted(&place), 0);
    second.stop().await;
    assert_eq!(complaints(&harness), [""; 0]);
}

/// Every poll is offered every unacknowledged job.
fn contested(scene: Scene) -> World {
    let mut world = play::world(scene);
    world.codepipeline.settings.redelivery_seconds = 0;
    world
}

async fn three_workers_finish(harness: &Harness, scene: Scene, releases: usize) {
    let actions: Vec<String> = (0..releases)
        .map(|_| harness.queue(&scene.order()))
        .collect();
    let mut workers = Vec::new();
    for _ in 0..3 {
        workers.push(
            start(
                harness,
                healthy_ports(harness),
                slow_tuning(),
                &Journal::None,
            )
            .await,
        );
    }
    for action in &actions {
        assert_eq!(harness.end_of(action).await.status, ActionStatus::Succeeded);
    }
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(complaints(harness), [""; 0]);
    let (service, operation) = scene.start();
    assert_eq!(harness.effects(service, operation), releases);
}

#[tokio::test(start_paused = true)]
async fn workers_that_are_offered_the_same_jobs_double_nothing() {
    // All four releases are the same. CodeDeploy needs one revision, ECS one
    // for each deployment.
    for (scene, revisions) in [(Scene::Good, 1), (Scene::EcsGood, 4)] {
        let mut world = contested(scene);
        world.codepipeline.settings.calls_per_second = NonZeroU32::new(4);
        let harness = Harness::with(world);
        three_workers_finish(&harness, scene, 4).await;
        assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), revisions);
    }
}

/// An acknowledgement is so slow that the job was offered to another worker
/// before.
#[tokio::test(start_paused = true)]
async fn workers_that_stall_double_no_deployment() {
    let stalls = [5.0, 14.0, 20.0, 90.0].into_iter();
    for (seconds, scene) in stalls.flat_map(|stall| [(stall, Scene::Good), (stall, Scene::EcsGood)])
    {
        let mut world = contested(scene);
        world.codepipeline.settings.redelivery_seconds = 10;
        for nth in [1, 2, 5] {
            let stall = Fault {
                service: "codepipeline".into(),
                operation: "AcknowledgeJob".into(),
                occurrence: Occurrence::Nth(nth),
                kind: Kind::Slow { seconds },
            };
            world.faults.add(stall).expect("a fault");
        }
        three_workers_finish(&Harness::with(world), scene, 2).await;
    }
}
