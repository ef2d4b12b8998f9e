//! Whole releases over HTTP with the real adapters. Every exchange is recorded
//! and then checked by `tests/wire/check.py` against AWS's own service models:
//! neither the worker nor the simulator may send what AWS would not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bluegreen_worker::aws;
use bluegreen_worker::config::Rate;
use bluegreen_worker::job::Engine;
use bluegreen_worker::job::action_type::{PROVIDER, definitions};
use bluegreen_worker::worker::{self, Context, Tuning};
use clock::Clock;
use serde_json::{Value, json};
use simulator::archive;
use simulator::cloudwatch::AlarmState;
use simulator::codepipeline::{
    ActionDeclaration, ActionStatus, ActionTypeId, ActionView, InputArtifact, Source,
};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::s3::Content;
use simulator::wire::{Options, Recorder, Simulator};
use simulator::world::{REGION, World};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// At this speed a release of a quarter of an hour takes a second.
const SPEED: f64 = 1_000.0;

#[tokio::test]
async fn a_good_release_says_nothing_that_aws_would_not() {
    let harness = Harness::set().await;
    let action = harness.queue(&bundle());
    let view = harness.end_of(&action).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(view.output_variables["PolicyFindings"], "[]");
    harness.strike_and_check().await;
}

#[tokio::test]
async fn nor_does_a_refused_one() {
    let harness = Harness::set().await;
    let mut files = bundle();
    files.insert("taskdef.json".into(), "{ \"family\": }".into());
    let action = harness.queue(&files);
    let view = harness.end_of(&action).await;
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "ConfigurationError");
    harness.strike_and_check().await;
}

#[tokio::test]
async fn nor_one_that_is_rolled_back() {
    let harness = Harness::set().await;
    let action = harness.queue(&bundle());
    // Waits for the deployment's first report, long before traffic moves.
    while harness.view(&action).external_execution_id.is_none() {
        harness.clock.sleep(Duration::from_secs(1)).await;
    }
    harness.world(|world| world.set_alarm("webapp-errors", AlarmState::Alarm));
    let view = harness.end_of(&action).await;
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "JobFailed");
    assert!(error.message.contains("ALARM_ACTIVE"), "{}", error.message);
    harness.strike_and_check().await;
}

#[tokio::test]
async fn nor_one_that_is_throttled_at_every_call() {
    let harness = Harness::set().await;
    let calls = [
        ("codepipeline", "PollForJobs"),
        ("codepipeline", "AcknowledgeJob"),
        ("codepipeline", "PutJobSuccessResult"),
        ("codedeploy", "GetDeploymentGroup"),
        ("codedeploy", "CreateDeployment"),
        ("codedeploy", "GetDeployment"),
        ("ecs", "DescribeServices"),
        ("ecs", "RegisterTaskDefinition"),
        ("s3", "GetObject"),
    ];
    for (service, operation) in calls {
        let fault = Fault {
            service: service.into(),
            operation: operation.into(),
            occurrence: Occurrence::Next(1),
            kind: Kind::Throttle,
        };
        harness
            .world(|world| world.faults.add(fault))
            .expect("room");
    }
    let action = harness.queue(&bundle());
    let view = harness.end_of(&action).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let left = harness.world(|world| world.faults.pending().cloned().collect::<Vec<_>>());
    assert!(left.is_empty(), "never called: {left:?}");
    harness.strike_and_check().await;
}

/// A simulator on loopback and a worker that uses it.
struct Harness {
    simulator: Simulator,
    clock: Clock,
    drain: CancellationToken,
    worker: JoinHandle<()>,
    folder: TempDir,
}

impl Harness {
    async fn set() -> Self {
        let now = Clock::system().now();
        let clock = Clock::simulated(now, SPEED);
        let world = World::webapp(now, &definitions(REGION));
        let (region, key) = (world.region.clone(), world.keys.account.clone());
        let folder = tempfile::tempdir().expect("a folder");
        let record = File::create(folder.path().join("exchanges")).expect("a file");
        let options = Options {
            recorder: Some(Recorder::new(record)),
            ..Options::default()
        };
        let simulator = Simulator::start(world, clock.clone(), options)
            .await
            .expect("a free port");
        let config = aws::connect_to(
            &simulator.url(),
            &region,
            (&key.access_key_id, &key.secret_access_key),
            aws::http_client(None, None),
        );
        let ports = aws::ports(&config, &[Engine::CodeDeploy.into()], None, true, &clock);
        let drain = CancellationToken::new();
        let context = Context::new(ports, clock.clone(), tuning(), None, drain.clone());
        Self {
            simulator,
            clock,
            drain,
            worker: tokio::spawn(async move { worker::run(&context).await }),
            folder,
        }
    }

    fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let world = self.simulator.world();
        let mut world = world.lock();
        world.follow(self.clock.now());
        look(&mut world)
    }

    fn queue(&self, files: &BTreeMap<String, String>) -> String {
        let archive = archive::zip(files).expect("an archive");
        let configuration = [
            ("ApplicationName", "webapp"),
            ("DeploymentGroupName", "webapp"),
            ("TaskDefinitionTemplateArtifact", "Bundle"),
            ("AppSpecTemplateArtifact", "Bundle"),
            ("Image1ArtifactName", "Bundle"),
            ("Image1ContainerName", "IMAGE1_NAME"),
        ];
        let declaration = ActionDeclaration {
            action_type: ActionTypeId::custom("Deploy", PROVIDER, "1"),
            pipeline: "shop".into(),
            stage: "Deploy".into(),
            action: "Release".into(),
            execution: None,
            configuration: configuration.map(|(k, v)| (k.into(), v.into())).into(),
            inputs: vec![InputArtifact {
                name: "Bundle".into(),
                source: Source::Content(Content::from(archive)),
            }],
            encryption_key: None,
        };
        self.world(|world| world.queue_action(declaration))
            .expect("a pipeline accepts the action")
    }

    fn view(&self, action: &str) -> ActionView {
        self.world(|world| world.codepipeline.view(action))
            .expect("it was queued")
    }

    async fn end_of(&self, action: &str) -> ActionView {
        let limit = self.clock.now() + Duration::from_secs(24 * 3600);
        loop {
            let view = self.view(action);
            if view.status != ActionStatus::InProgress {
                return view;
            }
            assert!(self.clock.now() < limit, "it never ends: {view:#?}");
            self.clock.sleep(Duration::from_secs(10)).await;
        }
    }

    /// Stops everything and checks the recorded exchanges.
    async fn strike_and_check(self) {
        self.drain.cancel();
        self.worker.await.expect("a worker does not panic");
        let record = self.folder.path().join("exchanges");
        let keys = access_keys(&fs::read_to_string(&record).expect("the record"));
        let world = self.simulator.world();
        self.simulator.shutdown().await;
        let secrets = {
            let world = world.lock();
            secrets(&world, &keys)
        };
        assert!(
            keys.iter().any(|key| key.starts_with("ASIA")),
            "artifacts are read with the job's own key: {keys:?}"
        );
        let file = self.folder.path().join("secrets");
        fs::write(&file, secrets.to_string()).expect("written");
        check(&record, &file);
    }
}

/// The worker's defaults.
fn tuning() -> Tuning {
    Tuning {
        poll_interval: Duration::from_secs(5),
        observe_interval: Duration::from_secs(10),
        watch: Duration::from_secs(20),
        max_call_rate: Rate(40.0),
        max_jobs: 10,
    }
}

fn bundle() -> BTreeMap<String, String> {
    [
        (
            "taskdef.json",
            include_str!("../../examples/webapp/taskdef.json"),
        ),
        (
            "appspec.yaml",
            include_str!("../../examples/webapp/appspec.yaml"),
        ),
        (
            "imageDetail.json",
            include_str!("../../examples/webapp/imageDetail.json"),
        ),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into()
}

/// Every access key that signed a recorded request.
fn access_keys(record: &str) -> BTreeSet<String> {
    let key = |line: &str| {
        let exchange: Value = serde_json::from_str(line).expect("a line of JSON");
        let authorization = exchange["request"]["headers"]["authorization"].as_str()?;
        let (_, credential) = authorization.split_once("Credential=")?;
        Some(credential.split_once('/')?.0.to_owned())
    };
    record.lines().filter_map(key).collect()
}

/// The secrets of those keys, to verify the signatures.
fn secrets(world: &World, keys: &BTreeSet<String>) -> Value {
    let account = &world.keys.account;
    keys.iter()
        .map(|key| {
            let secret = match world.keys.session(key) {
                Some(session) => json!({
                    "secret_access_key": session.secret_access_key,
                    "session_token": session.session_token,
                }),
                None => json!({ "secret_access_key": account.secret_access_key }),
            };
            (key.clone(), secret)
        })
        .collect()
}

/// Checks both sides of every exchange.
fn check(record: &Path, secrets: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join(".tools/python/bin/python");
    if !python.exists() {
        return without_checker();
    }
    let output = Command::new(python)
        .arg(root.join("tests/wire/check.py"))
        .arg("--secrets")
        .args([secrets, record])
        .output()
        .expect("the checker starts");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// If the checker is not installed, the release has still been run.
#[expect(
    clippy::print_stderr,
    reason = "whoever runs the test should know what was not checked"
)]
fn without_checker() {
    let is_ci = std::env::vars_os().any(|(name, value)| name == "CI" && value == "true");
    assert!(!is_ci, "the checker is not installed: run tests/run wire");
    eprintln!("the exchanges were not checked; `tests/run wire` installs the checker");
}
