//! A worker that is suspended until another one has taken over its jobs, and
//! then resumes, must not act on them.

use simulator::codepipeline::ActionStatus;
use simulator::world::World;

use crate::account::{Account, DRAIN};
use crate::support::judge;
use crate::support::play::BUCKET;

/// Number of workers with a lease.
fn leases(world: &World) -> usize {
    let bucket = world.s3.bucket(BUCKET).expect("it was made");
    let keys = bucket.objects.keys();
    keys.filter(|key| key.contains("/workers/")).count()
}

/// Suspends the worker once this call has taken effect.
async fn stands_still_after(service: &str, operation: &str) {
    let account = Account::with_fleet().await;
    let action = account.queue();
    let mut stalled = account.worker(&[]);
    account
        .until(|world| world.ledger.effects(service, operation) > 0)
        .await;
    stalled.signal("STOP");

    let mut other = account.worker(&[]);
    let view = account.end_of(&action).await;
    assert_eq!(
        view.status,
        ActionStatus::Succeeded,
        "{operation}: {view:#?}"
    );
    account.until(|world| leases(world) == 1).await;
    stalled.signal("CONT");
    stalled.logged("another worker holds the lease").await;
    for worker in [&mut stalled, &mut other] {
        worker.signal("TERM");
        let status = worker.ended_within(DRAIN).await;
        assert!(status.success(), "{operation}: {status}");
    }
    account.world(|world| {
        assert_eq!(judge::complaints(world), [""; 0], "{operation}");
        let count = |service, operation| world.ledger.effects(service, operation);
        assert_eq!(count("ecs", "RegisterTaskDefinition"), 1, "{operation}");
        assert_eq!(count("codedeploy", "CreateDeployment"), 1, "{operation}");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: tests/run soak"]
async fn a_worker_that_stood_still_does_not_act_once_its_lease_is_gone() {
    for (service, operation) in [
        ("codepipeline", "AcknowledgeJob"),
        ("ecs", "RegisterTaskDefinition"),
        ("codedeploy", "CreateDeployment"),
        ("codepipeline", "PutJobSuccessResult"),
    ] {
        stands_still_after(service, operation).await;
    }
}
