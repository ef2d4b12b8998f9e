//! Policies that change while the worker runs: only a valid set replaces the
//! current one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use bluegreen_worker::policy::{Child, DEFAULT_NAMESPACE, Recipe, SetProblem, parse_sources};
use bluegreen_worker::ports::{CallError, CallErrorKind, ETag, Listed, Objects, Only, Written};
use bluegreen_worker::worker::{Buckets, PolicyKeeper, Reloaded};
use parking_lot::Mutex;

use super::{PROGRAM, folder, levels};

const GOOD: &str = "package main\n\ndeny contains \"a\" if {\n\tinput.a\n}\n";
const OTHER: &str = "package main\n\ndeny contains \"b\" if {\n\tinput.b\n}\n";
const BROKEN: &str = "package main\n\ndeny contains if {\n";
/// It compiles, but fails for a release of the usual form.
const WRONG: &str =
    "package main\n\ndeny contains \"a\" if {\n\tstartswith(input.taskDefinition, \"a\")\n}\n";

/// A bucket in memory that counts reads.
#[derive(Clone, Default)]
struct Bucket {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    reads: Arc<Mutex<usize>>,
    is_denied: Arc<Mutex<bool>>,
}

impl Bucket {
    fn put(&self, key: &str, text: impl Into<Vec<u8>>) {
        self.objects.lock().insert(key.into(), text.into());
    }

    fn buckets(&self) -> Buckets {
        let bucket = self.clone();
        Box::new(move |_| Arc::new(bucket.clone()))
    }

    fn reads(&self) -> usize {
        *self.reads.lock()
    }
}

fn tag(bytes: &[u8]) -> ETag {
    ETag(format!(
        "\"{:?}\"",
        bytes.iter().map(|b| u64::from(*b)).sum::<u64>()
    ))
}

#[async_trait]
impl Objects for Bucket {
    async fn write(&self, _: &str, _: Vec<u8>, _: Only) -> Result<Written, CallError> {
        panic!("policies are only read")
    }

    async fn read(&self, key: &str, _: u64) -> Result<Option<(Vec<u8>, ETag)>, CallError> {
        *self.reads.lock() += 1;
        let bytes = self.objects.lock().get(key).cloned();
        Ok(bytes.map(|bytes| (bytes.clone(), tag(&bytes))))
    }

    async fn remove(&self, _: &str) -> Result<(), CallError> {
        panic!("policies are only read")
    }

    async fn list(&self, start: &str, _: usize) -> Result<Vec<Listed>, CallError> {
        if *self.is_denied.lock() {
            return Err(CallError::new(
                "s3:ListBucket",
                CallErrorKind::Denied,
                "AccessDenied",
                "",
            ));
        }
        let objects = self.objects.lock();
        let listed = objects.iter().filter(|(key, _)| key.starts_with(start));
        Ok(listed
            .map(|(key, bytes)| Listed {
                key: key.clone(),
                etag: tag(bytes),
            })
            .collect())
    }
}

fn recipe(sources: &str) -> Recipe {
    Recipe {
        sources: parse_sources(sources).expect("sources"),
        namespace: DEFAULT_NAMESPACE.into(),
        levels: levels(""),
        ..Recipe::default()
    }
}

async fn open(sources: &str, bucket: &Bucket) -> PolicyKeeper {
    let child = Child::of(PROGRAM);
    let keeper = PolicyKeeper::open(recipe(sources), bucket.buckets(), child).await;
    keeper.expect("it loads").expect("there are policies")
}

fn kept(reloaded: Reloaded, expected: &str) {
    let Reloaded::Kept(SetProblem(problems)) = reloaded else {
        panic!("it took over: {reloaded:?}");
    };
    assert!(problems.join("\n").contains(expected), "{problems:?}");
}

#[tokio::test]
async fn a_changed_directory_takes_over_and_a_broken_one_does_not() {
    let place = folder(&[("team.rego", GOOD)]);
    let write = |text: &str| fs::write(place.path().join("team.rego"), text).expect("written");
    let keeper = open(&place.path().display().to_string(), &Bucket::default()).await;
    let gate = keeper.gate();
    let first = gate.set().hash().to_owned();
    assert_eq!(keeper.reload().await, Reloaded::Unchanged);
    write(BROKEN);
    kept(keeper.reload().await, "team.rego:3:");
    write(WRONG);
    kept(keeper.reload().await, "team.rego:4:");
    fs::remove_file(place.path().join("team.rego")).expect("removed");
    kept(keeper.reload().await, "there is no *.rego file");
    assert_eq!(gate.set().hash(), first, "the old set is still there");
    write(OTHER);
    let Reloaded::Replaced(hash) = keeper.reload().await else {
        panic!("it is a good set");
    };
    assert_ne!(hash, first);
    assert_eq!(
        gate.set().hash(),
        hash,
        "whoever has the gate has the new set"
    );
}

#[tokio::test]
async fn a_bucket_is_read_again_only_where_it_changed_and_never_becomes_empty() {
    let bucket = Bucket::default();
    bucket.put("prod/a.rego", GOOD);
    bucket.put("prod/deep/b.rego", GOOD);
    bucket.put("prod/README.md", "# Read me");
    bucket.put("prod/.git/c.rego", BROKEN);
    bucket.put("production.rego", BROKEN);
    let keeper = open("s3://team-policies/prod", &bucket).await;
    assert_eq!(bucket.reads(), 2);
    assert_eq!(keeper.reload().await, Reloaded::Unchanged);
    assert_eq!(bucket.reads(), 2);
    bucket.put("prod/a.rego", OTHER);
    assert!(matches!(keeper.reload().await, Reloaded::Replaced(_)));
    assert_eq!(bucket.reads(), 3);
    *bucket.is_denied.lock() = true;
    kept(keeper.reload().await, "s3:ListBucket");
    *bucket.is_denied.lock() = false;
    bucket.objects.lock().clear();
    kept(
        keeper.reload().await,
        "s3://team-policies/prod/: there is no *.rego file",
    );
}

#[tokio::test]
async fn an_archive_in_a_bucket_is_a_set() {
    let archive = |text: &str| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("policies/team.rego", options).expect("room");
        zip.write_all(text.as_bytes()).expect("room");
        zip.finish().expect("an archive").into_inner()
    };
    let bucket = Bucket::default();
    bucket.put("set.zip", archive(GOOD));
    let keeper = open("s3://team-policies/set.zip", &bucket).await;
    bucket.put("set.zip", archive(BROKEN));
    kept(
        keeper.reload().await,
        "s3://team-policies/set.zip!policies/team.rego:3:",
    );
    bucket.put("set.zip", "no archive");
    assert!(matches!(keeper.reload().await, Reloaded::Kept(_)));
    bucket.put("set.zip", archive(OTHER));
    assert!(matches!(keeper.reload().await, Reloaded::Replaced(_)));
}

#[tokio::test]
async fn a_set_with_a_rule_that_no_test_has_seen_at_work_is_refused_where_the_terms_say_so() {
    let test = "package main_test\n\nimport data.main\n\ntest_a if count(main.deny) == 1 with input as {\"a\": true}\n";
    let place = folder(&[
        ("terms.toml", "untested_rules = \"refuse\"\n"),
        ("team.rego", OTHER),
        ("team_test.rego", test),
    ]);
    let write = |text: &str| fs::write(place.path().join("team.rego"), text).expect("written");
    let recipe = || Recipe {
        terms: Some(place.path().join("terms.toml")),
        ..recipe(&place.path().display().to_string())
    };
    let open = || PolicyKeeper::open(recipe(), Bucket::default().buckets(), Child::of(PROGRAM));
    let untested = "team.rego:3: main.deny: this rule finds nothing in any test that passes";
    let refused = open().await.err().expect("its test is for another rule");
    assert!(refused.to_string().contains(untested), "{refused}");
    write(GOOD);
    let keeper = open().await.expect("its test has seen it");
    let keeper = keeper.expect("there are policies");
    write(OTHER);
    kept(keeper.reload().await, untested);
}

#[tokio::test]
async fn a_rule_is_watched_first_and_refuses_once_the_terms_say_so() {
    let place = folder(&[("team.rego", GOOD), ("terms.toml", "")]);
    let write = |file: &str, text: &str| {
        fs::write(place.path().join(file), text).expect("written");
    };
    let level = |level: &str| {
        write(
            "terms.toml",
            &format!("[rules.\"main.deny\"]\nlevel = \"{level}\"\n"),
        );
    };
    level("warn");
    let recipe = Recipe {
        terms: Some(place.path().join("terms.toml")),
        ..recipe(&place.path().join("team.rego").display().to_string())
    };
    let child = Child::of(PROGRAM);
    let keeper = PolicyKeeper::open(recipe, Bucket::default().buckets(), child).await;
    let keeper = keeper.expect("it loads").expect("there are policies");
    assert_eq!(keeper.reload().await, Reloaded::Unchanged);
    level("deny");
    assert!(matches!(keeper.reload().await, Reloaded::Replaced(_)));
    // The rule has another name now, so the level would be for nothing.
    write(
        "team.rego",
        &GOOD.replace("deny contains", "deny_a contains"),
    );
    kept(
        keeper.reload().await,
        "rules.\"main.deny\": there is no such rule or package; did you mean `main.deny_a`?",
    );
    write("terms.toml", "[rules.\"main\"]\nlevel = \"warn\"\n");
    assert!(matches!(keeper.reload().await, Reloaded::Replaced(_)));
}
