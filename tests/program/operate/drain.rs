//! A worker that drains for a while: it keeps running with its metrics, and
//! another worker continues its jobs.

use simulator::codepipeline::ActionStatus;
use simulator::world::World;

use super::seen::page;
use crate::account::{Account, Worker};

fn polls(world: &mut World) -> usize {
    world.ledger.calls("codepipeline", "PollForJobs").count()
}

async fn reload(account: &Account, worker: &mut Worker, setting: &str, words: &str) {
    account.settings(setting);
    worker.signal("HUP");
    worker.logged(words).await;
}

/// Waits until the worker's readiness check gives this response.
async fn ready_says(account: &Account, address: &str, words: &str) -> String {
    let ask = ["health", "--ready", "--listen", address];
    loop {
        let (_, out, err) = account.ask(&ask).await;
        if out.contains(words) || err.contains(words) {
            return out + &err;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_drains_for_a_while_and_takes_jobs_again() {
    let account = Account::new().await;
    let mut worker = account.worker(&[]);
    let address = worker.address().await;
    let first = account.queue();
    let made = |world: &mut World| world.ledger.effects("codedeploy", "CreateDeployment");
    account.until(|world| made(world) == 1).await;

    reload(
        &account,
        &mut worker,
        "drain = \"on\"\n",
        "draining: taking no jobs",
    )
    .await;
    let said = ready_says(&account, &address, "0 jobs are left").await;
    assert!(said.contains("alive\n"), "it is well: {said}");
    assert!(said.contains("draining: taking no jobs"), "{said}");
    let metrics = page(&address, "/metrics").await;
    assert!(metrics.contains("\nbluegreen_draining 1\n"), "{metrics}");

    // Ten times the poll interval.
    let (before, then) = account.world(|world| (polls(world), world.now()));
    account
        .until(|world| (world.now() - then).get_seconds() > 60)
        .await;
    assert_eq!(account.world(polls), before, "it polls");

    // Another worker continues the returned release.
    let other = account.worker(&[("BLUEGREEN_DRAIN", "off")]);
    let released = account.end_of(&first).await;
    assert_eq!(released.status, ActionStatus::Succeeded, "{released:#?}");
    assert_eq!(account.world(made), 1);
    other.stops().await;

    let second = account.queue();
    reload(&account, &mut worker, "", "taking jobs again").await;
    ready_says(&account, &address, "ready\n").await;
    let released = account.end_of(&second).await;
    assert_eq!(released.status, ActionStatus::Succeeded, "{released:#?}");
    worker.stops().await;
}

/// The setting stays in force after a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_started_draining_takes_nothing_until_it_may() {
    let account = Account::new().await;
    account.settings("journal = \"journal\"\ndrain = \"on\"\n");
    let mut worker = account.worker(&[]);
    let address = worker.address().await;
    let action = account.queue();
    ready_says(&account, &address, "draining: taking no jobs").await;
    assert_eq!(account.world(polls), 0);
    reload(
        &account,
        &mut worker,
        "journal = \"journal\"\n",
        "taking jobs again",
    )
    .await;
    let released = account.end_of(&action).await;
    assert_eq!(released.status, ActionStatus::Succeeded, "{released:#?}");
    worker.stops().await;
}
