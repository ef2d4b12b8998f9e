//! Jobs that differ from CodePipeline's documentation. An acknowledged job must
//! get a result; a job that cannot get one must be ignored.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bluegreen_worker::worker::{self, Context};
use parking_lot::Mutex;
use serde_json::{Value, json};
use simulator::codepipeline::ActionStatus;
use simulator::wire::Exchange;
use tokio_util::sync::CancellationToken;

use super::trial::assert_reported;
use crate::support::play::slow_tuning;
use crate::support::{Harness, Order};

/// Time limit for the result of a job.
const SOON: std::time::Duration = std::time::Duration::from_secs(40 * 60);

/// A change to the jobs of a response.
type Edit = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// Edits the jobs in responses of `PollForJobs`.
#[derive(Clone)]
struct Tamper {
    exchange: Exchange,
    edit: Arc<Mutex<Option<Edit>>>,
}

impl fmt::Debug for Tamper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tamper")
    }
}

impl HttpClient for Tamper {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Tamper {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let is_poll = target.ends_with("PollForJobs");
        let answer = self.exchange.call(request);
        let edit = self.edit.lock().clone();
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            Ok(match edit {
                Some(edit) if is_poll => edited(&answer, &edit),
                Some(_) | None => answer,
            })
        })
    }
}

fn edited(answer: &HttpResponse, edit: &Edit) -> HttpResponse {
    let text = answer.body().bytes().unwrap_or_default();
    let mut value: Value = serde_json::from_slice(text).expect("the simulator sends JSON");
    for job in value["jobs"].as_array_mut().into_iter().flatten() {
        edit(job);
    }
    let mut tampered = HttpResponse::new(answer.status(), SdkBody::from(value.to_string()));
    *tampered.headers_mut() = answer.headers().clone();
    tampered.headers_mut().remove("content-length");
    tampered
}

/// How a release with edited jobs ended.
#[derive(Debug, PartialEq)]
enum End {
    Succeeded,
    /// With failure type and message.
    Failed(String),
    /// Never acknowledged.
    LeftAlone,
}

/// Releases once with the jobs edited, and once more without.
async fn play(edit: impl Fn(&mut Value) + Send + Sync + 'static) -> End {
    let harness = Harness::new();
    let edit: Edit = Arc::new(edit);
    let tamper = Tamper {
        exchange: harness.exchange.clone(),
        edit: Arc::new(Mutex::new(Some(edit))),
    };
    let ports = harness.ports_through(SharedHttpClient::new(tamper.clone()));
    let drain = CancellationToken::new();
    let context = Context::new(
        ports,
        harness.clock.clone(),
        slow_tuning(),
        None,
        drain.clone(),
    );
    let task = tokio::spawn(async move { worker::run(&context).await });
    let order = Order::default().option("CompleteWhen=TrafficShifted");
    let action = harness.queue(&order);
    harness.wait(SOON).await;
    let acknowledged = harness.effects("codepipeline", "AcknowledgeJob");
    let view = harness
        .world(|world| world.codepipeline.view(&action))
        .expect("it was queued");
    let end = match view.status {
        ActionStatus::Succeeded => End::Succeeded,
        ActionStatus::Failed => {
            let error = view.error.expect("a reason");
            End::Failed(format!("{}\n{}", error.code, error.message))
        }
        ActionStatus::InProgress if acknowledged == 0 => End::LeftAlone,
        ActionStatus::InProgress | ActionStatus::Abandoned => panic!("it was lost: {view:#?}"),
    };
    *tamper.edit.lock() = None;
    let good = harness.queue(&order);
    assert_eq!(harness.end_of(&good).await.status, ActionStatus::Succeeded);
    drain.cancel();
    task.await.expect("a worker does not panic");
    end
}

/// Removes the member at a JSON pointer.
fn without(pointer: &'static str) -> impl Fn(&mut Value) + Send + Sync {
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    move |job| {
        let parent = job.pointer_mut(parent).and_then(Value::as_object_mut);
        parent.map(|parent| parent.remove(member));
    }
}

/// Adds a member to the job's data.
fn with(member: &'static str, value: Value) -> impl Fn(&mut Value) + Send + Sync {
    move |job| job["data"][member] = value.clone()
}

#[tokio::test(start_paused = true)]
async fn a_job_that_cannot_be_answered_for_is_left_alone() {
    for pointer in ["/id", "/nonce", "/data"] {
        assert_eq!(play(without(pointer)).await, End::LeftAlone, "{pointer}");
    }
    let newer = with("continuationToken", json!("{\"v\":9,\"step\":{}}"));
    assert_eq!(play(newer).await, End::LeftAlone);
}

#[tokio::test(start_paused = true)]
async fn what_a_release_does_not_need_may_be_missing_or_new() {
    for pointer in [
        "/accountId",
        "/data/actionTypeId",
        "/data/outputArtifacts",
        "/data/pipelineContext/stage",
        "/data/pipelineContext/pipelineArn",
        "/data/pipelineContext/pipelineExecutionId",
        "/data/inputArtifacts/0/revision",
    ] {
        assert_eq!(play(without(pointer)).await, End::Succeeded, "{pointer}");
    }
    let unknown = json!({"__type": "x#Y", "deep": [[[{"__type": 5}]]]});
    assert_eq!(play(with("__type", unknown.clone())).await, End::Succeeded);
    assert_eq!(play(with("unheardOf", unknown)).await, End::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_or_garbage_fails_the_job_with_words() {
    let flood = |job: &mut Value| {
        let properties = &mut job["data"]["actionConfiguration"]["configuration"];
        properties["Options"] = json!("x".repeat(1_000_000));
        properties["DeploymentGroupName"] = json!("\u{1f}".repeat(1_000_000));
    };
    let mut told = String::new();
    let mut tell = |name: &str, end: End| {
        let End::Failed(words) = end else {
            panic!("{name}: {end:?}")
        };
        told.push_str(&format!("## {name}: {words}\n\n"));
    };
    for pointer in [
        "/data/actionConfiguration",
        "/data/actionConfiguration/configuration",
        "/data/actionConfiguration/configuration/DeploymentGroupName",
        "/data/inputArtifacts",
        "/data/inputArtifacts/0/name",
        "/data/inputArtifacts/0/location",
        "/data/inputArtifacts/0/location/s3Location",
        "/data/artifactCredentials",
    ] {
        tell(&format!("without {pointer}"), play(without(pointer)).await);
    }
    for (name, token) in [
        ("a token of another kind", "garbage".to_owned()),
        ("a token of 4 KB", "{".repeat(4096)),
        ("a token of version 0", "{\"v\":0}".to_owned()),
        ("a token with half a version", "{\"v\":1}".to_owned()),
    ] {
        tell(name, play(with("continuationToken", json!(token))).await);
    }
    tell(
        "no artifacts",
        play(with("inputArtifacts", json!([]))).await,
    );
    tell("a flood of configuration", play(flood).await);
    assert_reported("jobs", &told);
}
