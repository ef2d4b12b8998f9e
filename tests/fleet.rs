//! Many workers on one queue, many jobs for one worker, and jobs that do harm
//! to nobody but themselves.

#[path = "support/judge.rs"]
mod judge;
#[path = "support/play.rs"]
#[expect(dead_code, reason = "shared with tests in which workers die")]
mod play;
#[path = "fleet/sharding.rs"]
mod sharding;
#[path = "fleet/shared.rs"]
mod shared;
#[expect(dead_code, reason = "shared with the scenarios, which use more of it")]
mod support;

use std::fs;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bluegreen_worker::ports::{Ports, Services, StoppedPage, Trouble};
use bluegreen_worker::release::surroundings::{Service, ServiceName};
use bluegreen_worker::rollout::evidence::StoppedTask;
use bluegreen_worker::simulator::codedeploy::{self, Scenery};
use bluegreen_worker::simulator::codepipeline::{self, ActionStatus, JobStatus};
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use bluegreen_worker::simulator::world::World;
use bluegreen_worker::worker::Pace;
use play::{Journal, Life, Scene, leisurely};
use serde_json::{Value, json};
use support::{Order, Stage};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const MINUTE: Duration = Duration::from_secs(60);

/// What a panic says must be seen by nobody.
const SECRET: &str = "hunter2";

/// ECS, but asking it for a service panics the first so many times.
struct Poisoned {
    inner: Arc<dyn Services>,
    left: AtomicUsize,
}

#[async_trait]
impl Services for Poisoned {
    async fn describe(&self, name: &ServiceName) -> Result<Option<Service>, Trouble> {
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 {
            self.left.store(left - 1, Ordering::Relaxed);
            panic!("unexpected password {SECRET}");
        }
        self.inner.describe(name).await
    }

    async fn stopped_tasks(&self, name: &ServiceName) -> Result<Vec<StoppedTask>, Trouble> {
        self.inner.stopped_tasks(name).await
    }

    async fn list_stopped(
        &self,
        name: &ServiceName,
        page: Option<String>,
    ) -> Result<StoppedPage, Trouble> {
        self.inner.list_stopped(name, page).await
    }

    async fn describe_tasks(
        &self,
        name: &ServiceName,
        ids: &[String],
    ) -> Result<Vec<StoppedTask>, Trouble> {
        self.inner.describe_tasks(name, ids).await
    }
}

fn poisoned(stage: &Stage, times: usize) -> Ports {
    let ports = stage.ports_through(stage.exchange.http_client());
    Ports {
        services: Arc::new(Poisoned {
            inner: ports.services.clone(),
            left: AtomicUsize::new(times),
        }),
        ..ports
    }
}

async fn start(stage: &Stage, ports: Ports, pace: Pace, journal: &Journal) -> Life {
    stage.start(ports, pace, journal, CancellationToken::new())
}

fn healthy_ports(stage: &Stage) -> Ports {
    stage.ports_through(stage.exchange.http_client())
}

fn complaints(stage: &Stage) -> Vec<String> {
    stage.world(|world| judge::complaints(world))
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
async fn a_visit_that_panics_fails_its_own_job_once_and_tells_nothing() {
    let stage = Stage::with(play::world(Scene::Good));
    let (place, journal) = journal();
    let poisoned_job = stage.queue(&Order::default());
    let worker = start(&stage, poisoned(&stage, 1), leisurely(), &journal).await;
    let view = stage.end_of(&poisoned_job).await;
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "JobFailed");
    assert!(!error.message.contains(SECRET), "{}", error.message);

    let good = stage.queue(&Order::default());
    assert_eq!(stage.end_of(&good).await.status, ActionStatus::Succeeded);
    stage.wait(MINUTE).await;
    assert_eq!(noted(&place), 0, "its journal entry is gone");
    worker.stop().await;
    assert_eq!(complaints(&stage), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_panics_when_it_is_taken_up_does_not_come_back() {
    let stage = Stage::with(play::world(Scene::Good));
    let (place, journal) = journal();
    let action = stage.queue(&Order::default());
    let death = CancellationToken::new();
    let ports = healthy_ports(&stage);
    let first = stage.start(ports, leisurely(), &journal, death.clone());
    while noted(&place) == 0 {
        stage.wait(Duration::from_millis(100)).await;
    }
    death.cancel();
    first.ended().await;

    let second = start(&stage, poisoned(&stage, usize::MAX), leisurely(), &journal).await;
    stage.end_of(&action).await;
    stage.wait(MINUTE).await;
    assert_eq!(noted(&place), 0);
    second.stop().await;
    assert_eq!(complaints(&stage), [""; 0]);
}

/// Every poll is offered every job that nobody has acknowledged.
fn contested() -> World {
    let mut world = play::world(Scene::Good);
    world.codepipeline.settings.redelivery_seconds = 0;
    world
}

async fn three_workers_finish(stage: &Stage, releases: usize) {
    let actions: Vec<String> = (0..releases)
        .map(|_| stage.queue(&Order::default()))
        .collect();
    let mut workers = Vec::new();
    for _ in 0..3 {
        workers.push(start(stage, healthy_ports(stage), leisurely(), &Journal::None).await);
    }
    for action in &actions {
        assert_eq!(stage.end_of(action).await.status, ActionStatus::Succeeded);
    }
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(complaints(stage), [""; 0]);
    assert_eq!(stage.effects("codedeploy", "CreateDeployment"), releases);
}

#[tokio::test(start_paused = true)]
async fn workers_that_are_offered_the_same_jobs_double_nothing() {
    let mut world = contested();
    world.codepipeline.settings.calls_per_second = NonZeroU32::new(4);
    let stage = Stage::with(world);
    three_workers_finish(&stage, 4).await;
    // All four are the same.
    assert_eq!(stage.effects("ecs", "RegisterTaskDefinition"), 1);
}

/// An acknowledgement reaches CodePipeline when the job has long been offered
/// to somebody else, and its sender never learns whose it was.
#[tokio::test(start_paused = true)]
async fn workers_that_stall_double_no_deployment() {
    for seconds in [5.0, 14.0, 20.0, 90.0] {
        let mut world = contested();
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
        three_workers_finish(&Stage::with(world), 2).await;
    }
}

/// Somebody stops the group's last deployment in the console.
fn stop_the_last(world: &mut World) {
    let last = last_attempted(world)["deploymentId"].clone();
    let stop = json!({ "deploymentId": last, "autoRollbackEnabled": false });
    codedeploy::call(world, "StopDeployment", &stop).expect("it runs");
}

fn last_attempted(world: &mut World) -> Value {
    let group = json!({ "applicationName": "webapp", "deploymentGroupName": "webapp" });
    let group = codedeploy::call(world, "GetDeploymentGroup", &group).expect("a group");
    group["deploymentGroupInfo"]["lastAttemptedDeployment"].clone()
}

/// None of the first worker's acknowledgements arrives, so it may have the job
/// or not, and deploys. The other one, which is offered the job meanwhile, has
/// it at its last try, but must not make a second deployment, even though the
/// first is over.
#[tokio::test(start_paused = true)]
async fn a_worker_that_has_the_job_sees_what_one_that_was_unsure_has_deployed() {
    is_seen(false).await;
}

/// The same where somebody has deployed since, so that the group shows theirs
/// as its last.
#[tokio::test(start_paused = true)]
async fn it_is_seen_behind_a_later_deployment_too() {
    is_seen(true).await;
}

async fn is_seen(hidden: bool) {
    /// How often a worker tries to acknowledge a job.
    const TRIES: u64 = 4;
    // What comes first must not depend on chance.
    fastrand::seed(1);
    let mut world = contested();
    world.codepipeline.settings.redelivery_seconds = 5;
    let fault = |operation: &str, occurrence, kind| Fault {
        service: "codepipeline".into(),
        operation: operation.into(),
        occurrence,
        kind,
    };
    let lost = fault(
        "AcknowledgeJob",
        Occurrence::Next(2 * TRIES - 1),
        Kind::CutBefore,
    );
    world.faults.add(lost).expect("a fault");
    let stage = Stage::with(world);
    let action = stage.queue(&Order::default());
    let unsure = start(&stage, healthy_ports(&stage), leisurely(), &Journal::None).await;
    // After the first one's tries.
    stage.wait(Duration::from_secs(11)).await;
    let sure = start(&stage, healthy_ports(&stage), leisurely(), &Journal::None).await;
    let polls = |world: &World| world.ledger.effects("codepipeline", "PollForJobs");
    stage.until(|world| polls(world) == 2).await;
    // Neither is to be offered the job again.
    let no_more = fault("PollForJobs", Occurrence::Every, Kind::Unavailable);
    stage
        .world(|world| world.faults.add(no_more))
        .expect("a fault");
    let made = |world: &World| world.ledger.effects("codedeploy", "CreateDeployment") > 0;
    stage.until(made).await;
    assert_eq!(stage.effects("codepipeline", "AcknowledgeJob"), 0);
    stage.world(stop_the_last);
    if hidden {
        let stopped = |world: &mut World| last_attempted(world)["status"] == "Stopped";
        while !stage.world(stopped) {
            stage.wait(Duration::from_millis(100)).await;
        }
        assert_eq!(stage.effects("codepipeline", "AcknowledgeJob"), 0);
        stage.world(|world| {
            assert!(play::somebody_deploys(world, &Scenery::default()));
            stop_the_last(world);
        });
    }
    stage.world(|world| world.faults.clear());
    let end = stage.end_of(&action).await;
    assert_eq!(end.status, ActionStatus::Failed);
    for worker in [unsure, sure] {
        worker.stop().await;
    }
    assert_eq!(complaints(&stage), [""; 0]);
    assert_eq!(stage.effects("codedeploy", "CreateDeployment"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_newer_worker_is_left_to_it() {
    let stage = Stage::with(play::world(Scene::Good));
    let action = stage.queue(&Order::default());
    stage.world(|world| {
        let action_type = json!({
            "category": "Deploy", "owner": "Custom",
            "provider": "RustBlueGreenDeploy", "version": "1",
        });
        let mut call = |operation, input| {
            codepipeline::call(world, operation, &input).expect("a newer worker knows how")
        };
        let offer = call("PollForJobs", json!({ "actionTypeId": action_type }));
        let job = &offer["jobs"][0];
        let claim = json!({ "jobId": job["id"], "nonce": job["nonce"] });
        call("AcknowledgeJob", claim);
        let report = json!({ "jobId": job["id"], "continuationToken": "{\"v\":99,\"new\":true}" });
        call("PutJobSuccessResult", report);
    });
    let (place, journal) = journal();
    let worker = start(&stage, healthy_ports(&stage), leisurely(), &journal).await;
    stage.wait(10 * MINUTE).await;
    assert_eq!(stage.status(&action), ActionStatus::InProgress);
    assert_eq!(stage.effects("codepipeline", "AcknowledgeJob"), 0);
    assert_eq!(noted(&place), 0);
    worker.stop().await;
}

fn in_progress(stage: &Stage) -> usize {
    stage.world(|world| {
        let jobs = world.codepipeline.jobs().iter();
        jobs.filter(|job| job.status == JobStatus::InProgress)
            .count()
    })
}

#[tokio::test(start_paused = true)]
async fn five_hundred_waiting_jobs_are_taken_ten_at_a_time() {
    let stage = Stage::with(play::world(Scene::Good));
    let order = Order::default().file("taskdef.json", "no task definition");
    let actions: Vec<String> = (0..500).map(|_| stage.queue(&order)).collect();
    let pace = Pace {
        max_jobs: 10,
        ..leisurely()
    };
    let worker = start(&stage, healthy_ports(&stage), pace, &Journal::None).await;
    let mut most = 0;
    while stage.status(&actions[499]) == ActionStatus::InProgress || in_progress(&stage) > 0 {
        stage.wait(Duration::from_millis(300)).await;
        most = most.max(in_progress(&stage));
        let now = stage.clock.now();
        assert!(worker.health.is_alive(now, pace.poll_interval));
    }
    assert!((1..=10).contains(&most), "{most} at once");
    worker.stop().await;
    assert_eq!(complaints(&stage), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_hands_are_full_for_an_hour_is_alive() {
    let mut world = play::world(Scene::Good);
    let denied = Fault {
        service: "codepipeline".into(),
        operation: "PutJobSuccessResult".into(),
        occurrence: Occurrence::Every,
        kind: Kind::Denied,
    };
    world.faults.add(denied).expect("a fault");
    let stage = Stage::with(world);
    stage.queue(&Order::default());
    let second = stage.queue(&Order::default());
    let pace = Pace {
        max_jobs: 1,
        ..leisurely()
    };
    let worker = start(&stage, healthy_ports(&stage), pace, &Journal::None).await;
    for _ in 0..60 {
        stage.wait(MINUTE).await;
        assert!(
            worker
                .health
                .is_alive(stage.clock.now(), pace.poll_interval)
        );
    }
    assert_eq!(
        in_progress(&stage),
        1,
        "no more is taken than can be reported"
    );
    stage.world(|world| world.faults.clear());
    assert_eq!(stage.end_of(&second).await.status, ActionStatus::Succeeded);
    worker.stop().await;
    assert_eq!(complaints(&stage), [""; 0]);
}
