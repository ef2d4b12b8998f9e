//! Every call of a release goes wrong in every way, alone and in pairs, and
//! the release comes to the same end.

#[path = "support/judge.rs"]
mod judge;
#[path = "support/play.rs"]
#[expect(dead_code, reason = "shared with tests in which workers die")]
mod play;
#[expect(dead_code, reason = "shared with the scenarios, which use more of it")]
mod support;

use std::collections::BTreeMap;

use bluegreen_worker::rollout::starting::PATIENCE;
use bluegreen_worker::simulator::codepipeline::{ActionStatus, ActionView, RepeatedAcknowledge};
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use bluegreen_worker::simulator::world::World;
use play::{Journal, Scene};
use support::{Order, Stage};

/// Pairs of faults that are played for each scene; enough to meet every call
/// and every kind several times.
const PAIRS: usize = 40;

/// Every way in which a call goes wrong for once.
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

/// One call of an undisturbed release.
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

/// Runs on its own paused clock, so that tests can play side by side.
fn in_simulated_time<T>(play: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(play)
}

/// Plays a whole release with these faults.
fn play(scene: Scene, faults: &[Fault]) -> (Stage, ActionView) {
    play_in(play::world(scene), faults)
}

fn play_in(world: World, faults: &[Fault]) -> (Stage, ActionView) {
    in_simulated_time(async {
        let stage = Stage::with(world);
        stage.world(|world| {
            for fault in faults {
                world.faults.add(fault.clone()).expect("a fault");
            }
        });
        let action = stage.queue(&Order::default());
        let worker = stage.start_leisurely(&Journal::None).await;
        let view = stage.end_of(&action).await;
        worker.stop().await;
        (stage, view)
    })
}

/// The calls that an undisturbed release makes.
fn calls(scene: Scene) -> Vec<Call> {
    let (stage, _) = play(scene, &[]);
    stage.world(|world| {
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

/// Whatever happens to calls, the release comes to the scene's end.
fn check(scene: Scene, faults: &[Fault]) {
    let (stage, view) = play(scene, faults);
    let expected = match scene {
        Scene::Good => ActionStatus::Succeeded,
        Scene::HookFails => ActionStatus::Failed,
    };
    assert_eq!(view.status, expected, "{faults:#?}\n{view:#?}");
    if let Some(error) = &view.error {
        assert_eq!(error.code, "JobFailed", "{faults:#?}\n{view:#?}");
        assert!(
            error.message.contains("webapp-smoke-test"),
            "{}",
            error.message
        );
    }
    stage.world(|world| {
        assert_eq!(
            judge::complaints(world),
            Vec::<String>::new(),
            "{faults:#?}"
        );
    });
    let count = |service, operation| stage.effects(service, operation);
    assert_eq!(count("ecs", "RegisterTaskDefinition"), 1, "{faults:#?}");
    assert_eq!(count("codedeploy", "CreateDeployment"), 1, "{faults:#?}");
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

/// A sample that is the same on every run.
fn pairs_go_wrong(scene: Scene) {
    let (calls, kinds) = (calls(scene), kinds());
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..PAIRS {
        let faults: Vec<Fault> = (0..2)
            .map(|_| {
                let call = &calls[random.usize(..calls.len())];
                call.fault(kinds[random.usize(..kinds.len())].clone())
            })
            .collect();
        check(scene, &faults);
    }
}

#[test]
fn a_good_release_survives_pairs_of_faults() {
    pairs_go_wrong(Scene::Good);
}

#[test]
fn a_failing_release_survives_pairs_of_faults() {
    pairs_go_wrong(Scene::HookFails);
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
        let (stage, view) = play_in(world, &[lost]);
        assert_eq!(view.status, ActionStatus::Succeeded, "{answer:?}");
        assert_eq!(stage.world(|world| judge::complaints(world)), [""; 0]);
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
fn a_service_that_never_recovers_ends_the_release_when_patience_ends() {
    for name in [
        "codedeploy:GetDeploymentGroup",
        "ecs:RegisterTaskDefinition",
        "codedeploy:CreateDeployment",
    ] {
        let down = fault(name, Occurrence::Every, Kind::Unavailable);
        let (stage, view) = play(Scene::Good, &[down]);
        let error = view.error.expect("a failure");
        assert_eq!(error.code, "SystemUnavailable", "{name}: {}", error.message);
        let took = std::time::Duration::try_from(view.updated - view.started).expect("it ended");
        assert!(took >= PATIENCE && took < PATIENCE * 2, "{name}: {took:?}");
        assert_eq!(stage.world(|world| judge::complaints(world)), [""; 0]);
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
