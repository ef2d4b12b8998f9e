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

use bluegreen_worker::simulator::codepipeline::{ActionStatus, ActionView};
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};
use play::{Journal, Scene};
use support::{Order, Stage};

/// Pairs of faults that are played for each scene; enough to meet every call
/// and every kind several times.
const PAIRS: usize = 60;

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
    in_simulated_time(async {
        let stage = Stage::with(play::world(scene));
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
