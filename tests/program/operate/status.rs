//! `status` on a journal that workers of the real program use.

use std::fs;

use serde_json::Value;
use simulator::codepipeline::ActionStatus;
use simulator::s3::Content;
use simulator::world::World;

use crate::account::Account;

const STATUS: [&str; 3] = ["status", "--config", "worker.toml"];
const JSON: [&str; 4] = ["status", "--config", "worker.toml", "--json"];

fn made(world: &mut World) -> u64 {
    world.ledger.effects("codedeploy", "CreateDeployment") as u64
}

impl Account {
    /// Polls the status until the condition holds.
    async fn status(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (code, out, err) = self.ask(&JSON).await;
            assert_eq!(code, Some(0), "{err}");
            let status: Value = serde_json::from_str(&out).expect("JSON");
            if is_so(&status) {
                return status;
            }
        }
    }
}

fn count(status: &Value, what: &str) -> usize {
    status[what].as_array().expect("a list").len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_shows_who_has_it_and_which_jobs() {
    let account = Account::new().await;
    account.settings("journal = \"journal\"\n");
    let (code, _, err) = account.ask(&STATUS).await;
    assert_eq!(code, Some(1), "{err}");
    assert!(
        err.contains("the journal journal cannot be read: "),
        "{err}"
    );

    let mut worker = account.worker(&[]);
    worker.address().await;
    let action = account.queue();
    account.until(|world| made(world) == 1).await;
    let status = account.status(|status| count(status, "jobs") == 1).await;
    let process = format!("process {}", worker.child.id().expect("it runs"));
    assert_eq!(status["workers"][0]["worker"], *process, "{status}");
    assert_eq!(status["workers"][0]["state"], "Locked", "{status}");
    assert_eq!(status["workers"][0]["jobs"], 1, "{status}");
    assert_eq!(status["jobs"][0]["pipeline"], "shop", "{status}");

    // It reports entries that it cannot read, and does not change them.
    let broken = account.folder.path().join("journal/broken.json");
    fs::write(&broken, "{}").expect("written");
    let lock = account.folder.path().join("journal/lock");
    let before = fs::metadata(&lock).expect("a lock").modified().ok();
    let (code, out, err) = account.ask(&STATUS).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains(&format!("{process}  has the directory")),
        "{out}"
    );
    assert!(out.contains("\nCannot be read: 1\n"), "{out}");
    assert!(out.contains("journal/broken.json: missing field"), "{out}");
    assert_eq!(fs::read_to_string(&broken).expect("it is there"), "{}");
    assert_eq!(fs::metadata(&lock).expect("a lock").modified().ok(), before);

    let released = account.end_of(&action).await;
    assert_eq!(released.status, ActionStatus::Succeeded, "{released:#?}");
    worker.stops().await;
    let status = account.status(|_| true).await;
    assert_eq!((count(&status, "workers"), count(&status, "jobs")), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_shows_who_is_silent_and_what_that_worker_had() {
    let account = Account::new().await;
    account.world(|world| world.s3.create_bucket("journal"));
    // A job that cannot be returned stays in the journal.
    account.deny("codepipeline:PutJobSuccessResult");
    account.settings("journal = \"s3://journal/fleet\"\njournal_lease = \"2s\"\n");
    let mut worker = account.worker(&[]);
    worker.address().await;
    let action = account.queue();
    account.until(|world| made(world) == 1).await;
    let status = account.status(|status| count(status, "jobs") == 1).await;
    let name = status["jobs"][0]["worker"].clone();
    assert_eq!(status["workers"][0]["worker"], name, "{status}");
    assert_eq!(status["workers"][0]["state"], "Renewed", "{status}");
    assert_eq!(status["jobs"][0]["orphaned"], false, "{status}");

    worker.child.kill().await.expect("it dies");
    let silent = |status: &Value| status["workers"][0]["state"] == "Silent";
    account.status(silent).await;
    let now = account.world(|world| world.now());
    account.world(|world| {
        let place = ("journal", "fleet/jobs/broken.json");
        let content = Content::from(b"rubbish".to_vec());
        let put = world.s3.put(&mut world.names, now, place, content);
        put.expect("it is written");
    });
    let writes = |world: &mut World| {
        let changes = ["PutObject", "DeleteObject"];
        changes.map(|one| world.ledger.calls("s3", one).count())
    };
    let before = account.world(writes);
    let (code, out, err) = account.ask(&STATUS).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("; its lease can be ended  1\n"), "{out}");
    assert!(out.contains("\n  jobs/broken.json: "), "{out}");
    assert_eq!(account.world(writes), before, "it only reads");

    account.world(|world| world.faults.clear());
    let other = account.worker(&[]);
    let released = account.end_of(&action).await;
    assert_eq!(released.status, ActionStatus::Succeeded, "{released:#?}");
    other.stops().await;

    account.deny("s3:ListObjectsV2");
    let (code, out, err) = account.ask(&STATUS).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        err.contains("the journal s3://journal/fleet cannot be read"),
        "{err}"
    );
    assert!(err.contains("AccessDenied"), "{err}");
}
