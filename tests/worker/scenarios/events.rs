//! Scenarios with an event bus: each state is sent once and in order, with a
//! detail that matches the schema, and events never disturb a release.

use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use serde_json::{Value, json};
use simulator::codedeploy::HookBehaviour;
use simulator::codepipeline::{self, ActionStatus};
use simulator::eventbridge::{self, PutEvent};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::{REGION, World};

use super::quick;
use crate::support::play::{self, Scene};
use crate::support::schema;
use crate::support::{Harness, Order};

const SCHEMA: &str = include_str!("../../../examples/events/release-state-change.schema.json");

pub(crate) const BUS: &str = "releases";

/// An account with an event bus.
pub(crate) fn harness(world: impl FnOnce() -> World) -> Harness {
    let harness = Harness::with(world());
    let input = json!({ "Name": BUS });
    harness.world(|world| eventbridge::call(world, "CreateEventBus", &input).expect("a bus"));
    harness
}

/// The details of all events on the bus. Checks each against the schema.
pub(crate) fn details(harness: &Harness) -> Vec<Value> {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let events: Vec<_> = harness.world(|world| world.eventbridge.events().cloned().collect());
    let detail = |event: PutEvent| {
        let shown = (&*event.bus, &*event.source, &*event.detail_type);
        assert_eq!(shown, (BUS, "bluegreen-worker", "Release State Change"));
        let problems = schema::problems(&schema, &event.detail);
        assert_eq!(problems, [""; 0], "{:#}", event.detail);
        event.detail
    };
    events.into_iter().map(detail).collect()
}

/// The states of one action, in the order in which the bus received them.
fn states(harness: &Harness, action: &str) -> Vec<String> {
    let details = details(harness).into_iter();
    let ours = details.filter(|detail| detail["actionExecution"] == action);
    ours.map(|detail| {
        let state = detail["state"].as_str().expect("a state").to_owned();
        assert_eq!(detail["id"], format!("{action}:{state}"));
        state
    })
    .collect()
}

/// The detail without the values that differ from run to run.
fn shown(mut detail: Value) -> String {
    for name in ["pipelineExecution", "actionExecution", "deployment", "time"] {
        let text = detail[name].as_str().expect("a text").to_owned();
        let all = detail.to_string().replace(&text, name);
        detail = serde_json::from_str(&all).expect("JSON");
    }
    detail["seconds"] = json!("…");
    serde_json::to_string_pretty(&detail).expect("JSON")
}

/// Runs one release to its end. Returns its states and its last detail.
pub(crate) async fn states_of(
    harness: &Harness,
    order: &Order,
    status: ActionStatus,
) -> (Vec<String>, Value) {
    let worker = harness.worker_telling(BUS);
    let action = harness.queue(order);
    let view = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, status, "{view:#?}");
    let last = details(harness).pop().expect("an event");
    (states(harness, &action), last)
}

#[tokio::test(start_paused = true)]
async fn a_successful_release_sends_an_event_for_each_state() {
    let harness = harness(|| World::webapp(super::start(), &definitions(REGION)));
    let (states, last) = states_of(&harness, &Order::default(), ActionStatus::Succeeded).await;
    let expected = ["STARTED", "DEPLOYING", "TRAFFIC_SHIFTED", "SUCCEEDED"];
    assert_eq!(states, expected);
    let took = &last["seconds"];
    let [total, to, of] =
        ["total", "toDeployment", "ofDeployment"].map(|name| took[name].as_u64().expect("seconds"));
    assert!((10 * 60..20 * 60).contains(&total), "{took}");
    assert!(to < 10 && total.abs_diff(to + of) <= 1, "{took}");
    insta::assert_snapshot!(shown(last), @r#"
    {
      "version": 1,
      "id": "actionExecution:SUCCEEDED",
      "state": "SUCCEEDED",
      "time": "time",
      "account": "111122223333",
      "region": "eu-west-1",
      "pipeline": "shop",
      "stage": "Deploy",
      "action": "Release",
      "pipelineExecution": "pipelineExecution",
      "actionExecution": "actionExecution",
      "application": "webapp",
      "deploymentGroup": "webapp",
      "images": {
        "IMAGE1_NAME": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
      },
      "taskDefinition": {
        "old": "arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:1",
        "new": "arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:2"
      },
      "deployment": "deployment",
      "seconds": "…",
      "summary": "webapp:2 is live (deployment deployment)."
    }
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_refused_release_sends_its_findings() {
    let harness = harness(quick);
    let order = Order::default().file("taskdef.json", "{ \"family\": \"webapp\", }");
    let (states, last) = states_of(&harness, &order, ActionStatus::Failed).await;
    assert_eq!(states, ["STARTED", "REFUSED"]);
    assert_eq!(last["failure"]["type"], "ConfigurationError");
    let finding = last["findings"][0].as_str().expect("a finding");
    assert!(finding.contains("taskdef.json:1:21"), "{finding}");
    let message = last["failure"]["message"].as_str().expect("a message");
    assert!(message.contains(finding), "{message}");
    assert!(last.get("deployment").is_none(), "{last:#}");
    assert_eq!(last["application"], "webapp");

    // Also if the configuration cannot be parsed.
    let (states, last) = states_of(
        &harness,
        &order.option("Colour=Green"),
        ActionStatus::Failed,
    )
    .await;
    assert_eq!(states, ["STARTED", "REFUSED"]);
    assert!(last.get("application").is_none(), "{last:#}");
}

fn hook_fails(harness: &Harness) {
    let fails = HookBehaviour::Fails {
        after: Duration::from_secs(4),
        message: "The smoke test got 500".into(),
        log_tail: String::new(),
    };
    harness.world(|world| world.codedeploy.set_hook("webapp-smoke-test", fails));
}

#[tokio::test(start_paused = true)]
async fn a_rolled_back_release_sends_its_events() {
    let harness = harness(quick);
    hook_fails(&harness);
    let (states, last) = states_of(&harness, &Order::default(), ActionStatus::Failed).await;
    assert_eq!(states, ["STARTED", "DEPLOYING", "ROLLED_BACK"]);
    assert_eq!(last["failure"]["type"], "JobFailed");
    assert_ne!(last["rollback"], last["deployment"]);
    assert!(last["rollback"].is_string(), "{last:#}");
    let message = last["failure"]["message"].as_str().expect("a message");
    assert_eq!(message.lines().next(), last["summary"].as_str());
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_a_rollback_sends_its_events() {
    let harness = harness(quick);
    let order = Order::default().option("Timeout=1m; OnTimeout=Leave");
    hook_never_answers(&harness);
    let (states, last) = states_of(&harness, &order, ActionStatus::Failed).await;
    assert_eq!(states, ["STARTED", "DEPLOYING", "FAILED"]);
    assert!(last.get("rollback").is_none(), "{last:#}");
}

fn hook_never_answers(harness: &Harness) {
    let never = HookBehaviour::NeverAnswers;
    harness.world(|world| world.codedeploy.set_hook("webapp-smoke-test", never));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_release_sends_one_event_with_any_worker() {
    let harness = harness(|| World::webapp(super::start(), &definitions(REGION)));
    let mut worker = harness.worker_telling(BUS);
    let first = harness.queue(&Order::default());
    harness
        .until(|world| world.ledger.effects("codedeploy", "CreateDeployment") == 1)
        .await;
    let second = harness.queue(&Order::default());
    // Each worker has the releases only for a short time.
    while harness.status(&second) == ActionStatus::InProgress {
        harness.wait(Duration::from_secs(33)).await;
        worker.stop().await;
        worker = harness.worker_telling(BUS);
    }
    worker.stop().await;
    let expected = ["STARTED", "DEPLOYING", "TRAFFIC_SHIFTED", "SUCCEEDED"];
    assert_eq!(states(&harness, &first), expected);
    let expected = [
        "STARTED",
        "WAITING",
        "DEPLOYING",
        "TRAFFIC_SHIFTED",
        "SUCCEEDED",
    ];
    assert_eq!(states(&harness, &second), expected);
    // The worker that creates the deployment knows what ran before.
    let id = format!("{second}:DEPLOYING");
    let mut all = details(&harness).into_iter();
    let deploying = all.find(|detail| detail["id"] == *id).expect("an event");
    let old = deploying["taskDefinition"]["old"]
        .as_str()
        .expect("a revision");
    assert!(old.ends_with("webapp:2"), "{old}");
}

#[tokio::test(start_paused = true)]
async fn a_release_that_runs_already_sends_no_deployment() {
    let harness = harness(quick);
    let order = Order::default().option("SkipIfUnchanged=true");
    states_of(&harness, &order, ActionStatus::Succeeded).await;
    let (states, last) = states_of(&harness, &order, ActionStatus::Succeeded).await;
    assert_eq!(states, ["STARTED", "SUCCEEDED"]);
    assert_eq!(last["taskDefinition"]["old"], last["taskDefinition"]["new"]);
    assert!(last["images"]["IMAGE1_NAME"].is_string(), "{last:#}");
}

/// Creates a pipeline with a source; its first execution is the release of
/// `order`.
fn begin_pipeline(harness: &Harness, order: &Order) {
    let id = |category: &str, owner: &str, provider: &str| json!({ "category": category, "owner": owner, "provider": provider, "version": "1" });
    let pipeline = json!({ "pipeline": {
        "name": "shop",
        "roleArn": "arn:aws:iam::111122223333:role/pipeline",
        "artifactStore": { "type": "S3", "location": "sources" },
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Fetch",
                "actionTypeId": id("Source", "AWS", "S3"),
                "configuration": { "S3Bucket": "sources", "S3ObjectKey": "release.zip" },
                "outputArtifacts": [{ "name": "Bundle" }],
            }] },
            { "name": "Deploy", "actions": [{
                "name": "Release",
                "actionTypeId": id("Deploy", "Custom", "RustBlueGreenDeploy"),
                "configuration": order.configuration,
                "inputArtifacts": [{ "name": "Bundle" }],
            }] },
        ],
    }});
    harness.world(|world| {
        world.s3.create_bucket("sources");
        world.s3.set_versioned("sources", true);
        let (now, place) = (world.now(), ("sources", "release.zip"));
        let put = world.s3.put(&mut world.names, now, place, order.archive());
        put.expect("the bucket is there");
        codepipeline::call(world, "CreatePipeline", &pipeline).expect("a pipeline");
    });
}

#[tokio::test(start_paused = true)]
async fn the_source_of_a_release_is_read_once_and_sent_if_allowed() {
    let asked = |harness: &Harness| {
        harness.world(|world| {
            world
                .ledger
                .calls("codepipeline", "GetPipelineExecution")
                .count()
        })
    };
    let play = async |is_denied: bool| {
        let harness = harness(quick);
        if is_denied {
            let fault = Fault {
                service: "codepipeline".into(),
                operation: "GetPipelineExecution".into(),
                occurrence: Occurrence::Every,
                kind: Kind::Denied,
            };
            harness
                .world(|world| world.faults.add(fault))
                .expect("a fault");
        }
        begin_pipeline(&harness, &Order::default());
        let action = harness.world(|world| world.codepipeline.actions()[0].id.clone());
        let worker = harness.worker_telling(BUS);
        let view = harness.end_of(&action).await;
        worker.stop().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
        harness
    };
    let harness = play(false).await;
    assert_eq!(asked(&harness), 1);
    for detail in details(&harness) {
        let source = &detail["sources"][0];
        assert_eq!(source["artifact"], "Bundle", "{detail:#}");
        assert!(source["revision"].is_string(), "{detail:#}");
    }
    let harness = play(true).await;
    assert_eq!(asked(&harness), 1);
    let details = details(&harness);
    assert!(details.iter().all(|detail| detail.get("sources").is_none()));
    assert_eq!(details.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_release_sends_no_final_event() {
    let harness = harness(quick);
    hook_never_answers(&harness);
    let worker = harness.worker_telling(BUS);
    let action = harness.queue(&Order::default().option("OnAbandon=Stop"));
    harness
        .until(|world| world.ledger.effects("codedeploy", "CreateDeployment") == 1)
        .await;
    harness.wait(Duration::from_secs(60)).await;
    harness.world(|world| {
        let view = world.codepipeline.view(&action).expect("it was queued");
        let request = json!({
            "pipelineName": "shop",
            "pipelineExecutionId": view.pipeline_execution_id,
            "abandon": true,
        });
        codepipeline::call(world, "StopPipelineExecution", &request).expect("it runs");
    });
    harness.wait(Duration::from_secs(600)).await;
    worker.stop().await;
    assert_eq!(states(&harness, &action), ["STARTED", "DEPLOYING"]);
}

#[tokio::test(start_paused = true)]
async fn events_of_ecs_s_own_deployments_name_their_service() {
    for (scene, end) in [
        (Scene::EcsGood, "SUCCEEDED"),
        (Scene::EcsHookFails, "ROLLED_BACK"),
    ] {
        let harness = harness(|| play::world(scene));
        let (states, last) = states_of(&harness, &scene.order(), scene.end()).await;
        assert_eq!(states.first().map(String::as_str), Some("STARTED"));
        assert_eq!(states.last().map(String::as_str), Some(end));
        assert_eq!(last["cluster"], "prod");
        assert_eq!(last["service"], "webapp");
        assert!(last.get("application").is_none(), "{last:#}");
    }
}
