//! Runs whole releases. The printed policy must allow every call for its
//! purpose, and nothing that no release needs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bluegreen_worker::aws::{EventBridgeBus, S3Objects, create_action_type, find_action_type};
use bluegreen_worker::job::action_type::{definition, definitions};
use bluegreen_worker::job::permissions::{CALLS, Purpose};
use bluegreen_worker::job::{DeployTarget, DeploymentId, Engine, JobId, Key};
use bluegreen_worker::policy::{Child, DEFAULT_NAMESPACE, Recipe, controls, parse_sources};
use bluegreen_worker::ports::{Objects, OwnDeployment};
use bluegreen_worker::worker::PolicyKeeper;
use serde_json::json;
use simulator::cloudwatch::AlarmState;
use simulator::codedeploy::{self, Fixture};
use simulator::codepipeline::{self, ActionStatus};
use simulator::ecr::Platform;
use simulator::ecs::{self, Behaviour, TaskFailure};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::fixture::{DEPLOY_ROLE, EXTERNAL_ID};
use simulator::world::{REGION, World};
use tokio_util::sync::CancellationToken;

use super::roles;
use crate::support::allowed::{action, forbidden};
use crate::support::play::{BUCKET, Journal, slow_tuning};
use crate::support::{Harness, Order, TASKDEF, service, start};

/// Prefix of the policies in their bucket.
const RULES: &str = "rules";

const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp";

type Called = BTreeSet<(String, Purpose)>;

/// The calls to a bucket of the worker. Artifacts are in other buckets, and are
/// read with the jobs' own credentials.
fn in_bucket(world: &World, bucket: &str, purpose: Purpose) -> Called {
    let entries = world.ledger.entries();
    let here = entries.filter(|entry| entry.service == "s3" && entry.input["bucket"] == bucket);
    here.map(|entry| (action(entry), purpose)).collect()
}

/// All calls of the worker, with their purposes.
fn called(harness: &Harness) -> Called {
    harness.world(|world| {
        assert_eq!(forbidden(world), BTreeSet::new());
        let purpose = |action: &str| {
            let call = CALLS.iter().find(|call| call.action == action);
            call.map(|call| call.purpose)
        };
        let entries = world.ledger.entries();
        let elsewhere = entries.filter(|entry| entry.service != "s3").map(action);
        let elsewhere = elsewhere.filter_map(|action| Some((action.clone(), purpose(&action)?)));
        let mut called: Called = elsewhere.collect();
        called.extend(in_bucket(world, BUCKET, Purpose::Journal));
        called.extend(in_bucket(world, RULES, Purpose::Policies));
        called
    })
}

async fn ended(harness: &Harness, order: &Order, status: ActionStatus) {
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(order)).await;
    worker.stop().await;
    assert_eq!(view.status, status, "{view:#?}");
}

fn release_of(image: &str) -> Order {
    let detail = format!(r#"{{ "ImageURI": "{image}" }}"#);
    Order::default().file("imageDetail.json", &detail)
}

/// A successful release with all options.
async fn good() -> Harness {
    let fixture = Fixture {
        ready_wait_minutes: Some(30),
        ..Fixture::default()
    };
    let mut world = World::new(start());
    fixture.build(&mut world).expect("a scene that works");
    world.seed(&definitions(REGION));
    let config = json!({
        "deploymentConfigName": "OurOwn",
        "computePlatform": "ECS",
        "trafficRoutingConfig": {
            "type": "TimeBasedCanary",
            "timeBasedCanary": { "canaryPercentage": 20, "canaryInterval": 1 },
        },
    });
    codedeploy::call(&mut world, "CreateDeploymentConfig", &config).expect("it is taken");
    let harness = Harness::with(world);
    let options = "DeploymentConfigName=OurOwn; SkipIfUnchanged=true; ContinueWhenReady=Always";
    let order = Order::default().option(options);
    ended(&harness, &order, ActionStatus::Succeeded).await;
    harness
}

/// Images with one platform, and images of a pull-through cache.
async fn images() -> Harness {
    let harness = Harness::new();
    harness.push(&format!("{IMAGE}:1.4"), &[Platform::LinuxArm64]);
    let order = release_of(&format!("{IMAGE}:1.4"));
    ended(&harness, &order, ActionStatus::Succeeded).await;
    harness.world(|world| world.cache_images("docker-hub"));
    let cached = IMAGE.replace("webapp", "docker-hub/library/nginx") + ":1";
    ended(&harness, &release_of(&cached), ActionStatus::Succeeded).await;
    harness
}

/// The task definition names a role and a log group for the first time.
async fn renamed() -> Harness {
    let harness = Harness::new();
    let text = TASKDEF
        .replace("role/webapp-task", "role/new")
        .replace("/ecs/webapp", "/ecs/new");
    let order = Order::default().file("taskdef.json", &text);
    ended(&harness, &order, ActionStatus::Succeeded).await;
    harness
}

/// The new tasks fail with a reason.
async fn failed() -> Harness {
    let harness = Harness::new();
    let tasks_fail = Behaviour::TasksFail(TaskFailure::OutOfMemory);
    harness.world(|world| {
        world.ecs.set_next_behaviour("demo", "webapp", tasks_fail);
    });
    ended(&harness, &Order::default(), ActionStatus::Failed).await;
    harness
}

/// Only the load balancer knows why the new tasks fail.
async fn unhealthy() -> Harness {
    let harness = Harness::new();
    harness.world(|world| {
        let behaviour = Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks);
        world.ecs.set_next_behaviour("demo", "webapp", behaviour);
        for operation in ["ListTasks", "DescribeTasks"] {
            let fault = Fault {
                service: "ecs".into(),
                operation: operation.into(),
                occurrence: Occurrence::Every,
                kind: Kind::Denied,
            };
            world.faults.add(fault).expect("a fault that makes sense");
        }
    });
    ended(&harness, &Order::default(), ActionStatus::Failed).await;
    harness
}

/// An alarm becomes active during the traffic shift.
async fn alarmed() -> Harness {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    let is_shifting = |world: &World| {
        let view = world.codepipeline.view(&action);
        let summary = view.and_then(|view| view.summary);
        summary.is_some_and(|summary| summary.contains("AllowTraffic"))
    };
    harness.until(is_shifting).await;
    harness.world(|world| world.set_alarm("webapp-errors", AlarmState::Alarm));
    let view = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    harness
}

async fn abandoned() -> Harness {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default().option("OnAbandon=Stop"));
    let made = |world: &World| world.ledger.effects("codedeploy", "CreateDeployment") == 1;
    harness.until(made).await;
    harness.world(|world| {
        let view = world.codepipeline.view(&action).expect("it was queued");
        let request = json!({
            "pipelineName": "shop",
            "pipelineExecutionId": view.pipeline_execution_id,
            "abandon": true,
        });
        codepipeline::call(world, "StopPipelineExecution", &request).expect("it runs");
    });
    harness.wait(Duration::from_secs(5 * 60)).await;
    worker.stop().await;
    harness
}

/// A worker dies, and another one with the same journal finishes its job.
async fn taken_over() -> Harness {
    let harness = Harness::with(crate::support::play::world(
        crate::support::play::Scene::Good,
    ));
    let journal = Journal::Bucket(harness.exchange.http_client());
    let death = CancellationToken::new();
    let ports = harness.ports_through(harness.exchange.http_client());
    let first = harness.start(ports, slow_tuning(), &journal, death.clone());
    let action = harness.queue(&Order::default());
    let made = |world: &World| world.ledger.effects("codedeploy", "CreateDeployment") == 1;
    harness.until(made).await;
    death.cancel();
    first.ended().await;
    let second = harness.start_slow(&journal);
    let view = harness.end_of(&action).await;
    second.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    harness
}

/// Calls made if many deployments are in progress, and if a job was started by
/// another worker.
async fn asked() -> Harness {
    let harness = Harness::with(crate::support::play::world(
        crate::support::play::Scene::Good,
    ));
    let http = harness.exchange.http_client();
    let ports = harness.ports_through(http.clone());
    let ids = ["d-AAAAAAAAA", "d-BBBBBBBBB"].map(DeploymentId::new);
    assert_eq!(ports.deployments.survey(&ids).await.len(), ids.len());
    let own = OwnDeployment {
        target: DeployTarget::group("webapp", "webapp"),
        key: Key::new("k"),
        revision: None,
    };
    let found = ports.deployments.find(&own).await;
    assert!(found.expect("an answer").is_none());
    let job = JobId::new("3f2b1c9e-7a55-4f0e-9d1c-2b7c1a9e0d11");
    assert!(ports.jobs.details(&job).await.expect("an answer").is_none());
    let journal = S3Objects::new(&harness.config(http), true, BUCKET, "fleet");
    let entry = journal.read("jobs/none.json", 1).await;
    assert!(entry.expect("an answer").is_none());
    harness
}

/// The policies are in a bucket.
async fn judged() -> Harness {
    let harness = Harness::new();
    harness.world(|world| {
        world.s3.create_bucket(RULES);
        let (now, place) = (world.now(), (RULES, "team/rules.rego"));
        let rule = "package main\n\ndeny contains \"a\" if {\n\tinput.a\n}\n";
        let text = rule.as_bytes().to_vec();
        let put = world.s3.put(&mut world.names, now, place, text);
        put.expect("the bucket is there");
    });
    let recipe = Recipe {
        sources: parse_sources(&format!("s3://{RULES}/team")).expect("a place"),
        namespace: DEFAULT_NAMESPACE.into(),
        levels: controls::parse_levels("").expect("levels"),
        ..Recipe::default()
    };
    let config = harness.config(harness.exchange.http_client());
    let buckets = move |bucket: &str| -> Arc<dyn Objects> {
        Arc::new(S3Objects::new(&config, true, bucket, ""))
    };
    let child = Child::of(env!("CARGO_BIN_EXE_bluegreen-worker"));
    let keeper = PolicyKeeper::open(recipe, Box::new(buckets), child).await;
    keeper.expect("it loads").expect("there are policies");
    harness
}

/// A release with events, after the check that the event bus exists.
async fn with_event_bus() -> Harness {
    let harness = Harness::new();
    let bus = EventBridgeBus::new(&harness.config(harness.exchange.http_client()), "default");
    assert!(bus.exists().await.expect("an answer"));
    let worker = harness.worker_telling("default");
    let view = harness.end_of(&harness.queue(&Order::default())).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    harness
}

/// A release that uses a role named by its action.
async fn in_role() -> Harness {
    let harness = Harness::new();
    let options = format!("RoleArn={DEPLOY_ROLE}");
    let view = roles::released(&harness, &[roles::role(Some(EXTERNAL_ID))], &options).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    harness
}

/// The action type is looked up and created.
async fn registered() -> Harness {
    let harness = Harness::with(World::new(start()));
    let config = harness.config(harness.exchange.http_client());
    let version = Engine::CodeDeploy.into();
    let before = find_action_type(&config, &version)
        .await
        .expect("an answer");
    assert_eq!(before, None);
    let wanted = definition(&version, "eu-west-1");
    create_action_type(&config, &wanted)
        .await
        .expect("it is taken");
    let after = find_action_type(&config, &version).await;
    assert!(after.expect("an answer").is_some());
    harness
}

/// ECS deploys the service itself: one deployment is continued, one stopped.
async fn by_ecs() -> Harness {
    let harness = Harness::ecs(&ecs::Fixture {
        deployment_configuration: json!({
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": 60,
            "lifecycleHooks": [{
                "targetType": "PAUSE",
                "lifecycleStages": ["POST_SCALE_UP"],
            }],
        }),
        ..service()
    });
    let eager = "ContinueWhenReady=Always; CompleteWhen=TrafficShifted";
    ended(
        &harness,
        &Order::ecs().option(eager),
        ActionStatus::Succeeded,
    )
    .await;
    harness.wait(Duration::from_secs(2 * 3600)).await;
    let impatient = "CompleteWhen=TrafficShifted; Timeout=5m; OnTimeout=Rollback";
    ended(
        &harness,
        &Order::ecs().option(impatient),
        ActionStatus::Failed,
    )
    .await;
    harness
}

#[tokio::test(start_paused = true)]
async fn the_policy_is_what_happens_in_releases_and_nothing_else() {
    let stages = [
        good().await,
        images().await,
        renamed().await,
        failed().await,
        unhealthy().await,
        alarmed().await,
        abandoned().await,
        taken_over().await,
        asked().await,
        judged().await,
        with_event_bus().await,
        in_role().await,
        registered().await,
        by_ecs().await,
    ];
    let called: Called = stages.iter().flat_map(called).collect();
    let allowed: Called = CALLS
        .iter()
        .map(|call| (call.action.to_owned(), call.purpose))
        .collect();
    let idle: Vec<_> = allowed.difference(&called).collect();
    assert!(idle.is_empty(), "allowed for nothing: {idle:?}");
    let beyond: Vec<_> = called.difference(&allowed).collect();
    assert!(beyond.is_empty(), "not in the policy: {beyond:?}");
}
