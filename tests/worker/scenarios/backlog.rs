//! More waiting jobs than can be started at once: all are started, none is
//! lost, few calls are wasted, and current deployments are observed on time.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bluegreen_worker::config::Rate;
use bluegreen_worker::job::offer::{ArtifactCredentials, InputArtifact};
use bluegreen_worker::ports::{
    ArtifactReader, Artifacts, ByteRange, ETag, Piece, Ports, ReadError,
};
use bluegreen_worker::worker::{self, Context, Tuning};
use jiff::Timestamp;
use serde_json::json;
use simulator::codedeploy;
use simulator::codepipeline::{ActionStatus, JobStatus};
use simulator::faults::{CallRate, Fault, Kind, Occurrence};
use simulator::ledger::{Entry, Outcome};
use simulator::world::World;
use tokio_util::sync::CancellationToken;

use super::many::{account, order};
use crate::support::judge;
use crate::support::{Harness, Worker, tuning};

/// Time until an unacknowledged job is offered again. AWS does not document it;
/// the worker must handle any time.
const REDELIVERY: u64 = 5;

/// Minutes for which old tasks are kept, so that deployments are in progress
/// while others wait for theirs.
const TERMINATION_WAIT: u32 = 2;

/// Tolerance for the time of observations: the calls, and those that share one.
const CALL_TIME: Duration = Duration::from_secs(3);

fn harness(count: usize) -> Harness {
    let mut world = account(count, TERMINATION_WAIT);
    world.codepipeline.settings.redelivery_seconds = REDELIVERY;
    Harness::with(world)
}

/// Every tenth release is deployed. The others are refused, which costs the
/// worker as many calls to CodePipeline and the test less time.
#[tokio::test(start_paused = true)]
async fn of_a_thousand_waiting_jobs_all_are_begun_soon() {
    const COUNT: usize = 1000;
    const DEPLOYED: usize = COUNT / 10;
    let harness = harness(DEPLOYED);
    let refused = order(0).file("taskdef.json", "no task definition");
    for number in 0..COUNT {
        match number % 10 {
            0 => harness.queue(&order(number / 10)),
            _ => harness.queue(&refused),
        };
    }
    let worker = harness.worker();
    until_begun(
        &harness,
        (DEPLOYED, COUNT - DEPLOYED),
        Duration::from_secs(75),
    )
    .await;
    until_over(&harness).await;
    worker.stop().await;
    judge(&harness, DEPLOYED);
}

#[tokio::test(start_paused = true)]
async fn a_codepipeline_that_throttles_loses_nothing_and_is_seldom_asked_in_vain() {
    const COUNT: usize = 150;
    let harness = harness(COUNT);
    harness.world(|world| {
        world.codepipeline.settings.calls_per_second = NonZeroU32::new(4);
    });
    for number in 0..COUNT {
        harness.queue(&order(number));
    }
    let worker = harness.worker();
    // At four calls per second 150 jobs and their polls take 50 seconds.
    until_begun(&harness, (COUNT, 0), Duration::from_secs(100)).await;
    until_over(&harness).await;
    worker.stop().await;
    judge(&harness, COUNT);
    let (throttled, all) = harness.world(|world| {
        let calls = || {
            let calls = world.ledger.entries();
            calls.filter(|call| call.service == "codepipeline")
        };
        let is_throttled =
            |call: &&Entry| call.outcome == Outcome::Error("ThrottlingException".into());
        (calls().filter(is_throttled).count(), calls().count())
    });
    assert!(throttled * 20 <= all, "{throttled} of {all} were throttled");
}

/// CodePipeline's limit is not known (docs/aws.md §1.3), and other callers use
/// it too. One call per second is hardly enough for a poll and the
/// acknowledgement of what it returns, which must not be throttled each time.
#[tokio::test(start_paused = true)]
async fn a_codepipeline_that_accepts_one_call_per_second_has_all_jobs_begun() {
    const COUNT: usize = 30;
    for (redelivery, batch, workers, within) in [
        // A job needs three calls: a share of a poll, its acknowledgement and
        // its first report.
        (1, 100, 1, 200),
        (5, 1, 2, 400),
        (2, 100, 4, 300),
    ] {
        let harness = harness(COUNT);
        harness.world(|world| {
            let settings = &mut world.codepipeline.settings;
            settings.calls_per_second = NonZeroU32::new(1);
            settings.redelivery_seconds = redelivery;
            settings.largest_batch = batch;
        });
        for number in 0..COUNT {
            harness.queue(&order(number));
        }
        let workers: Vec<Worker> = (0..workers).map(|_| harness.worker()).collect();
        until_begun(&harness, (COUNT, 0), Duration::from_secs(within)).await;
        until_over(&harness).await;
        for worker in workers {
            worker.stop().await;
        }
        harness.world(|world| assert_eq!(judge::complaints(world), [""; 0]));
    }
}

/// A hundred jobs need five of the seven seconds.
#[tokio::test(start_paused = true)]
async fn a_worker_that_ends_returns_all_jobs_to_a_codepipeline_that_throttles() {
    const COUNT: usize = 100;
    let harness = harness(COUNT);
    for number in 0..COUNT {
        harness.queue(&order(number));
    }
    let worker = harness.worker();
    until_begun(&harness, (COUNT, 0), Duration::from_secs(60)).await;
    harness.world(|world| {
        world.codepipeline.settings.calls_per_second = NonZeroU32::new(20);
    });
    worker.stop().await;
    let held = harness.world(|world| {
        let jobs = world.codepipeline.jobs().iter();
        jobs.filter(|job| job.status == JobStatus::InProgress)
            .count()
    });
    assert_eq!(held, 0, "jobs were not returned");
}

/// Forty releases on one worker, and six on as many. A report has CodeDeploy
/// throttle reads at about 41 calls per minute (docs/aws.md §5.4).
#[tokio::test(start_paused = true)]
async fn a_codedeploy_that_throttles_delays_releases_and_fails_none() {
    for (count, workers) in [(40, 1), (6, 6)] {
        let harness = harness(count);
        let throttle = Fault {
            service: "codedeploy".into(),
            operation: "*".into(),
            occurrence: Occurrence::Above(CallRate {
                per_minute: 41,
                burst: 10,
            }),
            kind: Kind::Throttle,
        };
        harness
            .world(|world| world.faults.add(throttle))
            .expect("a fault");
        for number in 0..count {
            harness.queue(&order(number));
        }
        let workers: Vec<Worker> = (0..workers).map(|_| harness.worker()).collect();
        until_begun(&harness, (count, 0), Duration::from_secs(15 * 60)).await;
        until_over(&harness).await;
        for worker in workers {
            worker.stop().await;
        }
        harness.world(|world| {
            assert_eq!(judge::complaints(world), [""; 0]);
            let actions = world.codepipeline.actions().iter();
            let succeeded = actions.filter(|action| action.status == ActionStatus::Succeeded);
            assert_eq!(succeeded.count(), count);
            let calls = || {
                let calls = world.ledger.entries();
                calls.filter(|call| call.service == "codedeploy")
            };
            let throttled = calls().filter(|call| call.outcome != Outcome::Ok).count();
            let all = calls().count();
            assert!(throttled * 2 <= all, "{throttled} of {all} were throttled");
        });
    }
}

/// Sixty releases of one pipeline take long to read. A release of another team
/// must start nevertheless.
#[tokio::test(start_paused = true)]
async fn a_pipeline_whose_releases_take_long_does_not_keep_others_waiting() {
    const NOISY: usize = 60;
    let harness = harness(NOISY + 1);
    for number in 0..NOISY {
        harness.queue(&order(number));
    }
    let slow = |ports: Ports| Ports {
        artifacts: Arc::new(SlowArtifacts(ports.artifacts, harness.clock.clone())),
        ..ports
    };
    let ports = harness.ports_through(harness.exchange.http_client());
    let worker = harness.worker_through(slow(ports));
    harness.wait(Duration::from_secs(30)).await;
    let mut declaration = order(NOISY).declaration();
    declaration.pipeline = "quiet".into();
    let queued = harness.clock.now();
    let quiet = harness
        .world(|world| world.queue_action(declaration))
        .expect("a pipeline accepts the action");
    let deployed = |world: &World| {
        let calls = world.ledger.calls("codedeploy", "CreateDeployment");
        let mut of_quiet = calls.filter(|call| {
            let description = call.input["description"].as_str();
            description.is_some_and(|text| text.contains(&quiet))
        });
        of_quiet.next().map(|call| call.at)
    };
    harness.until(|world| deployed(world).is_some()).await;
    let at = harness.world(|world| deployed(world)).expect("it is there");
    let waited = Duration::try_from(at - queued).expect("time goes on");
    assert!(waited <= Duration::from_secs(10), "{waited:?}");
    until_over(&harness).await;
    worker.stop().await;
    judge(&harness, NOISY + 1);
}

/// Artifacts that take ten seconds for each range, except those of the quiet
/// pipeline.
struct SlowArtifacts(Arc<dyn Artifacts>, clock::Clock);

struct SlowReader(Arc<dyn ArtifactReader>, clock::Clock);

impl Artifacts for SlowArtifacts {
    fn open(&self, credentials: &ArtifactCredentials) -> Arc<dyn ArtifactReader> {
        Arc::new(SlowReader(self.0.open(credentials), self.1.clone()))
    }
}

#[async_trait]
impl ArtifactReader for SlowReader {
    async fn read(
        &self,
        artifact: &InputArtifact,
        range: ByteRange,
        pinned: Option<&ETag>,
    ) -> Result<Piece, ReadError> {
        if !artifact.key.starts_with("quiet/") {
            self.1.sleep(Duration::from_secs(10)).await;
        }
        self.0.read(artifact, range, pinned).await
    }
}

/// Waits until this many deployments were made and this many releases refused,
/// within the time limit.
async fn until_begun(harness: &Harness, counts: (usize, usize), within: Duration) {
    let limit = harness.clock.now() + within;
    let begun = || {
        (
            harness.effects("codedeploy", "CreateDeployment"),
            harness.effects("codepipeline", "PutJobFailureResult"),
        )
    };
    while begun() != counts {
        assert!(
            harness.clock.now() < limit,
            "{:?} of {counts:?} are begun after {within:?}, {} acknowledged with {} tries",
            begun(),
            harness.effects("codepipeline", "AcknowledgeJob"),
            harness.world(|world| tries(world)),
        );
        harness.wait(Duration::from_secs(5)).await;
    }
}

fn tries(world: &World) -> usize {
    world.ledger.calls("codepipeline", "AcknowledgeJob").count()
}

async fn until_over(harness: &Harness) {
    let limit = harness.clock.now() + Duration::from_secs(30 * 60);
    let is_over = |world: &mut World| {
        let mut actions = world.codepipeline.actions().iter();
        actions.all(|action| action.status != ActionStatus::InProgress)
    };
    while !harness.world(is_over) {
        assert!(harness.clock.now() < limit, "some never end");
        harness.wait(Duration::from_secs(15)).await;
    }
}

/// Every release has one result, and `deployed` of them one deployment; few
/// acknowledgements were wasted; every deployment was observed on time.
fn judge(harness: &Harness, deployed: usize) {
    harness.world(|world| {
        assert_eq!(judge::complaints(world), [""; 0]);
        let actions = world.codepipeline.actions().iter();
        let succeeded = actions.filter(|action| action.status == ActionStatus::Succeeded);
        assert_eq!(succeeded.count(), deployed);
        let created = world.ledger.effects("codedeploy", "CreateDeployment");
        assert_eq!(created, deployed);
        let all = tries(world);
        let refused = all - world.ledger.effects("codepipeline", "AcknowledgeJob");
        assert!(refused * 20 <= all, "{refused} of {all} were in vain");
        let (longest, deployment) = longest_without_a_look(world);
        let limit = 2 * tuning().observe_interval + CALL_TIME;
        assert!(longest <= limit, "{deployment}: {longest:?}");
    });
}

/// The longest time during which a deployment in progress was not observed.
fn longest_without_a_look(world: &mut World) -> (Duration, String) {
    let mut observations: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for call in world.ledger.entries() {
        let input = &call.input;
        let many = input["deploymentIds"].as_array();
        let ids = many.into_iter().flatten().chain([&input["deploymentId"]]);
        for id in ids.filter_map(|id| id.as_str()) {
            observations.entry(id.to_owned()).or_default().push(call.at);
        }
    }
    let mut gaps = Vec::new();
    for (id, mut observations) in observations {
        let request = json!({ "deploymentId": id });
        let shown = codedeploy::call(world, "GetDeployment", &request).expect("it is there");
        let moment = |name: &str| {
            let seconds = shown["deploymentInfo"][name].as_f64().expect("a moment");
            #[expect(clippy::cast_possible_truncation, reason = "of this century")]
            Timestamp::from_millisecond((seconds * 1000.0) as i64).expect("a date")
        };
        let over = moment("completeTime");
        observations.retain(|at| *at <= over);
        observations.extend([moment("createTime"), over]);
        observations.sort();
        let between = |pair: &[Timestamp]| Duration::try_from(pair[1] - pair[0]);
        let gap = observations
            .windows(2)
            .filter_map(|pair| between(pair).ok())
            .max();
        gaps.push((gap.unwrap_or_default(), id));
    }
    gaps.into_iter().max().unwrap_or_default()
}

/// However long it takes until the next call may be made.
#[tokio::test(start_paused = true)]
async fn a_worker_that_waits_for_its_turn_to_poll_is_alive() {
    let harness = Harness::new();
    let tuning = Tuning {
        max_call_rate: Rate(0.005),
        ..tuning()
    };
    let stop = CancellationToken::new();
    let ports = harness.ports_through(harness.exchange.http_client());
    let clock = harness.clock.clone();
    let context = Context::new(ports, clock, tuning, None, stop.clone());
    let running = context.clone();
    let work = tokio::spawn(async move { worker::run(&running).await });
    for _ in 0..20 {
        harness.wait(Duration::from_secs(30)).await;
        assert!(context.is_alive());
    }
    stop.cancel();
    work.await.expect("a worker does not panic");
}
