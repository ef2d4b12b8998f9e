//! Kills the real program during calls over HTTP, and stops it with one signal
//! or two.

use std::time::Duration;

use simulator::codepipeline::ActionStatus;
use simulator::faults::Kind;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::account::{Account, DRAIN, log_of, terminate, until_logged};
use crate::support::judge;

/// Simulated duration of a call that hangs: two minutes of real time, longer
/// than any worker waits.
const HANGS: Kind = Kind::Slow { seconds: 7200.0 };

impl Account {
    /// Lets another worker finish the remaining work, and checks the ledger.
    async fn comes_to_the_same_end(self, action: &str, context: &str) {
        let mut second = self.worker();
        let view = self.end_of(action).await;
        terminate(&second);
        let code = timeout(DRAIN, second.wait()).await.expect("it drains");
        assert_eq!(code.expect("a status").code(), Some(0), "{context}");
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
    let account = Account::new().await;
    let action = account.queue();
    account.upset(name, kind.clone());
    let mut worker = account.worker();
    account.struck().await;
    worker.kill().await.expect("it dies");
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
    let account = Account::new().await;
    let action = account.queue();
    let mut full = account.worker_on_a_full_disk();
    let mut lines = log_of(&mut full);
    let line = until_logged(&mut lines, "cannot write the journal").await;
    assert!(line.contains("not taking the job"), "{line}");
    account.world(|world| {
        assert_eq!(world.ledger.effects("codepipeline", "AcknowledgeJob"), 0);
    });
    let left = std::fs::read_dir(&account.journal).expect("a directory");
    assert_eq!(left.count(), 1, "only the lock");
    terminate(&full);
    let end = timeout(DRAIN, full.wait()).await.expect("it drains");
    assert_eq!(end.expect("a status").code(), Some(0));

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
        let account = Account::new().await;
        let action = account.queue();
        account.upset(name, HANGS);
        let mut worker = account.worker();
        account.struck().await;
        terminate(&worker);
        let left = timeout(DRAIN, worker.wait()).await;
        let status = left.unwrap_or_else(|_| panic!("{name}: it stays"));
        assert_eq!(status.expect("a status").code(), Some(0), "{name}");
        account.comes_to_the_same_end(&action, name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_stops_the_worker_at_once() {
    let account = Account::new().await;
    let action = account.queue();
    account.upset("codedeploy:CreateDeployment", HANGS);
    let mut worker = account.worker();
    let mut lines = log_of(&mut worker);
    account.struck().await;
    terminate(&worker);
    until_logged(&mut lines, "received a stop signal").await;
    terminate(&worker);
    let left = timeout(Duration::from_secs(2), worker.wait()).await;
    let status = left.expect("it leaves at once").expect("a status");
    assert_eq!(status.code(), Some(0));
    account
        .comes_to_the_same_end(&action, "received a second stop signal")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_request_does_not_delay_the_exit() {
    let account = Account::new().await;
    let mut worker = account.worker();
    let mut lines = log_of(&mut worker);
    let line = until_logged(&mut lines, "serving health, readiness and metrics").await;
    let (_, address) = line.split_once("address=").expect("an address");
    let mut connection = TcpStream::connect(address.trim())
        .await
        .expect("it listens");
    connection
        .write_all(b"GET /health HTTP/1.1\r\nHost: ")
        .await
        .expect("half a question");
    until_logged(&mut lines, "polling for jobs").await;
    terminate(&worker);
    let left = timeout(DRAIN, worker.wait()).await;
    let status = left.expect("it leaves in time").expect("a status");
    assert_eq!(status.code(), Some(0));
}
