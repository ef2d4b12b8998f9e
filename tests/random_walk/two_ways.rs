//! The in-process ports must behave like those over the SDK: the same scenarios
//! end alike.

use std::collections::BTreeMap;
use std::time::Duration;

use bluegreen_worker::ports::Ports;
use bluegreen_worker::simulator::codedeploy::{self, Fixture, HookBehaviour};
use bluegreen_worker::simulator::codepipeline;
use bluegreen_worker::simulator::ecs::{Behaviour, TaskFailure};
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use bluegreen_worker::simulator::world::World;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::direct::direct;
use crate::play::leisurely;
use crate::support::{Harness, Order, TASKDEF, start};

/// A scenario: the orders, and what happens during them.
struct Story {
    name: &'static str,
    fixture: Fixture,
    orders: Vec<Order>,
    before: fn(&mut World),
    /// Runs a minute later.
    later: fn(&mut World),
}

impl Story {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            fixture: Fixture {
                deployment_config: "CodeDeployDefault.ECSAllAtOnce".into(),
                ..Fixture::default()
            },
            orders: vec![Order::default()],
            before: |_| (),
            later: |_| (),
        }
    }
}

fn strike(world: &mut World, service: &str, operation: &str, kind: Kind, times: u64) {
    let fault = Fault {
        service: service.into(),
        operation: operation.into(),
        occurrence: Occurrence::Next(times),
        kind,
    };
    world.faults.add(fault).expect("a fault");
}

/// Releases without disturbances.
fn undisturbed() -> Vec<Story> {
    let order = |options: &str| vec![Order::default().option(options)];
    let bad = Order::default().file("taskdef.json", &TASKDEF.replace("\"web\"", "\"other\""));
    let ready = Fixture {
        ready_wait_minutes: Some(5),
        ..Story::new("").fixture
    };
    let linear = Fixture {
        deployment_config: "CodeDeployDefault.ECSLinear10PercentEvery1Minutes".into(),
        ..Fixture::default()
    };
    vec![
        Story::new("good"),
        Story {
            fixture: linear,
            ..Story::new("linear")
        },
        Story {
            orders: order("CompleteWhen=TrafficShifted"),
            ..Story::new("shifted")
        },
        Story {
            orders: vec![bad],
            ..Story::new("refused")
        },
        Story {
            before: |world| {
                let fails = HookBehaviour::Fails {
                    after: Duration::from_secs(4),
                    message: "The smoke test got 500".into(),
                    log_tail: "one\ntwo".into(),
                };
                world.codedeploy.set_hook("webapp-smoke-test", fails);
            },
            ..Story::new("a hook fails")
        },
        Story {
            before: |world| {
                let fails = Behaviour::TasksFail(TaskFailure::OutOfMemory);
                world.ecs.set_next_behaviour("demo", "webapp", fails);
            },
            orders: order("Timeout=5m"),
            ..Story::new("tasks die and time is up")
        },
        Story {
            before: |world| {
                let fails = Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks);
                world.ecs.set_next_behaviour("demo", "webapp", fails);
            },
            orders: order("Timeout=5m;OnTimeout=Stop"),
            ..Story::new("unhealthy targets")
        },
        Story {
            orders: vec![Order::default(), Order::default()],
            ..Story::new("a busy group")
        },
        Story {
            fixture: ready.clone(),
            orders: order("ContinueWhenReady=Always"),
            ..Story::new("continued")
        },
        Story {
            fixture: ready,
            ..Story::new("nobody continues")
        },
    ]
}

/// Actions of other people, and calls that fail.
fn disturbed() -> Vec<Story> {
    vec![
        Story {
            orders: vec![Order::default().option("OnAbandon=Rollback")],
            later: |world| {
                let view = world.codepipeline.views().next().expect("it was queued");
                let input = json!({
                    "pipelineName": view.pipeline,
                    "pipelineExecutionId": view.pipeline_execution_id,
                    "abandon": true,
                });
                codepipeline::call(world, "StopPipelineExecution", &input).expect("it runs");
            },
            ..Story::new("abandoned")
        },
        Story {
            later: |world| {
                let group = json!({ "applicationName": "webapp", "deploymentGroupName": "webapp" });
                let group = codedeploy::call(world, "GetDeploymentGroup", &group).expect("one");
                let last = &group["deploymentGroupInfo"]["lastAttemptedDeployment"];
                let input = json!({ "deploymentId": last["deploymentId"] });
                codedeploy::call(world, "StopDeployment", &input).expect("it runs");
            },
            ..Story::new("stopped by hand")
        },
        Story {
            before: |world| {
                for operation in ["PollForJobs", "AcknowledgeJob", "PutJobSuccessResult"] {
                    strike(world, "codepipeline", operation, Kind::Throttle, 2);
                }
                strike(world, "s3", "GetObject", Kind::Throttle, 2);
                strike(world, "ecs", "RegisterTaskDefinition", Kind::Throttle, 2);
                strike(world, "codedeploy", "CreateDeployment", Kind::Throttle, 2);
            },
            ..Story::new("throttled")
        },
        Story {
            before: |world| {
                strike(world, "codepipeline", "AcknowledgeJob", Kind::CutAfter, 1);
                strike(world, "ecs", "RegisterTaskDefinition", Kind::CutAfter, 1);
                strike(world, "codedeploy", "CreateDeployment", Kind::Garbage, 1);
                strike(
                    world,
                    "codepipeline",
                    "PutJobSuccessResult",
                    Kind::CutAfter,
                    1,
                );
            },
            ..Story::new("answers are lost")
        },
        Story {
            before: |world| strike(world, "ecs", "DescribeServices", Kind::Denied, 1),
            ..Story::new("denied")
        },
        Story {
            before: |world| strike(world, "s3", "GetObject", Kind::Denied, 1),
            ..Story::new("an artifact that may not be read")
        },
        Story {
            before: |world| strike(world, "s3", "GetObject", Kind::Garbage, 1),
            ..Story::new("an artifact that is a page")
        },
        Story {
            before: |world| strike(world, "codedeploy", "*", Kind::Unavailable, 10_000),
            ..Story::new("CodeDeploy is away")
        },
    ]
}

/// The end of a scenario, without anything that depends on chance.
#[derive(Debug, PartialEq)]
struct End {
    actions: Vec<(String, Option<String>, Option<String>)>,
    /// Number of calls with an effect on the world, by operation.
    effects: BTreeMap<String, usize>,
}

const CHANGES: [(&str, &str); 5] = [
    ("ecs", "RegisterTaskDefinition"),
    ("codedeploy", "CreateDeployment"),
    ("codedeploy", "ContinueDeployment"),
    ("codedeploy", "StopDeployment"),
    ("codepipeline", "PutJobFailureResult"),
];

async fn play(story: &Story, ports: fn(&Harness) -> Ports) -> End {
    let mut world = World::new(start());
    world.seed();
    story.fixture.build(&mut world).expect("a scene");
    (story.before)(&mut world);
    let harness = Harness::with(world);
    let clock = harness.clock.clone();
    let death = CancellationToken::new();
    let worker = Harness::begin(clock, ports(&harness), leisurely(), None, death);
    let mut actions = Vec::new();
    for order in &story.orders {
        actions.push(harness.queue(order));
        harness.wait(Duration::from_secs(60)).await;
    }
    harness.world(story.later);
    let mut ends = Vec::new();
    for action in &actions {
        let view = harness.end_of(action).await;
        let error = view
            .error
            .map(|error| format!("{}: {}", error.code, error.message));
        let said = error.as_deref().map(without_chance);
        // The times of observations are random, and so is the last summary.
        let shown = view.summary.filter(|_| said.is_none());
        let shown = shown.as_deref().map(without_chance);
        ends.push((format!("{:?}", view.status), shown, said));
    }
    // Work on an abandoned action is done by then.
    harness.wait(Duration::from_secs(600)).await;
    worker.stop().await;
    let effects = CHANGES
        .map(|(service, operation)| (operation.to_owned(), harness.effects(service, operation)));
    End {
        actions: ends,
        effects: effects.into(),
    }
}

/// Replaces ids, times and durations. Leaves out the evidence, which depends on
/// the time of the search, and request ids, which exist only over HTTP.
fn without_chance(text: &str) -> String {
    let text = text.split("Evidence:").next().unwrap_or_default();
    let plain: Vec<String> = text
        .split_inclusive(|c: char| c.is_whitespace() || "(),;/:".contains(c))
        .map(|word| match word.chars().any(|c| c.is_ascii_digit()) {
            true => "# ".to_owned(),
            false => word.to_owned(),
        })
        .collect();
    plain.concat().replace(" (request # ", "")
}

#[test]
fn both_ways_come_to_the_same_end() {
    for story in undisturbed().into_iter().chain(disturbed()) {
        let end = |ports: fn(&Harness) -> Ports| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                fastrand::seed(7);
                play(&story, ports).await
            })
        };
        let over_the_sdk = end(|harness| harness.ports_through(harness.exchange.http_client()));
        assert_eq!(end(direct), over_the_sdk, "{}", story.name);
    }
}
