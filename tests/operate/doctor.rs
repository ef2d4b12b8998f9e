//! `doctor`: no findings if all is well, and a remedy for each problem.

use std::fs;

use bluegreen_worker::simulator::world::World;

use crate::Account;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_finds_nothing_where_nothing_is_wrong() {
    let account = Account::new().await;
    fs::create_dir(account.folder.path().join("journal")).expect("a folder");
    account.settings(
        "journal = \"journal\"\nevent_bus = \"default\"\nroles = [\"arn:aws:iam::111122223333:role/deploy shop-42\"]\n",
    );
    let words = "doctor --config worker.toml --application webapp --group webapp";
    let words: Vec<&str> = words.split(' ').collect();
    let (code, out, err) = account.ask(&words).await;
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let (last, before) = out
        .trim_end()
        .rsplit_once('\n')
        .map(|(before, last)| (last, before))
        .expect("lines");
    assert!(
        before.lines().all(|line| line.starts_with("ok    ")),
        "{out}"
    );
    assert!(last.starts_with("----  other calls: "), "{out}");
    for name in [
        "settings",
        "policies",
        "journal",
        "address",
        "proxy",
        "certificates",
        "endpoints",
        "traces",
        "credentials",
        "clock",
        "action type",
        "codepipeline",
        "codedeploy",
        "event bus",
        "deployment group",
        "service",
        "role",
    ] {
        assert!(out.contains(&format!("ok    {name}: ")), "{name}: {out}");
    }
    // The command only reads.
    let changed = |world: &mut World| {
        let changing = ["Create", "Register", "Put", "Acknowledge", "Stop", "Poll"];
        let entries = world.ledger.entries();
        let of = |operation: &str| changing.iter().any(|one| operation.starts_with(one));
        entries.filter(|entry| of(&entry.operation)).count()
    };
    assert_eq!(account.world(changed), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_says_what_to_do_about_each_thing_that_is_wrong() {
    let account = Account::new().await;
    let file = account.folder.path().join("file");
    fs::write(&file, "no folder").expect("written");
    account.settings("journal = \"file\"\nevent_bus = \"relaeses\"\naction_version = \"7\"\nroles = \"arn:aws:iam::111122223333:role/other\"\n");
    for name in ["ecs:DescribeServices", "codedeploy:*"] {
        account.deny(name);
    }
    let (code, out, _) = account
        .ask(&["doctor", "--json", "--config", "worker.toml"])
        .await;
    assert_eq!(code, Some(1), "{out}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let failed: Vec<&str> = report["checks"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|check| check["state"] == "failed")
        .map(|check| {
            assert!(check["remedy"].is_string(), "{check}");
            check["check"].as_str().expect("a name")
        })
        .collect();
    assert_eq!(
        failed,
        [
            "journal",
            "action type",
            "ecs services",
            "codedeploy",
            "event bus",
            "role"
        ]
    );
    // A denied `DescribeEventBus` is only a warning, since the worker never
    // calls it.
    account.settings("event_bus = \"default\"\n");
    account.deny("events:DescribeEventBus");
    let (_, out, _) = account.ask(&["doctor", "--config", "worker.toml"]).await;
    let remedy = "allow events:DescribeEventBus";
    let is_enabled = |line: &str| line.starts_with("warn  event bus: ") && line.contains(remedy);
    assert!(out.lines().any(is_enabled), "{out}");
    // Problems of AWS are not found offline.
    let (code, out, _) = account.ask(&["doctor", "--offline"]).await;
    assert_eq!(code, Some(0), "{out}");
    assert!(!out.contains("credentials"), "{out}");
    account.settings("watch = \"soon\"\n");
    let (code, out, _) = account.ask(&["doctor", "--config", "worker.toml"]).await;
    assert_eq!(code, Some(2));
    assert!(out.starts_with("FAIL  settings: worker.toml:6:1"), "{out}");
}
