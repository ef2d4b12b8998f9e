//! The deployed files are those that the policy allowed, even if the artifact
//! is overwritten between any two calls. The ledger shows which revision was
//! deployed with which AppSpec; the policy must allow that pair.

use std::io::{Cursor, Write as _};
use std::time::Duration;

use bluegreen_worker::worker::{self, Context};
use serde_json::{Value, json};
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::ecs;
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::World;
use tokio_util::sync::CancellationToken;

use super::{Gate, open};
use crate::support::meddler::Meddler;
use crate::support::play::{Scene, another_client_deploys, slow_tuning, world};
use crate::support::{APPSPEC, Harness, Order, TASKDEF};

/// A task definition of one size requires the hook; with the other size the
/// hook is forbidden.
const POLICY: &str = r#"package main

deny contains "no such pair" if not allowed

allowed if {
	input.taskDefinition.cpu == "256"
	count(input.appSpec.Hooks) == 1
}

allowed if {
	input.taskDefinition.cpu == "512"
	not input.appSpec.Hooks
}
"#;

/// Time within which every release ends.
const LONG_ENOUGH: Duration = Duration::from_secs(40 * 60);

pub(crate) fn gate() -> Gate {
    open(&[("team.rego", POLICY)], "").expect("it loads")
}

pub(crate) fn larger() -> String {
    TASKDEF.replace("\"256\"", "\"512\"").replacen(
        "\"512\",\n  \"memory\": \"512\"",
        "\"512\",\n  \"memory\": \"1024\"",
        1,
    )
}

fn without_hooks() -> &'static str {
    APPSPEC.split("Hooks:").next().expect("a first part")
}

/// A release that differs from the usual one and is valid too.
fn other() -> Order {
    Order::default()
        .file("taskdef.json", &larger())
        .file("appspec.yaml", without_hooks())
}

fn archive(order: &Order) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in &order.files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).expect("a name");
        zip.write_all(bytes).expect("memory");
    }
    zip.finish().expect("an archive").into_inner()
}

/// Replaces the action's artifact.
fn overwrite(world: &mut World, action: &str, archive: &[u8]) {
    let mut actions = world.codepipeline.actions().iter();
    let action = actions
        .find(|known| known.id == action)
        .expect("it was queued");
    let input = action.inputs[0].clone();
    let now = world.now();
    world
        .s3
        .put(
            &mut world.names,
            now,
            (&input.bucket, &input.key),
            archive.to_vec(),
        )
        .expect("the bucket is there");
}

/// What else happens to the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    /// It waits for someone else's deployment.
    Held,
    /// The group is busy whenever a deployment is created, so the revision is
    /// registered without one.
    Busy,
}

/// All pairs deployed for the action.
pub(crate) fn deployed(harness: &Harness, action: &str) -> Vec<(String, bool)> {
    harness.world(|world| {
        let contents: Vec<String> = world
            .ledger
            .calls("codedeploy", "CreateDeployment")
            .filter(|call| call.took_effect)
            .filter(|call| {
                call.input["description"]
                    .as_str()
                    .is_some_and(|text| text.contains(action))
            })
            .map(|call| {
                call.input["revision"]["appSpecContent"]["content"]
                    .as_str()
                    .expect("a text")
                    .to_owned()
            })
            .collect();
        let pair = |content: String| {
            let app_spec: Value = serde_json::from_str(&content).expect("it was sent as JSON");
            let revision =
                &app_spec["Resources"][0]["TargetService"]["Properties"]["TaskDefinition"];
            let asked = json!({ "taskDefinition": revision });
            let shown = ecs::call(world, "DescribeTaskDefinition", &asked).expect("it is there");
            let cpu = shown["taskDefinition"]["cpu"].as_str().expect("a text");
            (cpu.to_owned(), app_spec["Hooks"].is_array())
        };
        contents.into_iter().map(pair).collect()
    })
}

fn assert_allowed(pairs: &[(String, bool)], context: &str) {
    for (cpu, has_hooks) in pairs {
        let is_allowed = matches!((cpu.as_str(), has_hooks), ("256", true) | ("512", false));
        assert!(
            is_allowed,
            "{context}: {cpu} was deployed, with hooks: {has_hooks}"
        );
    }
}

fn in_simulated_time<T>(play: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(play)
}

/// Runs a release whose artifact is overwritten with `order` before call number
/// `before`. Returns the number of calls, what the pipeline shows, and what was
/// deployed.
fn play(
    before: u64,
    meanwhile: Meanwhile,
    order: &Order,
) -> (u64, ActionView, Vec<(String, bool)>) {
    in_simulated_time(async {
        let mut world = world(Scene::Good);
        match meanwhile {
            Meanwhile::Nothing => {}
            Meanwhile::Held => {
                assert!(another_client_deploys(&mut world, &Default::default()));
            }
            Meanwhile::Busy => world.faults.add(busy()).expect("a fault"),
        }
        let harness = Harness::with(world);
        let action = harness.queue(&Order::default());
        let (place, archive) = (harness.exchange.world(), archive(order));
        let named = action.clone();
        let meddler = Meddler::new(harness.exchange.http_client(), before, move || {
            let mut world = place.lock();
            overwrite(&mut world, &named, &archive);
        });
        let drain = CancellationToken::new();
        let ports = harness.ports_through(meddler.client());
        let context = Context::new(
            ports,
            harness.clock.clone(),
            slow_tuning(),
            None,
            drain.clone(),
        );
        let context = context.with_policy(gate());
        let work = tokio::spawn(async move { worker::run(&context).await });
        let view = harness.end_of(&action).await;
        drain.cancel();
        work.await.expect("a worker does not panic");
        let took = Duration::try_from(view.updated - view.started).expect("it ended");
        assert!(took < LONG_ENOUGH, "{before}, {meanwhile:?}: {took:?}");
        (meddler.calls(), view, deployed(&harness, &action))
    })
}

fn busy() -> Fault {
    Fault {
        service: "codedeploy".into(),
        operation: "CreateDeployment".into(),
        occurrence: Occurrence::Next(4),
        kind: Kind::Error {
            status: 400,
            code: "DeploymentLimitExceededException".into(),
            message: "The Deployment Group 'webapp' already has an active Deployment".into(),
        },
    }
}

fn overwritten_anywhere(meanwhile: Meanwhile) {
    let (order, mut deployed_other, mut told) = (other(), 0, 0);
    let mut before = 1;
    loop {
        let (calls, view, pairs) = play(before, meanwhile, &order);
        let context = format!("{meanwhile:?}, overwritten before call {before}");
        assert_eq!(view.status, ActionStatus::Succeeded, "{context}: {view:#?}");
        assert_eq!(pairs.len(), 1, "{context}");
        assert_allowed(&pairs, &context);
        deployed_other += usize::from(pairs[0].0 == "512");
        let summary = view.summary.unwrap_or_default();
        told += usize::from(summary.contains("was checked again"));
        before += 1;
        if calls < before {
            break;
        }
    }
    assert!(before > 20, "only {before} calls were met");
    assert!(deployed_other > 0, "it never made a difference");
    match meanwhile {
        Meanwhile::Nothing => assert_eq!(told, 0, "nobody waited"),
        Meanwhile::Held | Meanwhile::Busy => assert!(told > 0, "the author was never told"),
    }
}

#[test]
fn an_artifact_may_be_overwritten_between_any_two_calls() {
    overwritten_anywhere(Meanwhile::Nothing);
}

#[test]
fn an_artifact_may_be_overwritten_while_the_release_waits_for_its_turn() {
    overwritten_anywhere(Meanwhile::Held);
}

#[test]
fn an_artifact_may_be_overwritten_after_its_revision_was_registered() {
    overwritten_anywhere(Meanwhile::Busy);
}

/// The overwriting pair is refused by itself. Whenever it is written, either
/// the first pair is deployed or nothing.
#[test]
fn an_artifact_that_is_overwritten_with_what_is_refused_is_never_deployed() {
    let refused = Order::default().file("taskdef.json", &larger());
    let mut ends = [0, 0];
    let mut before = 1;
    loop {
        let (calls, view, pairs) = play(before, Meanwhile::Busy, &refused);
        assert_allowed(&pairs, &format!("overwritten before call {before}"));
        let is_live = view.status == ActionStatus::Succeeded;
        assert_eq!(pairs.len(), usize::from(is_live), "{view:#?}");
        ends[usize::from(is_live)] += 1;
        before += 3;
        if calls < before {
            break;
        }
    }
    assert!(ends[0] > 0 && ends[1] > 0, "{ends:?}");
}
