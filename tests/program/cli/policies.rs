//! Policies on the command line, from any place.

use super::*;

const RULE: &str = "package main\n\ndeny contains finding if {\n\tinput.taskDefinition.family == \"webapp\"\n\tfinding := {\"msg\": \"no such family\", \"path\": \"/family\", \"rule\": \"TEAM-1\"}\n}\n";
const TEST: &str = "package main_test\n\nimport data.main\n\ntest_a if count(main.deny) == 1 with input as {\"taskDefinition\": {\"family\": \"webapp\"}}\n";

/// A simulator whose bucket has a rule and its test.
async fn with_bucket() -> Simulator {
    let clock = Clock::system();
    let now = clock.now();
    let mut world = World::webapp(now, &definitions(REGION));
    world.s3.create_bucket("team-policies");
    for (key, text) in [("prod/team.rego", RULE), ("prod/team_test.rego", TEST)] {
        let place = ("team-policies", key);
        let put = world
            .s3
            .put(&mut world.names, now, place, text.as_bytes().to_vec());
        put.expect("the bucket is there");
    }
    Simulator::start(world, clock, Options::default())
        .await
        .expect("a free port")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_takes_policies_from_a_bucket() {
    let simulator = with_bucket().await;
    let key = {
        let world = simulator.world();
        let world = world.lock();
        world.keys.account.clone()
    };
    let url = simulator.url();
    let pairs = [
        ("AWS_ENDPOINT_URL_S3", url.as_str()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", &key.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &key.secret_access_key),
    ];
    let place = "--policy=examples/policies:s3://team-policies/prod";
    let asked = |words: &[&str]| {
        let words = [words, &[place]].concat();
        tokio::task::block_in_place(|| run(&words, &pairs))
    };
    let finding =
        "taskdef.json:2:13 family (artifact SourceOutput): [policy TEAM-1] no such family";
    for (words, code, expected) in [
        (&["policy", "check", "examples/webapp"][..], 1, finding),
        (&["policy", "test"], 0, "ok    main_test.test_a"),
        (
            &["policy", "explain", "examples/webapp"],
            0,
            "main.deny: finds no such family",
        ),
        (
            &["policy", "bench", "examples/webapp", "--rounds", "1"],
            0,
            "1 evaluations",
        ),
        (
            &["rehearse", "--speed", "1000"],
            1,
            "[policy TEAM-1] no such family",
        ),
    ] {
        let output = asked(words);
        assert_eq!(output.code, code, "{words:?}: {}{}", output.out, output.err);
        assert!(output.out.contains(expected), "{words:?}: {}", output.out);
    }
    let nowhere = ["policy", "test", "--policy", "s3://no-such-bucket/prod"];
    let output = tokio::task::block_in_place(|| run(&nowhere, &pairs));
    assert_eq!(output.code, 2, "{}", output.out);
    assert!(
        output.err.contains("s3://no-such-bucket/prod/: "),
        "{}",
        output.err
    );
}

#[test]
fn terms_hold_on_the_command_line_as_they_do_in_production() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("terms.toml");
    let terms = "[controls.resource-ceilings]\nlevel = \"deny\"\ncpu = 128\n\n\
                 [[exemptions]]\nrule = \"resource-ceilings\"\nreason = \"it moves\"\nuntil = \"2099-12-31\"\n";
    fs::write(&path, terms).expect("written");
    let path = path.display().to_string();
    for words in [
        &["policy", "check", "examples/webapp"][..],
        &["rehearse", "--speed", "1000"],
    ] {
        let output = run(&[words, &["--policy-terms", &path]].concat(), &[]);
        assert_eq!(output.code, 0, "{words:?}: {}{}", output.out, output.err);
        let told = "[policy resource-ceilings] the task asks for 256 CPU units";
        assert!(output.out.contains(told), "{words:?}: {}", output.out);
        let until = "exempted until 2099-12-31";
        assert!(output.out.contains(until), "{words:?}: {}", output.out);
    }
}

#[test]
fn a_verdict_can_be_read_by_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("team.rego");
    fs::write(&file, RULE).expect("written");
    let file = file.to_str().expect("text");
    let words = ["policy", "check", "examples/webapp", "--format", "json"];
    let output = run(&[&words[..], &["--policy", file]].concat(), &[]);
    assert_eq!(output.code, 1, "{}", output.err);
    let told: serde_json::Value = serde_json::from_str(&output.out).expect("JSON");
    assert_eq!(told["version"], 1);
    assert_eq!(told["refused"], true);
    let finding = &told["findings"][0];
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["rule"], "policy");
    assert_eq!(finding["policy"], "TEAM-1");
    assert_eq!(finding["path"], "family");
    assert_eq!(finding["file"], "examples/webapp/taskdef.json");
    assert_eq!(finding["line"], 2);
}

/// Loading takes time for each file, not for each pair of files: it has five
/// seconds of processor time.
#[test]
fn a_set_of_many_files_is_loaded_within_its_limit() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in 0..300 {
        let rule = |number: usize| {
            format!(
                "deny contains c.name if {{\n\tsome c in input.taskDefinition.containerDefinitions\n\tis_big(c, {number})\n}}\n"
            )
        };
        let rules: String = (100_000..100_015).map(rule).collect();
        let text = format!("package main.p{file}\n\nis_big(c, n) if c.memory > n\n\n{rules}");
        let path = folder.path().join(format!("p{file}.rego"));
        fs::write(path, text).expect("written");
    }
    let place = folder.path().to_str().expect("text");
    let words = ["policy", "check", "examples/webapp", "--policy", place];
    let output = run(&words, &[]);
    assert_eq!(output.code, 0, "{}", output.err);
}
