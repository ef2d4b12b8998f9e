//! Which references are warned about, and which are not.

use rego::parse;

use super::*;

const CONFTEST: &str = include_str!("../../../examples/policies/team.rego");

fn found(policy: &str, kind: InputKind) -> Vec<String> {
    let module = parse("team.rego", policy).expect(policy);
    warnings(&[&*module], kind)
}

#[test]
fn a_member_that_is_not_there_is_named_however_it_is_read() {
    for (policy, expected) in [
        (
            "deny contains 1 if input.containerDefinitions[_].user == \"root\"",
            "team.rego:2: the document has no member `containerDefinitions`",
        ),
        (
            "deny contains 1 if input[\"family\"] == \"x\"",
            "team.rego:2: the document has no member `family`",
        ),
        (
            "import input as plan\ndeny contains 1 if plan.resource_changes[_].type",
            "team.rego:3: the document has no member `resource_changes`",
        ),
        (
            "import input.Resources\ndeny contains 1 if Resources.x",
            "team.rego:2: the document has no member `Resources`",
        ),
        (
            "doc := input\ndeny contains 1 if doc.spec",
            "team.rego:3: the document has no member `spec`",
        ),
        (
            "deny contains 1 if {\n\ti := input\n\tc := i.containerDefinitions[_]\n\tc.user == \"root\"\n}",
            "team.rego:4: the document has no member `containerDefinitions`",
        ),
        (
            "deny contains 1 if count(object.get(input, \"volumes\", [])) > 0",
            "team.rego:2: the document has no member `volumes`",
        ),
        (
            "f(x) := [y | y := input.pipline.name; x]",
            "team.rego:2: the document has no member `pipline`",
        ),
        (
            "deny contains 1 if not input.pipeline.nmae",
            "team.rego:2: `input.pipeline` has no member `nmae`",
        ),
        (
            "deny contains 1 if {\n\tsome c in input.taskDefinition.containerDefinition\n\tc\n}",
            "team.rego:3: `input.taskDefinition` has no member `containerDefinition`",
        ),
        (
            "deny contains 1 if {\n\tsome c in input.taskDefinition.containerDefinitions\n\tsome e in c.enviroment\n\te\n}",
            "team.rego:4: `input.taskDefinition.containerDefinitions[_]` has no member `enviroment`",
        ),
        (
            "deny contains 1 if {\n\tevery c in input.taskDefinition.containerDefinitions {\n\t\tc.usr == \"root\"\n\t}\n}",
            "team.rego:4: `input.taskDefinition.containerDefinitions[_]` has no member `usr`",
        ),
        (
            "deny contains 1 if input.taskDefinition.containerDefinitions[_].readOnlyRootFilesystem",
            "team.rego:2: `input.taskDefinition.containerDefinitions[_]` has no member `readOnlyRootFilesystem`",
        ),
        (
            "deny contains 1 if {\n\tsome c in input.taskDefinition.containerDefinitions\n\tis_root(c)\n}\nis_root(c) if c.usr == \"root\"",
            "team.rego:6: `input.taskDefinition.containerDefinitions[_]` has no member `usr`",
        ),
        (
            "deny contains 1 if object.get(input, [\"taskDefinition\", \"famly\"], 1) == 1",
            "team.rego:2: `input.taskDefinition` has no member `famly`",
        ),
        (
            "deny contains 1 if not $\"{input.pipelin.name}\" == \"x\"",
            "team.rego:2: the document has no member `pipelin`",
        ),
    ] {
        let found = found(&format!("package main\n{policy}\n"), InputKind::Document);
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{policy}: {found:?}"
        );
    }
}

#[test]
fn what_was_probably_meant_is_said() {
    let advice = |name: &str| {
        let policy = format!("package main\ndeny contains 1 if input.{name}\n");
        found(&policy, InputKind::Document).remove(0)
    };
    for (name, expected) in [
        (
            "containerDefinitions",
            "`conftest test taskdef.json`: say `input = \"task-definition\"`",
        ),
        ("Resources", "a CloudFormation template"),
        ("resource_changes", "a Terraform plan"),
        ("metadata", "a Kubernetes object"),
        ("taskdefinition", "did you mean `taskDefinition`?"),
        ("zzz", "there are version, taskDefinition,"),
    ] {
        assert!(advice(name).contains(expected), "{name}: {}", advice(name));
    }
}

#[test]
fn what_is_there_is_not_warned_of() {
    for policy in [
        "deny contains 1 if input.taskDefinition.containerDefinitions[_].environment[_].value",
        "deny contains 1 if input.previous.revision > input.taskDefinition.containerDefinitions[0].cpu",
        "deny contains 1 if input.images[name].uri == input.images.WEB.tag",
        "deny contains 1 if input.pipeline.configuration.Anything",
        "deny contains 1 if input.appSpec.Resources[_].TargetService",
        "deny contains 1 if input.taskDefinition.containerDefinitions[_].dockerLabels.any",
        "deny contains 1 if input[name]",
        // A name that stands for two things.
        "deny contains 1 if {\n\tsome c in input.taskDefinition.containerDefinitions\n\tcount([c | some c in input.taskDefinition.volumes; c.host]) > 0\n\tc\n}",
        "test_a if deny == set() with input.spec as 1 with input as {\"spec\": 1}",
        "deny contains 1 if data.containerDefinitions",
        "deny contains 1 if object.get(input, [\"taskDefinition\", input.version, \"y\"], 1) == 1",
        // A function that is given two things, and one that binds the name again.
        "deny contains 1 if { f(input.pipeline); f(input.taskDefinition) }\nf(x) if x.family",
        "deny contains 1 if f(input.pipeline)\nf(x) if [x | some x in input.taskDefinition.volumes; x.host]",
    ] {
        let policy = format!("package main\n{policy}\n");
        assert_eq!(found(&policy, InputKind::Document), [""; 0], "{policy}");
    }
    assert_eq!(found(CONFTEST, InputKind::Document), [""; 0]);
}

#[test]
fn a_function_that_another_file_calls_may_be_given_anything() {
    let own = "package main\ndeny contains 1 if f(input.pipeline)\nf(x) if x.family\n";
    let own = parse("own.rego", own).expect(own);
    for call in ["f", "data.main.f"] {
        let text = format!("package main\ndeny contains 2 if {call}(input.taskDefinition)\n");
        let other = parse("other.rego", &text).expect(&text);
        assert_eq!(warnings(&[&*own], InputKind::Document).len(), 1);
        assert_eq!(warnings(&[&*own, &*other], InputKind::Document), [""; 0]);
    }
}

#[test]
fn a_function_is_given_what_another_file_calls_it_with() {
    let library = "package lib\nf(x) if x.family\n";
    let team = "package main\nimport data.lib\ndeny contains 1 if lib.f(input.pipeline)\n";
    let [library, team] =
        [("lib.rego", library), ("team.rego", team)].map(|(path, text)| parse(path, text));
    let (library, team) = (library.expect("Rego"), team.expect("Rego"));
    let found = warnings(&[&*library, &*team], InputKind::Document);
    assert!(
        found.len() == 1 && found[0].starts_with("lib.rego:2: `input.pipeline` has no"),
        "{found:?}"
    );
}

#[test]
fn where_the_input_is_the_task_definition_its_members_are_there() {
    let found = |body: &str| {
        let policy = format!("package main\ndeny contains 1 if {body}\n");
        found(&policy, InputKind::TaskDefinition)
    };
    assert_eq!(found("input.containerDefinitions[_].user"), [""; 0]);
    let document = found("input.taskDefinition.family");
    assert!(
        document[0].contains("the input of this place"),
        "{document:?}"
    );
    let misspelt = found("input.famly");
    assert!(
        misspelt[0].contains("did you mean `family`?"),
        "{misspelt:?}"
    );
}
