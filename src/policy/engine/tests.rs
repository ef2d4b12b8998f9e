//! Evaluation of policies as teams write them.

use rego::{MAX_LINE, Outcome};

use super::super::controls::CONTROLS;
use super::super::inputs::answer;
use super::super::question::{Answer, Text};
use super::*;

fn ask(task: Task, policies: &[(&str, &str)], input: &str) -> Answer {
    answered(&question(task, policies), input)
}

fn answered(question: &Question, input: &str) -> Answer {
    answer(question, &mut || Ok(input.to_owned()), &mut |_| {})
}

fn question(task: Task, policies: &[(&str, &str)]) -> Question {
    Question {
        data: vec![Text::new("limits.yaml", "limits:\n  cpu: 1024\n")],
        ..Question::about(task, policies)
    }
}

/// The rule and message of each finding, or the problems.
fn found(policy: &str, input: &str) -> Result<Vec<String>, Vec<String>> {
    match ask(Task::Evaluate, &[("team.rego", policy)], input) {
        Answer::Findings(findings) => Ok(findings
            .into_iter()
            .map(|finding| format!("{:?} {}: {}", finding.level, finding.rule, finding.message))
            .collect()),
        Answer::Problems(problems) => Err(problems),
        other @ (Answer::Loaded(_) | Answer::Tests(_) | Answer::Explained(_)) => {
            panic!("{other:?}")
        }
    }
}

#[test]
fn both_dialects_and_all_kinds_of_rules_are_heard() {
    let check = |policy: &str, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(found(policy, r#"{"cpu": 2048}"#), Ok(expected), "{policy}");
    };
    check(
        "package main\ndeny contains \"big\" if input.cpu > data.limits.cpu",
        &["Deny main.deny: big"],
    );
    check(
        "package main\ndeny[msg] { input.cpu > 1024; msg := \"big\" }",
        &["Deny main.deny: big"],
    );
    check(
        "package main\nviolation[{\"msg\": msg}] { input.cpu == 2048; msg := \"v\" }\nwarn_cpu[msg] { msg := \"w\" }",
        &["Deny main.violation: v", "Warn main.warn_cpu: w"],
    );
    check(
        "package main.team\nimport rego.v1\ndeny contains {\"msg\": \"m\", \"rule\": \"R1\"} if true",
        &["Deny R1: m"],
    );
    check("package main\ndeny contains \"x\" if input.cpu < 1", &[]);
    // Helpers and other packages do not count.
    check(
        "package main\ndenylist contains \"x\" if true\ndeny contains \"y\" if false",
        &[],
    );
}

#[test]
fn what_is_no_set_of_findings_refuses() {
    for (policy, expected) in [
        (
            "deny := input.x",
            "data.main.deny: its value is not a set of findings",
        ),
        (
            "deny := true",
            "team.rego:2: `deny` is not a set of findings",
        ),
        (
            "default deny := 1",
            "team.rego:2: `deny` is not a set of findings",
        ),
        ("deny if true", "team.rego:2: `deny` is true or nothing"),
        ("deny[\"x\"] if true", "team.rego:2: `deny` is a map"),
        (
            "deny.x contains \"y\" if true",
            "team.rego:2: `deny` is a map",
        ),
        ("deny contains 7", "a finding is neither a text nor"),
        (
            "deny contains {\"message\": \"m\"}",
            "a finding is neither a text nor",
        ),
        (
            "deny contains {\"msg\": 7}",
            "a finding is neither a text nor",
        ),
        ("deny(x) := x", "team.rego:2: `deny` is a function"),
        ("allow := true", "no rule `deny`, `warn` or `violation`"),
    ] {
        let policy = format!("package main\n{policy}");
        let problems = found(&policy, r#"{"x": 7}"#).expect_err(&policy);
        assert!(problems[0].contains(expected), "{policy}: {problems:?}");
    }
}

#[test]
fn a_builtin_that_fails_refuses_and_never_falls_silent() {
    let policy = "package main\ndeny contains \"x\" if startswith(input.cpu, \"a\")";
    let problems = found(policy, r#"{"cpu": 1}"#).expect_err("a type error");
    assert!(problems[0].contains("team.rego:2:"), "{problems:?}");
    // Perl's classes are supported; otherwise a pattern would be an error.
    let policy = "package main\ndeny contains \"x\" if regex.match(`^\\d+\\s\\w$`, input.text)";
    assert_eq!(found(policy, r#"{"text": "12 a"}"#).map(|f| f.len()), Ok(1));
    let policy = "package main\ndeny contains \"x\" if no.such.builtin(1)";
    assert!(found(policy, "{}").is_err());
}

#[test]
fn bodies_in_a_row_are_as_many_rules() {
    let policy = "package main\ndeny[msg] { msg := \"m\"; r == 5 } {\n msg := \"n\"; r == 5 }\nr = 5 { input.a } { input.b }\n";
    let expected = ["Deny main.deny: m", "Deny main.deny: n"].map(str::to_owned);
    assert_eq!(found(policy, r#"{"b": 1}"#), Ok(expected.to_vec()));
    assert_eq!(found(policy, "{}"), Ok(Vec::new()));
}

#[test]
fn what_regorus_reads_otherwise_is_evaluated_as_in_opa() {
    let input = r#"{"containers": [{"name": "web"}, {"name": "log"}], "cpu": "256", "f": "shop"}"#;
    for rules in [
        // A comparison within a term takes values of any types.
        "deny contains \"x\" if is_odd(input.cpu)\nis_odd(v) if true in [v == 7, v == \"256\"]",
        // A statement ends before a line that begins with a parenthesis.
        "deny contains \"x\" if {\n\tx := input.cpu\n\t(x != \"1\")\n}",
        // Bodies in a row are as many rules.
        "deny contains m if { m := \"a\"; f(1) } { m := \"x\"; f(2) }\nf(n) if { n == 3 } { n == 2 }",
        // A variable that is only declared here belongs to what is within.
        "deny contains \"x\" if {\n\tsome i\n\t[n | n := input.containers[i].name] == [\"web\", \"log\"]\n}",
        // A reference in a head may bind what a statement needs.
        "deny contains input.containers[i].k if not input.f[i]\ndeny contains \"x\" if ok(1)\nok(1) := true",
        "import future.keywords.in\nimport rego.v1\ndeny contains \"x\" if \"shop\" in input",
    ] {
        let found = found(&format!("package main\n{rules}\n"), input);
        assert_eq!(found, Ok(vec!["Deny main.deny: x".to_owned()]), "{rules}");
    }
}

#[test]
fn a_syntax_error_in_one_file_of_ten_is_named_alone() {
    let good = "package main\ndeny contains \"x\" if false";
    let names: Vec<String> = (0..10).map(|n| format!("{n}.rego")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), good)).collect();
    files[6].1 = "package main\n\ndeny contains if {";
    let Answer::Problems(problems) = ask(Task::Load, &files, "{}") else {
        panic!("it loads");
    };
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("6.rego:3:"), "{problems:?}");
}

#[test]
fn a_file_of_neither_dialect_gets_the_error_of_its_own_dialect() {
    let policy = "package main\ndeny[msg] {\n\tmsg := ]\n}\n";
    let problems = found(policy, "{}").expect_err("a stray bracket");
    // regorus names the beginning of the body.
    assert!(problems[0].starts_with("team.rego:2:11:"), "{problems:?}");
    assert!(problems[0].ends_with("(read as Rego v0)"), "{problems:?}");
    let policy = "package main\ndeny contains \"x\" if {\n\tx := ]\n}\n";
    let problems = found(policy, "{}").expect_err("a stray bracket");
    assert!(problems[0].starts_with("team.rego:3:"), "{problems:?}");
}

#[test]
fn a_line_may_be_long_and_not_longer() {
    let head = "package main\ndeny contains \"";
    let line = |length: u32| {
        let used = "deny contains \"\"".len();
        let text = "x".repeat(usize::try_from(length).expect("it is small") - used);
        found(&format!("{head}{text}\"\n"), "{}")
    };
    assert!(line(MAX_LINE).is_ok());
    assert!(line(MAX_LINE + 1).is_err());
}

#[test]
fn what_no_rule_can_be_evaluated_with_does_not_load() {
    let files = [
        (
            "a.rego",
            "package main\ndeny contains \"x\" if f(1)\nf(x) := x\n",
        ),
        ("b.rego", "package main\nf(x, y) := x\n"),
    ];
    let Answer::Problems(problems) = ask(Task::Load, &files, "{}") else {
        panic!("it loads");
    };
    assert_eq!(
        problems,
        ["b.rego:2: `main.f` is another kind of rule at a.rego:3"]
    );
}

#[test]
fn data_cannot_stand_where_rules_do() {
    let policy = "package main\ndeny contains \"x\" if true\n";
    let with = |data: &str| {
        let data = Text {
            path: "d.json".into(),
            text: data.into(),
        };
        let question = Question {
            data: vec![data],
            ..question(Task::Evaluate, &[("team.rego", policy)])
        };
        answered(&question, "{}")
    };
    for data in [
        r#"{"main": {"deny": []}}"#,
        r#"{"main": 7}"#,
        r#"{"control_parameters": {}}"#,
    ] {
        let Answer::Problems(problems) = with(data) else {
            panic!("the rule is silent: {data}");
        };
        assert!(problems[0].starts_with("d.json: `"), "{problems:?}");
    }
    let Answer::Findings(found) = with(r#"{"main": {"limit": 1}, "other": 2}"#) else {
        panic!("nothing is in its way");
    };
    assert_eq!(found.len(), 1);
}

#[test]
fn a_shipped_control_that_is_on_cannot_be_extended() {
    let control = CONTROLS.iter().find(|control| control.id == "non-root");
    let control = control.expect("it ships");
    let own = "package controls.non_root\nwindows if true\n";
    let question = |controls: &[(String, Level)]| Question {
        controls: controls.iter().cloned().collect(),
        namespace: "controls".into(),
        ..question(
            Task::Evaluate,
            &[("non-root.rego", control.rego), ("own.rego", own)],
        )
    };
    let on = question(&[(control.package(), Level::Deny)]);
    let Answer::Problems(problems) = answered(&on, "{}") else {
        panic!("it can be weakened");
    };
    assert!(problems[0].starts_with("own.rego: "), "{problems:?}");
    for own in [
        "package controls\nnon_root.windows if true\n",
        "package controls.non_root.more\nwindows if true\n",
        "package controls\nnon_root[x] contains x if some x in [\"windows\"]\n",
    ] {
        let on = Question {
            policies: [("non-root.rego", control.rego), ("own.rego", own)]
                .map(|(path, text)| Text {
                    path: path.into(),
                    text: text.into(),
                })
                .into(),
            ..question(&[(control.package(), Level::Deny)])
        };
        let Answer::Problems(problems) = answered(&on, "{}") else {
            panic!("it can be weakened: {own}");
        };
        assert!(problems[0].starts_with("own.rego:2: "), "{problems:?}");
    }
    let off = answered(&question(&[]), "{}");
    assert!(matches!(off, Answer::Findings(_)), "{off:?}");
}

#[test]
fn rules_beside_tests_are_not_what_decides() {
    let policy = "package main\ndeny contains \"x\" if true\n";
    let Answer::Problems(problems) = ask(Task::Load, &[("a_test.rego", policy)], "{}") else {
        panic!("nothing would decide");
    };
    assert!(problems[0].starts_with("no rule `deny`"), "{problems:?}");
}

#[test]
fn a_thousand_findings_are_the_limit() {
    let policy =
        "package main\ndeny contains sprintf(\"%d\", [n]) if some n in numbers.range(1, input.n)";
    assert_eq!(found(policy, r#"{"n": 1000}"#).map(|f| f.len()), Ok(1000));
    assert!(found(policy, r#"{"n": 1001}"#).is_err());
}

#[test]
fn tests_are_run_and_named() {
    let policy = "package main\nimport rego.v1\ntest_good if true\ntest_bad if input.x\ntest_error if startswith(json.unmarshal(\"1\"), \"a\")";
    let Answer::Tests(report) = ask(Task::Test, &[("a_test.rego", policy)], "{}") else {
        panic!("no tests were run");
    };
    let shown: Vec<(&str, bool)> = report
        .results
        .iter()
        .map(|result| (result.name.as_str(), result.failure.is_none()))
        .collect();
    assert_eq!(
        shown,
        [
            ("main.test_bad", false),
            ("main.test_error", false),
            ("main.test_good", true)
        ]
    );
}

/// The names of a control's tests that fail.
fn failing_tests(id: &str, rego: &str) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/controls");
    let tests = std::fs::read_to_string(format!("{folder}/{id}_test.rego"))
        .expect("every control has its tests beside it");
    match ask(Task::Test, &[("control", rego), ("test", &tests)], "{}") {
        Answer::Tests(TestReport { results, .. }) => {
            assert!(results.len() >= 2, "{id} has too few tests");
            let failed = results.into_iter().filter(|r| r.failure.is_some());
            failed.map(|result| format!("{result:?}")).collect()
        }
        other @ (Answer::Loaded(_)
        | Answer::Findings(_)
        | Answer::Explained(_)
        | Answer::Problems(_)) => panic!("{id}: {other:?}"),
    }
}

#[test]
fn every_control_passes_its_tests_and_fails_them_when_a_rule_is_emptied() {
    for control in CONTROLS {
        assert_eq!(
            failing_tests(control.id, control.rego),
            [""; 0],
            "{}",
            control.id
        );
        let rules: Vec<usize> = control
            .rego
            .match_indices(" if {\n")
            .map(|(at, _)| at)
            .collect();
        assert!(!rules.is_empty(), "{}", control.id);
        for at in rules {
            let (before, after) = control.rego.split_at(at + " if {\n".len());
            let emptied = format!("{before}\tfalse\n{after}");
            assert_ne!(failing_tests(control.id, &emptied), [""; 0], "{emptied}");
        }
    }
}

#[test]
fn an_explanation_shows_how_far_a_rule_was_evaluated() {
    let policy = "package main\n\ndeny contains \"x\" if {\n\tprint(\"cpu\", input.cpu)\n\tinput.cpu > 1024\n\tinput.memory > 1\n}\n";
    let explained = |input: &str| match ask(Task::Explain, &[("team.rego", policy)], input) {
        Answer::Explained(mut explained) => explained.remove(0),
        other @ (Answer::Loaded(_)
        | Answer::Findings(_)
        | Answer::Tests(_)
        | Answer::Problems(_)) => panic!("{other:?}"),
    };
    let stopped = explained(r#"{"cpu": 1, "memory": 2}"#);
    assert_eq!(stopped.outcome, Ok(Vec::new()));
    let outcomes = |explanation: &Explanation| -> Vec<(u32, Outcome)> {
        let steps = explanation.definitions[0].steps.iter();
        steps
            .map(|step| (step.line, step.outcome.clone()))
            .collect()
    };
    let (met, failed) = (Outcome::Met(1), Outcome::Failed);
    assert_eq!(
        outcomes(&stopped),
        [(4, met.clone()), (5, failed), (6, Outcome::NotReached)]
    );
    assert_eq!(stopped.definitions[0].steps[1].values, ["input.cpu = 1"]);
    assert_eq!(stopped.prints.len(), 1, "{stopped:?}");
    let fired = explained(r#"{"cpu": 2048, "memory": 2}"#);
    assert_eq!(fired.outcome, Ok(vec!["x".to_owned()]));
    assert_eq!(
        outcomes(&fired),
        [(4, met.clone()), (5, met.clone()), (6, met)]
    );
}

#[test]
fn tests_print_and_report_which_rules_they_reach() {
    let policy = "package main\n\ndeny contains \"a\" if {\n\tinput.a\n}\n\ndeny contains \"b\" if {\n\tinput.b\n\tinput.c\n}\n";
    let tests = "package main_test\n\nimport data.main\n\ntest_a if {\n\tprint(\"here\")\n\tcount(main.deny) == 1 with input as {\"a\": true}\n}\n";
    let files = [("team.rego", policy), ("team_test.rego", tests)];
    let Answer::Tests(report) = ask(Task::Test, &files, "{}") else {
        panic!("no tests were run");
    };
    assert_eq!(report.results[0].failure, None, "{report:?}");
    assert!(report.results[0].prints[0].ends_with("here"), "{report:?}");
    assert_eq!(report.rules, 2);
    assert_eq!(report.unreached, ["team.rego:7: main.deny"]);
}
