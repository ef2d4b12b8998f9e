//! More jobs than slots: they wait in CodePipeline, and the worker stays alive.

use std::time::Duration;

use bluegreen_worker::worker::Tuning;
use simulator::codepipeline::{ActionStatus, JobStatus};
use simulator::faults::{Fault, Kind, Occurrence};

use super::{MINUTE, complaints, healthy_ports, start};
use crate::support::play::{self, Journal, Scene, slow_tuning};
use crate::support::{Harness, Order};

fn in_progress(harness: &Harness) -> usize {
    harness.world(|world| {
        let jobs = world.codepipeline.jobs().iter();
        jobs.filter(|job| job.status == JobStatus::InProgress)
            .count()
    })
}

#[tokio::test(start_paused = true)]
async fn five_hundred_waiting_jobs_are_taken_ten_at_a_time() {
    let harness = Harness::with(play::world(Scene::Good));
    let order = Order::default().file("taskdef.json", "no task definition");
    let actions: Vec<String> = (0..500).map(|_| harness.queue(&order)).collect();
    let tuning = Tuning {
        max_jobs: 10,
        ..slow_tuning()
    };
    let worker = start(&harness, healthy_ports(&harness), tuning, &Journal::None).await;
    let mut most = 0;
    while harness.status(&actions[499]) == ActionStatus::InProgress || in_progress(&harness) > 0 {
        harness.wait(Duration::from_millis(300)).await;
        most = most.max(in_progress(&harness));
        let now = harness.clock.now();
        assert!(worker.health.is_alive(now, tuning.poll_interval));
    }
    assert!((1..=10).contains(&most), "{most} at once");
    worker.stop().await;
    assert_eq!(complaints(&harness), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_slots_are_full_for_an_hour_is_alive() {
    let mut world = play::world(Scene::Good);
    let denied = Fault {
        service: "codepipeline".into(),
        operation: "PutJobSuccessResult".into(),
        occurrence: Occurrence::Every,
        kind: Kind::Denied,
    };
    world.faults.add(denied).expect("a fault");
    let harness = Harness::with(world);
    harness.queue(&Order::default());
    let second = harness.queue(&Order::default());
    let tuning = Tuning {
        max_jobs: 1,
        ..slow_tuning()
    };
    let worker = start(&harness, healthy_ports(&harness), tuning, &Journal::None).await;
    for _ in 0..60 {
        harness.wait(MINUTE).await;
        assert!(
            worker
                .health
                .is_alive(harness.clock.now(), tuning.poll_interval)
        );
    }
    assert_eq!(
        in_progress(&harness),
        1,
        "no more is taken than can be reported"
    );
    harness.world(|world| world.faults.clear());
    assert_eq!(
        harness.end_of(&second).await.status,
        ActionStatus::Succeeded
    );
    worker.stop().await;
    assert_eq!(complaints(&harness), [""; 0]);
}
