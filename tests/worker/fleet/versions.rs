//! One worker that takes jobs of both versions of the action type, and workers
//! of two builds.

use std::time::Duration;

use bluegreen_worker::job::{ActionVersion, Engine};
use serde_json::{Value, json};
use simulator::codepipeline::{self, ActionStatus, ActionTypeId};
use simulator::world::World;

use super::{healthy_ports, journal, noted, start};
use crate::support::play::{self, BUCKET, Journal, LEASE, Life, Scene, slow_tuning};
use crate::support::{Harness, Order};

const MINUTE: Duration = Duration::from_secs(60);

async fn worker_of_both(harness: &Harness) -> Life {
    let versions = Engine::ALL.map(ActionVersion::from);
    let ports = harness.ports_of(harness.exchange.http_client(), &versions);
    start(harness, ports, slow_tuning(), &Journal::None).await
}

/// An action of version 2 that names no service, which needs no deployment to
/// be refused.
fn queue_unfinished(harness: &Harness) -> String {
    let mut declaration = Order::default().declaration();
    declaration.action_type = ActionTypeId::custom("Deploy", "RustBlueGreenDeploy", "2");
    declaration.configuration = [
        ("ClusterName", "demo"),
        ("ServiceName", "not a name"),
        ("TaskDefinitionTemplateArtifact", "Bundle"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    harness
        .world(|world| world.queue_action(declaration))
        .expect("a pipeline accepts the action")
}

/// How many polls for a version CodePipeline has received, refused ones too.
fn polls(world: &World, version: &str) -> usize {
    let entries = world.ledger.entries();
    let polls = entries.filter(|entry| entry.operation == "PollForJobs");
    polls
        .filter(|entry| entry.input["actionTypeId"]["version"] == version)
        .count()
}

#[tokio::test(start_paused = true)]
async fn jobs_of_both_versions_are_taken() {
    let harness = Harness::with(play::world(Scene::Good));
    let (first, second) = (harness.queue(&Order::default()), queue_unfinished(&harness));
    let worker = worker_of_both(&harness).await;
    let view = harness.end_of(&second).await;
    assert_eq!(view.status, ActionStatus::Failed);
    let message = format!("{view:?}");
    assert!(
        message.contains("ServiceName: “not a name” cannot be"),
        "{message}"
    );
    assert_eq!(harness.end_of(&first).await.status, ActionStatus::Succeeded);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_version_is_polled_once_per_interval() {
    let harness = Harness::with(play::world(Scene::Good));
    let worker = worker_of_both(&harness).await;
    harness.wait(20 * MINUTE).await;
    worker.stop().await;
    let intervals = 20 * 60 / 20;
    let counts = harness.world(|world| ["1", "2"].map(|version| polls(world, version)));
    assert!(counts[0].abs_diff(counts[1]) <= 2, "{counts:?}");
    assert!(
        counts[0].abs_diff(intervals) <= intervals / 10,
        "{counts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_not_registered_does_not_hold_up_the_other() {
    let harness = Harness::with(play::world(Scene::Good));
    harness.world(|world| {
        let second =
            json!({ "category": "Deploy", "provider": "RustBlueGreenDeploy", "version": "2" });
        codepipeline::call(world, "DeleteCustomActionType", &second).expect("it is there");
    });
    let worker = worker_of_both(&harness).await;
    harness.wait(20 * MINUTE).await;
    let failure = worker.health.failure().expect("version 2 fails");
    assert!(failure.contains("ActionTypeNotFoundException"), "{failure}");
    let action = harness.queue(&Order::default());
    assert_eq!(
        harness.end_of(&action).await.status,
        ActionStatus::Succeeded
    );
    worker.stop().await;
    let counts = harness.world(|world| ["1", "2"].map(|version| polls(world, version)));
    assert!(counts[0] >= 55, "every 20 seconds: {counts:?}");
    assert!(
        (15..30).contains(&counts[1]),
        "about once a minute: {counts:?}"
    );
}

/// What a worker of a newer build says to CodePipeline.
fn call(world: &mut World, operation: &str, input: &Value) -> Value {
    codepipeline::call(world, operation, input).expect("a newer worker knows how")
}

/// The newer worker is offered the next job and acknowledges it.
fn newer_worker_claims(world: &mut World) -> Value {
    let action_type = json!({
        "category": "Deploy", "owner": "Custom",
        "provider": "RustBlueGreenDeploy", "version": "1",
    });
    let offer = call(
        world,
        "PollForJobs",
        &json!({ "actionTypeId": action_type }),
    );
    let job = offer["jobs"][0].clone();
    let claim = json!({ "jobId": job["id"], "nonce": job["nonce"] });
    call(world, "AcknowledgeJob", &claim);
    job
}

fn newer_worker_hands_back(world: &mut World, token: &str) {
    let job = newer_worker_claims(world);
    let report = json!({ "jobId": job["id"], "continuationToken": token });
    call(world, "PutJobSuccessResult", &report);
}

/// A member that was added to a version, as `in_order` once was to version 1.
const WITH_A_NEW_MEMBER: &str =
    r#"{"v":1,"since":"1970-01-01T00:00:00Z","percent":1,"in_a_new_way":true}"#;

#[tokio::test(start_paused = true)]
async fn a_token_of_a_newer_worker_is_left_to_it() {
    for token in [r#"{"v":99,"new":true}"#, WITH_A_NEW_MEMBER] {
        let harness = Harness::with(play::world(Scene::Good));
        let action = harness.queue(&Order::default());
        harness.world(|world| newer_worker_hands_back(world, token));
        let (place, journal) = journal();
        let worker = start(&harness, healthy_ports(&harness), slow_tuning(), &journal).await;
        harness.wait(10 * MINUTE).await;
        assert_eq!(harness.status(&action), ActionStatus::InProgress);
        assert_eq!(harness.effects("codepipeline", "AcknowledgeJob"), 0);
        assert_eq!(noted(&place), 0);
        worker.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_damaged_token_fails_the_release_and_says_so() {
    let harness = Harness::with(play::world(Scene::Good));
    let action = harness.queue(&Order::default());
    harness.world(|world| newer_worker_hands_back(world, r#"{"v":1,"since":"never"}"#));
    let worker = start(
        &harness,
        healthy_ports(&harness),
        slow_tuning(),
        &Journal::None,
    )
    .await;
    let error = harness.end_of(&action).await.error.expect("a reason");
    assert!(
        error.message.contains("token is damaged or forged"),
        "{}",
        error.message
    );
    worker.stop().await;
}

/// The newer worker dies with a job in the fleet's journal. An older worker
/// finds the job first, and must not keep it from other newer workers.
#[tokio::test(start_paused = true)]
async fn an_unfinished_job_of_a_newer_worker_is_left_to_another_newer_one() {
    let harness = Harness::with(play::world(Scene::Good));
    let action = harness.queue(&Order::default());
    harness.world(|world| newer_worker_hands_back(world, WITH_A_NEW_MEMBER));
    // CodePipeline offers the next job after a while.
    harness.wait(MINUTE).await;
    let job = harness.world(|world| {
        let job = newer_worker_claims(world);
        let id = job["id"].as_str().expect("an id").to_owned();
        let entry = json!({
            "worker": "newer",
            "entry": {
                "v": 1, "job": id, "nonce": job["nonce"], "account": job["accountId"],
                "pipeline": "shop", "since": "1970-01-01T00:00:00Z", "stage": "Claimed",
            },
        });
        let (now, key) = (world.now(), format!("fleet/jobs/{id}.json"));
        let (s3, names) = (&mut world.s3, &mut world.names);
        s3.create_bucket(BUCKET);
        let put = s3.put(names, now, (BUCKET, &key), entry.to_string().into_bytes());
        put.expect("the bucket is there");
        id
    });
    let in_bucket = Journal::Bucket(harness.exchange.http_client());
    let older = start(&harness, healthy_ports(&harness), slow_tuning(), &in_bucket).await;
    harness.wait(3 * LEASE).await;
    let newer = harness.open(&in_bucket, &harness.clock).expect("a journal");
    let taken = newer.take_over(&|_| false, 10).await.expect("it is read");
    let jobs: Vec<&str> = taken.entries.iter().map(|it| it.job.as_str()).collect();
    assert_eq!(jobs, [job]);
    assert_eq!(harness.status(&action), ActionStatus::InProgress);
    older.stop().await;
}
