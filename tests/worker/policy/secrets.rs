//! The value of an environment variable must not appear in anything that the
//! worker writes, whatever rules and programs do with it: log, messages, output
//! variables, metrics, journal and page.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bluegreen_worker::policy::Gate;
use bluegreen_worker::telemetry::is_enabled;
use bluegreen_worker::worker::{self, Context};
use metrics_exporter_prometheus::PrometheusBuilder;
use parking_lot::Mutex;
use serde_json::json;
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::ecs;
use tokio_util::sync::CancellationToken;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::open;
use super::terms::gate;
use crate::support::play::{Journal, Scene, slow_tuning, world};
use crate::support::{APPSPEC, Harness, Order, TASKDEF};

const SECRET: &str = "s3cr3t/T0ken+with=signs-and-more";

/// Longest piece of it that may appear, in any encoding.
const PIECE: usize = 16;

/// Each rule transforms the value in another way.
const RULES: &str = r#"package main

value := input.taskDefinition.containerDefinitions[0].environment[0].value

warn contains value

warn contains sprintf("it is %v", [{"value": value}])

warn contains json.marshal(input.taskDefinition.containerDefinitions[0].environment)

warn contains base64.encode(value)

warn contains base64.encode(concat("", ["x", value, "y"]))

warn contains base64.encode(concat("", ["xy", value]))

warn contains base64url.encode(value)

warn contains hex.encode(value)

warn contains urlquery.encode(value)

warn contains upper(value)

warn contains lower(value)

warn contains substring(value, 3, 25)

warn contains concat(" ", split(value, ""))

warn contains {"msg": "a path", "path": concat(".", ["appSpec", value])}

warn contains {"msg": "another path", "path": concat("/", ["/deployment", base64.encode(value)])}

warn contains {"msg": "a remedy", "remedy": value}

warn contains {"msg": "a name", "rule": value}

warn contains concat("", [concat("", [x | some n in numbers.range(1, 480); x := "-"]), value])

warn contains concat("", [concat("", [x | some n in numbers.range(1, 985); x := "-"]), value])
"#;

/// An evaluation that fails on the value, with an error that quotes it.
const FAILS: &str = r#"package main

deny contains "a product" if {
	input.taskDefinition.containerDefinitions[0].environment[0].value * 2 > 1
}
"#;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Captures the log at every level.
fn listen(log: &Log) -> DefaultGuard {
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(log.clone())
        .with_filter(FilterFn::new(is_enabled));
    let registry = tracing_subscriber::registry().with(lines);
    tracing::subscriber::set_default(registry)
}

fn with_secret() -> Order {
    let taskdef = TASKDEF.replace("\"hello\"", &format!("\"{SECRET}\""));
    Order::default().file("taskdef.json", &taskdef)
}

/// Runs the release. Returns what the pipeline shows and everything that the
/// worker wrote.
async fn released(gate: Gate, order: &Order, harness: &Harness) -> (ActionView, Vec<String>) {
    let log = Log::default();
    let listening = listen(&log);
    let recorder = PrometheusBuilder::new().build_recorder();
    let counted = recorder.handle();
    let counting = metrics::set_default_local_recorder(&recorder);
    let place = tempfile::tempdir().expect("a directory");
    let journal = harness.open(&Journal::Directory(place.path().to_owned()), &harness.clock);
    let drain = CancellationToken::new();
    let ports = harness.ports_through(harness.exchange.http_client());
    let context = Context::new(
        ports,
        harness.clock.clone(),
        slow_tuning(),
        journal,
        drain.clone(),
    );
    let context = context.with_policy(gate);
    let action = harness.queue(order);
    let work = tokio::spawn({
        let context = context.clone();
        async move { worker::run(&context).await }
    });
    let mut said = Vec::new();
    while harness.status(&action) == ActionStatus::InProgress {
        harness.wait(Duration::from_secs(5)).await;
        said.push(format!("{:?}", context.releases()));
        said.extend(files(place.path()));
    }
    let view = harness.end_of(&action).await;
    drain.cancel();
    work.await.expect("a worker does not panic");
    drop((counting, listening));
    said.push(counted.render());
    said.push(format!("{view:?}"));
    said.extend(harness.world(|world| {
        let reports = world
            .codepipeline
            .actions()
            .iter()
            .map(|action| format!("{:?}", action.reports));
        reports.collect::<Vec<_>>()
    }));
    let logged = log.0.lock();
    let logged = String::from_utf8_lossy(&logged).into_owned();
    assert!(logged.contains("DEBUG") && logged.contains("CreateDeployment"));
    said.push(logged);
    (view, said)
}

fn files(place: &Path) -> Vec<String> {
    let entries = fs::read_dir(place).expect("a directory").flatten();
    let read = entries.filter_map(|entry| fs::read(entry.path()).ok());
    read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect()
}

/// Letters and digits in lower case.
fn reduced(text: &str) -> String {
    let kept = text.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

fn assert_not_revealed(said: &[String]) {
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    let spellings = [
        reduced(SECRET),
        hex,
        // Encoded by another program: base64 of the value, and of the value
        // after one and two other characters.
        reduced("czNjcjN0L1Qwa2VuK3dpdGg9c2lnbnMtYW5kLW1vcmU"),
        reduced("MzY3IzdC9UMGtlbit3aXRoPXNpZ25zLWFuZC1tb3Jl"),
        reduced("zM2NyM3QvVDBrZW4rd2l0aD1zaWducy1hbmQtbW9yZ"),
    ];
    for text in said {
        let shown = reduced(text);
        for spelling in &spellings {
            for start in 0..=spelling.len() - PIECE {
                let piece = &spelling[start..start + PIECE];
                if let Some(at) = shown.find(piece) {
                    let around = &shown[at.saturating_sub(200)..(at + 100).min(shown.len())];
                    panic!("{piece} of {spelling} was told: {around}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_is_not_revealed_however_rules_transform_it() {
    let gate = open(&[("team.rego", RULES)], "").expect("it loads");
    let harness = Harness::with(world(Scene::Good));
    let (view, said) = released(gate, &with_secret(), &harness).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let findings = &view.output_variables["PolicyFindings"];
    assert!(findings.contains("(value of GREETING)"), "{findings}");
    assert_not_revealed(&said);
}

/// As errors of a refused release, whose message has room for more.
#[tokio::test(start_paused = true)]
async fn a_refusal_reveals_no_value() {
    let denies = RULES.replace("warn contains", "deny contains");
    let gate = open(&[("team.rego", &denies)], "").expect("it loads");
    let harness = Harness::with(world(Scene::Good));
    let (view, said) = refused(gate, &with_secret(), &harness).await;
    let message = view.error.expect("a reason").message;
    assert!(message.contains("(value of GREETING)"), "{message}");
    assert_not_revealed(&said);
}

async fn refused(gate: Gate, order: &Order, harness: &Harness) -> (ActionView, Vec<String>) {
    let log = Log::default();
    let listening = listen(&log);
    let worker = super::start(harness, gate);
    let view = harness.end_of(&harness.queue(order)).await;
    super::stop(worker).await;
    drop(listening);
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let logged = log.0.lock();
    let logged = String::from_utf8_lossy(&logged).into_owned();
    let said = vec![format!("{view:?}"), logged];
    (view, said)
}

#[tokio::test(start_paused = true)]
async fn an_evaluation_error_reveals_no_value() {
    let gate = open(&[("team.rego", FAILS)], "").expect("it loads");
    let harness = Harness::with(world(Scene::Good));
    let (view, said) = refused(gate, &with_secret(), &harness).await;
    let message = view.error.expect("a reason").message;
    assert!(message.contains("data.main.deny"), "{message}");
    assert_not_revealed(&said);
}

#[tokio::test(start_paused = true)]
async fn a_program_reveals_no_value() {
    let script = r#"v=$(sed 's/.*"name":"GREETING","value":"\([^"]*\)".*/\1/'); echo "[\"$v\", {\"msg\": \"m\", \"remedy\": \"$v\", \"rule\": \"$v\", \"path\": \"appSpec.$v\"}]""#;
    let script = script.replace('\\', "\\\\").replace('"', "\\\"");
    let terms =
        format!("[[checks]]\nname = \"own\"\ncommand = [\"/bin/sh\", \"-c\", \"{script}\"]\n");
    let harness = Harness::with(world(Scene::Good));
    let (view, said) = refused(gate(&[], "", &terms), &with_secret(), &harness).await;
    let message = view.error.expect("a reason").message;
    assert!(message.contains("(value of GREETING)"), "{message}");
    assert_not_revealed(&said);
}

/// Each of these rules fails, and an author may bring thousands.
#[tokio::test(start_paused = true)]
async fn rules_of_an_artifact_that_fail_do_not_fill_the_log() {
    let rules: String = (0..5_000).map(|n| format!("deny_{n} := 1\n")).collect();
    let order = Order::default().file("release.rego", &format!("package main\n{rules}"));
    let terms = "artifact_policy = \"release.rego\"\n";
    let harness = Harness::with(world(Scene::Good));
    let (view, said) = refused(gate(&[], "", terms), &order, &harness).await;
    let message = view.error.expect("a reason").message;
    assert!(message.contains("release.rego:2: `deny_0`"), "{message}");
    for text in said {
        let times = text.matches("could not be evaluated").count();
        assert!(times < 200, "{times} times in {} bytes", text.len());
    }
}

/// The running revision, and one that only the AppSpec names, belong to others.
#[tokio::test(start_paused = true)]
async fn rules_of_an_artifact_are_not_shown_what_others_run() {
    let own = r#"package main

warn contains json.marshal(object.get(input, "previous", "nothing"))

warn contains concat("", split(json.marshal(input.taskDefinition.containerDefinitions[0].environment), "-"))
"#;
    let terms = "artifact_policy = \"release.rego\"\n";
    let harness = Harness::with(world(Scene::Good));
    let first = open(&[], "all=warn").expect("controls");
    let _ = released(first, &with_secret(), &harness).await;
    let named = APPSPEC.replace("<TASK_DEFINITION>", "webapp:2");
    let described = harness.world(|world| {
        ecs::call(
            world,
            "DescribeTaskDefinition",
            &json!({ "taskDefinition": "webapp:2" }),
        )
    });
    assert!(described.expect("it is there").to_string().contains(SECRET));
    let from_app_spec = Order::default()
        .option("TaskDefinition=FromAppSpec")
        .file("appspec.yaml", &named);
    for (order, is_own) in [(Order::default(), true), (from_app_spec, false)] {
        let order = order.file("release.rego", own);
        let (view, said) = released(gate(&[], "", terms), &order, &harness).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
        let findings = &view.output_variables["PolicyFindings"];
        assert!(
            findings.contains("nothing") && findings.contains("GREETING"),
            "{findings}"
        );
        assert_eq!(
            findings.contains("(value of GREETING)"),
            is_own,
            "{findings}"
        );
        assert_not_revealed(&said);
    }
}
