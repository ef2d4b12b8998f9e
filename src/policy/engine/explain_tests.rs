//! What an explanation shows, and what tests prove about rules.

use rego::Outcome;

use super::super::inputs::answer;
use super::super::question::{Answer, Question, Task, Text};

fn asked(question: &Question, input: &str) -> Answer {
    answer(question, &mut || Ok(input.to_owned()), &mut |_| {})
}

/// The line, mark and values of each condition.
fn explained(policy: &str, input: &str) -> Vec<String> {
    let question = Question::about(Task::Explain, &[("team.rego", policy)]);
    let Answer::Explained(explanations) = asked(&question, input) else {
        panic!("there is no answer");
    };
    let definitions = explanations.iter().flat_map(|it| &it.definitions);
    let steps = definitions.flat_map(|it| &it.steps).map(|step| {
        let mark = match &step.outcome {
            Outcome::Met(ways) => format!("met {ways}"),
            Outcome::Failed => "failed".to_owned(),
            Outcome::Error(_) => "error".to_owned(),
            Outcome::NotReached => "-".to_owned(),
        };
        format!("{} {mark} {}", step.line, step.values.join(" | "))
            .trim_end()
            .to_owned()
    });
    steps.collect()
}

const CONTAINERS: &str = r#"{"list": [{"name": "web", "user": "app"}, {"name": "log"}], "n": 1}"#;

#[test]
fn a_condition_is_shown_as_it_is_written() {
    let policy = r#"package main
import future.keywords.not
deny contains {"msg": $"{c.name} has {c.user}", "remedy": $`\{{c.name}`} if {
	some c in input.list
	not { u := c.user; u != $"{c.name}x" }
}
"#;
    let question = Question::about(Task::Explain, &[("team.rego", policy)]);
    let Answer::Explained(explanations) = asked(&question, CONTAINERS) else {
        panic!("there is no answer");
    };
    let steps = explanations[0].definitions[0].steps.iter();
    let shown: Vec<(u32, &str)> = steps.map(|step| (step.line, step.text.as_str())).collect();
    let head = "{\"msg\": $\"{c.name} has {c.user}\", \"remedy\": $`{{c.name}`}";
    let expected = [
        (4, "some c in input.list"),
        (5, "not { u := c.user; u != $\"{c.name}x\" }"),
        (3, head),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn the_condition_that_failed_is_marked_with_its_values() {
    for (body, expected) in [
        (
            "some c in input.list\n\tc.user == \"root\"",
            &["3 met 2", "4 failed c.user = \"app\" | c.user is undefined"][..],
        ),
        // It is evaluated first, wherever it stands.
        (
            "some i, c in input.list\n\tinput.n == 2\n\tc.user",
            &["3 met 2", "4 failed input.n = 1", "5 -"],
        ),
        (
            "input.lst[_].user == \"root\"",
            &["3 failed input.lst is undefined"],
        ),
        (
            "not startswith(input.list[0].user, \"a\")",
            &[
                "3 failed startswith(input.list[0].user, \"a\") = true; input.list[0].user = \"app\"",
            ],
        ),
        (
            "some i\n\tinput.list[i].name == \"x\"",
            &["3 met 1", "4 failed input.list[i].name = \"web\", \"log\""],
        ),
        (
            "every c in input.list { c.user }",
            &["3 failed input.list = [{\"name\":\"web\",\"user\":\"app\"},{\"name\":\"log\"}]"],
        ),
        ("upper(input.n) == \"X\"", &["3 error"]),
    ] {
        let policy = format!("package main\ndeny contains \"x\" if {{\n\t{body}\n}}\n");
        assert_eq!(explained(&policy, CONTAINERS), expected, "{body}");
    }
}

#[test]
fn a_head_that_is_undefined_is_a_condition_too() {
    let policy = "package main\ndeny contains sprintf(\"%s\", [input.no]) if {\n\tinput.n\n}\n";
    assert_eq!(
        explained(policy, CONTAINERS),
        [
            "3 met 1",
            "2 failed sprintf(\"%s\", [input.no]) is undefined; input.no is undefined"
        ]
    );
}

#[test]
fn files_of_one_package_and_old_words_are_explained_too() {
    let files = [
        (
            "a.rego",
            "package main\ndeny[msg] { input.n == 2; msg := \"a\" }\n",
        ),
        // `if` is a name in v0.
        (
            "b.rego",
            "package main\ndeny[msg] { if := input.n; if == 2; msg := \"b\" }\n",
        ),
    ];
    let Answer::Explained(explanations) =
        asked(&Question::about(Task::Explain, &files), CONTAINERS)
    else {
        panic!("there is no answer");
    };
    let definitions = &explanations[0].definitions;
    assert_eq!(definitions.len(), 2, "{definitions:?}");
    let first = &definitions[0].steps[0];
    assert_eq!(first.outcome, Outcome::Failed, "{definitions:?}");
}

/// The places of the finding rules that no test has made fire.
fn untested(policy: &str, tests: &str) -> Vec<String> {
    let tests = format!("package main_test\nimport data.main\n{tests}\n");
    let files = [("team.rego", policy), ("team_test.rego", tests.as_str())];
    let answer = asked(&Question::about(Task::Test, &files), "{}");
    let Answer::Tests(report) = answer else {
        panic!("{answer:?}");
    };
    report.untested
}

#[test]
fn only_a_finding_in_a_test_that_passes_proves_a_rule() {
    let policy =
        "package main\n\ndeny contains sprintf(\"%s\", [c.user]) if {\n\tsome c in input.list\n}\n";
    let name = "team.rego:3: main.deny";
    let input = |list: &str| format!("with input as {{\"list\": {list}}}");
    for (test, expected) in [
        (
            format!(
                "test_a if count(main.deny) == 1 {}",
                input("[{\"user\": \"a\"}]")
            ),
            vec![],
        ),
        // Evaluated to the end, but its head is undefined.
        (
            format!("test_a if count(main.deny) == 0 {}", input("[{}]")),
            vec![name],
        ),
        (
            format!("test_a if count(main.deny) == 0 {}", input("[]")),
            vec![name],
        ),
        (
            format!(
                "test_a if count(main.deny) == 7 {}",
                input("[{\"user\": \"a\"}]")
            ),
            vec![name],
        ),
        ("test_a if true".to_owned(), vec![name]),
    ] {
        assert_eq!(untested(policy, &test), expected, "{test}");
    }
}

#[test]
fn a_rule_that_declares_a_variable_is_evaluated_to_the_end() {
    let policy = "package main\ndeny contains \"a\" if {\n\tsome i\n\tinput.l[i] == 1\n}\n";
    let test = "package main\ntest_a if count(deny) == 1 with input as {\"l\": [1]}\n";
    let files = [("team.rego", policy), ("team_test.rego", test)];
    let Answer::Tests(report) = asked(&Question::about(Task::Test, &files), "{}") else {
        panic!("no tests were run");
    };
    assert_eq!(
        (report.unreached, report.untested),
        (Vec::new(), Vec::new())
    );
}

#[test]
fn each_definition_and_each_manner_of_writing_one_is_seen() {
    for policy in [
        "deny contains \"a\"",
        "deny contains \"a\" if input.a",
        "deny contains m if { m := \"a\"; input.a }",
        "deny := {x | x := input.list[_]}",
        "deny[m] { input.a; m := \"a\" }",
        "deny = {\"a\"} { input.a }",
        "violation contains {\"msg\": \"a\"} if { some x in input.list; x == 1 }",
    ] {
        let policy = format!("package main\n{policy}\n");
        let rule = match policy.contains("violation") {
            true => "violation",
            false => "deny",
        };
        let test = |input: &str| {
            untested(
                &policy,
                &format!("test_a if count(main.{rule}) >= 0 with input as {input}"),
            )
        };
        assert_eq!(test(r#"{"a": true, "list": [1]}"#), [""; 0], "{policy}");
        if policy.contains("input") {
            assert_eq!(test(r#"{"a": false, "list": []}"#).len(), 1, "{policy}");
        }
    }
    let two = "package main\ndeny contains \"a\" if input.a\n\ndeny contains \"b\" if input.b\n";
    let test = "test_a if count(main.deny) == 1 with input as {\"a\": true}";
    assert_eq!(untested(two, test), ["team.rego:4: main.deny"]);
}

#[test]
fn rules_on_the_task_definition_stand_apart_in_one_process() {
    let whole =
        "package main\ndeny contains \"whole\" if input.taskDefinition.family == data.name\n";
    let alone = "package main\ndeny contains \"alone\" if input.family == data.name\n";
    let both = Question {
        on_task_definition: vec![Text::new("conftest/a.rego", alone)],
        data: vec![Text::new("d.yaml", "name: shop")],
        ..Question::about(Task::Evaluate, &[("team.rego", whole)])
    };
    let Answer::Findings(found) = asked(&both, r#"{"taskDefinition": {"family": "shop"}}"#) else {
        panic!("there is no answer");
    };
    let messages: Vec<&str> = found.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["whole", "alone"]);
}
