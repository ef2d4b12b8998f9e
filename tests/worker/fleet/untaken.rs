//! A worker that cannot take the jobs it is offered: it cannot record them, or
//! may not acknowledge them.

use std::fs;
use std::time::Duration;

use simulator::codepipeline::ActionStatus;
use simulator::faults::{Fault, Kind, Occurrence};

use super::{MINUTE, complaints, healthy_ports, journal, start};
use crate::support::play::{self, Scene};
use crate::support::{Harness, Order, tuning};

/// More jobs than one poll asks for.
const COUNT: usize = 60;

/// CodePipeline offers a job to other workers only some time after it has
/// offered it here. A worker that cannot take jobs and asks for all of them
/// again and again keeps them from the workers that can.
async fn leaves_the_jobs_to_others(
    why: &str,
    spoil: impl FnOnce(&Harness, &std::path::Path),
    mend: impl FnOnce(&Harness, &std::path::Path),
) {
    let harness = Harness::with(play::world(Scene::Good));
    let (place, kept) = journal();
    let worker = start(&harness, healthy_ports(&harness), tuning(), &kept).await;
    harness.wait(MINUTE).await;
    spoil(&harness, place.path());
    let refused = Order::default().file("taskdef.json", "{}");
    let actions: Vec<String> = (0..COUNT).map(|_| harness.queue(&refused)).collect();
    harness.wait(Duration::from_secs(10)).await;

    let polls = || harness.world(|world| world.ledger.calls("codepipeline", "PollForJobs").count());
    let before = polls();
    harness.wait(10 * MINUTE).await;
    let asked = polls() - before;
    assert!((5..=20).contains(&asked), "{why}: {asked} polls");
    let said = worker.health.not_taken().unwrap_or_default();
    assert!(said.contains(why), "{said}");
    let now = harness.clock.now();
    assert!(!worker.health.is_ready(now, tuning().poll_interval, true));
    assert!(worker.health.is_alive(now, tuning().poll_interval));
    assert_eq!(harness.effects("codepipeline", "AcknowledgeJob"), 0);

    mend(&harness, place.path());
    harness.wait(3 * MINUTE).await;
    for action in &actions {
        assert_eq!(harness.status(action), ActionStatus::Failed, "{why}");
    }
    assert_eq!(worker.health.not_taken(), None, "{why}");
    worker.stop().await;
    assert_eq!(complaints(&harness), [""; 0], "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_cannot_record_jobs_leaves_them_to_others() {
    leaves_the_jobs_to_others(
        "cannot write the journal: No such file or directory",
        |_, place| fs::remove_dir_all(place).expect("it is there"),
        |_, place| fs::create_dir(place).expect("it is gone"),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_may_not_acknowledge_jobs_leaves_them_to_others() {
    let denied = Fault {
        service: "codepipeline".into(),
        operation: "AcknowledgeJob".into(),
        occurrence: Occurrence::Every,
        kind: Kind::Denied,
    };
    leaves_the_jobs_to_others(
        "codepipeline:AcknowledgeJob failed: AccessDeniedException",
        |harness, _| {
            let added = harness.world(|world| world.faults.add(denied));
            added.expect("a fault");
        },
        |harness, _| harness.world(|world| world.faults.clear()),
    )
    .await;
}
