//! Kills the real program during calls over HTTP, and stops it with one signal
//! or two.

use std::time::Duration;

use simulator::codepipeline::ActionStatus;
use simulator::faults::Kind;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::account::{Account, DRAIN};
use crate::support::judge;

/// Simulated duration of a call that hangs: two minutes of real time, longer
/// than any worker waits.
const HANGS: Kind = Kind::Slow { seconds: 7200.0 };

impl Account {
    /// Lets another worker finish the remaining work, and checks the ledger.
    async fn comes_to_the_same_end(self, action: &str, context: &str) {
        let mut second = self.worker(&[]);
        let view = self.end_of(action).await;
        second.signal("TERM");
        let status = second.ended_within(DRAIN).await;
        assert!(status.success(), "{context}: {status}");
        assert_eq!(view.status, ActionStatus::Succeeded, "{context}: {view:#?}");
        assert!(
            view.output_variables.contains_key("DeploymentId"),
            "{context}"
        );
        self.world(|world| {
            assert_eq!(judge::complaints(world), [""; 0], "{context}");
            let count = |service, operation| world.ledger.effects(service, operation);
            assert_eq!(count("ecs", "RegisterTaskDefinition"), 1, "{context}");
            assert_eq!(count("codedeploy", "CreateDeployment"), 1, "{context}");
        });
    }
}

/// Kills a worker once a call has failed; another worker finishes.
async fn killed_at(name: &str, kind: Kind) {
    let account = Account::with_journal().await;
    let action = account.queue();
    account.upset(name, kind.clone());
    let mut worker = account.worker(&[]);
    account.struck().await;
    worker.kill().await;
    let context = format!("{name} {kind:?}");
    account.comes_to_the_same_end(&action, &context).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_before_a_call_takes_effect_loses_nothing() {
    for name in [
        "codepipeline:AcknowledgeJob",
        "s3:GetObject",
        "ecs:RegisterTaskDefinition",
        "codedeploy:CreateDeployment",
        "codepipeline:PutJobSuccessResult",
    ] {
        killed_at(name, HANGS).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_after_a_call_took_effect_doubles_nothing() {
    for name in [
        "codepipeline:AcknowledgeJob",
        "ecs:RegisterTaskDefinition",
        "codedeploy:CreateDeployment",
        "codepipeline:PutJobSuccessResult",
    ] {
        killed_at(name, Kind::CutAfter).await;
    }
}

/// A job that cannot be recorded is not started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_disk_is_full_leaves_the_job_to_one_that_can_note_it() {
    let account = Account::with_journal().await;
    let action = account.queue();
    // Every write to a file fails, as on a full disk. Without the trap the
    // signal of the first one would kill the program.
    let mut full = account.worker_under("trap '' XFSZ; ulimit -f 0");
    let line = full.logged("cannot write the journal").await;
    assert!(line.contains("not taking the job"), "{line}");
    account.world(|world| {
        assert_eq!(world.ledger.effects("codepipeline", "AcknowledgeJob"), 0);
    });
    let left = std::fs::read_dir(account.journal()).expect("a directory");
    assert_eq!(left.count(), 1, "only the lock");
    full.signal("TERM");
    assert!(full.ended_within(DRAIN).await.success());

    account
        .comes_to_the_same_end(&action, "after a full disk")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_stops_in_time_even_if_something_hangs() {
    for name in [
        "codepipeline:PollForJobs",
        "codepipeline:AcknowledgeJob",
        "s3:GetObject",
        "codedeploy:CreateDeployment",
        "codepipeline:PutJobSuccessResult",
    ] {
        let account = Account::with_journal().await;
        let action = account.queue();
        account.upset(name, HANGS);
        let mut worker = account.worker(&[]);
        account.struck().await;
        worker.signal("TERM");
        let status = worker.ended_within(DRAIN).await;
        assert!(status.success(), "{name}: {status}");
        account.comes_to_the_same_end(&action, name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_stops_the_worker_at_once() {
    let account = Account::with_journal().await;
    let action = account.queue();
    account.upset("codedeploy:CreateDeployment", HANGS);
    let mut worker = account.worker(&[]);
    account.struck().await;
    worker.signal("TERM");
    worker.logged("received a stop signal").await;
    worker.signal("TERM");
    let status = worker.ended_within(Duration::from_secs(2)).await;
    assert!(status.success(), "{status}");
    account
        .comes_to_the_same_end(&action, "received a second stop signal")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_request_does_not_delay_the_exit() {
    let account = Account::with_journal().await;
    let mut worker = account.worker(&[]);
    let address = worker.address().await;
    let mut connection = TcpStream::connect(address).await.expect("it listens");
    connection
        .write_all(b"GET /health HTTP/1.1\r\nHost: ")
        .await
        .expect("half a question");
    worker.logged("polling for jobs").await;
    worker.signal("TERM");
    assert!(worker.ended_within(DRAIN).await.success());
}
