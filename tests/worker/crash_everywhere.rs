//! Kills a worker at every call, before the call takes effect and after. The
//! next worker with the same journal, or another one that shares it, must bring
//! the release to the same end.

mod events;

use std::fs;
use std::time::Duration;

use simulator::codepipeline::{ActionStatus, RepeatedAcknowledge};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::Harness;
use crate::support::judge;
use crate::support::mortal::{Moment, Mortal};
use crate::support::play::{self, Journal, LEASE, Scene, slow_tuning};
use crate::support::truth::untruths;

const MOMENTS: [Moment; 2] = [Moment::BeforeItTakesEffect, Moment::AfterItTookEffect];

/// Time until a dead worker is replaced. It is longer than CodePipeline waits
/// before it offers an unacknowledged job again.
const VACANCY: Duration = Duration::from_secs(90);

/// Time within which a job with a result is removed from the journal.
const AFTERWARDS: Duration = Duration::from_secs(30);

/// Time within which every release that is not lost ends.
const LONG_ENOUGH: Duration = Duration::from_secs(30 * 60);

/// One run with a killed worker, and its result.
struct Story {
    harness: Harness,
    status: ActionStatus,
    /// Whether the worker lived to the end of the release.
    survived: bool,
}

/// Parameters of a run.
#[derive(Clone, Copy)]
struct Setting {
    scene: Scene,
    repeated: RepeatedAcknowledge,
    vacancy: Duration,
}

fn in_simulated_time<T>(play: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(play)
}

/// Where workers record their jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Nowhere,
    /// The replacement uses the same directory.
    InADirectory,
    /// Another worker with the same shared journal finishes the job.
    InABucket,
}

/// Kills a worker at call number `last` and replaces it.
fn play(setting: Setting, last: u64, moment: Moment, kept: Kept) -> Story {
    in_simulated_time(async {
        let mut world = play::world(setting.scene);
        world.codepipeline.settings.repeated_acknowledge = setting.repeated;
        let harness = Harness::with(world);
        let place = TempDir::new().expect("a directory");
        let action = harness.queue(&setting.scene.order());
        let journal = |http| match kept {
            Kept::Nowhere => Journal::None,
            Kept::InADirectory => Journal::Directory(place.path().to_owned()),
            Kept::InABucket => Journal::Bucket(http),
        };

        let death = CancellationToken::new();
        let http = Mortal::client(harness.exchange.http_client(), last, moment, death.clone());
        let first_journal = journal(http.clone());
        let ports = harness.ports_through(http);
        let first = harness.start(ports, slow_tuning(), &first_journal, death.clone());
        tokio::select! {
            () = death.cancelled() => first.ended().await,
            _ = harness.end_of(&action) => {
                first.stop().await;
                let status = harness.status(&action);
                return Story { harness, status, survived: true };
            }
        }
        harness.wait(setting.vacancy).await;
        let second_journal = journal(harness.exchange.http_client());
        let second = harness.start_slow(&second_journal);
        match kept {
            Kept::Nowhere => harness.wait(LONG_ENOUGH).await,
            Kept::InADirectory => {
                harness.end_of(&action).await;
                harness.wait(AFTERWARDS).await;
            }
            Kept::InABucket => {
                harness.end_of(&action).await;
                harness.wait(AFTERWARDS + 2 * LEASE).await;
            }
        }
        let status = harness.status(&action);
        second.stop().await;
        match kept {
            Kept::Nowhere => {}
            Kept::InADirectory => assert_eq!(left_in(&place), [""; 0]),
            Kept::InABucket => assert_eq!(harness.left_in_bucket(), [""; 0]),
        }
        Story {
            harness,
            status,
            survived: false,
        }
    })
}

fn left_in(place: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(place.path()).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    names
        .map(|name| name.expect("a name"))
        .filter(|name| name != "lock")
        .collect()
}

/// How late a report may be: a worker dies, and another one takes over.
const LATE: Duration = Duration::from_secs(600);

/// Runs with every call in turn, until the worker survives.
fn dies_everywhere(setting: Setting, kept: Kept) {
    for moment in MOMENTS {
        let mut last = 1;
        loop {
            let story = play(setting, last, moment, kept);
            let context = format!("call {last}, {moment:?}, {kept:?}");
            check(setting.scene, &story.harness, story.status, &context);
            if story.survived {
                break;
            }
            last += 1;
        }
        assert!(last > 20, "only {last} calls were met");
    }
}

fn check(scene: Scene, harness: &Harness, status: ActionStatus, context: &str) {
    assert_eq!(status, scene.end(), "{context}");
    let complaints = harness.world(|world| judge::complaints(world));
    assert_eq!(complaints, [""; 0], "{context}");
    let untruths = harness.world(|world| untruths(world, LATE));
    assert_eq!(untruths, [""; 0], "{context}");
    let count = |service, operation| harness.effects(service, operation);
    // A worker that cannot tell whether it has the job may register a revision
    // that its successor does not know.
    let most = match scene {
        Scene::Good | Scene::HookFails | Scene::Stopped => 1,
        Scene::EcsGood | Scene::EcsHookFails | Scene::EcsStopped => 2,
    };
    let registered = count("ecs", "RegisterTaskDefinition");
    assert!((1..=most).contains(&registered), "{context}: {registered}");
    let (service, operation) = scene.start();
    assert_eq!(count(service, operation), 1, "{context}");
}

#[test]
fn a_good_release_survives_every_death() {
    dies_everywhere(
        Setting {
            scene: Scene::Good,
            repeated: RepeatedAcknowledge::InvalidNonce,
            vacancy: VACANCY,
        },
        Kept::InADirectory,
    );
}

#[test]
fn a_release_that_ecs_deploys_survives_every_death() {
    each_dies_everywhere([Scene::EcsGood, Scene::EcsHookFails]);
}

#[test]
fn a_release_that_is_stopped_survives_every_death() {
    each_dies_everywhere([Scene::Stopped, Scene::EcsStopped]);
}

fn each_dies_everywhere(scenes: [Scene; 2]) {
    for scene in scenes {
        let setting = Setting {
            scene,
            repeated: RepeatedAcknowledge::InvalidNonce,
            vacancy: VACANCY,
        };
        dies_everywhere(setting, Kept::InADirectory);
    }
}

#[test]
fn another_worker_of_the_fleet_finishes_a_release_that_ecs_deploys() {
    dies_everywhere(
        Setting {
            scene: Scene::EcsGood,
            repeated: RepeatedAcknowledge::Status,
            vacancy: Duration::ZERO,
        },
        Kept::InABucket,
    );
}

#[test]
fn a_worker_that_starts_again_at_once_survives_as_well() {
    dies_everywhere(
        Setting {
            scene: Scene::Good,
            repeated: RepeatedAcknowledge::Status,
            vacancy: Duration::ZERO,
        },
        Kept::InADirectory,
    );
}

#[test]
fn another_worker_of_the_fleet_finishes_the_jobs_of_a_dead_one() {
    dies_everywhere(
        Setting {
            scene: Scene::Good,
            repeated: RepeatedAcknowledge::InvalidNonce,
            vacancy: VACANCY,
        },
        Kept::InABucket,
    );
}

#[test]
fn another_worker_of_the_fleet_that_is_there_at_once_finishes_as_well() {
    dies_everywhere(
        Setting {
            scene: Scene::HookFails,
            repeated: RepeatedAcknowledge::Status,
            vacancy: Duration::ZERO,
        },
        Kept::InABucket,
    );
}

/// The guarantee without a journal: nothing is done twice, and jobs that were
/// not acknowledged continue. An acknowledged job is lost until the pipeline's
/// own time limit ends the action.
#[test]
fn without_a_journal_nothing_is_doubled() {
    let setting = Setting {
        scene: Scene::Good,
        repeated: RepeatedAcknowledge::InvalidNonce,
        vacancy: VACANCY,
    };
    let mut lost = 0;
    for moment in MOMENTS {
        for last in (1..).step_by(3) {
            let story = play(setting, last, moment, Kept::Nowhere);
            if story.survived {
                break;
            }
            let context = format!("call {last}, {moment:?}");
            for (service, operation) in [
                ("ecs", "RegisterTaskDefinition"),
                ("codedeploy", "CreateDeployment"),
            ] {
                assert!(story.harness.effects(service, operation) <= 1, "{context}");
            }
            match story.status {
                ActionStatus::Succeeded => {
                    check(Scene::Good, &story.harness, story.status, &context);
                }
                ActionStatus::InProgress => lost += 1,
                other @ (ActionStatus::Failed | ActionStatus::Abandoned) => {
                    panic!("{context}: {other:?}");
                }
            }
        }
    }
    assert!(lost > 0, "a journal is good for something");
}
