//! Every call of a release fails in every way, alone and in pairs. The release
//! must come to the same end.

mod late;
mod pairs;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bluegreen_worker::rollout::starting::START_TIMEOUT;
use simulator::codedeploy::Fixture;
use simulator::codepipeline::{ActionStatus, ActionView, RepeatedAcknowledge};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::World;

use crate::support::Harness;
use crate::support::judge;
use crate::support::play::{self, Journal, Scene};

/// Time within which a job with a result is removed from the journal despite
/// faults.
const AFTERWARDS: Duration = Duration::from_secs(15 * 60);

/// Every way in which a call can fail once.
fn kinds() -> Vec<Kind> {
    vec![
        Kind::Throttle,
        Kind::InternalError,
        Kind::Unavailable,
        Kind::CutBefore,
        Kind::CutAfter,
        Kind::Slow { seconds: 70.0 },
        Kind::Garbage,
    ]
}

/// One call of a release without faults.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    service: String,
    operation: String,
    nth: u64,
}

impl Call {
    fn fault(&self, kind: Kind) -> Fault {
        Fault {
            service: self.service.clone(),
            operation: self.operation.clone(),
            occurrence: Occurrence::Nth(self.nth),
            kind,
        }
    }
}

/// Runs with its own paused clock, so that tests can run in parallel.
fn in_simulated_time<T>(play: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(play)
}

/// The final account, and what the pipeline shows.
type Played = (Harness, ActionView);

/// Runs a whole release with these faults.
fn play(scene: Scene, faults: &[Fault]) -> Played {
    play_with(scene, play::world(scene), faults, false)
}

fn play_in(world: World, faults: &[Fault]) -> Played {
    play_with(Scene::Good, world, faults, false)
}

fn play_with(scene: Scene, world: World, faults: &[Fault], in_a_fleet: bool) -> Played {
    in_simulated_time(async {
        let harness = Harness::with(world);
        harness.world(|world| {
            for fault in faults {
                world.faults.add(fault.clone()).expect("a fault");
            }
        });
        let action = harness.queue(&scene.order());
        let journal = match in_a_fleet {
            true => Journal::Bucket(harness.exchange.http_client()),
            false => Journal::None,
        };
        let worker = harness.start_slow(&journal);
        let view = harness.end_of(&action).await;
        if in_a_fleet {
            harness.wait(AFTERWARDS).await;
        }
        worker.stop().await;
        (harness, view)
    })
}

/// The calls of a release without faults.
fn calls(scene: Scene) -> Vec<Call> {
    calls_of(&play(scene, &[]).0)
}

fn calls_of(harness: &Harness) -> Vec<Call> {
    harness.world(|world| {
        let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
        let mut calls = Vec::new();
        for entry in world.ledger.entries() {
            let name = (entry.service.clone(), entry.operation.clone());
            let nth = counts.entry(name).or_default();
            *nth += 1;
            calls.push(Call {
                service: entry.service.clone(),
                operation: entry.operation.clone(),
                nth: *nth,
            });
        }
        calls
    })
}

/// With these faults, the release must come to the scene's end.
fn check(scene: Scene, faults: &[Fault]) {
    let (harness, view) = play(scene, faults);
    came_to_its_end(scene, faults, &harness, &view);
}

fn came_to_its_end(scene: Scene, faults: &[Fault], harness: &Harness, view: &ActionView) {
    assert_eq!(view.status, scene.end(), "{faults:#?}\n{view:#?}");
    if let Some(error) = &view.error {
        assert_eq!(error.code, "JobFailed", "{faults:#?}\n{view:#?}");
        assert!(
            error.message.contains("webapp-smoke-test"),
            "{}",
            error.message
        );
    }
    harness.world(|world| {
        assert_eq!(
            judge::complaints(world),
            Vec::<String>::new(),
            "{faults:#?}"
        );
    });
    let count = |service, operation| harness.effects(service, operation);
    // A revision whose registration got no answer is known to no release.
    let lost = usize::from(scene.start().0 == "ecs") * faults.len();
    let most = 1 + lost;
    let registered = count("ecs", "RegisterTaskDefinition");
    assert!((1..=most).contains(&registered), "{faults:#?}");
    let (service, operation) = scene.start();
    assert_eq!(count(service, operation), 1, "{faults:#?}");
}

fn every_call_goes_wrong(scene: Scene, kinds: &[Kind]) {
    for call in calls(scene) {
        for kind in kinds {
            check(scene, &[call.fault(kind.clone())]);
        }
    }
}

#[test]
fn a_good_release_survives_calls_that_had_no_effect() {
    every_call_goes_wrong(Scene::Good, &kinds()[..4]);
}

#[test]
fn a_good_release_survives_calls_whose_answer_is_lost() {
    every_call_goes_wrong(Scene::Good, &kinds()[4..]);
}

#[test]
fn a_failing_release_survives_calls_that_had_no_effect() {
    every_call_goes_wrong(Scene::HookFails, &kinds()[..4]);
}

#[test]
fn a_failing_release_survives_calls_whose_answer_is_lost() {
    every_call_goes_wrong(Scene::HookFails, &kinds()[4..]);
}

#[test]
fn a_release_that_ecs_deploys_survives_calls_that_had_no_effect() {
    every_call_goes_wrong(Scene::EcsGood, &kinds()[..4]);
}

#[test]
fn a_release_that_ecs_deploys_survives_calls_whose_answer_is_lost() {
    every_call_goes_wrong(Scene::EcsGood, &kinds()[4..]);
}

#[test]
fn a_release_that_ecs_rolls_back_survives_every_fault() {
    every_call_goes_wrong(Scene::EcsHookFails, &kinds());
}

/// Every call of the journal fails in every way; afterwards the journal is
/// empty.
#[test]
fn a_fleets_journal_survives_every_fault_of_its_calls() {
    let (undisturbed, _) = play_with(Scene::Good, play::world(Scene::Good), &[], true);
    let calls = calls_of(&undisturbed);
    let of_journal = |call: &&Call| call.service == "s3";
    let operations: BTreeSet<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
    for operation in ["PutObject", "DeleteObject", "ListObjectsV2"] {
        assert!(operations.contains(operation), "{operation}");
    }
    let conflict = Kind::Error {
        status: 409,
        code: "ConditionalRequestConflict".into(),
        message: "The conditional request cannot succeed due to a conflicting operation".into(),
    };
    for call in calls.iter().filter(of_journal) {
        let own = (call.operation == "PutObject").then_some(&conflict);
        for kind in kinds().iter().chain(own) {
            let context = format!("{call:?} {kind:?}");
            let faults = [call.fault(kind.clone())];
            let (harness, view) = play_with(Scene::Good, play::world(Scene::Good), &faults, true);
            assert_eq!(view.status, ActionStatus::Succeeded, "{context}: {view:#?}");
            assert_eq!(
                harness.world(|world| judge::complaints(world)),
                [""; 0],
                "{context}"
            );
            let left = harness.left_in_bucket();
            assert!(
                left.iter().all(|key| key.contains("/workers/")),
                "{context}: {left:?}"
            );
            let count = |service, operation| harness.effects(service, operation);
            assert_eq!(count("ecs", "RegisterTaskDefinition"), 1, "{context}");
            assert_eq!(count("codedeploy", "CreateDeployment"), 1, "{context}");
        }
    }
}

/// A job that cannot be recorded is not acknowledged. Acknowledged jobs
/// continue.
#[test]
fn a_journal_that_is_away_for_an_hour_loses_nothing() {
    for nth in [1, 3, 5, 8] {
        let mut faults = Vec::new();
        for operation in ["PutObject", "DeleteObject", "ListObjectsV2"] {
            faults.push(Fault {
                service: "s3".into(),
                operation: operation.into(),
                occurrence: Occurrence::Nth(nth),
                kind: Kind::Unavailable,
            });
            faults.push(Fault {
                service: "s3".into(),
                operation: operation.into(),
                occurrence: Occurrence::Next(nth + 200),
                kind: Kind::Throttle,
            });
        }
        let (harness, view) = play_with(Scene::Good, play::world(Scene::Good), &faults, true);
        assert_eq!(view.status, ActionStatus::Succeeded, "{nth}: {view:#?}");
        assert_eq!(
            harness.world(|world| judge::complaints(world)),
            [""; 0],
            "{nth}"
        );
        let (noted, acknowledged) = harness.world(|world| {
            let first = |operation| {
                let mut entries = world.ledger.entries();
                entries.position(|entry| entry.operation == operation && entry.took_effect)
            };
            (first("PutObject"), first("AcknowledgeJob"))
        });
        assert!(noted < acknowledged, "{noted:?} {acknowledged:?}");
    }
}

fn fault(name: &str, occurrence: Occurrence, kind: Kind) -> Fault {
    let (service, operation) = name.split_once(':').expect("service:operation");
    Fault {
        service: service.into(),
        operation: operation.into(),
        occurrence,
        kind,
    }
}

#[test]
fn a_lost_acknowledgement_is_ours_however_codepipeline_answers_the_second_one() {
    for answer in [
        RepeatedAcknowledge::InvalidNonce,
        RepeatedAcknowledge::Status,
    ] {
        let mut world = play::world(Scene::Good);
        world.codepipeline.settings.repeated_acknowledge = answer;
        let lost = fault(
            "codepipeline:AcknowledgeJob",
            Occurrence::Nth(1),
            Kind::CutAfter,
        );
        let (harness, view) = play_in(world, &[lost]);
        assert_eq!(view.status, ActionStatus::Succeeded, "{answer:?}");
        assert_eq!(harness.world(|world| judge::complaints(world)), [""; 0]);
    }
}

#[test]
fn a_missing_permission_fails_the_release_and_is_named() {
    for (name, resource) in [
        ("codedeploy:GetDeploymentGroup", "webapp/webapp"),
        ("ecs:DescribeServices", "webapp"),
        ("ecs:RegisterTaskDefinition", "webapp"),
        ("codedeploy:CreateDeployment", "webapp/webapp"),
        ("codedeploy:GetDeployment", "d-"),
    ] {
        let denied = fault(name, Occurrence::Every, Kind::Denied);
        let (_, view) = play(Scene::Good, &[denied]);
        let error = view.error.expect("a failure");
        assert_eq!(error.code, "PermissionError", "{name}");
        let told = error.message.contains(name) && error.message.contains(resource);
        assert!(told, "{name}: {}", error.message);
    }
}

#[test]
fn what_is_denied_about_the_job_itself_is_waited_out() {
    for name in [
        "codepipeline:PollForJobs",
        "codepipeline:AcknowledgeJob",
        "codepipeline:PutJobSuccessResult",
    ] {
        check(
            Scene::Good,
            &[fault(name, Occurrence::Next(5), Kind::Denied)],
        );
    }
    let report = "codepipeline:PutJobFailureResult";
    check(
        Scene::HookFails,
        &[fault(report, Occurrence::Next(100), Kind::Denied)],
    );
}

#[test]
fn a_service_that_never_recovers_fails_the_release_at_the_time_limit() {
    for name in [
        "codedeploy:GetDeploymentGroup",
        "ecs:RegisterTaskDefinition",
        "codedeploy:CreateDeployment",
    ] {
        let down = fault(name, Occurrence::Every, Kind::Unavailable);
        let (harness, view) = play(Scene::Good, &[down]);
        let error = view.error.expect("a failure");
        assert_eq!(error.code, "SystemUnavailable", "{name}: {}", error.message);
        let took = Duration::try_from(view.updated - view.started).expect("it ended");
        assert!(
            took >= START_TIMEOUT && took < START_TIMEOUT * 2,
            "{name}: {took:?}"
        );
        assert_eq!(harness.world(|world| judge::complaints(world)), [""; 0]);
    }
}

#[test]
fn a_group_whose_deployment_is_slow_to_show_is_waited_for() {
    let busy = Kind::Error {
        status: 400,
        code: "DeploymentLimitExceededException".into(),
        message: "The Deployment Group 'webapp' already has an active Deployment".into(),
    };
    let fault = fault("codedeploy:CreateDeployment", Occurrence::Next(50), busy);
    check(Scene::Good, &[fault]);
}

/// `GetDeploymentGroup` shows its deployment before `GetDeployment` does.
#[test]
fn a_group_that_is_held_is_not_taken_for_free_while_the_holder_is_slow_to_show() {
    let mut world = play::world(Scene::Good);
    assert!(play::another_client_deploys(
        &mut world,
        &Fixture::default()
    ));
    let unknown = Kind::Error {
        status: 400,
        code: "DeploymentDoesNotExistException".into(),
        message: "No Deployment found".into(),
    };
    let fault = fault("codedeploy:GetDeployment", Occurrence::Next(2), unknown);
    let (harness, view) = play_in(world, &[fault]);
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let tried = harness.world(|world| world.ledger.calls("codedeploy", "CreateDeployment").count());
    assert_eq!(tried, 1, "it waits, and does not try");
}
