//! What the journal keeps, and which failures it survives.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;

use super::super::*;
use crate::job::offer::{Job, JobData, PipelineContext};
use crate::job::{DeploymentId, JobId, Nonce};
use crate::rollout::step::{StopMode, StopReason, Stopping};

fn job(id: &str) -> Job {
    Job {
        id: JobId::new(id),
        nonce: Nonce::new("3"),
        account: "111122223333".into(),
        data: JobData {
            pipeline: PipelineContext {
                pipeline: "shop".into(),
                ..PipelineContext::default()
            },
            configuration: [("Secret".to_owned(), "hidden".to_owned())].into(),
            artifacts: Vec::new(),
            credentials: None,
            token: None,
        },
    }
}

fn open(path: &Path) -> Result<Directory, JournalProblem> {
    Directory::open(path, &Clock::system())
}

async fn unfinished(journal: &Directory) -> Vec<Entry> {
    let nothing_in_flight = |_: &JobId| false;
    journal
        .take_over(&nothing_in_flight, 100)
        .await
        .unwrap()
        .entries
}

pub(super) fn entry(id: &str) -> Entry {
    Entry::intended(&job(id), Timestamp::UNIX_EPOCH)
}

#[tokio::test]
async fn what_was_noted_is_there_for_the_next_process() {
    let place = tempfile::tempdir().unwrap();
    {
        let journal = open(place.path()).unwrap();
        journal.record(entry("b")).await.unwrap();
        journal.record(entry("a")).await.unwrap();
        journal.record(entry("a").claimed()).await.unwrap();
        journal.record(entry("c")).await.unwrap();
        journal.clear(&JobId::new("c")).await.unwrap();
        journal.clear(&JobId::new("c")).await.unwrap();
    }
    let journal = open(place.path()).unwrap();
    let unfinished = unfinished(&journal).await;
    assert_eq!(unfinished, [entry("a").claimed(), entry("b")]);
    assert_eq!(unfinished[0].stage, ClaimStage::Claimed);
}

#[tokio::test]
async fn one_process_at_a_time_has_the_journal() {
    let place = tempfile::tempdir().unwrap();
    let first = open(place.path()).unwrap();
    let second = open(place.path());
    assert!(matches!(second, Err(JournalProblem::InUse { .. })));
    drop(first);
    assert!(open(place.path()).is_ok());
}

#[tokio::test]
async fn torn_and_foreign_files_do_no_harm() {
    let place = tempfile::tempdir().unwrap();
    let journal = open(place.path()).unwrap();
    journal.record(entry("good")).await.unwrap();
    fs::write(place.path().join("half.json.draft"), "{\"v\":1,").unwrap();
    fs::write(place.path().join("torn.json"), "{\"v\":1,\"job\":\"to").unwrap();
    fs::write(place.path().join("huge.json"), vec![b' '; 20_000]).unwrap();
    fs::write(place.path().join("notes.txt"), "by hand").unwrap();
    drop(journal);
    let journal = open(place.path()).unwrap();
    assert_eq!(unfinished(&journal).await, [entry("good")]);
    assert!(!place.path().join("half.json.draft").exists());
    assert!(
        place.path().join("torn.json").exists(),
        "kept for a person to see"
    );
}

#[tokio::test]
async fn an_id_never_leaves_the_directory() {
    let place = tempfile::tempdir().unwrap();
    let journal = open(place.path()).unwrap();
    for id in ["../outside", "", "a/b", "ü", &"x".repeat(65)] {
        assert!(journal.record(entry(id)).await.is_err(), "{id}");
        assert!(journal.clear(&JobId::new(id)).await.is_err(), "{id}");
    }
    journal.record(entry(&"x".repeat(64))).await.unwrap();
}

#[tokio::test]
async fn an_entry_contains_nothing_of_the_configuration() {
    let place = tempfile::tempdir().unwrap();
    let journal = open(place.path()).unwrap();
    journal.record(entry("a")).await.unwrap();
    let text = fs::read_to_string(place.path().join("a.json")).unwrap();
    assert!(!text.contains("hidden") && text.contains("shop"), "{text}");
}

/// Makes a named pipe; opening it as a file would block.
fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo is there").success());
}

/// Far longer than the work takes.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(60), work).await;
    done.expect("it waits for nobody")
}

fn text(id: &str) -> String {
    serde_json::to_string(&entry(id)).unwrap()
}

fn stop() -> IntendedStop {
    IntendedStop {
        deployment: DeploymentId::new("d-A1B2C3D4E"),
        stopping: Stopping {
            at: Timestamp::UNIX_EPOCH,
            why: StopReason::TaskFailure,
            mode: StopMode::Rollback,
        },
    }
}

/// A stop that this build does not know must not hide the job.
#[tokio::test]
async fn an_intended_stop_is_kept_and_one_of_a_newer_build_is_left_out() {
    let place = tempfile::tempdir().unwrap();
    let journal = open(place.path()).unwrap();
    let known = entry("a").stopping(stop());
    journal.record(known.clone()).await.unwrap();
    let newer = serde_json::to_string(&entry("b").stopping(stop())).unwrap();
    let newer = newer.replace("TaskFailure", "FullMoon");
    fs::write(place.path().join("b.json"), newer).unwrap();
    assert_eq!(unfinished(&journal).await, [known, entry("b")]);
}

#[tokio::test]
async fn what_is_no_ordinary_file_is_neither_followed_nor_waited_for() {
    let place = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let (place, elsewhere) = (place.path(), elsewhere.path());
    let journal = open(place).unwrap();
    journal.record(entry("good")).await.unwrap();
    pipe(&place.join("pipe.json"));
    symlink("/dev/zero", place.join("device.json")).unwrap();
    fs::write(elsewhere.join("entry"), text("linked")).unwrap();
    symlink(elsewhere.join("entry"), place.join("linked.json")).unwrap();
    symlink("loop.json", place.join("loop.json")).unwrap();
    fs::create_dir(place.join("folder.json")).unwrap();
    fs::create_dir(place.join("folder.draft")).unwrap();
    pipe(&place.join("pipe.json.draft"));
    fs::write(place.join("other.json"), text("another")).unwrap();
    fs::write(place.join("not an id.json"), text("good")).unwrap();
    assert_eq!(in_time(unfinished(&journal)).await, [entry("good")]);
    assert_eq!(in_time(journal.size()).await.unwrap(), 2);
    drop(journal);
    let journal = open(place).unwrap();
    assert_eq!(in_time(unfinished(&journal)).await, [entry("good")]);
    assert!(!place.join("pipe.json.draft").exists());
    assert!(place.join("folder.draft").exists(), "none of ours");
}

#[tokio::test]
async fn what_a_link_leads_to_is_never_written() {
    let place = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, place.path().join("lock")).unwrap();
    let refused = open(place.path()).expect_err("the lock is a link");
    assert!(matches!(refused, JournalProblem::Unusable { .. }));
    fs::remove_file(place.path().join("lock")).unwrap();
    pipe(&place.path().join("lock"));
    assert!(open(place.path()).is_err(), "the lock is a pipe");
    fs::remove_file(place.path().join("lock")).unwrap();
    fs::write(place.path().join("lock"), "kept").unwrap();

    let journal = open(place.path()).unwrap();
    symlink(&victim, place.path().join("a.json")).unwrap();
    symlink(&victim, place.path().join("a.json.draft")).unwrap();
    journal.record(entry("a")).await.unwrap();
    assert_eq!(unfinished(&journal).await, [entry("a")]);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    let lock = fs::read_to_string(place.path().join("lock")).unwrap();
    assert_eq!(lock, "kept");
}

#[tokio::test]
async fn only_the_owner_may_read_the_journal() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("made/for/it");
    let journal = open(&path).unwrap();
    journal.record(entry("a")).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for file in ["a.json", "lock"] {
        assert_eq!(mode(&path.join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn ten_thousand_strange_files_hide_no_job() {
    let place = tempfile::tempdir().unwrap();
    let journal = open(place.path()).unwrap();
    for n in 0..10_000 {
        let name = match n % 2 {
            0 => format!("{n}.json"),
            _ => format!("note {n}.txt"),
        };
        fs::write(place.path().join(name), "strange").unwrap();
    }
    journal.record(entry("z-last")).await.unwrap();
    assert_eq!(in_time(unfinished(&journal)).await, [entry("z-last")]);
}

#[tokio::test]
async fn an_entry_has_its_size() {
    let place = tempfile::tempdir().unwrap();
    let journal = open(place.path()).unwrap();
    let most = 16 * 1024;
    for (id, bytes) in [("edge", most), ("huge", most + 1)] {
        let text = text(id);
        let filled = text.clone() + &" ".repeat(bytes - text.len());
        fs::write(place.path().join(format!("{id}.json")), filled).unwrap();
    }
    assert_eq!(unfinished(&journal).await, [entry("edge")]);
}
