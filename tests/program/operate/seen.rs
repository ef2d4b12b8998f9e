//! Metrics, log and traces of a worker after a real release.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use clock::Clock;
use parking_lot::Mutex;
use serde_json::{Value, json};
use simulator::codepipeline::ActionStatus;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::account::{Account, LONGEST};

const TASK: &str = "arn:aws:ecs:eu-west-1:111122223333:task/ops/cd189a933e58";

/// The services near a worker in an ECS task: the agent, and a trace collector
/// as a sidecar.
#[derive(Clone, Default)]
struct ReleaseTarget {
    exports: Arc<Mutex<Vec<Value>>>,
}

impl ReleaseTarget {
    async fn start(&self) -> String {
        let routes = Router::new()
            .route("/v4/{container}", get(agent))
            .route("/v1/traces", post(collect))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}")
    }

    /// Every exported span by name, in the order of their ends.
    fn spans(&self) -> Vec<Value> {
        let exports = self.exports.lock();
        let scopes = exports
            .iter()
            .map(|export| &export["resourceSpans"][0]["scopeSpans"][0]);
        scopes
            .flat_map(|scope| scope["spans"].as_array().expect("spans").clone())
            .collect()
    }
}

async fn agent(Path(container): Path<String>) -> String {
    assert_eq!(container, "cd189a933e58-2495160603");
    let answer = json!({
        "DockerId": container,
        "Name": "worker",
        "Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/bluegreen-worker:1",
        "Labels": {
            "com.amazonaws.ecs.cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/ops",
            "com.amazonaws.ecs.container-name": "worker",
            "com.amazonaws.ecs.task-arn": TASK,
            "com.amazonaws.ecs.task-definition-family": "bluegreen-worker",
            "com.amazonaws.ecs.task-definition-version": "7",
        },
        "DesiredStatus": "RUNNING",
        "Limits": { "CPU": 256, "Memory": 512 },
        "LaunchType": "FARGATE",
    });
    answer.to_string()
}

async fn collect(
    State(target): State<ReleaseTarget>,
    headers: HeaderMap,
    body: String,
) -> &'static str {
    assert_eq!(headers["api-key"], "k 1");
    assert_eq!(headers["content-type"], "application/json");
    let export = serde_json::from_str(&body).expect("JSON");
    let mut exports = target.exports.lock();
    exports.push(export);
    "{}"
}

pub(crate) async fn page(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    body.to_owned()
}

/// Names and label names of the metrics in the documentation for operators.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let page = include_str!("../../../docs/operating.md");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `bluegreen_"));
    rows.map(|row| {
        let name = row.split('`').next().unwrap_or_default();
        let (name, labels) = name.split_once('{').unwrap_or((name, ""));
        let labels = labels.trim_end_matches('}').split(',');
        let labels = labels.filter(|label| !label.is_empty()).map(str::to_owned);
        (format!("bluegreen_{name}"), labels.collect())
    })
    .collect()
}

/// Names and label names of the exported metrics.
fn exported(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        found.insert(
            line.split(' ').next().unwrap_or_default().to_owned(),
            BTreeSet::new(),
        );
    }
    for line in page.lines().filter(|line| line.starts_with("bluegreen_")) {
        let (name, labels) = line.split_once('{').unwrap_or((line, ""));
        let name = name.split(' ').next().unwrap_or_default();
        let known = ["", "_bucket", "_sum", "_count"].iter();
        let mut known = known.filter_map(|end| name.strip_suffix(end));
        let labels = labels
            .split("\"")
            .step_by(2)
            .filter_map(|part| part.strip_suffix('='));
        let labels = labels.map(|label| label.trim_start_matches(',').to_owned());
        let name = known
            .find(|name| found.contains_key(*name))
            .expect("it has a type")
            .to_owned();
        let all = found.entry(name).or_default();
        all.extend(labels.filter(|label| label != "le"));
    }
    found
}

fn attributes(holder: &Value) -> BTreeMap<&str, &Value> {
    let list = holder["attributes"].as_array().expect("attributes");
    let pairs = list.iter().map(|one| {
        let value = one["value"].as_object().expect("a value");
        (
            one["key"].as_str().expect("a name"),
            value.values().next().expect("one"),
        )
    });
    pairs.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_seen_in_metrics_log_and_traces() {
    let account = Account::new().await;
    let rules = "package main\n\nwarn contains \"look twice\" if true\n";
    std::fs::write(account.folder.path().join("team.rego"), rules).expect("written");
    let journal = account.folder.path().join("journal");
    account.settings(&format!("policy = \"team.rego\"\njournal = {journal:?}\n"));
    let target = ReleaseTarget::default();
    let url = target.start().await;
    let agent = format!("{url}/v4/cd189a933e58-2495160603");
    let mut worker = account.worker(&[
        ("ECS_CONTAINER_METADATA_URI_V4", &agent),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=k%201"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test"),
    ]);
    let line = worker.logged("serving health, readiness and metrics").await;
    let words = format!(
        "ecs.cluster=arn:aws:ecs:eu-west-1:111122223333:cluster/ops ecs.task={TASK} \
         ecs.task_definition=bluegreen-worker:7 ecs.container=worker"
    );
    assert!(line.ends_with(&words), "{line}");
    let (_, address) = line.split_once("address=").expect("an address");
    let address = address.split(' ').next().expect("an address").to_owned();

    let action = account.queue();
    let is_followed = async {
        loop {
            let page = page(&address, "/metrics").await;
            let lines = [
                "bluegreen_journal_entries 1\n",
                "bluegreen_deployments_in_flight 1\n",
            ];
            let is_old = !page.contains("bluegreen_oldest_job_seconds 0\n");
            if is_old && lines.iter().all(|line| page.contains(line)) {
                break;
            }
            Clock::system().sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONGEST, is_followed).await.expect("a job is at it");
    let end = account.end_of(&action).await;
    assert_eq!(end.status, ActionStatus::Succeeded, "{end:#?}");
    worker.logged("the release is live").await;
    let after = page(&address, "/metrics").await;
    for line in [
        "bluegreen_releases_total{end=\"Succeeded\"} 1",
        "bluegreen_deployments_total 1",
        "bluegreen_seconds_to_deployment_count 1",
        "operation=\"CreateDeployment\",outcome=\"Ok\"} 1",
    ] {
        assert!(after.contains(line), "{line}\n{after}");
    }
    // Metrics that a good release does not have, and labels that only ECS adds.
    let mut documented = documented();
    for absent in ["bluegreen_abandoned_total", "bluegreen_api_errors_total"] {
        documented.remove(absent).expect(absent);
    }
    let info = documented.get_mut("bluegreen_info").expect("a row");
    info.extend(["cluster", "task", "task_definition", "container"].map(str::to_owned));
    assert_eq!(exported(&after), documented);
    worker.stops().await;
    is_one_trace(&target, &end.action_execution_id);
}

/// Checks that the release's spans form one trace, down to the calls.
fn is_one_trace(target: &ReleaseTarget, key: &str) {
    let spans = target.spans();
    let traces: BTreeSet<&str> = spans
        .iter()
        .map(|span| span["traceId"].as_str().expect("an id"))
        .collect();
    assert_eq!(traces.len(), 1, "one release, one trace");
    let ids: BTreeSet<&str> = spans
        .iter()
        .filter_map(|span| span["spanId"].as_str())
        .collect();
    let is_root = |span: &&Value| span["parentSpanId"].is_null();
    let roots: Vec<&Value> = spans.iter().filter(is_root).collect();
    let [release] = roots.as_slice() else {
        panic!("one span is the whole release: {roots:#?}");
    };
    let said = attributes(release);
    assert_eq!(said["action.execution"], key);
    assert_eq!(said["end"], "Succeeded");
    for span in &spans {
        let parent = span["parentSpanId"].as_str();
        assert!(parent.is_none_or(|parent| ids.contains(parent)), "{span:#}");
    }
    let names: BTreeSet<&str> = spans
        .iter()
        .filter_map(|span| span["name"].as_str())
        .collect();
    for name in [
        "job",
        "codedeploy:CreateDeployment",
        "ecs:RegisterTaskDefinition",
    ] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    assert!(!names.contains("codepipeline:PollForJobs"), "{names:?}");
    let exports = target.exports.lock();
    let said = attributes(&exports[0]["resourceSpans"][0]["resource"]);
    assert_eq!(said["service.name"], "bluegreen-worker");
    assert_eq!(said["aws.ecs.task.arn"], TASK);
    assert_eq!(said["deployment.environment"], "test");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_json_has_the_task_too_and_an_agent_or_a_collector_that_is_gone_ends_nothing() {
    let account = Account::new().await;
    let url = ReleaseTarget::default().start().await;
    let agent = format!("{url}/v4/cd189a933e58-2495160603");
    let json = ("BLUEGREEN_LOG_FORMAT", "json");
    let mut worker = account.worker(&[("ECS_CONTAINER_METADATA_URI_V4", &agent), json]);
    let line = worker.logged("serving health, readiness and metrics").await;
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["ecs.task"], TASK);
    assert_eq!(line["ecs.task_definition"], "bluegreen-worker:7");
    assert_eq!(line["level"], "INFO");
    worker.stops().await;

    // No server listens at these addresses.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let nobody = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let mut worker = account.worker(&[
        ("ECS_CONTAINER_METADATA_URI_V4", &nobody),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &nobody),
        ("OTEL_TRACES_SAMPLER", "xray"),
    ]);
    worker.logged("the ECS task is unknown").await;
    worker.logged("OTEL_TRACES_SAMPLER=xray").await;
    let action = account.queue();
    worker
        .logged("cannot send traces; continuing without")
        .await;
    let end = account.end_of(&action).await;
    assert_eq!(end.status, ActionStatus::Succeeded, "{end:#?}");
    worker.stops().await;
}
