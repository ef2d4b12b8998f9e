//! What the journal keeps, and what it survives.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::super::*;
use crate::clock::Clock;
use crate::job::offer::{Job, JobData, PipelineContext};
use crate::job::{JobId, Nonce};

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
    let nothing_in_hand = |_: &JobId| false;
    journal
        .take_over(&nothing_in_hand, 100)
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
        journal.note(entry("b")).await.unwrap();
        journal.note(entry("a")).await.unwrap();
        journal.note(entry("a").claimed()).await.unwrap();
        journal.note(entry("c")).await.unwrap();
        journal.clear(&JobId::new("c")).await.unwrap();
        journal.clear(&JobId::new("c")).await.unwrap();
    }
    let journal = open(place.path()).unwrap();
    let unfinished = unfinished(&journal).await;
    assert_eq!(unfinished, [entry("a").claimed(), entry("b")]);
    assert_eq!(unfinished[0].stage, Stage::Claimed);
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
    journal.note(entry("good")).await.unwrap();
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
        assert!(journal.note(entry(id)).await.is_err(), "{id}");
        assert!(journal.clear(&JobId::new(id)).await.is_err(), "{id}");
    }
    journal.note(entry(&"x".repeat(64))).await.unwrap();
}

#[tokio::test]
async fn an_entry_tells_nothing_of_the_configuration() {
    let place = tempfile::tempdir().unwrap();
    let journal = open(place.path()).unwrap();
    journal.note(entry("a")).await.unwrap();
    let text = fs::read_to_string(place.path().join("a.json")).unwrap();
    assert!(!text.contains("hidden") && text.contains("shop"), "{text}");
}
