//! Tests of files, variables and flags together.

use std::io::Write as _;
use std::time::Duration;

use clap::Args as _;

use super::*;
use crate::config::JournalPlace;
use crate::job::Engine;
use std::path::PathBuf;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn file(text: &str) -> (tempfile::NamedTempFile, Flags) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("written");
    let flags = Flags {
        config: Some(file.path().to_owned()),
        ..Flags::default()
    };
    (file, flags)
}

#[test]
fn nothing_set_gives_the_documented_defaults() {
    let settings = load(&Flags::default(), &environment(&[])).expect("defaults");
    assert_eq!(settings.poll_interval, Duration::from_secs(5));
    assert_eq!(settings.observe_interval, Duration::from_secs(10));
    assert_eq!(settings.watch, Duration::from_secs(20));
    assert_eq!(settings.max_jobs, 1000);
    assert_eq!(settings.journal, None);
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.action_versions, [Engine::CodeDeploy.into()].into());
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let (_file, mut flags) = file("poll_interval = \"1s\"\nwatch = \"1s\"\nmax_jobs = 7\n");
    let environment = environment(&[("BLUEGREEN_POLL_INTERVAL", "2s"), ("BLUEGREEN_WATCH", "2s")]);
    flags.values.insert("watch", "3s".into());
    let settings = load(&flags, &environment).expect("settings");
    assert_eq!(settings.max_jobs, 7);
    assert_eq!(settings.poll_interval, Duration::from_secs(2));
    assert_eq!(settings.watch, Duration::from_secs(3));
}

#[test]
fn an_event_bus_is_set_by_name_or_arn_and_a_wrong_one_is_named() {
    let set = |value: &str| {
        let environment = environment(&[("BLUEGREEN_EVENT_BUS", value)]);
        load(&Flags::default(), &environment)
    };
    let arn = "arn:aws:events:eu-west-1:111122223333:event-bus/releases";
    for good in ["releases", arn] {
        let bus = set(good).expect("settings").event_bus.expect("a bus");
        assert_eq!(bus.as_str(), good);
    }
    let problems = set("no bus").expect_err("it is refused");
    assert!(
        problems[0]
            .to_string()
            .starts_with("BLUEGREEN_EVENT_BUS: `no bus`")
    );
    let none = load(&Flags::default(), &environment(&[])).expect("defaults");
    assert_eq!(none.event_bus, None);
}

#[test]
fn the_service_managers_directory_holds_the_journal() {
    let environment = environment(&[("STATE_DIRECTORY", "/var/lib/bluegreen-worker")]);
    let settings = load(&Flags::default(), &environment).expect("settings");
    assert_eq!(
        settings.journal,
        Some(JournalPlace::Directory("/var/lib/bluegreen-worker".into()))
    );
}

#[test]
fn of_several_state_directories_the_first_counts_and_an_empty_one_does_not() {
    let journal = |value: &str| {
        let environment = environment(&[("STATE_DIRECTORY", value)]);
        load(&Flags::default(), &environment).map(|settings| settings.journal)
    };
    assert_eq!(journal(""), Ok(None));
    let first = JournalPlace::Directory("/var/lib/a".into());
    assert_eq!(journal("/var/lib/a:/var/lib/b"), Ok(Some(first)));
}

#[test]
fn every_problem_is_reported_with_its_place() {
    let (file, flags) = file("pol_interval = \"1s\"\nlisten = true\n");
    let environment = environment(&[
        ("BLUEGREEN_MAX_JOB", "1"),
        ("BLUEGREEN_OTHER", "1"),
        ("BLUEGREEN_WATCH", "soon"),
        ("BLUEGREEN_MAX_JOBS", "0"),
        ("BLUEGREEN_LOG_FORMAT", "xml"),
    ]);
    let problems = load(&flags, &environment).expect_err("seven problems");
    let place = file.path().display().to_string();
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| problem.to_string().replace(&place, "worker.toml"))
        .collect();
    assert_eq!(
        lines,
        [
            "worker.toml:1:1: pol_interval: no such key; did you mean `poll_interval`?",
            "worker.toml:2:10: listen: expected a string, in quotation marks",
            "BLUEGREEN_MAX_JOB: no such variable; did you mean `BLUEGREEN_MAX_JOBS`?",
            "BLUEGREEN_OTHER: no such variable",
            "BLUEGREEN_WATCH: `soon` is not a duration; write it like 100ms, 90s, 20m or 23h",
            "BLUEGREEN_MAX_JOBS: `0` is not a number from 1 to 10000",
            "BLUEGREEN_LOG_FORMAT: `xml` is neither text nor json",
        ]
    );
}

#[test]
fn every_line_of_a_file_that_is_wrong_is_named_with_its_key() {
    for (text, expected) in [
        ("watch = \"soon\"\n", "1:1: watch: `soon` is not a duration"),
        (
            "watch = \"1s\"\nwatch = \"2s\"\n",
            "2:1: watch: duplicate key",
        ),
        (
            "[worker]\nwatch = \"1s\"\n",
            "1:2: [worker]: no such table; keys stand at the top",
        ),
    ] {
        let (_file, flags) = file(text);
        let problems = load(&flags, &environment(&[])).expect_err(text);
        assert_eq!(problems.len(), 1, "{problems:?}");
        let line = problems[0].to_string();
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_named_with_line_and_column() {
    let (file, flags) = file("watch = \"1s\"\nmax_jobs = = 3\n");
    let problems = load(&flags, &environment(&[])).expect_err("no TOML");
    let place = problems[0]
        .place
        .replace(&file.path().display().to_string(), "worker.toml");
    assert_eq!(place, "worker.toml:2:12");
}

#[test]
fn bounds_hold_at_their_edges() {
    let with = |name: &str, value: &str| load(&Flags::default(), &environment(&[(name, value)]));
    for (name, good, bad) in [
        ("BLUEGREEN_POLL_INTERVAL", "10ms", "9ms"),
        ("BLUEGREEN_WATCH", "10m", "601s"),
        ("BLUEGREEN_MAX_JOBS", "10000", "10001"),
        ("BLUEGREEN_REPORT_RATE", "1000/s", "1001/s"),
        ("BLUEGREEN_REPORT_RATE", "0.1/s", "0.09/s"),
        ("BLUEGREEN_ACTION_VERSION", "1-3456789", "1-34567890"),
    ] {
        assert!(with(name, good).is_ok(), "{name}={good}");
        assert!(with(name, bad).is_err(), "{name}={bad}");
    }
}

#[test]
fn a_worker_takes_jobs_of_one_version_or_both() {
    let with = |value: &str| {
        load(
            &Flags::default(),
            &environment(&[("BLUEGREEN_ACTION_VERSION", value)]),
        )
    };
    for (value, expected) in [
        ("2", &["2"][..]),
        ("1,2", &["1", "2"]),
        ("2 , 1,2", &["1", "2"]),
        ("2-shop,1-b,1", &["1", "1-b", "2-shop"]),
    ] {
        let versions = with(value).expect(value).action_versions;
        let versions: Vec<&str> = versions.iter().map(ActionVersion::as_str).collect();
        assert_eq!(versions, expected, "{value}");
    }
    let (_file, flags) = file("action_version = [\"1\", \"2\"]\n");
    let settings = load(&flags, &environment(&[])).expect("a list");
    assert_eq!(settings.action_versions.len(), 2);
    for (value, wrong) in [
        ("", ""),
        ("7", "7"),
        ("1,", ""),
        ("1,3", "3"),
        ("1 2", "1 2"),
    ] {
        let problems = with(value).expect_err(value);
        let start = format!("BLUEGREEN_ACTION_VERSION: `{wrong}` is not a version");
        assert!(problems[0].to_string().starts_with(&start), "{problems:?}");
    }
}

#[test]
fn a_query_names_a_property_of_a_version() {
    let with = |versions: &str, query: &str| {
        let variables = [
            ("BLUEGREEN_ACTION_VERSION", versions),
            ("BLUEGREEN_QUERY", query),
        ];
        load(&Flags::default(), &environment(&variables))
    };
    assert!(with("1", "ApplicationName=shop").is_ok());
    assert!(with("1,2", "ClusterName=shop").is_ok());
    let problems = with("2", "ApplicationName=shop").expect_err("it has no application");
    assert_eq!(
        problems[0].to_string(),
        "BLUEGREEN_QUERY: the query's property `ApplicationName` is not a required property of version 2 of the action"
    );
    assert!(with("1,2", "Images=shop").is_err());
}

#[test]
fn policies_are_paths_a_package_and_levels() {
    let with = |name: &str, value: &str| load(&Flags::default(), &environment(&[(name, value)]));
    let settings = with("BLUEGREEN_POLICY", "a:b/c.rego").expect("settings");
    assert_eq!(
        settings.policy,
        ["a", "b/c.rego"].map(|path| crate::policy::Source::Path(PathBuf::from(path)))
    );
    assert_eq!(settings.policy_namespace, "main");
    let settings = with("BLUEGREEN_CONTROLS", "non-root=deny").expect("settings");
    assert_eq!(settings.controls.len(), 1);
    for (name, bad) in [
        ("BLUEGREEN_POLICY", ""),
        ("BLUEGREEN_POLICY", "s3://"),
        ("BLUEGREEN_POLICY_TERMS", " "),
        ("BLUEGREEN_POLICY_NAMESPACE", "main..ecs"),
        ("BLUEGREEN_CONTROLS", "non-rooot=deny"),
    ] {
        assert!(with(name, bad).is_err(), "{name}={bad}");
    }
}

#[test]
fn an_address_with_port_zero_picks_one() {
    let environment = environment(&[("BLUEGREEN_LISTEN", "127.0.0.1:0")]);
    let settings = load(&Flags::default(), &environment).expect("settings");
    assert_eq!(settings.listen.port(), 0);
}

#[test]
fn every_default_reads_as_the_setting_that_holds_without_it() {
    let initial = Settings::initial(None);
    for key in KEYS {
        let mut settings = initial.clone();
        if let Some(default) = key.unset.value() {
            assert_eq!((key.read)(default, &mut settings), Ok(()), "{}", key.name);
            assert_eq!(settings, initial, "{}", key.name);
        }
    }
}

#[test]
fn every_key_is_a_flag_with_its_default_in_the_help() {
    let command = Flags::augment_args(clap::Command::new("run"));
    let mut matches = 0;
    for key in KEYS {
        let argument = command.get_arguments().find(|one| one.get_id() == key.name);
        let help = argument
            .and_then(clap::Arg::get_help)
            .expect(key.name)
            .to_string();
        if let Some(default) = key.unset.value() {
            assert!(
                help.ends_with(&format!("[default: {default}]")),
                "{}: {help}",
                key.name
            );
            matches += 1;
        }
        let value = key.unset.value().unwrap_or("x");
        let words = ["run".to_owned(), format!("{}={value}", flag(key.name))];
        let parsed = command.clone().get_matches_from(words);
        let flags = <Flags as clap::FromArgMatches>::from_arg_matches(&parsed).unwrap();
        assert_eq!(flags.get(key.name), Some(value));
    }
    assert!(matches > 5);
}

#[test]
fn a_bucket_stands_in_a_list_as_it_does_elsewhere() {
    let (_file, flags) = file("policy = [\"/etc/policies\", \"s3://team/prod\", \"b.rego\"]\n");
    let settings = load(&flags, &environment(&[])).expect("settings");
    let shown: Vec<String> = settings.policy.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["/etc/policies", "s3://team/prod/", "b.rego"]);
}

#[test]
fn lists_in_the_file_are_what_separators_are_elsewhere() {
    let (_file, flags) =
        file("policy = [\"a\", \"b\"]\ncontrols = [\"all=warn\", \"non-root=deny\"]\n");
    let settings = load(&flags, &environment(&[])).expect("settings");
    assert_eq!(
        settings.policy,
        ["a", "b"].map(|path| crate::policy::Source::Path(PathBuf::from(path)))
    );
    for text in [
        "policy = [1]",
        "policy = [\"a:b\"]",
        "policy = [\"s3://team/a:b\"]",
        "listen = [\"a\"]",
        "max_jobs = 0x10",
    ] {
        let (_file, flags) = file(text);
        let problems = load(&flags, &environment(&[])).expect_err(text);
        assert_eq!(problems.len(), 1, "{text}");
    }
}

#[test]
fn every_value_has_its_source() {
    let (config, mut flags) = file("watch = \"1s\"\n\nmax_jobs = 7\n");
    flags = Flags {
        config: flags.config,
        ..Flags::only("listen", None, Some("127.0.0.1:0".into()))
    };
    let environment = environment(&[
        ("BLUEGREEN_WATCH", "2s"),
        ("STATE_DIRECTORY", "/var/lib/x"),
        (
            "BLUEGREEN_ROLES",
            "arn:aws:iam::111122223333:role/a shop-42",
        ),
    ]);
    let loaded = load_all(&flags, &environment).expect("settings");
    let of = |name: &str| {
        let value = loaded
            .values
            .iter()
            .find(|value| value.name == name)
            .expect(name);
        let place = config.path().display().to_string();
        (
            value.text.clone().unwrap_or_default(),
            value.source.to_string().replace(&place, "file"),
        )
    };
    let is = |text: &str, source: &str| (text.to_owned(), source.to_owned());
    assert_eq!(of("poll_interval"), is("5s", "default"));
    assert_eq!(of("max_jobs"), is("7", "file:3:1"));
    assert_eq!(of("watch"), is("2s", "BLUEGREEN_WATCH"));
    assert_eq!(of("listen"), is("127.0.0.1:0", "--listen"));
    assert_eq!(of("journal"), is("/var/lib/x", "STATE_DIRECTORY"));
    assert_eq!(of("policy"), is("", "default"));
    assert_eq!(
        of("roles"),
        is("arn:aws:iam::111122223333:role/a ***", "BLUEGREEN_ROLES")
    );
}

#[test]
fn a_change_of_what_is_not_shown_is_a_change() {
    let with = |id: &str| {
        let text = format!("arn:aws:iam::111122223333:role/a {id}");
        let loaded = load_all(
            &Flags::default(),
            &environment(&[("BLUEGREEN_ROLES", &text)]),
        );
        loaded.expect("settings").values.pop().expect("roles")
    };
    assert_eq!(with("one").text, with("two").text);
    assert!(!with("one").has_same_value(&with("two")));
    assert!(with("one").has_same_value(&with("one")));
    let shown = format!("{:?}", with("shop-42"));
    assert!(
        shown.contains("***") && !shown.contains("shop-42"),
        "{shown}"
    );
}
