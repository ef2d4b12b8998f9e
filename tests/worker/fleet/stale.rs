//! A worker that cannot tell whether it has a job deploys nothing: another
//! worker may have the job, or may have reported its release as failed.

use std::time::Duration;

use bluegreen_worker::worker::Tuning;
use serde_json::{Value, json};
use simulator::codedeploy::Fixture;
use simulator::codepipeline::ActionStatus;
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::World;
use tokio_util::sync::CancellationToken;

use super::{MINUTE, complaints, contested, healthy_ports, journal, noted, start};
use crate::support::play::{self, BUCKET, Journal, Scene, another_client_deploys, slow_tuning};
use crate::support::{Harness, another_client_updates, service};

const SCENES: [Scene; 2] = [Scene::Good, Scene::EcsGood];

fn fault(operation: &str, occurrence: Occurrence, kind: Kind) -> Fault {
    Fault {
        service: "codepipeline".into(),
        operation: operation.into(),
        occurrence,
        kind,
    }
}

fn deployments(harness: &Harness, scene: Scene) -> usize {
    let (service, operation) = scene.start();
    harness.effects(service, operation)
}

/// The acknowledgements of the first worker are lost. The other worker gets the
/// job and deploys.
#[tokio::test(start_paused = true)]
async fn a_worker_whose_acknowledgement_was_lost_leaves_the_deployment_to_the_other() {
    /// Attempts to acknowledge a job.
    const TRIES: u64 = 4;
    for scene in SCENES {
        // The order must not depend on chance.
        fastrand::seed(1);
        let mut world = contested(scene);
        world.codepipeline.settings.redelivery_seconds = 5;
        let lost = Occurrence::Next(2 * TRIES - 1);
        let lost = fault("AcknowledgeJob", lost, Kind::CutBefore);
        world.faults.add(lost).expect("a fault");
        let harness = Harness::with(world);
        let action = harness.queue(&scene.order());
        let journal = Journal::None;
        let unsure = start(&harness, healthy_ports(&harness), slow_tuning(), &journal).await;
        // After the first worker's attempts.
        harness.wait(Duration::from_secs(11)).await;
        let sure = start(&harness, healthy_ports(&harness), slow_tuning(), &journal).await;
        while harness.effects("codepipeline", "AcknowledgeJob") == 0 {
            assert_eq!(deployments(&harness, scene), 0, "{scene:?}");
            harness.wait(Duration::from_millis(100)).await;
        }
        let view = harness.end_of(&action).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{scene:?}");
        for worker in [unsure, sure] {
            worker.stop().await;
        }
        assert_eq!(complaints(&harness), [""; 0]);
        assert_eq!(deployments(&harness, scene), 1, "{scene:?}");
    }
}

fn somebody_deploys(world: &mut World, scene: Scene) {
    match scene.start() {
        ("codedeploy", _) => assert!(another_client_deploys(world, &Fixture::default())),
        _ => another_client_updates(world, &service()),
    }
}

/// A worker dies while it acknowledges a job. Another worker gets the job, and
/// its release fails. Long afterwards the first worker's journal is found.
#[tokio::test(start_paused = true)]
async fn an_old_entry_of_a_journal_does_not_deploy_a_release_that_has_failed() {
    for scene in SCENES {
        let mut world = play::world(scene);
        let slow = Kind::Slow { seconds: 10.0 };
        let slow = fault("AcknowledgeJob", Occurrence::Nth(1), slow);
        world.faults.add(slow).expect("a fault");
        somebody_deploys(&mut world, scene);
        let harness = Harness::with(world);
        let (place, old) = journal();
        let action = harness.queue(&scene.order().option("WhenBusy=Fail"));
        let death = CancellationToken::new();
        let first = harness.start(healthy_ports(&harness), slow_tuning(), &old, death.clone());
        while noted(&place) == 0 {
            harness.wait(Duration::from_millis(100)).await;
        }
        // The acknowledgement is sent after the entry is written.
        harness.wait(Duration::from_secs(1)).await;
        death.cancel();
        first.ended().await;

        let second = start(
            &harness,
            healthy_ports(&harness),
            slow_tuning(),
            &Journal::None,
        )
        .await;
        let view = harness.end_of(&action).await;
        assert_eq!(view.status, ActionStatus::Failed, "{scene:?}");
        harness.wait(60 * MINUTE).await;
        second.stop().await;

        let third = start(&harness, healthy_ports(&harness), slow_tuning(), &old).await;
        harness.wait(20 * MINUTE).await;
        third.stop().await;
        assert_eq!(noted(&place), 0, "the entry is gone");
        assert_eq!(deployments(&harness, scene), 0, "{scene:?}");
    }
}

/// The acknowledgement of a job takes long, and meanwhile the job is offered to
/// the same worker again. The acknowledgement is then refused; its end must not
/// take the journal's entry from the offer that is accepted.
#[tokio::test(start_paused = true)]
async fn an_offer_that_is_refused_does_not_remove_the_entry_of_one_that_is_accepted() {
    for scene in SCENES {
        let mut world = play::world(scene);
        world.codepipeline.settings.redelivery_seconds = 0;
        let slow = Kind::Slow { seconds: 2.0 };
        let slow = fault("AcknowledgeJob", Occurrence::Nth(1), slow);
        world.faults.add(slow).expect("a fault");
        // So that the job takes longer than the acknowledgement.
        somebody_deploys(&mut world, scene);
        let harness = Harness::with(world);
        let (place, journal) = journal();
        let action = harness.queue(&scene.order());
        let death = CancellationToken::new();
        let often = Tuning {
            poll_interval: Duration::from_millis(200),
            ..slow_tuning()
        };
        let first = harness.start(healthy_ports(&harness), often, &journal, death.clone());
        let acknowledged =
            |world: &World| world.ledger.effects("codepipeline", "AcknowledgeJob") > 0;
        harness.until(acknowledged).await;
        // Until the slow one is refused.
        harness.wait(Duration::from_secs(3)).await;
        assert_eq!(noted(&place), 1, "{scene:?}");
        death.cancel();
        first.ended().await;

        let second = start(&harness, healthy_ports(&harness), often, &journal).await;
        let view = harness.end_of(&action).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{scene:?}");
        second.stop().await;
        assert_eq!(complaints(&harness), [""; 0]);
        assert_eq!(deployments(&harness, scene), 1, "{scene:?}");
    }
}

/// A late removal has taken the entry of a worker that acknowledges its job, and
/// another worker that was offered the job has written its own. The job must not
/// be dropped: CodePipeline offers it to neither of them again.
#[tokio::test(start_paused = true)]
async fn a_job_that_is_acknowledged_is_not_left_to_a_worker_that_has_only_written_it_down() {
    for scene in SCENES {
        let mut world = play::world(scene);
        let slow = Kind::Slow { seconds: 2.0 };
        let slow = fault("AcknowledgeJob", Occurrence::Nth(1), slow);
        world.faults.add(slow).expect("a fault");
        let harness = Harness::with(world);
        let journal = Journal::Bucket(harness.exchange.http_client());
        let action = harness.queue(&scene.order());
        let worker = start(&harness, healthy_ports(&harness), slow_tuning(), &journal).await;
        let entry = |world: &World| {
            let bucket = world.s3.bucket(BUCKET).expect("it was made");
            let mut keys = bucket.objects.keys();
            keys.find(|key| key.contains("/jobs/")).cloned()
        };
        harness.until(|world| entry(world).is_some()).await;
        harness.world(|world| {
            let key = entry(world).expect("it was there a moment ago");
            let bucket = world.s3.bucket(BUCKET).expect("it was made");
            let content = &bucket.objects[&key].content;
            let content = content.read(0..content.length());
            let mut record: Value = serde_json::from_slice(&content).expect("an entry");
            record["worker"] = json!("another");
            let now = world.now();
            let text = record.to_string().into_bytes();
            world
                .s3
                .put(&mut world.names, now, (BUCKET, &key), text)
                .expect("there is a bucket");
        });
        let view = harness.end_of(&action).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{scene:?}");
        worker.stop().await;
        assert_eq!(complaints(&harness), [""; 0]);
        assert_eq!(deployments(&harness, scene), 1, "{scene:?}");
    }
}

/// CodePipeline may have other errors for the result of a job that is over.
#[tokio::test(start_paused = true)]
async fn a_job_whose_result_is_refused_does_not_stay_in_the_journal() {
    let mut world = play::world(Scene::Good);
    for operation in ["PutJobSuccessResult", "PutJobFailureResult"] {
        let refused = Kind::Error {
            status: 400,
            code: "ValidationException".into(),
            message: "the job does not accept a result".into(),
        };
        let refused = fault(operation, Occurrence::Every, refused);
        world.faults.add(refused).expect("a fault");
    }
    let harness = Harness::with(world);
    harness.queue(&Scene::Good.order());
    let journal = Journal::Bucket(harness.exchange.http_client());
    let worker = start(&harness, healthy_ports(&harness), slow_tuning(), &journal).await;
    harness.wait(2 * MINUTE).await;
    worker.stop().await;
    assert_eq!(harness.left_in_bucket(), [""; 0]);
}
